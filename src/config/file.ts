import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path/posix'
import { type ByteString, fromBuffer, toBuffer } from '../bytes/bytes.js'
import { globMatch } from '../bytes/glob.js'
import { splitArgs } from '../bytes/split-args.js'
import { ConfigFileError, type Place, systemReason } from './errors.js'

/** One line of configuration: `name arg ...`, the quotes taken off. */
export interface Directive {
  /** As it was written, in any case. */
  readonly name: ByteString
  readonly args: readonly ByteString[]
  readonly place: Place
}

/** The folder that relative paths start from: asked for anew at each of them, since a `dir` directive changes it. */
export type WorkingFolder = () => ByteString

/**
 * The directives of a file, in order, those of the files that it includes in place of each `include`.
 * Lazy: a line is read once the directives before it have been taken.
 *
 * @throws {ConfigFileError}
 */
export function readConfigFile(path: ByteString, folder: WorkingFolder): Generator<Directive, void> {
  return readFile(path, folder, [])
}

/**
 * The same for text that is no file: standard input, the command line.
 *
 * @param source what an error calls it
 * @param numbered whether its lines have numbers that mean something to whoever reads the error
 */
export function readConfigText(
  text: ByteString,
  source: string,
  folder: WorkingFolder,
  numbered = true,
): Generator<Directive, void> {
  return readLines(text, source, folder, [], numbered)
}

/** What a line of a configuration file is: its words, or undefined if its quotes are not balanced. */
export function parseLine(line: ByteString): { comment: true } | { comment: false; words: ByteString[] | undefined } {
  const trimmed = line.replace(OUTER_SPACE, '')
  return trimmed === '' || trimmed.startsWith('#') ? { comment: true } : { comment: false, words: splitArgs(trimmed) }
}

/** @param including the real paths of the files that led here, outermost first */
function* readFile(
  path: ByteString,
  folder: WorkingFolder,
  including: readonly ByteString[],
): Generator<Directive, void> {
  let text: ByteString
  let real: ByteString
  try {
    const name = toBuffer(resolve(folder(), path))
    text = fromBuffer(readFileSync(name))
    real = fromBuffer(realpathSync(name, 'buffer'))
  } catch (error) {
    throw new ConfigFileError(`Fatal error, can't open config file '${path}': ${systemReason(error)}`)
  }
  if (including.includes(real)) {
    throw new ConfigFileError(`Fatal error, a config file includes itself: ${[...including, real].join(' -> ')}`)
  }
  yield* readLines(text, path, folder, [...including, real], true)
}

function* readLines(
  text: ByteString,
  source: string,
  folder: WorkingFolder,
  including: readonly ByteString[],
  numbered: boolean,
): Generator<Directive, void> {
  let number = 0
  for (const line of text.split('\n')) {
    number++
    const parsed = parseLine(line)
    if (parsed.comment) continue
    const place: Place = { source, text: line.replace(OUTER_SPACE, ''), ...(numbered && { line: number }) }
    if (!parsed.words) throw new ConfigFileError('Unbalanced quotes in configuration line', place)
    const [name = '', ...args] = parsed.words
    const [included] = args
    if (name.toLowerCase() === 'include' && included !== undefined && args.length === 1) {
      const paths = WILDCARD.test(included) ? expandPath(included, folder()) : [included]
      for (const path of paths) yield* readFile(path, folder, including)
    } else {
      yield { name, args, place }
    }
  }
}

/** The files that a path with wildcards means, in byte order; none is no error. Hidden names must be asked for. */
function expandPath(pattern: ByteString, folder: ByteString): ByteString[] {
  const segments = resolve(folder, pattern).split('/').slice(1)
  let found = ['']
  for (const segment of segments) {
    found = WILDCARD.test(segment)
      ? found.flatMap(parent => matchingNames(parent, segment).map(name => `${parent}/${name}`))
      : found.map(parent => `${parent}/${segment}`)
  }
  return found.filter(exists)
}

function matchingNames(folder: ByteString, pattern: ByteString): ByteString[] {
  let names: ByteString[]
  try {
    names = readdirSync(toBuffer(`${folder}/`), 'latin1')
  } catch {
    return [] // not a folder, or not ours to read: nothing in it matches
  }
  // A class is negated by `!` in file names, by `^` in Redis's patterns.
  const glob = pattern.replaceAll('[!', '[^')
  return names.filter(name => globMatch(glob, name) && (!name.startsWith('.') || pattern.startsWith('.'))).sort()
}

function exists(path: ByteString): boolean {
  try {
    realpathSync(toBuffer(path))
    return true
  } catch {
    return false
  }
}

const OUTER_SPACE = /^[ \t\r\n]+|[ \t\r\n]+$/g
const WILDCARD = /[*?[]/
