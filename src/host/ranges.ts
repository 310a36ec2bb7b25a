/** Ranges of positions, as commands and views take them. */
export interface Range {
  readonly start: number
  /** Included. */
  readonly end: number
}

/** The elements that a range means, both ends included, as ZRANGE takes it; undefined when there are none. */
export function rangeOf(start: number, end: number, length: number): Range | undefined {
  const from = Math.max(0, start < 0 ? start + length : start)
  const to = Math.min(length - 1, end < 0 ? end + length : end)
  return from > to ? undefined : { start: from, end: to }
}

/**
 * The same as GETRANGE takes it: an end before the first byte is the first byte, unless the range was given the wrong
 * way round.
 */
export function getRangeOf(start: number, end: number, length: number): Range | undefined {
  if (start < 0 && end < 0 && start > end) return undefined
  return rangeOf(start, end < -length ? 0 : end, length)
}
