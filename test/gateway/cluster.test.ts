import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway } from '../support/gateway-server.js'
import { describeWithRedis } from '../support/redis-server.js'
import { connect, encode, type Reply, ReplyParser, type RespClient } from '../support/resp-client.js'
import { kit } from '../upstream/kit-contract.js'
import { ask, askAll, type Front, nodeOf, openFront, type Short, short, tagOf, tags } from './cluster-setup.js'

const { KRMT_FUZZ_SEED } = process.env
const SEED = Number(KRMT_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const CROSSSLOT = "-CROSSSLOT Keys in request don't hash to the same slot"
const [A, B, C] = tags

describeWithRedis('a gateway in front of a Cluster', () => {
  let front: Front
  /** To each node. */
  let nodes: RespClient[]
  let client: RespClient

  beforeAll(async () => {
    front = await openFront()
  })
  afterAll(() => front?.stop())
  beforeEach(async () => {
    nodes = await Promise.all([0, 1, 2].map(node => front.direct(node)))
    for (const node of nodes) await node.sendMany([['FLUSHALL'], ['SCRIPT', 'FLUSH'], ['FUNCTION', 'FLUSH']])
    client = await front.connect()
  })
  afterEach(() => front.closeClients())

  /** What each node answers. */
  function onAll(line: string): Promise<Short[]> {
    return Promise.all(nodes.map(node => ask(node, line)))
  }

  async function field(node: RespClient, section: string, name: string): Promise<string> {
    return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(await ask(node, 'INFO', section)))?.[1] ?? ''
  }

  /** What connections of its own are to do: the client gets one. */
  const takeOwn = (): Promise<Short> => ask(client, 'CLIENT SETNAME own')

  describe.each([
    ['on lanes', async () => {}],
    ['on connections of its own', async () => void (await takeOwn())],
  ])('%s', (_, prepare) => {
    beforeEach(() => prepare())

    test('commands go to the nodes of their keys', async () => {
      const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`)
      for (const key of keys) expect(await ask(client, 'SET', key, `of ${key}`)).toBe('OK')
      for (const key of keys) expect(await ask(client, 'GET', key)).toBe(`of ${key}`)
      const sizes = [0, 1, 2].map(node => keys.filter(key => nodeOf(key) === node).length)
      expect(await onAll('DBSIZE')).toEqual(sizes)
      expect(Math.min(...sizes)).toBeGreaterThan(5)
    })

    test('commands of several keys are done within a slot, and refused across slots in Redis’s words', async () => {
      expect(await ask(client, `MSET ${A}1 a ${A}2 b`)).toBe('OK')
      expect(await ask(client, `MGET ${A}1 ${A}2 ${A}3`)).toEqual(['a', 'b', null])
      const [sameNode] = [tagOf(0, 1)]
      for (const line of [
        `MSET ${A}1 x ${B}1 x`,
        `MGET ${A}1 ${sameNode}1`,
        `DEL ${A}1 ${C}1`,
        `RENAME ${A}1 ${B}1`,
        `SINTERSTORE ${A}s ${A}t ${B}t`,
        `ZUNION 2 ${A}z ${B}z`,
        `BLPOP ${A}l ${B}l 0`,
        `XREAD STREAMS ${A}x ${B}x 0 0`,
        `EVAL return{} 2 ${A}1 ${B}1`,
        `WATCH ${A}1 ${B}1`,
        `SSUBSCRIBE ${A}c ${B}c`,
        `PFCOUNT ${A}p ${B}p`,
      ]) {
        expect(await ask(client, line), line).toBe(CROSSSLOT)
      }
      expect(await ask(client, `MGET ${A}1 ${A}2`)).toEqual(['a', 'b'])
      expect(await ask(client, `HMSETIF ${A}h 2 a b`)).toMatch(/^-/)
    })

    test('pipelines over all nodes are answered in order', async () => {
      const line = fc.oneof(
        fc
          .tuple(fc.constantFrom('SET'), fc.integer({ min: 0, max: 40 }), fc.integer())
          .map(([, k, v]) => `SET k${k} ${v}`),
        fc.integer({ min: 0, max: 40 }).map(k => `GET k${k}`),
        fc.integer({ min: 0, max: 40 }).map(k => `INCR k${k}`),
        fc.integer({ min: 0, max: 40 }).map(k => `LPUSH k${k} x`),
        fc.integer({ min: 0, max: 40 }).map(k => `DEL k${k}`),
        fc.integer({ min: 0, max: 40 }).map(k => `HMSETNX h${k} f v`),
        fc.nat({ max: 3 }).map(i => `ECHO ${'x'.repeat(40_000 * i)}.`),
        fc.constantFrom('DBSIZE', 'FLUSHALL', 'GET', 'NOSUCH a', 'PING', 'SELECT 0', 'SELECT 7', 'EXISTS k1 k2 k3'),
        fc.nat({ max: 50 }).map(n => `EVAL local~r={};for~i=1,${n}~do~r={r,i}end;return~r 0`),
        fc.nat({ max: 20 }).map(n => `EVAL return~redis.error_reply('E~'..KEYS[1]) 1 k${n}`),
        fc.constantFrom(
          `MULTI|SET ${A}m 1|INCR ${A}m|EXEC`,
          `MULTI|PING|GET ${B}m|DISCARD`,
          `MULTI|GET ${A}m|GET ${B}m|EXEC`,
        ),
      )
      const run = async (all: readonly string[], cuts: readonly number[]): Promise<void> => {
        const commands = all
          .flatMap(one => one.split('|'))
          .map(one => one.split(' ').map(word => word.replaceAll('~', ' ')))
        await ask(client, 'FLUSHALL')
        const apart: Short[] = []
        for (const argv of commands) apart.push(short(await client.send(...argv)))
        await ask(client, 'FLUSHALL')
        const raw = await front.raw()
        const replies: Short[] = []
        const parser = new ReplyParser((reply: Reply) => replies.push(short(reply)))
        const text = commands.map(encode).join('')
        let from = 0
        for (const cut of [...cuts.map(part => Math.floor(part * text.length)), text.length].sort((a, b) => a - b)) {
          raw.write(text.slice(from, cut))
          from = cut
          await new Promise(resolve => setImmediate(resolve))
        }
        await raw.until(bytes => {
          parser.push(bytes)
          raw.received = ''
          return replies.length >= commands.length
        })
        await raw.close()
        expect(replies).toEqual(apart)
      }
      const property = fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        run,
      )
      await fc.assert(property, { seed: SEED, numRuns: 40, endOnFailure: true })
    })

    test('SCAN finds all keys once', async () => {
      const keys = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? `list ${i}` : `key ${i}`))
      await client.sendMany(keys.map(key => (key.startsWith('list') ? ['RPUSH', key, 'x'] : ['SET', key, 'x'])))
      const scan = async (...options: string[]): Promise<string[]> => {
        const found: string[] = []
        let cursor = '0'
        do {
          const reply = (await ask(client, 'SCAN', cursor, ...options)) as [string, string[]]
          expect(Number.isSafeInteger(Number(reply[0]))).toBe(true)
          cursor = reply[0]
          found.push(...reply[1])
        } while (cursor !== '0')
        return found.sort()
      }
      const sorted = keys.toSorted()
      expect(await scan()).toEqual(sorted)
      expect(await scan('COUNT', '1000')).toEqual(sorted)
      expect(await scan('COUNT', '1')).toEqual(sorted)
      expect(await scan('MATCH', 'key *7')).toEqual(sorted.filter(key => /^key .*7$/.test(key)))
      expect(await scan('TYPE', 'list', 'COUNT', '50')).toEqual(sorted.filter(key => key.startsWith('list')))
    })

    test('SCAN with a cursor that means nothing is answered as Redis does, or ends', async () => {
      await client.sendMany([['SET', 'a', '1']])
      const invalid = '-ERR invalid cursor'
      for (const [line, expected] of [
        ['SCAN x', invalid],
        ['SCAN 99999999999999999999', invalid],
        ['SCAN 18446744073709551616', invalid],
        ['SCAN 18446744073709551615', ['0', []]],
        [`SCAN ${2n ** 48n * 3n}`, ['0', []]],
        ['SCAN 0 COUNT x', '-ERR value is not an integer or out of range'],
        ['SCAN 0 COUNT 0', '-ERR syntax error'],
        ['SCAN 0 NOSUCH 1', '-ERR syntax error'],
        ['SCAN', "-ERR wrong number of arguments for 'scan' command"],
      ] as const) {
        expect(await ask(client, line), line).toEqual(expected)
      }
      for (const cursor of ['12345', String(2n ** 48n + 77n), String(2n ** 47n)]) {
        expect(await ask(client, `SCAN ${cursor}`)).toEqual([expect.any(String), expect.any(Array)])
      }
    })

    test('what is about all keys is about those of all nodes', async () => {
      expect(await ask(client, 'RANDOMKEY')).toBeNull()
      const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`)
      await client.sendMany(keys.map(key => ['SET', key, 'x']))
      expect(await ask(client, 'DBSIZE')).toBe(30)
      expect(((await ask(client, 'KEYS *')) as string[]).sort()).toEqual(keys.toSorted())
      expect(await ask(client, 'KEYS', 'key 7')).toEqual(['key 7'])
      const found = new Set((await client.sendMany(Array.from({ length: 200 }, () => ['RANDOMKEY']))).map(short))
      for (const key of found) expect(keys).toContain(key)
      expect(new Set([...found].map(key => nodeOf(String(key)))).size).toBe(3)
      expect(await ask(client, 'RANDOMKEY x')).toBe("-ERR wrong number of arguments for 'randomkey' command")
      expect(await ask(client, 'FLUSHDB')).toBe('OK')
      expect(await onAll('DBSIZE')).toEqual([0, 0, 0])
      await client.sendMany(keys.map(key => ['SET', key, 'x']))
      expect(await ask(client, 'FLUSHALL ASYNC')).toBe('OK')
      expect(await onAll('DBSIZE')).toEqual([0, 0, 0])
      expect(await ask(client, 'FLUSHALL NOSUCH')).toBe('-ERR syntax error')
    })

    test('what is about all keys comes behind what was sent before, and before what was sent behind', async () => {
      const lines = [
        `SET ${A}k 1`,
        `SET ${B}k 1`,
        `SET ${C}k 1`,
        'DBSIZE',
        'FLUSHALL',
        'DBSIZE',
        `GET ${B}k`,
        `SET ${C}k 2`,
      ]
      const replies = await askAll(client, [...lines, ...lines.slice(3)])
      expect(replies).toEqual(['OK', 'OK', 'OK', 3, 'OK', 0, null, 'OK', 1, 'OK', 0, null, 'OK'])
    })

    test('scripts that are loaded run wherever their keys are', async () => {
      const sha = String(await ask(client, 'SCRIPT', 'LOAD', "return redis.call('INCRBY', KEYS[1], ARGV[1])"))
      expect(await onAll(`SCRIPT EXISTS ${sha}`)).toEqual([[1], [1], [1]])
      for (const tag of tags) expect(await ask(client, `EVALSHA ${sha} 1 ${tag}k 5`)).toBe(5)
      for (const tag of tags) expect(await ask(client, `GET ${tag}k`)).toBe('5')
      expect(await ask(client, `SCRIPT EXISTS ${sha} ${'0'.repeat(40)}`)).toEqual([1, 0])
      // EVAL makes it known to one node alone.
      await ask(client, 'EVAL', "return redis.call('GET', KEYS[1])", 1, `${A}k`)
      const other = String(await ask(nodes[0]!, 'SCRIPT', 'LOAD', "return redis.call('GET', KEYS[1])"))
      expect(await ask(client, `EVALSHA ${other} 1 ${A}k`)).toBe('5')
      expect(await ask(client, `EVALSHA ${other} 1 ${B}k`)).toBe('-NOSCRIPT No matching script. Please use EVAL.')
      expect(await ask(client, `SCRIPT EXISTS ${other}`)).toEqual([0])
      expect(await ask(client, 'EVAL', "return redis.call('GET', KEYS[1])", 1, `${B}k`)).toBe('5')
      expect(await ask(client, 'EVAL', 'return {KEYS[1], ARGV[1]}', 0, 'x')).toEqual([])
      expect(await ask(client, 'EVAL', `return redis.call('GET', '${C}k')`, 1, `${A}k`)).toMatch(
        /^-ERR .*non local key/,
      )
      expect(await ask(client, 'SCRIPT FLUSH')).toBe('OK')
      expect(await onAll(`SCRIPT EXISTS ${sha}`)).toEqual([[0], [0], [0]])
      expect(await ask(client, `EVALSHA ${sha} 1 ${A}k 5`)).toBe('-NOSCRIPT No matching script. Please use EVAL.')
    })

    test('functions are with all nodes', async () => {
      const library =
        "#!lua name=lib\nredis.register_function('inc', function(k, a) return redis.call('INCRBY', k[1], a[1]) end)"
      expect(await ask(client, 'FUNCTION', 'LOAD', library)).toBe('lib')
      for (const tag of tags) expect(await ask(client, `FCALL inc 1 ${tag}f 3`)).toBe(3)
      expect(JSON.stringify(await ask(client, 'FUNCTION LIST'))).toContain('"inc"')
      expect(await ask(client, 'FUNCTION', 'LOAD', library)).toBe("-ERR Library 'lib' already exists")
      expect(await ask(client, 'FUNCTION DELETE lib')).toBe('OK')
      expect(await onAll('FUNCTION LIST')).toEqual([[], [], []])
      for (const tag of tags) expect(await ask(client, `FCALL inc 1 ${tag}f 3`)).toBe('-ERR Function not found')
    })

    test('parameters are set on all nodes', async () => {
      const before = (await ask(client, 'CONFIG GET hash-max-listpack-entries')) as string[]
      expect(await ask(client, 'CONFIG SET hash-max-listpack-entries 77')).toBe('OK')
      expect(await onAll('CONFIG GET hash-max-listpack-entries')).toEqual(
        Array(3).fill(['hash-max-listpack-entries', '77']),
      )
      expect(await ask(client, 'CONFIG GET hash-max-listpack-entries')).toEqual(['hash-max-listpack-entries', '77'])
      expect(await ask(client, `CONFIG SET ${before.join(' ')}`)).toBe('OK')
      expect(await ask(client, 'CONFIG SET no-such-parameter 1')).toMatch(/^-ERR Unknown option/)
    })

    test('the slow log is that of all nodes', async () => {
      await ask(client, 'CONFIG SET slowlog-log-slower-than 0')
      await ask(client, 'SLOWLOG RESET')
      await client.sendMany(tags.map(tag => ['SET', `${tag}slow`, 'x']))
      await ask(client, 'CONFIG SET slowlog-log-slower-than 10000')
      const entries = (await ask(client, 'SLOWLOG GET 100')) as [number, number, number, string[]][]
      const slow = entries.filter(([, , , argv]) => argv[0] === 'SET').map(([, , , argv]) => argv[1])
      expect(slow.sort()).toEqual(tags.map(tag => `${tag}slow`).sort())
      expect(await ask(client, 'SLOWLOG LEN')).toBe(entries.length)
      expect(await ask(client, 'SLOWLOG RESET')).toBe('OK')
      expect(await onAll('SLOWLOG LEN')).toEqual([0, 0, 0])
    })

    test('it looks like one server', async () => {
      const info = String(await ask(client, 'INFO'))
      expect(info).toMatch(/^redis_mode:standalone\r$/m)
      expect(info).toMatch(/^cluster_enabled:0\r$/m)
      expect(info).not.toMatch(/redis_mode:cluster|cluster_enabled:1/)
      const hello = (await ask(client, 'HELLO')) as string[]
      expect(hello[hello.indexOf('mode') + 1]).toBe('standalone')
      for (const line of ['CLUSTER SLOTS', 'CLUSTER', 'ASKING', 'READONLY', 'READWRITE', 'cluster nodes']) {
        expect(await ask(client, line), line).toBe('-ERR This instance has cluster support disabled')
      }
      expect(await ask(client, 'COMMAND COUNT')).toBeGreaterThan(240)
      expect(JSON.stringify(await ask(client, 'COMMAND INFO hmsetnx get'))).toMatch(/"hmsetnx".*"get"/)
      expect(await ask(client, `COMMAND GETKEYS HMSETNX ${A}h f v`)).toEqual([`${A}h`])
      expect(await ask(client, 'SELECT 0')).toBe('OK')
      expect(await ask(client, 'SELECT 1')).toBe('-ERR SELECT is not allowed in cluster mode')
      expect(await ask(client, 'SELECT x')).toBe('-ERR value is not an integer or out of range')
      expect(await ask(client, 'PING')).toBe('PONG')
    })

    test('what asks of one key is answered by its node', async () => {
      for (const tag of tags) {
        await client.sendMany([
          ['RPUSH', `${tag}list`, 'a', 'b'],
          ['XADD', `${tag}stream`, '1-1', 'f', 'v'],
          ['SET', `${tag}number`, '5'],
        ])
        expect(await ask(client, `MEMORY USAGE ${tag}list`)).toBeGreaterThan(20)
        expect(await ask(client, `OBJECT ENCODING ${tag}number`)).toBe('int')
        expect(await ask(client, `OBJECT REFCOUNT ${tag}list`)).toBe(1)
        expect(await ask(client, `XINFO GROUPS ${tag}stream`)).toEqual([])
        expect(await ask(client, `SORT ${tag}list ALPHA DESC STORE ${tag}sorted`)).toBe(2)
        expect(await ask(client, `COPY ${tag}list ${tag}copy`)).toBe(1)
        expect(await ask(client, `TYPE ${tag}copy`)).toBe('list')
        expect(await ask(client, `DUMP ${tag}none`)).toBeNull()
      }
    })

    test('modules’ commands run on keys of any node', async () => {
      for (const tag of tags) {
        expect(await askAll(client, [`HMSETNX ${tag}h a 1`, `HMSETNX ${tag}h a 2`, `HGET ${tag}h a`])).toEqual([
          'OK',
          0,
          '1',
        ])
      }
      expect(await ask(client, 'POONG')).toMatch(/^PO+NG$/)
      const sha = await ask(client, 'SCRIPT', 'LOAD', "return redis.call('INCR', KEYS[1])")
      expect(await ask(client, `SCRIPTNAME SET incr ${sha}`)).toBe('incr')
      for (const tag of tags) expect(await ask(client, `EVALNAME incr 1 ${tag}n`)).toBe(1)
    })

    test('blocking commands wait for keys of any node', async () => {
      const pusher = await front.connect()
      for (const [node, tag] of tags.entries()) {
        const popped = client.sendMany([['BLPOP', `${tag}l`, '0'], ['PING']])
        await expect.poll(() => field(nodes[node]!, 'clients', 'blocked_clients')).toBe('1')
        await ask(pusher, `RPUSH ${tag}l x`)
        expect((await popped).map(short)).toEqual([[`${tag}l`, 'x'], 'PONG'])
        expect(await ask(client, `BLPOP ${tag}l 0.01`)).toBeNull()
        expect(await ask(client, `XREAD BLOCK 10 STREAMS ${tag}x $`)).toBeNull()
      }
    })

    test('WAIT asks all nodes', async () => {
      await client.sendMany(tags.map(tag => ['SET', `${tag}k`, 'x']))
      expect(await ask(client, 'WAIT 0 100')).toBe(0)
      expect(await ask(client, 'WAIT 1 20')).toBe(0)
      expect(await ask(client, 'WAIT x 20')).toBe('-ERR value is not an integer or out of range')
    })
  })

  describe('clients', () => {
    test('of whom many work at once get what is theirs', async () => {
      const work = async (me: number): Promise<void> => {
        const own = await front.connect(me % 2 === 0 ? 2 : 3)
        if (me % 3 === 0) await ask(own, `CLIENT SETNAME me${me}`)
        for (let round = 0; round < 8; round++) {
          const lines: string[] = []
          const expected: Short[] = []
          for (let i = 0; i < 12; i++) {
            const value = `${me}-${round}-${i}${'.'.repeat((me * i * 37) % 3000)}`
            const key = `k${me}-${i}`
            lines.push(`SET ${key} ${value}`, `GET ${key}`, `ECHO ${value}`, `LPUSH ${key} x`)
            expected.push('OK', value, value, '-WRONGTYPE Operation against a key holding the wrong kind of value')
            if (i % 6 === 0) {
              lines.push('MULTI', `GET ${key}`, `GETRANGE ${key} 0 2`, 'EXEC', `HMSETNX h${me} f${round}-${i} ${value}`)
              expected.push('OK', 'QUEUED', 'QUEUED', [value, value.slice(0, 3)], 'OK')
            }
          }
          expect(await askAll(own, lines)).toEqual(expected)
        }
      }
      await Promise.all(Array.from({ length: 24 }, (_, me) => work(me)))
    })

    test('that go while they wait leave no blocked client behind', async () => {
      const blocked = async (): Promise<string> =>
        (await Promise.all(nodes.map(node => field(node, 'clients', 'blocked_clients')))).join(' ')
      const raws = await Promise.all(Array.from({ length: 6 }, () => front.raw()))
      for (const [i, raw] of raws.entries()) {
        raw.write(
          i % 2 === 0 ? `BLPOP ${tags[i % 3]}l 0\r\nPING\r\n` : `PING\r\nXREAD BLOCK 0 STREAMS ${tags[i % 3]}s $\r\n`,
        )
      }
      await expect.poll(blocked).toBe('2 2 2')
      for (const [i, raw] of raws.entries()) {
        if (i < 3) raw.socket.destroy()
        else raw.socket.end()
      }
      await expect.poll(blocked).toBe('0 0 0')
      // WAIT too, with any time-out.
      const waiting = await front.raw()
      waiting.write('WAIT 1 0\r\n')
      await expect.poll(blocked).toBe('1 1 1')
      waiting.socket.end()
      await expect.poll(blocked).toBe('0 0 0')
    })

    test('that send more than a node takes have to wait', async () => {
      const raw = await front.raw()
      raw.write(`SET ${B}k 1\r\n`)
      await raw.until(bytes => bytes === '+OK\r\n')
      const command = encode(['SET', `${B}k`, 'x'.repeat(100_000)])
      const count = 800
      const sent = (): number => raw.socket.bytesWritten - raw.socket.writableLength
      const most = 32 << 20
      front.cluster.nodes[1]!.pause()
      try {
        for (let i = 0; i < count; i++) raw.write(command)
        // It is taken up to where it is held back, and no further.
        let before = 0
        let times = 0
        const hasStopped = (): boolean => {
          times = sent() === before ? times + 1 : 0
          before = sent()
          return times > 10
        }
        await expect.poll(hasStopped, { interval: 50, timeout: 1500 }).toBe(true)
        expect(sent()).toBeLessThan(most)
        expect(await ask(client, `SET ${A}k v`)).toBe('OK')
      } finally {
        front.cluster.nodes[1]!.resume()
      }
      expect(await raw.until(bytes => bytes.length === 5 * count)).toBe('+OK\r\n'.repeat(count))
    })

    test('are let in while a node stands still, and served by the others', async () => {
      // Never for so long that the others take it for failed.
      for (const [node, tag] of tags.entries()) {
        front.cluster.nodes[node]!.pause()
        try {
          const since = performance.now()
          const newcomer = await front.connect()
          const other = tags.find(one => one !== tag)
          expect(await ask(newcomer, `SET ${other}k v`)).toBe('OK')
          expect(await ask(newcomer, `HMSETNX ${other}h${node} f v`)).toBe('OK')
          expect(await askAll(newcomer, [`WATCH ${other}k`, 'MULTI', `GET ${other}k`, 'EXEC'])).toEqual([
            'OK',
            'OK',
            'QUEUED',
            ['v'],
          ])
          expect(performance.now() - since).toBeLessThan(1500)
        } finally {
          front.cluster.nodes[node]!.resume()
        }
      }
    })

    test('whose commands wait for each other are told in time that a node does not answer', async () => {
      const timeout = 400
      const hasty = await startGateway({
        upstream: front.cluster.url(),
        modules: kit,
        config: { 'upstream-timeout': String(timeout) },
      })
      const shared = [`GET ${A}k`, `HMSETNX ${A}h f v`, `GET ${A}other`, `HMSETNX ${A}g f v`]
      const own = ['CLIENT SETNAME me', ...shared, `BLPOP ${A}list 0`, 'MULTI', `GET ${A}k`, 'EXEC']
      const lines = [shared, own].map(texts => Array.from({ length: 10 }, () => texts).flat())
      const clients = await Promise.all(lines.map(() => connect({ path: hasty.socketPath })))
      for (const [i, one] of clients.entries()) await ask(one, `SET ${A}k ${i}`)
      front.cluster.nodes[0]!.pause()
      const began = performance.now()
      try {
        await Promise.all(
          lines.flatMap((texts, i) => texts.map(text => clients[i]!.send(...text.split(' ')).catch(() => {}))),
        )
      } finally {
        front.cluster.nodes[0]!.resume()
      }
      expect(performance.now() - began).toBeLessThan(4 * timeout)
      await Promise.all(clients.map(one => one.close()))
      await hasty.stop()
    })

    test('leave no connection behind', async () => {
      const count = async (): Promise<number> =>
        (await Promise.all(nodes.map(node => field(node, 'clients', 'connected_clients')))).reduce(
          (sum, n) => sum + Number(n),
          0,
        )
      await askAll(client, [...tags.map(tag => `GET ${tag}k`), 'CLIENT ID'])
      const before = await count()
      const all = await Promise.all(Array.from({ length: 10 }, () => front.connect(3)))
      const lines = ['CLIENT TRACKING ON', ...tags.map(tag => `GET ${tag}k`), `WATCH ${A}k`, 'MULTI', `SET ${A}k 1`]
      await Promise.all(all.map(one => askAll(one, lines)))
      expect(await count()).toBeGreaterThanOrEqual(before + 30)
      await Promise.all(all.map(one => one.close()))
      await expect.poll(count).toBeLessThanOrEqual(before + 3)
      expect(await ask(client, `GET ${A}k`)).toBeNull()
    })

    test('have ids that mean the same to all, and can be killed by them', async () => {
      const doomed = await front.connect()
      await askAll(doomed, ['CLIENT SETNAME doomed', ...tags.map(tag => `GET ${tag}k`)])
      const id = await ask(doomed, 'CLIENT ID')
      expect(await ask(doomed, 'CLIENT ID')).toBe(id)
      expect(await ask(doomed, 'CLIENT GETNAME')).toBe('doomed')
      expect(await ask(doomed, 'CLIENT INFO')).toContain(`id=${id} `)
      expect(await ask(client, 'CLIENT LIST ID', id!.toString())).toMatch(/^-/)
      expect(await ask(client, `CLIENT LIST ID ${id}`)).toContain('name=doomed')
      const bystander = await front.connect()
      await askAll(bystander, ['CLIENT SETNAME bystander', ...tags.map(tag => `GET ${tag}k`)])
      expect(await ask(client, `CLIENT KILL ID ${id}`)).toBe(1)
      await doomed.closed
      expect(await ask(bystander, 'PING')).toBe('PONG')
      // A client has its name at each node that it has to do with.
      expect((await onAll('CLIENT LIST')).map(list => /name=bystander/.test(String(list)))).toEqual([true, true, true])
    })

    test.each(['CLIENT SETNAME named', 'HELLO 3 SETNAME named'])(
      'have one name with all nodes, also with those that they come to later: %s',
      async line => {
        const named = await front.connect()
        await ask(named, line)
        await askAll(
          named,
          tags.map(tag => `GET ${tag}k`),
        )
        const lists = await onAll('CLIENT LIST')
        expect(lists.map(list => /name=named /.test(String(list)))).toEqual([true, true, true])
      },
    )

    test('may be subscribers, who in RESP2 do nothing else', async () => {
      await ask(client, `SSUBSCRIBE ${B}c`)
      const refusal = (name: string): string =>
        `-ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`
      expect(await askAll(client, [`GET ${A}k`, `SET ${B}k 1`, 'DBSIZE', 'MULTI', 'HMSETNX h f v'])).toEqual(
        ['get', 'set', 'dbsize', 'multi', 'hmsetnx'].map(refusal),
      )
      expect(await askAll(client, ['PING', 'PING x'])).toEqual([
        ['pong', ''],
        ['pong', 'x'],
      ])
      expect(await ask(client, 'SUBSCRIBE a')).toEqual([['subscribe', 'a', 1]])
      expect(await ask(client, 'UNSUBSCRIBE')).toEqual([['unsubscribe', 'a', 0]])
      expect(await ask(client, 'SUNSUBSCRIBE')).toEqual([['sunsubscribe', `${B}c`, 0]])
      expect(await askAll(client, [`GET ${A}k`, 'PING'])).toEqual([null, 'PONG'])
      expect(await ask(client, 'SUNSUBSCRIBE')).toEqual([['sunsubscribe', null, 0]])
    })

    test('authenticate with users that all nodes know', async () => {
      const rules = 'on >secret ~{t* &* +@all -flushall -@dangerous +keys +info +client'
      for (const node of nodes) await node.send('ACL', 'SETUSER', 'alice', ...rules.split(' '))
      expect(await ask(client, 'AUTH alice wrong')).toMatch(/^-WRONGPASS/)
      expect(await ask(client, 'ACL WHOAMI')).toBe('default')
      for (const own of [false, true]) {
        const alice = await front.connect()
        if (own) await askAll(alice, ['CLIENT SETNAME alice', ...tags.map(tag => `GET ${tag}k`)])
        expect(await ask(alice, 'AUTH alice secret')).toBe('OK')
        expect(await ask(alice, 'ACL WHOAMI')).toMatch(/^(alice|-NOPERM.*)$/)
        for (const tag of tags) {
          expect(await ask(alice, `SET ${tag}k v`)).toBe('OK')
          expect(await ask(alice, `HMSETNX ${tag}h${own} f v`)).toBe('OK')
        }
        expect(await ask(alice, 'SET other v')).toMatch(/^-NOPERM/)
        expect(await ask(alice, 'HMSETNX other f v')).toMatch(/^-NOPERM/)
        expect(await ask(alice, 'FLUSHALL')).toMatch(/^-NOPERM/)
        expect(await ask(alice, 'DBSIZE')).toBe(own ? 6 + 3 : 6)
        expect(await askAll(alice, ['MULTI', `SET ${B}k w`, `SET no${B}k v`, 'EXEC'])).toEqual([
          'OK',
          'QUEUED',
          expect.stringMatching(/^-NOPERM/),
          '-EXECABORT Transaction discarded because of previous errors.',
        ])
        expect(await ask(alice, 'AUTH alice wrong')).toMatch(/^-WRONGPASS/)
        expect(await ask(alice, 'HELLO 3 AUTH alice secret SETNAME a')).toContainEqual(['proto', 3])
        expect(await ask(alice, `GET ${B}k`)).toBe('v')
        expect(await ask(alice, 'RESET')).toBe('RESET')
        expect(await ask(alice, 'SET other v')).toBe('OK')
        expect(await ask(alice, 'DEL other')).toBe(1)
      }
      for (const node of nodes) await node.send('ACL', 'DELUSER', 'alice')
    })

    test('speak the version of RESP that they choose, on all nodes, at any time', async () => {
      await client.sendMany(tags.map(tag => ['HSET', `${tag}h`, 'f', 'v']))
      const types = async (): Promise<string[]> => {
        const replies = await client.sendMany(tags.map(tag => ['HGETALL', `${tag}h`]))
        return replies.map(({ type }) => type)
      }
      for (let round = 0; round < 2; round++) {
        expect(await types()).toEqual(['array', 'array', 'array'])
        expect((await client.send('HELLO', 3)).type).toBe('map')
        expect(await types()).toEqual(['map', 'map', 'map'])
        expect((await client.send('GET', 'none')).type).toBe('null')
        expect((await client.send('INFO', 'server')).type).toBe('verbatim')
        expect((await client.send('HELLO', 2)).type).toBe('array')
        // The second time on connections of its own.
        await takeOwn()
      }
      expect(await ask(client, 'HELLO 4')).toBe('-NOPROTO unsupported protocol version')
      expect(await types()).toEqual(['array', 'array', 'array'])
    })

    test('QUIT, MONITOR, RESET', async () => {
      const raw = await front.raw()
      raw.write(`SET ${A}q 1\r\nMULTI\r\nSET ${B}q 1\r\nQUIT\r\nSET ${C}q 1\r\n`)
      expect(await raw.until(() => false)).toBe('+OK\r\n+OK\r\n+QUEUED\r\n+OK\r\n')
      expect(await ask(client, 'DBSIZE')).toBe(1)
      const monitor = await front.raw()
      monitor.write('MONITOR\r\n')
      expect(await monitor.until(bytes => bytes.endsWith('\r\n'))).toBe('+OK\r\n')
      await askAll(client, [`SET ${tags[nodeOfHome()]}m 1`, 'ECHO end'])
      const seen = await monitor.until(bytes => bytes.includes('"ECHO" "end"'))
      expect(seen).toContain(`"SET" "${tags[nodeOfHome()]}m"`)
      monitor.write(`GET ${A}q\r\nPING\r\nRESET\r\nGET ${A}q\r\n`)
      const answers = await monitor.until(bytes => bytes.endsWith('$1\r\n1\r\n'))
      expect(answers.split('\r\n').filter(line => !/^(\+\d.*|)$/.test(line))).toEqual([
        "-ERR Replica can't interact with the keyspace",
        '+PONG',
        '+RESET',
        '$1',
        '1',
      ])
      expect(await ask(client, `GET ${A}q`)).toBe('1')
    })

    /** The one that does what any could do: the first in the order of their names. */
    function nodeOfHome(): number {
      const { ports } = front.cluster
      return ports.indexOf(ports.toSorted((a, b) => (`${a}` < `${b}` ? -1 : 1))[0]!)
    }
  })

  describe.each([2, 3] as const)('pub/sub in RESP%i', protocol => {
    let listener: RespClient
    beforeEach(async () => {
      listener = await front.connect(protocol)
    })
    const heard = async (): Promise<Short> => short(await listener.nextPush())

    test('messages come from all nodes, and those of one client in order', async () => {
      expect(await ask(listener, 'SUBSCRIBE news other')).toEqual([
        ['subscribe', 'news', 1],
        ['subscribe', 'other', 2],
      ])
      expect(await ask(listener, 'PSUBSCRIBE n*')).toEqual([['psubscribe', 'n*', 3]])
      for (const [i, node] of nodes.entries()) {
        await ask(node, 'PUBLISH', 'news', `from ${i}`)
        expect([await heard(), await heard()]).toEqual([
          ['message', 'news', `from ${i}`],
          ['pmessage', 'n*', 'news', `from ${i}`],
        ])
      }
      const replies = await client.sendMany(Array.from({ length: 200 }, (_, i) => ['PUBLISH', 'other', `${i}`]))
      expect(replies.map(short)).toEqual(Array(200).fill(1))
      for (let i = 0; i < 200; i++) expect(await heard()).toEqual(['message', 'other', `${i}`])
      expect(await ask(client, 'PUBLISH news x')).toBe(2)
    })

    test('who listens to what is known of all nodes', async () => {
      await ask(listener, 'SUBSCRIBE news other')
      await ask(listener, 'PSUBSCRIBE n*')
      for (const [i, node] of nodes.entries()) await ask(node, 'SUBSCRIBE', 'news', `only ${i}`)
      expect(((await ask(client, 'PUBSUB CHANNELS')) as string[]).sort()).toEqual(
        ['news', 'only 0', 'only 1', 'only 2', 'other'].sort(),
      )
      expect(await ask(client, 'PUBSUB CHANNELS o*r')).toEqual(['other'])
      expect(await ask(client, 'PUBSUB NUMSUB news other none')).toEqual(['news', 4, 'other', 1, 'none', 0])
      expect(await ask(client, 'PUBSUB NUMPAT')).toBe(1)
      expect(await ask(client, 'PUBSUB NUMSUB')).toEqual([])
      expect(await ask(client, 'PUBSUB NOSUCH')).toMatch(/^-ERR unknown subcommand/)
    })

    test('shard channels are of their slots', async () => {
      for (const tag of tags) expect(await ask(listener, `SSUBSCRIBE ${tag}c`)).toEqual([['ssubscribe', `${tag}c`, 1]])
      for (const tag of tags) {
        expect(await ask(client, `SPUBLISH ${tag}c hi`)).toBe(1)
        expect(await heard()).toEqual(['smessage', `${tag}c`, 'hi'])
      }
      expect(((await ask(client, 'PUBSUB SHARDCHANNELS')) as string[]).sort()).toEqual(
        tags.map(tag => `${tag}c`).sort(),
      )
      expect(await ask(client, `PUBSUB SHARDNUMSUB ${A}c ${B}c x`)).toEqual([`${A}c`, 1, `${B}c`, 1, 'x', 0])
      expect(await ask(listener, `SUNSUBSCRIBE ${A}c`)).toEqual([['sunsubscribe', `${A}c`, 0]])
      const left = (await ask(listener, 'SUNSUBSCRIBE')) as Short[][]
      expect(left.map(one => one[1]).sort()).toEqual([`${B}c`, `${C}c`].sort())
      expect(await ask(client, 'PUBSUB SHARDCHANNELS')).toEqual([])
    })
  })

  describe('transactions', () => {
    test('are done by the node of their keys', async () => {
      for (const tag of tags) {
        expect(
          await askAll(client, ['MULTI', `SET ${tag}k 1`, `INCR ${tag}k`, `LPUSH ${tag}k x`, `GET ${tag}k`, 'EXEC']),
        ).toEqual([
          'OK',
          'QUEUED',
          'QUEUED',
          'QUEUED',
          'QUEUED',
          ['OK', 2, '-WRONGTYPE Operation against a key holding the wrong kind of value', '2'],
        ])
      }
      expect(await askAll(client, ['MULTI', 'EXEC', 'EXEC', 'DISCARD', 'MULTI', 'DISCARD'])).toEqual([
        'OK',
        [],
        '-ERR EXEC without MULTI',
        '-ERR DISCARD without MULTI',
        'OK',
        'OK',
      ])
    })

    test('may begin with commands that have no keys', async () => {
      for (const tag of tags) {
        expect(
          await askAll(client, [
            'MULTI',
            'PING',
            'ECHO a',
            `SET ${tag}k ${tag}`,
            'PING',
            `GET ${tag}k`,
            'SELECT 0',
            'EXEC',
          ]),
        ).toEqual([
          'OK',
          'QUEUED',
          'QUEUED',
          'QUEUED',
          'QUEUED',
          'QUEUED',
          'QUEUED',
          ['PONG', 'a', 'OK', 'PONG', tag, 'OK'],
        ])
      }
      expect(await askAll(client, ['MULTI', 'PING', 'EXEC'])).toEqual(['OK', 'QUEUED', ['PONG']])
      expect(await askAll(client, ['MULTI', 'PING', `SET ${C}k no`, 'DISCARD', `GET ${C}k`])).toEqual([
        'OK',
        'QUEUED',
        'QUEUED',
        'OK',
        C,
      ])
      expect(await askAll(client, ['MULTI', 'SELECT 1', 'INFO clients', 'EXEC'])).toEqual([
        'OK',
        'QUEUED',
        'QUEUED',
        ['-ERR SELECT is not allowed in cluster mode', expect.stringContaining('# Clients')],
      ])
    })

    const aborted = '-EXECABORT Transaction discarded because of previous errors.'

    const refused: readonly (readonly [string, string, unknown])[] = [
      ['a key of another slot', `SET ${B}k 1`, CROSSSLOT],
      ['a key of another slot of the same node', `SET ${tagOf(0, 1)}k 1`, CROSSSLOT],
      ['keys of several slots', `MSET ${A}k 1 ${B}k 1`, CROSSSLOT],
      ['a command that there is not', 'NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
      ['too few words', 'GET', "-ERR wrong number of arguments for 'get' command"],
      ['a module’s command', `HMSETNX ${A}h f v`, expect.stringMatching(/^-ERR 'hmsetnx' runs in the gateway/)],
      ['CLUSTER', 'CLUSTER INFO', '-ERR This instance has cluster support disabled'],
      ...[
        'FLUSHALL',
        'DBSIZE',
        'KEYS *',
        'SCAN 0',
        'SCRIPT FLUSH',
        'CONFIG SET maxmemory 0',
        'SUBSCRIBE a',
        'CLIENT TRACKING ON',
        'AUTH x',
        'HELLO 3',
        'MONITOR',
      ].map(line => [line, line, expect.stringMatching(/^-ERR '\w+' concerns several nodes of the Cluster/)] as const),
    ]
    test.each(refused)('with %s are not executed', async (_, line, error) => {
      for (const before of [[], [`SET ${A}k 1`]]) {
        if (before.length === 0 && error === CROSSSLOT && !line.startsWith('MSET')) continue
        const queued = before.map(() => 'QUEUED')
        const lines = ['MULTI', ...before, line, 'PING', 'EXEC', 'PING', 'DBSIZE']
        expect(await askAll(client, lines)).toEqual(['OK', ...queued, error, 'QUEUED', aborted, 'PONG', 0])
        expect(await askAll(client, ['MULTI', ...before, line, 'DISCARD', 'DBSIZE'])).toEqual([
          'OK',
          ...queued,
          error,
          'OK',
          0,
        ])
      }
    })

    test('are told in Redis’s words what they may not', async () => {
      const lines = [
        'MULTI',
        'MULTI',
        `WATCH ${A}k`,
        `SET ${A}k 1`,
        'EXEC',
        'MULTI',
        `SET ${A}k 2`,
        'EXEC x',
        `GET ${A}k`,
        'MULTI x',
        'EXEC',
      ]
      expect(await askAll(client, lines)).toEqual([
        'OK',
        '-ERR MULTI calls can not be nested',
        '-ERR WATCH inside MULTI is not allowed',
        'QUEUED',
        ['OK'],
        'OK',
        'QUEUED',
        "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
        '1',
        "-ERR wrong number of arguments for 'multi' command",
        '-ERR EXEC without MULTI',
      ])
    })

    test('with WATCH, are executed only if nothing has changed', async () => {
      const other = await front.connect()
      for (const tag of tags) {
        const [read, write, exec] = [`GET ${tag}k`, `SET ${tag}k mine`, ['MULTI', `SET ${tag}k mine`, 'EXEC']]
        expect(await askAll(client, [`WATCH ${tag}k ${tag}l`, read, ...exec])).toEqual([
          'OK',
          null,
          'OK',
          'QUEUED',
          ['OK'],
        ])
        await ask(client, `WATCH ${tag}k`)
        await ask(other, `SET ${tag}k theirs`)
        expect(await askAll(client, exec)).toEqual(['OK', 'QUEUED', null])
        expect(await ask(client, read)).toBe('theirs')
        // What was watched is watched no more.
        expect(await askAll(client, exec)).toEqual(['OK', 'QUEUED', ['OK']])
        // Watched before and within, by two commands, by a module's too.
        await askAll(client, [`WATCH ${tag}k`, `WATCH ${tag}h`, 'MULTI', write])
        await ask(other, `HMSETNX ${tag}h f v`)
        expect(await ask(client, 'EXEC')).toBeNull()
        await askAll(client, [`WATCH ${tag}k`, 'UNWATCH'])
        await ask(other, `SET ${tag}k theirs`)
        expect(await askAll(client, exec)).toEqual(['OK', 'QUEUED', ['OK']])
        await askAll(client, [`WATCH ${tag}k`, 'MULTI', 'DISCARD'])
        await ask(other, `SET ${tag}k theirs`)
        expect(await askAll(client, exec)).toEqual(['OK', 'QUEUED', ['OK']])
        await ask(client, `WATCH ${tag}k`)
        await ask(client, `SET ${tag}k self`)
        expect(await askAll(client, exec)).toEqual(['OK', 'QUEUED', null])
      }
    })

    test('with WATCH of keys that are elsewhere are refused', async () => {
      expect(await askAll(client, [`WATCH ${A}k`, `WATCH ${B}k`])).toEqual(['OK', CROSSSLOT])
      expect(await askAll(client, [`GET ${B}k`, 'MULTI', `SET ${B}k 1`, 'EXEC'])).toEqual([
        null,
        'OK',
        CROSSSLOT,
        aborted,
      ])
      expect(await askAll(client, ['MULTI', `SET ${B}k 1`, 'EXEC'])).toEqual(['OK', 'QUEUED', ['OK']])
      // Another slot of the same node is a matter of that node alone.
      expect(await askAll(client, [`WATCH ${A}k`, `WATCH ${tagOf(0, 1)}k`, 'MULTI', `SET ${A}k 1`, 'EXEC'])).toEqual([
        'OK',
        'OK',
        'OK',
        'QUEUED',
        ['OK'],
      ])
    })

    test('of many clients on one key lose no update', async () => {
      const key = `${B}count`
      const work = async (): Promise<void> => {
        const own = await front.connect()
        for (let done = 0; done < 10; ) {
          const [, value] = await askAll(own, [`WATCH ${key}`, `GET ${key}`])
          const replies = await askAll(own, ['MULTI', 'PING', `SET ${key} ${Number(value) + 1}`, 'EXEC'])
          if (replies.at(-1) !== null) done++
        }
      }
      await Promise.all(Array.from({ length: 8 }, work))
      expect(await ask(client, `GET ${key}`)).toBe('80')
    })
  })

  describe('CLIENT TRACKING', () => {
    let other: RespClient
    beforeEach(async () => {
      client = await front.connect(3)
      other = await front.connect()
      await client.sendMany(tags.map(tag => ['HSET', `${tag}h`, 'f', 'v']))
    })
    const told = async (): Promise<Short> => short(await client.nextPush())
    /** What it has been told up to now. */
    const allTold = async (): Promise<Short[]> => {
      // What was to come from any node has come when all have answered.
      await client.sendMany(tags.map(tag => ['GET', `${tag}end`]))
      return client.pushes.splice(0).map(short)
    }

    test('tells of what was read on any node', async () => {
      expect(await ask(client, 'CLIENT TRACKING ON')).toBe('OK')
      for (const tag of tags) {
        await ask(client, `HGET ${tag}h f`)
        await ask(other, `HSET ${tag}h f w`)
        expect(await told()).toEqual(['invalidate', [`${tag}h`]])
        await ask(other, `HSET ${tag}h f x`)
      }
      expect(await allTold()).toEqual([])
      await askAll(
        client,
        tags.map(tag => `HGET ${tag}h f`),
      )
      await ask(other, 'FLUSHALL')
      expect([await told(), await told(), await told()]).toEqual(Array(3).fill(['invalidate', null]))
      await askAll(
        client,
        tags.map(tag => `HGET ${tag}h f`),
      )
      expect(await ask(client, 'CLIENT TRACKING OFF')).toBe('OK')
      await askAll(
        other,
        tags.map(tag => `HSET ${tag}h f y`),
      )
      expect(await allTold()).toEqual([])
    })

    test('tells of what modules’ commands have read', async () => {
      await ask(client, 'CLIENT TRACKING ON')
      for (const tag of tags) {
        await ask(other, `SETBIT ${tag}bits 7 1`)
        expect(await ask(client, `BITALLPOS ${tag}bits`)).toEqual(['7'])
        await ask(other, `SETBIT ${tag}bits 8 1`)
        expect(await told()).toEqual(['invalidate', [`${tag}bits`]])
      }
    })

    test('BCAST tells of keys of all nodes', async () => {
      expect(await ask(client, 'CLIENT TRACKING ON BCAST PREFIX {t')).toBe('OK')
      for (const tag of tags) {
        await ask(other, `SET ${tag}b 1`)
        expect(await told()).toEqual(['invalidate', [`${tag}b`]])
      }
      await ask(other, 'SET else 1')
      expect(await allTold()).toEqual([])
    })

    test('OPTIN tells of what was asked for, wherever it is', async () => {
      await ask(other, `SETBIT ${A}bits 7 1`)
      expect(await ask(client, 'CLIENT TRACKING ON OPTIN')).toBe('OK')
      await askAll(
        client,
        tags.map(tag => `HGET ${tag}h f`),
      )
      for (const tag of tags) {
        // What comes behind is not meant, on whichever node.
        const others = tags.map(one => `HLEN ${one}h`)
        expect(await askAll(client, ['CLIENT CACHING YES', `GET ${tag}k`, ...others])).toEqual(['OK', null, 1, 1, 1])
      }
      await askAll(
        other,
        tags.map(tag => `HSET ${tag}h f w`),
      )
      expect(await allTold()).toEqual([])
      for (const tag of tags) {
        await ask(other, `SET ${tag}k 1`)
        expect(await told()).toEqual(['invalidate', [`${tag}k`]])
      }
      await askAll(client, ['CLIENT CACHING YES', 'MULTI', `GET ${B}k`, `HGET ${B}h f`, 'EXEC'])
      await askAll(other, [`SET ${B}k 2`, `HSET ${B}h f x`])
      expect([await told(), await told()]).toEqual([
        ['invalidate', [`${B}k`]],
        ['invalidate', [`${B}h`]],
      ])
      await askAll(client, ['CLIENT CACHING YES', `BITALLPOS ${A}bits`, `GET ${A}k`])
      await askAll(other, [`SET ${A}k 3`, `SETBIT ${A}bits 9 1`])
      expect(await told()).toEqual(['invalidate', [`${A}bits`]])
      expect(await allTold()).toEqual([])
      expect(await ask(client, 'CLIENT CACHING NO')).toMatch(/^-ERR CLIENT CACHING NO is only valid/)
    })

    test('REDIRECT is refused', async () => {
      expect(await ask(client, `CLIENT TRACKING ON REDIRECT ${await ask(other, 'CLIENT ID')}`)).toMatch(
        /^-ERR CLIENT TRACKING with REDIRECT is not possible in front of a Cluster/,
      )
    })
  })
})
