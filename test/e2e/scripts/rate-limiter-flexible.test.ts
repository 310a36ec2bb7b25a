import {
  BurstyRateLimiter,
  type IRateLimiterRedisOptions,
  RateLimiterQueue,
  RateLimiterQueueError,
  RateLimiterRedis,
  RateLimiterRes,
  RateLimiterUnion,
} from 'rate-limiter-flexible'
import { describe, expect, test } from 'vitest'
import { describeOnServers, eventually, nodeRedis, type TestedServer } from './servers.js'

type Store = Pick<IRateLimiterRedisOptions, 'storeClient' | 'useRedisPackage'>

/** How a limiter is connected: a new connection at each call. */
const stores: Readonly<Record<string, (server: TestedServer) => Promise<Store>>> = {
  'ioredis, RESP2': async server => ({ storeClient: server.ioredis({ protocol: 2 }) }),
  'ioredis, RESP3': async server => ({ storeClient: server.ioredis({ protocol: 3 }) }),
  'node-redis, RESP2': async server => ({ storeClient: await nodeRedis(server, 2), useRedisPackage: true }),
  'node-redis, RESP3': async server => ({ storeClient: await nodeRedis(server, 3), useRedisPackage: true }),
}

const MINUTE = { points: 3, duration: 60 }

/** Refuses without counting what it refuses, which the library's own script does not do. */
const CAPPED_SCRIPT = `
  local points, cost = tonumber(ARGV[3]), tonumber(ARGV[1])
  local consumed = tonumber(redis.call('get', KEYS[1]) or 0)
  if consumed + cost > points then
    return {points + 1, redis.call('pttl', KEYS[1])}
  end
  redis.call('set', KEYS[1], consumed + cost, 'EX', ARGV[2])
  return {consumed + cost, redis.call('pttl', KEYS[1])}
`

describeOnServers('rate-limiter-flexible', server => {
  describe.each(Object.entries(stores))('%s', (_, connect) => {
    const limiterOf = async (options: Partial<IRateLimiterRedisOptions> = {}): Promise<RateLimiterRedis> =>
      new RateLimiterRedis({ ...MINUTE, ...(await connect(server)), ...options })

    test('lets as many through as there are points, and says how long the others have to wait', async () => {
      const limiter = await limiterOf()
      const first = await limiter.consume('ada')
      expect(first).toMatchObject({ remainingPoints: 2, consumedPoints: 1, isFirstInDuration: true })
      expect(first.msBeforeNext).toSatisfy(isAbout(60_000))
      expect(await limiter.consume('ada', 2)).toMatchObject({
        remainingPoints: 0,
        consumedPoints: 3,
        isFirstInDuration: false,
      })
      const refused = await refusal(limiter.consume('ada'))
      expect(refused).toMatchObject({ remainingPoints: 0, consumedPoints: 4, isFirstInDuration: false })
      expect(refused.msBeforeNext).toSatisfy(isAbout(60_000))
      expect(await limiter.consume('bob')).toMatchObject({ remainingPoints: 2 })
    })

    test('lets exactly as many of those through that come at once', async () => {
      const limiters = await Promise.all(Array.from({ length: 5 }, () => limiterOf({ points: 20 })))
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, i) => limiters[i % limiters.length]!.consume('all')),
      )
      const passed = results.flatMap(result => (result.status === 'fulfilled' ? [result.value.consumedPoints] : []))
      const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason.consumedPoints] : []))
      expect(passed.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      expect(refused.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 21))
    })

    test('begins anew when the time is over', async () => {
      const limiter = await limiterOf({ points: 1 })
      const redis = server.ioredis()
      await limiter.consume('ada')
      await refusal(limiter.consume('ada'))
      await redis.pexpire('rlflx:ada', 20)
      await eventually(() => limiter.get('ada')).toBe(null)
      expect(await limiter.consume('ada')).toMatchObject({ consumedPoints: 1, isFirstInDuration: true })
      expect(await redis.pttl('rlflx:ada')).toSatisfy(isAbout(60_000))
    })

    test('gives a time to what has lost its own', async () => {
      const limiter = await limiterOf()
      await limiter.set('ada', 1, 0)
      expect(await limiter.get('ada')).toMatchObject({ consumedPoints: 1, msBeforeNext: -1 })
      expect(await limiter.consume('ada')).toMatchObject({ consumedPoints: 2, msBeforeNext: 60_000 })
      expect(await server.ioredis().pttl('rlflx:ada')).toSatisfy(isAbout(60_000))
    })

    test('punishes, rewards, sets, reads and forgets', async () => {
      const limiter = await limiterOf({ keyPrefix: 'login' })
      expect(await limiter.get('ada')).toBe(null)
      expect(await limiter.penalty('ada', 2)).toMatchObject({ consumedPoints: 2, remainingPoints: 1 })
      expect(await limiter.reward('ada')).toMatchObject({ consumedPoints: 1, remainingPoints: 2 })
      expect(await limiter.get('ada')).toMatchObject({ consumedPoints: 1, remainingPoints: 2 })
      expect(await server.ioredis().get('login:ada')).toBe('1')
      expect(await limiter.set('ada', 3, 30)).toMatchObject({ consumedPoints: 3 })
      expect((await refusal(limiter.consume('ada'))).msBeforeNext).toSatisfy(isAbout(30_000))
      expect(await limiter.delete('ada')).toBe(true)
      expect(await limiter.delete('ada')).toBe(false)
    })

    test('blocks, when asked and who asks for too much', async () => {
      const limiter = await limiterOf({ points: 1, blockDuration: 600 })
      await limiter.block('ada', 300)
      expect((await refusal(limiter.consume('ada'))).msBeforeNext).toSatisfy(isAbout(300_000))
      await limiter.consume('bob')
      expect(await refusal(limiter.consume('bob'))).toMatchObject({ consumedPoints: 2, msBeforeNext: 600_000 })
      expect((await refusal(limiter.consume('bob'))).msBeforeNext).toSatisfy(isAbout(600_000))
    })

    test('counts for ever when there is no duration', async () => {
      const limiter = await limiterOf({ duration: 0 })
      expect(await limiter.consume('ada', 2)).toMatchObject({ consumedPoints: 2, msBeforeNext: -1 })
      expect(await refusal(limiter.consume('ada', 2))).toMatchObject({ consumedPoints: 4, msBeforeNext: -1 })
    })

    test('runs a script of the program that uses it', async () => {
      const limiter = await limiterOf({ customIncrTtlLuaScript: CAPPED_SCRIPT })
      await limiter.consume('ada', 2)
      await refusal(limiter.consume('ada', 2))
      expect(await limiter.consume('ada', 1)).toMatchObject({ consumedPoints: 3, remainingPoints: 0 })
      await refusal(limiter.consume('ada'))
      expect(await server.ioredis().get('rlflx:ada')).toBe('3')
    })

    test('goes on when the server has lost its scripts', async () => {
      const limiter = await limiterOf()
      await limiter.consume('ada')
      await limiter.consume('ada')
      await server.ioredis().script('FLUSH')
      expect(await limiter.consume('ada')).toMatchObject({ consumedPoints: 3 })
    })

    test('passes on what went wrong in the script', async () => {
      const limiter = await limiterOf()
      await server.ioredis().rpush('rlflx:ada', 'a list')
      await expect(limiter.consume('ada')).rejects.toThrow(
        /^WRONGTYPE Operation against a key holding the wrong kind of value script: [0-9a-f]{40}, on @user_script:1\.$/,
      )
    })

    test('leaves the server in peace about those whom it has blocked in memory', async () => {
      const limiter = await limiterOf({ points: 1, inMemoryBlockOnConsumed: 2, inMemoryBlockDuration: 60 })
      await limiter.consume('ada')
      await refusal(limiter.consume('ada'))
      const { incrby } = await server.calls()
      for (let i = 0; i < 10; i++) await refusal(limiter.consume('ada'))
      expect(incrby).toBe(2)
      expect(await server.calls()).toMatchObject({ incrby: 2 })
    })

    test('lets a burst through on top of the rate', async () => {
      const bursty = new BurstyRateLimiter(
        await limiterOf({ points: 2 }),
        await limiterOf({ points: 3, duration: 600, keyPrefix: 'burst' }),
      )
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => bursty.consume('ada')))
      expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(5)
      expect(await server.ioredis().mget('rlflx:ada', 'burst:ada')).toEqual(['10', '8'])
    })

    test('asks several limiters at once', async () => {
      const union = new RateLimiterUnion(
        await limiterOf({ points: 1, keyPrefix: 'second' }),
        await limiterOf({ points: 2, keyPrefix: 'minute' }),
      )
      expect(await union.consume('ada')).toMatchObject({
        second: { remainingPoints: 0 },
        minute: { remainingPoints: 1 },
      })
      const refused: unknown = await union.consume('ada').catch(reason => reason)
      expect(refused).toEqual({ second: expect.objectContaining({ consumedPoints: 2 }) })
    })
  })

  test('keeps to the prefix of the ioredis that it is given', async () => {
    const limiter = new RateLimiterRedis({ ...MINUTE, storeClient: server.ioredis({ keyPrefix: 'shop:' }) })
    await limiter.consume('ada')
    await limiter.consume('ada')
    expect(await server.ioredis().keys('*')).toEqual(['shop:rlflx:ada'])
  })

  test('queues what comes too early', async () => {
    const limiter = new RateLimiterRedis({ points: 2, duration: 1, storeClient: server.ioredis() })
    const queue = new RateLimiterQueue(limiter, { maxQueueSize: 1 })
    const removed = await Promise.allSettled([1, 1, 1, 1].map(tokens => queue.removeTokens(tokens)))
    expect(removed).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: 0 },
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: expect.any(RateLimiterQueueError) },
    ])
    // What was queued has been refused once, and been let through in the next second.
    const { incrby } = await server.calls()
    expect(incrby).toBeGreaterThanOrEqual(5)
  })

  test('sends the script once a connection, and afterwards its hash', async () => {
    const limiter = new RateLimiterRedis({ points: 100, duration: 60, storeClient: server.ioredis() })
    for (let i = 0; i < 10; i++) await limiter.consume('ada')
    expect(await server.calls()).toMatchObject({ eval: 1, evalsha: 9, set: 10, incrby: 10, pttl: 10 })
  })
})

/** The answer to one who is not let through; an error if he is, or if what he gets is not an answer but an error. */
async function refusal(consumed: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  const reason: unknown = await consumed.then(
    () => new Error('it was let through'),
    reason => reason,
  )
  if (!(reason instanceof RateLimiterRes)) throw reason
  return reason
}

/** No more than so many milliseconds, and no less than a slow machine may have used up of them. */
function isAbout(milliseconds: number): (actual: number) => boolean {
  return actual => actual <= milliseconds && actual > milliseconds - 15_000
}
