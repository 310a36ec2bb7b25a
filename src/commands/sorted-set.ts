import type { ByteString } from '../bytes/bytes.js'
import { formatDouble } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { SortedSet } from '../values/sorted-set.js'
import { repetitions, signedCountArgument } from './collection-arguments.js'
import { keyAt } from './key-specs.js'
import { readAs, writeAs } from './lookup.js'
import { emptyScan, scanCursor, scanOptions, scanReply } from './scan-arguments.js'
import { removed, replyElements, scoreArgument } from './sorted-set-access.js'

/** The commands for single elements of a sorted set; ranges, ends and several sets have files of their own. */
export const sortedSetCommands: readonly CommandDefinition[] = [
  {
    name: 'zadd',
    summary: 'Adds members to a sorted set, or gives them other scores; conditions may hold it back.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) for each member, in a set of N.',
    syntax: 'key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]',
    arity: -4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'update')],
    run: zadd,
  },
  {
    name: 'zincrby',
    summary: "Adds to a member's score; a member that is not there begins with 0.",
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) in a set of N members.',
    syntax: 'key increment member',
    arity: 4,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'access', 'update')],
    run: zincrby,
  },
  {
    name: 'zrem',
    summary: 'Removes members, and the sorted set with the last of them.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(M*log(N)) for M members of a set of N.',
    syntax: 'key member [member ...]',
    arity: -3,
    flags: ['write', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RW', 'delete')],
    run: zrem,
  },
  {
    name: 'zcard',
    summary: 'Counts the members of a sorted set.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO')],
    run: zcard,
  },
  {
    name: 'zscore',
    summary: 'Gets the score of a member.',
    since: '1.2.0',
    group: 'sorted-set',
    complexity: 'O(1)',
    syntax: 'key member',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zscore,
  },
  {
    name: 'zmscore',
    summary: 'Gets the scores of several members.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N) with N members asked for.',
    syntax: 'key member [member ...]',
    arity: -3,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zmscore,
  },
  {
    name: 'zrank',
    summary: 'Tells how many elements are lower than a member.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) in a set of N members.',
    syntax: 'key member',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrank,
  },
  {
    name: 'zrevrank',
    summary: 'Tells how many elements are higher than a member.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(log(N)) in a set of N members.',
    syntax: 'key member',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    run: zrevrank,
  },
  {
    name: 'zrandmember',
    summary: 'Picks members at random, with their scores if asked to.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N) for N members picked.',
    syntax: 'key [count [WITHSCORES]]',
    arity: -2,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output'],
    run: zrandmember,
  },
  {
    name: 'zscan',
    summary: 'Goes through the members and scores of a sorted set, some at a time.',
    since: '2.8.0',
    group: 'sorted-set',
    complexity: 'O(1) a call, O(N) for a whole pass over N members.',
    syntax: 'key cursor [MATCH pattern] [COUNT count]',
    arity: -3,
    flags: ['readonly'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'RO', 'access')],
    tips: ['nondeterministic_output'],
    run: zscan,
  },
]

/** ZADD's options, as bits. */
const NX = 1
const XX = 2
const GT = 4
const LT = 8
const CH = 16
const INCR = 32

function zadd(client: Client, argv: readonly ByteString[]): void {
  let options = 0
  let at = 2
  for (; at < argv.length; at++) {
    const option = optionOf(argv[at]!)
    if (option === 0) break
    options |= option
  }
  const words = argv.length - at
  if (words === 0 || words % 2 === 1) throw errors.syntax
  if (options !== 0) checkOptions(options, words)
  if ((options & INCR) === 0) addElements(client, argv, at, options)
  else increment(client, argv[1]!, scoreArgument(argv[at]!), argv[at + 1]!, options)
}

/** 0 for a word that is no option: the scores begin. */
function optionOf(word: ByteString): number {
  // Most scores begin with a digit or a sign, and need not be looked at further.
  if (word.charCodeAt(0) < LETTERS) return 0
  switch (word.toLowerCase()) {
    case 'nx':
      return NX
    case 'xx':
      return XX
    case 'gt':
      return GT
    case 'lt':
      return LT
    case 'ch':
      return CH
    case 'incr':
      return INCR
    default:
      return 0
  }
}

function checkOptions(options: number, words: number): void {
  if ((options & NX) !== 0 && (options & XX) !== 0) throw bothNxAndXx
  const comparisons = options & (GT | LT | NX)
  // At most one of the three: no two bits are set.
  if ((comparisons & (comparisons - 1)) !== 0) throw gtLtOrNx
  if ((options & INCR) !== 0 && words > 2) throw incrTakesOne
}

/** Adds the scores and members from `at` on, as far as the options let them. */
function addElements(client: Client, argv: readonly ByteString[], at: number, options: number): void {
  const { database, reply } = client
  const key = argv[1]!
  // All scores must be good before anything is changed. The first one needs no array.
  const first = scoreArgument(argv[at]!)
  const rest = argv.length > at + 2 ? scoresFrom(argv, at + 2) : undefined
  let set = writeAs(database, key, SortedSet)
  if (set === undefined) {
    if ((options & XX) !== 0) {
      reply.integer(0)
      return
    }
    set = new SortedSet(client.engine.config.values)
    database.add(key, set)
  }
  let added = 0
  let updated = 0
  for (let i = at, score = first; ; ) {
    const result = options === 0 ? set.add(argv[i + 1]!, score) : addIf(set, argv[i + 1]!, score, options)
    if (result === 'added') added++
    else if (result === 'updated') updated++
    i += 2
    if (i === argv.length) break
    score = rest![(i - at) / 2 - 1]!
  }
  reply.integer((options & CH) === 0 ? added : added + updated)
  if (added + updated > 0) database.changed(key, EventClass.zset, 'zadd', added + updated)
}

function scoresFrom(argv: readonly ByteString[], from: number): number[] {
  const scores: number[] = []
  for (let i = from; i < argv.length; i += 2) scores.push(scoreArgument(argv[i]!))
  return scores
}

function addIf(set: SortedSet, member: ByteString, score: number, options: number): ReturnType<SortedSet['add']> {
  return allows(options, set.score(member), score) ? set.add(member, score) : 'unchanged'
}

/** Whether the options let a member have the score, that has had the old one, or none. */
function allows(options: number, old: number | undefined, score: number): boolean {
  if (old === undefined) return (options & XX) === 0
  if ((options & NX) !== 0) return false
  if ((options & LT) !== 0 && score >= old) return false
  return (options & GT) === 0 || score > old
}

function zincrby(client: Client, argv: readonly ByteString[]): void {
  increment(client, argv[1]!, scoreArgument(argv[2]!), argv[3]!, 0)
}

function increment(client: Client, key: ByteString, by: number, member: ByteString, options: number): void {
  const { database, reply } = client
  let set = writeAs(database, key, SortedSet)
  const old = set?.score(member)
  const score = old === undefined ? by : old + by
  // With NX it does not come to adding.
  if (Number.isNaN(score) && (options & NX) === 0) throw notANumber
  if (!allows(options, old, score)) {
    reply.null()
    return
  }
  if (set === undefined) {
    set = new SortedSet(client.engine.config.values)
    database.add(key, set)
  }
  const result = set.add(member, score)
  reply.double(score)
  if (result !== 'unchanged') database.changed(key, EventClass.zset, 'zincr')
}

function zrem(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const set = writeAs(client.database, key, SortedSet)
  let deleted = 0
  if (set !== undefined) {
    for (let i = 2; i < argv.length; i++) if (set.delete(argv[i]!)) deleted++
    if (deleted > 0) removed(client, key, set, 'zrem', deleted)
  }
  client.reply.integer(deleted)
}

function zcard(client: Client, argv: readonly ByteString[]): void {
  client.reply.integer(readAs(client.database, argv[1]!, SortedSet)?.size ?? 0)
}

function zscore(client: Client, argv: readonly ByteString[]): void {
  const score = readAs(client.database, argv[1]!, SortedSet)?.score(argv[2]!)
  if (score === undefined) client.reply.null()
  else client.reply.double(score)
}

function zmscore(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const set = readAs(client.database, argv[1]!, SortedSet)
  reply.array(argv.length - 2)
  for (let i = 2; i < argv.length; i++) {
    const score = set?.score(argv[i]!)
    if (score === undefined) reply.null()
    else reply.double(score)
  }
}

function zrank(client: Client, argv: readonly ByteString[]): void {
  rank(client, argv, false)
}

function zrevrank(client: Client, argv: readonly ByteString[]): void {
  rank(client, argv, true)
}

function rank(client: Client, argv: readonly ByteString[], reverse: boolean): void {
  const found = readAs(client.database, argv[1]!, SortedSet)?.rank(argv[2]!, reverse)
  if (found === undefined) client.reply.null()
  else client.reply.integer(found)
}

function zrandmember(client: Client, argv: readonly ByteString[]): void {
  if (argv.length > 2) randomMembers(client, argv)
  else {
    const element = readAs(client.database, argv[1]!, SortedSet)?.random(client.engine.random)
    if (element === undefined) client.reply.null()
    else client.reply.bulk(element.member)
  }
}

/** `ZRANDMEMBER key count [WITHSCORES]`: different members, or with a negative count any. */
function randomMembers(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  const count = signedCountArgument(argv[2]!)
  const withScores = argv.length > 3
  if (argv.length > 4 || (withScores && argv[3]!.toLowerCase() !== 'withscores')) throw errors.syntax
  if (withScores && (count > MOST_PAIRS || count < -MOST_PAIRS)) throw errors.outOfRange
  const set = readAs(client.database, argv[1]!, SortedSet)
  if (set === undefined) {
    reply.array(0)
    return
  }
  const length = count < 0 ? repetitions(count) : Math.min(Number(count), set.size)
  const write = replyElements(reply, length, withScores)
  const visit = (member: ByteString, score: number): boolean => {
    write(member, score)
    // A client whose output has outgrown its limit is being closed: there is nobody to go on for.
    return !client.closing
  }
  if (count < 0) set.draw(length, engine.random, visit)
  else if (length < set.size) set.sample(length, engine.random, visit)
  else set.visitByRank(0, length - 1, true, visit) // all, from the highest down, as Redis does
}

function zscan(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const cursor = scanCursor(argv[2]!)
  const set = readAs(client.database, argv[1]!, SortedSet)
  if (set === undefined) {
    emptyScan(reply)
    return
  }
  const { count, matches } = scanOptions(argv, 3)
  const stored = set.encoding === 'listpack' ? listpackScore : formatDouble
  const found: ByteString[] = []
  const next = set.scan(cursor, count, (member, score) => {
    if (matches === undefined || matches(member)) found.push(member, stored(score))
  })
  scanReply(reply, next, found)
}

/** A score as the text that a listpack holds, which ZSCAN shows as it is: an integer has all its digits there. */
function listpackScore(score: number): ByteString {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62 ? `${BigInt(score)}` : formatDouble(score)
}

/** Where the letters begin in ASCII. */
const LETTERS = 0x41
/** LONG_MAX / 2: so many pairs can be counted. */
const MOST_PAIRS = 2n ** 62n - 1n
const bothNxAndXx = new ReplyError('ERR XX and NX options at the same time are not compatible')
const gtLtOrNx = new ReplyError('ERR GT, LT, and/or NX options at the same time are not compatible')
const incrTakesOne = new ReplyError('ERR INCR option supports a single increment-element pair')
const notANumber = new ReplyError('ERR resulting score is not a number (NaN)')
