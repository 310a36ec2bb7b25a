import type { ByteString } from '../bytes/bytes.js'
import { untilNul } from '../bytes/c-string.js'
import { splitArgs } from '../bytes/split-args.js'
import { ReplyError } from '../errors.js'

/** What the code of a library says of itself. */
export interface LibraryMetadata {
  readonly name: ByteString
  /** What is run: the code without its first line, but with the line's end, so that lines keep their numbers. */
  readonly body: ByteString
}

/**
 * Takes the first line of a library's code apart: `#!lua name=mylib`.
 *
 * @throws ReplyError when it is not as it should be
 */
export function parseLibrary(code: ByteString): LibraryMetadata {
  if (!code.startsWith('#!')) throw new ReplyError('ERR Missing library metadata')
  const end = code.indexOf('\n')
  const line = code.slice(0, Math.max(end, 0))
  const words = splitArgs(line)
  if (end === -1 || line.includes('\0') || words === undefined) throw new ReplyError('ERR Invalid library metadata')
  let name: ByteString | undefined
  for (const word of words.slice(1)) {
    if (word.slice(0, NAME.length).toLowerCase() !== NAME) {
      throw new ReplyError(`ERR Invalid metadata value given: ${untilNul(word)}`)
    }
    if (name !== undefined) {
      throw new ReplyError('ERR Invalid metadata value, name argument was given multiple times')
    }
    name = word.slice(NAME.length)
  }
  if (name === undefined) throw new ReplyError('ERR Library name was not given')
  if (!isFunctionName(name)) throw new ReplyError(`ERR ${BAD_FUNCTION_NAME}`)
  const engine = words[0]!.slice(2)
  if (engine.toLowerCase() !== 'lua') throw new ReplyError(`ERR Engine '${engine}' not found`)
  return { name, body: code.slice(end) }
}

/** Whether a text may be the name of a library or of a function. */
export function isFunctionName(text: ByteString): boolean {
  return /^\w+$/.test(text)
}

/** In Redis's words, which are these for functions too. */
export const BAD_FUNCTION_NAME =
  'Library names can only contain letters, numbers, or underscores(_) and must be at least one character long'

const NAME = 'name='
