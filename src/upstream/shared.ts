import { type Connection, ConnectionLost } from './connection.js'
import { RETIRED } from './pool.js'

/** One connection that all use at the same time. It is made when it is first needed, and again when it has been lost. */
export class Shared {
  readonly #open: () => Promise<Connection>
  #connection: Promise<Connection> | undefined
  #current: Connection | undefined
  #usedAt = 0
  #closed = false
  #retired = false

  constructor(open: () => Promise<Connection>) {
    this.#open = open
  }

  async get(): Promise<Connection> {
    if (this.#closed) throw new Error('the database has been closed')
    if (this.#retired) throw new ConnectionLost(RETIRED, false)
    if (this.#current?.isOpen === false) this.#connection = this.#current = undefined
    this.#usedAt = performance.now()
    this.#connection ??= this.#make()
    return this.#connection
  }

  close(): void {
    this.#closed = true
    this.#current?.close()
  }

  /** Closes it if it has not been used since a time; monotonic milliseconds. */
  closeUnused(since: number): void {
    if (this.#current === undefined || this.#usedAt >= since) return
    this.#current.closeWhenIdle()
    this.#connection = this.#current = undefined
  }

  /** Closes it as soon as no reply is due, and makes it no more: the server is none of the upstream's any more. */
  retire(): void {
    this.#retired = true
    this.#current?.closeWhenIdle()
  }

  async #make(): Promise<Connection> {
    try {
      const connection = await this.#open()
      if (this.#closed) connection.close()
      this.#current = connection
      // Those who wait for it send at once.
      if (this.#retired) setImmediate(() => connection.closeWhenIdle())
      return connection
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }
}
