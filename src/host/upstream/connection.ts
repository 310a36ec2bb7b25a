import { isIP } from 'node:net'
import { createClient, ErrorReply } from 'redis'
import { type ByteString, toBuffer } from '../../bytes/bytes.js'
import type { Address } from './address.js'
import { mappingFor, type RawReply, withMap } from './raw-reply.js'

/** Why a connection can no longer be used. */
interface Loss {
  readonly why: string
  readonly isTimeout?: boolean
  readonly cause?: unknown
}

/** The connection was lost, or given up, before all replies had come. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
  /** Whether the commands may have reached the server, and may have been carried out. */
  readonly wasSent: boolean
  /** Whether the server took too long. */
  readonly isTimeout: boolean

  constructor({ why, isTimeout = false, cause }: Loss, wasSent: boolean) {
    super(why, { cause })
    this.wasSent = wasSent
    this.isTimeout = isTimeout
  }
}

/**
 * One connection to a server. node-redis makes it (address, TLS, authentication, database) and speaks the protocol. It does not
 * make it again when it is lost: the new one would know nothing of what had been watched on the old one.
 */
export class Connection {
  readonly #client: Client
  readonly #protocol: 2 | 3
  readonly #timeout: number
  #lost: Loss | undefined

  private constructor(client: Client, protocol: 2 | 3, timeout: number) {
    this.#client = client
    this.#protocol = protocol
    this.#timeout = timeout
  }

  /**
   * @param protocol the version of RESP that replies come in
   * @param timeout the longest time that the server may take to let us in, or to answer, in milliseconds
   * @throws Error of node-redis's or Node's when it cannot be made
   */
  static async open(address: Address, protocol: 2 | 3, timeout: number): Promise<Connection> {
    const client = clientFor(address, protocol, timeout)
    const connection = new Connection(client, protocol, timeout)
    client.on('error', error =>
      connection.#lose({ why: `the connection was lost (${messageOf(error)})`, cause: error }),
    )
    // Getting in takes a connection, for which node-redis has a limit, and a handshake, for which it has none.
    const timer = setTimeout(() => client.destroy(), timeout)
    try {
      await client.connect()
    } catch (error) {
      client.destroy()
      throw connection.#lost?.cause ?? error
    } finally {
      clearTimeout(timer)
    }
    return connection
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.#lost === undefined && this.#client.isReady
  }

  /**
   * Sends commands together and gives their replies, errors as values: one round trip.
   *
   * @param timeout in milliseconds; Infinity for a command that is meant to wait
   * @throws ConnectionLost when not all replies came in time
   */
  async send(commands: readonly (readonly ByteString[])[], timeout = this.#timeout): Promise<RawReply[]> {
    if (!this.isOpen) throw this.#error(false)
    const timer = Number.isFinite(timeout)
      ? setTimeout(() => {
          this.#lose({ why: `the server did not answer within ${timeout} ms`, isTimeout: true })
          this.#client.destroy()
        }, timeout)
      : undefined
    try {
      return await Promise.all(commands.map(argv => this.#sendOne(argv)))
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#lose({ why: 'the connection has been closed here' })
    this.#client.destroy()
  }

  async #sendOne(argv: readonly ByteString[]): Promise<RawReply> {
    try {
      const typeMapping = mappingFor(argv[0]!)
      const reply = await this.#client.sendCommand<RawReply>(argv.map(wordOf), { typeMapping })
      return this.#protocol === 3 ? withMap(argv[0]!, reply) : reply
    } catch (error) {
      if (error instanceof ErrorReply) return error
      this.#lose({ why: `the connection was lost (${messageOf(error)})`, cause: error })
      throw this.#error(true)
    }
  }

  #lose(loss: Loss): void {
    this.#lost ??= loss
  }

  #error(wasSent: boolean): ConnectionLost {
    return new ConnectionLost(this.#lost ?? { why: 'the connection is closed' }, wasSent)
  }
}

export type Client = ReturnType<typeof clientFor>

/**
 * A client for subscriptions, which connects again by itself, and subscribes again then.
 *
 * @throws Error of node-redis's or Node's when it cannot connect at first
 */
export async function openSubscriber(address: Address, timeout: number): Promise<Client> {
  const client = clientFor(address, 3, timeout, tries => Math.min(2 ** tries * 50, 2000) * (0.5 + Math.random() / 2))
  // What is lost is made again; without a listener, the event would end the process.
  client.on('error', () => {})
  const timer = setTimeout(() => client.destroy(), timeout)
  try {
    await client.connect()
    return client
  } catch (error) {
    client.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function clientFor(
  { socket, tls, username, password, database }: Address,
  protocol: 2 | 3,
  timeout: number,
  reconnectStrategy: false | ((tries: number) => number) = false,
) {
  const common = { connectTimeout: timeout, reconnectStrategy }
  return createClient({
    socket:
      'path' in socket ? { ...common, ...socket, tls: false } : { ...common, ...socket, ...tlsOf(socket.host, tls) },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
    RESP: protocol,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // A limit of its own for each command could take one out of those that are sent together.
    commandOptions: { timeout: 0 },
  })
}

/** A server of many names is told which one is meant; an address is no name. */
function tlsOf(host: string, tls: Address['tls']) {
  if (tls === undefined) return {}
  return { tls: true as const, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls }
}

/** node-redis writes text in UTF-8, which for ASCII are the bytes themselves. */
function wordOf(word: ByteString): string | Buffer {
  return ASCII.test(word) ? word : toBuffer(word)
}

const ASCII = /^[\0-\x7f]*$/

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
