import type { ByteString } from '../bytes/bytes.js'
import { type Integer, parseInteger64 } from '../bytes/numbers.js'
import { ByteBuffer } from './byte-buffer.js'

/** What a key of type string holds: see Value for which form means which encoding. */
export type StringValue = Integer | ByteString | ByteBuffer

/** The form in which SET keeps a text: an integer, where the text is exactly what Redis would print for one. */
export function encodeString(text: ByteString): StringValue {
  return text.length > LONGEST_INTEGER ? text : (parseInteger64(text) ?? text)
}

/** The string's bytes. O(1), but for a buffer that has changed since it was last asked. */
export function stringText(value: StringValue): ByteString {
  return typeof value === 'string' ? value : value.toString()
}

/** The string's length in bytes. */
export function stringLength(value: StringValue): number {
  return typeof value === 'object' || typeof value === 'string' ? value.length : value.toString().length
}

/** The string's bytes for reading in place, in whichever of the two forms costs no copy. */
export function stringBytes(value: StringValue): Uint8Array | ByteString {
  return value instanceof ByteBuffer ? value.bytes : stringText(value)
}

/** The integer that the string reads as, whatever its encoding; undefined when it is none of 64 bits. */
export function stringInteger(value: StringValue): Integer | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? value : parseInteger64(stringText(value))
}

/** Length of the text of -2^63. */
const LONGEST_INTEGER = 20
