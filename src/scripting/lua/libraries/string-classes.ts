/** Whether a byte is of the class of a letter, as in `%a`; the letter in upper case means all others. Any other character means itself. */
export function classMatches(c: number, letter: number): boolean {
  const mask = CLASSES[letter]!
  if (mask === 0) return c === letter
  // Lower-case letters have this bit.
  return ((KINDS[c]! & mask) !== 0) === ((letter & 0x20) !== 0)
}

/** Whether a byte is in the set of a pattern, `[...]` or `[^...]`, that lies in `bytes` from the `[` to after the `]`. */
export function setHas(bytes: Uint8Array, start: number, end: number, c: number): boolean {
  const last = end - 1
  const isNegated = bytes[start + 1] === CARET
  for (let p = isNegated ? start + 2 : start + 1; p < last; p++) {
    const item = bytes[p]!
    if (item === ESCAPE) {
      if (classMatches(c, bytes[++p]!)) return !isNegated
    } else if (bytes[p + 1] === MINUS && p + 2 < last) {
      p += 2
      if (item <= c && c <= bytes[p]!) return !isNegated
    } else if (item === c) return !isNegated
  }
  return isNegated
}

/**
 * Passes over the bytes that are in a set.
 *
 * @param isIn false: those that are not
 * @returns where they end: the first other one from `at` on, or `stop`
 */
export function setSpan(
  bytes: Uint8Array,
  start: number,
  end: number,
  at: number,
  stop: number,
  isIn: boolean,
): number {
  const patience = Math.min(at + FEW, stop)
  while (at < patience && setHas(bytes, start, end, bytes[at]!) === isIn) at++
  if (at < patience || at === stop) return at
  // It is worth it to know the whole set.
  for (let c = 0; c < 256; c++) passes[c] = setHas(bytes, start, end, c) === isIn ? 1 : 0
  while (at < stop && passes[bytes[at]!] === 1) at++
  return at
}

/** Bytes that a set is looked through for. */
const FEW = 200
const passes = new Uint8Array(256)

const ESCAPE = 0x25
const MINUS = 0x2d
const CARET = 0x5e

// The classes of C's ctype.h in the C locale, as bits; and Lua's %z, the zero byte.
const ALPHA = 1
const CONTROL = 2
const DIGIT = 4
const LOWER = 8
const PUNCTUATION = 16
const SPACE = 32
const UPPER = 64
const HEXADECIMAL = 128
const ZERO = 256

/** The classes that each byte is of. */
const KINDS = Uint16Array.from({ length: 256 }, (_, c) => {
  const char = String.fromCharCode(c)
  let kinds = c === 0 ? ZERO : 0
  if (/[A-Za-z]/.test(char)) kinds |= ALPHA
  if (c < 0x20 || c === 0x7f) kinds |= CONTROL
  if (/[0-9]/.test(char)) kinds |= DIGIT
  if (/[a-z]/.test(char)) kinds |= LOWER
  if (c > 0x20 && c < 0x7f && !/[A-Za-z0-9]/.test(char)) kinds |= PUNCTUATION
  if (c === 0x20 || (c >= 9 && c <= 13)) kinds |= SPACE
  if (/[A-Z]/.test(char)) kinds |= UPPER
  if (/[0-9A-Fa-f]/.test(char)) kinds |= HEXADECIMAL
  return kinds
})

/** The kinds that a letter stands for, in lower or upper case; 0 for other characters. */
const CLASSES = new Uint16Array(256)
for (const [letter, mask] of Object.entries({
  a: ALPHA,
  c: CONTROL,
  d: DIGIT,
  l: LOWER,
  p: PUNCTUATION,
  s: SPACE,
  u: UPPER,
  w: ALPHA | DIGIT,
  x: HEXADECIMAL,
  z: ZERO,
})) {
  CLASSES[letter.charCodeAt(0)] = CLASSES[letter.toUpperCase().charCodeAt(0)] = mask
}
