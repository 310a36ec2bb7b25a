import { hexDigit, isWord, scanNumber } from './cjson-number-scan.js'

/**
 * cjson's tokens one by one, as errors name them. The decoder does not go by tokens: only where it finds something else
 * than it expects does it ask what that is.
 */
export interface Token {
  readonly name: string
  /** Where it is in the memory: a token's first byte, or where a string is faulty. */
  readonly at: number
}

/**
 * What is next from `at` on, in a text that ends with a NUL.
 *
 * @param invalidNumbers the setting: whether numbers in other forms than JSON's are read
 */
export function tokenAt(bytes: Buffer, from: number, invalidNumbers: boolean): Token {
  const at = skipSpace(bytes, from)
  const byte = bytes[at]!
  const single = SINGLE[String.fromCharCode(byte)]
  if (single !== undefined) return { name: single, at }
  if (byte === QUOTE) return stringAt(bytes, at)
  if (byte === MINUS || (byte >= ZERO && byte <= ZERO + 9)) {
    const valid = (invalidNumbers || !isInvalidNumber(bytes, at)) && scanNumber(bytes, at) !== 0
    return { name: valid ? 'T_NUMBER' : 'invalid number', at }
  }
  if (startsWith(bytes, at, 'true') || startsWith(bytes, at, 'false')) return { name: 'T_BOOLEAN', at }
  if (startsWith(bytes, at, 'null')) return { name: 'T_NULL', at }
  // Nothing else that is refused where numbers must be JSON's begins with another byte.
  if (invalidNumbers && 'iInN+'.includes(String.fromCharCode(byte)) && isInvalidNumber(bytes, at)) {
    return { name: scanNumber(bytes, at) !== 0 ? 'T_NUMBER' : 'invalid number', at }
  }
  return { name: 'invalid token', at }
}

export function skipSpace(bytes: Uint8Array, at: number): number {
  for (;;) {
    const byte = bytes[at]!
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}

/** Whether what strtod might read as a number is none in JSON: a plus sign, leading zeros, hexadecimal, infinity, NaN. */
export function isInvalidNumber(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === PLUS) return true
  if (bytes[at] === MINUS) at++
  if (bytes[at] === ZERO) {
    const next = bytes[at + 1]!
    return (next | 0x20) === 0x78 || (next >= ZERO && next <= ZERO + 9)
  }
  return isWord(bytes, at, 'inf') || isWord(bytes, at, 'nan')
}

/**
 * The code point of the escape at `at`, `\uXXXX` or a surrogate pair of two of them: 6 bytes, or 12 for code points from
 * 0x10000 on. -1 if it is not valid.
 */
export function unicodeEscape(bytes: Uint8Array, at: number): number {
  const unit = hex4(bytes, at + 2)
  if (unit < 0 || (unit & 0xf800) !== 0xd800) return unit
  if ((unit & 0x400) !== 0 || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== LOWER_U) return -1
  const low = hex4(bytes, at + 8)
  if ((low & ~0x3ff) !== 0xdc00) return -1
  return (((unit & 0x3ff) << 10) | (low & 0x3ff)) + 0x10000
}

/** The byte that an escape of two characters stands for, by the second of them; 0 for none. Of `u`, it is the `u`. */
export const ESCAPED: Uint8Array = new Uint8Array(256)
for (const [letter, byte] of ['""', '\\\\', '//', 'b\b', 't\t', 'n\n', 'f\f', 'r\r', 'uu']) {
  ESCAPED[letter!.charCodeAt(0)] = byte!.charCodeAt(0)
}

function stringAt(bytes: Uint8Array, start: number): Token {
  for (let at = start + 1; ; ) {
    const byte = bytes[at]!
    if (byte === QUOTE) return { name: 'T_STRING', at: start }
    if (byte === 0) return { name: 'unexpected end of string', at }
    if (byte !== BACKSLASH) {
      at++
      continue
    }
    const escaped = ESCAPED[bytes[at + 1]!]
    if (escaped === 0) return { name: 'invalid escape code', at }
    if (escaped === LOWER_U) {
      const codePoint = unicodeEscape(bytes, at)
      if (codePoint < 0) return { name: 'invalid unicode escape code', at }
      at += codePoint < 0x10000 ? 6 : 12
    } else at += 2
  }
}

/** A number of four hexadecimal digits, -1 for anything else. */
function hex4(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(bytes[at + i]!)
    if (digit < 0) return -1
    value = (value << 4) | digit
  }
  return value
}

function startsWith(bytes: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false
  return true
}

const SINGLE: Readonly<Record<string, string>> = {
  '{': 'T_OBJ_BEGIN',
  '}': 'T_OBJ_END',
  '[': 'T_ARR_BEGIN',
  ']': 'T_ARR_END',
  ',': 'T_COMMA',
  ':': 'T_COLON',
  '\0': 'T_END',
}
const ZERO = 0x30
const PLUS = 0x2b
const MINUS = 0x2d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
