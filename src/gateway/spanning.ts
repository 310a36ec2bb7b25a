/** Commands about what all servers of a Cluster have. */
import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { RawReply } from '../resp/reply-reader.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { bytesIn, isArray, itemsIn } from '../upstream/raw-reply.js'
import { mergeReplies, spansNodes } from '../upstream/spanning.js'
import type { Router } from './router.js'

/** Whether a command without keys concerns several servers, or one that has yet to be found. */
export function isForMany(command: ServerCommand): boolean {
  const { fullName } = command
  // Any server will do for a PING: who wants to know how all are doing has INFO for that.
  if (fullName === 'ping' || fullName === 'wait') return false
  return OWN.has(fullName) || spansNodes(command)
}

/** The reply to a command of which `isForMany` is true. */
export async function answerOfMany(
  router: Router,
  argv: readonly ByteString[],
  command: ServerCommand,
): Promise<RawReply> {
  const own = OWN.get(command.fullName)
  if (own !== undefined) return own(router, argv)
  return mergeReplies(command, await askAll(router, argv))
}

function askAll(router: Router, argv: readonly ByteString[]): Promise<RawReply[]> {
  return Promise.all(router.upstream.topology.primaries().map(endpoint => router.askAt(endpoint, argv)))
}

/**
 * SCAN goes through one server after the other. Its cursor tells how far it is in which: cursors of servers are below 2^48 as long as a
 * server has fewer keys than that, so the number of the server stands above; for 32 servers it is a number that is exact everywhere. The
 * servers are numbered in the order of their names; one that comes or goes during a scan shifts those behind it, of whose keys some may
 * be missed or seen twice.
 */
async function scan(router: Router, argv: readonly ByteString[]): Promise<RawReply> {
  const servers = router.upstream.topology.primaries()
  const given = argv[1] ?? ''
  if (argv.length < 2) return new ReplyError("ERR wrong number of arguments for 'scan' command")
  const cursor = /^\d{1,20}$/.test(given) ? BigInt(given) : LARGEST + 1n
  if (cursor > LARGEST) return new ReplyError('ERR invalid cursor')
  const at = Number(cursor >> PLACE)
  const server = servers[at]
  if (server === undefined) return ['0', []]
  const reply = await router.askAt(server, [argv[0]!, String(cursor & (2n ** PLACE - 1n)), ...argv.slice(2)])
  if (reply instanceof ReplyError) return reply
  const [next = null, keys = []] = itemsIn(reply)
  const within = BigInt(bytesIn(next) ?? '0')
  if (within !== 0n) return [String((BigInt(at) << PLACE) | within), keys]
  return [at + 1 < servers.length ? String(BigInt(at + 1) << PLACE) : '0', keys]
}

/** RANDOMKEY: of a server that is chosen at random, with a chance as large as its part of all keys. */
async function randomKey(router: Router, argv: readonly ByteString[]): Promise<RawReply> {
  if (argv.length > 1) return new ReplyError("ERR wrong number of arguments for 'randomkey' command")
  const servers = router.upstream.topology.primaries()
  const sizes = await askAll(router, ['DBSIZE'])
  const error = sizes.find(size => size instanceof ReplyError)
  if (error !== undefined) return error
  const counts = sizes.map(size => (typeof size === 'number' ? size : 0))
  let left = Math.random() * counts.reduce((sum, count) => sum + count, 0)
  for (const [index, server] of servers.entries()) {
    left -= counts[index]!
    if (left >= 0) continue
    const key = await router.askAt(server, argv)
    if (key !== null) return key
  }
  return null
}

/** PUBSUB CHANNELS and SHARDCHANNELS: each channel once. */
async function channels(router: Router, argv: readonly ByteString[]): Promise<RawReply> {
  const replies = await askAll(router, argv)
  return replies.find(reply => reply instanceof ReplyError) ?? [...new Set(replies.flatMap(itemsIn))]
}

/** PUBSUB NUMSUB, SHARDNUMSUB and NUMPAT: the sums, beside the names. */
async function subscribers(router: Router, argv: readonly ByteString[]): Promise<RawReply> {
  const replies = await askAll(router, argv)
  return replies.find(reply => reply instanceof ReplyError) ?? replies.reduce(added)
}

function added(sum: RawReply, reply: RawReply): RawReply {
  if (typeof sum === 'number' && typeof reply === 'number') return sum + reply
  return isArray(sum) ? sum.map((item, i) => added(item, itemsIn(reply)[i] ?? null)) : sum
}

/** Those that cannot be put together as their server says. */
const OWN: ReadonlyMap<ByteString, (router: Router, argv: readonly ByteString[]) => Promise<RawReply>> = new Map([
  ['scan', scan],
  ['randomkey', randomKey],
  ['pubsub|channels', channels],
  ['pubsub|shardchannels', channels],
  ['pubsub|numsub', subscribers],
  ['pubsub|shardnumsub', subscribers],
  ['pubsub|numpat', subscribers],
])

/** The bit from which on a cursor tells the server. */
const PLACE = 48n
const LARGEST = 2n ** 64n - 1n
