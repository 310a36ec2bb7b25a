/** Commands that are carried out by all primaries of a Cluster, each for its part. */
import { ReplyError } from '../errors.js'
import { MapReply, type RawReply, SetReply } from '../resp/reply-reader.js'
import type { ServerCommand } from './command-info.js'
import { isArray } from './raw-reply.js'

/** Whether a command is to be sent to all primaries, and their replies can be made one. */
export function spansNodes({ requestPolicy, responsePolicy }: ServerCommand): boolean {
  return (requestPolicy === 'all_nodes' || requestPolicy === 'all_shards') && responsePolicy !== 'special'
}

/**
 * One reply of those that all primaries have given to a command.
 *
 * @param replies at least one
 */
export function mergeReplies({ responsePolicy }: ServerCommand, replies: readonly RawReply[]): RawReply {
  const [first = null] = replies
  const error = replies.find(isError)
  if (responsePolicy === 'one_succeeded') return replies.find(reply => !isError(reply)) ?? first
  if (error !== undefined) return error
  const fold = FOLDS[responsePolicy ?? '']
  if (fold !== undefined) return replies.slice(1).reduce((sum, reply) => folded(sum, reply, fold), first)
  if (responsePolicy === 'all_succeeded') return first
  if (replies.every(isArray)) return replies.flat(1)
  if (replies.every(reply => reply instanceof MapReply)) return new MapReply(replies.flatMap(({ items }) => items))
  if (replies.every(reply => reply instanceof SetReply)) return new SetReply(replies.flatMap(({ items }) => items))
  return first
}

type Integer = number | bigint

/** By the name of the policy (https://redis.io/docs/reference/command-tips). */
const FOLDS: Readonly<Record<string, (a: Integer, b: Integer) => Integer>> = {
  agg_sum: sum,
  agg_min: (a, b) => (b < a ? b : a),
  agg_max: (a, b) => (b > a ? b : a),
  agg_logical_and: (a, b) => (Number(a) !== 0 && Number(b) !== 0 ? 1 : 0),
  agg_logical_or: (a, b) => (Number(a) !== 0 || Number(b) !== 0 ? 1 : 0),
}

/** Integers, or arrays of them, one by one; for anything else, the first. */
function folded(a: RawReply, b: RawReply, fold: (a: Integer, b: Integer) => Integer): RawReply {
  if (isInteger(a) && isInteger(b)) return fold(a, b)
  if (isArray(a) && isArray(b)) return a.map((item, index) => folded(item, b[index] ?? null, fold))
  return a
}

function sum(a: Integer, b: Integer): Integer {
  const exact = BigInt(a) + BigInt(b)
  const rounded = Number(exact)
  return Number.isSafeInteger(rounded) ? rounded : exact
}

function isInteger(reply: RawReply): reply is Integer {
  return typeof reply === 'number' || typeof reply === 'bigint'
}

function isError(reply: RawReply): reply is ReplyError {
  return reply instanceof ReplyError
}
