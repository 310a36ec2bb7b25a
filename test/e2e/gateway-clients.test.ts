import { execFileSync, spawnSync } from 'node:child_process'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { run } from '../support/run.js'
import { checkNodeTransactions, checkPubSub, checkScan, checkTransactions, nodeRedis } from './support/client-checks.js'
import { type RunningServer, startServer } from './support/program.js'

const { CI } = process.env

/** The Python that has Debian's modules. */
const PYTHON = '/usr/bin/python3'
const hasPython = spawnSync(PYTHON, ['-c', 'import redis']).status === 0

let upstream: RedisServer
let gateway: RunningServer

describeWithRedis('clients of a gateway', () => {
  beforeAll(async () => {
    upstream = await startRedisServer()
    const modules = ['poong', 'hmsetnx', 'bitallpos'].flatMap(name => ['--module-add', name])
    gateway = await startServer(
      ['serve', '--upstream', `redis://127.0.0.1:${upstream.port}`, ...modules, '--bind', '127.0.0.1'],
      { tcp: true },
    )
  })
  afterAll(async () => {
    await gateway?.stop()
    await upstream?.stop()
  })

  describe.each([2, 3] as const)('ioredis, RESP%i', protocol => {
    let redis: Redis

    beforeAll(() => {
      redis = new Redis({ port: gateway.port, host: '127.0.0.1', connectionName: 'tester', protocol })
    })
    beforeEach(() => redis.flushall())
    afterAll(() => redis?.quit())

    test('pipelines, with commands of modules', async () => {
      const pipeline = redis.pipeline()
      for (let i = 0; i < 1000; i++) pipeline.incr('count')
      pipeline.call('HMSETNX', 'h', 'f', 'v').hgetall('h').call('HMSETNX', 'h', 'f', 'w').lpush('count', 'x')
      const replies = (await pipeline.exec())?.map(([error, value]) => error?.message ?? value)
      expect(replies).toEqual([
        ...Array.from({ length: 1000 }, (_, i) => i + 1),
        'OK',
        { f: 'v' },
        0,
        'WRONGTYPE Operation against a key holding the wrong kind of value',
      ])
    })

    test('transactions, with WATCH', () => checkTransactions(redis))

    test('a module’s command in a transaction is refused, and nothing of it is done', async () => {
      await expect(redis.multi().set('a', 1).call('HMSETNX', 'h', 'f', 'v').exec()).rejects.toThrow('EXECABORT')
      expect(await redis.exists('a', 'h')).toBe(0)
    })

    test('pub/sub', () =>
      checkPubSub(redis, async subscriber => {
        expect(await subscriber.call('HMSETNX', 'h', 'f', 'v')).toBe('OK')
      }))

    test('waiting, while others go on', async () => {
      const waiting = redis.duplicate()
      const popped = waiting.blpop('list', 0)
      expect(await redis.set('a', 1)).toBe('OK')
      await redis.rpush('list', 'first')
      expect(await popped).toEqual(['list', 'first'])
      expect(await waiting.blpop('list', 0.05)).toBe(null)
      await waiting.quit()
    })

    test('defineCommand, streams and scans', async () => {
      redis.defineCommand('double', { numberOfKeys: 1, lua: 'return redis.call("GET", KEYS[1]) * ARGV[1]' })
      await redis.set('n', 21)
      const { double } = redis as unknown as { double(key: string, by: number): Promise<number> }
      expect(await double.call(redis, 'n', 2)).toBe(42)
      expect(await double.call(redis, 'n', 3)).toBe(63)
      await redis.xadd('stream', '1-1', 'f', 'v')
      expect(await redis.xrange('stream', '-', '+')).toEqual([['1-1', ['f', 'v']]])
      await checkScan(redis)
    })

    test('says who it is', async () => {
      expect(await redis.client('GETNAME')).toBe('tester')
      expect(String(await redis.client('INFO'))).toMatch(new RegExp(` name=tester .* resp=${protocol}`))
    })
  })

  describe.each([2, 3] as const)('node-redis, RESP%i', RESP => {
    let redis: ReturnType<typeof nodeRedis>

    beforeAll(async () => {
      redis = nodeRedis(RESP, gateway.port)
      redis.on('error', () => {})
      await redis.connect()
    })
    beforeEach(() => redis.flushAll())
    afterAll(() => redis?.close())

    test('pipelines what is sent in one turn, with commands of modules', async () => {
      const replies = await Promise.all([
        ...Array.from({ length: 1000 }, () => redis.incr('count')),
        redis.sendCommand(['HMSETNX', 'h', 'f', 'v']),
        redis.hGet('h', 'f'),
        redis.sendCommand(['POONG']),
      ])
      expect(replies).toEqual([...Array.from({ length: 1000 }, (_, i) => i + 1), 'OK', 'v', 'POOOOOOOOOONG'])
    })

    test('transactions, with WATCH', () => checkNodeTransactions(redis))

    test('pub/sub of all kinds', async () => {
      const subscriber = await redis.duplicate().connect()
      const heard: string[] = []
      const hear = (message: string, channel: string): void => void heard.push(`${channel} ${message}`)
      await subscriber.subscribe('news', hear)
      await subscriber.pSubscribe('n*', hear)
      await subscriber.sSubscribe('shard', hear)
      await redis.publish('news', 'today')
      await redis.sPublish('shard', 'here')
      await expect.poll(() => [...heard].sort()).toEqual(['news today', 'news today', 'shard here'])
      await subscriber.unsubscribe()
      await subscriber.pUnsubscribe()
      await subscriber.sUnsubscribe()
      // In RESP2, its answers to subscribers are Buffers.
      expect(String(await subscriber.ping())).toBe('PONG')
      await subscriber.close()
    })

    test('waiting, and a pool', async () => {
      const waiting = await redis.duplicate().connect()
      const popped = waiting.blPop('list', 0)
      await redis.rPush('list', 'first')
      expect(await popped).toEqual({ key: 'list', element: 'first' })
      await waiting.close()
    })
  })

  test('node-redis: what it keeps is told of changes, by whomever', async () => {
    const clientSideCache = { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' as const }
    const options = { RESP: 3, socket: { port: gateway.port, host: '127.0.0.1' }, clientSideCache } as const
    const redis = await createClient(options).connect()
    const other = await createClient({ socket: { port: gateway.port, host: '127.0.0.1' } }).connect()
    const direct = await createClient({ socket: { port: upstream.port, host: '127.0.0.1' } }).connect()
    await other.flushAll()
    expect(await redis.hGet('h', 'f')).toBe(null)
    expect(await redis.hGet('h', 'f')).toBe(null)
    await other.sendCommand(['HMSETNX', 'h', 'f', 'by a module'])
    await expect.poll(() => redis.hGet('h', 'f')).toBe('by a module')
    await direct.hSet('h', 'f', 'directly')
    await expect.poll(() => redis.hGet('h', 'f')).toBe('directly')
    for (const client of [redis, other, direct]) await client.close()
  })

  describe('redis-cli', () => {
    const cli = async (args: readonly string[], input?: string): Promise<string> => {
      const { stdout } = await run(
        'redis-cli',
        ['-p', String(gateway.port), ...args],
        input === undefined ? {} : { input },
      )
      return stdout
    }

    beforeEach(() => cli(['FLUSHALL']))

    test('runs commands', async () => {
      expect(await cli(['SET', 'a', '1'])).toBe('OK\n')
      expect(await cli(['-3', '--no-raw', 'HMSETNX', 'h', 'f', 'v'])).toBe('OK\n')
      expect(await cli(['-3', '--no-raw', 'HGETALL', 'h'])).toBe('1# "f" => "v"\n')
      expect(await cli(['--no-raw', 'HMSETNX', 'h', 'f', 'w'])).toBe('(integer) 0\n')
      expect(await cli(['-n', '3', 'SET', 'b', '1'])).toBe('OK\n')
      expect(await cli(['-n', '3', 'DBSIZE'])).toBe('1\n')
    })

    test('reads a session from its input', async () => {
      const session =
        'MULTI\nSET a 5\nEXEC\nPOONG\nSELECT 2\nDBSIZE\nHMSETNX h f v\nHGETALL h\nNOSUCH\nHELLO 3\nHGETALL h\n'
      const lines = (await cli(['--no-raw'], session)).split('\n')
      expect(lines.slice(0, 10)).toEqual([
        'OK',
        'QUEUED',
        '1) OK',
        'POOOOOOOOOONG',
        'OK',
        '(integer) 0',
        'OK',
        '1) "f"',
        '2) "v"',
        "(error) ERR unknown command 'NOSUCH', with args beginning with: ",
      ])
      expect(lines.slice(-2)).toEqual(['1# "f" => "v"', ''])
    })

    test('--pipe, --scan and --bigkeys', async () => {
      const commands = Array.from({ length: 10_000 }, (_, i) => `SET pipe:${i} ${i}\r\n`).join('')
      expect(await cli(['--pipe'], commands)).toContain('errors: 0, replies: 10000')
      const encoded = Array.from({ length: 1000 }, (_, i) => `*3\r\n$7\r\nHMSETNX\r\n$1\r\nh\r\n$5\r\nf${1000 + i}\r\n`)
      const words = encoded.map(start => `${start.replace('*3', '*4')}$1\r\nv\r\n`).join('')
      expect(await cli(['--pipe'], words)).toContain('errors: 0, replies: 1000')
      const scanned = (await cli(['--scan', '--pattern', 'pipe:*'])).trim().split('\n')
      expect(new Set(scanned).size).toBe(10_000)
      expect(await cli(['--bigkeys'])).toMatch(/Sampled 10001 keys in the keyspace!/)
    })

    test('redis-benchmark runs its own list of tests', () => {
      const args = ['-p', String(gateway.port), '-q', '-n', '500', '-c', '20']
      const out = execFileSync('redis-benchmark', args, { encoding: 'utf8' })
      const alone = execFileSync('redis-benchmark', ['-p', String(upstream.port), '-q', '-n', '500', '-c', '20'], {
        encoding: 'utf8',
      })
      const names = (text: string): string[] =>
        text
          .split(/[\r\n]+/)
          .filter(line => line.includes('requests per second'))
          .map(line => line.split(':')[0]!)
      expect(names(out)).toEqual(names(alone))
      expect(out).not.toMatch(/error/i)
    }, 60_000)
  })
})

const describeWithPython =
  hasPython || (CI !== undefined && CI !== '')
    ? describeWithRedis
    : (name: string, define: () => void) => describe.skip(name, define)

describeWithPython('redis-py, Debian’s', () => {
  let server: RedisServer
  let ours: RunningServer

  beforeAll(async () => {
    if (!hasPython) throw new Error(`wanted Debian's python3-redis for ${PYTHON}`)
    server = await startRedisServer()
    ours = await startServer(
      ['serve', '--upstream', `redis://127.0.0.1:${server.port}`, '--module-add', 'hmsetnx', '--bind', '127.0.0.1'],
      { tcp: true },
    )
  })
  afterAll(async () => {
    await ours?.stop()
    await server?.stop()
  })

  /** What a script prints that has `r`, a client; with RESP3 where that client knows it. */
  async function python(script: string): Promise<string> {
    const start = `import redis, threading\nport = ${ours.port}\nr = redis.Redis(port=port, decode_responses=True)\nr.flushall()\n`
    const { stdout, stderr, code } = await run(PYTHON, ['-c', start + script])
    if (code !== 0) throw new Error(stderr)
    return stdout
  }

  test('pipelines and transactions', async () => {
    const script = `
p = r.pipeline(transaction=False)
for i in range(1000): p.incr('n')
p.execute_command('HMSETNX', 'h', 'f', 'v')
p.hgetall('h')
print(p.execute()[-3:])
print(r.pipeline().set('a', 1).incr('a').execute())
def double(p):
  n = int(p.get('a'))
  p.multi()
  p.set('a', n * 2)
print(r.transaction(double, 'a'), r.get('a'))
with r.pipeline() as p:
  p.watch('a')
  r.set('a', 7)
  p.multi()
  p.set('a', 8)
  try: p.execute()
  except redis.WatchError: print('watched')
`
    expect(await python(script)).toBe("[1000, 'OK', {'f': 'v'}]\n[True, 2]\n[True] 4\nwatched\n")
  })

  test('pub/sub, waiting, scans and errors', async () => {
    const script = `
s = r.pubsub()
s.subscribe('news'); s.psubscribe('n*')
for _ in range(2): s.get_message(timeout=5)
print(r.publish('news', 'today'))
print(sorted(s.get_message(timeout=5)['type'] for _ in range(2)))
s.unsubscribe(); s.punsubscribe(); s.close()
threading.Timer(0.05, lambda: redis.Redis(port=port).rpush('list', 'x')).start()
print(r.blpop('list', timeout=5), r.blpop('list', timeout=0.05))
r.mset({f'key:{i}': i for i in range(500)})
print(len(set(r.scan_iter('key:*', count=50))))
print(r.execute_command('HMSETNX', 'h', 'f', 'v'), r.execute_command('HMSETNX', 'h', 'f', 'v'))
try: r.execute_command('HMSETNX', 'key:1', 'f', 'v')
except redis.ResponseError as error: print(error)
print(r.eval('return {KEYS[1], ARGV[1]}', 1, 'k', 'v'), r.register_script('return 7')())
r.xadd('s', {'f': 'v'}, id='1-1'); print(r.xread({'s': 0}), r.lock('lock', timeout=5).acquire())
c = redis.Redis(port=port, db=3, client_name='me', decode_responses=True, health_check_interval=1)
print(c.execute_command('HMSETNX', 'h', 'f', 'v'), c.client_getname(), c.dbsize())
`
    const lines = (await python(script)).trim().split('\n')
    expect(lines).toEqual([
      '2',
      "['message', 'pmessage']",
      "('list', 'x') None",
      '500',
      'OK 0',
      'WRONGTYPE Operation against a key holding the wrong kind of value',
      "['k', 'v'] 7",
      "[['s', [('1-1', {'f': 'v'})]]] True",
      'OK me 1',
    ])
  })
})
