import type { HostFunction, Lua } from '../lua.js'
import { Configurations, configurationFunctions } from './cjson-configuration.js'
import { Decoder } from './cjson-decoder.js'
import { Encoder } from './cjson-encoder.js'
import { Output } from './output.js'
import { StackRoom } from './stack-room.js'

/**
 * `cjson`: JSON as lua-cjson 2.1.0 reads and writes it, with the defaults of Redis.
 *
 * The functions, put into a table without upvalues, share settings that last as long as this Lua. Each `cjson.new()` makes a
 * table whose functions have settings of their own.
 *
 * @param interrupt called now and then; throws a Lua error when the script must end
 * @param realTable for tables with a metatable, by pointer: the one that is written in the place of such a table
 * @throws Error when there is no memory for it
 */
export function cjsonLibrary(
  lua: Lua,
  interrupt: (L: number) => void,
  realTable: (table: number) => number = table => table,
): Readonly<Record<string, HostFunction>> {
  const { c } = lua
  const configurations = new Configurations(lua)
  const configure = configurationFunctions(lua, configurations)
  const written = new Output(lua)
  const unescaped = new Output(lua)
  const encoder = new Encoder(lua, written, interrupt, realTable)
  const decoder = new Decoder(lua, unescaped, new StackRoom(lua), interrupt)
  let pointers: readonly number[] | undefined

  // In this order they are in the table, which decides the order of pairs.
  const functions: Readonly<Record<string, HostFunction>> = {
    encode: L => {
      if (lua.top(L) !== 1) lua.argumentError(L, 1, 'expected 1 argument')
      written.begin(L)
      try {
        encoder.encode(L, configurations.of(L))
        written.push()
      } finally {
        written.end()
      }
      return 1
    },
    decode: L => {
      if (lua.top(L) !== 1) lua.argumentError(L, 1, 'expected 1 argument')
      const text = lua.checkStringAddress(L, 1)
      const start = lua.stringStartAt(text)
      // A text begins with a character of ASCII: a NUL next to it is the other half of a longer one.
      if (lua.stringLengthAt(text) >= 2 && (lua.bytes[start] === 0 || lua.bytes[start + 1] === 0)) {
        lua.error(L, 'JSON parser does not support UTF-16 or UTF-32')
      }
      try {
        decoder.decode(L, configurations.of(L))
      } finally {
        unescaped.end()
      }
      return 1
    },
    ...configure,
    new: L => {
      pointers ??= lua.functions(Object.values(functions))
      const names = Object.keys(functions)
      c.lua_createtable(L, 0, names.length)
      configurations.push(L)
      names.forEach((name, i) => {
        c.lua_pushvalue(L, -1)
        lua.pushFunction(L, pointers![i]!, 1)
        lua.setField(L, -3, name)
      })
      lua.pop(L)
      fillCjson(lua, L)
      return 1
    },
  }
  return functions
}

/** Sets the fields of the library, whose table is on top of the stack, that are no functions. */
export function fillCjson(lua: Lua, L: number): void {
  lua.c.lua_pushlightuserdata(L, 0)
  lua.setField(L, -2, 'null')
  lua.pushString(L, 'cjson')
  lua.setField(L, -2, '_NAME')
  lua.pushString(L, '2.1.0')
  lua.setField(L, -2, '_VERSION')
}
