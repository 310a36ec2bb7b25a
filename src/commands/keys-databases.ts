import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { Target } from '../engine/effects.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { cloneValue } from '../values/value.js'
import { databaseArgument, noSuchDatabase, parseInt32 } from './database-argument.js'
import { keyAt } from './key-specs.js'

/** Commands that copy, move, exchange or empty whole keys and databases. */
export const databaseCommands: readonly CommandDefinition[] = [
  {
    name: 'copy',
    summary: 'Copies a key with its value and expiry to another key, of another database if told so.',
    since: '6.2.0',
    group: 'generic',
    complexity: 'O(N) for a collection of N elements, O(1) for a string.',
    syntax: 'source destination [DB destination-db] [REPLACE]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RO', 'access'), keyAt(2, 'OW', 'update')],
    run: copy,
  },
  {
    name: 'move',
    summary: 'Moves a key to another database, unless that has the key already.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key db',
    arity: 3,
    flags: ['write', 'fast'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RW', 'access', 'update')],
    run: move,
  },
  {
    name: 'swapdb',
    summary: 'Exchanges the contents of two databases, for everyone who has them selected.',
    since: '4.0.0',
    group: 'server',
    complexity: 'O(N) with N watched keys of the two.',
    syntax: 'index1 index2',
    arity: 3,
    flags: ['write', 'fast'],
    categories: ['keyspace', 'dangerous'],
    run: swapdb,
  },
  {
    name: 'flushdb',
    summary: 'Deletes all keys of the database.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1), but for N watched keys O(N); the garbage collector does the rest, ASYNC or SYNC.',
    syntax: '[ASYNC | SYNC]',
    arity: -1,
    flags: ['write'],
    categories: ['keyspace', 'dangerous'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    run: flushdb,
  },
  {
    name: 'flushall',
    summary: 'Deletes all keys of all databases.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1) for each database, but for N watched keys O(N).',
    syntax: '[ASYNC | SYNC]',
    arity: -1,
    flags: ['write'],
    categories: ['keyspace', 'dangerous'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    run: flushall,
  },
]

function copy(client: Client, argv: readonly ByteString[]): void {
  const { database } = client
  const key = argv[1]!
  const newKey = argv[2]!
  let target = database
  let replace = false
  for (let i = 3; i < argv.length; i++) {
    const option = argv[i]!.toLowerCase()
    if (option === 'replace') replace = true
    else if (option === 'db' && i + 1 < argv.length) target = databaseArgument(client, argv[++i]!)
    else throw errors.syntax
  }
  if (target === database && key === newKey) throw errors.sameObject
  const entry = database.read(key)
  if (entry === undefined || (target.write(newKey) !== undefined && !replace)) {
    client.reply.integer(0)
    return
  }
  target.delete(newKey)
  const at = database.expiresAt(entry)
  const copied = target.add(newKey, cloneValue(entry.value))
  if (at !== undefined) target.expireAt(copied, at)
  target.changed(newKey, EventClass.generic, 'copy_to')
  client.reply.integer(1)
}

function move(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const target = databaseArgument(client, argv[2]!)
  if (target === database) throw errors.sameObject
  const entry = database.write(key)
  if (entry === undefined || target.write(key) !== undefined) {
    reply.integer(0)
    return
  }
  const at = database.expiresAt(entry)
  const moved = target.add(key, entry.value)
  moved.access = entry.access
  if (at !== undefined) target.expireAt(moved, at)
  database.delete(key)
  database.changed(key, EventClass.generic, 'move_from', 0)
  target.changed(key, EventClass.generic, 'move_to')
  reply.integer(1)
}

function swapdb(client: Client, argv: readonly ByteString[]): void {
  const { keyspace } = client.engine
  const first = parseInt32(argv[1]!)
  if (first === undefined) throw invalidFirst
  const second = parseInt32(argv[2]!)
  if (second === undefined) throw invalidSecond
  const [one, other] = [keyspace.databases[first], keyspace.databases[second]]
  if (one === undefined || other === undefined) throw noSuchDatabase
  if (one !== other) one.swap(other)
  keyspace.changes++
  client.reply.ok()
}

function flushdb(client: Client, argv: readonly ByteString[]): void {
  checkFlushMode(argv)
  client.engine.keyspace.changes += client.database.clear()
  propagate(client)
  client.reply.ok()
}

function flushall(client: Client, argv: readonly ByteString[]): void {
  checkFlushMode(argv)
  const { keyspace } = client.engine
  for (const database of keyspace.databases) keyspace.changes += database.clear()
  propagate(client)
  client.reply.ok()
}

/** Others are told to empty their databases even if ours are empty: theirs may not be. */
function propagate({ engine: { effects } }: Client): void {
  if (effects.listening) effects.force(Target.all)
}

/** ASYNC and SYNC mean the same here: nothing is taken apart while anyone waits. */
function checkFlushMode(argv: readonly ByteString[]): void {
  if (argv.length === 1) return
  const mode = argv[1]!.toLowerCase()
  if (argv.length > 2 || (mode !== 'async' && mode !== 'sync')) throw errors.syntax
}

const invalidFirst = new ReplyError('ERR invalid first DB index')
const invalidSecond = new ReplyError('ERR invalid second DB index')
