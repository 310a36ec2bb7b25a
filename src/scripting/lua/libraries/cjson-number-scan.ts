import { bitLength, roundBinary } from '../../../bytes/float-text.js'

/** What `scanNumber` has read last. One object, so that reading allocates nothing. */
export const scanned = { value: 0, negative: false }

/**
 * Reads the longest number that begins at `at`, as C's strtod does: decimal or hexadecimal, infinite or not a number, with a
 * sign or without. Leaves it in `scanned`, where the sign stands apart, since that of a NaN would be lost.
 *
 * @param bytes with a NUL after the text
 * @returns the place after the number; 0 if there is none
 */
export function scanNumber(bytes: Buffer, at: number): number {
  const sign = bytes[at]!
  const begin = sign === MINUS || sign === PLUS ? at + 1 : at
  scanned.negative = sign === MINUS
  let end = begin
  let units = 0
  let digit = bytes[end]! - ZERO
  for (; digit >= 0 && digit <= 9; digit = bytes[++end]! - ZERO) units = units * 10 + digit
  let decimals = 0
  if (digit === POINT - ZERO) {
    const point = end
    digit = bytes[++end]! - ZERO
    for (; digit >= 0 && digit <= 9; digit = bytes[++end]! - ZERO) units = units * 10 + digit
    decimals = end - point - 1
    if (decimals === 0 && point === begin) return 0
    // Fast path, here and below: both numbers are exact, so the division rounds once, as strtod does.
    if (end - begin <= 16 && digit !== LOWER_E && digit !== UPPER_E) {
      scanned.value = units / TENS[decimals]!
      return end
    }
  } else {
    if (end === begin) return scanWord(bytes, begin)
    if (digit === LOWER_X || digit === UPPER_X) {
      if (end === begin + 1 && units === 0) {
        const after = scanHexadecimal(bytes, end + 1)
        if (after !== 0) return after
      }
    } else if (end - begin <= 15 && digit !== LOWER_E && digit !== UPPER_E) {
      scanned.value = units
      return end
    }
  }
  if (digit === LOWER_E || digit === UPPER_E) end = afterExponent(bytes, end)
  scanned.value = end - begin <= LONG ? Number(bytes.latin1Slice(begin, end)) : longDecimal(bytes, begin, end)
  return end
}

/** Whether the letters of `word`, which are lower-case, begin at `at`, in any case. */
export function isWord(bytes: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if ((bytes[at + i]! | 0x20) !== word.charCodeAt(i)) return false
  }
  return true
}

function scanWord(bytes: Uint8Array, at: number): number {
  if (isWord(bytes, at, 'inf')) {
    scanned.value = Infinity
    return isWord(bytes, at + 3, 'inity') ? at + 8 : at + 3
  }
  if (!isWord(bytes, at, 'nan')) return 0
  scanned.value = NaN
  // glibc takes letters, digits and underscores in parentheses, too, which choose among NaNs that no one can tell apart.
  let end = at + 3
  if (bytes[end] !== PARENTHESIS) return end
  do end++
  while (isWordByte(bytes[end]!))
  return bytes[end] === PARENTHESIS + 1 ? end + 1 : at + 3
}

function isWordByte(byte: number): boolean {
  const lower = byte | 0x20
  return (byte >= ZERO && byte <= ZERO + 9) || (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f
}

/** From after the `0x`; 0 if no digit is there, and the number is the zero. */
function scanHexadecimal(bytes: Buffer, at: number): number {
  // 16 digits are 64 bits; what comes after them matters only where it is not zero, and then as the smallest of them.
  let mantissa = 0n
  let significant = 0
  let rest = false
  let exponent = 0
  let digits = 0
  let point = false
  let end = at
  for (; ; end++) {
    const byte = bytes[end]!
    if (byte === POINT && !point) {
      point = true
      continue
    }
    const digit = hexDigit(byte)
    if (digit < 0) break
    digits++
    if (point) exponent -= 4
    if (significant < 16) {
      if (significant > 0 || digit > 0) {
        mantissa = (mantissa << 4n) | BigInt(digit)
        significant++
      }
    } else {
      exponent += 4
      rest ||= digit > 0
    }
  }
  if (digits === 0) return 0
  if ((bytes[end]! | 0x20) === 0x70) {
    const after = afterExponent(bytes, end)
    if (after > end) exponent += exponentOf(bytes, end + 1)
    end = after
  }
  scanned.value = mantissa === 0n ? 0 : fromBinary(rest ? mantissa | 1n : mantissa, exponent)
  return end
}

/** The value of a hexadecimal digit, -1 for other bytes. */
export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= ZERO + 9) return byte - ZERO
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}

/** The double that is nearest to mantissa * 2^exponent. */
function fromBinary(mantissa: bigint, exponent: number): number {
  const length = bitLength(mantissa)
  if (length + exponent > 1024) return Infinity
  if (length + exponent < -1080) return 0
  const rounded = roundBinary({ mantissa, exponent }, 53, -1074)
  // The rounding may have made it 2^1024.
  if (bitLength(rounded.mantissa) + rounded.exponent > 1024) return Infinity
  return Number(rounded.mantissa) * 2 ** rounded.exponent
}

/** Where an exponent ends of which the letter is at `at`: there, if no digit follows. */
function afterExponent(bytes: Uint8Array, at: number): number {
  let end = at + 1
  if (bytes[end] === MINUS || bytes[end] === PLUS) end++
  if (!isDigit(bytes[end]!)) return at
  while (isDigit(bytes[end]!)) end++
  return end
}

/** The number of an exponent, a sign and digits; not larger than it need be for zero and infinity. */
function exponentOf(bytes: Uint8Array, at: number): number {
  const sign = bytes[at]!
  if (sign === MINUS || sign === PLUS) at++
  let exponent = 0
  for (; isDigit(bytes[at]!); at++) exponent = Math.min(exponent * 10 + bytes[at]! - ZERO, 2 ** 40)
  return sign === MINUS ? -exponent : exponent
}

/**
 * A decimal number of any length. A double is told from its neighbours by less than 800 digits; of those that follow,
 * it matters only whether there is one that is no zero. The longest text is longer than a JavaScript string may be.
 */
function longDecimal(bytes: Uint8Array, begin: number, end: number): number {
  let digits = ''
  let rest = false
  let exponent = 0
  let point = false
  let at = begin
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === POINT) {
      point = true
      continue
    }
    if (!isDigit(byte)) break
    if (point) exponent--
    if (digits.length < 800) {
      if (digits !== '' || byte !== ZERO) digits += String.fromCharCode(byte)
    } else {
      exponent++
      rest ||= byte !== ZERO
    }
  }
  if (at < end) exponent += exponentOf(bytes, at + 1)
  if (digits === '') return 0
  return Number(`${digits}${rest ? '1' : '0'}e${exponent - 1}`)
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

const TENS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
const ZERO = 0x30
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const PARENTHESIS = 0x28
/** As digits. */
const LOWER_E = 0x65 - ZERO
const UPPER_E = 0x45 - ZERO
const LOWER_X = 0x78 - ZERO
const UPPER_X = 0x58 - ZERO
/** The usual way is taken up to here. */
const LONG = 1000
