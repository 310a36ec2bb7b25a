import { open, ReplyError, type UpstreamDb } from 'krmt'
import hmsetif from 'krmt/modules/hmsetif'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

const modules = [hmsetif] as const
const KEYS = Array.from({ length: 10 }, (_, i) => `counter ${i}`)
/** Those of each gateway, and of the program. */
const CLIENTS = [20, 20, 10] as const
/** Of each client: 20,000 in all. */
const INCREMENTS = 400

/** What two gateways, or a gateway and a program, do to the same keys goes through no lock but the server's. */
describeWithRedis('two gateways and a program in front of the same Redis', () => {
  let redis: RedisServer
  let gateways: GatewayServer[]
  let db: UpstreamDb<typeof modules>
  let direct: RespClient
  let clients: RespClient[]

  beforeAll(async () => {
    redis = await startRedisServer()
    const upstream = `redis://127.0.0.1:${redis.port}`
    gateways = await Promise.all([startGateway({ upstream, modules }), startGateway({ upstream, modules })])
    db = await open(upstream, { modules })
    direct = await connect({ path: redis.socketPath })
    clients = await Promise.all(
      gateways.flatMap(({ socketPath }, i) => Array.from({ length: CLIENTS[i]! }, () => connect({ path: socketPath }))),
    )
  })
  afterAll(async () => {
    await Promise.all([direct, ...(clients ?? [])].map(client => client?.close()))
    await db?.close()
    await Promise.all(gateways?.map(gateway => gateway.stop()) ?? [])
    await redis?.stop()
  })

  test('lose none of 20,000 updates, whoever else writes', { timeout: 120_000 }, async () => {
    for (const key of KEYS) await direct.send('HSET', key, 'n', 0, 'plain', 0)
    let isOver = false
    let repeated = 0

    /** Adds one, as one does who can only compare and set. */
    async function increment(client: Counter, key: string): Promise<void> {
      for (;;) {
        const old = await client.get(key)
        const outcome = await client.setIf(key, old, String(Number(old) + 1))
        if (outcome === 'OK') return
        if (outcome !== 'TRYAGAIN') repeated++
      }
    }
    async function work(client: Counter, seed: number): Promise<void> {
      for (let i = 0; i < INCREMENTS; i++) await increment(client, KEYS[(seed + i) % KEYS.length]!)
    }
    /** Somebody who knows nothing of modules, and changes the keys without changing what they count. */
    async function disturb(): Promise<number> {
      let times = 0
      for (; !isOver; times++) {
        const key = KEYS[times % KEYS.length]!
        await direct.sendMany([
          ['HSET', key, `other ${times % 7}`, times],
          ['HINCRBY', key, 'plain', 1],
        ])
      }
      return times
    }

    const disturbing = disturb()
    const counters = [...clients.map(throughGateway), ...Array.from({ length: CLIENTS[2] }, () => inProgram(db))]
    try {
      await Promise.all(counters.map(work))
    } finally {
      isOver = true
    }
    const disturbed = await disturbing

    const stored = await direct.sendMany(KEYS.map(key => ['HMGET', key, 'n', 'plain']))
    const sum = (index: number): number => stored.reduce((total, reply) => total + Number(textAt(reply, index)), 0)
    expect(counters).toHaveLength(50)
    expect(sum(0)).toBe(counters.length * INCREMENTS)
    expect(sum(1)).toBe(disturbed)
    // They have been in each other's way: a commit that nothing comes of is one that would have lost an update.
    const info = await direct.send('INFO', 'commandstats')
    const commits = Number(/cmdstat_exec:calls=(\d+)/.exec(info.type === 'bulk' ? info.value : '')?.[1])
    expect(commits - counters.length * INCREMENTS).toBeGreaterThan(1000)
    expect(repeated).toBeGreaterThan(1000)
    expect(disturbed).toBeGreaterThan(1000)
  })
})

interface Counter {
  get(key: string): Promise<string>
  /** `TRYAGAIN`, or what HMSETIF replies. */
  setIf(key: string, old: string, next: string): Promise<unknown>
}

function throughGateway(client: RespClient): Counter {
  return {
    async get(key) {
      const reply = await client.send('HGET', key, 'n')
      if (reply.type !== 'bulk') throw new Error(JSON.stringify(reply))
      return reply.value
    },
    async setIf(key, old, next) {
      const reply = await client.send('HMSETIF', key, 'n', old, 'n', next)
      if (reply.type === 'status' || reply.type === 'integer') return reply.value
      if (reply.type === 'error' && reply.value.startsWith('TRYAGAIN ')) return 'TRYAGAIN'
      throw new Error(JSON.stringify(reply))
    },
  }
}

function inProgram(db: UpstreamDb<typeof modules>): Counter {
  return {
    get: async key => String(await db.call('HGET', key, 'n')),
    async setIf(key, old, next) {
      try {
        return await db.hmsetif({ key, checkfield: 'n', checkvalue: old, entries: [{ field: 'n', value: next }] })
      } catch (error) {
        if (error instanceof ReplyError && error.message.startsWith('TRYAGAIN ')) return 'TRYAGAIN'
        throw error
      }
    },
  }
}

function textAt(reply: Reply | undefined, index: number): string {
  const item = reply?.type === 'array' ? reply.items[index] : undefined
  return item?.type === 'bulk' ? item.value : ''
}
