import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemberSet } from './set.js'

const limits = { 'set-max-intset-entries': 8 }

const members = (set: MemberSet): string[] => {
  const all: string[] = []
  set.visit(member => all.push(member))
  return all
}

const setOf = (all: Iterable<string>): MemberSet => {
  const set = new MemberSet(limits)
  for (const member of all) set.add(member)
  return set
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

const isInteger = (member: string): boolean =>
  /^(0|-?[1-9]\d*)$/.test(member) && BigInt.asIntN(64, BigInt(member)) === BigInt(member)

const compareIntegers = (a: string, b: string): number => (BigInt(a) < BigInt(b) ? -1 : 1)

const member = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -6, max: 6 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('9223372036854775807', '-9223372036854775808', '9007199254740993', '9007199254740992'),
  },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', '01', '-0', '+1', '1.0', '9223372036854775808') },
)
const step = fc.tuple(fc.constantFrom('add', 'add', 'delete'), member)

describe('a set', () => {
  test('does what a Set does, in order while all are integers', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const set = new MemberSet(limits)
        const model = new Set<string>()
        let encoding = 'intset'
        for (const [verb, one] of steps) {
          expect(set.has(one)).toBe(model.has(one))
          if (verb === 'add') {
            expect(set.add(one)).toBe(!model.has(one))
            model.add(one)
            if (!isInteger(one) || model.size > 8) encoding = 'hashtable'
          } else expect(set.delete(one)).toBe(model.delete(one))
          expect(set.encoding).toBe(encoding)
          expect(set.size).toBe(model.size)
          for (const copy of [set, set.clone()]) {
            const all = members(copy)
            expect(all.toSorted()).toEqual([...model].sort())
            if (encoding === 'intset') expect(all).toEqual([...model].sort(compareIntegers))
          }
        }
      }),
    )
  })

  test('is an intset up to the limit', () => {
    const encodings = [numbers(8), numbers(9), ['x'], ['1', 'x']].map(all => setOf(all).encoding)
    expect(encodings).toEqual(['intset', 'hashtable', 'hashtable', 'hashtable'])
  })

  test.each([8, 9, 100])('of %i members: a copy is another set', size => {
    const set = setOf(numbers(size))
    const copy = set.clone()
    copy.add('new')
    copy.delete('0')
    expect([set.size, set.has('0'), set.has('new')]).toEqual([size, true, false])
    expect([copy.size, copy.has('0'), copy.has('new')]).toEqual([size, false, true])
  })

  test.each([8, 9, 100])('of %i members: every one can be picked, and none twice in a sample', size => {
    const set = setOf(numbers(size))
    const picked = new Set<string>()
    const drawn = new Set<string>()
    for (let i = 0; i < size; i++) picked.add(set.random(() => (i + 0.5) / size)!)
    let turn = 0
    set.draw(
      size,
      () => (turn++ + 0.5) / size,
      one => drawn.add(one),
    )
    expect([picked.size, drawn.size]).toEqual([size, size])
    for (const count of [0, 1, size - 1, size, size + 5]) {
      const sample: string[] = []
      set.sample(count, Math.random, one => sample.push(one))
      expect(new Set(sample).size).toBe(Math.min(count, size))
      expect(sample.length).toBe(Math.min(count, size))
    }
  })

  test('of which some are taken keeps the rest, and may be an intset again when few are left', () => {
    const cases = [
      { all: numbers(8), count: 3, encoding: 'intset' },
      { all: numbers(8), count: 7, encoding: 'intset' },
      { all: numbers(60), count: 5, encoding: 'hashtable' },
      { all: numbers(60), count: 49, encoding: 'hashtable' },
      { all: numbers(60), count: 50, encoding: 'hashtable' },
      { all: numbers(60), count: 52, encoding: 'intset' },
      { all: numbers(60).map(text => `x${text}`), count: 55, encoding: 'hashtable' },
    ]
    for (const { all, count, encoding } of cases) {
      const set = setOf(all)
      const taken = set.take(count, Math.random)
      expect(taken.length).toBe(count)
      expect([...taken, ...members(set)].sort()).toEqual(all.toSorted())
      expect([set.size, set.encoding]).toEqual([all.length - count, encoding])
    }
  })

  test('is scanned whole as an intset, and in parts as a table', () => {
    const scan = (set: MemberSet, cursor: number): [number, number] => {
      let met = 0
      const next = set.scan(cursor, 10, () => met++)
      return [next, met]
    }
    expect(scan(setOf(numbers(8)), 0)).toEqual([0, 8])
    expect(scan(setOf(numbers(25)), 0)).toEqual([15, 10])
    expect(scan(setOf(numbers(25)), 15)).toEqual([5, 10])
    expect(scan(setOf(numbers(25)), 5)).toEqual([0, 5])
    expect(scan(setOf(numbers(25)), 1000)).toEqual([15, 10])
  })

  test('has nothing to pick when it is empty', () => {
    const set = new MemberSet(limits)
    expect(set.random(Math.random)).toBeUndefined()
    set.draw(3, Math.random, () => expect.unreachable())
    set.sample(3, Math.random, () => expect.unreachable())
  })
})
