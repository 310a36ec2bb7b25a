import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { MapReply, type RawReply, ReplyReader } from '../resp/reply-reader.js'
import { type Endpoint, type Login, NO_LOGIN } from './address.js'
import { type Deadline, deadline, noAnswerWithin } from './deadline.js'
import { Link } from './link.js'
import { itemsIn } from './raw-reply.js'

/** Why a connection can no longer be used. */
interface Loss {
  readonly why: string
  readonly isTimeout?: boolean
  readonly cause?: unknown
}

/** The connection was lost, or given up, before all replies had come. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
  /** Whether the commands may have reached the server, and may have been carried out. */
  readonly wasSent: boolean
  /** Whether the server took too long. */
  readonly isTimeout: boolean

  constructor({ why, isTimeout = false, cause }: Loss, wasSent: boolean) {
    super(why, { cause })
    this.wasSent = wasSent
    this.isTimeout = isTimeout
  }
}

/** What a connection is to be when it is handed over. */
export interface Handshake {
  readonly login: Login
  readonly database: number
  /** The version of RESP that replies come in. */
  readonly protocol: 2 | 3
  /** A server that wants its clients to authenticate is no reason to give up: the one who uses the connection may do so later. */
  readonly mayBeUntrusted?: boolean
  /** A replica is refused, by an error that begins with `READONLY`. */
  readonly mustBePrimary?: boolean
}

/** Commands that were sent together, and wait for their replies. */
interface Waiting {
  readonly replies: RawReply[]
  left: number
  deadline: Deadline | undefined
  readonly done: (replies: RawReply[]) => void
  readonly failed: (error: ConnectionLost) => void
}

/**
 * One connection to a server, whose replies are values. It is never made again behind the back of those who use it: a new one would
 * know nothing of what had been watched on the old one.
 */
export class Connection {
  /** Told of what the server says without having been asked. */
  onPush: (items: readonly RawReply[]) => void = () => {}
  /** Told when the server has ended the connection, or it has been given up. */
  onLost: () => void = () => {}
  /** The server wants its clients to authenticate, and this has not. */
  isUntrusted = false
  readonly #link: Link
  readonly #timeout: number
  readonly #reader: ReplyReader
  /** Oldest first. */
  #waiting: Waiting[] = []
  #lost: Loss | undefined
  #isToClose = false

  private constructor(link: Link, timeout: number) {
    this.#link = link
    this.#timeout = timeout
    this.#reader = new ReplyReader(
      reply => this.#take(reply),
      ({ items }) => this.onPush(items),
    )
    link.user = {
      received: bytes => this.#receive(bytes),
      lost: error => this.#lose({ why: `the connection was lost (${error.message})`, cause: error }),
    }
  }

  /**
   * @param timeout the longest time that the server may take to let us in, or to answer, in milliseconds
   * @throws Error of Node's when it cannot be made; ReplyError when the server does not let us in
   */
  static async open(endpoint: Endpoint, handshake: Handshake, timeout: number): Promise<Connection> {
    const until = performance.now() + timeout
    const link = await Link.open(endpoint, timeout)
    const connection = new Connection(link, timeout)
    try {
      // However long it took to connect, or this process stood still meanwhile, there is some time for the rest.
      const left = Math.max(until - performance.now(), timeout * SHORTEST_HANDSHAKE)
      const replies = await connection.send(handshakeOf(handshake), left)
      const refusal = replies.find(reply => reply instanceof ReplyError)
      const mayStay = handshake.mayBeUntrusted === true && handshake.login === NO_LOGIN
      if (refusal instanceof ReplyError && !(mayStay && isNoAuth(replies))) throw refusal
      connection.isUntrusted = refusal !== undefined
      if (handshake.mustBePrimary === true && replies.some(isReplica)) throw new ReplyError('READONLY it is a replica')
      return connection
    } catch (error) {
      connection.close()
      if (error instanceof ConnectionLost && error.cause instanceof Error) throw error.cause
      throw error
    }
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.#lost === undefined
  }

  /**
   * Sends commands together and gives their replies, errors as values: one round trip.
   *
   * @param timeout in milliseconds; Infinity for a command that is meant to wait
   * @throws ConnectionLost when not all replies came in time
   */
  send(commands: readonly (readonly ByteString[])[], timeout = this.#timeout): Promise<RawReply[]> {
    return this.sendSilent([], commands, timeout)
  }

  /** The same, with commands in front that are answered by pushes alone. */
  sendSilent(
    silent: readonly (readonly ByteString[])[],
    commands: readonly (readonly ByteString[])[],
    timeout = this.#timeout,
  ): Promise<RawReply[]> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#error(false))
        return
      }
      if (commands.length === 0) {
        resolve([])
        return
      }
      const waiting: Waiting = {
        replies: [],
        left: commands.length,
        deadline: undefined,
        done: resolve,
        failed: reject,
      }
      if (Number.isFinite(timeout)) waiting.deadline = deadline(timeout, () => this.#giveUp(waiting))
      this.#waiting.push(waiting)
      this.#link.write([...silent, ...commands].map(encodeCommand).join(''))
    })
  }

  close(): void {
    this.#lose({ why: 'the connection has been closed here' })
  }

  /** Closes it as soon as no reply is due. */
  closeWhenIdle(): void {
    this.#isToClose = true
    if (this.#waiting.length === 0) this.close()
  }

  /** Gives the stream of bytes away, to be used in another way. Only while no reply is due. */
  release(): Link {
    this.#lost = { why: 'the connection has been given away' }
    return this.#link
  }

  #receive(bytes: Buffer): void {
    try {
      this.#reader.push(bytes)
    } catch (error) {
      this.#lose({ why: `the server sent what is no reply (${messageOf(error)})`, cause: error })
    }
  }

  #take(reply: RawReply): void {
    const first = this.#waiting[0]
    if (first === undefined) {
      this.#lose({ why: 'the server sent a reply that nobody had asked for' })
      return
    }
    first.replies.push(reply)
    if (--first.left > 0) return
    this.#waiting.shift()
    first.deadline?.cancel()
    first.done(first.replies)
    if (this.#isToClose) this.closeWhenIdle()
  }

  #giveUp({ left }: Waiting): void {
    if (left > 0) this.#lose({ why: noAnswerWithin(this.#timeout), isTimeout: true })
  }

  #lose(loss: Loss): void {
    if (this.#lost !== undefined) return
    this.#lost = loss
    this.#link.destroy()
    const waiting = this.#waiting
    this.#waiting = []
    for (const { deadline, failed } of waiting) {
      deadline?.cancel()
      failed(this.#error(true))
    }
    this.onLost()
  }

  #error(wasSent: boolean): ConnectionLost {
    return new ConnectionLost(this.#lost ?? { why: 'the connection is closed' }, wasSent)
  }
}

/** The part of the time for connecting that there is at the least for what is said then. */
const SHORTEST_HANDSHAKE = 0.2

/** HELLO only where RESP3 is wanted: it is the newer command, and AUTH tells more of what is wrong with a password. */
function handshakeOf({ login: { username, password }, database, protocol, mustBePrimary }: Handshake): ByteString[][] {
  const commands: ByteString[][] = []
  if (password !== undefined || username !== undefined) {
    const words = username === undefined ? [password ?? ''] : [username, password ?? '']
    commands.push(['AUTH', ...words])
  }
  // Its reply tells the role, which ROLE would tell to fewer users.
  if (protocol === 3 || mustBePrimary === true) commands.push(['HELLO', String(protocol)])
  if (database !== 0) commands.push(['SELECT', String(database)])
  // Whether one is let in is asked, even where there is nothing else to say.
  return commands.length === 0 ? [['PING']] : commands
}

/** Whether a reply is one to HELLO, of a replica. */
function isReplica(reply: RawReply): boolean {
  const items = reply instanceof MapReply ? reply.items : itemsIn(reply)
  return items.some((item, index) => index % 2 === 0 && item === 'role' && items[index + 1] === 'replica')
}

/** Whether nothing but a missing password is in the way; with other commands than PING, more would be than is known. */
function isNoAuth(replies: readonly RawReply[]): boolean {
  const [only] = replies
  return replies.length === 1 && only instanceof ReplyError && only.message.startsWith('NOAUTH')
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
