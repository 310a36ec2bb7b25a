import type { ByteString } from '../../../bytes/bytes.js'
import { formatDouble } from '../../../bytes/numbers.js'
import { REDIS_VERSION } from '../../../version.js'
import type { ScriptHost } from '../../machine.js'
import { Replication, type ScriptRun } from '../../script-run.js'
import { sha1 } from '../../sha1.js'
import { type HostFunction, type Lua, LuaType } from '../lua.js'
import { pushError, pushReply, trimmed } from '../replies.js'

/**
 * The functions of `redis` that scripts and functions have in common. `running` is the script that runs; while a library of
 * functions is loaded there is none.
 * https://redis.io/docs/latest/develop/programmability/lua-api/#the-redis-singleton
 */
export function redisLibrary(
  lua: Lua,
  host: ScriptHost,
  running: () => ScriptRun | undefined,
): Readonly<Record<string, HostFunction>> {
  const { c } = lua

  /** Throws an error as a table, as commands' errors are. */
  function fail(L: number, message: ByteString): never {
    pushError(lua, L, `ERR ${message}`)
    return lua.raise(L)
  }

  function currentRun(L: number, name: string): ScriptRun {
    return running() ?? fail(L, `${name} can only be called inside a script invocation`)
  }

  /** The arguments as words of a command; a text when one is no word. */
  function words(L: number): ByteString[] | string {
    const count = lua.top(L)
    if (count === 0) return 'Please specify at least one argument for this redis lib call'
    const argv: ByteString[] = new Array(count)
    for (let i = 0; i < count; i++) {
      const address = lua.address(L, i + 1)
      const type = lua.typeAt(address)
      if (type === LuaType.string) argv[i] = i === 0 ? lua.nameAt(address) : lua.stringAt(address)
      else if (type === LuaType.number) argv[i] = numberWord(lua, address)
      else return 'Lua redis lib command arguments must be strings or integers'
    }
    return argv
  }

  function call(L: number, raises: boolean): number {
    const run = currentRun(L, 'redis.call/pcall')
    const argv = words(L)
    if (typeof argv === 'string') {
      pushError(lua, L, `ERR ${argv}`)
      return raises ? lua.raise(L) : 1
    }
    const tape = host.call(run, argv)
    if (typeof tape === 'string') {
      pushError(lua, L, `ERR ${tape}`, true)
      return raises ? lua.raise(L) : 1
    }
    pushReply(lua, L, tape)
    return raises && tape.kinds[0] === 'error' ? lua.raise(L) : 1
  }

  /** The only argument, when it is a string; otherwise an error has been pushed. */
  function soleText(L: number): ByteString | undefined {
    if (lua.top(L) === 1 && lua.type(L, 1) === LuaType.string) return lua.stringAt(lua.address(L, 1))
    pushError(lua, L, 'ERR wrong number or type of arguments')
    return undefined
  }

  return {
    call: L => call(L, true),
    pcall: L => call(L, false),
    error_reply(L) {
      const text = soleText(L)
      if (text !== undefined) pushError(lua, L, withCode(text))
      return 1
    },
    status_reply(L) {
      const text = soleText(L)
      if (text === undefined) return 1
      c.lua_createtable(L, 0, 1)
      lua.pushString(L, text)
      lua.setField(L, -2, 'ok')
      return 1
    },
    sha1hex(L) {
      if (lua.top(L) !== 1) fail(L, 'wrong number of arguments')
      const isText = lua.type(L, 1) === LuaType.string || lua.type(L, 1) === LuaType.number
      lua.pushString(L, sha1(isText ? lua.checkString(L, 1) : ''))
      return 1
    },
    log(L) {
      const count = lua.top(L)
      if (count < 2) fail(L, 'redis.log() requires two arguments or more.')
      if (c.lua_isnumber(L, 1) === 0) fail(L, 'First argument must be a number (log level).')
      const level = Math.trunc(lua.checkNumber(L, 1))
      if (!(level >= 0 && level <= 3)) fail(L, 'Invalid debug level.')
      const parts: ByteString[] = []
      for (let i = 2; i <= count; i++) {
        const type = lua.type(L, i)
        if (type === LuaType.string || type === LuaType.number) parts.push(lua.checkString(L, i))
      }
      host.log(level, parts.join(' '))
      return 0
    },
    setresp(L) {
      const run = running()
      if (lua.top(L) !== 1) fail(L, 'redis.setresp() requires one argument.')
      const version = Math.trunc(numberOf(lua, L, 1))
      if (version !== 2 && version !== 3) fail(L, 'RESP version must be 2 or 3.')
      if (run !== undefined) run.protocol = version
      return 0
    },
    set_repl(L) {
      const run = currentRun(L, 'redis.set_repl')
      if (lua.top(L) !== 1) fail(L, 'redis.set_repl() requires two arguments.')
      const bits = Math.trunc(numberOf(lua, L, 1))
      if (!(bits >= 0 && bits <= Replication.all)) {
        fail(L, 'Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
      }
      run.replication = bits
      return 0
    },
    acl_check_cmd(L) {
      const run = currentRun(L, 'redis.acl_check_cmd')
      const argv = words(L)
      if (typeof argv === 'string') fail(L, argv)
      const mayCall = host.mayCall(run, argv)
      if (mayCall === undefined) fail(L, 'Invalid command passed to redis.acl_check_cmd()')
      lua.pushBoolean(L, mayCall)
      return 1
    },
  }
}

/** What scripts have in `redis` and functions do not: it is of a time before there were functions. */
export function redisScriptLibrary(lua: Lua): Readonly<Record<string, HostFunction>> {
  return {
    replicate_commands(L) {
      lua.pushBoolean(L, true)
      return 1
    },
    // There is no debugger of scripts to break into, as when Redis runs without one.
    breakpoint(L) {
      lua.pushBoolean(L, false)
      return 1
    },
    debug: () => 0,
  }
}

/** The constants of `redis`, which lies on top of the stack. */
export function fillRedis(lua: Lua, L: number): void {
  fillRedisForLoading(lua, L)
  setNumbers(lua, L, {
    REPL_NONE: Replication.none,
    REPL_AOF: Replication.aof,
    REPL_SLAVE: Replication.replica,
    REPL_REPLICA: Replication.replica,
    REPL_ALL: Replication.all,
  })
}

/** Those of them that the code of a library has while it is loaded. */
export function fillRedisForLoading(lua: Lua, L: number): void {
  const [major, minor, patch] = REDIS_VERSION.split('.').map(Number)
  setNumbers(lua, L, {
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
    REDIS_VERSION_NUM: (major! << 16) | (minor! << 8) | patch!,
  })
  lua.pushString(L, REDIS_VERSION)
  lua.setField(L, -2, 'REDIS_VERSION')
}

function setNumbers(lua: Lua, L: number, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    lua.pushNumber(L, value)
    lua.setField(L, -2, name)
  }
}

/** With all digits that the number needs: Lua's own way would cut it off at 14. */
function numberWord(lua: Lua, address: number): ByteString {
  const value = lua.numberAt(address)
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value)
  // C prints the sign of what is no number; JavaScript hides it.
  if (Number.isNaN(value)) return lua.u32[(address + 4) >> 2]! >>> 31 === 1 ? '-nan' : 'nan'
  return formatDouble(value)
}

/** As lua_tonumber has it: 0 for what is no number. */
function numberOf(lua: Lua, L: number, index: number): number {
  return lua.c.lua_tonumber(L, index)
}

/** The first word of an error is its code; text of one word gets the general one. A dash before it, as on the wire, is dropped, and what follows a NUL. */
function withCode(text: ByteString): ByteString {
  const plain = trimmed(text.startsWith('-') ? text.slice(1) : text)
  return plain.includes(' ') ? plain : `ERR ${plain}`
}
