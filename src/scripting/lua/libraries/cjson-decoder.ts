import { BLACK, MARKED, STATE_TOP } from '../layout.js'
import { type Lua, LuaType } from '../lua.js'
import { Setting } from './cjson-configuration.js'
import { scanNumber, scanned } from './cjson-number-scan.js'
import { ESCAPED, isInvalidNumber, skipSpace, tokenAt, unicodeEscape } from './cjson-tokens.js'
import type { Output } from './output.js'
import { STACK_LIMIT, type StackRoom } from './stack-room.js'

/**
 * Makes Lua values of JSON, as cjson does. The text is read where it lies, as the argument: it does not move, and a NUL
 * stands at its end, as at the end of any Lua string. The values are on Lua's stack until they are put into their tables.
 */
export class Decoder {
  readonly #lua: Lua
  readonly #unescaped: Output
  readonly #room: StackRoom
  readonly #interrupt: (L: number) => void
  /** Values that may be read until the next interruption. */
  #budget = BUDGET
  /** Of the arrays and objects around the innermost, from the outermost on, what is said of it. Kept, since it is small. */
  readonly #outer: number[] = []
  #text = 0
  #invalidNumbers = true

  /** @param unescaped for strings with escapes */
  constructor(lua: Lua, unescaped: Output, room: StackRoom, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#unescaped = unescaped
    this.#room = room
    this.#interrupt = interrupt
  }

  /**
   * Pushes the value of the text that is the only argument of the host function that runs.
   *
   * @param settings index of the settings in `u32`
   * @throws Lua error for what is no JSON, and too many levels
   */
  decode(L: number, settings: number): void {
    const lua = this.#lua
    const { c } = lua
    const text = lua.stringStartAt(lua.address(L, 1))
    const maxDepth = lua.u32[settings + Setting.decodeMaxDepth]!
    const outer = this.#outer
    this.#text = text
    this.#invalidNumbers = lua.u32[settings + Setting.decodeInvalidNumbers] !== 0
    this.#room.begin(L)
    /** Of the innermost array, the number of items in it. */
    let count = OUTSIDE
    let depth = 0
    let at = text

    values: for (;;) {
      if (--this.#budget < 0) this.#pause(L)
      at = skipSpace(lua.bytes, at)
      const first = lua.bytes[at]!
      switch (first) {
        case QUOTE: {
          const end = this.#string(L, at)
          if (end === 0) this.#fail(L, 'value', at)
          at = end
          break
        }
        case BRACE:
        case BRACKET: {
          at++
          const slots = first === BRACE ? 3 : 2
          const top = lua.top(L)
          if (depth >= maxDepth || top + slots > STACK_LIMIT) {
            lua.error(L, `Found too many nested data structures (${depth + 1}) at character ${at - text}`)
          }
          this.#room.check(L, top, slots, 'cjson')
          // Not made larger beforehand: the order of `next` would differ from that in Redis, and `#` of arrays with holes.
          c.lua_createtable(L, 0, 0)
          at = skipSpace(lua.bytes, at)
          // Both braces and both brackets are two apart.
          if (lua.bytes[at] !== first + 2) {
            outer[depth++] = count
            if (first === BRACKET) count = 0
            else {
              count = OBJECT
              at = this.#key(L, at)
            }
            continue
          }
          at++
          break
        }
        default: {
          const end = this.#scalar(L, at, first)
          if (end === 0) this.#fail(L, 'value', at)
          at = end
        }
      }

      // A value has been read. It goes to where it belongs, and so do the tables that end after it.
      for (;;) {
        if (count === OUTSIDE) {
          at = skipSpace(lua.bytes, at)
          if (lua.bytes[at] !== 0) this.#fail(L, 'the end', at)
          return
        }
        if (count === OBJECT) {
          c.lua_rawset(L, -3)
          at = skipSpace(lua.bytes, at)
          const next = lua.bytes[at]
          if (next === COMMA) {
            at = this.#key(L, at + 1)
            continue values
          }
          if (next !== BRACE_END) this.#fail(L, 'comma or object end', at)
        } else {
          this.#append(L, ++count)
          at = skipSpace(lua.bytes, at)
          const next = lua.bytes[at]
          if (next === COMMA) {
            at++
            continue values
          }
          if (next !== BRACKET_END) this.#fail(L, 'comma or array end', at)
        }
        at++
        count = outer[--depth]!
      }
    }
  }

  /** A key and the colon after it. Pushes the key, and gives the place where the value may begin. */
  #key(L: number, from: number): number {
    const lua = this.#lua
    const at = skipSpace(lua.bytes, from)
    const end = lua.bytes[at] === QUOTE ? this.#string(L, at) : 0
    if (end === 0) this.#fail(L, 'object key string', at)
    const colon = skipSpace(lua.bytes, end)
    if (lua.bytes[colon] !== COLON) this.#fail(L, 'colon', colon)
    return colon + 1
  }

  /** Throws the error for what is at a place in the text. */
  #fail(L: number, expected: string, at: number): never {
    const token = tokenAt(this.#lua.bytes, at, this.#invalidNumbers)
    return this.#lua.error(L, `Expected ${expected} but found ${token.name} at character ${token.at - this.#text + 1}`)
  }

  /** Puts the value on top of the stack into the array under it, at an index that is the next. */
  #append(L: number, index: number): void {
    const lua = this.#lua
    const { u32 } = lua
    const top = u32[(L + STATE_TOP) >> 2]!
    const table = u32[(top - 32) >> 2]!
    // The collector must be told of a table that it has been through already.
    if (index > lua.arraySize(table) || (lua.bytes[table + MARKED]! & BLACK) !== 0) {
      lua.c.lua_rawseti(L, -2, index)
      return
    }
    // Fast path: the slot is there, and only three words are to be copied.
    const from = (top - 16) >> 2
    const to = lua.arrayItem(table, index) >> 2
    u32[to] = u32[from]!
    u32[to + 1] = u32[from + 1]!
    u32[to + 2] = u32[from + 2]!
    u32[(L + STATE_TOP) >> 2] = top - 16
  }

  /** A value that is no string and no table. Pushes it, and gives the place after it; 0 if there is none. */
  #scalar(L: number, at: number, first: number): number {
    const { bytes } = this.#lua
    if (first === MINUS || (first >= ZERO && first <= ZERO + 9)) {
      if (!this.#invalidNumbers && isInvalidNumber(bytes, at)) return 0
      return this.#number(L, at)
    }
    // true, false, null
    if (first === 0x74 && bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65) {
      this.#push(L, LuaType.boolean, 1)
      return at + 4
    }
    if (
      first === 0x66 &&
      bytes[at + 1] === 0x61 &&
      bytes[at + 2] === 0x6c &&
      bytes[at + 3] === 0x73 &&
      bytes[at + 4] === 0x65
    ) {
      this.#push(L, LuaType.boolean, 0)
      return at + 5
    }
    if (first === 0x6e && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c) {
      this.#push(L, LuaType.lightUserdata, 0)
      return at + 4
    }
    const letter = first | 0x20
    if (this.#invalidNumbers && (first === PLUS || letter === 0x69 || letter === 0x6e) && isInvalidNumber(bytes, at)) {
      return this.#number(L, at)
    }
    return 0
  }

  #number(L: number, at: number): number {
    const { f64, u32, bytes } = this.#lua
    const end = scanNumber(bytes, at)
    if (end === 0) return 0
    const { value, negative } = scanned
    const address = this.#push(L, LuaType.number, 0)
    if (!Number.isNaN(value)) f64[address >> 3] = negative ? -value : value
    // The sign of a NaN shows in its text.
    else u32[(address + 4) >> 2] = negative ? 0xfff80000 : 0x7ff80000
    return end
  }

  /** Fast path: pushes a value without a call of Lua. There is room on the stack. Gives its address. */
  #push(L: number, type: number, word: number): number {
    const { u32 } = this.#lua
    const address = u32[(L + STATE_TOP) >> 2]!
    u32[address >> 2] = word
    u32[(address + 8) >> 2] = type
    u32[(L + STATE_TOP) >> 2] = address + 16
    return address
  }

  /** The string whose quote is at `quote`. Pushes it, and gives the place after it; 0 if it is faulty. */
  #string(L: number, quote: number): number {
    const { bytes, c } = this.#lua
    const start = quote + 1
    let at = start
    for (;;) {
      const byte = bytes[at]!
      if (byte === QUOTE) {
        c.lua_pushlstring(L, start, at - start)
        return at + 1
      }
      if (byte === BACKSLASH) return this.#escapedString(L, start, at)
      if (byte === 0) return 0
      at++
    }
  }

  /** A string that begins at `start`, with its first backslash at `backslash`. */
  #escapedString(L: number, start: number, backslash: number): number {
    const lua = this.#lua
    const output = this.#unescaped
    output.begin(L)
    output.span(start, backslash - start)
    for (let from = backslash; ; ) {
      // What an escape stands for is never longer than it, so there is room enough to leave after the last byte.
      output.reserve(CHUNK)
      const { bytes } = lua
      const stop = from + CHUNK - LONGEST_ESCAPE
      let { at } = output
      while (from < stop) {
        const byte = bytes[from]!
        if (byte === QUOTE) {
          output.at = at
          output.push()
          return from + 1
        }
        if (byte === 0) return 0
        if (byte !== BACKSLASH) {
          bytes[at++] = byte
          from++
          continue
        }
        const escaped = ESCAPED[bytes[from + 1]!]!
        if (escaped === 0) return 0
        if (escaped !== LOWER_U) {
          bytes[at++] = escaped
          from += 2
          continue
        }
        const codePoint = unicodeEscape(bytes, from)
        if (codePoint < 0) return 0
        at = writeUtf8(bytes, at, codePoint)
        from += codePoint < 0x10000 ? 6 : LONGEST_ESCAPE
      }
      output.at = at
    }
  }

  #pause(L: number): void {
    this.#budget = BUDGET
    this.#interrupt(L)
  }
}

/** Writes a code point, which is no surrogate, in UTF-8. */
function writeUtf8(bytes: Uint8Array, at: number, codePoint: number): number {
  if (codePoint < 0x80) bytes[at++] = codePoint
  else {
    if (codePoint < 0x800) bytes[at++] = 0xc0 | (codePoint >> 6)
    else {
      if (codePoint < 0x10000) bytes[at++] = 0xe0 | (codePoint >> 12)
      else {
        bytes[at++] = 0xf0 | (codePoint >> 18)
        bytes[at++] = 0x80 | ((codePoint >> 12) & 0x3f)
      }
      bytes[at++] = 0x80 | ((codePoint >> 6) & 0x3f)
    }
    bytes[at++] = 0x80 | (codePoint & 0x3f)
  }
  return at
}

/** In the place of a number of items. */
const OBJECT = -1
const OUTSIDE = -2

const BUDGET = 100_000
/** Bytes of a string with escapes for which room is made at once. */
const CHUNK = 1 << 10
const LONGEST_ESCAPE = 12
const QUOTE = 0x22
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const COLON = 0x3a
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const BRACKET_END = 0x5d
const LOWER_U = 0x75
const BRACE = 0x7b
const BRACE_END = 0x7d
