import type { ByteString } from '../bytes/bytes.js'
import { AFTER_ALL } from './score-tree-node.js'

/** The elements whose scores lie between two bounds. Infinite bounds are fine, NaN is not. */
export interface ScoreRange {
  min: number
  max: number
  minExclusive: boolean
  maxExclusive: boolean
}

/**
 * The members that are not below `from` and are below `until`, as bytes. How a command's bounds become one:
 *
 * | bound       | `from`              | `until`             |
 * | ----------- | ------------------- | ------------------- |
 * | `[m`        | `m`                 | `lexBehind(m)`      |
 * | `(m`        | `lexBehind(m)`      | `m`                 |
 * | `-` and `+` | `LEX_LOWEST` and `LEX_HIGHEST`, at either end ||
 */
export interface LexRange {
  from: ByteString
  until: ByteString
}

/** No member is below. */
export const LEX_LOWEST: ByteString = ''

/** All members are below: their chars end at U+00FF. */
export const LEX_HIGHEST = AFTER_ALL

/** The place right behind a member, as between the two there can be no other. */
export function lexBehind(member: ByteString): ByteString {
  return `${member}\0`
}
