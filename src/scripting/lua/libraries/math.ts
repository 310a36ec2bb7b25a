import { type HostFunction, type Lua, LuaType } from '../lua.js'
import { originalFunction, pushNaN, withIntegers } from './original.js'

/**
 * The functions of Lua's math library whose results differ with the C library or its width: ldexp and frexp for large or infinite arguments,
 * asin, acos and log10 for the sign of the NaN that they make, log10 and tanh for their last digit, in which JavaScript's differ
 * from glibc's less often. And those of two arguments, of which Redis reports the second when both are bad. Lua's own library
 * must be open.
 */
export function mathLibrary(lua: Lua): Readonly<Record<string, HostFunction>> {
  const frexp = originalFunction(lua, 'math.frexp')

  /** A function that is not defined everywhere: there, glibc makes NaN without a sign. */
  const partial = (name: string, isDefined: (x: number) => boolean): HostFunction => {
    const original = originalFunction(lua, `math.${name}`)
    return L => {
      const x = lua.checkNumber(L, 1)
      if (isDefined(x) || Number.isNaN(x)) return original(L)
      pushNaN(lua, L, false)
      return 1
    }
  }

  const byJavaScript = (name: string, fn: (x: number) => number): HostFunction => {
    const original = originalFunction(lua, `math.${name}`)
    return L => {
      const x = lua.checkNumber(L, 1)
      // The sign of NaN stays as it is.
      if (Number.isNaN(x)) return original(L)
      const result = fn(x)
      if (Number.isNaN(result)) pushNaN(lua, L, false)
      else lua.pushNumber(L, result)
      return 1
    }
  }

  const ldexp = withIntegers(lua, 'math.ldexp', 2)

  const secondFirst = (original: HostFunction): HostFunction => {
    return L => {
      if (lua.type(L, 2) !== LuaType.number) lua.checkNumber(L, 2)
      return original(L)
    }
  }

  const fmod = secondFirst(originalFunction(lua, 'math.fmod'))

  return {
    ldexp: secondFirst(ldexp),
    fmod,
    mod: fmod,
    pow: secondFirst(originalFunction(lua, 'math.pow')),
    atan2: secondFirst(originalFunction(lua, 'math.atan2')),

    frexp(L) {
      const x = lua.checkNumber(L, 1)
      if (Number.isFinite(x)) return frexp(L)
      lua.c.lua_settop(L, 1)
      if (lua.type(L, 1) === LuaType.string) {
        lua.pushNumber(L, x)
        lua.c.lua_replace(L, 1)
      }
      lua.pushNumber(L, 0)
      return 2
    },

    asin: partial('asin', x => Math.abs(x) <= 1),
    acos: partial('acos', x => Math.abs(x) <= 1),
    log10: byJavaScript('log10', Math.log10),
    tanh: byJavaScript('tanh', Math.tanh),
  }
}
