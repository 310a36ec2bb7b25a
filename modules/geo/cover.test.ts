import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Circle } from './circle.js'
import { coverCircle, type HashRange } from './cover.js'
import { distance, EARTH_RADIUS } from './distance.js'
import { encode, HASH_END, latitudeOf, longitudeOf, MAX_LATITUDE } from './geohash.js'

const HALF_GLOBE = Math.PI * EARTH_RADIUS

/** Anywhere on the map, and more often at its edges, at the equator and at the prime meridian. */
const latitude = fc.oneof(
  fc.double({ min: -MAX_LATITUDE, max: MAX_LATITUDE, noNaN: true }),
  fc.constantFrom(-MAX_LATITUDE, MAX_LATITUDE, 0, 85, -85, 84.9999),
)
const longitude = fc.oneof(
  fc.double({ min: -180, max: 180, noNaN: true }),
  fc.constantFrom(-180, 180, 0, 179.9999, -179.9999),
)
/** Meters, at all magnitudes: none, a micrometer, up to more than half the globe. */
const radius = fc.oneof(
  fc.double({ min: -6, max: 7.5, noNaN: true }).map(exponent => 10 ** exponent),
  fc.double({ min: 0, max: 1.1 * HALF_GLOBE, noNaN: true }),
  fc.constantFrom(0, HALF_GLOBE / 2, HALF_GLOBE, HALF_GLOBE - 0.01, Number.POSITIVE_INFINITY),
)
const circle = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: latitude }, { weight: 1, arbitrary: fc.constantFrom(90, -90, 89.9) }),
    longitude,
    radius,
  )
  .map(([lat, lon, meters]) => new Circle(lat, lon, meters))

/** A direction, and a distance as a share of the circle's radius: where the edge is, inside of it and outside. */
const offset = fc.tuple(
  fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
  fc.oneof(
    fc.double({ min: 0, max: 2, noNaN: true }),
    fc.constantFrom(0, 1, 1 - 1e-9, 1 + 1e-9, 1 - 1e-6, 1 + 1e-6, 1 - 1e-3, 1 + 1e-3),
  ),
)
/** Members: some around the circle's edge, the others anywhere. */
const points = fc.record({
  near: fc.array(offset, { minLength: 20, maxLength: 60 }),
  far: fc.array(fc.tuple(latitude, longitude), { maxLength: 20 }),
})

function hashesOf({ latitude, longitude, radius }: Circle, { near, far }: PointSet): number[] {
  const hashes = far.map(([lat, lon]) => encode(lat, lon))
  for (const [direction, share] of near) {
    const [lat, lon] = travel(latitude, longitude, direction, Math.min((share * radius) / EARTH_RADIUS, Math.PI))
    hashes.push(encode(Math.min(Math.max(lat, -MAX_LATITUDE), MAX_LATITUDE), lon))
  }
  return hashes
}

interface PointSet {
  near: [number, number][]
  far: [number, number][]
}

/** Where one arrives, in degrees, who leaves in a direction (radians from north) and goes so far (radians). */
function travel(lat: number, lon: number, direction: number, way: number): [number, number] {
  const phi = (lat * Math.PI) / 180
  const sin = Math.sin(phi) * Math.cos(way) + Math.cos(phi) * Math.sin(way) * Math.cos(direction)
  const arrival = Math.asin(Math.min(1, Math.max(-1, sin)))
  const east = Math.atan2(
    Math.sin(direction) * Math.sin(way) * Math.cos(phi),
    Math.cos(way) - Math.sin(phi) * Math.sin(arrival),
  )
  const turned = lon + (east * 180) / Math.PI
  return [(arrival * 180) / Math.PI, turned > 180 ? turned - 360 : turned < -180 ? turned + 360 : turned]
}

function rangeOf(ranges: HashRange[], hash: number): HashRange | undefined {
  return ranges.find(({ min, max }) => min <= hash && hash < max)
}

/** The length of all ranges, of which the map has 2^52. */
function lengthOf(ranges: HashRange[]): number {
  return ranges.reduce((sum, { min, max }) => sum + max - min, 0)
}

const runs = { numRuns: 2000 }

describe('a cover', () => {
  test('holds every member within the radius, and its inside ranges no other', () => {
    fc.assert(
      fc.property(circle, points, fc.integer({ min: 1, max: 40 }), (circle, points, maxRanges) => {
        const ranges = coverCircle(circle, maxRanges)
        const isWrong = (hash: number): boolean => {
          const meters = distance(circle.latitude, circle.longitude, latitudeOf(hash), longitudeOf(hash))
          const range = rangeOf(ranges, hash)
          return meters <= circle.radius ? range === undefined : range?.inside === true
        }
        expect(hashesOf(circle, points).filter(isWrong)).toEqual([])
      }),
      runs,
    )
  })

  test('has inside ranges of members that are all within the radius', () => {
    const share = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 20 })
    let inside = 0
    fc.assert(
      fc.property(circle, share, fc.integer({ min: 8, max: 100 }), (circle, shares, maxRanges) => {
        for (const range of coverCircle(circle, maxRanges)) {
          if (!range.inside || range.max === HASH_END) continue
          inside++
          const last = range.max - 1
          const hashes = shares.map(share => Math.floor(range.min + share * (last - range.min)))
          const isOutside = (hash: number): boolean => circle.distanceTo(hash) > circle.radius
          expect([range.min, last, ...hashes].filter(isOutside)).toEqual([])
        }
      }),
      runs,
    )
    expect(inside).toBeGreaterThan(200)
  })

  test('is made of ascending ranges without overlap, no more than asked for', () => {
    fc.assert(
      fc.property(circle, fc.integer({ min: 1, max: 40 }), (circle, maxRanges) => {
        const ranges = coverCircle(circle, maxRanges)
        let end = 0
        for (const { min, max } of ranges) {
          expect(min).toBeGreaterThanOrEqual(end)
          expect(max).toBeGreaterThan(min)
          end = max
        }
        expect(end).toBeLessThanOrEqual(HASH_END)
        expect(ranges.filter(({ min }) => min < 2 ** 52).length).toBeLessThanOrEqual(maxRanges)
        expect(ranges.filter(({ min }) => min >= 2 ** 52).length).toBeLessThanOrEqual(2)
      }),
      runs,
    )
  })

  test('with more ranges is no longer', () => {
    fc.assert(
      fc.property(circle, fc.integer({ min: 1, max: 30 }), (circle, maxRanges) => {
        const fewer = coverCircle(circle, maxRanges).map(range => ({ ...range, inside: false }))
        // Ranges that are inside take room from others: so compare with one that has room for those as well.
        const more = coverCircle(circle, maxRanges * 3)
        expect(lengthOf(more)).toBeLessThanOrEqual(lengthOf(fewer))
      }),
      runs,
    )
  })

  test.each([1, 2, 4, 6])('has %d ranges when asked for so many', maxRanges => {
    for (let i = 0; i < 100; i++) {
      const circle = new Circle(i * 0.7, i * 1.1317, 100 * 10 ** (i / 50))
      expect(coverCircle(circle, maxRanges).length).toBe(maxRanges)
    }
  })

  test.each([0, 30, 45, 60, 70])('is 1.5 times as large as the circle at latitude %d, or less', lat => {
    // Fixed points and magnitudes, the mean of 300.
    let share = 0
    for (let i = 0; i < 300; i++) {
      const meters = 100 * 10 ** (i / 100)
      const circle = new Circle(lat + i * 0.00731, -170 + i * 1.1317, meters)
      const metersPerDegree = (Math.PI * EARTH_RADIUS) / 180
      const mapArea = 2 * MAX_LATITUDE * metersPerDegree * 360 * metersPerDegree
      const circleLength = (2 ** 52 * Math.PI * meters ** 2) / (mapArea * Math.cos((circle.latitude * Math.PI) / 180))
      share += lengthOf(coverCircle(circle)) / circleLength / 300
    }
    expect(share).toBeGreaterThan(1)
    expect(share).toBeLessThan(1.5)
  })

  test('of the globe is one range', () => {
    expect(coverCircle(new Circle(10, 20, HALF_GLOBE * 1.01))).toEqual([{ min: 0, max: HASH_END, inside: true }])
  })

  test('of a circle beyond the map is empty', () => {
    expect(coverCircle(new Circle(90, 0, 1000))).toEqual([])
  })

  test('of a circle that crosses the antimeridian has both sides and the limit itself', () => {
    const circle = new Circle(10, 179.99, 5000)
    const ranges = coverCircle(circle)
    for (const lon of [179.98, 180, -180, -179.98]) expect(rangeOf(ranges, encode(10, lon))).toBeDefined()
    expect(rangeOf(ranges, encode(10.1, 180))).toBeUndefined()
    expect(rangeOf(ranges, encode(10, 0))).toBeUndefined()
  })
})

describe('Circle', () => {
  test('contains a member if its distance is within the radius', () => {
    fc.assert(
      fc.property(circle, points, (circle, points) => {
        const isWrong = (hash: number): boolean => circle.contains(hash) !== circle.distanceTo(hash) <= circle.radius
        expect(hashesOf(circle, points).filter(isWrong)).toEqual([])
      }),
      runs,
    )
  })

  test('a member is at no distance from itself', () => {
    fc.assert(
      fc.property(latitude, longitude, (lat, lon) => {
        const hash = encode(lat, lon)
        const circle = new Circle(latitudeOf(hash), longitudeOf(hash), 0)
        expect(circle.distanceTo(hash)).toBe(0)
        expect(circle.contains(hash)).toBe(true)
        expect(rangeOf(coverCircle(circle), hash)).toBeDefined()
      }),
    )
  })

  test('a radius that is exactly a distance holds the member at that distance', () => {
    fc.assert(
      fc.property(latitude, longitude, latitude, longitude, (lat1, lon1, lat2, lon2) => {
        const hash = encode(lat2, lon2)
        const meters = new Circle(lat1, lon1, 0).distanceTo(hash)
        const circle = new Circle(lat1, lon1, meters)
        expect(circle.contains(hash)).toBe(true)
        expect(rangeOf(coverCircle(circle), hash)).toBeDefined()
      }),
      runs,
    )
  })
})
