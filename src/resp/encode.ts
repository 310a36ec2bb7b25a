import type { ByteString } from '../bytes/bytes.js'

/** A command as a client sends it: an array of bulk strings. O(its bytes). */
export function encodeCommand(argv: readonly ByteString[]): ByteString {
  let text = `*${argv.length}\r\n`
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`
  return text
}
