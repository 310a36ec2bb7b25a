import { afterAll, beforeAll, expect, test } from 'vitest'
import { splitArgs } from '../../src/bytes/split-args.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type RespClient } from '../support/resp-client.js'
import { run } from '../support/run.js'
import { asRedisCli } from './redis-cli.js'

describeWithRedis('sessions are shown as redis-cli shows them', () => {
  let server: RedisServer
  let client: RespClient

  beforeAll(async () => {
    server = await startRedisServer()
    client = await connect({ path: server.socketPath })
    await client.send('RPUSH', 'list', ...Array.from({ length: 11 }, (_, i) => `item ${i}`))
    await client.send('SET', 'bytes', Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join(''))
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })

  test.each([
    'PING',
    'GET none',
    'GET bytes',
    'INCR',
    'DBSIZE',
    'LRANGE list 0 -1',
    'LRANGE list 0 -20',
    'COMMAND INFO get nothing',
    `EVAL "return {1, {'a', {'b', {}}, false}, {}}" 0`,
    'BLPOP none 0.001',
  ])('%s', async line => {
    const reply = await client.send(...(splitArgs(line) ?? []))
    const { stdout } = await run('redis-cli', ['-s', server.socketPath, '--no-raw'], { input: `${line}\n` })
    expect(`${asRedisCli(reply)}\n`).toBe(stdout)
  })
})
