import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScoreTree } from './score-tree.js'
import { AFTER_ALL, type Leaf, occupancy, type TreeNode } from './score-tree-node.js'

type Pair = [score: number, member: string]

const byOrder = (a: Pair, b: Pair): number => (a[0] !== b[0] ? a[0] - b[0] : a[1] < b[1] ? -1 : 1)
const isBefore = (a: Pair, b: Pair): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
const pairs = (tree: ScoreTree): Pair[] => [...tree].map(({ score, member }) => [score, member])

/** Checks everything that a tree promises about its shape. `full` is its capacity. */
function checkShape(tree: ScoreTree, full: number): void {
  const leaves: Leaf[] = []
  const depths = new Set<number>()
  const walk = (node: TreeNode, depth: number, low: Pair | undefined, high: Pair | undefined): number => {
    const entries = occupancy(node)
    assert(entries <= full, 'a node is over capacity')
    assert(entries >= (node !== tree.root ? full / 4 : node.isLeaf ? 0 : 2), 'a node has too few entries')
    if (node.isLeaf) {
      assert.equal(node.members.length, entries)
      for (let i = 0; i < entries; i++) {
        const pair: Pair = [node.scores[i]!, node.members[i]!]
        assert(low === undefined || !isBefore(pair, low), 'an element is before the key of its leaf')
        assert(high === undefined || isBefore(pair, high), 'an element is not before the key of the next leaf')
      }
      leaves.push(node)
      depths.add(depth)
      return entries
    }
    assert(node.counts.length === entries && node.keyScores.length === entries && node.keyMembers.length === entries)
    const key = (i: number): Pair => [node.keyScores[i]!, node.keyMembers[i]!]
    if (low) assert.deepEqual(key(0), low, 'a first key is not the one above it')
    let sum = 0
    for (let i = 0; i < entries; i++) {
      const count = walk(node.children[i]!, depth + 1, i === 0 ? low : key(i), i + 1 < entries ? key(i + 1) : high)
      assert.equal(node.counts[i], count, 'a count is wrong')
      sum += count
    }
    return sum
  }
  assert.equal(walk(tree.root, 0, undefined, undefined), tree.size)
  assert.equal(depths.size, 1, 'leaves are at different depths')
  leaves.forEach((leaf, i) => {
    assert(leaf.previous === (leaves[i - 1] ?? null) && leaf.next === (leaves[i + 1] ?? null), 'a leaf is badly linked')
  })
  const all = leaves.flatMap(leaf => leaf.scores.map((score, i): Pair => [score, leaf.members[i]!]))
  for (let i = 1; i < all.length; i++) assert(isBefore(all[i - 1]!, all[i]!), 'elements are out of order')
  assert.deepEqual(pairs(tree), all)
}

function height(tree: ScoreTree): number {
  let levels = 1
  for (let node = tree.root; !node.isLeaf; node = node.children[0]!) levels++
  return levels
}

/** Numbers from 0 to n - 1 in an order that looks random and is always the same. */
const shuffled = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 7919 + 13) % n)

const name = (i: number): string => `m${String(i).padStart(6, '0')}`

describe('ScoreTree', () => {
  it.each([
    ['ascending', (n: number) => Array.from({ length: n }, (_, i) => i)],
    ['descending', (n: number) => Array.from({ length: n }, (_, i) => n - 1 - i)],
    ['in disorder', shuffled],
  ])('grows and shrinks through several levels: %s', (_, order) => {
    const n = 3000
    const tree = new ScoreTree(8)
    for (const i of order(n)) tree.insert(i, name(i))
    expect(height(tree)).toBeGreaterThan(4)
    checkShape(tree, 8)
    for (let rank = 0; rank < n; rank += 37) {
      expect(tree.at(rank)).toEqual({ score: rank, member: name(rank) })
      expect(tree.rankOf(rank, name(rank))).toBe(rank)
    }
    for (const [done, i] of order(n).entries()) {
      expect(tree.remove(i, name(i))).toBe(true)
      if (done % 211 === 0) checkShape(tree, 8)
    }
    checkShape(tree, 8)
    expect(tree.size).toBe(0)
    expect(tree.first).toBeUndefined()
    expect(tree.last).toBeUndefined()
  })

  it('leaves nodes three quarters full when scores only grow, and when they only shrink', () => {
    for (const direction of [1, -1]) {
      const tree = new ScoreTree(64)
      for (let i = 0; i < 10_000; i++) tree.insert(i * direction, name(i))
      checkShape(tree, 64)
      let leaves = 0
      let node = tree.root
      while (!node.isLeaf) node = node.children[0]!
      for (let leaf: Leaf | null = node; leaf !== null; leaf = leaf.next) leaves++
      expect(10_000 / leaves).toBeGreaterThan(46)
    }
  })

  it('builds from sorted elements any size with a good shape', () => {
    for (const n of [0, 1, 5, 6, 7, 12, 13, 36, 37, 216, 217, 218, 1000, 1297]) {
      const members = Array.from({ length: n }, (_, i) => name(i))
      const tree = ScoreTree.fromSorted(
        members,
        members.map(() => 1),
        8,
      )
      checkShape(tree, 8)
      expect(tree.size).toBe(n)
      const copy = tree.clone()
      tree.removeRanks(0, n)
      checkShape(copy, 8)
      expect(pairs(copy)).toEqual(members.map(member => [1, member]))
    }
  })

  it('takes out runs of ranks of every length, at both ends and between', () => {
    const n = 200
    const members = Array.from({ length: n }, (_, i) => name(i))
    for (let start = 0; start < n; start += 13) {
      for (let count = 0; start + count <= n; count += 17) {
        const tree = ScoreTree.fromSorted(
          members,
          members.map((_, i) => i),
          8,
        )
        tree.removeRanks(start, count)
        checkShape(tree, 8)
        expect(pairs(tree).map(pair => pair[1])).toEqual(members.toSpliced(start, count))
      }
    }
  })

  it('knows what is not there', () => {
    const tree = new ScoreTree(8)
    for (let i = 0; i < 100; i++) tree.insert(i, name(i))
    expect(tree.remove(5, name(6))).toBe(false)
    expect(tree.remove(5.5, name(5))).toBe(false)
    expect(tree.remove(1000, 'x')).toBe(false)
    expect(tree.at(-1)).toBeUndefined()
    expect(tree.at(100)).toBeUndefined()
    expect(tree.searchScore(name(99))).toBe(99)
    expect(tree.searchScore('x')).toBeUndefined()
    checkShape(tree, 8)
  })

  it('reads no leaf beyond those that a range of scores needs', () => {
    const tree = new ScoreTree(8)
    for (let i = 0; i < 300; i++) tree.insert(i, name(i))
    let leaf = tree.root
    while (!leaf.isLeaf) leaf = leaf.children[0]!
    for (let l: Leaf | null = leaf; l !== null; l = l.next) {
      const { scores } = l
      const isNear = scores[0]! > 120 && scores[0]! < 180
      const get = (): number[] => (isNear ? scores : assert.fail('read a leaf far away'))
      Object.defineProperty(l, 'scores', { get })
    }
    let visited = 0
    tree.visitBetween(140, '', 160, '', () => ++visited)
    tree.visitBetweenDown(140, '', 160, '', () => ++visited)
    tree.visitUp(140, 20, () => ++visited)
    tree.visitDown(160, 20, () => ++visited)
    expect(visited).toBe(80)
  })

  it('changes a score in place only while the order allows it', () => {
    const tree = new ScoreTree(8)
    for (let i = 0; i < 100; i++) tree.insert(i * 10, name(i))
    let at = 500
    for (const score of [505, 509.5, 510, 491, 490, -1, 5000, -Infinity, Infinity, 490]) {
      tree.rescore(at, name(50), score)
      at = score
      checkShape(tree, 8)
      const others = Array.from({ length: 100 }, (_, i): Pair => [i === 50 ? score : i * 10, name(i)])
      expect(pairs(tree)).toEqual(others.sort(byOrder))
    }
  })

  it('does as a sorted array does, and keeps its shape, whatever comes', () => {
    // Few different scores and members, so that ties, hits and misses are all frequent.
    const score = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(-Infinity, Infinity, 0.5, -0))
    const member = fc.integer({ min: 0, max: 400 }).map(name)
    const place = fc.tuple(score, fc.oneof(member, fc.constantFrom('', AFTER_ALL)))
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ verb: fc.constant('insert' as const), pair: fc.tuple(score, member) }) },
      {
        weight: 3,
        arbitrary: fc.record({ verb: fc.constant('fill' as const), score, from: fc.nat(300), n: fc.nat(60) }),
      },
      { weight: 4, arbitrary: fc.record({ verb: fc.constant('remove' as const), at: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ verb: fc.constant('run' as const), at: fc.nat(), n: fc.nat(80) }) },
      { weight: 4, arbitrary: fc.record({ verb: fc.constant('rescore' as const), at: fc.nat(), score }) },
      {
        weight: 2,
        arbitrary: fc.record({
          verb: fc.constant('look' as const),
          low: place,
          high: place,
          at: fc.nat(),
          n: fc.nat(90),
        }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const tree = new ScoreTree(8)
        let model: Pair[] = []
        const has = (name: string): boolean => model.some(pair => pair[1] === name)
        const add = (score: number, name: string): void => {
          if (has(name)) return
          tree.insert(score, name)
          model.push([score, name])
          model.sort(byOrder)
        }
        for (const s of steps) {
          if (s.verb === 'insert') add(...s.pair)
          else if (s.verb === 'fill') for (let i = s.from; i < s.from + s.n; i++) add(s.score, name(i))
          else if (s.verb === 'look') look(tree, model, s)
          else if (model.length > 0) {
            const at = s.at % model.length
            const [score, member] = model[at]!
            if (s.verb === 'remove') {
              expect(tree.remove(score, member)).toBe(true)
              model.splice(at, 1)
            } else if (s.verb === 'run') {
              const count = Math.min(s.n, model.length - at)
              tree.removeRanks(at, count)
              model.splice(at, count)
            } else {
              tree.rescore(score, member, s.score)
              model[at] = [s.score, member]
              model = model.sort(byOrder)
            }
          }
          checkShape(tree, 8)
          expect(pairs(tree).map(pair => pair[1])).toEqual(model.map(pair => pair[1]))
        }
      }),
      { numRuns: 150 },
    )
  })
})

/** Every way to look into the tree, against the array. */
function look(tree: ScoreTree, model: readonly Pair[], s: { low: Pair; high: Pair; at: number; n: number }): void {
  const seen: Pair[] = []
  const take = (expected: readonly Pair[]): void => {
    expect(seen.map(pair => pair[1])).toEqual(expected.map(pair => pair[1]))
    seen.length = 0
  }
  const visit = (member: string, score: number): unknown => seen.push([score, member])
  const between = model.filter(pair => !isBefore(pair, s.low) && isBefore(pair, s.high))
  tree.visitBetween(...s.low, ...s.high, visit)
  take(between)
  tree.visitBetweenDown(...s.low, ...s.high, visit)
  take(between.toReversed())
  expect(tree.rankOf(...s.low)).toBe(model.filter(pair => isBefore(pair, s.low)).length)

  const at = s.at % (model.length + 1)
  tree.visitUp(at, s.n, visit)
  take(model.slice(at, at + s.n))
  tree.visitDown(at - 1, s.n, visit)
  take(model.slice(Math.max(0, at - s.n), at).reverse())
  expect(tree.at(at)?.member).toBe(model[at]?.[1])
  expect(tree.first?.member).toBe(model[0]?.[1])
  expect(tree.last?.member).toBe(model.at(-1)?.[1])

  // A visit ends where it is told to.
  let left = 3
  tree.visitBetween(...s.low, ...s.high, (member, score) => visit(member, score) && --left > 0)
  take(between.slice(0, 3))
}
