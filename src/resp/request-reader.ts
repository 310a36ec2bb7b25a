import type { ByteString } from '../bytes/bytes.js'
import { splitArgs } from '../bytes/split-args.js'
import { encodeCommand } from './encode.js'
import { type ParserLimits, ProtocolError } from './parser.js'

/**
 * Finds where the commands of a client begin and end, and where their words are, without making strings of them: for who passes them on
 * as they are. What breaks the protocol never gets through, since others may use the connection on which it would go on.
 *
 * `push` what was read, then call `next` until it gives false. The cost is linear however the stream is cut.
 */
export class RequestReader {
  /** Where the last command lies: `bytes` from `start` to `end`. Not valid any more after the next `push` or `detach`. */
  bytes: Buffer = EMPTY
  /** What has been pushed. An inline command does not lie in it in the form that all others have. */
  #input: Buffer = EMPTY
  start = 0
  end = 0
  /** The number of its words; word i lies from `starts[i]` to `ends[i]`. */
  count = 0
  starts = new Int32Array(16)
  ends = new Int32Array(16)
  readonly #limits: ParserLimits
  /** Bytes from here on have not been taken. */
  #at = 0
  /** Where the last command began. */
  #last = 0
  #length = 0
  /** Whether `bytes` is memory of our own, which may be appended to. */
  #isOwn = false
  /** Of a command that has not come whole: its words that have, where to go on, and how many there are to be; -1 between two. */
  #words = 0
  #scanned = 0
  #wanted = -1

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  /** Bytes that have come and have not been taken. */
  get buffered(): number {
    return this.#length - this.#at
  }

  /** Of a command that has not come whole: whether its first word, or the first two if it has more than one, can be read. */
  get hasBegun(): boolean {
    return this.#wanted > 0 && this.#words >= Math.min(2, this.#wanted)
  }

  /** Of a command that has not come whole: how many of its words have. */
  get words(): number {
    return this.#words
  }

  /** How many bytes the command that has begun has at least, as far as it has announced. */
  get announced(): number {
    return Math.max(this.#length, this.#scanned + this.#bulkAt(this.#scanned)) - this.#at
  }

  /** Takes over the bytes just read; they are copied only if a part of a command is there already. */
  push(bytes: Buffer): void {
    const rest = this.#length - this.#at
    if (rest === 0) {
      this.#input = bytes
      this.#length = bytes.length
      this.#at = 0
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || this.#length + bytes.length > this.#input.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * rest, rest + bytes.length, 1024))
      this.#input.copy(larger, 0, this.#at, this.#length)
      this.#moved(this.#at)
      this.#input = larger
      this.#length = rest
      this.#isOwn = true
    }
    bytes.copy(this.#input, this.#length)
    this.#length += bytes.length
  }

  /** Goes to the next command that has come whole. Throws ProtocolError; the reader must not be used after that. */
  next(): boolean {
    for (;;) {
      if (this.#wanted === -1) {
        if (this.#at >= this.#length) return false
        if (this.#input[this.#at] !== ASTERISK) {
          if (!this.#inline()) return false
          if (this.count === 0) continue
          return true
        }
        const line = this.#line(this.#at, 'too big mbulk count string')
        if (line === -1) return false
        const count = this.#integer(this.#at + 1, line)
        if (count === undefined || count > MAX_ARGUMENTS) throw new ProtocolError('invalid multibulk length')
        if (count > 10 && !this.#limits.trusted()) throw new ProtocolError('unauthenticated multibulk length')
        if (count <= 0) {
          this.#at = line + 2
          continue
        }
        this.#wanted = count
        this.#words = 0
        this.#scanned = line + 2
      }
      while (this.#words < this.#wanted) {
        if (this.#word()) continue
        this.bytes = this.#input
        return false
      }
      this.bytes = this.#input
      this.start = this.#last = this.#at
      this.end = this.#scanned
      this.count = this.#wanted
      this.#at = this.end
      this.#wanted = -1
      return true
    }
  }

  /** Gives the last command back: `next` will come to it again. Before the next `push` or `detach`. */
  back(): void {
    this.#at = this.#last
  }

  /** A word of the last command, or of the one that has begun. */
  word(index: number): ByteString {
    return this.bytes.latin1Slice(this.starts[index], this.ends[index])
  }

  /** All words of the last command. */
  argv(): ByteString[] {
    return Array.from({ length: this.count }, (_, index) => this.word(index))
  }

  /** The last command as it came. */
  text(): ByteString {
    return this.bytes.latin1Slice(this.start, this.end)
  }

  /** Copies what has not been taken: the owner of the bytes is about to write over them. */
  detach(): void {
    if (this.#isOwn) return
    if (this.#length === this.#at) {
      this.#input = EMPTY
      this.#length = this.#at = 0
      return
    }
    this.#input = Buffer.from(this.#input.subarray(this.#at, this.#length))
    this.#moved(this.#at)
    this.#length = this.#input.length
    this.#isOwn = true
  }

  /**
   * Gives away the beginning of the command that has begun, for whoever passes it on as it comes: the rest goes elsewhere, from the
   * next bytes on.
   *
   * @returns the bytes so far, how many values are still to come, and how many bytes of the one that has begun
   */
  giveAway(): { text: ByteString; left: number; skip: number } {
    const bulk = this.#bulkAt(this.#scanned)
    const header = bulk === 0 ? this.#scanned : this.#line(this.#scanned, '') + 2
    const left = this.#wanted - this.#words
    const text = this.#input.latin1Slice(this.#at, this.#length)
    const skip = bulk === 0 ? 0 : header + bulk + 2 - this.#length
    this.#at = this.#length
    this.#wanted = -1
    return { text, left, skip }
  }

  /** Reads one word; false when it has not come whole. */
  #word(): boolean {
    const at = this.#scanned
    if (at >= this.#length) return false
    if (this.#input[at] !== DOLLAR) {
      throw new ProtocolError(`expected '$', got '${String.fromCharCode(this.#input[at]!)}'`)
    }
    const line = this.#line(at, 'too big bulk count string')
    if (line === -1) return false
    const length = this.#integer(at + 1, line)
    if (length === undefined || length < 0 || length > this.#limits.maxBulkLength()) {
      throw new ProtocolError('invalid bulk length')
    }
    if (length > 16384 && !this.#limits.trusted()) throw new ProtocolError('unauthenticated bulk length')
    const start = line + 2
    const end = start + length
    if (end + 2 > this.#length) return false
    // Redis does not look at these two bytes. Somebody who reads up to the line's end would, and would be out of step.
    if (this.#input[end] !== CR || this.#input[end + 1] !== LF) throw new ProtocolError('invalid bulk length')
    if (this.#words === this.starts.length) this.#grow()
    this.starts[this.#words] = start
    this.ends[this.#words] = end
    this.#words++
    this.#scanned = end + 2
    return true
  }

  /** The length that the word at `at` announces, if its header has come; otherwise 0. */
  #bulkAt(at: number): number {
    if (this.#wanted === -1 || at >= this.#length) return 0
    const line = this.#input.indexOf('\r\n', at)
    if (line === -1 || line >= this.#length - 1) return 0
    return this.#integer(at + 1, line) ?? 0
  }

  #inline(): boolean {
    const lf = this.#input.indexOf(LF, this.#at)
    if (lf === -1 || lf >= this.#length) {
      if (this.#length - this.#at > MAX_LINE) throw new ProtocolError('too big inline request')
      return false
    }
    const end = lf > this.#at && this.#input[lf - 1] === CR ? lf - 1 : lf
    const argv = splitArgs(this.#input.latin1Slice(this.#at, end))
    if (argv === undefined) throw new ProtocolError('unbalanced quotes in request')
    this.#last = this.#at
    this.#at = lf + 1
    this.#encode(argv)
    return true
  }

  /** Lays an inline command out in the form that all others have. */
  #encode(argv: readonly ByteString[]): void {
    this.count = argv.length
    if (argv.length === 0) return
    this.bytes = Buffer.from(encodeCommand(argv), 'latin1')
    this.start = 0
    this.end = this.bytes.length
    while (this.starts.length < argv.length) this.#grow()
    let at = `*${argv.length}\r\n`.length
    for (const [index, { length }] of argv.entries()) {
      this.starts[index] = at + `$${length}\r\n`.length
      this.ends[index] = this.starts[index]! + length
      at = this.ends[index]! + 2
    }
  }

  /** Index of the CR that ends the line which begins at `from`; -1 when it has not come. */
  #line(from: number, tooLong: string): number {
    for (let at = from; at < this.#length; at++) {
      if (this.#input[at] === CR) return at + 1 < this.#length ? at : -1
      if (at - from > MAX_LINE) throw new ProtocolError(tooLong)
    }
    return -1
  }

  /** The integer between two indices, strictly as Redis reads it; undefined when it is not one. */
  #integer(from: number, to: number): number | undefined {
    const isNegative = this.#input[from] === MINUS
    let at = isNegative ? from + 1 : from
    if (at >= to || to - at > 15) return undefined
    if (this.#input[at] === ZERO && (to - at > 1 || isNegative)) return undefined
    let value = 0
    for (; at < to; at++) {
      const digit = this.#input[at]! - ZERO
      if (digit < 0 || digit > 9) return undefined
      value = value * 10 + digit
    }
    return isNegative ? -value : value
  }

  #grow(): void {
    for (const name of ['starts', 'ends'] as const) {
      const larger = new Int32Array(2 * this[name].length)
      larger.set(this[name])
      this[name] = larger
    }
  }

  /** What has been noted of places in `bytes` moves to the front with them. */
  #moved(by: number): void {
    if (by === 0) return
    for (let i = 0; this.#wanted !== -1 && i < this.#words; i++) {
      this.starts[i]! -= by
      this.ends[i]! -= by
    }
    this.#scanned -= by
    this.#at -= by
  }
}

/** PROTO_INLINE_MAX_SIZE: the longest line, of a header or an inline command. */
const MAX_LINE = 64 * 1024
/** As Redis has it: the most words a command can have. */
const MAX_ARGUMENTS = 0x7fffffff
const LF = 10
const CR = 13
const DOLLAR = 36
const ASTERISK = 42
const MINUS = 45
const ZERO = 48
const EMPTY: Buffer = Buffer.alloc(0)
