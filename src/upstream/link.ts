import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import type { ByteString } from '../bytes/bytes.js'
import type { Endpoint } from './address.js'
import { deadline } from './deadline.js'

/** What a link tells the one who uses it. */
export interface LinkUser {
  /** The bytes are the link's again when this returns. */
  received(bytes: Buffer): void
  /** It cannot be used any more. Called once, and not after `destroy`. */
  lost(error: Error): void
  /** The system has taken what had been written beyond its own buffers. */
  drained?(): void
}

/** The server has ended the connection in order. */
export class EndOfLink extends Error {}

/** A connection to a server as a stream of bytes. What is written in one turn of the event loop goes out together. */
export class Link {
  user: LinkUser = NOBODY
  readonly #socket: Socket
  #out: ByteString[] = []
  #tail = ''
  #isDue = false
  #isOver = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', error => this.#lose(error))
    socket.on('close', () => this.#lose(new EndOfLink('the server has closed it')))
    socket.on('drain', () => this.user.drained?.())
  }

  /**
   * @param timeout in milliseconds, TLS included
   * @throws Error of Node's, or one with the code `ETIMEDOUT`
   */
  static open({ socket: at, tls }: Endpoint, timeout: number): Promise<Link> {
    return new Promise((resolve, reject) => {
      let link: Link | undefined
      const received = (bytes: Buffer): void => link?.user.received(bytes)
      const socket =
        tls === undefined
          ? tcpConnect({ ...at, onread: { buffer: Buffer.allocUnsafeSlow(READ_SIZE), callback: take } })
          : tlsConnect({ ...at, ...('host' in at && isIP(at.host) === 0 ? { servername: at.host } : {}), ...tls })
      function take(length: number, buffer: Uint8Array): boolean {
        received(Buffer.from(buffer.buffer, buffer.byteOffset, length))
        return true
      }
      if (tls !== undefined) socket.on('data', received)
      const giveUp = (): void => {
        if (link !== undefined) return
        const late = new Error(`Connection timeout: no connection within ${timeout} ms`)
        socket.destroy(Object.assign(late, { code: 'ETIMEDOUT' }))
      }
      const timer = deadline(timeout, giveUp)
      const fail = (error: Error): void => {
        timer.cancel()
        reject(error)
      }
      socket.once('error', fail)
      const closed = (): void => fail(new Error('Socket closed'))
      socket.once('close', closed)
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        timer.cancel()
        socket.off('error', fail).off('close', closed)
        // A peer that has gone without a word is noticed, if nothing else notices it.
        socket.setKeepAlive(true, KEEP_ALIVE)
        link = new Link(socket)
        resolve(link)
      })
    })
  }

  get isOpen(): boolean {
    return !this.#isOver
  }

  /** Bytes that the system has not taken yet. */
  get pending(): number {
    return this.#socket.writableLength + this.#tail.length + this.#out.reduce((sum, { length }) => sum + length, 0)
  }

  /** Sends bytes at the end of this turn of the event loop. */
  write(bytes: ByteString): void {
    if (!this.#isDue) {
      this.#isDue = true
      setImmediate(() => this.flush())
    }
    this.#tail += bytes
    if (this.#tail.length > PIECE) {
      this.#out.push(this.#tail)
      this.#tail = ''
    }
  }

  /** Sends now what has been written. */
  flush(): void {
    this.#isDue = false
    if (this.#tail !== '') this.#out.push(this.#tail)
    const pieces = this.#out
    this.#tail = ''
    this.#out = []
    if (this.#isOver || pieces.length === 0) return
    if (pieces.length > 1) this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece, 'latin1')
    if (pieces.length > 1) this.#socket.uncork()
  }

  /** Takes no more bytes from the server for now: it will have to wait. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Whether the system takes no more for now; `drained` tells when it does. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain
  }

  destroy(): void {
    this.#isOver = true
    this.user = NOBODY
    this.#socket.destroy()
  }

  #lose(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.destroy()
    this.user.lost(error)
  }
}

const NOBODY: LinkUser = { received() {}, lost() {} }
/** Bytes asked of the system at each read. */
const READ_SIZE = 64 * 1024
/** Chars that are concatenated before they become a piece of their own. */
const PIECE = 1 << 20
/** Milliseconds of silence before the system asks whether the peer is still there. */
const KEEP_ALIVE = 10_000
