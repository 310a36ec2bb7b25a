/**
 * Random numbers in [0, 1) that are the same for the same seed: good enough to test with, and no more than that.
 *
 * The state counts up by an odd constant, so that it takes all 2^32 values, and each is mixed into a draw (the scheme that
 * is known as mulberry32, by Tommy Ettinger, in the public domain). Two draws make the 53 bits of a number.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return () => ((draw() >>> 5) * 2 ** 26 + (draw() >>> 6)) / 2 ** 53
}
