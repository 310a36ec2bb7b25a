import type { ByteString } from '../bytes/bytes.js'
import { formatInteger, type Integer, parseInteger64 } from '../bytes/numbers.js'
import { IndexedSet } from './indexed-set.js'
import { samplePositions } from './sample.js'
import type { Collection } from './value.js'

/** When a set stops being an intset: the server's parameter of this name. Read at every addition. */
export interface SetLimits {
  /** Members that an intset may have. */
  readonly 'set-max-intset-entries': number
}

/** Given a member; returns false to end the visit. */
export type MemberVisit = (member: ByteString) => unknown

/**
 * Different members, of Redis's type `set`.
 *
 * As long as all are integers of 64 bits in their one spelling, and not too many, they are held as Redis's intset is: as
 * numbers, in ascending order. Otherwise they are in a hash table, and stay there.
 */
export class MemberSet implements Collection {
  readonly type = 'set'
  /** Null once the set is no intset any more. */
  #integers: Integer[] | null = []
  #table: IndexedSet | null = null
  readonly #limits: SetLimits

  constructor(limits: SetLimits) {
    this.#limits = limits
  }

  get encoding(): 'intset' | 'hashtable' {
    return this.#integers === null ? 'hashtable' : 'intset'
  }

  get size(): number {
    return this.#integers === null ? this.#table!.size : this.#integers.length
  }

  /** O(1), in an intset O(log n). */
  has(member: ByteString): boolean {
    if (this.#integers === null) return this.#table!.has(member)
    const integer = parseInteger64(member)
    return integer !== undefined && find(this.#integers, integer) >= 0
  }

  /** Adds a member; false if it was there. O(1), in an intset O(n); O(n) once, when the encoding changes. */
  add(member: ByteString): boolean {
    const integers = this.#integers
    if (integers === null) return this.#table!.add(member)
    const integer = parseInteger64(member)
    if (integer === undefined) return this.#toTable(integers).add(member)
    const place = find(integers, integer)
    if (place >= 0) return false
    integers.splice(~place, 0, integer)
    if (integers.length > this.#limits['set-max-intset-entries']) this.#toTable(integers)
    return true
  }

  /** Takes a member out; false if it was not there. O(1), in an intset O(n). */
  delete(member: ByteString): boolean {
    const integers = this.#integers
    if (integers === null) return this.#table!.delete(member)
    const integer = parseInteger64(member)
    if (integer === undefined) return false
    const place = find(integers, integer)
    if (place < 0) return false
    integers.splice(place, 1)
    return true
  }

  /** All members, in an intset from the lowest to the highest. The set must not change meanwhile. */
  visit(visit: MemberVisit): void {
    const { size } = this
    for (let i = 0; i < size; i++) if (visit(this.#at(i)) === false) return
  }

  /** A member, each with the same probability; `random` gives numbers in [0, 1). O(1). */
  random(random: () => number): ByteString | undefined {
    const { size } = this
    return size === 0 ? undefined : this.#at(Math.floor(random() * size))
  }

  /** Visits `count` members picked at random, the same one perhaps several times. O(count). */
  draw(count: number, random: () => number, visit: MemberVisit): void {
    const { size } = this
    if (size === 0) return
    for (let drawn = 0; drawn < count; drawn++) {
      if (visit(this.#at(Math.floor(random() * size))) === false) return
    }
  }

  /** Visits `count` different members picked at random, or all if there are not so many. O(count). */
  sample(count: number, random: () => number, visit: MemberVisit): void {
    if (count >= this.size) {
      this.visit(visit)
      return
    }
    for (const position of samplePositions(this.size, count, random)) {
      if (visit(this.#at(position)) === false) return
    }
  }

  /**
   * Takes out `count` members picked at random, of more than that, and returns them. O(count), in an intset O(n).
   *
   * Where few are left, Redis makes a new set of those, which may be an intset again, and so does this.
   */
  take(count: number, random: () => number): ByteString[] {
    const { size } = this
    const taken: ByteString[] = []
    for (const position of samplePositions(size, count, random)) taken.push(this.#at(position))
    if ((size - count) * NEW_SET_FACTOR <= count) this.#keepOnly(new Set(taken))
    else if (this.#integers === null) for (const member of taken) this.#table!.delete(member)
    else {
      const gone = new Set(taken.map(member => parseInteger64(member)))
      this.#integers = this.#integers.filter(integer => !gone.has(integer))
    }
    return taken
  }

  /**
   * Visits about `count` members and returns the cursor to go on from, 0 when the scan is complete; it begins with 0.
   * What is in the set all the time is visited at least once. An intset is visited whole. O(count).
   */
  scan(cursor: number, count: number, visit: (member: ByteString) => void): number {
    if (this.#integers === null) return this.#table!.scan(cursor, count, visit)
    for (const integer of this.#integers) visit(formatInteger(integer))
    return 0
  }

  clone(): MemberSet {
    const copy = new MemberSet(this.#limits)
    copy.#integers = this.#integers === null ? null : this.#integers.slice()
    copy.#table = this.#table === null ? null : this.#table.clone()
    return copy
  }

  #at(position: number): ByteString {
    return this.#integers === null ? this.#table!.at(position)! : formatInteger(this.#integers[position]!)
  }

  #toTable(integers: readonly Integer[]): IndexedSet {
    const table = new IndexedSet()
    for (const integer of integers) table.add(formatInteger(integer))
    this.#table = table
    this.#integers = null
    return table
  }

  #keepOnly(gone: ReadonlySet<ByteString>): void {
    const kept = new MemberSet(this.#limits)
    this.visit(member => {
      if (!gone.has(member)) kept.add(member)
    })
    this.#integers = kept.#integers
    this.#table = kept.#table
  }
}

/** SPOP_MOVE_STRATEGY_MUL: Redis makes a new set when it takes out at least so many times what it leaves. */
const NEW_SET_FACTOR = 5

/** Where an integer is, or the complement of where it would have to be put in. O(log n), at the end O(1). */
function find(integers: readonly Integer[], wanted: Integer): number {
  let low = 0
  let high = integers.length
  if (high === 0 || integers[high - 1]! < wanted) return ~high
  while (low < high) {
    const middle = (low + high) >>> 1
    if (integers[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return integers[low] === wanted ? low : ~low
}
