import { expect, test } from 'vitest'
import { startKrmtServer } from './krmt-server.js'
import { describeWithRedis, startRedisServer } from './redis-server.js'
import { becomeReplica } from './replica.js'
import { connect } from './resp-client.js'

describeWithRedis('a replica', () => {
  test.each([
    ['over the socket, with a mark at its end', { diskless: 'yes', eof: true }],
    ['from a file, with its length before it', { diskless: 'no', eof: true }],
    ['from a file, for one that does not know of marks', { diskless: 'yes', eof: false }],
  ])('gets the stream after a snapshot %s', async (_, { diskless, eof }) => {
    const redis = await startRedisServer({
      args: ['--repl-diskless-sync', diskless, '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
    })
    const client = await connect({ path: redis.socketPath })
    const offset = async (): Promise<number> => {
      const info = await client.send('INFO', 'replication')
      return Number(info.type === 'bulk' && /master_repl_offset:(\d+)/.exec(info.value)?.[1])
    }
    try {
      await client.send('SET', 'before', 'x'.repeat(300_000))
      const replica = await becomeReplica(redis.port, { eof })
      expect(replica.take()).toEqual([])
      await client.send('SET', 'a\r\n', '\x00\xff$3\r\n')
      await client.sendMany([['MULTI'], ['INCR', 'b'], ['SET', 'long', 'y'.repeat(300_000)], ['EXEC']])
      await replica.reached(await offset())
      expect(replica.take()).toEqual([
        ['SELECT', '0'],
        ['SET', 'a\r\n', '\x00\xff$3\r\n'],
        ['MULTI'],
        ['INCR', 'b'],
        ['SET', 'long', 'y'.repeat(300_000)],
        ['EXEC'],
      ])
      expect(replica.take()).toEqual([])
      const tooFar = expect(replica.reached((await offset()) + 1_000_000)).rejects.toThrow('the master closed')
      await redis.stop()
      await tooFar
      await expect(replica.reached(Infinity)).rejects.toThrow('the master closed')
      await replica.close()
    } finally {
      await client.close()
      await redis.stop()
    }
  })

  test('says what a server says that will not have it', async () => {
    const krmt = await startKrmtServer()
    try {
      await expect(becomeReplica(krmt.port)).rejects.toThrow("ERR unknown command 'REPLCONF'")
    } finally {
      await krmt.stop()
    }
  })
})
