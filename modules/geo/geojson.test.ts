import { expect, test } from 'vitest'
import { cellOf, latitudeOf, longitudeOf } from './geohash.js'
import { boundsFeature, featureCollection, pointFeature } from './geojson.js'

// Recorded from the original for GEORADIUS nyc 40.7598464 -73.9798091 3 km, its numbers with 14 digits.
const HASH = 1791875761332224
const member = 'central park n/q/r'
const point = () =>
  pointFeature(latitudeOf(HASH), longitudeOf(HASH), { set: 'nyc', member, units: 'km', distance: 0.77501636173929 })
const recordedPoint = `{"type":"Feature","geometry":{"type":"Point","coordinates":[-73.973347842693,40.764806395699]},\
"properties":{"distance":0.77501636173929,"member":"central park n/q/r","units":"km","set":"nyc"}}`

/** As the original spelt numbers. */
function spell(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'number' ? Number(item.toPrecision(14)) : item))
}

test('a point', () => {
  expect(spell(point())).toBe(recordedPoint)
})

test('a point without properties', () => {
  expect(spell(pointFeature(41.236871597053529, 1.80450439453125))).toBe(
    '{"type":"Feature","geometry":{"type":"Point","coordinates":[1.8045043945312,41.236871597054]},"properties":{}}'.replace(
      '1.8045043945312',
      '1.8045043945313', // half of the last digit: JavaScript rounds it up
    ),
  )
})

test('the bounds of a member', () => {
  expect(spell(boundsFeature(cellOf(HASH), { set: 'nyc', member }))).toBe(
    `{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[-73.973350524902,40.764805128338],\
[-73.973345160484,40.764805128338],[-73.973345160484,40.764807663059],[-73.973350524902,40.764807663059],\
[-73.973350524902,40.764805128338]]]},"properties":{"member":"central park n/q/r","set":"nyc"}}`,
  )
})

test('the bounds of a cell, without properties', () => {
  expect(spell(boundsFeature(cellOf(3471579339030528, 16)))).toBe(
    `{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1.8017578125,41.23557381982],\
[1.8072509765625,41.23557381982],[1.8072509765625,41.238169374287],[1.8017578125,41.238169374287],\
[1.8017578125,41.23557381982]]]},"properties":{}}`,
  )
})

test('a collection', () => {
  expect(spell(featureCollection([point(), pointFeature(1, 2)]))).toBe(
    `{"features":[${recordedPoint},{"type":"Feature","geometry":{"type":"Point","coordinates":[2,1]},"properties":{}}],\
"type":"FeatureCollection"}`,
  )
})

test('a collection of nothing', () => {
  expect(spell(featureCollection([]))).toBe('{"features":[],"type":"FeatureCollection"}')
})

test('any text is a member', () => {
  const odd = 'Zürich "am See"\\\n\u0000💧'
  const feature = pointFeature(1, 2, { set: 'ключ', member: odd, units: 'm', distance: 3.5 })
  expect(JSON.parse(JSON.stringify(feature)).properties).toEqual({
    distance: 3.5,
    member: odd,
    units: 'm',
    set: 'ключ',
  })
})
