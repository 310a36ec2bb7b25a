import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import { Length, StringEncoding } from './format.js'
import { lzfCompress } from './lzf.js'

/** Writes values as redis-server does, byte for byte, with its parameter rdbcompression on. */
export class RdbWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256)
  #length = 0

  /** What has been written so far: the bytes themselves, good until more is written. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  /** A count of something, up to 2^53. */
  length(value: number): void {
    if (value < 1 << 6) this.byte(value)
    else if (value < 1 << 14) {
      const at = this.#room(2)
      this.#bytes.writeUInt16BE((Length.bits14 << 8) | value, at)
    } else if (value < 2 ** 32) {
      const at = this.#room(5)
      this.#bytes[at] = Length.bits32
      this.#bytes.writeUInt32BE(value, at + 1)
    } else {
      const at = this.#room(9)
      this.#bytes[at] = Length.bits64
      this.#bytes.writeBigUInt64BE(BigInt(value), at + 1)
    }
  }

  /** Integers of up to 32 bits as such, and what is longer than 20 bytes compressed when that makes it shorter. */
  string(text: ByteString): void {
    if (text.length <= LONGEST_INTEGER && this.#integer(text)) return
    if (text.length > COMPRESSED_ABOVE && this.#compressed(text)) return
    this.length(text.length)
    const at = this.#room(text.length)
    this.#bytes.latin1Write(text, at)
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  #integer(text: ByteString): boolean {
    const value = parseInteger(text)
    if (value === undefined || value !== (value | 0)) return false
    const size = value === (value << 24) >> 24 ? 1 : value === (value << 16) >> 16 ? 2 : 4
    const encoding = size === 1 ? StringEncoding.int8 : size === 2 ? StringEncoding.int16 : StringEncoding.int32
    this.byte(Length.encoded | encoding)
    const at = this.#room(size)
    this.#bytes.writeIntLE(value, at, size)
    return true
  }

  #compressed(text: ByteString): boolean {
    const short = lzfCompress(Buffer.from(text, 'latin1'), text.length - LEAST_SAVED)
    if (short === undefined) return false
    this.byte(Length.encoded | StringEncoding.lzf)
    this.length(short.length)
    this.length(text.length)
    this.raw(short)
    return true
  }

  /** Makes room for so many bytes; gives where they begin. */
  #room(count: number): number {
    const start = this.#length
    const needed = start + count
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, start)
      this.#bytes = larger
    }
    this.#length = needed
    return start
  }
}

/** `-2147483648` */
const LONGEST_INTEGER = 11
const COMPRESSED_ABOVE = 20
/** What compression has to save: it adds a head and a second length. */
const LEAST_SAVED = 4
