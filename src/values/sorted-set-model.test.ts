import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SortedSet, type SortedSetLimits } from './sorted-set.js'
import { LEX_HIGHEST, LEX_LOWEST, type LexRange, lexBehind, type ScoreRange } from './sorted-set-range.js'

type Pair = [member: string, score: number]

const limits = (entries: number): SortedSetLimits => ({
  'zset-max-listpack-entries': entries,
  'zset-max-listpack-value': 64,
})

const name = (i: number): string => `m${String(i).padStart(4, '0')}`
const names = (n: number): string[] => Array.from({ length: n }, (_, i) => name(i))
const entries = (set: SortedSet): Pair[] => [...set].map(({ member, score }) => [member, score])

/** A sorted set as simple as can be. */
class Model {
  pairs: Pair[] = []
  #isListpack = true

  constructor(readonly listpackEntries: number) {}

  add(member: string, score: number): 'added' | 'updated' | 'unchanged' {
    const pair = this.pairs.find(pair => pair[0] === member)
    if (pair?.[1] === score) return 'unchanged'
    if (!pair && this.pairs.length === this.listpackEntries) this.#isListpack = false
    const stored = this.#isListpack && score === 0 ? 0 : score
    if (pair) pair[1] = stored
    else this.pairs.push([member, stored])
    this.pairs.sort((a, b) => (a[1] !== b[1] ? (a[1] < b[1] ? -1 : 1) : a[0] < b[0] ? -1 : 1))
    return pair ? 'updated' : 'added'
  }

  /** Takes out what passes and returns how many did. */
  drop(test: (pair: Pair, rank: number) => boolean): number {
    const before = this.pairs.length
    this.pairs = this.pairs.filter((pair, rank) => !test(pair, rank))
    return before - this.pairs.length
  }
}

const inScores =
  ({ min, max, minExclusive, maxExclusive }: ScoreRange) =>
  ([, score]: Pair): boolean =>
    (minExclusive ? score > min : score >= min) && (maxExclusive ? score < max : score <= max)

const inLex =
  ({ from, until }: LexRange) =>
  ([member]: Pair): boolean =>
    member >= from && member < until

describe('SortedSet against a sorted array', () => {
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-Infinity, Infinity, 0.5, -0))
  const member = fc.nat(250).map(name)
  const range = fc.record({ min: score, max: score, minExclusive: fc.boolean(), maxExclusive: fc.boolean() })
  const place = fc.oneof(member, member.map(lexBehind), fc.constantFrom(LEX_LOWEST, LEX_HIGHEST))
  const lexRange = fc.record({ from: place, until: place })
  const rank = fc.integer({ min: -3, max: 260 })
  const size = fc.constantFrom(0, 10, 100, 1000)

  /** A verb: what it does to the set and to the model, which must answer the same. */
  type Step = (set: SortedSet, model: Model) => [unknown, unknown]

  const look = (reverse: boolean, found: Pair[], expected: readonly Pair[]): [unknown, unknown] => [
    found,
    reverse ? expected.toReversed() : expected,
  ]
  const collect = (walk: (visit: (member: string, score: number) => unknown) => void): Pair[] => {
    const found: Pair[] = []
    walk((member, score) => found.push([member, score]))
    return found
  }
  const cut = <T>(list: readonly T[], reverse: boolean, offset: number, limit: number): T[] =>
    (reverse ? list.toReversed() : list).slice(offset, offset + limit)

  /** Verbs for sets of any scores. */
  const verbs: fc.Arbitrary<Step>[] = [
    fc.tuple(member, score).map(
      ([m, s]): Step =>
        (set, model) => [set.add(m, s), model.add(m, s)],
    ),
    fc.tuple(fc.nat(200), fc.nat(90), score).map(
      ([from, n, s]): Step =>
        (set, model) => {
          const all = names(from + n).slice(from)
          return [all.map(m => set.add(m, s)), all.map(m => model.add(m, s))]
        },
    ),
    member.map(
      (m): Step =>
        (set, model) => [set.delete(m), model.drop(pair => pair[0] === m) === 1],
    ),
    member.map(
      (m): Step =>
        (set, model) => [set.score(m), model.pairs.find(pair => pair[0] === m)?.[1]],
    ),
    member.map(
      (m): Step =>
        (set, model) => {
          const at = model.pairs.findIndex(pair => pair[0] === m)
          const expected = at < 0 ? [undefined, undefined] : [at, model.pairs.length - 1 - at]
          return [[set.rank(m), set.rank(m, true)], expected]
        },
    ),
    fc.tuple(rank, rank, fc.boolean()).map(
      ([a, b, reverse]): Step =>
        (set, model) => {
          const expected = cut(model.pairs, reverse, Math.max(0, a), Math.max(0, b + 1 - Math.max(0, a)))
          return [collect(visit => set.visitByRank(a, b, reverse, visit)), expected]
        },
    ),
    fc.tuple(range, fc.boolean()).map(
      ([r, reverse]): Step =>
        (set, model) => {
          const expected = model.pairs.filter(inScores(r))
          return look(
            reverse,
            collect(visit => set.visitByScore(r, reverse, visit)),
            expected,
          )
        },
    ),
    fc.tuple(range, fc.boolean(), fc.nat(99), fc.nat(99)).map(
      ([r, reverse, offset, limit]): Step =>
        (set, model) => {
          const found = collect(visit => set.visitByScore(r, reverse, visit, offset, limit))
          return [found, cut(model.pairs.filter(inScores(r)), reverse, offset, limit)]
        },
    ),
    range.map(
      (r): Step =>
        (set, model) => [set.countByScore(r), model.pairs.filter(inScores(r)).length],
    ),
    fc.tuple(rank, rank).map(
      ([a, b]): Step =>
        (set, model) => [set.deleteByRank(a, b), model.drop((_, at) => at >= a && at <= b)],
    ),
    range.map(
      (r): Step =>
        (set, model) => [set.deleteByScore(r), model.drop(inScores(r))],
    ),
    fc.constant((set, model) => [set.popMin()?.member, model.pairs.shift()?.[0]]),
    fc.constant((set, model) => [set.popMax()?.member, model.pairs.pop()?.[0]]),
    fc.constant((set, model) => [entries(set.clone()), model.pairs]),
    size.map(
      (n): Step =>
        (set, model) => {
          const pairs = entries(set)
          const expected = pairs.length <= n ? pairs.map(([m, s]): Pair => [m, s + 0]) : pairs // no -0 in a listpack
          return [entries(SortedSet.from(model.pairs.toReversed(), limits(n))), expected]
        },
    ),
    fc.constant((set, model) => {
      const found = new Set<string>()
      let cursor = 0
      do cursor = set.scan(cursor, 7, m => found.add(m))
      while (cursor !== 0)
      return [found, new Set(model.pairs.map(pair => pair[0]))]
    }),
  ]

  /** Verbs for sets whose scores are all 1. */
  const lexVerbs: fc.Arbitrary<Step>[] = [
    fc.tuple(fc.nat(200), fc.nat(90)).map(
      ([from, n]): Step =>
        (set, model) => {
          const all = names(from + n).slice(from)
          return [all.map(m => set.add(m, 1)), all.map(m => model.add(m, 1))]
        },
    ),
    member.map(
      (m): Step =>
        (set, model) => [set.delete(m), model.drop(pair => pair[0] === m) === 1],
    ),
    fc.tuple(lexRange, fc.boolean(), fc.nat(99), fc.nat(99)).map(
      ([r, reverse, offset, limit]): Step =>
        (set, model) => {
          const found = collect(visit => set.visitByLex(r, reverse, visit, offset, limit))
          return [found, cut(model.pairs.filter(inLex(r)), reverse, offset, limit)]
        },
    ),
    lexRange.map(
      (r): Step =>
        (set, model) => [set.countByLex(r), model.pairs.filter(inLex(r)).length],
    ),
    lexRange.map(
      (r): Step =>
        (set, model) => [set.deleteByLex(r), model.drop(inLex(r))],
    ),
  ]

  it.each([
    ['any scores', verbs],
    ['equal scores', lexVerbs],
  ])('answers the same: %s', (_, arbitraries) => {
    fc.assert(
      fc.property(size, fc.array(fc.oneof(...arbitraries), { maxLength: 60, size: 'max' }), (n, steps) => {
        const set = new SortedSet(limits(n))
        const model = new Model(n)
        for (const step of steps) {
          const [answer, expected] = step(set, model)
          expect(answer).toEqual(expected)
          expect(set.size).toBe(model.pairs.length)
        }
        expect(entries(set)).toEqual(model.pairs)
      }),
      { numRuns: 300 },
    )
  })

  it('agrees at a size of several levels', () => {
    const random = lcg(42)
    const set = new SortedSet(limits(128))
    const scoreOf = new Map<string, number>()
    for (let i = 0; i < 60_000; i++) {
      const member = name(Math.floor(random() * 30_000))
      if (random() < 0.25) {
        expect(set.delete(member)).toBe(scoreOf.delete(member))
      } else {
        const score = Math.floor(random() * 1000)
        set.add(member, score)
        scoreOf.set(member, score)
      }
    }
    const sorted = [...scoreOf].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    expect(entries(set)).toEqual(sorted)
    for (let rank = 0; rank < sorted.length; rank += 97) expect(set.rank(sorted[rank]![0])).toBe(rank)
  })
})

/** A small generator of numbers in [0, 1), the same ones every time. */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
