import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { parseFrame } from '../resp/reply-reader.js'
import type { Endpoint } from '../upstream/address.js'
import type { Course } from './course.js'
import { LaneLink } from './lane-link.js'
import type { Due, Replies } from './replies.js'

/** A command that may have to be sent more than once, until it gets to the server that is in charge. */
export class RoutedCommand {
  /** As it came. */
  readonly text: ByteString
  /** The hash slot of its keys; NO_SLOT when any server will do. */
  readonly slot: number
  /** Its keys; undefined when it may be about anything in its slot. */
  readonly keys: readonly ByteString[] | undefined
  /** The server that it is for, whoever is in charge. */
  readonly at: Endpoint | undefined
  readonly course: Course
  readonly due: Due
  /** In the order in which they came. */
  readonly number: number
  /** `sent`: a server has it. `done`: it has been carried out, or may have been. `dropped`: it will not be. */
  state: 'waiting' | 'sent' | 'done' | 'dropped' = 'waiting'
  /** From when on it counts how long it waits, if it has been refused; monotonic milliseconds. */
  waitingSince: number | undefined
  /** Why it was refused last. */
  refusal: ReplyError | undefined
  /** Not to be sent before; monotonic milliseconds. */
  notBefore = 0
  /** Who is to be asked this once. */
  asked: Endpoint | undefined
  /** How often it has been sent on at once. */
  hops = 0

  constructor(
    { text, slot, keys, at }: Pick<RoutedCommand, 'text' | 'slot' | 'keys' | 'at'>,
    number: number,
    course: Course,
    replies: Replies,
  ) {
    this.text = text
    this.slot = slot
    this.keys = keys
    this.at = at
    this.number = number
    this.course = course
    this.due = replies.add(this, 1)
    this.due.isOpen = false
  }

  /** Itself and all that its client has sent behind it. */
  andLater(): RoutedCommand[] {
    const all: RoutedCommand[] = []
    for (let due: Due | undefined = this.due; due !== undefined; due = due.next) {
      if (due.source instanceof RoutedCommand) all.push(due.source)
    }
    return all
  }
}

/** What happens to commands that a lane could not get answered. */
export interface RoutedLaneOwner {
  /** A command has been answered: the reply is delivered next. */
  answered(command: RoutedCommand): void
  /**
   * A server has answered with an error.
   *
   * @returns whether it has been seen to, since the command has not been carried out; if not, the error is the reply
   */
  refused(command: RoutedCommand, error: ReplyError, lane: RoutedLane): boolean
  /** The server has taken all that had been written, or the lane is no more. */
  drained(): void
  /** The connection could not be made: none of these has been sent. */
  notSent(commands: readonly RoutedCommand[], why: string, lane: RoutedLane): void
  /** The connection has been lost: whether these have been carried out is not known. */
  lost(commands: readonly RoutedCommand[], why: string, lane: RoutedLane): void
}

interface Entry {
  readonly command: RoutedCommand
  /** The reply of ASKING comes first. */
  isAsking: boolean
}

/** A lane to one of several servers, which may say that another one is in charge. */
export class RoutedLane extends LaneLink {
  readonly endpoint: Endpoint
  readonly #owner: RoutedLaneOwner
  #entries: Entry[] = []
  #isLost = false
  /** What has come of an error. */
  #error: Buffer[] = []
  #isPart = false

  constructor(endpoint: Endpoint, owner: RoutedLaneOwner) {
    super()
    this.endpoint = endpoint
    this.#owner = owner
  }

  override get isUsable(): boolean {
    return !this.#isLost
  }

  override get isIdle(): boolean {
    return this.#entries.length === 0
  }

  /** Whether more has been written than the server takes; the owner is told when it has taken it. */
  get isFull(): boolean {
    return this.isBackedUp
  }

  send(command: RoutedCommand, isAsking = false): void {
    if (this.isIdle) this.begin()
    this.#entries.push({ command, isAsking })
    this.write(isAsking ? ASKING + command.text : command.text)
  }

  override drained(): void {
    this.#owner.drained()
  }

  override end(why: string): void {
    if (this.#isLost) return
    this.#isLost = true
    const wasConnected = this.isConnected
    this.destroy()
    const entries = this.#entries
    this.#entries = []
    if (this.#isPart) {
      const first = entries.shift()
      first?.command.due.replies.owner.broken()
      if (first !== undefined) {
        this.#owner.answered(first.command)
        first.command.due.replies.deliver(first.command.due, '', 1)
      }
    }
    const commands = entries.map(({ command }) => command)
    if (wasConnected) this.#owner.lost(commands, why, this)
    else this.#owner.notSent(commands, why, this)
    this.#owner.drained()
  }

  protected override distribute(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const first = this.#entries[0]
      if (first === undefined) throw new Error('nobody had asked for it')
      const from = at
      const isNew = !this.scanner.isInside
      if (isNew && bytes[at] === GREATER) throw new Error('a push came where none was to be expected')
      const end = this.scanner.scan(bytes, at, bytes.length)
      at = end === -1 ? bytes.length : end
      const { command, isAsking } = first
      if (isAsking || this.scanner.type === MINUS) {
        this.#error.push(Buffer.from(bytes.subarray(from, at)))
        if (end === -1) return
        const frame = Buffer.concat(this.#error.splice(0))
        if (isAsking) first.isAsking = false
        else {
          this.#entries.shift()
          this.#refused(command, frame)
        }
        continue
      }
      this.#isPart = end === -1
      if (end !== -1) {
        this.#entries.shift()
        this.#owner.answered(command)
      }
      const { due } = command
      due.replies.deliver(due, bytes.latin1Slice(from, at), end === -1 ? 0 : 1)
      if (end === -1 && from === 0) due.replies.owner.receivesMuch(at)
    }
  }

  #refused(command: RoutedCommand, frame: Buffer): void {
    const error = parseFrame(frame)
    if (error instanceof ReplyError && this.#owner.refused(command, error, this)) return
    this.#owner.answered(command)
    command.due.replies.deliver(command.due, frame.latin1Slice(), 1)
  }
}

const ASKING = '*1\r\n$6\r\nASKING\r\n'
const MINUS = 45
const GREATER = 62
