import type { Lua } from '../lua.js'

/** Whether a byte is of the class of a letter, as in `%a`; the letter in upper case means all others. Any other character means itself. */
export function classMatches(c: number, letter: number): boolean {
  const mask = CLASSES[letter]!
  if (mask === 0) return c === letter
  // Lower-case letters have this bit.
  return ((KINDS[c]! & mask) !== 0) === ((letter & 0x20) !== 0)
}

/**
 * The sets of a pattern, `[...]` and `[^...]`, each read once and kept as 256 bits. They are given by where they lie in memory:
 * from the `[` to after the `]`. A set must be complete.
 */
export class CharacterSets {
  readonly #bits = new Uint32Array(SLOTS * WORDS)
  /** Which set is kept in each slot, by its address. */
  readonly #kept = new Int32Array(SLOTS)
  #used = false
  readonly #lua: Lua

  constructor(lua: Lua) {
    this.#lua = lua
  }

  /** Forgets all sets: memory may have changed. */
  clear(): void {
    if (!this.#used) return
    this.#kept.fill(0)
    this.#used = false
  }

  has(start: number, end: number, c: number): boolean {
    return ((this.#bits[this.#find(start, end) + (c >> 5)]! >>> (c & 31)) & 1) !== 0
  }

  /** Where the bytes from `at` on that are in a set end, at `stop` at the latest. */
  span(start: number, end: number, at: number, stop: number): number {
    const bits = this.#bits
    const slot = this.#find(start, end)
    const { bytes } = this.#lua
    while (at < stop) {
      const c = bytes[at]!
      if (((bits[slot + (c >> 5)]! >>> (c & 31)) & 1) === 0) break
      at++
    }
    return at
  }

  /** Where the bits of a set begin. */
  #find(start: number, end: number): number {
    const slot = start & (SLOTS - 1)
    if (this.#kept[slot] !== start) this.#read(start, end, slot * WORDS)
    return slot * WORDS
  }

  #read(start: number, end: number, at: number): void {
    this.#used = true
    this.#kept[start & (SLOTS - 1)] = start
    const { bytes } = this.#lua
    const bits = this.#bits
    bits.fill(0, at, at + WORDS)
    const last = end - 1
    const isNegated = bytes[start + 1] === CARET
    for (let p = isNegated ? start + 2 : start + 1; p < last; p++) {
      const c = bytes[p]!
      if (c === ESCAPE) {
        const ofClass = bytes[++p]! * WORDS
        for (let i = 0; i < WORDS; i++) bits[at + i]! |= CLASS_BITS[ofClass + i]!
      } else if (bytes[p + 1] === MINUS && p + 2 < last) {
        p += 2
        for (let i = c; i <= bytes[p]!; i++) bits[at + (i >> 5)]! |= 1 << (i & 31)
      } else bits[at + (c >> 5)]! |= 1 << (c & 31)
    }
    if (isNegated) for (let i = at; i < at + WORDS; i++) bits[i] = ~bits[i]!
  }
}

const SLOTS = 8
const WORDS = 8

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

/** For each letter, the bytes that match it: 256 bits. */
const CLASS_BITS = new Uint32Array(256 * WORDS)
for (let letter = 0; letter < 256; letter++) {
  for (let c = 0; c < 256; c++) if (classMatches(c, letter)) CLASS_BITS[letter * WORDS + (c >> 5)]! |= 1 << (c & 31)
}
