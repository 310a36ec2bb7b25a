/** A command's arguments as COMMAND DOCS shows them. */
import type { ArgumentDoc } from '../registry/argument-doc.js'
import { isLeaf, type Members, type Node } from './argument.js'
import { singular } from './syntax.js'
import { written } from './words.js'

export function argumentDocsOf(members: Members): ArgumentDoc[] {
  const keys = { next: 0 }
  return members.flatMap(([name, node]) => describe(name, node, keys))
}

/** The specifications of keys are numbered in the order of the grammar: see `keys.ts`. */
interface KeyCounter {
  next: number
}

function describe(name: string, node: Node, keys: KeyCounter): ArgumentDoc[] {
  if (isLeaf(node)) return [leaf(name, node, keys)]
  switch (node.kind) {
    case 'flag':
      return [{ name, type: 'pure-token', token: token(node.spellings), flags: ['optional'] }]
    case 'clause': {
      const before = keys.next
      const content = one(name, describe(name, node.content, keys))
      // A key after a word that has several spellings has a specification for each.
      if (keys.next > before) keys.next += node.spellings.length - 1
      return [ordered({ ...content, token: token(node.spellings), flags: flags(content, 'optional') })]
    }
    case 'optional': {
      const content = one(name, describe(name, node.content, keys))
      return [ordered({ ...content, flags: flags(content, 'optional') })]
    }
    case 'options':
      return node.members.flatMap(([member, option]) =>
        describe(member, option, keys).map(doc => ordered({ ...doc, flags: flags(doc, 'optional') })),
      )
    case 'group':
      return [
        block(
          name,
          node.members.flatMap(([member, inner]) => describe(member, inner, keys)),
        ),
      ]
    case 'oneOrMore':
    case 'zeroOrMore': {
      const each = one(singular(name), describe(singular(name), node.content, keys))
      return [ordered({ ...each, flags: node.kind === 'zeroOrMore' ? ['optional', 'multiple'] : ['multiple'] })]
    }
    case 'counted': {
      const each = one(singular(name), describe(singular(name), node.content, keys))
      const count: ArgumentDoc = { name: node.name ?? `num${name.toLowerCase()}`, type: 'integer' }
      return [count, ordered({ ...each, flags: node.min === 0 ? ['optional', 'multiple'] : ['multiple'] })]
    }
    case 'alternatives':
      return [
        {
          name,
          type: 'oneof',
          arguments: node.forms.map((form, index) => one(`${name}${index + 1}`, describe(name, form, keys))),
        },
      ]
  }
}

function leaf(name: string, node: Extract<Node, { name?: string }>, keys: KeyCounter): ArgumentDoc {
  const shown = node.name ?? name
  switch (node.kind) {
    case 'key':
      return { name: shown, type: 'key', keySpecIndex: keys.next++ }
    case 'integer':
    case 'bigint':
      return { name: shown, type: 'integer' }
    case 'number':
      return { name: shown, type: 'double' }
    case 'oneOf':
      return {
        name: shown,
        type: 'oneof',
        arguments: node.words.map(({ value, spellings }) => ({
          name: value,
          type: 'pure-token',
          token: token(spellings),
        })),
      }
    default:
      return { name: shown, type: 'string' }
  }
}

function one(name: string, docs: readonly ArgumentDoc[]): ArgumentDoc {
  const [only] = docs
  return docs.length === 1 && only !== undefined ? only : block(name, docs)
}

function block(name: string, docs: readonly ArgumentDoc[]): ArgumentDoc {
  return { name, type: 'block', arguments: docs }
}

function flags(doc: ArgumentDoc, flag: 'optional'): NonNullable<ArgumentDoc['flags']> {
  const already = doc.flags ?? []
  return already.includes(flag) ? already : [flag, ...already]
}

function ordered({ name, type, keySpecIndex, token, flags, arguments: inner }: ArgumentDoc): ArgumentDoc {
  return {
    name,
    type,
    ...(keySpecIndex !== undefined && { keySpecIndex }),
    ...(token !== undefined && { token }),
    ...(flags !== undefined && { flags }),
    ...(inner !== undefined && { arguments: inner }),
  }
}

function token(spellings: readonly string[]): string {
  return written(spellings[0] ?? '').toUpperCase()
}
