import type { Lua } from '../lua.js'

/**
 * A growing run of bytes that becomes a Lua string. It lies in Lua's memory, but is not Lua's: so it counts against the
 * memory limit, becomes a string by one copy, and growing it collects no garbage; a walk over tables may go on meanwhile.
 *
 *     output.begin(L)
 *     try {
 *       output.byte(0xc0)
 *       output.push()
 *     } finally {
 *       output.end()
 *     }
 */
export class Output {
  /** Where the next byte goes in Lua's memory. Bytes may be written up to what `reserve` has made room for. */
  at = 0
  #start = 0
  #end = 0
  #L = 0
  readonly #lua: Lua

  constructor(lua: Lua) {
    this.#lua = lua
  }

  /** Begins with nothing. `L` is the thread that errors are thrown in. */
  begin(L: number): void {
    this.#L = L
    this.at = this.#start
  }

  /** Gives a large memory back. To be called whether or not an error was thrown: nothing of Lua's happens here. */
  end(): void {
    if (this.#end - this.#start > KEPT) this.#free()
  }

  /** Pushes the bytes as a string. */
  push(): void {
    this.#lua.pushSpan(this.#L, this.#start, this.at - this.#start)
  }

  /**
   * Makes room for so many bytes more. `bytes` of Lua is another one afterwards; addresses remain.
   *
   * @throws Lua error `not enough memory`
   */
  reserve(count: number): void {
    if (this.at + count > this.#end) this.#grow(count)
  }

  byte(value: number): void {
    this.reserve(1)
    this.#lua.bytes[this.at++] = value
  }

  /** A byte, and an unsigned number of 1, 2 or 4 bytes, most significant first. */
  head(first: number, size: 1 | 2 | 4, value: number): void {
    this.reserve(5)
    const { bytes } = this.#lua
    let { at } = this
    bytes[at++] = first
    for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) bytes[at++] = value >>> shift
    this.at = at
  }

  /** A byte, and a number of 8 bytes, of which the halves are given. */
  head64(first: number, high: number, low: number): void {
    this.head(first, 4, high)
    this.reserve(4)
    this.#lua.bytes.writeUInt32BE(low >>> 0, this.at)
    this.at += 4
  }

  /** Bytes of Lua's memory. */
  span(start: number, length: number): void {
    this.reserve(length)
    const { bytes } = this.#lua
    const { at } = this
    if (length > SHORT) bytes.copyWithin(at, start, start + length)
    else for (let i = 0; i < length; i++) bytes[at + i] = bytes[start + i]!
    this.at = at + length
  }

  zeros(count: number): void {
    this.reserve(count)
    this.#lua.bytes.fill(0, this.at, this.at + count)
    this.at += count
  }

  #grow(count: number): void {
    const used = this.at - this.#start
    // By a good part in any case, so that it is not copied for every few bytes.
    if (this.#move(used, used + count, 2) || this.#move(used, used + count, 1.25)) return
    this.#free()
    this.#lua.pushString(this.#L, 'not enough memory')
    this.#lua.raise(this.#L)
  }

  /** Moves the bytes to a memory so many times as large, and no smaller than needed; false if there is none. */
  #move(used: number, needed: number, factor: number): boolean {
    const size = Math.ceil(Math.max(needed, LEAST, (this.#end - this.#start) * factor))
    // What malloc takes is 32 bits.
    const start = size <= MOST ? this.#lua.c.malloc(size) : 0
    if (start === 0) return false
    this.#lua.bytes.copyWithin(start, this.#start, this.at)
    this.#free()
    this.#start = start
    this.#end = start + size
    this.at = start + used
    return true
  }

  #free(): void {
    if (this.#start !== 0) this.#lua.c.free(this.#start)
    this.#start = this.#end = this.at = 0
  }
}

const LEAST = 1 << 12
const KEPT = 1 << 16
const MOST = 2 ** 31 - 1
/** A loop is faster for this many bytes than a call that leaves V8's compiled code. */
const SHORT = 32
