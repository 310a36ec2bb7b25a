import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'krmt'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { slotOf } from '../../src/upstream/slot.js'
import { startGateway } from '../support/gateway-server.js'
import { freePorts } from '../support/ports.js'
import { type RedisProcess, startRedisProcess } from '../support/redis-process.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type RespClient } from '../support/resp-client.js'

/** What the servers' certificate is for. */
const NAME = 'redis.example'
const WAIT = { timeout: 20_000, interval: 20 }

describeWithRedis('over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-tls-'))
  const file = (name: string): string => join(folder, name)
  const stops: (() => Promise<unknown>)[] = []

  beforeAll(() => {
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test CA', '-keyout', 'ca.key', '-out', 'ca.pem')
    writeFileSync(file('names'), `subjectAltName=DNS:${NAME}`)
    for (const name of ['server', 'client']) {
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
      openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`)
    }
  })
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ca = () => readFileSync(file('ca.pem'))
  const own = () => ({ cert: readFileSync(file('client.pem')), key: readFileSync(file('client.key')) })
  const all = () => ({ ca: ca(), ...own(), servername: NAME })

  /** What makes a server one that speaks TLS, and wants a certificate of its clients. */
  const tlsSettings = (port: number): [name: string, value: string][] => [
    ['tls-port', String(port)],
    ['tls-cert-file', file('server.pem')],
    ['tls-key-file', file('server.key')],
    ['tls-ca-cert-file', file('ca.pem')],
  ]

  interface TlsServer extends RedisServer {
    readonly tlsPort: number
    readonly admin: RespClient
  }

  async function startServer(...settings: readonly (readonly [name: string, value: string])[]): Promise<TlsServer> {
    const [tlsPort = 0] = await freePorts(1)
    const args = [...tlsSettings(tlsPort), ...settings].flatMap(([name, value]) => [`--${name}`, value])
    const server = await startRedisServer({ args })
    stops.push(() => server.stop())
    const admin = await connect({ path: server.socketPath })
    stops.push(() => admin.close())
    return Object.assign(server, { tlsPort, admin })
  }

  const gatewayConfig = () => ({
    'upstream-tls-ca-cert-file': file('ca.pem'),
    'upstream-tls-cert-file': file('client.pem'),
    'upstream-tls-key-file': file('client.key'),
    'upstream-tls-server-name': NAME,
  })

  /** A program, and a client of a gateway, use modules' and other commands on keys of all nodes. */
  async function works(url: string): Promise<void> {
    const db = await open(url, { modules: [hmsetnx], tls: all() })
    for (let i = 0; i < 20; i++) {
      expect(await db.hmsetnx({ key: `program:${i}`, entries: [{ field: 'f', value: 'v' }] })).toBe('OK')
      expect(await db.call('HGET', `program:${i}`, 'f')).toBe('v')
    }
    const heard = vi.fn()
    await db.subscribe('news', heard)
    const gateway = await startGateway({ upstream: url, modules: [hmsetnx], config: gatewayConfig() })
    const client = await connect({ path: gateway.socketPath })
    for (let i = 0; i < 20; i++) {
      expect(await client.send('HMSETNX', `client:${i}`, 'f', 'v')).toMatchObject({ value: 'OK' })
      expect(await client.send('HGET', `client:${i}`, 'f')).toMatchObject({ value: 'v' })
    }
    await client.send('PUBLISH', 'news', 'told')
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('told', 'news'), WAIT)
    await client.send('SUBSCRIBE', 'news')
    await db.call('PUBLISH', 'news', 'back')
    expect(await client.nextPush()).toMatchObject({ items: [{}, {}, { value: 'back' }] })
    await client.close()
    await gateway.stop()
    await db.close()
  }

  describe('one server', () => {
    let server: TlsServer

    beforeAll(async () => {
      server = await startServer()
    })

    test('serves programs and a gateway', () => works(`rediss://127.0.0.1:${server.tlsPort}`))

    test('large values go through whole', async () => {
      const db = await open(`rediss://127.0.0.1:${server.tlsPort}`, { tls: all() })
      const value = 'x'.repeat(5_000_000)
      expect(await db.call('SET', 'large', value)).toBe('OK')
      expect(await db.call('GET', 'large')).toBe(value)
      await db.close()
    })

    test('says what is wrong', async () => {
      const url = `rediss://127.0.0.1:${server.tlsPort}`
      const name = { servername: NAME }
      await expect(open(url, { tls: { ...own(), ...name } })).rejects.toThrow('pass its certificate as tls: { ca }')
      await expect(open(url, { tls: { ca: ca(), ...own() } })).rejects.toThrow('pass the name as tls: { servername }')
      await expect(open(url, { tls: { ca: ca(), ...name } })).rejects.toThrow('pass one as tls: { cert, key }')
      const plain = `rediss://127.0.0.1:${server.port}`
      await expect(open(plain, { upstreamTimeout: 300 })).rejects.toThrow('if it has no TLS, begin the URL with redis:')
      const insecure = `redis://127.0.0.1:${server.tlsPort}`
      await expect(open(insecure)).rejects.toThrow('if it speaks TLS, begin the URL with rediss:')
    })
  })

  test('a Cluster of two nodes, and a slot that moves', async () => {
    const [firstBus = '', secondBus = ''] = (await freePorts(2)).map(String)
    const start = (bus: string) =>
      startServer(['cluster-enabled', 'yes'], ['tls-cluster', 'yes'], ['cluster-port', bus])
    const [first, second] = await Promise.all([start(firstBus), start(secondBus)])
    await first.admin.send('CLUSTER', 'ADDSLOTSRANGE', 0, 8000)
    await second.admin.send('CLUSTER', 'ADDSLOTSRANGE', 8001, 16383)
    await second.admin.send('CLUSTER', 'SET-CONFIG-EPOCH', 2)
    await first.admin.send('CLUSTER', 'MEET', '127.0.0.1', second.tlsPort, secondBus)
    for (const { admin } of [first, second]) {
      await vi.waitFor(async () => {
        expect(await admin.send('CLUSTER', 'INFO')).toMatchObject({
          value: expect.stringContaining('cluster_state:ok'),
        })
      }, WAIT)
    }
    const url = `rediss+cluster://127.0.0.1:${first.tlsPort}`
    await works(url)

    // MOVED names the port of TLS.
    const db = await open(url, { modules: [hmsetnx], tls: all() })
    const slot = slotOf('moves')
    const [from, to] = slot <= 8000 ? [first, second] : [second, first]
    expect(await db.call('SET', 'moves', 'x')).toBe('OK')
    expect(await db.call('DEL', 'moves')).toBe(1)
    const id = (await to.admin.send('CLUSTER', 'MYID')) as { value: string }
    for (const { admin } of [to, from]) await admin.send('CLUSTER', 'SETSLOT', slot, 'NODE', id.value)
    expect(await db.hmsetnx({ key: 'moves', entries: [{ field: 'f', value: 'v' }] })).toBe('OK')
    expect(await to.admin.send('HGET', 'moves', 'f')).toMatchObject({ value: 'v' })
    await db.close()
  })

  test('Sentinels, and the primary that they know', async () => {
    const server = await startServer(['tls-replication', 'yes'])
    const [port = 0] = await freePorts(1)
    const own = file('sentinel')
    mkdirSync(own)
    const lines = [
      'port 0',
      `dir ${own}`,
      'bind 127.0.0.1',
      ...tlsSettings(port).map(setting => setting.join(' ')),
      'tls-replication yes',
      `sentinel monitor main 127.0.0.1 ${server.tlsPort} 1`,
      '',
    ]
    writeFileSync(join(own, 'sentinel.conf'), lines.join('\n'))
    const sentinel: RedisProcess = await startRedisProcess({
      port,
      folder: own,
      args: [join(own, 'sentinel.conf'), '--sentinel'],
      readyLine: '+monitor master main',
    })
    stops.push(() => sentinel.kill())
    await works(`rediss+sentinel://127.0.0.1:${port}/main`)
  })
})
