import type { ByteString } from '../bytes/bytes.js'

/**
 * The nodes of a ScoreTree: how they are searched, cut and joined. Every function here touches one node or two
 * neighbours, so it costs O(capacity); which nodes to touch is the tree's business.
 *
 * A place in the order is a pair (score, member), which need not be in the tree. `''` and `AFTER_ALL` as members give
 * the places before and after all the elements with a score.
 */
export type TreeNode = Leaf | Inner

/** Compares above every ByteString, whose chars end at U+00FF. */
export const AFTER_ALL = '\u0100'

export class Leaf {
  readonly isLeaf = true
  previous: Leaf | null = null
  next: Leaf | null = null

  constructor(
    /** Ascending. */
    public scores: number[],
    /** members[i] has scores[i]; ascending where scores are equal. */
    public members: ByteString[],
  ) {}
}

export class Inner {
  readonly isLeaf = false

  constructor(
    public children: TreeNode[],
    /** How many elements are under each child. */
    public counts: number[],
    /**
     * (keyScores[i], keyMembers[i]) parts child i - 1, whose elements are all before it, from child i, whose elements
     * are all at it or after it. It need not be in the tree any more. The first one is
     * the key that the parent has before this node; in the leftmost nodes it means nothing.
     */
    public keyScores: number[],
    public keyMembers: ByteString[],
  ) {}
}

export function emptyLeaf(): Leaf {
  return new Leaf(emptyDoubles(), [])
}

export function emptyInner(): Inner {
  return new Inner([], [], emptyDoubles(), [])
}

/**
 * An empty array that has held a fraction, so that V8 keeps unboxed doubles in it even when all scores are integers:
 * then the arrays of all nodes look the same to the compiled code, and so do those sliced from them.
 */
function emptyDoubles(): number[] {
  const doubles = [0.5]
  doubles.pop()
  return doubles
}

/** The first index from `from` on whose element is at the place or after it; the length if there is none. */
export function lowerBound(
  scores: readonly number[],
  members: readonly ByteString[],
  from: number,
  score: number,
  member: ByteString,
): number {
  let low = from
  let high = scores.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = scores[middle]!
    if (other < score || (other === score && members[middle]! < member)) low = middle + 1
    else high = middle
  }
  return low
}

/** The index of the child in which an element at this place is, or would be put. */
export function childIndex(node: Inner, score: number, member: ByteString): number {
  const scores = node.keyScores
  const members = node.keyMembers
  let low = 1
  let high = scores.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = scores[middle]!
    if (other < score || (other === score && members[middle]! <= member)) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** As `lowerBound`, looking at members only: for elements that all have the same score. */
export function lowerBoundOfMember(members: readonly ByteString[], from: number, member: ByteString): number {
  let low = from
  let high = members.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (members[middle]! < member) low = middle + 1
    else high = middle
  }
  return low
}

/** Makes room at an index by moving what follows; faster than `splice` for arrays as short as these. */
export function insertAt<T>(array: T[], index: number, value: T): void {
  const last = array.length - 1
  if (index > last) {
    array.push(value)
    return
  }
  array.push(array[last]!)
  for (let i = last; i > index; i--) array[i] = array[i - 1]!
  array[index] = value
}

/** Takes `count` entries out of an array by moving what follows. */
export function removeAt<T>(array: T[], index: number, count: number): void {
  const length = array.length - count
  for (let i = index; i < length; i++) array[i] = array[i + count]!
  // `pop` keeps the room that the array has, where writing its length may give half of it back.
  for (let i = 0; i < count; i++) array.pop()
}

/** Elements in a leaf, children in an inner node. */
export function occupancy(node: TreeNode): number {
  return node.isLeaf ? node.scores.length : node.children.length
}

/** Elements in or under a node. */
export function countOf(node: TreeNode): number {
  if (node.isLeaf) return node.scores.length
  let sum = 0
  for (let i = 0; i < node.counts.length; i++) sum += node.counts[i]!
  return sum
}

/** Cuts a node in two and returns the new right part, which begins with what was at `index`. */
export function split(node: TreeNode, index: number): TreeNode {
  if (!node.isLeaf) {
    const right = new Inner(
      node.children.slice(index),
      node.counts.slice(index),
      node.keyScores.slice(index),
      node.keyMembers.slice(index),
    )
    node.children = node.children.slice(0, index)
    node.counts = node.counts.slice(0, index)
    node.keyScores = node.keyScores.slice(0, index)
    node.keyMembers = node.keyMembers.slice(0, index)
    return right
  }
  const right = new Leaf(node.scores.slice(index), node.members.slice(index))
  node.scores = node.scores.slice(0, index)
  node.members = node.members.slice(0, index)
  right.previous = node
  right.next = node.next
  if (node.next !== null) node.next.previous = right
  node.next = right
  return right
}

/** Puts a child behind all the others of a parent. */
export function addChild(parent: Inner, child: TreeNode): void {
  parent.children.push(child)
  parent.counts.push(countOf(child))
  parent.keyScores.push(child.isLeaf ? child.scores[0]! : child.keyScores[0]!)
  parent.keyMembers.push(child.isLeaf ? child.members[0]! : child.keyMembers[0]!)
}

/** Puts a child behind child `index`, which it has been split from; what it begins with is the key between them. */
export function insertChild(parent: Inner, index: number, child: TreeNode): void {
  const count = countOf(child)
  parent.counts[index]! -= count
  insertAt(parent.children, index + 1, child)
  insertAt(parent.counts, index + 1, count)
  insertAt(parent.keyScores, index + 1, child.isLeaf ? child.scores[0]! : child.keyScores[0]!)
  insertAt(parent.keyMembers, index + 1, child.isLeaf ? child.members[0]! : child.keyMembers[0]!)
}

/**
 * Brings child `index`, which has fallen under the least occupancy, together with a neighbour: into one node if
 * `capacity` allows, else both get half of what they have together.
 */
export function rebalance(parent: Inner, index: number, capacity: number): void {
  const at = index === 0 ? 0 : index - 1
  const left = parent.children[at]!
  const right = parent.children[at + 1]!
  join(left, right)
  parent.counts[at]! += parent.counts[at + 1]!
  removeAt(parent.children, at + 1, 1)
  removeAt(parent.counts, at + 1, 1)
  removeAt(parent.keyScores, at + 1, 1)
  removeAt(parent.keyMembers, at + 1, 1)
  const joined = occupancy(left)
  if (joined > capacity) insertChild(parent, at, split(left, joined >> 1))
}

/** Appends to `left` all that its right neighbour has. */
function join(left: TreeNode, right: TreeNode): void {
  if (left.isLeaf && right.isLeaf) {
    left.scores = left.scores.concat(right.scores)
    left.members = left.members.concat(right.members)
    left.next = right.next
    if (right.next !== null) right.next.previous = left
  } else if (!left.isLeaf && !right.isLeaf) {
    left.children = left.children.concat(right.children)
    left.counts = left.counts.concat(right.counts)
    left.keyScores = left.keyScores.concat(right.keyScores)
    left.keyMembers = left.keyMembers.concat(right.keyMembers)
  }
}
