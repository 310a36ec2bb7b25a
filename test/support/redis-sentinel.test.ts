import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RedisSentinel, startRedisSentinel } from './redis-sentinel.js'
import { describeWithRedis } from './redis-server.js'
import { connect, type Reply } from './resp-client.js'

const bulk = (value: string): Reply => ({ type: 'bulk', value })

describeWithRedis('servers that sentinels watch', () => {
  let watched: RedisSentinel

  beforeAll(async () => {
    watched = await startRedisSentinel({ args: ['--requirepass', 'secret'], sentinelPassword: 'secret' })
  })
  afterAll(() => watched?.stop())

  /** Asks one server, or sentinel. */
  async function ask(port: number, ...argv: string[]): Promise<Reply> {
    const client = await connect({ port })
    await client.send('AUTH', 'secret')
    const reply = await client.send(...argv)
    await client.close()
    return reply
  }

  async function expectPrimary(port: number): Promise<void> {
    for (const sentinel of watched.sentinels) {
      expect(await ask(sentinel.port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')).toEqual({
        type: 'array',
        items: [bulk('127.0.0.1'), bulk(String(port))],
      })
    }
    for (const server of watched.servers) {
      if (server.state !== 'running') continue
      const role = await ask(server.port, 'ROLE')
      expect('items' in role && role.items[0]).toEqual(bulk(server.port === port ? 'master' : 'slave'))
    }
  }

  test('have a primary, and a URL', async () => {
    const ports = watched.sentinels.map(({ port }) => `127.0.0.1:${port}`)
    expect(watched.url()).toBe(`redis+sentinel://${ports.join(',')}/main`)
    expect(ports).toHaveLength(3)
    const [primary] = watched.servers
    expect(await watched.primaryPort()).toBe(primary?.port)
    await expectPrimary(primary!.port)
  })

  test('change places when they are told to', async () => {
    const old = await watched.primaryPort()
    const client = await connect({ port: old })
    // What a replica has not got yet, a failover loses.
    const [, , replicas] = await client.sendMany([
      ['AUTH', 'secret'],
      ['SET', 'key', 'value'],
      ['WAIT', 1, 10_000],
    ])
    expect(replicas).toEqual({ type: 'integer', value: 1 })
    await client.close()
    const now = await watched.failover()
    expect(now).not.toBe(old)
    await expectPrimary(now)
    expect(await ask(now, 'GET', 'key')).toEqual(bulk('value'))
  })

  test('are replaced when they are killed, and come back as replicas', async () => {
    const killed = await watched.killPrimary()
    await expect(connect({ port: killed.port })).rejects.toThrow('ECONNREFUSED')
    const now = await watched.settled({ not: killed.port })
    expect(now).not.toBe(killed.port)
    await expectPrimary(now)
    const client = await connect({ port: watched.sentinels[0]!.port })
    expect(await client.send('SENTINEL', 'MASTERS')).toEqual({
      type: 'error',
      value: 'NOAUTH Authentication required.',
    })
    await client.close()
    // The new primary is one even if it was away for a moment.
    await watched.servers.find(({ port }) => port === now)?.restart()
    await expectPrimary(now)
    await killed.restart()
    expect(await watched.settled()).toBe(now)
    await expectPrimary(now)
  })
})
