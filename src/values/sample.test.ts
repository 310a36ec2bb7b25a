import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { samplePositions } from './sample.js'

/** Numbers in [0, 1) that are the same at every run: Lehmer's generator (Park & Miller 1988). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 0x7fffffff
    return state / 0x7fffffff
  }
}

describe('positions picked at random', () => {
  test('are different ones, as many as asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (size, part, seed) => {
          const count = Math.floor(size * part)
          const positions = samplePositions(size, count, generator(seed + 1))
          expect(positions.length).toBe(count)
          expect(new Set(positions).size).toBe(count)
          expect(positions.every(position => position >= 0 && position < size)).toBe(true)
        },
      ),
    )
  })

  test('are different ones, however often the few of many are picked', () => {
    const random = generator(54321)
    for (let round = 0; round < 20_000; round++) expect(new Set(samplePositions(49, 6, random)).size).toBe(6)
  })

  // The few of many and the many of few are picked in two ways.
  test.each([
    [40, 2],
    [4, 2],
    [5, 5],
  ])('of %i, %i: each has the same chance to be the first, and to be the last', (size, count) => {
    const random = generator(12345)
    const rounds = 2000 * size
    const first = new Array<number>(size).fill(0)
    const last = new Array<number>(size).fill(0)
    for (let round = 0; round < rounds; round++) {
      const positions = samplePositions(size, count, random)
      first[positions[0]!]!++
      last[positions[count - 1]!]!++
    }
    // 2000 are expected of each; six standard deviations are less than 270.
    for (const times of [...first, ...last]) expect(Math.abs(times - 2000)).toBeLessThan(270)
  })
})
