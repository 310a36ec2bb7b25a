/**
 * Where a command's keys stand, in the form in which Redis 7 states it: https://redis.io/docs/reference/key-specs
 *
 * Everything that needs a command's keys works from these specifications: access lists, the slot in a cluster, COMMAND
 * GETKEYS. So a grammar whose keys they cannot state is refused (see `validate.ts`).
 */
import type { KeyFlag, KeySpec } from '../registry/key-spec.js'
import type { KeyAccess, Members, Node } from './argument.js'
import { isFixed, sizeOf, sizeOfMembers } from './sizes.js'
import { isPrefix } from './words.js'

export interface KeysOfGrammar {
  readonly specs: readonly KeySpec[]
  /** Keys whose place cannot be stated, as the path of the argument and the reason. */
  readonly unstated: readonly { readonly path: string; readonly reason: string }[]
}

/** @param start the index of the first argument: 1, or 2 in a container */
export function keysOf(members: Members, start: number, defaultAccess: KeyAccess): KeysOfGrammar {
  const finder = new Finder(defaultAccess, start)
  finder.sequence(members, { start, after: 0 }, '')
  return finder
}

const FLAGS: Readonly<Record<KeyAccess, readonly KeyFlag[]>> = {
  read: ['RO', 'access'],
  write: ['RW', 'update'],
  'read-write': ['RW', 'access', 'update'],
  insert: ['RW', 'insert'],
  overwrite: ['OW', 'update'],
  delete: ['RM', 'delete'],
}

export const keyAccesses: readonly string[] = Object.keys(FLAGS)

/** Where a part of the grammar begins. */
interface Place {
  /** Its index in the argument vector; undefined when that varies. */
  readonly start: number | undefined
  /** How many arguments come after it; undefined when their number varies. */
  readonly after: number | undefined
}

class Finder {
  readonly specs: KeySpec[] = []
  readonly unstated: { path: string; reason: string }[] = []
  readonly #defaultAccess: KeyAccess
  readonly #first: number

  constructor(defaultAccess: KeyAccess, first: number) {
    this.#defaultAccess = defaultAccess
    this.#first = first
  }

  sequence(members: Members, place: Place, path: string): void {
    let { start } = place
    members.forEach(([name, node], index) => {
      const rest = members.slice(index + 1)
      const restIsFixed = rest.every(([, other]) => isFixed(other))
      const after = place.after === undefined || !restIsFixed ? undefined : place.after + sizeOfMembers(rest).full
      this.#part(node, { start, after }, join(path, name), rest)
      start = start !== undefined && isFixed(node) ? start + sizeOf(node).full : undefined
    })
  }

  #part(node: Node, place: Place, path: string, rest: Members): void {
    if (!hasKeys(node)) return
    const { start } = place
    switch (node.kind) {
      case 'key':
        if (start === undefined) this.#refuse(path, 'its place varies with what stands before it; put it first')
        else this.#add(node.access, { index: start }, ONE_KEY)
        return
      case 'group':
        this.sequence(node.members, place, path)
        return
      case 'optional':
        if (sizeOfMembers(rest).full > 0 || rest.some(([, other]) => hasWords(other))) {
          this.#refuse(path, 'an optional key can only be followed by other optional arguments that are no words')
        } else this.#part(node.content, { start, after: undefined }, path, [])
        return
      case 'oneOrMore':
      case 'zeroOrMore':
        this.#repeated(node.content, place, path)
        return
      case 'counted':
        if (start === undefined) this.#refuse(path, 'its place varies with what stands before it; put it first')
        else this.#counted(node.content, { index: start }, path)
        return
      case 'clause':
        this.#clause(node.spellings, node.content, start ?? this.#first, path)
        return
      case 'options':
        for (const [name, member] of node.members) this.#part(member, { start, after: undefined }, join(path, name), [])
        return
      case 'alternatives':
        this.#refuse(path, 'a form cannot hold keys; put them before the alternatives')
    }
  }

  #repeated(content: Node, place: Place, path: string): void {
    const { start, after } = place
    if (start === undefined || after === undefined) {
      this.#refuse(path, 'where these keys begin and end varies with what stands around them')
      return
    }
    const step = sizeOf(content).full
    for (const { node, offset } of keysWithin(content)) {
      this.#add(node, { index: start + offset }, { last: -(1 + after), step, limit: 0 })
    }
  }

  #counted(content: Node, begin: KeySpec['begin'], path: string): void {
    const step = sizeOf(content).full
    if (!isFixed(content)) this.#refuse(path, 'what is counted must always be the same number of arguments')
    for (const { node, offset } of keysWithin(content)) {
      this.#add(node, begin, { keynum: 0, first: 1 + offset, step })
    }
  }

  /** `STORE key`, `FROM numkeys key [key ...]`: stated once for each spelling of the word, from where it may come. */
  #clause(spellings: readonly string[], content: Node, from: number, path: string): void {
    if (spellings.some(isPrefix)) {
      this.#refuse(path, 'the word before a key must be spelt out, without *')
      return
    }
    const first = content.kind === 'group' ? content.members[0]?.[1] : content
    const more = content.kind === 'group' ? content.members.slice(1) : []
    if ((first?.kind !== 'key' && first?.kind !== 'counted') || more.some(([, other]) => hasKeys(other))) {
      this.#refuse(path, 'after a word, a key must come right away, and only one, or keys with their count')
      return
    }
    for (const spelling of spellings) {
      const begin: KeySpec['begin'] = { keyword: spelling.toUpperCase(), from }
      if (first.kind === 'key') this.#add(first.access, begin, ONE_KEY)
      else this.#counted(first.content, begin, path)
    }
  }

  #add(access: KeyAccess | undefined, begin: KeySpec['begin'], find: KeySpec['find']): void {
    this.specs.push({ flags: FLAGS[access ?? this.#defaultAccess], begin, find })
  }

  #refuse(path: string, reason: string): void {
    this.unstated.push({ path, reason })
  }
}

const ONE_KEY: KeySpec['find'] = { last: 0, step: 1, limit: 0 }

/** The keys in what is repeated: a key, or a group of fixed parts. */
function keysWithin(content: Node): { node: KeyAccess | undefined; offset: number }[] {
  if (content.kind === 'key') return [{ node: content.access, offset: 0 }]
  if (content.kind !== 'group') return []
  let offset = 0
  return content.members.flatMap(([, member]) => {
    const found = keysWithin(member).map(key => ({ node: key.node, offset: key.offset + offset }))
    offset += sizeOf(member).full
    return found
  })
}

export function hasKeys(node: Node): boolean {
  switch (node.kind) {
    case 'key':
      return true
    case 'group':
    case 'options':
      return node.members.some(([, member]) => hasKeys(member))
    case 'optional':
    case 'clause':
    case 'oneOrMore':
    case 'zeroOrMore':
    case 'counted':
      return hasKeys(node.content)
    case 'alternatives':
      return node.forms.some(hasKeys)
    default:
      return false
  }
}

function hasWords(node: Node): boolean {
  return node.kind === 'flag' || node.kind === 'clause' || node.kind === 'options'
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
