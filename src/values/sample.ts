/**
 * `count` different positions from 0 to size - 1, each choice with the same probability, in random order. `count` is at
 * most `size`; `random` gives numbers in [0, 1). O(count).
 */
export function samplePositions(size: number, count: number, random: () => number): number[] {
  // The first `count` steps of a Fisher-Yates shuffle. Where it would touch few of the positions, only those that are not
  // where they began are written down; otherwise an array of all is quicker.
  return count * SPARSE < size ? shuffleSparse(size, count, random) : shuffleDense(size, count, random)
}

const SPARSE = 8

function shuffleDense(size: number, count: number, random: () => number): number[] {
  const positions = Array.from({ length: size }, (_, position) => position)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (size - i))
    const picked = positions[j]!
    positions[j] = positions[i]!
    positions[i] = picked
  }
  positions.length = count
  return positions
}

function shuffleSparse(size: number, count: number, random: () => number): number[] {
  const moved = new Map<number, number>()
  const picked: number[] = []
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (size - i))
    picked.push(moved.get(j) ?? j)
    moved.set(j, moved.get(i) ?? i)
  }
  return picked
}
