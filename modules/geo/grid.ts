import type { Circle } from './circle.js'
import { RADIANS_PER_DEGREE } from './distance.js'
import { MAX_BITS, MAX_LATITUDE, MAX_LONGITUDE } from './geohash.js'

/** How a cell lies to the circle: no part of it, some, or all of it is in the circle. */
export const OUTSIDE = 0
export const PARTLY = 1
export const INSIDE = 2

/** The circle is more than half as high as this many rows of the grid, and no higher. */
const ROWS = 16
/** Nor is it wider than this many columns: near the poles, where circles are wide, the grid is coarser. */
const COLUMNS = 64
/** Cells of level 0 that the circle may meet, at most: it may begin and end in the middle of one. */
export const MAX_CELLS = (ROWS + 1) * (COLUMNS + 1)
/** Rows of all levels together, at most: a level has half the rows of the one below, but one or two at least. */
const CAPACITY = 2 * (ROWS + 1) + 2 * (MAX_BITS + 1)

const NORTH = MAX_LATITUDE * RADIANS_PER_DEGREE

/** More than rounding may add to a width, as a share of it: where the arcsine is steep, next to 90 degrees, that is some 10^-8. */
const ROUNDING = 1e-6

/** The half arcs of a parallel that is outside and of one that is inside the circle, in any unit: they hold no cell, and every cell. */
const NO_ARC = Number.NEGATIVE_INFINITY
const WHOLE_ARC = Number.POSITIVE_INFINITY

/**
 * A circle drawn on a grid of cells, which is so fine that the circle is about a dozen rows high, and on coarser grids above
 * it, each with half the rows and half the columns: the levels. Level 0 is the finest.
 *
 * The circle meets a parallel of latitude in one arc, whose middle is the longitude of the centre. From one edge of a row
 * of cells to the other the arc grows all the way or shrinks all the way, unless a meridian touches the circle between
 * them. So the trigonometry is done once a row, and what is asked of a cell is then a comparison.
 *
 * One grid serves many circles, one after the other.
 */
export class Grid {
  /** Bits a coordinate of level 0, which has 2^bits rows and 2^bits columns: the number of the level that is one cell. */
  bits = 0

  /** The first and the last row of level 0 that may meet the circle; none does if the last is less than the first. */
  #first = 0
  #last = -1
  /** The longitude of the centre, in columns of level 0. */
  #centre = 0
  /** No arc of the circle is longer than twice this, in columns of level 0. */
  #halfWidth = 0
  /** For each level: where its rows begin in the arrays below, less the number of its first row. */
  readonly #offset = new Int32Array(MAX_BITS + 1)
  /** Half the widest arc in which the circle meets a parallel of the row, in columns of level 0. */
  readonly #widest = new Float64Array(CAPACITY)
  /** Half the narrowest one. */
  readonly #narrowest = new Float64Array(CAPACITY)

  /** Draws a circle that does not hold the whole globe (its `outer` is less than 1), in place of the one before. */
  draw(circle: Circle): void {
    const phi = circle.latitude * RADIANS_PER_DEGREE
    const width = halfWidth(phi, circle.reach)
    const fit = Math.min((ROWS * NORTH) / circle.reach, (COLUMNS * Math.PI) / width)
    this.bits = Math.min(Math.max(Math.floor(Math.log2(fit)), 0), MAX_BITS)

    const rows = 2 ** this.bits
    const rowsPerRadian = rows / (2 * NORTH)
    const columnsPerRadian = rows / (2 * Math.PI)
    this.#first = Math.max(Math.floor((phi - circle.reach + NORTH) * rowsPerRadian), 0)
    this.#last = Math.min(Math.floor((phi + circle.reach + NORTH) * rowsPerRadian), rows - 1)
    this.#centre = (circle.longitude + MAX_LONGITUDE) * RADIANS_PER_DEGREE * columnsPerRadian

    this.#halfWidth = width * columnsPerRadian * (1 + ROUNDING)

    this.#offset[0] = -this.#first
    this.#drawRows(circle, phi, rowsPerRadian, columnsPerRadian)
    this.#drawLevels()
  }

  /** How a cell of a level lies to the circle: `OUTSIDE`, `PARTLY` or `INSIDE`. */
  classify(level: number, row: number, column: number): number {
    if (row < this.#first >> level || row > this.#last >> level) return OUTSIDE
    const index = row + (this.#offset[level] as number)
    const half = (1 << level) / 2
    const round = 1 << this.bits
    let away = Math.abs((column << level) + half - this.#centre)
    if (away > round / 2) away = round - away
    if (away - half > (this.#widest[index] as number)) return OUTSIDE
    return away + half <= (this.#narrowest[index] as number) ? INSIDE : PARTLY
  }

  /** The first row of level 0 in which the circle reaches the longitude of 180 degrees; -1 if it does not. */
  firstAtLimit(): number {
    for (let row = this.#first; row <= this.#last; row++) if (this.#reachesLimit(row)) return row
    return -1
  }

  /** The last such row; -1 if there is none. */
  lastAtLimit(): number {
    // Most circles are far from it: no need to look at their rows.
    if (this.#awayFromLimit > this.#halfWidth) return -1
    for (let row = this.#last; row >= this.#first; row--) if (this.#reachesLimit(row)) return row
    return -1
  }

  get #awayFromLimit(): number {
    return Math.min(this.#centre, 2 ** this.bits - this.#centre)
  }

  #reachesLimit(row: number): boolean {
    return this.#awayFromLimit <= (this.#widest[row - this.#first] as number)
  }

  #drawRows(circle: Circle, phi: number, rowsPerRadian: number, columnsPerRadian: number): void {
    const cosPhi = Math.cos(phi)
    // Where a meridian touches the circle the arc is widest, or narrowest if the circle holds both poles. In the triangle of
    // the pole, the centre and that point the angle at the point is right, so cos(reach) sin(touch) = sin(phi).
    const sinTouch = Math.sin(phi) / Math.cos(circle.reach)
    const touch = Math.abs(sinTouch) < 1 ? Math.asin(sinTouch) : Number.POSITIVE_INFINITY
    const touchRow = Math.floor((touch + NORTH) * rowsPerRadian)

    const rows = Math.max(this.#last - this.#first + 1, 0)
    this.#widest.fill(NO_ARC, 0, rows)
    this.#narrowest.fill(WHOLE_ARC, 0, rows)
    for (let edge = 0; edge <= rows; edge++) {
      const latitude = (this.#first + edge) / rowsPerRadian - NORTH
      const difference = Math.sin((latitude - phi) / 2) ** 2
      const cosines = cosPhi * Math.cos(latitude)
      const widest = halfArc(circle.outer - difference, cosines) * columnsPerRadian
      const narrowest = halfArc(circle.inner - difference, cosines) * columnsPerRadian
      if (edge > 0) this.#include(edge - 1, widest, narrowest)
      if (edge < rows) this.#include(edge, widest, narrowest)
    }
    if (touchRow >= this.#first && touchRow <= this.#last) {
      const difference = Math.sin((touch - phi) / 2) ** 2
      const cosines = cosPhi * Math.cos(touch)
      const widest = halfArc(circle.outer - difference, cosines) * columnsPerRadian
      const narrowest = halfArc(circle.inner - difference, cosines) * columnsPerRadian
      this.#include(touchRow - this.#first, widest, narrowest)
    }
  }

  #include(index: number, widest: number, narrowest: number): void {
    if (widest > (this.#widest[index] as number)) this.#widest[index] = widest
    if (narrowest < (this.#narrowest[index] as number)) this.#narrowest[index] = narrowest
  }

  /**
   * The coarser levels: a row is made of two rows of the level below. Where one of them is not drawn since the circle ends
   * before it, the other one's narrowest arc is none.
   */
  #drawLevels(): void {
    let end = Math.max(this.#last - this.#first + 1, 0)
    for (let level = 1; level <= this.bits; level++) {
      const firstBelow = this.#first >> (level - 1)
      const lastBelow = this.#last >> (level - 1)
      const offsetBelow = this.#offset[level - 1] as number
      this.#offset[level] = end - (this.#first >> level)
      for (let row = this.#first >> level; row <= this.#last >> level; row++, end++) {
        this.#widest[end] = NO_ARC
        this.#narrowest[end] = WHOLE_ARC
        const highest = Math.min(row * 2 + 1, lastBelow)
        for (let below = Math.max(row * 2, firstBelow); below <= highest; below++) {
          const index = below + offsetBelow
          this.#include(end, this.#widest[index] as number, this.#narrowest[index] as number)
        }
      }
    }
  }
}

/** Half the width of a circle, in radians of longitude: all the way round if it holds a pole. */
function halfWidth(phi: number, reach: number): number {
  return Math.abs(phi) + reach < Math.PI / 2 ? Math.asin(Math.min(1, Math.sin(reach) / Math.cos(phi))) : Math.PI
}

/**
 * Half the arc, in radians, that a circle cuts out of a parallel. By the haversine formula its haversine is what the
 * difference of latitudes has left (`rest`) of that of the radius, divided by the `cosines` of both latitudes.
 */
function halfArc(rest: number, cosines: number): number {
  if (rest < 0) return NO_ARC
  return rest < cosines ? 2 * Math.asin(Math.sqrt(rest / cosines)) : WHOLE_ARC
}
