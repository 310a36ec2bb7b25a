/** Commands about the data of all servers of a Cluster that cannot be put together from the replies of all. */
import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { RawReply } from '../resp/reply-reader.js'
import { bytesIn, itemsIn } from '../upstream/raw-reply.js'
import type { Router } from './router.js'

/**
 * SCAN goes through one server after the other. Its cursor tells how far it is in which: cursors of servers are below 2^52 as long as a
 * server has fewer keys than that, so the number of the server stands above. The servers are numbered in the order of their names; one that
 * comes or goes during a scan shifts those behind it, of whose keys some may be missed or seen twice.
 */
export async function scan(router: Router, argv: readonly ByteString[]): Promise<RawReply> {
  const servers = router.upstream.topology.primaries()
  const given = argv[1] ?? ''
  if (argv.length < 2) return new ReplyError("ERR wrong number of arguments for 'scan' command")
  if (!/^\d{1,20}$/.test(given)) return new ReplyError('ERR invalid cursor')
  const cursor = BigInt(given)
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
export async function randomKey(router: Router): Promise<RawReply> {
  const servers = router.upstream.topology.primaries()
  const sizes = await Promise.all(servers.map(server => router.askAt(server, ['DBSIZE'])))
  const error = sizes.find(size => size instanceof ReplyError)
  if (error !== undefined) return error
  const counts = sizes.map(size => (typeof size === 'number' ? size : 0))
  let left = Math.random() * counts.reduce((sum, count) => sum + count, 0)
  for (const [index, server] of servers.entries()) {
    left -= counts[index]!
    if (left >= 0) continue
    const key = await router.askAt(server, ['RANDOMKEY'])
    if (key !== null) return key
  }
  return null
}

/** The bit from which on a cursor tells the server. */
const PLACE = 52n
