import type { ByteString } from '../bytes/bytes.js'
import { incrementByFloat } from '../bytes/long-double.js'
import { addInteger, type Integer } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { stringInteger, stringText } from '../values/string-value.js'
import { keyAt } from './key-specs.js'
import { integerArgument, writeString } from './string-access.js'

const common = {
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [keyAt(1, 'RW', 'access', 'update')],
} as const satisfies Partial<CommandDefinition>

/** Strings that are numbers. */
export const stringCounterCommands: readonly CommandDefinition[] = [
  {
    ...common,
    name: 'incr',
    summary: 'Adds one to the integer that a key holds; without the key, to 0.',
    since: '1.0.0',
    syntax: 'key',
    arity: 2,
    run: (client, argv) => increment(client, argv[1]!, 1),
  },
  {
    ...common,
    name: 'decr',
    summary: 'Takes one from the integer that a key holds; without the key, from 0.',
    since: '1.0.0',
    syntax: 'key',
    arity: 2,
    run: (client, argv) => increment(client, argv[1]!, -1),
  },
  {
    ...common,
    name: 'incrby',
    summary: 'Adds to the integer that a key holds; without the key, to 0.',
    since: '1.0.0',
    syntax: 'key increment',
    arity: 3,
    run: (client, argv) => increment(client, argv[1]!, integerArgument(argv[2]!)),
  },
  {
    ...common,
    name: 'decrby',
    summary: 'Takes from the integer that a key holds; without the key, from 0.',
    since: '1.0.0',
    syntax: 'key decrement',
    arity: 3,
    run: decrby,
  },
  {
    ...common,
    name: 'incrbyfloat',
    summary: 'Adds to the floating-point number that a key holds; without the key, to 0.',
    since: '2.6.0',
    syntax: 'key increment',
    arity: 3,
    run: incrbyfloat,
  },
]

function increment(client: Client, key: ByteString, by: Integer): void {
  const db = client.database
  const entry = writeString(db, key)
  let sum: Integer | undefined = by
  if (entry === undefined) db.add(key, by)
  else {
    const current = stringInteger(entry.value)
    if (current === undefined) throw errors.notInteger
    sum = addInteger(current, by)
    if (sum === undefined) throw errors.overflow
    entry.value = sum
  }
  db.changed(key, EventClass.string, 'incrby')
  client.reply.integer(sum)
}

function decrby(client: Client, argv: readonly ByteString[]): void {
  const decrement = integerArgument(argv[2]!)
  if (decrement === INT64_MIN) throw decrementOverflow
  increment(client, argv[1]!, typeof decrement === 'number' ? 0 - decrement : -decrement)
}

function incrbyfloat(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const db = client.database
  const entry = writeString(db, key)
  const sum = incrementByFloat(entry === undefined ? '0' : stringText(entry.value), argv[2]!)
  // Kept as a text even where it is an integer, as Redis does.
  if (entry === undefined) db.add(key, sum)
  else entry.value = sum
  db.changed(key, EventClass.string, 'incrbyfloat')
  const { effects } = client.engine
  if (effects.listening) effects.become(['SET', key, sum, 'KEEPTTL'])
  client.reply.bulk(sum)
}

const INT64_MIN = -(1n << 63n)
const decrementOverflow = new ReplyError('ERR decrement would overflow')
