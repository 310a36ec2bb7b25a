import type { ByteString } from '../bytes/bytes.js'
import { FrameScanner } from '../resp/frame-scanner.js'
import type { RequestReader } from '../resp/request-reader.js'
import type { GatewayConnection } from './connection.js'
import { type Effect, Own, type OwnUser } from './own.js'

/** The connections that a client has to itself. */
export class OwnConnections implements OwnUser {
  readonly #connection: GatewayConnection
  #own: Own | undefined
  /** The rest of a command that is passed on as it comes. */
  readonly #stream = new FrameScanner()
  #isClosed = false
  #isPaused = false

  constructor(connection: GatewayConnection) {
    this.#connection = connection
  }

  get protocol(): 2 | 3 {
    return this.#connection.protocol
  }

  get isReady(): boolean {
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

  /** Whether the server talks without having been asked (MONITOR). */
  get isStream(): boolean {
    return this.#own?.isStream === true
  }

  /** Whether it waits in a command that may wait for ever. */
  get isWaiting(): boolean {
    return this.#own?.isWaiting === true
  }

  get isFull(): boolean {
    return this.#own?.link.isFull === true
  }

  /** Whether the rest of a command is still to come that has been passed on in part. */
  get isStreaming(): boolean {
    return this.#stream.isInside
  }

  /** Connects. Throws a ReplyError when that is not possible. */
  async ready(): Promise<void> {
    if (this.#own !== undefined) return
    const { gateway, lanes } = this.#connection
    const { upstream } = gateway
    const connection = await upstream.connect(upstream.topology.endpointFor(), { ...lanes.id, mayBeUntrusted: true })
    if (this.#isClosed) connection.close()
    else this.#own = new Own(connection.release(), this)
  }

  /** Sends the command that the reader has come to. */
  send(requests: RequestReader, effect: Effect): void {
    this.sendText(requests.text(), requests.count, effect)
  }

  /** @param words of which the command consists, its name included */
  sendText(text: ByteString, words: number, effect: Effect): void {
    const confirms = effect.includes('subscribe')
    if (!confirms) this.#own?.send(text, 1, effect)
    else if (words > 1) this.#own?.send(text, words - 1, 'subscribe')
    else this.#own?.send(text, effect === 'subscribe' ? 1 : -1, effect)
  }

  /** Sends the beginning of a large command; what comes next is passed on with `streamed`. */
  stream(requests: RequestReader): void {
    const { text, left, skip } = requests.giveAway()
    this.#stream.resume(left, skip)
    this.#own?.send(text, 1)
  }

  /** Passes on the rest of a large command; gives how many bytes belong to it. */
  streamed(bytes: Buffer): number {
    const end = this.#stream.scan(bytes, 0, bytes.length)
    const length = end === -1 ? bytes.length : end
    this.#own?.link.write(bytes.latin1Slice(0, length))
    return length
  }

  /** Sends a command whose reply is not passed on but given here. Only when nothing is due. */
  ask(text: ByteString): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#own?.link.isOpen !== true) reject(new Error('the connection to the server is no more'))
      else this.#own.send(text, 1, 'swallow', resolve)
    })
  }

  /** Whether replies have been due for so long, in milliseconds, and none has come: then it is ended. */
  check(timeout: number, now: number): void {
    if (this.#own?.isStuck(timeout, now) === true) this.end(`the server did not answer within ${timeout} ms`)
  }

  /** @param why a clause */
  end(why: string): void {
    this.#own?.end(why)
  }

  /** Lets the server wait while the client does not take what it gets. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#own?.link.pause()
    else this.#own?.link.resume()
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

  multiEnded(isExecuted: boolean): void {
    this.#connection.multiEnded(isExecuted)
  }

  /** What a connection of one's own knew is lost: the client has to begin anew, as with a server that has gone. */
  ended(_own: Own, why: string, due: number, isPart: boolean): void {
    this.#connection.lostOwn(why, due, isPart)
  }

  writable(): void {
    this.#connection.writable()
  }
}
