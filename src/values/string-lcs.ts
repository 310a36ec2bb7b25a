import type { ByteString } from '../bytes/bytes.js'

/** A stretch that two strings have in common: positions of its first and last byte in each. */
export interface CommonRange {
  readonly aStart: number
  readonly aEnd: number
  readonly bStart: number
  readonly bEnd: number
}

/** A longest common subsequence, and the stretches that it consists of, the last one first. */
export interface CommonSubsequence {
  readonly text: ByteString
  readonly ranges: readonly CommonRange[]
}

/** The length of the longest common subsequence of two strings. O(N*M/32) time, O(M) memory. */
export function commonLength(a: ByteString, b: ByteString): number {
  return a === '' || b === '' ? 0 : zeros(rowsOf(a, b, false), 0, b.length)
}

/**
 * A longest common subsequence. Of several it is the one that is found going backwards from both ends, giving up the
 * last byte of `b` wherever giving up that of `a` would leave no more in common. O(N*M/32) time, N*M/8 bytes of memory.
 */
export function commonSubsequence(a: ByteString, b: ByteString): CommonSubsequence {
  if (a === '' || b === '') return { text: '', ranges: [] }
  const width = wordsFor(b)
  const rows = rowsOf(a, b, true)
  let left = zeros(rows, (a.length - 1) * width, b.length)
  const text = Buffer.allocUnsafe(left)
  const ranges: CommonRange[] = []
  let i = a.length - 1
  let j = b.length - 1
  while (i >= 0 && j >= 0) {
    if (a.charCodeAt(i) === b.charCodeAt(j)) {
      const aEnd = i
      const bEnd = j
      do {
        text[--left] = a.charCodeAt(i)
        i--
        j--
      } while (i >= 0 && j >= 0 && a.charCodeAt(i) === b.charCodeAt(j))
      ranges.push({ aStart: i + 1, aEnd, bStart: j + 1, bEnd })
    } else if (((rows[i * width + (j >>> 5)]! >>> (j & 31)) & 1) === 0) i--
    else j--
  }
  return { text: text.latin1Slice(), ranges }
}

function wordsFor(b: ByteString): number {
  return Math.ceil(b.length / 32)
}

/**
 * The table of dynamic programming L(i, j), the length for the first i bytes of `a` and j of `b`, in one bit a cell: bit j-1 of
 * row i is 0 where L(i, j) = L(i, j-1) + 1, and 1 where they are equal. A row follows from the one above, 32 cells at a
 * time, by an addition with carry (Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004).
 *
 * Where the last bytes differ, L(i, j) is the larger of L(i-1, j) and L(i, j-1), so that a 0 says that the former is
 * larger: the table is all that is needed to go back.
 *
 * @returns all rows, from that of the first byte of `a` on, or the last one only
 */
function rowsOf(a: ByteString, b: ByteString, all: boolean): Uint32Array {
  const width = wordsFor(b)
  const places = placesOf(a, b, width)
  const rows = new Uint32Array(all ? a.length * width : width)
  let above = new Uint32Array(width).fill(0xffffffff)
  for (let i = 0; i < a.length; i++) {
    const row = all ? rows.subarray(i * width, (i + 1) * width) : above
    const mask = places[a.charCodeAt(i)]!
    let carry = 0
    for (let w = 0; w < width; w++) {
      const was = above[w]!
      const hits = mask[w]!
      const sum = was + ((was & hits) >>> 0) + carry
      carry = sum > 0xffffffff ? 1 : 0
      row[w] = sum | (was & ~hits)
    }
    above = row
  }
  return all ? rows : above
}

/** For each byte of `a`, where in `b` it is: a bit a position. */
function placesOf(a: ByteString, b: ByteString, width: number): Uint32Array[] {
  const places: Uint32Array[] = new Array(256)
  for (let i = 0; i < a.length; i++) places[a.charCodeAt(i)] ??= new Uint32Array(width)
  for (let j = 0; j < b.length; j++) {
    const mask = places[b.charCodeAt(j)]
    if (mask !== undefined) mask[j >>> 5]! |= 1 << (j & 31)
  }
  return places
}

/** Number of zeros among `length` bits of a row. */
function zeros(rows: Uint32Array, start: number, length: number): number {
  let count = 0
  for (let j = 0; j < length; j++) if (((rows[start + (j >>> 5)]! >>> (j & 31)) & 1) === 0) count++
  return count
}
