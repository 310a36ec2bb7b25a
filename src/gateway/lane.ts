import type { ByteString } from '../bytes/bytes.js'
import { LaneLink } from './lane-link.js'
import { type Due, unknownOutcome } from './replies.js'

/** Replies that are due on a lane, oldest first. */
interface Entry {
  readonly due: Due
  count: number
}

/**
 * A connection to a server that many clients share: what they send in one turn of the event loop goes out in one piece, and the replies
 * are given back to each. Only whole commands that leave nothing behind on the connection may be sent on it.
 *
 * When it is lost, whoever still waits gets an error.
 */
export class Lane extends LaneLink {
  readonly name: string
  #entries: Entry[] = []
  #lost: ((wasSent: boolean) => ByteString) | undefined
  /** Whether a part of the reply that is coming has been delivered already. */
  #isPart = false
  readonly #waitingForDrain: (() => void)[] = []

  /** @param name for messages: where it leads to */
  constructor(name: string) {
    super()
    this.name = name
  }

  override get isUsable(): boolean {
    return this.#lost === undefined
  }

  override get isIdle(): boolean {
    return this.#entries.length === 0
  }

  /** Sends whole commands that are answered by as many replies. */
  send(commands: ByteString, due: Due, count: number): void {
    const last = this.#entries[this.#entries.length - 1]
    if (last?.due === due) last.count += count
    else {
      if (last === undefined) this.begin()
      this.#entries.push({ due, count })
    }
    if (this.#lost !== undefined) this.#fail(this.#lost(false))
    else this.write(commands)
  }

  /** Whether more has been written than the server takes; `then` is called when it has taken it. */
  isFull(then: () => void): boolean {
    if (!this.isBackedUp) return false
    this.#waitingForDrain.push(then)
    return true
  }

  override drained(): void {
    for (const then of this.#waitingForDrain.splice(0)) then()
  }

  /**
   * Gives it up: those who wait get an error.
   *
   * @param why a clause: `the connection was lost`
   * @param refusal what the server has said to it, in the name of the clients
   */
  override end(why: string, refusal?: ByteString): void {
    if (this.#lost !== undefined) return
    const wasConnected = this.isConnected
    this.#lost = wasSent =>
      wasSent && wasConnected ? unknownOutcome(why, this.name) : `-${refusal ?? `UPSTREAMDOWN ${why}`}\r\n`
    this.destroy()
    this.#fail(this.#lost(true))
    this.drained()
  }

  #fail(error: ByteString): void {
    const entries = this.#entries
    this.#entries = []
    for (const [index, { due, count }] of entries.entries()) {
      if (index === 0 && this.scanner.isInside && this.#isPart) due.replies.owner.broken()
      due.replies.deliver(due, error.repeat(count), count)
    }
  }

  protected override distribute(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const first = this.#entries[0]
      if (first === undefined) throw new Error('nobody had asked for it')
      const from = at
      let count = 0
      // All that has come for this client, up to the end of what is due to it here, goes to it in one piece.
      while (at < bytes.length && count < first.count) {
        // What a server says without being asked is nobody's reply.
        if (!this.scanner.isInside && bytes[at] === GREATER)
          throw new Error('a push came where none was to be expected')
        const end = this.scanner.scan(bytes, at, bytes.length)
        if (end === -1) at = bytes.length
        else {
          at = end
          count++
        }
      }
      this.#isPart = this.scanner.isInside
      first.count -= count
      if (first.count === 0) this.#entries.shift()
      first.due.replies.deliver(first.due, bytes.latin1Slice(from, at), count)
      // One that fills a whole read and more is large.
      if (this.#isPart && count === 0 && from === 0) first.due.replies.owner.receivesMuch(at)
    }
  }
}

const GREATER = 62
