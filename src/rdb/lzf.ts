// LZF, the compression of strings in RDB files. A stream of two kinds of items:
//
//     000LLLLL, then bytes                    L + 1 bytes as they are (1 to 32)
//     LLLDDDDD dddddddd                       L + 2 bytes (3 to 8) from D * 256 + d + 1 bytes back in what has been decompressed
//     111DDDDD llllllll dddddddd              l + 9 bytes (9 to 264) from there
//
// What is copied may overlap with what is being written. The format, and the choices of the compressor in its default build,
// are those of liblzf 3.6 by Marc Lehmann (http://oldhome.schmorp.de/marc/liblzf.html), which redis-server uses.

/**
 * Compresses, to the same bytes as redis-server does. O(n).
 *
 * @returns undefined when it does not fit into `limit` bytes
 */
export function lzfCompress(input: Uint8Array, limit: number): Buffer | undefined {
  const { length } = input
  if (length === 0 || limit <= 0) return undefined
  const output = Buffer.allocUnsafe(limit)
  const base = reservePositions(length)
  // In front of each run of plain bytes there is room for its head: a run of none gives it back.
  let run = 0
  let to = 1
  let from = 0
  const closeRun = (): void => {
    if (run === 0) to--
    else output[to - run - 1] = run - 1
  }
  const putPlain = (): boolean => {
    if (to >= limit) return false
    output[to++] = input[from++]!
    if (++run === LONGEST_RUN) {
      closeRun()
      run = 0
      to++
    }
    return true
  }

  // The last two bytes begin no copy.
  const end = length - 2
  while (from < end) {
    const slot = slotOf(input, from)
    const earlier = latest[slot]! - base
    latest[slot] = base + from
    const distance = from - earlier - 1
    if (
      earlier <= 0 ||
      distance >= LONGEST_DISTANCE ||
      input[earlier] !== input[from] ||
      input[earlier + 1] !== input[from + 1] ||
      input[earlier + 2] !== input[from + 2]
    ) {
      if (!putPlain()) return undefined
      continue
    }
    if (to + 4 - (run === 0 ? 1 : 0) >= limit) return undefined
    closeRun()
    let longest = Math.min(end - from, LONGEST_COPY)
    // liblzf compares sixteen bytes in a row where it may compare more than that, and looks at the limit only then.
    if (longest > 16) longest = Math.max(longest, 19)
    let count = 3
    while (count < longest && input[earlier + count] === input[from + count]) count++
    const code = count - 2
    if (code < 7) output[to++] = (code << 5) | (distance >> 8)
    else {
      output[to++] = (7 << 5) | (distance >> 8)
      output[to++] = code - 7
    }
    output[to++] = distance
    run = 0
    to++
    from += count
    if (from >= end) break
    // Of what has been copied, only the last two places are remembered.
    latest[slotOf(input, from - 2)] = base + from - 2
    latest[slotOf(input, from - 1)] = base + from - 1
  }
  if (to + 3 > limit) return undefined
  while (from < length) putPlain()
  closeRun()
  return output.subarray(0, to)
}

/** Decompresses to exactly `length` bytes; undefined when that is not what the input means. O(length). */
export function lzfDecompress(input: Uint8Array, length: number): Buffer | undefined {
  // Nothing is taken from memory on the word of an input that could not fill it.
  if (length > input.length * LARGEST_RATIO) return undefined
  const output = Buffer.allocUnsafe(length)
  let from = 0
  let to = 0
  while (from < input.length) {
    const head = input[from++]!
    if (head < LONGEST_RUN) {
      const next = from + head + 1
      if (next > input.length || to + head + 1 > length) return undefined
      while (from < next) output[to++] = input[from++]!
      continue
    }
    let count = (head >> 5) + 2
    if (count === 9) count += input[from++] ?? Infinity
    const low = input[from++]
    if (low === undefined || to + count > length) return undefined
    let source = to - ((head & 0x1f) << 8) - low - 1
    if (source < 0) return undefined
    for (const stop = to + count; to < stop; ) output[to++] = output[source++]!
  }
  return to === length ? output : undefined
}

function slotOf(input: Uint8Array, at: number): number {
  const three = (input[at]! << 16) | (input[at + 1]! << 8) | input[at + 2]!
  return ((three >> 8) - three * 5) & (SLOTS - 1)
}

/**
 * Gives the number by which the next input's positions are raised in `latest`, so that they are greater than all that is in there
 * from the inputs before: filling the table with zeros would take more time than to compress a short string.
 */
function reservePositions(length: number): number {
  if (positions > 2 ** 31 - 1 - length) {
    latest.fill(0)
    positions = 0
  }
  const base = positions
  positions += length
  return base
}

const LONGEST_RUN = 32
const LONGEST_COPY = 264
const LONGEST_DISTANCE = 8192
/** Three bytes may stand for 264. */
const LARGEST_RATIO = 88
const SLOTS = 1 << 16
/** By hash of three bytes: where they were seen last. */
const latest = new Int32Array(SLOTS)
let positions = 0
