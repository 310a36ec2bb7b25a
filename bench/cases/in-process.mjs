import { open } from 'krmt'
import { redisBenchmark } from '../servers.mjs'

const CALLS = 1_000_000

/** GET through open(), without a socket, beside redis-server's GET without a pipeline, 50 clients. */
export const inProcessCases = [
  {
    name: 'GET in process, beside GET over TCP',
    aim: '30.00',
    async prepare({ redis }) {
      await redis.client.set('key', 'value')
    },
    async krmt() {
      const db = await open()
      await db.call('SET', 'key', 'value')
      const started = performance.now()
      for (let i = 0; i < CALLS; i++) await db.call('GET', 'key')
      const seconds = (performance.now() - started) / 1000
      await db.close()
      return CALLS / seconds
    },
    redis: ({ redis }) => redisBenchmark(redis, ['-c', '50', '-n', '100000', 'GET', 'key']),
  },
]
