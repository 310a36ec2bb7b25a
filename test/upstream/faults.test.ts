import { open, type UpstreamDb } from 'krmt'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../src/host/seeded-random.js'
import { type Fate, startProxy, type TcpProxy } from '../support/proxy.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type RespClient } from '../support/resp-client.js'
import { counting } from './counting.js'

const modules = [counting] as const
const keys = { string: 's', hash: 'h' }
const TIMEOUT = 300

describeWithRedis('when the connection fails', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let db: UpstreamDb<typeof modules>
  let direct: RespClient

  beforeAll(async () => {
    server = await startRedisServer()
    direct = await connect({ path: server.socketPath })
  })
  afterAll(async () => {
    await direct?.close()
    await server?.stop()
  })
  beforeEach(async () => {
    await direct.send('FLUSHALL')
    proxy = await startProxy(server.port)
    db = await open(`redis://127.0.0.1:${proxy.port}`, { modules, upstreamTimeout: TIMEOUT })
    expect(await db.bump(keys)).toBe(1)
  })
  afterEach(async () => {
    await db.close()
    await proxy.close()
  })

  /** Lets the next thing that is sent and has this in it meet its fate; all others pass. */
  function next(what: string, fate: Fate): void {
    proxy.fate = bytes => {
      if (!bytes.includes(what)) return 'pass'
      proxy.fate = () => 'pass'
      return fate
    }
  }

  async function outcome(run: () => Promise<unknown>): Promise<unknown> {
    try {
      return await run()
    } catch (error) {
      return error instanceof Error ? error.message : error
    }
  }

  /** What is there, whatever comes through. Both are the same, or a commit has been applied by half. */
  async function stored(): Promise<number> {
    const [string, hash] = await direct.sendMany([
      ['GET', 's'],
      ['HGET', 'h', 'n'],
    ])
    expect(string).toEqual(hash)
    return Number(string?.type === 'bulk' ? string.value : Number.NaN)
  }

  const unknown =
    /^UNKNOWNOUTCOME the commit of bump had been sent when .*: what it writes has been written all or not at all$/
  const late = `the server did not answer within ${TIMEOUT} ms`

  test.each<[phase: string, what: string, fate: Fate, outcome: unknown, stored: number]>([
    ['the reads', 'WATCH', 'cut before', 2, 2],
    ['the reads', 'WATCH', 'cut during', 2, 2],
    ['the reads', 'WATCH', 'cut after', 2, 2],
    ['the reads', 'WATCH', 'delay', 2, 2],
    ['the reads', 'WATCH', 'half-open', `ERR bump has not been carried out: ${late}`, 1],
    ['the commit', 'EXEC', 'cut before', expect.stringMatching(unknown), 1],
    ['the commit', 'EXEC', 'cut during', expect.stringMatching(unknown), 1],
    ['the commit', 'EXEC', 'cut after', expect.stringMatching(unknown), 2],
    ['the commit', 'EXEC', 'half-open', expect.stringMatching(unknown), 2],
    ['the commit', 'EXEC', 'delay', 2, 2],
  ])('at %s (%s): %s', async (_phase, what, fate, expected, there) => {
    next(what, fate)
    expect(await outcome(() => db.bump(keys))).toEqual(expected)
    expect(await stored()).toBe(there)
    expect(await db.bump(keys)).toBe(there + 1)
    expect(await stored()).toBe(there + 1)
  })

  test.each<[fate: Fate, outcome: unknown]>([
    ['cut before', ['1', null]],
    ['cut during', ['1', null]],
    ['cut after', ['1', null]],
    ['delay', ['1', null]],
    ['half-open', `ERR both has not been carried out: ${late}`],
  ])('a command that only reads: %s', async (fate, expected) => {
    await db.both({ key: 's', other: 'none' })
    next('EXEC', fate)
    expect(await outcome(() => db.both({ key: 's', other: 'none' }))).toEqual(expected)
    expect(await db.both({ key: 's', other: 'none' })).toEqual(['1', null])
  })

  test.each<[fate: Fate, words: readonly string[], outcome: RegExp]>([
    ['cut before', ['INCR', 'plain'], /^UNKNOWNOUTCOME INCR had been sent when the connection was lost/],
    ['cut after', ['INCR', 'plain'], /^UNKNOWNOUTCOME INCR had been sent when the connection was lost/],
    ['half-open', ['INCR', 'plain'], /^UNKNOWNOUTCOME INCR had been sent when the server did not answer within/],
    ['cut after', ['GET', 'plain'], /^ERR GET has not been carried out: the connection was lost/],
    ['half-open', ['GET', 'plain'], /^ERR GET has not been carried out: the server did not answer within/],
  ])("a command of the server's: %s %s", async (fate, words, expected) => {
    await db.call('PING')
    next('plain', fate)
    expect(await outcome(() => db.call(...words))).toMatch(expected)
    expect(await db.call('PING')).toBe('PONG')
  })

  test('a connection that the server has closed is made again', async () => {
    await db.call('PING')
    await db.peek({ key: 's' })
    await direct.send('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(await db.bump(keys)).toBe(2)
    expect(await db.peek({ key: 's' })).toBe('2')
  })

  test('all that wait are answered when the server goes, and served when it is back', async () => {
    await db.call('PING')
    const { port } = proxy
    proxy.fate = () => 'half-open'
    const waiting = [
      db.bump(keys),
      db.bump(keys),
      db.peek({ key: 's' }),
      db.call('INCR', 'plain'),
      db.call('GET', 'plain'),
    ]
    await proxy.close()
    for (const result of await Promise.all(waiting.map(call => outcome(() => call)))) {
      expect(result).toMatch(/^(ERR|UNKNOWNOUTCOME) /)
    }
    expect(await outcome(() => db.bump(keys))).toMatch(
      /^ERR cannot connect to .*: nothing listens there; start the server/,
    )
    expect(await outcome(() => db.call('PING'))).toMatch(/^ERR cannot connect to /)
    proxy = await startProxy(server.port, port)
    const before = await stored()
    expect(await db.bump(keys)).toBe(before + 1)
    expect(await db.call('PING')).toBe('PONG')
  })

  test('who stands in a line behind others waits no longer than they', async () => {
    const line = 40
    const hasty = await open(`redis://127.0.0.1:${proxy.port}`, { modules, upstreamTimeout: TIMEOUT })
    proxy.fate = () => 'half-open'
    const began = performance.now()
    const sameKey = Array.from({ length: line }, () => hasty.bump(keys))
    // More than there are connections.
    const otherKeys = Array.from({ length: line }, (_, i) => hasty.bump({ string: `s${i}`, hash: 'h' }))
    for (const result of await Promise.all([...sameKey, ...otherKeys].map(call => outcome(() => call)))) {
      expect(result).toMatch(/^ERR (bump has not been carried out|cannot connect to)/)
    }
    expect(performance.now() - began).toBeLessThan((line * TIMEOUT) / 4)
    // A newcomer has all the time that there is.
    proxy.fate = () => 'pass'
    expect(await hasty.bump(keys)).toBe(2)
    expect(await outcome(() => hasty.bump({ string: 's1', hash: 'h1' }))).toBe(1)
    await hasty.close()
  })

  test('a command that waits as long as it likes', async () => {
    const popped = db.call('BLPOP', 'list', 0)
    // Others give up meanwhile.
    for (let i = 0; i < 2; i++) {
      next('plain', 'half-open')
      expect(await outcome(() => db.call('GET', 'plain'))).toContain(late)
    }
    await db.call('RPUSH', 'list', 'x')
    expect(await popped).toEqual(['list', 'x'])
  })

  test.each([
    ['BLPOP', 'list', 0.1],
    ['XREAD', 'BLOCK', 100, 'STREAMS', 'stream', '$'],
    ['WAIT', 1, 100],
  ])('a command that waits, but not for ever: %s', async (...argv) => {
    next(String(argv[0]), 'half-open')
    expect(await outcome(() => db.call(...argv))).toMatch(/^UNKNOWNOUTCOME .* did not answer within/)
    expect(await db.call('PING')).toBe('PONG')
  })

  test('WAIT waits for what it is told to, and holds up nobody', async () => {
    let isOver = false
    const waited = db.call('WAIT', 1, 2 * TIMEOUT).then(count => {
      isOver = true
      return count
    })
    await db.call('GET', 'plain')
    expect(isOver).toBe(false)
    expect(await waited).toBe(0)
  })

  test('whatever happens, nothing is done twice or by half, and every call settles', { timeout: 60_000 }, async () => {
    const random = seededRandom(7)
    const fates: readonly Fate[] = ['cut before', 'cut during', 'cut after', 'delay', 'half-open']
    proxy.fate = () => (random() < 0.15 ? fates[Math.floor(random() * fates.length)]! : 'pass')
    let done = 0
    let doubtful = 0
    const work = async (): Promise<void> => {
      for (let i = 0; i < 15; i++) {
        const result = await outcome(() => db.bump(keys))
        if (typeof result === 'number') done++
        else if (String(result).startsWith('UNKNOWNOUTCOME')) doubtful++
        else expect(result).toMatch(/^ERR (bump has not been carried out|cannot connect to)/)
      }
    }
    await Promise.all(Array.from({ length: 10 }, work))
    const after = (await stored()) - 1
    expect(after).toBeGreaterThanOrEqual(done)
    expect(after).toBeLessThanOrEqual(done + doubtful)
    expect(done).toBeGreaterThan(20)
    expect(doubtful).toBeGreaterThan(0)
  })

  test('after close(), calls say so', async () => {
    const waiting = db.call('BLPOP', 'list', 0)
    await db.close()
    for (const call of [() => waiting, () => db.call('PING'), () => db.bump(keys), () => db.peek({ key: 's' })]) {
      expect(await outcome(call)).toMatch(/closed/)
    }
  })
})
