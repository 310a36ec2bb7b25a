import type { ByteString } from '../bytes/bytes.js'
import { ProtocolError } from './parser.js'

/** Finds the end of a command whose beginning others have read: the words that it still lacks, which are passed on as they come. */
export class WordsScanner {
  readonly #maxBulkLength: () => number
  /** Words that have not come to their end. */
  #left = 0
  /** Bytes of a word, and of its line end, that are still to come. */
  #skip = 0
  /** What has come of a header. */
  #header: ByteString = ''

  /** @param maxBulkLength the longest word, in bytes */
  constructor(maxBulkLength: () => number) {
    this.#maxBulkLength = maxBulkLength
  }

  get isInside(): boolean {
    return this.#left > 0
  }

  /** @param skip bytes of the first of `left` words that are still to come; 0 when its header is */
  resume(left: number, skip: number): void {
    this.#left = left
    this.#skip = skip
    this.#header = ''
  }

  /**
   * How many of these bytes belong to the command.
   *
   * @throws ProtocolError in Redis's words
   */
  take(bytes: Buffer): number {
    let at = 0
    while (this.#left > 0 && at < bytes.length) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, bytes.length - at)
        at += taken
        this.#skip -= taken
        if (this.#skip > 0) break
        if (bytes[at - 1] !== LF) throw new ProtocolError('invalid bulk length')
        this.#left--
        continue
      }
      const end = bytes.indexOf(LF, at)
      const to = end === -1 ? bytes.length : end + 1
      this.#header += bytes.latin1Slice(at, Math.min(to, at + LONGEST_HEADER + 1))
      at = to
      if (this.#header[0] !== '$') throw new ProtocolError(`expected '$', got '${this.#header[0]}'`)
      if (this.#header.length > LONGEST_HEADER) throw new ProtocolError('invalid bulk length')
      if (end === -1) break
      const [, digits] = /^\$(0|[1-9]\d*)\r\n$/.exec(this.#header) ?? []
      const length = Number(digits)
      this.#header = ''
      if (digits === undefined || length > this.#maxBulkLength()) throw new ProtocolError('invalid bulk length')
      this.#skip = length + 2
    }
    return at
  }
}

/** `$`, the digits of the longest word that there can be, and the line end. */
const LONGEST_HEADER = 20
const LF = 10
