import type { ByteString } from '../bytes/bytes.js'
import { ReplyError, wrongArity } from '../errors.js'
import { STATEFUL } from '../registry/stateful-commands.js'
import type { Endpoint, Login } from './address.js'
import type { ServerCommand } from './command-info.js'
import { type Connection, ConnectionLost } from './connection.js'
import { Pool } from './pool.js'
import type { RawReply } from './raw-reply.js'
import { Shared } from './shared.js'
import { Subscriber } from './subscriber.js'
import type { Upstream } from './upstream.js'

/** What is done in a user's name, in a database: the connections for it, to each of the upstream's servers. */
export class Session {
  readonly upstream: Upstream
  readonly login: Login
  readonly database: number
  readonly #servers = new Map<string, ServerConnections>()
  readonly #subscriber: Subscriber

  constructor(upstream: Upstream, login: Login, database: number) {
    this.upstream = upstream
    this.login = login
    this.database = database
    this.#subscriber = new Subscriber(() =>
      upstream.connect(upstream.topology.endpointFor(), { login, database, protocol: 3 }),
    )
  }

  /** The connections to the server in charge of a hash slot, or to any. */
  serverFor(slot?: number): ServerConnections {
    return this.serverAt(this.upstream.topology.endpointFor(slot))
  }

  serverAt(endpoint: Endpoint): ServerConnections {
    let server = this.#servers.get(endpoint.name)
    if (server === undefined) {
      server = new ServerConnections(this, endpoint)
      this.#servers.set(endpoint.name, server)
    }
    return server
  }

  /** The command that a call is of. Throws a ReplyError when there is none, or the number of words is wrong. */
  commandOf(argv: readonly ByteString[]): ServerCommand {
    const command = this.upstream.commands.of(argv)
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
    const commands = all.map(argv => this.upstream.commands.of(argv))
    for (const [index, argv] of all.entries()) refuseStateful(argv, commands[index])
    const server = this.serverFor()
    if (commands.some(command => command?.has('blocking'))) {
      return server.waits.use(connection => this.#sendAll(connection, all, false, Number.POSITIVE_INFINITY))
    }
    const onlyReads = commands.every(command => command?.has('readonly'))
    return this.#sendAll(await server.calls.get(), all, onlyReads)
  }

  /** Calls `listener` with every message on a channel, until the function that it gives is called. */
  subscribe(channel: ByteString, listener: (message: ByteString) => void): Promise<() => Promise<void>> {
    return this.#subscriber.subscribe(channel, listener)
  }

  close(): void {
    this.#subscriber.close()
    for (const server of this.#servers.values()) server.close()
  }

  async #sendAll(
    connection: Connection,
    all: readonly (readonly ByteString[])[],
    onlyReads: boolean,
    timeout?: number,
  ): Promise<RawReply[]> {
    try {
      return await connection.send(all, timeout)
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      throw lostError(all.map(argv => argv[0]).join(', '), error, onlyReads)
    }
  }
}

/** A session's connections to one server. They are made when they are needed. */
export class ServerConnections {
  readonly endpoint: Endpoint
  /** For commands that write: replies as in RESP2. */
  readonly exclusive: Pool
  /** For reads of modules: replies as in RESP2. */
  readonly reads: Shared
  /** For what programs call: replies as in RESP3. */
  readonly calls: Shared
  /** For commands that wait. Waiting is what they are for: one more that waits costs the server no more than a connection. */
  readonly waits: Pool

  constructor({ upstream, login, database }: Session, endpoint: Endpoint) {
    this.endpoint = endpoint
    const connect = (protocol: 2 | 3) => (): Promise<Connection> =>
      upstream.connect(endpoint, { login, database, protocol })
    this.exclusive = new Pool(connect(2), upstream.limits.connections)
    this.reads = new Shared(connect(2))
    this.calls = new Shared(connect(3))
    this.waits = new Pool(connect(3), Number.POSITIVE_INFINITY)
  }

  close(): void {
    for (const connections of [this.exclusive, this.waits, this.reads, this.calls]) connections.close()
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
