import type { ByteString } from '../bytes/bytes.js'
import { ByteBuffer } from './byte-buffer.js'

/**
 * What a key holds. A string is, as in Redis, held in one of three ways:
 * a number or bigint (an integer of 64 bits: encoding `int`), a ByteString (`embstr` up to 44 bytes, else `raw`), or a
 * ByteBuffer (changed in place: `raw`).
 */
export type Value = number | bigint | ByteString | ByteBuffer | Collection

export type TypeName = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream'

/** What every value type but the string has. A collection that has become empty is deleted by the command that emptied it. */
export interface Collection {
  readonly type: Exclude<TypeName, 'string'>
  /** As OBJECT ENCODING answers. */
  readonly encoding: string
  readonly size: number
  /** A deep copy. O(n). */
  clone(): Collection
}

export function isString(value: Value): value is number | bigint | ByteString | ByteBuffer {
  return typeof value !== 'object' || value instanceof ByteBuffer
}

export function typeOf(value: Value): TypeName {
  return isString(value) ? 'string' : value.type
}

export function encodingOf(value: Value): string {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'int'
    case 'string':
      return value.length <= EMBEDDED ? 'embstr' : 'raw'
    default:
      return value instanceof ByteBuffer ? 'raw' : value.encoding
  }
}

export function cloneValue(value: Value): Value {
  return typeof value === 'object' ? value.clone() : value
}

/** OBJ_ENCODING_EMBSTR_SIZE_LIMIT: Redis embeds strings up to this many bytes in the object's header. */
const EMBEDDED = 44
