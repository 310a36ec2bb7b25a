import { connect as connectSocket, type Socket } from 'node:net'

/**
 * A reply with its type on the wire, so that two servers' replies can be compared exactly with `toEqual`.
 * Text is bytes, one char (U+0000 to U+00FF) a byte. Errors are values, not exceptions.
 */
export type Reply =
  | { type: 'status'; value: string }
  /** Without the `-`. */
  | { type: 'error'; value: string }
  /** A number when it is a safe integer. */
  | { type: 'integer'; value: number | bigint }
  | { type: 'bulk'; value: string }
  /** `$-1` */
  | { type: 'null-bulk' }
  /** `*-1` */
  | { type: 'null-array' }
  /** `_`, RESP3 only, as all that follow but arrays. */
  | { type: 'null' }
  | { type: 'boolean'; value: boolean }
  /** The text as it was sent: `3.10` is not `3.1`. */
  | { type: 'double'; value: string }
  | { type: 'big-number'; value: string }
  | { type: 'bulk-error'; value: string }
  | { type: 'verbatim'; format: string; value: string }
  | { type: 'array'; items: Reply[] }
  | { type: 'set'; items: Reply[] }
  | { type: 'push'; items: Reply[] }
  /** In the order in which they were sent. */
  | { type: 'map'; entries: [Reply, Reply][] }
  /** A reply that attributes were sent in front of. */
  | { type: 'attribute'; entries: [Reply, Reply][]; reply: Reply }
  /** What `send` gives for SUBSCRIBE and its kin: one confirmation a channel, as RESP2 array or RESP3 push. */
  | { type: 'confirmations'; items: Reply[] }

export interface RespClient {
  /**
   * Sends one command, without waiting for those before it, and gives its reply. Arguments are bytes (one char a
   * byte). Rejects if the connection closes first.
   */
  send(...argv: readonly (string | number | bigint)[]): Promise<Reply>
  /** Sends commands as one pipeline, in one write. */
  sendMany(commands: readonly (readonly (string | number | bigint)[])[]): Promise<Reply[]>
  /** Sends bytes as they are, of which the server is expected to make so many replies. */
  raw(bytes: string, replies?: number): Promise<Reply[]>
  /** What came without having been asked for, oldest first: pushes, RESP2 messages, lines of MONITOR. */
  readonly pushes: Reply[]
  /** Takes the oldest of `pushes`, or waits for the next. */
  nextPush(): Promise<Reply>
  /** Resolves once the connection is closed, by whichever side. */
  readonly closed: Promise<void>
  /** Closes the connection; resolves once it is closed. */
  close(): Promise<void>
}

/** Connects to a server, on 127.0.0.1 unless told otherwise. A connection speaks RESP2 until it sends HELLO 3. */
export function connect(to: { path: string } | { port: number; host?: string }): Promise<RespClient> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket('path' in to ? to : { host: '127.0.0.1', ...to })
    socket.setNoDelay(true)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(new Connection(socket))
    })
  })
}

/** A command as clients send it: an array of bulk strings. */
export function encode(argv: readonly (string | number | bigint)[]): string {
  let bytes = `*${argv.length}\r\n`
  for (const argument of argv) bytes += `$${String(argument).length}\r\n${argument}\r\n`
  return bytes
}

interface Waiting {
  /** The command's name in lower case, if it is one that is answered by confirmations. */
  subscription: string | undefined
  channels: number
  confirmations: Reply[]
  resolve(reply: Reply): void
  reject(error: Error): void
}

const SUBSCRIPTIONS = new Set(['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe'])
const MESSAGES = new Set(['message', 'pmessage', 'smessage'])

class Connection implements RespClient {
  readonly pushes: Reply[] = []
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  readonly #pushWaiting: Pick<Waiting, 'resolve' | 'reject'>[] = []
  /** The channels subscribed to, by the kind of subscription: '', 'p' or 's'. */
  readonly #channels = new Map<string, Set<string>>()
  #error: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    const parser = new ReplyParser(reply => this.#receive(reply))
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      try {
        parser.push(text)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', error => {
      this.#error = error
    })
    this.closed = new Promise(resolve => {
      socket.on('close', () => {
        this.#error ??= new Error('the connection was closed')
        for (const waiting of [...this.#waiting.splice(0), ...this.#pushWaiting.splice(0)]) waiting.reject(this.#error)
        resolve()
      })
    })
  }

  send(...argv: readonly (string | number | bigint)[]): Promise<Reply> {
    this.#socket.write(encode(argv), 'latin1')
    return this.#expect(argv)
  }

  sendMany(commands: readonly (readonly (string | number | bigint)[])[]): Promise<Reply[]> {
    this.#socket.write(commands.map(encode).join(''), 'latin1')
    return Promise.all(commands.map(argv => this.#expect(argv)))
  }

  raw(bytes: string, replies = 1): Promise<Reply[]> {
    this.#socket.write(bytes, 'latin1')
    return Promise.all(Array.from({ length: replies }, () => this.#expect([])))
  }

  nextPush(): Promise<Reply> {
    const oldest = this.pushes.shift()
    if (oldest !== undefined) return Promise.resolve(oldest)
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) reject(this.#error)
      else this.#pushWaiting.push({ resolve, reject })
    })
  }

  close(): Promise<void> {
    this.#socket.destroy()
    return this.closed
  }

  #expect(argv: readonly (string | number | bigint)[]): Promise<Reply> {
    const name = String(argv[0] ?? '').toLowerCase()
    const subscription = SUBSCRIPTIONS.has(name) ? name : undefined
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) reject(this.#error)
      else this.#waiting.push({ subscription, channels: argv.length - 1, confirmations: [], resolve, reject })
    })
  }

  #receive(reply: Reply): void {
    const waiting = this.#waiting[0]
    const kind = firstWord(reply)
    const isConfirmation = waiting?.subscription !== undefined && kind === waiting.subscription
    const isMessage = reply.type === 'array' && MESSAGES.has(kind) && this.#subscribed()
    if (waiting === undefined || isMessage || (reply.type === 'push' && !isConfirmation)) this.#push(reply)
    else if (isConfirmation) this.#confirm(waiting, reply)
    else {
      this.#waiting.shift()
      waiting.resolve(reply)
    }
  }

  #push(reply: Reply): void {
    const next = this.#pushWaiting.shift()
    if (next === undefined) this.pushes.push(reply)
    else next.resolve(reply)
  }

  /** UNSUBSCRIBE without a channel is confirmed once for every channel, or once if there is none. */
  #confirm(waiting: Waiting, reply: Reply): void {
    const kind = /^[ps]?(?=(?:un)?sub)/.exec(waiting.subscription ?? '')?.[0] ?? ''
    const channels = this.#channels.get(kind) ?? new Set<string>()
    this.#channels.set(kind, channels)
    if (waiting.channels === 0) waiting.channels = Math.max(1, channels.size)
    const second = 'items' in reply ? reply.items[1] : undefined
    const channel = second?.type === 'bulk' ? second.value : ''
    if (waiting.subscription?.includes('un')) channels.delete(channel)
    else channels.add(channel)
    if (waiting.confirmations.push(reply) < waiting.channels) return
    this.#waiting.shift()
    waiting.resolve({ type: 'confirmations', items: waiting.confirmations })
  }

  #subscribed(): boolean {
    for (const channels of this.#channels.values()) if (channels.size > 0) return true
    return false
  }
}

function firstWord(reply: Reply): string {
  if (reply.type !== 'array' && reply.type !== 'push') return ''
  const first = reply.items[0]
  return first?.type === 'bulk' ? first.value : ''
}

interface Frame {
  marker: string
  missing: number
  items: Reply[]
}

/** Makes replies of text that comes in pieces, each looked at once. */
export class ReplyParser {
  #text = ''
  #at = 0
  /** How long the text must be before it is worth a look: a big bulk string is not to be flattened at every piece. */
  #wanted = 0
  readonly #frames: Frame[] = []
  readonly #emit: (reply: Reply) => void

  constructor(emit: (reply: Reply) => void) {
    this.#emit = emit
  }

  /** @throws an Error if the text is no RESP2 or RESP3 */
  push(text: string): void {
    this.#text = this.#at === this.#text.length ? text : this.#text.slice(this.#at) + text
    this.#at = 0
    if (this.#text.length < this.#wanted) return
    while (this.#element()) {}
  }

  #element(): boolean {
    const end = this.#text.indexOf('\r\n', this.#at)
    this.#wanted = 0
    if (end < 0) return false
    const marker = this.#text.charAt(this.#at)
    const line = this.#text.slice(this.#at + 1, end)
    if ('$=!'.includes(marker)) {
      if (marker === '$' && line === '-1') this.#add({ type: 'null-bulk' })
      else {
        const start = end + 2
        const stop = start + length(line)
        if (this.#text.length < stop + 2) {
          this.#wanted = stop + 2 - this.#at
          return false
        }
        if (this.#text.slice(stop, stop + 2) !== '\r\n') throw new Error('a bulk string is longer than announced')
        this.#at = stop + 2
        this.#add(bulk(marker, this.#text.slice(start, stop)))
        return true
      }
    } else if (marker === '*' && line === '-1') {
      this.#add({ type: 'null-array' })
    } else if ('*~>%|'.includes(marker)) {
      const missing = length(line) * ('%|'.includes(marker) ? 2 : 1) + (marker === '|' ? 1 : 0)
      if (missing === 0) this.#add(aggregate(marker, []))
      else this.#frames.push({ marker, missing, items: [] })
    } else {
      this.#add(simple(marker, line))
    }
    this.#at = end + 2
    return true
  }

  #add(element: Reply): void {
    let reply = element
    for (;;) {
      const frame = this.#frames.at(-1)
      if (frame === undefined) {
        this.#emit(reply)
        return
      }
      frame.items.push(reply)
      if (--frame.missing > 0) return
      this.#frames.pop()
      reply = aggregate(frame.marker, frame.items)
    }
  }
}

function simple(marker: string, line: string): Reply {
  switch (marker) {
    case '+':
      return { type: 'status', value: line }
    case '-':
      return { type: 'error', value: line }
    case ':': {
      if (!/^-?\d+$/.test(line)) throw new Error(`no integer: ${JSON.stringify(line)}`)
      const value = Number(line)
      return { type: 'integer', value: Number.isSafeInteger(value) ? value : BigInt(line) }
    }
    case '_':
      return { type: 'null' }
    case '#':
      return { type: 'boolean', value: line === 't' }
    case ',':
      return { type: 'double', value: line }
    case '(':
      return { type: 'big-number', value: line }
    default:
      throw new Error(`no reply begins with ${JSON.stringify(marker + line)}`)
  }
}

function bulk(marker: string, value: string): Reply {
  if (marker === '$') return { type: 'bulk', value }
  if (marker === '!') return { type: 'bulk-error', value }
  return { type: 'verbatim', format: value.slice(0, 3), value: value.slice(4) }
}

function aggregate(marker: string, items: Reply[]): Reply {
  if (marker === '*') return { type: 'array', items }
  if (marker === '~') return { type: 'set', items }
  if (marker === '>') return { type: 'push', items }
  const reply = marker === '|' ? items.pop() : undefined
  const entries: [Reply, Reply][] = []
  for (let i = 0; i + 1 < items.length; i += 2) entries.push([items[i] as Reply, items[i + 1] as Reply])
  return reply === undefined ? { type: 'map', entries } : { type: 'attribute', entries, reply }
}

function length(line: string): number {
  if (!/^\d+$/.test(line)) throw new Error(`no length: ${JSON.stringify(line)}`)
  return Number(line)
}
