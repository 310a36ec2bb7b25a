import { constants } from 'node:buffer'
import type { ByteString } from '../bytes/bytes.js'
import { byteString } from '../bytes/short-string.js'
import { Length, StringEncoding } from './format.js'
import { lzfDecompress } from './lzf.js'

/** What is read is not in the format, or ends too early. */
export class RdbError extends Error {
  override name = 'RdbError'
}

/** Reads what redis-server writes, one value after another. Every method throws an RdbError when there is no such value. */
export class RdbReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Bytes that have not been read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  /** A count of something. */
  length(): number {
    const head = this.byte()
    if (head >= Length.encoded) throw new RdbError(`no length: 0x${head.toString(16)}`)
    return this.#length(head)
  }

  string(): ByteString {
    const head = this.byte()
    if (head >= Length.encoded) return this.#encoded(head - Length.encoded)
    const length = this.#length(head)
    const start = this.#take(length)
    if (length > constants.MAX_STRING_LENGTH) throw new RdbError(`a string of ${length} bytes`)
    return byteString(this.#bytes, start, this.#at)
  }

  #length(head: number): number {
    const bytes = this.#bytes
    if (head < Length.bits14) return head
    if (head < Length.bits32) return ((head - Length.bits14) << 8) | this.byte()
    if (head === Length.bits32) return bytes.readUInt32BE(this.#take(4))
    if (head === Length.bits64) return Number(bytes.readBigUInt64BE(this.#take(8)))
    throw new RdbError(`no length: 0x${head.toString(16)}`)
  }

  #encoded(encoding: number): ByteString {
    const bytes = this.#bytes
    switch (encoding) {
      case StringEncoding.int8:
        return String(bytes.readInt8(this.#take(1)))
      case StringEncoding.int16:
        return String(bytes.readInt16LE(this.#take(2)))
      case StringEncoding.int32:
        return String(bytes.readInt32LE(this.#take(4)))
      case StringEncoding.lzf:
        return this.#compressed()
      default:
        throw new RdbError(`no encoding of strings: ${encoding}`)
    }
  }

  #compressed(): ByteString {
    const compressedLength = this.length()
    const length = this.length()
    const start = this.#take(compressedLength)
    if (length > constants.MAX_STRING_LENGTH) throw new RdbError(`a string of ${length} bytes`)
    const text = lzfDecompress(this.#bytes.subarray(start, this.#at), length)
    if (text === undefined) throw new RdbError('a string that is not compressed as it should be')
    return text.latin1Slice()
  }

  /** Goes on by so many bytes; gives where they begin. */
  #take(count: number): number {
    const start = this.#at
    if (count > this.remaining) throw new RdbError('the end is missing')
    this.#at += count
    return start
  }
}
