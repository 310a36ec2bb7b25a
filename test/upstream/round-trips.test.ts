import { open, type UpstreamDb } from 'krmt'
import { command, defineModule, t } from 'krmt/module'
import geo from 'krmt/modules/geo'
import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import scriptname from 'krmt/modules/scriptname'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProxy, type TcpProxy } from '../support/proxy.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'

const reading = defineModule({
  name: 'reading',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'chain',
      summary: 'Follows a key to the key that it names.',
      flags: ['readonly'],
      args: { key: t.key() },
      run({ key }, { read }) {
        const next = read.string(key).get()
        return next === null ? null : read.string(next).get()
      },
    }),
    command({
      name: 'both',
      summary: 'The values of a key in two databases.',
      flags: ['readonly'],
      args: { key: t.key() },
      run: ({ key }, { read }) => [read.string(key).get(), read.database(1).string(key).get()],
    }),
    command({
      name: 'move2',
      summary: 'Moves a value to another database, unless there is one.',
      flags: ['write'],
      args: { key: t.key() },
      run({ key }, { read, write }) {
        const value = read.string(key).get()
        const isTaken = read.database(1).key(key).exists
        if (value === null || isTaken) return 0
        write.string(key).set('moved')
        write.database(1).string(key).set(value)
        return 1
      },
    }),
    command({
      name: 'sumbytes',
      summary: 'Adds up the bytes of a string, one by one.',
      flags: ['readonly'],
      args: { key: t.key() },
      run({ key }, { read }) {
        const string = read.string(key)
        let sum = 0
        for (let i = 0; i < string.length; i++) sum += string.byteAt(i) ?? 0
        return sum
      },
    }),
    command({
      name: 'setboth',
      summary: 'Writes a string and a hash, and reads nothing.',
      flags: ['write'],
      args: { string: t.key(), hash: t.key() },
      run({ string, hash }, { write }) {
        write.string(string).set('1')
        write.hash(hash).set('field', 1)
        return 'done'
      },
    }),
  ],
})

const modules = [geo, hmsetif, hmsetnx, scriptname, reading] as const

describeWithRedis('round trips', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let db: UpstreamDb<typeof modules>

  beforeAll(async () => {
    server = await startRedisServer()
    proxy = await startProxy(server.port)
    db = await open(`redis://127.0.0.1:${proxy.port}`, { modules })
    // All connections are made.
    await db.call('PING')
    await Promise.all([db.chain({ key: 'none' }), db.hmsetnx({ key: 'none', entries: [{ field: 'a', value: 'b' }] })])
  })
  afterAll(async () => {
    await db?.close()
    await proxy?.close()
    await server?.stop()
  })

  /** How many times something was sent and waited for. Nobody waits for UNWATCH. */
  async function trips(run: () => Promise<unknown>): Promise<number> {
    proxy.sent.length = 0
    await run()
    return proxy.sent.filter(bytes => bytes !== '*1\r\n$7\r\nUNWATCH\r\n').length
  }

  test('one for a command of the server', async () => {
    expect(await trips(() => db.call('SET', 'plain', 'value'))).toBe(1)
  })

  test('two for a command that reads and writes, however much it reads', async () => {
    const entries = Array.from({ length: 100 }, (_, i) => ({ field: `field${i}`, value: `${i}` }))
    expect(await trips(() => db.hmsetnx({ key: 'hash', entries }))).toBe(2)
    expect(await trips(() => db.hmsetif({ key: 'hash', checkfield: 'field0', checkvalue: '0', entries }))).toBe(2)
    const place = { latitude: 48.8566, longitude: 2.3522, member: 'Paris' }
    expect(await trips(() => db.geoadd({ key: 'places', what: { places: [place] } }))).toBe(2)
  })

  test('one for a command that could write and, after a single read, does not', async () => {
    const entries = [{ field: 'field0', value: 'x' }]
    expect(await trips(() => db.hmsetnx({ key: 'hash', entries }))).toBe(1)
    expect(await trips(() => db.hmsetif({ key: 'hash', checkfield: 'field0', checkvalue: 'no', entries }))).toBe(1)
  })

  test('one for a command that only reads, whatever the number of ranges', async () => {
    expect(await trips(() => db.call('GEORADIUS', 'places', 50, 4, 400, 'km', 'WITHDIST'))).toBe(1)
    expect(proxy.sent.join('').match(/ZRANGEBYSCORE/g)?.length).toBeGreaterThan(5)
    expect(await db.call('GEORADIUS', 'places', 50, 4, 400, 'km')).toEqual(['Paris'])
  })

  test('two where the second read depends on the first', async () => {
    expect(await trips(() => db.call('GEORADIUSBYMEMBER', 'places', 'Paris', 400, 'km'))).toBe(2)
    await db.call('MSET', 'from', 'to', 'to', 'value')
    expect(await trips(async () => expect(await db.chain({ key: 'from' })).toBe('value'))).toBe(2)
  })

  test('none more for another database', async () => {
    await db.call('SET', 'key', 'here')
    expect(await trips(async () => expect(await db.both({ key: 'key' })).toEqual(['here', null]))).toBe(1)
    expect(await trips(async () => expect(await db.move2({ key: 'key' })).toBe(1))).toBe(2)
    expect(await db.both({ key: 'key' })).toEqual(['moved', 'here'])
    expect(await trips(async () => expect(await db.move2({ key: 'key' })).toBe(0))).toBe(2)
    expect(await db.call('GET', 'key')).toBe('moved')
  })

  test('a string that is looked at byte by byte comes in a few pieces', async () => {
    await db.call('SETRANGE', 'long', 99_999, '\x01')
    expect(await trips(async () => expect(await db.sumbytes({ key: 'long' })).toBe(1))).toBeLessThanOrEqual(4)
  })

  test('two for writes without reads: the types are looked at before', async () => {
    expect(await trips(() => db.setboth({ string: 's', hash: 'h' }))).toBe(2)
  })

  test('a script by its name takes two, and two more where the server has to be given it', async () => {
    const sha = await db.call('SCRIPT', 'LOAD', 'return ARGV[1]')
    await db.scriptname.set({ name: 'echo', sha: String(sha) })
    const call = async () => expect(await db.call('EVALNAME', 'echo', 0, 'hello')).toBe('hello')
    expect(await trips(call)).toBe(2)
    await db.call('SCRIPT', 'FLUSH')
    expect(await trips(call)).toBe(4)
    expect(await trips(call)).toBe(2)
  })
})
