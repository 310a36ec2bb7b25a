import type { ByteString } from '../bytes/bytes.js'

/**
 * Byte strings, each once, as IndexedMap keeps its slots: one can be picked at random in O(1), and a scan meets all
 * that stay. There is no object for each, only the Map's entry, a reference and a position.
 */
export class IndexedSet {
  readonly #positions = new Map<ByteString, number>()
  /** Without holes: the place of one that goes is taken by the last. */
  readonly #dense: ByteString[] = []

  get size(): number {
    return this.#dense.length
  }

  has(text: ByteString): boolean {
    return this.#positions.has(text)
  }

  /** True if it is new. Amortized O(1). */
  add(text: ByteString): boolean {
    if (this.#positions.has(text)) return false
    this.#positions.set(text, this.#dense.length)
    this.#dense.push(text)
    return true
  }

  /** False if it is not there. O(1). */
  delete(text: ByteString): boolean {
    const position = this.#positions.get(text)
    if (position === undefined) return false
    this.#positions.delete(text)
    const last = this.#dense.pop()!
    if (last !== text) {
      this.#dense[position] = last
      this.#positions.set(last, position)
    }
    return true
  }

  /** The one at a position from 0 to size - 1; positions change when one is deleted. O(1). */
  at(position: number): ByteString | undefined {
    return this.#dense[position]
  }

  /** Visits up to `count` and returns the next cursor: see IndexedMap.scan. O(count). */
  scan(cursor: number, count: number, visit: (text: ByteString) => void): number {
    const { size } = this
    let left = cursor === 0 || cursor > size ? size : cursor
    for (let stop = Math.max(0, left - count); left > stop; ) visit(this.#dense[--left]!)
    return left
  }

  clone(): IndexedSet {
    const copy = new IndexedSet()
    for (const text of this.#dense) copy.add(text)
    return copy
  }
}
