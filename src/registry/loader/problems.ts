import { basename, dirname, join, resolve } from 'node:path'
import * as esbuild from 'esbuild'
import type { Problem } from './error.js'
import { EXTENSIONS } from './exports.js'
import { HOST_NAMESPACE } from './plugins.js'
import { nodeModules } from './resolve.js'
import { didYouMean, namesIn } from './suggest.js'

/** An error or a warning of esbuild's in our terms. `folder`: what its paths are relative to. */
export function toProblem(message: esbuild.Message, folder: string): Problem {
  const { location, text } = message
  const problem: Problem = { file: folder, reason: text.replaceAll(`${HOST_NAMESPACE}:`, '') }
  if (location !== null) {
    problem.file = resolve(folder, location.file)
    if (location.line > 0) {
      problem.line = location.line
      problem.column = utf16Length(location.lineText, location.column) + 1
      problem.sourceLine = location.lineText
    }
  }
  const hint = hintFor(message, dirname(problem.file))
  if (hint !== undefined) problem.hint = hint
  return problem
}

/** esbuild counts columns in bytes of UTF-8. */
function utf16Length(line: string, bytes: number): number {
  return Buffer.from(line, 'utf8').subarray(0, bytes).toString('utf8').length
}

/** `folder`: that of the file that the message is about. */
function hintFor({ text, notes }: esbuild.Message, folder: string): string | undefined {
  if (/^Top-level await/.test(text)) {
    return 'A module is loaded in one go, and its load() too. Begin the work there, and keep what it gives when it comes.'
  }
  const missing = unresolved(text)
  if (missing !== undefined && !isRelative(missing)) {
    return `Is the package installed? npm install ${packageOf(missing)}`
  }
  if (missing !== undefined) {
    const names = namesIn(resolve(folder, dirname(missing)))
    return didYouMean(basename(missing), names, found => `${dirname(missing)}/${found}`)
  }
  if (/^No loader is configured/.test(text)) {
    return 'Files that are neither code, JSON nor text are read: readFileSync(new URL("./the-file", import.meta.url)).'
  }
  return notes.length === 0 ? undefined : notes.map(note => note.text).join(' ')
}

/**
 * The files whose change may mend a failed build. esbuild names only those with errors, so the build is done once more
 * with an eye on what is read; and what an import did not find is looked for where it would lie.
 */
export async function inputsOfFailure(
  entry: string,
  errors: readonly esbuild.Message[],
  optionsFor: (plugins: esbuild.Plugin[]) => esbuild.BuildOptions,
): Promise<string[]> {
  const folder = dirname(entry)
  const inputs = new Set([entry])
  const watchReads: esbuild.Plugin = {
    name: 'krmt-reads',
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
        inputs.add(path)
        return undefined
      })
    },
  }
  await esbuild.build(optionsFor([watchReads])).catch(() => undefined)
  for (const { text, location } of errors) {
    if (location === null) continue
    const importer = resolve(folder, location.file)
    inputs.add(importer)
    const missing = unresolved(text)
    if (missing !== undefined) for (const file of candidates(missing, dirname(importer))) inputs.add(file)
  }
  return [...inputs]
}

function unresolved(text: string): string | undefined {
  return /^Could not resolve "(.+)"$/.exec(text)?.[1]
}

function isRelative(specifier: string): boolean {
  return /^\.{0,2}[/\\]|^\.{1,2}$/.test(specifier)
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Where a file or a package would have to be for an import to find it. */
function candidates(specifier: string, folder: string): string[] {
  if (!isRelative(specifier)) {
    return nodeModules(folder).map(modules => join(modules, packageOf(specifier), 'package.json'))
  }
  const path = resolve(folder, specifier)
  // TypeScript's way: './x.js' may mean x.ts.
  const stem = path.replace(/\.[cm]?js$/, '')
  const stems = stem === path ? [path, join(path, 'index')] : [path, stem]
  return [path, ...stems.flatMap(base => EXTENSIONS.map(extension => base + extension))]
}
