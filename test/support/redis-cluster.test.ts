import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type RedisCluster, startRedisCluster } from './redis-cluster.js'
import { describeWithRedis } from './redis-server.js'
import { connect, type Reply, type RespClient } from './resp-client.js'

const ok: Reply = { type: 'status', value: 'OK' }
const bulk = (value: string): Reply => ({ type: 'bulk', value })
const error = (value: string): Reply => ({ type: 'error', value })

describeWithRedis('a Cluster', () => {
  let cluster: RedisCluster
  /** To each node, by its index. */
  let clients: RespClient[]

  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1 })
    clients = await Promise.all(cluster.ports.map(port => connect({ port })))
  })
  afterAll(async () => {
    await Promise.all(clients?.map(client => client.close()) ?? [])
    await cluster?.stop()
  })

  async function slotOf(key: string): Promise<number> {
    const reply = await clients[0]!.send('CLUSTER', 'KEYSLOT', key)
    return reply.type === 'integer' ? Number(reply.value) : Number.NaN
  }

  /** Sends a command to a node, and follows where that sends it. Notes the words that it was sent on with. */
  async function follow(index: number, argv: readonly string[], redirections: string[]): Promise<Reply> {
    let node = index
    let isAsked = false
    for (;;) {
      const replies = await clients[node]!.sendMany(isAsked ? [['ASKING'], argv] : [argv])
      const reply = replies.at(-1)!
      const [word = '', , to = ''] = reply.type === 'error' ? reply.value.split(' ') : []
      if (word !== 'MOVED' && word !== 'ASK') return reply
      redirections.push(word)
      isAsked = word === 'ASK'
      node = cluster.ports.indexOf(Number(to.split(':')[1]))
    }
  }

  test('has primaries and replicas, and a URL', () => {
    expect(cluster.nodes.map(({ role, primary }) => [role, primary])).toEqual([
      ['primary', undefined],
      ['primary', undefined],
      ['primary', undefined],
      ['replica', 0],
      ['replica', 1],
      ['replica', 2],
    ])
    expect(cluster.url()).toBe(`redis+cluster://${cluster.ports.map(port => `127.0.0.1:${port}`).join(',')}`)
    expect(new Set(cluster.ports).size).toBe(6)
  })

  test('serves, and answers MOVED', async () => {
    const slot = await slotOf('a')
    const owner = await cluster.slotOwner(slot)
    expect(await clients[owner.index]!.send('SET', 'a', '1')).toEqual(ok)
    for (const node of cluster.nodes) {
      if (node === owner) continue
      expect(await clients[node.index]!.send('GET', 'a')).toEqual(error(`MOVED ${slot} 127.0.0.1:${owner.port}`))
    }
    const [first, last] = await Promise.all([cluster.slotOwner(0), cluster.slotOwner(16383)])
    expect([first.index, last.index]).toEqual([0, 2])
  })

  test('a slot that is half moved answers ASK', async () => {
    const slot = await slotOf('{half}')
    const { index: from } = await cluster.slotOwner(slot)
    const to = (from + 1) % 3
    await clients[from]!.sendMany([
      ['SET', '{half}stays', '1'],
      ['SET', '{half}goes', '2'],
    ])
    await cluster.halfMove(slot, to, { keys: ['{half}goes'] })
    const ask = error(`ASK ${slot} 127.0.0.1:${cluster.ports[to]}`)
    expect(
      await clients[from]!.sendMany([
        ['GET', '{half}stays'],
        ['GET', '{half}goes'],
        ['GET', '{half}none'],
        ['MGET', '{half}stays', '{half}goes'],
      ]),
    ).toEqual([bulk('1'), ask, ask, error('TRYAGAIN Multiple keys request during rehashing of slot')])
    expect(await clients[to]!.send('GET', '{half}goes')).toEqual(
      error(`MOVED ${slot} 127.0.0.1:${cluster.ports[from]}`),
    )
    expect(await follow(from, ['GET', '{half}goes'], [])).toEqual(bulk('2'))

    await cluster.finishMove(slot)
    expect(await clients[to]!.send('MGET', '{half}stays', '{half}goes')).toEqual({
      type: 'array',
      items: [bulk('1'), bulk('2')],
    })
    expect(await clients[from]!.send('GET', '{half}stays')).toEqual(
      error(`MOVED ${slot} 127.0.0.1:${cluster.ports[to]}`),
    )
    expect((await cluster.slotOwner(slot)).index).toBe(to)
  })

  test('slots that move under traffic lose nothing', async () => {
    const tags = ['one', 'two', 'three', 'four']
    const slots = await Promise.all(tags.map(tag => slotOf(`{${tag}}`)))
    const counts = new Map<string, number>()
    const redirections: string[] = []
    let isMoving = true
    const work = async (tag: string): Promise<void> => {
      for (let i = 0; isMoving; i++) {
        const key = `{${tag}}${i % 50}`
        const count = (counts.get(key) ?? 0) + 1
        expect(await follow(i % 3, ['INCR', key], redirections)).toEqual({ type: 'integer', value: count })
        counts.set(key, count)
      }
    }
    const works = Promise.all(tags.map(work))
    // There are keys to move.
    await vi.waitFor(() => expect(counts.size).toBe(200), { interval: 5, timeout: 10_000 })
    for (const to of [0, 1, 2]) await cluster.moveSlots(slots, to, { batch: 5 })
    isMoving = false
    await works
    for (const slot of slots) expect((await cluster.slotOwner(slot)).index).toBe(2)
    for (const [key, count] of counts) expect(await clients[2]!.send('GET', key)).toEqual(bulk(String(count)))
    expect(redirections).toContain('MOVED')
    expect(redirections).toContain('ASK')
    await cluster.settled()
  })

  test('slots that move on at once have an owner all the time', async () => {
    for (let i = 1; i <= 60; i++) {
      const slot = 12_000 + (i % 3)
      await cluster.moveSlots([slot], i % 2)
      expect((await cluster.slotOwner(slot)).index).toBe(i % 2)
    }
    await cluster.settled()
  })

  test('many slots move fast', async () => {
    await cluster.moveSlots(
      Array.from({ length: 100 }, (_, slot) => slot),
      1,
    )
    await cluster.settled()
    const { port } = await cluster.slotOwner(99)
    expect(port).toBe(cluster.ports[1])
  })

  test("a replica takes its primary's place, in agreement with it or without it", async () => {
    await follow(0, ['SET', 'there', '1'], [])
    const slot = await slotOf('there')
    const old = await cluster.slotOwner(slot)
    const replica = await cluster.failover(old.index)
    expect([replica.role, old.role, old.primary]).toEqual(['primary', 'replica', replica.index])
    expect(await cluster.slotOwner(slot)).toBe(replica)
    expect(await clients[replica.index]!.send('GET', 'there')).toEqual(bulk('1'))

    replica.pause()
    expect(await cluster.failover(replica.index)).toBe(old)
    expect(await cluster.slotOwner(slot)).toBe(old)
    replica.resume()
    await cluster.settled()
    expect([replica.role, replica.primary]).toEqual(['replica', old.index])
  })

  test('a node that was killed comes back', async () => {
    const replica = cluster.nodes[3]
    await cluster.kill(3)
    expect(replica?.state).toBe('gone')
    await clients[3]!.closed
    await expect(connect({ port: cluster.ports[3]! })).rejects.toThrow('ECONNREFUSED')
    await replica?.restart()
    await cluster.settled()
    expect(replica?.role).toBe('replica')
  })
})

describeWithRedis('a Cluster with a password', () => {
  test('is let in by those who set it up', async () => {
    const cluster = await startRedisCluster({ primaries: 2, replicas: 1, args: ['--requirepass', 'secret'] })
    const client = await connect({ port: cluster.ports[0]! })
    expect(await client.send('GET', '{06S}')).toEqual(error('NOAUTH Authentication required.'))
    await client.send('AUTH', 'secret')
    expect(await client.send('SET', '{06S}', '1')).toEqual(ok) // of slot 0
    await cluster.moveSlots([0], 1)
    expect(await client.send('GET', '{06S}')).toEqual(error(`MOVED 0 127.0.0.1:${cluster.ports[1]}`))
    await cluster.stop()
    await client.closed
  })
})
