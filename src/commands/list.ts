import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError, wrongArity } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { type End, List } from '../values/list.js'
import { countArgument, indexArgument } from './collection-arguments.js'
import { keyAt } from './key-specs.js'
import { deleteEmpty, popMany, removed } from './list-ends.js'
import { readAs, writeAs } from './lookup.js'

export const listCommands: readonly CommandDefinition[] = [
  {
    name: 'lpush',
    summary: 'Puts elements in front of a list, and creates the list if there is none.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) with N elements; a single one is O(1).',
    syntax: 'key element [element ...]',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: lpush,
  },
  {
    name: 'rpush',
    summary: 'Puts elements at the end of a list, and creates the list if there is none.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) with N elements; a single one is O(1).',
    syntax: 'key element [element ...]',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: rpush,
  },
  {
    name: 'lpushx',
    summary: 'Puts elements in front of a list that is already there.',
    since: '2.2.0',
    group: 'list',
    complexity: 'O(N) with N elements; a single one is O(1).',
    syntax: 'key element [element ...]',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: lpushx,
  },
  {
    name: 'rpushx',
    summary: 'Puts elements at the end of a list that is already there.',
    since: '2.2.0',
    group: 'list',
    complexity: 'O(N) with N elements; a single one is O(1).',
    syntax: 'key element [element ...]',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: rpushx,
  },
  {
    name: 'lpop',
    summary: 'Takes elements from the front of a list.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) for N elements taken.',
    syntax: 'key [count]',
    arity: -2,
    flags: ['write', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'access', 'delete')],
    run: lpop,
  },
  {
    name: 'rpop',
    summary: 'Takes elements from the end of a list.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) for N elements taken.',
    syntax: 'key [count]',
    arity: -2,
    flags: ['write', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'access', 'delete')],
    run: rpop,
  },
  {
    name: 'llen',
    summary: 'Tells how long a list is.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories: ['list'],
    keys: [keyAt(1, 'RO')],
    run: llen,
  },
  {
    name: 'lindex',
    summary: 'Gets the element at an index; a negative one counts from the end.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N/256) with the nearer end N elements away; O(1) at the ends.',
    syntax: 'key index',
    arity: 3,
    flags: ['readonly'],
    categories: ['list'],
    keys: [keyAt(1, 'RO', 'access')],
    run: lindex,
  },
  {
    name: 'lset',
    summary: 'Replaces the element at an index.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N/256) with the nearer end N elements away; O(1) at the ends.',
    syntax: 'key index element',
    arity: 4,
    flags: ['write', 'denyoom'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'update')],
    run: lset,
  },
  {
    name: 'lrange',
    summary: 'Gets the elements between two indices.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(S/256 + N) for N elements that begin S away from the nearer end.',
    syntax: 'key start stop',
    arity: 4,
    flags: ['readonly'],
    categories: ['list'],
    keys: [keyAt(1, 'RO', 'access')],
    run: lrange,
  },
  {
    name: 'ltrim',
    summary: 'Keeps only the elements between two indices.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N/256) for N elements that go.',
    syntax: 'key start stop',
    arity: 4,
    flags: ['write'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: ltrim,
  },
  {
    name: 'lrem',
    summary: 'Removes elements that equal a value, from the front or from the end.',
    since: '1.0.0',
    group: 'list',
    complexity: 'O(N) for a list of N elements.',
    syntax: 'key count element',
    arity: 4,
    flags: ['write'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: lrem,
  },
  {
    name: 'linsert',
    summary: 'Puts an element beside the first one that equals a pivot.',
    since: '2.2.0',
    group: 'list',
    complexity: 'O(N) for N elements up to the pivot.',
    syntax: 'key <BEFORE | AFTER> pivot element',
    arity: 5,
    flags: ['write', 'denyoom'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'insert')],
    run: linsert,
  },
  {
    name: 'lpos',
    summary: 'Finds where in a list a value stands.',
    since: '6.0.6',
    group: 'list',
    complexity: 'O(N) for N elements looked at.',
    syntax: 'key element [RANK rank] [COUNT num-matches] [MAXLEN len]',
    arity: -3,
    flags: ['readonly'],
    categories: ['list'],
    keys: [keyAt(1, 'RO', 'access')],
    run: lpos,
  },
]

function lpush(client: Client, argv: readonly ByteString[]): void {
  push(client, argv, 'head', true)
}

function rpush(client: Client, argv: readonly ByteString[]): void {
  push(client, argv, 'tail', true)
}

function lpushx(client: Client, argv: readonly ByteString[]): void {
  push(client, argv, 'head', false)
}

function rpushx(client: Client, argv: readonly ByteString[]): void {
  push(client, argv, 'tail', false)
}

function push(client: Client, argv: readonly ByteString[], end: End, creates: boolean): void {
  const { database, reply } = client
  const key = argv[1]!
  let list = writeAs(database, key, List)
  if (list === undefined) {
    if (!creates) {
      reply.integer(0)
      return
    }
    list = new List()
    database.add(key, list)
  }
  for (let i = 2; i < argv.length; i++) list.push(end, argv[i]!)
  reply.integer(list.size)
  database.changed(key, EventClass.list, end === 'head' ? 'lpush' : 'rpush', argv.length - 2)
}

function lpop(client: Client, argv: readonly ByteString[]): void {
  pop(client, argv, 'head')
}

function rpop(client: Client, argv: readonly ByteString[]): void {
  pop(client, argv, 'tail')
}

function pop(client: Client, argv: readonly ByteString[], end: End): void {
  const { database, reply } = client
  if (argv.length > 3) throw wrongArity(end === 'head' ? 'lpop' : 'rpop')
  const count = argv.length === 3 ? countArgument(argv[2]!) : undefined
  const key = argv[1]!
  const list = writeAs(database, key, List)
  if (list === undefined) {
    if (count === undefined) reply.null()
    else reply.nullArray()
  } else if (count === undefined) {
    reply.bulk(list.pop(end)!)
    removed(client, key, list, end, 1)
  } else if (count === 0) reply.array(0)
  else popMany(client, key, list, end, count)
}

function llen(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, List)?.size ?? 0)
}

function lindex(client: Client, argv: readonly ByteString[]): void {
  const list = readAs(client.database, argv[1]!, List)
  const element = list?.at(fromEnd(indexArgument(argv[2]!), list.size))
  if (element === undefined) client.reply.null()
  else client.reply.bulk(element)
}

function lset(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const list = writeAs(database, key, List)
  if (list === undefined) throw errors.noSuchKey
  const index = fromEnd(indexArgument(argv[2]!), list.size)
  if (index < 0 || index >= list.size) throw errors.indexOutOfRange
  list.set(index, argv[3]!)
  reply.ok()
  database.changed(key, EventClass.list, 'lset')
}

function lrange(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  let start = indexArgument(argv[2]!)
  let stop = indexArgument(argv[3]!)
  const list = readAs(client.database, argv[1]!, List)
  if (list === undefined) {
    reply.array(0)
    return
  }
  start = Math.max(0, fromEnd(start, list.size))
  stop = Math.min(fromEnd(stop, list.size), list.size - 1)
  if (start > stop) {
    reply.array(0)
    return
  }
  reply.array(stop - start + 1)
  list.visit(start, stop, element => reply.bulk(element))
}

function ltrim(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  let start = indexArgument(argv[2]!)
  let stop = indexArgument(argv[3]!)
  const list = writeAs(database, key, List)
  if (list === undefined) {
    reply.ok()
    return
  }
  const { size } = list
  start = Math.max(0, fromEnd(start, size))
  stop = Math.min(fromEnd(stop, size), size - 1)
  const kept = Math.max(0, stop - start + 1)
  if (kept === 0) list.drop('head', size)
  else {
    list.drop('head', start)
    list.drop('tail', list.size - kept)
  }
  database.changed(key, EventClass.list, 'ltrim', size - kept)
  if (kept === 0) deleteEmpty(client, key)
  reply.ok()
}

function lrem(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const count = indexArgument(argv[2]!)
  const list = writeAs(database, key, List)
  if (list === undefined) {
    reply.integer(0)
    return
  }
  const deleted = list.deleteEqual(argv[3]!, Math.abs(count) || Infinity, count < 0 ? 'tail' : 'head')
  if (deleted > 0) database.changed(key, EventClass.list, 'lrem', deleted)
  if (list.size === 0) deleteEmpty(client, key)
  reply.integer(deleted)
}

function linsert(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const where = argv[2]!.toLowerCase()
  if (where !== 'before' && where !== 'after') throw errors.syntax
  const list = writeAs(database, key, List)
  if (list === undefined) {
    reply.integer(0)
    return
  }
  const pivot = list.indexOf(argv[3]!)
  if (pivot === -1) {
    reply.integer(-1)
    return
  }
  list.insert(where === 'before' ? pivot : pivot + 1, argv[4]!)
  database.changed(key, EventClass.list, 'linsert')
  reply.integer(list.size)
}

function lpos(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const element = argv[2]!
  const { rank, count, maxLength } = positionOptions(argv)
  const list = readAs(client.database, argv[1]!, List)
  if (list === undefined) {
    if (count === undefined) reply.null()
    else reply.array(0)
    return
  }
  const { size } = list
  const backwards = rank < 0
  const compared = maxLength === 0 ? size : Math.min(maxLength, size)
  const wanted = count === undefined ? 1 : count || Infinity
  const found: number[] = []
  let skipped = Math.abs(rank) - 1
  let index = backwards ? size - 1 : 0
  const visit = (other: ByteString): boolean => {
    if (other === element && --skipped < 0) found.push(index)
    index += backwards ? -1 : 1
    return found.length < wanted
  }
  if (backwards) list.visitDown(size - 1, size - compared, visit)
  else list.visit(0, compared - 1, visit)
  if (count !== undefined) {
    reply.array(found.length)
    for (const position of found) reply.integer(position)
  } else if (found.length === 0) reply.null()
  else reply.integer(found[0]!)
}

interface PositionOptions {
  /** 1: from the first match on; -2: from the last but one, backwards. */
  rank: number
  /** How many matches; 0: all; undefined: one, which is then not in an array. */
  count: number | undefined
  /** How many elements to look at; 0: all. */
  maxLength: number
}

function positionOptions(argv: readonly ByteString[]): PositionOptions {
  const options: PositionOptions = { rank: 1, count: undefined, maxLength: 0 }
  for (let i = 3; i < argv.length; i += 2) {
    const option = argv[i]!.toLowerCase()
    const value = argv[i + 1]
    if (value === undefined) throw errors.syntax
    if (option === 'rank') {
      options.rank = indexArgument(value)
      if (options.rank === 0) throw rankZero
      // Redis cannot negate the lowest integer of 64 bits, and then skips no match.
      if (value === LOWEST) options.rank = -1
    } else if (option === 'count') options.count = countArgument(value, countNegative)
    else if (option === 'maxlen') options.maxLength = countArgument(value, maxLengthNegative)
    else throw errors.syntax
  }
  return options
}

/** An index that may count from the end, -1 being the last, as one from the beginning; below 0 if it lies before that. */
function fromEnd(index: number, size: number): number {
  return index < 0 ? index + size : index
}

const LOWEST = '-9223372036854775808'
const rankZero = new ReplyError(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
)
const countNegative = new ReplyError("ERR COUNT can't be negative")
const maxLengthNegative = new ReplyError("ERR MAXLEN can't be negative")
