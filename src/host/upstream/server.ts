import { isIP } from 'node:net'
import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError, wrongArity } from '../../errors.js'
import { STATEFUL } from '../forwarding.js'
import type { Address } from './address.js'
import { type ServerCommand, ServerCommands } from './command-info.js'
import { type Client, Connection, ConnectionLost, openSubscriber } from './connection.js'
import { openError } from './open-error.js'
import { Pool } from './pool.js'
import { bytesIn, type RawReply } from './raw-reply.js'
import { Shared } from './shared.js'

export interface ServerOptions {
  /** The longest time for an answer, in milliseconds. */
  readonly timeout: number
  /** The most connections for commands that have one to themselves. */
  readonly connections: number
  /** Whether it must be able to write. */
  readonly mustWrite: boolean
}

/** A server, and the connections to it. */
export class UpstreamServer {
  readonly commands: ServerCommands
  readonly database: number
  /** For commands that write: replies as in RESP2. */
  readonly exclusive: Pool
  readonly #address: Address
  readonly #timeout: number
  /** For reads of modules: replies as in RESP2. */
  readonly #reads: Shared
  /** For what programs call: replies as in RESP3. */
  readonly #calls: Shared
  readonly #waits: Pool
  #subscriber: Promise<Client> | undefined

  private constructor(address: Address, commands: ServerCommands, { timeout, connections }: ServerOptions) {
    this.commands = commands
    this.database = address.database
    this.#address = address
    this.#timeout = timeout
    this.exclusive = new Pool(() => this.#connect(2), connections)
    // Waiting is what a blocking command is for: one more that waits costs the server no more than a connection.
    this.#waits = new Pool(() => this.#connect(3), Number.POSITIVE_INFINITY)
    this.#reads = new Shared(() => this.#connect(2))
    this.#calls = new Shared(() => this.#connect(3))
  }

  /** @throws ReplyError that says what to change */
  static async open(address: Address, options: ServerOptions): Promise<UpstreamServer> {
    let connection: Connection | undefined
    try {
      connection = await Connection.open(address, 2, options.timeout)
      // A transaction is tried, since one that the user may not begin would be no transaction.
      const replies = await connection.send([['INFO'], ['COMMAND'], ['MULTI'], ['EXEC'], ['WATCH', ''], ['UNWATCH']])
      const [info = null, commands = null, ...transaction] = replies
      const unfit = unfitness(bytesIn(info) ?? '', options.mustWrite)
      if (unfit !== undefined) throw new Error(unfit)
      const refused = [commands, ...transaction].find(
        reply => reply instanceof Error && !ABOUT_KEYS.test(reply.message),
      )
      if (refused instanceof Error) throw refused
      return new UpstreamServer(address, new ServerCommands(commands), options)
    } catch (error) {
      throw openError(address, error instanceof ConnectionLost ? (error.cause ?? error) : error)
    } finally {
      connection?.close()
    }
  }

  /** The connection on which reads are made; others use it too. */
  readConnection = (): Promise<Connection> => this.#reads.get()

  /** The command that a call is of. Throws a ReplyError when there is none, or the number of words is wrong. */
  commandOf(argv: readonly ByteString[]): ServerCommand {
    const command = this.commands.of(argv)
    if (command === undefined) throw new ReplyError(`ERR unknown command '${argv[0]}'`)
    if (!command.accepts(argv.length)) throw wrongArity(command.fullName)
    return command
  }

  /**
   * Runs one of the server's commands for a program; an error reply is a value.
   *
   * @throws ReplyError for one that would change the connection, and when the connection was lost
   */
  async call(argv: readonly ByteString[]): Promise<RawReply> {
    const [reply = null] = await this.callAll([argv])
    return reply
  }

  /** The same for several, sent together. */
  async callAll(all: readonly (readonly ByteString[])[]): Promise<RawReply[]> {
    const commands = all.map(argv => this.commands.of(argv))
    for (const [index, argv] of all.entries()) refuseStateful(argv, commands[index])
    if (commands.some(command => command?.has('blocking'))) {
      return this.#waits.use(connection => this.#sendAll(connection, all, false, Number.POSITIVE_INFINITY))
    }
    const onlyReads = commands.every(command => command?.has('readonly'))
    return this.#sendAll(await this.#calls.get(), all, onlyReads)
  }

  /** Calls `listener` with every message on a channel, until the function that it gives is called. */
  async subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<() => Promise<void>> {
    this.#subscriber ??= this.#subscribe()
    const client = await this.#subscriber
    // node-redis knows listeners by their identity; the same one may be given twice.
    const own = (message: string, from: string): void => listener(message, from)
    await client.subscribe(channel, own)
    return () => client.unsubscribe(channel, own)
  }

  close(): void {
    this.#subscriber?.then(
      client => client.destroy(),
      () => {},
    )
    for (const connections of [this.exclusive, this.#waits, this.#reads, this.#calls]) connections.close()
  }

  async #sendAll(
    connection: Connection,
    all: readonly (readonly ByteString[])[],
    onlyReads: boolean,
    timeout = this.#timeout,
  ): Promise<RawReply[]> {
    try {
      return await connection.send(all, timeout)
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      throw lostError(all.map(argv => argv[0]).join(', '), error, onlyReads)
    }
  }

  async #subscribe(): Promise<Client> {
    try {
      return await openSubscriber(this.#address, this.#timeout)
    } catch (error) {
      this.#subscriber = undefined
      throw openError(this.#address, error)
    }
  }

  async #connect(protocol: 2 | 3): Promise<Connection> {
    try {
      return await Connection.open(this.#address, protocol, this.#timeout)
    } catch (error) {
      throw openError(this.#address, error)
    }
  }
}

/** What a lost connection means for what was to be done. */
export function lostError(name: string, error: ConnectionLost, onlyReads: boolean): ReplyError {
  const isUnknown = error.wasSent && !onlyReads
  const text = isUnknown
    ? `UNKNOWNOUTCOME ${name} had been sent when ${error.message}: it may have been carried out, or not`
    : `ERR ${name} has not been carried out: ${error.message}`
  return new ReplyError(text, { cause: error })
}

/** The empty key that is watched for a trial may be one that the user has nothing to do with. */
const ABOUT_KEYS = /^NOPERM .*\bkeys?\b/

function refuseStateful(argv: readonly ByteString[], command: ServerCommand | undefined): void {
  const name = argv[0]!.toLowerCase()
  const fullName = command?.fullName ?? name
  if (!STATEFUL.has(fullName) && !OF_THE_CONNECTION.has(fullName)) return
  throw new ReplyError(`ERR '${argv[0]}' would change the connection, which others use too`)
}

/** More commands that change what a connection is, or what comes on it. */
const OF_THE_CONNECTION = new Set([
  'monitor',
  'sync',
  'psync',
  'replconf',
  'asking',
  'readonly',
  'readwrite',
  'client|reply',
  'client|tracking',
  'client|caching',
  'client|setname',
  'client|no-evict',
  'script|debug',
])

/** Why a server is not what is needed; undefined if it is. `info`: its reply to INFO. */
function unfitness(info: ByteString, mustWrite: boolean): string | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  if (field('loading') === '1') return 'LOADING'
  if (field('redis_mode') === 'sentinel') return 'it is a Sentinel; connect to a server that it watches'
  if (field('redis_mode') === 'cluster')
    return 'it is a node of a Cluster, which is not supported; connect to a server by itself'
  const [major = 0, minor = 0] = (field('redis_version') ?? '99').split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2)) return 'NOPROTO'
  if (field('role') === 'slave' && mustWrite) {
    const host = field('master_host') ?? ''
    const primary = `${isIP(host) === 6 ? `[${host}]` : host}:${field('master_port') ?? ''}`
    return `it is a replica, and there are commands that write; connect to its primary, ${primary}`
  }
  return undefined
}
