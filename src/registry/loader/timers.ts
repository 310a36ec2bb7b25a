import timers from 'node:timers'
import type timersPromises from 'node:timers/promises'
import { promisify } from 'node:util'

/** How many timers were still waiting when their module was unloaded. */
export interface Cleared {
  timeouts: number
  intervals: number
  immediates: number
}

/**
 * The timers of one version of a module. Outside of commands they are Node's own, and remembered, so that an unload
 * can stop them; while a command runs, `guard` throws.
 */
export interface ModuleTimers {
  /** Stand-ins for the globals, by name. */
  globals: Pick<
    typeof timers,
    'setTimeout' | 'setInterval' | 'setImmediate' | 'clearTimeout' | 'clearInterval' | 'clearImmediate'
  >
  /** The same for `node:timers/promises`. A wait that an unload stops is never over, and so is forgotten. */
  promises: Pick<typeof timersPromises, 'setTimeout' | 'setInterval' | 'setImmediate' | 'scheduler'>
  /** Stops all that still wait, and whatever the version's late code may start from now on. */
  dispose(): Cleared
}

export function createTimers(guard: (name: string) => void): ModuleTimers {
  const timeouts = new Set<NodeJS.Timeout>()
  const intervals = new Set<NodeJS.Timeout>()
  const immediates = new Set<NodeJS.Immediate>()
  let disposed = false

  function setTimeout(callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): NodeJS.Timeout {
    guard('setTimeout()')
    requireFunction(callback)
    const timeout = timers.setTimeout(() => {
      timeouts.delete(timeout)
      callback(...args)
    }, delay)
    return keepTimeout(timeout, timeouts)
  }

  function setInterval(callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): NodeJS.Timeout {
    guard('setInterval()')
    return keepTimeout(timers.setInterval(callback, delay, ...args), intervals)
  }

  function setImmediate(callback: (...args: unknown[]) => void, ...args: unknown[]): NodeJS.Immediate {
    guard('setImmediate()')
    requireFunction(callback)
    const immediate = timers.setImmediate(() => {
      immediates.delete(immediate)
      callback(...args)
    })
    if (disposed) timers.clearImmediate(immediate)
    else immediates.add(immediate)
    return immediate
  }

  function keepTimeout(timeout: NodeJS.Timeout, kept: Set<NodeJS.Timeout>): NodeJS.Timeout {
    if (disposed) {
      timers.clearTimeout(timeout)
      return timeout
    }
    kept.add(timeout)
    // refresh() starts a timer again that has already fired, close() ends it: both must keep the books right.
    const { refresh, close } = timeout
    timeout.refresh = () => {
      if (disposed) return timeout
      kept.add(timeout)
      return refresh.call(timeout)
    }
    timeout.close = () => {
      kept.delete(timeout)
      return close.call(timeout)
    }
    return timeout
  }

  // Node clears both kinds with either function, and takes the timer's number for the timer.
  function clearTimeout(timer?: NodeJS.Timeout | string | number): void {
    if (typeof timer === 'object' && timer !== null) {
      timeouts.delete(timer)
      intervals.delete(timer)
    } else if (timer !== undefined) {
      for (const kept of [timeouts, intervals]) for (const one of kept) if (+one === Number(timer)) kept.delete(one)
    }
    timers.clearTimeout(timer)
  }

  function clearImmediate(immediate?: NodeJS.Immediate): void {
    if (immediate !== undefined) immediates.delete(immediate)
    timers.clearImmediate(immediate)
  }

  /** One promise for one firing; `start` sets the timer, `stop` ends it when the caller's signal says so. */
  function wait<V, T extends { unref(): unknown }>(
    value: V,
    { signal, ref = true }: WaitOptions = {},
    start: (fire: () => void) => T,
    stop: (timer: T) => void,
  ): Promise<V> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw aborted(signal)
      const timer = start(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve(value)
      })
      if (!ref) timer.unref()
      const onAbort = (): void => {
        stop(timer)
        reject(signal === undefined ? undefined : aborted(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  const promises = {
    setTimeout<V>(delay?: number, value?: V, options?: WaitOptions): Promise<V> {
      // Here, so that it throws: a rejection would come when the command is long over.
      guard('setTimeout()')
      return wait<V, NodeJS.Timeout>(value as V, options, fire => setTimeout(fire, delay), clearTimeout)
    },
    setImmediate<V>(value?: V, options?: WaitOptions): Promise<V> {
      guard('setImmediate()')
      return wait<V, NodeJS.Immediate>(value as V, options, fire => setImmediate(fire), clearImmediate)
    },
    setInterval<V>(delay?: number, value?: V, options?: WaitOptions): AsyncGenerator<V> {
      guard('setInterval()')
      return every(delay, value as V, options)
    },
    scheduler: {
      wait: (delay: number, options?: WaitOptions) => promises.setTimeout<void>(delay, undefined, options),
      yield: () => promises.setImmediate<void>(),
    },
  }

  async function* every<V>(delay: number | undefined, value: V, options?: WaitOptions): AsyncGenerator<V> {
    for (;;) yield await promises.setTimeout(delay, value, options)
  }

  // util.promisify() looks for these.
  Object.defineProperty(setTimeout, promisify.custom, { value: promises.setTimeout })
  Object.defineProperty(setImmediate, promisify.custom, { value: promises.setImmediate })

  return {
    globals: {
      setTimeout: setTimeout as typeof timers.setTimeout,
      setInterval: setInterval as typeof timers.setInterval,
      setImmediate: setImmediate as typeof timers.setImmediate,
      clearTimeout,
      clearInterval: clearTimeout,
      clearImmediate,
    },
    promises: promises as ModuleTimers['promises'],
    dispose() {
      disposed = true
      const cleared = { timeouts: timeouts.size, intervals: intervals.size, immediates: immediates.size }
      for (const timeout of timeouts) timers.clearTimeout(timeout)
      for (const interval of intervals) timers.clearInterval(interval)
      for (const immediate of immediates) timers.clearImmediate(immediate)
      timeouts.clear()
      intervals.clear()
      immediates.clear()
      return cleared
    },
  }
}

interface WaitOptions {
  signal?: AbortSignal
  ref?: boolean
}

/** As Node's own rejects: an AbortError whose cause is the signal's reason. */
function aborted(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}

/** Node checks this when a timer is set, but it sees only our own callback. */
function requireFunction(callback: unknown): void {
  if (typeof callback === 'function') return
  throw Object.assign(new TypeError('The "callback" argument must be of type function'), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
}
