import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, defineModule, ReplyError, reply, t } from 'krmt/module'
import geo from 'krmt/modules/geo'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { elementsOf } from '../../src/gateway/answers/frames.js'
import { FrameScanner } from '../../src/resp/frame-scanner.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { freePorts } from '../support/ports.js'
import { startRedisCluster } from '../support/redis-cluster.js'
import { type RedisProcess, startRedisProcess, withFreePorts } from '../support/redis-process.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, encode, type Reply, type RespClient } from '../support/resp-client.js'

const OK = { type: 'status', value: 'OK' }
const bulk = (value: string): Reply => ({ type: 'bulk', value })
const integer = (value: number): Reply => ({ type: 'integer', value })
const array = (...items: Reply[]): Reply => ({ type: 'array', items })
const error = (text: RegExp | string) => ({
  type: 'error',
  value: typeof text === 'string' ? text : expect.stringMatching(text),
})

/** The words of a reply that is an array of texts. */
function wordsOf(of: Reply): string[] {
  if (of.type !== 'array') throw new Error(`no array: ${JSON.stringify(of)}`)
  return of.items.map(item => (item.type === 'bulk' || item.type === 'status' ? item.value : `(${item.type})`))
}

function textOf(of: Reply): string {
  if (of.type !== 'bulk' && of.type !== 'verbatim') throw new Error(`no text: ${JSON.stringify(of)}`)
  return of.value
}

/** The sections of INFO, by name: their lines. */
function sectionsOf(of: Reply): Map<string, string[]> {
  const sections = textOf(of).split('\r\n\r\n')
  return new Map(sections.map(text => [/^# (\w+)/.exec(text)?.[1] ?? '', text.trimEnd().split('\r\n').slice(1)]))
}

/** The bytes of the reply to the last of some commands, from a connection of their own. */
function bytesOf(port: number, ...commands: string[][]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ port, host: '127.0.0.1' })
    const scanner = new FrameScanner()
    const pieces: Buffer[] = []
    let missing = commands.length
    socket.on('error', reject).on('data', bytes => {
      for (let at = 0; at < bytes.length; ) {
        const end = scanner.scan(bytes, at, bytes.length)
        if (missing === 1) pieces.push(bytes.subarray(at, end === -1 ? bytes.length : end))
        if (end === -1) return
        at = end
        if (--missing > 0) continue
        socket.destroy()
        resolve(Buffer.concat(pieces))
        return
      }
    })
    socket.write(commands.map(encode).join(''), 'latin1')
  })
}

let stumbles = 0

const box = defineModule({
  name: 'test.box',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'dally',
      summary: 'Reads a key.',
      flags: ['readonly'],
      args: { key: t.key() },
      run: ({ key }, { read }) => read.string(key).get() ?? null,
    }),
    command({
      name: 'stumble',
      summary: 'Fails.',
      flags: ['readonly'],
      args: {},
      run() {
        // It fails in either way, by turns.
        if (stumbles++ % 2 === 1) return reply.error('OOPS it stumbled again')
        throw new ReplyError('OOPS it stumbled')
      },
    }),
  ],
})

describeWithRedis('what the gateway answers itself', () => {
  let redis: RedisServer
  let gateway: GatewayServer
  let client: RespClient
  let direct: RespClient

  beforeAll(async () => {
    redis = await startRedisServer()
    gateway = await startGateway({
      upstream: `redis://127.0.0.1:${redis.port}`,
      modules: [hmsetnx, geo, box],
      config: { 'slowlog-log-slower-than': '0' },
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await redis.stop()
  })
  beforeEach(async () => {
    client = await connect({ port: gateway.port })
    direct = await connect({ port: redis.port })
    await direct.sendMany([['FLUSHALL'], ['CONFIG', 'RESETSTAT'], ['SLOWLOG', 'RESET']])
    await client.send('CONFIG', 'RESETSTAT')
    gateway.engine.slowlog.clear()
  })
  afterEach(async () => {
    await Promise.all([client.close(), direct.close()])
  })

  describe('INFO', () => {
    test('has the sections of the server, and one of the upstream', async () => {
      const plain = sectionsOf(await client.send('INFO'))
      expect([...plain.keys()]).toEqual([...sectionsOf(await direct.send('INFO')).keys(), 'Upstream'])
      expect(plain.get('Upstream')).toEqual([
        `upstream_url:redis://127.0.0.1:${redis.port}`,
        'upstream_kind:server',
        'upstream_status:up',
        'upstream_servers:1',
        'upstream_servers_up:1',
        'upstream_lanes:1',
        'upstream_own_connections:0',
        'krmt_version:0.1.0',
      ])
      expect(plain.get('Modules')).toEqual([])
      expect(plain.get('Server')).toContain('loaded_modules:3')
      expect(plain.get('Server')).toContain(`tcp_port:${redis.port}`)
    })

    test.each([['all'], ['everything'], ['ALL'], ['replication', 'commandstats', 'modules', 'upstream']])(
      'of %s is what the server has, and more',
      async (...words) => {
        const theirs = [...sectionsOf(await direct.send('INFO', ...words)).keys()]
        const sections = sectionsOf(await client.send('INFO', ...words))
        expect([...sections.keys()]).toEqual([...theirs, 'Upstream'])
        expect(sections.get('Modules')).toHaveLength(3)
      },
    )

    test('of sections that are none of ours is as it came', async () => {
      for (const words of [['replication'], ['keyspace', 'cluster'], ['nonesuch']]) {
        expect(await client.send('INFO', ...words)).toEqual(await direct.send('INFO', ...words))
      }
      expect(sectionsOf(await client.send('INFO', 'server'))).toHaveProperty('size', 1)
    })

    test('modules', async () => {
      const text = textOf(await client.send('INFO', 'modules'))
      expect(text).toMatch(
        /^# Modules\r\nmodule_sh\.matt\.hmsetnx:filename=sh\.matt\.hmsetnx,compiled_against=\^1,module_version=0\.5\.0,first_loaded=\d+,last_loaded=\d+,commands=hmsetnx\r\nmodule_sh\.matt\.geo:.*\r\nmodule_test\.box:.*,commands=dally,stumble\r\n$/,
      )
    })

    test('commandstats has the commands that run here, in place of the same ones of the server', async () => {
      await direct.send('GEOADD', 'theirs', '13', '38', 'a')
      await client.send('GEOADD', 'ours', '38', '13', 'a')
      await client.send('GEOADD', 'ours', '38', '13', 'b')
      await client.send('STUMBLE')
      expect(await client.send('STUMBLE')).toEqual({ type: 'error', value: 'OOPS it stumbled again' })
      await client.send('DALLY')
      const lines = sectionsOf(await client.send('INFO', 'commandstats')).get('Commandstats') ?? []
      const named = (name: string) => lines.filter(line => line.startsWith(`cmdstat_${name}:`))
      expect(named('geoadd')).toEqual([expect.stringMatching(/^cmdstat_geoadd:calls=2,.*failed_calls=0$/)])
      expect(named('stumble')).toEqual([expect.stringMatching(/:calls=2,.*,rejected_calls=0,failed_calls=2$/)])
      expect(named('dally')).toEqual([expect.stringMatching(/:calls=0,.*,rejected_calls=1,failed_calls=0$/)])
      expect(named('zadd')).toHaveLength(1)
      // What the gateway does for itself is no command of a client's.
      expect(lines.filter(line => /config\|resetstat/.test(line))).toHaveLength(1)
    })

    test('in RESP3 it is text', async () => {
      await client.send('HELLO', '3')
      expect(await client.send('INFO', 'upstream')).toMatchObject({
        type: 'verbatim',
        format: 'txt',
        value: expect.stringContaining('upstream_status:up\r\n'),
      })
    })

    test('counts connections of clients that have their own', async () => {
      const other = await connect({ port: gateway.port })
      await other.send('WATCH', 'key')
      expect(sectionsOf(await client.send('INFO', 'upstream')).get('Upstream')).toContain('upstream_own_connections:1')
      await other.close()
    })
  })

  describe('COMMAND', () => {
    const ours = ['hmsetnx', 'geoencode', 'geodecode', 'dally', 'stumble']

    test.each(['2', '3'])('describes the commands of the server in its own bytes, in RESP%s', async protocol => {
      const hello = ['HELLO', protocol]
      const [through, straight] = await Promise.all([
        bytesOf(gateway.port, hello, ['COMMAND']),
        bytesOf(redis.port, hello, ['COMMAND']),
      ])
      const replaced = /^\*10\r\n\$\d+\r\n(geoadd|georadius|georadiusbymember)\r\n/
      const theirs = elementsOf(straight)
        .map(element => element.latin1Slice())
        .filter(element => !replaced.test(element))
      const all = elementsOf(through).map(element => element.latin1Slice())
      expect(all.slice(0, theirs.length)).toEqual(theirs)
      expect(all.slice(theirs.length).map(text => /\$\d+\r\n(\w+)/.exec(text)?.[1])).toEqual([
        ...['hmsetnx', 'geoadd', 'georadius', 'georadiusbymember', 'geoencode', 'geodecode', 'dally', 'stumble'],
      ])
      expect(through.latin1Slice(0, 6)).toBe(`*${all.length}\r\n`)
      const names = wordsOf(await direct.send('COMMAND', 'LIST')).filter(
        name => !/^georadius(bymember)?$|^geoadd$/.test(name),
      )
      const info = [hello, ['COMMAND', 'INFO', ...names, 'nonesuch', 'get|nonesuch']]
      // Each look-up may move a table of subcommands on to its new size, and so change their order.
      for (let i = 0; i < 3; i++) await bytesOf(redis.port, ...info)
      expect(await bytesOf(gateway.port, ...info)).toEqual(await bytesOf(redis.port, ...info))
      const docs = [hello, ['COMMAND', 'DOCS', ...names, 'nonesuch']]
      expect(await bytesOf(gateway.port, ...docs)).toEqual(await bytesOf(redis.port, ...docs))
    })

    test('INFO of both, in the order in which they are named', async () => {
      const described = await client.send(
        'COMMAND',
        'INFO',
        'get',
        'HMSETNX',
        'nope',
        'geoadd',
        'hmsetnx|x',
        'config|get',
      )
      const [get, , , , , config] = await itemsOf(direct, 'COMMAND', 'INFO', 'get', 'x', 'x', 'x', 'x', 'config|get')
      expect(described).toMatchObject({
        items: [
          get,
          { items: [bulk('hmsetnx'), integer(-4), {}, integer(1), integer(1), integer(1), {}, {}, {}, {}] },
          { type: 'null-bulk' },
          { items: expect.arrayContaining([bulk('geoadd')]) },
          { type: 'null-bulk' },
          config,
        ],
      })
      // Ours is a module's: latitude comes first.
      expect(JSON.stringify(described)).toContain('"module"')
    })

    test('COUNT counts what both have once', async () => {
      const theirs = await direct.send('COMMAND', 'COUNT')
      const count = theirs.type === 'integer' ? Number(theirs.value) : 0
      expect(await client.send('COMMAND', 'COUNT')).toEqual(integer(count + ours.length))
      expect(await itemsOf(client, 'COMMAND')).toHaveLength(count + ours.length)
    })

    test('LIST, with filters', async () => {
      const theirs = wordsOf(await direct.send('COMMAND', 'LIST'))
      const all = wordsOf(await client.send('COMMAND', 'LIST'))
      expect(all.toSorted()).toEqual([...theirs, ...ours].toSorted())
      const filtered = async (...filter: string[]) =>
        wordsOf(await client.send('COMMAND', 'LIST', 'FILTERBY', ...filter)).toSorted()
      expect(await filtered('MODULE', 'test.box')).toEqual(['dally', 'stumble'])
      expect(await filtered('pattern', '*SETNX')).toEqual(['hmsetnx', 'hsetnx', 'msetnx', 'setnx'])
      const read = wordsOf(await direct.send('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'read'))
      expect(await filtered('ACLCAT', 'read')).toEqual(
        [...read, ...['geodecode', 'geoencode'], 'dally', 'stumble', 'georadius', 'georadiusbymember'].toSorted(),
      )
      for (const words of [['FILTERBY'], ['FILTERBY', 'X', 'y'], ['x']]) {
        expect(await client.send('COMMAND', 'LIST', ...words)).toEqual(await direct.send('COMMAND', 'LIST', ...words))
      }
    })

    test('DOCS', async () => {
      await client.send('HELLO', '3')
      await direct.send('HELLO', '3')
      const entriesOf = (of: Reply) => (of.type === 'map' ? of.entries : [])
      const documented = entriesOf(await client.send('COMMAND', 'DOCS', 'geoadd', 'nope', 'GET', 'dally', 'config|get'))
      const [get, config] = entriesOf(await direct.send('COMMAND', 'DOCS', 'get', 'config|get'))
      expect(documented.map(([name]) => textOf(name))).toEqual(['geoadd', 'get', 'dally', 'config|get'])
      expect(documented[0]?.[1]).toMatchObject({
        entries: expect.arrayContaining([[bulk('module'), bulk('sh.matt.geo')]]),
      })
      expect([documented[1], documented[3]]).toEqual([get, config])
      const only = entriesOf(await client.send('COMMAND', 'DOCS', 'dally', 'hmsetnx'))
      expect(only.map(([name]) => textOf(name))).toEqual(['dally', 'hmsetnx'])
      const all = entriesOf(await client.send('COMMAND', 'DOCS')).map(([name]) => textOf(name))
      const theirs = entriesOf(await direct.send('COMMAND', 'DOCS')).map(([name]) => textOf(name))
      expect(all.toSorted()).toEqual([...theirs, ...ours].toSorted())
    })

    test('GETKEYS asks the server of its commands alone', async () => {
      expect(await client.send('COMMAND', 'GETKEYS', 'HMSETNX', 'k', 'a', '1')).toEqual(array(bulk('k')))
      expect(await client.send('COMMAND', 'GETKEYSANDFLAGS', 'dally', 'k')).toEqual(
        array(array(bulk('k'), array({ type: 'status', value: 'RO' }, { type: 'status', value: 'access' }))),
      )
      expect(await client.send('COMMAND', 'GETKEYS', 'stumble', 'x')).toEqual(
        error('ERR The command has no key arguments'),
      )
      // No error has been made on the server, which would have been one of an unknown command.
      expect(sectionsOf(await direct.send('INFO', 'errorstats')).get('Errorstats')).toEqual([])
      for (const words of [
        ['mset', 'a', '1', 'b', '2'],
        ['ping', 'x'],
        ['nonesuch', 'x'],
      ]) {
        expect(await client.send('COMMAND', 'GETKEYS', ...words)).toEqual(
          await direct.send('COMMAND', 'GETKEYS', ...words),
        )
      }
    })

    test('what is no subcommand is for the server to say', async () => {
      for (const words of [['FOO'], ['HELP'], ['COUNT', 'x'], ['GETKEYS']]) {
        expect(await client.send('COMMAND', ...words)).toEqual(await direct.send('COMMAND', ...words))
      }
    })
  })

  describe('SLOWLOG', () => {
    /** Entries as `id second words`. */
    const entriesOf = async (...words: string[]) =>
      (await itemsOf(client, 'SLOWLOG', 'GET', ...words)).map(entry => {
        const [id, second, , argv] = entry.type === 'array' ? entry.items : []
        const number = (of: Reply | undefined) => (of?.type === 'integer' ? Number(of.value) : Number.NaN)
        return { id: number(id), second: number(second), words: argv === undefined ? '' : wordsOf(argv).join(' ') }
      })

    test('has what was slow on the server and what was slow here, the newest first', async () => {
      await direct.send('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
      await direct.send('SET', 'a', '1')
      await direct.send('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
      for (const key of ['a', 'b', 'c']) await client.send('DALLY', key)
      await client.send('HMSETNX', 'h', 'f', 'v')
      const all = await entriesOf('-1')
      expect(all.map(({ words }) => words).toSorted()).toEqual([
        'CONFIG SET slowlog-log-slower-than 0',
        'DALLY a',
        'DALLY b',
        'DALLY c',
        'HMSETNX h f v',
        'SET a 1',
      ])
      // Of the same log in order, whatever the second.
      expect(all.map(({ words }) => words).filter(words => /^(DALLY|HMSETNX)/.test(words))).toEqual([
        'HMSETNX h f v',
        'DALLY c',
        'DALLY b',
        'DALLY a',
      ])
      for (const [i, entry] of all.entries()) {
        expect(Number.isSafeInteger(entry.id)).toBe(true)
        expect(entry.second).toBeLessThanOrEqual(all[i - 1]?.second ?? Number.POSITIVE_INFINITY)
        expect(entry.id).toBeLessThan(all[i - 1]?.id ?? Number.POSITIVE_INFINITY)
      }
      expect(await entriesOf('2')).toEqual(all.slice(0, 2))
      expect(await entriesOf('0')).toEqual([])
      expect(await client.send('SLOWLOG', 'LEN')).toEqual(integer(6))
      // They keep their numbers, whatever else comes.
      await client.send('DALLY', 'd')
      const more = await entriesOf('-1')
      expect(more).toHaveLength(7)
      expect(more).toEqual(expect.arrayContaining(all))
      expect(await client.send('SLOWLOG', 'RESET')).toEqual(OK)
      expect(await client.send('SLOWLOG', 'LEN')).toEqual(integer(0))
      expect(await direct.send('SLOWLOG', 'LEN')).toEqual(integer(0))
    })

    test('ten, unless told otherwise', async () => {
      for (let i = 0; i < 12; i++) await client.send('DALLY', `key${i}`)
      expect((await entriesOf()).map(({ words }) => words)).toEqual(
        Array.from({ length: 10 }, (_, i) => `DALLY key${11 - i}`),
      )
      for (const words of [['-2'], ['x'], ['1', '2']]) {
        expect(await client.send('SLOWLOG', 'GET', ...words)).toEqual(await direct.send('SLOWLOG', 'GET', ...words))
      }
    })
  })

  describe('CONFIG', () => {
    const get = async (...patterns: string[]) => wordsOf(await client.send('CONFIG', 'GET', ...patterns))

    test('GET of ours, of theirs, of both, and of patterns', async () => {
      expect(await get('module-strict', 'Upstream-Timeout')).toEqual([
        'module-strict',
        'yes',
        'Upstream-Timeout',
        '5000',
      ])
      expect(await get('maxmemory')).toEqual(['maxmemory', '0'])
      expect(await get('module-watch', 'maxmemory')).toEqual(['maxmemory', '0', 'module-watch', 'no'])
      const all = await get('*')
      const theirs = wordsOf(await direct.send('CONFIG', 'GET', '*'))
      expect(all).toEqual(expect.arrayContaining(['module-add', 'upstream-login', 'loadmodule', ...theirs.slice(0, 2)]))
      const names = all.filter((_, i) => i % 2 === 0)
      expect(new Set(names).size).toBe(names.length)
      // Who may load modules here, not there.
      expect(await get('enable-module-*')).toEqual(['enable-module-command', 'local'])
      expect(await get('nonesuch')).toEqual([])
      expect(await client.send('CONFIG', 'GET')).toEqual(await direct.send('CONFIG', 'GET'))
      await client.send('HELLO', '3')
      expect(await client.send('CONFIG', 'GET', 'module-strict', 'maxmemory')).toEqual({
        type: 'map',
        entries: [
          [bulk('maxmemory'), bulk('0')],
          [bulk('module-strict'), bulk('yes')],
        ],
      })
    })

    test('what a gateway and a server both have is the server’s', async () => {
      expect(await get('slowlog-log-slower-than')).toEqual(
        wordsOf(await direct.send('CONFIG', 'GET', 'slowlog-log-slower-than')),
      )
      expect(gateway.engine.config.values['slowlog-log-slower-than']).toBe(0)
    })

    test('SET of ours is done here, of theirs there, and of both not at all', async () => {
      expect(await client.send('CONFIG', 'SET', 'module-strict', 'no', 'module-watch', 'no')).toEqual(OK)
      expect(gateway.engine.config.values['module-strict']).toBe(false)
      expect(await client.send('CONFIG', 'SET', 'module-strict', 'maybe')).toEqual(
        error(/^ERR CONFIG SET failed \(possibly related to argument 'module-strict'\) - argument must be/),
      )
      expect(await client.send('CONFIG', 'SET', 'upstream', 'redis://elsewhere')).toEqual(
        error(/can't set immutable config$/),
      )
      expect(await client.send('CONFIG', 'SET', 'maxmemory-samples', '7')).toEqual(OK)
      expect(await direct.send('CONFIG', 'GET', 'maxmemory-samples')).toEqual(
        array(bulk('maxmemory-samples'), bulk('7')),
      )
      expect(await client.send('CONFIG', 'SET', 'maxmemory-samples', '5', 'module-strict', 'yes')).toEqual(
        error(
          "ERR CONFIG SET failed - 'module-strict' is a parameter of the gateway and 'maxmemory-samples' one of its upstream, " +
            'which cannot be set together; set one after the other',
        ),
      )
      expect(await get('maxmemory-samples', 'module-strict')).toEqual(['maxmemory-samples', '7', 'module-strict', 'no'])
      expect(await client.send('CONFIG', 'SET', 'module-strict', 'yes')).toEqual(OK)
    })

    test('RESETSTAT resets both', async () => {
      await client.send('DALLY', 'key')
      await direct.send('GET', 'key')
      expect(await client.send('CONFIG', 'RESETSTAT')).toEqual(OK)
      const lines = sectionsOf(await client.send('INFO', 'commandstats'))
        .get('Commandstats')
        ?.join('\n')
      expect(lines).not.toMatch(/cmdstat_(dally|get):/)
    })
  })

  test('in a transaction, all is the server’s', async () => {
    const commands = [
      ['MULTI'],
      ['COMMAND', 'INFO', 'hmsetnx'],
      ['CONFIG', 'GET', 'module-strict'],
      ['SLOWLOG', 'LEN'],
      ['EXEC'],
    ]
    await client.send('DALLY', 'key')
    const [, , , , executed] = await client.sendMany(commands)
    expect(executed).toEqual(array(array({ type: 'null-bulk' }), array(), integer(0)))
  })

  test('who has subscribed in RESP2 is told by the server that he may do none of it', async () => {
    await client.send('SUBSCRIBE', 'channel')
    for (const words of [
      ['INFO', 'upstream'],
      ['CONFIG', 'GET', 'module-strict'],
      ['COMMAND', 'DOCS', 'dally'],
    ]) {
      expect(await client.send(...words)).toEqual(error(/^ERR Can't execute '/))
    }
  })
})

describeWithRedis('who may call what the gateway does itself', () => {
  let redis: RedisServer
  let gateway: GatewayServer
  let clients: RespClient[]
  let folder: string
  let file: string

  beforeAll(async () => {
    redis = await startRedisServer({ args: ['--requirepass', 'secret'] })
    const admin = await connect({ port: redis.port })
    await admin.send('AUTH', 'secret')
    for (const [name, ...rules] of [
      ['all', '+@all'],
      ['nomodule', '+@all', '-module'],
      ['noconfig', '+@all', '-config'],
      ['readsconfig', '+@all', '-config', '+config|get'],
      ['nocommand', '+@all', '-command'],
      ['ping', '+ping'],
    ] as const) {
      await admin.send('ACL', 'SETUSER', name, 'on', '>x', '~*', ...rules)
    }
    await admin.close()
    folder = mkdtempSync(join(tmpdir(), 'krmt-answers-'))
    file = join(folder, 'krmt.conf')
    gateway = await startGateway({ upstream: `redis://:secret@127.0.0.1:${redis.port}`, modules: [box], file })
  })
  afterAll(async () => {
    await gateway.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    clients = []
    writeFileSync(file, '# as it was\nmodule-watch no\nhz 20\n')
  })
  afterEach(async () => {
    await Promise.all(clients.map(client => client.close()))
  })

  async function as(user: string | undefined): Promise<RespClient> {
    const client = await connect({ port: gateway.port })
    clients.push(client)
    if (user !== undefined) expect(await client.send('AUTH', user, 'x')).toEqual(OK)
    return client
  }

  test('whoever may do all', async () => {
    const client = await as('all')
    expect(await client.send('MODULE', 'LIST')).toMatchObject({ items: [{}] })
    expect(await client.send('MODULE', 'UNLOAD', 'nonesuch')).toEqual(error(/no such module/))
    expect(await client.send('CONFIG', 'SET', 'module-strict', 'yes')).toEqual(OK)
    expect(await client.send('COMMAND', 'DOCS', 'dally')).toMatchObject({ items: [bulk('dally'), {}] })
    expect(await client.send('INFO', 'upstream')).toMatchObject({ type: 'bulk' })
  })

  const calls: Readonly<Record<string, readonly string[]>> = {
    load: ['MODULE', 'LOAD', '/nowhere.ts'],
    list: ['MODULE', 'LIST'],
    help: ['MODULE', 'HELP'],
    add: ['CONFIG', 'SET', 'module-add', '/nowhere.ts'],
    set: ['CONFIG', 'SET', 'module-strict', 'yes'],
    get: ['CONFIG', 'GET', 'module-strict'],
    upstream: ['CONFIG', 'GET', 'upstream'],
    rewrite: ['CONFIG', 'REWRITE'],
    docs: ['COMMAND', 'DOCS', 'dally'],
    keys: ['COMMAND', 'GETKEYS', 'dally', 'x'],
    describe: ['COMMAND', 'INFO', 'dally'],
    info: ['INFO', 'upstream'],
    modules: ['INFO', 'modules'],
    slow: ['SLOWLOG', 'GET'],
    reset: ['SLOWLOG', 'RESET'],
  }

  test.each([
    ['nomodule', 'NOPERM', ['load', 'list', 'help', 'add']],
    ['noconfig', 'NOPERM', ['set', 'add', 'get', 'upstream', 'rewrite']],
    ['readsconfig', 'NOPERM', ['set', 'add', 'rewrite']],
    ['nocommand', 'NOPERM', ['docs', 'keys', 'describe']],
    ['ping', 'NOPERM', Object.keys(calls)],
    [undefined, 'NOAUTH', Object.keys(calls)],
  ])('%s gets %s for what it may not', async (user, code, refused) => {
    const client = await as(user)
    for (const [name, words] of Object.entries(calls)) {
      const answered = await client.send(...words)
      const isRefused = answered.type === 'error' && answered.value.startsWith(`${code} `)
      expect([name, isRefused]).toEqual([name, refused.includes(name)])
    }
    expect(gateway.engine.modules.loaded).toHaveLength(1)
    // As it was, if the client may not rewrite it.
    expect(readFileSync(file, 'utf8').includes('hz 20')).toBe(refused.includes('rewrite'))
  })

  test('no password is to be had', async () => {
    const client = await as('all')
    const shown = wordsOf(await client.send('CONFIG', 'GET', 'upstream*'))
    expect(shown.slice(0, 2)).toEqual(['upstream', `redis://127.0.0.1:${redis.port}`])
    expect(shown.join(' ')).not.toContain('secret')
    expect(textOf(await client.send('INFO', 'everything'))).not.toContain('secret')
  })

  test('where MODULE is loaded from is the gateway’s to say', async () => {
    const guarded = await startGateway({
      upstream: `redis://:secret@127.0.0.1:${redis.port}`,
      config: { 'enable-module-command': 'no' },
    })
    const client = await connect({ port: guarded.port })
    await client.send('AUTH', 'all', 'x')
    expect(await client.send('MODULE', 'LOAD', 'x')).toEqual(error(/^ERR MODULE command not allowed\./))
    expect(await client.send('MODULE', 'LIST')).toEqual(array())
    await client.close()
    await guarded.stop()
  })
})

describeWithRedis('in front of a server that has not all commands', () => {
  let redis: RedisServer
  let gateway: GatewayServer

  beforeAll(async () => {
    redis = await startRedisServer({ args: ['--requirepass', 'secret', '--rename-command', 'MODULE', ''] })
    gateway = await startGateway({ upstream: `redis://:secret@127.0.0.1:${redis.port}`, modules: [box] })
  })
  afterAll(async () => {
    await gateway.stop()
    await redis.stop()
  })

  test('MODULE is for those who are let in', async () => {
    const client = await connect({ port: gateway.port })
    expect(await client.send('MODULE', 'LIST')).toEqual(error(/^NOAUTH /))
    expect(await client.send('MODULE', 'UNLOAD', 'test.box')).toEqual(error(/^NOAUTH /))
    await client.send('AUTH', 'secret')
    expect(await client.send('MODULE', 'LIST')).toMatchObject({ items: [{}] })
    expect(wordsOf(await client.send('COMMAND', 'LIST'))).toContain('module|load')
    expect(await client.send('COMMAND', 'INFO', 'module')).toMatchObject({ items: [{ type: 'array' }] })
    await client.close()
  })
})

describeWithRedis('in front of a server without CONFIG and SLOWLOG', () => {
  test('the gateway has its own, for those who are let in', async () => {
    const without = ['CONFIG', 'SLOWLOG'].flatMap(name => ['--rename-command', name, ''])
    const redis = await startRedisServer({ args: ['--requirepass', 'secret', ...without] })
    const gateway = await startGateway({
      upstream: `redis://:secret@127.0.0.1:${redis.port}`,
      modules: [box],
      config: { 'slowlog-log-slower-than': '0' },
    })
    const client = await connect({ port: gateway.port })
    const calls = [
      ['CONFIG', 'GET', 'module-strict'],
      ['CONFIG', 'GET', 'module-s*', 'maxmemory'],
      ['CONFIG', 'SET', 'module-strict', 'no'],
      ['SLOWLOG', 'GET'],
      ['SLOWLOG', 'LEN'],
      ['SLOWLOG', 'RESET'],
    ]
    for (const words of calls) expect(await client.send(...words)).toEqual(error(/^NOAUTH /))
    expect(gateway.engine.config.values['module-strict']).toBe(true)
    await client.send('AUTH', 'secret')
    await client.send('DALLY', 'key')
    expect(await client.sendMany(calls)).toMatchObject([
      array(bulk('module-strict'), bulk('yes')),
      array(bulk('module-strict'), bulk('yes')),
      OK,
      {
        items: [
          { items: expect.arrayContaining([array(bulk('CONFIG'), bulk('SET'), bulk('module-strict'), bulk('no'))]) },
          {},
        ],
      },
      integer(2),
      OK,
    ])
    expect(await client.send('CONFIG', 'GET', 'maxmemory')).toEqual(error(/^ERR unknown command 'CONFIG'/))
    expect(await client.send('CONFIG', 'SET', 'maxmemory', '1')).toEqual(error(/^ERR unknown command 'CONFIG'/))
    await client.close()
    await gateway.stop()
    await redis.stop()
  })
})

describeWithRedis('CONFIG REWRITE', () => {
  let folder: string
  let redis: RedisProcess
  let gateway: GatewayServer
  let client: RespClient
  const text = (file: string) => readFileSync(join(folder, file), 'utf8')

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'krmt-answers-'))
    writeFileSync(join(folder, 'redis.conf'), '# of the server\n')
    writeFileSync(join(folder, 'krmt.conf'), '# of the gateway\nmodule-watch no\n')
    writeFileSync(
      join(folder, 'hello.ts'),
      "import { command, defineModule } from 'krmt/module'\n" +
        "const hallo = command({ name: 'hallo', summary: 'Greets.', flags: ['readonly'], args: {}, run: () => 'hello' })\n" +
        "export default defineModule({ name: 'test.hello', version: '1.0.0', requires: '^1', commands: [hallo] })\n",
    )
  })
  afterEach(async () => {
    await client.close()
    await gateway.stop()
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Starts both, each with a file or without, and loads a module. */
  async function start(has: { server: boolean; gateway: boolean }): Promise<void> {
    redis = await withFreePorts(async () => {
      const [port = 0] = await freePorts(1)
      const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
      const args = [...(has.server ? [join(folder, 'redis.conf')] : []), ...settings]
      return startRedisProcess({ port, folder, args, readyLine: 'Ready to accept connections' })
    })
    gateway = await startGateway({
      upstream: `redis://127.0.0.1:${redis.port}`,
      ...(has.gateway ? { file: join(folder, 'krmt.conf') } : {}),
    })
    client = await connect({ port: gateway.port })
    expect(await client.send('CONFIG', 'SET', 'module-add', join(folder, 'hello.ts'))).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('hello'))
    expect(await client.send('CONFIG', 'GET', 'module-add')).toEqual(
      array(bulk('module-add'), bulk(join(folder, 'hello.ts'))),
    )
  }

  test('of both: the gateway keeps its modules, the server what is its own', async () => {
    await start({ server: true, gateway: true })
    await client.send('CONFIG', 'SET', 'maxmemory-samples', '7')
    expect(await client.send('CONFIG', 'REWRITE')).toEqual(OK)
    expect(text('krmt.conf')).toContain(`\nmodule-add ${join(folder, 'hello.ts')}\n`)
    expect(text('krmt.conf')).not.toContain('maxmemory-samples')
    expect(text('redis.conf')).toContain('\nmaxmemory-samples 7\n')
    expect(text('redis.conf')).not.toContain('module-add')
  })

  test('of the gateway alone: the server says that it has none', async () => {
    await start({ server: false, gateway: true })
    expect(await client.send('CONFIG', 'REWRITE')).toEqual(
      error(
        'ERR The server is running without a config file, says the upstream; the file of the gateway has been rewritten',
      ),
    )
    expect(text('krmt.conf')).toContain(`\nmodule-add ${join(folder, 'hello.ts')}\n`)
  })

  test('of the server alone', async () => {
    await start({ server: true, gateway: false })
    expect(await client.send('CONFIG', 'REWRITE')).toEqual(OK)
    expect(text('redis.conf')).toContain('# Generated by CONFIG REWRITE')
    expect(text('krmt.conf')).not.toContain('module-add')
  })

  test('of nobody', async () => {
    await start({ server: false, gateway: false })
    expect(await client.send('CONFIG', 'REWRITE')).toEqual(error('ERR The server is running without a config file'))
  })
})

describeWithRedis('while the upstream is down', () => {
  test('INFO tells so, and what can be told without it', async () => {
    const redis = await startRedisServer()
    const gateway = await startGateway({
      upstream: `redis://127.0.0.1:${redis.port}`,
      modules: [box],
      config: { 'upstream-timeout': '1000' },
    })
    const client = await connect({ port: gateway.port })
    await client.send('PING')
    await redis.kill()
    await vi.waitFor(async () => {
      expect(textOf(await client.send('INFO', 'upstream'))).toContain('upstream_status:down')
    }, 10_000)
    const upstream = sectionsOf(await client.send('INFO', 'upstream')).get('Upstream')
    expect(upstream).toEqual(
      expect.arrayContaining([
        'upstream_servers:1',
        'upstream_servers_up:0',
        expect.stringMatching(/^upstream_down_since:\d{10}$/),
        expect.stringMatching(
          /^upstream_last_error:cannot connect to redis:\/\/127\.0\.0\.1:\d+: nothing listens there; start the server/,
        ),
      ]),
    )
    expect([...sectionsOf(await client.send('INFO')).keys()]).toEqual(['Upstream'])
    expect([...sectionsOf(await client.send('INFO', 'all')).keys()]).toEqual(['Modules', 'Commandstats', 'Upstream'])
    expect(await client.send('INFO', 'server')).toEqual(error(/^UPSTREAMDOWN /))
    expect(await client.send('MODULE', 'LIST')).toEqual(error(/^UPSTREAMDOWN /))
    expect(await client.send('CONFIG', 'SET', 'module-strict', 'no')).toEqual(error(/^UPSTREAMDOWN /))
    await redis.restart()
    await vi.waitFor(async () => {
      expect(textOf(await client.send('INFO', 'upstream'))).toContain('upstream_status:up')
    }, 10_000)
    expect(
      sectionsOf(await client.send('INFO', 'upstream'))
        .get('Upstream')
        ?.join(),
    ).not.toContain('last_error')
    await client.close()
    await gateway.stop()
    await redis.stop()
  })
})

describeWithRedis('in front of a Cluster', () => {
  test('it looks like one server', async () => {
    const cluster = await startRedisCluster()
    const gateway = await startGateway({ upstream: cluster.url(), modules: [box] })
    const client = await connect({ port: gateway.port })
    const info = sectionsOf(await client.send('INFO', 'all'))
    expect(info.get('Server')).toContain('redis_mode:standalone')
    expect(info.get('Cluster')).toEqual(['cluster_enabled:0'])
    expect(info.get('Upstream')).toEqual(
      expect.arrayContaining([
        `upstream_url:${cluster.url()}`,
        'upstream_kind:cluster',
        'upstream_status:up',
        'upstream_servers:3',
        'upstream_servers_up:3',
      ]),
    )
    expect(await client.send('INFO', 'cluster')).toEqual(bulk('# Cluster\r\ncluster_enabled:0\r\n'))
    // The nodes count by themselves, and have all had as many slow commands.
    await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
    for (const key of ['a', 'b', 'c']) await client.send('SET', key, '1')
    await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
    const ids = (await itemsOf(client, 'SLOWLOG', 'GET', '-1')).map(entry =>
      entry.type === 'array' && entry.items[0]?.type === 'integer' ? Number(entry.items[0].value) : Number.NaN,
    )
    expect(ids).toHaveLength(6)
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a))
    await client.close()
    await gateway.stop()
    await cluster.stop()
  })
})

describe('elements of a frame', () => {
  test('are as they came', () => {
    const elements = elementsOf(Buffer.from('%2\r\n+a\r\n*2\r\n:1\r\n$3\r\n\r\n\0\r\n$1\r\nb\r\n_\r\n'))
    expect(elements.map(String)).toEqual(['+a\r\n', '*2\r\n:1\r\n$3\r\n\r\n\0\r\n', '$1\r\nb\r\n', '_\r\n'])
    expect(elementsOf(Buffer.from('*0\r\n'))).toEqual([])
  })
})

async function itemsOf(client: RespClient, ...words: string[]): Promise<readonly Reply[]> {
  const answered = await client.send(...words)
  if (answered.type !== 'array') throw new Error(`no array: ${JSON.stringify(answered)}`)
  return answered.items
}
