import type { ByteString } from '../bytes/bytes.js'
import { parseInteger64 } from '../bytes/numbers.js'

/**
 * A time as effects tell it, in milliseconds since the epoch: exactly, also beyond 2^53, where a number is too coarse.
 *
 * @param count what the client gave, an integer of 64 bits
 * @param scale milliseconds in the unit of `count`
 * @param base what `count` is counted from, milliseconds since the epoch
 */
export function timeText(count: ByteString, scale: 1 | 1000, base: number): ByteString {
  return String(BigInt(parseInteger64(count)!) * BigInt(scale) + BigInt(base))
}
