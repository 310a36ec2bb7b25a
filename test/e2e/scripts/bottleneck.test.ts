import Bottleneck from 'bottleneck'
import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { crowd, describeOnServers, eventually } from './servers.js'

const immediate = async (): Promise<string> => 'done'

describeOnServers('bottleneck', server => {
  describe.each([2, 3] as const)('ioredis, RESP%i', protocol => {
    function connection(): { client: Redis; connection: Bottleneck.IORedisConnection } {
      const client = server.ioredis({ protocol })
      const shared = new Bottleneck.IORedisConnection({ client })
      server.after(() => shared.disconnect())
      return { client, connection: shared }
    }

    /** One of the limiters that work together because they have the same id, each with connections of its own. */
    async function limiterOf(options: Bottleneck.ConstructorOptions = {}): Promise<Bottleneck> {
      const limiter = new Bottleneck({ id: 'api', ...options, connection: connection().connection })
      server.after(() => limiter.disconnect())
      await limiter.ready()
      return limiter
    }

    const limiters = async (options: Bottleneck.ConstructorOptions): Promise<[Bottleneck, Bottleneck]> => [
      await limiterOf(options),
      await limiterOf(options),
    ]

    test('runs no more at once than is allowed, over all of them', async () => {
      const both = await limiters({ maxConcurrent: 3 })
      expect(await crowd(30, 3, (i, stay) => both[i % 2]!.schedule(stay))).toBe(3)
      await eventually(() => both[0].done()).toBe(30)
      expect(await both[1].running()).toBe(0)
    })

    test('tells the others when there is room again', async () => {
      const [first, second] = await limiters({ maxConcurrent: 1 })
      const [one, two] = [job('one'), job('two')]
      const firstDone = first.schedule(one.run)
      await one.started
      const secondDone = second.schedule(two.run)
      await eventually(() => first.clusterQueued()).toBe(1)
      expect(await second.check()).toBe(false)
      expect(await second.running()).toBe(1)
      one.finish()
      await two.started
      expect(await first.check()).toBe(false)
      two.finish()
      expect(await Promise.all([firstDone, secondDone])).toEqual(['one', 'two'])
      await eventually(() => first.check()).toBe(true)
    })

    test('keeps a distance in time', async () => {
      const both = await limiters({ minTime: 20 })
      const begun = performance.now()
      await Promise.all(Array.from({ length: 11 }, (_, i) => both[i % 2]!.schedule(immediate)))
      // Timers may be a millisecond early.
      expect(performance.now() - begun).toBeGreaterThan(10 * 19)
    })

    test('counts the weight of jobs', async () => {
      const limiter = await limiterOf({ maxConcurrent: 5 })
      const heavy = job()
      const done = limiter.schedule({ weight: 4 }, heavy.run)
      await heavy.started
      expect(await limiter.running()).toBe(4)
      expect([await limiter.check(1), await limiter.check(2)]).toEqual([true, false])
      heavy.finish()
      await done
      // Bottleneck makes an error of its own of it, unless the server puts ERR in front, as Redis does from version 7 on.
      await expect(limiter.schedule({ weight: 6 }, immediate)).rejects.toThrow(/^ERR OVERWEIGHT:6:5$/)
    })

    test('uses up a reservoir, and goes on when it is filled up', async () => {
      const [first, second] = await limiters({ reservoir: 2 })
      await first.schedule(immediate)
      await second.schedule(immediate)
      expect(await first.currentReservoir()).toBe(0)
      const waiting = second.schedule(immediate)
      await eventually(() => first.clusterQueued()).toBe(1)
      expect(await first.incrementReservoir(3)).toBe(3)
      expect(await waiting).toBe('done')
      expect(await first.currentReservoir()).toBe(2)
    })

    test('fills the reservoir up by itself', async () => {
      const limiter = await limiterOf({
        reservoir: 1,
        reservoirRefreshInterval: 250,
        reservoirRefreshAmount: 2,
        heartbeatInterval: 20,
      })
      expect(await Promise.all([1, 2, 3].map(() => limiter.schedule(immediate)))).toEqual(['done', 'done', 'done'])
      await eventually(() => limiter.currentReservoir()).toBe(2)
    })

    test('changes the settings of all of them', async () => {
      const [first, second] = await limiters({ maxConcurrent: 1 })
      const [one, two] = [job(), job()]
      const jobs = [first.schedule(one.run), second.schedule(two.run)]
      await Promise.race([one.started, two.started])
      await first.updateSettings({ maxConcurrent: 2 })
      await Promise.all([one.started, two.started])
      one.finish()
      two.finish()
      expect(await Promise.all(jobs)).toEqual(['done', 'done'])
    })

    test('drops what waits, everywhere, when one has too much of it', async () => {
      const [first, second] = await limiters({
        maxConcurrent: 1,
        highWater: 1,
        strategy: Bottleneck.strategy.BLOCK,
        penalty: 60_000,
      })
      const running = job()
      const done = first.schedule(running.run)
      await running.started
      const waiting = second.schedule(immediate)
      const dropped = expect(waiting).rejects.toThrow('This job has been dropped by Bottleneck')
      await eventually(() => first.clusterQueued()).toBe(1)
      const own = expect(first.schedule(immediate)).rejects.toThrow('This job has been dropped by Bottleneck')
      await eventually(() => first.queued()).toBe(1)
      await expect(first.schedule(immediate)).rejects.toThrow('This job has been dropped by Bottleneck')
      await Promise.all([dropped, own])
      running.finish()
      expect(await done).toBe('done')
    })

    test('gives a job up whose time is over', async () => {
      const limiter = await limiterOf({ maxConcurrent: 1 })
      const endless = job()
      await expect(limiter.schedule({ expiration: 20 }, endless.run)).rejects.toThrow('This job timed out after 20 ms.')
      expect(await limiter.schedule(immediate)).toBe('done')
    })

    test('sends messages from one to the others', async () => {
      const [first, second] = await limiters({})
      const heard = Promise.all(
        [first, second].map(limiter => new Promise<string>(resolve => limiter.on('message', resolve))),
      )
      await first.publish('Grüße: alle')
      expect(await heard).toEqual(['Grüße: alle', 'Grüße: alle'])
    })

    test('keeps a group of limiters', async () => {
      const group = new Bottleneck.Group({ id: 'users', maxConcurrent: 1, ...connection() })
      server.after(() => group.disconnect())
      await Promise.all(['ada', 'bob', 'ada'].map(user => group.key(user).schedule(immediate)))
      expect((await group.clusterKeys()).sort()).toEqual(['ada', 'bob'])
      const ttl = await server.ioredis().pttl('b_users-ada_settings')
      expect(ttl).toSatisfy((left: number) => left > 200_000 && left <= 300_000)
      expect(await group.deleteKey('ada')).toBe(true)
      expect(await group.deleteKey('ada')).toBe(false)
      expect(await group.clusterKeys()).toEqual(['bob'])
    })

    test('goes on when the server has lost its scripts', async () => {
      const limiter = await limiterOf({ maxConcurrent: 1 })
      await limiter.schedule(immediate)
      await server.ioredis().script('FLUSH')
      expect(await Promise.all([1, 2, 3].map(() => limiter.schedule(immediate)))).toEqual(['done', 'done', 'done'])
    })

    test('hears of the settings having been lost', async () => {
      const limiter = await limiterOf({ maxConcurrent: 1 })
      await server.ioredis().flushall()
      // It would make them anew, but does not recognise the error with the ERR that Redis puts in front from version 7 on.
      await expect(limiter.schedule(immediate)).rejects.toThrow(/^ERR SETTINGS_KEY_NOT_FOUND$/)
    })
  })
})

/** A job that ends when it is told to. */
interface Job {
  readonly run: () => Promise<string>
  readonly started: Promise<void>
  finish(): void
}

function job(name = 'done'): Job {
  const { promise: started, resolve: start } = withResolvers()
  const { promise: finished, resolve: finish } = withResolvers()
  const run = async (): Promise<string> => {
    start()
    await finished
    return name
  }
  return { run, started, finish }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
