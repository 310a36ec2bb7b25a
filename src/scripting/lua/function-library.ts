import type { ByteString } from '../../bytes/bytes.js'
import { untilNul } from '../../bytes/c-string.js'
import { BAD_FUNCTION_NAME, isFunctionName } from '../function-metadata.js'
import { type ScriptFlag, scriptFlags } from '../scripts.js'
import { GLOBALS, type HostFunction, type Lua, LuaType, REGISTRY } from './lua.js'
import { pushError } from './replies.js'
import type { Sandbox } from './sandbox.js'

/** A function that a library has registered. */
export interface LuaFunction {
  readonly name: ByteString
  readonly description: ByteString | undefined
  readonly flags: ReadonlySet<ScriptFlag>
  /** Its reference in Lua's registry. */
  readonly ref: number
}

/**
 * Loads libraries of functions: their code sees, while it runs, other globals than their functions do later. There is `redis` only,
 * and in it what registers functions, and the log.
 * https://redis.io/docs/latest/develop/programmability/functions-intro/
 */
export class LibraryLoader {
  readonly #lua: Lua
  /** References in the registry: what the code and its functions have as globals is an empty table with this metatable. */
  readonly #metatable: number
  readonly #globals: number
  readonly #globalsForLoading: number
  #loading: { readonly functions: Map<ByteString, LuaFunction>; readonly startedAt: number } | undefined

  /**
   * To be made once the globals have been protected; the real ones are at index 1 of the main thread's stack.
   *
   * @param functions of `redis` while a library is loaded, beside redis.register_function
   * @param fill sets its other fields; gets the table on top of the stack
   */
  constructor(lua: Lua, sandbox: Sandbox, functions: Readonly<Record<string, HostFunction>>, fill: () => void) {
    this.#lua = lua
    const { c, main: L } = lua
    const keep = (): number => c.luaL_ref(L, REGISTRY)
    const failOnMissing = (): void => {
      c.lua_getmetatable(L, 1)
      c.lua_setmetatable(L, -2)
    }
    c.lua_createtable(L, 0, 1)
    lua.pushLibrary(L, { ...functions, register_function: thread => this.#register(thread) })
    fill()
    failOnMissing()
    sandbox.protect(L)
    lua.setField(L, -2, 'redis')
    failOnMissing()
    this.#globalsForLoading = keep()

    c.lua_pushvalue(L, 1)
    this.#globals = keep()
    c.lua_pushvalue(L, 1)
    sandbox.protect(L)
    c.lua_getmetatable(L, -1)
    this.#metatable = keep()
    c.lua_replace(L, GLOBALS)
  }

  /**
   * Lets `run` run a library's code; gives what it gives, and the functions that have been registered meanwhile, whether the
   * code has come to its end or not.
   */
  load<T>(run: () => T): { result: T; functions: readonly LuaFunction[] } {
    const functions = new Map<ByteString, LuaFunction>()
    this.#useGlobals(this.#globalsForLoading)
    this.#loading = { functions, startedAt: performance.now() }
    const result = run()
    this.#loading = undefined
    this.#useGlobals(this.#globals)
    return { result, functions: [...functions.values()] }
  }

  /** For what takes long: ends the loading of a library when its time is up. */
  interrupt(L: number): void {
    if (this.#loading === undefined || performance.now() - this.#loading.startedAt <= LOAD_TIMEOUT) return
    this.#fail(L, 'FUNCTION LOAD timeout')
  }

  #useGlobals(ref: number): void {
    const lua: Lua = this.#lua
    const { c, main: L } = lua
    c.lua_rawgeti(L, REGISTRY, this.#metatable)
    c.lua_rawgeti(L, REGISTRY, ref)
    lua.setField(L, -2, '__index')
    lua.pop(L)
  }

  #register(L: number): number {
    const lua: Lua = this.#lua
    const { c } = lua
    if (this.#loading === undefined) {
      this.#fail(L, 'redis.register_function can only be called on FUNCTION LOAD command')
    }
    const { functions } = this.#loading
    const count = lua.top(L)
    if (count < 1 || count > 2) this.#fail(L, 'wrong number of arguments to redis.register_function')
    const { name, description, flags } = count === 1 ? this.#namedArguments(L) : this.#positionalArguments(L)
    if (!isFunctionName(name)) this.#fail(L, BAD_FUNCTION_NAME)
    if (functions.has(name)) this.#fail(L, 'Function already exists in the library')
    // The callback is on top.
    functions.set(name, { name, description, flags, ref: c.luaL_ref(L, REGISTRY) })
    return 0
  }

  #positionalArguments(L: number): Omit<LuaFunction, 'ref'> {
    const name = this.#text(L, 1) ?? this.#fail(L, 'first argument to redis.register_function must be a string')
    if (this.#lua.type(L, 2) !== LuaType.function) {
      this.#fail(L, 'second argument to redis.register_function must be a function')
    }
    return { name, description: undefined, flags: new Set() }
  }

  /** Of a table with fields `function_name`, `callback` and so on, in any case of letters: in the order of `next`. */
  #namedArguments(L: number): Omit<LuaFunction, 'ref'> {
    const lua: Lua = this.#lua
    const { c } = lua
    if (lua.type(L, TABLE) !== LuaType.table) {
      this.#fail(
        L,
        'calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).',
      )
    }
    let name: ByteString | undefined
    let description: ByteString | undefined
    let flags: ReadonlySet<ScriptFlag> = new Set()
    lua.pushNil(L)
    lua.pushNil(L)
    while (c.lua_next(L, TABLE) !== 0) {
      const key = lua.type(L, KEY)
      if (key !== LuaType.string && key !== LuaType.number) {
        this.#fail(L, 'named argument key given to redis.register_function is not a string')
      }
      // A number is none of these names, and must stay one for `next`.
      switch (key === LuaType.number ? '' : word(lua.stringAt(lua.address(L, KEY)))) {
        case 'function_name':
          name =
            this.#text(L, VALUE) ??
            this.#fail(L, 'function_name argument given to redis.register_function must be a string')
          break
        case 'description':
          description =
            this.#text(L, VALUE) ??
            this.#fail(L, 'description argument given to redis.register_function must be a string')
          break
        case 'callback':
          if (lua.type(L, VALUE) !== LuaType.function) {
            this.#fail(L, 'callback argument given to redis.register_function must be a function')
          }
          c.lua_pushvalue(L, VALUE)
          c.lua_replace(L, CALLBACK)
          break
        case 'flags':
          if (lua.type(L, VALUE) !== LuaType.table) {
            this.#fail(L, 'flags argument to redis.register_function must be a table representing function flags')
          }
          flags = this.#flags(L)
          break
        default:
          this.#fail(L, 'unknown argument given to redis.register_function')
      }
      c.lua_settop(L, KEY)
    }
    // What is left are the table and the callback.
    if (name === undefined) this.#fail(L, 'redis.register_function must get a function name argument')
    if (lua.type(L, CALLBACK) === LuaType.nil) {
      this.#fail(L, 'redis.register_function must get a callback argument')
    }
    return { name, description, flags }
  }

  /** Of the table at VALUE. */
  #flags(L: number): ReadonlySet<ScriptFlag> {
    const lua: Lua = this.#lua
    const flags = new Set<ScriptFlag>()
    for (let i = 1; ; i++) {
      if (i % 10_000 === 0) this.interrupt(L)
      lua.c.lua_rawgeti(L, VALUE, i)
      if (lua.type(L, VALUE + 1) === LuaType.nil) return flags
      const text = this.#text(L, VALUE + 1)
      const flag = text === undefined ? undefined : scriptFlags.find(known => known === word(text))
      if (flag === undefined) this.#fail(L, 'unknown flag given')
      flags.add(flag)
      lua.c.lua_settop(L, VALUE)
    }
  }

  /** A string, or a number as one. */
  #text(L: number, index: number): ByteString | undefined {
    const type = this.#lua.type(L, index)
    return type === LuaType.string || type === LuaType.number ? this.#lua.checkString(L, index) : undefined
  }

  /** Throws an error as a table, as commands' errors are. */
  #fail(L: number, message: ByteString): never {
    pushError(this.#lua, L, `ERR ${message}`)
    return this.#lua.raise(L)
  }
}

/** As C compares it: up to a NUL, in any case of letters. */
function word(text: ByteString): ByteString {
  return untilNul(text).toLowerCase()
}

/** Milliseconds, as in Redis: it is there to register functions, and has no way to be killed. */
const LOAD_TIMEOUT = 500

// Where the named arguments are on the stack while they are gone through.
const TABLE = 1
const CALLBACK = 2
const KEY = 3
const VALUE = 4
