import { expect, test } from 'vitest'
import { addFunctions, checkFile, instantiateLua, LONGJMP } from './wasm.js'

test('another file than the one that is known is refused', () => {
  expect(() => checkFile(Buffer.from('another'), '/there/liblua5.1.wasm')).toThrow(
    /^\/there\/liblua5\.1\.wasm is not the Lua 5\.1\.5 that krmt was tested with \(SHA-256 [0-9a-f]{64}\): reinstall wasmoon-lua5\.1 1\.18\.10$/,
  )
})

test('each instance has a memory of its own', () => {
  const [one, other] = [1, 2].map(() =>
    instantiateLua(
      () => 2 ** 26,
      () => {},
    ),
  )
  const [L, M] = [one!.luaL_newstate(), other!.luaL_newstate()]
  one!.lua_pushnumber(L, 1)
  expect(one!.lua_tonumber(L, -1)).toBe(1)
  other!.lua_pushnumber(M, 2)
  expect(one!.lua_tonumber(L, -1)).toBe(1)
})

test('memory grows up to the limit, and no further', () => {
  let grown = 0
  const lua = instantiateLua(
    () => 2 ** 26,
    () => grown++,
  )
  expect(lua.malloc(2 ** 25)).not.toBe(0)
  expect(grown).toBeGreaterThan(0)
  expect(lua.malloc(2 ** 26)).toBe(0)
  expect(lua.memory.buffer.byteLength).toBeLessThanOrEqual(2 ** 26)
})

test('functions of ours are called with the thread; 130 of them, so that numbers take two bytes', () => {
  const lua = instantiateLua(
    () => 2 ** 26,
    () => {},
  )
  const L = lua.luaL_newstate()
  const pointers = addFunctions(
    lua,
    Array.from({ length: 130 }, (_, i) => thread => {
      lua.lua_pushnumber(thread, i)
      return 1
    }),
  )
  for (const i of [0, 127, 128, 129]) {
    lua.lua_pushcclosure(L, pointers[i]!, 0)
    lua.lua_call(L, 0, 1)
    expect(lua.lua_tonumber(L, -1)).toBe(i)
  }
})

test('an error of Lua stops at the protected call; an exception of JavaScript goes through it', () => {
  const lua = instantiateLua(
    () => 2 ** 26,
    () => {},
  )
  const L = lua.luaL_newstate()
  const [raises, throws] = addFunctions(lua, [
    thread => {
      lua.lua_pushnumber(thread, 42)
      return lua.lua_error(thread)
    },
    () => {
      throw new RangeError('ours')
    },
  ])
  lua.lua_pushcclosure(L, raises!, 0)
  expect(lua.lua_pcall(L, 0, 0, 0)).toBe(2)
  expect(lua.lua_tonumber(L, -1)).toBe(42)
  lua.lua_pushcclosure(L, throws!, 0)
  expect(() => lua.lua_pcall(L, 0, 0, 0)).toThrow(RangeError)
})

test('an error outside of any protected call is an exception', () => {
  const lua = instantiateLua(
    () => 2 ** 26,
    () => {},
  )
  const L = lua.luaL_newstate()
  lua.lua_pushnil(L)
  expect(() => lua.lua_error(L)).toThrow('not enough memory')
  expect(LONGJMP).not.toBeInstanceOf(Error)
})
