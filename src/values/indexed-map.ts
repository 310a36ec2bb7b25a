import type { ByteString } from '../bytes/bytes.js'

/** What an IndexedMap holds: an object that knows its key and, for the map's own use, where it stands. */
export interface Slot {
  readonly key: ByteString
  /** Position in the map's dense array. Written by the map alone. */
  index: number
}

/**
 * A Map that can also pick an entry at random, in O(1), and be scanned with a cursor while it changes.
 *
 * Beside the Map stands a dense array of the same slots. A deleted slot's place is taken by the last one, so there
 * are never holes. A scan walks the array downwards, and its cursor is the number of positions still to be visited:
 * whatever moves, moves from the visited or unvisited end to a lower place, so an entry that is there from the
 * beginning of the scan to its end is visited at least once (perhaps twice), and since new entries go to the top,
 * a scan ends however fast others insert. Iteration is in the order of insertion.
 */
export class IndexedMap<S extends Slot> {
  readonly #slots = new Map<ByteString, S>()
  readonly #dense: S[] = []

  get size(): number {
    return this.#dense.length
  }

  get(key: ByteString): S | undefined {
    return this.#slots.get(key)
  }

  has(key: ByteString): boolean {
    return this.#slots.has(key)
  }

  /** Puts a slot in whose key must not be there yet. Amortized O(1). */
  add(slot: S): void {
    this.#slots.set(slot.key, slot)
    slot.index = this.#dense.length
    this.#dense.push(slot)
  }

  /** Takes out the slot with this key and returns it. O(1). */
  delete(key: ByteString): S | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    this.#slots.delete(key)
    const last = this.#dense.pop() as S
    if (last !== slot) {
      this.#dense[slot.index] = last
      last.index = slot.index
    }
    return slot
  }

  clear(): void {
    this.#slots.clear()
    this.#dense.length = 0
  }

  /** All slots, in the order in which they were added. The map may change while it is iterated. */
  values(): IterableIterator<S> {
    return this.#slots.values()
  }

  keys(): IterableIterator<ByteString> {
    return this.#slots.keys()
  }

  /** The slot at a position from 0 to size - 1; positions change whenever a slot is deleted. O(1). */
  at(position: number): S | undefined {
    return this.#dense[position]
  }

  /** A slot, each with the same probability; `random` gives numbers in [0, 1). O(1). */
  random(random: () => number): S | undefined {
    return this.#dense[Math.floor(random() * this.#dense.length)]
  }

  /**
   * Visits up to `count` slots and returns the cursor to go on from, 0 when the scan is complete. Starts anew with
   * cursor 0. `visit` may delete the slot that it is given, and no other. O(count).
   */
  scan(cursor: number, count: number, visit: (slot: S) => void): number {
    const size = this.#dense.length
    let left = cursor === 0 || cursor > size ? size : cursor
    for (let stop = Math.max(0, left - count); left > stop; ) visit(this.#dense[--left]!)
    return left
  }
}
