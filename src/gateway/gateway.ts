import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { execute } from '../engine/dispatch.js'
import type { Engine } from '../engine/engine.js'
import { ReplyError } from '../errors.js'
import { Server } from '../server/server.js'
import { type Login, NO_LOGIN } from '../upstream/address.js'
import type { Session } from '../upstream/session.js'
import type { Upstream } from '../upstream/upstream.js'
import { GatewayConnection } from './connection.js'
import { type LaneId, Lanes } from './lanes.js'
import { Routes } from './routes.js'

/** A server in front of an upstream: it runs modules' commands, and passes on all others. */
export class Gateway {
  readonly engine: Engine
  readonly upstream: Upstream
  readonly server: Server
  readonly lanes: Lanes
  readonly connections = new Map<Client, GatewayConnection>()
  routes: Routes
  readonly #watch: NodeJS.Timeout

  constructor(engine: Engine, upstream: Upstream) {
    this.engine = engine
    this.upstream = upstream
    this.lanes = new Lanes(upstream)
    this.routes = new Routes(upstream.commands, engine.commands)
    engine.commands.onSwap = () => {
      this.routes = new Routes(upstream.commands, engine.commands)
    }
    this.server = new Server(engine, (socket, _owner, unixPath) => {
      const connection = new GatewayConnection(socket, this, unixPath)
      this.connections.set(connection.client, connection)
      return connection
    })
    const { timeout } = upstream.limits
    this.#watch = setInterval(() => this.#check(), Math.max(MIN_CHECK, timeout / 10))
    this.#watch.unref()
  }

  /** As whom clients are taken that have not authenticated. */
  get initialLogin(): Login {
    return NO_LOGIN
  }

  /** What clients have in common that have just connected. */
  get initialLanes(): LaneId {
    return { login: this.initialLogin, protocol: 2, database: this.upstream.address.database }
  }

  /** In whose name, and in which database, a client's module commands run. */
  sessionOf(client: Client): Session {
    return this.connections.get(client)?.session ?? this.upstream.session()
  }

  /** Runs a command that is a module's, or the gateway's own. */
  runLocal(connection: GatewayConnection, argv: readonly ByteString[]): void {
    execute(connection.client, argv)
  }

  /** An error of the gateway's as the error reply that a client gets. */
  explain(error: unknown): ByteString {
    if (error instanceof ReplyError) {
      return error.message.startsWith('ERR cannot connect') ? `UPSTREAMDOWN ${error.message.slice(4)}` : error.message
    }
    const { stack, message } = error instanceof Error ? error : new Error(String(error))
    this.engine.log.warning(`Error in the gateway: ${stack}`)
    return `ERR ${message}`
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    await this.server.close()
    this.lanes.close()
    this.upstream.close()
  }

  /** Gives up what has not been answered in time. */
  #check(): void {
    const { timeout } = this.upstream.limits
    const now = performance.now()
    for (const set of this.lanes.all()) set.check(timeout, now)
    for (const { own } of this.connections.values()) own?.check(timeout, now)
  }
}

/** Milliseconds between two looks at what has not been answered, at the least. */
const MIN_CHECK = 20
