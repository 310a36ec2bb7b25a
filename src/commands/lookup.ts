import type { ByteString } from '../bytes/bytes.js'
import { errors } from '../errors.js'
import type { Database } from '../keyspace/database.js'
import type { ByteBuffer } from '../values/byte-buffer.js'
import { type Collection, isString } from '../values/value.js'

/** The key's value of a collection type, for a command that reads; undefined when there is no key. Throws WRONGTYPE. */
export function readAs<T extends Collection>(
  db: Database,
  key: ByteString,
  type: abstract new (...args: never[]) => T,
): T | undefined {
  const value = db.read(key)?.value
  if (value === undefined || value instanceof type) return value
  throw errors.wrongType
}

/** The same for a command that writes. */
export function writeAs<T extends Collection>(
  db: Database,
  key: ByteString,
  type: abstract new (...args: never[]) => T,
): T | undefined {
  const value = db.write(key)?.value
  if (value === undefined || value instanceof type) return value
  throw errors.wrongType
}

/** The key's string, as it is held, for a command that reads; undefined when there is no key. Throws WRONGTYPE. */
export function readString(db: Database, key: ByteString): number | bigint | ByteString | ByteBuffer | undefined {
  const value = db.read(key)?.value
  if (value === undefined || isString(value)) return value
  throw errors.wrongType
}
