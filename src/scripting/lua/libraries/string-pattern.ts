import type { Lua } from '../lua.js'
import { classMatches, setHas, setSpan } from './string-classes.js'

/**
 * Lua 5.1's patterns, matched on strings in Lua's memory (https://www.lua.org/manual/5.1/manual.html#5.4.1, and the matcher of
 * lstrlib.c for what the manual leaves open: `%f`, a pattern that ends at its first zero byte, which error comes when).
 *
 * It does not call itself: where another way is left to be tried, it is written down, and taken up when this one has failed. So a
 * pattern of any length can be matched; Redis's own matcher, which does call itself, is lost with the whole server where this
 * one says `pattern too complex`. And it counts its steps, so that a pattern which would take years can be interrupted.
 */
export class PatternMatcher {
  /** Captures of the last match. */
  level = 0
  /** Address after the last match that `search` has found. */
  matchEnd = 0
  /** Where each begins in memory. */
  readonly #starts = new Int32Array(MAX_CAPTURES)
  /** Their lengths in bytes, or one of the two below. */
  readonly #lengths = new Int32Array(MAX_CAPTURES)
  /** Ways not taken yet, and captures to be undone when what comes after them fails: four numbers each. */
  #frames = new Int32Array(4 * 64)
  #L = 0
  #subject = 0
  #end = 0
  #pattern = 0
  /** What a match must begin with: a byte, or what `firstOf` says. */
  #first = ANYTHING
  /** The end of the set that the pattern begins with, for `IN_SET`. */
  #firstEnd = 0
  #steps = STEPS
  readonly #lua: Lua
  readonly #interrupt: (L: number) => void

  /** @param interrupt called after every 100,000 steps or so; throws when the script must end */
  constructor(lua: Lua, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#interrupt = interrupt
  }

  /**
   * Sets what is matched: the addresses of bytes in memory, which must stay there. To be called again when other matches may have
   * been made meanwhile.
   *
   * @param pattern without its `^`; it ends at a zero byte, as each string does
   */
  begin(L: number, subject: number, length: number, pattern: number): void {
    this.#L = L
    this.#subject = subject
    this.#end = subject + length
    this.#pattern = pattern
    this.#first = firstOf(this.#lua.bytes, pattern)
  }

  /**
   * Finds the first match that begins at an address from `from` to `last`, and sets `matchEnd`.
   *
   * @returns the address where it begins, or -1
   * @throws Lua error for a malformed pattern, as far as it has been read
   */
  search(from: number, last: number): number {
    for (let at = from; at <= last; at++) {
      // Fast path: most places differ in their first character already.
      if (this.#first < ANYTHING) {
        at = this.#seek(at, last)
        if (at > last) break
      }
      this.matchEnd = this.#match(at)
      if (this.matchEnd >= 0) return at
      if (this.#first === SOME_SET) this.#lookAtSet()
    }
    return -1
  }

  /** Finds out whether a match must begin with the set that the pattern begins with, and which has been read without an error. */
  #lookAtSet(): void {
    this.#firstEnd = this.#itemEnd(this.#pattern)
    this.#first = mayBeLeftOut(this.#lua.bytes[this.#firstEnd]!) ? ANYTHING : IN_SET
  }

  /** Where the first byte lies that a match can begin with; after `last` if there is none. */
  #seek(from: number, last: number): number {
    let at = from
    while (at <= last) {
      const stop = Math.min(at + PIECE, last + 1)
      const start = at
      const { bytes } = this.#lua
      const first = this.#first
      if (first === IN_SET) at = setSpan(bytes, this.#pattern, this.#firstEnd, at, stop, false)
      else if (first < 0) while (at < stop && !classMatches(bytes[at]!, first & 0xff)) at++
      else while (at < stop && bytes[at] !== first) at++
      this.#steps -= at - start
      if (this.#steps <= 0) this.#rest()
      if (at < stop) return at
    }
    return at
  }

  /** Where a match of the whole pattern that begins at an address ends; -1 if there is none. */
  #match(from: number): number {
    const end = this.#end
    let { bytes } = this.#lua
    let frames = this.#frames
    let top = 0
    let at = from
    let p = this.#pattern
    this.level = 0
    ways: for (;;) {
      // As long as it matches.
      for (;;) {
        if (--this.#steps <= 0) {
          this.#rest()
          bytes = this.#lua.bytes
        }
        // Room for one more frame, which is all that a step takes.
        if (top === frames.length) frames = this.#moreFrames(frames)
        const c = bytes[p]!
        if (c === OPEN) {
          const position = bytes[p + 1] === CLOSE
          this.#open(at, position ? POSITION : UNFINISHED)
          frames[top] = UNDO_OPEN
          top += 4
          p += position ? 2 : 1
          continue
        }
        if (c === CLOSE) {
          frames[top] = UNDO_CLOSE
          frames[top + 1] = this.#close(at)
          top += 4
          p++
          continue
        }
        if (c === 0) return at
        if (c === DOLLAR && bytes[p + 1] === 0) {
          if (at === end) return at
          break
        }
        if (c === ESCAPE) {
          const next = bytes[p + 1]!
          if (next === LETTER_B) {
            at = this.#balance(at, p + 2)
            bytes = this.#lua.bytes
            if (at < 0) break
            p += 4
            continue
          }
          if (next === LETTER_F) {
            p += 2
            if (bytes[p] !== BRACKET) this.#fail("missing '[' after '%f' in pattern")
            const after = this.#itemEnd(p)
            const before = at === this.#subject ? 0 : bytes[at - 1]!
            // At the end of the subject there is the zero byte that ends each string.
            if (setHas(bytes, p, after, before) || !setHas(bytes, p, after, bytes[at]!)) break
            p = after
            continue
          }
          if (next >= DIGIT_0 && next <= DIGIT_9) {
            at = this.#backReference(at, next)
            if (at < 0) break
            p += 2
            continue
          }
        }
        const after = c === ESCAPE || c === BRACKET ? this.#itemEnd(p) : p + 1
        const suffix = bytes[after]!
        if (suffix === STAR || suffix === PLUS) {
          const least = suffix === STAR ? at : at + 1
          const most = this.#span(at, p, after)
          bytes = this.#lua.bytes
          if (most < least) break
          p = after + 1
          if (most > least) {
            frames[top] = FEWER
            frames[top + 1] = least
            frames[top + 2] = most
            frames[top + 3] = p
            top += 4
          }
          at = most
          continue
        }
        if (suffix === MINUS) {
          frames[top] = MORE
          frames[top + 1] = at
          frames[top + 2] = p
          frames[top + 3] = after
          top += 4
          p = after + 1
          continue
        }
        const matches = at < end && this.#single(bytes[at]!, c, p, after)
        if (suffix === QUESTION) {
          if (matches) {
            frames[top] = WITHOUT
            frames[top + 1] = at
            frames[top + 2] = after + 1
            top += 4
            at++
          }
          p = after + 1
          continue
        }
        if (!matches) break
        at++
        p = after
      }

      // It does not match: back to the last place with another way.
      while (top > 0) {
        top -= 4
        switch (frames[top]) {
          case UNDO_OPEN:
            this.level--
            break
          case UNDO_CLOSE:
            this.#lengths[frames[top + 1]!] = UNFINISHED
            break
          case WITHOUT:
            at = frames[top + 1]!
            p = frames[top + 2]!
            continue ways
          case FEWER:
            at = frames[top + 2]! - 1
            p = frames[top + 3]!
            if (at > frames[top + 1]!) {
              frames[top + 2] = at
              top += 4
            }
            continue ways
          case MORE: {
            at = frames[top + 1]!
            const item = frames[top + 2]!
            const after = frames[top + 3]!
            if (at < end && this.#single(bytes[at]!, bytes[item]!, item, after)) {
              frames[top + 1] = ++at
              top += 4
              p = after + 1
              continue ways
            }
          }
        }
      }
      return -1
    }
  }

  /**
   * Pushes a capture of the last match: its text, or its position. Without any captures, the first is the match itself.
   *
   * @throws Lua error when there is no such capture, or it has not been closed
   */
  pushCapture(L: number, index: number, start: number, end: number): void {
    const lua = this.#lua
    if (index >= this.level) {
      if (index !== 0) this.#fail('invalid capture index')
      lua.pushSpan(L, start, end - start)
      return
    }
    const length = this.#lengths[index]!
    if (length === UNFINISHED) this.#fail('unfinished capture')
    if (length === POSITION) lua.pushNumber(L, this.#starts[index]! - this.#subject + 1)
    else lua.pushSpan(L, this.#starts[index]!, length)
  }

  /** Pushes all captures, or the match if there are none; gives their number. */
  pushCaptures(L: number, start: number, end: number): number {
    const count = this.level
    if (count === 0) {
      this.#lua.pushSpan(L, start, end - start)
      return 1
    }
    if (count > FREE_SLOTS) this.#lua.checkStack(L, count, 'too many captures')
    for (let i = 0; i < count; i++) this.pushCapture(L, i, start, end)
    return count
  }

  /** Counts steps that were made elsewhere, for the same script. */
  count(L: number, steps: number): void {
    this.#L = L
    this.#steps -= steps
    if (this.#steps <= 0) this.#rest()
  }

  #rest(): void {
    this.#steps = STEPS
    this.#interrupt(this.#L)
  }

  #moreFrames(frames: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
    const { length } = frames
    if (length >= 4 * MAX_FRAMES) this.#fail('pattern too complex')
    const more = new Int32Array(Math.min(length * 2, 4 * MAX_FRAMES))
    more.set(frames)
    this.#frames = more
    return more
  }

  /** Whether an item of one character, which begins at `p` with `first` and goes to `after`, matches `c`. */
  #single(c: number, first: number, p: number, after: number): boolean {
    switch (first) {
      case DOT:
        return true
      case ESCAPE:
        return classMatches(c, this.#lua.bytes[p + 1]!)
      case BRACKET:
        return setHas(this.#lua.bytes, p, after, c)
      default:
        return first === c
    }
  }

  /** Where the characters from `at` on that match an item end. */
  #span(at: number, p: number, after: number): number {
    const end = this.#end
    while (at < end) {
      // In pieces: a single item can go on over all of a very long subject.
      const stop = end - at > PIECE ? at + PIECE : end
      const reached = this.#spanTo(at, stop, p, after)
      this.#steps -= reached - at
      if (this.#steps <= 0) this.#rest()
      if (reached < stop) return reached
      at = reached
    }
    return at
  }

  #spanTo(at: number, end: number, p: number, after: number): number {
    const { bytes } = this.#lua
    const first = bytes[p]!
    switch (first) {
      case DOT:
        return end
      case ESCAPE: {
        const letter = bytes[p + 1]!
        while (at < end && classMatches(bytes[at]!, letter)) at++
        return at
      }
      case BRACKET:
        return setSpan(bytes, p, after, at, end, true)
      default:
        while (at < end && bytes[at] === first) at++
        return at
    }
  }

  /** Where the item of one character that begins at `p` ends. */
  #itemEnd(p: number): number {
    const { bytes } = this.#lua
    if (bytes[p] === ESCAPE) {
      if (bytes[p + 1] === 0) this.#fail("malformed pattern (ends with '%')")
      return p + 2
    }
    if (bytes[p + 1] === CARET) p++
    // A `]` that comes first is one of the set.
    do {
      p++
      if (bytes[p] === 0) this.#fail("malformed pattern (missing ']')")
      if (bytes[p] === ESCAPE && bytes[p + 1] !== 0) p++
    } while (bytes[p + 1] !== CLOSE_BRACKET)
    return p + 2
  }

  /** `%bxy`: where the text from x to the y that closes it ends; -1 if there is none. */
  #balance(at: number, p: number): number {
    const { bytes } = this.#lua
    const open = bytes[p]!
    const close = bytes[p + 1]!
    if (open === 0 || close === 0) this.#fail('unbalanced pattern')
    if (bytes[at] !== open) return -1
    const end = this.#end
    let depth = 1
    let counted = at
    while (++at < end) {
      const c = this.#lua.bytes[at]!
      if (c === close) {
        if (--depth === 0) break
      } else if (c === open) depth++
      if (at - counted > PIECE) {
        this.#steps -= at - counted
        if (this.#steps <= 0) this.#rest()
        counted = at
      }
    }
    this.#steps -= at - counted
    return at < end ? at + 1 : -1
  }

  /** `%1` to `%9`: where the text of that capture ends, if it stands here once more, or -1. */
  #backReference(at: number, digit: number): number {
    const index = digit - DIGIT_1
    const length = this.#lengths[index]
    if (index < 0 || index >= this.level || length === UNFINISHED) this.#fail('invalid capture index')
    // A position is never found.
    if (length === undefined || length < 0 || this.#end - at < length) return -1
    const { bytes } = this.#lua
    const start = this.#starts[index]!
    this.#steps -= length >> 4
    if (length > SHORT) return bytes.compare(bytes, at, at + length, start, start + length) === 0 ? at + length : -1
    for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[at + i]) return -1
    return at + length
  }

  #open(at: number, length: number): void {
    if (this.level >= MAX_CAPTURES) this.#fail('too many captures')
    this.#starts[this.level] = at
    this.#lengths[this.level++] = length
  }

  /** Closes the last open capture; gives its index. */
  #close(at: number): number {
    for (let i = this.level - 1; i >= 0; i--) {
      if (this.#lengths[i] !== UNFINISHED) continue
      this.#lengths[i] = at - this.#starts[i]!
      return i
    }
    return this.#fail('invalid pattern capture')
  }

  #fail(message: string): never {
    return this.#lua.error(this.#L, message)
  }
}

/** What a match of a pattern must begin with, as far as that can be told at a glance. */
function firstOf(bytes: Uint8Array, pattern: number): number {
  const c = bytes[pattern]!
  if (c === BRACKET) return SOME_SET
  if (c === ESCAPE) {
    const letter = bytes[pattern + 1]!
    const isClass = letter !== 0 && letter !== LETTER_B && letter !== LETTER_F && (letter < DIGIT_0 || letter > DIGIT_9)
    return isClass && !mayBeLeftOut(bytes[pattern + 2]!) ? letter - 256 : ANYTHING
  }
  return IS_SPECIAL[c] !== 0 || mayBeLeftOut(bytes[pattern + 1]!) ? ANYTHING : c
}

function mayBeLeftOut(suffix: number): boolean {
  return suffix === STAR || suffix === MINUS || suffix === QUESTION
}

// What a match must begin with, beside a byte, or a class, which is its letter less 256.
const IN_SET = 256
/** From here on there is no telling. */
const ANYTHING = 257
/** A set that has not been looked at. */
const SOME_SET = 258
/** The bytes that are something else than a character at the begin of a pattern. */
const IS_SPECIAL = new Uint8Array(256)
for (const c of Buffer.from('\0$().')) IS_SPECIAL[c] = 1

const MAX_CAPTURES = 32
/** As lengths of captures: one that has not been closed, and one that is a position. */
const UNFINISHED = -1
const POSITION = -2

// Kinds of frames.
/** Takes back the last capture. */
const UNDO_OPEN = 0
/** Opens a capture again: which. */
const UNDO_CLOSE = 1
/** Goes on without an optional item: where in the subject, where in the pattern. */
const WITHOUT = 2
/** Goes on after fewer repetitions: the least place in the subject, the last one tried, where in the pattern. */
const FEWER = 3
/** Goes on after one repetition more: the last place tried, the item, its end. */
const MORE = 4

/** Redis's process dies of an overflowing stack at some 120,000 to 200,000. */
const MAX_FRAMES = 200_000
/** Steps between two calls of `interrupt`. */
const STEPS = 100_000
const PIECE = 1 << 16
/** Of the room for 20 values that a host function has, those that are free in any case. */
const FREE_SLOTS = 8
/** Bytes that a loop compares faster than a call. */
const SHORT = 32

const DOLLAR = 0x24
const ESCAPE = 0x25
const OPEN = 0x28
const CLOSE = 0x29
const STAR = 0x2a
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const DIGIT_0 = 0x30
const DIGIT_1 = 0x31
const DIGIT_9 = 0x39
const QUESTION = 0x3f
const BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const CARET = 0x5e
const LETTER_B = 0x62
const LETTER_F = 0x66
