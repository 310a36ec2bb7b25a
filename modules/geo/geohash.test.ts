import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import kit from '../../test/vectors/kit.json' with { type: 'json' }
import random from '../../test/vectors/kit-random.json' with { type: 'json' }
import { METERS, type Unit } from './distance.js'
import {
  bitsForRadius,
  cellOf,
  encode,
  HASH_END,
  isOnMap,
  latitudeOf,
  longitudeOf,
  MAX_BITS,
  MAX_LATITUDE,
} from './geohash.js'

const steps = [...kit.scenarios, ...random.scenarios].flatMap(scenario => scenario.steps as Step[])
const cases = (command: string): Step[] =>
  steps.filter(({ cmd, reply }) => cmd[0] === command && Array.isArray(reply) && reply.length > 0)

interface Step {
  cmd: string[]
  reply: unknown
}

type Pair = [string, string]

const latitude = fc.double({ min: -MAX_LATITUDE, max: MAX_LATITUDE, noNaN: true })
const longitude = fc.double({ min: -180, max: 180, noNaN: true })

describe('the recorded exchanges', () => {
  const encoded = cases('geoencode')
  const decoded = cases('geodecode')

  test('there are some', () => {
    expect(encoded.length).toBeGreaterThan(30)
    expect(decoded.length).toBeGreaterThan(13)
  })

  test.each(encoded)('$cmd', ({ cmd, reply }) => {
    const [, lat, lon, radius, unit] = cmd as [string, string, string, string?, string?]
    const hasRadius = radius !== undefined && radius !== 'withgeojson'
    const bits = hasRadius ? bitsForRadius(Number(radius) * METERS[unit as Unit]) : MAX_BITS
    const hash = encode(Number(lat), Number(lon), bits)
    const [expected, min, max, centre] = reply as [{ integer: number }, Pair, Pair, Pair]
    expect(hash).toBe(expected.integer)
    expectCell(hash, bits, min, max, centre)
  })

  test.each(decoded)('$cmd', ({ cmd, reply }) => {
    const [min, max, centre] = reply as [Pair, Pair, Pair]
    const hash = Number(cmd[1])
    expectCell(hash, MAX_BITS, min, max, centre)
    expect([latitudeOf(hash), longitudeOf(hash)]).toEqual(centre.map(Number))
  })

  test.each(cases('zrange'))('the scores of $cmd', ({ reply }) => {
    const added = new Map<string, [number, number]>()
    for (const { cmd } of (kit.scenarios[0]?.steps ?? []) as Step[]) {
      for (let i = 2; cmd[0] === 'geoadd' && i < cmd.length; i += 3) {
        added.set(String(cmd[i + 2]), [Number(cmd[i]), Number(cmd[i + 1])])
      }
    }
    const scores = reply as string[]
    for (let i = 0; i < scores.length; i += 2) {
      const [lat, lon] = added.get(String(scores[i])) ?? [Number.NaN, Number.NaN]
      expect(encode(lat, lon)).toBe(Number(scores[i + 1]))
    }
  })

  function expectCell(hash: number, bits: number, min: Pair, max: Pair, centre: Pair): void {
    const cell = cellOf(hash, bits)
    expect([cell.minLatitude, cell.minLongitude]).toEqual(min.map(Number))
    expect([cell.maxLatitude, cell.maxLongitude]).toEqual(max.map(Number))
    const middle = [(cell.minLatitude + cell.maxLatitude) / 2, (cell.minLongitude + cell.maxLongitude) / 2]
    expect(middle).toEqual(centre.map(Number))
  }
})

// Scores and positions as redis-server 7.0.15 gives them.
test.each([
  [-MAX_LATITUDE, -180, 0, -85.05112751263943, -179.99999731779099],
  [0, 180, 10133099161583616, 0.00000126736058093, 180],
  [MAX_LATITUDE, 0, 6755399441055744, 85.05112878, 0.00000268220901489],
  [MAX_LATITUDE, 180, 13510798882111488, 85.05112878, 180],
  [41.3, 180, 10226833623945280, 41.29999756016628, 180],
  [10.000001, 180, 10138940401276180, 9.999998393511568, 180],
  [-10.1234567, 180, 9376656642035732, -10.123457057019486, 180],
])('the limits of the map: %d %d is stored as %d', (lat, lon, hash, storedLatitude, storedLongitude) => {
  expect(encode(lat, lon)).toBe(hash)
  expect(hash).toBeLessThan(HASH_END)
  expect(latitudeOf(hash)).toBeCloseTo(storedLatitude, 14)
  expect(longitudeOf(hash)).toBeCloseTo(storedLongitude, 14)
})

test.each([
  [0, 0, true],
  [MAX_LATITUDE, 180, true],
  [-MAX_LATITUDE, -180, true],
  [85.0511287801, 0, false],
  [-86, 0, false],
  [0, 180.0000001, false],
  [0, -181, false],
  [Number.NaN, 0, false],
  [0, Number.NaN, false],
  [Number.POSITIVE_INFINITY, 0, false],
])('is %d %d on the map: %s', (lat, lon, expected) => {
  expect(isOnMap(lat, lon)).toBe(expected)
})

test.each([
  [0, 26],
  [0.2, 26],
  [0.6, 25],
  [1, 25],
  [5000, 12],
  [10_000_000, 2],
  [20_037_726.36, 1],
  [20_037_726.37, 1],
  [1e9, 1],
  [Number.POSITIVE_INFINITY, 1],
])('a radius of %d m needs %d bits', (radius, bits) => {
  expect(bitsForRadius(radius)).toBe(bits)
})

test('a cell of any precision holds the point that it was made from, and its hash begins the longer one', () => {
  fc.assert(
    fc.property(latitude, longitude, fc.integer({ min: 0, max: MAX_BITS }), (lat, lon, bits) => {
      fc.pre(lat < MAX_LATITUDE && lon < 180)
      const hash = encode(lat, lon, bits)
      const cell = cellOf(hash, bits)
      const slack = 1e-12 // degrees: the corners are rounded
      expect(cell.minLatitude).toBeLessThanOrEqual(lat + slack)
      expect(cell.maxLatitude).toBeGreaterThanOrEqual(lat - slack)
      expect(cell.minLongitude).toBeLessThanOrEqual(lon + slack)
      expect(cell.maxLongitude).toBeGreaterThanOrEqual(lon - slack)
      const size = 4 ** (MAX_BITS - bits)
      expect(hash).toBe(Math.floor(encode(lat, lon) / size) * size)
    }),
  )
})

test('a hash decodes to a position that encodes to it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 - 1 }), hash => {
      expect(encode(latitudeOf(hash), longitudeOf(hash))).toBe(hash)
    }),
  )
})
