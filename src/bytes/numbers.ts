import { ReplyError } from '../errors.js'
import type { ByteString } from './bytes.js'
import { readFloat, scanDecimal, scanned, tens, toBinary } from './float-text.js'

/**
 * A signed 64-bit integer: a number wherever a number holds it exactly (within ±(2^53 - 1)), a bigint beyond. There is
 * one form for each value, and `<`, `===` and unary `-` do what they should.
 */
export type Integer = number | bigint

/**
 * Reads an integer as Redis does: the one spelling that it would print, without `+`, leading zeros, white space or
 * `-0`.
 *
 * @returns undefined if it is no such text, or out of the safe range of ±(2^53 - 1)
 */
export function parseInteger(text: ByteString): number | undefined {
  const length = text.length
  if (length === 0 || length > 17) return undefined
  let at = 0
  let code = text.charCodeAt(0)
  if (code === ZERO) return length === 1 ? 0 : undefined
  const negative = code === MINUS
  if (negative) {
    at = 1
    code = text.charCodeAt(1) // NaN when there is none, which is no digit
  }
  if (!(code > ZERO && code <= NINE)) return undefined
  let value = code - ZERO
  while (++at < length) {
    code = text.charCodeAt(at)
    if (code < ZERO || code > NINE) return undefined
    value = value * 10 + (code - ZERO)
  }
  // At most 17 digits: too large a value may have been rounded, but never down into the range.
  if (value > Number.MAX_SAFE_INTEGER) return undefined
  return negative ? -value : value
}

/** As `parseInteger`, over the whole range from -2^63 to 2^63 - 1. */
export function parseInteger64(text: ByteString): Integer | undefined {
  const small = parseInteger(text)
  if (small !== undefined) return small
  if (text.length < 16 || text.length > 20 || !CANONICAL_INTEGER.test(text)) return undefined
  const value = BigInt(text)
  return isInt64(value) ? value : undefined
}

/** As `parseInteger64`, always as a bigint. */
export function parseInt64(text: ByteString): bigint | undefined {
  const value = parseInteger64(text)
  return typeof value === 'number' ? BigInt(value) : value
}

/** The sum, or undefined if it leaves the 64-bit range. */
export function addInteger(a: Integer, b: Integer): Integer | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (sum >= -Number.MAX_SAFE_INTEGER && sum <= Number.MAX_SAFE_INTEGER) return sum
  }
  const sum = BigInt(a) + BigInt(b)
  return isInt64(sum) ? toInteger(sum) : undefined
}

/** The integer in its one form, for a bigint within 64 bits. */
export function toInteger(value: bigint): Integer {
  return value >= -MAX_SAFE && value <= MAX_SAFE ? Number(value) : value
}

export function formatInteger(value: Integer): ByteString {
  return `${value}`
}

/**
 * Reads a floating-point number as Redis reads scores and increments of scores: all that C's strtod takes as a whole
 * (`1e3`, `.5`, `0x1p-3`, `-inf`), apart from NaN and white space in front, and unless only rounding makes it
 * infinite or zero.
 */
export function parseDouble(text: ByteString): number | undefined {
  // Both numbers are exact, so the division rounds once: to what strtod gives.
  if (scanDecimal(text)) return scanned.units / tens(scanned.decimals)
  const value = strtod(text)
  if (value === undefined || !value.exact) return undefined
  return value.value
}

/**
 * A double's text as in RESP2's bulk strings and after RESP3's `,`: printf's `%.17g`, with `inf` and `-inf`. It reads
 * back as the same double.
 */
export function formatDouble(value: number): ByteString {
  // Fast path (25 ns instead of 140): a number of up to 12 digits and eighths. It has at most 15 significant digits in all,
  // and then the shortest text, which is what JavaScript prints, is the exact one.
  const eighths = value * 8
  if (eighths === Math.floor(eighths) && eighths < 8e12 && eighths > -8e12) {
    return value === 0 && 1 / value < 0 ? '-0' : `${value}`
  }
  if (!Number.isFinite(value)) return value === Infinity ? 'inf' : value === -Infinity ? '-inf' : 'nan'
  return value < 0 ? `-${format17(-value)}` : format17(value)
}

/** One end of a range of scores. */
export interface ScoreBound {
  value: number
  /** Whether the score itself lies outside. */
  exclusive: boolean
}

/**
 * Reads `1.5`, `(1.5`, `-inf`, … as ZRANGEBYSCORE does: white space in front is skipped, nothing at all is zero, what is
 * too large is infinite, and a NUL byte ends the text.
 *
 * @throws ReplyError `ERR min or max is not a float`
 */
export function parseScoreBound(text: ByteString): ScoreBound {
  if (scanDecimal(text)) return { value: scanned.units / tens(scanned.decimals), exclusive: false }
  const exclusive = text.charCodeAt(0) === PARENTHESIS
  const nul = text.indexOf('\0')
  const number = text.slice(exclusive ? 1 : 0, nul < 0 ? text.length : nul)
  if (number === '') return { value: 0, exclusive }
  const read = strtod(number.replace(LEADING_SPACE, ''))
  if (read === undefined) throw notFloatBound
  return { value: read.value, exclusive }
}

/** One end of a range of members: before all, after all, or at a member. */
export type LexBound = '-' | '+' | { value: ByteString; exclusive: boolean }

/**
 * Reads `-`, `+`, `[member` (with the member) or `(member` (without).
 *
 * @throws ReplyError `ERR min or max not valid string range item`
 */
export function parseLexBound(text: ByteString): LexBound {
  const first = text.charAt(0)
  if (first === '(' || first === '[') return { value: text.slice(1), exclusive: first === '(' }
  // Redis looks for the end of a C string here, so that a NUL byte and anything may follow the sign.
  if ((first === '-' || first === '+') && (text.length === 1 || text.charCodeAt(1) === 0)) return first
  throw notLexBound
}

const notFloatBound = new ReplyError('ERR min or max is not a float')
const notLexBound = new ReplyError('ERR min or max not valid string range item')

const ZERO = 0x30
const NINE = 0x39
const MINUS = 0x2d
const POINT = 0x2e
const PARENTHESIS = 0x28
const CANONICAL_INTEGER = /^-?[1-9]\d*$/
const LEADING_SPACE = /^[ \t-\r]+/
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

function isInt64(value: bigint): boolean {
  return value >= -(1n << 63n) && value < 1n << 63n
}

/** `exact` is false where C's errno would be ERANGE with a result of zero or infinity. */
function strtod(text: ByteString): { value: number; exact: boolean } | undefined {
  const read = readFloat(text)
  if (read === undefined) return undefined
  const sign = read.negative ? -1 : 1
  if (read.infinite) return { value: sign * Infinity, exact: true }
  let value: number
  if (read.hexadecimal) {
    const binary = toBinary(read, 53, -1074, 1024)
    value = sign * (binary === undefined ? Infinity : Number(binary.mantissa) * 2 ** binary.exponent)
  } else {
    value = Number(text) // the same grammar, correctly rounded
  }
  return { value, exact: Number.isFinite(value) && (value !== 0 || read.digits === '') }
}

/** `%.17g` of a finite number greater than zero. */
function format17(value: number): string {
  const tie = tieText(value)
  // Here both languages write the same, but for the zeros at the end.
  if (tie === undefined && value >= 1e-4 && value < 1e17) {
    const text = value.toPrecision(17)
    if (value >= 1e16) return text // all 17 digits come before the point
    let end = text.length
    while (text.charCodeAt(end - 1) === ZERO) end--
    return text.charCodeAt(end - 1) === POINT ? text.slice(0, end - 1) : text.slice(0, end)
  }
  const text = tie ?? value.toExponential(16) // d.dddddddddddddddde±x
  const exponent = Number(text.slice(19))
  let end = 18
  while (text.charCodeAt(end - 1) === ZERO) end--
  if (end === 2) end = 1 // nothing is left after the point
  if (exponent < -4 || exponent >= 17) {
    const magnitude = Math.abs(exponent)
    return `${text.slice(0, end)}e${exponent < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`
  }
  // Only ties come here. They have a fraction, and the even digit at its end is a 2, so no zeros are missing.
  const digits = text.charAt(0) + text.slice(2, end)
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/**
 * A number of exactly 18 significant digits that end in 5 lies half-way between two texts of 17. C then takes the even
 * one, JavaScript the larger one. The even one is given here if it is not the larger, and undefined for all else.
 *
 * Such a number is an odd m / 2^j with m * 5^j < 10^18, hence 0 < j < 26 (for j = 0, the integers beyond 10^17 are
 * multiples of 16), and has at most 34 digits: 40 show it whole.
 */
function tieText(value: number): string | undefined {
  const scaled = value * 2 ** 25
  if (scaled !== Math.floor(scaled) || value === Math.floor(value)) return undefined
  const text = value.toExponential(40)
  if (!TIE_TO_EVEN.test(text)) return undefined
  return text.slice(0, 18) + text.slice(text.indexOf('e'))
}

const TIE_TO_EVEN = /^.\..{15}[02468]50+e/
