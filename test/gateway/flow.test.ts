import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeWithRedis } from '../support/redis-server.js'
import { encode, type RespClient } from '../support/resp-client.js'
import { openPair, type Pair, type RawClient, rawClient } from './setup.js'

const MB = 1 << 20

describeWithRedis('how bytes flow through a gateway', () => {
  let pair: Pair
  let client: RespClient

  beforeAll(async () => {
    pair = await openPair({ config: { 'client-output-buffer-limit': 'normal 0 0 0' } })
  })
  afterAll(() => pair?.stop())
  beforeEach(async () => {
    client = await pair.connect()
    await client.send('FLUSHALL')
  })

  /** What the gateway keeps for its clients, in bytes. */
  function kept(): number {
    let bytes = 0
    for (const connection of pair.gateway.gateway.connections.values()) {
      bytes += connection.bufferedOutput + connection.bufferedInput
    }
    return bytes
  }

  /** Lets the event loop turn until nothing moves any more; gives the most that was kept meanwhile. */
  async function settled(raw: RawClient): Promise<number> {
    let most = 0
    let last = -1
    for (let still = 0; still < 200; ) {
      await new Promise(resolve => setImmediate(resolve))
      most = Math.max(most, kept())
      const now = raw.socket.bytesWritten + pair.gateway.engine.stats.outputBytes + kept()
      still = now === last ? still + 1 : 0
      last = now
    }
    return most
  }

  /** How long others wait for a reply meanwhile, at the most, in milliseconds. */
  async function slowest(task: Promise<unknown>): Promise<number> {
    let isOver = false
    task.finally(() => {
      isOver = true
    })
    let most = 0
    while (!isOver) {
      const start = performance.now()
      expect(await client.send('ECHO', 'a')).toEqual({ type: 'bulk', value: 'a' })
      most = Math.max(most, performance.now() - start)
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    return most
  }

  test.each([
    ['on a lane', ''],
    ['on a connection of its own', 'CLIENT SETNAME x\r\n'],
  ])('100,000 commands in one pipeline, %s', async (_, first) => {
    const raw = await rawClient(pair.gateway.socketPath)
    const count = 100_000
    let commands = first
    for (let i = 0; i < count; i++) commands += i % 1000 === 999 ? 'POONG\r\n' : encode(['ECHO', i])
    raw.write(commands + encode(['ECHO', 'end']))
    const answer = await raw.until(bytes => bytes.endsWith('end\r\n'))
    let expected = first === '' ? '' : '+OK\r\n'
    for (let i = 0; i < count; i++) {
      expected += i % 1000 === 999 ? '+POOOOOOOOOONG\r\n' : `$${String(i).length}\r\n${i}\r\n`
    }
    expect(answer === `${expected}$3\r\nend\r\n`).toBe(true)
    await raw.close()
  })

  test('50,000 inline commands in one pipeline', async () => {
    const raw = await rawClient(pair.gateway.socketPath)
    let expected = ''
    let commands = ''
    for (let i = 0; i < 50_000; i++) {
      commands += `ECHO ${i}\r\n`
      expected += `$${String(i).length}\r\n${i}\r\n`
    }
    raw.write(`${commands}ECHO end\r\n`)
    const others = slowest(
      raw
        .until(bytes => bytes.endsWith('end\r\n'))
        .then(answer => expect(answer === `${expected}$3\r\nend\r\n`).toBe(true)),
    )
    expect(await others).toBeLessThan(500)
    await raw.close()
  })

  test.each([
    ['many small replies', 200_000, encode(['ECHO', 'x'.repeat(1000)])],
    ['large replies', 60, encode(['GET', 'large'])],
    ['replies of modules', 200_000, encode(['POONG'])],
    ['replies in a subscription', 200_000, encode(['PING', 'x'.repeat(1000)])],
  ])('a client that does not take its replies costs little memory: %s', async (name, count, command) => {
    await client.send('SET', 'large', 'x'.repeat(2 * MB))
    const raw = await rawClient(pair.gateway.socketPath)
    if (name.includes('subscription')) {
      raw.write('SUBSCRIBE a\r\n')
      await raw.until(bytes => bytes.endsWith(':1\r\n'))
    }
    raw.socket.pause()
    raw.write(command.repeat(count))
    const most = await settled(raw)
    expect(most).toBeLessThan(12 * MB)
    // Others go on, and it gets all of it when it takes it.
    expect(await client.send('ECHO', 'a')).toEqual({ type: 'bulk', value: 'a' })
    let bytes = 0
    raw.socket.removeAllListeners('data').on('data', (text: string) => {
      bytes += text.length
    })
    raw.socket.resume()
    raw.socket.end()
    await raw.ended
    const sizes: Record<string, number> = {
      'many small replies': count * 1009,
      'large replies': count * (2 * MB + 12),
      'replies of modules': count * 16,
      'replies in a subscription': count * (1009 + 14),
    }
    expect(bytes).toBe(sizes[name])
    await raw.close()
  })

  test('messages that a subscriber does not take are the server’s matter, which ends the connection', async () => {
    const admin = await pair.direct()
    await admin.send('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 4mb 0 0')
    const raw = await rawClient(pair.gateway.socketPath)
    raw.write('SUBSCRIBE a\r\n')
    await raw.until(bytes => bytes.endsWith(':1\r\n'))
    raw.socket.pause()
    const message = 'x'.repeat(MB)
    let most = 0
    for (let i = 0; i < 60; i++) {
      const reply = await client.send('PUBLISH', 'a', message)
      most = Math.max(most, kept())
      if (reply.type === 'integer' && reply.value === 0) break
    }
    expect(most).toBeLessThan(12 * MB)
    expect(await client.send('PUBSUB', 'NUMSUB', 'a')).toMatchObject({ items: [{}, { value: 0 }] })
    raw.socket.resume()
    await raw.ended
    await raw.close()
  })

  test('a client that sends a command byte by byte keeps nobody waiting', async () => {
    const raws = await Promise.all(Array.from({ length: 20 }, () => rawClient(pair.gateway.socketPath)))
    const bytes = encode(['SET', 'slow', 'x'.repeat(200)])
    const slow = (async () => {
      for (const byte of bytes) {
        for (const raw of raws) raw.write(byte)
        await new Promise(resolve => setImmediate(resolve))
      }
      for (const raw of raws) expect(await raw.until(answer => answer.endsWith('\r\n'))).toBe('+OK\r\n')
    })()
    expect(await slowest(slow)).toBeLessThan(200)
    await Promise.all(raws.map(raw => raw.close()))
  })

  test('values of 100 MB go through both ways, in pieces', async () => {
    const size = 100 * MB
    const raw = await rawClient(pair.gateway.socketPath)
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, kept())
    }, 1)
    const piece = Buffer.alloc(MB, 'x')
    const set = (async () => {
      raw.write(`*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$${size}\r\n`)
      for (let i = 0; i < 100; i++) {
        await new Promise<void>(resolve => void raw.socket.write(piece, () => resolve()))
      }
      raw.write('\r\n')
      expect(await raw.until(bytes => bytes.endsWith('\r\n'))).toBe('+OK\r\n')
    })()
    const setting = await slowest(set)
    let bytes = 0
    const got = new Promise<void>(resolve => {
      raw.socket.removeAllListeners('data').on('data', (text: string) => {
        bytes += text.length
        if (bytes === size + `$${size}\r\n\r\n`.length) resolve()
      })
    })
    raw.write('GET large\r\n')
    const getting = await slowest(got)
    clearInterval(watch)
    console.log(
      `100 MB: ${Math.round(most / 1024)} kB kept at most; others waited ${setting.toFixed()} and ${getting.toFixed()} ms`,
    )
    expect(most).toBeLessThan(12 * MB)
    // Not because of the gateway: the server itself answers nobody while it copies that much.
    expect(Math.max(setting, getting)).toBeLessThan(1000)
    await raw.close()
  })
})

describeWithRedis('a gateway that gives its upstream little time', () => {
  const TIMEOUT = 200
  let pair: Pair

  beforeAll(async () => {
    pair = await openPair({ config: { 'upstream-timeout': String(TIMEOUT) } })
  })
  afterAll(() => pair?.stop())

  /** Until a server that does not answer would have been given up. */
  const long = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 2 * TIMEOUT))
  const value = 'x'.repeat(MB)

  test.each([
    ['a large command', encode(['SET', 'k', value]), '+OK\r\n'],
    ['a small command', encode(['SET', 'k', 'v']), '+OK\r\n'],
    ['a large one behind others', `PING\r\nMULTI\r\n${encode(['SET', 'k', value])}`, '+PONG\r\n+OK\r\n+QUEUED\r\n'],
    ['a command of a module', encode(['HMSETNX', 'h', 'f', value]), '+OK\r\n'],
  ])('takes all the time that the client takes to send %s', async (_, command, answer) => {
    const raw = await rawClient(pair.gateway.socketPath)
    raw.write(command.slice(0, command.length / 2))
    await long()
    raw.write(command.slice(command.length / 2))
    expect(await raw.until(bytes => bytes.length >= answer.length)).toBe(answer)
    await raw.close()
  })

  test.each([
    ['on a lane', ''],
    ['on a connection of its own', encode(['CLIENT', 'SETNAME', 'own'])],
  ])('takes all the time that the client takes to read, %s', async (_, before) => {
    const raw = await rawClient(pair.gateway.socketPath)
    if (before !== '') {
      raw.write(before)
      await raw.until(bytes => bytes === '+OK\r\n')
    }
    const client = await pair.connect()
    await client.send('SET', 'k', value)
    raw.socket.pause()
    raw.write(encode(['GET', 'k']).repeat(20) + encode(['ECHO', 'end']))
    await long()
    expect(await client.send('PING')).toEqual({ type: 'status', value: 'PONG' })
    let bytes = 0
    const all = new Promise<void>(resolve => {
      raw.socket.removeAllListeners('data').on('data', (text: string) => {
        bytes += text.length
        if (text.endsWith('end\r\n')) resolve()
      })
    })
    raw.socket.resume()
    await all
    expect(bytes).toBe(20 * (MB + 12) + 9)
    await raw.close()
  })

  test('and what is meant to wait, waits', async () => {
    const client = await pair.connect()
    const other = await pair.connect()
    await other.send('SUBSCRIBE', 'a')
    const popped = client.sendMany([['BLPOP', 'l', 0], ['PING'], ['MULTI'], ['EXEC']])
    await long()
    const pusher = await pair.connect()
    await pusher.sendMany([
      ['RPUSH', 'l', 'x'],
      ['PUBLISH', 'a', 'hi'],
    ])
    expect((await popped)[0]).toMatchObject({ items: [{ value: 'l' }, { value: 'x' }] })
    expect(await other.nextPush()).toMatchObject({ items: [{}, {}, { value: 'hi' }] })
  })
})
