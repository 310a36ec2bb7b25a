import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from './redis-server.js'
import { connect, type Reply } from './resp-client.js'

const pong: Reply = { type: 'status', value: 'PONG' }

describeWithRedis('a redis-server', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedisServer({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  })
  afterAll(async () => {
    await server.stop()
    expect(existsSync(server.folder)).toBe(false)
  })

  test('stands still while it is paused', async () => {
    const client = await connect({ port: server.port })
    const other = await startRedisServer()
    const guest = await connect({ port: other.port })
    server.pause()
    expect(server.state).toBe('paused')
    let reply: Reply | undefined
    const answered = client.send('PING').then(value => {
      reply = value
    })
    const since = performance.now()
    await vi.waitFor(async () => {
      expect(await guest.send('PING')).toEqual(pong)
      expect(performance.now() - since).toBeGreaterThan(50)
    })
    expect(reply).toBeUndefined()
    server.resume()
    await answered
    expect(reply).toEqual(pong)
    expect(server.state).toBe('running')
    await client.close()
    other.pause()
    await other.stop()
    expect(existsSync(other.folder)).toBe(false)
    await guest.closed
  })

  test('starts again on its port, its socket and its folder', async () => {
    const client = await connect({ port: server.port })
    await client.send('SET', 'key', 'value')
    const { pid, port, folder } = server
    await server.restart()
    await client.closed
    expect(server.pid).not.toBe(pid)
    expect([server.port, server.folder]).toEqual([port, folder])
    const back = await connect({ path: server.socketPath })
    expect(await back.send('GET', 'key')).toEqual({ type: 'bulk', value: 'value' })
    await server.kill()
    await back.closed
    expect(server.state).toBe('gone')
    await expect(connect({ port })).rejects.toThrow('ECONNREFUSED')
    await server.restart()
    const again = await connect({ port })
    expect(await again.send('PING')).toEqual(pong)
    await again.close()
  })
})
