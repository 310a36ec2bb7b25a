import { type Lua, LuaType } from '../lua.js'
import { floatBits, highBits, lowBits } from './cmsgpack-numbers.js'
import type { Output } from './output.js'
import { STACK_LIMIT } from './stack-room.js'

/**
 * Writes Lua values as lua-cmsgpack 0.4.0 does. https://github.com/msgpack/msgpack/blob/master/spec.md
 *
 * It reads Lua's memory and never calls Lua while it walks over tables, except to throw an error.
 */
export class Packer {
  readonly #lua: Lua
  readonly #output: Output
  readonly #interrupt: (L: number) => void
  #L = 0
  /** Tables around the value that is written. */
  #level = 0
  /** Values that would be on the stack of Redis's function, the one that is written among them. */
  #depth = 0
  #written = 0
  // What a look at a table has found.
  #count = 0
  #greatest = 0
  #isArray = true

  /** @param interrupt called now and then; throws a Lua error when the script must end */
  constructor(lua: Lua, output: Output, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#output = output
    this.#interrupt = interrupt
  }

  /**
   * Writes the value at an address. `depth`: values on the stack of Redis's function.
   *
   * @throws Lua errors: `stack overflow (…)`, `not enough memory`
   */
  pack(L: number, address: number, depth: number): void {
    this.#L = L
    this.#level = 0
    this.#depth = depth
    this.#value(address)
  }

  #value(address: number): void {
    if ((++this.#written & INTERVAL) === 0) this.#interrupt(this.#L)
    const type = this.#lua.typeAt(address)
    if (type === LuaType.number) this.#number(address)
    else if (type === LuaType.string) this.#string(address)
    else if (type === LuaType.table && this.#level < MAX_NESTING) this.#table(this.#lua.pointerAt(address))
    else if (type === LuaType.boolean) this.#output.byte(this.#lua.booleanAt(address) ? 0xc3 : 0xc2)
    // Anything else has no form, and what is nested deeper may be endless.
    else this.#output.byte(0xc0)
  }

  #number(address: number): void {
    const value = this.#lua.numberAt(address)
    const small = value | 0
    if (small === value) this.#small(small)
    else if (Math.trunc(value) === value && value >= -(2 ** 63) && value < 2 ** 63) this.#large(value)
    else if (Math.fround(value) === value) this.#output.head(0xca, 4, floatBits(this.#lua, address))
    else this.#output.head64(0xcb, highBits(this.#lua, address), lowBits(this.#lua, address))
  }

  #small(value: number): void {
    const output = this.#output
    if (value >= -32 && value <= 0x7f) output.byte(value & 0xff)
    else if (value >= 0) {
      if (value <= 0xff) output.head(0xcc, 1, value)
      else if (value <= 0xffff) output.head(0xcd, 2, value)
      else output.head(0xce, 4, value)
    } else if (value >= -0x80) output.head(0xd0, 1, value)
    else if (value >= -0x8000) output.head(0xd1, 2, value)
    else output.head(0xd2, 4, value)
  }

  /** An integer beyond 32 bits with sign. */
  #large(value: number): void {
    const high = Math.floor(value / 2 ** 32)
    const low = value - high * 2 ** 32
    if (high === 0) this.#output.head(0xce, 4, low)
    else this.#output.head64(value < 0 ? 0xd3 : 0xcf, high, low)
  }

  #string(address: number): void {
    const output = this.#output
    const length = this.#lua.stringLengthAt(address)
    if (length < 32) output.byte(0xa0 | length)
    else if (length <= 0xff) output.head(0xd9, 1, length)
    else if (length <= 0xffff) output.head(0xda, 2, length)
    else output.head(0xdb, 4, length)
    output.span(this.#lua.stringStartAt(address), length)
  }

  /** An array if the keys are the integers from 1 to their number, as in an empty table; a map otherwise. */
  #table(table: number): void {
    this.#count = 0
    this.#greatest = 0
    this.#isArray = true
    this.#checkStack(2, 'in function table_is_an_array')
    this.#lua.eachEntry(table, this.#look)
    const count = this.#count
    this.#level++
    if (this.#isArray && this.#greatest === count) this.#array(table, count)
    else this.#map(table, count)
    this.#level--
  }

  readonly #look = (key: number): void => {
    this.#count++
    if (!this.#isArray) return
    if (this.#lua.typeAt(key) === LuaType.number) {
      const index = this.#lua.numberAt(key)
      if (index > 0 && index === (index | 0)) {
        if (index > this.#greatest) this.#greatest = index
        return
      }
    }
    this.#isArray = false
  }

  #array(table: number, count: number): void {
    const lua = this.#lua
    this.#head(0x90, 0xdc, count)
    this.#depth++
    const inArrayPart = Math.min(count, lua.arraySize(table))
    for (let i = 1; i <= inArrayPart; i++) this.#value(lua.arrayItem(table, i))
    if (inArrayPart < count) {
      // The table may have been made with keys, `{[1] = 'a', [2] = 'b'}`: these come in any order.
      const items: number[] = []
      lua.eachEntry(table, (key, value) => {
        const index = lua.numberAt(key)
        if (index > inArrayPart) items[index - inArrayPart - 1] = value
      })
      for (const item of items) this.#value(item)
    }
    this.#depth--
  }

  #map(table: number, count: number): void {
    this.#checkStack(3, 'in function mp_encode_lua_table_as_map')
    this.#head(0x80, 0xde, count)
    this.#lua.eachEntry(table, this.#entry)
  }

  readonly #entry = (key: number, value: number): void => {
    // Key, value, and the key again, which is written first.
    this.#depth += 3
    this.#value(key)
    this.#depth--
    this.#value(value)
    this.#depth -= 2
  }

  #head(few: number, many: number, count: number): void {
    if (count <= 15) this.#output.byte(few | count)
    else if (count <= 0xffff) this.#output.head(many, 2, count)
    else this.#output.head(many + 1, 4, count)
  }

  #checkStack(slots: number, message: string): void {
    if (this.#depth + slots > STACK_LIMIT) this.#lua.error(this.#L, `stack overflow (${message})`)
  }
}

/** Tables within tables, the outermost counted. */
const MAX_NESTING = 16
const INTERVAL = 0xffff
