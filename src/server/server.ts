import { chmodSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { toUtf8 } from '../bytes/bytes.js'
import type { Timer } from '../engine/clock.js'
import type { Engine } from '../engine/engine.js'
import type { ClientSocket, ConnectionOwner } from './client-socket.js'
import { Connection } from './connection.js'
import { Cron } from './cron.js'
import { readInPlace } from './read-in-place.js'

/** Where to listen. */
export interface ListenOptions {
  /** 0 lets the system choose. Undefined: no TCP. */
  readonly port?: number
  /** Addresses; one that begins with `-` may be missing on this machine. `*` is all of IPv4, `::*` and `::` all of IPv6. */
  readonly bind?: readonly string[]
  readonly unixSocket?: string
  /** Mode bits of the socket file. */
  readonly unixSocketMode?: number
  readonly backlog?: number
}

/** Makes the connection of an accepted socket. `unixPath`: what it came in by, if that is no TCP. */
export type Serve = (socket: Socket, owner: ConnectionOwner, unixPath: string | undefined) => ClientSocket

export interface ServerOptions {
  /** What is done with a client that has connected; by default, the engine runs its commands. */
  readonly serve?: Serve
  /** Whether a client has to authenticate; if not, protected mode lets in none from other machines. */
  readonly asksPassword?: () => boolean
}

const run: Serve = (socket, owner, unixPath) => new Connection(socket, owner, unixPath)

/** What it listens on by TCP. */
interface TcpListeners {
  readonly port: number
  readonly bind: readonly string[]
  readonly open: readonly NetServer[]
}

/** The engine on the network: listeners, connections, and the work that is done at the end of a turn and periodically. */
export class Server implements ConnectionOwner {
  readonly connections = new Set<ClientSocket>()
  #tcp: TcpListeners = { port: 0, bind: [], open: [] }
  #unix: NetServer | undefined
  readonly #cron: Cron
  readonly #shared = Buffer.allocUnsafe(READ_SIZE)
  #pending: ClientSocket[] = []
  #unixSocket: string | undefined
  #listening = false

  readonly #serve: Serve
  readonly #asksPassword: () => boolean

  constructor(
    readonly engine: Engine,
    { serve = run, asksPassword = () => engine.requiresPassword }: ServerOptions = {},
  ) {
    this.#serve = serve
    this.#asksPassword = asksPassword
    this.#cron = new Cron(engine, this.connections)
    engine.config.onChange('bind', () => this.#relisten('Failed to bind to specified addresses.'))
    engine.config.onChange('port', () => this.#relisten('Unable to listen on this port. Check server logs.'))
  }

  /** The TCP port that it listens on; 0 when it does not. */
  get port(): number {
    return this.#tcp.port
  }

  /** Listens where the configuration says. */
  start(): Promise<void> {
    const { port, bind, unixsocket, unixsocketperm } = this.engine.config.values
    return this.listen({
      backlog: this.engine.config.values['tcp-backlog'],
      bind,
      ...(port === 0 ? {} : { port }),
      ...(unixsocket === '' ? {} : { unixSocket: toUtf8(unixsocket) }),
      ...(unixsocketperm === 0 ? {} : { unixSocketMode: unixsocketperm }),
    })
  }

  /** Opens the listeners; none stays open when one cannot be opened. */
  async listen(options: ListenOptions): Promise<void> {
    const { port, bind = ['*', '-::*'], backlog, unixSocket } = options
    try {
      if (port !== undefined) this.#tcp = await this.#listenTcp(port, bind, backlog)
      if (unixSocket !== undefined) await this.#listenUnix(options, unixSocket)
      else if (port !== undefined && this.#tcp.open.length === 0) {
        throw new Error(`Could not listen on port ${port}: no address to bind to`)
      }
    } catch (error) {
      await this.close()
      throw error
    }
    this.#listening = true
    this.#cron.start()
  }

  /** Stops listening, writes out what has been replied, and closes every connection. */
  async close(): Promise<void> {
    this.engine.scripting.close()
    this.#cron.stop()
    this.#listening = false
    const listeners = [...this.#tcp.open, ...(this.#unix === undefined ? [] : [this.#unix])]
    const closed = listeners.map(listener => new Promise<void>(resolve => listener.close(() => resolve())))
    this.#tcp = { port: 0, bind: [], open: [] }
    this.#unix = undefined
    this.#flushAll()
    const gone = [...this.connections].map(connection => connection.gone)
    for (const connection of this.connections) connection.closeAfterReply()
    const timer: Timer = this.engine.clock.after(CLOSE_WITHIN, () => {
      for (const connection of this.connections) connection.destroy()
    })
    await Promise.all([...closed, ...gone])
    timer.cancel()
    if (this.#unixSocket !== undefined) rmSync(this.#unixSocket, { force: true })
    this.#unixSocket = undefined
  }

  /** Replies are written at the end of the turn, once for each client, as Redis does before it sleeps. */
  flushLater(connection: ClientSocket): void {
    if (this.#pending.length === 0) setImmediate(() => this.#flushAll())
    this.#pending.push(connection)
  }

  closed(connection: ClientSocket): void {
    this.connections.delete(connection)
  }

  #flushAll(): void {
    const pending = this.#pending
    this.#pending = []
    for (const connection of pending) connection.flush()
  }

  /**
   * CONFIG SET port or bind. Connections stay. When the new addresses cannot be had, the old ones are listened on again,
   * and the change is refused.
   */
  async #relisten(refusal: string): Promise<void> {
    if (!this.#listening) return
    const { port, bind, 'tcp-backlog': backlog } = this.engine.config.values
    const old = this.#tcp
    if (port === old.port && bind.join(' ') === old.bind.join(' ')) return
    // Another port can be opened while the old one still is; on the same, old addresses are in the way of new ones.
    const first = port === old.port ? old.open : []
    for (const listener of first) listener.close()
    try {
      this.#tcp = port === 0 ? { port, bind, open: [] } : await this.#listenTcp(port, bind, backlog)
    } catch (error) {
      this.engine.log.warning(error instanceof Error ? error.message : String(error))
      if (first.length > 0) this.#tcp = await this.#listenTcp(old.port, old.bind, backlog)
      throw new Error(refusal, { cause: error })
    }
    if (first.length === 0) for (const listener of old.open) listener.close()
  }

  /** Opens all addresses, or none. With port 0 the system chooses for the first address, and the others follow it. */
  async #listenTcp(wanted: number, bind: readonly string[], backlog: number | undefined): Promise<TcpListeners> {
    const open: NetServer[] = []
    let port = wanted
    for (const word of bind) {
      const optional = word.startsWith('-')
      const address = optional ? word.slice(1) : word
      const host = address === '*' ? '0.0.0.0' : address === '::*' ? '::' : address
      try {
        const listener = await this.#open({ port, host, backlog, ipv6Only: true })
        open.push(listener)
        const bound = listener.address()
        if (typeof bound === 'object' && bound !== null) port = bound.port
      } catch (error) {
        if (optional && isAbsentAddress(error)) continue
        for (const listener of open) listener.close()
        throw new Error(`Could not listen on ${address}:${port}: ${explain(error)}`, { cause: error })
      }
    }
    return { port, bind, open }
  }

  async #listenUnix(options: ListenOptions, path: string): Promise<void> {
    // A socket file that a killed server left behind is in the way; anything else there is not ours to remove.
    if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path)
    try {
      this.#unix = await this.#open({ path, backlog: options.backlog })
    } catch (error) {
      throw new Error(`Could not listen on unix socket ${path}: ${explain(error)}`, { cause: error })
    }
    this.#unixSocket = path
    if (options.unixSocketMode !== undefined) chmodSync(path, options.unixSocketMode)
  }

  #open(at: {
    port?: number
    host?: string
    path?: string
    backlog: number | undefined
    ipv6Only?: boolean
  }): Promise<NetServer> {
    const listener = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true })
    listener.on('connection', socket => this.#accept(socket, at.path))
    return new Promise((resolve, reject) => {
      listener.once('error', reject)
      const { backlog, ...where } = at
      listener.listen({ ...where, ...(backlog === undefined ? {} : { backlog }) }, () => {
        listener.off('error', reject)
        listener.on('error', error => this.engine.log.warning(`Error while accepting a connection: ${error.message}`))
        resolve(listener)
      })
    })
  }

  #accept(accepted: Socket, unixPath: string | undefined): void {
    const { engine } = this
    const { values } = engine.config
    let connection: ClientSocket | undefined
    const socket = readInPlace(accepted, this.#shared, bytes => connection?.receive(bytes))
    if (this.connections.size >= values.maxclients) {
      engine.stats.rejectedConnections++
      turnAway(socket, '-ERR max number of clients reached\r\n')
      return
    }
    if (values['tcp-keepalive'] > 0 && unixPath === undefined) socket.setKeepAlive(true, values['tcp-keepalive'] * 1000)
    connection = this.#serve(socket, this, unixPath)
    if (values['protected-mode'] && !this.#asksPassword() && !connection.isLocal) {
      engine.disconnect(connection.client)
      turnAway(socket, PROTECTED)
      return
    }
    engine.stats.connections++
    this.connections.add(connection)
    engine.log.verbose(`Accepted ${connection.address}`)
  }
}

/** Bytes asked of the system at each read. */
const READ_SIZE = 64 * 1024
/** Milliseconds that clients have, at the end, to take their last replies. */
const CLOSE_WITHIN = 1000

const PROTECTED =
  '-DENIED krmt is running in protected mode because no password is set for the default user. In this mode it accepts ' +
  "connections from this machine only. To let others in, set a password with 'requirepass', or start with " +
  "'--protected-mode no' if only those can reach the port who may.\r\n"

function turnAway(socket: Socket, message: string): void {
  socket.on('error', () => {})
  socket.end(message, 'latin1')
  socket.setTimeout(CLOSE_WITHIN, () => socket.destroy())
}

function isAbsentAddress(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND', 'EINVAL'].includes(codeOf(error))
}

function explain(error: unknown): string {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return 'it is in use already; stop what listens there, or choose another with --port'
    case 'EACCES':
      return 'permission denied'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : ''
}
