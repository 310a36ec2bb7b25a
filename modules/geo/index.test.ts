import fc from 'fast-check'
import { openTest, type TestDb, testExamples } from 'krmt/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { distance } from './distance.js'
import { latitudeOf, longitudeOf, MAX_LATITUDE } from './geohash.js'
import geo from './index.js'

describe.each(['latlong', 'longlat'] as const)('order %s', order => testExamples(geo, test, { options: { order } }))

let db: TestDb<[typeof geo]>
beforeEach(async () => {
  db = await openTest({ modules: [geo] })
})
afterEach(() => db.close())

/** Sends a line as one types it, without quotes. */
const send = (line: string) => db.call(...line.split(' '))

describe('GEOADD', () => {
  test('tells of one member whether it is new, of several how many they are', async () => {
    expect(await send('GEOADD g 1 2 a')).toBe(1)
    expect(await send('GEOADD g 3 4 a')).toBe(0)
    expect(await send('GEOADD g 1 2 a 3 4 b')).toBe(2)
    expect(await send('ZCARD g')).toBe(2)
  })

  test('publishes each position, latitude first, whatever the order of the command', async () => {
    const longlat = await openTest({ modules: [{ module: geo, options: { order: 'longlat' } }] })
    for (const [on, line] of [
      [db, 'GEOADD g 41.2358883 -1.5 a 0 180 b'],
      [longlat, 'GEOADD g -1.5 41.2358883 a 180 0 b'],
    ] as const) {
      const heard: string[] = []
      for (const member of ['a', 'b'])
        on.subscribe(`__geo:g:${member}`, (message, channel) => {
          heard.push(`${channel} ${message}`)
        })
      await on.call(...line.split(' '))
      expect(heard).toEqual(['__geo:g:a 41.2358883 -1.5000000', '__geo:g:b 0.0000000 180.0000000'])
    }
    await longlat.close()
  })

  test('stores the same in both orders', async () => {
    const longlat = await openTest({ modules: [{ module: geo, options: { order: 'longlat' } }] })
    await send('GEOADD g 41.2358883 1.8063239 a 5 km')
    await longlat.call('GEOADD', 'g', '1.8063239', '41.2358883', 'a', '5', 'km')
    expect(await send('ZSCORE g a')).toBe(3471579115683840)
    expect(await longlat.call('ZSCORE', 'g', 'a')).toBe(3471579115683840)
    await longlat.close()
  })

  test('writes and publishes nothing when one of the positions is bad', async () => {
    const heard: string[] = []
    db.subscribe('__geo:g:a', message => {
      heard.push(message)
    })
    await expect(send('GEOADD g 1 2 a 91 2 b')).rejects.toThrow('latitude,longitude pair 91.000000,2.000000')
    await expect(send('GEOADD g 1 2 a 1 x b')).rejects.toThrow('ERR value is not a valid float')
    expect(await send('EXISTS g')).toBe(0)
    expect(heard).toEqual([])
  })
})

describe('errors', () => {
  const arity = (name: string) => `ERR wrong number of arguments for '${name}' command`
  const UNITS = 'ERR unsupported unit provided. please use meters (m), kilometers (km), miles (mi), or feet (ft)'
  test.each([
    ['GEOADD g 85.06 0 a', 'ERR invalid latitude,longitude pair 85.060000,0.000000'],
    ['GEOADD g 0 -180.5 a', 'ERR invalid latitude,longitude pair 0.000000,-180.500000'],
    ['GEOADD g inf 0 a', 'ERR invalid latitude,longitude pair inf,0.000000'],
    ['GEOADD g 0 -inf a', 'ERR invalid latitude,longitude pair 0.000000,-inf'],
    ['GEOADD g nan 0 a', 'ERR value is not a valid float'],
    ['GEOADD g 1 2 a -1 km', 'ERR radius cannot be negative'],
    ['GEOADD g 1 2 a x km', 'ERR need numeric radius'],
    ['GEOADD g 1 2 a 1', 'ERR must provide units when asking for radius encode'],
    ['GEOADD g 1 2 a 1 au', UNITS],
    ['GEOADD g 1 2', arity('geoadd')],
    ['GEOADD text 1 2 a', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['GEOADD text 1 2 a 3 4 b', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['GEORADIUS set 86 0 1 km', 'ERR invalid latitude,longitude pair 86.000000,0.000000'],
    ['GEORADIUS set 0 0 -1 km', 'ERR radius cannot be negative'],
    ['GEORADIUS set 0 0 nan km', 'ERR need numeric radius'],
    ['GEORADIUS set 0 0 1 KM', UNITS],
    ['GEORADIUS set 0 0 1 km nearest', 'ERR syntax error'],
    ['GEORADIUS set 0 0 1', arity('georadius')],
    ['GEORADIUS text 0 0 1 km', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['GEORADIUSBYMEMBER set b 1 km', 'ERR could not decode requested zset member'],
    ['GEORADIUSBYMEMBER set low 1 km', 'ERR could not decode requested zset member'],
    ['GEORADIUSBYMEMBER set high 1 km', 'ERR could not decode requested zset member'],
    ['GEORADIUSBYMEMBER set a -1 km', 'ERR radius cannot be negative'],
    ['GEOENCODE 0 181', 'ERR invalid latitude,longitude pair 0.000000,181.000000'],
    ['GEOENCODE 0 0 -1 m', 'ERR radius cannot be negative'],
    ['GEODECODE -1', 'ERR value is not an integer or out of range'],
    ['GEODECODE 18014398509481984', 'ERR value is not an integer or out of range'],
  ])('%s', async (line, error) => {
    await send('SET text x')
    await send('ZADD set 3377699720527872 a -1 low 1e300 high')
    await expect(send(line)).rejects.toThrow(error)
    expect(await send('EXISTS g')).toBe(0)
  })

  test('longitude comes first in the error of order longlat', async () => {
    const longlat = await openTest({ modules: [{ module: geo, options: { order: 'longlat' } }] })
    await expect(longlat.call('GEOADD', 'g', '0', '90', 'a')).rejects.toThrow(
      'ERR invalid longitude,latitude pair 0.000000,90.000000',
    )
    await longlat.close()
  })
})

describe('a search', () => {
  beforeEach(() => send('GEOADD g 10 20 a 10.01 20 b 10 20.02 c -10 -160 far'))

  test('in no set finds nothing', async () => {
    expect(await send('GEORADIUS none 0 0 1 km WITHGEOJSONCOLLECTION')).toEqual([])
    expect(await send('GEORADIUSBYMEMBER none a 1 km')).toEqual([])
  })

  test('sorts by distance if asked; of two orders the last one counts', async () => {
    expect(await send('GEORADIUS g 10 20 10 km ASC')).toEqual(['a', 'b', 'c'])
    expect(await send('GEORADIUS g 10 20 10 km SORTED')).toEqual(['a', 'b', 'c'])
    expect(await send('GEORADIUS g 10 20 10 km ASC DESC')).toEqual(['c', 'b', 'a'])
    expect(await send('GEORADIUSBYMEMBER g a 1 m')).toEqual(['a'])
  })

  test('tells all that is asked in one order, whatever the order of the words', async () => {
    const [a] = (await send('GEORADIUS g 10 20 1 ft WITHGEOJSONBOUNDS JSON WITHCOORD WITHHASH WITHDIST')) as unknown[]
    const [member, far, hash, coordinates, point, bounds] = a as [string, string, number, string[], string, string]
    expect([member, far, hash]).toEqual(['a', '0.63', await send('ZSCORE g a')])
    expect(coordinates).toEqual([String(latitudeOf(hash)), String(longitudeOf(hash))])
    expect(JSON.parse(point).properties).toEqual({ set: 'g', member: 'a', units: 'ft', distance: expect.any(Number) })
    expect(JSON.parse(bounds).properties).toEqual({ set: 'g', member: 'a' })
    expect(JSON.parse(bounds).geometry.type).toBe('Polygon')
  })

  test('a collection comes last, and holds all in their order', async () => {
    const reply = (await send('GEORADIUS g 10 20 10 km DESC WITHGEOJSONCOLLECTION')) as string[]
    expect(reply.slice(0, 3)).toEqual(['c', 'b', 'a'])
    const { type, features } = JSON.parse(reply[3] as string)
    expect(type).toBe('FeatureCollection')
    expect(features.map((feature: { properties: { member: string } }) => feature.properties.member)).toEqual([
      'c',
      'b',
      'a',
    ])
    expect(await send('GEORADIUS g 50 20 1 m WITHGEOJSONCOLLECTION')).toEqual([])
  })

  test('NOPROPERTIES leaves the properties empty', async () => {
    const reply = (await send('GEORADIUS g 10 20 1 m WITHGEOJSON WITHGEOJSONBOUNDS NOPROP')) as string[][]
    for (const text of (reply[0] as string[]).slice(1)) expect(JSON.parse(text).properties).toEqual({})
  })

  test('in order longlat gives longitude first', async () => {
    const longlat = await openTest({ modules: [{ module: geo, options: { order: 'longlat' } }] })
    await longlat.call('GEOADD', 'g', '20', '10', 'a')
    const [[, coordinates]] = (await longlat.call('GEORADIUS', 'g', '20', '10', '1', 'm', 'WITHCOORD')) as [
      [string, string[]],
    ]
    expect(coordinates.map(Number).map(Math.round)).toEqual([20, 10])
    await longlat.close()
  })

  test('an infinite radius holds every point', async () => {
    expect(await send('GEORADIUS g 10 20 inf km ASC')).toEqual(['a', 'b', 'c', 'far'])
  })

  test('members at the upper limits of the map are found, and their hashes are told in full', async () => {
    await send(`GEOADD limits ${MAX_LATITUDE} 180 corner`)
    const [[, hash]] = (await send(`GEORADIUS limits ${MAX_LATITUDE} -180 1 m WITHHASH`)) as [[string, bigint]]
    expect(hash).toBe(2n ** 53n + 2n ** 52n)
    expect(await send(`GEODECODE ${hash}`)).toHaveLength(3)
  })
})

test('a radius search finds exactly the members whose position is within the radius', async () => {
  const degrees = (limit: number) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -limit, max: limit, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(-limit, limit, 0) },
      // Near the poles and the antimeridian.
      { weight: 3, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map(share => limit - share ** 4) },
      { weight: 3, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map(share => share ** 4 - limit) },
    )
  const place = fc.record({ latitude: degrees(MAX_LATITUDE), longitude: degrees(180) })
  // From centimeters to half the globe.
  const any = fc.double({ min: -2, max: 7.31, noNaN: true }).map(exponent => 10 ** exponent)
  // Or just as far as one of the members, which is then within the radius.
  const radius = fc.oneof(
    any,
    fc.nat({ max: 199 }).map(member => ({ member })),
  )
  let total = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(place, { minLength: 1, maxLength: 200, size: 'max' }),
      fc.array(fc.record({ centre: place, radius }), { minLength: 1, maxLength: 10, size: 'max' }),
      async (places, searches) => {
        await db.call('DEL', 'g')
        await db.geoadd({ key: 'g', what: { places: places.map((place, i) => ({ ...place, member: `m${i}` })) } })
        const hashes = (await db.call('ZMSCORE', 'g', ...places.map((_, i) => `m${i}`))) as number[]
        const positions = hashes.map((hash, i) => ({
          member: `m${i}`,
          latitude: latitudeOf(hash),
          longitude: longitudeOf(hash),
        }))
        for (const { centre, radius: given } of searches) {
          const members = positions.map(({ member, latitude, longitude }) => {
            return { member, meters: distance(centre.latitude, centre.longitude, latitude, longitude) }
          })
          const radius = typeof given === 'number' ? given : (members[given.member % members.length]?.meters ?? 0)
          const expected = members.filter(({ meters }) => meters <= radius)
          const search = { key: 'g', ...centre, radius, units: 'm' } as const
          const found = await db.georadius(search)
          expect(found.sort()).toEqual(expected.map(({ member }) => member).sort())
          const nearest = (await db.georadius({ ...search, options: { distance: true, sort: 'asc' } })) as string[][]
          const distances = expected.map(({ meters }) => meters).sort((a, b) => a - b)
          expect(nearest.map(([, text]) => text)).toEqual(distances.map(meters => meters.toFixed(2)))
          total += found.length
        }
      },
    ),
    { numRuns: 100 },
  )
  expect(total).toBeGreaterThan(1000)
})
