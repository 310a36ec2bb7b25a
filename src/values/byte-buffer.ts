import { constants } from 'node:buffer'
import type { ByteString } from '../bytes/bytes.js'
import { errors } from '../errors.js'

/**
 * A string value that is changed in place (APPEND, SETRANGE, SETBIT, BITFIELD): a buffer that grows by doubling, up to
 * 1 MiB of room to spare, as Redis's own strings do.
 */
export class ByteBuffer {
  #bytes: Buffer
  #length: number
  /** The bytes as a string, made when first asked for and dropped at the next change. */
  #text: ByteString | undefined

  constructor(initial: ByteString = '') {
    this.#bytes = Buffer.alloc(initial.length)
    this.#bytes.latin1Write(initial)
    this.#length = initial.length
    this.#text = initial
  }

  /** Takes the bytes over, as they are: they must not be changed by anybody else from now on. O(1). */
  static of(bytes: Buffer): ByteBuffer {
    const buffer = new ByteBuffer()
    buffer.#bytes = bytes
    buffer.#length = bytes.length
    buffer.#text = undefined
    return buffer
  }

  get length(): number {
    return this.#length
  }

  /** The bytes themselves, not a copy: for reading in place, until the next change. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /**
   * O(n) after a change, O(1) until the next. Throws a ReplyError for the 24 lengths up to 512 MiB that a buffer can have
   * and a string of V8 cannot.
   */
  toString(): ByteString {
    let text = this.#text
    if (this.#length > constants.MAX_STRING_LENGTH) throw errors.stringTooLong
    if (text === undefined) this.#text = text = this.#bytes.latin1Slice(0, this.#length)
    return text
  }

  append(suffix: ByteString): void {
    const start = this.#length
    this.grow(start + suffix.length)
    this.#bytes.latin1Write(suffix, start)
  }

  /** Overwrites from `offset` on, growing with zero bytes as needed. */
  write(offset: number, patch: ByteString): void {
    this.grow(offset + patch.length)
    this.#bytes.latin1Write(patch, offset)
  }

  /** Makes it at least `length` bytes long, with zero bytes, and gives the bytes to be changed in place. */
  grow(length: number): Buffer {
    this.#text = undefined
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(length + Math.min(length, SPARE))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    if (length > this.#length) {
      // What lies beyond the length has never been written, or was zero-filled: nothing shrinks.
      this.#length = length
    }
    return this.#bytes.subarray(0, this.#length)
  }

  clone(): ByteBuffer {
    return ByteBuffer.of(Buffer.from(this.bytes))
  }
}

const SPARE = 1 << 20
