import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Endpoint } from './address.js'
import { type Connection, ConnectionLost } from './connection.js'
import { CannotConnect } from './open-error.js'
import { Patience } from './patience.js'
import type { RawReply } from './raw-reply.js'
import { Redirection, redirectionIn } from './redirection.js'
import type { ServerConnections, Session } from './session.js'
import type { Trouble } from './troubles.js'
import type { Upstream } from './upstream.js'

/** Where an attempt to do something goes. */
export class Target {
  readonly server: ServerConnections
  /** Whether another server has sent us there for this once (ASK). */
  readonly isAsked: boolean
  readonly #upstream: Upstream
  readonly #began: number
  /** When the server last answered, or it was our turn. */
  #progress = performance.now()

  /** @param began when what is attempted began to wait for its turn; monotonic milliseconds */
  constructor(upstream: Upstream, server: ServerConnections, began: number, isAsked = false) {
    this.#upstream = upstream
    this.server = server
    this.#began = began
    this.isAsked = isAsked
  }

  /**
   * To be called when it has waited long enough for others, and could be sent.
   *
   * @returns the longest that it may take to connect, in milliseconds
   * @throws GivenUp when they have tried in vain, for as long as a server may take to answer
   */
  takeTurn(): number {
    const trouble = this.#trouble
    if (trouble !== undefined && this.#leftOf(trouble) <= 0) throw new GivenUp(trouble.error)
    this.#progress = performance.now()
    return this.timeLeft
  }

  /** The longest that the server may take from now on, in milliseconds. */
  get timeLeft(): number {
    const { timeout } = this.#upstream.limits
    const trouble = this.#trouble
    if (trouble === undefined) return timeout
    // Less would not do to find out that it is there again.
    return Math.max(this.#leftOf(trouble), timeout * SHORTEST_TRY)
  }

  get #trouble(): Trouble | undefined {
    return this.#upstream.troubles.at(this.server.endpoint.name)
  }

  /** The server has answered, whatever it is. */
  answered(): void {
    this.#progress = performance.now()
    this.#upstream.troubles.end(this.server.endpoint.name)
  }

  /** The server has not answered. */
  failed(error: unknown): void {
    this.#upstream.troubles.note(this.server.endpoint.name, error, this.#progress)
  }

  #leftOf({ since }: Trouble): number {
    return Math.max(since, this.#began) + this.#upstream.limits.timeout - performance.now()
  }
}

/** Finds the server for what is to be done, and does it elsewhere, or later, as long as servers say that they have not done it. */
export class Route {
  readonly #session: Session
  readonly #began: number
  #slot: number | undefined
  /** Who is to be asked this once. */
  #asked: Endpoint | undefined

  /**
   * @param slot the hash slot that all of it is in; undefined when any server will do, or it is for a server to say
   * @param began when what is done began to wait for its turn; monotonic milliseconds
   */
  constructor(session: Session, slot: number | undefined, began = performance.now()) {
    this.#session = session
    this.#slot = slot
    this.#began = began
  }

  /**
   * @param name of what is done, for messages
   * @param task does it. It throws a ConnectionLost, or a Redirection, only if nothing has been written
   * @throws ReplyError when it has not been possible for as long as a server may take to answer
   */
  async run<T>(name: string, task: (target: Target) => Promise<T>): Promise<T> {
    const patience = new Patience(this.#session.upstream, this.#slot, this.#began)
    for (let losses = 0; ; ) {
      try {
        const target = this.#target()
        target.takeTurn()
        const result = await task(target)
        patience.end()
        return result
      } catch (error) {
        if (error instanceof ConnectionLost) losses++
        await this.#recover(name, error, patience, losses)
      }
    }
  }

  #target(): Target {
    const { upstream } = this.#session
    const asked = this.#asked
    this.#asked = undefined
    if (asked !== undefined) return new Target(upstream, this.#session.serverAt(asked), this.#began, true)
    try {
      return new Target(upstream, this.#session.serverFor(this.#slot), this.#began)
    } catch (error) {
      if (error instanceof ReplyError) throw new Redirection('wait', error)
      throw error
    }
  }

  /**
   * Sees to it that another attempt makes sense; throws when none does.
   *
   * @param losses connections that have been lost
   */
  async #recover(name: string, error: unknown, patience: Patience, losses: number): Promise<void> {
    const { address, topology, isClosed } = this.#session.upstream
    if (error instanceof GivenUp) throw asReplyError(name, error.cause)
    if (isClosed) throw asReplyError(name, error)
    if (error instanceof ConnectionLost) {
      const lost = lostError(name, error, true)
      if (error.isTimeout) {
        topology.refresh().catch(() => {})
        throw lost
      }
      if (address.kind !== 'server') return this.#later(patience, lost, losses === 1)
      if (losses === MOST_LOSSES) throw lost
      // There may be more that were lost together with it, of which it is not known yet.
      if (losses > 1) await patience.wait()
      return
    }
    if (address.kind !== 'server' && error instanceof CannotConnect && error.mayPass) {
      return this.#later(patience, error, false)
    }
    if (!(error instanceof Redirection)) throw error
    if (error.to === undefined || !patience.mayHop()) return this.#later(patience, error.toError(), false)
    await this.#follow(error, error.to, patience)
  }

  async #follow(redirection: Redirection, to: Endpoint, patience: Patience): Promise<void> {
    const { topology } = this.#session.upstream
    const { kind, slot } = redirection
    if (!topology.knows(to)) await patience.within(topology.refresh())
    if (!topology.knows(to)) return this.#later(patience, redirection.toError(), false)
    if (kind === 'ask') {
      this.#asked = to
      return
    }
    if (slot !== undefined) {
      topology.moved(slot, to)
      this.#slot = slot
    }
    // One slot is seldom all that has moved.
    topology.refresh().catch(() => {})
  }

  /** @param error that of this attempt */
  async #later(patience: Patience, error: ReplyError, atOnce: boolean): Promise<void> {
    if (patience.isOver(error)) throw error
    if (!atOnce) await patience.wait()
    await patience.within(this.#session.upstream.topology.refresh())
  }
}

/** Others have tried while this stood in a line behind them. */
class GivenUp extends Error {
  /** @param cause what came of that */
  constructor(cause: unknown) {
    super('it has been tried in vain', { cause })
  }
}

/** How often in a row a connection is lost that has only just been made. */
const MOST_LOSSES = 3
/** The part of the time that a server may take to answer, that everybody gives it who tries. */
const SHORTEST_TRY = 0.1

/** A connection on the way to a target. */
export class RoutedConnection {
  readonly #connection: Connection
  readonly #target: Target

  constructor(connection: Connection, target: Target) {
    this.#connection = connection
    this.#target = target
  }

  get isOpen(): boolean {
    return this.#connection.isOpen
  }

  /**
   * Whether the server has only a part of the hash slot. A key that is not there may be with the server that has the rest, unless that
   * has said that it is not; only of several keys at once does the server say so itself.
   */
  get isPartial(): boolean {
    return this.#target.isAsked
  }

  /**
   * Sends commands together and gives their replies: one round trip. A transaction must be whole.
   *
   * @param timeout in milliseconds; Infinity for a command that is meant to wait
   * @throws Redirection when the server is not the one for them; ConnectionLost when not all replies came in time
   */
  async send(commands: readonly (readonly ByteString[])[], timeout?: number): Promise<RawReply[]> {
    const { server, isAsked } = this.#target
    let replies: RawReply[]
    try {
      replies = isAsked ? await this.#ask(commands, timeout) : await this.#connection.send(commands, timeout)
    } catch (error) {
      this.#target.failed(error)
      throw error
    }
    this.#target.answered()
    const redirection = redirectionIn(commands, replies, server.kind, server.endpoint)
    if (redirection !== undefined) throw redirection
    return replies
  }

  /** The longest that the server may take from now on, in milliseconds: for a connection that nobody else uses. */
  get timeLeft(): number {
    return this.#target.timeLeft
  }

  /** As one who has been sent: ASKING holds for one command, and from MULTI to EXEC. */
  async #ask(commands: readonly (readonly ByteString[])[], timeout?: number): Promise<RawReply[]> {
    const sent: (readonly ByteString[])[] = []
    const isAnswer: boolean[] = []
    let inMulti = false
    for (const argv of commands) {
      if (!inMulti) {
        sent.push(['ASKING'])
        isAnswer.push(false)
      }
      sent.push(argv)
      isAnswer.push(true)
      if (argv[0] === 'MULTI') inMulti = true
      else if (argv[0] === 'EXEC') inMulti = false
    }
    const replies = await this.#connection.send(sent, timeout)
    return replies.filter((_, index) => isAnswer[index])
  }
}

/** Whether an error means that nothing has been carried out, and that it may be a moment later, or elsewhere. */
export function mayBeRepeated(error: unknown): boolean {
  return (
    error instanceof Redirection || error instanceof ConnectionLost || (error instanceof CannotConnect && error.mayPass)
  )
}

/** What has come of it when something has not been carried out. */
function asReplyError(name: string, error: unknown): unknown {
  if (error instanceof ConnectionLost) return lostError(name, error, true)
  return error instanceof Redirection ? error.toError() : error
}

/** What a lost connection means for what was to be done. */
export function lostError(name: string, error: ConnectionLost, onlyReads: boolean): ReplyError {
  const isUnknown = error.wasSent && !onlyReads
  const text = isUnknown
    ? `UNKNOWNOUTCOME ${name} had been sent when ${error.message}: it may have been carried out, or not`
    : `ERR ${name} has not been carried out: ${error.message}`
  return new ReplyError(text, { cause: error })
}
