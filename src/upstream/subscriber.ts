import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Connection } from './connection.js'
import { bytesIn } from './raw-reply.js'

/** Messages on channels, for listeners in this process. What has been lost is subscribed to again by itself. */
export class Subscriber {
  readonly #open: () => Promise<Connection>
  readonly #listeners = new Map<ByteString, Set<(message: ByteString) => void>>()
  #connection: Promise<Connection> | undefined
  #current: Connection | undefined
  #retry: NodeJS.Timeout | undefined
  #tries = 0
  #isClosed = false
  /** Told when what had been lost has been subscribed to again: messages may have been missed. */
  onAgain: () => void = () => {}

  /** @param open makes a connection with RESP3 */
  constructor(open: () => Promise<Connection>) {
    this.#open = open
  }

  /**
   * Calls `listener` with every message on a channel, until the function that it gives is called.
   *
   * @throws ReplyError when the first connection cannot be made
   */
  async subscribe(channel: ByteString, listener: (message: ByteString) => void): Promise<() => Promise<void>> {
    const connection = await this.#get()
    let listeners = this.#listeners.get(channel)
    if (listeners === undefined) {
      listeners = new Set()
      this.#listeners.set(channel, listeners)
    }
    // The same function may be given twice.
    const own = (message: ByteString): void => listener(message)
    const remove = (): void => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel)
    }
    listeners.add(own)
    try {
      await subscribeTo(connection, [channel])
    } catch (error) {
      remove()
      throw error
    }
    return async () => {
      remove()
      if (this.#listeners.has(channel)) return
      const current = this.#current
      if (current?.isOpen) await confirmed(current, 'UNSUBSCRIBE', [channel])
    }
  }

  /** Gives up the connection, if there is one, for another. */
  reconnect(): void {
    this.#current?.close()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#current?.close()
  }

  async #get(): Promise<Connection> {
    this.#connection ??= this.#connect()
    return this.#connection
  }

  async #connect(): Promise<Connection> {
    try {
      const connection = await this.#open()
      if (this.#isClosed) connection.close()
      this.#current = connection
      connection.onPush = ([kind = null, channel = null, message = null]) => {
        if (bytesIn(kind) !== 'message') return
        for (const listener of this.#listeners.get(bytesIn(channel) ?? '') ?? []) listener(bytesIn(message) ?? '')
      }
      // A server that has gone without a word says no more of that than one that has nothing to say.
      const ping = setInterval(() => connection.send([['PING']]).catch(() => {}), PING_EVERY)
      ping.unref()
      connection.onLost = () => {
        clearInterval(ping)
        this.#lost()
      }
      if (!connection.isOpen) connection.onLost()
      if (this.#listeners.size > 0) {
        await subscribeTo(connection, [...this.#listeners.keys()])
        this.onAgain()
      }
      this.#tries = 0
      return connection
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }

  #lost(): void {
    this.#connection = undefined
    if (this.#isClosed || this.#listeners.size === 0) return
    // It may be lost while it is being made: both are told of.
    clearTimeout(this.#retry)
    const limit = Math.min(2 ** this.#tries++ * 50, LONGEST_WAIT)
    this.#retry = setTimeout(() => this.#get().catch(() => this.#lost()), limit * (0.5 + Math.random() / 2))
  }
}

/** In milliseconds. */
const LONGEST_WAIT = 2000
const PING_EVERY = 5000

function subscribeTo(connection: Connection, channels: readonly ByteString[]): Promise<unknown> {
  return confirmed(connection, 'SUBSCRIBE', channels)
}

/**
 * With RESP3 confirmations come as pushes, not as replies; the PING behind tells that they have come. A refusal is a reply, in front of
 * that of the PING, and so the end of this connection: its replies are no longer in step.
 */
async function confirmed(connection: Connection, name: string, channels: readonly ByteString[]): Promise<void> {
  const [reply] = await connection.sendSilent([[name, ...channels]], [['PING']])
  if (!(reply instanceof ReplyError)) return
  connection.close()
  throw reply
}
