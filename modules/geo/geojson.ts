import type { Cell } from './geohash.js'

/**
 * GeoJSON (RFC 7946) as the commands reply it: plain objects, made into text by `JSON.stringify`, with their keys in the order
 * in which the original wrote them. A position is longitude first, then latitude.
 */
export type Position = [longitude: number, latitude: number]

/** What is said of a member that a search has found, unless it is asked to say nothing. */
export interface PointProperties {
  /** How far it is from the centre, in `units`. */
  readonly distance: number
  readonly member: string
  readonly units: string
  /** The key of the sorted set. */
  readonly set: string
}

/** What is said of a member's cell. */
export interface BoundsProperties {
  readonly member: string
  readonly set: string
}

export interface Point {
  readonly type: 'Point'
  readonly coordinates: Position
}

export interface Polygon {
  readonly type: 'Polygon'
  readonly coordinates: Position[][]
}

export interface Feature<Geometry extends Point | Polygon, Properties> {
  readonly type: 'Feature'
  readonly geometry: Geometry
  readonly properties: Properties | Record<string, never>
}

export interface FeatureCollection<Properties> {
  readonly features: readonly Feature<Point, Properties>[]
  readonly type: 'FeatureCollection'
}

/** A point, in degrees. Without properties the feature has an empty object. */
export function pointFeature(
  latitude: number,
  longitude: number,
  properties?: PointProperties,
): Feature<Point, PointProperties> {
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [longitude, latitude] },
    properties: properties
      ? {
          distance: properties.distance,
          member: properties.member,
          units: properties.units,
          set: properties.set,
        }
      : {},
  }
}

/** A cell: a closed ring that begins in the south-west corner and runs against the clock, as the standard wants it. */
export function boundsFeature(cell: Cell, properties?: BoundsProperties): Feature<Polygon, BoundsProperties> {
  const { minLatitude: south, minLongitude: west, maxLatitude: north, maxLongitude: east } = cell
  const ring: Position[] = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return {
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: properties ? { member: properties.member, set: properties.set } : {},
  }
}

/** All points of a reply in one. */
export function featureCollection(
  features: readonly Feature<Point, PointProperties>[],
): FeatureCollection<PointProperties> {
  return { features, type: 'FeatureCollection' }
}
