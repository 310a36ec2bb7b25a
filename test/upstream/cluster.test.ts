import { createServer } from 'node:net'
import { open, ReplyError, type UpstreamDb } from 'krmt'
import hmsetnx from 'krmt/modules/hmsetnx'
import scriptname from 'krmt/modules/scriptname'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { slotOf } from '../../src/upstream/slot.js'
import { startProxy, type TcpProxy } from '../support/proxy.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect } from '../support/resp-client.js'
import { counting } from './counting.js'
import { describeKit } from './kit-contract.js'

const modules = [counting, hmsetnx, scriptname] as const
const crossSlot = "CROSSSLOT Keys in request don't hash to the same slot"

describeWithRedis('in front of a Cluster', () => {
  let cluster: RedisCluster
  let db: UpstreamDb<typeof modules>

  beforeAll(async () => {
    // Nobody is to be taken for failed when much is going on here.
    cluster = await startRedisCluster({ replicas: 1, args: ['--cluster-node-timeout', '15000'] })
    db = await open(cluster.url(), { modules })
  })
  afterAll(async () => {
    await db?.close()
    await cluster?.stop()
  })

  describeKit(() => cluster.url())

  describe('a command', () => {
    beforeEach(async () => {
      await db.call('FLUSHALL')
    })

    test('finds its node by its keys', async () => {
      const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`)
      for (const key of keys) {
        await db.call('SET', key, key)
        expect(await db.count({ key: `${key} n` })).toBe(1)
      }
      for (const key of keys) expect(await db.peek({ key })).toBe(key)
      expect(await db.call('EVAL', 'return redis.call("GET", KEYS[1])', 1, 'key 7')).toBe('key 7')
      expect(await db.call('EVAL', 'return 1', 0)).toBe(1)
      expect(await db.call('XADD', 'stream', '1-1', 'a', 'b')).toBe('1-1')
      expect(await db.call('XREAD', 'STREAMS', 'stream', 0)).toEqual({ stream: [['1-1', ['a', 'b']]] })
      expect(await db.call('SORT', 'key none', 'ALPHA')).toEqual([])
    })

    test('without keys, whose answer each node has a part of, is asked of all', async () => {
      for (let i = 0; i < 30; i++) await db.call('SET', `key ${i}`, i)
      expect(await db.call('DBSIZE')).toBe(30)
      expect(await db.call('KEYS', '*')).toHaveLength(30)
      const sha = String(await db.call('SCRIPT', 'LOAD', 'return KEYS[1]'))
      for (let i = 0; i < 30; i++) expect(await db.call('EVALSHA', sha, 1, `key ${i}`)).toBe(`key ${i}`)
      expect(await db.call('SCRIPT', 'EXISTS', sha, 'f'.repeat(40))).toEqual([1, 0])
      expect(await db.call('FLUSHALL')).toBe('OK')
      expect(await db.call('DBSIZE')).toBe(0)
      await expect(db.size()).rejects.toThrow("ERR read.call('DBSIZE') cannot be used on a Cluster")
    })

    test('has all its keys in one hash slot', async () => {
      expect(await db.bump({ string: '{a}s', hash: '{a}h' })).toBe(1)
      await expect(db.bump({ string: 'a', hash: 'b' })).rejects.toThrow(crossSlot)
      // Keys that the arguments do not name, too.
      expect(await db.both({ key: 'a', other: '{a}1' })).toEqual([null, null])
      await expect(db.both({ key: 'a', other: 'b' })).rejects.toThrow(crossSlot)
      await expect(db.put({ key: 'a', other: 'b' })).rejects.toThrow(crossSlot)
      expect(await db.put({ key: 'a', other: '{a}b' })).toBe('done')
      await expect(db.call('MSET', 'a', '1', 'b', '2')).rejects.toThrow(crossSlot)
      expect(await db.call('EXISTS', 'b')).toBe(0)
    })

    test('may look in a run that does not count for what is elsewhere', async () => {
      await db.call('SET', '{x}from', '{x}to')
      expect(await db.follow({ key: '{x}from' })).toBe(1)
      await expect(db.follow({ key: '{x}none' })).rejects.toThrow(crossSlot)
    })

    test('that forwards to a script reads where the names are', async () => {
      const sha = String(await db.call('SCRIPT', 'LOAD', 'return redis.call("INCR", KEYS[1])'))
      await db.scriptname.set({ name: 'incr', sha })
      const slots = new Set<number>()
      for (let i = 0; i < 20; i++) {
        slots.add(slotOf(`key ${i}`))
        expect(await db.call('EVALNAME', 'incr', 1, `key ${i}`)).toBe(1)
      }
      expect(slots.size).toBeGreaterThan(10)
      // A node that does not know the script is given it.
      await db.call('SCRIPT', 'FLUSH')
      for (let i = 0; i < 20; i++) expect(await db.call('EVALNAME', 'incr', 1, `key ${i}`)).toBe(2)
      await expect(db.call('EVALNAME', 'incr', 2, 'a', 'b')).rejects.toThrow(crossSlot)
    })

    test('of another database is refused', async () => {
      await expect(db.away({ key: 'a' })).rejects.toThrow('ERR away uses database 1, and a Cluster has only database 0')
      await expect(open(cluster.url(), { database: 1 })).rejects.toThrow('a Cluster has no database 1; leave it out')
    })

    test('that waits is woken', async () => {
      const popped = db.call('BLPOP', 'list', 0)
      await db.call('RPUSH', 'list', 'x')
      expect(await popped).toEqual(['list', 'x'])
    })

    test('is not led away by what a script says', async () => {
      let connections = 0
      const stranger = createServer(() => connections++).listen(0, '127.0.0.1')
      await new Promise(resolve => stranger.once('listening', resolve))
      const address = stranger.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const hasty = await open(cluster.url(), { modules, upstreamTimeout: 300 })
      for (const word of ['MOVED', 'ASK']) {
        const script = `return redis.error_reply('${word} ${slotOf('a')} 127.0.0.1:${port}')`
        await expect(hasty.call('EVAL', script, 1, 'a')).rejects.toThrow(/^TRYAGAIN /)
      }
      await expect(hasty.call('EVAL', 'return redis.error_reply("TRYAGAIN later")', 1, 'a')).rejects.toThrow(
        /^TRYAGAIN later$/,
      )
      expect(connections).toBe(0)
      await hasty.close()
      stranger.close()
    })

    test('hears messages from all nodes', async () => {
      const heard: string[] = []
      const stop = await db.subscribe('news', text => heard.push(text))
      for (const [i, port] of cluster.ports.entries()) {
        const client = await connect({ port })
        await client.send('PUBLISH', 'news', `from ${i}`)
        await client.close()
      }
      await vi.waitFor(() => expect(heard.toSorted()).toEqual(cluster.ports.map((_, i) => `from ${i}`)))
      await stop()
    })
  })

  describe('a slot that moves', () => {
    beforeEach(async () => {
      await db.call('FLUSHALL')
    })

    test('is found again', async () => {
      const slot = slotOf('moving')
      for (let i = 1; i <= 3; i++) {
        expect(await db.count({ key: 'moving' })).toBe(i)
        const { index } = await cluster.slotOwner(slot)
        await moveIn(cluster, () => cluster.moveSlots([slot], (index + 1) % 3))
        if (i % 2 === 1) expect(await db.peek({ key: 'moving' })).toBe(String(i))
        else expect(await db.call('GET', 'moving')).toBe(String(i))
      }
    })

    test('half moved, serves keys from both nodes, and new ones', async () => {
      const slot = slotOf('half')
      const { index } = await cluster.slotOwner(slot)
      await db.call('MSET', '{half}stays', '1', '{half}goes', '1')
      await cluster.halfMove(slot, (index + 1) % 3, { keys: ['{half}goes'] })
      for (const key of ['{half}stays', '{half}goes']) {
        expect(await db.count({ key }), key).toBe(2)
        expect(await db.peek({ key }), key).toBe('2')
        expect(await db.call('INCR', key), key).toBe(3)
      }
      expect(await db.hmsetnx({ key: '{half}new', entries: [{ field: 'a', value: 'b' }] })).toBe('OK')
      expect(await db.peek({ key: '{half}none' })).toBeNull()
      expect(await db.call('HGETALL', '{half}new')).toEqual({ a: 'b' })
      // The map has not been changed by it.
      expect((await cluster.slotOwner(slot)).index).toBe(index)
      await moveIn(cluster, () => cluster.finishMove(slot))
      expect(await db.count({ key: '{half}stays' })).toBe(4)
    })

    test('half moved, keeps what needs keys of both waiting, and nothing is taken for missing', async () => {
      const slot = slotOf('half')
      const { index } = await cluster.slotOwner(slot)
      // FOLLOW reads one key after the other: the first stays, the second goes, and the other way round.
      await db.call('MSET', '{half}1', '{half}n1', '{half}n1', '5', '{half}2', '{half}n2', '{half}n2', '5')
      await db.call('MSET', '{half}text', 'old', '{half}more', ' new')
      await cluster.halfMove(slot, (index + 1) % 3, { keys: ['{half}n1', '{half}2', '{half}more'] })
      // One that would otherwise wait for the first here.
      const other = await open(cluster.url(), { modules })
      const calls = [
        db.follow({ key: '{half}1' }),
        other.follow({ key: '{half}2' }),
        db.both({ key: '{half}1', other: '{half}n1' }),
        db.both({ key: '{half}2', other: '{half}n2' }),
        db.bump({ string: '{half}s', hash: '{half}h' }),
        db.put({ key: '{half}1', other: '{half}put' }),
        db.call('MGET', '{half}n1', '{half}2'),
        db.addto({ key: '{half}more', other: '{half}text' }),
      ]
      let settled = 0
      for (const call of calls) call.finally(() => settled++).catch(() => {})
      // Only what is whole on one side is served.
      expect(await calls[6]).toEqual(['5', '{half}n2'])
      // Meanwhile each of the others has been sent to the other node, or told to try again, several times.
      const before = await refusals()
      await vi.waitFor(async () => expect((await refusals()) - before).toBeGreaterThan(30), WAIT)
      expect(settled).toBe(1)
      await moveIn(cluster, () => cluster.finishMove(slot))
      const [first, second] = await Promise.all([calls[0], calls[1]])
      expect([first, second]).toEqual([6, 6])
      expect(await calls[4]).toBe(1)
      expect(await calls[5]).toBe('done')
      await Promise.all(calls)
      expect(await db.call('MGET', '{half}n1', '{half}n2')).toEqual(['6', '6'])
      expect(await db.call('GET', '{half}text')).toBe('old new')
      await other.close()
    })

    /** How often the nodes have said ASK or TRYAGAIN. */
    async function refusals(): Promise<number> {
      let count = 0
      for (const port of cluster.ports) {
        const client = await connect({ port })
        const info = await client.send('INFO', 'errorstats')
        for (const [, n] of String(info.type === 'bulk' ? info.value : '').matchAll(
          /^errorstat_(?:ASK|TRYAGAIN):count=(\d+)/gm,
        )) {
          count += Number(n)
        }
        await client.close()
      }
      return count
    }

    test('half moved for too long is an error', async () => {
      const slot = slotOf('half')
      const { index } = await cluster.slotOwner(slot)
      const hasty = await open(cluster.url(), { modules, upstreamTimeout: 300 })
      await db.call('MSET', '{half}1', '{half}n', '{half}n', '5')
      await cluster.halfMove(slot, (index + 1) % 3, { keys: ['{half}n'] })
      await expect(hasty.follow({ key: '{half}1' })).rejects.toThrow(/^TRYAGAIN hash slot \d+ is being moved/)
      await expect(hasty.call('MGET', '{half}1', '{half}n')).rejects.toThrow(/^TRYAGAIN Multiple keys request/)
      // Those in a line for the key need not wait one after the other.
      const began = performance.now()
      const line = await Promise.allSettled(Array.from({ length: 40 }, () => hasty.follow({ key: '{half}1' })))
      for (const { status } of line) expect(status).toBe('rejected')
      expect(performance.now() - began).toBeLessThan((40 * 300) / 4)
      await moveIn(cluster, () => cluster.finishMove(slot))
      expect(await hasty.follow({ key: '{half}1' })).toBe(6)
      await hasty.close()
    })

    test('under traffic, causes no error, and no update is lost', { timeout: 60_000 }, async () => {
      const keys = Array.from({ length: 12 }, (_, i) => `{t${i % 6}}${i}`)
      const counts = new Map<string, number>(keys.map(key => [key, 0]))
      const other = await open(cluster.url(), { modules })
      let isOver = false
      const work = async (on: typeof db, seed: number): Promise<void> => {
        for (let i = seed; !isOver; i++) {
          const key = keys[i % keys.length]!
          if (i % 3 === 0) await on.bump({ string: key, hash: `${key} hash` })
          else if (i % 3 === 1) await on.count({ key })
          else await on.call('HINCRBY', `${key} plain`, 'n', 1)
          counts.set(key, counts.get(key)! + 1)
        }
      }
      const working = Promise.all(Array.from({ length: 16 }, (_, i) => work(i % 2 === 0 ? db : other, i)))
      // An error ends the moves at once.
      working.catch(() => {
        isOver = true
      })
      for (let round = 0; round < 6 && !isOver; round++) {
        for (let i = 0; i < 6; i++) {
          await moveIn(cluster, () => cluster.moveSlots([slotOf(`t${i}`)], round % 3, { batch: 1 }))
        }
      }
      isOver = true
      await working
      for (const key of keys) {
        const plain = Number(await db.call('HGET', `${key} plain`, 'n'))
        expect(Number(await db.call('GET', key)) + plain, key).toBe(counts.get(key))
      }
      expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(500)
      await other.close()
    })
  })

  describe('when a primary fails', () => {
    test('in agreement, nothing is lost and nothing fails', { timeout: 60_000 }, async () => {
      await db.call('FLUSHALL')
      const failed: unknown[] = []
      const old = (await cluster.slotOwner(slotOf('a'))).index
      const total = await countDuring(() => cluster.failover(old), failed)
      // The old primary lets everybody wait until the new one is there, and then sends them on.
      expect(failed.join('\n')).toBe('')
      expect(await counted(db, 'a')).toBe(total)
    })

    test('by being killed, only what was under way fails', { timeout: 60_000 }, async () => {
      await db.call('FLUSHALL')
      await db.call('WAIT', 1, 1000)
      const heard: string[] = []
      const stop = await db.subscribe('news', text => heard.push(text))
      const patient = await open(cluster.url(), { modules, upstreamTimeout: 20_000 })
      const failed: unknown[] = []
      const old = (await cluster.slotOwner(slotOf('a'))).index
      const total = await countDuring(
        async () => {
          await cluster.kill(old)
          await cluster.failover(old)
          await vi.waitFor(() => expect(calls.done).toBeGreaterThan(calls.atFailure + 50), WAIT)
        },
        failed,
        patient,
      )
      for (const error of failed) expect(String(error)).toMatch(/UNKNOWNOUTCOME|has not been carried out/)
      // At most what was on its way on the connections that there were.
      expect(failed.length).toBeLessThanOrEqual(WORKERS)
      expect(await counted(db, 'a')).toBeGreaterThanOrEqual(total - WORKERS)
      expect(await counted(db, 'a')).toBeLessThanOrEqual(total + failed.length)
      await vi.waitFor(async () => {
        await db.call('PUBLISH', 'news', 'after')
        expect(heard).toContain('after')
      }, WAIT)
      await stop()
      await patient.close()
      await cluster.nodes[old]!.restart()
      await cluster.settled()
    })

    test('by standing still, only what was under way fails', { timeout: 60_000 }, async () => {
      await db.call('FLUSHALL')
      const patient = await open(cluster.url(), { modules, upstreamTimeout: 3000 })
      const failed: unknown[] = []
      const old = (await cluster.slotOwner(slotOf('b'))).index
      const total = await countDuring(
        async () => {
          cluster.nodes[old]!.pause()
          await cluster.failover(old)
          await vi.waitFor(() => expect(calls.done).toBeGreaterThan(calls.atFailure + 50), WAIT)
        },
        failed,
        patient,
        // Nodes do not vote twice in so short a time about the same one.
        'b',
      ).finally(() => cluster.nodes[old]!.resume())
      for (const error of failed) expect(String(error)).toMatch(/^(UNKNOWNOUTCOME|ERR) .*did not answer within 3000 ms/)
      expect(failed.length).toBeLessThanOrEqual(WORKERS)
      await cluster.settled()
      expect(await counted(patient, 'b')).toBeLessThanOrEqual(total + failed.length)
      const before = await counted(patient, 'b')
      for (let i = 0; i < 10; i++) await patient.count({ key: 'b' })
      expect(await counted(patient, 'b')).toBe(before + 10)
      await patient.close()
    })

    /** What has come of it. */
    async function counted(on: typeof db, key: string): Promise<number> {
      return Number(await on.call('GET', key)) + Number(await on.call('GET', `{${key}}plain`))
    }

    const calls = { done: 0, atFailure: 0 }

    /** Adds one to a key, and to another one that is beside it, again and again, while something happens. Gives how often it has been done. */
    async function countDuring(
      happening: () => Promise<unknown>,
      failed: unknown[],
      on = db,
      key = 'a',
    ): Promise<number> {
      let isOver = false
      calls.done = 0
      const work = async (i: number): Promise<void> => {
        while (!isOver) {
          try {
            if (i % 2 === 0) await on.count({ key })
            else await on.call('INCR', `{${key}}plain`)
            calls.done++
          } catch (error) {
            if (!(error instanceof ReplyError)) throw error
            failed.push(error.message)
          }
        }
      }
      const working = Promise.all(Array.from({ length: WORKERS }, (_, i) => work(i)))
      await vi.waitFor(() => expect(calls.done).toBeGreaterThan(50), WAIT)
      calls.atFailure = calls.done
      try {
        await happening()
      } finally {
        isOver = true
      }
      await working
      return calls.done
    }
  })

  describe('open()', () => {
    test('finds all nodes by one', async () => {
      const one = await open(`redis+cluster://127.0.0.1:${cluster.ports[4]}`, { modules })
      for (let i = 0; i < 10; i++) await one.call('SET', `key ${i}`, i)
      await one.close()
      const some = await open(`redis+cluster://127.0.0.1:1,127.0.0.1:${cluster.ports[1]}`)
      expect(await some.call('GET', 'key 3')).toBe('3')
      await some.close()
    })

    test.each([
      ['redis+cluster://127.0.0.1:1', 'nothing listens there; start the server, or correct the host and port'],
      ['redis+cluster://nowhere.invalid', "there is no host 'nowhere.invalid'; correct the host, or the DNS"],
    ])('%s: %s', async (url, error) => {
      await expect(open(url)).rejects.toThrow(error)
    })

    test('says what is wrong with a server', async () => {
      const server: RedisServer = await startRedisServer()
      await expect(open(`redis+cluster://127.0.0.1:${server.port}`)).rejects.toThrow(
        `ERR cannot connect to redis://127.0.0.1:${server.port}: it is not a node of a Cluster; begin the URL with redis:`,
      )
      await server.stop()
      const lonely = await startRedisServer({ args: ['--cluster-enabled', 'yes', '--requirepass', 'secret'] })
      const url = `127.0.0.1:${lonely.port}`
      await expect(open(`redis+cluster://${url}`)).rejects.toThrow('the server wants a password')
      await expect(open(`redis+cluster://:wrong@${url}`)).rejects.toThrow('correct the user and password')
      await expect(open(`redis+cluster://:secret@${url}`)).rejects.toThrow('assign them with redis-cli --cluster')
      await lonely.stop()
      const plain = `redis://127.0.0.1:${cluster.ports[0]}`
      await expect(open(plain)).rejects.toThrow('it is a node of a Cluster; begin the URL with redis+cluster:')
    })
  })
})

describeWithRedis('round trips to a Cluster', () => {
  let cluster: RedisCluster
  let proxies: TcpProxy[]
  let db: UpstreamDb<typeof modules>

  beforeAll(async () => {
    cluster = await startRedisCluster()
    proxies = await Promise.all(cluster.ports.map(port => startProxy(port)))
    // The nodes say that they are where the proxies are.
    for (const [i, port] of cluster.ports.entries()) {
      const client = await connect({ port })
      await client.send('CONFIG', 'SET', 'cluster-announce-port', String(proxies[i]!.port))
      await client.close()
    }
    await vi.waitFor(async () => {
      for (const port of cluster.ports) {
        const client = await connect({ port })
        const text = JSON.stringify(await client.send('CLUSTER', 'SLOTS'), (_, value) =>
          typeof value === 'bigint' ? Number(value) : value,
        )
        await client.close()
        for (const proxy of proxies) expect(text).toContain(String(proxy.port))
      }
    }, WAIT)
    db = await open(`redis+cluster://127.0.0.1:${proxies[0]!.port}`, { modules })
    await db.scriptname.set({ name: 'echo', sha: String(await db.call('SCRIPT', 'LOAD', 'return ARGV[1]')) })
  })
  afterAll(async () => {
    await db?.close()
    await Promise.all(proxies?.map(proxy => proxy.close()) ?? [])
    await cluster?.stop()
  })

  /** How many times something was sent and waited for, when there are connections. Nobody waits for UNWATCH. */
  async function trips(run: () => Promise<unknown>): Promise<number> {
    await run()
    for (const { sent } of proxies) sent.length = 0
    await run()
    return proxies.flatMap(({ sent }) => sent).filter(bytes => bytes !== '*1\r\n$7\r\nUNWATCH\r\n').length
  }

  test('are as many as to a single server', async () => {
    expect(await trips(() => db.call('SET', 'plain', 'value'))).toBe(1)
    expect(await trips(() => db.peek({ key: 'plain' }))).toBe(1)
    expect(await trips(() => db.both({ key: '{a}1', other: '{a}2' }))).toBe(1)
    expect(await trips(() => db.count({ key: 'n' }))).toBe(2)
    expect(await trips(() => db.bump({ string: '{a}s', hash: '{a}h' }))).toBe(2)
    expect(await trips(() => db.hmsetnx({ key: 'hash', entries: [{ field: 'a', value: 'b' }] }))).toBe(1)
    // The names are in another slot than the key.
    expect(await trips(() => db.call('EVALNAME', 'echo', 1, 'a key', 'x'))).toBe(2)
    expect(await trips(() => db.call('DBSIZE'))).toBe(3)
  })
})

/**
 * Moves slots, or what is left of one, and waits until all nodes know which claim is the latest: a node that is given a slot before it
 * knows may lose it to one that has just given it away, and then nobody has it.
 */
async function moveIn(cluster: RedisCluster, move: () => Promise<void>): Promise<void> {
  await move()
  await vi.waitFor(async () => {
    const epochs = new Set<string>()
    for (const { port, state } of cluster.nodes) {
      if (state !== 'running') continue
      const client = await connect({ port })
      const info = await client.send('CLUSTER', 'INFO')
      await client.close()
      epochs.add(/^cluster_current_epoch:(\d+)/m.exec(info.type === 'bulk' ? String(info.value) : '')?.[1] ?? '')
    }
    expect(epochs.size).toBe(1)
  }, WAIT)
}

const WORKERS = 8
const WAIT = { timeout: 20_000, interval: 20 }
