/** Distances on the sphere, in meters. */

/** The radius of the sphere, in meters. */
export const EARTH_RADIUS = 6372797.560856

export const RADIANS_PER_DEGREE = Math.PI / 180

/** The shortest way over the sphere between two points, in meters. Coordinates are in degrees. */
export function distance(latitude1: number, longitude1: number, latitude2: number, longitude2: number): number {
  // The haversine formula, in the order of operations that Redis has.
  const phi1 = latitude1 * RADIANS_PER_DEGREE
  const phi2 = latitude2 * RADIANS_PER_DEGREE
  const u = Math.sin((phi2 - phi1) / 2)
  const v = Math.sin((longitude2 * RADIANS_PER_DEGREE - longitude1 * RADIANS_PER_DEGREE) / 2)
  // Rounding may lift the sum above 1 for points on opposite sides of the globe.
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(u * u + Math.cos(phi1) * Math.cos(phi2) * v * v)))
}

/** Units of length by the names that the commands use, in meters. */
export const METERS = { m: 1, km: 1000, mi: 1609.34, ft: 0.3048 } as const

export type Unit = keyof typeof METERS
