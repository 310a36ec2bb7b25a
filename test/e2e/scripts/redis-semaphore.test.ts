import type { Redis } from 'ioredis'
import {
  type LockOptions,
  LostLockError,
  MultiSemaphore,
  Mutex,
  RedlockMultiSemaphore,
  RedlockMutex,
  RedlockSemaphore,
  Semaphore,
  TimeoutError,
} from 'redis-semaphore'
import { describe, expect, test } from 'vitest'
import { crowd, describeOnServers, eventually } from './servers.js'

const MINUTE = 60_000
const HOLD: LockOptions = { lockTimeout: MINUTE, refreshInterval: 0, retryInterval: 5 }
const TRY: LockOptions = { ...HOLD, acquireAttemptsLimit: 2 }
const REFRESH: LockOptions = { ...HOLD, refreshInterval: 10 }

/** Milliseconds left: so soon after the time has been set anew, more than half. */
const FRESH = expect.toSatisfy((left: number) => left > MINUTE / 2 && left <= MINUTE)

describeOnServers('redis-semaphore', server => {
  describe.each([2, 3] as const)('ioredis, RESP%i', protocol => {
    const connect = (): Redis => server.ioredis({ protocol })

    describe('Mutex', () => {
      test('has one holder, until it is released', async () => {
        const redis = connect()
        const [first, second] = [new Mutex(redis, 'door', TRY), new Mutex(connect(), 'door', TRY)]
        await first.acquire()
        expect(await redis.get('mutex:door')).toBe(first.identifier)
        expect(await redis.pttl('mutex:door')).toEqual(FRESH)
        expect(await second.tryAcquire()).toBe(false)
        await expect(second.acquire()).rejects.toBeInstanceOf(TimeoutError)
        await first.release()
        expect(await second.tryAcquire()).toBe(true)
      })

      test('is released by its holder only', async () => {
        const redis = connect()
        const mutex = new Mutex(redis, 'door', TRY)
        await mutex.acquire()
        await redis.set('mutex:door', 'someone else')
        await mutex.release()
        expect(await redis.get('mutex:door')).toBe('someone else')
      })

      test('is taken over by who knows its name', async () => {
        const first = new Mutex(connect(), 'door', TRY)
        await first.acquire()
        const heir = new Mutex(connect(), 'door', { ...TRY, identifier: first.identifier, acquiredExternally: true })
        expect(await heir.tryAcquire()).toBe(true)
        await heir.release()
        expect(await server.ioredis().exists('mutex:door')).toBe(0)
      })

      test('is kept for as long as it is held', async () => {
        const redis = connect()
        const mutex = new Mutex(redis, 'door', REFRESH)
        await mutex.acquire()
        await redis.pexpire('mutex:door', MINUTE / 4)
        await eventually(() => redis.pttl('mutex:door')).toEqual(FRESH)
        await mutex.release()
      })

      test('tells who has lost it', async () => {
        const redis = connect()
        const lost = new Promise(resolve => {
          const mutex = new Mutex(redis, 'door', { ...REFRESH, onLockLost: resolve })
          void mutex.acquire().then(() => redis.del('mutex:door'))
        })
        expect(await lost).toBeInstanceOf(LostLockError)
      })

      test('lets one in at a time', async () => {
        const clients = Array.from({ length: 5 }, connect)
        expect(await crowd(20, 1, (i, stay) => use(new Mutex(clients[i % 5]!, 'door', HOLD), stay))).toBe(1)
      })
    })

    describe('Semaphore', () => {
      const semaphores = (options: LockOptions): Semaphore[] =>
        [1, 2, 3].map(() => new Semaphore(connect(), 'desks', 2, options))

      test('has as many holders as its limit allows', async () => {
        const [first, second, third] = semaphores(TRY) as [Semaphore, Semaphore, Semaphore]
        await first.acquire()
        await second.acquire()
        expect(await holders('semaphore:desks')).toEqual([first.identifier, second.identifier].sort())
        expect(await server.ioredis().pttl('semaphore:desks')).toEqual(FRESH)
        expect(await third.tryAcquire()).toBe(false)
        await expect(third.acquire()).rejects.toBeInstanceOf(TimeoutError)
        await first.release()
        expect(await third.tryAcquire()).toBe(true)
        expect(await holders('semaphore:desks')).toEqual([second.identifier, third.identifier].sort())
      })

      test('forgets the holders whose time is over', async () => {
        const [first] = semaphores(TRY) as [Semaphore]
        await server.ioredis().zadd('semaphore:desks', Date.now() - 2 * MINUTE, 'dead', '1', 'long dead')
        await first.acquire()
        expect(await holders('semaphore:desks')).toEqual([first.identifier])
      })

      test('is kept for as long as it is held, and tells who has lost it', async () => {
        const redis = server.ioredis()
        const began = Date.now()
        const lost = new Promise(resolve => {
          const semaphore = new Semaphore(connect(), 'desks', 2, { ...REFRESH, identifier: 'me', onLockLost: resolve })
          void semaphore.acquire()
        })
        // The score is the time of the last refresh.
        await eventually(async () => Number(await redis.zscore('semaphore:desks', 'me'))).toBeGreaterThan(began + 20)
        await redis.zrem('semaphore:desks', 'me')
        expect(await lost).toBeInstanceOf(LostLockError)
      })

      test('lets no more in than its limit', async () => {
        const clients = Array.from({ length: 5 }, connect)
        expect(await crowd(20, 3, (i, stay) => use(new Semaphore(clients[i % 5]!, 'desks', 3, HOLD), stay))).toBe(3)
        expect(await holders('semaphore:desks')).toEqual([])
      })
    })

    describe('MultiSemaphore', () => {
      test('gives out as many permits as there are', async () => {
        const [first, second] = ['first', 'second'].map(
          identifier => new MultiSemaphore(connect(), 'seats', 5, 3, { ...TRY, identifier }),
        ) as [MultiSemaphore, MultiSemaphore]
        await first.acquire()
        expect(await holders('semaphore:seats')).toEqual(['first_0', 'first_1', 'first_2'])
        expect(await second.tryAcquire()).toBe(false)
        await first.release()
        expect(await second.tryAcquire()).toBe(true)
        expect(await holders('semaphore:seats')).toEqual(['second_0', 'second_1', 'second_2'])
      })

      test('gives a thousand at once', async () => {
        const semaphore = new MultiSemaphore(connect(), 'seats', 1000, 1000, REFRESH)
        await semaphore.acquire()
        expect(await holders('semaphore:seats')).toHaveLength(1000)
        await semaphore.release()
        expect(await holders('semaphore:seats')).toEqual([])
      })

      test('lets no more in than there are permits', async () => {
        const clients = Array.from({ length: 5 }, connect)
        expect(
          await crowd(20, 2, (i, stay) => use(new MultiSemaphore(clients[i % 5]!, 'seats', 5, 2, HOLD), stay)),
        ).toBe(2)
      })
    })

    describe('on three servers', () => {
      const databases = (): Redis[] => [1, 2, 3].map(db => server.ioredis({ protocol, db }))

      const mutex = (clients: Redis[]) => new RedlockMutex(clients, 'door', TRY)
      const semaphore = (clients: Redis[]) => new RedlockSemaphore(clients, 'door', 1, TRY)
      const multiSemaphore = (clients: Redis[]) => new RedlockMultiSemaphore(clients, 'door', 3, 2, TRY)
      const sizes = (clients: readonly Redis[]): Promise<number[]> => Promise.all(clients.map(redis => redis.dbsize()))

      test.each([
        ['RedlockMutex', mutex],
        ['RedlockSemaphore', semaphore],
        ['RedlockMultiSemaphore', multiSemaphore],
      ] as const)('%s is content with two of them', async (_, lockOf) => {
        const clients = databases()
        const [first, second] = [lockOf(clients), lockOf(clients)]
        await first.acquire()
        expect(await sizes(clients)).toEqual([1, 1, 1])
        expect(await second.tryAcquire()).toBe(false)
        await clients[0]!.flushdb()
        await clients[1]!.flushdb()
        expect(await second.tryAcquire()).toBe(true)
        await second.release()
        expect(await sizes(clients)).toEqual([0, 0, 1])
        await first.release()
        expect(await sizes(clients)).toEqual([0, 0, 0])
      })

      // The multi-semaphore of this version does not take back what it got from too few.
      test.each([
        ['RedlockMutex', mutex],
        ['RedlockSemaphore', semaphore],
      ] as const)('%s is not content with one, and gives it back', async (_, lockOf) => {
        const clients = databases()
        await lockOf(clients).acquire()
        await clients[0]!.flushdb()
        expect(await lockOf(clients).tryAcquire()).toBe(false)
        expect(await sizes(clients)).toEqual([0, 1, 1])
      })
    })

    test('sends a script only when the server does not know its hash', async () => {
      const redis = connect()
      const comeAndGo = (): Promise<void> => use(new Semaphore(redis, 'desks', 2, TRY), async () => {})
      await comeAndGo()
      await comeAndGo()
      expect(await server.calls()).toMatchObject({ eval: 1, evalsha: 2, zrem: 2 })
      await redis.script('FLUSH')
      await comeAndGo()
      expect(await server.calls()).toMatchObject({ eval: 2, evalsha: 3, zrem: 3 })
    })

    test('passes on what went wrong in a script', async () => {
      const redis = connect()
      await redis.set('semaphore:desks', 'a string')
      await expect(new Semaphore(redis, 'desks', 2, TRY).acquire()).rejects.toThrow(
        /^WRONGTYPE Operation against a key holding the wrong kind of value script: [0-9a-f]{40}, on @user_script:9\.$/,
      )
    })

    async function holders(key: string): Promise<string[]> {
      return (await server.ioredis().zrange(key, '0', '-1')).sort()
    }
  })
})

/** A worker's part in `crowd`. */
async function use(
  lock: { acquire(): Promise<void>; release(): Promise<void> },
  stay: () => Promise<void>,
): Promise<void> {
  await lock.acquire()
  await stay()
  await lock.release()
}
