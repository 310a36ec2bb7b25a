import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import type { RequestReader } from '../resp/request-reader.js'
import { WordsScanner } from '../resp/words-scanner.js'
import type { Endpoint } from '../upstream/address.js'
import { longestWait } from '../upstream/blocking.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { noAnswerWithin } from '../upstream/deadline.js'
import { CannotConnect } from '../upstream/open-error.js'
import { Patience } from '../upstream/patience.js'
import type { GatewayConnection } from './connection.js'
import { type Effect, type Loss, Own, type OwnUser } from './own.js'

/** A command that goes on a connection of the client's own. */
export interface OwnCall {
  /** As it came. */
  readonly text: ByteString
  /** How many words it has, its name included. */
  readonly words: number
  readonly effect: Effect
  /** Of CLIENT TRACKING: `on` or `off`. */
  readonly mode: ByteString
  /** Its words, where it takes them to find the server that is in charge; otherwise empty. */
  readonly argv: readonly ByteString[]
  readonly command: ServerCommand | undefined
}

/** The connections that a client has to itself. */
export interface OwnConnections {
  /** Whether `send` can be called. */
  readonly takesNow: boolean
  readonly isIdle: boolean
  readonly inMulti: boolean
  /** Channels and patterns that the client is subscribed to. */
  readonly subscriptions: number
  /** Whether the server talks without having been asked (MONITOR). */
  readonly isStream: boolean
  /** Whether it waits in a command that may wait for ever. */
  readonly isWaiting: boolean
  /** Whether the server does not take what is sent to it. */
  readonly isFull: boolean
  /** Whether the rest of a command is still to come that has been passed on in part. */
  readonly isStreaming: boolean
  /** Whether the server is to tell of changes of what the client has read (CLIENT TRACKING). */
  readonly tracks: boolean
  /** Connects. Throws a ReplyError when that is not possible. */
  ready(): Promise<void>
  /** Sends the command that the reader has come to. */
  send(requests: RequestReader, effect: Effect): void
  /** Does a command when nothing is due; resolves when what the client sends next may follow. */
  perform(call: OwnCall): Promise<void>
  /** Sends a command to a server that talks without end: whatever it answers, the client gets. */
  sendInStream(text: ByteString): void
  /** Resolves when the client has got all that was due to it from a server that talks without end. */
  endOfStream(): Promise<void>
  /** Sends EXEC or DISCARD when nothing is due, and gives the reply. */
  endMulti(text: ByteString): Promise<Buffer>
  /** Sends the beginning of a large command; what comes next is passed on with `streamed`. */
  stream(requests: RequestReader): void
  /** Passes on the rest of a large command; gives how many bytes belong to it. Throws ProtocolError. */
  streamed(bytes: Buffer): number
  /**
   * Sends a command whose reply is not passed on but given here. Only when nothing is due.
   *
   * @param key of which the server in charge is to have it, where there are several
   */
  ask(text: ByteString, key?: ByteString): Promise<Buffer>
  /**
   * A command has been sent that makes the connections what the client wants them to be: those that are made later are to be told as well.
   *
   * @param setting what it takes the place of
   */
  keep(setting: ByteString, text: ByteString): void
  /** Sees to it that the transaction that the client has begun will not be executed. */
  refuseMulti(): Promise<void>
  /** Ends what has not been answered for so long, in milliseconds. */
  check(timeout: number, now: number): void
  /** Ends those to a server. `why`: a clause. */
  end(endpoint: Endpoint, why: string): void
  /** Ends those to servers that are none of the upstream's any more: what they still confirm would be lost. */
  endStrangers(): void
  /** Lets the servers wait while the client does not take what it gets. */
  setPaused(isPaused: boolean): void
  close(): void
}

/** The one connection that a client has to the only server, or to the primary. */
export class OwnConnection implements OwnConnections, OwnUser {
  readonly #connection: GatewayConnection
  #own: Own | undefined
  /** The rest of a command that is passed on as it comes. */
  readonly #stream: WordsScanner
  tracks = false
  #endpoint: Endpoint | undefined
  #isClosed = false

  constructor(connection: GatewayConnection) {
    this.#connection = connection
    this.#stream = new WordsScanner(connection.maxBulkLength)
  }

  get protocol(): 2 | 3 {
    return this.#connection.protocol
  }

  get takesNow(): boolean {
    return this.#own !== undefined
  }

  get isIdle(): boolean {
    return this.#own?.isIdle !== false
  }

  get inMulti(): boolean {
    return this.#own?.inMulti === true
  }

  get subscriptions(): number {
    return this.#own?.subscriptions ?? 0
  }

  get isStream(): boolean {
    return this.#own?.isStream === true
  }

  get isWaiting(): boolean {
    return this.#own?.isWaiting === true
  }

  get isFull(): boolean {
    return this.#own?.link.isFull === true
  }

  get isStreaming(): boolean {
    return this.#stream.isInside
  }

  async ready(): Promise<void> {
    if (this.#own !== undefined) return
    const { gateway, lanes } = this.#connection
    const { upstream } = gateway
    const { topology, address } = upstream
    const patience = new Patience(upstream, undefined, this.#connection.receivedAt)
    for (;;) {
      let endpoint: Endpoint | undefined
      try {
        endpoint = topology.endpointFor()
        const connection = await upstream.connect(endpoint, { ...lanes.id, mayBeUntrusted: true })
        if (this.#isClosed) connection.close()
        else {
          this.#own = new Own(connection.release(), this)
          this.#endpoint = endpoint
        }
        patience.end()
        return
      } catch (error) {
        // Behind Sentinels, another one may come to be the primary.
        const mayPass = error instanceof CannotConnect ? error.mayPass : error instanceof ReplyError
        if (address.kind === 'server' || !mayPass || this.#isClosed || patience.isOver(error, endpoint)) throw error
        await patience.wait()
        await patience.within(topology.refresh())
      }
    }
  }

  send(requests: RequestReader, effect: Effect): void {
    this.#sendText(requests.text(), requests.count, effect, modeOf(requests, effect))
  }

  async perform({ text, words, effect, mode, argv }: OwnCall): Promise<void> {
    if (effect === 'wait' && !this.inMulti) {
      // WAIT is about what this connection has seen written, which may have gone elsewhere: this makes it see all there is.
      await this.ask(PING)
      this.#own?.send(text, 1, effect, { longest: longestWait(argv) })
    } else this.#sendText(text, words, effect === 'wait' ? 'none' : effect, mode)
  }

  #sendText(text: ByteString, words: number, effect: Effect, mode: ByteString): void {
    if (effect === 'tracking') this.tracks = mode === 'on'
    const confirms = effect.includes('subscribe')
    if (!confirms) this.#own?.send(text, 1, effect)
    else if (words > 1) this.#own?.send(text, words - 1, 'subscribe')
    else this.#own?.send(text, effect === 'subscribe' ? 1 : -1, effect)
  }

  sendInStream(text: ByteString): void {
    this.#own?.send(text, 0)
  }

  stream(requests: RequestReader): void {
    const { text, left, skip } = requests.giveAway()
    this.#stream.resume(left, skip)
    this.#own?.send(text, 1)
  }

  streamed(bytes: Buffer): number {
    const length = this.#stream.take(bytes)
    this.#own?.sendMore(bytes.latin1Slice(0, length))
    return length
  }

  async endOfStream(): Promise<void> {
    await this.#own?.endOfStream()
  }

  endMulti(text: ByteString): Promise<Buffer> {
    return this.#ask(text, 'end of multi')
  }

  ask(text: ByteString): Promise<Buffer> {
    return this.#ask(text, 'swallow')
  }

  #ask(text: ByteString, effect: Effect): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#own?.link.isOpen !== true) reject(new Error('the connection to the server is no more'))
      else this.#own.send(text, 1, effect, { instead: resolve })
    })
  }

  keep(): void {}

  async refuseMulti(): Promise<void> {
    await this.ask(WRONG)
  }

  check(timeout: number, now: number): void {
    // A client may take all the time that it wants to send a command.
    if (!this.isStreaming && this.#own?.isStuck(timeout, now) === true) {
      this.#own.end(noAnswerWithin(timeout))
    } else if (this.tracks || this.subscriptions > 0) this.#own?.probe(timeout, now)
  }

  end({ name }: Endpoint, why: string): void {
    if (this.#endpoint?.name === name) this.#own?.end(why)
  }

  endStrangers(): void {
    if (this.#endpoint === undefined || this.#connection.gateway.upstream.topology.knows(this.#endpoint)) return
    this.#own?.end('another server has been put in charge')
  }

  setPaused(isPaused: boolean): void {
    this.#own?.setPaused(isPaused)
  }

  close(): void {
    this.#isClosed = true
    this.#own?.link.destroy()
  }

  write(bytes: ByteString, isPush: boolean): void {
    const { reply } = this.#connection.client
    const { muted } = reply
    if (isPush) reply.muted = false
    this.#connection.write(bytes)
    reply.muted = muted
  }

  drained(): void {
    this.#connection.drained()
  }

  /** What a connection of one's own knew is lost: the client has to begin anew, as with a server that has gone. */
  ended(loss: Loss, due: number, isPart: boolean): void {
    this.#connection.lostOwn(loss, due, isPart)
  }

  writable(): void {
    this.#connection.writable()
  }
}

/** The third word of CLIENT TRACKING. */
export function modeOf(requests: RequestReader, effect: Effect): ByteString {
  return effect === 'tracking' && requests.count > 2 ? requests.word(2).toLowerCase() : ''
}

const PING = encodeCommand(['PING'])
/** A command that no server queues. */
export const WRONG = encodeCommand(['GET'])
