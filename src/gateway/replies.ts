import type { ByteString } from '../bytes/bytes.js'

/** Who takes the replies of a queue. */
export interface RepliesOwner {
  /** When the last of what it has sent came; monotonic milliseconds. */
  readonly receivedAt: number
  /** RESP, of whole replies or a part of one. */
  write(bytes: ByteString): void
  /** All replies that were due have been written. */
  drained(): void
  /** A reply has come in part and cannot come to its end: the client can be told nothing more. */
  broken(): void
  /** A part of a reply has come, of so many bytes: the reply did not fit into one read. */
  receivesMuch(bytes: number): void
  /** A command is to be carried out by another server than the one that it was sent to, or later. */
  redirected(): void
}

/**
 * The replies that a client waits for, in the order of its commands. They may come from several servers; what comes before its turn is
 * kept until then.
 */
export class Replies {
  readonly owner: RepliesOwner
  #first: Due | undefined
  #last: Due | undefined

  constructor(owner: RepliesOwner) {
    this.owner = owner
  }

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  /** Makes a place for so many replies of one source, behind all others. */
  add(source: object, count: number): Due {
    const last = this.#last
    if (last !== undefined && last.source === source && last.isOpen) {
      last.left += count
      return last
    }
    const due = new Due(this, source, count)
    if (last === undefined) this.#first = due
    else last.next = due
    this.#last = due
    return due
  }

  /** Bytes for a place; `count` replies end with them. */
  deliver(due: Due, bytes: ByteString, count: number): void {
    due.left -= count
    if (due !== this.#first) {
      due.held += bytes
      return
    }
    if (bytes !== '') this.owner.write(bytes)
    if (due.left > 0) return
    let next = due.next
    while (next !== undefined) {
      if (next.held !== '') {
        this.owner.write(next.held)
        next.held = ''
      }
      if (next.left > 0) break
      next = next.next
    }
    this.#first = next
    if (next !== undefined) return
    this.#last = undefined
    this.owner.drained()
  }
}

/** A place for replies of one source. */
export class Due {
  /** What has come before its turn. */
  held: ByteString = ''
  next: Due | undefined
  /** Whether more replies of the same source may take their place here. */
  isOpen = true

  constructor(
    readonly replies: Replies,
    readonly source: object,
    /** Replies that have not come to their end. */
    public left: number,
  ) {}
}

/**
 * The error, as RESP, for a command that was sent and has not been answered.
 *
 * @param why a clause: `the connection was lost`
 * @param server where it was sent to, if there are several
 */
export function unknownOutcome(why: string, server?: string): ByteString {
  const to = server === undefined ? '' : ` to ${server}`
  return `-UNKNOWNOUTCOME the command had been sent${to} when ${why}: it may have been carried out, or not\r\n`
}
