import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWithRedis } from '../support/redis-server.js'
import { run } from '../support/run.js'
import { checkNodeTransactions, checkPubSub, checkScan, checkTransactions, nodeRedis } from './support/client-checks.js'
import { type RunningServer, startServer } from './support/program.js'

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const KIT = ['poong', 'hmsetnx', 'hmsetif', 'bitallpos', 'geo', 'scriptname'].flatMap(name => ['--module-add', name])

let server: RunningServer

beforeAll(async () => {
  server = await startServer([...KIT, '--bind', '127.0.0.1 -::1'], { tcp: true })
})
afterAll(() => server.stop())

describe.each([2, 3] as const)('ioredis, RESP%i', protocol => {
  let redis: Redis

  beforeAll(() => {
    redis = new Redis({ port: server.port, host: '127.0.0.1', connectionName: 'tester', protocol })
  })
  beforeEach(() => redis.flushall())
  afterAll(() => redis.quit())

  test('runs plain commands, by their methods', async () => {
    expect(await redis.set('greeting', 'Grüße', 'EX', 100)).toBe('OK')
    expect(await redis.get('greeting')).toBe('Grüße')
    expect(await redis.hset('user:1', { name: 'Ada', city: 'London' })).toBe(2)
    expect(await redis.hgetall('user:1')).toEqual({ name: 'Ada', city: 'London' })
    expect(await redis.zadd('board', '1.5', 'a', '2', 'b')).toBe(2)
    expect(await redis.zrange('board', '0', '-1', 'WITHSCORES')).toEqual(['a', '1.5', 'b', '2'])
    await expect(redis.incr('greeting')).rejects.toThrow('ERR value is not an integer or out of range')
  })

  test('keeps every byte', async () => {
    await redis.set(ALL_BYTES, ALL_BYTES)
    expect(await redis.getBuffer(ALL_BYTES)).toEqual(ALL_BYTES)
  })

  test('pipelines', async () => {
    const pipeline = redis.pipeline()
    for (let i = 0; i < 1000; i++) pipeline.incr('count')
    const replies = await pipeline.exec()
    expect(replies?.map(([error, value]) => error ?? value)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  })

  test('runs transactions, with WATCH', () => checkTransactions(redis))

  test('publishes and subscribes', () => checkPubSub(redis))

  test('calls the commands of modules', async () => {
    expect(await redis.call('POONG')).toBe('POOOOOOOOOONG')
    expect(await redis.call('HMSETNX', 'user:2', 'name', 'Ada')).toBe('OK')
    expect(await redis.call('HMSETNX', 'user:2', 'name', 'Bob')).toBe(0)
    await redis.call('GEOADD', 'cities', 48.8566, 2.3522, 'Paris', 52.52, 13.405, 'Berlin')
    expect(await redis.call('GEORADIUS', 'cities', 50.85, 4.35, 400, 'km')).toEqual(['Paris'])
    expect(await redis.multi().call('HMSETIF', 'user:2', 'name', 'Ada', 'city', 'Rome').exec()).toEqual([[null, 'OK']])
  })

  test('hears of the positions that geo publishes', async () => {
    const subscriber = redis.duplicate()
    await subscriber.subscribe('__geo:cities:Paris')
    const heard = once(subscriber, 'message')
    await redis.call('GEOADD', 'cities', 48.8566, 2.3522, 'Paris')
    expect(await heard).toEqual(['__geo:cities:Paris', '48.8566000 2.3522000'])
    await subscriber.quit()
  })

  test('scans', () => checkScan(redis))

  test('says who it is', async () => {
    expect(await redis.client('GETNAME')).toBe('tester')
    const info = String(await redis.client('INFO'))
    expect(info).toMatch(new RegExp(` name=tester .* resp=${protocol} `))
    expect(info).toMatch(/lib-name=ioredis/)
  })

  test('connects over IPv6 and over a unix socket', async () => {
    for (const where of [{ port: server.port, host: '::1', family: 6 }, { path: server.socketPath }]) {
      const other = new Redis({ ...where, protocol })
      expect(await other.ping()).toBe('PONG')
      await other.quit()
    }
  })
})

describe.each([2, 3] as const)('node-redis, RESP%i', RESP => {
  let redis: ReturnType<typeof nodeRedis>

  beforeAll(async () => {
    redis = nodeRedis(RESP, server.port, `v${RESP}`)
    redis.on('error', () => {})
    await redis.connect()
  })
  beforeEach(() => redis.flushAll())
  afterAll(() => redis.close())

  test('runs plain commands, by their methods', async () => {
    expect(await redis.set('greeting', 'Grüße', { expiration: { type: 'EX', value: 100 } })).toBe('OK')
    expect(await redis.get('greeting')).toBe('Grüße')
    await redis.hSet('user:1', { name: 'Ada', city: 'London' })
    expect({ ...(await redis.hGetAll('user:1')) }).toEqual({ name: 'Ada', city: 'London' })
    await redis.zAdd('board', [
      { score: 1.5, value: 'a' },
      { score: Number.POSITIVE_INFINITY, value: 'b' },
    ])
    expect(await redis.zRangeWithScores('board', 0, -1)).toEqual([
      { score: 1.5, value: 'a' },
      { score: Number.POSITIVE_INFINITY, value: 'b' },
    ])
    expect(await redis.zScore('board', 'none')).toBe(null)
    await expect(redis.incr('greeting')).rejects.toThrow('ERR value is not an integer or out of range')
  })

  test('keeps every byte', async () => {
    const bytes = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    await bytes.set(ALL_BYTES, ALL_BYTES)
    expect(await bytes.get(ALL_BYTES)).toEqual(ALL_BYTES)
  })

  test('pipelines what is sent in one turn', async () => {
    const replies = await Promise.all(Array.from({ length: 1000 }, () => redis.incr('count')))
    expect(replies).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  })

  test('runs transactions, with WATCH', () => checkNodeTransactions(redis))

  test('publishes and subscribes', async () => {
    const subscriber = await redis.duplicate().connect()
    const heard: string[] = []
    const three = new Promise<void>(resolve => {
      const hear = (message: string, channel: string): void => {
        heard.push(`${channel} ${message}`)
        if (heard.length === 3) resolve()
      }
      Promise.all([
        subscriber.subscribe('news', hear),
        subscriber.pSubscribe('n*', hear),
        subscriber.sSubscribe('shard', hear),
      ]).then(async () => {
        await redis.publish('news', 'today')
        await redis.sPublish('shard', 'here')
      })
    })
    await three
    expect(heard.sort()).toEqual(['news today', 'news today', 'shard here'])
    await subscriber.close()
  })

  test('calls the commands of modules', async () => {
    expect(await redis.sendCommand(['POONG'])).toBe('POOOOOOOOOONG')
    expect(await redis.sendCommand(['HMSETNX', 'user:2', 'name', 'Ada'])).toBe('OK')
    expect(await redis.sendCommand(['HMSETNX', 'user:2', 'name', 'Bob'])).toBe(0)
    await redis.sendCommand(['SETBIT', 'bits', '9', '1'])
    expect(await redis.sendCommand(['BITALLPOS', 'bits'])).toEqual(['9'])
    expect(await redis.multi().addCommand(['HMSETIF', 'user:2', 'name', 'Ada', 'city', 'Rome']).exec()).toEqual(['OK'])
  })

  test('says who it is', async () => {
    const info = String(await redis.sendCommand(['CLIENT', 'INFO']))
    expect(info).toMatch(new RegExp(` name=v${RESP} .* resp=${RESP} `))
    expect(info).toMatch(/lib-name=node-redis.* lib-ver=\d/)
  })

  test('connects over a unix socket', async () => {
    const other = await createClient({ RESP, socket: { path: server.socketPath, tls: false } }).connect()
    expect(await other.ping()).toBe('PONG')
    await other.close()
  })
})

describe('a password', () => {
  let guarded: RunningServer

  beforeAll(async () => {
    guarded = await startServer(['--requirepass', 'open sesame', '--bind', '127.0.0.1'], { tcp: true })
  })
  afterAll(() => guarded.stop())

  test('lets ioredis in that has it', async () => {
    const redis = new Redis({ port: guarded.port, password: 'open sesame' })
    expect(await redis.ping()).toBe('PONG')
    await redis.quit()
  })

  test.each([2, 3] as const)('lets node-redis in that has it, and nobody else, RESP%i', async RESP => {
    const socket = { port: guarded.port, reconnectStrategy: false } as const
    const redis = await createClient({ RESP, socket, password: 'open sesame' }).connect()
    expect(await redis.ping()).toBe('PONG')
    await redis.close()
    const stranger = createClient({ RESP, socket, password: 'open sesami' }).on('error', () => {})
    await expect(stranger.connect()).rejects.toThrow('WRONGPASS')
  })
})

describe('a server that is started again', () => {
  test('finds its clients back', async () => {
    const first = await startServer([], { tcp: true })
    const options = { port: first.port, host: '127.0.0.1' }
    const ioredis = new Redis({ ...options, retryStrategy: () => 1 }).on('error', () => {})
    const nodeRedis = createClient({ socket: { ...options, reconnectStrategy: () => 1 } }).on('error', () => {})
    await nodeRedis.connect()
    expect(await ioredis.ping()).toBe('PONG')

    await first.stop('SIGKILL')
    const second = await startServer([], { tcp: first.port })
    expect(await ioredis.set('a', 1)).toBe('OK')
    expect(await nodeRedis.get('a')).toBe('1')
    await ioredis.quit()
    await nodeRedis.close()
    await second.stop()
  })
})

describeWithRedis('redis-cli', () => {
  const cli = async (...args: string[]): Promise<string> =>
    (await run('redis-cli', ['-p', String(server.port), ...args])).stdout

  test('runs commands', async () => {
    await cli('FLUSHALL')
    expect(await cli('SET', 'a', '1')).toBe('OK\n')
    expect(await cli('-3', '--no-raw', 'HSET', 'h', 'f', 'v')).toBe('(integer) 1\n')
    expect(await cli('-3', '--no-raw', 'HGETALL', 'h')).toBe('1# "f" => "v"\n')
    expect(await cli('--no-raw', 'HMSETNX', 'h', 'f', 'w')).toBe('(integer) 0\n')
    expect(await cli('-s', server.socketPath, 'PING')).toBe('PONG\n')
  })

  test('reads a session from its input, with help on the commands', async () => {
    const { stdout } = await run('redis-cli', ['-p', String(server.port), '--no-raw'], {
      input: 'MULTI\nSET a 5\nPOONG\nEXEC\nCOMMAND GETKEYS HMSETNX k f v\n',
    })
    expect(stdout).toBe('OK\nQUEUED\nQUEUED\n1) OK\n2) POOOOOOOOOONG\n1) "k"\n')
  })

  test('sends many commands at once', async () => {
    const commands = Array.from({ length: 10_000 }, (_, i) => `SET pipe:${i} ${i}\r\n`).join('')
    const { stdout } = await run('redis-cli', ['-p', String(server.port), '--pipe'], { input: commands })
    expect(stdout).toContain('errors: 0, replies: 10000')
  })

  test('finds the largest keys', async () => {
    await cli('FLUSHALL')
    await cli('SET', 'small', 'x')
    await cli('HSET', 'large', 'a', '1', 'b', '2')
    const found = await cli('--bigkeys')
    expect(found).toContain('Sampled 2 keys in the keyspace!')
    expect(found).toMatch(/Biggest +hash found '"large"' has 2 fields/)
  })

  test('redis-benchmark runs to its end', () => {
    const args = ['-p', String(server.port), '-n', '2000', '-q', '-t', 'ping,set,get,incr,lpush,sadd,hset,zpopmin,mset']
    const out = execFileSync('redis-benchmark', args, { encoding: 'utf8' })
    expect(out.match(/requests per second/g)?.length).toBeGreaterThanOrEqual(9)
  })
})
