import { connect as connectSocket, Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CommandDefinition } from '../../src/registry/definition.js'
import { ManualClock } from '../../src/testing/clock.js'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, encode, type RespClient } from '../support/resp-client.js'

const OK = { type: 'status', value: 'OK' }

let krmt: KrmtServer
const log: string[] = []

async function start(config: Record<string, string> = {}, clock?: ManualClock): Promise<void> {
  log.length = 0
  const say = (message: string): void => void log.push(message)
  krmt = await startKrmtServer({
    config,
    ...(clock && { clock }),
    log: { debug: say, verbose: say, notice: say, warning: say },
  })
}

afterEach(async () => {
  await krmt.stop()
})

/** A client that sends, and does not read. */
class DeafClient {
  readonly socket: Socket
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    this.closed = new Promise(resolve => socket.on('close', () => resolve()))
  }

  static async open(): Promise<DeafClient> {
    const socket = connectSocket({ path: krmt.socketPath })
    await new Promise(resolve => socket.once('connect', resolve))
    return new DeafClient(socket)
  }

  send(...argv: string[]): void {
    this.socket.write(encode(argv), 'latin1')
  }

  /** Reads at last, to see whether the server has closed. */
  async isClosed(): Promise<void> {
    this.socket.resume()
    await this.closed
  }
}

const inside = () => [...krmt.engine.clients.values()]

describe('what a client sends', () => {
  test('proto-max-bulk-len', async () => {
    await start({ 'proto-max-bulk-len': '1mb' })
    const client = await connect({ path: krmt.socketPath })
    const mb = 1024 * 1024
    expect(await client.send('SET', 'k', 'x'.repeat(mb))).toEqual(OK)
    expect(await client.send('APPEND', 'k', 'x')).toEqual({
      type: 'error',
      value: 'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
    })
    expect(await client.send('SETRANGE', 'k', mb, 'x')).toMatchObject({ type: 'error' })
    expect(await client.raw(`*2\r\n$3\r\nGET\r\n$${mb + 1}\r\n`)).toEqual([
      { type: 'error', value: 'ERR Protocol error: invalid bulk length' },
    ])
    await client.closed
  })

  test('client-query-buffer-limit', async () => {
    await start({ 'client-query-buffer-limit': '1mb' })
    const client = await DeafClient.open()
    client.socket.write(`*2\r\n$3\r\nGET\r\n$9000000\r\n${'x'.repeat(900_000)}`)
    const other = await connect({ path: krmt.socketPath })
    await expect
      .poll(() => Math.max(...inside().map(({ transport }) => transport?.bufferedInput ?? 0)))
      .toBeGreaterThan(900_000)
    client.socket.write('x'.repeat(200_000))
    await client.isClosed()
    expect(log.join('\n')).toContain('max query buffer length')
    expect(await other.send('PING')).toEqual({ type: 'status', value: 'PONG' })
    await other.close()
  })

  test('client-query-buffer-limit counts many small arguments of one command', async () => {
    await start({ 'client-query-buffer-limit': '1mb' })
    const client = await DeafClient.open()
    client.socket.write(`*1000000\r\n${'$0\r\n\r\n'.repeat(900_000)}`)
    await client.isClosed()
  })

  test('client-query-buffer-limit counts what comes while a command of the client waits', async () => {
    await start({ 'client-query-buffer-limit': '1mb' })
    const [client, other] = [await DeafClient.open(), await connect({ path: krmt.socketPath })]
    await other.send('CLIENT', 'PAUSE', '100000', 'WRITE')
    client.send('SET', 'k', 'v')
    client.socket.write('PING\r\n'.repeat(200_000))
    await client.isClosed()
    await other.send('CLIENT', 'UNPAUSE')
    expect(await other.send('EXISTS', 'k')).toEqual({ type: 'integer', value: 0 })
    await other.close()
  })
})

describe('what a client does not read', () => {
  const fill = async (): Promise<RespClient> => {
    const client = await connect({ path: krmt.socketPath })
    await client.send('SET', 'big', 'x'.repeat(100_000))
    return client
  }

  test('the hard limit of client-output-buffer-limit, for normal clients', async () => {
    await start({ 'client-output-buffer-limit': 'normal 3mb 0 0' })
    const other = await fill()
    const client = await DeafClient.open()
    // In one read, so that all is answered in one turn.
    client.socket.write('GET big\r\n'.repeat(2000))
    await client.isClosed()
    expect(log.join('\n')).toMatch(/closed for overcoming of output buffer limits \(\d+ bytes\)/)
    const sizes = log.map(line => /limits \((\d+) bytes\)/.exec(line)?.[1]).filter(Boolean)
    expect(Math.max(...sizes.map(Number))).toBeLessThan(6_000_000)
    expect(await other.send('STRLEN', 'big')).toEqual({ type: 'integer', value: 100_000 })
    await other.close()
  })

  test('the hard limit for subscribers, which is another', async () => {
    await start({ 'client-output-buffer-limit': 'normal 0 0 0 pubsub 2mb 0 0' })
    const other = await fill()
    const [client, normal] = [await DeafClient.open(), await DeafClient.open()]
    client.send('SUBSCRIBE', 'c')
    await expect.poll(() => krmt.engine.pubsub.channels.size).toBe(1)
    normal.socket.write('GET big\r\n'.repeat(60))
    for (let i = 0; i < 60; i++) await other.send('PUBLISH', 'c', 'x'.repeat(100_000))
    await expect.poll(() => krmt.engine.pubsub.channels.size).toBe(0)
    await client.isClosed()
    expect(inside()).toHaveLength(2)
    normal.socket.destroy()
    await other.close()
  })

  test('the soft limit, once it has been passed for long enough without a break', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    await start({ 'client-output-buffer-limit': 'normal 0 1mb 10' }, clock)
    const other = await fill()
    const client = await DeafClient.open()
    client.socket.pause()
    client.socket.write('GET big\r\n'.repeat(30))
    const waiting = () => Math.max(...inside().map(({ transport }) => transport?.bufferedOutput ?? 0))
    await expect.poll(waiting).toBeGreaterThan(2_000_000)
    clock.advance(9_000)
    expect(inside()).toHaveLength(2)
    // It reads all: the time begins anew with the next backlog.
    let read = 0
    client.socket.on('data', bytes => {
      read += bytes.length
    })
    client.socket.resume()
    await expect.poll(() => read).toBeGreaterThan(3_000_000)
    await expect.poll(waiting).toBe(0)
    clock.advance(2_000)
    expect(inside()).toHaveLength(2)
    client.socket.pause()
    client.socket.write('GET big\r\n'.repeat(30))
    await expect.poll(waiting).toBeGreaterThan(2_000_000)
    clock.advance(9_000)
    expect(inside()).toHaveLength(2)
    clock.advance(2_000)
    await client.isClosed()
    await other.close()
  })

  test('without a limit, answers wait as long as they must', async () => {
    await start()
    const other = await fill()
    const client = await DeafClient.open()
    client.socket.pause()
    client.socket.write('GET big\r\n'.repeat(300))
    let read = 0
    client.socket.on('data', bytes => {
      read += bytes.length
    })
    client.socket.resume()
    await expect.poll(() => read, { timeout: 10_000 }).toBe(300 * (100_000 + '$100000\r\n\r\n'.length))
    client.socket.destroy()
    await other.close()
  })
})

describe('how many, and for how long', () => {
  test('maxclients', async () => {
    await start({ maxclients: '2' })
    const [first, second] = [await connect({ path: krmt.socketPath }), await connect({ port: krmt.port })]
    await Promise.all([first.send('PING'), second.send('PING')])
    const third = await connect({ port: krmt.port })
    await expect(third.nextPush()).resolves.toEqual({ type: 'error', value: 'ERR max number of clients reached' })
    await third.closed
    expect(await first.send('INFO', 'stats')).toMatchObject({
      value: expect.stringContaining('rejected_connections:1'),
    })
    expect(await first.send('CONFIG', 'SET', 'maxclients', '3')).toEqual(OK)
    const fourth = await connect({ port: krmt.port })
    expect(await fourth.send('PING')).toMatchObject({ value: 'PONG' })
    await second.close()
    await expect.poll(() => krmt.server.connections.size).toBe(2)
    const fifth = await connect({ path: krmt.socketPath })
    expect(await fifth.send('PING')).toMatchObject({ value: 'PONG' })
    for (const client of [first, fourth, fifth]) await client.close()
  })

  test('timeout closes idle clients, but none that listens', async () => {
    const clock = new ManualClock(1_700_000_000_000)
    await start({ timeout: '10' }, clock)
    const [idle, busy, subscriber, monitor] = await Promise.all(
      Array.from({ length: 4 }, () => connect({ path: krmt.socketPath })),
    )
    if (!idle || !busy || !subscriber || !monitor) throw new Error('four clients were asked for')
    await idle.send('PING')
    await subscriber.send('SUBSCRIBE', 'c')
    await monitor.send('MONITOR')
    clock.advance(6_000)
    await busy.send('PING')
    clock.advance(6_000)
    await idle.closed
    expect(await busy.send('PING')).toMatchObject({ value: 'PONG' })
    expect(await busy.send('PUBLISH', 'c', 'x')).toEqual({ type: 'integer', value: 1 })
    expect(await busy.send('CONFIG', 'SET', 'timeout', '0')).toEqual(OK)
    clock.advance(1_000_000)
    expect(await busy.send('PING')).toMatchObject({ value: 'PONG' })
    for (const client of [busy, subscriber, monitor]) await client.close()
  })

  test('tcp-keepalive is set on TCP connections, in milliseconds', async () => {
    const keepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive')
    await start({ 'tcp-keepalive': '42' })
    const [tcp, unix] = [await connect({ port: krmt.port }), await connect({ path: krmt.socketPath })]
    await Promise.all([tcp.send('PING'), unix.send('PING')])
    expect(keepAlive.mock.calls).toEqual([[true, 42_000]])
    await tcp.send('CONFIG', 'SET', 'tcp-keepalive', '0')
    const other = await connect({ port: krmt.port })
    await other.send('PING')
    expect(keepAlive).toHaveBeenCalledTimes(1)
    keepAlive.mockRestore()
    for (const client of [tcp, unix, other]) await client.close()
  })
})

describe('an exception inside a command', () => {
  const broken: CommandDefinition = {
    name: 'broken',
    summary: 'Throws in the middle of its reply.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    arity: 1,
    flags: [],
    run({ reply }) {
      reply.array(3)
      reply.bulk('half')
      throw new TypeError('something is undefined')
    },
  }

  test('is an error reply, with the stack in the log, and the server goes on', async () => {
    await start()
    krmt.engine.commands.swap('test', [broken])
    const client = await connect({ path: krmt.socketPath })
    const error = { type: 'error', value: "ERR internal error in 'broken': something is undefined" }
    expect(await client.sendMany([['SET', 'k', 'v'], ['BROKEN'], ['GET', 'k']])).toEqual([
      OK,
      error,
      { type: 'bulk', value: 'v' },
    ])
    await client.sendMany([['MULTI'], ['BROKEN'], ['GET', 'k']])
    expect(await client.send('EXEC')).toEqual({ type: 'array', items: [error, { type: 'bulk', value: 'v' }] })
    expect(log.join('\n')).toMatch(
      /Error in command 'broken' \[test\]: TypeError: something is undefined\n\s+at .*limits\.test/,
    )
    expect(await client.send('INFO', 'commandstats')).toMatchObject({
      value: expect.stringMatching(/cmdstat_broken:calls=2,.*failed_calls=2/),
    })
    await client.close()
  })
})
