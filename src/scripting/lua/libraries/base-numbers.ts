import { type HostFunction, type Lua, LuaType, toInteger32 } from '../lua.js'
import { cutInteger, originalFunction, pushNaN, withIntegers } from './original.js'

/**
 * The functions of Lua's base library that read numbers otherwise in a 32-bit build than in Redis: tonumber, select, unpack, and error
 * for its level. Lua's own library must be open.
 */
export function baseNumbers(lua: Lua): Readonly<Record<string, HostFunction>> {
  const standard = originalFunction(lua, 'tonumber')
  const selectByText = withIntegers(lua, 'select', 1)

  return {
    unpack: withIntegers(lua, 'unpack', 2, 3),
    error: withIntegers(lua, 'error', 2),

    tonumber(L) {
      const base = toInteger32(lua.optionalNumber(L, 2, 10))
      if (base !== 10) return inBase(lua, L, base)
      switch (lua.type(L, 1)) {
        case LuaType.number:
          lua.c.lua_settop(L, 1)
          return 1
        case LuaType.string:
          if (readHere(lua, L)) return 1
      }
      cutInteger(lua, L, 2)
      return standard(L)
    },

    select(L) {
      const count = lua.top(L)
      const type = lua.type(L, 1)
      if (type === LuaType.string && lua.bytes[lua.stringStartAt(lua.address(L, 1))] === HASH) {
        lua.pushNumber(L, count - 1)
        return 1
      }
      if (type !== LuaType.number) return selectByText(L)
      const index = toInteger32(lua.numberAt(lua.address(L, 1)))
      if (index > count) return 0
      if (index > 0) return count - index
      if (index === 0 || -index >= count) lua.argumentError(L, 1, 'index out of range')
      return -index
    },
  }
}

/** Pushes what a string is, where strtod of our Lua's C library would say otherwise, or take longer; gives whether it did. */
function readHere(lua: Lua, L: number): boolean {
  const { bytes } = lua
  const address = lua.address(L, 1)
  const start = lua.stringStartAt(address)
  const end = start + lua.stringLengthAt(address)
  let at = start
  while (isSpace(bytes[at]!)) at++
  const isNegative = bytes[at] === MINUS
  if (isNegative || bytes[at] === PLUS) at++
  const digits = at
  let value = 0
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) value = value * 10 + bytes[at++]! - ZERO
  if (at > digits && (at === end || bytes[at] === POINT)) {
    let power = 1
    const most = at === end ? 15 : 16
    if (at < end) at++
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) {
      value = value * 10 + bytes[at++]! - ZERO
      power *= 10
    }
    // Of at most 15 digits, both are exact, and their quotient the nearest number.
    if (at === end && at - digits <= most) {
      lua.pushNumber(L, isNegative ? -value / power : value / power)
      return true
    }
    return false
  }
  const letter = bytes[at]! | LOWER_CASE
  if (letter === LETTER_X && at === digits + 1 && value === 0) {
    // `0x` and no more is no number, but is one to our Lua.
    do at++
    while (isSpace(bytes[at]!))
    if (bytes[at] !== 0) return false
    lua.pushNil(L)
    return true
  }
  if (letter === LETTER_N && isNegative && at === digits && lua.c.lua_isnumber(L, 1) !== 0) {
    pushNaN(lua, L, true)
    return true
  }
  return false
}

/** tonumber with a base, as strtoul of a 64-bit system reads it: up to the first zero byte. */
function inBase(lua: Lua, L: number, base: number): number {
  const address = lua.checkStringAddress(L, 1)
  if (base < 2 || base > 36) lua.argumentError(L, 2, 'base out of range')
  const { bytes } = lua
  let at = lua.stringStartAt(address)
  while (isSpace(bytes[at]!)) at++
  const isNegative = bytes[at] === MINUS
  if (isNegative || bytes[at] === PLUS) at++
  const hasPrefix = base === 16 && bytes[at] === ZERO && (bytes[at + 1]! | LOWER_CASE) === LETTER_X
  if (hasPrefix && DIGITS[bytes[at + 2]!]! < 16) at += 2
  const digits = at
  let value = 0
  while (DIGITS[bytes[at]!]! < base && value <= EXACT) value = value * base + DIGITS[bytes[at++]!]!
  let wide: bigint | undefined
  if (value > EXACT || isNegative) {
    wide = BigInt(value)
    while (DIGITS[bytes[at]!]! < base) {
      if (wide <= LARGEST) wide = wide * BigInt(base) + BigInt(DIGITS[bytes[at]!]!)
      at++
    }
    // What is too large is the largest of all, with a sign too.
    if (wide > LARGEST) wide = LARGEST
    else if (isNegative) wide = BigInt.asUintN(64, -wide)
  }
  const isEmpty = at === digits
  while (isSpace(bytes[at]!)) at++
  if (isEmpty || bytes[at] !== 0) lua.pushNil(L)
  else lua.pushNumber(L, wide === undefined ? value : Number(wide))
  return 1
}

function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 9 && c <= 13)
}

/** What each byte is as a digit; 36 for what is none. */
const DIGITS = new Uint8Array(256).fill(36)
for (let i = 0; i < 36; i++) {
  const digit = i.toString(36)
  DIGITS[digit.charCodeAt(0)] = DIGITS[digit.toUpperCase().charCodeAt(0)] = i
}

/** Up to it, another digit can be added exactly. */
const EXACT = 2 ** 47
/** ULONG_MAX */
const LARGEST = 2n ** 64n - 1n

/** The bit in which small and capital letters differ. */
const LOWER_CASE = 0x20
const HASH = 0x23
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LETTER_N = 0x6e
const LETTER_X = 0x78
