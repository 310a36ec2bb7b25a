import { type Lua, LuaType } from '../lua.js'
import { doubleOf, pushDouble, pushFloat } from './cmsgpack-numbers.js'
import type { StackRoom } from './stack-room.js'

/**
 * Reads values as lua-cmsgpack 0.4.0 does. What lies open is kept in a list and not on JavaScript's stack: a few thousand
 * tables can be nested, which is where Lua's own stack ends.
 */
export class Unpacker {
  readonly #lua: Lua
  readonly #room: StackRoom
  readonly #interrupt: (L: number) => void
  #at = 0
  #end = 0
  /** Values that may be read until the next interrupt. */
  #patience = INTERVAL
  /** How many items, or entries, the table that was opened last is to have. */
  #length = 0
  /** Of the tables around the innermost one: the role of the next value in it, and how much is to come. */
  readonly #outer: number[] = []

  /** @param interrupt called now and then; throws a Lua error when the script must end */
  constructor(lua: Lua, room: StackRoom, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#room = room
    this.#interrupt = interrupt
  }

  /** Sets out to read the bytes from `start` to `end` of Lua's memory, of a string that stays reachable meanwhile. */
  begin(start: number, end: number): void {
    this.#at = start
    this.#end = end
  }

  /** Bytes that have not been read. */
  get left(): number {
    return this.#end - this.#at
  }

  /**
   * Reads one value and pushes it. `depth`: values on the stack of Redis's function.
   *
   * @throws Lua errors: `Missing bytes in input.`, `Bad data format in input.`, `stack overflow (…)`, `table index is nil`…
   */
  value(L: number, depth: number): void {
    const { c } = this.#lua
    const outer = this.#outer
    outer.length = 0
    // What the next value is to the innermost table: NONE, KEY, VALUE, or its index in an array.
    let role = NONE
    let left = 0
    for (;;) {
      if (role > 0) {
        const count = this.#numbers(L, depth, role, left)
        role += count
        left -= count
      }
      if (role === NONE || left > 0) {
        const opened = this.#push(L, depth++)
        if (opened !== NONE) {
          outer.push(role, left)
          role = opened
          left = this.#length
          // Redis's function puts the index beside the table.
          if (role > 0) depth++
          continue
        }
      } else {
        // The table is complete, and is a value itself.
        if (role > 0) depth--
        left = outer.pop()!
        role = outer.pop()!
      }
      if (role === NONE) return
      if (role === KEY) {
        role = VALUE
        // The last entry is complete with its value.
        continue
      }
      left--
      if (role === VALUE) {
        c.lua_rawset(L, -3)
        role = KEY
        depth -= 2
      } else {
        c.lua_rawseti(L, -2, role++)
        depth--
      }
    }
  }

  /**
   * Fast path: numbers that are items of an array are put where they belong, as long as its array part has room; without a
   * call of Lua it takes 10 ns instead of 35. Gives how many, which may be none.
   */
  #numbers(L: number, depth: number, index: number, left: number): number {
    const lua = this.#lua
    const table = lua.pointerAt(lua.address(L, -1))
    const most = Math.min(left, lua.arraySize(table) + 1 - index, this.left, INTERVAL)
    if (most <= 0) return 0
    this.#room.check(L, depth, 1, TOO_MANY)
    const { bytes, f64, u32 } = lua
    let slot = lua.arrayItem(table, index)
    let count = 0
    for (; count < most && this.#at < this.#end; count++) {
      const first = bytes[this.#at]!
      let value: number
      if (first < 0x80 || first >= 0xe0) {
        value = (first << 24) >> 24
        this.#at++
      } else if (first > 0xca && first <= 0xd3) {
        const size = SIZES[first - 0xc0]!
        if (this.left < size) break
        value = this.#number(first, size)
        // The bits of a NaN need more care.
        if (Number.isNaN(value)) break
        this.#at += size
      } else break
      f64[slot >> 3] = value
      u32[(slot + 8) >> 2] = LuaType.number
      slot += 16
    }
    this.#wait(L, count)
    return count
  }

  /**
   * Pushes a value that has no others in it, or an empty table. Gives NONE, or the role of the first value in the table, and in
   * `#length` how many there are to be.
   */
  #push(L: number, depth: number): number {
    const lua = this.#lua
    if (this.#at >= this.#end) this.#missing(L)
    this.#room.check(L, depth, 1, TOO_MANY)
    this.#wait(L, 1)
    const first = lua.bytes[this.#at]!
    if (first >= 0xa0 && first < 0xc0) return this.#string(L, 1, first & 0x1f)
    if (first >= 0xc0 && first < 0xe0) return this.#pushLong(L, depth, first)
    this.#at++
    if (first < 0x80 || first >= 0xe0) {
      lua.pushNumber(L, (first << 24) >> 24)
      return NONE
    }
    return first < 0x90 ? this.#map(L, first & 0xf) : this.#array(L, depth, first & 0xf)
  }

  /** A value of which the first byte says nothing but the type. */
  #pushLong(L: number, depth: number, first: number): number {
    const lua = this.#lua
    const size = SIZES[first - 0xc0]!
    if (size === 0) lua.error(L, 'Bad data format in input.')
    if (this.left < size) this.#missing(L)
    const at = this.#at + 1
    if (first >= 0xd9) {
      const length = this.#unsigned(at, size - 1)
      if (first <= 0xdb) return this.#string(L, size, length)
      this.#at += size
      return first <= 0xdd ? this.#array(L, depth, length) : this.#map(L, length)
    }
    if (first === 0xc0) lua.pushNil(L)
    else if (first <= 0xc3) lua.pushBoolean(L, first === 0xc3)
    else if (first === 0xca) pushFloat(lua, L, this.#unsigned(at, 4))
    else if (first === 0xcb) pushDouble(lua, L, this.#unsigned(at, 4), this.#unsigned(at + 4, 4))
    else lua.pushNumber(L, this.#number(first, size))
    this.#at += size
    return NONE
  }

  /** The number of a type from 0xcb to 0xd3 that is next, of so many bytes with the first one. */
  #number(first: number, size: number): number {
    const at = this.#at + 1
    if (first === 0xcb) return doubleOf(this.#unsigned(at, 4), this.#unsigned(at + 4, 4))
    // An unsigned one of 8 bytes, too, is an integer of Lua's on its way, and so it has a sign.
    if (size === 9) return (this.#unsigned(at, 4) | 0) * 2 ** 32 + this.#unsigned(at + 4, 4)
    const value = this.#unsigned(at, size - 1)
    const unused = 8 * (5 - size)
    return first < 0xd0 ? value : (value << unused) >> unused
  }

  /** An integer of up to 4 bytes. */
  #unsigned(at: number, size: number): number {
    const { bytes } = this.#lua
    let value = bytes[at]!
    for (let i = 1; i < size; i++) value = (value << 8) | bytes[at + i]!
    return value >>> 0
  }

  #string(L: number, head: number, length: number): number {
    if (this.left < head + length) this.#missing(L)
    const start = this.#at + head
    this.#at = start + length
    this.#lua.pushSpan(L, start, length)
    return NONE
  }

  #array(L: number, depth: number, length: number): number {
    this.#lua.c.lua_createtable(L, this.#slots(length), 0)
    this.#room.check(L, depth + 1, 1, 'in function mp_decode_to_lua_array')
    this.#length = length
    return 1
  }

  /** Its announced length is not believed, and it grows as Redis's does, so that `next` finds the same in it. */
  #map(L: number, length: number): number {
    this.#lua.c.lua_createtable(L, 0, 0)
    this.#length = length
    return KEY
  }

  /**
   * Slots that the array part of an array has when it has grown item by item, as Redis's does, as far as that can be told: up to
   * its first nil or table. It is the next power of 2; and so `#` and `next` find the same in it in the end. The announced
   * length is not believed.
   */
  #slots(length: number): number {
    const { bytes } = this.#lua
    let at = this.#at
    let count = 0
    while (count < length && at < this.#end) {
      const first = bytes[at]!
      if (first === 0xc0) break
      count++
      if (first < 0x80 || first >= 0xe0) at++
      else if (first >= 0xa0 && first < 0xc0) at += 1 + (first & 0x1f)
      else {
        const size = first < 0xa0 ? 0 : SIZES[first - 0xc0]!
        if (size === 0 || first > 0xdb) break
        at += first < 0xd9 ? size : size + this.#unsigned(at + 1, size - 1)
      }
    }
    return count < 2 ? count : 1 << (32 - Math.clz32(count - 1))
  }

  #wait(L: number, count: number): void {
    this.#patience -= count
    if (this.#patience > 0) return
    this.#patience = INTERVAL
    this.#interrupt(L)
  }

  #missing(L: number): never {
    return this.#lua.error(L, 'Missing bytes in input.')
  }
}

const NONE = 0
const KEY = -1
const VALUE = -2
const INTERVAL = 1 << 16
const TOO_MANY = 'too many return values at once; use unpack_one or unpack_limit instead.'

/** From 0xc0 on: bytes of the head, which is the whole value where no length is said; 0 for what lua-cmsgpack does not know (bin, ext). */
const SIZES = [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 0, 0, 0, 0, 0, 2, 3, 5, 3, 5, 3, 5]
