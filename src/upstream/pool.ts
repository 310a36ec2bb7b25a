import { type Connection, ConnectionLost } from './connection.js'

/** @param timeout in milliseconds */
type Opener = (timeout?: number) => Promise<Connection>

/** Connections that are used by one at a time. */
export class Pool {
  readonly #open: Opener
  readonly #most: number
  /** The one that was used last comes last, and is used next. */
  readonly #idle: { readonly connection: Connection; readonly since: number }[] = []
  readonly #waiting: (() => void)[] = []
  /** Those in use, being made or idle. */
  #count = 0
  #closed = false
  #retired = false
  readonly #used = new Set<Connection>()

  /** @param most how many connections there may be; more users wait for one */
  constructor(open: Opener, most: number) {
    this.#open = open
    this.#most = most
  }

  /**
   * Lets somebody use a connection. It is taken back when the promise settles, if it can still be used.
   *
   * @param onTurn called when there is a connection, or may be one; gives the longest that it may take to connect, in milliseconds
   */
  async use<T>(task: (connection: Connection) => Promise<T>, onTurn?: () => number): Promise<T> {
    const connection = await this.#take(onTurn)
    this.#used.add(connection)
    // It may have been closed while the connection was being made.
    if (this.#closed) connection.close()
    try {
      return await task(connection)
    } finally {
      this.#used.delete(connection)
      if (connection.isOpen && !this.#closed && !this.#retired) {
        this.#idle.push({ connection, since: performance.now() })
      } else {
        connection.close()
        this.#count--
      }
      this.#waiting.shift()?.()
    }
  }

  /** Closes all connections, those in use too. */
  close(): void {
    this.#closed = true
    for (const { connection } of this.#idle.splice(0)) connection.close()
    for (const connection of this.#used) connection.close()
    for (const go of this.#waiting.splice(0)) go()
  }

  /** Closes those that have not been used since a time; monotonic milliseconds. */
  closeUnused(since: number): void {
    const first = this.#idle.findIndex(idle => idle.since >= since)
    const unused = this.#idle.splice(0, first === -1 ? this.#idle.length : first)
    for (const { connection } of unused) connection.close()
    this.#count -= unused.length
  }

  /** Closes the connections as soon as they are not in use, and makes no more: the server is none of the upstream's any more. */
  retire(): void {
    this.#retired = true
    for (const { connection } of this.#idle.splice(0)) connection.close()
    for (const go of this.#waiting.splice(0)) go()
  }

  async #take(onTurn?: () => number): Promise<Connection> {
    while (this.#idle.length === 0 && this.#count === this.#most && !this.#closed && !this.#retired) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    try {
      if (this.#closed) throw new Error('the database has been closed')
      if (this.#retired) throw new ConnectionLost(RETIRED, false)
      const timeout = onTurn?.()
      for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
        if (idle.connection.isOpen) return idle.connection
        this.#count--
      }
      this.#count++
      try {
        return await this.#open(timeout)
      } catch (error) {
        this.#count--
        throw error
      }
    } catch (error) {
      // It is the turn of the next one.
      this.#waiting.shift()?.()
      throw error
    }
  }
}

export const RETIRED = { why: 'the server is none of those that are in charge any more' }
