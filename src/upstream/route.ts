import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Endpoint } from './address.js'
import { type Connection, ConnectionLost } from './connection.js'
import { CannotConnect } from './open-error.js'
import type { RawReply } from './raw-reply.js'
import { Redirection, redirectionIn } from './redirection.js'
import type { ServerConnections, Session } from './session.js'

/** Where an attempt to do something goes. */
export interface Target {
  readonly server: ServerConnections
  /** Whether another server has sent us there for this once (ASK). */
  readonly isAsked: boolean
}

/** Finds the server for what is to be done, and does it elsewhere, or later, as long as servers say that they have not done it. */
export class Route {
  readonly #session: Session
  #slot: number | undefined
  /** Who is to be asked this once. */
  #asked: Endpoint | undefined

  /** @param slot the hash slot that all of it is in; undefined when any server will do, or it is for a server to say */
  constructor(session: Session, slot: number | undefined) {
    this.#session = session
    this.#slot = slot
  }

  /**
   * @param name of what is done, for messages
   * @param task does it. It throws a ConnectionLost, or a Redirection, only if nothing has been written
   * @throws ReplyError when it has not been possible for as long as a server may take to answer
   */
  async run<T>(name: string, task: (target: Target) => Promise<T>): Promise<T> {
    const patience = new Patience(name, this.#session.upstream.limits.timeout)
    for (;;) {
      try {
        return await task(this.#target())
      } catch (error) {
        await this.#recover(error, patience)
      }
    }
  }

  #target(): Target {
    const asked = this.#asked
    this.#asked = undefined
    if (asked !== undefined) return { server: this.#session.serverAt(asked), isAsked: true }
    try {
      return { server: this.#session.serverFor(this.#slot), isAsked: false }
    } catch (error) {
      if (error instanceof ReplyError) throw new Redirection('wait', error)
      throw error
    }
  }

  /** Sees to it that another attempt makes sense; throws when none does. */
  async #recover(error: unknown, patience: Patience): Promise<void> {
    const { address, topology, isClosed } = this.#session.upstream
    if (isClosed) throw error instanceof ConnectionLost ? lostError(patience.name, error, true) : error
    if (error instanceof ConnectionLost) {
      if (address.kind === 'server') {
        patience.takeLoss(error)
        // There may be more that were lost together with it, of which it is not known yet.
        if (!patience.isFirstLoss) await patience.wait()
        return
      }
      // It is known what that would be answered by now, if somebody else were in charge.
      const lost = lostError(patience.name, error, true)
      if (!error.isTimeout) return this.#later(patience, lost, patience.isFirst)
      topology.refresh().catch(() => {})
      throw lost
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
    patience.check(redirection.toError())
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
    patience.check(error)
    if (!atOnce) await patience.wait()
    await patience.within(this.#session.upstream.topology.refresh())
  }
}

/** How long something has been tried in vain. */
class Patience {
  readonly name: string
  readonly #timeout: number
  #since: number | undefined
  #losses = 0
  #waits = 0
  #hops = 0

  /** @param timeout in milliseconds, from the first failure */
  constructor(name: string, timeout: number) {
    this.name = name
    this.#timeout = timeout
  }

  /** Whether nothing has failed yet. */
  get isFirst(): boolean {
    return this.#since === undefined
  }

  /** Whether no more than one connection has been lost. */
  get isFirstLoss(): boolean {
    return this.#losses < 2
  }

  /** Throws the error if the time is up. */
  check(error: ReplyError): void {
    this.#since ??= performance.now()
    if (this.#left <= 0) throw error
  }

  /** Counts a connection that has been lost; throws when it is not to be tried with another. */
  takeLoss(error: ConnectionLost): void {
    this.#losses++
    if (error.isTimeout || this.#losses === MOST_LOSSES) throw lostError(this.name, error, true)
  }

  /** Whether it is to be tried elsewhere at once. Servers may send one another for what none of them does. */
  mayHop(): boolean {
    if (this.#hops === MOST_HOPS) {
      this.#hops = 0
      return false
    }
    this.#hops++
    return true
  }

  /** Full jitter: somewhere from nothing to a limit that doubles, so that those who failed together do not come again together. */
  async wait(): Promise<void> {
    const limit = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#waits++, Math.max(0, this.#left))
    await new Promise(resolve => setTimeout(resolve, limit * (0.2 + 0.8 * Math.random())))
  }

  /** Waits for something that may fail, and no longer than there is time. */
  async within(task: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const end = new Promise(resolve => {
      timer = setTimeout(resolve, Math.max(0, this.#left))
    })
    await Promise.race([task.catch(() => {}), end])
    clearTimeout(timer)
  }

  get #left(): number {
    return (this.#since ?? performance.now()) + this.#timeout - performance.now()
  }
}

/** How often in a row a connection is lost that has only just been made. */
const MOST_LOSSES = 3
/** How often servers may send us on without our waiting. */
const MOST_HOPS = 5
/** In milliseconds. */
const FIRST_WAIT = 10
const LONGEST_WAIT = 250

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
    const replies = isAsked ? await this.#ask(commands, timeout) : await this.#connection.send(commands, timeout)
    const redirection = redirectionIn(commands, replies, server.kind, server.endpoint)
    if (redirection !== undefined) throw redirection
    return replies
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

/** What a lost connection means for what was to be done. */
export function lostError(name: string, error: ConnectionLost, onlyReads: boolean): ReplyError {
  const isUnknown = error.wasSent && !onlyReads
  const text = isUnknown
    ? `UNKNOWNOUTCOME ${name} had been sent when ${error.message}: it may have been carried out, or not`
    : `ERR ${name} has not been carried out: ${error.message}`
  return new ReplyError(text, { cause: error })
}
