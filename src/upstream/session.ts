import type { ByteString } from '../bytes/bytes.js'
import { ReplyError, wrongArity } from '../errors.js'
import { STATEFUL } from '../registry/stateful-commands.js'
import type { Address, Endpoint, Login } from './address.js'
import { longestWait } from './blocking.js'
import type { ServerCommand } from './command-info.js'
import { type Connection, ConnectionLost } from './connection.js'
import { Pool } from './pool.js'
import type { RawReply } from './raw-reply.js'
import { lostError, mayBeRepeated, Route, RoutedConnection, Target } from './route.js'
import { Shared } from './shared.js'
import { slotOf } from './slot.js'
import { mergeReplies, spansNodes } from './spanning.js'
import { Subscriber } from './subscriber.js'
import type { Upstream } from './upstream.js'

export interface CallOptions {
  /** When it began to wait for its turn; monotonic milliseconds. */
  readonly began?: number
  /** The version of RESP that the replies have the shape of; by default 3. */
  readonly protocol?: 2 | 3
}

/** What is done in a user's name, in a database: the connections for it, to each of the upstream's servers. */
export class Session {
  readonly upstream: Upstream
  readonly login: Login
  readonly database: number
  readonly #servers = new Map<string, ServerConnections>()
  readonly #subscriber: Subscriber
  /** Where the subscriber is connected to, or is being. */
  #subscribedAt: Endpoint | undefined

  constructor(upstream: Upstream, login: Login, database: number) {
    this.upstream = upstream
    this.login = login
    this.database = database
    this.#subscriber = new Subscriber(() =>
      new Route(this, undefined).run('SUBSCRIBE', ({ server: { endpoint } }) => {
        this.#subscribedAt = endpoint
        return upstream.connect(endpoint, { login, database, protocol: 3 })
      }),
    )
  }

  /** Whether keys are in hash slots, each of which is some server's. */
  get isCluster(): boolean {
    return this.upstream.address.kind === 'cluster'
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
  async call(argv: readonly ByteString[], options: CallOptions = {}): Promise<RawReply> {
    const command = this.upstream.commands.of(argv)
    refuseStateful(argv, command)
    if (this.isCluster && command !== undefined && spansNodes(command)) return this.#callOnAll(argv, command, options)
    const [reply = null] = await this.callBehind([], argv, options)
    return reply
  }

  /**
   * The same behind others, sent together to the same server.
   *
   * @param before may be carried out several times
   */
  async callBehind(
    before: readonly (readonly ByteString[])[],
    argv: readonly ByteString[],
    { began, protocol = 3 }: CallOptions,
  ): Promise<RawReply[]> {
    const all = [...before, argv]
    for (const one of all) refuseStateful(one, this.upstream.commands.of(one))
    const [place] = this.isCluster ? (this.upstream.commands.of(argv)?.placesOf(argv) ?? []) : []
    const route = new Route(this, place === undefined ? undefined : slotOf(place), began)
    return route.run(argv[0]!, target => this.#send(all, target, protocol))
  }

  /** Calls `listener` with every message on a channel, until the function that it gives is called. */
  subscribe(channel: ByteString, listener: (message: ByteString) => void): Promise<() => Promise<void>> {
    return this.#subscriber.subscribe(channel, listener)
  }

  /** Lets go of servers that are none of the upstream's any more. */
  topologyChanged(): void {
    const { topology } = this.upstream
    for (const [name, server] of this.#servers) {
      if (topology.knows(server.endpoint)) continue
      this.#servers.delete(name)
      server.retire()
    }
    if (this.#subscribedAt !== undefined && !topology.knows(this.#subscribedAt)) this.#subscriber.reconnect()
  }

  /** Closes the connections that have not been used since a time; monotonic milliseconds. */
  closeUnused(since: number): void {
    for (const server of this.#servers.values()) server.closeUnused(since)
  }

  close(): void {
    this.#subscriber.close()
    for (const server of this.#servers.values()) server.close()
  }

  /** A command that all primaries carry out. Who has done so is not asked again, whatever becomes of the others. */
  async #callOnAll(
    argv: readonly ByteString[],
    command: ServerCommand,
    { began = performance.now(), protocol = 3 }: CallOptions,
  ): Promise<RawReply> {
    const replies = new Map<string, RawReply>()
    return new Route(this, undefined, began).run(argv[0]!, async () => {
      const endpoints = this.upstream.topology.primaries()
      const results = await Promise.allSettled(
        endpoints
          .filter(({ name }) => !replies.has(name))
          .map(async endpoint => {
            const target = new Target(this.upstream, this.serverAt(endpoint), began)
            const [reply = null] = await this.#send([argv], target, protocol)
            replies.set(endpoint.name, reply)
          }),
      )
      const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
      // As long as there is one that must not be tried again, none is.
      if (failures.length > 0) throw failures.find(error => !mayBeRepeated(error)) ?? failures[0]
      return mergeReplies(
        command,
        endpoints.map(({ name }) => replies.get(name) ?? null),
      )
    })
  }

  async #send(all: readonly (readonly ByteString[])[], target: Target, protocol: 2 | 3): Promise<RawReply[]> {
    const calls = target.server.calls[protocol]
    const waits = target.server.waits[protocol]
    const commands = all.map(argv => this.upstream.commands.of(argv))
    const waiting = all.filter((_, index) => commands[index]?.mayWait === true)
    if (waiting.length > 0) {
      const longest = waiting.reduce((sum, argv) => sum + longestWait(argv), 0)
      const timeout = longest + this.upstream.limits.timeout
      // WAIT is about what its connection has seen written: the PING makes it see all that there is.
      const before = commands.some(command => command?.fullName === 'wait') ? [['PING']] : []
      const sent = [...before, ...all]
      const replies = await waits.use(connection => this.#sendOn(connection, sent, target, false, timeout))
      return replies.slice(before.length)
    }
    const onlyReads = commands.every(command => command?.has('readonly'))
    return this.#sendOn(await calls.get(), all, target, onlyReads)
  }

  async #sendOn(
    connection: Connection,
    all: readonly (readonly ByteString[])[],
    target: Target,
    onlyReads: boolean,
    timeout?: number,
  ): Promise<RawReply[]> {
    try {
      return await new RoutedConnection(connection, target).send(all, timeout)
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      // Where there are others, what has not been carried out is tried with them.
      if (target.server.kind !== 'server' && (onlyReads || !error.wasSent)) throw error
      throw lostError(all.map(argv => argv[0]).join(', '), error, onlyReads)
    }
  }
}

/** A session's connections to one server. They are made when they are needed. */
export class ServerConnections {
  readonly endpoint: Endpoint
  /** Of the upstream that the server belongs to. */
  readonly kind: Address['kind']
  /** For commands that write: replies as in RESP2. */
  readonly exclusive: Pool
  /** For reads of modules: replies as in RESP2. */
  readonly reads: Shared
  /** For what programs call, and modules forward to, by the version of RESP. */
  readonly calls: Readonly<Record<2 | 3, Shared>>
  /** For commands that wait. Waiting is what they are for: one more that waits costs the server no more than a connection. */
  readonly waits: Readonly<Record<2 | 3, Pool>>

  constructor({ upstream, login, database }: Session, endpoint: Endpoint) {
    this.endpoint = endpoint
    this.kind = upstream.address.kind
    const connect =
      (protocol: 2 | 3) =>
      (timeout?: number): Promise<Connection> =>
        upstream.connect(endpoint, { login, database, protocol }, timeout)
    this.exclusive = new Pool(connect(2), upstream.limits.connections)
    this.reads = new Shared(connect(2))
    this.calls = { 2: new Shared(connect(2)), 3: new Shared(connect(3)) }
    const pool = (protocol: 2 | 3): Pool => new Pool(connect(protocol), Number.POSITIVE_INFINITY)
    this.waits = { 2: pool(2), 3: pool(3) }
  }

  /** Closes what is not in use, and the rest when it is not any more: the server is none of the upstream's any more. */
  retire(): void {
    for (const connections of this.#all) connections.retire()
  }

  /** Closes what has not been used since a time; monotonic milliseconds. */
  closeUnused(since: number): void {
    for (const connections of this.#all) connections.closeUnused(since)
  }

  close(): void {
    for (const connections of this.#all) connections.close()
  }

  get #all(): readonly (Pool | Shared)[] {
    return [this.exclusive, this.reads, ...Object.values(this.calls), ...Object.values(this.waits)]
  }
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
