/** The one line that says how a command is written: `HMSETNX key field value [field value ...]`. */
import { isLeaf, type LeafNode, type Members, type Node } from './argument.js'
import { written } from './words.js'

/** @param name as it is to be shown: `HMSETNX`, `SCRIPTNAME SET` */
export function syntaxOf(name: string, members: Members): string {
  return [name, ...sequence(members)].join(' ')
}

/** The name of one item of a list: `keys` are each a `key`, `entries` an `entry`. */
export function singular(name: string): string {
  if (name.length > 3 && name.endsWith('ies')) return `${name.slice(0, -3)}y`
  return name.length > 1 && name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name
}

/** Optional arguments in a row are filled from the left, so that each stands inside the one before: `[a [b]]`. */
function sequence(members: Members): string[] {
  const parts: string[] = []
  for (let i = 0; i < members.length; i++) {
    const [name, node] = members[i] as Members[number]
    if (node.kind !== 'optional' || isWord(node.content)) {
      const part = show(name, node)
      if (part !== '') parts.push(part)
      continue
    }
    const inner = [show(name, node.content)]
    let depth = 1
    for (; isPositionalOptional(members[i + 1]?.[1]); i++, depth++) {
      const [nextName, next] = members[i + 1] as Members[number]
      if (next.kind === 'optional') inner.push(`[${show(nextName, next.content)}`)
    }
    parts.push(`[${inner.join(' ')}${']'.repeat(depth)}`)
  }
  return parts
}

function isPositionalOptional(node: Node | undefined): boolean {
  return node?.kind === 'optional' && !isWord(node.content)
}

function isWord(node: Node): boolean {
  return node.kind === 'flag' || node.kind === 'clause'
}

function show(name: string, node: Node): string {
  if (isLeaf(node)) return leaf(name, node)
  switch (node.kind) {
    case 'flag':
      return `[${word(node.spellings)}]`
    case 'clause':
      return `[${word(node.spellings)} ${show(name, node.content)}]`
    case 'optional':
      return isWord(node.content) ? show(name, node.content) : `[${show(name, node.content)}]`
    case 'group':
      return sequence(node.members).join(' ')
    case 'options':
      return node.members.map(([member, option]) => showOption(member, option)).join(' ')
    case 'oneOrMore': {
      const each = show(singular(name), node.content)
      return `${each} [${each} ...]`
    }
    case 'zeroOrMore': {
      const each = show(singular(name), node.content)
      return `[${each} [${each} ...]]`
    }
    case 'counted': {
      const count = node.name ?? `num${name.toLowerCase()}`
      const each = show(singular(name), node.content)
      return node.min === 0 ? `${count} [${each} [${each} ...]]` : `${count} ${each} [${each} ...]`
    }
    case 'alternatives':
      return `<${node.forms.map(form => show(name, form)).join(' | ')}>`
  }
}

function showOption(name: string, node: Node): string {
  if (node.kind === 'optional') return showOption(name, node.content)
  return isLeaf(node) ? `[${leaf(name, node).toUpperCase()}]` : show(name, node)
}

function leaf(name: string, node: LeafNode): string {
  return node.kind === 'oneOf' ? node.words.map(({ value }) => value).join('|') : (node.name ?? name)
}

function word(spellings: readonly string[]): string {
  return written(spellings[0] ?? '').toUpperCase()
}
