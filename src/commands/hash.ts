import type { ByteString } from '../bytes/bytes.js'
import { checkFloatIncrement, incrementByFloat } from '../bytes/long-double.js'
import { addInteger, formatInteger, parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError, wrongArity } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { Hash } from '../values/hash.js'
import { repetitions, signedCountArgument } from './collection-arguments.js'
import { keyAt } from './key-specs.js'
import { readAs, writeAs } from './lookup.js'
import { emptyScan, scanCursor, scanOptions, scanReply } from './scan-arguments.js'

export const hashCommands: readonly CommandDefinition[] = [
  {
    name: 'hset',
    summary: 'Sets fields of a hash to values, and creates the hash if there is none.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) with N fields; a single one is O(1).',
    syntax: 'key field value [field value ...]',
    arity: -4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RW', 'update')],
    run: hset,
  },
  {
    name: 'hsetnx',
    summary: 'Sets a field of a hash, unless the hash has it already.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key field value',
    arity: 4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: hsetnx,
  },
  {
    name: 'hmset',
    summary: 'Sets fields of a hash to values.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) with N fields.',
    syntax: 'key field value [field value ...]',
    arity: -4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RW', 'update')],
    run: hmset,
  },
  {
    name: 'hget',
    summary: 'Gets the value of a field.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key field',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    run: hget,
  },
  {
    name: 'hmget',
    summary: 'Gets the values of several fields of one hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) with N fields.',
    syntax: 'key field [field ...]',
    arity: -3,
    flags: ['readonly', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    run: hmget,
  },
  {
    name: 'hdel',
    summary: 'Deletes fields, and the hash with the last of them.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) with N fields.',
    syntax: 'key field [field ...]',
    arity: -3,
    flags: ['write', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: hdel,
  },
  {
    name: 'hlen',
    summary: 'Counts the fields of a hash.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO')],
    run: hlen,
  },
  {
    name: 'hstrlen',
    summary: 'Tells how many bytes the value of a field has.',
    since: '3.2.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key field',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO')],
    run: hstrlen,
  },
  {
    name: 'hexists',
    summary: 'Tells whether a hash has a field.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key field',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO')],
    run: hexists,
  },
  {
    name: 'hkeys',
    summary: 'Gets all fields of a hash, without their values.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) for a hash of N fields.',
    syntax: 'key',
    arity: 2,
    flags: ['readonly'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: hkeys,
  },
  {
    name: 'hvals',
    summary: 'Gets all values of a hash, without their fields.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) for a hash of N fields.',
    syntax: 'key',
    arity: 2,
    flags: ['readonly'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: hvals,
  },
  {
    name: 'hgetall',
    summary: 'Gets all fields of a hash with their values.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(N) for a hash of N fields.',
    syntax: 'key',
    arity: 2,
    flags: ['readonly'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: hgetall,
  },
  {
    name: 'hincrby',
    summary: 'Adds to the integer that a field holds; a missing field holds 0.',
    since: '2.0.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key field increment',
    arity: 4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RW', 'access', 'update')],
    run: hincrby,
  },
  {
    name: 'hincrbyfloat',
    summary: 'Adds to the floating-point number that a field holds; a missing field holds 0.',
    since: '2.6.0',
    group: 'hash',
    complexity: 'O(1)',
    syntax: 'key field increment',
    arity: 4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['hash'],
    keys: [keyAt(1, 'RW', 'access', 'update')],
    run: hincrbyfloat,
  },
  {
    name: 'hrandfield',
    summary: 'Picks fields at random, with their values if asked to.',
    since: '6.2.0',
    group: 'hash',
    complexity: 'O(N) for N fields picked.',
    syntax: 'key [count [WITHVALUES]]',
    arity: -2,
    flags: ['readonly'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output'],
    run: hrandfield,
  },
  {
    name: 'hscan',
    summary: 'Goes through the fields and values of a hash, some at a time.',
    since: '2.8.0',
    group: 'hash',
    complexity: 'O(1) a call, O(N) for a whole pass over N fields.',
    syntax: 'key cursor [MATCH pattern] [COUNT count]',
    arity: -3,
    flags: ['readonly'],
    categories: ['hash'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output'],
    run: hscan,
  },
]

function hset(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(setFields(client, argv, 'hset'))
  client.database.changed(argv[1]!, EventClass.hash, 'hset', (argv.length - 2) / 2)
}

function hmset(client: Client, argv: readonly ByteString[]): void {
  setFields(client, argv, 'hmset')
  client.reply.ok()
  client.database.changed(argv[1]!, EventClass.hash, 'hset', (argv.length - 2) / 2)
}

/** Returns how many fields are new. */
function setFields(client: Client, argv: readonly ByteString[], command: string): number {
  if (argv.length % 2 === 1) throw wrongArity(command)
  const hash = writable(client, argv[1]!)
  let added = 0
  for (let i = 2; i < argv.length; i += 2) if (hash.set(argv[i]!, argv[i + 1]!)) added++
  return added
}

function hsetnx(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const hash = writable(client, key)
  if (hash.has(argv[2]!)) {
    reply.integer(0)
    return
  }
  hash.set(argv[2]!, argv[3]!)
  reply.integer(1)
  database.changed(key, EventClass.hash, 'hset')
}

function hget(client: Client, argv: readonly ByteString[]): void {
  const value = readAs(client.database, argv[1]!, Hash)?.get(argv[2]!)
  if (value === undefined) client.reply.null()
  else client.reply.bulk(value)
}

function hmget(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const hash = readAs(client.database, argv[1]!, Hash)
  reply.array(argv.length - 2)
  for (let i = 2; i < argv.length; i++) {
    const value = hash?.get(argv[i]!)
    if (value === undefined) reply.null()
    else reply.bulk(value)
  }
}

function hdel(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const hash = writeAs(database, key, Hash)
  let deleted = 0
  if (hash !== undefined) {
    for (let i = 2; i < argv.length; i++) if (hash.delete(argv[i]!)) deleted++
  }
  if (hash !== undefined && deleted > 0) {
    database.changed(key, EventClass.hash, 'hdel', deleted)
    if (hash.size === 0) {
      database.delete(key)
      database.event(EventClass.generic, 'del', key)
    }
  }
  reply.integer(deleted)
}

function hlen(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, Hash)?.size ?? 0)
}

function hstrlen(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, Hash)?.get(argv[2]!)?.length ?? 0)
}

function hexists(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, Hash)?.has(argv[2]!) ? 1 : 0)
}

function hkeys(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const hash = readAs(client.database, argv[1]!, Hash)
  reply.array(hash?.size ?? 0)
  hash?.visit(field => reply.bulk(field))
}

function hvals(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const hash = readAs(client.database, argv[1]!, Hash)
  reply.array(hash?.size ?? 0)
  hash?.visit((_, value) => reply.bulk(value))
}

function hgetall(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const hash = readAs(client.database, argv[1]!, Hash)
  reply.map(hash?.size ?? 0)
  hash?.visit((field, value) => {
    reply.bulk(field)
    reply.bulk(value)
  })
}

function hincrby(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const field = argv[2]!
  const increment = parseInteger64(argv[3]!)
  if (increment === undefined) throw errors.notInteger
  const hash = writable(client, key)
  const current = parseInteger64(hash.get(field) ?? '0')
  if (current === undefined) throw hashValueNotInteger
  const sum = addInteger(current, increment)
  if (sum === undefined) throw errors.overflow
  hash.set(field, formatInteger(sum))
  reply.integer(sum)
  database.changed(key, EventClass.hash, 'hincrby')
}

function hincrbyfloat(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const field = argv[2]!
  const increment = argv[3]!
  checkFloatIncrement(increment)
  const hash = writable(client, key)
  const sum = incrementByFloat(hash.get(field) ?? '0', increment, hashValueNotFloat)
  hash.set(field, sum)
  reply.bulk(sum)
  database.changed(key, EventClass.hash, 'hincrbyfloat')
  const { effects } = client.engine
  if (effects.listening) effects.become(['HSET', key, field, sum])
}

function hrandfield(client: Client, argv: readonly ByteString[]): void {
  if (argv.length > 2) randomFields(client, argv)
  else {
    const field = readAs(client.database, argv[1]!, Hash)?.random(client.engine.random)
    if (field === undefined) client.reply.null()
    else client.reply.bulk(field)
  }
}

/** `HRANDFIELD key count [WITHVALUES]`: different fields, or with a negative count any. */
function randomFields(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  const count = signedCountArgument(argv[2]!)
  const withValues = argv.length > 3
  if (argv.length > 4 || (withValues && argv[3]!.toLowerCase() !== 'withvalues')) throw errors.syntax
  if (withValues && (count > MOST_PAIRS || count < -MOST_PAIRS)) throw errors.outOfRange
  const hash = readAs(client.database, argv[1]!, Hash)
  if (hash === undefined) {
    reply.array(0)
    return
  }
  const length = count < 0 ? repetitions(count) : Math.min(Number(count), hash.size)
  const nested = withValues && reply.protocol === 3
  reply.array(withValues && !nested ? length * 2 : length)
  const visit = (field: ByteString, value: ByteString): boolean => {
    if (nested) reply.array(2)
    reply.bulk(field)
    if (withValues) reply.bulk(value)
    // A client whose output has outgrown its limit is being closed: there is nobody to go on for.
    return !client.closing
  }
  if (count < 0) hash.draw(length, engine.random, visit)
  else hash.sample(length, engine.random, visit)
}

function hscan(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const cursor = scanCursor(argv[2]!)
  const hash = readAs(client.database, argv[1]!, Hash)
  if (hash === undefined) {
    emptyScan(reply)
    return
  }
  const { count, matches } = scanOptions(argv, 3)
  const found: ByteString[] = []
  const next = hash.scan(cursor, count, (field, value) => {
    if (matches === undefined || matches(field)) found.push(field, value)
  })
  scanReply(reply, next, found)
}

/** The hash at a key, made if there is none: what comes next must put a field in, whatever the field held. */
function writable(client: Client, key: ByteString): Hash {
  const { database } = client
  const hash = writeAs(database, key, Hash)
  if (hash !== undefined) return hash
  const made = new Hash(client.engine.config.values)
  database.add(key, made)
  return made
}

const MOST_PAIRS = 2n ** 62n - 1n
const hashValueNotInteger = new ReplyError('ERR hash value is not an integer')
const hashValueNotFloat = new ReplyError('ERR hash value is not a float')
