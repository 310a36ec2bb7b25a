import type { ByteString } from '../bytes/bytes.js'
import {
  addChild,
  childIndex,
  emptyInner,
  emptyLeaf,
  type Inner,
  insertAt,
  insertChild,
  type Leaf,
  lowerBound,
  lowerBoundOfMember,
  occupancy,
  rebalance,
  removeAt,
  split,
  type TreeNode,
} from './score-tree-node.js'

/** Gets an element; the visit ends early if it returns false. */
export type Visit = (member: ByteString, score: number) => unknown

export interface ScoredMember {
  member: ByteString
  score: number
}

/**
 * A counted B+-tree of (score, member) pairs, ordered by score and then by the bytes of the member: the order of a
 * sorted set. Leaves hold scores and members in arrays and are linked both ways; inner nodes know how many elements
 * are under each child, which is what makes ranks O(log n).
 *
 * Every node but the root holds from `capacity / 4` to `capacity` entries. A node that overflows at an end keeps three
 * quarters on the far side, so scores that only grow (or only shrink) leave the nodes three quarters full, not half.
 *
 * A pair is in the tree at most once, which callers see to. Scores are never NaN; 0 and -0 are equal. The tree must
 * not be changed during a visit.
 */
export class ScoreTree {
  #size = 0
  #root: TreeNode
  /** Stays the same for good: of two leaves that are joined, the left one is kept. */
  #first: Leaf
  readonly #capacity: number
  readonly #leastOccupancy: number

  /** Where `#seek` has arrived. Read at once: the next seek overwrites it. */
  #leaf: Leaf
  #index = 0

  /** `capacity` is a multiple of 4, and 8 at least. 64 is the fastest of 32, 64 and 128 for ranks among a million elements. */
  constructor(capacity = 64) {
    const leaf = emptyLeaf()
    this.#root = leaf
    this.#first = leaf
    this.#leaf = leaf
    this.#capacity = capacity
    this.#leastOccupancy = capacity / 4
  }

  /** Builds a tree from elements in order, all different: members[i] has scores[i]. O(n). */
  static fromSorted(members: readonly ByteString[], scores: readonly number[], capacity = 64): ScoreTree {
    const tree = new ScoreTree(capacity)
    if (members.length === 0) return tree
    const perNode = (capacity / 4) * 3
    let level: TreeNode[] = leavesOf(members, scores, perNode)
    tree.#first = level[0] as Leaf
    while (level.length > 1) level = parentsOf(level, perNode)
    tree.#root = level[0]!
    tree.#size = members.length
    return tree
  }

  /** O(n). */
  clone(): ScoreTree {
    const members: ByteString[] = []
    const scores: number[] = []
    this.visitUp(0, this.#size, (member, score) => {
      members.push(member)
      scores.push(score)
    })
    return ScoreTree.fromSorted(members, scores, this.#capacity)
  }

  get size(): number {
    return this.#size
  }

  /** The topmost node, for tests that check the shape of the tree. */
  get root(): TreeNode {
    return this.#root
  }

  /** The least element. O(1). */
  get first(): ScoredMember | undefined {
    const { members, scores } = this.#first
    return this.#size === 0 ? undefined : { member: members[0]!, score: scores[0]! }
  }

  /** The greatest element. O(log n). */
  get last(): ScoredMember | undefined {
    return this.at(this.#size - 1)
  }

  /** Adds a pair that is not in the tree. O(log n). */
  insert(score: number, member: ByteString): void {
    const right = this.#insertInto(this.#root, score, member)
    this.#size++
    if (right !== null) this.#growRoot(right)
  }

  /** Takes out a pair; false if it is not in the tree. O(log n). */
  remove(score: number, member: ByteString): boolean {
    if (!this.#removeFrom(this.#root, score, member)) return false
    this.#size--
    this.#shrinkRoot()
    return true
  }

  /** Takes out `count` elements from a rank on, all of which must be there. O(log n + count). */
  removeRanks(rank: number, count: number): void {
    for (let left = count; left > 0; ) {
      const removed = this.#removeRun(this.#root, rank, left)
      left -= removed
      this.#size -= removed
      this.#shrinkRoot()
    }
  }

  /** Changes the score of a pair that is in the tree. O(log n); nothing moves if the element keeps its place. */
  rescore(oldScore: number, member: ByteString, score: number): void {
    if (this.#find(oldScore, member) && this.#fits(this.#leaf, this.#index, score, member)) {
      this.#leaf.scores[this.#index] = score
      return
    }
    this.remove(oldScore, member)
    this.insert(score, member)
  }

  /** How many elements are before a place in the order: for an element of the tree, its rank. O(log n). */
  rankOf(score: number, member: ByteString): number {
    let node = this.#root
    let rank = 0
    while (!node.isLeaf) {
      const index = childIndex(node, score, member)
      for (let i = 0; i < index; i++) rank += node.counts[i]!
      node = node.children[index]!
    }
    return rank + lowerBound(node.scores, node.members, 0, score, member)
  }

  /**
   * How many members are before this one, if all scores are equal. If they are not, the answer is some rank from 0
   * to the size. O(log n).
   */
  rankOfMember(member: ByteString): number {
    let node = this.#root
    let rank = 0
    while (!node.isLeaf) {
      const index = lowerBoundOfMember(node.keyMembers, 1, member) - 1
      for (let i = 0; i < index; i++) rank += node.counts[i]!
      node = node.children[index]!
    }
    return rank + lowerBoundOfMember(node.members, 0, member)
  }

  /** The element at a rank from 0 to size - 1. O(log n). */
  at(rank: number): ScoredMember | undefined {
    if (rank < 0 || rank >= this.#size) return undefined
    this.#seekRank(rank)
    return { member: this.#leaf.members[this.#index]!, score: this.#leaf.scores[this.#index]! }
  }

  /** Visits `count` elements upwards from a rank, or as many as there are. O(log n + visited). */
  visitUp(rank: number, count: number, visit: Visit): void {
    let left = Math.min(count, this.#size - rank)
    if (left <= 0) return
    this.#seekRank(rank)
    let leaf = this.#leaf
    for (let i = this.#index; ; i = 0) {
      const { scores, members } = leaf
      const end = Math.min(scores.length, i + left)
      left -= end - i
      for (; i < end; i++) if (visit(members[i]!, scores[i]!) === false) return
      if (left === 0 || leaf.next === null) return
      leaf = leaf.next
    }
  }

  /** Visits `count` elements downwards from a rank, or as many as there are. O(log n + visited). */
  visitDown(rank: number, count: number, visit: Visit): void {
    let left = Math.min(count, rank + 1)
    if (left <= 0 || rank >= this.#size) return
    this.#seekRank(rank)
    let leaf = this.#leaf
    for (let i = this.#index; ; i = leaf.scores.length - 1) {
      const { scores, members } = leaf
      const end = Math.max(-1, i - left)
      left -= i - end
      for (; i > end; i--) if (visit(members[i]!, scores[i]!) === false) return
      if (left === 0 || leaf.previous === null) return
      leaf = leaf.previous
    }
  }

  /** Visits upwards what lies between two places in the order. O(log n + visited), without looking at ranks. */
  visitBetween(low: number, lowMember: ByteString, high: number, highMember: ByteString, visit: Visit): void {
    this.#seek(low, lowMember)
    let leaf = this.#leaf
    for (let i = this.#index; ; i = 0) {
      const { scores, members } = leaf
      const length = scores.length
      const end = endsBefore(leaf, high, highMember) ? length : lowerBound(scores, members, i, high, highMember)
      for (; i < end; i++) if (visit(members[i]!, scores[i]!) === false) return
      if (end < length || leaf.next === null) return
      leaf = leaf.next
    }
  }

  /** Visits downwards what lies between two places in the order. O(log n + visited), without looking at ranks. */
  visitBetweenDown(low: number, lowMember: ByteString, high: number, highMember: ByteString, visit: Visit): void {
    this.#seek(high, highMember)
    let leaf = this.#leaf
    for (let i = this.#index - 1; ; i = leaf.scores.length - 1) {
      const { scores, members } = leaf
      const end = lowerBound(scores, members, 0, low, lowMember)
      for (; i >= end; i--) if (visit(members[i]!, scores[i]!) === false) return
      if (end > 0 || leaf.previous === null) return
      leaf = leaf.previous
    }
  }

  /** The score that a member has, found by looking at one member after another: for trees of few elements. O(n). */
  searchScore(member: ByteString): number | undefined {
    for (let leaf: Leaf | null = this.#first; leaf !== null; leaf = leaf.next) {
      const { scores, members } = leaf
      for (let i = 0; i < members.length; i++) if (members[i] === member) return scores[i]
    }
    return undefined
  }

  /** All elements in order. The tree must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<ScoredMember> {
    for (let leaf: Leaf | null = this.#first; leaf !== null; leaf = leaf.next) {
      for (let i = 0; i < leaf.scores.length; i++) yield { member: leaf.members[i]!, score: leaf.scores[i]! }
    }
  }

  /** Goes down to where an element at this place is or would be; an index past the leaf's end is possible. */
  #seek(score: number, member: ByteString): void {
    let node = this.#root
    while (!node.isLeaf) node = node.children[childIndex(node, score, member)]!
    this.#leaf = node
    this.#index = lowerBound(node.scores, node.members, 0, score, member)
  }

  #find(score: number, member: ByteString): boolean {
    this.#seek(score, member)
    return this.#leaf.members[this.#index] === member && this.#leaf.scores[this.#index] === score
  }

  #seekRank(rank: number): void {
    let node = this.#root
    let left = rank
    while (!node.isLeaf) {
      let index = 0
      for (; left >= node.counts[index]!; index++) left -= node.counts[index]!
      node = node.children[index]!
    }
    this.#leaf = node
    this.#index = left
  }

  /**
   * Whether an element stays between its neighbours with this score. At the ends of a leaf the answer is no, since
   * the parent's key might no longer part the leaves, except at the ends of the whole tree.
   */
  #fits(leaf: Leaf, index: number, score: number, member: ByteString): boolean {
    const { scores, members } = leaf
    if (index > 0) {
      const before = scores[index - 1]!
      if (before > score || (before === score && members[index - 1]! > member)) return false
    } else if (leaf.previous !== null) return false
    if (index < scores.length - 1) {
      const after = scores[index + 1]!
      return after > score || (after === score && members[index + 1]! > member)
    }
    return leaf.next === null
  }

  /** Returns the right part if the node had to be split. */
  #insertInto(node: TreeNode, score: number, member: ByteString): TreeNode | null {
    let index: number
    if (node.isLeaf) {
      index = lowerBound(node.scores, node.members, 0, score, member)
      insertAt(node.scores, index, score)
      insertAt(node.members, index, member)
    } else {
      index = childIndex(node, score, member)
      node.counts[index]! += 1
      const right = this.#insertInto(node.children[index]!, score, member)
      if (right === null) return null
      insertChild(node, index, right)
      index++
    }
    return this.#splitIfFull(node, index)
  }

  /** Splits a node that has outgrown its capacity by the entry at `inserted`. */
  #splitIfFull(node: TreeNode, inserted: number): TreeNode | null {
    const length = occupancy(node)
    if (length <= this.#capacity) return null
    const quarter = this.#capacity / 4
    const at = inserted === length - 1 ? length - quarter : inserted === 0 ? quarter : length >> 1
    return split(node, at)
  }

  #growRoot(right: TreeNode): void {
    const root = emptyInner()
    addChild(root, this.#root)
    addChild(root, right)
    this.#root = root
  }

  #removeFrom(node: TreeNode, score: number, member: ByteString): boolean {
    if (node.isLeaf) {
      const index = lowerBound(node.scores, node.members, 0, score, member)
      if (node.members[index] !== member || node.scores[index] !== score) return false
      removeAt(node.scores, index, 1)
      removeAt(node.members, index, 1)
      return true
    }
    const index = childIndex(node, score, member)
    if (!this.#removeFrom(node.children[index]!, score, member)) return false
    node.counts[index]! -= 1
    this.#restoreOccupancy(node, index)
    return true
  }

  /** Takes out of one leaf as many of `count` elements from a rank on as it holds; returns how many those were. */
  #removeRun(node: TreeNode, rank: number, count: number): number {
    if (node.isLeaf) {
      const removed = Math.min(count, node.scores.length - rank)
      removeAt(node.scores, rank, removed)
      removeAt(node.members, rank, removed)
      return removed
    }
    let index = 0
    let left = rank
    for (; left >= node.counts[index]!; index++) left -= node.counts[index]!
    const removed = this.#removeRun(node.children[index]!, left, count)
    node.counts[index]! -= removed
    this.#restoreOccupancy(node, index)
    return removed
  }

  #restoreOccupancy(parent: Inner, index: number): void {
    if (occupancy(parent.children[index]!) >= this.#leastOccupancy) return
    rebalance(parent, index, this.#capacity)
  }

  #shrinkRoot(): void {
    while (!this.#root.isLeaf && this.#root.children.length === 1) this.#root = this.#root.children[0]!
  }
}

function endsBefore(leaf: Leaf, score: number, member: ByteString): boolean {
  const end = leaf.scores.length - 1
  return end >= 0 && (leaf.scores[end]! < score || (leaf.scores[end] === score && leaf.members[end]! < member))
}

/** Cuts the elements into linked leaves of about the same length, `perLeaf` at most. */
function leavesOf(members: readonly ByteString[], scores: readonly number[], perLeaf: number): Leaf[] {
  const leaves: Leaf[] = []
  const parts = Math.ceil(members.length / perLeaf)
  let previous: Leaf | null = null
  for (let part = 0, i = 0; part < parts; part++) {
    const leaf = emptyLeaf()
    for (const end = Math.floor(((part + 1) * members.length) / parts); i < end; i++) {
      leaf.scores.push(scores[i]!)
      leaf.members.push(members[i]!)
    }
    leaf.previous = previous
    if (previous !== null) previous.next = leaf
    previous = leaf
    leaves.push(leaf)
  }
  return leaves
}

/** Puts the nodes of a level under new parents, `perParent` at most under each. */
function parentsOf(level: readonly TreeNode[], perParent: number): Inner[] {
  const parents: Inner[] = []
  const parts = Math.ceil(level.length / perParent)
  for (let part = 0, i = 0; part < parts; part++) {
    const parent = emptyInner()
    for (const end = Math.floor(((part + 1) * level.length) / parts); i < end; i++) addChild(parent, level[i]!)
    parents.push(parent)
  }
  return parents
}
