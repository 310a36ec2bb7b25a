import type { ByteString } from '../bytes/bytes.js'
import { type Integer, parseInteger, parseInteger64 } from '../bytes/numbers.js'
import { errors, ReplyError } from '../errors.js'

/**
 * An integer of 64 bits: an index, a count. What lies beyond 2^53 is rounded: no collection has so many elements.
 *
 * @throws ReplyError `ERR value is not an integer or out of range`, or the one given
 */
export function indexArgument(text: ByteString, error: ReplyError = errors.notInteger): number {
  const small = parseInteger(text)
  if (small !== undefined) return small
  const value = parseInteger64(text)
  if (value === undefined) throw error
  return Number(value)
}

/**
 * An integer of at least `minimum`, otherwise as `indexArgument`.
 *
 * @throws ReplyError the one given, whatever is wrong
 */
export function countArgument(text: ByteString, error: ReplyError = errors.mustBePositive, minimum = 0): number {
  const value = indexArgument(text, error)
  if (value < minimum) throw error
  return value
}

/**
 * A count for HRANDFIELD, SRANDMEMBER and their like, where a negative one asks for so many with repetitions. The lowest
 * integer of 64 bits is none, as it cannot be negated.
 */
export function signedCountArgument(text: ByteString): Integer {
  const value = parseInteger64(text)
  if (value === undefined) throw errors.notInteger
  if (value < -LONG_MAX) throw countOutOfRange
  return value
}

/**
 * How many elements a negative count asks for.
 *
 * @throws ReplyError beyond 2^24, a second's work and some 200 MB of reply, where Redis would go on until there is no
 *   memory left: `ERR value is out of range`
 */
export function repetitions(count: Integer): number {
  if (count < -MOST_REPETITIONS) throw errors.outOfRange
  return Number(-count)
}

const MOST_REPETITIONS = 2 ** 24
const LONG_MAX = 2n ** 63n - 1n
const countOutOfRange = new ReplyError(`ERR value is out of range, value must between ${-LONG_MAX} and ${LONG_MAX}`)
