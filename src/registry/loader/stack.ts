import { readFileSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { TraceMap, traceSegment } from '@jridgewell/trace-mapping'
import { displayPath, type LoadStage, ModuleLoadError, type Problem } from './error.js'

/** A place in an author's file. Line and column count from 1. */
export interface SourcePlace {
  /** Absolute path. */
  file: string
  line: number
  column: number
  sourceLine?: string
}

export interface MappedScript {
  /** What stack traces call the script; different for every version. */
  filename: string
  /** JSON text; its `sources` are relative to the folder of `filename`. Parsed when it is first needed. */
  sourceMap: string
  /** Absolute paths of the sources: tells how esbuild spelt them. */
  inputs: readonly string[]
}

/** The source maps of the versions that are loaded, so that stack traces speak of what the author wrote. */
export class SourceMaps {
  #scripts = new Map<string, MappedScript & { trace?: TraceMap }>()

  /** Call the result when the version is unloaded. */
  add(script: MappedScript): () => void {
    this.#scripts.set(script.filename, { ...script })
    return () => {
      this.#scripts.delete(script.filename)
    }
  }

  get size(): number {
    return this.#scripts.size
  }

  /** The stack with every place in a loaded script put into the author's terms; other lines stay as they are. */
  mapStack(stack: string): string {
    if (this.#scripts.size === 0) return stack
    return stack
      .split('\n')
      .map(line => this.#mapLine(line))
      .join('\n')
  }

  /**
   * The place in a module's source that the error comes from: the innermost frame in the author's own files, or, when
   * there is none, in a package that was bundled in. Nothing if no frame lies in a loaded script.
   */
  locate(error: unknown): SourcePlace | undefined {
    return error instanceof Error && typeof error.stack === 'string' ? this.locateStack(error.stack) : undefined
  }

  /** The same for a stack trace. */
  locateStack(stack: string): SourcePlace | undefined {
    let inPackage: SourcePlace | undefined
    for (const line of stack.split('\n')) {
      const frame = this.#frame(line)
      if (frame === undefined) continue
      if (!isInPackage(frame.place.file)) return frame.place
      inPackage ??= frame.place
    }
    return inPackage
  }

  #mapLine(line: string): string {
    const frame = this.#frame(line)
    if (frame === undefined) return line
    const { file, line: at, column } = frame.place
    return `${line.slice(0, frame.from)}${file}:${at}:${column}${line.slice(frame.to)}`
  }

  /** The first place in a loaded script that the line names, and where in the line its text stands. */
  #frame(line: string): { place: SourcePlace; from: number; to: number } | undefined {
    if (!line.includes(MARK)) return undefined
    for (const script of this.#scripts.values()) {
      const from = line.indexOf(script.filename)
      if (from === -1) continue
      const position = /^:(\d+):(\d+)/.exec(line.slice(from + script.filename.length))
      if (position === null) continue
      const place = original(script, Number(position[1]), Number(position[2]))
      if (place !== undefined) return { place, from, to: from + script.filename.length + position[0].length }
    }
    return undefined
  }
}

/** In the name of every script, so that the lines of other code are passed over at the cost of one search. */
const MARK = '@krmt-'
let scripts = 0

/**
 * A name for the next version of a module's script: beside the entry, so that a debugger takes it for a file of the
 * author's workspace and reads its source map, and never used twice.
 */
export function scriptName(entry: string): string {
  scripts++
  return `${entry}${MARK}${scripts}.js`
}

function original(script: MappedScript & { trace?: TraceMap }, line: number, column: number): SourcePlace | undefined {
  script.trace ??= new TraceMap(script.sourceMap)
  const segment = traceSegment(script.trace, line - 1, column - 1)
  if (segment === null || segment.length === 1) return undefined
  const source = script.trace.sources[segment[1]]
  // Only files: code of ours between the author's and the host's has no place to show.
  const file = typeof source === 'string' ? inputOf(script, source) : undefined
  if (file === undefined) return undefined
  const sourceLine = script.trace.sourcesContent?.[segment[1]]?.split(/\r?\n/)[segment[2]]
  const place = { file, line: segment[2] + 1, column: segment[3] + 1 }
  return sourceLine === undefined ? place : { ...place, sourceLine }
}

/** esbuild writes sources as URLs, relative to the output: percent-encoded where a name has unusual characters. */
function inputOf(script: MappedScript, source: string): string | undefined {
  const folder = dirname(script.filename)
  const plain = resolve(folder, source)
  if (script.inputs.includes(plain)) return plain
  try {
    const decoded = resolve(folder, decodeURIComponent(source))
    return script.inputs.includes(decoded) ? decoded : undefined
  } catch {
    return undefined
  }
}

function isInPackage(file: string): boolean {
  return file.includes(`${sep}node_modules${sep}`)
}

export interface LoadErrorContext {
  stage: LoadStage
  /** Absolute path, named when the error itself leads to no place. */
  entry: string
  maps: SourceMaps
  cwd?: string
  inputs?: readonly string[]
}

/** What is known of an error beside itself. An `origin` is a stack trace that begins where the fault is. */
export interface Told {
  /** The problems that the error consists of, to be told instead of its message. */
  readonly said?: readonly { readonly reason: string; readonly origin: string | undefined }[]
  /** Where to point when the error itself leads to no place; else it is the default export. */
  readonly origin?: string | undefined
}

/**
 * Whatever a module's top level or its `load` threw, as an error that names the place in the author's source.
 * A ModuleLoadError stays as it is.
 */
export function toLoadError(
  error: unknown,
  { stage, entry, maps, cwd, inputs = [] }: LoadErrorContext,
  { said = [], origin }: Told = {},
): ModuleLoadError {
  if (error instanceof ModuleLoadError) return error
  const placeOf = (stack: string | undefined) => maps.locateStack(stack ?? '') ?? defaultExportPlace(entry)
  const [first, ...others] = said.map(one => ({ reason: one.reason, ...placeOf(one.origin) }))
  if (first !== undefined) {
    return new ModuleLoadError({
      stage,
      problems: [first, ...others],
      inputs,
      cause: error,
      ...(cwd === undefined ? {} : { cwd }),
    })
  }
  const place = maps.locate(error) ?? (stage === 'evaluate' ? { file: entry } : placeOf(origin))
  const problem: Problem = { ...place, reason: reasonOf(error) }
  const hint = hintFor(error)
  if (hint !== undefined) problem.hint = hint
  return new ModuleLoadError({
    stage,
    problems: [problem],
    trace: error instanceof Error ? traceOf(error, maps, cwd) : [],
    inputs,
    cause: error,
    ...(cwd === undefined ? {} : { cwd }),
  })
}

/** Where the file says what it exports; its beginning if it does not. */
function defaultExportPlace(file: string): SourcePlace {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return { file, line: 1, column: 1 }
  }
  const lines = text.split(/\r?\n/)
  const found = Math.max(
    0,
    lines.findIndex(line => /export\s+default|\bas default\b|module\.exports/.test(line)),
  )
  const sourceLine = lines[found] ?? ''
  return { file, line: found + 1, column: Math.max(0, sourceLine.search(/\S/)) + 1, sourceLine }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`
  if (typeof error === 'string')
    return `threw the string ${JSON.stringify(error)}; throw an Error, which knows its line`
  return `threw ${typeof error === 'object' && error !== null ? 'an object that is not an Error' : String(error)}`
}

function hintFor(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_REQUIRE_ESM') return 'Import it with a path that is spelt out, so that it can be bundled.'
  if (code === 'MODULE_NOT_FOUND')
    return 'Paths that are computed are not bundled: spell the path out, or install the package.'
  return undefined
}

/** The frames in the module's own code, innermost first; none when there is just the one that the headline names. */
function traceOf(error: Error, maps: SourceMaps, cwd?: string): string[] {
  if (typeof error.stack !== 'string') return []
  const frames = error.stack
    .split('\n')
    .filter(line => line.includes(MARK))
    .map(line => maps.mapStack(line))
    // What is left unmapped is glue that esbuild wrote.
    .filter(line => !line.includes(MARK))
  if (frames.length < 2) return []
  return cwd === undefined ? frames : frames.map(frame => shorten(frame, cwd))
}

function shorten(frame: string, cwd: string): string {
  const from = frame.indexOf(cwd + sep)
  return from === -1 ? frame : frame.slice(0, from) + displayPath(frame.slice(from), cwd)
}

/** The text of a line of a file as it stands on disk now (line counts from 1); nothing if there is none. */
export function readLine(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)[line - 1]
  } catch {
    return undefined
  }
}
