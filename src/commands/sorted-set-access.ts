import type { ByteString } from '../bytes/bytes.js'
import { parseDouble } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, type ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { ReplySink } from '../resp/reply.js'
import type { SortedSet, Visit } from '../values/sorted-set.js'

/** A score, or an increment of one. Throws ReplyError, the given one if it is no number. */
export function scoreArgument(text: ByteString, error: ReplyError = errors.notFloat): number {
  const score = parseDouble(text)
  if (score === undefined) throw error
  return score
}

/**
 * Begins a reply of so many elements, and returns what writes one of them: the member, or the member and its score,
 * which is a pair of its own in RESP3.
 */
export function replyElements(reply: ReplySink, count: number, withScores: boolean): Visit {
  if (!withScores) {
    reply.array(count)
    return member => reply.bulk(member)
  }
  if (reply.protocol === 3) return replyPairs(reply, count)
  reply.array(count * 2)
  return (member, score) => {
    reply.bulk(member)
    reply.double(score)
  }
}

/** The same, for commands that reply with pairs whatever the protocol is. */
export function replyPairs(reply: ReplySink, count: number): Visit {
  reply.array(count)
  return (member, score) => {
    reply.array(2)
    reply.bulk(member)
    reply.double(score)
  }
}

/** To be called once elements have been taken out, `count` of them: an empty set goes. */
export function removed({ database }: Client, key: ByteString, set: SortedSet, event: string, count: number): void {
  database.changed(key, EventClass.zset, event, count)
  if (set.size > 0) return
  database.delete(key)
  database.event(EventClass.generic, 'del', key)
}

/** Puts a result at a key, over whatever is there; an empty one deletes it. Replies with the size. */
export function store({ database, reply }: Client, key: ByteString, result: SortedSet, event: string): void {
  if (result.size > 0) {
    database.set(key, result)
    database.changed(key, EventClass.zset, event)
  } else if (database.delete(key)) database.changed(key, EventClass.generic, 'del')
  reply.integer(result.size)
}
