import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configFromArguments } from '../../src/config/arguments.js'
import { Config } from '../../src/config/config.js'
import { parameterNames, parameterOf } from '../../src/config/parameters.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

/** CONFIG SET as a server would answer it. */
function set(config: Config, args: readonly string[]): Reply {
  try {
    config.set(args, { isLocal: true })
    return { type: 'status', value: 'OK' }
  } catch (error) {
    return { type: 'error', value: error instanceof Error ? error.message : String(error) }
  }
}

function pairs(reply: Reply): Record<string, string> {
  if (reply.type !== 'array') throw new Error(`CONFIG GET answered ${JSON.stringify(reply)}`)
  const texts = reply.items.map(item => (item.type === 'bulk' ? item.value : `not a bulk string: ${item.type}`))
  return Object.fromEntries(texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1] ?? '']] : [])))
}

/** Ours alone, or set by whoever starts the server, or by how many files this machine lets it open. */
const INCOMPARABLE = [
  'module-add',
  'loadmodule',
  'module-strict',
  'module-watch',
  'enable-module-command',
  'lua-memory-limit',
  'dir',
]
const GIVEN_AT_START = ['port', 'bind', 'unixsocket', 'logfile', 'maxclients']

describeWithRedis('configuration', () => {
  let server: RedisServer
  let redis: RespClient
  beforeAll(async () => {
    server = await startRedisServer()
    redis = await connect({ path: server.socketPath })
  })
  afterAll(async () => {
    await redis.close()
    await server.stop()
  })

  const comparable = parameterNames
    .filter(name => parameterOf(name).section !== 'Upstream')
    .flatMap(name => [name, ...(parameterOf(name).aliases ?? [])])
    .filter(name => !INCOMPARABLE.includes(name) && !GIVEN_AT_START.includes(name))

  /** Both servers' values of everything that can be compared. */
  async function expectSameValues(config: Config): Promise<void> {
    const theirs = pairs(await redis.send('CONFIG', 'GET', ...comparable))
    expect(Object.fromEntries(config.get(comparable))).toEqual(theirs)
  }

  /** A Config that stands where the server stands. */
  async function sameConfig(): Promise<Config> {
    const config = new Config({ dir: '/' })
    for (const [name, text] of Object.entries(pairs(await redis.send('CONFIG', 'GET', ...comparable)))) {
      const parameter = parameterNames.find(known => known === name)
      if (parameter) config.assign(parameter, text)
    }
    return config
  }

  test('defaults', () => expectSameValues(new Config({ dir: '/' })))

  test.each([
    [['hz', 'TIMEOUT', 'Hash-Max-Ziplist-Value', 'nosuch', '']],
    [['hash-max-*', 'LOG*L', 'time[o]ut', 'time?ut', 'time[', 'timeout\\', '']],
  ])('CONFIG GET %j', async patterns => {
    const config = await sameConfig()
    const theirs = pairs(await redis.send('CONFIG', 'GET', ...patterns))
    expect(Object.fromEntries(config.get(patterns))).toEqual(theirs)
  })

  const errors = [
    ['hz', '5', 'timeout'],
    ['Foo', '1'],
    ['hz', 'x', 'Foo', '1'],
    ['tcp-backlog', 'x', 'foo', '1'],
    ['foo', '1', 'tcp-backlog', 'x'],
    ['HZ', '5', 'hz', '6'],
    ['timeout', '7', 'Hz', 'x'],
    ['HASH-max-ziplist-entries', 'x'],
    ['dir', '/'],
    ['enable-protected-configs', 'yes'],
    ['port', '65536'],
    ['port', 'x'],
    ['bind', 'a b c d e f g h i j k l m n o p q'],
    ['maxclients', '0'],
    ['maxclients', '4294967296'],
    ['save', '1 2 x'],
    ['save', '0 1'],
    ['save', '1'],
    ['appendonly', 'maybe'],
    ['databases', '4'],
    ['DataBases', '4'],
    ['Timeout', '1', 'timeout', '2'],
    ['timeout', '1', 'TIMEOUT', '2'],
    ['TIMEOUT', '-1'],
    ['unixsocket', '/x'],
    ['unixsocketperm', '9'],
    ['logfile', 'x'],
    ['pidfile', 'x'],
    ['enable-debug-command', 'x'],
    ['maxmemory-policy', 'noeviction noeviction'],
    ['client-output-buffer-limit', 'normal 1 2 3 foo 1 2 3'],
    ['client-output-buffer-limit', 'normal 1 2 3 pubsub 1 2'],
    ['client-output-buffer-limit', 'master 1 2 3'],
  ]
  test.each(errors.map(args => [args] as const))('CONFIG SET %j', async args => {
    const config = await sameConfig()
    const theirs = await redis.send('CONFIG', 'SET', ...args)
    expect(theirs.type).toBe('error')
    expect(set(config, args)).toEqual(theirs)
    await expectSameValues(config)
  })

  test('CONFIG SET at random', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(settings, { minLength: 1, maxLength: 4 }), async calls => {
        const config = await sameConfig()
        for (const call of calls) {
          const args = call.flat()
          expect(set(config, args)).toEqual(await redis.send('CONFIG', 'SET', ...args))
        }
        await expectSameValues(config)
      }),
      { numRuns: 300 },
    )
  })
})

const number = fc.oneof(
  fc.integer({ min: -3, max: 600 }).map(String),
  fc.bigInt(-(2n ** 64n), 2n ** 64n - 1n).map(String),
  fc.constantFrom('', '+1', '01', '-0', '1.0', '1e3', ' 1', '0x10', '2147483647', '2147483648', '9223372036854775807'),
)
// Beyond 64 bits Redis takes memory modulo 2^64; ours refuses it. So numbers with a unit stay small here.
const memory = fc.oneof(
  fc.integer({ min: -5, max: 5_000_000 }).map(String),
  fc
    .tuple(fc.integer({ min: -1, max: 9999 }), fc.constantFrom('b', 'k', 'KB', 'm', 'Mb', 'g', 'gb', 'x', 'mbb', ' mb'))
    .map(([n, unit]) => `${n}${unit}`),
  fc.constantFrom('', 'mb', '1.5mb', '+5', '9223372036854775807', '9223372036854775808', '18446744073709551615'),
)
const limit = fc
  .tuple(
    fc.constantFrom('normal', 'NORMAL', 'slave', 'replica', 'pubsub', 'master', ''),
    memory.filter(text => !text.startsWith(' ')),
    memory,
    fc.oneof(fc.nat().map(String), fc.constantFrom('-1', 'x', '5x', '99999999999999999999')),
  )
  .map(words => words.join(' '))
// Beside all other events Redis forgets to tell of `n`; ours does not.
const letters = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'KEg$lshzxetdmA'), maxLength: 12 }),
  fc.constantFrom('n', 'Kn', 'ngE', 'q', ' '),
)
/** `appendonly yes` is the one that krmt refuses. */
const notYes = fc.constantFrom('NO', 'no', '', 'maybe')
const settings = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constantFrom(
        'timeout',
        'TCP-keepalive',
        'hz',
        'shutdown-timeout',
        'slowlog-log-slower-than',
        'slowlog-max-len',
        'lfu-log-factor',
        'lfu-decay-time',
        'hash-max-listpack-entries',
        'hash-max-ziplist-entries',
        'zset-max-ziplist-entries',
        'list-max-listpack-size',
        'set-max-intset-entries',
        'nosuch',
      ),
      number,
    ),
    fc.tuple(
      fc.constantFrom(
        'proto-max-bulk-len',
        'client-query-buffer-limit',
        'hash-max-ziplist-value',
        'zset-max-listpack-value',
      ),
      memory,
    ),
    fc.tuple(
      fc.constant('client-output-buffer-limit'),
      fc.array(limit, { maxLength: 3 }).map(list => list.join(' ')),
    ),
    fc.tuple(fc.constant('notify-keyspace-events'), letters),
    fc.tuple(fc.constantFrom('protected-mode', 'appendonly'), notYes),
    fc.tuple(fc.constant('loglevel'), fc.constantFrom('debug', 'NOTICE', 'warning', 'loud', '')),
    fc.tuple(fc.constant('maxmemory-policy'), fc.constantFrom('allkeys-lfu', 'noeviction', 'Volatile-TTL', 'lfu')),
  ),
  { minLength: 1, maxLength: 3 },
)

describeWithRedis('a configuration that stops the start', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'krmt-config-'))
    writeFileSync(join(folder, 'b.conf'), 'hz 5\nfoo\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What redis-server prints after its headline, or logs. It must end by itself. */
  function theirs(args: readonly string[]): string {
    const { REDIS_SERVER = 'redis-server' } = process.env
    const { stdout, stderr } = spawnSync(REDIS_SERVER, args, { cwd: folder, encoding: 'latin1', timeout: 10_000 })
    return /FATAL CONFIG FILE ERROR.*\n([\s\S]*)/.exec(stderr)?.[1] ?? /Fatal error, .*/.exec(stdout)?.[0] ?? stderr
  }

  /** What ours says, the name of the source taken out: Redis has none. */
  function ours(args: readonly string[]): string {
    try {
      configFromArguments(args, { cwd: folder, stdin: () => new Uint8Array() })
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    return 'no error'
  }

  test.each([
    'foo bar',
    '"" 5',
    'timeout',
    'timeout 5 6',
    'timeout 5 # five',
    'timeout "5',
    'timeout "5"x',
    'timeout 5kb',
    'TIMEOUT  x',
    'port 65536',
    'databases 0',
    'tcp-backlog -1',
    'unixsocketperm 9',
    'unixsocketperm 7x',
    'unixsocketperm 1777',
    'unixsocketperm -1',
    'enable-debug-command foo',
    'maxmemory-policy noeviction noeviction',
    'notify-keyspace-events Q',
    'client-output-buffer-limit normal 1 2',
    'client-output-buffer-limit foo 1 2 3',
    'save 1',
    'save "" 1 2',
    'appendonly maybe',
    'dir /nosuch',
    'dir /etc/passwd',
    'dir ""',
    'include',
    'include a b',
    'include b.conf',
  ])('in a file: %s', line => {
    writeFileSync(join(folder, 'a.conf'), `# a file\n\n  ${line}\nhz 5\n`)
    expect(ours(['a.conf']).replace(/(at line \d+) of .*/, '$1')).toBe(theirs(['a.conf']).trimEnd())
  })

  test.each([
    [['--timeout', 'x']],
    [['--timeout']],
    [['--timeout', '5', '8']],
    [['--timeout', '--hz', '8']],
    [['--timeout', '5', '--timeout']],
    [['--timeout 5', '8']],
    [['--hz=7']],
    [['---hz', '7']],
    [['--requirepass "x']],
    [['--requirepass', 'gr\u00fcn "\n', 'x']],
    [['--save', '1', '2', '3']],
  ])('on the command line: %j', args => {
    // Redis counts options as lines of a file; ours says that they are none.
    const lines = (text: string) => text.trimEnd().split('\n').slice(1)
    expect(lines(ours(args))).toEqual(lines(theirs(args)))
  })
})

describeWithRedis('CONFIG REWRITE', () => {
  test('leaves the lines that redis-server leaves', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krmt-config-'))
    const socket = join(folder, 'redis.sock')
    const old = `# my file
port 0
unixsocket ${socket}
loglevel notice
timeout 5
timeout 6

hash-max-ziplist-entries 99
HZ 20
bind 127.0.0.1
tcp-backlog 100
client-output-buffer-limit replica 1gb 2kb 3
# tail
unixsocketperm 700
proto-max-bulk-len 2000000
dir ${folder}
save ""
`
    writeFileSync(join(folder, 'theirs.conf'), old)
    writeFileSync(join(folder, 'ours.conf'), old)
    const stop = await startWithFile(join(folder, 'theirs.conf'))
    const redis = await connect({ path: socket })
    try {
      const config = configFromArguments(['ours.conf'], { cwd: folder, stdin: () => new Uint8Array() })
      for (const args of [
        ['timeout', '9', 'notify-keyspace-events', 'KEA', 'slowlog-log-slower-than', '-1'],
        ['client-output-buffer-limit', 'pubsub 1000000 1 1', 'client-query-buffer-limit', '5mb', 'bind', ''],
        ['notify-keyspace-events', '', 'hash-max-listpack-entries', '512', 'loglevel', 'debug', 'timeout', '0'],
      ]) {
        expect(set(config, args)).toEqual(await redis.send('CONFIG', 'SET', ...args))
        expect(await redis.send('CONFIG', 'REWRITE')).toEqual({ type: 'status', value: 'OK' })
        config.rewrite()
        expect(sortedLines(join(folder, 'ours.conf'))).toEqual(sortedLines(join(folder, 'theirs.conf')))
      }
    } finally {
      await redis.close()
      await stop()
      rmSync(folder, { recursive: true })
    }
  })
})

/** In whatever order Redis's hash table has put the lines that it adds, and without those for what krmt lacks. */
function sortedLines(file: string): string[] {
  return readFileSync(file, 'latin1')
    .split('\n')
    .filter(line => line !== '' && !/^(user|latency-tracking-info-percentiles) /.test(line))
    .sort()
}

/** Starts redis-server with a file of its own; the result stops it. */
async function startWithFile(file: string): Promise<() => Promise<void>> {
  const { REDIS_SERVER = 'redis-server' } = process.env
  const child = spawn(REDIS_SERVER, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>(resolve => child.on('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.on('error', reject)
    child.on('close', () => reject(new Error(`redis-server ended:\n${log}`)))
    child.stdout.setEncoding('latin1').on('data', text => {
      log += text
      if (log.includes('ready to accept connections at')) resolve()
    })
  })
  return () => {
    child.kill('SIGKILL')
    return exited
  }
}
