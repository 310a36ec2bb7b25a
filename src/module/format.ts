/** The inverse of `parse.ts`: from the values of a call to the argument vector that a client would send. */
import type { ByteString } from '../bytes/bytes.js'
import { fromUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { isLeaf, type LeafNode, type Members, type Node } from './argument.js'
import { type BytesLike, describe, latin1 } from './bytes.js'
import { formatNumber } from './effects.js'
import { type ArgumentsParser, keywordsOf } from './parse.js'
import { isFixed } from './sizes.js'
import { written } from './words.js'

/** Throws a TypeError or a RangeError that names the argument, when a value is not what the grammar says. */
export type ArgumentsFormatter = (values: unknown) => ByteString[]

/**
 * @param name what the vector begins with: the command's name, and the subcommand's
 * @param parse the parser of the same command, to make sure that no value reads as one of its options
 */
export function compileFormatter(
  members: Members,
  name: readonly ByteString[],
  parse: ArgumentsParser,
): ArgumentsFormatter {
  const ambiguous = canReadOtherwise(members)
  return values => {
    const argv = [...name]
    formatMembers(members, values ?? {}, argv, '')
    if (ambiguous && !readsBack(members, values ?? {}, argv, parse)) {
      throw new RangeError(
        `one of the arguments of ${name.join(' ')} reads as one of its options: ${argv.slice(name.length).join(' ')}`,
      )
    }
    return argv
  }
}

/**
 * Whether a vector might be read otherwise than it was meant: not when nothing is told by a word, and all that varies is
 * how often one part of fixed size comes, which the number of arguments then tells.
 */
function canReadOtherwise(members: Members): boolean {
  const varying = members.filter(([, node]) => !isFixed(node))
  return (
    members.some(([, node]) => keywordsOf(node).length > 0) ||
    varying.length > 1 ||
    varying.some(([, node]) => !('content' in node && node.kind !== 'clause' && isFixed(node.content)))
  )
}

function readsBack(members: Members, values: unknown, argv: readonly ByteString[], parse: ArgumentsParser): boolean {
  try {
    return outline(members, values) === outline(members, parse(argv))
  } catch (error) {
    if (error instanceof ReplyError) return false
    throw error
  }
}

function formatMembers(members: Members, values: unknown, argv: ByteString[], path: string): void {
  if (typeof values !== 'object' || values === null) {
    throw new TypeError(`${path === '' ? 'the arguments' : path} must be an object, not ${describe(values)}`)
  }
  const given = values as Record<string, unknown>
  for (const name in given) {
    if (!members.some(([known]) => known === name) && given[name] !== undefined) {
      throw new TypeError(`${join(path, name)} is not an argument of this command`)
    }
  }
  for (const [name, node] of members) format(node, given[name], argv, join(path, name))
}

function format(node: Node, value: unknown, argv: ByteString[], path: string): void {
  if (isLeaf(node)) {
    argv.push(formatLeaf(node, value, path))
    return
  }
  switch (node.kind) {
    case 'flag':
      if (value === true) argv.push(written(node.spellings[0] as string))
      else if (value !== false && value !== undefined) throw wrong(path, 'true or false', value)
      return
    case 'clause':
      if (value === undefined) return
      argv.push(written(node.spellings[0] as string))
      format(node.content, value, argv, path)
      return
    case 'optional':
      if (value !== undefined) format(node.content, value, argv, path)
      return
    case 'options':
      if (value === undefined) return
      formatOptions(node.members, value, argv, path)
      return
    case 'group':
      formatMembers(node.members, value, argv, path)
      return
    case 'oneOrMore':
    case 'zeroOrMore': {
      if (value === undefined && node.kind === 'zeroOrMore') return
      const items = listOf(value, path)
      if (items.length === 0 && node.kind === 'oneOrMore') throw new RangeError(`${path} must not be empty`)
      items.forEach((item, index) => {
        format(node.content, item, argv, `${path}[${index}]`)
      })
      return
    }
    case 'counted': {
      const items = listOf(value, path)
      if (items.length < node.min) throw new RangeError(`${path} must have at least ${node.min} items`)
      argv.push(String(items.length))
      items.forEach((item, index) => {
        format(node.content, item, argv, `${path}[${index}]`)
      })
      return
    }
    case 'alternatives':
      format(node.forms[formOf(node.forms, value, path)] as Node, value, argv, path)
  }
}

/** An absent `oneOf` is an option not given; elsewhere it is an error. */
function formatOptions(members: Members, value: unknown, argv: ByteString[], path: string): void {
  const present = members.filter(
    ([name, node]) => node.kind !== 'oneOf' || (value as Record<string, unknown>)[name] !== undefined,
  )
  const known = new Set(members.map(([name]) => name))
  for (const name in value as object) {
    if (!known.has(name)) throw new TypeError(`${join(path, name)} is not an option of this command`)
  }
  for (const [name, node] of present) format(node, (value as Record<string, unknown>)[name], argv, join(path, name))
}

function formatLeaf(node: LeafNode, value: unknown, path: string): ByteString {
  switch (node.kind) {
    case 'key':
    case 'bytes':
      return latin1(value as BytesLike, path)
    case 'text':
      if (typeof value !== 'string') throw wrong(path, 'text', value)
      return fromUtf8(value)
    case 'integer':
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(path, 'an integer', value)
      return inRange(value, node.min, node.max, path)
    case 'bigint':
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw wrong(path, 'an integer', value)
      return inRange(BigInt(value as bigint | number), node.min, node.max, path)
    case 'number':
      if (typeof value !== 'number' || Number.isNaN(value)) throw wrong(path, 'a number', value)
      inRange(value, node.min, node.max, path)
      return formatNumber(value)
    case 'oneOf': {
      const word = node.words.find(known => known.value === value)
      if (word === undefined) throw wrong(path, `one of ${node.words.map(known => known.value).join(', ')}`, value)
      return written(word.spellings[0] as string)
    }
  }
}

function inRange<N extends number | bigint>(value: N, min: N, max: N, path: string): ByteString {
  if (value < min || value > max) throw new RangeError(`${path} must be from ${min} to ${max}, not ${value}`)
  return value === 0 ? '0' : String(value)
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'an array', value)
  return value
}

/** The index of the form whose arguments are the ones given. */
function formOf(forms: readonly Node[], value: unknown, path: string): number {
  const index = forms.findIndex(form => {
    try {
      format(form, value, [], path)
      return true
    } catch {
      return false
    }
  })
  if (index < 0) throw wrong(path, 'one of the forms of the command', value)
  return index
}

/**
 * Which of the parts of the grammar that may be absent are there, and how often the repeated ones: two sets of values
 * with the same outline are written alike. Compared after a call has been written and read back.
 */
function outline(members: Members, values: unknown): string {
  const given = values as Record<string, unknown>
  return members.map(([name, node]) => outlineOf(node, given[name])).join(',')
}

function outlineOf(node: Node, value: unknown): string {
  switch (node.kind) {
    case 'flag':
      return value === true ? '1' : '0'
    case 'oneOf':
      return String(value)
    case 'clause':
      return value === undefined ? '-' : outlineOf(node.content, value)
    case 'optional':
      return outlineOf(node.content, value ?? node.fallback)
    case 'group':
      return value === undefined ? '-' : `(${outline(node.members, value)})`
    case 'options':
      return `(${outline(node.members, value ?? {})})`
    case 'oneOrMore':
    case 'zeroOrMore':
    case 'counted':
      return `[${((value ?? []) as readonly unknown[]).map(item => outlineOf(node.content, item)).join(',')}]`
    case 'alternatives':
      return `${formOf(node.forms, value, '')}`
    default:
      return value === undefined ? '-' : '+'
  }
}

function wrong(path: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`${path} must be ${wanted}, not ${describe(value)}`)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
