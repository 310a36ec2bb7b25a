import * as nodeCrypto from 'node:crypto'
import * as nodePerfHooks from 'node:perf_hooks'
import * as nodeTimers from 'node:timers'
import { type Cleared, createTimers } from './timers.js'

/** The time and the randomness of the command that runs. */
export interface Moment {
  /** Milliseconds since the epoch: the same for the whole run. */
  now: number
  /** A number in [0, 1), from the command's seeded generator. */
  random(): number
}

/** What stands in for Node's globals and built-in modules inside one version of a module. */
export interface ModuleGlobals {
  /** By the name of the global: `Date`, `Math`, `setTimeout` … */
  globals: Readonly<Record<string, unknown>>
  /** By the name of Node's module, without `node:`. */
  builtins: Readonly<Record<string, unknown>>
  /** Stops the timers that the version started, and says how many there were. */
  dispose(): Cleared
}

/**
 * The globals that a module sees. Outside of a command they behave as the real ones; while `current()` answers a
 * moment, clocks stand still at `now`, random numbers come from `random()`, and whatever could only happen after the
 * command has returned (timers, microtasks, fetch) throws an error that says so: a command must answer the same when it
 * is run again.
 *
 * `performance.now()` is `now` in a command, and `performance.timeOrigin` 0 there, so that nothing depends on when the
 * process started. This keeps honest code deterministic; it is not a sandbox.
 */
export function createGlobals(current: () => Moment | undefined): ModuleGlobals {
  const guard = (name: string): void => {
    if (current() !== undefined) throw notInCommand(name)
  }
  const { globals: timers, promises, dispose } = createTimers(guard)
  const guarded = <F extends (...args: never[]) => unknown>(name: string, real: F): F =>
    ((...args: Parameters<F>) => {
      guard(name)
      return real(...args)
    }) as F

  const clock = {
    now: () => current()?.now ?? globalThis.performance.now(),
    get timeOrigin() {
      return current() === undefined ? globalThis.performance.timeOrigin : 0
    },
  }
  const performance = standIn(globalThis.performance, clock, true)
  const random = seededCrypto(current)
  const { getRandomValues, randomUUID } = random
  const crypto = standIn(globalThis.crypto, { getRandomValues, randomUUID }, true)
  const names: Record<string, unknown> = {
    Date: createDate(current),
    Math: createMath(current),
    performance,
    crypto,
    ...timers,
    queueMicrotask: guarded('queueMicrotask()', globalThis.queueMicrotask),
    fetch: guarded('fetch()', globalThis.fetch),
  }
  // What a module puts on its global object goes with the version.
  const global = standIn(globalThis, names, false)
  Object.assign(names, { globalThis: global, global })
  return {
    globals: names,
    builtins: {
      timers: { ...nodeTimers, ...timers, promises },
      'timers/promises': promises,
      perf_hooks: { ...nodePerfHooks, performance },
      crypto: { ...nodeCrypto, ...random, webcrypto: crypto },
    },
    dispose,
  }
}

function notInCommand(name: string): Error {
  return new Error(
    `${name} cannot be used while a command runs: a command must answer at once, and the same when it is run again. ` +
      "Do it in the module's load(), or in the program that calls the command and passes the result as an argument.",
  )
}

function createDate(current: () => Moment | undefined): DateConstructor {
  const RealDate = globalThis.Date
  function ModuleDate(this: unknown, ...args: unknown[]): unknown {
    const moment = current()
    if (new.target === undefined) return (moment === undefined ? new RealDate() : new RealDate(moment.now)).toString()
    const given = args.length === 0 && moment !== undefined ? [moment.now] : args
    return Reflect.construct(RealDate, given, new.target === ModuleDate ? RealDate : new.target)
  }
  // One prototype for both: a date made by either is an instance of either.
  ModuleDate.prototype = RealDate.prototype
  ModuleDate.now = () => current()?.now ?? RealDate.now()
  Object.defineProperty(ModuleDate, 'name', { value: 'Date' })
  Object.defineProperty(ModuleDate, 'length', { value: RealDate.length })
  return Object.setPrototypeOf(ModuleDate, RealDate) as DateConstructor
}

function createMath(current: () => Moment | undefined): Math {
  const { random } = globalThis.Math
  return Object.create(globalThis.Math, {
    random: { value: () => current()?.random() ?? random(), writable: true, configurable: true },
  }) as Math
}

/** The parts of node:crypto that make random values; asynchronous forms are refused in a command. */
function seededCrypto(current: () => Moment | undefined) {
  const real = nodeCrypto
  const fill = (moment: Moment, bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(moment.random() * 256)
  }

  function getRandomValues<T extends NodeJS.ArrayBufferView>(values: T): T {
    const moment = current()
    if (moment === undefined) return globalThis.crypto.getRandomValues(values as never)
    // Whatever the real one refuses (floats, more than 65,536 bytes) is refused alike, before any number is drawn.
    globalThis.crypto.getRandomValues(values as never)
    fill(moment, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    return values
  }

  function randomUUID(options?: nodeCrypto.RandomUUIDOptions): string {
    const moment = current()
    if (moment === undefined) return real.randomUUID(options)
    const bytes = Buffer.alloc(16)
    fill(moment, bytes)
    // RFC 9562, section 5.4: version 4 in the high half of byte 6, variant 10 on top of byte 8.
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    const hex = bytes.toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }

  function randomBytes(size: number, callback?: (error: Error | null, bytes: Buffer) => void): Buffer | undefined {
    const moment = current()
    if (moment === undefined)
      return callback === undefined ? real.randomBytes(size) : void real.randomBytes(size, callback)
    if (callback !== undefined) throw notInCommand('crypto.randomBytes() with a callback')
    const bytes = Buffer.alloc(size)
    fill(moment, bytes)
    return bytes
  }

  function randomInt(
    min: number,
    max?: number | ((error: Error | null, value: number) => void),
    callback?: (error: Error | null, value: number) => void,
  ): number | undefined {
    const moment = current()
    if (moment === undefined) return (real.randomInt as (...args: unknown[]) => number | undefined)(min, max, callback)
    if (typeof max === 'function' || callback !== undefined) throw notInCommand('crypto.randomInt() with a callback')
    const low = max === undefined ? 0 : min
    const high = max ?? min
    // The real one checks the bounds.
    real.randomInt(low, high)
    return low + Math.floor(moment.random() * (high - low))
  }

  return { getRandomValues, randomUUID, randomBytes, randomInt }
}

/**
 * `real` with some properties answered by `own`; what is written stays in `own`. A proxy and no prototype chain, since
 * Node's objects check that their getters are called on themselves; `bind` for those that check it in methods too.
 */
function standIn<T extends object>(real: T, own: object, bind: boolean): T {
  const bound = new Map<string | symbol, unknown>()
  return new Proxy(own, {
    get(target, key) {
      if (Object.hasOwn(target, key)) return Reflect.get(target, key)
      const value: unknown = Reflect.get(real, key, real)
      if (!bind || typeof value !== 'function' || key === 'constructor') return value
      if (!bound.has(key)) bound.set(key, value.bind(real))
      return bound.get(key)
    },
    has: (target, key) => Reflect.has(target, key) || Reflect.has(real, key),
    set: (target, key, value) =>
      Reflect.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true }),
    getPrototypeOf: () => Reflect.getPrototypeOf(real),
  }) as T
}
