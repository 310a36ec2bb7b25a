import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import type { ReplySink } from '../../resp/reply.js'
import type { FunctionMachine, Progress, RegisteredFunction, ScriptError, ScriptHost, ScriptRef } from '../machine.js'
import type { ScriptRun } from '../script-run.js'
import type { LibraryLoader, LuaFunction } from './function-library.js'
import { addressText } from './libraries/base.js'
import { openLibraries } from './libraries/index.js'
import type { RandomGenerator } from './libraries/math-random.js'
import { Lua, LuaType, REGISTRY, typeNames } from './lua.js'
import { trimmed, writeReply } from './replies.js'
import { LONGJMP } from './wasm.js'

/** Runs scripts in Lua 5.1, as Redis does, or functions, whose libraries have to be loaded first. */
export class LuaMachine implements FunctionMachine {
  readonly #host: ScriptHost
  readonly #kind: ScriptRun['kind']
  readonly #random: RandomGenerator
  #vm: VirtualMachine | undefined

  /** @param random what math.random draws from; Redis has one generator for all scripts and functions */
  constructor(host: ScriptHost, kind: ScriptRun['kind'], random: RandomGenerator) {
    this.#host = host
    this.#kind = kind
    this.#random = random
  }

  compile(text: ByteString, name: string): ScriptRef {
    const vm = this.#running
    let ref: number | ScriptError
    try {
      ref = vm.compile(text, name)
    } catch (error) {
      ref = this.#broken(error)
    }
    if (typeof ref === 'number') return { machine: vm.identity, ref }
    if (vm.isBroken) this.clear()
    throw new ReplyError(`ERR Error compiling script (new function): ${ref.message}`)
  }

  loadLibrary(code: ByteString): readonly RegisteredFunction[] {
    const vm = this.#running
    let loaded: readonly LuaFunction[] | ScriptError
    try {
      loaded = vm.loadLibrary(code)
    } catch (error) {
      const { message } = this.#broken(error)
      loaded = { message: `ERR Error registering functions: ${message}`, isCounted: false }
    }
    if (!('message' in loaded)) return loaded.map(fn => ({ ...fn, ref: { machine: vm.identity, ref: fn.ref } }))
    if (vm.isBroken) this.clear()
    throw new ReplyError(loaded.message)
  }

  release(ref: ScriptRef): void {
    if (this.knows(ref)) this.#running.release(ref.ref)
  }

  knows(ref: ScriptRef): boolean {
    return this.#vm !== undefined && ref.machine === this.#vm.identity
  }

  start(run: ScriptRun, { ref }: ScriptRef, keys: readonly ByteString[], args: readonly ByteString[]): Progress {
    const vm = this.#running
    try {
      return this.#checked(vm, vm.start(run, ref, keys, args))
    } catch (error) {
      return this.#broken(error)
    }
  }

  resume(): Progress {
    const vm = this.#running
    try {
      return this.#checked(vm, vm.resume())
    } catch (error) {
      return this.#broken(error)
    }
  }

  kill(): ScriptError {
    return this.#running.kill()
  }

  reply(sink: ReplySink): void {
    const vm = this.#running
    try {
      vm.reply(sink)
    } catch (error) {
      throw new ReplyError(this.#broken(error).message)
    }
    if (vm.isWorn) this.clear()
  }

  get memory(): { readonly size: number; readonly used: number } {
    const lua = this.#vm?.lua
    return lua === undefined ? { size: 0, used: 0 } : { size: lua.memorySize, used: lua.memoryInUse }
  }

  clear(): void {
    this.#vm = undefined
  }

  get #running(): VirtualMachine {
    this.#vm ??= new VirtualMachine(this.#host, this.#kind, this.#random)
    return this.#vm
  }

  #checked(vm: VirtualMachine, progress: Progress): Progress {
    if (typeof progress === 'object' && (vm.isBroken || vm.isWorn)) this.clear()
    return progress
  }

  /**
   * An exception of JavaScript's own has come out of the virtual machine (its stack has overflown, say), which has been left in the
   * middle of something: it is thrown away.
   */
  #broken(error: unknown): ScriptError {
    this.clear()
    if (error instanceof Stuck) return { message: `ERR ${error.message}`, ...error.place, isCounted: false }
    const reason = error === LONGJMP ? 'not enough memory' : error instanceof Error ? error.message : String(error)
    return { message: `ERR Error running script: ${reason}`, isCounted: false }
  }
}

/** One Lua with its libraries. */
class VirtualMachine {
  readonly lua: Lua
  /** Stands for it in references, which must not keep its memory when it has been thrown away. */
  readonly identity: object = {}
  /** Its state cannot be trusted any more, or it has no memory left. */
  isBroken = false
  readonly #host: ScriptHost
  readonly #loader: LibraryLoader | undefined
  /** The thread that scripts are run on; a new one after each that has ended with an error. */
  #thread = 0
  #threadRef = 0
  #run: ScriptRun | undefined
  /** By performance.now(): when the event loop had its last turn since the script began; 0 when it had none. */
  #lastTurn = 0
  /** Where the script stood when the hook suspended it: afterwards, Lua takes it to be one instruction earlier. */
  #suspendedAt: Place = {}
  #collectorTouched = false
  #ranOutOfMemory = false
  /** A function that answers the field `err` of a table. */
  readonly #reader: readonly number[]

  constructor(host: ScriptHost, kind: ScriptRun['kind'], random: RandomGenerator) {
    this.#host = host
    this.lua = new Lua(() => host.memoryLimit)
    const { lua } = this
    this.#loader = openLibraries(lua, {
      kind,
      random,
      host,
      running: () => this.#run,
      scriptThread: () => this.#thread,
      interrupt: L => this.#interrupt(L),
      onCollectorTouched: () => {
        this.#collectorTouched = true
      },
    })
    this.#reader = lua.functions([
      L => {
        lua.getField(L, 1, 'err')
        return 1
      },
    ])
    this.#newThread()
    if (kind === 'script') {
      for (const name of ['KEYS', 'ARGV']) {
        lua.c.lua_createtable(lua.main, 0, 0)
        lua.c.lua_pushvalue(lua.main, -1)
        lua.setField(lua.main, REAL_GLOBALS, name)
      }
    }
  }

  /** Whether it has grown so much that it is time for a new one: memory is never given back. Functions' state is kept all the same. */
  get isWorn(): boolean {
    const { memorySize } = this.lua
    return this.#loader === undefined && memorySize > WORN_ABOVE && memorySize > this.#host.memoryLimit / 4
  }

  /** Gives a reference in the registry, or the error. */
  compile(text: ByteString, name: string): number | ScriptError {
    const { lua } = this
    const { c, main: L } = lua
    // What has been compiled before could do anything to the virtual machine: only text is taken.
    if (text.startsWith('\x1b')) {
      return { message: `${name.slice(1)}:1: unexpected symbol near 'char(27)'`, isCounted: false }
    }
    lua.pushString(L, text)
    const address = lua.address(L, -1)
    const status = c.luaL_loadbuffer(L, lua.stringStartAt(address), text.length, lua.name(name))
    if (status !== 0) {
      const message = lua.stringAt(lua.address(L, -1))
      lua.pop(L, 2)
      if (status === OUT_OF_MEMORY) this.#afterFailure(status)
      return { message, isCounted: false }
    }
    const ref = c.luaL_ref(L, REGISTRY)
    lua.pop(L)
    return ref
  }

  /** Runs a library's code; gives the functions that it has registered, or the error. */
  loadLibrary(code: ByteString): readonly LuaFunction[] | ScriptError {
    const before = this.lua.memoryInUse
    this.#ranOutOfMemory = false
    const loaded = this.#load(code)
    // It may have been garbage of others that has left no room for it, and is gone now.
    const isWorthARetry = this.#ranOutOfMemory && !this.isBroken && this.lua.memoryInUse < before
    return isWorthARetry ? this.#load(code) : loaded
  }

  #load(code: ByteString): readonly LuaFunction[] | ScriptError {
    const { lua } = this
    const { c } = lua
    const L = this.#thread
    const chunk = this.compile(code, '@user_function')
    if (typeof chunk !== 'number') return { ...chunk, message: `ERR Error compiling function: ${chunk.message}` }
    c.lua_rawgeti(L, REGISTRY, chunk)
    this.release(chunk)
    const hook = (thread: number): void => this.#hook(thread)
    // Nobody can end it meanwhile, so its time is watched more closely.
    lua.setHook(L, hook, INSTRUCTIONS / 100)
    const { result: status, functions } = this.#loader!.load(() => c.lua_resume(L, 0))
    if (status === 0) {
      lua.setHook(L, hook, INSTRUCTIONS)
      c.lua_settop(L, 0)
      return functions
    }
    const reason = status === OUT_OF_MEMORY ? 'ERR not enough memory' : this.#errorOf(L).message
    for (const { ref } of functions) this.release(ref)
    this.#afterFailure(status)
    return { message: `ERR Error registering functions: ${reason}`, isCounted: false }
  }

  /** Gives up a reference in the registry. */
  release(ref: number): void {
    this.lua.c.luaL_unref(this.lua.main, REGISTRY, ref)
  }

  start(run: ScriptRun, ref: number, keys: readonly ByteString[], args: readonly ByteString[]): Progress {
    const { lua } = this
    const { c } = lua
    const L = this.#thread
    this.#run = run
    c.lua_rawgeti(L, REGISTRY, ref)
    if (run.kind === 'script') {
      this.#setList('KEYS', KEYS, keys)
      this.#setList('ARGV', ARGV, args)
    } else {
      this.#pushList(L, keys)
      this.#pushList(L, args)
    }
    this.#lastTurn = 0
    return this.#resume(run.kind === 'script' ? 0 : 2)
  }

  resume(): Progress {
    this.#lastTurn = performance.now()
    return this.#resume(0)
  }

  #resume(argumentCount: number): Progress {
    const { lua } = this
    const L = this.#thread
    const status = lua.c.lua_resume(L, argumentCount)
    if (status === YIELDED) return 'suspended'
    if (this.#collectorTouched) {
      this.#collectorTouched = false
      lua.resetCollector()
    }
    if (status === 0) {
      // One value is the reply, whatever else it has returned.
      if (lua.top(L) !== 1) lua.c.lua_settop(L, 1)
      return 'done'
    }
    const error: ScriptError =
      status === OUT_OF_MEMORY
        ? { message: `ERR Error running script ${this.#run!.name}, not enough memory`, isCounted: false }
        : this.#errorOf(L)
    this.#run = undefined
    this.#afterFailure(status)
    return error
  }

  reply(sink: ReplySink): void {
    const run = this.#run!
    this.#run = undefined
    writeReply(this.lua, this.#thread, {
      to: sink,
      protocol: run.protocol,
      onError: message => this.#host.onErrorReply(message),
    })
  }

  /** What a thread that has failed ended with. Its calls are still there to be looked at. */
  #errorOf(L: number): ScriptError {
    const { lua } = this
    const place = this.#place(L)
    if (lua.type(L, -1) !== LuaType.table)
      return { message: `ERR ${trimmed(textOf(lua, L))}`, ...place, isCounted: false }
    const message = trimmed(this.#messageOf(L) ?? 'ERR unknown error')
    lua.getField(L, -1, 'ignore_error_stats_update')
    return { message, ...place, isCounted: lua.c.lua_toboolean(L, -1) !== 0 }
  }

  /** The field `err` of a table on top, which a metatable may supply; a metatable's own error is none. */
  #messageOf(L: number): ByteString | undefined {
    const { lua } = this
    const { c, main } = lua
    c.lua_pushvalue(L, -1)
    // The thread has failed: it runs nothing any more.
    c.lua_xmove(L, main, 1)
    const [read] = this.#reader
    lua.pushFunction(main, read!)
    c.lua_insert(main, -2)
    const failed = c.lua_pcall(main, 1, 1, 0) !== 0
    const type = lua.type(main, -1)
    const isText = type === LuaType.string || type === LuaType.number
    const message = !failed && isText ? lua.checkString(main, lua.top(main)) : undefined
    lua.pop(main)
    return message
  }

  /** Makes a new thread in place of one that has ended with an error, unless there is no memory left. */
  #afterFailure(status: number): void {
    const { c, main } = this.lua
    this.release(this.#threadRef)
    if (status === OUT_OF_MEMORY) {
      this.#ranOutOfMemory = true
      // What functions keep is worth the time to look whether all of it was garbage.
      if (this.#loader !== undefined) c.lua_gc(main, GC_COLLECT, 0)
      this.isBroken = this.#loader === undefined || this.lua.memoryInUse > this.#host.memoryLimit / 2
    }
    if (!this.isBroken) this.#newThread()
  }

  #newThread(): void {
    const { lua } = this
    const { c, main } = lua
    this.#thread = c.lua_newthread(main)
    this.#threadRef = c.luaL_ref(main, REGISTRY)
    lua.setHook(this.#thread, L => this.#hook(L), INSTRUCTIONS)
  }

  /** Called every so many instructions. */
  #hook(L: number): void {
    const run = this.#run
    if (run === undefined) {
      this.#loader?.interrupt(L)
      return
    }
    if (this.#host.busyAfter === 0) return
    const now = performance.now()
    if (run.elapsed(now) < this.#host.busyAfter || now - this.#lastTurn < SLICE) return
    if (L === this.#thread && this.lua.mayYield(L)) {
      this.#suspendedAt = this.#place(L)
      this.lua.c.lua_yield(L, 0)
    } else this.#interrupt(L)
  }

  /**
   * Ends the script when it has kept the event loop from its turn for too long. Not by an error of Lua's, which the script could
   * catch, or let a handler deal with that loops again: the virtual machine goes with it.
   */
  #interrupt(L: number): void {
    const run = this.#run
    if (run === undefined) {
      this.#loader?.interrupt(L)
      return
    }
    const { busyAfter } = this.#host
    const now = performance.now()
    const elapsed = run.elapsed(now)
    if (busyAfter === 0 || Math.min(elapsed, now - this.#lastTurn) < 2 * busyAfter) return
    throw new Stuck(elapsed, this.#place(L))
  }

  /** Ends the script that is suspended. */
  kill(): ScriptError {
    const place = this.#suspendedAt
    this.#run = undefined
    this.#afterFailure(0)
    // In Redis's words, which are these for functions too.
    return { message: 'ERR Script killed by user with SCRIPT KILL...', ...place, isCounted: false }
  }

  #place(L: number): Place {
    const at = this.lua.raisedAt(L, 0)
    return at === undefined ? {} : { source: at.source, line: String(at.line) }
  }

  /**
   * Sets a global to a list, which is kept at an index of the main thread's stack. No script can have kept the last one's, so it is
   * used again when it is as a new one would be: that saves Lua the making and the collecting of two tables a call, a tenth of what a
   * script of one GET takes.
   */
  #setList(name: string, index: number, items: readonly ByteString[]): void {
    const { lua } = this
    const { c, main } = lua
    if (items.length <= REUSED_LIST && lua.isList(lua.pointerAt(lua.address(main, index)), items.length)) {
      for (let i = 0; i < items.length; i++) {
        lua.pushString(main, items[i]!)
        c.lua_rawseti(main, index, i + 1)
      }
      return
    }
    this.#pushList(main, items)
    c.lua_pushvalue(main, -1)
    lua.setField(main, REAL_GLOBALS, name)
    c.lua_replace(main, index)
  }

  #pushList(L: number, items: readonly ByteString[]): void {
    const { lua } = this
    const { c } = lua
    c.lua_createtable(L, items.length, 0)
    for (let i = 0; i < items.length; i++) {
      lua.pushString(L, items[i]!)
      c.lua_rawseti(L, -2, i + 1)
    }
  }
}

/** A chunk and a line, where they are known. */
type Place = Pick<ScriptError, 'source' | 'line'>

/** Thrown through Lua when a script runs for too long where it cannot be suspended. */
class Stuck extends Error {
  constructor(
    milliseconds: number,
    readonly place: Place,
  ) {
    super(
      `Script ended after ${Math.round(milliseconds)} ms: it was where it cannot be suspended, in a pcall, coroutine, ` +
        'metamethod, callback or library',
    )
  }
}

/** The value on top as `tostring` would have it, without asking a metatable. */
function textOf(lua: Lua, L: number): ByteString {
  const address = lua.address(L, -1)
  const type = lua.typeAt(address)
  switch (type) {
    case LuaType.string:
      return lua.stringAt(address)
    case LuaType.number:
      return lua.checkString(L, lua.top(L))
    case LuaType.boolean:
      return String(lua.booleanAt(address))
    case LuaType.nil:
      return 'nil'
    default:
      return addressText(typeNames[type]!, lua.pointerAt(address))
  }
}

// Indices on the main thread's stack, on which these stay.
const REAL_GLOBALS = 1
const KEYS = 2
const ARGV = 3
/** Instructions between two looks at the clock, as many as Redis lets pass. */
const INSTRUCTIONS = 100_000
/** Milliseconds that a script past its time runs between two turns of the event loop. */
const SLICE = 20
/** Bytes of memory above which a machine is thrown away when it has taken a quarter of what it may. */
const WORN_ABOVE = 32 * 2 ** 20
/** The longest list that is used again. */
const REUSED_LIST = 64
const YIELDED = 1
const OUT_OF_MEMORY = 4
const GC_COLLECT = 2
