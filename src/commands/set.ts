import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { MemberSet } from '../values/set.js'
import { countArgument, repetitions, signedCountArgument } from './collection-arguments.js'
import { keyAt } from './key-specs.js'
import { readAs, writeAs } from './lookup.js'
import { emptyScan, scanCursor, scanOptions, scanReply } from './scan-arguments.js'
import { operands, replySet, union } from './set-algebra.js'

export const setCommands: readonly CommandDefinition[] = [
  {
    name: 'sadd',
    summary: 'Adds members to a set, and creates the set if there is none.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) with N members; a single one is O(1).',
    syntax: 'key member [member ...]',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: sadd,
  },
  {
    name: 'srem',
    summary: 'Removes members, and the set with the last of them.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) with N members.',
    syntax: 'key member [member ...]',
    arity: -3,
    flags: ['write', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: srem,
  },
  {
    name: 'sismember',
    summary: 'Tells whether a set has a member.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(1)',
    syntax: 'key member',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RO')],
    run: sismember,
  },
  {
    name: 'smismember',
    summary: 'Tells of each of several members whether a set has it.',
    since: '6.2.0',
    group: 'set',
    complexity: 'O(N) with N members.',
    syntax: 'key member [member ...]',
    arity: -3,
    flags: ['readonly', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RO', 'access')],
    run: smismember,
  },
  {
    name: 'scard',
    summary: 'Counts the members of a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RO')],
    run: scard,
  },
  {
    name: 'smembers',
    summary: 'Gets all members of a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) for a set of N members.',
    syntax: 'key',
    arity: 2,
    flags: ['readonly'],
    categories: ['set'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: smembers,
  },
  {
    name: 'spop',
    summary: 'Takes random members out of a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) for N members taken.',
    syntax: 'key [count]',
    arity: -2,
    flags: ['write', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RW', 'access', 'delete')],
    tips: ['nondeterministic_output'],
    run: spop,
  },
  {
    name: 'srandmember',
    summary: 'Picks random members of a set, which keeps them.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) for N members picked.',
    syntax: 'key [count]',
    arity: -2,
    flags: ['readonly'],
    categories: ['set'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output'],
    run: srandmember,
  },
  {
    name: 'smove',
    summary: 'Moves a member from one set to another.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(1)',
    syntax: 'source destination member',
    arity: 4,
    flags: ['write', 'fast'],
    categories: ['set'],
    keys: [keyAt(1, 'RW', 'access', 'delete'), keyAt(2, 'RW', 'insert')],
    run: smove,
  },
  {
    name: 'sscan',
    summary: 'Goes through the members of a set, some at a time.',
    since: '2.8.0',
    group: 'set',
    complexity: 'O(1) a call, O(N) for a whole pass over N members.',
    syntax: 'key cursor [MATCH pattern] [COUNT count]',
    arity: -3,
    flags: ['readonly'],
    categories: ['set'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output'],
    run: sscan,
  },
]

function sadd(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  let set = writeAs(database, key, MemberSet)
  if (set === undefined) {
    set = new MemberSet(client.engine.config.values)
    database.add(key, set)
  }
  let added = 0
  for (let i = 2; i < argv.length; i++) if (set.add(argv[i]!)) added++
  if (added > 0) database.changed(key, EventClass.set, 'sadd', added)
  reply.integer(added)
}

function srem(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const set = writeAs(database, key, MemberSet)
  let deleted = 0
  if (set !== undefined) {
    for (let i = 2; i < argv.length; i++) if (set.delete(argv[i]!)) deleted++
  }
  if (set !== undefined && deleted > 0) {
    database.changed(key, EventClass.set, 'srem', deleted)
    if (set.size === 0) deleteEmpty(client, key)
  }
  reply.integer(deleted)
}

function sismember(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, MemberSet)?.has(argv[2]!) ? 1 : 0)
}

function smismember(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const set = readAs(client.database, argv[1]!, MemberSet)
  reply.array(argv.length - 2)
  for (let i = 2; i < argv.length; i++) reply.integer(set?.has(argv[i]!) ? 1 : 0)
}

function scard(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, MemberSet)?.size ?? 0)
}

function smembers(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const set = readAs(client.database, argv[1]!, MemberSet)
  reply.set(set?.size ?? 0)
  set?.visit(member => reply.bulk(member))
}

function spop(client: Client, argv: readonly ByteString[]): void {
  const { database, reply, engine } = client
  const key = argv[1]!
  if (argv.length > 2) {
    popMany(client, argv)
    return
  }
  const set = writeAs(database, key, MemberSet)
  const member = set?.random(engine.random)
  if (set === undefined || member === undefined) {
    reply.null()
    return
  }
  set.delete(member)
  database.changed(key, EventClass.set, 'spop')
  if (engine.effects.listening) engine.effects.become(['SREM', key, member])
  reply.bulk(member)
  if (set.size === 0) deleteEmpty(client, key)
}

/** `SPOP key count` */
function popMany(client: Client, argv: readonly ByteString[]): void {
  const { database, reply, engine } = client
  if (argv.length > 3) throw errors.syntax
  const key = argv[1]!
  const count = countArgument(argv[2]!)
  const set = writeAs(database, key, MemberSet)
  if (set === undefined || count === 0) {
    reply.set(0)
    return
  }
  const { size } = set
  database.changed(key, EventClass.set, 'spop', Math.min(count, size))
  if (count >= size) {
    // Redis answers as SUNION of this key does: it is read, and integers come in order, whatever the encoding was.
    replySet(client, union(client, operands(client, argv, 1, 2)))
    deleteEmpty(client, key)
    if (engine.effects.listening) engine.effects.become(['DEL', key])
    return
  }
  reply.set(count)
  const members = set.take(count, engine.random)
  for (const member of members) reply.bulk(member)
  if (engine.effects.listening)
    engine.effects.becomeEach(
      database,
      members.map(member => ['SREM', key, member]),
    )
}

function srandmember(client: Client, argv: readonly ByteString[]): void {
  const { database, reply, engine } = client
  const key = argv[1]!
  if (argv.length > 2) {
    randomMembers(client, argv)
    return
  }
  const member = readAs(database, key, MemberSet)?.random(engine.random)
  if (member === undefined) reply.null()
  else reply.bulk(member)
}

/** `SRANDMEMBER key count`: different members, or with a negative count any. */
function randomMembers(client: Client, argv: readonly ByteString[]): void {
  const { database, reply, engine } = client
  if (argv.length > 3) throw errors.syntax
  const count = signedCountArgument(argv[2]!)
  const set = readAs(database, argv[1]!, MemberSet)
  if (set === undefined) {
    reply.array(0)
    return
  }
  const length = count < 0 ? repetitions(count) : Math.min(Number(count), set.size)
  reply.array(length)
  const visit = (member: ByteString): boolean => {
    reply.bulk(member)
    // A client whose output has outgrown its limit is being closed: there is nobody to go on for.
    return !client.closing
  }
  if (count < 0) set.draw(length, engine.random, visit)
  else set.sample(length, engine.random, visit)
}

function smove(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const target = argv[2]!
  const member = argv[3]!
  const source = writeAs(database, key, MemberSet)
  if (source === undefined) {
    reply.integer(0)
    return
  }
  let destination = writeAs(database, target, MemberSet)
  if (source === destination) {
    reply.integer(source.has(member) ? 1 : 0)
    return
  }
  if (!source.delete(member)) {
    reply.integer(0)
    return
  }
  database.changed(key, EventClass.set, 'srem')
  if (source.size === 0) deleteEmpty(client, key)
  if (destination === undefined) {
    destination = new MemberSet(client.engine.config.values)
    database.add(target, destination)
  }
  if (destination.add(member)) database.changed(target, EventClass.set, 'sadd')
  reply.integer(1)
}

function sscan(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const cursor = scanCursor(argv[2]!)
  const set = readAs(client.database, argv[1]!, MemberSet)
  if (set === undefined) {
    emptyScan(reply)
    return
  }
  const { count, matches } = scanOptions(argv, 3)
  const found: ByteString[] = []
  const next = set.scan(cursor, count, member => {
    if (matches === undefined || matches(member)) found.push(member)
  })
  scanReply(reply, next, found)
}

function deleteEmpty({ database }: Client, key: ByteString): void {
  database.delete(key)
  database.event(EventClass.generic, 'del', key)
}
