import type { ByteString } from '../../bytes/bytes.js'
import { untilNul } from '../../bytes/c-string.js'
import { GLOBALS, type HostFunction, type Lua, LuaType, REGISTRY } from './lua.js'

/**
 * Makes tables that scripts can read and not change, as Redis's own Lua has them: the globals, and the libraries. Lua 5.1 has no such
 * thing, so scripts are given an empty table in place of each, whose metatable finds the fields in the real one and refuses to set
 * any. The functions that would look past a metatable know these *proxies*.
 */
export class Sandbox {
  /** What getmetatable gives for a proxy, by reference in Lua's registry: only the globals and the metatable of strings have one. */
  readonly #shownMetatables = new Map<number, number>()
  readonly #refuse: number
  readonly #lua: Lua

  constructor(lua: Lua) {
    this.#lua = lua
    this.#refuse = lua.functions([L => lua.error(L, READ_ONLY)])[0]!
  }

  /** Replaces the table on top of the stack by a proxy of it. */
  protect(L: number): void {
    const { c } = this.#lua
    const real = c.lua_topointer(L, -1)
    c.lua_createtable(L, 0, 0)
    c.lua_createtable(L, 0, 2)
    c.lua_pushvalue(L, -3)
    this.#lua.setField(L, -2, '__index')
    this.#lua.pushFunction(L, this.#refuse)
    this.#lua.setField(L, -2, '__newindex')
    c.lua_setmetatable(L, -2)
    c.lua_remove(L, -2)
    // Nothing refers to a proxy but what a script could forget: it must not be collected, and its pointer used again.
    c.lua_pushvalue(L, -1)
    c.luaL_ref(L, REGISTRY)
    this.#lua.standIns.set(c.lua_topointer(L, -1), real)
  }

  /** Lets getmetatable answer, for the proxy below the top, what is on top, which is taken off. */
  showMetatable(L: number): void {
    const { c } = this.#lua
    const proxy = c.lua_topointer(L, -2)
    this.#shownMetatables.set(proxy, c.luaL_ref(L, REGISTRY))
  }

  /**
   * The functions of Lua's that must know proxies, or that would let a script out of its sandbox. `scriptThread` is the thread that
   * the script has been started on, which is no coroutine to it. `onCollectorTouched` is called when a script has changed how
   * the garbage collector works.
   */
  functions(options: { scriptThread: () => number; interrupt: (L: number) => void; onCollectorTouched: () => void }): {
    base: Functions
    table: Functions
    coroutine: Functions
  } {
    const lua: Lua = this.#lua
    const { c } = lua

    const isProxy = (L: number): boolean =>
      lua.type(L, 1) === LuaType.table && lua.standIns.has(lua.pointerAt(lua.address(L, 1)))

    /** Puts the real table in the place of a proxy that is the first argument. */
    const seeThrough = (L: number): void => {
      if (!isProxy(L)) return
      c.lua_getmetatable(L, 1)
      lua.getField(L, -1, '__index')
      c.lua_replace(L, 1)
      lua.pop(L)
    }

    /** From C, Lua says nothing of the line. */
    const refuse = (L: number): never => {
      lua.pushString(L, READ_ONLY)
      return lua.raise(L)
    }

    const next: HostFunction = L => {
      lua.checkTable(L, 1)
      c.lua_settop(L, 2)
      seeThrough(L)
      if (c.lua_next(L, 1) !== 0) return 2
      lua.pushNil(L)
      return 1
    }
    const [nextPointer] = lua.functions([next])

    /** Compiles the string at an address, which must stay on the stack; pushes the function, or nil and what is wrong. */
    const load = (L: number, address: number, nameStart: number, name: () => ByteString): number => {
      const start = lua.stringStartAt(address)
      const length = lua.stringLengthAt(address)
      lua.pushNil(L)
      // What has been compiled before could do anything to the virtual machine: only text is taken.
      if (length > 0 && lua.bytes[start] === ESCAPE) {
        lua.pushString(L, `${chunkName(name())}:1: unexpected symbol near 'char(27)'`)
        return 2
      }
      return c.luaL_loadbuffer(L, start, length, nameStart) === 0 ? 1 : 2
    }

    return {
      base: {
        next,
        pairs(L) {
          lua.checkTable(L, 1)
          lua.pushFunction(L, nextPointer!)
          c.lua_pushvalue(L, 1)
          lua.pushNil(L)
          return 3
        },
        rawget(L) {
          lua.checkTable(L, 1)
          lua.checkAny(L, 2)
          c.lua_settop(L, 2)
          seeThrough(L)
          c.lua_rawget(L, 1)
          return 1
        },
        rawset(L) {
          lua.checkTable(L, 1)
          lua.checkAny(L, 2)
          lua.checkAny(L, 3)
          if (isProxy(L)) refuse(L)
          c.lua_settop(L, 3)
          c.lua_rawset(L, 1)
          return 1
        },
        getmetatable: L => {
          lua.checkAny(L, 1)
          if (isProxy(L) || lua.type(L, 1) === LuaType.string) {
            const pointer = isProxy(L) ? lua.pointerAt(lua.address(L, 1)) : STRINGS
            const shown = this.#shownMetatables.get(pointer)
            if (shown === undefined) lua.pushNil(L)
            else c.lua_rawgeti(L, REGISTRY, shown)
            return 1
          }
          if (c.lua_getmetatable(L, 1) === 0) {
            lua.pushNil(L)
            return 1
          }
          hideByField(L)
          return 1
        },
        setmetatable(L) {
          const type = lua.type(L, 2)
          lua.checkTable(L, 1)
          if (type !== LuaType.nil && type !== LuaType.table) lua.argumentError(L, 2, 'nil or table expected')
          if (isProxy(L)) refuse(L)
          if (c.lua_getmetatable(L, 1) !== 0) {
            lua.getField(L, -1, '__metatable')
            if (lua.type(L, -1) !== LuaType.nil) lua.error(L, 'cannot change a protected metatable')
          }
          c.lua_settop(L, 2)
          c.lua_setmetatable(L, 1)
          return 1
        },
        // Redis's own: what it has caught is the message of an error that is a table.
        pcall(L) {
          const count = lua.top(L)
          // As Redis's own answers there.
          if (count === 0) lua.pushBoolean(L, true)
          lua.pushBoolean(L, true)
          c.lua_insert(L, 1)
          if (c.lua_pcall(L, Math.max(count, 1) - 1, MULTIPLE_RESULTS, 0) === 0) return lua.top(L)
          c.lua_remove(L, 1)
          if (lua.type(L, -1) === LuaType.table) {
            lua.getField(L, -1, 'err')
            const type = lua.type(L, -1)
            if (type === LuaType.string || type === LuaType.number) c.lua_replace(L, -2)
          }
          lua.pushBoolean(L, false)
          c.lua_insert(L, 1)
          return lua.top(L)
        },
        loadstring(L) {
          const address = lua.checkStringAddress(L, 1)
          const hasName = lua.type(L, 2) > LuaType.nil
          const named = hasName ? lua.checkStringAddress(L, 2) : address
          const first = hasName ? lua.address(L, 1) : address
          return load(L, first, lua.stringStartAt(named), () => lua.stringAt(named))
        },
        load(L) {
          if (lua.type(L, 1) !== LuaType.function) lua.typeError(L, 1, 'function')
          c.lua_settop(L, 2)
          if (lua.type(L, 2) === LuaType.nil) {
            lua.pushString(L, '=(load)')
            c.lua_replace(L, 2)
          }
          lua.checkStringAddress(L, 2)
          const pieces: ByteString[] = []
          for (let i = 0; ; i++) {
            if (i % 1000 === 999) options.interrupt(L)
            c.lua_pushvalue(L, 1)
            if (c.lua_pcall(L, 0, 1, 0) !== 0) {
              lua.pushNil(L)
              c.lua_insert(L, -2)
              return 2
            }
            const type = lua.type(L, -1)
            if (type === LuaType.nil) break
            if (type !== LuaType.string && type !== LuaType.number) {
              lua.pushNil(L)
              c.luaL_where(L, 1)
              lua.pushString(L, 'reader function must return a string')
              c.lua_concat(L, 2)
              return 2
            }
            const piece = lua.checkString(L, lua.top(L))
            if (piece === '') break
            pieces.push(piece)
            lua.pop(L)
          }
          lua.pushString(L, pieces.join(''))
          const name = lua.address(L, 2)
          return load(L, lua.address(L, -1), lua.stringStartAt(name), () => lua.stringAt(name))
        },
        collectgarbage(L) {
          const option = lua.type(L, 1) <= LuaType.nil ? 'collect' : lua.checkString(L, 1)
          const data = lua.optionalInteger(L, 2, 0) | 0
          const what = COLLECTOR.get(option)
          if (what === undefined) lua.argumentError(L, 1, `invalid option '${option}'`)
          if (option === 'count') {
            lua.pushNumber(L, c.lua_gc(L, what, 0) + c.lua_gc(L, what + 1, 0) / 1024)
            return 1
          }
          if (option !== 'collect' && option !== 'step') options.onCollectorTouched()
          const result = c.lua_gc(L, what, data)
          if (option === 'step') lua.pushBoolean(L, result !== 0)
          else lua.pushNumber(L, result)
          return 1
        },
      },
      table: {
        insert(L) {
          lua.checkTable(L, 1)
          let end = c.lua_objlen(L, 1) + 1
          let position = end
          const count = lua.top(L)
          if (count === 3) {
            position = lua.checkInteger(L, 2) | 0
            if (position > end) end = position
            for (let i = end; i > position; i--) {
              if (i % 100_000 === 0) options.interrupt(L)
              c.lua_rawgeti(L, 1, i - 1)
              c.lua_rawseti(L, 1, i)
            }
          } else if (count !== 2) lua.error(L, "wrong number of arguments to 'insert'")
          if (isProxy(L)) refuse(L)
          c.lua_rawseti(L, 1, position)
          return 0
        },
      },
      coroutine: {
        running(L) {
          if (L === options.scriptThread()) lua.pushNil(L)
          else c.lua_pushthread(L)
          return 1
        },
        yield(L) {
          if (L === options.scriptThread()) {
            lua.pushString(L, 'attempt to yield across metamethod/C-call boundary')
            return lua.raise(L)
          }
          return c.lua_yield(L, lua.top(L))
        },
      },
    }

    /** Of a metatable on top, what getmetatable is to show: its field `__metatable` if it has one. */
    function hideByField(L: number): void {
      lua.getField(L, -1, '__metatable')
      if (lua.type(L, -1) === LuaType.nil) lua.pop(L)
    }
  }

  /**
   * Makes the thread's globals, which lie on top of the stack and are taken off, those of all scripts: to be read only, and reading
   * one that is not there is an error.
   */
  protectGlobals(L: number): void {
    const lua: Lua = this.#lua
    const { c } = lua
    c.lua_createtable(L, 0, 1)
    lua.pushFunction(L, lua.functions([thread => this.#missing(thread)])[0]!)
    lua.setField(L, -2, '__index')
    c.lua_pushvalue(L, -1)
    c.lua_setmetatable(L, -3)
    c.lua_insert(L, -2)
    c.lua_pushvalue(L, -1)
    this.protect(L)
    // Now the metatable, the real globals, and the proxy, which is what scripts know as _G.
    c.lua_pushvalue(L, -1)
    lua.setField(L, -3, '_G')
    c.lua_pushvalue(L, -3)
    this.protect(L)
    this.showMetatable(L)
    c.lua_replace(L, GLOBALS)
    lua.pop(L, 2)
  }

  /** Lets getmetatable('') show a table whose `__index` is what lies on top, which is taken off. */
  protectStrings(L: number): void {
    const { c } = this.#lua
    c.lua_createtable(L, 0, 1)
    c.lua_insert(L, -2)
    this.#lua.setField(L, -2, '__index')
    this.protect(L)
    this.#shownMetatables.set(STRINGS, c.luaL_ref(L, REGISTRY))
  }

  #missing(L: number): never {
    const lua: Lua = this.#lua
    const type = lua.type(L, 2)
    if (type !== LuaType.string && type !== LuaType.number) {
      lua.error(L, 'Second argument to luaProtectedTableError must be a string or number')
    }
    const name = lua.checkString(L, 2)
    return lua.error(L, `Script attempted to access nonexistent global variable '${untilNul(name)}'`)
  }
}

type Functions = Readonly<Record<string, HostFunction>>

/** How errors call a chunk (luaO_chunkid): `=name` and `@name` as they are, a text by its first line. */
function chunkName(name: ByteString): ByteString {
  const shown = untilNul(name)
  if (shown.startsWith('=')) return shown.slice(1, 60)
  if (shown.startsWith('@')) return shown.length <= 53 ? shown.slice(1) : `...${shown.slice(-51)}`
  const line = shown.split(/[\r\n]/, 1)[0]!
  const isCut = line.length < shown.length || line.length > 43
  return `[string "${isCut ? `${line.slice(0, 43)}...` : line}"]`
}

const READ_ONLY = 'Attempt to modify a readonly table'
/** In place of a pointer, for the metatable that strings share. */
const STRINGS = 0
const ESCAPE = 0x1b
const MULTIPLE_RESULTS = -1
/** What collectgarbage takes, by the numbers that lua_gc has for it; `count` has two, for kilobytes and the rest. */
const COLLECTOR: ReadonlyMap<ByteString, number> = new Map([
  ['stop', 0],
  ['restart', 1],
  ['collect', 2],
  ['count', 3],
  ['step', 5],
  ['setpause', 6],
  ['setstepmul', 7],
])
