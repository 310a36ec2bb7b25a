import { test } from 'vitest'
import { parseAddress } from '../../src/host/upstream/address.js'
import { Connection } from '../../src/host/upstream/connection.js'
import { openError } from '../../src/host/upstream/open-error.js'
import { startRedisServer } from '../support/redis-server.js'
import { createServer } from 'node:net'
test('x', async () => {
  const server = await startRedisServer({ args: ['--requirepass', 'x'] })
  const t = async (u: string) => {
    try {
      const c = await Connection.open(parseAddress(u), 3, 1500)
      console.log(u, await c.send([['SET', 'a', '\xff\x00'], ['GET', 'a'], ['HSET', 'h', 'a', '1'], ['HGETALL', 'h'], ['INCRBY', 'n', '9007199254740999'], ['LPUSH', 'h'], ['MULTI'], ['LPUSH', 'h', 'x'], ['EXEC'], ['PING'],['ZADD','z','1.5','a'],['ZRANGE','z','0','-1','WITHSCORES']]))
      c.close()
    } catch (e) { console.log(u, String(openError(parseAddress(u), e)), e) }
  }
  await t(`redis://:x@127.0.0.1:${server.port}/3`)
  await t(`unix:${server.socketPath}`)
  await t(`redis://:y@127.0.0.1:${server.port}/3`)
  await t(`redis://:x@127.0.0.1:${server.port}/33`)
  await t(`redis://nope.invalid:1`)
  await t(`redis://localhost:1`)
  await t(`unix:/tmp/nope`)
  await t(`rediss://:x@127.0.0.1:${server.port}/3`)
  const hang = createServer(() => {}).listen(0)
  await t(`redis://127.0.0.1:${(hang.address() as any).port}`)
  hang.close()
  await server.stop()
})
