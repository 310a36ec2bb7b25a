import { RESP_TYPES } from 'redis'
import { type ByteString, fromBuffer, fromUtf8 } from '../../bytes/bytes.js'
import type { Conversions } from '../../resp/collector.js'

/**
 * A reply as node-redis gives it with `mappingFor`: bulk strings as Buffers, statuses and integers as text, doubles as numbers.
 * An error is a value.
 */
export type RawReply = null | Buffer | string | number | bigint | boolean | Error | readonly RawReply[] | RawMap

interface RawMap extends ReadonlyMap<RawReply, RawReply> {}

/**
 * What node-redis is to make of the types of RESP: nothing that loses anything. Integers come as text, since it would read those
 * beyond 2^53 as doubles. A status is told from them by not being one, which is wrong only of a script that answers a status of
 * digits alone.
 */
const TYPE_MAPPING = {
  [RESP_TYPES.BLOB_STRING]: Buffer,
  [RESP_TYPES.VERBATIM_STRING]: Buffer,
  [RESP_TYPES.NUMBER]: String,
  [RESP_TYPES.MAP]: Map,
} as const

const FLAT_MAPPING = { ...TYPE_MAPPING, [RESP_TYPES.MAP]: Array } as const

/**
 * Commands whose reply in RESP3 is one map with keys of any bytes. node-redis gives the keys of Maps as text, in UTF-8, which is
 * right for all other maps of Redis; the maps of these are taken as arrays of keys and values.
 */
const MAPS_OF_BYTES = new Set(['hgetall', 'xread', 'xreadgroup'])

/** The mapping for a command's reply. */
export function mappingFor(name: ByteString): typeof TYPE_MAPPING | typeof FLAT_MAPPING {
  return MAPS_OF_BYTES.has(name.toLowerCase()) ? FLAT_MAPPING : TYPE_MAPPING
}

/** A command's reply of RESP3, which came with `mappingFor` its name. */
export function withMap(name: ByteString, reply: RawReply): RawReply {
  if (!isArray(reply) || !MAPS_OF_BYTES.has(name.toLowerCase())) return reply
  const map = new Map<RawReply, RawReply>()
  for (let i = 0; i < reply.length; i += 2) map.set(reply[i]!, reply[i + 1]!)
  return map
}

/** A reply in the form that a caller wants. */
export function convert<T>(reply: RawReply, to: Conversions<T>): T {
  if (reply === null) return to.null()
  if (typeof reply === 'string') {
    return INTEGER.test(reply) ? to.integer(integerOf(reply)) : to.status(fromUtf8(reply))
  }
  if (Buffer.isBuffer(reply)) return to.bulk(fromBuffer(reply))
  if (typeof reply === 'number') return to.double(reply)
  if (typeof reply === 'bigint') return to.integer(reply)
  if (typeof reply === 'boolean') return to.boolean(reply)
  if (isArray(reply)) return to.array(reply.map(item => convert(item, to)))
  if (reply instanceof Error) return to.error(fromUtf8(reply.message))
  const items: T[] = []
  for (const [key, value] of reply) {
    items.push(typeof key === 'string' ? to.bulk(fromUtf8(key)) : convert(key, to), convert(value, to))
  }
  return to.map(items)
}

/** A bulk string, or null. */
export function bytesIn(reply: RawReply): ByteString | null {
  if (Buffer.isBuffer(reply)) return fromBuffer(reply)
  return typeof reply === 'string' ? fromUtf8(reply) : null
}

/** An integer; 0 for any other reply. */
export function numberIn(reply: RawReply): number {
  return typeof reply === 'string' ? Number(reply) : 0
}

/** The items of an array; none for any other reply. */
export function itemsIn(reply: RawReply): readonly RawReply[] {
  return isArray(reply) ? reply : []
}

function isArray(reply: RawReply): reply is readonly RawReply[] {
  return Array.isArray(reply)
}

function integerOf(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

const INTEGER = /^-?\d+$/
