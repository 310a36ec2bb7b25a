import { command, expectError, t } from 'krmt/module'
import { bitsForRadius, type Cell, cellOf, centreOf, encode, HASH_END, MAX_BITS } from './geohash.js'
import { boundsFeature, pointFeature } from './geojson.js'
import { checkPosition, geojson, inOrder, metersOf, type Order, position, precision } from './grammar.js'
import { hashReply } from './reply.js'

/** GEOENCODE latitude longitude [radius units] [WITHGEOJSON]: the hash of a position, and its cell. */
export function geoencode(order: Order) {
  return command({
    name: 'geoencode',
    summary: 'Makes the geohash of a position, at full precision or at the one that a radius needs.',
    complexity: 'O(1)',
    group: 'geo',
    flags: ['readonly', 'fast'],
    args: { ...position(order), precision: t.optional(precision), geojson },
    examples: encodeExamples[order],
    run({ latitude, longitude, precision, geojson }) {
      checkPosition(order, latitude, longitude)
      const bits = precision === undefined ? MAX_BITS : bitsForRadius(metersOf(precision.radius, precision.units))
      const hash = encode(latitude, longitude, bits)
      return [hashReply(hash), ...cellReply(order, cellOf(hash, bits), geojson)]
    },
  })
}

/** GEODECODE hash [WITHGEOJSON]: the cell of a hash of full precision. */
export function geodecode(order: Order) {
  return command({
    name: 'geodecode',
    summary: 'Tells the cell of a geohash: its corners and its centre.',
    complexity: 'O(1)',
    group: 'geo',
    flags: ['readonly', 'fast'],
    args: { hash: t.bigint({ min: 0n, max: BigInt(HASH_END) - 1n }), geojson },
    examples: decodeExamples[order],
    run({ hash, geojson }) {
      return cellReply(order, cellOf(Number(hash)), geojson)
    },
  })
}

/** The least corner, the greatest corner and the centre; then the centre and the cell as GeoJSON, if asked. */
function cellReply(order: Order, cell: Cell, geojson: boolean): (string | [string, string])[] {
  const { latitude, longitude } = centreOf(cell)
  const corners = [
    inOrder(order, String(cell.minLatitude), String(cell.minLongitude)),
    inOrder(order, String(cell.maxLatitude), String(cell.maxLongitude)),
    inOrder(order, String(latitude), String(longitude)),
  ]
  if (!geojson) return corners
  return [...corners, JSON.stringify(pointFeature(latitude, longitude)), JSON.stringify(boundsFeature(cell))]
}

const encodeExamples = {
  latlong: [
    [
      'GEOENCODE 48.8566 2.3522',
      [
        3663832779122514,
        ['48.85659826298871', '2.352195382118225'],
        ['48.85660079770989', '2.352200746536255'],
        ['48.8565995303493', '2.35219806432724'],
      ],
    ],
  ],
  longlat: [
    [
      'GEOENCODE 2.3522 48.8566',
      [
        3663832779122514,
        ['2.352195382118225', '48.85659826298871'],
        ['2.352200746536255', '48.85660079770989'],
        ['2.35219806432724', '48.8565995303493'],
      ],
    ],
  ],
} as const

const decodeExamples = {
  latlong: [
    [
      'GEODECODE 3663832779122514',
      [
        ['48.85659826298871', '2.352195382118225'],
        ['48.85660079770989', '2.352200746536255'],
        ['48.8565995303493', '2.35219806432724'],
      ],
    ],
    ['GEODECODE -1', expectError('ERR value is not an integer or out of range')],
  ],
  longlat: [
    [
      'GEODECODE 3663832779122514',
      [
        ['2.352195382118225', '48.85659826298871'],
        ['2.352200746536255', '48.85660079770989'],
        ['2.35219806432724', '48.8565995303493'],
      ],
    ],
  ],
} as const
