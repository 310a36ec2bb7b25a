import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from '../../test/support/redis-server.js'
import { connect, type RespClient } from '../../test/support/resp-client.js'
import { slotOf } from './slot.js'

describe('the hash slot of a key', () => {
  test.each([
    // Of the specification: CRC16 of 123456789 is 0x31c3.
    ['123456789', 0x31c3 % 16384],
    ['', 0],
    ['foo', 12182],
    ['{foo}bar', 12182],
    ['bar{foo}{bar}', 12182],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
  ])('%j', (key, slot) => {
    expect(slotOf(key)).toBe(slot)
  })
})

describeWithRedis('the hash slot of a key', () => {
  let server: RedisServer
  let client: RespClient

  beforeAll(async () => {
    server = await startRedisServer({ args: ['--cluster-enabled', 'yes'] })
    client = await connect({ path: server.socketPath })
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  test('is that of CLUSTER KEYSLOT', async () => {
    const unit = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('{', '}') },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)) },
    )
    const key = fc.string({ unit, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 50 }), async keys => {
        const replies = await client.sendMany(keys.map(word => ['CLUSTER', 'KEYSLOT', word]))
        expect(replies.map(reply => (reply.type === 'integer' ? Number(reply.value) : reply))).toEqual(keys.map(slotOf))
      }),
      { numRuns: 200 },
    )
  })
})
