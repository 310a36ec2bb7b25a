import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { slotOf } from '../../src/upstream/slot.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { type RedisSentinel, startRedisSentinel } from '../support/redis-sentinel.js'
import { describeWithRedis } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'
import { counting } from '../upstream/counting.js'
import { Load, works } from './load.js'

const modules = [hmsetif, hmsetnx, counting] as const
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const WAIT = { timeout: 20_000, interval: 20 }

let gateway: GatewayServer
let client: RespClient
let load: Load

const ask = (...argv: readonly (string | number)[]): Promise<Reply> => client.send(...argv)

async function start(upstream: string): Promise<void> {
  gateway = await startGateway({ upstream, modules, config: { 'upstream-timeout': '15000' } })
  client = await connect({ path: gateway.socketPath })
}

async function stop(): Promise<void> {
  await client?.close()
  await gateway?.stop()
}

/** Clients that work, once each has done something. */
async function begin(tags: readonly string[]): Promise<void> {
  expect(await ask('FLUSHALL')).toEqual({ type: 'status', value: 'OK' })
  // A replica that has not heard of it would bring all back.
  const waiter = await connect({ path: gateway.socketPath })
  await vi.waitFor(async () => expect(await waiter.send('WAIT', 1, 1000)).toEqual({ type: 'integer', value: 1 }), WAIT)
  await waiter.close()
  load = new Load(() => connect({ path: gateway.socketPath }), works, tags)
  await goesOn()
}

/** Each work is done some more times. */
async function goesOn(): Promise<void> {
  const before = load.least
  await vi.waitFor(() => expect(load.least).toBeGreaterThanOrEqual(before + 5), WAIT)
}

/** Whether nothing has failed but what was under way, and nothing has been done twice or by half. */
async function check(): Promise<void> {
  await load.stop()
  expect(load.refused).toEqual([])
  // What each client was waiting for at the time: up to three replies.
  expect(load.doubtful).toBeLessThanOrEqual(load.tallies.length * 3)
  // Redis confirms before it replicates: what it has confirmed right before may be lost with it.
  expect(await load.faults(ask, { mayLose: true })).toEqual([])
  await checkSteady()
}

/** Whether all counts from here on. */
async function checkSteady(): Promise<void> {
  for (const words of [
    ['INCR', '{a}steady'],
    ['BUMP', '{a}steady string', '{a}steady hash'],
  ]) {
    const replies = []
    for (let i = 0; i < 10; i++) replies.push(await ask(...words))
    expect(replies).toEqual(replies.map((_, i) => ({ type: 'integer', value: i + 1 })))
  }
}

describeWithRedis('a gateway in front of a Cluster', () => {
  const tags = ['a', 'b', 'c']
  let cluster: RedisCluster

  beforeAll(async () => {
    // Nobody is to be taken for failed when much is going on here.
    cluster = await startRedisCluster({ replicas: 1, args: ['--cluster-node-timeout', '15000'] })
  })
  afterAll(() => cluster?.stop())
  beforeEach(() => start(cluster.url()))
  afterEach(async () => {
    await load?.stop()
    await stop()
  })

  test('while slots move, nothing fails, and nothing is lost', { timeout: 60_000 }, async () => {
    await begin(tags)
    // So that it takes a while: slots are moved key by key in the order of their names, and these lie between all others.
    for (const tag of tags) for (let i = 0; i < 104; i++) await ask('SET', `{${tag}}${LETTERS[i % 26]}~${i}`, i)
    for (let round = 0; round < 4; round++) {
      for (const tag of tags) {
        const { index } = await cluster.slotOwner(slotOf(tag))
        await cluster.moveSlots([slotOf(tag)], (index + 1) % 3, { batch: 1 })
      }
      await goesOn()
    }
    await load.stop()
    expect([load.doubtful, load.refused]).toEqual([0, []])
    expect(await load.faults(ask)).toEqual([])
  })

  test('what could not be queued into a transaction, or watched, is not left out of it', async () => {
    const hasty = await startGateway({ upstream: cluster.url(), config: { 'upstream-timeout': '300' } })
    const clients = await Promise.all([1, 2, 3].map(() => connect({ path: hasty.socketPath })))
    const [queues, watches, other] = clients as [RespClient, RespClient, RespClient]
    const node = cluster.nodes[(await cluster.slotOwner(slotOf('a'))).index]!
    await queues.send('MULTI')
    node.pause()
    const refused = await Promise.all([queues.send('INCR', '{a}1'), watches.send('WATCH', '{a}1')])
    for (const reply of refused) expect(reply.type).toBe('error')
    node.resume()
    await vi.waitFor(
      async () => expect(await other.send('DEL', '{a}1', '{a}2')).toMatchObject({ type: 'integer' }),
      WAIT,
    )
    await queues.send('INCR', '{a}2')
    expect(await queues.send('EXEC')).toMatchObject({ type: 'error', value: expect.stringMatching(/^EXECABORT /) })
    await watches.sendMany([['MULTI'], ['INCR', '{a}2']])
    expect(await watches.send('EXEC').catch(() => 'ended')).toEqual({ type: 'null-array' })
    expect(await other.send('EXISTS', '{a}1', '{a}2')).toEqual({ type: 'integer', value: 0 })
    await Promise.all(clients.map(one => one.close()))
    await hasty.stop()
    await cluster.settled()
  })

  test('when a primary is replaced by agreement, nothing fails, and nothing is lost', { timeout: 60_000 }, async () => {
    await begin(tags)
    await cluster.failover((await cluster.slotOwner(slotOf('a'))).index)
    await goesOn()
    await load.stop()
    expect([load.doubtful, load.refused]).toEqual([0, []])
    expect(await load.faults(ask)).toEqual([])
  })

  test('when a primary is killed, only what was under way fails', { timeout: 60_000 }, async () => {
    await begin(tags)
    const old = (await cluster.slotOwner(slotOf('a'))).index
    await cluster.kill(old)
    await cluster.failover(old)
    await goesOn()
    await check()
    await cluster.nodes[old]!.restart()
    await cluster.settled()
  })
})

describeWithRedis('a gateway behind Sentinels', () => {
  const tags = ['a', 'b']
  let watched: RedisSentinel

  beforeAll(async () => {
    watched = await startRedisSentinel()
  })
  afterAll(() => watched?.stop())
  beforeEach(() => start(watched.url()))
  afterEach(async () => {
    await load?.stop()
    await stop()
  })

  test('leaves a primary whose place another one has taken, though it is still there', {
    timeout: 60_000,
  }, async () => {
    const port = await watched.primaryPort()
    const old = watched.servers.find(server => server.port === port)!
    const [named, waiter] = await Promise.all([
      connect({ path: gateway.socketPath }),
      connect({ path: gateway.socketPath }),
    ])
    await named.send('CLIENT', 'SETNAME', 'me')
    const popped = waiter.send('BLPOP', 'list', 0)
    popped.catch(() => {})
    await vi.waitFor(async () => {
      const info = await ask('INFO', 'clients')
      expect(info.type === 'bulk' && info.value).toContain('blocked_clients:1\r\n')
    }, WAIT)
    old.pause()
    // Nothing tells the gateway but the Sentinels: it would wait for much longer for an answer.
    await Promise.all([named.closed, waiter.closed])
    expect(await ask('INCR', 'n')).toEqual({ type: 'integer', value: 1 })
    old.resume()
    await watched.settled({ not: port })
  })

  test('follows a failover on demand', { timeout: 60_000 }, async () => {
    await begin(tags)
    await watched.failover()
    await goesOn()
    await check()
  })

  test('when the primary is killed, only what was under way fails', { timeout: 60_000 }, async () => {
    await begin(tags)
    const dead = await watched.killPrimary()
    await watched.settled({ not: dead.port })
    await goesOn()
    await check()
  })
})
