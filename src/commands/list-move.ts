import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { type End, List } from '../values/list.js'
import { countArgument } from './collection-arguments.js'
import { countedKeys, keyAt } from './key-specs.js'
import { popMany, removed } from './list-ends.js'
import { writeAs } from './lookup.js'

/** The commands that take elements off one of several lists, or from list to list. */
export const listMoveCommands: readonly CommandDefinition[] = [
  {
    name: 'lmove',
    summary: 'Takes an element from one end of a list and puts it at one end of another.',
    since: '6.2.0',
    group: 'list',
    complexity: 'O(1)',
    syntax: 'source destination <LEFT | RIGHT> <LEFT | RIGHT>',
    arity: 5,
    flags: ['write', 'denyoom'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'access', 'delete'), keyAt(2, 'RW', 'insert')],
    run: lmove,
  },
  {
    name: 'rpoplpush',
    summary: 'Takes the last element of a list and puts it in front of another.',
    since: '1.2.0',
    group: 'list',
    complexity: 'O(1)',
    syntax: 'source destination',
    arity: 3,
    flags: ['write', 'denyoom'],
    categories: ['list'],
    keys: [keyAt(1, 'RW', 'access', 'delete'), keyAt(2, 'RW', 'insert')],
    run: rpoplpush,
  },
  {
    name: 'lmpop',
    summary: 'Takes elements from the first of several lists that has any.',
    since: '7.0.0',
    group: 'list',
    complexity: 'O(N + M) for N keys and M elements taken.',
    syntax: 'numkeys key [key ...] <LEFT | RIGHT> [COUNT count]',
    arity: -4,
    flags: ['write', 'movablekeys'],
    categories: ['list'],
    keys: [countedKeys(1, 'RW', 'access', 'delete')],
    run: lmpop,
  },
]

function lmove(client: Client, argv: readonly ByteString[]): void {
  const from = endArgument(argv[3]!)
  const to = endArgument(argv[4]!)
  move(client, argv, from, to)
}

function rpoplpush(client: Client, argv: readonly ByteString[]): void {
  move(client, argv, 'tail', 'head')
}

function move(client: Client, argv: readonly ByteString[], from: End, to: End): void {
  const { database, reply } = client
  const key = argv[1]!
  const target = argv[2]!
  const source = writeAs(database, key, List)
  if (source === undefined) {
    reply.null()
    return
  }
  let destination = writeAs(database, target, List)
  const element = source.pop(from)!
  if (destination === undefined) {
    destination = new List()
    database.add(target, destination)
  }
  destination.push(to, element)
  // One change, not two: the count goes up when the source is told of.
  database.changed(target, EventClass.list, to === 'head' ? 'lpush' : 'rpush', 0)
  reply.bulk(element)
  removed(client, key, source, from, 1)
}

function lmpop(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const keys = countArgument(argv[1]!, keysNotPositive, 1)
  const where = argv[2 + keys]
  if (where === undefined) throw errors.syntax
  const end = endArgument(where)
  let count: number | undefined
  for (let i = 3 + keys; i < argv.length; i += 2) {
    const value = argv[i + 1]
    if (argv[i]!.toLowerCase() !== 'count' || value === undefined || count !== undefined) throw errors.syntax
    count = countArgument(value, countNotPositive, 1)
  }
  for (let i = 2; i < 2 + keys; i++) {
    const key = argv[i]!
    const list = writeAs(database, key, List)
    if (list === undefined) continue
    reply.array(2)
    reply.bulk(key)
    const popped = popMany(client, key, list, end, count ?? 1)
    const { effects } = client.engine
    if (effects.listening) effects.become([end === 'head' ? 'LPOP' : 'RPOP', key, String(popped)])
    return
  }
  reply.nullArray()
}

function endArgument(word: ByteString): End {
  const where = word.toLowerCase()
  if (where === 'left') return 'head'
  if (where === 'right') return 'tail'
  throw errors.syntax
}

const keysNotPositive = new ReplyError('ERR numkeys should be greater than 0')
const countNotPositive = new ReplyError('ERR count should be greater than 0')
