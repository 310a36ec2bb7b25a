import { redisBenchmark } from '../servers.mjs'
import { addPoints, LATITUDE, LONGITUDE, POINTS, radiusOf, SET_SCRIPT } from './kit.mjs'

/** A gateway in front of the redis-server, beside that server itself. */
export const gatewayCases = [
  ...['SET', 'GET'].flatMap(name =>
    [1, 16, 64].map(pipeline => {
      const load = ['-c', '50', '-P', String(pipeline), '-n', String(pipeline === 1 ? 100_000 : 40_000 * pipeline)]
      const words = [...load, '-r', '100000', '-t', name.toLowerCase()]
      return {
        name: `Gateway: ${name}, ${pipeline} a pipeline`,
        aim: '0.70',
        krmt: ({ gateway }) => redisBenchmark(gateway, words),
        redis: ({ redis }) => redisBenchmark(redis, words),
      }
    }),
  ),
  ...[1, 50].map(clients => {
    let sha = ''
    const load = ['-c', String(clients), '-n', String(clients === 1 ? 5_000 : 40_000), '-r', '1000000']
    const words = ['hash:__rand_int__', 'field', 'value']
    return {
      name: `Gateway: HMSETNX of one field, ${clients} client${clients === 1 ? '' : 's'}, beside a Lua script`,
      aim: '',
      async prepare({ redis }) {
        sha = await redis.client.scriptLoad(SET_SCRIPT)
      },
      krmt: ({ gateway }) => redisBenchmark(gateway, [...load, 'HMSETNX', ...words]),
      redis: ({ redis }) => redisBenchmark(redis, [...load, 'EVALSHA', sha, '1', ...words]),
    }
  }),
  ...[10, 1000].map(hits => {
    let sha = ''
    const radius = radiusOf(hits)
    const load = ['-c', '50', '-n', String(hits === 10 ? 20_000 : 2_000)]
    return {
      name: `Gateway: GEORADIUS, ${hits.toLocaleString('en')} hits of ${POINTS.toLocaleString('en')}, beside a Lua script with GEOSEARCH`,
      aim: '',
      async prepare(servers) {
        await addPoints(servers)
        sha = await servers.redis.client.scriptLoad(SEARCH_SCRIPT)
      },
      krmt: ({ gateway }) =>
        redisBenchmark(gateway, [...load, 'GEORADIUS', 'points', String(LATITUDE), String(LONGITUDE), radius, 'km']),
      redis: ({ redis }) =>
        redisBenchmark(redis, [...load, 'EVALSHA', sha, '1', 'points', String(LONGITUDE), String(LATITUDE), radius]),
    }
  }),
]

const SEARCH_SCRIPT = `
return redis.call('GEOSEARCH', KEYS[1], 'FROMLONLAT', ARGV[1], ARGV[2], 'BYRADIUS', ARGV[3], 'km')`
