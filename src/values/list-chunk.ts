import type { ByteString } from '../bytes/bytes.js'

/** Elements that a chunk may have: 2 KiB of references, few enough to be moved by one place at every insertion. */
export const MAX_CHUNK = 256

/**
 * A piece of a list: up to MAX_CHUNK elements in a ring, an array in which the place after the last is the first. So both
 * ends are alike, and elements move only when the ring grows, or when one is put in or taken out in the middle.
 */
export class ListChunk {
  /** A power of two many; empty strings where there is no element. */
  #ring: ByteString[]
  #start = 0
  #size: number

  constructor(elements: readonly ByteString[] = []) {
    this.#ring = ringOf(elements)
    this.#size = elements.length
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size === MAX_CHUNK
  }

  at(offset: number): ByteString {
    return this.#ring[(this.#start + offset) & (this.#ring.length - 1)]!
  }

  set(offset: number, element: ByteString): void {
    this.#ring[(this.#start + offset) & (this.#ring.length - 1)] = element
  }

  /** Puts an element at the end. It must not be full. Amortized O(1). */
  pushTail(element: ByteString): void {
    if (this.#size === this.#ring.length) this.#grow()
    this.set(this.#size++, element)
  }

  /** Puts an element in front. It must not be full. Amortized O(1). */
  pushHead(element: ByteString): void {
    if (this.#size === this.#ring.length) this.#grow()
    this.#start = (this.#start - 1) & (this.#ring.length - 1)
    this.#size++
    this.set(0, element)
  }

  /** Takes the last element. It must not be empty. O(1). */
  popTail(): ByteString {
    const last = --this.#size
    const element = this.at(last)
    this.set(last, '')
    return element
  }

  /** Takes the first element. It must not be empty. O(1). */
  popHead(): ByteString {
    const element = this.at(0)
    this.set(0, '')
    this.#start = (this.#start + 1) & (this.#ring.length - 1)
    this.#size--
    return element
  }

  /** The offset of the first element that equals one, or -1. O(size). */
  indexOf(element: ByteString): number {
    for (let i = 0; i < this.#size; i++) if (this.at(i) === element) return i
    return -1
  }

  /** Puts an element in, so that it has the offset. It must not be full. O(size). */
  insert(offset: number, element: ByteString): void {
    this.pushTail(element)
    for (let i = this.#size - 1; i > offset; i--) this.set(i, this.at(i - 1))
    this.set(offset, element)
  }

  /** Takes out up to `limit` elements that equal one, beginning at an end; returns how many. O(size). */
  deleteEqual(element: ByteString, limit: number, from: 'head' | 'tail'): number {
    const size = this.#size
    let deleted = 0
    if (from === 'head') {
      for (let i = 0; i < size; i++) {
        if (deleted < limit && this.at(i) === element) deleted++
        else if (deleted > 0) this.set(i - deleted, this.at(i))
      }
      for (let i = 0; i < deleted; i++) this.popTail()
    } else {
      for (let i = size - 1; i >= 0; i--) {
        if (deleted < limit && this.at(i) === element) deleted++
        else if (deleted > 0) this.set(i + deleted, this.at(i))
      }
      for (let i = 0; i < deleted; i++) this.popHead()
    }
    return deleted
  }

  /** Gives its second half away, as a chunk of its own. O(size). */
  split(): ListChunk {
    const elements = this.toArray()
    const middle = elements.length >> 1
    this.#ring = ringOf(elements.slice(0, middle))
    this.#start = 0
    this.#size = middle
    return new ListChunk(elements.slice(middle))
  }

  clone(): ListChunk {
    return new ListChunk(this.toArray())
  }

  toArray(): ByteString[] {
    const elements: ByteString[] = []
    for (let i = 0; i < this.#size; i++) elements.push(this.at(i))
    return elements
  }

  #grow(): void {
    const elements = this.toArray()
    // Those places that have not been written to yet must be strings too: V8 then keeps the array fast.
    for (let i = elements.length; i > 0; i--) elements.push('')
    this.#ring = elements
    this.#start = 0
  }
}

function ringOf(elements: readonly ByteString[]): ByteString[] {
  const ring = elements.slice()
  let length = 4
  while (length < ring.length) length *= 2
  while (ring.length < length) ring.push('')
  return ring
}
