import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { typeOf } from '../values/value.js'
import { keyAt, keysFrom } from './key-specs.js'

/** Commands for keys of any type, within one database. */
export const keyCommands: readonly CommandDefinition[] = [
  {
    name: 'del',
    summary: 'Deletes keys.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1) for each key: the garbage collector takes the value apart.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['write'],
    categories: ['keyspace'],
    keys: [keysFrom(1, 'RM', 'delete')],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    run: del,
  },
  {
    name: 'unlink',
    summary: 'Deletes keys; the same as DEL, which does not block here either.',
    since: '4.0.0',
    group: 'generic',
    complexity: 'O(1) for each key.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['write', 'fast'],
    categories: ['keyspace'],
    keys: [keysFrom(1, 'RM', 'delete')],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    run: del,
  },
  {
    name: 'exists',
    summary: 'Counts how many of the keys there are; a key that is named twice counts twice.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(N) with N keys.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['readonly', 'fast'],
    categories: ['keyspace'],
    keys: [keysFrom(1, 'RO')],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    run: exists,
  },
  {
    name: 'touch',
    summary: 'Marks keys as used now, and counts how many there are.',
    since: '3.2.1',
    group: 'generic',
    complexity: 'O(N) with N keys.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['readonly', 'fast'],
    categories: ['keyspace'],
    keys: [keysFrom(1, 'RO')],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    run: touch,
  },
  {
    name: 'type',
    summary: "Tells the type of a key's value, or none.",
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RO')],
    run: type,
  },
  {
    name: 'rename',
    summary: 'Gives a key another name; what had that name before is lost.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key newkey',
    arity: 3,
    flags: ['write'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RW', 'access', 'delete'), keyAt(2, 'OW', 'update')],
    run: rename,
  },
  {
    name: 'renamenx',
    summary: 'Gives a key another name, unless there is a key of that name.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key newkey',
    arity: 3,
    flags: ['write', 'fast'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RW', 'access', 'delete'), keyAt(2, 'OW', 'insert')],
    run: renamenx,
  },
  {
    name: 'randomkey',
    summary: 'Picks a key of the database at random.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags: ['readonly'],
    categories: ['keyspace'],
    tips: ['request_policy:all_shards', 'nondeterministic_output'],
    run: randomkey,
  },
  {
    name: 'dbsize',
    summary: 'Counts the keys of the database.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags: ['readonly', 'fast'],
    categories: ['keyspace'],
    tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
    run: dbsize,
  },
]

function del(client: Client, argv: readonly ByteString[]): void {
  const { database } = client
  let deleted = 0
  for (let i = 1; i < argv.length; i++) {
    const key = argv[i]!
    if (!database.delete(key)) continue
    database.changed(key, EventClass.generic, 'del')
    deleted++
  }
  client.reply.integer(deleted)
}

function exists(client: Client, argv: readonly ByteString[]): void {
  let count = 0
  for (let i = 1; i < argv.length; i++) if (client.database.peek(argv[i]!) !== undefined) count++
  client.reply.integer(count)
}

function touch(client: Client, argv: readonly ByteString[]): void {
  let count = 0
  for (let i = 1; i < argv.length; i++) if (client.database.read(argv[i]!) !== undefined) count++
  client.reply.integer(count)
}

function type(client: Client, argv: readonly ByteString[]): void {
  const entry = client.database.peek(argv[1]!)
  client.reply.status(entry === undefined ? 'none' : typeOf(entry.value))
}

function rename(client: Client, argv: readonly ByteString[]): void {
  moveTo(client, argv[1]!, argv[2]!, true)
  client.reply.ok()
}

function renamenx(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(moveTo(client, argv[1]!, argv[2]!, false) ? 1 : 0)
}

/** Returns whether the key has another name now; to its own name, it has not. */
function moveTo(client: Client, key: ByteString, newKey: ByteString, overwrite: boolean): boolean {
  const { database } = client
  const entry = database.write(key)
  if (entry === undefined) throw errors.noSuchKey
  if (key === newKey) return false
  if (database.write(newKey) !== undefined) {
    if (!overwrite) return false
    database.delete(newKey)
  }
  const at = database.expiresAt(entry)
  const renamed = database.add(newKey, entry.value)
  renamed.access = entry.access
  if (at !== undefined) database.expireAt(renamed, at)
  database.delete(key)
  database.changed(key, EventClass.generic, 'rename_from', 0)
  database.changed(newKey, EventClass.generic, 'rename_to')
  return true
}

function randomkey({ database, engine, reply }: Client): void {
  const entry = database.random(engine.random)
  if (entry === undefined) reply.null()
  else reply.bulk(entry.key)
}

function dbsize({ database, reply }: Client): void {
  reply.integer(database.size)
}
