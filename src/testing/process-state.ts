/** Something of the process that a command asked for while it ran, though it differs from one run to the next. */
export interface ProcessUse {
  /** `Date.now()` */
  readonly what: string
  /** What to use instead. */
  readonly instead: string
  /** The line of the stack that asked, as V8 writes it; undefined where there is none. */
  readonly at: string | undefined
}

/**
 * Notes, until the function that it returns is called, whatever of the process's time and randomness is used while
 * `isRunning` says that a command runs. What is used is given all the same.
 *
 * This finds calls through the globals. Code that has taken a function aside before (`const { random } = Math`) gets by;
 * that is why examples are also run twice and compared.
 */
export function watchProcess(isRunning: () => boolean, note: (use: ProcessUse) => void): () => void {
  const watcher = { isRunning, note }
  if (watchers.size === 0) restore = replaceGlobals()
  watchers.add(watcher)
  return () => {
    watchers.delete(watcher)
    if (watchers.size === 0) restore()
  }
}

/** Tests may run at the same time: the globals are replaced once for all. */
const watchers = new Set<{ isRunning(): boolean; note(use: ProcessUse): void }>()
let restore = (): void => {}

function noted(what: string, instead: string): void {
  for (const { isRunning, note } of watchers) if (isRunning()) note({ what, instead, at: caller() })
}

function replaceGlobals(): () => void {
  const undo: (() => void)[] = []
  const replace = (owner: object, key: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(owner, key)
    const enumerable = before?.enumerable ?? false
    Object.defineProperty(owner, key, { value, writable: true, configurable: true, enumerable })
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner, key)
      else Object.defineProperty(owner, key, before)
    })
  }
  const watchCalls = (owner: object, name: string, key: string, instead: string): void => {
    const real: unknown = Reflect.get(owner, key)
    if (typeof real !== 'function') return
    const watched = function (this: unknown, ...args: unknown[]): unknown {
      noted(`${name}()`, instead)
      return Reflect.apply(real, this, args)
    }
    replace(owner, key, Object.assign(watched, real))
  }

  for (const [owner, name, key, instead] of [
    [Date, 'Date.now', 'now', NOW],
    [Math, 'Math.random', 'random', RANDOM],
    [performance, 'performance.now', 'now', NOW],
    [crypto, 'crypto.randomUUID', 'randomUUID', RANDOM],
    [crypto, 'crypto.getRandomValues', 'getRandomValues', RANDOM],
    [globalThis, 'setTimeout', 'setTimeout', AT_ONCE],
    [globalThis, 'setInterval', 'setInterval', AT_ONCE],
    [globalThis, 'setImmediate', 'setImmediate', AT_ONCE],
    [globalThis, 'queueMicrotask', 'queueMicrotask', AT_ONCE],
    [globalThis, 'fetch', 'fetch', AT_ONCE],
  ] as const) {
    watchCalls(owner, name, key, instead)
  }
  const RealDate = Date
  const WatchedDate: DateConstructor = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      if (args.length === 0) noted('new Date()', NOW)
      return Reflect.construct(target, args, newTarget === WatchedDate ? target : newTarget)
    },
    apply() {
      noted('Date()', NOW)
      return RealDate()
    },
  })
  replace(globalThis, 'Date', WatchedDate)
  return () => {
    for (const step of undo.reverse()) step()
  }
}

const NOW = "take `now` from run's second argument"
const RANDOM = "take `random` from run's second argument"
const AT_ONCE = 'a command must do all that it does before it returns'

/** The innermost line of the stack that is neither ours nor Node's. */
function caller(): string | undefined {
  const lines = new Error().stack?.split('\n').slice(1) ?? []
  const own = lines[0] === undefined ? undefined : fileOf(lines[0])
  return lines.find(line => fileOf(line) !== own && !line.includes('node:'))?.trim()
}

function fileOf(line: string): string {
  return line.replace(/^.*\(|:\d+:\d+\)?$/g, '').replace(/^\s*at (?:async )?/, '')
}
