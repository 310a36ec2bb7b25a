import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CommonRange, commonLength, commonSubsequence } from './string-lcs.js'

/** By the whole table, one cell at a time. */
function byTable(a: string, b: string): { text: string; ranges: CommonRange[] } {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, j: number): number => table[i]![j]!
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i]![j] = a[i - 1] === b[j - 1] ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1))
    }
  }
  const pairs: [number, number][] = []
  for (let i = a.length, j = b.length; i > 0 && j > 0; ) {
    if (a[i - 1] === b[j - 1]) pairs.push([--i, --j])
    else if (at(i - 1, j) > at(i, j - 1)) i--
    else j--
  }
  const ranges: CommonRange[] = []
  for (const [i, j] of pairs) {
    const last = ranges.at(-1)
    if (last !== undefined && last.aStart === i + 1 && last.bStart === j + 1) {
      ranges[ranges.length - 1] = { ...last, aStart: i, bStart: j }
    } else ranges.push({ aStart: i, aEnd: i, bStart: j, bEnd: j })
  }
  return {
    text: pairs
      .map(([i]) => a[i])
      .reverse()
      .join(''),
    ranges,
  }
}

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\xff'), maxLength: 120 }),
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
)

test('is the one that the table of all lengths leads to', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = byTable(a, b)
      expect(commonSubsequence(a, b)).toEqual(expected)
      expect(commonLength(a, b)).toBe(expected.text.length)
    }),
    { numRuns: 2000 },
  )
})
