import type { Connection } from './connection.js'

/** One connection that all use at the same time. It is made when it is first needed, and again when it has been lost. */
export class Shared {
  readonly #open: () => Promise<Connection>
  #connection: Promise<Connection> | undefined
  #current: Connection | undefined
  #closed = false

  constructor(open: () => Promise<Connection>) {
    this.#open = open
  }

  async get(): Promise<Connection> {
    if (this.#closed) throw new Error('the database has been closed')
    if (this.#current?.isOpen === false) this.#connection = this.#current = undefined
    this.#connection ??= this.#make()
    return this.#connection
  }

  close(): void {
    this.#closed = true
    this.#current?.close()
  }

  async #make(): Promise<Connection> {
    try {
      const connection = await this.#open()
      if (this.#closed) connection.close()
      this.#current = connection
      return connection
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }
}
