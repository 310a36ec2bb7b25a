/**
 * CRC-64 as redis-server has it at the end of dumps and RDB files: the polynomial of David T. Jones, 0xad93d23594c935a9,
 * least significant bit first, beginning with zero and not inverted at the end. Of `123456789` it is 0xe9c6d914c4b8d9ca.
 */
export class Crc64 {
  #low = 0
  #high = 0

  /** Takes in the next bytes. O(n). */
  update(bytes: Uint8Array): this {
    let low = this.#low
    let high = this.#high
    for (let i = 0; i < bytes.length; i++) {
      const index = (low ^ bytes[i]!) & 0xff
      low = LOW[index]! ^ ((low >>> 8) | (high << 24))
      high = HIGH[index]! ^ (high >>> 8)
    }
    this.#low = low
    this.#high = high
    return this
  }

  /** The checksum of all bytes so far: 8 bytes, the least significant first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(this.#low, 0)
    bytes.writeInt32LE(this.#high, 4)
    return bytes
  }
}

/** The polynomial with its bits reversed. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n
/** By byte: what it adds to the checksum, in two halves, since numbers have no 64 bits. */
const LOW = new Int32Array(256)
const HIGH = new Int32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n
  LOW[byte] = Number(crc & 0xffffffffn) | 0
  HIGH[byte] = Number(crc >> 32n) | 0
}
