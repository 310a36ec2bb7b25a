/** How many arguments of the command line each part of a grammar takes. */
import { isLeaf, type Members, type Node } from './argument.js'

export interface Size {
  /** The fewest that are not a wrong number of arguments: what comes from a `missing` leaf on is not in it. */
  readonly min: number
  /** The fewest that are right: what the parts before it leave for it. */
  readonly full: number
  /** The most; Infinity when there is no limit. */
  readonly max: number
  /** Whether it contains a `missing` leaf, which also excuses what follows. */
  readonly excuses: boolean
}

/** O(size of the grammar). */
export function sizeOf(node: Node): Size {
  if (isLeaf(node)) {
    const excuses = node.missing !== undefined
    return { min: excuses ? 0 : 1, full: 1, max: 1, excuses }
  }
  switch (node.kind) {
    case 'flag':
      return absentOr(1)
    case 'clause':
      return absentOr(1 + sizeOf(node.content).max)
    case 'optional':
      return absentOr(sizeOf(node.content).max)
    case 'options':
    case 'zeroOrMore':
      return absentOr(Number.POSITIVE_INFINITY)
    case 'group':
      return sizeOfMembers(node.members)
    case 'oneOrMore': {
      const each = sizeOf(node.content)
      return { min: each.full, full: each.full, max: Number.POSITIVE_INFINITY, excuses: false }
    }
    case 'counted': {
      const least = 1 + node.min * sizeOf(node.content).full
      return { min: least, full: least, max: Number.POSITIVE_INFINITY, excuses: false }
    }
    case 'alternatives': {
      const forms = node.forms.map(sizeOf)
      return {
        min: Math.min(...forms.map(form => form.min)),
        full: Math.min(...forms.map(form => form.full)),
        max: Math.max(...forms.map(form => form.max)),
        excuses: forms.some(form => form.excuses),
      }
    }
  }
}

export function sizeOfMembers(members: Members): Size {
  let [min, full, max, excuses] = [0, 0, 0, false]
  for (const [, node] of members) {
    const size = sizeOf(node)
    if (!excuses) min += size.min
    full += size.full
    max += size.max
    excuses ||= size.excuses
  }
  return { min, full, max, excuses }
}

function absentOr(max: number): Size {
  return { min: 0, full: 0, max, excuses: false }
}

/** Always the same number, which is then `full`. */
export function isFixed(node: Node): boolean {
  const size = sizeOf(node)
  return size.full === size.max
}

/**
 * Which numbers of arguments a form fits, as a function for `alternatives`. The sizes of a form are a few numbers, plus
 * any multiple of `step` when something in it repeats.
 */
export function fitter(node: Node): (count: number) => boolean {
  const { sizes, step } = lengths(node)
  const exact = new Set(sizes)
  if (step === 0) return count => exact.has(count)
  return count => {
    for (const size of sizes) if (size <= count && (count - size) % step === 0) return true
    return false
  }
}

interface Lengths {
  readonly sizes: readonly number[]
  readonly step: number
}

function lengths(node: Node): Lengths {
  if (isLeaf(node)) return { sizes: [1], step: 0 }
  switch (node.kind) {
    case 'flag':
      return { sizes: [0, 1], step: 0 }
    case 'clause': {
      const inner = lengths(node.content)
      return { sizes: [0, ...inner.sizes.map(size => size + 1)], step: inner.step }
    }
    case 'optional': {
      const inner = lengths(node.content)
      return { sizes: [0, ...inner.sizes], step: inner.step }
    }
    case 'options':
      return { sizes: [0], step: 1 }
    case 'zeroOrMore':
      return { sizes: [0], step: sizeOf(node.content).full }
    case 'oneOrMore': {
      const each = sizeOf(node.content).full
      return { sizes: [each], step: each }
    }
    case 'counted': {
      const each = sizeOf(node.content).full
      return { sizes: [1 + node.min * each], step: each }
    }
    case 'alternatives': {
      const forms = node.forms.map(lengths)
      return {
        sizes: forms.flatMap(form => form.sizes),
        step: forms.reduce((step, form) => divisor(step, form.step), 0),
      }
    }
    case 'group': {
      let sizes: readonly number[] = [0]
      let step = 0
      // Where a `missing` leaf lets the arguments end.
      const stops: number[] = []
      for (const [, member] of node.members) {
        const inner = lengths(member)
        if (sizeOf(member).excuses) stops.push(...sizes)
        const sums = new Set<number>()
        for (const a of sizes) for (const b of inner.sizes) sums.add(a + b)
        sizes = [...sums]
        step = divisor(step, inner.step)
      }
      return { sizes: [...new Set([...stops, ...sizes])], step }
    }
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}
