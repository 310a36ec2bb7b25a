import type { ByteString } from '../../bytes/bytes.js'
import { byteString } from '../../bytes/short-string.js'
import {
  NODE_SIZE,
  STATE_BASE,
  STATE_BASE_C_CALLS,
  STATE_C_CALLS,
  STATE_TOP,
  STRING_CHARS,
  STRING_LENGTH,
  TABLE_ARRAY,
  TABLE_ARRAY_SIZE,
  TABLE_LOG_NODES,
  TABLE_METATABLE,
  TABLE_NODES,
} from './layout.js'
import { addFunctions, addHook, type HostFunction, instantiateLua, type LuaExports } from './wasm.js'

export type { HostFunction } from './wasm.js'

/** Lua's types, by their numbers. */
export const LuaType = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const

/** How scripts call the types, by their numbers. */
export const typeNames = ['nil', 'boolean', 'userdata', 'number', 'string', 'table', 'function', 'userdata', 'thread']

/** Pseudo-index of the registry, a table that scripts cannot reach. */
export const REGISTRY = -10_000
/** Pseudo-index of the thread's table of globals. */
export const GLOBALS = -10_002

/**
 * Lua as host functions see it. `L` is always the thread (`lua_State*`) that they were called with: a coroutine has one of its own.
 * Indices into the stack are Lua's: 1 is the first argument, -1 the top.
 *
 * What is only read is read from Lua's memory directly, without a call: the layouts are those of Lua 5.1.5 with 32-bit
 * pointers (layout.ts), and wasm.ts sees to it that no other build is used. An *address* is that of a TValue,
 * 16 bytes: the value, and at 8 its type. Addresses and views are good until Lua is called again: the stack may move, and
 * memory may grow.
 *
 * Errors of Lua's leave a host function as an exception that must not be caught: put nothing in the way that needs undoing.
 */
export class Lua {
  /** The C API, for what is not offered here. */
  readonly c: LuaExports
  /** The main thread. */
  readonly main: number
  bytes!: Buffer
  #u16!: Uint16Array
  u32!: Uint32Array
  f64!: Float64Array
  #scratch: number
  #scratchSize = 1 << 12
  readonly #names = new Map<string, number>()
  readonly #recentNames: ByteString[] = Array.from({ length: RECENT_NAMES }, () => '')
  #hook = 0

  /** Pointers of tables that stand for another one (see sandbox.ts), with those of the tables that they stand for. */
  readonly standIns = new Map<number, number>()

  /** @param memoryLimit bytes that Lua may use in all */
  constructor(memoryLimit: () => number) {
    this.c = instantiateLua(memoryLimit, () => this.#grown(memoryLimit()))
    this.#look()
    this.main = this.c.luaL_newstate()
    this.resetCollector()
    this.#scratch = this.c.malloc(this.#scratchSize)
    if (this.main === 0 || this.#scratch === 0) throw new Error('no memory for Lua')
  }

  #look(): void {
    const { buffer } = this.c.memory
    this.bytes = Buffer.from(buffer)
    this.#u16 = new Uint16Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.f64 = new Float64Array(buffer)
  }

  /**
   * Memory that has been taken is never given back, so the collector is made to work harder the more there is: seldom while all fits
   * what there was at first (which spares a script with much garbage a tenth of its time), and all the time towards the limit, since
   * Lua does not try to collect before it says that memory is out.
   */
  #grown(limit: number): void {
    this.#look()
    // These set numbers of the collector's, and may be called from within an allocation.
    this.c.lua_gc(this.main, GC_SET_PAUSE, this.memorySize < limit / 2 ? 200 : 110)
    this.c.lua_gc(this.main, GC_RESTART, 0)
  }

  /** Lets the collector work as it does in the beginning, whatever a script has made of it. */
  resetCollector(): void {
    this.c.lua_gc(this.main, GC_SET_PAUSE, this.memorySize > FIRST_MEMORY ? 200 : 1000)
    this.c.lua_gc(this.main, GC_SET_STEP_MULTIPLIER, 200)
    this.c.lua_gc(this.main, GC_RESTART, 0)
  }

  /** Bytes of memory that it has taken from the system; never gets less. */
  get memorySize(): number {
    return this.bytes.length
  }

  /** Bytes that Lua counts as in use, garbage included. */
  get memoryInUse(): number {
    return this.c.lua_gc(this.main, GC_COUNT, 0) * 1024 + this.c.lua_gc(this.main, GC_COUNT_BYTES, 0)
  }

  // --- Reading: nothing here calls Lua, or can fail.

  /** Number of values on the stack: in a host function, at first, of arguments. */
  top(L: number): number {
    return (this.u32[(L + STATE_TOP) >> 2]! - this.u32[(L + STATE_BASE) >> 2]!) >> 4
  }

  /** Address of the value at an index (no pseudo-index); 0 where there is none. */
  address(L: number, index: number): number {
    const top = this.u32[(L + STATE_TOP) >> 2]!
    if (index < 0) return top + index * 16
    const address = this.u32[(L + STATE_BASE) >> 2]! + (index - 1) * 16
    return address < top ? address : 0
  }

  /** A LuaType; `none` where there is no value. */
  type(L: number, index: number): number {
    const address = this.address(L, index)
    return address === 0 ? LuaType.none : this.u32[(address + 8) >> 2]!
  }

  typeAt(address: number): number {
    return this.u32[(address + 8) >> 2]!
  }

  /** Of a number. */
  numberAt(address: number): number {
    return this.f64[address >> 3]!
  }

  booleanAt(address: number): boolean {
    return this.u32[address >> 2] !== 0
  }

  /** Pointer to the object of a string, table, function, userdata or thread; a light userdata's value. */
  pointerAt(address: number): number {
    return this.u32[address >> 2]!
  }

  /** Of a string (not of a number). */
  stringAt(address: number): ByteString {
    const string = this.u32[address >> 2]!
    const start = string + STRING_CHARS
    return byteString(this.bytes, start, start + this.u32[(string + STRING_LENGTH) >> 2]!)
  }

  /**
   * The same, for names that come again and again: the same JS string for the same string of Lua's, so that it need not be made, and
   * its hash is known.
   */
  nameAt(address: number): ByteString {
    const string = this.u32[address >> 2]!
    const place = (string >> 4) & (RECENT_NAMES - 1)
    const known = this.#recentNames[place]!
    const { length } = known
    if (length === this.u32[(string + STRING_LENGTH) >> 2]) {
      const start = string + STRING_CHARS
      let i = 0
      while (i < length && this.bytes[start + i] === known.charCodeAt(i)) i++
      if (i === length) return known
    }
    const name = this.stringAt(address)
    if (name.length <= 32) this.#recentNames[place] = name
    return name
  }

  /** Length in bytes, of a string. */
  stringLengthAt(address: number): number {
    return this.u32[(this.u32[address >> 2]! + STRING_LENGTH) >> 2]!
  }

  /** Where the bytes of a string begin in `bytes`. */
  stringStartAt(address: number): number {
    return this.u32[address >> 2]! + STRING_CHARS
  }

  /**
   * Calls `visit` with the addresses of key and value of each entry of a table, given by its pointer, in the order of `next`.
   * `visit` must not call Lua; it ends the visit by returning false. A key of the array part has an address of its own,
   * which is overwritten for the next.
   */
  eachEntry(given: number, visit: (key: number, value: number) => unknown): void {
    const table = this.hasMetatable(given) ? (this.standIns.get(given) ?? given) : given
    const size = this.arraySize(table)
    const array = this.u32[(table + TABLE_ARRAY) >> 2]!
    const key = this.#scratchKey
    for (let i = 0; i < size; i++) {
      const value = array + i * 16
      if (this.typeAt(value) === LuaType.nil) continue
      this.f64[key >> 3] = i + 1
      this.u32[(key + 8) >> 2] = LuaType.number
      if (visit(key, value) === false) return
    }
    const nodes = this.u32[(table + TABLE_NODES) >> 2]!
    const end = nodes + (1 << this.bytes[table + TABLE_LOG_NODES]!) * NODE_SIZE
    for (let node = nodes; node < end; node += NODE_SIZE) {
      if (this.typeAt(node) !== LuaType.nil && visit(node + 16, node) === false) return
    }
  }

  /** Number of entries of a table, given by its pointer. O(size). */
  entryCount(table: number): number {
    let count = 0
    this.eachEntry(table, () => {
      count++
    })
    return count
  }

  /** Number of slots in the array part of a table, which holds keys 1, 2, 3… */
  arraySize(table: number): number {
    return this.u32[(table + TABLE_ARRAY_SIZE) >> 2]!
  }

  /** Address of the value at key `index` (from 1) in the array part, which must be that large. */
  arrayItem(table: number, index: number): number {
    return this.u32[(table + TABLE_ARRAY) >> 2]! + (index - 1) * 16
  }

  /** Whether a table, given by its pointer, may have keys beside those of the array part. */
  hasHashPart(table: number): boolean {
    if (this.bytes[table + TABLE_LOG_NODES]! > 0) return true
    return this.typeAt(this.u32[(table + TABLE_NODES) >> 2]!) !== LuaType.nil
  }

  /** Whether a table, given by its pointer, has an array part of just this size, and nothing else. */
  isList(table: number, size: number): boolean {
    return this.arraySize(table) === size && !this.hasHashPart(table) && !this.hasMetatable(table)
  }

  /** Whether a table, given by its pointer, has a metatable. */
  hasMetatable(table: number): boolean {
    return this.u32[(table + TABLE_METATABLE) >> 2] !== 0
  }

  /** Whether a hook may yield here: no C function, metamethod or callback is between this place and the thread's resume. */
  mayYield(L: number): boolean {
    return this.#u16[(L + STATE_C_CALLS) >> 1]! <= this.#u16[(L + STATE_BASE_C_CALLS) >> 1]!
  }

  get #scratchKey(): number {
    return (this.#scratch + 7) & ~7
  }

  // --- Arguments: each throws Lua's own error, `bad argument #1 to 'name' (…)`, when it is not what it should be.

  /** A number, or a string that can be read as one. */
  checkNumber(L: number, argument: number): number {
    const address = this.address(L, argument)
    if (address !== 0 && this.typeAt(address) === LuaType.number) return this.numberAt(address)
    if (this.c.lua_isnumber(L, argument) === 0) this.typeError(L, argument, 'number')
    return this.c.lua_tonumber(L, argument)
  }

  optionalNumber(L: number, argument: number, otherwise: number): number {
    return this.type(L, argument) <= LuaType.nil ? otherwise : this.checkNumber(L, argument)
  }

  /** As a 64-bit build of Lua makes an integer of a number (lua_Integer): see `toInteger64`. */
  checkInteger(L: number, argument: number): number {
    return toInteger64(this.checkNumber(L, argument))
  }

  optionalInteger(L: number, argument: number, otherwise: number): number {
    return this.type(L, argument) <= LuaType.nil ? otherwise : this.checkInteger(L, argument)
  }

  /** A string, or a number as text. */
  checkString(L: number, argument: number): ByteString {
    return this.stringAt(this.checkStringAddress(L, argument))
  }

  /** Address of a string; a number among the arguments becomes one. */
  checkStringAddress(L: number, argument: number): number {
    const type = this.type(L, argument)
    if (type !== LuaType.string) {
      if (type !== LuaType.number) this.typeError(L, argument, 'string')
      // Turns it into a string where it is.
      this.c.lua_tolstring(L, argument, 0)
    }
    return this.address(L, argument)
  }

  checkTable(L: number, argument: number): void {
    if (this.type(L, argument) !== LuaType.table) this.typeError(L, argument, 'table')
  }

  checkAny(L: number, argument: number): void {
    if (this.type(L, argument) === LuaType.none) this.argumentError(L, argument, 'value expected')
  }

  // --- Errors.

  /** Throws a Lua error: where the script stands, and the message. */
  error(L: number, message: ByteString): never {
    this.c.luaL_where(L, 1)
    this.pushString(L, message)
    this.c.lua_concat(L, 2)
    return this.raise(L)
  }

  /** Throws the value on top of the stack. */
  raise(L: number): never {
    this.c.lua_error(L)
    throw new Error('lua_error returned')
  }

  /** `bad argument #1 to 'name' (message)` */
  argumentError(L: number, argument: number, message: ByteString): never {
    this.c.luaL_argerror(L, argument, this.#temporaryName(message))
    throw new Error('luaL_argerror returned')
  }

  /** `bad argument #1 to 'name' (expected expected, got …)` */
  typeError(L: number, argument: number, expected: string): never {
    this.c.luaL_typerror(L, argument, this.name(expected))
    throw new Error('luaL_typerror returned')
  }

  // --- Pushing. A host function has room for 20 values; `checkStack` makes more.

  checkStack(L: number, slots: number, message: string): void {
    this.c.luaL_checkstack(L, slots, this.name(message))
  }

  pushNil(L: number): void {
    this.c.lua_pushnil(L)
  }

  pushBoolean(L: number, value: boolean): void {
    this.c.lua_pushboolean(L, value ? 1 : 0)
  }

  pushNumber(L: number, value: number): void {
    this.c.lua_pushnumber(L, value)
  }

  /** O(n). */
  pushString(L: number, text: ByteString): void {
    const { length } = text
    const at = length <= this.#scratchSize ? this.#scratch : this.#largeScratch(L, length)
    this.#write(text, at)
    this.c.lua_pushlstring(L, at, length)
    if (this.#scratchSize > KEPT_SCRATCH) this.#shrinkScratch()
  }

  /** A string of bytes that lie in Lua's memory, or in a buffer of the caller's. O(n). */
  pushBytes(L: number, bytes: Uint8Array): void {
    const { length } = bytes
    const at = length <= this.#scratchSize ? this.#scratch : this.#largeScratch(L, length)
    this.bytes.set(bytes, at)
    this.c.lua_pushlstring(L, at, length)
    if (this.#scratchSize > KEPT_SCRATCH) this.#shrinkScratch()
  }

  /** A part of a string that lies in Lua's memory: from `start` in `bytes`. It must stay reachable meanwhile (an argument is). */
  pushSpan(L: number, start: number, length: number): void {
    this.c.lua_pushlstring(L, start, length)
  }

  /** Sets a field of the table at `index` to the value on top, which is taken off. For names known beforehand: they are kept. */
  setField(L: number, index: number, name: string): void {
    this.c.lua_setfield(L, index, this.name(name))
  }

  /** Pushes a field of the table at `index`. For names known beforehand: they are kept. */
  getField(L: number, index: number, name: string): void {
    this.c.lua_getfield(L, index, this.name(name))
  }

  /** Takes so many values off the stack. */
  pop(L: number, count = 1): void {
    this.c.lua_settop(L, -count - 1)
  }

  /** A text that is known beforehand as a C string. It is never freed. */
  name(text: string): number {
    let at = this.#names.get(text)
    if (at === undefined) {
      at = this.c.malloc(text.length + 1)
      if (at === 0) throw new Error('no memory for Lua')
      this.#write(text, at)
      this.bytes[at + text.length] = 0
      this.#names.set(text, at)
    }
    return at
  }

  // --- Functions.

  /** Makes functions callable from Lua; gives C function pointers for `pushFunction`. For the life of this Lua. */
  functions(functions: readonly HostFunction[]): number[] {
    return addFunctions(this.c, functions)
  }

  /** Pushes a closure of a C function over the topmost so many values, which are taken off. */
  pushFunction(L: number, fn: number, upvalues = 0): void {
    this.c.lua_pushcclosure(L, fn, upvalues)
  }

  /** The index of an upvalue of the host function that runs, from 1, for calls of the C API; `address` does not take it. */
  upvalue(n: number): number {
    return GLOBALS - n
  }

  /** Pushes a table with these functions, and gives their pointers by name. */
  pushLibrary(L: number, functions: Readonly<Record<string, HostFunction>>): void {
    const names = Object.keys(functions)
    const pointers = this.functions(Object.values(functions))
    this.c.lua_createtable(L, 0, names.length)
    names.forEach((name, i) => {
      this.pushFunction(L, pointers[i]!)
      this.setField(L, -2, name)
    })
  }

  /** Calls `hook` after every `count` instructions of the thread, and of those that it creates from now on. */
  setHook(L: number, hook: (L: number) => void, count: number): void {
    if (this.#hook === 0) this.#hook = addHook(this.c, thread => this.#onHook(thread))
    this.#onHook = hook
    this.c.lua_sethook(L, this.#hook, MASK_COUNT, count)
  }

  #onHook: (L: number) => void = () => {}

  /** Where the thread stands at a level of its calls, 0 being the function that runs; undefined beyond the last. */
  position(L: number, level: number): Position | undefined {
    const debug = this.#scratchKey
    if (this.c.lua_getstack(L, level, debug) === 0) return undefined
    this.c.lua_getinfo(L, this.name('Sl'), debug)
    const word = (offset: number) => this.u32[(debug + offset) >> 2]!
    return { what: this.#cString(word(12)), source: this.#cString(word(16)), line: word(20) | 0 }
  }

  /** Where an error has been raised: in the function at a level, or in the one that has called it, when it is C's. */
  raisedAt(L: number, level: number): Position | undefined {
    const at = this.position(L, level)
    return at?.what === 'C' ? this.position(L, level + 1) : at
  }

  #cString(at: number): ByteString {
    return this.bytes.latin1Slice(at, this.bytes.indexOf(0, at))
  }

  /** A text as a C string that is good until the next call. Up to its first NUL, and not endless, as C would take it. */
  #temporaryName(text: ByteString): number {
    const short = text.slice(0, this.#scratchSize - 1)
    this.#write(short, this.#scratch)
    this.bytes[this.#scratch + short.length] = 0
    return this.#scratch
  }

  /** Writes a string into memory. A loop is faster for the short ones than a call that leaves V8's compiled code. */
  #write(text: ByteString, at: number): void {
    const { bytes } = this
    const { length } = text
    if (length > 32) bytes.latin1Write(text, at, length)
    else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
  }

  #largeScratch(L: number, length: number): number {
    this.c.free(this.#scratch)
    this.#scratch = this.c.malloc(length)
    if (this.#scratch === 0) {
      this.#scratchSize = 1 << 12
      this.#scratch = this.c.malloc(this.#scratchSize)
      if (this.#scratch === 0) throw new Error('no memory for Lua')
      this.pushString(L, 'not enough memory')
      this.raise(L)
    }
    this.#scratchSize = length
    return this.#scratch
  }

  #shrinkScratch(): void {
    this.c.free(this.#scratch)
    this.#scratchSize = 1 << 12
    this.#scratch = this.c.malloc(this.#scratchSize)
    if (this.#scratch === 0) throw new Error('no memory for Lua')
  }
}

/** A place in a script. */
export interface Position {
  /** `Lua`, `main`, `C` or `tail`. */
  readonly what: string
  /** The name of the chunk, `@user_script`. */
  readonly source: string
  /** From 1; -1 where there is none. */
  readonly line: number
}

/**
 * A number as C's cast to a 64-bit integer makes it on x86-64: cut off after the point, and -2^63 for what does not fit. Beyond
 * 2^53 it is as exact as a number can be.
 */
export function toInteger64(value: number): number {
  const whole = Math.trunc(value)
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? whole + 0 : -(2 ** 63)
}

/** The same, cast to a 32-bit `int` then, which keeps the low bits. */
export function toInteger32(value: number): number {
  return toInteger64(value) | 0
}

/** A power of two. */
const RECENT_NAMES = 64
const MASK_COUNT = 8
/** Bytes of memory that the build begins with. */
const FIRST_MEMORY = 16 * 2 ** 20
const GC_RESTART = 1
const GC_COUNT = 3
const GC_COUNT_BYTES = 4
const GC_SET_PAUSE = 6
const GC_SET_STEP_MULTIPLIER = 7
/** A larger scratch is given back when it has been used. */
const KEPT_SCRATCH = 1 << 20
