import type { ByteString } from '../bytes/bytes.js'
import { IndexedMap, type Slot } from './indexed-map.js'
import { samplePositions } from './sample.js'
import { type ScoredMember, ScoreTree, type Visit } from './score-tree.js'
import { AFTER_ALL } from './score-tree-node.js'
import type { LexRange, ScoreRange } from './sorted-set-range.js'
import type { Collection } from './value.js'

export type { ScoredMember, Visit } from './score-tree.js'

/**
 * When a set stops being a listpack: the server's parameters of these names. Read at every addition, so that a change of
 * configuration is obeyed.
 */
export interface SortedSetLimits {
  /** Elements that a listpack may have. */
  readonly 'zset-max-listpack-entries': number
  /** Bytes that a member in a listpack may have. */
  readonly 'zset-max-listpack-value': number
}

/** In an index of members: where a member's score is looked up. */
interface Entry extends Slot {
  score: number
}

/**
 * Up to this size a listpack has no index of its members: they are compared one by one. Measured with 64 members of
 * 10 bytes: 100 ns a look-up instead of 20, and 24 bytes an element instead of 131 (the members apart).
 */
const LARGEST_WITHOUT_INDEX = 64

/**
 * A sorted set: different members, each with a score, ordered by score and then by the members' bytes.
 *
 * A counted B+-tree keeps the order, an index by member the scores, so that `score` is O(1) and everything that seeks
 * a place in the order is O(log n). What encoding a set has is told as Redis would, and turns from listpack to skiplist
 * where Redis turns, once and for good; both are stored in the same way.
 *
 * Scores are never NaN. A score of 0 that becomes -0, or the other way round, has not changed, and in a listpack there
 * is no -0. Ranks begin with 0, at the lowest element, or in reverse at the highest. The set must not change during a
 * visit: collect first.
 */
export class SortedSet implements Collection {
  readonly type = 'zset'
  #tree = new ScoreTree()
  /** Null while the members are few enough to be compared one by one. */
  #index: IndexedMap<Entry> | null = null
  #encoding: 'listpack' | 'skiplist' = 'listpack'
  readonly #limits: SortedSetLimits

  constructor(limits: SortedSetLimits) {
    this.#limits = limits
  }

  /** Builds a set from entries in any order; of entries with the same member the last one counts. O(n log n). */
  static from(entries: Iterable<readonly [ByteString, number]>, limits: SortedSetLimits): SortedSet {
    const scores = entries instanceof Map ? (entries as ReadonlyMap<ByteString, number>) : new Map(entries)
    const sorted = [...scores].sort(compareEntries)
    const set = new SortedSet(limits)
    const fits = sorted.every(entry => fitsListpack(sorted.length, entry[0], limits))
    if (!fits) set.#encoding = 'skiplist'
    set.#tree = ScoreTree.fromSorted(
      sorted.map(entry => entry[0]),
      sorted.map(entry => set.#stored(entry[1])),
    )
    if (!fits || scores.size > LARGEST_WITHOUT_INDEX) set.#buildIndex()
    return set
  }

  get size(): number {
    return this.#tree.size
  }

  get encoding(): 'listpack' | 'skiplist' {
    return this.#encoding
  }

  /** The score of a member. O(1). */
  score(member: ByteString): number | undefined {
    return this.#index === null ? this.#tree.searchScore(member) : this.#index.get(member)?.score
  }

  /** Adds a member or changes its score. O(log n); cheap where the element keeps its place in the order. */
  add(member: ByteString, score: number): 'added' | 'updated' | 'unchanged' {
    if (this.#index === null) {
      const old = this.#tree.searchScore(member)
      if (old === score) return 'unchanged'
      if (old === undefined) return this.#insert(member, score)
      this.#tree.rescore(old, member, this.#stored(score))
      return 'updated'
    }
    const entry = this.#index.get(member)
    if (entry === undefined) return this.#insert(member, score)
    const old = entry.score
    if (old === score) return 'unchanged'
    entry.score = this.#stored(score)
    this.#tree.rescore(old, member, entry.score)
    return 'updated'
  }

  /** Takes out a member; false if it is not there. O(log n). */
  delete(member: ByteString): boolean {
    const score = this.#index === null ? this.#tree.searchScore(member) : this.#index.delete(member)?.score
    return score !== undefined && this.#tree.remove(score, member)
  }

  /** The rank of a member. O(log n). */
  rank(member: ByteString, reverse = false): number | undefined {
    const score = this.score(member)
    if (score === undefined) return undefined
    const rank = this.#tree.rankOf(score, member)
    return reverse ? this.size - 1 - rank : rank
  }

  /** The element at a rank, if there is one. O(log n). */
  at(rank: number): ScoredMember | undefined {
    return this.#tree.at(rank)
  }

  /** Visits the ranks from start to stop, both included; ranks that there are not are left out. O(log n + visited). */
  visitByRank(start: number, stop: number, reverse: boolean, visit: Visit): void {
    const first = Math.max(0, start)
    if (reverse) this.#tree.visitDown(this.size - 1 - first, stop - first + 1, visit)
    else this.#tree.visitUp(first, stop - first + 1, visit)
  }

  /** Visits a range of scores, without the first `offset` hits, `limit` hits at most. O(log n + visited). */
  visitByScore(range: ScoreRange, reverse: boolean, visit: Visit, offset = 0, limit = Infinity): void {
    const lowMember = range.minExclusive ? AFTER_ALL : ''
    const highMember = range.maxExclusive ? '' : AFTER_ALL
    if (offset === 0) {
      // One way down instead of three: the ranks of the range's ends do not matter.
      let left = limit
      const limited: Visit = limit === Infinity ? visit : (member, score) => left-- > 0 && visit(member, score)
      if (reverse) this.#tree.visitBetweenDown(range.min, lowMember, range.max, highMember, limited)
      else this.#tree.visitBetween(range.min, lowMember, range.max, highMember, limited)
      return
    }
    const start = this.#tree.rankOf(range.min, lowMember)
    const end = this.#tree.rankOf(range.max, highMember)
    const count = Math.min(limit, end - start - offset)
    if (reverse) this.#tree.visitDown(end - 1 - offset, count, visit)
    else this.#tree.visitUp(start + offset, count, visit)
  }

  /**
   * Visits a range of members, without the first `offset` hits, `limit` hits at most. O(log n + visited).
   *
   * The range has a meaning if all scores are equal. If they are not, the visit goes from the first element that is
   * not below `from` (in a listpack; from some element in a skiplist, where Redis's answer depends on chance) to the
   * first one that is not below `until`, as in Redis.
   */
  visitByLex(range: LexRange, reverse: boolean, visit: Visit, offset = 0, limit = Infinity): void {
    if (!this.#reachesInto(range)) return
    const { from, until } = range
    if (reverse) {
      const rank = this.#lexEnd(until) - 1 - offset
      this.#tree.visitDown(rank, limit, (member, score) => member >= from && visit(member, score))
    } else {
      const rank = this.#lexStart(from) + offset
      this.#tree.visitUp(rank, limit, (member, score) => member < until && visit(member, score))
    }
  }

  /** How many elements are in a range of scores. O(log n). */
  countByScore(range: ScoreRange): number {
    const start = this.#tree.rankOf(range.min, range.minExclusive ? AFTER_ALL : '')
    return Math.max(0, this.#tree.rankOf(range.max, range.maxExclusive ? '' : AFTER_ALL) - start)
  }

  /** How many elements are in a range of members. O(log n), in a listpack O(n). */
  countByLex(range: LexRange): number {
    if (this.#encoding === 'listpack') return this.#lengthOfLexRun(range)
    return this.#reachesInto(range) ? Math.max(0, this.#lexEnd(range.until) - this.#lexStart(range.from)) : 0
  }

  /** Takes out the ranks from start to stop, both included, and returns how many there were. O(log n + removed). */
  deleteByRank(start: number, stop: number): number {
    const first = Math.max(0, start)
    const count = Math.min(stop, this.size - 1) - first + 1
    if (count <= 0) return 0
    const index = this.#index
    if (index !== null) this.#tree.visitUp(first, count, member => void index.delete(member))
    this.#tree.removeRanks(first, count)
    return count
  }

  /** Takes out a range of scores and returns how many elements that were. O(log n + removed). */
  deleteByScore(range: ScoreRange): number {
    const start = this.#tree.rankOf(range.min, range.minExclusive ? AFTER_ALL : '')
    return this.deleteByRank(start, start + this.countByScore(range) - 1)
  }

  /** Takes out a range of members, the one that `visitByLex` visits; returns how many. O(log n + removed). */
  deleteByLex(range: LexRange): number {
    const count = this.#lengthOfLexRun(range)
    if (count === 0) return 0
    const start = this.#lexStart(range.from)
    return this.deleteByRank(start, start + count - 1)
  }

  /** Takes out the lowest element and returns it. O(log n). */
  popMin(): ScoredMember | undefined {
    const element = this.#tree.first
    if (element !== undefined) this.delete(element.member)
    return element
  }

  /** Takes out the highest element and returns it. O(log n). */
  popMax(): ScoredMember | undefined {
    const element = this.#tree.last
    if (element !== undefined) this.delete(element.member)
    return element
  }

  /** An element, each with the same probability; `random` gives numbers in [0, 1). O(1). */
  random(random: () => number): ScoredMember | undefined {
    return this.size === 0 ? undefined : this.#drawn(Math.floor(random() * this.size))
  }

  /** Visits `count` elements picked at random, the same one perhaps several times. O(count). */
  draw(count: number, random: () => number, visit: Visit): void {
    const { size } = this
    if (size === 0) return
    for (let drawn = 0; drawn < count; drawn++) {
      const { member, score } = this.#drawn(Math.floor(random() * size))
      if (visit(member, score) === false) return
    }
  }

  /** Visits `count` different elements picked at random, or all, in order, if there are not so many. O(count). */
  sample(count: number, random: () => number, visit: Visit): void {
    if (count >= this.size) {
      this.#tree.visitUp(0, this.size, visit)
      return
    }
    for (const position of samplePositions(this.size, count, random)) {
      const { member, score } = this.#drawn(position)
      if (visit(member, score) === false) return
    }
  }

  /**
   * Visits about `count` elements and returns the cursor to go on from, 0 when the scan is complete; it begins with 0.
   * What is in the set all the time is visited at least once. A listpack is visited whole. O(count).
   */
  scan(cursor: number, count: number, visit: (member: ByteString, score: number) => void): number {
    if (this.#index !== null && this.#encoding === 'skiplist') {
      return this.#index.scan(cursor, count, ({ key, score }) => visit(key, score))
    }
    this.#tree.visitUp(0, this.size, (member, score) => {
      visit(member, score)
    })
    return 0
  }

  /** All elements, from the lowest to the highest. The set must not change meanwhile. */
  [Symbol.iterator](): IterableIterator<ScoredMember> {
    return this.#tree[Symbol.iterator]()
  }

  /** A set with the same elements, encoding and limits. O(n). */
  clone(): SortedSet {
    const copy = new SortedSet(this.#limits)
    copy.#tree = this.#tree.clone()
    copy.#encoding = this.#encoding
    if (this.#index !== null) copy.#buildIndex()
    return copy
  }

  /** The element at a position from 0 to size - 1, in whatever order is cheapest. */
  #drawn(position: number): ScoredMember {
    if (this.#index === null) return this.#tree.at(position)!
    const { key, score } = this.#index.at(position)!
    return { member: key, score }
  }

  #insert(member: ByteString, score: number): 'added' {
    const size = this.#tree.size + 1
    if (this.#encoding === 'listpack' && !fitsListpack(size, member, this.#limits)) this.#encoding = 'skiplist'
    const stored = this.#stored(score)
    // The index first: where there is no room left in its Map, that throws, and nothing has changed.
    this.#index?.add({ key: member, index: 0, score: stored })
    this.#tree.insert(stored, member)
    if (this.#index === null && (size > LARGEST_WITHOUT_INDEX || this.#encoding === 'skiplist')) this.#buildIndex()
    return 'added'
  }

  /** The score as Redis keeps it: in a listpack whatever is an integer is written as one, so that -0 becomes 0. */
  #stored(score: number): number {
    return this.#encoding === 'listpack' ? score + 0 : score
  }

  #buildIndex(): void {
    const index = new IndexedMap<Entry>()
    this.#tree.visitUp(0, this.size, (key, score) => index.add({ key, index: 0, score }))
    this.#index = index
  }

  /** Redis looks at this first: whether the last element is not below the range, and the first one not above it. */
  #reachesInto(range: LexRange): boolean {
    const first = this.#tree.first
    const last = this.#tree.last
    return first !== undefined && last !== undefined && last.member >= range.from && first.member < range.until
  }

  /** The rank of the first element that is not below the place. */
  #lexStart(from: ByteString): number {
    if (this.#encoding === 'skiplist') return this.#tree.rankOfMember(from)
    let rank = 0
    this.#tree.visitUp(0, this.size, member => member < from && ++rank > 0)
    return rank
  }

  /** The rank behind the last element that is below the place. */
  #lexEnd(until: ByteString): number {
    if (this.#encoding === 'skiplist') return this.#tree.rankOfMember(until)
    let rank = this.size
    this.#tree.visitDown(rank - 1, rank, member => member >= until && rank-- > 0)
    return rank
  }

  #lengthOfLexRun(range: LexRange): number {
    let length = 0
    this.visitByLex(range, false, () => ++length)
    return length
  }
}

/** Whether a listpack may have this size and this member. */
function fitsListpack(size: number, member: ByteString, limits: SortedSetLimits): boolean {
  return size <= limits['zset-max-listpack-entries'] && member.length <= limits['zset-max-listpack-value']
}

/** The order of a sorted set, as what `Array.prototype.sort` takes. */
export function compareEntries(a: readonly [ByteString, number], b: readonly [ByteString, number]): number {
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1
  return a[0] < b[0] ? -1 : 1
}
