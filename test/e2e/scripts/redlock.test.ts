import Redlock from 'redlock'
import { describe, expect, test } from 'vitest'
import { crowd, describeOnServers, eventually } from './servers.js'

const MINUTE = 60_000
const NO_RETRY = { retryCount: 0 }
const RETRY = { retryCount: -1, retryDelay: 5, retryJitter: 5 }

describeOnServers('redlock', server => {
  describe.each([2, 3] as const)('ioredis, RESP%i', protocol => {
    const redlockOf = (options: ConstructorParameters<typeof Redlock>[1] = NO_RETRY): Redlock =>
      new Redlock([server.ioredis({ protocol })], options)

    test('locks a resource until it is unlocked', async () => {
      const redis = server.ioredis()
      const lock = await redlockOf().lock('door', MINUTE)
      expect(await redis.get('door')).toBe(lock.value)
      expect(await redis.pttl('door')).toBeGreaterThan(MINUTE / 2)

      const refused = await redlockOf()
        .lock('door', MINUTE)
        .catch(error => error)
      expect(refused).toBeInstanceOf(Redlock.LockError)
      expect(refused).toMatchObject({ message: 'Exceeded 0 attempts to lock the resource "door".', attempts: 1 })
      expect(await redis.get('door')).toBe(lock.value)

      await lock.unlock()
      expect(await redis.exists('door')).toBe(0)
      await redlockOf().lock('door', MINUTE)
    })

    test('tells by callback', async () => {
      const redlock = redlockOf()
      const lock = await new Promise<InstanceType<typeof Redlock.Lock>>((resolve, reject) => {
        redlock.lock('door', MINUTE, (error, locked) => (error === null ? resolve(locked) : reject(error)))
      })
      const error = await new Promise(resolve => redlock.lock('door', MINUTE, resolve).catch(() => {}))
      expect(error).toBeInstanceOf(Redlock.LockError)
      await new Promise<void>((resolve, reject) => lock.unlock(failure => (failure ? reject(failure) : resolve())))
      expect(await server.ioredis().exists('door')).toBe(0)
    })

    test('lets the second in once the first has gone', async () => {
      const first = await redlockOf().lock('door', MINUTE)
      const waiting = redlockOf(RETRY).lock('door', MINUTE)
      // Each attempt asks whether the key exists: this is the third of the one who waits.
      await eventually(() => server.calls()).toMatchObject({ exists: expect.toSatisfy(times => times > 3) })
      await first.unlock()
      const second = await waiting
      expect(second.attempts).toBeGreaterThan(2)
      expect(second.value).not.toBe(first.value)
    })

    test('lets the second in once the first has let its time pass', async () => {
      const first = await redlockOf().lock('door', MINUTE)
      await server.ioredis().pexpire('door', 30)
      const second = await redlockOf(RETRY).lock('door', MINUTE)
      await expect(first.unlock()).rejects.toThrow('Unable to fully release the lock on resource "door".')
      expect(await server.ioredis().get('door')).toBe(second.value)
    })

    test('extends a lock, unless it is lost', async () => {
      const redis = server.ioredis()
      const lock = await redlockOf().lock('door', MINUTE)
      const { value, expiration } = lock
      expect(await lock.extend(10 * MINUTE)).toBe(lock)
      expect(lock.value).toBe(value)
      expect(lock.expiration).toBeGreaterThan(expiration)
      expect(await redis.pttl('door')).toBeGreaterThan(9 * MINUTE)

      await redis.set('door', 'someone else')
      await expect(lock.extend(MINUTE)).rejects.toThrow('Exceeded 0 attempts to lock the resource "door".')
      expect(await redis.get('door')).toBe('someone else')
      await expect(lock.unlock()).rejects.toThrow('Unable to fully release the lock on resource "door".')
      await expect(lock.extend(MINUTE)).rejects.toThrow('because the lock has already expired')
    })

    test('does not release what belongs to others', async () => {
      const redlock = redlockOf()
      const lock = await redlock.lock('door', MINUTE)
      const forged = new Redlock.Lock(redlock, ['door'], 'guessed', Date.now() + MINUTE)
      await expect(redlock.unlock(forged)).rejects.toBeInstanceOf(Redlock.LockError)
      expect(await server.ioredis().get('door')).toBe(lock.value)
    })

    test('locks several resources, all or none', async () => {
      const redis = server.ioredis()
      const redlock = redlockOf()
      const two = await redlock.lock(['door', 'window'], MINUTE)
      expect(await redis.mget('door', 'window')).toEqual([two.value, two.value])

      await expect(redlock.lock(['roof', 'window', 'cellar'], MINUTE)).rejects.toBeInstanceOf(Redlock.LockError)
      expect(await redis.exists('roof', 'cellar')).toBe(0)

      await two.extend(10 * MINUTE)
      expect(await redis.pttl('window')).toBeGreaterThan(9 * MINUTE)

      await redis.del('door')
      await expect(two.unlock()).rejects.toBeInstanceOf(Redlock.LockError)
      expect(await redis.exists('window')).toBe(0)
    })

    test('lets one in at a time', async () => {
      const redis = server.ioredis()
      const redlocks = Array.from({ length: 5 }, () => redlockOf(RETRY))
      const most = await crowd(25, 1, async (i, stay) => {
        const lock = await redlocks[i % redlocks.length]!.lock('count', MINUTE)
        const count = Number(await redis.get('number'))
        await stay()
        await redis.set('number', count + 1)
        await lock.unlock()
      })
      expect(most).toBe(1)
      expect(await redis.get('number')).toBe('25')
    })

    test('goes on when the server has lost its scripts', async () => {
      const redlock = redlockOf()
      await (await redlock.lock('door', MINUTE)).unlock()
      const lock = await redlock.lock('door', MINUTE)
      await server.ioredis().script('FLUSH')
      await lock.unlock()
      await redlock.lock('door', MINUTE)
      // Lock, unlock, and both again after the scripts were lost.
      expect(await server.calls()).toMatchObject({ evalsha: 5, eval: 4 })
    })

    test('passes on what went wrong in a script', async () => {
      const redlock = redlockOf()
      const errors: Error[] = []
      redlock.on('clientError', error => errors.push(error))
      await server.ioredis().rpush('door', 'a list')
      await expect(redlock.lock('door', MINUTE)).rejects.toBeInstanceOf(Redlock.LockError)
      // Locking finds that there is something; what fails is to take back what it has not got.
      expect(errors.map(String)).toEqual([
        expect.stringMatching(
          /WRONGTYPE Operation against a key holding the wrong kind of value script: [0-9a-f]{40}, on @user_script:5\.$/,
        ),
      ])
    })

    test('is content with most of several servers', async () => {
      const databases = [1, 2, 3].map(db => server.ioredis({ protocol, db }))
      const values = (): Promise<(string | null)[]> => Promise.all(databases.map(redis => redis.get('door')))
      const redlock = new Redlock(databases, NO_RETRY)

      await databases[0]!.set('door', 'someone else')
      const lock = await redlock.lock('door', MINUTE)
      expect(await values()).toEqual(['someone else', lock.value, lock.value])
      await lock.unlock()
      expect(await values()).toEqual(['someone else', null, null])

      await databases[1]!.set('door', 'someone else')
      await expect(redlock.lock('door', MINUTE)).rejects.toBeInstanceOf(Redlock.LockError)
      expect(await values()).toEqual(['someone else', 'someone else', null])
    })
  })
})
