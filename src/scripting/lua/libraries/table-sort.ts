import { type HostFunction, type Lua, LuaType } from '../lua.js'

/**
 * Lua 5.1's table.sort: the quicksort of ltablib.c, comparison by comparison and swap by swap, since a script sees these when its order is
 * none, or when an error ends it. It takes quadratic time for some tables, so it can be interrupted.
 *
 * @param interrupt called after every 100,000 comparisons or so; throws when the script must end
 */
export function sortFunction(lua: Lua, interrupt: (L: number) => void): HostFunction {
  const { c } = lua
  const sorter = new Sorter(lua, interrupt)
  const array = new ArraySorter(lua, interrupt)
  return L => {
    lua.checkTable(L, 1)
    const count = c.lua_objlen(L, 1)
    lua.checkStack(L, 40, '')
    const hasOrder = lua.type(L, 2) > LuaType.nil
    if (hasOrder && lua.type(L, 2) !== LuaType.function) lua.typeError(L, 2, 'function')
    c.lua_settop(L, 2)
    if (hasOrder || !array.sort(L, count)) sorter.sort(L, 1, count, hasOrder)
    return 0
  }
}

/** Sorts any table, through Lua. */
class Sorter {
  #comparisons = COMPARISONS
  readonly #lua: Lua
  readonly #interrupt: (L: number) => void

  constructor(lua: Lua, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#interrupt = interrupt
  }

  /** Sorts what is at `lower` to `upper` of the table at index 1 of the stack, by the function at index 2 if there is one. */
  sort(L: number, lower: number, upper: number, hasOrder: boolean): void {
    const { c } = this.#lua
    while (lower < upper) {
      c.lua_rawgeti(L, 1, lower)
      c.lua_rawgeti(L, 1, upper)
      if (this.#less(L, -1, -2, hasOrder)) this.#set(L, lower, upper)
      else this.#lua.pop(L, 2)
      if (upper - lower === 1) return
      let i = (lower + upper) >> 1
      c.lua_rawgeti(L, 1, i)
      c.lua_rawgeti(L, 1, lower)
      if (this.#less(L, -2, -1, hasOrder)) this.#set(L, i, lower)
      else {
        this.#lua.pop(L)
        c.lua_rawgeti(L, 1, upper)
        if (this.#less(L, -1, -2, hasOrder)) this.#set(L, i, upper)
        else this.#lua.pop(L, 2)
      }
      if (upper - lower === 2) return
      // The one in the middle is the pivot, and goes next to last.
      c.lua_rawgeti(L, 1, i)
      c.lua_pushvalue(L, -1)
      c.lua_rawgeti(L, 1, upper - 1)
      this.#set(L, i, upper - 1)
      i = lower
      let j = upper - 1
      for (;;) {
        for (;;) {
          c.lua_rawgeti(L, 1, ++i)
          if (!this.#less(L, -1, -2, hasOrder)) break
          if (i > upper) this.#lua.error(L, NO_ORDER)
          this.#lua.pop(L)
        }
        for (;;) {
          c.lua_rawgeti(L, 1, --j)
          if (!this.#less(L, -3, -1, hasOrder)) break
          if (j < lower) this.#lua.error(L, NO_ORDER)
          this.#lua.pop(L)
        }
        if (j < i) break
        this.#set(L, i, j)
      }
      this.#lua.pop(L, 3)
      c.lua_rawgeti(L, 1, upper - 1)
      c.lua_rawgeti(L, 1, i)
      this.#set(L, upper - 1, i)
      // The smaller part by recursion, which so is no deeper than a few dozen.
      if (i - lower < upper - i) {
        this.sort(L, lower, i - 1, hasOrder)
        lower = i + 1
      } else {
        this.sort(L, i + 1, upper, hasOrder)
        upper = i - 1
      }
    }
  }

  /** Sets `i` to the value on top, and `j` to the one below. */
  #set(L: number, i: number, j: number): void {
    this.#lua.c.lua_rawseti(L, 1, i)
    this.#lua.c.lua_rawseti(L, 1, j)
  }

  /** Whether a value comes before another, by their indices from the top of the stack. */
  #less(L: number, one: number, other: number, hasOrder: boolean): boolean {
    if (--this.#comparisons < 0) {
      this.#comparisons = COMPARISONS
      this.#interrupt(L)
    }
    const { c } = this.#lua
    if (!hasOrder) return c.lua_lessthan(L, one, other) !== 0
    c.lua_pushvalue(L, 2)
    c.lua_pushvalue(L, one - 1)
    c.lua_pushvalue(L, other - 2)
    c.lua_call(L, 2, 1)
    const result = c.lua_toboolean(L, -1) !== 0
    this.#lua.pop(L)
    return result
  }
}

/** Fast path: sorts numbers or strings that lie in the array part of a table, in Lua's memory: numbers in less than half the time. */
class ArraySorter {
  #comparisons = COMPARISONS
  /** Address of the item before the first. */
  #items = 0
  #strings = false
  #L = 0
  readonly #lua: Lua
  readonly #interrupt: (L: number) => void

  constructor(lua: Lua, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#interrupt = interrupt
  }

  /** Sorts the table at index 1 of the stack; gives false, and does nothing, if it is not of that kind. */
  sort(L: number, count: number): boolean {
    const lua = this.#lua
    const table = lua.pointerAt(lua.address(L, 1))
    if (count < 1 || count > lua.arraySize(table)) return false
    this.#items = lua.arrayItem(table, 0)
    const type = lua.typeAt(this.#items + 16)
    if (type !== LuaType.number && type !== LuaType.string) return false
    for (let i = 2; i <= count; i++) if (lua.typeAt(this.#items + i * 16) !== type) return false
    this.#strings = type === LuaType.string
    this.#L = L
    this.#sort(1, count)
    return true
  }

  #sort(lower: number, upper: number): void {
    while (lower < upper) {
      if (this.#less(upper, lower)) this.#swap(lower, upper)
      if (upper - lower === 1) return
      let i = (lower + upper) >> 1
      if (this.#less(i, lower)) this.#swap(i, lower)
      else if (this.#less(upper, i)) this.#swap(i, upper)
      if (upper - lower === 2) return
      const pivot = upper - 1
      this.#swap(i, pivot)
      i = lower
      let j = pivot
      for (;;) {
        // The pivot itself ends the first loop, and what is at `lower` the second: it is no larger, or is compared with NaN.
        do i++
        while (this.#less(i, pivot))
        do j--
        while (this.#less(pivot, j))
        if (j < i) break
        this.#swap(i, j)
      }
      this.#swap(pivot, i)
      if (i - lower < upper - i) {
        this.#sort(lower, i - 1)
        lower = i + 1
      } else {
        this.#sort(i + 1, upper)
        upper = i - 1
      }
    }
  }

  #less(one: number, other: number): boolean {
    if (--this.#comparisons < 0) {
      this.#comparisons = COMPARISONS
      this.#interrupt(this.#L)
    }
    const { f64 } = this.#lua
    const a = this.#items + one * 16
    const b = this.#items + other * 16
    return this.#strings ? this.#lessString(a, b) : f64[a >> 3]! < f64[b >> 3]!
  }

  #lessString(a: number, b: number): boolean {
    const lua = this.#lua
    const { bytes } = lua
    const startA = lua.stringStartAt(a)
    const startB = lua.stringStartAt(b)
    const lengthA = lua.stringLengthAt(a)
    const lengthB = lua.stringLengthAt(b)
    const common = Math.min(lengthA, lengthB)
    const looked = Math.min(common, SHORT)
    for (let i = 0; i < looked; i++) {
      const difference = bytes[startA + i]! - bytes[startB + i]!
      if (difference !== 0) return difference < 0
    }
    if (common === looked) return lengthA < lengthB
    this.#comparisons -= common >> 6
    // Compares the second argument's span with the buffer's own.
    return bytes.compare(bytes, startB, startB + lengthB, startA, startA + lengthA) < 0
  }

  #swap(i: number, j: number): void {
    // As words: as a number, NaN could lose its sign.
    const { u32 } = this.#lua
    const a = (this.#items + i * 16) >> 2
    const b = (this.#items + j * 16) >> 2
    const low = u32[a]!
    const high = u32[a + 1]!
    u32[a] = u32[b]!
    u32[a + 1] = u32[b + 1]!
    u32[b] = low
    u32[b + 1] = high
  }
}

const NO_ORDER = 'invalid order function for sorting'
const COMPARISONS = 100_000
/** Bytes that a loop compares faster than a call. */
const SHORT = 32
