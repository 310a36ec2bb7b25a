import fc from 'fast-check'
import { expect, test } from 'vitest'
import kit from '../../test/vectors/kit.json' with { type: 'json' }
import random from '../../test/vectors/kit-random.json' with { type: 'json' }
import { distance, EARTH_RADIUS, METERS, type Unit } from './distance.js'
import { encode, latitudeOf, longitudeOf } from './geohash.js'

const HALF_GLOBE = Math.PI * EARTH_RADIUS

/** Every GeoJSON point that a recorded search found, with the centre of the search. */
function recordedPoints(): { centre: Position; point: Position; meters: number; expected: number }[] {
  const recorded = []
  for (const { steps } of [...kit.scenarios, ...random.scenarios]) {
    const stored = new Map<string, Position>()
    for (const { cmd, reply } of steps as { cmd: string[]; reply: unknown }[]) {
      for (let i = 2; cmd[0] === 'geoadd' && i + 2 < cmd.length; i += 3) {
        const hash = encode(Number(cmd[i]), Number(cmd[i + 1]))
        stored.set(String(cmd[i + 2]), [latitudeOf(hash), longitudeOf(hash)])
      }
      if (cmd[0] !== 'georadius' && cmd[0] !== 'georadiusbymember') continue
      const centre = cmd[0] === 'georadius' ? ([Number(cmd[2]), Number(cmd[3])] as const) : stored.get(String(cmd[2]))
      for (const { geometry, properties } of featuresIn(reply)) {
        if (geometry.type !== 'Point' || properties.distance === undefined || !centre) continue
        const [longitude, latitude] = geometry.coordinates
        const meters = METERS[properties.units]
        recorded.push({ centre, point: [latitude, longitude] as const, meters, expected: properties.distance })
      }
    }
  }
  return recorded
}

type Position = readonly [latitude: number, longitude: number]

/** The features in a reply, which are texts in nested arrays, and those of its collection. */
function featuresIn(reply: unknown): RecordedFeature[] {
  if (Array.isArray(reply)) return reply.flatMap(featuresIn)
  if (typeof reply !== 'string' || !reply.startsWith('{')) return []
  const parsed = JSON.parse(reply) as RecordedFeature | { features: RecordedFeature[] }
  return 'features' in parsed ? parsed.features : [parsed]
}

interface RecordedFeature {
  geometry: { type: string; coordinates: [number, number] }
  properties: { distance?: number; units: Unit }
}

test('the recorded distances', () => {
  const recorded = recordedPoints()
  expect(recorded.length).toBeGreaterThan(200)
  for (const { centre, point, meters, expected } of recorded) {
    // The recorded coordinates have 14 digits, which is 10^-12 degrees, or 10^-7 meters.
    expect(Math.abs(distance(...centre, ...point) / meters - expected) * meters).toBeLessThan(1e-6 + expected * 1e-11)
  }
})

// redis-server 7.0.15: GEODIST of members whose hashes are these, and the distance with 4 decimals.
test.each([
  [1791875761332224, 1791875485187452, '3482.9563'],
  [1791873972053020, 1791895905559723, '20688.0430'],
  [3471579339700058, 3252046274729663, '17217472.6175'],
])('from hash %d to hash %d it is %s m', (from, to, expected) => {
  const meters = distance(latitudeOf(from), longitudeOf(from), latitudeOf(to), longitudeOf(to))
  expect(meters.toFixed(4)).toBe(expected)
})

test.each([
  [0, 0, 0, 0, 0],
  [0, 0, 0, 180, HALF_GLOBE],
  [90, 0, -90, 77, HALF_GLOBE],
  [0, 179, 0, -179, HALF_GLOBE / 90],
  [45, 10, -45, -170, HALF_GLOBE],
])('from %d %d to %d %d it is %d m', (latitude1, longitude1, latitude2, longitude2, expected) => {
  expect(distance(latitude1, longitude1, latitude2, longitude2)).toBeCloseTo(expected, 6)
})

test('a distance is a number within half the globe, and the same there and back', () => {
  const latitude = fc.double({ min: -90, max: 90, noNaN: true })
  const longitude = fc.double({ min: -180, max: 180, noNaN: true })
  fc.assert(
    fc.property(latitude, longitude, latitude, longitude, (a, b, c, d) => {
      const there = distance(a, b, c, d)
      expect(there).toBeGreaterThanOrEqual(0)
      expect(there).toBeLessThanOrEqual(HALF_GLOBE)
      expect(distance(c, d, a, b)).toBe(there)
    }),
  )
  fc.assert(
    fc.property(latitude, longitude, (a, b) => {
      const opposite = b > 0 ? b - 180 : b + 180
      expect(distance(a, b, -a, opposite)).toBeGreaterThan(HALF_GLOBE - 1)
    }),
  )
})
