import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'
import { MemberSet } from '../values/set.js'
import { compareEntries, SortedSet } from '../values/sorted-set.js'
import { countArgument, indexArgument } from './collection-arguments.js'
import { countedKeys, keyAt } from './key-specs.js'
import { replyElements, scoreArgument, store } from './sorted-set-access.js'

/** The commands that make one sorted set of several. Sets may be among them: all their members have the score 1. */
export const sortedSetAlgebraCommands: readonly CommandDefinition[] = [
  {
    name: 'zunion',
    summary: 'Gets the members that any of several sorted sets has, their scores aggregated.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N+M*log(M)) for N members in all sets together and M in the result.',
    syntax: 'numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    categories: ['sortedset'],
    keys: [countedKeys(1, 'RO', 'access')],
    run: zunion,
  },
  {
    name: 'zinter',
    summary: 'Gets the members that all of several sorted sets have, their scores aggregated.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N*K+M*log(M)) for K sets, the smallest of N members, and M in the result.',
    syntax: 'numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    categories: ['sortedset'],
    keys: [countedKeys(1, 'RO', 'access')],
    run: zinter,
  },
  {
    name: 'zdiff',
    summary: 'Gets the members of the first sorted set that no other one has, with its scores.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N*K+M*log(M)) for K sets, the first of N members, and M in the result.',
    syntax: 'numkeys key [key ...] [WITHSCORES]',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    categories: ['sortedset'],
    keys: [countedKeys(1, 'RO', 'access')],
    run: zdiff,
  },
  {
    name: 'zunionstore',
    summary: 'Stores the members that any of several sorted sets has as a sorted set.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(N+M*log(M)) for N members in all sets together and M in the result.',
    syntax: 'destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]',
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'OW', 'update'), countedKeys(2, 'RO', 'access')],
    run: zunionstore,
  },
  {
    name: 'zinterstore',
    summary: 'Stores the members that all of several sorted sets have as a sorted set.',
    since: '2.0.0',
    group: 'sorted-set',
    complexity: 'O(N*K+M*log(M)) for K sets, the smallest of N members, and M in the result.',
    syntax: 'destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]',
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'OW', 'update'), countedKeys(2, 'RO', 'access')],
    run: zinterstore,
  },
  {
    name: 'zdiffstore',
    summary: 'Stores the members of the first sorted set that no other one has as a sorted set.',
    since: '6.2.0',
    group: 'sorted-set',
    complexity: 'O(N*K+M*log(M)) for K sets, the first of N members, and M in the result.',
    syntax: 'destination numkeys key [key ...]',
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    categories: ['sortedset'],
    keys: [keyAt(1, 'OW', 'update'), countedKeys(2, 'RO', 'access')],
    run: zdiffstore,
  },
  {
    name: 'zintercard',
    summary: 'Counts the members that all of several sorted sets have, up to a limit.',
    since: '7.0.0',
    group: 'sorted-set',
    complexity: 'O(N*K) for K sets, the smallest of N members.',
    syntax: 'numkeys key [key ...] [LIMIT limit]',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    categories: ['sortedset'],
    keys: [countedKeys(1, 'RO', 'access')],
    run: zintercard,
  },
]

/** Members with their scores, in any order. */
type Scores = Map<ByteString, number>

function zunion(client: Client, argv: readonly ByteString[]): void {
  const call = readCall(client, argv, { name: 'zunion', at: 1, weighs: true, withScores: true })
  replyScores(client, union(call), call.withScores)
}

function zinter(client: Client, argv: readonly ByteString[]): void {
  const call = readCall(client, argv, { name: 'zinter', at: 1, weighs: true, withScores: true })
  replyScores(client, intersection(call), call.withScores)
}

function zdiff(client: Client, argv: readonly ByteString[]): void {
  const call = readCall(client, argv, { name: 'zdiff', at: 1, withScores: true })
  replyScores(client, difference(call), call.withScores)
}

function zunionstore(client: Client, argv: readonly ByteString[]): void {
  const call = readCall(client, argv, { name: 'zunionstore', at: 2, weighs: true })
  storeScores(client, argv[1]!, union(call), 'zunionstore')
}

function zinterstore(client: Client, argv: readonly ByteString[]): void {
  const call = readCall(client, argv, { name: 'zinterstore', at: 2, weighs: true })
  storeScores(client, argv[1]!, intersection(call), 'zinterstore')
}

function zdiffstore(client: Client, argv: readonly ByteString[]): void {
  const call = readCall(client, argv, { name: 'zdiffstore', at: 2 })
  storeScores(client, argv[1]!, difference(call), 'zdiffstore')
}

function zintercard(client: Client, argv: readonly ByteString[]): void {
  const { operands, limit } = readCall(client, argv, { name: 'zintercard', at: 1, limit: true })
  let count = 0
  visitIntersection(bySize(operands), () => ++count !== limit)
  client.reply.integer(count)
}

/** What any of the sets has. O(members of all). */
function union({ operands, aggregate }: Call): Scores {
  const scores: Scores = new Map()
  for (const { set, weight } of bySize(operands)) {
    visitScores(set, (member, score) => {
      const weighted = orZero(score * weight)
      const before = scores.get(member)
      scores.set(member, before === undefined ? weighted : aggregate(before, weighted))
    })
  }
  return scores
}

/** What all sets have. O(smallest * sets). */
function intersection({ operands, aggregate }: Call): Scores {
  const scores: Scores = new Map()
  const sorted = bySize(operands)
  visitIntersection(sorted, (member, score) => {
    let result = orZero(score * sorted[0]!.weight)
    for (let i = 1; i < sorted.length; i++) {
      const { set, weight } = sorted[i]!
      result = aggregate(result, scoreIn(set, member)! * weight)
    }
    scores.set(member, result)
  })
  return scores
}

/** What the first set has and no other. O(members of the first * sets). */
function difference({ operands }: Call): Scores {
  const scores: Scores = new Map()
  visitScores(operands[0]!.set, (member, score) => {
    for (let i = 1; i < operands.length; i++) if (isIn(operands[i]!.set, member)) return
    scores.set(member, score)
  })
  return scores
}

/** Visits what all sets have, the smallest of which comes first, with the scores that it has there. */
function visitIntersection(sorted: readonly Operand[], visit: (member: ByteString, score: number) => unknown): void {
  visitScores(sorted[0]!.set, (member, score) => {
    for (let i = 1; i < sorted.length; i++) if (!isIn(sorted[i]!.set, member)) return true
    return visit(member, score)
  })
}

/** The smallest first, as in Redis, so that scores are added up in the same order and rounded the same way. */
function bySize(operands: readonly Operand[]): readonly Operand[] {
  return [...operands].sort((a, b) => (a.set?.size ?? 0) - (b.set?.size ?? 0))
}

/** One of the sets that a command is about; undefined where the key is missing. */
interface Operand {
  readonly set: SortedSet | MemberSet | undefined
  weight: number
}

/** Visits the members of a set with their scores; a false return ends the visit. */
function visitScores(set: Operand['set'], visit: (member: ByteString, score: number) => unknown): void {
  if (set instanceof SortedSet) set.visitByRank(0, set.size - 1, false, visit)
  else set?.visit(member => visit(member, 1))
}

function isIn(set: Operand['set'], member: ByteString): boolean {
  return set instanceof MemberSet ? set.has(member) : set?.score(member) !== undefined
}

function scoreIn(set: Operand['set'], member: ByteString): number | undefined {
  if (set instanceof SortedSet) return set.score(member)
  return set?.has(member) ? 1 : undefined
}

/** How two scores of a member become one. */
type Aggregate = (a: number, b: number) => number

function sum(a: number, b: number): number {
  return orZero(a + b)
}

// What is equal or no number never takes the place of the first score: Math.min and Math.max would not do.

function min(a: number, b: number): number {
  if (b < a) return b
  return a
}

function max(a: number, b: number): number {
  if (b > a) return b
  return a
}

/** Infinity less infinity, and zero times infinity, count as zero. */
function orZero(score: number): number {
  return Number.isNaN(score) ? 0 : score
}

/** A call's operands and options. */
interface Call {
  readonly operands: readonly Operand[]
  readonly aggregate: Aggregate
  readonly withScores: boolean
  /** 0: none. */
  readonly limit: number
}

/** How a command is called. */
interface Form {
  readonly name: string
  /** Where in argv the number of keys is. */
  readonly at: number
  /** Whether it takes WEIGHTS and AGGREGATE. */
  readonly weighs?: boolean
  readonly withScores?: boolean
  readonly limit?: boolean
}

/** Reads `numkeys key [key ...]` and the options that follow. Throws ReplyError. */
function readCall(client: Client, argv: readonly ByteString[], form: Form): Call {
  const { at } = form
  const keys = indexArgument(argv[at]!)
  if (keys < 1) throw new ReplyError(`ERR at least 1 input key is needed for '${form.name}' command`)
  if (keys > argv.length - at - 1) throw errors.syntax
  const end = at + 1 + keys
  const operands: Operand[] = []
  for (let i = at + 1; i < end; i++) operands.push({ set: operandAt(client, argv[i]!), weight: 1 })
  let aggregate: Aggregate = sum
  let withScores = false
  let limit = 0
  for (let i = end; i < argv.length; ) {
    const option = argv[i++]!.toLowerCase()
    const left = argv.length - i
    if (option === 'weights' && form.weighs && left >= keys) {
      for (const operand of operands) operand.weight = scoreArgument(argv[i++]!, weightNotFloat)
    } else if (option === 'aggregate' && form.weighs && left > 0) aggregate = aggregateArgument(argv[i++]!)
    else if (option === 'withscores' && form.withScores) withScores = true
    else if (option === 'limit' && form.limit && left > 0) limit = countArgument(argv[i++]!, limitNegative)
    else throw errors.syntax
  }
  return { operands, aggregate, withScores, limit }
}

function operandAt({ database }: Client, key: ByteString): Operand['set'] {
  const value = database.read(key)?.value
  if (value === undefined || value instanceof SortedSet || value instanceof MemberSet) return value
  throw errors.wrongType
}

function aggregateArgument(word: ByteString): Aggregate {
  switch (word.toLowerCase()) {
    case 'sum':
      return sum
    case 'min':
      return min
    case 'max':
      return max
    default:
      throw errors.syntax
  }
}

/** Replies the elements in order. O(n log n). */
function replyScores({ reply }: Client, scores: Scores, withScores: boolean): void {
  const write = replyElements(reply, scores.size, withScores)
  for (const [member, score] of [...scores].sort(compareEntries)) write(member, score)
}

function storeScores(client: Client, key: ByteString, scores: Scores, event: string): void {
  store(client, key, SortedSet.from(scores, client.engine.config.values), event)
}

const weightNotFloat = new ReplyError('ERR weight value is not a float')
const limitNegative = new ReplyError("ERR LIMIT can't be negative")
