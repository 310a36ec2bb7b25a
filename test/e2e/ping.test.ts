import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { freePorts, portOf } from '../support/ports.js'
import { startProxy, type TcpProxy } from '../support/proxy.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect } from '../support/resp-client.js'
import { runKrmt, startKrmt } from './support/krmt.js'

/** A probe may take its time on a machine that is busy: no test waits for it in vain. */
const PATIENT = ['--timeout', '20000']

/** Runs `krmt ping`; gives the exit code and the line that it printed. */
async function ping(...args: string[]): Promise<[code: number | null, line: string]> {
  const { code, stdout, stderr } = await runKrmt(['ping', ...args], tmpdir())
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^.+\n$/)
  return [code, stdout.trimEnd()]
}

describe('krmt ping', () => {
  let krmt: KrmtServer | undefined
  afterEach(async () => {
    await krmt?.stop()
    krmt = undefined
  })

  test('a krmt', async () => {
    krmt = await startKrmtServer()
    const url = `redis://127.0.0.1:${krmt.port}`
    expect(await ping(url, ...PATIENT)).toEqual([0, `${url}: krmt 0.1.0 answers PONG`])
    expect(await ping('--live', url, ...PATIENT)).toEqual([0, `${url}: it is there`])
    const unix = `unix:${krmt.socketPath}`
    expect(await ping(unix, ...PATIENT)).toEqual([0, `${unix}: krmt 0.1.0 answers PONG`])
  })

  test('one that wants a password', async () => {
    krmt = await startKrmtServer({ config: { requirepass: 'secret' } })
    const name = `redis://127.0.0.1:${krmt.port}`
    expect(await ping(name, ...PATIENT)).toEqual([0, `${name}: it answers NOAUTH Authentication required.`])
    const url = (password: string) => `redis://:${password}@127.0.0.1:${krmt?.port}`
    expect(await ping(url('secret'), ...PATIENT)).toEqual([0, `${name}: krmt 0.1.0 answers PONG`])
    expect(await ping(url('wrong'), ...PATIENT)).toEqual([
      2,
      expect.stringMatching(/: it answers, and refuses the login: WRONGPASS /),
    ])
  })

  test('one that has all the clients that it may have', async () => {
    krmt = await startKrmtServer({ config: { maxclients: '1' } })
    const client = await connect({ port: krmt.port })
    await client.send('PING')
    const url = `redis://127.0.0.1:${krmt.port}`
    expect(await ping(url, ...PATIENT)).toEqual([2, `${url}: it answers max number of clients reached`])
    expect(await ping('--live', url, ...PATIENT)).toEqual([0, `${url}: it is there`])
    await client.close()
  })

  test('nobody', async () => {
    const [port] = await freePorts(1)
    const url = `redis://127.0.0.1:${port}`
    const line = `${url}: no answer: nothing listens there; start the server, or correct the host and port`
    expect(await ping(url, ...PATIENT)).toEqual([1, line])
    expect(await ping('--live', url, ...PATIENT)).toEqual([1, line])
  })

  test('one that says nothing', async () => {
    const silent = createServer(socket => socket.on('error', () => {}).resume())
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const url = `redis://127.0.0.1:${portOf(silent)}`
    expect(await ping(url, '--timeout', '50')).toEqual([
      1,
      expect.stringMatching(/: no answer: the server did not answer within 50 ms; /),
    ])
    await new Promise(resolve => silent.close(resolve))
  })

  test.each([
    ['redis+cluster://127.0.0.1', /^krmt ping: 'redis\+cluster:\/\/127\.0\.0\.1:6379' is no single server/],
    ['127.0.0.1:6379', /^krmt ping: cannot open '127\.0\.0\.1:6379': it is no URL; write redis:\/\/host:6379/],
    ['--nonesuch', /^krmt ping: there is no option '--nonesuch'/],
    ['--timeout', /^krmt ping: --timeout takes a number of milliseconds/],
  ])('what is no question: %s', async (word, says) => {
    const { code, stdout, stderr } = await runKrmt(['ping', word], tmpdir())
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(says)
  })

  test('--help', async () => {
    const { code, stdout } = await runKrmt(['ping', '--help'], tmpdir())
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Usage: krmt ping /)
  })
})

describeWithRedis('krmt ping of', () => {
  let redis: RedisServer
  let proxy: TcpProxy
  let gateway: GatewayServer
  let url: string
  let upstream: string

  beforeAll(async () => {
    redis = await startRedisServer()
    proxy = await startProxy(redis.port)
    upstream = `redis://127.0.0.1:${proxy.port}`
    gateway = await startGateway({ upstream, config: { 'upstream-timeout': '1000' } })
    url = `redis://127.0.0.1:${gateway.port}`
  })
  afterAll(async () => {
    await gateway.stop()
    await proxy.close()
    await redis.stop()
  })
  const becomes = (state: string) =>
    vi.waitFor(() => expect(gateway.gateway.health.condition.state).toBe(state), { timeout: 20_000, interval: 5 })

  test('a Redis', async () => {
    const name = `redis://127.0.0.1:${redis.port}`
    expect(await ping(name, ...PATIENT)).toEqual([0, `${name}: Redis 7.0.15 answers PONG`])
  })

  test('a gateway', async () => {
    expect(await ping(url, ...PATIENT)).toEqual([
      0,
      `${url}: krmt 0.1.0 answers PONG, and its upstream ${upstream} is up`,
    ])
  })

  test('a gateway whose upstream has gone', async () => {
    await proxy.refuse()
    await becomes('down')
    expect(await ping(url, ...PATIENT)).toEqual([
      2,
      `${url}: krmt 0.1.0 answers, and its upstream ${upstream} is down: cannot connect to ${upstream}: nothing listens ` +
        'there; start the server, or correct the host and port',
    ])
    expect(await ping('--live', url, ...PATIENT)).toEqual([0, `${url}: it is there`])
    await proxy.accept()
    await becomes('up')
  })

  test('a gateway whose upstream says nothing', async () => {
    proxy.freeze()
    // Before anybody has noticed, and after it.
    expect(await ping(url, '--timeout', '300')).toMatchObject([
      2,
      expect.stringContaining(': it answers, but not PING'),
    ])
    await becomes('down')
    expect(await ping(url, ...PATIENT)).toEqual([
      2,
      expect.stringMatching(/: krmt 0\.1\.0 answers, and its upstream .* is down: .*did not answer within 1000 ms/),
    ])
    expect(await ping('--live', url, ...PATIENT)).toEqual([0, `${url}: it is there`])
    proxy.thaw()
    await becomes('up')
    expect((await ping(url, ...PATIENT))[0]).toBe(0)
  })

  test('the program as a gateway', async () => {
    const program = await startKrmt({
      args: ['--upstream', `redis://127.0.0.1:${redis.port}`, '--module-add', 'hmsetnx'],
    })
    expect(await ping(`unix:${program.socketPath}`, ...PATIENT)).toEqual([
      0,
      `unix:${program.socketPath}: krmt 0.1.0 answers PONG, and its upstream redis://127.0.0.1:${redis.port} is up`,
    ])
    expect(await program.stop()).toMatchObject({ code: 0 })
  })
})
