import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { type Login, NO_LOGIN } from '../upstream/address.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { noAnswerWithin } from '../upstream/deadline.js'
import { CannotConnect } from '../upstream/open-error.js'
import type { Upstream } from '../upstream/upstream.js'
import { Lane } from './lane.js'
import { Replies } from './replies.js'
import { Router } from './router.js'

/** What clients that share lanes have in common. */
export interface LaneId {
  readonly login: Login
  readonly protocol: 2 | 3
  readonly database: number
  /** Of who has not authenticated: those that were let in at another time do not share lanes with them (see Admission). */
  readonly generation: number
}

/** The lanes of all clients, by what they have in common. */
export class Lanes {
  readonly #upstream: Upstream
  readonly #sets = new Map<string, LaneSet>()

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /** The lanes for a client, which must `leave` them. They are connected when they are used. */
  enter(id: LaneId): LaneSet {
    const { login, protocol, database } = id
    const generation = login === NO_LOGIN ? id.generation : 0
    const key = JSON.stringify([login.username, login.password, protocol, database, generation])
    let set = this.#sets.get(key)
    if (set === undefined) {
      set = new LaneSet(this.#upstream, id)
      this.#sets.set(key, set)
    }
    set.users++
    return set
  }

  leave(set: LaneSet): void {
    if (--set.users > 0) return
    // Clients come and go: who comes next need not wait for a connection.
    setTimeout(() => this.#closeUnused(set), IDLE).unref()
  }

  *all(): Iterable<LaneSet> {
    yield* this.#sets.values()
  }

  close(): void {
    for (const set of this.#sets.values()) set.close('the gateway shuts down')
    this.#sets.clear()
  }

  #closeUnused(set: LaneSet): void {
    if (set.users > 0) return
    for (const [key, other] of this.#sets) if (other === set) this.#sets.delete(key)
    set.close('nobody used it')
  }
}

/** Milliseconds for which lanes stay open that nobody uses. */
const IDLE = 1000

/** The lanes of a user, version of the protocol, and database. */
export class LaneSet {
  readonly id: LaneId
  users = 0
  readonly #upstream: Upstream
  /** Where there are several servers, or it may change which one it is. */
  readonly router: Router | undefined
  #lane: Lane | undefined
  /** How the attempt to connect ended that the lane was made with. */
  #attempt: Promise<void> = Promise.resolve()
  /** Up to when it is known that there is no server to connect to, and why; monotonic milliseconds. */
  #down: { readonly until: number; readonly error: unknown } | undefined
  #isUntrusted = false

  constructor(upstream: Upstream, id: LaneId) {
    this.#upstream = upstream
    this.id = id
    if (upstream.address.kind !== 'server') this.router = new Router(upstream, id)
  }

  /** The lane to the only server that there is. */
  get only(): Lane | undefined {
    if (this.router !== undefined) return undefined
    if (this.#lane?.isUsable !== true) this.#lane = this.#open()
    return this.#lane
  }

  /** Whether more has been written than a server takes to which a client has sent something; `then` is called when it has taken it. */
  isFull(replies: Replies, then: () => void): boolean {
    return this.router?.isFull(replies, then) ?? this.#lane?.isFull(then) ?? false
  }

  /** Whether the server wants its clients to authenticate, and these have not: it ends their connection if they send too much. */
  get isUntrusted(): boolean {
    return this.router?.isUntrusted ?? this.#isUntrusted
  }

  /** Resolves when it is connected. Throws the error with which the server, or the system, refused. */
  async ready(): Promise<void> {
    if (this.router !== undefined) return this.router.ready()
    this.only
    await this.#attempt
  }

  /** Sends a command for which nobody else waits, and gives the reply as it came; what fails is an error reply. */
  ask(text: ByteString): Promise<Buffer> {
    const { only } = this
    return only === undefined ? this.router!.ask(text) : askOn(only, text)
  }

  /** The same, in front of a Cluster, by all servers whose part of the data a command is about. */
  askAll(argv: readonly ByteString[], text: ByteString, command: ServerCommand | undefined): Promise<Buffer> {
    return this.router?.askAll(argv, text, command) ?? this.ask(text)
  }

  /** An attempt to connect has failed: who asks right after it need not wait for another. */
  failed(error: unknown): void {
    const isAway = error instanceof CannotConnect && error.mayPass
    this.#down = isAway ? { until: performance.now() + RETRY_AFTER, error } : undefined
  }

  /** Ends lanes that have not answered for so long, in milliseconds. */
  check(timeout: number, now: number): void {
    this.router?.check(timeout, now)
    if (this.#lane?.isStuck(timeout, now) !== true) return
    this.#upstream.noteSilence(this.#upstream.topology.endpointFor())
    this.#lane.end(noAnswerWithin(timeout))
  }

  close(why: string): void {
    this.router?.close(why)
    this.#lane?.end(why)
    this.#lane = undefined
  }

  #open(): Lane {
    const { topology } = this.#upstream
    const endpoint = topology.endpointFor()
    const lane = new Lane(endpoint.name)
    const fail = (error: unknown): never => {
      const refusal = error instanceof CannotConnect && error.cause instanceof ReplyError ? error.cause : undefined
      lane.end(error instanceof Error ? error.message.replace(/^ERR /, '') : String(error), refusal?.message)
      throw error
    }
    // Whoever asks while it is known to be down is told so at once.
    if (this.#down !== undefined && performance.now() < this.#down.until) {
      this.#attempt = Promise.reject(this.#down.error).catch(fail)
    } else {
      this.#attempt = this.#upstream.connect(endpoint, { ...this.id, mayBeUntrusted: true }).then(
        connection => {
          this.#isUntrusted = connection.isUntrusted
          lane.connected(connection.release())
        },
        (error: unknown) => {
          this.failed(error)
          return fail(error)
        },
      )
    }
    this.#attempt.catch(() => {})
    return lane
  }
}

/** Milliseconds after a failed attempt to connect before there is another. */
const RETRY_AFTER = 100

/** Sends a command on a lane, and gives its reply as it came. */
export function askOn(lane: Lane, text: ByteString): Promise<Buffer> {
  return new Promise(resolve => {
    let bytes: ByteString = ''
    const replies = new Replies({
      receivedAt: performance.now(),
      write: part => {
        bytes += part
      },
      drained: () => resolve(Buffer.from(bytes, 'latin1')),
      broken: () => {
        bytes = ''
      },
      receivesMuch() {},
      redirected() {},
    })
    lane.send(text, replies.add(lane, 1), 1)
  })
}
