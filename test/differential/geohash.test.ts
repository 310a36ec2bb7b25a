import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Circle } from '../../modules/geo/circle.js'
import { coverCircle } from '../../modules/geo/cover.js'
import { encode, HASH_END, latitudeOf, longitudeOf, MAX_LATITUDE } from '../../modules/geo/geohash.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

const latitude = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -MAX_LATITUDE, max: MAX_LATITUDE, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-MAX_LATITUDE, MAX_LATITUDE, 0, 42.52556439) },
)
const longitude = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -180, max: 180, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-180, 180, 0, -90) },
)

describeWithRedis('geohashes', () => {
  let server: RedisServer
  let redis: RespClient

  beforeAll(async () => {
    server = await startRedisServer()
    redis = await connect({ path: server.socketPath })
  })
  afterAll(async () => {
    await redis?.close()
    await server?.stop()
  })

  test('GEOADD stores what encode gives', async () => {
    const points = fc.array(fc.tuple(latitude, longitude), { minLength: 200, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(points, async points => {
        await redis.send('DEL', 'g')
        await redis.send('GEOADD', 'g', ...points.flatMap(([lat, lon], i) => [lon, lat, `m${i}`]))
        const scores = texts(await redis.send('ZMSCORE', 'g', ...points.map((_, i) => `m${i}`)))
        points.forEach(([lat, lon], i) => {
          expect(encode(lat, lon), `${lat} ${lon}`).toBe(Number(scores[i]))
        })
      }),
    )
  })

  test('GEOPOS tells what latitudeOf and longitudeOf give', async () => {
    const hash = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 52 - 1 }),
      fc.tuple(latitude, longitude).map(([lat, lon]) => encode(lat, lon)),
      fc.constantFrom(0, 1, 2 ** 52 - 1, 2 ** 52, 2 ** 53, 2 ** 53 + 2 ** 52),
    )
    const hashes = fc.array(hash, { minLength: 200, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(hashes, async hashes => {
        await redis.send('DEL', 'g')
        await redis.send('ZADD', 'g', ...hashes.flatMap((hash, i) => [hash, `m${i}`]))
        const positions = items(await redis.send('GEOPOS', 'g', ...hashes.map((_, i) => `m${i}`))).map(texts)
        hashes.forEach((hash, i) => {
          const [lon, lat] = positions[i] as [string, string]
          // It has 17 decimals: not all that a double near 0 has.
          expect(Math.abs(latitudeOf(hash) - Number(lat)), `${hash}`).toBeLessThan(1e-17)
          expect(Math.abs(longitudeOf(hash) - Number(lon)), `${hash}`).toBeLessThan(1e-17)
        })
      }),
    )
  })

  test('GEODIST tells what distanceTo gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(latitude, longitude), { minLength: 2, maxLength: 2 }), async points => {
        const [from, to] = points.map(([lat, lon]) => encode(lat, lon)) as [number, number]
        await redis.send('DEL', 'g')
        await redis.send('ZADD', 'g', from, 'from', to, 'to')
        const [text] = texts({ type: 'array', items: [await redis.send('GEODIST', 'g', 'from', 'to')] })
        const meters = new Circle(latitudeOf(from), longitudeOf(from), 0).distanceTo(to)
        // Four decimals; and points on opposite sides of the globe magnify the last bit of a sine to decimeters.
        expect(Math.abs(meters - Number(text))).toBeLessThan(meters > 20_010_000 ? 0.5 : 1e-4)
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever GEOSEARCH finds is in the cover and in the circle', async () => {
    const points = fc.array(fc.tuple(latitude, longitude), { minLength: 100, maxLength: 200 })
    const search = fc.tuple(
      latitude,
      longitude,
      fc.double({ min: 3, max: 7.3, noNaN: true }).map(exponent => 10 ** exponent),
    )
    let found = 0
    await fc.assert(
      fc.asyncProperty(points, fc.array(search, { minLength: 20, maxLength: 20 }), async (points, searches) => {
        await redis.send('DEL', 'g')
        await redis.send('GEOADD', 'g', ...points.flatMap(([lat, lon], i) => [lon, lat, `m${i}`]))
        const hashes = points.map(([lat, lon]) => encode(lat, lon))
        expect(hashes.every(hash => hash < HASH_END)).toBe(true)
        for (const [lat, lon, radius] of searches) {
          const reply = await redis.send('GEOSEARCH', 'g', 'FROMLONLAT', lon, lat, 'BYRADIUS', radius, 'm')
          const circle = new Circle(lat, lon, radius)
          const ranges = coverCircle(circle)
          for (const member of texts(reply)) {
            found++
            const hash = hashes[Number(member.slice(1))] as number
            expect(circle.contains(hash), `${hash} in ${lat} ${lon} ${radius}`).toBe(true)
            expect(
              ranges.some(({ min, max }) => min <= hash && hash < max),
              `${hash} in ${lat} ${lon} ${radius}`,
            ).toBe(true)
          }
        }
      }),
      { numRuns: 50 },
    )
    expect(found).toBeGreaterThan(1000)
  })
})

function items(reply: Reply): Reply[] {
  if (reply.type !== 'array') throw new Error(`wanted an array, got ${JSON.stringify(reply)}`)
  return reply.items
}

function texts(reply: Reply): string[] {
  return items(reply).map(item => {
    if (item.type !== 'bulk') throw new Error(`wanted a bulk string, got ${JSON.stringify(item)}`)
    return item.value
  })
}
