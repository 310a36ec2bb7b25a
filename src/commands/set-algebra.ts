import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { MemberSet, type MemberVisit } from '../values/set.js'
import { countArgument } from './collection-arguments.js'
import { countedKeys, keyAt, keysFrom } from './key-specs.js'
import { readAs } from './lookup.js'

/** The commands that make one set of several. */
export const setAlgebraCommands: readonly CommandDefinition[] = [
  {
    name: 'sinter',
    summary: 'Gets the members that all of several sets have.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N*M) for M sets, the smallest of N members.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['readonly'],
    categories: ['set'],
    keys: [keysFrom(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: sinter,
  },
  {
    name: 'sintercard',
    summary: 'Counts the members that all of several sets have, up to a limit.',
    since: '7.0.0',
    group: 'set',
    complexity: 'O(N*M) for M sets, the smallest of N members.',
    syntax: 'numkeys key [key ...] [LIMIT limit]',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    categories: ['set'],
    keys: [countedKeys(1, 'RO', 'access')],
    run: sintercard,
  },
  {
    name: 'sinterstore',
    summary: 'Stores the members that all of several sets have as a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N*M) for M sets, the smallest of N members.',
    syntax: 'destination key [key ...]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories: ['set'],
    keys: [keyAt(1, 'RW', 'update'), keysFrom(2, 'RO', 'access')],
    run: sinterstore,
  },
  {
    name: 'sunion',
    summary: 'Gets the members that any of several sets has.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) for N members in all sets together.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['readonly'],
    categories: ['set'],
    keys: [keysFrom(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: sunion,
  },
  {
    name: 'sunionstore',
    summary: 'Stores the members that any of several sets has as a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N) for N members in all sets together.',
    syntax: 'destination key [key ...]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories: ['set'],
    keys: [keyAt(1, 'OW', 'update'), keysFrom(2, 'RO', 'access')],
    run: sunionstore,
  },
  {
    name: 'sdiff',
    summary: 'Gets the members of the first set that no other one has.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N*M) for M sets, the first of N members.',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['readonly'],
    categories: ['set'],
    keys: [keysFrom(1, 'RO', 'access')],
    tips: ['nondeterministic_output_order'],
    run: sdiff,
  },
  {
    name: 'sdiffstore',
    summary: 'Stores the members of the first set that no other one has as a set.',
    since: '1.0.0',
    group: 'set',
    complexity: 'O(N*M) for M sets, the first of N members.',
    syntax: 'destination key [key ...]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories: ['set'],
    keys: [keyAt(1, 'OW', 'update'), keysFrom(2, 'RO', 'access')],
    run: sdiffstore,
  },
]

function sinter(client: Client, argv: readonly ByteString[]): void {
  const members: ByteString[] = []
  visitIntersection(operands(client, argv, 1), member => members.push(member))
  client.reply.set(members.length)
  for (const member of members) client.reply.bulk(member)
}

function sintercard(client: Client, argv: readonly ByteString[]): void {
  const keys = countArgument(argv[1]!, keysNotPositive, 1)
  if (keys > argv.length - 2) throw tooManyKeys
  let limit = 0
  for (let i = 2 + keys; i < argv.length; i += 2) {
    const value = argv[i + 1]
    if (argv[i]!.toLowerCase() !== 'limit' || value === undefined) throw errors.syntax
    limit = countArgument(value, limitNegative)
  }
  let count = 0
  visitIntersection(operands(client, argv, 2, 2 + keys), () => ++count !== limit)
  client.reply.integer(count)
}

function sinterstore(client: Client, argv: readonly ByteString[]): void {
  const sets = operands(client, argv, 2)
  const result = new MemberSet(client.engine.config.values)
  visitIntersection(sets, member => result.add(member))
  store(client, argv[1]!, result, 'sinterstore')
}

function sunion(client: Client, argv: readonly ByteString[]): void {
  replySet(client, union(client, operands(client, argv, 1)))
}

function sunionstore(client: Client, argv: readonly ByteString[]): void {
  store(client, argv[1]!, union(client, operands(client, argv, 2)), 'sunionstore')
}

function sdiff(client: Client, argv: readonly ByteString[]): void {
  replySet(client, difference(client, operands(client, argv, 1)))
}

function sdiffstore(client: Client, argv: readonly ByteString[]): void {
  store(client, argv[1]!, difference(client, operands(client, argv, 2)), 'sdiffstore')
}

/** The sets at the keys of argv; undefined where there is none. Throws WRONGTYPE. */
export function operands(
  client: Client,
  argv: readonly ByteString[],
  from: number,
  end = argv.length,
): (MemberSet | undefined)[] {
  const sets: (MemberSet | undefined)[] = []
  for (let i = from; i < end; i++) sets.push(readAs(client.database, argv[i]!, MemberSet))
  return sets
}

/** Visits what all sets have, in the order of the smallest. O(smallest * sets). */
function visitIntersection(sets: readonly (MemberSet | undefined)[], visit: MemberVisit): void {
  const others: MemberSet[] = []
  for (const set of sets) {
    if (set === undefined) return
    others.push(set)
  }
  // The smaller a set is, the more likely that it is the one that lacks a member.
  others.sort((a, b) => a.size - b.size)
  const smallest = others.shift()!
  smallest.visit(member => {
    for (const other of others) if (!other.has(member)) return true
    return visit(member)
  })
}

/** What any of the sets has. O(members of all). */
export function union(client: Client, sets: readonly (MemberSet | undefined)[]): MemberSet {
  const result = new MemberSet(client.engine.config.values)
  for (const set of sets) set?.visit(member => void result.add(member))
  return result
}

/** What the first set has and no other. O(members of the first * sets). */
function difference(client: Client, sets: readonly (MemberSet | undefined)[]): MemberSet {
  const result = new MemberSet(client.engine.config.values)
  const first = sets[0]
  first?.visit(member => {
    for (let i = 1; i < sets.length; i++) if (sets[i]?.has(member)) return
    result.add(member)
  })
  return result
}

export function replySet({ reply }: Client, set: MemberSet): void {
  reply.set(set.size)
  set.visit(member => reply.bulk(member))
}

/** Puts the result at a key, over whatever is there; an empty one deletes it. Replies with the size. */
function store({ database, reply }: Client, key: ByteString, result: MemberSet, event: string): void {
  if (result.size > 0) {
    database.set(key, result)
    database.changed(key, EventClass.set, event)
  } else if (database.delete(key)) database.changed(key, EventClass.generic, 'del')
  reply.integer(result.size)
}

const keysNotPositive = new ReplyError('ERR numkeys should be greater than 0')
const tooManyKeys = new ReplyError("ERR Number of keys can't be greater than number of args")
const limitNegative = new ReplyError("ERR LIMIT can't be negative")
