import { afterAll, beforeAll } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { describeKit } from './kit-contract.js'

describeWithRedis('in front of a redis-server', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server?.stop())

  describeKit(() => `redis://127.0.0.1:${server.port}`)
})
