import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'
import { type ScoredMember, SortedSet } from '../values/sorted-set.js'
import { countArgument } from './collection-arguments.js'
import { countedKeys, keyAt } from './key-specs.js'
import { writeAs } from './lookup.js'
import { removed, replyElements, replyPairs } from './sorted-set-access.js'

/** The commands that take elements off an end of a sorted set. */
export const sortedSetPopCommands: readonly CommandDefinition[] = [
  {
    name: 'zpopmin',
    summary: 'Takes the lowest elements out of a sorted set.',
    since: '5.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M elements taken out of N.',
    syntax: 'key [count]',
    arity: -2,
    flags: ['write', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'access', 'delete')],
    run: zpopmin,
  },
  {
    name: 'zpopmax',
    summary: 'Takes the highest elements out of a sorted set.',
    since: '5.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M elements taken out of N.',
    syntax: 'key [count]',
    arity: -2,
    flags: ['write', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'access', 'delete')],
    run: zpopmax,
  },
  {
    name: 'zmpop',
    summary: 'Takes the lowest or highest elements out of the first of several sorted sets that is there.',
    since: '7.0.0',
    group: 'sorted-set',
    complexity: 'O(K+log(N)+M) for K keys and M elements taken out of N.',
    syntax: 'numkeys key [key ...] <MIN | MAX> [COUNT count]',
    arity: -4,
    flags: ['write', 'movablekeys'],
    categories: ['sortedset'],
    keys: [countedKeys(1, 'RW', 'access', 'delete')],
    run: zmpop,
  },
]

/** From which end of a sorted set elements are taken. */
export type Extreme = 'min' | 'max'

/** Takes out up to `count` elements at an end, tells of it, and returns them, the outermost first. O(log n + count). */
export function popExtremes(
  client: Client,
  key: ByteString,
  set: SortedSet,
  end: Extreme,
  count: number,
): ScoredMember[] {
  const popped: ScoredMember[] = []
  set.visitByRank(0, count - 1, end === 'max', (member, score) => popped.push({ member, score }))
  const first = end === 'min' ? 0 : set.size - popped.length
  set.deleteByRank(first, first + popped.length - 1)
  told(client, key, set, end, popped.length)
  return popped
}

/** Replies to ZMPOP and its blocking form: the key, and the elements as pairs. */
export function replyPopped({ reply }: Client, key: ByteString, popped: readonly ScoredMember[]): void {
  reply.array(2)
  reply.bulk(key)
  const pair = replyPairs(reply, popped.length)
  for (const { member, score } of popped) pair(member, score)
}

/** The word that says which end: `MIN` or `MAX`. Throws ReplyError. */
export function extremeArgument(word: ByteString | undefined): Extreme {
  const end = word?.toLowerCase()
  if (end !== 'min' && end !== 'max') throw errors.syntax
  return end
}

function zpopmin(client: Client, argv: readonly ByteString[]): void {
  pop(client, argv, 'min')
}

function zpopmax(client: Client, argv: readonly ByteString[]): void {
  pop(client, argv, 'max')
}

function pop(client: Client, argv: readonly ByteString[], end: Extreme): void {
  const { reply } = client
  if (argv.length > 3) throw errors.syntax
  const key = argv[1]!
  const count = argv.length > 2 ? countArgument(argv[2]!) : undefined
  const set = writeAs(client.database, key, SortedSet)
  if (set === undefined || count === 0) {
    reply.array(0)
  } else if (count === undefined) {
    // One element: a pair, flat even in RESP3. A set in the keyspace is never empty.
    const { member, score } = (end === 'min' ? set.popMin() : set.popMax())!
    reply.array(2)
    reply.bulk(member)
    reply.double(score)
    told(client, key, set, end, 1)
  } else {
    const popped = popExtremes(client, key, set, end, count)
    const element = replyElements(reply, popped.length, true)
    for (const { member, score } of popped) element(member, score)
  }
}

function zmpop(client: Client, argv: readonly ByteString[]): void {
  const keys = countArgument(argv[1]!, keysNotPositive, 1)
  const at = keys + 2
  const end = extremeArgument(argv[at])
  const count = countOption(argv, at + 1)
  for (let i = 2; i < at; i++) {
    const key = argv[i]!
    const set = writeAs(client.database, key, SortedSet)
    if (set !== undefined) {
      const popped = popExtremes(client, key, set, end, count)
      replyPopped(client, key, popped)
      const { effects } = client.engine
      if (effects.listening) effects.become([end === 'min' ? 'ZPOPMIN' : 'ZPOPMAX', key, String(popped.length)])
      return
    }
  }
  client.reply.nullArray()
}

/** `[COUNT count]`, which is all that may stand from an index on; 1 without it. */
export function countOption(argv: readonly ByteString[], at: number): number {
  if (argv.length === at) return 1
  const value = argv[at + 1]
  if (argv[at]!.toLowerCase() !== 'count' || value === undefined) throw errors.syntax
  const count = countArgument(value, countNotPositive, 1)
  if (argv.length > at + 2) throw errors.syntax
  return count
}

function told(client: Client, key: ByteString, set: SortedSet, end: Extreme, count: number): void {
  removed(client, key, set, end === 'min' ? 'zpopmin' : 'zpopmax', count)
}

const keysNotPositive = new ReplyError('ERR numkeys should be greater than 0')
const countNotPositive = new ReplyError('ERR count should be greater than 0')
