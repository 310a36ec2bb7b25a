import type { Lua } from '../lua.js'

/*
 * Numbers by their bits. JavaScript does not promise to keep the sign and the payload of a NaN, which a script can see, by
 * tostring and in what it packs; so they are carried as integers here.
 */

/** The bits of the number at an address, as C's cast to float makes it of a double on x86-64. Signed. */
export function floatBits(lua: Lua, address: number): number {
  const value = lua.numberAt(address)
  if (!Number.isNaN(value)) {
    FLOAT[0] = value
    return FLOAT_BITS[0]!
  }
  const high = highBits(lua, address)
  // The sign, and as much of the payload as there is room for; a signalling NaN becomes a quiet one.
  return (high & SIGN) | 0x7fc0_0000 | ((high & 0xf_ffff) << 3) | (lowBits(lua, address) >>> 29)
}

/** The more significant half of the number at an address, sign and exponent. */
export function highBits(lua: Lua, address: number): number {
  return lua.u32[(address >> 2) + 1]!
}

export function lowBits(lua: Lua, address: number): number {
  return lua.u32[address >> 2]!
}

/** Pushes the number that these bits are of a float. */
export function pushFloat(lua: Lua, L: number, bits: number): void {
  FLOAT_BITS[0] = bits
  const value = FLOAT[0]!
  if (Number.isNaN(value)) pushNan(lua, L, (bits & SIGN) | 0x7ff8_0000 | ((bits & 0x7f_ffff) >> 3), bits << 29)
  else lua.pushNumber(L, value)
}

/** Pushes the number that these bits are of a double. */
export function pushDouble(lua: Lua, L: number, high: number, low: number): void {
  const value = doubleOf(high, low)
  if (Number.isNaN(value)) pushNan(lua, L, high, low)
  else lua.pushNumber(L, value)
}

/** A double of its bits. */
export function doubleOf(high: number, low: number): number {
  DOUBLE_BITS[LOW] = low
  DOUBLE_BITS[1 - LOW] = high
  return DOUBLE[0]!
}

function pushNan(lua: Lua, L: number, high: number, low: number): void {
  lua.pushNumber(L, 0)
  const word = lua.address(L, -1) >> 2
  lua.u32[word] = low
  lua.u32[word + 1] = high
}

const SIGN = 1 << 31
const FLOAT = new Float32Array(1)
const FLOAT_BITS = new Int32Array(FLOAT.buffer)
const DOUBLE = new Float64Array(1)
const DOUBLE_BITS = new Int32Array(DOUBLE.buffer)
DOUBLE[0] = 1
const LOW = DOUBLE_BITS[0] === 0 ? 0 : 1
