import { randomUUID } from 'node:crypto'
import type { ByteString } from '../bytes/bytes.js'
import { encodeCommand } from '../resp/encode.js'
import { FrameScanner } from '../resp/frame-scanner.js'
import { parseFrame } from '../resp/reply-reader.js'
import { EndOfLink, type Link, type LinkUser } from '../upstream/link.js'
import { bytesIn, itemsIn, numberIn } from '../upstream/raw-reply.js'

/** What a command does to the connection that it is sent on. */
export type Effect =
  | 'none'
  | 'multi'
  /** EXEC and DISCARD. */
  | 'end of multi'
  /** SUBSCRIBE and its kin: a confirmation for each channel. */
  | 'subscribe'
  /** UNSUBSCRIBE and its kin, without a channel: a confirmation for each that is subscribed to. */
  | 'unsubscribe channels'
  | 'unsubscribe patterns'
  | 'unsubscribe shards'
  /** CLIENT TRACKING */
  | 'tracking'
  /** CLIENT CACHING: it is about the next command. */
  | 'caching'
  /** It is meant to wait. */
  | 'wait'
  /** MONITOR, PSYNC: if it is granted, the server talks without end from then on. */
  | 'stream'
  /** SYNC: the same at once, and in no form of RESP. */
  | 'stream at once'
  /** The reply is not for the client. */
  | 'swallow'

interface Entry {
  readonly effect: Effect
  /** Replies, or confirmations, that are due; -1 when it turns out only when its turn comes. */
  count: number
  /** How long it may wait before it is answered, if it is meant to, in milliseconds. */
  readonly longest: number
  /** Given instead of a reply that is swallowed. */
  readonly instead?: ((reply: Buffer) => void) | undefined
  /** Is given an error, and says whether it takes it. */
  readonly refused?: ((error: Buffer) => boolean) | undefined
}

/** Why a connection is no more. */
export interface Loss {
  /** A clause: `the connection was lost`. */
  readonly why: string
  /** The server has ended it, in order. */
  readonly isEnd: boolean
}

/** Who uses a connection of its own. */
export interface OwnUser {
  /** The version of RESP that its replies come in. */
  readonly protocol: 2 | 3
  /**
   * @param isPush whether the client gets them though it wants no replies
   * @param isPart whether the end of the last reply among them has not come yet
   */
  write(bytes: ByteString, isPush: boolean, isPart: boolean): void
  /** All replies that were due have been given. */
  drained(): void
  /** The connection is no more; `isPart`: a reply has come in part. */
  ended(loss: Loss, due: number, isPart: boolean): void
  /** The server takes more again. */
  writable(): void
}

/**
 * A connection to a server that one client has to itself: for all that leaves something behind (MULTI, WATCH, SUBSCRIBE, CLIENT …), that
 * waits, or that is large. Everything passes as it is; what is due is counted, so that it is known when there is nothing left.
 */
export class Own implements LinkUser {
  readonly link: Link
  readonly #user: OwnUser
  readonly #scanner = new FrameScanner()
  #entries: Entry[] = []
  /** Messages of pub/sub may come: in RESP2 they look like replies. */
  #mayBeSubscribed = false
  #isPrepared = false
  #isPaused = false
  #channels = 0
  #patterns = 0
  #shards = 0
  #inMulti = false
  #isStream = false
  #progress = performance.now()
  /** Where what is due in a stream ends, and who waits for it. */
  #mark: { readonly text: ByteString; readonly reached: () => void } | undefined
  /** What has come in the stream that may be the beginning of that. */
  #unsure: ByteString = ''
  /** What has come of a frame that has to be looked at whole. */
  #gathered: Buffer[] | undefined
  #isPart = false

  constructor(link: Link, user: OwnUser) {
    this.link = link
    this.#user = user
    link.user = this
  }

  get inMulti(): boolean {
    return this.#inMulti
  }

  get subscriptions(): number {
    return this.#channels + this.#patterns + this.#shards
  }

  /** Whether it gets what the server says to monitors or replicas: there is no telling what is a reply. */
  get isStream(): boolean {
    return this.#isStream
  }

  /** Shard channels among them. */
  get shards(): number {
    return this.#shards
  }

  get isIdle(): boolean {
    return this.#entries.length === 0
  }

  /** Whether it waits in a command that is meant to. */
  get isWaiting(): boolean {
    return this.#entries[0]?.effect === 'wait'
  }

  /** Whether replies have been due for so long, in milliseconds, and none has come. */
  isStuck(timeout: number, now: number): boolean {
    const first = this.#entries[0]
    const isDue = this.#isStream ? this.#mark !== undefined : first !== undefined
    return isDue && !this.#isPaused && now - this.#progress > timeout + (first?.longest ?? 0)
  }

  /** Lets the server wait while the client does not take what it gets. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    this.#progress = performance.now()
    if (isPaused) this.link.pause()
    else this.link.resume()
  }

  /**
   * Asks the server for a sign of life, if there has been none for so long, in milliseconds. One that has gone without a word says no more
   * than one that has nothing to say.
   */
  probe(after: number, now: number): void {
    if (now - this.#progress <= after || !this.isIdle || this.#isPaused) return
    // It would be queued, or be what CLIENT CACHING is about; and in a stream there is no telling what is its answer.
    if (this.#isStream || this.#inMulti || this.#isPrepared) return
    this.send(PING, 1, 'swallow', { instead() {} })
  }

  /**
   * Sends whole commands, or the beginning of one, that are answered by so many replies.
   *
   * @param longest how long the server may wait before it answers, if it is meant to, in milliseconds
   * @param instead is given a reply that is swallowed
   * @param refused is given an error; true: it has been taken, and is not for the client
   */
  send(
    commands: ByteString,
    count: number,
    effect: Effect = 'none',
    { longest = 0, instead, refused }: Partial<Pick<Entry, 'longest' | 'instead' | 'refused'>> = {},
  ): void {
    if (!this.link.isOpen) return
    if (this.#isStream) {
      this.link.write(commands)
      return
    }
    const last = this.#entries[this.#entries.length - 1]
    if (last === undefined) this.#progress = performance.now()
    if (effect === 'none' && refused === undefined && last?.effect === 'none' && last.refused === undefined) {
      last.count += count
    } else if (effect !== 'stream at once') this.#entries.push({ effect, count, longest, instead, refused })
    this.#isPrepared = effect === 'caching'
    if (effect.includes('subscribe')) this.#mayBeSubscribed = true
    if (effect === 'stream at once') this.#isStream = true
    this.link.write(commands)
  }

  /** The rest of a command of which the beginning has been sent. */
  sendMore(bytes: ByteString): void {
    this.#progress = performance.now()
    this.link.write(bytes)
  }

  /**
   * Resolves when all has come in a stream that was due: a text that nobody else could have thought of is asked for, and waited for; it is
   * not passed on.
   */
  endOfStream(): Promise<void> {
    return new Promise(resolve => {
      const text = randomUUID()
      this.#progress = performance.now()
      this.#mark = { text: `$${text.length}\r\n${text}\r\n`, reached: resolve }
      this.link.write(encodeCommand(['ECHO', text]))
    })
  }

  received(bytes: Buffer): void {
    this.#progress = performance.now()
    if (this.#isStream) {
      this.#passStream(bytes.latin1Slice())
      return
    }
    try {
      this.#pass(bytes)
    } catch (error) {
      this.end(`the server sent what is no reply (${error instanceof Error ? error.message : error})`)
    }
  }

  lost(error: Error): void {
    this.end(`the connection was lost (${error.message})`, error instanceof EndOfLink)
  }

  drained(): void {
    this.#user.writable()
  }

  end(why: string, isEnd = false): void {
    this.link.destroy()
    const entries = this.#entries
    this.#entries = []
    let due = 0
    for (const { count, instead } of entries) {
      if (instead === undefined) due += Math.max(1, count)
      else instead(Buffer.from(`-UNKNOWNOUTCOME ${why}\r\n`, 'latin1'))
    }
    this.#user.ended({ why, isEnd }, due, this.#isPart)
  }

  #passStream(bytes: ByteString): void {
    let text = this.#unsure + bytes
    this.#unsure = ''
    const mark = this.#mark
    const at = mark === undefined ? -1 : text.indexOf(mark.text)
    if (mark === undefined) {
      // All of it is the client's.
    } else if (at !== -1) {
      text = text.slice(0, at) + text.slice(at + mark.text.length)
      this.#mark = undefined
    } else {
      let length = Math.min(text.length, mark.text.length - 1)
      while (length > 0 && !text.endsWith(mark.text.slice(0, length))) length--
      this.#unsure = text.slice(text.length - length)
      text = text.slice(0, text.length - length)
    }
    this.#user.write(text, true, false)
    if (at !== -1) mark?.reached()
  }

  #pass(bytes: Buffer): void {
    let from = 0
    let at = 0
    const flush = (to: number, isPush: boolean, isPart: boolean): void => {
      if (to > from) this.#user.write(bytes.latin1Slice(from, to), isPush, isPart)
      from = to
    }
    while (at < bytes.length) {
      const start = at
      const isNew = !this.#scanner.isInside
      const type = isNew ? bytes[at]! : this.#scanner.type
      const first = this.#entries[0]
      if (isNew && this.#isToBeSeen(type, first)) {
        flush(start, false, false)
        this.#gathered = []
      }
      const end = this.#scanner.scan(bytes, at, bytes.length)
      at = end === -1 ? bytes.length : end
      if (this.#gathered !== undefined) {
        from = at
        this.#gathered.push(Buffer.from(bytes.subarray(start, at)))
        if (end === -1) return
        const frame = this.#gathered.length === 1 ? this.#gathered[0]! : Buffer.concat(this.#gathered)
        this.#gathered = undefined
        this.#see(frame, type, first)
        if (!this.#isStream) continue
        this.#passStream(bytes.latin1Slice(at))
        return
      }
      if (end === -1) {
        this.#isPart = true
        flush(at, type === GREATER, true)
        return
      }
      this.#isPart = false
      if (type === GREATER) {
        flush(start, false, false)
        flush(end, true, false)
        continue
      }
      if (first === undefined) throw new Error('nobody had asked for it')
      if (--first.count === 0) {
        this.#entries.shift()
        if (this.#entries.length === 0) {
          flush(at, false, false)
          this.#user.drained()
        }
      }
    }
    flush(at, false, false)
  }

  /** Whether a frame tells something about the state of the connection. */
  #isToBeSeen(type: number, first: Entry | undefined): boolean {
    if (type === GREATER) return this.#mayBeSubscribed
    if (first?.refused !== undefined && type === MINUS) return true
    if (first?.instead !== undefined) return true
    if (first !== undefined && !UNSEEN.has(first.effect)) return true
    return this.#mayBeSubscribed && type === ASTERISK && this.#user.protocol === 2 && this.subscriptions > 0
  }

  #see(frame: Buffer, type: number, first: Entry | undefined): void {
    // Its turn has come: as many confirmations as there are subscriptions now, or one that there are none.
    if (first?.count === -1) first.count = Math.max(1, this.#subscribed(first.effect))
    const isPush = type === GREATER || (type === ASTERISK && this.#user.protocol === 2)
    const kind = isPush && this.#mayBeSubscribed ? this.#messageKind(frame, first) : undefined
    if (kind !== undefined) {
      this.#user.write(frame.latin1Slice(), true, false)
      if (kind === 'message') return
      if (first === undefined || !isOfConfirmations(first.effect)) return
      if (--first.count === 0) this.#shift()
      return
    }
    if (type === GREATER) {
      this.#user.write(frame.latin1Slice(), true, false)
      return
    }
    if (first === undefined) throw new Error('nobody had asked for it')
    const isError = type === MINUS
    if (isError && first.refused?.(frame) === true) {
      this.#shift()
      return
    }
    switch (first.effect) {
      case 'multi':
        if (!isError) this.#inMulti = true
        break
      case 'end of multi':
        this.#inMulti = false
        break
      case 'none':
      case 'swallow':
        break
      case 'stream':
        if (isError) break
        this.#isStream = true
        this.#user.write(frame.latin1Slice(), false, false)
        // From here on there is no telling what is a reply.
        this.#entries = []
        this.#user.drained()
        return
      default:
        // It was refused: one error for all that it named. In a transaction, it has been queued.
        first.count = 1
    }
    if (first.instead === undefined) this.#user.write(frame.latin1Slice(), false, false)
    else first.instead(frame)
    if (--first.count === 0) this.#shift()
  }

  /** What a frame of pub/sub is; undefined for one that is none. Notes how many subscriptions there are now. */
  #messageKind(frame: Buffer, first: Entry | undefined): string | undefined {
    const reply = parseFrame(frame)
    const items = itemsIn(reply)
    const kind = bytesIn(items[0] ?? null) ?? ''
    if (kind === 'message' || kind === 'pmessage' || kind === 'smessage') {
      return this.subscriptions > 0 ? 'message' : undefined
    }
    if (!CONFIRMATIONS.has(kind)) return undefined
    // In RESP2, an array that looks like one is one only where one is due, or could come of itself.
    if (this.#user.protocol === 2 && this.subscriptions === 0 && !isOfConfirmations(first?.effect ?? 'none')) {
      return undefined
    }
    const count = numberIn(items[2] ?? null)
    if (kind === 'psubscribe' || kind === 'punsubscribe') this.#patterns = count - this.#channels
    else if (kind === 'subscribe' || kind === 'unsubscribe') this.#channels = count - this.#patterns
    else this.#shards = count
    return kind
  }

  #subscribed(effect: Effect): number {
    if (effect === 'unsubscribe channels') return this.#channels
    return effect === 'unsubscribe patterns' ? this.#patterns : this.#shards
  }

  #shift(): void {
    this.#entries.shift()
    if (this.#entries.length === 0) this.#user.drained()
  }
}

function isOfConfirmations(effect: Effect): boolean {
  return effect.includes('subscribe')
}

/** Effects of which the replies tell nothing. */
const UNSEEN: ReadonlySet<Effect> = new Set<Effect>(['none', 'wait', 'tracking', 'caching'])

const CONFIRMATIONS = new Set(['subscribe', 'unsubscribe', 'psubscribe', 'punsubscribe', 'ssubscribe', 'sunsubscribe'])

const PING = encodeCommand(['PING'])
const ASTERISK = 42
const MINUS = 45
const GREATER = 62
