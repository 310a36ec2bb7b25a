import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Block {
  /** The first word after the fence. */
  readonly language: string
  /** What follows it: `file=stock.ts` as a value, `save` as an empty one. */
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string
  /** The number of its first line in the document. */
  readonly line: number
}

export interface Link {
  readonly target: string
  readonly line: number
}

export interface Document {
  /** Path from the project's folder. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
  /** Of its headings: what follows `#` in links. */
  readonly anchors: ReadonlySet<string>
  readonly links: readonly Link[]
}

/** Everything that people read: at the top, in docs, and beside the modules. */
export function documents(): Document[] {
  const below = (folder: string, depth: number): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return depth > 0 ? below(path, depth - 1) : []
      return entry.name.endsWith('.md') ? [path] : []
    })
  return [...below('.', 0), ...below('docs', 1), ...below('modules', 1)].map(readDocument)
}

function readDocument(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8')
  const blocks: Block[] = []
  const links: Link[] = []
  const anchors = new Set<string>()
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const fence = /^```(\S*) *(.*)$/.exec(line)
    if (fence !== null) {
      const start = ++i
      while (i < lines.length && lines[i] !== '```') i++
      const inner = lines.slice(start, i).join('\n')
      blocks.push({ language: fence[1]!, attributes: parseAttributes(fence[2]!), text: inner, line: start + 1 })
      continue
    }
    const heading = /^#+ (.*)$/.exec(line)
    if (heading !== null) anchors.add(anchorOf(heading[1]!))
    for (const [, target] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      links.push({ target: target!, line: i + 1 })
    }
  }
  return { path, text, blocks, anchors, links }
}

function parseAttributes(words: string): Map<string, string> {
  const pairs = words.split(/ +/).filter(word => word !== '')
  return new Map(pairs.map(pair => [pair.split('=')[0]!, pair.split('=').slice(1).join('=')]))
}

/** As GitHub makes them: lower case, without punctuation, spaces as hyphens. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
