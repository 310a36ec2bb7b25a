import { redisBenchmark } from '../servers.mjs'

export const POINTS = 100_000
/** A square of 4 by 4 degrees around the centre, in which the points lie evenly. */
export const [LATITUDE, LONGITUDE, SIDE] = [48, 11, 4]

/** The kit's commands beside the nearest thing that Redis has. */
export const kitCases = [
  ...[10, 100, 1000].map(hits => {
    const radius = radiusOf(hits)
    return {
      name: `GEORADIUS, ${hits.toLocaleString('en')} hits of ${POINTS.toLocaleString('en')}`,
      aim: '2.00',
      prepare: addPoints,
      krmt: ({ krmt }) =>
        redisBenchmark(
          krmt,
          load(200_000 / Math.sqrt(hits), ['GEORADIUS', 'points', String(LATITUDE), String(LONGITUDE), radius, 'km']),
        ),
      redis: ({ redis }) =>
        redisBenchmark(
          redis,
          load(200_000 / Math.sqrt(hits), ['GEORADIUS', 'points', String(LONGITUDE), String(LATITUDE), radius, 'km']),
        ),
    }
  }),
  {
    name: 'BITALLPOS of 1 MB with 1,000 bits, beside a Lua script',
    aim: '2.00',
    async prepare({ krmt, redis }) {
      for (const { client } of [krmt, redis]) {
        await client.setRange('bitmap', 2 ** 20 - 1, '\0')
        for (let i = 0; i < 1000; i++) await client.setBit('bitmap', i * 8388 + (i % 7), 1)
      }
      bitScript = await redis.client.scriptLoad(BIT_SCRIPT)
    },
    krmt: ({ krmt }) => redisBenchmark(krmt, load(4000, ['BITALLPOS', 'bitmap'])),
    redis: ({ redis }) => redisBenchmark(redis, load(200, ['EVALSHA', bitScript, '1', 'bitmap'])),
  },
  ...[1, 16].map(pipeline => ({
    name: `HMSETNX of one field, ${pipeline} a pipeline, beside a Lua script`,
    aim: '2.00',
    async prepare({ redis }) {
      setScript = await redis.client.scriptLoad(SET_SCRIPT)
    },
    krmt: ({ krmt }) => redisBenchmark(krmt, [...piped(pipeline), 'HMSETNX', 'hash:__rand_int__', 'field', 'value']),
    redis: ({ redis }) =>
      redisBenchmark(redis, [...piped(pipeline), 'EVALSHA', setScript, '1', 'hash:__rand_int__', 'field', 'value']),
  })),
]

/** What people write who have no HMSETNX. */
export const SET_SCRIPT = `
for i = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then return 0 end
end
redis.call('HSET', KEYS[1], unpack(ARGV))
return redis.status_reply('OK')`

/** The positions of all set bits, byte by byte, bytes of zero passed over. */
const BIT_SCRIPT = `
local bytes, found = redis.call('GET', KEYS[1]), {}
local at = string.find(bytes, '[^%z]')
while at do
  local byte = string.byte(bytes, at)
  for i = 0, 7 do
    if bit.band(byte, bit.rshift(128, i)) ~= 0 then found[#found + 1] = tostring((at - 1) * 8 + i) end
  end
  at = string.find(bytes, '[^%z]', at + 1)
end
return found`

let bitScript = ''
let setScript = ''

function load(requests, command) {
  return ['-c', '50', '-n', String(Math.round(requests)), ...command]
}

function piped(pipeline) {
  return ['-c', '50', '-P', String(pipeline), '-n', String(pipeline === 1 ? 80_000 : 400_000), '-r', '100000000']
}

/** The radius, in km, of the circle that holds so many of the points. */
export function radiusOf(hits) {
  const kmOfDegree = 111.226
  const area = (SIDE * kmOfDegree) ** 2 * Math.cos((LATITUDE * Math.PI) / 180)
  return Math.sqrt((hits / POINTS) * (area / Math.PI)).toFixed(3)
}

export async function addPoints({ krmt, redis }) {
  if ((await redis.client.zCard('points')) === POINTS) return
  // The same points on both: a small generator with a fixed seed (Numerical Recipes' linear congruence).
  let seed = 1
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  for (let i = 0; i < POINTS; i += 1000) {
    const points = Array.from({ length: 1000 }, (_, j) => ({
      latitude: String(LATITUDE - SIDE / 2 + random() * SIDE),
      longitude: String(LONGITUDE - SIDE / 2 + random() * SIDE),
      member: `point:${i + j}`,
    }))
    await krmt.client.sendCommand([
      'GEOADD',
      'points',
      ...points.flatMap(({ latitude, longitude, member }) => [latitude, longitude, member]),
    ])
    await redis.client.sendCommand([
      'GEOADD',
      'points',
      ...points.flatMap(({ latitude, longitude, member }) => [longitude, latitude, member]),
    ])
  }
}
