import type { Lua } from '../lua.js'

/** Finds strings as they are in others, both in Lua's memory. */
export class PlainFinder {
  readonly #lua: Lua
  readonly #count: (L: number, steps: number) => void

  /** @param count is told how many steps have been made; throws when the script must end */
  constructor(lua: Lua, count: (L: number, steps: number) => void) {
    this.#lua = lua
    this.#count = count
  }

  /** Address of the first `needle` in the bytes from `start` on; -1 if there is none. */
  find(L: number, start: number, length: number, needle: number, needleLength: number): number {
    if (needleLength === 0) return start
    if (length <= SHORT) return this.#findShort(start, start + length - needleLength, needle, needleLength)
    // Node's search is linear for a needle of up to 250 bytes; of a longer one it looks at more than once at each place.
    const head = Math.min(needleLength, LONGEST_NEEDLE)
    const end = start + length
    const last = end - needleLength
    let at = start
    // In pieces, so that it can be interrupted.
    while (at <= last) {
      const pieceEnd = Math.min(at + PIECE + head, end)
      const { bytes } = this.#lua
      const found = bytes.subarray(at, pieceEnd).indexOf(bytes.subarray(needle, needle + head))
      if (found < 0) {
        this.#count(L, (pieceEnd - at) >> 4)
        if (pieceEnd === end) return -1
        at = pieceEnd - head + 1
        continue
      }
      at += found
      if (at > last) return -1
      if (head === needleLength) return at
      this.#count(L, (found + needleLength) >> 4)
      if (this.#isSame(at + head, needle + head, needleLength - head)) return at
      at++
    }
    return -1
  }

  #isSame(one: number, other: number, length: number): boolean {
    const { bytes } = this.#lua
    return bytes.compare(bytes, other, other + length, one, one + length) === 0
  }

  #findShort(start: number, last: number, needle: number, length: number): number {
    const { bytes } = this.#lua
    const first = bytes[needle]
    for (let at = start; at <= last; at++) {
      if (bytes[at] !== first) continue
      let i = 1
      while (i < length && bytes[at + i] === bytes[needle + i]) i++
      if (i === length) return at
    }
    return -1
  }
}

/** Bytes that a loop searches faster than a call that leaves V8's compiled code. */
const SHORT = 100
/** Node keeps its tables for no more of a needle. */
const LONGEST_NEEDLE = 250
const PIECE = 1 << 20
