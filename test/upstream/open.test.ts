import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, type UpstreamOptions } from 'krmt'
import { command, defineModule, t } from 'krmt/module'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { NO_LOGIN, parseAddress } from '../../src/upstream/address.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect } from '../support/resp-client.js'

const reader = defineModule({
  name: 'reader',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'look',
      summary: 'The value of a key.',
      flags: ['readonly'],
      args: { key: t.key() },
      run: ({ key }, { read }) => read.string(key).get(),
    }),
  ],
})

const at = (host: string, port: number) => ({ socket: { host, port } })

describe('a URL', () => {
  test.each([
    ['redis://', { kind: 'server', login: NO_LOGIN, database: 0, endpoints: [at('127.0.0.1', 6379)] }],
    ['redis://example.org:7000/3', { endpoints: [at('example.org', 7000)], database: 3 }],
    ['redis://[::1]:7000', { endpoints: [at('::1', 7000)], name: 'redis://[::1]:7000' }],
    ['redis://ada:p%40ss@host', { login: { username: 'ada', password: 'p@ss' }, name: 'redis://host:6379' }],
    ['redis://:secret@host', { login: { username: undefined, password: 'secret' } }],
    ['rediss://host', { endpoints: [{ tls: {} }] }],
    [
      'unix:/run/redis.sock?db=2',
      { endpoints: [{ socket: { path: '/run/redis.sock' }, tls: undefined }], database: 2 },
    ],
    ['redis+unix:///run/redis.sock', { endpoints: [{ name: 'unix:/run/redis.sock' }], name: 'unix:/run/redis.sock' }],
    [
      'redis+sentinel://:x@one,[::1]:7000/main/2',
      {
        kind: 'sentinel',
        endpoints: [at('one', 26379), at('::1', 7000)],
        primary: 'main',
        database: 2,
        name: 'redis+sentinel://one:26379,[::1]:7000/main',
      },
    ],
    [
      'rediss+cluster://ada:x@one:1,two:2',
      { kind: 'cluster', endpoints: [{ tls: {} }, { name: 'rediss://two:2' }], login: { username: 'ada' } },
    ],
  ])('%s', (url, address) => {
    expect(parseAddress(url)).toMatchObject(address)
  })

  test('options overrule it', () => {
    const options = { username: 'b', password: 'y', database: 1 }
    const { login, database } = parseAddress('redis://a:x@host/0', options)
    expect({ ...login, database }).toEqual(options)
  })

  test.each([
    [
      'http://host',
      "ERR cannot open 'http://host': its scheme must be redis:, rediss: (TLS), redis+sentinel:, redis+cluster: or unix:, not http:",
    ],
    ['redis://u:secret@host/x', "ERR cannot open 'redis://…@host/x': the database must be a number, not 'x'"],
    ['redis://host:port', "'host:port' is no host and port; write host:6379"],
    ['localhost:6379', 'it is no URL; write redis://host:6379'],
    ['redis://one,two', 'write redis+cluster: for a Cluster, redis+sentinel: for Sentinels'],
    ['redis+sentinel://one', 'it lacks the name of the primary: write redis+sentinel://host:26379/name'],
    ['redis+cluster://one/1', 'a Cluster has no database 1; leave it out'],
    ['redis://host:99999', 'there is no port 99999'],
    ['redis://a%ZZ@host', 'write %25 for a percent sign'],
    ['unix:', 'it names no socket: write unix:/path/to/redis.sock'],
  ])('%s cannot be opened', async (url, error) => {
    await expect(open(url)).rejects.toThrow(error)
  })

  test('options of TLS need one of TLS', async () => {
    await expect(open('redis://host', { tls: { servername: 'x' } })).rejects.toThrow('begin it with rediss:')
  })
})

describeWithRedis('open() with a URL', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedisServer()
    const admin = await connect({ path: server.socketPath })
    await admin.send('ACL', 'SETUSER', 'ada', 'on', '>right word', '~*', '&*', '+@all')
    await admin.send('ACL', 'SETUSER', 'small', 'on', '>small', '~app:*', '&*', '+@all', '-@dangerous')
    await admin.send('ACL', 'SETUSER', 'weak', 'on', '>weak', '~*', '+@all', '-watch')
    await admin.close()
  })
  afterAll(() => server?.stop())

  test('gives typed calls, calls of everything, and text or bytes', async () => {
    const db = await open(`unix:${server.socketPath}?db=3`, { modules: [hmsetnx] })
    const entries = [{ field: 'name', value: 'Åsa' }]
    expect(await db.hmsetnx({ key: 'user', entries })).toBe('OK')
    expectTypeOf(db.hmsetnx).returns.resolves.toEqualTypeOf<'OK' | 0>()
    expect(await db.call('hmsetnx', 'user', 'name', 'Bob')).toBe(0)
    expect(await db.call('HGETALL', 'user')).toEqual({ name: 'Åsa' })
    const bytes = new Uint8Array([0, 255, 13, 10])
    await db.call('HSET', 'bytes', bytes, bytes)
    expect(await db.callBytes('HGETALL', 'bytes')).toEqual(new Map([[bytes, bytes]]))
    await db.call('SET', 'big', 2n ** 62n)
    expect(await db.call('INCR', 'big')).toBe(2n ** 62n + 1n)
    expect(await db.callBytes('SET', 'status', 'x')).toBe('OK')
    expect(await db.call('ZADD', 'z', 1.5, 'm')).toBe(1)
    expect(await db.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')).toEqual([['m', 1.5]])
    await expect(db.call('HGETALL', 'big')).rejects.toThrow(/^WRONGTYPE /)
    await expect(db.call('hmsetnx', 'x')).rejects.toThrow("ERR wrong number of arguments for 'hmsetnx' command")
    await db.close()
    const direct = await connect({ path: server.socketPath })
    expect(await direct.send('EXISTS', 'user')).toEqual({ type: 'integer', value: 0 })
    await direct.close()
  })

  test('lets a user in by name, and one who may do little', async () => {
    const { port } = server
    for (const [url, options] of [
      [`redis://ada:right%20word@127.0.0.1:${port}`, {}],
      [`redis://127.0.0.1:${port}`, { username: 'small', password: 'small' }],
    ] as const) {
      const db = await open(url, { modules: [hmsetnx], ...options })
      expect(await db.hmsetnx({ key: 'app:1', entries: [{ field: `${port}`, value: 'x' }] })).toBeDefined()
      await db.close()
    }
  })

  test('loads modules from files, whose clocks stand still in a command', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krmt-upstream-'))
    const path = join(folder, 'clock.ts')
    writeFileSync(
      path,
      `import { command, defineModule } from 'krmt/module'
      const clock = command({ name: 'clock', summary: 'x', flags: ['fast'],
        run: (_args, { now }) => [now === Date.now(), Math.random() === Math.random()] })
      export default defineModule({ name: 'clock', version: '1.0.0', requires: '^1', commands: [clock] })`,
    )
    const db = await open(`unix:${server.socketPath}`, { modules: [path, 'bitallpos'] })
    expect(await db.call('CLOCK')).toEqual([true, false])
    expect(await db.call('BITALLPOS', 'none')).toEqual([])
    await db.close()
    rmSync(folder, { recursive: true })
  })

  test('refuses a module that needs the engine of this process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krmt-upstream-'))
    const path = join(folder, 'here.ts')
    writeFileSync(
      path,
      `import { open } from 'krmt'
      import { command, defineModule } from 'krmt/module'
      const here = command({ name: 'here', summary: 'x', flags: ['fast'], run: () => String(open()) })
      export default defineModule({ name: 'here', version: '1.0.0', requires: '^1', commands: [here] })`,
    )
    await expect(open(`unix:${server.socketPath}`, { modules: [path] })).rejects.toThrow(
      /Error loading the extension .*'krmt' cannot be imported by a module.*can import 'krmt\/module' from its host/,
    )
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['a wrong password', 'redis://ada:wrong@', "the password is not that of user 'ada'; correct the user and password"],
    ['a database too many', 'redis://@', 'the server has no database 99; take a lower number'],
    [
      'a user who may not watch',
      'redis://weak:weak@',
      'the user has not the right that is needed; give it with ACL SETUSER',
    ],
  ])('%s is an error at once', async (what, url, error) => {
    const options = what.includes('database') ? { database: 99 } : {}
    await expect(open(`${url}127.0.0.1:${server.port}`, options)).rejects.toThrow(error)
  })

  test('a password that is missing, or too much', async () => {
    const locked = await startRedisServer({ args: ['--requirepass', 'secret'] })
    await expect(open(`redis://127.0.0.1:${locked.port}`)).rejects.toThrow('the server wants a password')
    const db = await open(`redis://:secret@127.0.0.1:${locked.port}`)
    expect(await db.call('PING')).toBe('PONG')
    await db.close()
    await locked.stop()
    const error: unknown = await open(`redis://:secret@127.0.0.1:1`).catch(reason => reason)
    expect(String(error)).not.toContain('secret')
  })

  test.each([
    ['redis://nowhere.invalid', "there is no host 'nowhere.invalid'; correct the host, or the DNS"],
    ['redis://127.0.0.1:1', 'nothing listens there; start the server, or correct the host and port'],
    ['unix:/nowhere/redis.sock', 'nothing listens on that socket; start the server, or correct the path'],
  ])('%s: %s', async (url, error) => {
    await expect(open(url)).rejects.toThrow(error)
  })

  test('a server that does not answer is an error in time', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise(resolve => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(open(`redis://127.0.0.1:${port}`, { upstreamTimeout: 200 })).rejects.toThrow(
      'the server did not answer within 200 ms; if it speaks TLS, begin the URL with rediss:',
    )
    silent.close()
  })

  test('a server that is loading its data', async () => {
    const loading = createServer(socket => {
      socket
        .on('error', () => {})
        .on('data', () => {
          socket.write('-LOADING Redis is loading the dataset in memory\r\n'.repeat(6))
        })
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => loading.once('listening', resolve))
    const address = loading.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(open(`redis://127.0.0.1:${port}`)).rejects.toThrow('the server is still loading its data; try again')
    loading.close()
  })

  test('a replica will do for reading, and not for writing', async () => {
    const replica = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${server.port}`] })
    await expect(open(`unix:${replica.socketPath}`, { modules: [hmsetnx] })).rejects.toThrow(
      `it is a replica, and there are commands that write; connect to its primary, 127.0.0.1:${server.port}`,
    )
    const db = await open(`unix:${replica.socketPath}`, { modules: [reader] })
    expect(await db.look({ key: 'none' })).toBeNull()
    await expect(db.call('SET', 'key', 'x')).rejects.toThrow(/^READONLY /)
    await db.close()
    await replica.stop()
  })

  test('a node of a Cluster is to be called one', async () => {
    const node = await startRedisServer({ args: ['--cluster-enabled', 'yes'] })
    await expect(open(`unix:${node.socketPath}`)).rejects.toThrow(
      'it is a node of a Cluster; begin the URL with redis+cluster:',
    )
    await node.stop()
  })

  test.each(['MULTI', 'SELECT', 'SUBSCRIBE', 'MONITOR', 'HELLO'])(
    '%s would change a connection of others',
    async name => {
      const db = await open(`unix:${server.socketPath}`)
      await expect(db.call(name, ...(name === 'MULTI' || name === 'MONITOR' ? [] : ['1']))).rejects.toThrow(
        `ERR '${name}' would change the connection, which others use too`,
      )
      await db.close()
    },
  )

  test.each<[options: UpstreamOptions, error: string]>([
    [{ modules: [{ kind: 'module' } as never] }, 'name: must be text'],
    [{ modules: ['./nothing.ts'] }, 'no such file or folder'],
    [{ modules: [reader, reader] }, 'a module of the name reader is there already'],
    [{ upstreamRetries: -1 }, 'ERR upstreamRetries must be an integer from 0, not -1'],
    [{ database: 0.5 }, 'ERR the database must be an integer from 0, not 0.5'],
  ])('bad options: %o', async (options, error) => {
    await expect(open(`unix:${server.socketPath}`, options)).rejects.toThrow(error)
  })
})
