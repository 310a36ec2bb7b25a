/**
 * The 52-bit geohash that is the score of a member.
 *
 * Latitude and longitude are each counted in 2^26 equal steps from their minimum, and the two counts are interleaved:
 * latitude on the even bits, longitude on the odd ones. So the leading bits of a hash name a cell of the map, and all
 * that lies in the cell has hashes in one contiguous range. This is what GEOADD of Redis stores, bit by bit.
 *
 * The two upper limits belong to the map as well: a longitude of exactly 180 gets the count 2^26, one more than 26 bits
 * hold, and sets bit 53; the highest latitude sets bit 52. Their hashes lie beyond all others, below `HASH_END`. Above
 * 2^53 a double holds even numbers only; the score is rounded there as Redis rounds it.
 */

/** The least and the greatest latitude of the map, in degrees: the square of the Web Mercator projection. */
export const MAX_LATITUDE = 85.05112878
/** The least and the greatest longitude of the map, in degrees. */
export const MAX_LONGITUDE = 180

/** Bits a coordinate, at full precision. */
export const MAX_BITS = 26
/** Every hash is less than this. */
export const HASH_END = 2 ** 54

/** Steps of a coordinate at full precision, which is also the count of the upper limit itself. */
export const STEPS = 2 ** MAX_BITS

const LATITUDE_SPAN = 2 * MAX_LATITUDE
const LONGITUDE_SPAN = 2 * MAX_LONGITUDE

/** A rectangle of the map, in degrees. */
export interface Cell {
  readonly minLatitude: number
  readonly minLongitude: number
  readonly maxLatitude: number
  readonly maxLongitude: number
}

/** Whether the coordinates, in degrees, are on the map. Not a number is not. */
export function isOnMap(latitude: number, longitude: number): boolean {
  return (
    latitude >= -MAX_LATITUDE && latitude <= MAX_LATITUDE && longitude >= -MAX_LONGITUDE && longitude <= MAX_LONGITUDE
  )
}

/**
 * The hash of a point that is on the map (see `isOnMap`), in degrees.
 * With fewer `bits` a coordinate (0 to 26) the rest is zero: the hash of the least corner of the cell.
 */
export function encode(latitude: number, longitude: number, bits: number = MAX_BITS): number {
  // Offsets are scaled by powers of two only, so cutting bits off afterwards is the same as counting in coarser steps.
  const dropped = MAX_BITS - bits
  const row = ((((latitude + MAX_LATITUDE) / LATITUDE_SPAN) * STEPS) >> dropped) << dropped
  const column = ((((longitude + MAX_LONGITUDE) / LONGITUDE_SPAN) * STEPS) >> dropped) << dropped
  return interleave(row, column)
}

/** The latitude, in degrees, of a member with this hash: the centre of its smallest cell, as GEOPOS tells it. */
export function latitudeOf(hash: number): number {
  const row = rowOf(hash)
  const min = -MAX_LATITUDE + (row / STEPS) * LATITUDE_SPAN
  const max = -MAX_LATITUDE + ((row + 1) / STEPS) * LATITUDE_SPAN
  return Math.min((min + max) / 2, MAX_LATITUDE)
}

/** The longitude, in degrees, of a member with this hash: the centre of its smallest cell, as GEOPOS tells it. */
export function longitudeOf(hash: number): number {
  const column = columnOf(hash)
  const min = -MAX_LONGITUDE + (column / STEPS) * LONGITUDE_SPAN
  const max = -MAX_LONGITUDE + ((column + 1) / STEPS) * LONGITUDE_SPAN
  return Math.min((min + max) / 2, MAX_LONGITUDE)
}

/** The cell that the leading bits of a hash name, with that many `bits` a coordinate (0 to 26). */
export function cellOf(hash: number, bits: number = MAX_BITS): Cell {
  const cells = 2 ** bits
  const row = rowOf(hash) >> (MAX_BITS - bits)
  const column = columnOf(hash) >> (MAX_BITS - bits)
  return {
    minLatitude: -MAX_LATITUDE + (row / cells) * LATITUDE_SPAN,
    minLongitude: -MAX_LONGITUDE + (column / cells) * LONGITUDE_SPAN,
    maxLatitude: -MAX_LATITUDE + ((row + 1) / cells) * LATITUDE_SPAN,
    maxLongitude: -MAX_LONGITUDE + ((column + 1) / cells) * LONGITUDE_SPAN,
  }
}

/** The centre of a cell, in degrees; on the edge of the map for the cells of its upper limits, which lie beyond it. */
export function centreOf(cell: Cell): { readonly latitude: number; readonly longitude: number } {
  return {
    latitude: Math.min((cell.minLatitude + cell.maxLatitude) / 2, MAX_LATITUDE),
    longitude: Math.min((cell.minLongitude + cell.maxLongitude) / 2, MAX_LONGITUDE),
  }
}

/** Half the length of the equator in the Web Mercator projection, in meters, as the original had it. */
const HALF_EQUATOR = 20037726.37

/**
 * How many bits a coordinate a radius in meters needs (1 to 26): the fewest with which half the equator, halved that
 * often, is no longer than the radius. Both GEOADD and GEOENCODE of 2014 cut the hash there.
 */
export function bitsForRadius(radius: number): number {
  let bits = 0
  for (let reach = radius; reach < HALF_EQUATOR && bits < MAX_BITS; reach *= 2) bits++
  return Math.max(bits, 1)
}

/** The hash of a pair of counts, each from 0 to 2^26. */
export function interleave(row: number, column: number): number {
  const low = spread(row & 0xffff) | (spread(column & 0xffff) << 1)
  const high = spread(row >>> 16) | (spread(column >>> 16) << 1)
  return high * 0x1_0000_0000 + (low >>> 0)
}

/** The count of latitude steps in a hash, 0 to 2^26. */
export function rowOf(hash: number): number {
  return gather(hash | 0) | (gather(hash / 0x1_0000_0000) << 16)
}

/** The count of longitude steps in a hash, 0 to 2^26. */
export function columnOf(hash: number): number {
  return gather((hash | 0) >>> 1) | (gather((hash / 0x1_0000_0000) >>> 1) << 16)
}

// Spreading and gathering bits by halves: see Warren, Hacker's Delight, chapter 7, "Shuffling bits".

/** Puts bit n of 16 bits on bit 2n. */
function spread(bits: number): number {
  let x = (bits | (bits << 8)) & 0x00ff00ff
  x = (x | (x << 4)) & 0x0f0f0f0f
  x = (x | (x << 2)) & 0x33333333
  return (x | (x << 1)) & 0x55555555
}

/** Takes bit n of the result from bit 2n of 32 bits. */
function gather(bits: number): number {
  let x = bits & 0x55555555
  x = (x | (x >>> 1)) & 0x33333333
  x = (x | (x >>> 2)) & 0x0f0f0f0f
  x = (x | (x >>> 4)) & 0x00ff00ff
  return (x | (x >>> 8)) & 0xffff
}
