import type { ByteString } from '../bytes/bytes.js'
import { type LexBound, parseLexBound, parseScoreBound } from '../bytes/numbers.js'
import { LEX_HIGHEST, LEX_LOWEST, type LexRange, lexBehind, type ScoreRange } from '../values/sorted-set-range.js'
import { indexArgument } from './collection-arguments.js'

/** Two ranks, both included; negative ones count from the end. */
export interface RankRange {
  start: number
  stop: number
}

/** The ranks at an index of argv and behind it. Throws ReplyError. */
export function rankRange(argv: readonly ByteString[], at: number): RankRange {
  return { start: indexArgument(argv[at]!), stop: indexArgument(argv[at + 1]!) }
}

/** The scores between the bounds at an index of argv and behind it, in reverse the higher one first. Throws ReplyError. */
export function scoreRange(argv: readonly ByteString[], at: number, reverse: boolean): ScoreRange {
  const min = parseScoreBound(argv[reverse ? at + 1 : at]!)
  const max = parseScoreBound(argv[reverse ? at : at + 1]!)
  return { min: min.value, minExclusive: min.exclusive, max: max.value, maxExclusive: max.exclusive }
}

/** The members between the bounds at an index of argv and behind it, in reverse the higher one first. Throws ReplyError. */
export function lexRange(argv: readonly ByteString[], at: number, reverse: boolean): LexRange {
  const min = parseLexBound(argv[reverse ? at + 1 : at]!)
  const max = parseLexBound(argv[reverse ? at : at + 1]!)
  return { from: placeOf(min, false), until: placeOf(max, true) }
}

/** The place in the order where a range begins or ends: before the bound's member, or right behind it. */
function placeOf(bound: LexBound, isEnd: boolean): ByteString {
  if (bound === '-') return LEX_LOWEST
  if (bound === '+') return LEX_HIGHEST
  return bound.exclusive === isEnd ? bound.value : lexBehind(bound.value)
}
