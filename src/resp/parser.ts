import type { ByteString } from '../bytes/bytes.js'
import { STRING_OF } from '../bytes/short-string.js'
import { splitArgs } from '../bytes/split-args.js'

/** Bounds on what a client may send, in bytes unless said otherwise. Read at every use: they can change while running. */
export interface ParserLimits {
  /** proto-max-bulk-len */
  maxBulkLength(): number
  /** A client that has not authenticated gets no more than a handshake needs. */
  trusted(): boolean
}

/** The client broke the protocol: it gets the message as an error reply, and its connection is closed. */
export class ProtocolError extends Error {
  override name = 'ProtocolError'
}

/**
 * Parses the commands that a client sends: RESP arrays of bulk strings, or inline commands (a line of words).
 *
 * `push` what was read, then call `next` until it gives undefined. A command cut anywhere goes on with the next push;
 * what has been parsed of it is kept, so the cost stays linear however the stream is cut.
 *
 * Fast path: the read is turned into one string, whose chars are cheap to look at from JavaScript, and a short
 * argument is cut out of it; a longer one is made from the bytes instead, since V8 would keep the whole read alive for
 * the sake of a slice. (V8 copies slices of up to 12 chars; measured, this parses 2 to 3 times as fast as looking at
 * the Buffer byte by byte.)
 */
export class CommandParser {
  readonly #limits: ParserLimits
  readonly #names = new RecentNames()
  #bytes: Buffer = EMPTY
  #text: ByteString = ''
  #at = 0
  /** Set while a multibulk command is being read: its arguments so far, and how many are to come. */
  #argv: ByteString[] | undefined
  #left = 0
  /** Length of the bulk string whose bytes come next, or -1 when its header does. */
  #bulk = -1
  /** Bytes of the arguments read so far. */
  #argvBytes = 0
  /** What has come of a bulk string that does not lie in one read; doubles as it grows, so that nobody can make us
   * allocate what they only announce. */
  #gathered: Buffer = EMPTY
  #gatheredLength = 0

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  /** Bytes held for commands that are not complete, or not taken yet. */
  get buffered(): number {
    return this.#argvBytes + this.#gatheredLength + (this.#text.length - this.#at)
  }

  /** Takes over the bytes just read. They are copied only if `next` cannot use them up before the following push. */
  push(bytes: Buffer): void {
    const rest = this.#text.length - this.#at
    if (rest > 0) bytes = Buffer.concat([this.#bytes.subarray(this.#at, this.#at + rest), bytes])
    this.#bytes = bytes
    this.#text = bytes.latin1Slice(0, bytes.length)
    this.#at = 0
  }

  /**
   * The next complete command, its name first; undefined when more bytes are needed.
   * Throws ProtocolError; the parser must not be used after that.
   */
  next(): ByteString[] | undefined {
    for (;;) {
      if (this.#argv === undefined) {
        if (this.#at >= this.#text.length) return this.#starve()
        const first = this.#text.charCodeAt(this.#at)
        if (first !== ASTERISK) {
          const argv = this.#inline()
          if (argv === undefined) return this.#starve()
          if (argv.length === 0) continue
          return argv
        }
        const quick = this.#quick()
        if (quick !== undefined) return quick
        const line = this.#line('too big mbulk count string')
        if (line === NEED_MORE) return this.#starve()
        const count = decimal(this.#text, this.#at + 1, line)
        if (count === undefined || count > MAX_ARGUMENTS) throw new ProtocolError('invalid multibulk length')
        if (count > 10 && !this.#limits.trusted()) throw new ProtocolError('unauthenticated multibulk length')
        this.#at = line + 2
        if (count <= 0) continue
        this.#argv = []
        this.#left = count
      }
      const argv = this.#argv
      while (this.#left > 0) {
        if (!this.#argument(argv)) return this.#starve()
        this.#left--
      }
      this.#argv = undefined
      this.#argvBytes = 0
      return argv
    }
  }

  /**
   * Fast path: a command of up to 9 arguments, each under 1,000 bytes, that lies whole in the read, as almost all do.
   * Whatever is otherwise, errors included, is left to the careful way; nothing has been taken then. It reads the
   * headers digit by digit instead of looking for their ends: with redis-benchmark at 64 a pipeline, GET went from 0.6 to
   * 1.08 times the throughput of redis-server.
   */
  #quick(): ByteString[] | undefined {
    const text = this.#text
    let at = this.#at + 1
    const count = text.charCodeAt(at) - ZERO
    if (!(count >= 1 && count <= 9) || text.charCodeAt(at + 1) !== CR) return undefined
    at += 3
    const argv: ByteString[] = []
    for (let i = 0; i < count; i++) {
      if (text.charCodeAt(at) !== DOLLAR) return undefined
      let length = text.charCodeAt(at + 1) - ZERO
      // Beyond the end there is NaN, which is in no range.
      if (!(length >= 0 && length <= 9)) return undefined
      let cr = at + 2
      for (let digits = 1; digits < 3 && length > 0; digits++) {
        const digit = text.charCodeAt(cr) - ZERO
        if (!(digit >= 0 && digit <= 9)) break
        length = length * 10 + digit
        cr++
      }
      if (text.charCodeAt(cr) !== CR) return undefined
      const start = cr + 2
      const end = start + length
      if (end + 2 > text.length) return undefined
      if (i === 0) argv.push(this.#names.at(text, start, end))
      else if (length <= COPIED_BY_SLICE) argv.push(text.substring(start, end))
      else if (length < STRING_OF.length) argv.push(STRING_OF[length]!(this.#bytes, start))
      else argv.push(this.#bytes.latin1Slice(start, end))
      at = end + 2
    }
    this.#at = at
    return argv
  }

  /** Reads one bulk string into argv; false when more bytes are needed. */
  #argument(argv: ByteString[]): boolean {
    if (this.#bulk < 0) {
      if (this.#at >= this.#text.length) return false
      const line = this.#line('too big bulk count string')
      if (line === NEED_MORE) return false
      if (this.#text.charCodeAt(this.#at) !== DOLLAR) {
        throw new ProtocolError(`expected '$', got '${this.#text[this.#at]}'`)
      }
      const length = decimal(this.#text, this.#at + 1, line)
      if (length === undefined || length < 0 || length > Math.min(this.#limits.maxBulkLength(), MAX_STRING)) {
        throw new ProtocolError('invalid bulk length')
      }
      if (length > 16384 && !this.#limits.trusted()) throw new ProtocolError('unauthenticated bulk length')
      this.#at = line + 2
      this.#bulk = length
    }
    const end = this.#at + this.#bulk
    if (this.#gatheredLength > 0 || end + 2 > this.#text.length) return this.#gather(argv)
    argv.push(
      this.#bulk <= COPIED_BY_SLICE ? this.#text.substring(this.#at, end) : this.#bytes.latin1Slice(this.#at, end),
    )
    this.#argvBytes += this.#bulk + ARGUMENT_OVERHEAD
    this.#at = end + 2
    this.#bulk = -1
    return true
  }

  /** Takes as much as there is of a bulk string that does not lie in one read, each byte once. */
  #gather(argv: ByteString[]): boolean {
    const wanted = this.#bulk + 2
    const end = Math.min(this.#at + wanted - this.#gatheredLength, this.#text.length)
    const total = this.#gatheredLength + end - this.#at
    if (total > this.#gathered.length) {
      const larger = Buffer.allocUnsafe(Math.min(wanted, Math.max(total, this.#gathered.length * 2)))
      this.#gathered.copy(larger, 0, 0, this.#gatheredLength)
      this.#gathered = larger
    }
    this.#bytes.copy(this.#gathered, this.#gatheredLength, this.#at, end)
    this.#gatheredLength = total
    this.#at = end
    if (total < wanted) return false
    argv.push(this.#gathered.latin1Slice(0, this.#bulk))
    this.#argvBytes += this.#bulk + ARGUMENT_OVERHEAD
    this.#gathered = EMPTY
    this.#gatheredLength = 0
    this.#bulk = -1
    return true
  }

  /** Index of the CR that ends the line which begins here, or NEED_MORE. */
  #line(tooLong: string): number {
    const cr = this.#text.indexOf('\r', this.#at)
    if (cr === -1) {
      if (this.#text.length - this.#at > MAX_LINE) throw new ProtocolError(tooLong)
      return NEED_MORE
    }
    return cr + 1 < this.#text.length ? cr : NEED_MORE
  }

  #inline(): ByteString[] | undefined {
    const lf = this.#text.indexOf('\n', this.#at)
    if (lf === -1) {
      if (this.#text.length - this.#at > MAX_LINE) throw new ProtocolError('too big inline request')
      return undefined
    }
    const end = lf > this.#at && this.#text.charCodeAt(lf - 1) === CR ? lf - 1 : lf
    const line = this.#bytes.latin1Slice(this.#at, end)
    this.#at = lf + 1
    const argv = splitArgs(line)
    if (argv === undefined) throw new ProtocolError('unbalanced quotes in request')
    return argv
  }

  #starve(): undefined {
    this.detach()
    return undefined
  }

  /** Copies what is left of the last read: its owner is about to write over it, and `next` will not be called before. */
  detach(): void {
    if (this.#at < this.#text.length) {
      this.#bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#text.length))
      if (this.#at > 0) this.#text = this.#bytes.latin1Slice()
    } else {
      this.#bytes = EMPTY
      this.#text = ''
    }
    this.#at = 0
  }
}

/**
 * The names of commands that this client has used last. The same string is given again for the same name: no string to
 * make, and its hash, by which the command table finds it, is known already.
 */
class RecentNames {
  readonly #names: ByteString[] = Array.from({ length: 16 }, () => '')

  at(text: ByteString, start: number, end: number): ByteString {
    const place = (end - start + text.charCodeAt(start) + 3 * text.charCodeAt(end - 1)) & 15
    const known = this.#names[place]!
    if (known.length === end - start && isAt(known, text, start)) return known
    const name = text.slice(start, end)
    if (name.length <= COPIED_BY_SLICE) this.#names[place] = name
    return name
  }
}

function isAt(known: ByteString, text: ByteString, start: number): boolean {
  for (let i = 0; i < known.length; i++) if (known.charCodeAt(i) !== text.charCodeAt(start + i)) return false
  return true
}

/** PROTO_INLINE_MAX_SIZE: the longest line, of a header or an inline command. */
const MAX_LINE = 64 * 1024
/** As Redis has it: the most arguments a command can have. */
const MAX_ARGUMENTS = 0x7fffffff
/** V8's longest string is 2^29 - 24 chars. */
const MAX_STRING = 0x1fffffe8
const COPIED_BY_SLICE = 12
/** What a short string and its place in an array cost beside its bytes. */
const ARGUMENT_OVERHEAD = 32
const NEED_MORE = -1
const ASTERISK = 42
const DOLLAR = 36
const CR = 13
const ZERO = 48
const EMPTY: Buffer = Buffer.alloc(0)

/** The integer between two indices, strictly as Redis reads it; undefined when it is not one. */
function decimal(text: ByteString, from: number, to: number): number | undefined {
  const negative = text.charCodeAt(from) === 45
  let i = negative ? from + 1 : from
  if (i >= to || to - i > 15) return undefined
  if (text.charCodeAt(i) === 48 && (to - i > 1 || negative)) return undefined
  let value = 0
  for (; i < to; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return negative ? -value : value
}
