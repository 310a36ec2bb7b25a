import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

describeDifferential(
  'the server',
  ({ session, servers }) => {
    session(
      'TIME, ROLE, LOLWUT, SHUTDOWN, ACL',
      `[type] TIME
       TIME x
       ROLE
       ROLE x
       [type] LOLWUT
       [type] LOLWUT VERSION
       [type] LOLWUT x
       [type] LOLWUT 1 2 3
       LOLWUT VERSION x
       LOLWUT VERSION 5 x
       LOLWUT VERSION 99999999999999999999
       SHUTDOWN foo
       SHUTDOWN ABORT
       SHUTDOWN NOSAVE SAVE
       SHUTDOWN NOSAVE ABORT
       SHUTDOWN NOW ABORT
       SHUTDOWN nosave foo
       ACL WHOAMI
       ACL WHOAMI x
       ACL
       ACL nosuch
       [type] HELLO 3
       [type] LOLWUT
       ROLE`,
    )

    session(
      'INFO',
      `INFO nosuch
       INFO cluster
       INFO CLUSTER nosuch
       INFO errorstats keyspace
       SET k v
       INFO keyspace cluster
       [type] INFO
       [type] HELLO 3
       INFO nosuch
       INFO cluster
       [type] INFO`,
    )

    session(
      'SLOWLOG',
      `SLOWLOG
       SLOWLOG nosuch
       SLOWLOG GET x
       SLOWLOG GET -2
       SLOWLOG GET 1 2
       SLOWLOG LEN x
       SLOWLOG RESET x
       SLOWLOG HELP x
       CONFIG SET slowlog-log-slower-than -1
       SLOWLOG RESET
       SLOWLOG LEN
       SLOWLOG GET
       SLOWLOG GET 0
       CONFIG SET slowlog-log-slower-than 10000`,
    )

    session(
      'MEMORY USAGE',
      `MEMORY
       MEMORY nosuch
       MEMORY USAGE
       MEMORY USAGE no
       MEMORY USAGE no SAMPLES
       MEMORY USAGE no SAMPLES -1
       MEMORY USAGE no SAMPLES x
       MEMORY USAGE no FOO 1
       MEMORY USAGE no SAMPLES 1 SAMPLES 2
       SET k v
       [type] MEMORY USAGE k
       RPUSH l a b c
       [type] MEMORY USAGE l SAMPLES 0
       SET n 12345
       [type] MEMORY USAGE n`,
    )

    session(
      'MODULE',
      `MODULE
       MODULE nosuch
       MODULE LIST
       MODULE LIST x
       MODULE LOAD
       MODULE LOADEX
       MODULE UNLOAD
       MODULE UNLOAD nosuch
       MODULE HELP x`,
    )

    ofKrmt.test('slow commands are logged as Redis does, trimmed and without passwords', async () => {
      const { krmt, redis } = servers()
      const logs: unknown[] = []
      for (const { socketPath } of [krmt, redis]) {
        const client = await connect({ path: socketPath })
        await client.send('CLIENT', 'SETNAME', 'me')
        await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
        await client.send('SLOWLOG', 'RESET')
        await client.send('SET', 'k', 'v'.repeat(200))
        await client.send('DEL', ...Array.from({ length: 40 }, (_, i) => `k${i}`))
        await client.send('DEL', ...Array.from({ length: 31 }, (_, i) => `k${i}`))
        await client.send('AUTH', 'default', 'secret')
        await client.send('CONFIG', 'SET', 'requirepass', '', 'hz', '10')
        await client.send('HELLO', '2', 'AUTH', 'default', 'secret')
        await client.send('NOSUCH', 'x')
        await client.send('GET')
        await client.send('INCR', 'k')
        await client.sendMany([['MULTI'], ['PING'], ['EXEC']])
        await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
        const reply = await client.send('SLOWLOG', 'GET', '-1')
        expect(await client.send('SLOWLOG', 'LEN')).toEqual({
          type: 'integer',
          value: reply.type === 'array' ? reply.items.length : -1,
        })
        logs.push(
          reply.type === 'array' &&
            reply.items.map(entry => {
              if (entry.type !== 'array') throw new Error('no entry')
              const [, at, took, argv, address, name] = entry.items
              expect([at?.type, took?.type, entry.items.length]).toEqual(['integer', 'integer', 6])
              expect(address).toEqual({ type: 'bulk', value: `${socketPath}:0` })
              return { argv, name }
            }),
        )
        await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '10000')
        await client.close()
      }
      expect(logs[0]).toEqual(logs[1])
    })

    ofKrmt.test('MONITOR shows what Redis shows', async () => {
      const { krmt, redis } = servers()
      const shown: string[][] = []
      for (const { socketPath } of [krmt, redis]) {
        const [monitor, client] = [await connect({ path: socketPath }), await connect({ path: socketPath })]
        expect(await monitor.send('MONITOR')).toEqual({ type: 'status', value: 'OK' })
        for (const argv of [
          ['ping'],
          ['SET', 'k', '\x00\xff"\\\n\r\t a'],
          ['NOSUCH', 'x'],
          ['GET'],
          ['INCR', 'k'],
          ['AUTH', 'pw'],
          ['AUTH', 'default', 'pw'],
          ['HELLO', '2', 'auth', 'default', 'pw', 'SETNAME', 'x'],
          ['HELLO', '2', 'AUTH', 'default'],
          ['CONFIG', 'GET', 'hz'],
          ['CLIENT', 'SETNAME', 'x'],
          ['CLIENT', 'LIST', 'ID', '0'],
          ['SELECT', '5'],
          ['MULTI'],
          ['GET', 'k'],
          ['SELECT', '6'],
          ['GET', 'k'],
          ['EXEC'],
          ['MULTI'],
          ['DISCARD'],
          ['EXEC'],
          ['SUBSCRIBE', 'c'],
          ['UNSUBSCRIBE', 'c'],
          ['DEBUG', 'SLEEP', '0'],
          ['COMMAND', 'COUNT', 'x'],
          ['TIME'],
          ['ECHO', 'end'],
        ]) {
          await client.send(...argv)
        }
        const lines: string[] = []
        do lines.push(text(await monitor.nextPush()))
        while (!lines.at(-1)?.includes('"end"'))
        for (const line of lines) expect(line).toMatch(/^\d{10}\.\d{6} \[\d+ unix:/)
        shown.push(lines.map(line => line.replace(/^[\d.]+ /, '').replace(socketPath, 'SOCKET')))
        expect(await monitor.send('GET', 'k')).toEqual({
          type: 'error',
          value: "ERR Replica can't interact with the keyspace",
        })
        expect(await monitor.send('PUBLISH', 'a', 'b')).toMatchObject({ type: 'error' })
        await Promise.all([monitor.close(), client.close()])
      }
      expect(shown[0]).toEqual(shown[1])
    })
  },
  { config: { 'enable-module-command': 'local' } },
)

ofKrmt.describe('the server, by itself', () => {
  let krmt: KrmtServer
  let client: RespClient

  beforeEach(async () => {
    krmt = await startKrmtServer()
    client = await connect({ port: krmt.port })
  })
  afterEach(async () => {
    await client.close()
    await krmt.stop()
  })

  test('INFO: every section, in their order', async () => {
    const heads = async (...words: string[]) => text(await client.send('INFO', ...words)).match(/(?<=# ).*(?=\r)/g)
    const usual = ['Server', 'Clients', 'Memory', 'Persistence', 'Stats', 'Replication', 'CPU', 'Errorstats', 'Cluster']
    expect(await heads()).toEqual([...usual, 'Keyspace'])
    expect(await heads('default')).toEqual([...usual, 'Keyspace'])
    const all = [...usual.slice(0, 7), 'Modules', 'Commandstats', ...usual.slice(7), 'Keyspace']
    expect(await heads('all')).toEqual(all)
    expect(await heads('Everything')).toEqual(all)
    expect(await heads('modules')).toEqual(['Modules'])
    expect(await heads('keyspace', 'SERVER')).toEqual(['Server', 'Keyspace'])
    expect(await heads('default', 'modules')).toEqual([...usual.slice(0, 7), 'Modules', ...usual.slice(7), 'Keyspace'])
  })

  test('INFO: what it counts', async () => {
    await client.sendMany([
      ['SET', 'k', 'v'],
      ['GET', 'k'],
      ['GET', 'no'],
      ['NOSUCH'],
      ['SET', 'e', 'v', 'PX', '100000'],
    ])
    const info = text(await client.send('INFO', 'everything'))
    for (const line of [
      'redis_version:7.0.15',
      'loaded_modules:0',
      'connected_clients:1',
      'keyspace_hits:1',
      'keyspace_misses:1',
      'total_error_replies:1',
      'errorstat_ERR:count=1',
      'total_connections_received:1',
      'role:master',
    ]) {
      expect(info).toContain(`\r\n${line}\r\n`)
    }
    expect(info).toMatch(/\r\ndb0:keys=2,expires=1,avg_ttl=(99\d{3}|100000)\r\n/)
    expect(info).toMatch(/\r\nmodule_<builtin>:filename=<builtin>,.*,commands=.*\bget\b/)
    expect(info).toMatch(/\r\ncmdstat_set:calls=2,/)
    for (const line of info.split('\r\n')) expect(line).toMatch(/^(|# \w+|[^:]+:.*)$/)
  })

  test('SHUTDOWN tells whoever runs the engine, and answers nothing', async () => {
    let ended = 0
    krmt.engine.onShutdown = () => ended++
    expect(await client.send('SHUTDOWN', 'SAVE')).toMatchObject({ type: 'error' })
    expect(ended).toBe(0)
    expect(await client.raw('SHUTDOWN NOSAVE NOW FORCE\r\nPING\r\n')).toEqual([{ type: 'status', value: 'PONG' }])
    expect(ended).toBe(1)
  })

  test('POST and Host: end the connection, and nothing behind them is run', async () => {
    for (const attack of ['POST / HTTP/1.1\r\nSET k v\r\n', 'Host: localhost\r\nSET k v\r\n']) {
      const attacker = await connect({ port: krmt.port })
      await expect(attacker.raw(attack)).rejects.toThrow()
      await attacker.closed
    }
    expect(await client.send('EXISTS', 'k')).toEqual({ type: 'integer', value: 0 })
  })

  test('a second MONITOR answers nothing', async () => {
    expect(await client.raw('MONITOR\r\nMONITOR\r\nCLIENT GETNAME\r\n', 2)).toEqual([
      { type: 'status', value: 'OK' },
      { type: 'null-bulk' },
    ])
    await expect.poll(() => client.pushes.length).toBe(1)
  })

  test('MEMORY USAGE grows with the value', async () => {
    const usage = async (key: string): Promise<number> => {
      const reply = await client.send('MEMORY', 'USAGE', key, 'SAMPLES', '0')
      return reply.type === 'integer' ? Number(reply.value) : Number.NaN
    }
    await client.send('SET', 'short', 'x')
    await client.send('SET', 'long', 'x'.repeat(1000))
    expect((await usage('long')) - (await usage('short'))).toBeGreaterThan(950)
    await client.send('APPEND', 'long', 'y')
    expect(await usage('long')).toBeGreaterThan(1000)
    for (const [add, key] of [
      ['RPUSH', 'l'],
      ['SADD', 's'],
      ['SADD', 'i'],
    ] as const) {
      await client.send(add, key, ...Array.from({ length: 1000 }, (_, i) => (key === 'i' ? `${i}` : `member:${i}`)))
      expect(await usage(key)).toBeGreaterThan(8000)
      expect(await usage(key)).toBeLessThan(200_000)
    }
    await client.send('HSET', 'h', ...Array.from({ length: 2000 }, (_, i) => `f${i}`))
    await client.send('ZADD', 'z', ...Array.from({ length: 1000 }, (_, i) => [i, `m${i}`]).flat())
    expect(await usage('h')).toBeGreaterThan(16_000)
    expect(await usage('z')).toBeGreaterThan(16_000)
  })
})

function text(reply: Reply): string {
  return 'value' in reply ? String(reply.value) : ''
}
