/** What the tests use of redlock 4, which brings no types of its own. */
declare module 'redlock' {
  import type { EventEmitter } from 'node:events'
  import type { Redis } from 'ioredis'

  type Callback<T> = (error: Error | null, result: T) => void

  class Lock {
    constructor(redlock: Redlock, resource: string[], value: string, expiration: number)
    readonly resource: string[]
    readonly value: string
    /** Milliseconds since the epoch. */
    readonly expiration: number
    readonly attempts: number
    unlock(callback?: Callback<void>): Promise<void>
    /** `ttl`: milliseconds. */
    extend(ttl: number, callback?: Callback<Lock>): Promise<Lock>
  }

  class LockError extends Error {
    readonly attempts: number
  }

  interface Options {
    driftFactor?: number
    /** -1: without end. */
    retryCount?: number
    /** Milliseconds. */
    retryDelay?: number
    /** Milliseconds, up or down. */
    retryJitter?: number
    lockScript?: (script: string) => string
  }

  class Redlock extends EventEmitter {
    static readonly Lock: typeof Lock
    static readonly LockError: typeof LockError
    constructor(clients: readonly Redis[], options?: Options)
    /** `ttl`: milliseconds. */
    lock(resource: string | string[], ttl: number, callback?: Callback<Lock>): Promise<Lock>
    unlock(lock: Lock, callback?: Callback<void>): Promise<void>
  }

  export default Redlock
}
