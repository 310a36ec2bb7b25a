import { type HostFunction, type Lua, toInteger32 } from '../lua.js'
import { Packer } from './cmsgpack-pack.js'
import { Unpacker } from './cmsgpack-unpack.js'
import { Output } from './output.js'
import { STACK_LIMIT, StackRoom } from './stack-room.js'

/**
 * `cmsgpack`: MessagePack as lua-cmsgpack 0.4.0 reads and writes it.
 *
 * @param interrupt called now and then; throws a Lua error when the script must end
 */
export function cmsgpackLibrary(lua: Lua, interrupt: (L: number) => void): Readonly<Record<string, HostFunction>> {
  const output = new Output(lua)
  const packer = new Packer(lua, output, interrupt)
  const room = new StackRoom(lua)
  const unpacker = new Unpacker(lua, room, interrupt)

  /** Values one after the other; without limit and offset all of them, and else the offset of the rest in front. */
  const unpack = (L: number, limit: number, offset: number): number => {
    const all = limit === 0 && offset === 0
    const address = lua.checkStringAddress(L, 1)
    const length = lua.stringLengthAt(address)
    if (offset < 0 || limit < 0) {
      // It says limit, and gives the length.
      const [at, of] = [toInteger32(offset), toInteger32(length)]
      lua.error(L, `Invalid request to unpack with offset of ${at} and limit of ${of}.`)
    }
    if (offset > length) {
      lua.error(L, `Start offset ${toInteger32(offset)} greater than input length ${toInteger32(length)}.`)
    }
    const start = lua.stringStartAt(address)
    const top = room.begin(L)
    unpacker.begin(start + offset, start + length)
    let count = 0
    while (unpacker.left > 0 && (all || count < limit)) unpacker.value(L, top + count++)
    if (all) return count
    room.check(L, top + count, 1, 'in function mp_unpack_full')
    lua.pushNumber(L, unpacker.left === 0 ? -1 : length - unpacker.left)
    lua.c.lua_insert(L, 2)
    return count + 1
  }

  /** Takes away the arguments after the first. */
  const keepFirst = (L: number): void => lua.c.lua_settop(L, Math.min(1, lua.top(L)))

  // In this order they are in the table, which decides the order of pairs.
  return {
    pack: L => {
      const count = lua.top(L)
      if (count === 0) lua.argumentError(L, 0, 'MessagePack pack needs input.')
      // Each argument is copied, and a string is left in the place of the copy.
      if (2 * count > STACK_LIMIT) lua.argumentError(L, 0, 'Too many arguments for MessagePack pack.')
      output.begin(L)
      try {
        for (let i = 1; i <= count; i++) packer.pack(L, lua.address(L, i), count + i)
        output.push()
      } finally {
        output.end()
      }
      return 1
    },
    unpack: L => unpack(L, 0, 0),
    unpack_one: L => {
      const offset = lua.optionalInteger(L, 2, 0)
      keepFirst(L)
      return unpack(L, 1, offset)
    },
    unpack_limit: L => {
      const limit = lua.checkInteger(L, 2)
      const offset = lua.optionalInteger(L, 3, 0)
      keepFirst(L)
      return unpack(L, limit, offset)
    },
  }
}

/** Sets the fields of the library, whose table is on top of the stack, that are no functions. */
export function fillCmsgpack(lua: Lua, L: number): void {
  const fields = {
    _NAME: 'cmsgpack',
    _VERSION: 'lua-cmsgpack 0.4.0',
    _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo',
    _DESCRIPTION: 'MessagePack C implementation for Lua',
  }
  for (const [name, text] of Object.entries(fields)) {
    lua.pushString(L, text)
    lua.setField(L, -2, name)
  }
}
