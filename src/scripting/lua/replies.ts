import type { ByteString } from '../../bytes/bytes.js'
import { untilNul } from '../../bytes/c-string.js'
import { formatDouble } from '../../bytes/numbers.js'
import type { ReplySink } from '../../resp/reply.js'
import type { ReplyTape } from '../../resp/tape.js'
import { type Lua, LuaType, toInteger64 } from './lua.js'

/**
 * Pushes a command's reply as Lua has it. In RESP2 what has no type there is what a client of RESP2 would get; nil is false.
 * https://redis.io/docs/latest/develop/programmability/lua-api/#resp-to-lua-type-conversion
 */
export function pushReply(lua: Lua, L: number, tape: ReplyTape): void {
  if (tape.length === 0) lua.pushNil(L)
  else pushEntry(lua, L, tape, 0)
}

/** Pushes the value at a place of the tape; gives the place after it. */
function pushEntry(lua: Lua, L: number, tape: ReplyTape, at: number): number {
  const value = tape.values[at]
  switch (tape.kinds[at]!) {
    case 'bulk':
      lua.pushString(L, value as ByteString)
      break
    case 'integer':
      lua.pushNumber(L, Number(value))
      break
    case 'status':
      pushField(lua, L, 'ok', value as ByteString)
      break
    case 'error':
      pushError(lua, L, value as ByteString, true)
      break
    case 'null':
    case 'nullArray':
      if (tape.protocol === 2) lua.pushBoolean(L, false)
      else lua.pushNil(L)
      break
    case 'array':
      return pushItems(lua, L, tape, at + 1, value as number)
    default:
      return tape.protocol === 2 ? pushPlain(lua, L, tape, at) : pushRich(lua, L, tape, at)
  }
  return at + 1
}

/** What RESP2 has in place of the newer types. */
function pushPlain(lua: Lua, L: number, tape: ReplyTape, at: number): number {
  const value = tape.values[at]
  switch (tape.kinds[at]!) {
    case 'double':
      lua.pushString(L, formatDouble(value as number))
      break
    case 'boolean':
      lua.pushNumber(L, value === true ? 1 : 0)
      break
    case 'verbatim':
      lua.pushString(L, (value as ByteString).slice(4))
      break
    case 'map':
      return pushItems(lua, L, tape, at + 1, 2 * (value as number))
    case 'set':
      return pushItems(lua, L, tape, at + 1, value as number)
    default:
      lua.pushString(L, value as ByteString)
  }
  return at + 1
}

/** The newer types are tables with one field that names the type. */
function pushRich(lua: Lua, L: number, tape: ReplyTape, at: number): number {
  const { c } = lua
  const value = tape.values[at]
  lua.checkStack(L, 6, 'reply nested too deep')
  switch (tape.kinds[at]!) {
    case 'boolean':
      lua.pushBoolean(L, value as boolean)
      return at + 1
    case 'double':
      c.lua_createtable(L, 0, 1)
      lua.pushNumber(L, value as number)
      lua.setField(L, -2, 'double')
      return at + 1
    case 'verbatim':
      c.lua_createtable(L, 0, 1)
      c.lua_createtable(L, 0, 2)
      lua.pushString(L, (value as ByteString).slice(4))
      lua.setField(L, -2, 'string')
      lua.pushString(L, (value as ByteString).slice(0, 3))
      lua.setField(L, -2, 'format')
      lua.setField(L, -2, 'verbatim_string')
      return at + 1
    case 'map':
    case 'set': {
      const kind = tape.kinds[at]!
      const length = value as number
      c.lua_createtable(L, 0, 1)
      c.lua_createtable(L, 0, length)
      let next = at + 1
      for (let i = 0; i < length; i++) {
        next = pushEntry(lua, L, tape, next)
        if (kind === 'map') next = pushEntry(lua, L, tape, next)
        else lua.pushBoolean(L, true)
        c.lua_rawset(L, -3)
      }
      lua.setField(L, -2, kind)
      return next
    }
    default:
      pushField(lua, L, 'big_number', value as ByteString)
      return at + 1
  }
}

function pushItems(lua: Lua, L: number, tape: ReplyTape, first: number, length: number): number {
  const { c } = lua
  lua.checkStack(L, 6, 'reply nested too deep')
  c.lua_createtable(L, length, 0)
  let at = first
  for (let i = 1; i <= length; i++) {
    at = pushEntry(lua, L, tape, at)
    c.lua_rawseti(L, -2, i)
  }
  return at
}

/** Pushes an error as scripts know it, `{err = 'ERR …'}`. `isCounted`: in the statistics of errors, since a command has replied it. */
export function pushError(lua: Lua, L: number, message: ByteString, isCounted = false): void {
  pushField(lua, L, 'err', message)
  if (!isCounted) return
  lua.pushBoolean(L, true)
  lua.setField(L, -2, 'ignore_error_stats_update')
}

function pushField(lua: Lua, L: number, name: string, value: ByteString): void {
  lua.c.lua_createtable(L, 0, 1)
  lua.pushString(L, value)
  lua.setField(L, -2, name)
}

/** Where a script's reply goes. */
export interface ScriptReplySink {
  readonly to: ReplySink
  /** RESP version that the script has set: in 2, booleans are 1 and nil. */
  readonly protocol: 2 | 3
  /** Told of each error in the reply that is in no statistics yet. */
  onError(message: ByteString): void
}

/**
 * Writes a value of Lua's, at the top of the stack, as the reply of a script; takes it off. Tables within tables are gone through
 * with a list of our own, not by recursion: there may be thousands.
 *
 * https://redis.io/docs/latest/develop/programmability/lua-api/#lua-to-resp2-type-conversion
 */
export function writeReply(lua: Lua, L: number, sink: ScriptReplySink): void {
  const { c } = lua
  const address = lua.address(L, -1)
  if (lua.typeAt(address) !== LuaType.table) {
    writeScalar(lua, sink, address)
    lua.pop(L)
    return
  }
  const open: Open[] = []
  writeValue(lua, L, sink, open)
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    if (inner.kind === 'array') {
      if (inner.next > inner.length) close(lua, L, open)
      else {
        c.lua_rawgeti(L, inner.table, inner.next++)
        writeValue(lua, L, sink, open)
      }
    } else if (inner.isValueNext) {
      // The value lies above its key, by which the next entry is found.
      inner.isValueNext = false
      writeValue(lua, L, sink, open)
    } else if (c.lua_next(L, inner.table) === 0) close(lua, L, open)
    else {
      if (inner.kind === 'set') lua.pop(L)
      else inner.isValueNext = true
      c.lua_pushvalue(L, inner.kind === 'set' ? -1 : -2)
      writeValue(lua, L, sink, open)
    }
  }
}

/** A table of which not all has been written. `table` is its index on the stack; it is taken off, with what lies below down to `bottom`. */
type Open =
  | { readonly kind: 'array'; readonly table: number; readonly bottom: number; readonly length: number; next: number }
  | { readonly kind: 'map' | 'set'; readonly table: number; readonly bottom: number; isValueNext: boolean }

function close(lua: Lua, L: number, open: Open[]): void {
  lua.c.lua_settop(L, open.pop()!.bottom - 1)
}

/** Writes the value at the top and takes it off; a table is opened, and stays. */
function writeValue(lua: Lua, L: number, sink: ScriptReplySink, open: Open[]): void {
  // As much as Redis asks for, beside its handler of errors on the stack: how deep a table may be follows from it.
  if (lua.c.lua_checkstack(L, 5) === 0) {
    sink.to.error('ERR reached lua stack limit')
    lua.pop(L)
    return
  }
  const address = lua.address(L, -1)
  if (lua.typeAt(address) === LuaType.table) {
    if (!lua.hasHashPart(lua.pointerAt(address)) || !writeTyped(lua, L, sink, open)) openArray(lua, L, sink, open)
    return
  }
  writeScalar(lua, sink, address)
  lua.pop(L)
}

/** Writes the value at an address, which is no table. */
function writeScalar(lua: Lua, sink: ScriptReplySink, address: number): void {
  switch (lua.typeAt(address)) {
    case LuaType.string:
      sink.to.bulk(lua.stringAt(address))
      break
    case LuaType.number:
      writeInteger(sink.to, lua.numberAt(address))
      break
    case LuaType.boolean: {
      const value = lua.booleanAt(address)
      if (sink.protocol === 3) sink.to.boolean(value)
      else if (value) sink.to.integer(1)
      else sink.to.null()
      break
    }
    default:
      sink.to.null()
  }
}

/** A number loses what is behind the point; what does not fit 64 bits is the least number that does. */
function writeInteger(to: ReplySink, value: number): void {
  const whole = toInteger64(value)
  to.integer(Number.isSafeInteger(whole) ? whole : BigInt(whole))
}

/** The items from 1 up to the first that is nil. */
function openArray(lua: Lua, L: number, sink: ScriptReplySink, open: Open[]): void {
  const { c } = lua
  const table = lua.top(L)
  let length = 0
  for (;;) {
    c.lua_rawgeti(L, table, length + 1)
    const isNil = lua.type(L, -1) === LuaType.nil
    lua.pop(L)
    if (isNil) break
    length++
  }
  sink.to.array(length)
  open.push({ kind: 'array', table, bottom: table, length, next: 1 })
}

/** Writes or opens a table that names the type of the reply in a field, in the order in which Redis looks; false when it does not. */
function writeTyped(lua: Lua, L: number, sink: ScriptReplySink, open: Open[]): boolean {
  const bottom = lua.top(L)
  if (writeSimple(lua, L, sink)) {
    lua.c.lua_settop(L, bottom - 1)
    return true
  }
  for (const kind of ['map', 'set'] as const) {
    if (pushRawField(lua, L, kind) === LuaType.table) {
      const length = lua.entryCount(lua.pointerAt(lua.address(L, -1)))
      if (kind === 'map') sink.to.map(length)
      else sink.to.set(length)
      open.push({ kind, table: bottom + 1, bottom, isValueNext: false })
      lua.pushNil(L)
      return true
    }
    lua.pop(L)
  }
  return false
}

/** Writes a table that stands for one value; may leave something above it. */
function writeSimple(lua: Lua, L: number, sink: ScriptReplySink): boolean {
  const error = textField(lua, L, 'err')
  if (error !== undefined) {
    pushRawField(lua, L, 'ignore_error_stats_update')
    const text = trimmed(error)
    if (lua.c.lua_toboolean(L, -1) === 0) sink.onError(text)
    sink.to.error(text)
    return true
  }
  const status = textField(lua, L, 'ok')
  if (status !== undefined) {
    sink.to.status(untilNul(status))
    return true
  }
  if (pushRawField(lua, L, 'double') === LuaType.number) {
    sink.to.double(lua.numberAt(lua.address(L, -1)))
    return true
  }
  lua.pop(L)
  const digits = textField(lua, L, 'big_number')
  if (digits !== undefined) {
    sink.to.bigNumber(digits.replace(/[\r\n]/g, ' '))
    return true
  }
  if (pushRawField(lua, L, 'verbatim_string') === LuaType.table) {
    const text = textField(lua, L, 'string')
    const format = textField(lua, L, 'format')
    if (text !== undefined && format !== undefined) {
      sink.to.verbatim(format.slice(0, 3).padEnd(3) as 'txt', text)
      return true
    }
  }
  lua.pop(L)
  return false
}

/** The text of an error as Redis takes it from a script: as C has it, without line breaks at its ends. */
export function trimmed(text: ByteString): ByteString {
  return untilNul(text).replace(/^[\r\n]+|[\r\n]+$/g, '')
}

/** The text of a field of the table at the top, when it is a string. */
export function textField(lua: Lua, L: number, name: string): ByteString | undefined {
  const type = pushRawField(lua, L, name)
  const text = type === LuaType.string ? lua.stringAt(lua.address(L, -1)) : undefined
  lua.pop(L)
  return text
}

function pushRawField(lua: Lua, L: number, name: string): number {
  lua.pushString(L, name)
  lua.c.lua_rawget(L, -2)
  return lua.type(L, -1)
}
