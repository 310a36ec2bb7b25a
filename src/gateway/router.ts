import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { parseFrame, type RawReply } from '../resp/reply-reader.js'
import { WireWriter } from '../resp/wire-writer.js'
import type { Endpoint } from '../upstream/address.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { writeRaw } from '../upstream/raw-reply.js'
import { redirectionOf } from '../upstream/redirection.js'
import { slotOf } from '../upstream/slot.js'
import { mergeReplies, spansNodes } from '../upstream/spanning.js'
import type { Upstream } from '../upstream/upstream.js'
import type { LaneId } from './lanes.js'
import { type Due, Replies } from './replies.js'
import { type RoutedCommand, RoutedLane, type RoutedLaneOwner } from './routed-lane.js'
import { randomKey, scan } from './spanning.js'

/** The lanes of a user, version of the protocol and database to the servers of a Cluster, or to the primary that Sentinels know. */
export class Router implements RoutedLaneOwner {
  readonly upstream: Upstream
  readonly #id: LaneId
  readonly #lanes = new Map<string, RoutedLane>()
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
    const lane = this.#laneTo(this.upstream.topology.endpointFor())
    await this.#attempts.get(lane)
  }

  /**
   * Sends a command to the server in charge, or to all whose part of the data it is about.
   *
   * @param argv of which the words that tell the hash slot are looked at
   */
  route(argv: readonly ByteString[], text: ByteString, command: ServerCommand, replies: Replies): void {
    const slot = this.slotOf(argv, command)
    if (slot === undefined && this.upstream.address.kind === 'cluster') {
      const many = this.#answerOfMany(argv, command)
      if (many !== undefined) {
        const due = replies.add(many, 1)
        due.isOpen = false
        many.then(
          bytes => replies.deliver(due, bytes, 1),
          (error: unknown) => replies.deliver(due, errorFrame(error), 1),
        )
        return
      }
    }
    const routed: RoutedCommand = { text, slot, due: replies.add({}, 1), refusedAt: undefined, hops: 0 }
    routed.due.isOpen = false
    routed.due.slot = slot
    this.#send(routed)
  }

  /** The hash slot of a command; undefined when it names none. */
  slotOf(argv: readonly ByteString[], command: ServerCommand | undefined): number | undefined {
    if (this.upstream.address.kind !== 'cluster') return undefined
    const [first] = command?.placesOf(argv) ?? []
    return first === undefined ? undefined : slotOf(first)
  }

  /** Sends a command for which nobody else waits to the server in charge, and gives the reply as it came. */
  ask(text: ByteString, slot?: number): Promise<Buffer> {
    return captured(replies => this.#send({ text, slot, due: replies.add({}, 1), refusedAt: undefined, hops: 0 }))
  }

  /** Sends a command to the server in charge, or to all whose part of the data it is about, and gives the reply as it came, or RESP. */
  askAll(argv: readonly ByteString[], text: ByteString, command: ServerCommand | undefined): Promise<Buffer> {
    if (command === undefined) return this.ask(text)
    return captured(replies => this.route(argv, text, command, replies))
  }

  /** Sends a command to one server, and gives the reply. */
  async askAt(endpoint: Endpoint, argv: readonly ByteString[]): Promise<RawReply> {
    const bytes = await captured(replies => {
      const due = replies.add({}, 1)
      this.#send({ text: encodeCommand(argv), slot: undefined, due, at: endpoint, refusedAt: undefined, hops: 0 })
    })
    return parseFrame(bytes)
  }

  check(timeout: number, now: number): void {
    for (const lane of [...this.#lanes.values()]) {
      if (lane.isStuck(timeout, now)) lane.end(`the server did not answer within ${timeout} ms`)
    }
  }

  close(why: string): void {
    this.#isClosed = true
    for (const lane of [...this.#lanes.values()]) lane.end(why)
  }

  refused(command: RoutedCommand, error: ReplyError, { endpoint }: RoutedLane): boolean {
    const { topology, address } = this.upstream
    const redirection = redirectionOf(error, address.kind, endpoint)
    if (redirection === undefined || !this.#mayGoOn(command)) return false
    const { kind, to, slot } = redirection
    // What the client sends from now on must not overtake this.
    command.due.replies.owner.redirected()
    topology.refresh().catch(() => {})
    if (kind === 'wait' || to === undefined || !topology.knows(to) || command.hops >= MOST_HOPS) {
      // What came behind it may have been carried out, on the same keys. Then only the client can say what is to be done.
      if (kind === 'wait' && isFollowed(command.due)) return false
      this.#later(command)
      return true
    }
    command.hops++
    if (kind === 'moved' && slot !== undefined) topology.moved(slot, to)
    this.#laneTo(to).send(command, kind === 'ask')
    return true
  }

  notSent(commands: readonly RoutedCommand[], why: string, lane: RoutedLane): void {
    this.#forget(lane)
    for (const command of commands) {
      command.due.replies.owner.redirected()
      if (this.#mayGoOn(command)) this.#later(command)
      else this.#fail(command, `-UPSTREAMDOWN ${why}\r\n`)
    }
  }

  lost(commands: readonly RoutedCommand[], why: string, lane: RoutedLane): void {
    this.#forget(lane)
    const { name } = lane.endpoint
    const error = `-UNKNOWNOUTCOME the command had been sent to ${name} when ${why}: it may have been carried out, or not\r\n`
    for (const command of commands) this.#fail(command, error)
  }

  readonly #attempts = new WeakMap<RoutedLane, Promise<void>>()

  #send(command: RoutedCommand): void {
    let endpoint: Endpoint
    try {
      endpoint = command.at ?? this.upstream.topology.endpointFor(command.slot)
    } catch (error) {
      if (this.#mayGoOn(command)) this.#later(command)
      else this.#fail(command, errorFrame(error))
      return
    }
    this.#laneTo(endpoint).send(command)
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

  /** Whether there is time left for a command that has been refused. */
  #mayGoOn(command: RoutedCommand): boolean {
    const now = performance.now()
    command.refusedAt ??= now
    return !this.#isClosed && now - command.refusedAt < this.upstream.limits.timeout
  }

  /** Tries a command again in a while, when more may be known. */
  #later(command: RoutedCommand): void {
    const wait = SHORTEST_WAIT + Math.random() * (LONGEST_WAIT - SHORTEST_WAIT)
    setTimeout(() => {
      command.hops = 0
      this.upstream.topology.refresh().then(
        () => this.#send(command),
        () => this.#send(command),
      )
    }, wait)
  }

  #fail(command: RoutedCommand, error: ByteString): void {
    command.due.replies.deliver(command.due, error, 1)
  }

  /** The reply to a command that spans servers, as RESP; undefined for one that does not. */
  #answerOfMany(argv: readonly ByteString[], command: ServerCommand): Promise<ByteString> | undefined {
    if (command.fullName === 'scan') return this.#encoded(scan(this, argv))
    if (command.fullName === 'randomkey') return this.#encoded(randomKey(this))
    if (!spansNodes(command)) return undefined
    const all = this.upstream.topology.primaries().map(endpoint => this.askAt(endpoint, argv))
    return this.#encoded(Promise.all(all).then(replies => mergeReplies(command, replies)))
  }

  async #encoded(reply: Promise<RawReply>): Promise<ByteString> {
    const writer = new WireWriter(() => {})
    writer.protocol = this.#id.protocol
    writeRaw(await reply, writer)
    return writer.take().join('')
  }
}

/** Whether the client has sent something behind a command that may be about the same keys. */
function isFollowed(due: Due): boolean {
  for (let next = due.next; next !== undefined; next = next.next) if (next.slot === due.slot) return true
  return false
}

/** The reply to what is sent by a function, as it came. */
function captured(send: (replies: Replies) => void): Promise<Buffer> {
  return new Promise(resolve => {
    let bytes: ByteString = ''
    send(
      new Replies({
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

function errorFrame(error: unknown): ByteString {
  const message = error instanceof Error ? error.message : String(error)
  return `-${error instanceof ReplyError ? '' : 'ERR '}${message.replace(/[\r\n]/g, ' ')}\r\n`
}

const BROKEN = '-UNKNOWNOUTCOME the connection was lost while the reply came\r\n'
/** How often servers may send a command on without its waiting. */
const MOST_HOPS = 5
/** Milliseconds before a command is tried again that no server wanted. */
const SHORTEST_WAIT = 10
const LONGEST_WAIT = 60
