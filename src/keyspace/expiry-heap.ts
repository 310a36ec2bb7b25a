import type { Expiry } from './entry.js'

/**
 * The keys that will expire, soonest first: a binary heap. Adding, moving and removing cost O(log n); looking at the
 * soonest, O(1). Redis samples its keys instead; with the heap every key goes when it is due, and none is looked at before.
 */
export class ExpiryHeap {
  readonly #heap: Expiry[] = []

  get size(): number {
    return this.#heap.length
  }

  get soonest(): Expiry | undefined {
    return this.#heap[0]
  }

  add(expiry: Expiry): void {
    this.#heap.push(expiry)
    this.#up(expiry, this.#heap.length - 1)
  }

  /** To be called after `expiry.at` has changed. */
  moved(expiry: Expiry): void {
    this.#up(expiry, expiry.position)
    this.#down(expiry, expiry.position)
  }

  remove(expiry: Expiry): void {
    const last = this.#heap.pop() as Expiry
    if (last === expiry) return
    last.position = expiry.position
    this.#heap[expiry.position] = last
    this.moved(last)
  }

  /** The mean of the times at which the keys expire, over a sample; undefined when none expires. O(1). */
  meanAt(): number | undefined {
    const size = this.#heap.length
    if (size === 0) return undefined
    const step = Math.max(1, Math.floor(size / 32))
    let sum = 0
    let count = 0
    for (let i = 0; i < size; i += step, count++) sum += this.#heap[i]!.at
    return sum / count
  }

  #up(expiry: Expiry, position: number): void {
    while (position > 0) {
      const above = (position - 1) >> 1
      const parent = this.#heap[above]!
      if (parent.at <= expiry.at) break
      this.#heap[position] = parent
      parent.position = position
      position = above
    }
    this.#heap[position] = expiry
    expiry.position = position
  }

  #down(expiry: Expiry, position: number): void {
    const size = this.#heap.length
    for (;;) {
      let below = position * 2 + 1
      if (below >= size) break
      if (below + 1 < size && this.#heap[below + 1]!.at < this.#heap[below]!.at) below++
      const child = this.#heap[below]!
      if (child.at >= expiry.at) break
      this.#heap[position] = child
      child.position = position
      position = below
    }
    this.#heap[position] = expiry
    expiry.position = position
  }
}
