import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePorts, portOf } from './ports.js'

/** How much later something comes that is delayed, in milliseconds. */
const DELAY = 20

/** What happens to what one side has sent to the other. */
export type Fate =
  | 'pass'
  /** The connection ends, and the other side gets nothing of it. */
  | 'cut before'
  /** The other side gets half of its bytes, and the connection ends. */
  | 'cut during'
  /** The other side gets it, and the connection ends. A server answers first, and the answer is lost. */
  | 'cut after'
  /**
   * The connection stays, and nothing more comes through in either direction. What a client has sent, the server gets;
   * what the server has sent is lost.
   */
  | 'half-open'
  /** The other side gets it, and what comes after it, a moment later. */
  | 'delay'

export interface TcpProxy {
  readonly port: number
  /** The port of the server that connections are passed on to from now on. Those that there are keep theirs. */
  to: number
  /** What clients have sent, one entry for each write (of at most 64 KiB), in bytes. */
  readonly sent: string[]
  /** What servers have sent, likewise. */
  readonly answered: string[]
  /** How many connections are open. */
  readonly connections: number
  /** How many connections there have been. */
  readonly accepted: number
  /** Asked about each write of a client. Connections are numbered from 0 in the order in which they were made. */
  fate: (bytes: string, connection: number) => Fate
  /** Asked about each write of a server. */
  answerFate: (bytes: string, connection: number) => Fate
  /** Closes all connections and refuses new ones, as if the server had gone; resolves once that is so. */
  refuse(): Promise<void>
  /** Takes connections again, on the same port; resolves once that is so. */
  accept(): Promise<void>
  /** Nothing comes through any more, in either direction, and nothing is closed; new connections fare likewise. */
  freeze(): void
  /** What came meanwhile is passed on, and connections that have been closed meanwhile close. */
  thaw(): void
  close(): Promise<void>
}

/**
 * Listens on a port of 127.0.0.1, a free one unless told otherwise, and passes everything on to another port there.
 *
 * @throws an Error if the port that it is told is taken
 */
export async function startProxy(to: number, port?: number): Promise<TcpProxy> {
  const proxy = new FaultyProxy(to)
  for (let attempt = 1; ; attempt++) {
    const [free = 0] = port === undefined || port === 0 ? await freePorts(1) : [port]
    try {
      await proxy.listen(free)
      return proxy
    } catch (error) {
      // Somebody may have taken it since we asked.
      if (attempt === 5 || free === port) throw error
    }
  }
}

class FaultyProxy implements TcpProxy {
  to: number
  port = 0
  readonly sent: string[] = []
  readonly answered: string[] = []
  accepted = 0
  fate: TcpProxy['fate'] = () => 'pass'
  answerFate: TcpProxy['answerFate'] = () => 'pass'
  readonly #open = new Set<Link>()
  #server: Server | undefined
  #isFrozen = false

  constructor(to: number) {
    this.to = to
  }

  get connections(): number {
    return this.#open.size
  }

  listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, client => this.#connect(client))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        this.#server = server
        this.port = portOf(server)
        resolve()
      })
    })
  }

  async accept(): Promise<void> {
    if (this.#server === undefined) await this.listen(this.port)
  }

  refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    return new Promise(resolve => {
      if (server === undefined) resolve()
      else server.close(() => resolve())
      for (const link of this.#open) link.destroy()
      this.#open.clear()
    })
  }

  freeze(): void {
    this.#isFrozen = true
    for (const link of this.#open) link.freeze()
  }

  thaw(): void {
    this.#isFrozen = false
    for (const link of this.#open) link.thaw()
  }

  close(): Promise<void> {
    return this.refuse()
  }

  #connect(client: Socket): void {
    const number = this.accepted++
    const link = new Link(client, connect({ port: this.to, host: '127.0.0.1', allowHalfOpen: true }), {
      request: bytes => {
        this.sent.push(bytes)
        return this.fate(bytes, number)
      },
      answer: bytes => {
        this.answered.push(bytes)
        return this.answerFate(bytes, number)
      },
      closed: () => void this.#open.delete(link),
    })
    this.#open.add(link)
    if (this.#isFrozen) link.freeze()
  }
}

interface LinkEvents {
  request(bytes: string): Fate
  answer(bytes: string): Fate
  closed(): void
}

/** A client's connection, and the one to the server that belongs to it. */
class Link {
  readonly #client: Flow
  readonly #server: Flow
  readonly #events: LinkEvents
  #isSilent = false
  #endsWithAnswer = false

  constructor(client: Socket, server: Socket, events: LinkEvents) {
    this.#events = events
    const closed = (other: Socket) => () => {
      other.destroySoon()
      if (client.destroyed && server.destroyed) events.closed()
    }
    this.#client = new Flow(client, bytes => this.#request(bytes), closed(server))
    this.#server = new Flow(server, bytes => this.#answer(bytes), closed(client))
  }

  freeze(): void {
    this.#client.freeze()
    this.#server.freeze()
  }

  thaw(): void {
    this.#client.thaw()
    this.#server.thaw()
  }

  destroy(): void {
    this.#client.socket.destroy()
    this.#server.socket.destroy()
  }

  #request(bytes: Buffer): void {
    if (this.#isSilent) return
    const server = this.#server.socket
    switch (this.#events.request(bytes.toString('latin1'))) {
      case 'pass':
        server.write(bytes)
        break
      case 'delay':
        this.#client.delay(() => server.write(bytes))
        break
      case 'cut before':
        this.destroy()
        break
      case 'cut during':
        this.#isSilent = true
        server.end(half(bytes))
        break
      case 'cut after':
        this.#endsWithAnswer = true
        server.write(bytes)
        break
      case 'half-open':
        this.#isSilent = true
        server.write(bytes)
    }
  }

  #answer(bytes: Buffer): void {
    if (this.#endsWithAnswer) this.destroy()
    if (this.#isSilent) return
    const client = this.#client.socket
    switch (this.#events.answer(bytes.toString('latin1'))) {
      case 'pass':
        client.write(bytes)
        break
      case 'delay':
        this.#server.delay(() => client.write(bytes))
        break
      case 'cut before':
        this.destroy()
        break
      case 'cut during':
        this.#endWith(half(bytes))
        break
      case 'cut after':
        this.#endWith(bytes)
        break
      case 'half-open':
        this.#isSilent = true
    }
  }

  /** The client gets this, and nothing more. */
  #endWith(bytes: Buffer): void {
    this.#isSilent = true
    this.#client.socket.end(bytes)
    this.#client.socket.destroySoon()
  }
}

/** What comes from one socket, which can be made to wait: its bytes, its end, and that it is closed. */
class Flow {
  readonly socket: Socket
  #isFrozen = false
  #isDelayed = false
  /** What is to be done when the wait is over, before anything else is read. */
  readonly #waiting: (() => void)[] = []

  /** @param socket one that may be half open: a socket that is paused ends all the same, and would close by itself */
  constructor(socket: Socket, receive: (bytes: Buffer) => void, closed: () => void) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', receive)
    socket.on('end', () => this.#inTurn(() => socket.end()))
    socket.on('error', () => {}) // it is closed after that
    socket.on('close', () => this.#inTurn(closed))
  }

  freeze(): void {
    this.#isFrozen = true
    this.socket.pause()
  }

  thaw(): void {
    this.#isFrozen = false
    this.#goOn()
  }

  delay(deliver: () => void): void {
    this.#isDelayed = true
    this.#waiting.push(deliver)
    this.socket.pause()
    setTimeout(() => {
      this.#isDelayed = false
      this.#goOn()
    }, DELAY)
  }

  #inTurn(action: () => void): void {
    this.#waiting.push(action)
    this.#goOn()
  }

  #goOn(): void {
    if (this.#isFrozen || this.#isDelayed) return
    for (const action of this.#waiting.splice(0)) action()
    this.socket.resume()
  }
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length / 2))
}
