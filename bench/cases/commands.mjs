import { redisBenchmark } from '../servers.mjs'

const tests = { PING: 'ping_mbulk', SET: 'set', GET: 'get', INCR: 'incr', HSET: 'hset', ZADD: 'zadd' }
/** Requests a run, by commands a pipeline: about a second each. */
const requests = { 1: 100_000, 16: 600_000, 64: 1_000_000 }

/** The plain commands, 50 clients, 10,000 keys. */
export const commandCases = Object.entries(tests).flatMap(([name, test]) =>
  [1, 16, 64].map(pipeline => {
    const args = ['-c', '50', '-P', String(pipeline), '-n', String(requests[pipeline]), '-r', '10000', '-t', test]
    return {
      name: `${name}, ${pipeline} a pipeline`,
      aim: '0.90',
      ...(name === 'GET' && { prepare: setKeys }),
      krmt: ({ krmt }) => redisBenchmark(krmt, args),
      redis: ({ redis }) => redisBenchmark(redis, args),
    }
  }),
)

/** Sets the keys that GET gets: redis-benchmark names them so. */
async function setKeys({ krmt, redis }) {
  const pairs = Array.from({ length: 10_000 }, (_, i) => [`key:${String(i).padStart(12, '0')}`, 'xxx'])
  for (const { client } of [krmt, redis]) await client.sendCommand(['MSET', ...pairs.flat()])
}
