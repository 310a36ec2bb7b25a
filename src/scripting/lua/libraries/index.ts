import type { ScriptHost } from '../../machine.js'
import type { ScriptRun } from '../../script-run.js'
import { LibraryLoader } from '../function-library.js'
import { GLOBALS, type HostFunction, type Lua, LuaType } from '../lua.js'
import { pushError } from '../replies.js'
import { Sandbox } from '../sandbox.js'
import { baseLibrary } from './base.js'
import { baseNumbers } from './base-numbers.js'
import { bitLibrary } from './bit.js'
import { cjsonLibrary, fillCjson } from './cjson.js'
import { cmsgpackLibrary, fillCmsgpack } from './cmsgpack.js'
import { mathLibrary } from './math.js'
import { mathRandom, type RandomGenerator } from './math-random.js'
import { fillRedis, fillRedisForLoading, redisLibrary, redisScriptLibrary } from './redis.js'
import { stringLibrary } from './string.js'
import { structLibrary } from './struct.js'
import { tableLibrary } from './table.js'

export interface LibraryOptions {
  /** What will be run. */
  readonly kind: ScriptRun['kind']
  readonly host: ScriptHost
  /** The script that runs. */
  readonly running: () => ScriptRun | undefined
  /** The thread that it has been started on. */
  readonly scriptThread: () => number
  /** For what takes long: ends the script when its time is up. */
  readonly interrupt: (L: number) => void
  readonly onCollectorTouched: () => void
  /** What math.random draws from. */
  readonly random: RandomGenerator
}

/**
 * Opens all libraries in a new Lua, and closes the sandbox around its scripts. Leaves the real table of globals at index 1 of the
 * main thread's stack. Gives what loads libraries, where functions are run.
 */
export function openLibraries(lua: Lua, options: LibraryOptions): LibraryLoader | undefined {
  const { c, main: L } = lua
  const { kind, interrupt } = options
  const sandbox = new Sandbox(lua)
  const own = sandbox.functions(options)
  c.luaopen_base(L)
  c.luaopen_table(L)
  c.luaopen_string(L)
  c.luaopen_math(L)
  c.lua_settop(L, 0)
  c.lua_pushvalue(L, GLOBALS)

  for (const name of NOT_FOR_SCRIPTS) {
    lua.pushNil(L)
    lua.setField(L, 1, name)
  }
  extend(lua, undefined, own.base)
  extend(lua, undefined, { ...baseLibrary(lua), ...baseNumbers(lua) })
  if (kind === 'script') extend(lua, undefined, { __redis__err__handler: errorHandler(lua) })
  extend(lua, 'string', stringLibrary(lua, interrupt))
  extend(lua, 'table', { ...tableLibrary(lua, interrupt), ...own.table })
  extend(lua, 'math', { ...mathLibrary(lua), ...mathRandom(lua, options.random) })
  extend(lua, 'coroutine', own.coroutine)
  extend(lua, 'bit', bitLibrary(lua))
  extend(lua, 'struct', structLibrary(lua, interrupt))
  extend(lua, 'cmsgpack', cmsgpackLibrary(lua, interrupt))
  withLibrary(lua, 'cmsgpack', () => fillCmsgpack(lua, L))
  extend(
    lua,
    'cjson',
    cjsonLibrary(lua, interrupt, table => lua.standIns.get(table) ?? table),
  )
  withLibrary(lua, 'cjson', () => fillCjson(lua, L))
  const redis = redisLibrary(lua, options.host, options.running)
  extend(lua, 'redis', kind === 'script' ? { ...redis, ...redisScriptLibrary(lua) } : redis)
  withLibrary(lua, 'redis', () => fillRedis(lua, L))

  for (const name of LIBRARIES) {
    lua.getField(L, 1, name)
    sandbox.protect(L)
    lua.setField(L, 1, name)
  }
  lua.getField(L, 1, 'string')
  sandbox.protectStrings(L)
  c.lua_pushvalue(L, 1)
  sandbox.protectGlobals(L)
  const { log } = redis
  if (kind === 'script') return undefined
  return new LibraryLoader(lua, sandbox, { log: log! }, () => fillRedisForLoading(lua, L))
}

/**
 * Puts functions into a library, which is made when there is none of that name; without a name, into the globals. A function that has
 * two names is the same value under both.
 */
function extend(lua: Lua, library: string | undefined, functions: Readonly<Record<string, HostFunction>>): void {
  const L = lua.main
  const pointers = lua.functions(Object.values(functions))
  withLibrary(lua, library, () => {
    const names = new Map<HostFunction, string>()
    Object.entries(functions).forEach(([name, fn], i) => {
      const other = names.get(fn)
      if (other === undefined) lua.pushFunction(L, pointers[i]!)
      else lua.getField(L, -1, other)
      lua.setField(L, -2, name)
      names.set(fn, name)
    })
  })
}

/** Does something with a library on top of the stack. */
function withLibrary(lua: Lua, library: string | undefined, work: () => void): void {
  const { c, main: L } = lua
  if (library === undefined) c.lua_pushvalue(L, 1)
  else {
    lua.getField(L, 1, library)
    if (lua.type(L, -1) === LuaType.nil) {
      lua.pop(L)
      c.lua_createtable(L, 0, 0)
      c.lua_pushvalue(L, -1)
      lua.setField(L, 1, library)
    }
  }
  work()
  lua.pop(L)
}

/**
 * Redis's own handler of errors, which scripts can reach: makes a table of an error, with the place that it comes from.
 */
function errorHandler(lua: Lua): HostFunction {
  const { c } = lua
  return L => {
    c.lua_settop(L, 1)
    if (lua.type(L, 1) !== LuaType.table) {
      lua.getField(L, GLOBALS, 'tostring')
      c.lua_pushvalue(L, 1)
      c.lua_call(L, 1, 1)
      pushError(lua, L, `ERR ${lua.checkString(L, 2)}`)
      c.lua_replace(L, 1)
      c.lua_settop(L, 1)
    }
    const at = lua.raisedAt(L, 1)
    if (at !== undefined) {
      lua.pushString(L, at.source)
      lua.setField(L, 1, 'source')
      lua.pushNumber(L, at.line)
      lua.setField(L, 1, 'line')
    }
    return 1
  }
}

/** What Lua's base library has and Redis takes away: files, other environments, and what has no place to print to. */
const NOT_FOR_SCRIPTS = ['dofile', 'loadfile', 'print', 'getfenv', 'setfenv', 'newproxy', 'module', 'require']

const LIBRARIES = ['string', 'table', 'math', 'coroutine', 'redis', 'cjson', 'cmsgpack', 'struct', 'bit']
