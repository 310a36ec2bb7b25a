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
    const end = start + length
    if (length > SHORT && needleLength <= LONGEST_NEEDLE) return this.#findByNode(L, start, end, needle, needleLength)
    return this.#findByLoop(L, start, end - needleLength, needle, needleLength)
  }

  #findByNode(L: number, start: number, end: number, needle: number, length: number): number {
    // In pieces, so that it can be interrupted.
    for (let at = start; at + length <= end; at += PIECE) {
      const { bytes } = this.#lua
      const piece = bytes.subarray(at, Math.min(at + PIECE + length - 1, end))
      const found = piece.indexOf(bytes.subarray(needle, needle + length))
      if (found >= 0) return at + found
      this.#count(L, piece.length >> 4)
    }
    return -1
  }

  /** @param last the last address where it can begin */
  #findByLoop(L: number, start: number, last: number, needle: number, length: number): number {
    let { bytes } = this.#lua
    const first = bytes[needle]
    const looked = Math.min(length, SHORT)
    let steps = 0
    for (let at = start; at <= last; at++) {
      if (++steps > PIECE) {
        this.#count(L, steps)
        steps = 0
        ;({ bytes } = this.#lua)
      }
      if (bytes[at] !== first) continue
      let i = 1
      while (i < looked && bytes[at + i] === bytes[needle + i]) i++
      if (i === length) return at
      if (i < looked) continue
      if (bytes.compare(bytes, needle + i, needle + length, at + i, at + length) === 0) return at
      steps += length >> 4
    }
    return -1
  }
}

/** Bytes that a loop searches faster than a call that leaves V8's compiled code. */
const SHORT = 100
/** Node's search is linear for needles that are no longer; of others it looks at all once more at each place. */
const LONGEST_NEEDLE = 250
const PIECE = 1 << 18
