import { type ByteString, fromBuffer, toBuffer } from '../bytes/bytes.js'
import { Crc64 } from './crc64.js'
import { RDB_VERSION } from './format.js'
import { RdbReader } from './reader.js'

// What DUMP and FUNCTION DUMP answer: values in the RDB format, then its version in two bytes, the low one first, and the
// CRC-64 of all that comes before it.

/** Closes a dump. */
export function sealPayload(body: Uint8Array): ByteString {
  const version = Buffer.alloc(2)
  version.writeUInt16LE(RDB_VERSION)
  const checksum = new Crc64().update(body).update(version).digest()
  return fromBuffer(Buffer.concat([body, version, checksum]))
}

/**
 * The values of a dump, to be read while more than `FOOTER_LENGTH` bytes remain: as in Redis, one that says that it is longer reaches
 * into what follows. Undefined when the version is newer than ours, or the checksum is wrong.
 */
export function openPayload(payload: ByteString): RdbReader | undefined {
  const bytes = toBuffer(payload)
  const end = bytes.length - FOOTER_LENGTH
  if (end < 0 || bytes.readUInt16LE(end) > RDB_VERSION) return undefined
  const checksum = new Crc64().update(bytes.subarray(0, end + 2)).digest()
  return checksum.equals(bytes.subarray(end + 2)) ? new RdbReader(bytes) : undefined
}

/** Bytes of the version and the checksum. */
export const FOOTER_LENGTH = 10
