import { readdirSync } from 'node:fs'
import { extname, sep } from 'node:path'
import { EXTENSIONS } from './exports.js'

/** "Did you mean …?", if one of the candidates is near enough to be likely; `show` says how to write it. */
export function didYouMean(
  name: string,
  candidates: readonly string[],
  show: (found: string) => string,
): string | undefined {
  const bare = (text: string): string => text.toLowerCase().replace(/\.[cm]?[jt]s$/, '')
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(bare(name), bare(candidate))
    if (best === undefined || distance < best.distance) best = { candidate, distance }
  }
  // Up to a third of the letters may be wrong: beyond that a guess is noise.
  if (best === undefined || best.distance > Math.max(1, bare(name).length / 3)) return undefined
  return `Did you mean '${show(best.candidate).split(sep).join('/')}'?`
}

/** The folders and the loadable files in a folder; none if it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory() || (EXTENSIONS as readonly string[]).includes(extname(entry.name)))
      .map(entry => entry.name)
  } catch {
    return []
  }
}

/** Levenshtein distance, with a swap of neighbours as one edit (Damerau's restricted form). O(a·b) time and space. */
function editDistance(a: string, b: string): number {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number): number => table[i * width + j] ?? 0
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      let least = i + j
      if (i > 0 && j > 0) {
        least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
        const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
        if (swapped) least = Math.min(least, at(i - 2, j - 2) + 1)
      }
      table[i * width + j] = least
    }
  }
  return at(a.length, b.length)
}
