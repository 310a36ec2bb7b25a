import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The C API of Lua 5.1, as the WebAssembly module exports it. Pointers, `lua_State` included, are addresses in `memory`.
 * Only what is used is listed. https://www.lua.org/manual/5.1/manual.html#3.7
 */
export interface LuaExports {
  readonly memory: Memory
  readonly __indirect_function_table: Table
  __wasm_call_ctors(): void
  malloc(size: number): number
  free(address: number): void
  stackSave(): number
  stackRestore(address: number): void
  setThrew(threw: number, value: number): void
  luaL_newstate(): number
  luaopen_base(L: number): number
  luaopen_table(L: number): number
  luaopen_string(L: number): number
  luaopen_math(L: number): number
  luaL_loadbuffer(L: number, text: number, length: number, name: number): number
  luaL_where(L: number, level: number): void
  luaL_argerror(L: number, argument: number, message: number): number
  luaL_typerror(L: number, argument: number, expected: number): number
  luaL_checkstack(L: number, slots: number, message: number): void
  luaL_callmeta(L: number, index: number, event: number): number
  luaL_ref(L: number, table: number): number
  luaL_unref(L: number, table: number, reference: number): void
  lua_newthread(L: number): number
  lua_resume(L: number, argumentCount: number): number
  lua_yield(L: number, resultCount: number): number
  lua_status(L: number): number
  lua_xmove(from: number, to: number, count: number): void
  lua_sethook(L: number, hook: number, mask: number, count: number): number
  lua_getstack(L: number, level: number, debug: number): number
  lua_getinfo(L: number, what: number, debug: number): number
  lua_getupvalue(L: number, index: number, upvalue: number): number
  lua_call(L: number, argumentCount: number, resultCount: number): void
  lua_pcall(L: number, argumentCount: number, resultCount: number, handler: number): number
  lua_error(L: number): number
  lua_gc(L: number, what: number, data: number): number
  lua_settop(L: number, index: number): void
  lua_pushvalue(L: number, index: number): void
  lua_insert(L: number, index: number): void
  lua_remove(L: number, index: number): void
  lua_replace(L: number, index: number): void
  lua_checkstack(L: number, slots: number): number
  lua_concat(L: number, count: number): void
  lua_next(L: number, table: number): number
  lua_isnumber(L: number, index: number): number
  lua_tonumber(L: number, index: number): number
  lua_tolstring(L: number, index: number, length: number): number
  lua_toboolean(L: number, index: number): number
  lua_topointer(L: number, index: number): number
  lua_iscfunction(L: number, index: number): number
  lua_tocfunction(L: number, index: number): number
  lua_objlen(L: number, index: number): number
  lua_rawequal(L: number, one: number, other: number): number
  lua_lessthan(L: number, one: number, other: number): number
  lua_pushnil(L: number): void
  lua_pushboolean(L: number, value: number): void
  lua_pushnumber(L: number, value: number): void
  lua_pushlstring(L: number, text: number, length: number): void
  lua_pushlightuserdata(L: number, value: number): void
  lua_pushcclosure(L: number, fn: number, upvalues: number): void
  lua_pushthread(L: number): number
  lua_createtable(L: number, items: number, fields: number): void
  lua_newuserdata(L: number, size: number): number
  lua_gettable(L: number, index: number): void
  lua_settable(L: number, index: number): void
  lua_getfield(L: number, index: number, name: number): void
  lua_setfield(L: number, index: number, name: number): void
  lua_rawget(L: number, index: number): void
  lua_rawset(L: number, index: number): void
  lua_rawgeti(L: number, index: number, n: number): void
  lua_rawseti(L: number, index: number, n: number): void
  lua_getmetatable(L: number, index: number): number
  lua_setmetatable(L: number, index: number): number
  lua_getfenv(L: number, index: number): void
  lua_setfenv(L: number, index: number): number
}

/**
 * A fresh Lua, with a memory of its own.
 *
 * @param mayGrowTo bytes that the memory may have; beyond it, Lua's allocations fail with `not enough memory`
 * @param onGrown called after the memory has grown, when views of the old one are void
 * @throws Error when the installed file is not the one that this code was written for
 */
export function instantiateLua(mayGrowTo: () => number, onGrown: () => void): LuaExports {
  const fail = (): number => ENOSYS
  /** What invoke_vii has been called with, by its place in the table: to look there takes as long as a call. */
  const tried: ((a: number, b: number) => void)[] = []
  const zero = (): number => 0
  const imports = {
    env: {
      // Called for an error outside of any protected call. What we do there can fail for want of memory only.
      exit(): never {
        throw new Error('not enough memory')
      },
      // What C++ calls try: Lua's luaD_rawrunprotected, with setjmp and longjmp made of exceptions.
      invoke_vii(fn: number, a: number, b: number): void {
        const stack = lua.stackSave()
        try {
          tried[fn] ??= table.get(fn) as (a: number, b: number) => void
          tried[fn]!(a, b)
        } catch (error) {
          lua.stackRestore(stack)
          if (error !== LONGJMP) throw error
          lua.setThrew(1, 0)
        }
      },
      _emscripten_throw_longjmp(): never {
        throw LONGJMP
      },
      emscripten_memcpy_js(to: number, from: number, length: number): void {
        new Uint8Array(lua.memory.buffer).copyWithin(to, from, from + length)
      },
      emscripten_resize_heap(wanted: number): number {
        const size = lua.memory.buffer.byteLength
        const limit = mayGrowTo()
        // Unsigned in C.
        const least = wanted >>> 0
        if (least > limit) return 0
        // In steps of a fifth, since the old memory's pages are mapped anew.
        const next = Math.min(limit, Math.max(least, size + size / 5))
        try {
          lua.memory.grow(Math.ceil((next - size) / PAGE))
        } catch {
          return 0
        }
        onGrown()
        return 1
      },
      emscripten_date_now: () => Date.now(),
      _emscripten_get_now_is_monotonic: () => 1,
      strftime: zero,
      _tzset_js: zero,
      _mktime_js: zero,
      _localtime_js: zero,
      _gmtime_js: zero,
      // Lua's io, os and package libraries are never opened; nothing of the system is in reach all the same.
      _emscripten_system: fail,
      __syscall_openat: fail,
      __syscall_fcntl64: fail,
      __syscall_ioctl: fail,
      __syscall_dup3: fail,
      __syscall_unlinkat: fail,
      __syscall_rmdir: fail,
      __syscall_renameat: fail,
      __syscall_readlinkat: fail,
    },
    wasi_snapshot_preview1: {
      fd_write: fail,
      fd_read: fail,
      fd_close: fail,
      fd_seek: fail,
      // The number of variables and their length: none.
      environ_sizes_get(count: number, size: number): number {
        const words = new Uint32Array(lua.memory.buffer)
        words[count >> 2] = words[size >> 2] = 0
        return 0
      },
      environ_get: zero,
    },
  }
  const lua = new wasm.Instance(theModule(), imports).exports as unknown as LuaExports
  const table = lua.__indirect_function_table
  lua.__wasm_call_ctors()
  return lua
}

/** Thrown by Lua's own errors on their way to the protected call that catches them. Let it pass. */
export const LONGJMP: unknown = Object.freeze({ reason: 'longjmp' })

/** A function of ours as Lua calls it: takes the thread, gives the number of results that it has pushed. */
export type HostFunction = (L: number) => number

/**
 * Puts functions into Lua's table of functions, and gives the place of each there: a C function pointer.
 *
 * A table holds WebAssembly functions only, so a module is made that imports ours and exports them again.
 */
export function addFunctions(lua: LuaExports, functions: readonly HostFunction[]): number[] {
  return addToTable(lua, functions, [I32], [I32])
}

/** The same for a hook: `(L, activation record) => void`. */
export function addHook(lua: LuaExports, hook: (L: number, debug: number) => void): number {
  return addToTable(lua, [hook], [I32, I32], [])[0]!
}

function addToTable(
  lua: LuaExports,
  functions: readonly ((...args: number[]) => unknown)[],
  parameters: readonly number[],
  results: readonly number[],
): number[] {
  const imports = functions.map((_, i) => [...name('e'), ...name(String(i)), 0, 0])
  const exports = functions.map((_, i) => [...name(String(i)), 0, ...leb(i)])
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, ...leb(parameters.length), ...parameters, ...leb(results.length), ...results]]),
    ...section(2, imports),
    ...section(7, exports),
  ]
  const e = Object.fromEntries(functions.map((fn, i) => [i, fn]))
  const wrapped = new wasm.Instance(new wasm.Module(new Uint8Array(bytes)), { e })
  const table = lua.__indirect_function_table
  const first = table.grow(functions.length)
  return functions.map((_, i) => {
    table.set(first + i, wrapped.exports[i])
    return first + i
  })
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const body = [...leb(entries.length), ...entries.flat()]
  return [id, ...leb(body.length), ...body]
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')]
}

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

let compiled: object | undefined

function theModule(): object {
  if (compiled !== undefined) return compiled
  const path = createRequire(import.meta.url).resolve('wasmoon-lua5.1/dist/liblua5.1.wasm')
  const bytes = readFileSync(path)
  checkFile(bytes, path)
  bytes[HASH_STEP_SHIFT] = 31
  compiled = new wasm.Module(bytes)
  return compiled
}

/** @throws Error when the bytes are not those of the file that this code was written for */
export function checkFile(bytes: Uint8Array, path: string): void {
  const hash = createHash('sha256').update(bytes).digest('hex')
  if (hash === EXPECTED_HASH) return
  throw new Error(
    `${path} is not the Lua 5.1.5 that krmt was tested with (SHA-256 ${hash}): reinstall wasmoon-lua5.1 1.18.10`,
  )
}

/**
 * Where the file has the 5 in luaS_hash's `step = (l >> 5) + 1`, by which strings of 32 bytes and more are hashed by some of their
 * bytes only. Redis's Lua takes all of them; with the shift made 31, so does this one. The order of `pairs` depends on it, and so
 * does what an attacker can do with keys of the same hash.
 */
const HASH_STEP_SHIFT = 108_405

/** Of the file in wasmoon-lua5.1 1.18.10. lua.ts reads Lua's structures in memory, so no other build will do. */
const EXPECTED_HASH = 'cba969b97e8a319eba8996b5df488aed5cdd22a56f2de53b42598e474014e610'

const PAGE = 65_536
const I32 = 0x7f
const ENOSYS = -52

// The types of Node 20 do not describe this much of WebAssembly.
interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
interface Table {
  get(index: number): unknown
  set(index: number, value: unknown): void
  grow(by: number): number
}
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}
const wasm = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi
