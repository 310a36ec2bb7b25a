import { open, ReplyError, type UpstreamDb } from 'krmt'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RedisSentinel, startRedisSentinel } from '../support/redis-sentinel.js'
import { describeWithRedis, startRedisServer } from '../support/redis-server.js'
import { connect } from '../support/resp-client.js'
import { counting } from './counting.js'
import { describeKit } from './kit-contract.js'

const modules = [counting, hmsetnx] as const
const keys = { string: 's', hash: 'h' }
const WORKERS = 8
const WAIT = { timeout: 20_000, interval: 20 }

describeWithRedis('behind Sentinels', () => {
  let watched: RedisSentinel
  let db: UpstreamDb<typeof modules>

  beforeAll(async () => {
    watched = await startRedisSentinel({ replicas: 2 })
    db = await open(watched.url(), { modules, upstreamTimeout: 20_000 })
  })
  afterAll(async () => {
    await db?.close()
    await watched?.stop()
  })

  describeKit(() => watched.url())

  test('another database is as good as one', async () => {
    const second = await open(`${watched.url()}/1`, { modules })
    await db.call('FLUSHALL')
    expect(await second.bump(keys)).toBe(1)
    expect(await db.call('DBSIZE')).toBe(0)
    expect(await db.away({ key: 's' })).toBe('1')
    await second.close()
  })

  test('a failover on demand is followed, without an error but for what is under way', {
    timeout: 60_000,
  }, async () => {
    await db.call('FLUSHALL')
    const heard: string[] = []
    const stop = await db.subscribe('news', text => heard.push(text))
    const { done, failed } = await countDuring(async () => {
      await watched.failover()
    })
    checkCounts(done, failed, await stored())
    await checkSteady()
    // The subscription has gone along.
    await vi.waitFor(async () => {
      await db.call('PUBLISH', 'news', 'after')
      expect(heard).toContain('after')
    }, WAIT)
    await stop()
  })

  test('when the primary is killed, only what is under way fails', { timeout: 60_000 }, async () => {
    await db.call('FLUSHALL')
    await db.call('WAIT', 2, 1000)
    const { done, failed } = await countDuring(async () => {
      const dead = await watched.killPrimary()
      await watched.settled({ not: dead.port })
      await dead.restart()
    })
    checkCounts(done, failed, await stored())
    await checkSteady()
    await watched.settled()
  })

  test('a primary that has become a replica behind our back is left', { timeout: 60_000 }, async () => {
    await db.call('FLUSHALL')
    // Nobody here hears of it, since the Sentinels do not speak.
    const deaf = await open(watched.url(), { modules, upstreamTimeout: 20_000 })
    expect(await deaf.bump(keys)).toBe(1)
    for (const sentinel of watched.sentinels) sentinel.pause()
    const port = await portOf(deaf)
    const other = watched.servers.find(server => server.port !== port && server.state === 'running')!
    const [there, here] = await Promise.all([connect({ port: other.port }), connect({ port })])
    await vi.waitFor(async () => expect(await there.send('GET', 's')).toEqual({ type: 'bulk', value: '1' }), WAIT)
    await there.send('REPLICAOF', 'NO', 'ONE')
    await here.send('REPLICAOF', '127.0.0.1', String(other.port))
    const waiting = deaf.bump(keys)
    await vi.waitFor(async () => expect(await readOnlyErrors(port)).toBeGreaterThan(0), WAIT)
    // The Sentinels make it the primary again.
    for (const sentinel of watched.sentinels) sentinel.resume()
    expect(await waiting).toBe(2)
    await Promise.all([there.close(), here.close(), deaf.close()])
    await watched.settled()
  })

  describe('open()', () => {
    test('needs only one of the Sentinels', async () => {
      const [, , last] = watched.sentinels
      const one = await open(`redis+sentinel://127.0.0.1:1,127.0.0.1:${last!.port}/main`)
      expect(await one.call('PING')).toBe('PONG')
      await one.close()
    })

    test('gets to know the other Sentinels by one', { timeout: 60_000 }, async () => {
      const [first] = watched.sentinels
      const one = await open(`redis+sentinel://127.0.0.1:${first!.port}/main`, { modules, upstreamTimeout: 20_000 })
      await one.call('FLUSHALL')
      expect(await one.bump(keys)).toBe(1)
      first!.pause()
      try {
        await watched.failover()
        expect(await one.bump(keys)).toBe(2)
      } finally {
        first!.resume()
        await watched.settled()
        await one.close()
      }
    })

    test('does not wait for a Sentinel that does not answer', async () => {
      const [first] = watched.sentinels
      first!.pause()
      const started = performance.now()
      const one = await open(watched.url())
      expect(performance.now() - started).toBeLessThan(3000)
      await one.close()
      first!.resume()
      await watched.settled()
    })

    test('says what is wrong', async () => {
      const [first] = watched.sentinels
      const at = (port: number) => `redis+sentinel://127.0.0.1:${port}`
      await expect(open(`${at(first!.port)}/mian`)).rejects.toThrow(
        "ERR the Sentinels know no primary 'mian'; correct the name",
      )
      await expect(open(`redis+sentinel://127.0.0.1:1,127.0.0.1:2/main`)).rejects.toThrow(
        'ERR no Sentinel can be reached: cannot connect to redis://127.0.0.1:1: nothing listens there',
      )
      await expect(open(`${at(await watched.primaryPort())}/main`)).rejects.toThrow(
        'it is no Sentinel, but a server; begin the URL with redis:',
      )
      await expect(open(`redis://127.0.0.1:${first!.port}`)).rejects.toThrow('it is a Sentinel; write redis+sentinel:')
      await expect(open(`redis+cluster://127.0.0.1:${first!.port}`)).rejects.toThrow(
        'it is a Sentinel; write redis+sentinel:',
      )
      await expect(open(watched.url(), { password: 'x' })).rejects.toThrow('the server has no password; leave it out')
      await expect(open(watched.url(), { sentinelPassword: 'x' })).rejects.toThrow(
        'it has no password; leave sentinelPassword out',
      )
    })
  })

  /** Adds one, again and again, while something happens, and until that has gone well for a while. */
  async function countDuring(happening: () => Promise<void>): Promise<{ done: number; failed: string[] }> {
    let isOver = false
    let done = 0
    const failed: string[] = []
    const work = async (i: number): Promise<void> => {
      while (!isOver) {
        try {
          if (i % 2 === 0) await db.bump(keys)
          else await db.call('INCR', 'plain')
          done++
        } catch (error) {
          if (!(error instanceof ReplyError)) throw error
          failed.push(error.message)
        }
      }
    }
    const working = Promise.all(Array.from({ length: WORKERS }, (_, i) => work(i)))
    await vi.waitFor(() => expect(done).toBeGreaterThan(50), WAIT)
    try {
      await happening()
      const before = done
      await vi.waitFor(() => expect(done).toBeGreaterThan(before + 50), WAIT)
    } finally {
      isOver = true
    }
    await working
    return { done, failed }
  }

  /** Whether everything counts again. */
  async function checkSteady(): Promise<void> {
    const before = await stored()
    for (let i = 0; i < 10; i++) await db.bump(keys)
    expect(await stored()).toBe(before + 10)
  }

  /**
   * What has been confirmed may be lost when its primary is replaced: on demand, all that it has confirmed since a replica has been
   * made a primary, which the Sentinels tell of only seconds later. What has failed may have been done.
   */
  function checkCounts(done: number, failed: readonly string[], there: number): void {
    for (const message of failed) expect(message).toMatch(/^UNKNOWNOUTCOME |has not been carried out/)
    expect(failed.length).toBeLessThanOrEqual(WORKERS)
    expect(there).toBeLessThanOrEqual(done + failed.length)
  }

  async function stored(): Promise<number> {
    const [string, hash, plain] = await Promise.all([
      db.call('GET', 's'),
      db.call('HGET', 'h', 'n'),
      db.call('GET', 'plain'),
    ])
    expect(string).toBe(hash)
    return Number(string) + Number(plain)
  }

  async function portOf(on: Pick<typeof db, 'call'>): Promise<number> {
    return Number(/^tcp_port:(\d+)/m.exec(String(await on.call('INFO', 'server')))?.[1])
  }

  async function readOnlyErrors(port: number): Promise<number> {
    const client = await connect({ port })
    const info = await client.send('INFO', 'errorstats')
    await client.close()
    return Number(/^errorstat_READONLY:count=(\d+)/m.exec(info.type === 'bulk' ? String(info.value) : '')?.[1] ?? 0)
  }
})

describeWithRedis('Sentinels and servers with passwords', () => {
  let watched: RedisSentinel

  beforeAll(async () => {
    watched = await startRedisSentinel({
      sentinels: 1,
      args: ['--requirepass', 'secret'],
      sentinelPassword: 'guarded',
    })
  })
  afterAll(() => watched?.stop())

  test('are let into with each its own', async () => {
    const db = await open(watched.url(), { modules, password: 'secret', sentinelPassword: 'guarded' })
    expect(await db.bump(keys)).toBe(1)
    await db.close()
  })

  test('and say which is wrong', async () => {
    await expect(open(watched.url(), { password: 'secret' })).rejects.toThrow(
      'it wants a password; pass it as sentinelPassword',
    )
    await expect(open(watched.url(), { password: 'secret', sentinelPassword: 'wrong' })).rejects.toThrow(
      'the password is not that of its user; correct sentinelUsername and sentinelPassword',
    )
    await expect(open(watched.url(), { sentinelPassword: 'guarded' })).rejects.toThrow('the server wants a password')
    await expect(open(watched.url(), { password: 'wrong', sentinelPassword: 'guarded' })).rejects.toThrow(
      "the password is not that of user 'default'",
    )
    const server = await startRedisServer()
    await expect(open(`redis+sentinel://127.0.0.1:${server.port}/main`, { sentinelPassword: 'x' })).rejects.toThrow(
      'it has no password; leave sentinelPassword out',
    )
    await server.stop()
  })
})
