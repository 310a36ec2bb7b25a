import { type HostFunction, type Lua, LuaType } from '../lua.js'

/**
 * `bit`: Mike Pall's BitOp 1.0.2, operations on 32 bits. Numbers are taken modulo 2^32 and rounded to even; results are
 * signed. https://bitop.luajit.org/semantics.html
 *
 * As in BitOp, results of numbers beyond ±2^51 are what their last bits happen to be.
 */
export function bitLibrary(lua: Lua): Readonly<Record<string, HostFunction>> {
  /** The bits of an argument: a number, or a string that can be read as one. Signed. */
  const bits = (L: number, argument: number): number => {
    const address = lua.address(L, argument)
    if (address === 0 || lua.typeAt(address) !== LuaType.number) return round(lua.checkNumber(L, argument))
    const value = lua.numberAt(address)
    const whole = value | 0
    if (whole === value) return whole
    // A sum with a NaN is that NaN; JavaScript does not promise to keep its bits.
    return Number.isNaN(value) ? lua.u32[address >> 2]! | 0 : round(value)
  }

  /**
   * Answers with a number. There is an argument, whose place it takes: what is on top of the stack is the result, and so
   * it costs no call of Lua.
   */
  const answer = (L: number, value: number): number => {
    const address = lua.address(L, -1)
    lua.f64[address >> 3] = value
    lua.u32[(address + 8) >> 2] = LuaType.number
    return 1
  }

  /** From the last argument to the second: that is the order in which wrong ones are found. */
  const fold =
    (operation: (one: number, other: number) => number): HostFunction =>
    L => {
      let result = bits(L, 1)
      for (let i = lua.top(L); i > 1; i--) result = operation(result, bits(L, i))
      return answer(L, result)
    }

  /** By the lowest 5 bits of the second argument, which is how far JavaScript shifts anyway. */
  const shift =
    (operation: (value: number, by: number) => number): HostFunction =>
    L => {
      const value = bits(L, 1)
      return answer(L, operation(value, bits(L, 2)))
    }

  // In this order they are in the table, which decides the order of pairs.
  return {
    tobit: L => answer(L, bits(L, 1)),
    bnot: L => answer(L, ~bits(L, 1)),
    band: fold((one, other) => one & other),
    bor: fold((one, other) => one | other),
    bxor: fold((one, other) => one ^ other),
    lshift: shift((value, by) => value << by),
    rshift: shift((value, by) => (value >>> by) | 0),
    arshift: shift((value, by) => value >> by),
    rol: shift((value, by) => (value << by) | (value >>> (32 - by))),
    ror: shift((value, by) => (value << (32 - by)) | (value >>> by)),
    bswap: L => {
      const value = bits(L, 1)
      return answer(L, (value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | (value << 24))
    },
    tohex: L => {
      const value = bits(L, 1)
      const digits = lua.type(L, 2) === LuaType.none ? 8 : bits(L, 2)
      const text = (value >>> 0)
        .toString(16)
        .padStart(8, '0')
        .slice(8 - Math.min(8, Math.abs(digits)))
      lua.pushString(L, digits < 0 ? text.toUpperCase() : text)
      return 1
    },
  }
}

/**
 * Adds 2^52 + 2^51, after which the last bit of a double's fraction is worth 1, and takes the low 32 bits of that fraction.
 */
function round(value: number): number {
  SUM[0] = value + 6755399441055744
  return SUM_BITS[LOW]!
}

const SUM = new Float64Array(1)
const SUM_BITS = new Int32Array(SUM.buffer)
SUM[0] = 1
/** Where the low half is. */
const LOW = SUM_BITS[0] === 0 ? 0 : 1
