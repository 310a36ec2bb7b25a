import { describe, expect, it } from 'vitest'
import { SortedSet, type SortedSetLimits } from './sorted-set.js'
import { LEX_HIGHEST, LEX_LOWEST, type LexRange, lexBehind, type ScoreRange } from './sorted-set-range.js'

type Pair = [member: string, score: number]

const limits = (entries: number, value = 64): SortedSetLimits => ({
  'zset-max-listpack-entries': entries,
  'zset-max-listpack-value': value,
})

/** Both encodings: whatever is not about encodings holds for both. */
const encodings = [
  ['listpack', limits(1000)],
  ['skiplist', limits(0)],
] as const

const name = (i: number): string => `m${String(i).padStart(4, '0')}`
const names = (n: number): string[] => Array.from({ length: n }, (_, i) => name(i))
const entries = (set: SortedSet): Pair[] => [...set].map(({ member, score }) => [member, score])
const membersOf = (set: SortedSet): string => [...set].map(({ member }) => member).join(' ')

/** A range of scores as commands write it: `(1 5`, `-inf (3`. */
function scores(text: string): ScoreRange {
  const [min = '', max = ''] = text.split(' ')
  const value = (bound: string): number => Number(bound.replace('(', '').replace('inf', 'Infinity'))
  return { min: value(min), max: value(max), minExclusive: min.startsWith('('), maxExclusive: max.startsWith('(') }
}

/** A range of members as commands write it: `[a (b`, `- +`. */
function lex(text: string): LexRange {
  const [min = '', max = ''] = text.split(' ')
  const end = (bound: string): string => (bound === '-' ? LEX_LOWEST : LEX_HIGHEST)
  const from = min[0] === '[' ? min.slice(1) : min[0] === '(' ? lexBehind(min.slice(1)) : end(min)
  const until = max[0] === '[' ? lexBehind(max.slice(1)) : max[0] === '(' ? max.slice(1) : end(max)
  return { from, until }
}

/** What a visit gets to see, as `a b c`. */
function seen(walk: (visit: (member: string, score: number) => unknown) => void): string {
  const found: string[] = []
  walk(member => found.push(member))
  return found.join(' ')
}

describe.each(encodings)('SortedSet as a %s', (encoding, config) => {
  const setOf = (...pairs: Pair[]): SortedSet => {
    const set = new SortedSet(config)
    for (const [member, score] of pairs) set.add(member, score)
    expect(set.encoding).toBe(encoding)
    return set
  }

  it('adds, changes, finds and takes out', () => {
    const set = setOf(['b', 2])
    expect(set.add('a', 2)).toBe('added')
    expect(set.add('a', 2)).toBe('unchanged')
    expect(set.add('a', 3)).toBe('updated')
    expect(set.score('a')).toBe(3)
    expect(set.score('x')).toBeUndefined()
    expect([set.rank('a'), set.rank('a', true), set.rank('x'), set.rank('x', true)]).toEqual([
      1,
      0,
      undefined,
      undefined,
    ])
    expect(set.at(1)).toEqual({ member: 'a', score: 3 })
    expect(set.at(2)).toBeUndefined()
    expect(set.delete('a')).toBe(true)
    expect(set.delete('a')).toBe(false)
    expect(set.size).toBe(1)
  })

  it('takes 0 and -0 for the same score, and keeps the one that was first', () => {
    const set = setOf(['x', 0], ['b', -0], ['a', 0])
    expect(set.add('x', -0)).toBe('unchanged')
    expect(Object.is(set.score('x'), 0)).toBe(true)
    // ZADD k -0 b, ZSCORE k b: redis-server 7.0.15 answers 0 from a listpack, -0 from a skiplist.
    const negativeZero = encoding === 'listpack' ? 0 : -0
    expect(set.score('b')).toBe(negativeZero)
    set.add('b', 1)
    set.add('b', -0)
    expect(set.score('b')).toBe(negativeZero)
    expect(SortedSet.from([['b', -0]], config).at(0)?.score).toBe(negativeZero)
    expect(membersOf(set)).toBe('a b x')
    expect(set.countByScore(scores('-0 0'))).toBe(3)
  })

  it('orders members by their bytes where scores are equal', () => {
    const set = setOf(['\xff', 1], ['', 1], ['a\0', 1], ['a', 1], ['\x80', 1], ['Z', 1])
    expect(entries(set).map(pair => pair[0])).toEqual(['', 'Z', 'a', 'a\0', '\x80', '\xff'])
  })

  // As redis-server 7.0.15 answers.
  it.each([
    ['-inf inf', 'b c d a'],
    ['(-inf (inf', 'c d'],
    ['(inf inf', ''],
    ['-inf (-inf', ''],
    ['0 0', 'c d'],
    ['(0 0', ''],
    ['0 (0', ''],
    ['5 1', ''],
    ['inf -inf', ''],
  ])('visits and counts the scores %s', (range, expected) => {
    const set = setOf(['a', Infinity], ['b', -Infinity], ['c', 0], ['d', -0])
    expect(seen(visit => set.visitByScore(scores(range), false, visit))).toBe(expected)
    expect(seen(visit => set.visitByScore(scores(range), true, visit))).toBe(expected.split(' ').reverse().join(' '))
    expect(set.countByScore(scores(range))).toBe(expected.split(' ').filter(Boolean).length)
  })

  it.each([
    ['- +', ' a b c d'],
    ['[b +', 'b c d'],
    ['(b +', 'c d'],
    ['- [b', ' a b'],
    ['- (b', ' a'],
    ['[b [b', 'b'],
    ['[b (b', ''],
    ['(b [b', ''],
    ['[aa [cc', 'b c'],
    ['+ -', ''],
    ['- -', ''],
    ['+ +', ''],
    ['( +', 'a b c d'],
    ['[c [b', ''],
  ])('visits, counts and takes out the members %s', (range, expected) => {
    const set = setOf(['a', 7], ['c', 7], ['d', 7], ['b', 7], ['', 7])
    const count = expected === '' ? 0 : expected.split(' ').length
    expect(seen(visit => set.visitByLex(lex(range), false, visit))).toBe(expected)
    expect(seen(visit => set.visitByLex(lex(range), true, visit))).toBe(expected.split(' ').reverse().join(' '))
    expect(set.countByLex(lex(range))).toBe(count)
    expect(set.deleteByLex(lex(range))).toBe(count)
    expect(set.size).toBe(5 - count)
  })

  it('skips an offset and keeps to a limit', () => {
    const set = setOf(...names(90).map((member): Pair => [member, 1]))
    for (const [offset, limit] of [
      [0, 3],
      [2, 3],
      [88, 10],
      [90, 1],
      [500, 1],
      [10, 0],
      [70, Infinity],
    ] as const) {
      const up = names(90)
        .slice(offset, offset + limit)
        .join(' ')
      const down = names(90)
        .reverse()
        .slice(offset, offset + limit)
        .join(' ')
      expect(seen(visit => set.visitByScore(scores('1 1'), false, visit, offset, limit))).toBe(up)
      expect(seen(visit => set.visitByScore(scores('1 1'), true, visit, offset, limit))).toBe(down)
      expect(seen(visit => set.visitByLex(lex('- +'), false, visit, offset, limit))).toBe(up)
      expect(seen(visit => set.visitByLex(lex('- +'), true, visit, offset, limit))).toBe(down)
    }
  })

  it('visits ranks from the bottom and from the top', () => {
    const set = setOf(['a', 1], ['b', 2], ['c', 3], ['d', 4])
    expect(seen(visit => set.visitByRank(1, 2, false, visit))).toBe('b c')
    expect(seen(visit => set.visitByRank(0, 1, true, visit))).toBe('d c')
    expect(seen(visit => set.visitByRank(-5, 99, false, visit))).toBe('a b c d')
    expect(seen(visit => set.visitByRank(-5, 99, true, visit))).toBe('d c b a')
    expect(seen(visit => set.visitByRank(4, 9, false, visit))).toBe('')
    expect(seen(visit => set.visitByRank(4, 9, true, visit))).toBe('')
    expect(seen(visit => set.visitByRank(2, 1, false, visit))).toBe('')
  })

  it('ends a visit when it is told to, and can be visited within a visit', () => {
    const set = setOf(...names(100).map((member, i): Pair => [member, i]))
    const all = scores('-inf inf')
    const visits = [
      (visit: (member: string) => unknown) => set.visitByRank(0, 99, false, visit),
      (visit: (member: string) => unknown) => set.visitByRank(0, 99, true, visit),
      (visit: (member: string) => unknown) => set.visitByScore(all, false, visit),
      (visit: (member: string) => unknown) => set.visitByScore(all, true, visit),
      (visit: (member: string) => unknown) => set.visitByLex(lex('- +'), false, visit),
      (visit: (member: string) => unknown) => set.visitByLex(lex('- +'), true, visit),
    ]
    for (const visit of visits) {
      let met = 0
      visit(() => ++met < 7)
      expect(met).toBe(7)
      let pairs = 0
      visit(() => visit(() => ++pairs))
      expect(pairs).toBe(10_000)
    }
  })

  it('gives up its lowest and its highest element', () => {
    const set = setOf(['a', 1], ['b', 2], ['c', 3])
    expect(set.popMin()).toEqual({ member: 'a', score: 1 })
    expect(set.popMax()).toEqual({ member: 'c', score: 3 })
    expect(set.popMax()).toEqual({ member: 'b', score: 2 })
    expect(set.popMin()).toBeUndefined()
    expect(set.popMax()).toBeUndefined()
    expect(set.size).toBe(0)
  })

  it('picks every element at random, and different ones for a sample', () => {
    for (const size of [5, 100]) {
      const set = setOf(...names(size).map((member, i): Pair => [member, i]))
      const picked = names(size).map((_, i) => set.random(() => (i + 0.5) / size)?.member)
      expect(new Set(picked)).toEqual(new Set(names(size)))
      const random = lcg(7)
      expect(new Set(seen(visit => set.sample(4, random, visit)).split(' ')).size).toBe(4)
      expect(seen(visit => set.sample(size, random, visit))).toBe(names(size).join(' '))
      expect(new Set(seen(visit => set.draw(size * 20, random, visit)).split(' '))).toEqual(new Set(names(size)))
    }
    const empty = new SortedSet(config)
    expect(empty.random(Math.random)).toBeUndefined()
    expect(seen(visit => empty.draw(3, Math.random, visit))).toBe('')
  })

  it('is cloned deeply', () => {
    const set = setOf(...names(300).map((member, i): Pair => [member, i % 7]))
    const copy = set.clone()
    expect(entries(copy)).toEqual(entries(set))
    expect(copy.encoding).toBe(encoding)
    copy.delete(name(0))
    copy.add(name(1), 99)
    expect(set.score(name(0))).toBe(0)
    expect(set.score(name(1))).toBe(1)
    expect(copy.rank(name(1))).toBe(298)
  })
})

// All as redis-server 7.0.15 answers. What a skiplist answers with `-` below and `+` above does not depend on chance.
describe('a range of members of different scores', () => {
  it.each([
    ['- +', 'm z a q b t', 't b q a z m', 6],
    ['[m +', 'm z a q b t', 't', 6],
    ['[a [n', 'm', 'b q a z m', 1],
    ['[b [t', 'm', 't b q', 1],
    ['(m (t', '', '', 0],
    ['- [n', 'm', 'b q a z m', 1],
    ['[n +', 'z a q b t', 't', 5],
    ['[p [t', '', 't', 0],
    ['[a (b', '', '', 0],
    ['[u +', '', '', 0],
    ['- (m', '', '', 0],
    ['+ -', '', '', 0],
  ])('%s', (range, up, down, count) => {
    const set = new SortedSet(limits(128))
    for (const [i, member] of ['m', 'z', 'a', 'q', 'b', 't'].entries()) set.add(member, i)
    expect(seen(visit => set.visitByLex(lex(range), false, visit))).toBe(up)
    expect(seen(visit => set.visitByLex(lex(range), true, visit))).toBe(down)
    expect(set.countByLex(lex(range))).toBe(count)
    expect(set.deleteByLex(lex(range))).toBe(count)
    expect(set.size).toBe(6 - count)
  })
})

describe('the encoding of a sorted set', () => {
  it('becomes skiplist with one element too many, and stays so', () => {
    const set = new SortedSet(limits(128))
    for (const member of names(128)) set.add(member, 0)
    expect(set.encoding).toBe('listpack')
    set.add(name(5), 9)
    expect(set.encoding).toBe('listpack')
    set.add('one more', 0)
    expect(set.encoding).toBe('skiplist')
    set.deleteByRank(0, 127)
    expect([set.encoding, set.size, set.clone().encoding]).toEqual(['skiplist', 1, 'skiplist'])
  })

  it('becomes skiplist with a member too long', () => {
    const set = new SortedSet(limits(128))
    set.add('x'.repeat(64), 0)
    expect(set.encoding).toBe('listpack')
    set.add('x'.repeat(65), 0)
    expect(set.encoding).toBe('skiplist')
    expect(set.score('x'.repeat(64))).toBe(0)
  })

  it('obeys limits that change, when something is added', () => {
    const config = { 'zset-max-listpack-entries': 128, 'zset-max-listpack-value': 64 }
    const set = new SortedSet(config)
    set.add('a', 1)
    config['zset-max-listpack-entries'] = 0
    set.add('a', 2)
    expect(set.encoding).toBe('listpack')
    set.add('b', 2)
    expect(set.encoding).toBe('skiplist')
  })

  it.each([
    [128, 5, 'listpack'],
    [129, 5, 'skiplist'],
    [1, 64, 'listpack'],
    [1, 65, 'skiplist'],
  ])('of one built at once: %d members of %d bytes', (size, length, encoding) => {
    const set = SortedSet.from(new Map(names(size).map(member => [member.padEnd(length, '-'), 1])), limits(128))
    expect(set.encoding).toBe(encoding)
    expect(set.score(name(0).padEnd(length, '-'))).toBe(1)
  })
})

describe('SortedSet.from', () => {
  it('sorts, and lets the last of the same member count', () => {
    const set = SortedSet.from(
      [
        ['b', 1],
        ['a', 1],
        ['c', -Infinity],
        ['b', 0.5],
        ['d', -Infinity],
      ],
      limits(128),
    )
    expect(entries(set)).toEqual([
      ['c', -Infinity],
      ['d', -Infinity],
      ['b', 0.5],
      ['a', 1],
    ])
    expect(SortedSet.from([], limits(128)).size).toBe(0)
  })
})

describe('the scan of a sorted set', () => {
  it('gives a listpack whole, in order', () => {
    const set = new SortedSet(limits(128))
    for (const member of names(100)) set.add(member, 0)
    const found: string[] = []
    expect(set.scan(0, 10, member => found.push(member))).toBe(0)
    expect(found).toEqual(names(100))
  })

  it('meets all that stays in a skiplist, while the rest comes and goes', () => {
    const set = new SortedSet(limits(0))
    for (const member of names(2000)) set.add(member, 1)
    const found = new Map<string, number>()
    let cursor = 0
    let steps = 0
    do {
      cursor = set.scan(cursor, 10, (member, score) => found.set(member, score))
      // Odd ones go; others come; even ones change their scores.
      for (let i = 0; i < 20; i++) set.delete(name(((steps * 20 + i) * 2 + 1) % 2000))
      for (let i = 0; i < 15; i++) set.add(`new${steps}-${i}`, 1)
      set.add(name((steps * 2) % 2000), 2)
      steps++
    } while (cursor !== 0)
    for (let i = 0; i < 2000; i += 2) expect(found.has(name(i))).toBe(true)
    expect(steps).toBeLessThan(400)
  })
})

/** A small generator of numbers in [0, 1), the same ones every time. */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
