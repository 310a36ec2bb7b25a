import { NODE_NEXT, NODE_SIZE, TABLE_ARRAY, TABLE_LOG_NODES, TABLE_NODES } from '../layout.js'
import { type Lua, LuaType, typeNames } from '../lua.js'
import { InvalidNumbers, Setting } from './cjson-configuration.js'
import { NUMBER_LENGTH, writeNumber } from './cjson-number-text.js'
import type { Output } from './output.js'
import { STACK_LIMIT } from './stack-room.js'

/**
 * Writes Lua values as JSON, as cjson does. It walks through Lua's memory and calls nothing of Lua's meanwhile, but for
 * errors and `interrupt`. The tables that it is in are on a stack of its own: they may be nested deeply, and be cyclic.
 */
export class Encoder {
  readonly #lua: Lua
  readonly #output: Output
  readonly #interrupt: (L: number) => void
  readonly #realTable: (table: number) => number
  /** Entries that may be visited until the next interruption. */
  #budget = BUDGET
  /** The tables around the innermost, from the outermost on: each, its length, and the place in it. Kept, since it is small. */
  readonly #outer: number[] = []
  #precision = 14
  #invalidNumbers = 0

  constructor(lua: Lua, output: Output, interrupt: (L: number) => void, realTable: (table: number) => number) {
    this.#lua = lua
    this.#output = output
    this.#interrupt = interrupt
    this.#realTable = realTable
  }

  /**
   * Writes the argument of the host function that runs to the output, which has begun.
   *
   * @param settings index of the settings in `u32`
   * @throws Lua error for what JSON does not have, too many levels, and too little memory
   */
  encode(L: number, settings: number): void {
    const lua = this.#lua
    const output = this.#output
    this.#precision = lua.u32[settings + Setting.numberPrecision]!
    this.#invalidNumbers = lua.u32[settings + Setting.encodeInvalidNumbers]!
    const maxDepth = lua.u32[settings + Setting.encodeMaxDepth]!
    const outer = this.#outer
    let table = 0
    /** Of an array; otherwise, 0 or less. */
    let length = 0
    /** In an array, the index of the item; in an object, how many slots of the table have been seen. */
    let place = 0
    let depth = 0
    let outerEnd = 0
    /** Values that cjson would have on its stack. */
    let slots = 1
    let address = lua.address(L, 1)

    for (;;) {
      if (address === 0) this.#text('null')
      else if (lua.u32[(address + 8) >> 2] !== LuaType.table) this.#scalar(L, address)
      else {
        if (depth > 0) {
          outer[outerEnd++] = table
          outer[outerEnd++] = length
          outer[outerEnd++] = place
          slots += length > 0 ? 1 : 2
        }
        depth++
        if (depth > maxDepth || slots + 3 > STACK_LIMIT) {
          lua.error(L, `Cannot serialise, excessive nesting (${depth})`)
        }
        table = lua.u32[address >> 2]!
        if (lua.hasMetatable(table)) table = this.#realTable(table)
        length = this.#arrayLength(L, table, settings)
        place = 0
        output.reserve(1)
        lua.bytes[output.at++] = length > 0 ? BRACKET : BRACE
      }

      // On to the next value, with what stands in front of it.
      for (;;) {
        if (depth === 0) return
        if (--this.#budget < 0) this.#pause(L)
        output.reserve(2)
        if (length > 0) {
          if (place < length) {
            if (place > 0) lua.bytes[output.at++] = COMMA
            address = this.#item(table, ++place)
            break
          }
          lua.bytes[output.at++] = BRACKET_END
        } else {
          place = this.#nextSlot(table, place)
          if (place > 0) {
            // After the brace there is nothing else than the first key.
            if (lua.bytes[output.at - 1] !== BRACE) lua.bytes[output.at++] = COMMA
            address = this.#field(L, table, place)
            break
          }
          lua.bytes[output.at++] = BRACE_END
        }
        depth--
        if (depth === 0) return
        place = outer[--outerEnd]!
        length = outer[--outerEnd]!
        table = outer[--outerEnd]!
        slots -= length > 0 ? 1 : 2
      }
    }
  }

  /**
   * The largest index of a table that has none but positive integers as keys, unless it has too few of them; otherwise, or
   * when there is none, 0 or less.
   */
  #arrayLength(L: number, table: number, settings: number): number {
    const lua = this.#lua
    const { u32, f64 } = lua
    const size = lua.arraySize(table)
    const nodes = u32[(table + TABLE_NODES) >> 2]!
    const end = nodes + (NODE_SIZE << lua.bytes[table + TABLE_LOG_NODES]!)
    let largest = 0
    let items = 0
    if (size > 0) {
      const array = u32[(table + TABLE_ARRAY) >> 2]!
      for (let i = 1, type = (array + 8) >> 2; i <= size; i++, type += 4) {
        if (u32[type] === LuaType.nil) continue
        largest = i
        items++
      }
    }
    for (let node = nodes; node < end; node += NODE_SIZE) {
      if (u32[(node + 8) >> 2] === LuaType.nil) continue
      if (u32[(node + 24) >> 2] !== LuaType.number) return -1
      const key = f64[(node + 16) >> 3]!
      if (!(key >= 1 && key === Math.floor(key))) return -1
      // It is put into an int, of which x86 makes the least one when it is too large.
      if (key > largest) largest = key <= INT_MAX ? key : INT_MIN
      items++
    }
    this.#budget -= size + ((end - nodes) >> 5)
    const ratio = u32[settings + Setting.sparseRatio]!
    if (ratio > 0 && largest > Math.imul(items, ratio) && largest > u32[settings + Setting.sparseSafe]!) {
      if (u32[settings + Setting.sparseConvert] === 0) refuse(lua, L, LuaType.table, 'excessively sparse array')
      return -1
    }
    return largest
  }

  /** Address of the value at an index from 1, 0 if there is none. */
  #item(table: number, index: number): number {
    const lua = this.#lua
    const { u32, f64 } = lua
    if (index <= lua.arraySize(table)) return lua.arrayItem(table, index)
    // The node of a number is chosen by the sum of its two words, modulo an odd number (hashnum in ltable.c).
    KEY[0] = index
    const nodes = u32[(table + TABLE_NODES) >> 2]!
    const modulus = ((1 << lua.bytes[table + TABLE_LOG_NODES]!) - 1) | 1
    let node = nodes + (((KEY_WORDS[0]! + KEY_WORDS[1]!) >>> 0) % modulus) * NODE_SIZE
    while (node !== 0) {
      if (u32[(node + 24) >> 2] === LuaType.number && f64[(node + 16) >> 3] === index) return node
      node = u32[(node + NODE_NEXT) >> 2]!
    }
    return 0
  }

  /** The slot with a value that is the next after so many, from 1; 0 if there is none. First come those of the array. */
  #nextSlot(table: number, seen: number): number {
    const lua = this.#lua
    const { u32 } = lua
    const size = lua.arraySize(table)
    for (let i = seen; i < size; i++) {
      if (u32[(lua.arrayItem(table, i + 1) + 8) >> 2] !== LuaType.nil) return i + 1
    }
    const nodes = u32[(table + TABLE_NODES) >> 2]!
    const count = 1 << lua.bytes[table + TABLE_LOG_NODES]!
    for (let i = Math.max(seen - size, 0); i < count; i++) {
      if (u32[(nodes + i * NODE_SIZE + 8) >> 2] !== LuaType.nil) return size + i + 1
    }
    return 0
  }

  /** Writes the key of a slot, and gives the address of the value. */
  #field(L: number, table: number, slot: number): number {
    const lua = this.#lua
    const size = lua.arraySize(table)
    if (slot <= size) {
      this.#numberKey(L, slot)
      return lua.arrayItem(table, slot)
    }
    const node = lua.u32[(table + TABLE_NODES) >> 2]! + (slot - size - 1) * NODE_SIZE
    const type = lua.u32[(node + 24) >> 2]!
    if (type === LuaType.string) {
      this.#string(node + 16)
      lua.bytes[this.#output.at++] = COLON
    } else if (type === LuaType.number) this.#numberKey(L, lua.f64[(node + 16) >> 3]!)
    else refuse(lua, L, type, 'table key must be a number or string')
    return node
  }

  #numberKey(L: number, value: number): void {
    this.#output.byte(QUOTE)
    this.#number(L, value)
    this.#output.byte(QUOTE)
    this.#output.byte(COLON)
  }

  #scalar(L: number, address: number): void {
    const { u32, f64 } = this.#lua
    const type = u32[(address + 8) >> 2]!
    const word = u32[address >> 2]!
    if (type === LuaType.string) this.#string(address)
    else if (type === LuaType.number) this.#number(L, f64[address >> 3]!)
    else if (type === LuaType.boolean) this.#text(word !== 0 ? 'true' : 'false')
    else if (type === LuaType.nil || (type === LuaType.lightUserdata && word === 0)) this.#text('null')
    else refuse(this.#lua, L, type, 'type not supported')
  }

  #number(L: number, value: number): void {
    const output = this.#output
    if (value - value !== 0) {
      if (this.#invalidNumbers === InvalidNumbers.refused) {
        refuse(this.#lua, L, LuaType.number, 'must not be NaN or Inf')
      }
      if (this.#invalidNumbers === InvalidNumbers.null) this.#text('null')
      else this.#text(value === Infinity ? 'inf' : value === -Infinity ? '-inf' : 'nan')
      return
    }
    output.reserve(NUMBER_LENGTH)
    output.at = writeNumber(this.#lua.bytes, output.at, value, this.#precision)
  }

  /** A string, given by the address of its value, in quotes; there is room for a byte more afterwards. */
  #string(address: number): void {
    const lua = this.#lua
    const output = this.#output
    const start = lua.stringStartAt(address)
    const length = lua.stringLengthAt(address)
    output.byte(QUOTE)
    if (length > SHORT) this.#runs(start, start + length)
    else {
      output.reserve(length * ESCAPE_LENGTH)
      const { bytes } = lua
      let { at } = output
      for (let from = start; from < start + length; from++) {
        const byte = bytes[from]!
        if (PLAIN[byte] === 1) bytes[at++] = byte
        else at = writeEscape(bytes, at, byte)
      }
      output.at = at
    }
    output.reserve(2)
    lua.bytes[output.at++] = QUOTE
  }

  /** The same for the inside of a long string: what needs no escape is copied at once, in half the time. */
  #runs(start: number, end: number): void {
    const lua = this.#lua
    const output = this.#output
    for (let from = start; ; from++) {
      const run = from
      const { bytes } = lua
      while (from < end && PLAIN[bytes[from]!] === 1) from++
      output.span(run, from - run)
      if (from === end) return
      output.reserve(ESCAPE_LENGTH)
      output.at = writeEscape(lua.bytes, output.at, lua.bytes[from]!)
    }
  }

  #text(text: string): void {
    const output = this.#output
    output.reserve(text.length)
    const { bytes } = this.#lua
    const { at } = output
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
    output.at = at + text.length
  }

  #pause(L: number): void {
    this.#budget = BUDGET
    this.#interrupt(L)
  }
}

function refuse(lua: Lua, L: number, type: number, reason: string): never {
  return lua.error(L, `Cannot serialise ${typeNames[type]}: ${reason}`)
}

function writeEscape(bytes: Uint8Array, at: number, byte: number): number {
  const text = ESCAPES[byte]!
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
  return at
}

const ESCAPE_LENGTH = 6
const ESCAPES: Readonly<Record<number, string>> = {
  ...Object.fromEntries(
    [...Array(0x20).keys(), 0x7f].map(byte => [byte, `\\u${byte.toString(16).padStart(ESCAPE_LENGTH - 2, '0')}`]),
  ),
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  47: '\\/',
  92: '\\\\',
}
/** 1 for bytes that stand for themselves. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte in ESCAPES ? 0 : 1))

/** A number, and the words of it that Lua sees. */
const KEY = new Float64Array(1)
const KEY_WORDS = new Uint32Array(KEY.buffer)

const INT_MAX = 2 ** 31 - 1
const INT_MIN = -(2 ** 31)
/** Bytes of a string that are copied one by one. */
const SHORT = 32
const BUDGET = 100_000
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BRACKET = 0x5b
const BRACKET_END = 0x5d
const BRACE = 0x7b
const BRACE_END = 0x7d
