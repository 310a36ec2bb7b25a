import { constants } from 'node:buffer'
import type { ByteString } from '../bytes/bytes.js'
import { type Integer, parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import type { Database } from '../keyspace/database.js'
import type { Entry } from '../keyspace/entry.js'
import { EventClass } from '../keyspace/events.js'
import { ByteBuffer } from '../values/byte-buffer.js'
import { encodeString, type StringValue, stringText } from '../values/string-value.js'
import { isString } from '../values/value.js'

/** An entry that holds a string. */
export type StringEntry = Entry & { value: StringValue }

/** The key's entry for a command that changes a string; undefined when there is no key. Throws WRONGTYPE. */
export function writeString(db: Database, key: ByteString): StringEntry | undefined {
  const entry = db.write(key)
  if (entry === undefined || holdsString(entry)) return entry
  throw errors.wrongType
}

/** The entry's string as a buffer to be changed in place; from now on it is held as one. O(n) the first time. */
export function editable(entry: StringEntry): ByteBuffer {
  const { value } = entry
  if (value instanceof ByteBuffer) return value
  const buffer = new ByteBuffer(stringText(value))
  entry.value = buffer
  return buffer
}

/** Replies the string that a key holds, as it is held; nil for undefined. */
export function replyString(client: Client, value: StringValue | undefined): void {
  if (value === undefined) client.reply.null()
  else client.reply.bulk(typeof value === 'string' ? value : stringText(value))
}

/** Sets the key to a text, over whatever it held, and says so. */
export function storeText(db: Database, key: ByteString, text: ByteString): void {
  db.set(key, encodeString(text))
  db.changed(key, EventClass.string, 'set')
}

/** An integer of 64 bits. Throws ReplyError. */
export function integerArgument(text: ByteString, error = errors.notInteger): Integer {
  const value = parseInteger64(text)
  if (value === undefined) throw error
  return value
}

/** An index, counted from the end when it is negative, as one counted from the beginning, and not before it. */
export function fromStart(index: Integer, length: number): number {
  return index < 0 ? Math.max(0, length + Number(index)) : Number(index)
}

/** The greatest length that a string may grow to, in bytes: proto-max-bulk-len, and what a buffer can be at all. */
export function maxStringLength(client: Client): number {
  return Math.min(client.engine.config.values['proto-max-bulk-len'], constants.MAX_LENGTH)
}

function holdsString(entry: Entry): entry is StringEntry {
  return isString(entry.value)
}
