import type { Socket } from 'node:net'
import type { ByteString } from '../bytes/bytes.js'
import { parseFrame, type RawReply } from '../resp/reply-reader.js'
import { RequestReader } from '../resp/request-reader.js'
import { ClientSocket } from '../server/client-socket.js'
import { type Login, NO_LOGIN } from '../upstream/address.js'
import type { ServerCommand } from '../upstream/command-info.js'
import type { Session } from '../upstream/session.js'
import type { Gateway } from './gateway.js'
import type { Lane } from './lane.js'
import type { LaneId, LaneSet } from './lanes.js'
import { runLocal } from './local.js'
import type { Effect, Loss } from './own.js'
import { OwnCluster } from './own-cluster.js'
import { modeOf, type OwnCall, OwnConnection, type OwnConnections } from './own-connections.js'
import { Replies, type RepliesOwner, unknownOutcome } from './replies.js'
import type { Route } from './routes.js'
import { endChangingMulti, runSpecial } from './special.js'

/**
 * A client of the gateway. Its commands go on to the upstream as they come: on lanes that clients share, as long as that makes no difference
 * to it, and on connections of its own from the first command on for which it does. What belongs to a module runs here, when all that
 * came before it has been answered.
 */
export class GatewayConnection extends ClientSocket implements RepliesOwner {
  readonly gateway: Gateway
  readonly requests: RequestReader
  readonly replies = new Replies(this)
  /** When it last sent something; monotonic milliseconds. */
  receivedAt = 0
  /** Set once it has connections of its own: it keeps them then. */
  own: OwnConnections | undefined
  #lanes: LaneSet
  /** The command that is being done: those behind it wait. */
  #held = false
  #whenDrained: (() => void) | undefined
  /** Commands that have been taken and go out together: where they begin in the reader's bytes, and on which lane. */
  #run: { lane: Lane; bytes: Buffer; start: number; end: number; count: number } | undefined
  /** Replies that are due on lanes. */
  #due = 0
  #wantsOwn = false
  #isPaused = false
  #hasEnded = false
  #afterMulti: Partial<LaneId> | undefined
  /** CLIENT REPLY OFF: commands are not answered. */
  #isOff = false
  /** CLIENT REPLY SKIP: the next command is not answered, or it is that command's turn. */
  #skip: 'no' | 'next' | 'this' = 'no'
  /** Whether it has been seen to whether the client is let in without having authenticated. */
  #isAdmitted: boolean
  /** It is not: it may send no more than it takes to authenticate. */
  #isRefused = false

  constructor(socket: Socket, gateway: Gateway, unixPath?: string) {
    super(socket, gateway.server, unixPath)
    this.gateway = gateway
    this.client.authenticated = true
    this.#lanes = gateway.lanes.enter(gateway.initialLanes)
    this.#isAdmitted = this.login !== NO_LOGIN
    this.#isRefused = this.gateway.admission.asksPassword
    this.requests = new RequestReader({ maxBulkLength: this.maxBulkLength, trusted: () => !this.isStranger })
    socket.on('drain', () => this.#flow())
  }

  get lanes(): LaneSet {
    return this.#lanes
  }

  get login(): Login {
    return this.#lanes.id.login
  }

  get protocol(): 2 | 3 {
    return this.#lanes.id.protocol
  }

  /** In whose name, and in which database, modules' commands run for it. */
  get session(): Session {
    return this.gateway.upstream.session(this.login, this.#lanes.id.database)
  }

  get bufferedInput(): number {
    return this.requests.buffered
  }

  receive(bytes: Buffer): void {
    const { client } = this
    const { engine } = this.gateway
    if (client.closing) return
    this.receivedAt = performance.now()
    engine.stats.inputBytes += bytes.length
    engine.tick()
    client.lastInteraction = engine.keyspace.now
    if (this.own?.isStreaming === true) {
      try {
        bytes = bytes.subarray(this.own.streamed(bytes))
      } catch (error) {
        // The server has a part of the command, and can be told nothing more.
        this.dropOwn()
        this.refuse(error)
        return
      }
      if (bytes.length === 0) {
        this.#flow()
        return
      }
    }
    this.requests.push(bytes)
    this.#work()
    const limit = engine.config.values['client-query-buffer-limit']
    if (this.requests.buffered > limit) {
      engine.log.warning(`Closing client ${this.address} that reached max query buffer length (${limit} bytes).`)
      this.destroy()
    }
  }

  /** The longest word that a client may send, in bytes. */
  readonly maxBulkLength = (): number => this.gateway.engine.config.values['proto-max-bulk-len']

  /** Whether the client has not authenticated where that is wanted. */
  get isStranger(): boolean {
    return this.#isRefused && this.login === NO_LOGIN
  }

  /** What the server has replied to this client. */
  write(bytes: ByteString): void {
    if (this.client.closing) return
    this.writer.raw(bytes)
    if (this.writer.pending > FLUSH_AT) this.flush()
  }

  override flush(): void {
    super.flush()
    this.#flow()
  }

  /** All that was sent has been answered. */
  drained(): void {
    this.#due = 0
    if (!this.isIdle) return
    const then = this.#whenDrained
    this.#whenDrained = undefined
    if (then !== undefined) then()
    else if (this.#hasEnded && !this.#held) this.closeAfterReply()
  }

  broken(): void {
    this.destroy()
  }

  receivesMuch(bytes: number): void {
    if (bytes >= LARGE_READ) this.#wantsOwn = true
  }

  redirected(): void {
    if (!this.#held) this.hold(() => {})
  }

  /** Whether nothing that it sent is unanswered. */
  get isIdle(): boolean {
    return this.replies.isEmpty && this.own?.isIdle !== false
  }

  /** CLIENT REPLY */
  setReplies(mode: 'on' | 'off' | 'skip'): void {
    if (mode === 'skip') {
      if (!this.#isOff) this.#skip = 'next'
      return
    }
    this.#isOff = mode === 'off'
    if (mode === 'on') this.#skip = 'no'
    this.client.reply.muted = this.#isOff
  }

  /** The client begins anew, as when it connected. */
  begin(): void {
    this.dropOwn()
    this.client.reset()
    this.setReplies('on')
    this.enter(this.gateway.lanes.enter(this.gateway.initialLanes))
    this.#isAdmitted = this.login !== NO_LOGIN
    this.#isRefused = this.gateway.admission.asksPassword
  }

  /** Does something while what the client sends waits: first, when all has been answered that it sent before. */
  hold(task: () => Promise<void> | void): void {
    this.#send()
    this.#held = true
    this.afterDrain(async () => {
      try {
        await task()
      } catch (error) {
        this.client.reply.error(this.gateway.explain(error))
      }
      if (!this.client.waiting) this.#release()
    })
  }

  /** Calls back when all has been answered; at once if it has been. Only while what the client sends waits. */
  afterDrain(then: () => void): void {
    if (this.isIdle) then()
    else this.#whenDrained = then
  }

  /**
   * Sends a command on whatever connection the client uses, and gives the reply as it came. Only while nothing is due.
   *
   * @throws Error when a connection of its own is no more
   */
  async ask(text: ByteString): Promise<{ bytes: Buffer; reply: RawReply }> {
    const bytes = await (this.own === undefined ? this.#lanes.ask(text) : this.own.ask(text))
    return { bytes, reply: parseFrame(bytes) }
  }

  /**
   * The same for a command that leaves nothing behind, wherever the client's own connections are; in front of a Cluster, by all servers whose
   * part it is about.
   */
  async askAnywhere(call: { text: ByteString; argv: readonly ByteString[]; command: ServerCommand | undefined }) {
    if (!this.gateway.isCluster) return this.ask(call.text)
    const bytes = await this.#lanes.askAll(call.argv, call.text, call.command)
    return { bytes, reply: parseFrame(bytes) }
  }

  /** Puts the client onto the lanes of another user, protocol or database. */
  enter(lanes: LaneSet): void {
    this.gateway.lanes.leave(this.#lanes)
    this.#lanes = lanes
    this.client.reply.protocol = lanes.id.protocol
  }

  /** Gives the client connections of its own, and connects them. Throws a ReplyError when that is not possible. */
  async takeOwn(): Promise<OwnConnections> {
    const own = this.own ?? (this.gateway.isCluster ? new OwnCluster(this) : new OwnConnection(this))
    await own.ready()
    this.own = own
    return own
  }

  /** Takes them away again: what they knew is forgotten. */
  dropOwn(): void {
    this.own?.close()
    this.own = undefined
    this.#afterMulti = undefined
  }

  /** Something could not be done without which nothing must be done that the client has sent behind it: it has to begin anew. */
  giveUp(error: unknown): void {
    this.client.reply.error(this.gateway.explain(error))
    this.closeAfterReply()
  }

  /** A transaction has queued what makes the client somebody else, or puts it elsewhere. */
  changeAfterMulti(wanted: Partial<LaneId>): void {
    this.#afterMulti = { ...this.#afterMulti, ...wanted }
  }

  /** What connections of its own knew is lost: the client has to begin anew, as with a server that has gone. */
  lostOwn({ why, isEnd }: Loss, due: number, isPart: boolean): void {
    this.own = undefined
    if (isPart || this.client.closing) {
      this.destroy()
      return
    }
    // A client whose connection the server ends finds it ended.
    if (isEnd) {
      this.closeAfterReply()
      return
    }
    this.write(unknownOutcome(why).repeat(due))
    this.closeAfterReply()
  }

  /** Nobody listens any more for what they would tell. */
  protected override ending(): void {
    this.dropOwn()
  }

  override closed(): void {
    this.dropOwn()
    this.gateway.lanes.leave(this.#lanes)
    this.gateway.connections.delete(this.client)
    super.closed()
  }

  protected resume(): void {
    this.#release()
  }

  protected ended(): void {
    this.#hasEnded = true
    if (!this.#held && this.isIdle) this.closeAfterReply()
    // Who waits without end, and has gone, waits for nothing; and the rest of a command can never come.
    else if (this.own?.isWaiting === true || this.own?.isStreaming === true) this.destroy()
  }

  #release(): void {
    this.#held = false
    if (this.client.closing) return
    this.#work()
  }

  /** Sees to whether the client is let in as one that has not authenticated. */
  async #admit(): Promise<void> {
    const { admission, health, lanes, initialLanes } = this.gateway
    let failure: unknown
    try {
      if (health.condition.state === 'down') admission.renew()
      else await admission.look()
    } catch (error) {
      // The lanes that it gets then have to be opened, and whoever tries will be told why they cannot be.
      failure = error
    }
    this.#isRefused = admission.asksPassword
    const { generation } = admission
    if (generation !== this.#lanes.id.generation) this.enter(lanes.enter({ ...initialLanes, generation }))
    if (failure !== undefined) this.#lanes.failed(failure)
  }

  /** Takes up the commands that have come, until one has to wait. */
  #work(): void {
    try {
      this.#take()
    } catch (error) {
      this.#send()
      this.#held = true
      this.afterDrain(() => this.refuse(error))
    }
    this.#send()
    this.requests.detach()
    this.#flow()
    if (this.#hasEnded && !this.#held && this.isIdle) this.closeAfterReply()
  }

  #take(): void {
    const { requests } = this
    const { routes } = this.gateway
    while (!this.#held && !this.client.closing) {
      if (this.#skip === 'this') {
        this.#skip = 'no'
        this.hold(() => {
          this.client.reply.muted = this.#isOff
        })
        return
      }
      if (this.#due > MOST_DUE) {
        // Whoever asks for so much at a time might not take it.
        this.hold(() => {})
        return
      }
      if (!requests.next()) {
        this.#takePart()
        return
      }
      if (!this.#isAdmitted) {
        const first = routes.of(requests.bytes, requests.starts, requests.ends, requests.count)
        // Who only wants to know whether anybody is there need not wait for the server.
        if (first.kind !== 'special' || first.name !== 'quit') {
          this.#isAdmitted = true
          requests.back()
          this.hold(() => this.#admit())
          return
        }
      }
      if (this.#skip === 'next') {
        this.#skip = 'this'
        this.client.reply.muted = true
      }
      const route = routes.of(requests.bytes, requests.starts, requests.ends, requests.count)
      if (route.kind === 'pass' && this.own === undefined && !this.#isTooLarge(requests.end - requests.start)) {
        this.#pass(route.command)
      } else this.#dispatch(route)
    }
  }

  /** A command that goes on a lane. Those for the same lane that lie behind each other go in one piece. */
  #pass(command: ServerCommand): void {
    const { requests } = this
    const { only: lane, router } = this.#lanes
    if (lane === undefined) {
      const argv = requests.argv()
      const text = requests.text()
      this.#due++
      if (router?.route(argv, text, command, this.replies) === false) {
        // It is about what came before on all servers, and so is what comes next.
        this.hold(async () => this.write((await this.#lanes.askAll(argv, text, command)).latin1Slice()))
      }
      return
    }
    const run = this.#run
    this.#due++
    if (run !== undefined && run.lane === lane && run.bytes === requests.bytes && run.end === requests.start) {
      run.end = requests.end
      run.count++
      return
    }
    this.#send()
    this.#run = { lane, bytes: requests.bytes, start: requests.start, end: requests.end, count: 1 }
  }

  #send(): void {
    const run = this.#run
    if (run === undefined) return
    this.#run = undefined
    const text = run.bytes.latin1Slice(run.start, run.end)
    run.lane.send(text, this.replies.add(run.lane, run.count), run.count)
  }

  #dispatch(route: Route): void {
    const { requests } = this
    switch (route.kind) {
      case 'local': {
        const argv = requests.argv()
        this.hold(() => runLocal(this, argv))
        return
      }
      case 'special': {
        const call = { name: route.name, argv: requests.argv(), text: requests.text(), command: route.command }
        this.hold(() => runSpecial(this, call))
        return
      }
      case 'refused':
        this.hold(async () => {
          if (this.own?.inMulti === true) await this.own.refuseMulti()
          this.client.reply.error(route.error)
        })
        return
      case 'container':
        return
      default:
        this.#sendOwn(route)
    }
  }

  #sendOwn(route: Extract<Route, { kind: 'pass' | 'own' }>): void {
    const { requests, own } = this
    const name = route.command?.fullName
    if ((name === 'eval' || name === 'eval_ro') && requests.count > 1) this.gateway.noteScript(requests.word(1))
    const effect: Effect = route.kind === 'own' ? route.effect : 'none'
    const afterMulti = this.#afterMulti
    if (effect === 'end of multi' && afterMulti !== undefined && own !== undefined) {
      const text = requests.text()
      this.#afterMulti = undefined
      this.hold(() => endChangingMulti(this, own, text, afterMulti))
      return
    }
    if (own?.takesNow === true && this.replies.isEmpty && effect !== 'wait') {
      own.send(requests, effect)
      return
    }
    // It has to be connected, and what was sent elsewhere to be answered, first.
    const call: OwnCall = {
      text: requests.text(),
      words: requests.count,
      effect,
      mode: modeOf(requests, effect),
      argv: this.gateway.isCluster || effect === 'wait' ? requests.argv() : [],
      command: route.command,
    }
    this.hold(async () => {
      let connections: OwnConnections
      try {
        connections = await this.takeOwn()
      } catch (error) {
        // What has been sent behind it must not be done outside of the transaction, or unwatched.
        if (effect !== 'multi' && name !== 'watch') throw error
        this.giveUp(error)
        return
      }
      await connections.perform(call)
    })
  }

  /** A command that has not come whole: if it is large, it goes on as it comes. */
  #takePart(): void {
    const { requests } = this
    if (!requests.hasBegun || requests.announced <= LARGE_COMMAND) return
    const route = this.gateway.routes.of(requests.bytes, requests.starts, requests.ends, requests.words)
    if ((route.kind !== 'pass' && route.kind !== 'own') || this.gateway.isCluster) return
    this.#send()
    if (this.own?.takesNow === true && this.replies.isEmpty) this.own.stream(requests)
    else this.hold(() => this.#prepareForPart())
  }

  async #prepareForPart(): Promise<void> {
    try {
      await this.takeOwn()
    } catch (error) {
      // There is no telling the rest of it from the next command without waiting for it.
      this.giveUp(error)
    }
  }

  #isTooLarge(length: number): boolean {
    if (this.#wantsOwn) return true
    return length > LARGE_COMMAND
  }

  /** Stops reading from the client while it would only fill our memory, and goes on when it does not. */
  #flow(): void {
    const isFull =
      (this.#held && this.requests.buffered > HELD_INPUT) ||
      this.socket.writableLength > UNTAKEN_OUTPUT ||
      this.own?.isFull === true ||
      this.#lanes.isFull(this.replies, () => this.#flow())
    if (this.own !== undefined) this.own.setPaused(this.socket.writableLength > UNTAKEN_OUTPUT)
    if (this.socket.writableLength > UNTAKEN_OUTPUT) this.#wantsOwn = true
    if (isFull === this.#isPaused) return
    this.#isPaused = isFull
    if (isFull) this.socket.pause()
    else this.socket.resume()
  }

  /** The server takes more again. */
  writable(): void {
    this.#flow()
  }
}

/** Bytes of output that are written before the end of the turn. */
const FLUSH_AT = 1 << 20
/** Bytes of a command from which on it is not sent on a lane: others would wait until it is through. */
const LARGE_COMMAND = 256 * 1024
/** Bytes of one reply, in one read. */
const LARGE_READ = 32 * 1024
/** Commands of a client that are under way on lanes at the same time. */
const MOST_DUE = 4096
/** Bytes of commands that wait for another one. */
const HELD_INPUT = 64 * 1024
/** Bytes of replies that the client does not take. */
const UNTAKEN_OUTPUT = 1 << 20
