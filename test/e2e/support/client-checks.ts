import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { createClient } from 'redis'
import { expect } from 'vitest'

/** What client libraries do that both krmt and a gateway have to serve. */

/** A transaction, and one that is not executed since a key has changed that it watches. */
export async function checkTransactions(redis: Redis): Promise<void> {
  expect(await redis.multi().set('a', 1).incr('a').get('a').exec()).toEqual([
    [null, 'OK'],
    [null, 2],
    [null, '2'],
  ])
  const other = redis.duplicate()
  await redis.watch('a')
  await other.set('a', 10)
  expect(await redis.multi().incr('a').exec()).toBe(null)
  await other.quit()
}

/** A client of node-redis, which is to be connected. */
export function nodeRedis(RESP: 2 | 3, port: number, name?: string) {
  const at = { RESP, socket: { port, host: '127.0.0.1' } }
  return name === undefined ? createClient(at) : createClient({ ...at, name })
}

/** The same with node-redis. */
export async function checkNodeTransactions(redis: ReturnType<typeof nodeRedis>): Promise<void> {
  expect(await redis.multi().set('a', 1).incr('a').get('a').exec()).toEqual(['OK', 2, '2'])
  const other = await redis.duplicate().connect()
  await redis.watch('a')
  await other.set('a', 10)
  await expect(redis.multi().incr('a').exec()).rejects.toThrow('One (or more) of the watched keys has been changed')
  await other.close()
}

/** @param then does more with the subscriber, which listens to nothing any more */
export async function checkPubSub(redis: Redis, then?: (subscriber: Redis) => Promise<void>): Promise<void> {
  const subscriber = redis.duplicate()
  await subscriber.subscribe('news')
  await subscriber.psubscribe('n*')
  const heard = Promise.all([once(subscriber, 'message'), once(subscriber, 'pmessage')])
  expect(await redis.publish('news', 'today')).toBe(2)
  expect(await heard).toEqual([
    ['news', 'today'],
    ['n*', 'news', 'today'],
  ])
  await subscriber.unsubscribe('news')
  await subscriber.punsubscribe('n*')
  expect(await subscriber.ping()).toBe('PONG')
  await then?.(subscriber)
  await subscriber.quit()
}

/** SCAN, as a stream. */
export async function checkScan(redis: Redis): Promise<void> {
  await redis.mset(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key:${i}`, i])))
  const found = new Set<string>()
  for await (const keys of redis.scanStream({ match: 'key:*' })) for (const key of keys) found.add(key)
  expect(found.size).toBe(500)
}
