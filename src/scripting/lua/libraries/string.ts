import { type HostFunction, type Lua, toInteger32 } from '../lua.js'
import { withIntegers } from './original.js'
import { Output } from './output.js'
import { formatFunction } from './string-format.js'
import { relativeIndex, searchFunctions } from './string-search.js'

/**
 * What Lua 5.1's string library needs other functions for: those with patterns, which would not let themselves be interrupted, and those
 * with integers, which have 64 bits in Redis. The others (len, lower, upper, reverse, dump) are right as they are. Lua's own library
 * must be open.
 *
 * @param interrupt called now and then by what takes long; throws when the script must end
 */
export function stringLibrary(lua: Lua, interrupt: (L: number) => void): Readonly<Record<string, HostFunction>> {
  const { c } = lua
  const output = new Output(lua)

  return {
    ...searchFunctions(lua, interrupt),
    format: formatFunction(lua),
    char: withIntegers(lua, 'string.char', 1, Infinity),

    sub(L) {
      lua.checkStringAddress(L, 1)
      const first = lua.checkInteger(L, 2)
      const last = lua.optionalInteger(L, 3, -1)
      const address = lua.address(L, 1)
      const length = lua.stringLengthAt(address)
      const start = Math.max(relativeIndex(first, length), 1)
      const end = Math.min(relativeIndex(last, length), length)
      if (start === 1 && end === length) c.lua_pushvalue(L, 1)
      else if (start > end) lua.pushSpan(L, 0, 0)
      else lua.pushSpan(L, lua.stringStartAt(address) + start - 1, end - start + 1)
      return 1
    },

    byte(L) {
      lua.checkStringAddress(L, 1)
      const first = lua.optionalInteger(L, 2, 1)
      const address = lua.address(L, 1)
      const length = lua.stringLengthAt(address)
      const from = relativeIndex(first, length)
      const start = Math.max(from, 1)
      const end = Math.min(relativeIndex(lua.optionalInteger(L, 3, from), length), length)
      const count = end - start + 1
      if (count <= 0) return 0
      if (count > FREE_SLOTS) lua.checkStack(L, count, 'string slice too long')
      const at = lua.stringStartAt(lua.address(L, 1)) - 1
      for (let i = start; i <= end; i++) lua.pushNumber(L, lua.bytes[at + i]!)
      return count
    },

    rep(L) {
      const address = lua.checkStringAddress(L, 1)
      const count = toInteger32(lua.checkNumber(L, 2))
      const length = lua.stringLengthAt(address)
      if (count === 1) c.lua_pushvalue(L, 1)
      else if (count <= 0 || length === 0) lua.pushSpan(L, 0, 0)
      else {
        try {
          output.begin(L)
          repeat(lua, output, lua.stringStartAt(address), length, count)
          output.push()
        } finally {
          output.end()
        }
      }
      return 1
    },
  }
}

/** Adds a string of Lua's so many times. */
function repeat(lua: Lua, output: Output, start: number, length: number, count: number): void {
  const total = length * count
  output.reserve(total)
  const { bytes } = lua
  const { at } = output
  if (length === 1) bytes.fill(bytes[start]!, at, at + total)
  else {
    bytes.copyWithin(at, start, start + length)
    for (let done = length; done < total; done *= 2) bytes.copyWithin(at + done, at, at + Math.min(done, total - done))
  }
  output.at = at + total
}

/** Of the room for 20 values that a host function has, those that are free in any case. */
const FREE_SLOTS = 8
