import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { parseFrame, type RawReply } from '../resp/reply-reader.js'
import { WireWriter } from '../resp/wire-writer.js'
import type { Endpoint } from '../upstream/address.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { noAnswerWithin } from '../upstream/deadline.js'
import { writeRaw } from '../upstream/raw-reply.js'
import { redirectionOf } from '../upstream/redirection.js'
import { NO_SLOT, slotOf } from '../upstream/slot.js'
import type { Upstream } from '../upstream/upstream.js'
import { Course, Subjects } from './course.js'
import type { LaneId } from './lanes.js'
import { Replies, unknownOutcome } from './replies.js'
import { RoutedCommand, RoutedLane, type RoutedLaneOwner } from './routed-lane.js'
import { answerOfMany, isForMany } from './spanning.js'

/** The lanes of a user, version of the protocol and database to the servers of a Cluster, or to the primary that Sentinels know. */
export class Router implements RoutedLaneOwner {
  readonly upstream: Upstream
  readonly #id: LaneId
  readonly #lanes = new Map<string, RoutedLane>()
  readonly #attempts = new WeakMap<RoutedLane, Promise<void>>()
  readonly #courses = new WeakMap<Replies, Course>()
  readonly #waitingForDrain: (() => void)[] = []
  #count = 0
  isUntrusted = false
  #isClosed = false

  constructor(upstream: Upstream, id: LaneId) {
    this.upstream = upstream
    this.#id = id
  }

  get protocol(): 2 | 3 {
    return this.#id.protocol
  }

  /** Connects to a server. Throws the error with which it refused. */
  async ready(): Promise<void> {
    const lane = this.#laneTo(homeOf(this.upstream))
    await this.#attempts.get(lane)
  }

  /**
   * Sends a command to the server in charge.
   *
   * @param argv of which the words that tell the hash slot are looked at
   * @returns false when it is for several servers: `askAll` does that, when all that came before has been answered
   */
  route(argv: readonly ByteString[], text: ByteString, command: ServerCommand, replies: Replies): boolean {
    const keys = command.placesOf(argv)
    const [first] = keys
    const isCluster = this.upstream.address.kind === 'cluster'
    if (first === undefined && isCluster && isForMany(command)) return false
    const slot = first === undefined || !isCluster ? NO_SLOT : slotOf(first)
    const areAll = first !== undefined && !command.has('movablekeys')
    this.#start({ text, slot, keys: areAll ? keys : undefined, at: undefined }, replies)
    return true
  }

  /** Sends a command for which nobody else waits to any server, and gives the reply as it came. */
  ask(text: ByteString): Promise<Buffer> {
    return captured(replies => this.#start({ text, slot: NO_SLOT, keys: undefined, at: undefined }, replies))
  }

  /** Sends a command to the server in charge, or to all whose part of the data it is about, and gives the reply as it came, or RESP. */
  async askAll(argv: readonly ByteString[], text: ByteString, command: ServerCommand | undefined): Promise<Buffer> {
    if (command === undefined) return this.ask(text)
    let isForOne = true
    const reply = captured(replies => {
      isForOne = this.route(argv, text, command, replies)
    })
    if (isForOne) return reply
    const writer = new WireWriter(() => {})
    writer.protocol = this.#id.protocol
    writeRaw(await answerOfMany(this, argv, command), writer)
    return Buffer.from(writer.take().join(''), 'latin1')
  }

  /** Sends a command to one server, and gives the reply. */
  async askAt(endpoint: Endpoint, argv: readonly ByteString[]): Promise<RawReply> {
    const text = encodeCommand(argv)
    const bytes = await captured(replies => {
      this.#start({ text, slot: NO_SLOT, keys: undefined, at: endpoint }, replies)
    })
    return parseFrame(bytes)
  }

  /** Whether a client has written more than one of the servers takes; `then` is called when it has taken it. */
  isFull(replies: Replies, then: () => void): boolean {
    if (replies.isEmpty || this.#courses.get(replies)?.isHeldUp !== true) return false
    this.#waitingForDrain.push(then)
    return true
  }

  drained(): void {
    for (const then of this.#waitingForDrain.splice(0)) then()
  }

  check(timeout: number, now: number): void {
    const { topology } = this.upstream
    for (const lane of [...this.#lanes.values()]) {
      if (lane.isStuck(timeout, now)) {
        this.upstream.noteSilence(lane.endpoint)
        lane.end(noAnswerWithin(timeout))
      } else if (lane.isIdle && !topology.knows(lane.endpoint))
        lane.end("the server is none of the upstream's any more")
    }
  }

  close(why: string): void {
    this.#isClosed = true
    for (const lane of [...this.#lanes.values()]) lane.end(why)
  }

  answered(command: RoutedCommand): void {
    command.state = 'done'
    this.#hasReturned(command)
  }

  refused(command: RoutedCommand, error: ReplyError, { endpoint }: RoutedLane): boolean {
    const { topology, address } = this.upstream
    const redirection = redirectionOf(error, address.kind, endpoint)
    if (redirection === undefined) return false
    const { kind, to, slot } = redirection
    topology.refresh().catch(() => {})
    const mayHop = to !== undefined && topology.knows(to) && command.hops < MOST_HOPS
    if (kind === 'wait' || !mayHop) this.#postpone(command)
    else {
      command.hops++
      if (kind === 'ask') command.asked = to
      else if (slot !== undefined) topology.moved(slot, to)
    }
    this.#wait(command, redirection.toError())
    this.#hasReturned(command)
    return true
  }

  notSent(commands: readonly RoutedCommand[], why: string, lane: RoutedLane): void {
    this.#forget(lane)
    const error = new ReplyError(`UPSTREAMDOWN ${why}`)
    for (const command of commands) {
      this.#postpone(command)
      this.#wait(command, error)
    }
    for (const command of commands) this.#hasReturned(command)
  }

  lost(commands: readonly RoutedCommand[], why: string, lane: RoutedLane): void {
    this.#forget(lane)
    const error = unknownOutcome(why, lane.endpoint.name)
    for (const command of commands) {
      this.answered(command)
      command.due.replies.deliver(command.due, error, 1)
    }
  }

  #start(what: Pick<RoutedCommand, 'text' | 'slot' | 'keys' | 'at'>, replies: Replies): void {
    let course = this.#courses.get(replies)
    if (course === undefined) {
      course = new Course()
      this.#courses.set(replies, course)
    }
    if (replies.isEmpty) course.clear()
    const command = new RoutedCommand(what, this.#count++, course, replies)
    try {
      const lane = this.#laneFor(command)
      if (course.mayGo(command, lane)) {
        this.#send(command, lane)
        return
      }
    } catch (error) {
      this.#postpone(command)
      command.refusal = asReplyError(error)
    }
    // What its predecessors come to has to be seen first.
    this.#wait(command, command.refusal)
    if (course.sent === 0) this.#resume(course)
  }

  #laneFor({ at, asked, slot }: RoutedCommand): RoutedLane {
    const { topology } = this.upstream
    return this.#laneTo(at ?? asked ?? (slot === NO_SLOT ? homeOf(this.upstream) : topology.endpointFor(slot)))
  }

  #send(command: RoutedCommand, lane: RoutedLane): void {
    const isAsking = command.asked !== undefined
    command.asked = undefined
    command.state = 'sent'
    command.course.goes(command, lane)
    lane.send(command, isAsking)
  }

  #wait(command: RoutedCommand, refusal: ReplyError | undefined): void {
    command.refusal = refusal
    command.course.waits(command)
    // What the client sends from now on must not overtake this.
    command.due.replies.owner.redirected()
  }

  /** In a while more may be known. */
  #postpone(command: RoutedCommand): void {
    command.hops = 0
    command.asked = undefined
    command.notBefore = performance.now() + SHORTEST_WAIT + Math.random() * (LONGEST_WAIT - SHORTEST_WAIT)
  }

  /** A server has a command no longer. */
  #hasReturned(command: RoutedCommand): void {
    const { course } = command
    if (command.state !== 'done') command.state = 'waiting'
    course.sent--
    if (course.sent === 0 && course.waiting.length > 0) this.#resume(course)
  }

  /** Nothing is under way: sends what waits, in order, and no two that are about the same keys to different servers at the same time. */
  #resume(course: Course): void {
    const { waiting } = course
    const now = performance.now()
    const overtaken = course.overtaken(waiting[0]!.andLater())
    const dropped: RoutedCommand[] = []
    const behind = new Subjects()
    const gone = new Map<RoutedLane, Subjects>()
    let next = Number.POSITIVE_INFINITY
    course.waiting = []
    for (const command of waiting) {
      if (overtaken.has(command) || !this.#mayGoOn(command, now)) dropped.push(command)
      else if (!behind.touch(command) && now >= command.notBefore && this.#resend(command, gone)) continue
      else {
        if (!behind.touch(command)) next = Math.min(next, command.notBefore)
        behind.add(command)
        course.waiting.push(command)
      }
    }
    if (course.sent === 0 && course.waiting.length > 0) this.#resumeLater(course, next - now)
    // The client may go on when the last of them is answered.
    for (const command of dropped) {
      command.state = 'dropped'
      const message = command.refusal?.message ?? 'TRYAGAIN what was sent before it could not be carried out'
      command.due.replies.deliver(command.due, errorFrame(overtaken.has(command) ? OVERTAKEN : message), 1)
    }
  }

  /** @returns whether it could be sent */
  #resend(command: RoutedCommand, gone: Map<RoutedLane, Subjects>): boolean {
    let lane: RoutedLane
    try {
      lane = this.#laneFor(command)
    } catch (error) {
      this.#postpone(command)
      command.refusal = asReplyError(error)
      return false
    }
    for (const [other, subjects] of gone) if (other !== lane && subjects.touch(command)) return false
    let subjects = gone.get(lane)
    if (subjects === undefined) {
      subjects = new Subjects()
      gone.set(lane, subjects)
    }
    subjects.add(command)
    this.#send(command, lane)
    return true
  }

  #resumeLater(course: Course, wait: number): void {
    if (course.isTimed) return
    course.isTimed = true
    const resume = (): void => {
      course.isTimed = false
      if (course.sent === 0 && course.waiting.length > 0) this.#resume(course)
    }
    setTimeout(() => this.upstream.topology.refresh().then(resume, resume), Math.max(1, wait))
  }

  #laneTo(endpoint: Endpoint): RoutedLane {
    let lane = this.#lanes.get(endpoint.name)
    if (lane?.isUsable !== true) {
      lane = this.#open(endpoint)
      this.#lanes.set(endpoint.name, lane)
    }
    return lane
  }

  #open(endpoint: Endpoint): RoutedLane {
    const lane = new RoutedLane(endpoint, this)
    const attempt = this.upstream.connect(endpoint, { ...this.#id, mayBeUntrusted: true }).then(
      connection => {
        this.isUntrusted = connection.isUntrusted
        lane.connected(connection.release())
      },
      (error: unknown) => {
        lane.end(error instanceof Error ? error.message.replace(/^ERR /, '') : String(error))
        throw error
      },
    )
    attempt.catch(() => {})
    this.#attempts.set(lane, attempt)
    return lane
  }

  #forget(lane: RoutedLane): void {
    if (this.#lanes.get(lane.endpoint.name) === lane) this.#lanes.delete(lane.endpoint.name)
    if (!this.#isClosed) this.upstream.topology.refresh().catch(() => {})
  }

  #waitingSince({ at, slot, due }: RoutedCommand): number {
    const { troubles, topology } = this.upstream
    const { receivedAt } = due.replies.owner
    try {
      const endpoint = at ?? (slot === NO_SLOT ? homeOf(this.upstream) : topology.endpointFor(slot))
      return troubles.waitingSince(receivedAt, slot, endpoint.name)
    } catch {
      // Nobody is known to be in charge.
      return troubles.waitingSince(receivedAt, slot)
    }
  }

  /** Whether there is time left for a command that has been refused. */
  #mayGoOn(command: RoutedCommand, now: number): boolean {
    command.waitingSince ??= this.#waitingSince(command)
    return !this.#isClosed && now - command.waitingSince < this.upstream.limits.timeout
  }
}

/** The server that does what any could do: it is the same for all, so that they find there what others have left. */
export function homeOf({ address, topology }: Upstream): Endpoint {
  const [first] = address.kind === 'cluster' ? topology.primaries() : []
  return first ?? topology.endpointFor()
}

/** The reply to what is sent by a function, as it came. */
function captured(send: (replies: Replies) => void): Promise<Buffer> {
  return new Promise(resolve => {
    let bytes: ByteString = ''
    send(
      new Replies({
        receivedAt: performance.now(),
        write: part => {
          bytes += part
        },
        drained: () => resolve(Buffer.from(bytes === '' ? BROKEN : bytes, 'latin1')),
        broken: () => {
          bytes = ''
        },
        receivesMuch() {},
        redirected() {},
      }),
    )
  })
}

function asReplyError(error: unknown): ReplyError {
  return error instanceof ReplyError ? error : new ReplyError(`ERR ${error instanceof Error ? error.message : error}`)
}

function errorFrame(message: ByteString): ByteString {
  return `-${message.replace(/[\r\n]/g, ' ')}\r\n`
}

const BROKEN = '-UNKNOWNOUTCOME the connection was lost while the reply came\r\n'
const OVERTAKEN =
  'TRYAGAIN the keys were being moved, and what was sent behind this has been carried out before it could be: it has not been'
/** How often servers may send a command on without its waiting. */
const MOST_HOPS = 5
/** Milliseconds before a command is tried again that no server wanted. */
const SHORTEST_WAIT = 10
const LONGEST_WAIT = 60
