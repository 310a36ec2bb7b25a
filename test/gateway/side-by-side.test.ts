import { open } from 'krmt'
import hmsetnx from 'krmt/modules/hmsetnx'
import scriptname from 'krmt/modules/scriptname'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

const modules = [hmsetnx, scriptname] as const
const TEXT = "return redis.call('INCR', KEYS[1])"

describeWithRedis('gateways side by side', () => {
  let server: RedisServer
  let direct: RespClient
  const gateways: GatewayServer[] = []
  const clients: RespClient[] = []

  beforeAll(async () => {
    server = await startRedisServer()
    direct = await connect({ path: server.socketPath })
    for (let i = 0; i < 2; i++) gateways.push(await startGateway({ upstream: url(), modules }))
    for (const { socketPath } of gateways) clients.push(await connect({ path: socketPath }))
  })
  afterAll(async () => {
    for (const client of [direct, ...clients]) await client?.close()
    for (const gateway of gateways) await gateway.stop()
    await server?.stop()
  })
  beforeEach(async () => {
    await direct.send('FLUSHALL')
    await direct.send('SCRIPT', 'FLUSH')
  })

  const url = (): string => `redis://127.0.0.1:${server.port}`
  const value = (reply: Reply): unknown => ('value' in reply ? reply.value : reply.type)

  /** Each client in turn, first that of the first gateway. */
  async function each(...argv: readonly string[]): Promise<unknown[]> {
    const values: unknown[] = []
    for (const client of clients) values.push(value(await client.send(...argv)))
    return values
  }

  test('see what the other has written', async () => {
    expect(await each('HMSETNX', 'h', 'f', 'v')).toEqual(['OK', 0])
    await direct.send('DEL', 'h')
    expect((await each('HMSETNX', 'h', 'f', 'v')).reverse()).toEqual([0, 'OK'])
  })

  test('know the scripts that have been named through one of them, and so does a program', async () => {
    const [first] = clients
    const sha = String(value(await first!.send('SCRIPT', 'LOAD', TEXT)))
    expect(await first!.send('SCRIPTNAME', 'SET', 'incr', sha)).toMatchObject({ value: 'incr' })
    expect(await each('SCRIPTNAME', 'GET', 'incr')).toEqual([sha, sha])
    expect(await each('EVALNAME', 'incr', '1', 'n')).toEqual([1, 2])
    // The server knows them no longer, and the second gateway has never seen them.
    await direct.send('SCRIPT', 'FLUSH')
    expect(value(await clients[1]!.send('EVALNAME', 'incr', '1', 'n'))).toBe(3)
    await direct.send('SCRIPT', 'FLUSH')
    const db = await open(url(), { modules })
    expect(await db.call('EVALNAME', 'incr', 1, 'n')).toBe(4)
    await db.close()
    // Nor does it take a gateway that was there when they were named.
    await direct.send('SCRIPT', 'FLUSH')
    const third = await startGateway({ upstream: url(), modules })
    const newcomer = await connect({ path: third.socketPath })
    expect(value(await newcomer.send('EVALNAME', 'incr', '1', 'n'))).toBe(5)
    expect(value(await newcomer.send('SCRIPTNAME', 'DEL', 'incr'))).toBe(sha)
    const unknown = expect.stringMatching(/^NONAME /)
    expect(await each('SCRIPTNAME', 'GET', 'incr')).toEqual([unknown, unknown])
    await newcomer.close()
    await third.stop()
  })

  test('name a script that has been loaded through another when it has been loaded again', async () => {
    const [first, second] = clients
    const text = `${TEXT} -- another`
    const sha = String(value(await first!.send('SCRIPT', 'LOAD', text)))
    expect(value(await second!.send('SCRIPTNAME', 'SET', 'other', sha))).toBe(
      'NOSCRIPT Target SHA not found. Please use SCRIPT LOAD.',
    )
    expect(value(await second!.send('SCRIPT', 'LOAD', text))).toBe(sha)
    expect(value(await second!.send('SCRIPTNAME', 'SET', 'other', sha))).toBe('other')
    expect(await each('EVALNAME', 'other', '1', 'n')).toEqual([1, 2])
  })
})
