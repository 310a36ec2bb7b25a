import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import type { Engine } from '../engine/engine.js'
import { ReplyError } from '../errors.js'
import type { ScriptTexts } from '../host/upstream/script-texts.js'
import { Server } from '../server/server.js'
import { type Login, NO_LOGIN } from '../upstream/address.js'
import { afterReads } from '../upstream/deadline.js'
import { CannotConnect } from '../upstream/open-error.js'
import type { Session } from '../upstream/session.js'
import type { Upstream } from '../upstream/upstream.js'
import { Admission } from './admission.js'
import { GatewayConnection } from './connection.js'
import { Health } from './health.js'
import { type LaneId, Lanes } from './lanes.js'
import { Routes } from './routes.js'

/** A server in front of an upstream: it runs modules' commands, and passes on all others. */
export class Gateway {
  readonly engine: Engine
  readonly upstream: Upstream
  readonly server: Server
  readonly lanes: Lanes
  readonly admission: Admission
  readonly health: Health
  readonly connections = new Map<Client, GatewayConnection>()
  /** The texts of the scripts that came through. */
  readonly scripts: ScriptTexts
  routes: Routes
  readonly #watch: NodeJS.Timeout

  constructor(engine: Engine, upstream: Upstream, scripts: ScriptTexts) {
    this.engine = engine
    this.scripts = scripts
    this.admission = new Admission(upstream)
    this.upstream = upstream
    this.lanes = new Lanes(upstream)
    this.health = new Health(upstream, engine)
    this.health.onDown = endpoint => {
      for (const { own } of this.connections.values()) own?.end(endpoint, 'the server has stopped answering')
    }
    this.health.onAnswer = ({ name }) => upstream.troubles.end(name)
    upstream.whyAway = endpoint => this.health.silenceOf(endpoint)
    upstream.onChange = () => {
      for (const { own } of this.connections.values()) own?.endStrangers()
    }
    this.routes = new Routes(upstream.commands, engine.commands, this.isCluster)
    engine.commands.onSwap = () => {
      this.routes = new Routes(upstream.commands, engine.commands, this.isCluster)
    }
    this.server = new Server(engine, {
      serve: (socket, _owner, unixPath) => {
        const connection = new GatewayConnection(socket, this, unixPath)
        this.connections.set(connection.client, connection)
        return connection
      },
      asksPassword: () => this.admission.asksPassword && this.initialLogin === NO_LOGIN,
    })
    this.#watch = this.#checkEvery(Math.max(MIN_CHECK, upstream.limits.timeout / 10))
    this.#watch.unref()
  }

  /** As whom clients are taken that have not authenticated. */
  get initialLogin(): Login {
    return this.engine.config.values['upstream-login'] === 'gateway' ? this.upstream.address.login : NO_LOGIN
  }

  /** What clients have in common that have just connected. */
  get initialLanes(): LaneId {
    const { generation } = this.admission
    return { login: this.initialLogin, protocol: 2, database: this.upstream.address.database, generation }
  }

  get isCluster(): boolean {
    return this.upstream.address.kind === 'cluster'
  }

  /** A script has come through: modules may want to know its text, if there are any. */
  noteScript(text: ByteString): void {
    if (this.engine.modules.loaded.length > 0) this.scripts.note(['eval', text])
  }

  /** In whose name, and in which database, a client's module command runs, and when it came (monotonic milliseconds). */
  callerOf(client: Client): { readonly session: Session; readonly since: number } {
    const connection = this.connections.get(client)
    return {
      session: connection?.session ?? this.upstream.session(),
      since: connection?.receivedAt ?? performance.now(),
    }
  }

  /** An error of the gateway's as the error reply that a client gets. */
  explain(error: unknown): ByteString {
    if (error instanceof CannotConnect) {
      const { cause } = error
      // What the server said to the gateway, in the client's name, is meant for the client.
      return cause instanceof ReplyError ? cause.message : `UPSTREAMDOWN ${error.message.replace(/^ERR /, '')}`
    }
    if (error instanceof ReplyError) return error.message
    const { stack, message } = error instanceof Error ? error : new Error(String(error))
    this.engine.log.warning(`Error in the gateway: ${stack}`)
    return `ERR ${message}`
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    this.health.close()
    await this.server.close()
    this.lanes.close()
    this.upstream.close()
  }

  /** @param interval in milliseconds */
  #checkEvery(interval: number): NodeJS.Timeout {
    const { timeout } = this.upstream.limits
    let last = performance.now()
    let notBefore = 0
    return setInterval(() => {
      const now = performance.now()
      const lost = now - last - interval
      last = now
      // The time for which this process has stood still is added; but once, since it may always be busy.
      if (lost > interval && notBefore === 0) notBefore = now + Math.min(lost, timeout)
      if (now < notBefore) return
      notBefore = 0
      afterReads(() => this.#check())
    }, interval)
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
