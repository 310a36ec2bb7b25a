import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { ByteBuffer } from '../values/byte-buffer.js'
import { encodeString, type StringValue, stringLength, stringText } from '../values/string-value.js'
import { keyAt } from './key-specs.js'
import { readString } from './lookup.js'
import { editable, fromStart, integerArgument, maxStringLength, writeString } from './string-access.js'

const group = 'string'
const categories = ['string']

/** Reading and changing parts of strings. */
export const stringRangeCommands: readonly CommandDefinition[] = [
  {
    name: 'getrange',
    summary: 'Answers a part of a string.',
    since: '2.4.0',
    group,
    complexity: 'O(N) with the length of the part',
    syntax: 'key start end',
    arity: 4,
    flags: ['readonly'],
    categories,
    keys: [keyAt(1, 'RO', 'access')],
    run: getrange,
  },
  {
    name: 'substr',
    summary: 'Answers a part of a string; the name that GETRANGE had at first.',
    since: '1.0.0',
    group,
    complexity: 'O(N) with the length of the part',
    syntax: 'key start end',
    arity: 4,
    flags: ['readonly'],
    categories,
    keys: [keyAt(1, 'RO', 'access')],
    run: getrange,
  },
  {
    name: 'setrange',
    summary: 'Overwrites a string from an offset on, with zero bytes up to it where there were none.',
    since: '2.2.0',
    group,
    complexity: 'O(N) with the length of what is written, and of the zero bytes before it',
    syntax: 'key offset value',
    arity: 4,
    flags: ['write', 'denyoom'],
    categories,
    keys: [keyAt(1, 'RW', 'update')],
    run: setrange,
  },
  {
    name: 'strlen',
    summary: 'Answers the length of a string, in bytes.',
    since: '2.2.0',
    group,
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories,
    keys: [keyAt(1, 'RO')],
    run: strlen,
  },
  {
    name: 'append',
    summary: 'Adds to the end of a string, which is empty when there was none.',
    since: '2.0.0',
    group,
    complexity: 'O(N) with the length of what is added, on the average of many',
    syntax: 'key value',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    categories,
    keys: [keyAt(1, 'RW', 'insert')],
    run: append,
  },
]

function getrange(client: Client, argv: readonly ByteString[]): void {
  const start = integerArgument(argv[2]!)
  const end = integerArgument(argv[3]!)
  const value = readString(client.database, argv[1]!)
  // Both from the end and the wrong way round: empty, even where both come to lie at the beginning.
  if (value === undefined || (start < 0 && end < 0 && start > end)) {
    client.reply.bulk('')
    return
  }
  const length = stringLength(value)
  client.reply.bulk(part(value, fromStart(start, length), Math.min(fromStart(end, length), length - 1) + 1))
}

/** Of a buffer, only the part that is asked for is made a string. */
function part(value: StringValue, start: number, end: number): ByteString {
  if (start >= end) return ''
  return value instanceof ByteBuffer ? value.bytes.latin1Slice(start, end) : stringText(value).slice(start, end)
}

function setrange(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const patch = argv[3]!
  const offset = integerArgument(argv[2]!)
  if (offset < 0) throw errors.offsetOutOfRange
  const db = client.database
  const entry = writeString(db, key)
  if (patch === '') {
    client.reply.integer(entry === undefined ? 0 : stringLength(entry.value))
    return
  }
  if (Number(offset) + patch.length > maxStringLength(client)) throw errors.stringTooLong
  let buffer: ByteBuffer
  if (entry === undefined) {
    buffer = new ByteBuffer()
    db.add(key, buffer)
  } else buffer = editable(entry)
  buffer.write(Number(offset), patch)
  db.changed(key, EventClass.string, 'setrange')
  client.reply.integer(buffer.length)
}

function strlen(client: Client, argv: readonly ByteString[]): void {
  const value = readString(client.database, argv[1]!)
  client.reply.integer(value === undefined ? 0 : stringLength(value))
}

function append(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const suffix = argv[2]!
  const db = client.database
  const entry = writeString(db, key)
  let length = suffix.length
  if (entry === undefined) db.add(key, encodeString(suffix))
  else {
    length += stringLength(entry.value)
    if (length > maxStringLength(client)) throw errors.stringTooLong
    editable(entry).append(suffix)
  }
  db.changed(key, EventClass.string, 'append')
  client.reply.integer(length)
}
