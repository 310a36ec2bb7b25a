import type { ByteString } from '../bytes/bytes.js'
import { IndexedMap, type Slot } from './indexed-map.js'
import { samplePositions } from './sample.js'
import type { Collection } from './value.js'

/**
 * When a hash stops being a listpack: the server's parameters of these names. Read at every change, so that one of the
 * configuration is obeyed.
 */
export interface HashLimits {
  /** Fields that a listpack may have. */
  readonly 'hash-max-listpack-entries': number
  /** Bytes that a field or a value in a listpack may have. */
  readonly 'hash-max-listpack-value': number
}

/** Given a field and its value; returns false to end the visit. */
export type FieldVisit = (field: ByteString, value: ByteString) => unknown

/** In a large hash: a field with its value. */
interface Field extends Slot {
  value: ByteString
}

/**
 * Fields with a value each.
 *
 * As long as Redis would hold it in a listpack, a hash is a plain Map, whose order of iteration is a listpack's: a field
 * keeps its place when its value changes. Beyond, it can also pick a field at random in O(1) and be scanned. It never
 * goes back.
 */
export class Hash implements Collection {
  readonly type = 'hash'
  /** Null once the hash is no listpack any more. */
  #small: Map<ByteString, ByteString> | null = new Map()
  #large: IndexedMap<Field> | null = null
  readonly #limits: HashLimits

  constructor(limits: HashLimits) {
    this.#limits = limits
  }

  get encoding(): 'listpack' | 'hashtable' {
    return this.#small === null ? 'hashtable' : 'listpack'
  }

  get size(): number {
    return this.#small === null ? this.#large!.size : this.#small.size
  }

  /** O(1). */
  get(field: ByteString): ByteString | undefined {
    return this.#small === null ? this.#large!.get(field)?.value : this.#small.get(field)
  }

  /** O(1). */
  has(field: ByteString): boolean {
    return this.#small === null ? this.#large!.has(field) : this.#small.has(field)
  }

  /** Gives a field a value; true if the field is new. O(1), but for the one change of encoding, which is O(n). */
  set(field: ByteString, value: ByteString): boolean {
    const small = this.#small
    if (small !== null) {
      const limits = this.#limits
      const longest = limits['hash-max-listpack-value']
      if (field.length <= longest && value.length <= longest) {
        const before = small.size
        small.set(field, value)
        const size = small.size
        if (size > limits['hash-max-listpack-entries']) this.#grow(small)
        return size !== before
      }
      this.#grow(small)
    }
    const large = this.#large!
    const slot = large.get(field)
    if (slot !== undefined) {
      slot.value = value
      return false
    }
    large.add({ key: field, index: -1, value })
    return true
  }

  /** Takes a field out; false if it is not there. O(1). */
  delete(field: ByteString): boolean {
    return this.#small === null ? this.#large!.delete(field) !== undefined : this.#small.delete(field)
  }

  /** All fields and values, in a listpack in the order in which the fields came. The hash must not change meanwhile. */
  visit(visit: FieldVisit): void {
    if (this.#small !== null) {
      for (const [field, value] of this.#small) if (visit(field, value) === false) return
    } else {
      for (const slot of this.#large!.values()) if (visit(slot.key, slot.value) === false) return
    }
  }

  /** A field, each with the same probability; `random` gives numbers in [0, 1). O(1), in a listpack O(n). */
  random(random: () => number): ByteString | undefined {
    if (this.#small === null) return this.#large!.random(random)?.key
    let left = Math.floor(random() * this.#small.size)
    for (const field of this.#small.keys()) if (left-- === 0) return field
    return undefined
  }

  /** Visits `count` fields picked at random, the same one perhaps several times. O(count), in a listpack O(n + count). */
  draw(count: number, random: () => number, visit: FieldVisit): void {
    const { size } = this
    if (size === 0) return
    const at = this.#positions()
    for (let drawn = 0; drawn < count; drawn++) {
      const slot = at(Math.floor(random() * size))
      if (visit(slot.key, slot.value) === false) return
    }
  }

  /** Visits `count` different fields picked at random, or all if there are not so many. O(count), in a listpack O(n). */
  sample(count: number, random: () => number, visit: FieldVisit): void {
    if (count >= this.size) {
      this.visit(visit)
      return
    }
    const at = this.#positions()
    for (const position of samplePositions(this.size, count, random)) {
      const slot = at(position)
      if (visit(slot.key, slot.value) === false) return
    }
  }

  /**
   * Visits about `count` fields and returns the cursor to go on from, 0 when the scan is complete; it begins with 0.
   * What is in the hash all the time is visited at least once. A listpack is visited whole. O(count).
   */
  scan(cursor: number, count: number, visit: (field: ByteString, value: ByteString) => void): number {
    if (this.#small === null) return this.#large!.scan(cursor, count, slot => visit(slot.key, slot.value))
    for (const [field, value] of this.#small) visit(field, value)
    return 0
  }

  clone(): Hash {
    const copy = new Hash(this.#limits)
    if (this.#small !== null) copy.#small = new Map(this.#small)
    else {
      copy.#small = null
      copy.#large = new IndexedMap()
      for (const { key, value } of this.#large!.values()) copy.#large.add({ key, index: -1, value })
    }
    return copy
  }

  #grow(small: ReadonlyMap<ByteString, ByteString>): void {
    const large = new IndexedMap<Field>()
    for (const [key, value] of small) large.add({ key, index: -1, value })
    this.#large = large
    this.#small = null
  }

  /** The field at a position, as long as the hash does not change. O(1), after O(n) for a listpack. */
  #positions(): (position: number) => Pick<Field, 'key' | 'value'> {
    if (this.#small === null) {
      const large = this.#large!
      return position => large.at(position)!
    }
    const fields = Array.from(this.#small, ([key, value]) => ({ key, value }))
    return position => fields[position]!
  }
}
