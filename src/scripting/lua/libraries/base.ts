import type { ByteString } from '../../../bytes/bytes.js'
import { type HostFunction, type Lua, LuaType, typeNames } from '../lua.js'

/** `tostring`: as Lua's, but that addresses are written as glibc writes them, and cjson.null as `userdata: (nil)`. */
export function baseLibrary(lua: Lua): Readonly<Record<string, HostFunction>> {
  const { c } = lua
  return {
    tostring(L) {
      lua.checkAny(L, 1)
      if (c.luaL_callmeta(L, 1, lua.name('__tostring')) !== 0) return 1
      const address = lua.address(L, 1)
      const type = lua.typeAt(address)
      switch (type) {
        case LuaType.string:
          c.lua_pushvalue(L, 1)
          break
        case LuaType.number:
          c.lua_pushvalue(L, 1)
          c.lua_tolstring(L, -1, 0)
          break
        case LuaType.boolean:
          lua.pushString(L, lua.booleanAt(address) ? 'true' : 'false')
          break
        case LuaType.nil:
          lua.pushString(L, 'nil')
          break
        default:
          lua.pushString(L, addressText(typeNames[type]!, lua.pointerAt(address)))
      }
      return 1
    },
  }
}

/** `table: 0x55d0c8`: what there is to be shown of a value that has no text. */
export function addressText(type: string, pointer: number): ByteString {
  return `${type}: ${pointer === 0 ? '(nil)' : `0x${pointer.toString(16)}`}`
}
