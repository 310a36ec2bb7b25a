import { resolve } from 'node:path/posix'
import { type ByteString, fromBuffer, fromUtf8 } from '../bytes/bytes.js'
import { quoteArg } from '../bytes/split-args.js'
import { Config, type ConfigOptions } from './config.js'
import { readConfigFile, readConfigText } from './file.js'

/** A command line as redis-server takes it: `[file] [--name value ...] [-]`. */
export interface CommandLine {
  /** The configuration file; undefined if there is none. */
  readonly file: ByteString | undefined
  /** Whether standard input holds configuration too: `-` comes first, or last. */
  readonly stdin: boolean
  /** The options as lines of a configuration file. They come after the file and standard input, and so win. */
  readonly options: ByteString
}

/** What `configFromArguments` needs of the process. */
export interface Environment extends Pick<ConfigOptions, 'warn'> {
  /** The working folder, an absolute path. */
  readonly cwd: string
  /** Reads standard input to its end. Called only if the command line asks for it. */
  readonly stdin: () => Uint8Array
}

/**
 * The configuration that a command line asks for.
 *
 * @param argv the arguments after the program's name
 * @throws {ConfigFileError}
 */
export function configFromArguments(argv: readonly string[], { cwd, stdin, warn }: Environment): Config {
  const line = parseCommandLine(argv)
  const dir = fromUtf8(cwd)
  const config = new Config({
    dir,
    ...(line.file !== undefined && { file: resolve(dir, line.file) }),
    ...(warn && { warn }),
  })
  const folder = (): ByteString => config.values.dir
  if (line.file !== undefined) config.apply(readConfigFile(line.file, folder))
  if (line.stdin) config.apply(readConfigText(fromBuffer(stdin()), 'standard input', folder))
  config.apply(readConfigText(line.options, 'the command line', folder, false))
  return config
}

/**
 * Splits a command line up. An option's first value may begin with `--`; from the second one on, that begins the next
 * option. The exception is `--save`, of which scripts often leave the empty value out.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const args = argv.map(fromUtf8)
  const [first] = args
  let start = 0
  let file: ByteString | undefined
  let stdin = false
  if (first === '-') {
    stdin = true
    start = 1
  } else if (first !== undefined && !first.startsWith('-')) {
    if (first !== '') file = first
    start = 1
  }
  let end = args.length
  if (end > start && args[end - 1] === '-') {
    stdin = true
    end--
  }
  return { file, stdin, options: optionLines(args.slice(start, end)) }
}

function optionLines(args: readonly ByteString[]): ByteString {
  let text = ''
  let wantsValue = false
  for (const [i, arg] of args.entries()) {
    if (wantsValue || !arg.startsWith('--')) {
      text += ` ${quoteArg(arg)}`
      wantsValue = false
      continue
    }
    // `--port 7000` may also be one argument; then it has its value already.
    const name = arg.slice(2)
    text += `${text === '' ? '' : '\n'}${name}`
    wantsValue = !/^\s*\S+\s+\S/.test(name)
    const next = args[i + 1]
    if (name.trim().toLowerCase() === 'save' && (next === undefined || next.startsWith('--'))) {
      text += ' ""'
      wantsValue = false
    }
  }
  return text
}
