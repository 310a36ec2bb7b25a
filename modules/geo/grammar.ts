/** The arguments that several of the commands take, and what is checked of them. */
import { ReplyError, t } from 'krmt/module'
import { METERS, type Unit } from './distance.js'
import { isOnMap } from './geohash.js'

/** Which coordinate the commands take and give first: latitude, or longitude as Redis's own GEO commands do. */
export type Order = 'latlong' | 'longlat'

/** Infinity is a number here, and as good or as bad as one that is too large. */
const any = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }

/** A position, in degrees. Whether it is on the map is for `checkPosition` to say. */
export function position(order: Order) {
  const degrees = t.number(any)
  return order === 'latlong' ? { latitude: degrees, longitude: degrees } : { longitude: degrees, latitude: degrees }
}

/** How far it goes, in units that come next. Whether it is not negative is for `metersOf` to say. */
export const radius = t.number({ ...any, error: 'ERR need numeric radius' })

/** The units of a radius; `missing` is the reply when the arguments end before them. */
export function units(options: { readonly missing?: string } = {}) {
  return t.oneOf(
    { m: ['m', 'meter*'], km: ['km', 'kilometer*'], mi: ['mi', 'mile*'], ft: ['ft', 'feet*'] },
    {
      ...options,
      caseSensitive: true,
      error: 'ERR unsupported unit provided. please use meters (m), kilometers (km), miles (mi), or feet (ft)',
    },
  )
}

/** The radius for which a hash is to be precise enough. */
export const precision = {
  radius,
  units: units({ missing: 'ERR must provide units when asking for radius encode' }),
}

/** The word that asks for GeoJSON. */
export const geojson = t.flag('WITHGEOJSON', 'WITHGEO*', 'WITHJSON', 'GEOJSON', 'JSON')

/** @throws ReplyError for a position that is not on the map */
export function checkPosition(order: Order, latitude: number, longitude: number): void {
  if (isOnMap(latitude, longitude)) return
  const names = order === 'latlong' ? 'latitude,longitude' : 'longitude,latitude'
  const degrees = inOrder(order, latitude, longitude).map(value => value.toFixed(6).replace('Infinity', 'inf'))
  throw new ReplyError(`ERR invalid ${names} pair ${degrees.join(',')}`)
}

/** A length in meters. @throws ReplyError for a negative one */
export function metersOf(length: number, unit: Unit): number {
  if (length < 0) throw new ReplyError('ERR radius cannot be negative')
  return length * METERS[unit]
}

/** Something of both coordinates, in the order in which they are taken and given. */
export function inOrder<T>(order: Order, latitude: T, longitude: T): [T, T] {
  return order === 'latlong' ? [latitude, longitude] : [longitude, latitude]
}
