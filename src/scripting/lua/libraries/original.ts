import { GLOBALS, type HostFunction, type Lua, LuaType, toInteger32 } from '../lua.js'

/**
 * A C function of Lua's own libraries, for a host function that replaces it and leaves it some calls: run in the place of the host
 * function, on the same arguments, it also names itself in errors as that one would. The library must have been opened.
 *
 * @param path as a script would write it: `string.byte`
 */
export function originalFunction(lua: Lua, path: string): HostFunction {
  const { c, main: L } = lua
  c.lua_pushvalue(L, GLOBALS)
  for (const name of path.split('.')) {
    lua.getField(L, -1, name)
    c.lua_remove(L, -2)
  }
  const fn = c.__indirect_function_table.get(c.lua_tocfunction(L, -1))
  lua.pop(L)
  if (typeof fn !== 'function') throw new Error(`Lua has no C function ${path}`)
  return fn as HostFunction
}

/**
 * The original, with those of its arguments that are a C `int` to it cut to 32 bits as a 64-bit build cuts them: out of a 64-bit
 * integer, where our Lua makes the least `int` of all that does not fit.
 *
 * @param first the first of these arguments
 * @param last the last; may be Infinity
 */
export function withIntegers(lua: Lua, path: string, first: number, last = first): HostFunction {
  const original = originalFunction(lua, path)
  return L => {
    const top = lua.top(L)
    for (let i = first; i <= last && i <= top; i++) cutInteger(lua, L, i)
    return original(L)
  }
}

/** Replaces an argument that has no `int` value by what a 64-bit build takes it for. */
export function cutInteger(lua: Lua, L: number, argument: number): void {
  const address = lua.address(L, argument)
  if (address === 0) return
  let value: number
  switch (lua.typeAt(address)) {
    case LuaType.number:
      value = lua.numberAt(address)
      break
    case LuaType.string:
      if (lua.c.lua_isnumber(L, argument) === 0) return
      value = lua.c.lua_tonumber(L, argument)
      break
    default:
      return
  }
  if (value > -(2 ** 31) - 1 && value < 2 ** 31) return
  lua.f64[address >> 3] = toInteger32(value)
  lua.u32[(address + 8) >> 2] = LuaType.number
}

/** Pushes NaN with a sign, which tostring and string.format show. JavaScript promises nothing of it. */
export function pushNaN(lua: Lua, L: number, isNegative: boolean): void {
  lua.pushNumber(L, 0)
  lua.u32[(lua.address(L, -1) + 4) >> 2] = isNegative ? 0xfff80000 : 0x7ff80000
}
