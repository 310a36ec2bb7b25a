import type { ByteString } from '../bytes/bytes.js'
import { ListChunk, MAX_CHUNK } from './list-chunk.js'
import type { Collection } from './value.js'

export type End = 'head' | 'tail'

/** Given an element; returns false to end the visit. */
export type ElementVisit = (element: ByteString) => unknown

/**
 * Elements in a row.
 *
 * They lie in chunks of up to 256, each a ring: O(1) at both ends of the list, no long copy however long it
 * grows, and an index is found by stepping over chunks from the nearer end. Indices begin with 0; unless
 * it says otherwise, a method wants one that there is.
 */
export class List implements Collection {
  readonly type = 'list'
  readonly encoding = 'quicklist'
  /** None is empty, but for the only one of an empty list. */
  #chunks: ListChunk[] = [new ListChunk()]
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many chunks the elements lie in. */
  get chunks(): number {
    return this.#chunks.length
  }

  /** Amortized O(1). */
  push(end: End, element: ByteString): void {
    const chunks = this.#chunks
    if (end === 'tail') {
      let last = chunks[chunks.length - 1]!
      if (last.isFull) {
        last = new ListChunk()
        chunks.push(last)
      }
      last.pushTail(element)
    } else {
      let first = chunks[0]!
      if (first.isFull) {
        first = new ListChunk()
        chunks.unshift(first)
      }
      first.pushHead(element)
    }
    this.#size++
  }

  /** Takes an element from an end; undefined if the list is empty. O(1). */
  pop(end: End): ByteString | undefined {
    if (this.#size === 0) return undefined
    this.#size--
    const chunks = this.#chunks
    if (end === 'tail') {
      const last = chunks[chunks.length - 1]!
      const element = last.popTail()
      if (last.size === 0 && chunks.length > 1) chunks.pop()
      return element
    }
    const first = chunks[0]!
    const element = first.popHead()
    if (first.size === 0 && chunks.length > 1) chunks.shift()
    return element
  }

  /** The element at an index, if there is one. O(n / 256) from the nearer end. */
  at(index: number): ByteString | undefined {
    if (index < 0 || index >= this.#size) return undefined
    const { chunk, offset } = this.#seek(index)
    return chunk.at(offset)
  }

  /** O(n / 256) from the nearer end. */
  set(index: number, element: ByteString): void {
    const { chunk, offset } = this.#seek(index)
    chunk.set(offset, element)
  }

  /** Visits the elements from start to stop, both included and there. O(start / 256 + visited). */
  visit(start: number, stop: number, visit: ElementVisit): void {
    if (start > stop) return
    let { position, offset } = this.#seek(start)
    for (let left = stop - start + 1; left > 0; position++, offset = 0) {
      const chunk = this.#chunks[position]!
      for (const { size } = chunk; offset < size && left > 0; offset++, left--) {
        if (visit(chunk.at(offset)) === false) return
      }
    }
  }

  /** The same backwards, from start down to stop. */
  visitDown(start: number, stop: number, visit: ElementVisit): void {
    if (start < stop) return
    let { position, offset } = this.#seek(start)
    for (let left = start - stop + 1; left > 0; ) {
      const chunk = this.#chunks[position]!
      for (; offset >= 0 && left > 0; offset--, left--) {
        if (visit(chunk.at(offset)) === false) return
      }
      if (left > 0) offset = this.#chunks[--position]!.size - 1
    }
  }

  /** The index of the first element that equals one, or -1. O(index). */
  indexOf(element: ByteString): number {
    let before = 0
    for (const chunk of this.#chunks) {
      const offset = chunk.indexOf(element)
      if (offset !== -1) return before + offset
      before += chunk.size
    }
    return -1
  }

  /** Puts an element in, so that it has the index, which may be the size. O(n / 256 + 256). */
  insert(index: number, element: ByteString): void {
    if (index === 0) this.push('head', element)
    else if (index === this.#size) this.push('tail', element)
    else {
      let { chunk, position, offset } = this.#seek(index)
      if (chunk.isFull) {
        const behind = chunk.split()
        this.#chunks.splice(position + 1, 0, behind)
        if (offset > chunk.size) {
          offset -= chunk.size
          chunk = behind
          position++
        }
      }
      chunk.insert(offset, element)
      this.#size++
    }
  }

  /** Takes out up to `limit` elements that equal one, beginning at an end; returns how many. O(n). */
  deleteEqual(element: ByteString, limit: number, from: End): number {
    const chunks = this.#chunks
    let deleted = 0
    for (let i = 0; i < chunks.length && deleted < limit; i++) {
      const chunk = chunks[from === 'head' ? i : chunks.length - 1 - i]!
      deleted += chunk.deleteEqual(element, limit - deleted, from)
    }
    if (deleted > 0) this.#join()
    this.#size -= deleted
    return deleted
  }

  /** Takes `count` elements, of those that there are, off an end. O(count / 256 + 256). */
  drop(end: End, count: number): void {
    const chunks = this.#chunks
    this.#size -= count
    let left = count
    let whole = 0
    for (;;) {
      const { size } = chunks[end === 'head' ? whole : chunks.length - 1 - whole]!
      if (size > left || whole === chunks.length - 1) break
      left -= size
      whole++
    }
    if (end === 'head') {
      chunks.splice(0, whole)
      for (; left > 0; left--) chunks[0]!.popHead()
    } else {
      chunks.length -= whole
      for (; left > 0; left--) chunks[chunks.length - 1]!.popTail()
    }
  }

  clone(): List {
    const copy = new List()
    copy.#chunks = this.#chunks.map(chunk => chunk.clone())
    copy.#size = this.#size
    return copy
  }

  *[Symbol.iterator](): IterableIterator<ByteString> {
    for (const chunk of this.#chunks) for (let i = 0; i < chunk.size; i++) yield chunk.at(i)
  }

  /** The chunk that an index is in, where that stands in the row, and the place in it. */
  #seek(index: number): { chunk: ListChunk; position: number; offset: number } {
    const chunks = this.#chunks
    if (index < this.#size / 2) {
      let position = 0
      let chunk = chunks[0]!
      let offset = index
      while (offset >= chunk.size) {
        offset -= chunk.size
        chunk = chunks[++position]!
      }
      return { chunk, position, offset }
    }
    let position = chunks.length - 1
    let chunk = chunks[position]!
    let behind = this.#size - index
    while (behind > chunk.size) {
      behind -= chunk.size
      chunk = chunks[--position]!
    }
    return { chunk, position, offset: chunk.size - behind }
  }

  /** Puts neighbours together that have room for each other, and drops empty ones: some chunks have become smaller. */
  #join(): void {
    const joined: ListChunk[] = []
    for (const chunk of this.#chunks) {
      const last = joined[joined.length - 1]
      if (last !== undefined && last.size + chunk.size <= MAX_CHUNK) {
        for (let i = 0; i < chunk.size; i++) last.pushTail(chunk.at(i))
      } else joined.push(chunk)
    }
    this.#chunks = joined
  }
}
