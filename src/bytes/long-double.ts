import { errors, ReplyError } from '../errors.js'
import type { ByteString } from './bytes.js'
import {
  type Binary,
  bitLength,
  decimalToBinary,
  powerOf10,
  readFloat,
  roundBinary,
  scanDecimal,
  scanned,
  shiftRound,
  tens,
  toBinary,
} from './float-text.js'

/**
 * INCRBYFLOAT's arithmetic: that of C's long double as x86-64 has it, 80 bits wide with a mantissa of 64, read by
 * strtold and written with 17 decimals, trailing zeros cut off.
 *
 * @param notFloat what to throw if `current` is no number (HINCRBYFLOAT has words of its own for that)
 * @returns the sum's text
 * @throws ReplyError if either is no number, or if the sum is infinite or NaN
 */
export function incrementByFloat(current: ByteString, increment: ByteString, notFloat = errors.notFloat): ByteString {
  const sum = addDecimals(current, increment)
  if (sum !== undefined) return sum
  const a = parseLongDouble(current)
  if (a === undefined) throw notFloat
  const b = parseLongDouble(increment)
  if (b === undefined) throw errors.notFloat
  if (a.exponent === Infinity || b.exponent === Infinity) throw notFiniteSum
  return formatLongDouble(addLongDoubles(a, b))
}

/**
 * HINCRBYFLOAT looks at its increment by itself, before it looks at the key.
 *
 * @throws ReplyError if it is no number or infinite
 */
export function checkFloatIncrement(increment: ByteString): void {
  if (scanDecimal(increment)) return
  const value = parseLongDouble(increment)
  if (value === undefined) throw errors.notFloat
  if (value.exponent === Infinity) throw infiniteIncrement
}

/** mantissa * 2 ** exponent; the mantissa has a sign and at most 64 bits, the exponent is Infinity for an infinity. */
export type LongDouble = Binary

/**
 * Reads what Redis takes for a long double: at most 5,119 bytes; not NaN, not what only rounding makes infinite or
 * zero, no white space. O(n^2) in the number of digits, which the limit bounds.
 */
export function parseLongDouble(text: ByteString): LongDouble | undefined {
  if (scanDecimal(text)) return shortDecimal(scanned.units, scanned.decimals)
  if (text.length > MAX_LENGTH) return undefined
  const read = readFloat(text)
  if (read === undefined) return undefined
  if (read.infinite) return { mantissa: read.negative ? -1n : 1n, exponent: Infinity }
  const value = toBinary(read, PRECISION, MIN_EXPONENT, MAX_EXPONENT)
  if (value === undefined || (value.mantissa === 0n && read.digits !== '')) return undefined
  return read.negative ? { mantissa: -value.mantissa, exponent: value.exponent } : value
}

/**
 * The sum of two finite numbers.
 *
 * @throws ReplyError if it is infinite
 */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  if (a.mantissa === 0n) return b
  if (b.mantissa === 0n) return a
  const exponent = Math.min(a.exponent, b.exponent)
  const exact = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  const negative = exact < 0n
  const sum = roundBinary({ mantissa: negative ? -exact : exact, exponent }, PRECISION, MIN_EXPONENT)
  if (bitLength(sum.mantissa) + sum.exponent > MAX_EXPONENT) throw notFiniteSum
  return negative ? { mantissa: -sum.mantissa, exponent: sum.exponent } : sum
}

/** As printf's `%.17Lf`, without trailing zeros, and without a minus sign when nothing but zero is left. */
export function formatLongDouble({ mantissa, exponent }: LongDouble): ByteString {
  const negative = mantissa < 0n
  const magnitude = negative ? -mantissa : mantissa
  if (exponent >= 0) return `${negative ? '-' : ''}${magnitude << BigInt(exponent)}`
  return decimalText(shiftRound(magnitude * powerOf10(DECIMALS), -exponent).toString(), DECIMALS, negative)
}

const notFiniteSum = new ReplyError('ERR increment would produce NaN or Infinity')
const infiniteIncrement = new ReplyError('ERR value is NaN or Infinity')

const MAX_LENGTH = 5 * 1024 - 1
const PRECISION = 64
const MIN_EXPONENT = -16445
const MAX_EXPONENT = 16384
const DECIMALS = 17

function shortDecimal(units: number, decimals: number): LongDouble {
  if (units === 0) return { mantissa: 0n, exponent: 0 }
  const binary = decimalToBinary(BigInt(Math.abs(units)), -decimals, PRECISION)
  const { mantissa, exponent } = roundBinary(binary, PRECISION, MIN_EXPONENT)
  return { mantissa: units < 0 ? -mantissa : mantissa, exponent }
}

/**
 * Fast path, 17 times faster than the exact one (90 ns to 1.5 µs): the sum of two short decimal numbers, as integers of the same
 * decimal unit. It is what the long double would come out as, since
 * - integers of at most 53 bits are exact in both;
 * - otherwise each number, and the sum, is rounded by at most its 2^-64th part. With magnitudes below 64 together,
 *   that is less than 4e-18, while the printing rounds to a multiple of 1e-17: the exact sum is the nearest.
 */
function addDecimals(current: ByteString, increment: ByteString): ByteString | undefined {
  if (!scanDecimal(current)) return undefined
  let a = scanned.units
  const aDecimals = scanned.decimals
  if (!scanDecimal(increment)) return undefined
  let b = scanned.units
  const bDecimals = scanned.decimals
  const decimals = Math.max(aDecimals, bDecimals)
  a *= tens(decimals - aDecimals)
  b *= tens(decimals - bDecimals)
  const sum = a + b
  const magnitudes = Math.abs(a) + Math.abs(b) + Math.abs(sum)
  if (!(magnitudes <= Number.MAX_SAFE_INTEGER)) return undefined
  if (decimals === 0) return `${sum}`
  if (magnitudes >= 64 * tens(decimals)) return undefined
  return decimalText(`${Math.abs(sum)}`, decimals, sum < 0)
}

/** The text of units / 10 ** decimals, without trailing zeros. */
function decimalText(units: string, decimals: number, negative: boolean): string {
  const digits = units.length > decimals ? units : units.padStart(decimals + 1, '0')
  const point = digits.length - decimals
  let end = digits.length
  while (end > point && digits.charCodeAt(end - 1) === 0x30) end--
  const integer = digits.slice(0, point)
  const text = end === point ? integer : `${integer}.${digits.slice(point, end)}`
  return negative && text !== '0' ? `-${text}` : text
}
