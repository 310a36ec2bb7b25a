import { isIP } from 'node:net'
import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Address, Endpoint, Login } from './address.js'
import { ClusterTopology } from './cluster.js'
import { ServerCommands } from './command-info.js'
import { Connection, ConnectionLost, type Handshake } from './connection.js'
import { noAnswerWithin } from './deadline.js'
import { firstAnswer } from './first-answer.js'
import { type CannotConnect, openError } from './open-error.js'
import { bytesIn } from './raw-reply.js'
import { SentinelTopology } from './sentinel.js'
import { Session } from './session.js'
import { SingleServer, type Topology } from './topology.js'
import { Troubles } from './troubles.js'

export interface UpstreamLimits {
  /** The longest time for a connection and for an answer, in milliseconds. */
  readonly timeout: number
  /** The most connections to a server for commands that have one to themselves. */
  readonly connections: number
}

/** A Redis that others run: one server, or several. */
export class Upstream {
  readonly address: Address
  readonly limits: UpstreamLimits
  readonly topology: Topology
  readonly commands: ServerCommands
  readonly troubles: Troubles
  /** Told when other servers may be in charge than before. */
  onChange: () => void = () => {}
  /** Why nobody need try to connect to a server, if somebody knows: who waits in a line for it would wait once more for each before. */
  whyAway: (endpoint: Endpoint) => CannotConnect | undefined = () => undefined
  readonly #sessions = new Map<string, Session>()
  readonly #sweep: NodeJS.Timeout
  #isClosed = false

  private constructor(address: Address, limits: UpstreamLimits, topology: Topology, commands: ServerCommands) {
    this.address = address
    this.limits = limits
    this.troubles = new Troubles(limits.timeout)
    this.topology = topology
    this.commands = commands
    topology.onChange = () => {
      for (const session of this.#sessions.values()) session.topologyChanged()
      this.onChange()
    }
    // There may be many sessions, of which most are idle.
    this.#sweep = setInterval(() => this.closeUnused(performance.now() - UNUSED_FOR), UNUSED_FOR / 4)
    this.#sweep.unref()
  }

  /**
   * @param mustWrite whether it must be able to write
   * @throws ReplyError that says what to change
   */
  static async open(address: Address, limits: UpstreamLimits, mustWrite: boolean): Promise<Upstream> {
    const topology = await openTopology(address, limits.timeout)
    try {
      // All nodes of a Cluster have the same commands; one of them may be down.
      const commands = await firstAnswer(
        topology.primaries(),
        endpoint => checkServer(endpoint, address, limits, mustWrite),
        limits.timeout,
      ).catch((error: unknown) => {
        throw error instanceof AggregateError ? error.errors[0] : error
      })
      return new Upstream(address, limits, topology, commands)
    } catch (error) {
      topology.close()
      throw error
    }
  }

  /** What is done in a user's name, in a database. The same for the same. */
  session(login: Login = this.address.login, database: number = this.address.database): Session {
    const id = JSON.stringify([login.username, login.password, database])
    let session = this.#sessions.get(id)
    if (session === undefined) {
      session = new Session(this, login, database)
      this.#sessions.set(id, session)
    }
    return session
  }

  /**
   * A connection to one of the servers.
   *
   * @param timeout the longest that it may take, in milliseconds
   * @throws ReplyError that says what to change
   */
  async connect(endpoint: Endpoint, handshake: Handshake, timeout = this.limits.timeout): Promise<Connection> {
    const away = this.whyAway(endpoint)
    if (away !== undefined) throw away
    const began = performance.now()
    try {
      const mustBePrimary = this.address.kind === 'sentinel'
      const connection = await Connection.open(endpoint, { ...handshake, mustBePrimary }, timeout)
      this.troubles.end(endpoint.name)
      return connection
    } catch (error) {
      const failure = openError(endpoint, handshake, error)
      if (failure.mayPass) this.troubles.note(endpoint.name, failure, began)
      throw failure
    }
  }

  /** A server has not answered somebody for as long as it may take. */
  noteSilence({ name }: Endpoint): void {
    const { timeout } = this.limits
    const lost = new ConnectionLost({ why: noAnswerWithin(timeout), isTimeout: true }, false)
    this.troubles.note(name, lost, performance.now() - timeout)
  }

  /** Closes the connections that have not been used since a time; monotonic milliseconds. They are made again when they are needed. */
  closeUnused(since: number): void {
    for (const session of this.#sessions.values()) session.closeUnused(since)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#sweep)
    this.topology.close()
    for (const session of this.#sessions.values()) session.close()
    this.#sessions.clear()
  }
}

/** Milliseconds that a connection is kept that nobody uses. */
const UNUSED_FOR = 60_000

async function openTopology(address: Address, timeout: number): Promise<Topology> {
  switch (address.kind) {
    case 'server':
      return new SingleServer(address.endpoints[0]!)
    case 'sentinel':
      return SentinelTopology.open(address, timeout)
    case 'cluster':
      return ClusterTopology.open(address, timeout)
  }
}

/** Whether the server is of use; gives its commands. Throws a ReplyError. */
async function checkServer(
  endpoint: Endpoint,
  { kind, login, database }: Address,
  { timeout }: UpstreamLimits,
  mustWrite: boolean,
): Promise<ServerCommands> {
  let connection: Connection | undefined
  try {
    connection = await Connection.open(endpoint, { login, database, protocol: 2 }, timeout)
    // A transaction is tried, since one that the user may not begin would be no transaction.
    const replies = await connection.send([['INFO'], ['COMMAND'], ['MULTI'], ['EXEC'], ['WATCH', ''], ['UNWATCH']])
    const [info = null, commands = null, ...transaction] = replies
    const unfit = unfitness(bytesIn(info) ?? '', kind, mustWrite)
    if (unfit !== undefined) throw new Error(unfit)
    const refused = [commands, ...transaction].find(
      reply => reply instanceof ReplyError && !ABOUT_KEYS.test(reply.message),
    )
    if (refused instanceof ReplyError) throw refused
    return new ServerCommands(commands)
  } catch (error) {
    throw openError(endpoint, { login, database }, error instanceof ConnectionLost ? (error.cause ?? error) : error)
  } finally {
    connection?.close()
  }
}

/** The empty key that is watched for a trial may be one that the user has nothing to do with, or that another node has. */
const ABOUT_KEYS = /^(NOPERM .*\bkeys?\b|MOVED |ASK |CLUSTERDOWN )/

/** Why a server is not what is needed; undefined if it is. `info`: its reply to INFO. */
function unfitness(info: ByteString, kind: Address['kind'], mustWrite: boolean): string | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  if (field('loading') === '1') return 'LOADING'
  const mode = field('redis_mode')
  if (mode === 'sentinel')
    return 'it is a Sentinel; write redis+sentinel://host:26379/name, with the name of the primary'
  if (mode === 'cluster' && kind !== 'cluster') return 'it is a node of a Cluster; begin the URL with redis+cluster:'
  if (mode !== 'cluster' && kind === 'cluster') return 'it is not a node of a Cluster; begin the URL with redis:'
  const [major = 0, minor = 0] = (field('redis_version') ?? '99').split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2)) return 'NOPROTO'
  if (field('role') === 'slave' && mustWrite && kind === 'server') {
    const host = field('master_host') ?? ''
    const primary = `${isIP(host) === 6 ? `[${host}]` : host}:${field('master_port') ?? ''}`
    return `it is a replica, and there are commands that write; connect to its primary, ${primary}`
  }
  return undefined
}
