import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'
import { SortedSet, type Visit } from '../values/sorted-set.js'
import { indexArgument } from './collection-arguments.js'
import { keyAt } from './key-specs.js'
import { readAs, writeAs } from './lookup.js'
import { removed, replyElements, store } from './sorted-set-access.js'
import { lexRange, type RankRange, rankRange, scoreRange } from './sorted-set-bounds.js'

/** The commands that get, count, store or remove a range of a sorted set: by rank, by score, or by member. */
export const sortedSetRangeCommands: readonly CommandDefinition[] = [
  {
    name: 'zrange',
    summary: 'Gets a range of a sorted set, by rank, by score or by member, in either direction.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members.',
    syntax: 'key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]',
    arity: -4,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrange,
  },
  {
    name: 'zrevrange',
    summary: 'Gets a range of ranks, counted from the highest element down.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members.',
    syntax: 'key start stop [WITHSCORES]',
    arity: -4,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrevrange,
  },
  {
    name: 'zrangebyscore',
    summary: 'Gets the members whose scores lie between two bounds.',
    since: '1.0.5',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members, those before the offset not counted.',
    syntax: 'key min max [WITHSCORES] [LIMIT offset count]',
    arity: -4,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrangebyscore,
  },
  {
    name: 'zrevrangebyscore',
    summary: 'Gets the members whose scores lie between two bounds, from the highest down.',
    since: '2.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members, those before the offset not counted.',
    syntax: 'key max min [WITHSCORES] [LIMIT offset count]',
    arity: -4,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrevrangebyscore,
  },
  {
    name: 'zrangebylex',
    summary: 'Gets the members between two bounds, where all scores are equal.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members, those before the offset not counted.',
    syntax: 'key min max [LIMIT offset count]',
    arity: -4,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrangebylex,
  },
  {
    name: 'zrevrangebylex',
    summary: 'Gets the members between two bounds, from the last one back, where all scores are equal.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members, those before the offset not counted.',
    syntax: 'key max min [LIMIT offset count]',
    arity: -4,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrevrangebylex,
  },
  {
    name: 'zrangestore',
    summary: 'Stores a range of a sorted set as another one.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members.',
    syntax: 'dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]',
    arity: -5,
    flags: ['write', 'denyoom'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'OW', 'update'), keyAt(2, 'RO', 'access')],
    run: zrangestore,
  },
  {
    name: 'zcount',
    summary: 'Counts the members whose scores lie between two bounds.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) in a set of N members.',
    syntax: 'key min max',
    arity: 4,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zcount,
  },
  {
    name: 'zlexcount',
    summary: 'Counts the members between two bounds, where all scores are equal.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity: 'O(log(N)) in a set of N members; O(N) in a listpack.',
    syntax: 'key min max',
    arity: 4,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zlexcount,
  },
  {
    name: 'zremrangebyrank',
    summary: 'Removes the elements between two ranks.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members.',
    syntax: 'key start stop',
    arity: 4,
    flags: ['write'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: zremrangebyrank,
  },
  {
    name: 'zremrangebyscore',
    summary: 'Removes the members whose scores lie between two bounds.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members.',
    syntax: 'key min max',
    arity: 4,
    flags: ['write'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: zremrangebyscore,
  },
  {
    name: 'zremrangebylex',
    summary: 'Removes the members between two bounds, where all scores are equal.',
    since: '2.8.9',
    group: 'sorted-set',
    complexity: 'O(log(N)+M) for M of N members.',
    syntax: 'key min max',
    arity: 4,
    flags: ['write'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: zremrangebylex,
  },
]

/** What a range goes by. */
type By = 'rank' | 'score' | 'lex'

function zrange(client: Client, argv: readonly ByteString[]): void {
  if (argv.length === 4) replyRanks(client, argv, false, false)
  else replyRange(client, argv, readOptions(argv, 4, UNDECIDED))
}

function zrevrange(client: Client, argv: readonly ByteString[]): void {
  replyRange(client, argv, readOptions(argv, 4, { by: 'rank', reverse: true }))
}

function zrangebyscore(client: Client, argv: readonly ByteString[]): void {
  replyRange(client, argv, readOptions(argv, 4, { by: 'score', reverse: false }))
}

function zrevrangebyscore(client: Client, argv: readonly ByteString[]): void {
  replyRange(client, argv, readOptions(argv, 4, { by: 'score', reverse: true }))
}

function zrangebylex(client: Client, argv: readonly ByteString[]): void {
  replyRange(client, argv, readOptions(argv, 4, { by: 'lex', reverse: false }))
}

function zrevrangebylex(client: Client, argv: readonly ByteString[]): void {
  replyRange(client, argv, readOptions(argv, 4, { by: 'lex', reverse: true }))
}

function replyRange(client: Client, argv: readonly ByteString[], options: RangeOptions): void {
  if (options.by === 'rank') {
    replyRanks(client, argv, options.reverse, options.withScores)
    return
  }
  // To collect first costs less than to seek both ends of the range only to know how many there are.
  const { members, scores } = elementsAt(client, argv, 1, options)
  const write = replyElements(client.reply, members.length, options.withScores)
  for (let i = 0; i < members.length; i++) write(members[i]!, scores[i]!)
}

/** Fast path: all that `ZRANGE key start stop` needs. */
function replyRanks(client: Client, argv: readonly ByteString[], reverse: boolean, withScores: boolean): void {
  const range = rankRange(argv, 2)
  const set = readAs(client.database, argv[1]!, SortedSet)
  if (set === undefined) {
    client.reply.array(0)
    return
  }
  fitRanks(range, set.size)
  const write = replyElements(client.reply, range.stop - range.start + 1, withScores)
  set.visitByRank(range.start, range.stop, reverse, write)
}

function zrangestore(client: Client, argv: readonly ByteString[]): void {
  const options = readOptions(argv, 5, UNDECIDED, true)
  const elements = elementsAt(client, argv, 2, options)
  store(client, argv[1]!, setOf(client, elements, options.by), 'zrangestore')
}

/** Elements of a sorted set, in the order in which they were met: members[i] has scores[i]. */
interface Elements {
  readonly members: ByteString[]
  readonly scores: number[]
}

/** The elements of a range: the key is at an index of argv, and behind it are the bounds. Throws ReplyError. */
function elementsAt(client: Client, argv: readonly ByteString[], at: number, options: RangeOptions): Elements {
  const walk = rangeWalk(argv, at + 1, options)
  const set = readAs(client.database, argv[at]!, SortedSet)
  const members: ByteString[] = []
  const scores: number[] = []
  if (set !== undefined && options.offset >= 0) {
    walk(set, (member, score) => {
      members.push(member)
      scores.push(score)
    })
  }
  return { members, scores }
}

/** Reads the bounds at an index of argv and behind it, and returns what visits the elements between them. */
function rangeWalk(
  argv: readonly ByteString[],
  at: number,
  { by, reverse, offset, limit }: RangeOptions,
): (set: SortedSet, visit: Visit) => void {
  if (by === 'score') {
    const range = scoreRange(argv, at, reverse)
    return (set, visit) => set.visitByScore(range, reverse, visit, offset, limit)
  }
  if (by === 'lex') {
    const range = lexRange(argv, at, reverse)
    return (set, visit) => set.visitByLex(range, reverse, visit, offset, limit)
  }
  const range = rankRange(argv, at)
  return (set, visit) => {
    fitRanks(range, set.size)
    set.visitByRank(range.start, range.stop, reverse, visit)
  }
}

/**
 * As Redis builds it: of ranks it knows how many there are, and takes a skiplist at once if these are too many.
 * Otherwise it begins with a listpack, in which a -0 becomes 0.
 */
function setOf(client: Client, { members, scores }: Elements, by: By): SortedSet {
  const limits = client.engine.config.values
  if (by === 'rank' && members.length > limits['zset-max-listpack-entries']) {
    return SortedSet.from(
      members.map((member, i) => [member, scores[i]!] as const),
      limits,
    )
  }
  const set = new SortedSet(limits)
  for (let i = 0; i < members.length; i++) set.add(members[i]!, scores[i]!)
  return set
}

function zcount(client: Client, argv: readonly ByteString[]): void {
  const range = scoreRange(argv, 2, false)
  client.reply.integer(readAs(client.database, argv[1]!, SortedSet)?.countByScore(range) ?? 0)
}

function zlexcount(client: Client, argv: readonly ByteString[]): void {
  const range = lexRange(argv, 2, false)
  client.reply.integer(readAs(client.database, argv[1]!, SortedSet)?.countByLex(range) ?? 0)
}

function zremrangebyrank(client: Client, argv: readonly ByteString[]): void {
  const range = rankRange(argv, 2)
  const set = writeAs(client.database, argv[1]!, SortedSet)
  if (set !== undefined) fitRanks(range, set.size)
  const deleted = set?.deleteByRank(range.start, range.stop) ?? 0
  tellRemoved(client, argv[1]!, set, 'zremrangebyrank', deleted)
}

function zremrangebyscore(client: Client, argv: readonly ByteString[]): void {
  const range = scoreRange(argv, 2, false)
  const set = writeAs(client.database, argv[1]!, SortedSet)
  tellRemoved(client, argv[1]!, set, 'zremrangebyscore', set?.deleteByScore(range) ?? 0)
}

function zremrangebylex(client: Client, argv: readonly ByteString[]): void {
  const range = lexRange(argv, 2, false)
  const set = writeAs(client.database, argv[1]!, SortedSet)
  tellRemoved(client, argv[1]!, set, 'zremrangebylex', set?.deleteByLex(range) ?? 0)
}

function tellRemoved(
  client: Client,
  key: ByteString,
  set: SortedSet | undefined,
  event: string,
  deleted: number,
): void {
  if (set !== undefined && deleted > 0) removed(client, key, set, event, deleted)
  client.reply.integer(deleted)
}

/** What a range command is told after the bounds. */
interface RangeOptions {
  by: By
  reverse: boolean
  /** How many elements to leave out; a negative number: all of them. */
  offset: number
  /** How many elements to take at most. */
  limit: number
  withScores: boolean
}

/** What the command's name has decided already, so that no option may. */
interface Decided {
  readonly by?: By
  readonly reverse?: boolean
}

const UNDECIDED: Decided = {}

/** Reads `[BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]` from an index on; to store, without the last. */
function readOptions(argv: readonly ByteString[], from: number, decided: Decided, storing = false): RangeOptions {
  let { by, reverse } = decided
  let offset = 0
  let limit = -1
  let withScores = false
  for (let i = from; i < argv.length; i++) {
    const option = argv[i]!.toLowerCase()
    if (option === 'withscores' && !storing) withScores = true
    else if (option === 'limit' && i + 2 < argv.length) {
      offset = indexArgument(argv[++i]!)
      limit = indexArgument(argv[++i]!)
    } else if (option === 'rev' && reverse === undefined) reverse = true
    else if (option === 'byscore' && by === undefined) by = 'score'
    else if (option === 'bylex' && by === undefined) by = 'lex'
    else throw errors.syntax
  }
  by ??= 'rank'
  // As in Redis, a limit of -1 is as good as none.
  if (limit !== -1 && by === 'rank') throw limitNeedsBy
  if (withScores && by === 'lex') throw scoresWithLex
  return { by, reverse: reverse ?? false, offset, limit: limit < 0 ? Infinity : limit, withScores }
}

/** Counts negative ranks from the end, and leaves out those that there are not; if none are left, 0 and -1. */
function fitRanks(range: RankRange, size: number): void {
  if (range.start < 0) range.start = Math.max(0, size + range.start)
  range.stop = Math.min(range.stop < 0 ? size + range.stop : range.stop, size - 1)
  if (range.stop >= range.start) return
  range.start = 0
  range.stop = -1
}

const limitNeedsBy = new ReplyError(
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
)
const scoresWithLex = new ReplyError('ERR syntax error, WITHSCORES not supported in combination with BYLEX')
