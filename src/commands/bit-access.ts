import type { ByteString } from '../bytes/bytes.js'
import { parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { ReplyError } from '../errors.js'
import type { Database } from '../keyspace/database.js'
import { ByteBuffer } from '../values/byte-buffer.js'
import { editable, maxStringLength, writeString } from './string-access.js'

/**
 * The offset of a bit in a string. With `fieldBits`, `#n` is the offset of the nth field of so many bits.
 *
 * @throws ReplyError when it is no offset in a string as long as a string may be
 */
export function bitOffsetArgument(client: Client, text: ByteString, fieldBits = 0): number {
  const counted = fieldBits > 0 && text.charCodeAt(0) === HASH
  let offset = parseInteger64(counted ? text.slice(1) : text)
  // Redis multiplies in 64 bits, and lets what goes beyond them drop.
  if (counted && offset !== undefined) offset = BigInt.asIntN(64, BigInt(offset) * BigInt(fieldBits))
  if (offset === undefined || offset < 0) throw invalidOffset
  const position = Number(offset)
  if (Math.floor(position / 8) >= maxStringLength(client)) throw invalidOffset
  return position
}

/** The bytes of the key's string, made long enough for a bit; `grown` when it was not, or there was no key. */
export function growToBit(db: Database, key: ByteString, position: number): { bytes: Buffer; grown: boolean } {
  const length = Math.floor(position / 8) + 1
  const entry = writeString(db, key)
  if (entry === undefined) {
    const buffer = new ByteBuffer()
    const bytes = buffer.grow(length)
    db.add(key, buffer)
    return { bytes, grown: true }
  }
  const buffer = editable(entry)
  const grown = length > buffer.length
  return { bytes: buffer.grow(length), grown }
}

const HASH = 0x23
const invalidOffset = new ReplyError('ERR bit offset is not an integer or out of range')
