import type { ByteString } from '../bytes/bytes.js'
import { ByteBuffer } from './byte-buffer.js'

/**
 * Strings as arrays of bits. Bit 0 is the most significant bit of byte 0. Positions and ends are numbers of bits unless
 * a name says bytes; they go up to 2^32 and more, so they are never shifted. An end is exclusive.
 *
 * Bytes come as a Uint8Array, read in place, or as a ByteString, read through a window.
 */
export type Bytes = Uint8Array | ByteString

export type BitOperation = 'and' | 'or' | 'xor' | 'not'

/** The bit at a position; zero beyond the end. */
export function bitAt(bytes: Bytes, position: number): 0 | 1 {
  const at = Math.floor(position / 8)
  if (at >= bytes.length) return 0
  const byte = typeof bytes === 'string' ? bytes.charCodeAt(at) : bytes[at]!
  return ((byte >> (7 - (position & 7))) & 1) as 0 | 1
}

/** Number of set bits from position `first` to `end`. O(N/32) with the number of bits. */
export function countBits(bytes: Bytes, first: number, end: number): number {
  if (typeof bytes !== 'string') return countIn(bytes, first, end)
  let count = 0
  for (let base = windowOf(first); base < end; base += WINDOW_BITS) {
    const view = load(bytes, base / 8, scratch)
    count += countIn(view, Math.max(0, first - base), Math.min(WINDOW_BITS, end - base))
  }
  return count
}

/** The position of the first bit from `first` to `end` that is as wanted; -1 when there is none. O(N/32). */
export function findBit(bytes: Bytes, wanted: 0 | 1, first: number, end: number): number {
  if (typeof bytes !== 'string') return findIn(bytes, wanted, first, end)
  for (let base = windowOf(first); base < end; base += WINDOW_BITS) {
    const view = load(bytes, base / 8, scratch)
    const found = findIn(view, wanted, Math.max(0, first - base), Math.min(WINDOW_BITS, end - base))
    if (found !== -1) return base + found
  }
  return -1
}

/**
 * Combines strings bit by bit; the shorter ones count as padded with zeros to the length of the longest. `not` takes one.
 * O(N/32) for each of them.
 */
export function combineBits(operation: BitOperation, sources: readonly Bytes[]): ByteBuffer {
  let longest = 0
  for (const source of sources) if (source.length > longest) longest = source.length
  const result = new ByteBuffer()
  const bytes = result.grow(longest)
  const [first, ...others] = sources
  if (typeof first === 'string') bytes.latin1Write(first)
  else if (first !== undefined) bytes.set(first)
  if (operation === 'not') invert(bytes)
  for (const other of others) {
    if (typeof other === 'string') {
      for (let at = 0; at < other.length; at += WINDOW) merge(operation, bytes, at, load(other, at, scratch))
    } else merge(operation, bytes, 0, other)
    if (operation === 'and') bytes.fill(0, other.length)
  }
  return result
}

/**
 * Calls `visit` with the position of each set bit from byte `start` to byte `end` (exclusive), in ascending order, until
 * it returns false. Nothing is copied but, of a ByteString, a window at a time. O(N/32) and a call for each set bit.
 */
export function visitSetBits(
  bytes: Bytes,
  start: number,
  end: number,
  visit: (position: number) => boolean | undefined,
): void {
  const stop = Math.min(end, bytes.length)
  if (typeof bytes !== 'string') {
    visitIn(bytes, start, stop, 0, visit)
    return
  }
  // Its own window: `visit` may come back to any function here.
  const window = Buffer.allocUnsafe(Math.max(0, Math.min(WINDOW, stop - start)))
  for (let at = start; at < stop; at += WINDOW) {
    const view = load(bytes, at, window)
    if (!visitIn(view, 0, Math.min(view.length, stop - at), at * 8, visit)) return
  }
}

/** Bytes of a ByteString that are looked at together: they stay in the processor's second-level cache. */
const WINDOW = 1 << 16
const WINDOW_BITS = WINDOW * 8
const scratch = Buffer.allocUnsafeSlow(WINDOW)

/** Below this many bytes a view of words costs more than it saves. */
const FEW = 32

/** Position of the first bit of the window that a bit lies in. */
function windowOf(position: number): number {
  return position - (position % WINDOW_BITS)
}

function load(text: ByteString, at: number, window: Buffer): Uint8Array {
  const part = text.slice(at, at + window.length)
  window.latin1Write(part)
  return part.length === window.length ? window : window.subarray(0, part.length)
}

/** Where from `start` on the bytes can be seen as words of 32 bits. */
function aligned(bytes: Uint8Array, start: number): number {
  return start + (-(bytes.byteOffset + start) & 3)
}

function wordsOf(bytes: Uint8Array, start: number, end: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + start, (end - start) >>> 2)
}

function countIn(bytes: Uint8Array, first: number, end: number): number {
  if (first >= end) return 0
  const start = Math.floor(first / 8)
  const last = Math.floor((end - 1) / 8)
  let count = countBytes(bytes, start, last + 1)
  // The first and the last byte were counted whole.
  if ((first & 7) !== 0) count -= popcount(bytes[start]! >> (8 - (first & 7)))
  if ((end & 7) !== 0) count -= popcount(bytes[last]! & (0xff >> (end & 7)))
  return count
}

function countBytes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  let at = start
  if (end - start >= FEW) {
    for (const head = aligned(bytes, start); at < head; at++) count += popcount(bytes[at]!)
    const words = wordsOf(bytes, at, end)
    count += countWords(words)
    at += words.length * 4
  }
  for (; at < end; at++) count += popcount(bytes[at]!)
  return count
}

/**
 * Harley and Seal's method (Warren, Hacker's Delight, 2nd ed., section 5-1): carry-save adders make of eight words the
 * ones, twos and fours that are carried on and one word of eights, so that one word in eight has its bits counted.
 */
function countWords(words: Int32Array): number {
  let ones = 0
  let twos = 0
  let fours = 0
  let eights = 0
  let i = 0
  for (const last = words.length - 7; i < last; i += 8) {
    let a = words[i]!
    let b = words[i + 1]!
    let u = ones ^ a
    const twosA = (ones & a) | (u & b)
    ones = u ^ b
    a = words[i + 2]!
    b = words[i + 3]!
    u = ones ^ a
    const twosB = (ones & a) | (u & b)
    ones = u ^ b
    u = twos ^ twosA
    const foursA = (twos & twosA) | (u & twosB)
    twos = u ^ twosB
    a = words[i + 4]!
    b = words[i + 5]!
    u = ones ^ a
    const twosC = (ones & a) | (u & b)
    ones = u ^ b
    a = words[i + 6]!
    b = words[i + 7]!
    u = ones ^ a
    const twosD = (ones & a) | (u & b)
    ones = u ^ b
    u = twos ^ twosC
    const foursB = (twos & twosC) | (u & twosD)
    twos = u ^ twosD
    u = fours ^ foursA
    eights += popcount((fours & foursA) | (u & foursB))
    fours = u ^ foursB
  }
  let count = 8 * eights + 4 * popcount(fours) + 2 * popcount(twos) + popcount(ones)
  for (; i < words.length; i++) count += popcount(words[i]!)
  return count
}

/** Set bits of a 32-bit word: sums of 2, 4 and 8 bits side by side, then of the four bytes (Hacker's Delight, 5-1). */
function popcount(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555)
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333)
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

function findIn(bytes: Uint8Array, wanted: 0 | 1, first: number, end: number): number {
  if (first >= end) return -1
  const flip = wanted === 1 ? 0 : 0xff
  let at = Math.floor(first / 8)
  let byte = (bytes[at]! ^ flip) & (0xff >> (first & 7))
  if (byte === 0) {
    const stop = Math.ceil(end / 8)
    at = skip(bytes, at + 1, stop, flip)
    if (at === stop) return -1
    byte = bytes[at]! ^ flip
  }
  const position = at * 8 + Math.clz32(byte) - 24
  return position < end ? position : -1
}

/** The first byte from `start` to `end` that is not `filler` (0 or 0xff), or `end`. */
function skip(bytes: Uint8Array, start: number, end: number, filler: number): number {
  let at = start
  if (end - start >= FEW) {
    for (const head = aligned(bytes, start); at < head; at++) if (bytes[at] !== filler) return at
    const words = wordsOf(bytes, at, end)
    const full = filler === 0 ? 0 : -1
    let i = 0
    const last = words.length - 3
    while (
      i < last &&
      ((words[i]! ^ full) | (words[i + 1]! ^ full) | (words[i + 2]! ^ full) | (words[i + 3]! ^ full)) === 0
    ) {
      i += 4
    }
    at += i * 4
  }
  while (at < end && bytes[at] === filler) at++
  return at
}

function invert(bytes: Uint8Array): void {
  const words = wordsOf(bytes, 0, bytes.length)
  for (let i = 0; i < words.length; i++) words[i] = ~words[i]!
  for (let i = words.length * 4; i < bytes.length; i++) bytes[i] = ~bytes[i]!
}

/** Merges `source` into the bytes of `target` from `at` on. */
function merge(operation: BitOperation, target: Uint8Array, at: number, source: Uint8Array): void {
  let i = 0
  if (((target.byteOffset + at) & 3) === 0 && (source.byteOffset & 3) === 0) {
    const words = wordsOf(source, 0, source.length)
    mergeWords(operation, wordsOf(target, at, at + source.length), words)
    i = words.length * 4
  }
  for (; i < source.length; i++) {
    if (operation === 'and') target[at + i]! &= source[i]!
    else if (operation === 'or') target[at + i]! |= source[i]!
    else target[at + i]! ^= source[i]!
  }
}

/** Four words a turn take 60 % of the time that one a turn takes. */
function mergeWords(operation: BitOperation, target: Int32Array, source: Int32Array): void {
  const { length } = source
  const last = length - 3
  let i = 0
  if (operation === 'and') {
    for (; i < last; i += 4) {
      target[i] = target[i]! & source[i]!
      target[i + 1] = target[i + 1]! & source[i + 1]!
      target[i + 2] = target[i + 2]! & source[i + 2]!
      target[i + 3] = target[i + 3]! & source[i + 3]!
    }
    for (; i < length; i++) target[i] = target[i]! & source[i]!
  } else if (operation === 'or') {
    for (; i < last; i += 4) {
      target[i] = target[i]! | source[i]!
      target[i + 1] = target[i + 1]! | source[i + 1]!
      target[i + 2] = target[i + 2]! | source[i + 2]!
      target[i + 3] = target[i + 3]! | source[i + 3]!
    }
    for (; i < length; i++) target[i] = target[i]! | source[i]!
  } else {
    for (; i < last; i += 4) {
      target[i] = target[i]! ^ source[i]!
      target[i + 1] = target[i + 1]! ^ source[i + 1]!
      target[i + 2] = target[i + 2]! ^ source[i + 2]!
      target[i + 3] = target[i + 3]! ^ source[i + 3]!
    }
    for (; i < length; i++) target[i] = target[i]! ^ source[i]!
  }
}

/** `base` is the position of the first bit of `bytes`. Returns false when `visit` did. */
function visitIn(
  bytes: Uint8Array,
  start: number,
  end: number,
  base: number,
  visit: (position: number) => boolean | undefined,
): boolean {
  let at = start
  if (end - start >= FEW) {
    for (const head = aligned(bytes, start); at < head; at++) {
      if (bytes[at] !== 0 && !visitWord(bytes[at]! << 24, base + at * 8, visit)) return false
    }
    const words = wordsOf(bytes, at, end)
    const origin = base + at * 8
    let i = 0
    for (const last = words.length - 3; i < last; i += 4) {
      if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!) === 0) continue
      for (let j = i; j < i + 4; j++) {
        if (words[j] !== 0 && !visitWord(inOrder(words[j]!), origin + j * 32, visit)) return false
      }
    }
    at += i * 4
  }
  for (; at < end; at++) {
    if (bytes[at] !== 0 && !visitWord(bytes[at]! << 24, base + at * 8, visit)) return false
  }
  return true
}

/** Visits the set bits of a word whose most significant bit has the position `base`. */
function visitWord(word: number, base: number, visit: (position: number) => boolean | undefined): boolean {
  let left = word
  while (left !== 0) {
    const lead = Math.clz32(left)
    if (visit(base + lead) === false) return false
    left &= ~(0x80000000 >>> lead)
  }
  return true
}

/** A word as it would be had its four bytes been read from the most significant one down. */
function inOrder(word: number): number {
  if (!LITTLE_ENDIAN) return word
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
