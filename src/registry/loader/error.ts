import { isAbsolute, relative, sep } from 'node:path'

/** The step of a load that failed. */
export type LoadStage = 'resolve' | 'bundle' | 'evaluate' | 'check' | 'load'

/** One thing that is wrong, and where. Lines and columns count from 1, columns in UTF-16 units of the author's source. */
export interface Problem {
  reason: string
  /** Absolute path of the author's file, or what the user named when no file was found. */
  file: string
  line?: number
  column?: number
  /** The text of that line, for the caret. */
  sourceLine?: string
  /** What to do about it. */
  hint?: string
}

export interface ModuleLoadErrorOptions {
  stage: LoadStage
  /** The first is the one that `file`, `line` and `reason` speak of. */
  problems: readonly [Problem, ...Problem[]]
  /** Paths in the message are relative to this folder when they lie in it. */
  cwd?: string
  /** Absolute paths of the files (some may not exist yet) whose change may mend the load: watch them. */
  inputs?: readonly string[]
  /** Lines of a stack trace, mapped to the author's sources. */
  trace?: readonly string[]
  cause?: unknown
}

/** How many problems a message spells out; `problems` has all of them. */
const SHOWN = 10

/**
 * A module could not be loaded. `message` is one readable text of several lines: for each problem the place, the reason,
 * the source line with a caret under the column, and what to do. `headline` is the same in one line, for a reply or a log.
 */
export class ModuleLoadError extends Error {
  override name = 'ModuleLoadError'
  readonly stage: LoadStage
  readonly problems: readonly [Problem, ...Problem[]]
  readonly inputs: readonly string[]
  readonly headline: string

  constructor({ stage, problems, cwd, inputs = [], trace = [], cause }: ModuleLoadErrorOptions) {
    const texts = problems.slice(0, SHOWN).map(problem => describe(problem, cwd))
    if (problems.length > SHOWN) texts.push(`and ${problems.length - SHOWN} more`)
    super([...texts, ...trace].join('\n'), cause === undefined ? undefined : { cause })
    this.stage = stage
    this.problems = problems
    this.inputs = inputs
    this.headline = `${place(problems[0], cwd)}: ${problems[0].reason.replace(/\s*\n\s*/g, ' ')}`
  }

  get file(): string {
    return this.problems[0].file
  }

  get line(): number | undefined {
    return this.problems[0].line
  }

  get column(): number | undefined {
    return this.problems[0].column
  }

  get reason(): string {
    return this.problems[0].reason
  }

  get hint(): string | undefined {
    return this.problems[0].hint
  }
}

/** `modules/foo.ts:12:7`: relative to `cwd` if the file lies in it. */
export function place({ file, line, column }: Problem, cwd?: string): string {
  const path = displayPath(file, cwd)
  if (line === undefined) return path
  return column === undefined ? `${path}:${line}` : `${path}:${line}:${column}`
}

export function displayPath(file: string, cwd?: string): string {
  if (cwd === undefined || !isAbsolute(file)) return file
  const path = relative(cwd, file)
  return path === '' || path === '..' || path.startsWith(`..${sep}`) ? file : path
}

function describe(problem: Problem, cwd?: string): string {
  const lines = [`${place(problem, cwd)}: error: ${problem.reason}`]
  const { line, column, sourceLine, hint } = problem
  if (line !== undefined && sourceLine !== undefined) lines.push(...excerpt(line, column, sourceLine))
  if (hint !== undefined) lines.push(`  ${hint}`)
  return lines.join('\n')
}

/** Longer lines (bundled or minified packages) are cut to a window around the column. */
const WIDTH = 140

function excerpt(line: number, column: number | undefined, sourceLine: string): string[] {
  const at = column === undefined ? 0 : column - 1
  const from = sourceLine.length <= WIDTH || at < WIDTH - 20 ? 0 : at - WIDTH / 2
  const text = sourceLine.slice(from, from + WIDTH)
  const shown = `  ${line} | ${text}`
  if (column === undefined) return [shown]
  // Tabs stay tabs, so that the caret stands under its column however wide they are drawn.
  const indent = text.slice(0, at - from).replace(/[^\t]/g, ' ')
  return [shown, `  ${' '.repeat(String(line).length)} | ${indent}^`]
}
