import type { ArgumentDoc } from '../registry/argument-doc.js'

/**
 * The arguments that a syntax line says, as COMMAND DOCS gives them.
 *
 * The notation: `word` is a value and `WORD` a token, which takes the values that follow it; `[a]` is optional;
 * `<A | B>` and `[A | B]` are choices; `a b [a b ...]` repeats. What a word is follows from its name. Redis gives names
 * to choices, and has types and versions, that no line can say: `argument-details.ts` adds those.
 *
 * @param keySpecs how many key specs the command has: the first word that names a key is the first one's, and so on
 * @throws an Error for a line that is not in the notation
 */
export function parseSyntax(syntax: string, keySpecs: number): ArgumentDoc[] {
  const reader = new Reader(syntax)
  const elements = reader.sequence()
  reader.end()
  return describe(elements, { next: 0, last: keySpecs - 1 })
}

/** What stands in brackets, or a word. */
type Element =
  | { readonly kind: 'word'; readonly text: string }
  | {
      readonly kind: 'group'
      readonly optional: boolean
      readonly choices: readonly (readonly Element[])[]
      /** `...` stands at its end. */
      readonly repeats: boolean
    }

class Reader {
  readonly #words: readonly string[]
  #at = 0

  constructor(readonly syntax: string) {
    this.#words = syntax.match(/\.\.\.|[[\]<>|]|[^\s[\]<>|]+/g) ?? []
  }

  sequence(): Element[] {
    const elements: Element[] = []
    for (;;) {
      const word = this.#words[this.#at]
      if (word === undefined || word === ']' || word === '>' || word === '|' || word === '...') return elements
      this.#at++
      elements.push(word === '[' || word === '<' ? this.#group(word) : { kind: 'word', text: word })
    }
  }

  end(): void {
    if (this.#at < this.#words.length) this.#fail()
  }

  #group(opening: '[' | '<'): Element {
    const choices = [this.sequence()]
    while (this.#words[this.#at] === '|') {
      this.#at++
      choices.push(this.sequence())
    }
    const repeats = this.#words[this.#at] === '...'
    if (repeats) this.#at++
    if (this.#words[this.#at] !== (opening === '[' ? ']' : '>') || choices.some(choice => choice.length === 0))
      this.#fail()
    this.#at++
    return { kind: 'group', optional: opening === '[', choices, repeats }
  }

  #fail(): never {
    throw new Error(`no syntax line, at ${this.#words[this.#at] ?? 'its end'}: ${this.syntax}`)
  }
}

/** Numbers the words that are keys: which key spec finds them. */
interface KeyCounter {
  next: number
  readonly last: number
}

/** The arguments that elements in a row are. */
function describe(elements: readonly Element[], keys: KeyCounter): ArgumentDoc[] {
  const docs: ArgumentDoc[] = []
  for (let i = 0; i < elements.length; ) {
    const own = repeated(elements, i)
    if (own === undefined) {
      const taken = tokenEnd(elements, i)
      docs.push(one(elements.slice(i, taken), keys))
      i = taken
    } else {
      const each = one(own, keys)
      docs.push({ ...each, flags: ['multiple', ...(isToken(own[0]) ? (['multiple_token'] as const) : [])] })
      i += own.length + 1
    }
  }
  return docs
}

/** The elements from `start` on that the group after them repeats: of `a b [a b ...]`, `a b`. */
function repeated(elements: readonly Element[], start: number): readonly Element[] | undefined {
  for (let end = start + 1; end < elements.length; end++) {
    const group = elements[end]
    if (group?.kind !== 'group' || !group.repeats) continue
    const own = elements.slice(start, end)
    return JSON.stringify(group.choices) === JSON.stringify([own]) ? own : undefined
  }
  return undefined
}

/** The end of the argument that begins here: a token takes the values after it, but not what may be left out. */
function tokenEnd(elements: readonly Element[], start: number): number {
  let end = start + 1
  if (isToken(elements[start])) while (end < elements.length && isValue(elements[end])) end++
  return end
}

function isValue(element: Element | undefined): boolean {
  return element?.kind === 'word' ? !isToken(element) : element !== undefined && !element.optional
}

function isToken(element: Element | undefined): boolean {
  return element?.kind === 'word' && /^[A-Z][A-Z0-9_-]*$/.test(element.text)
}

/** Elements as one argument: a block if they are several. */
function one(elements: readonly Element[], keys: KeyCounter): ArgumentDoc {
  const [first] = elements
  if (first?.kind === 'word' && isToken(first)) {
    // A token may be followed by a repetition of its value: `WEIGHTS weight [weight ...]`.
    if (elements.length === 1) return { name: first.text.toLowerCase(), type: 'pure-token', token: first.text }
    const rest = describe(elements.slice(1), keys)
    return { ...together(rest), token: first.text }
  }
  if (elements.length > 1) return together(describe(elements, keys))
  if (first?.kind === 'word') return word(first.text, keys)
  if (first === undefined) throw new Error('an argument of no elements')
  return group(first, keys)
}

function group({ optional, choices }: Extract<Element, { kind: 'group' }>, keys: KeyCounter): ArgumentDoc {
  const docs = choices.map(choice => together(sequenceOf(choice, keys)))
  const [only] = docs
  const doc: ArgumentDoc =
    docs.length === 1 && only !== undefined
      ? only
      : { name: docs.map(({ name }) => name).join('_'), type: 'oneof', arguments: docs }
  return optional ? { ...doc, flags: ['optional', ...(doc.flags ?? [])] } : doc
}

/** What stands in brackets: a token there takes a repetition of its values too. */
function sequenceOf(elements: readonly Element[], keys: KeyCounter): ArgumentDoc[] {
  const [token, value, more] = elements
  const repeatsValue = more?.kind === 'group' && more.repeats && elements.length === 3
  if (isToken(token) && token?.kind === 'word' && value !== undefined && repeatsValue) {
    if (JSON.stringify(more.choices) === JSON.stringify([[value]])) {
      return [{ ...one([value], keys), token: token.text, flags: ['multiple'] }]
    }
  }
  return describe(elements, keys)
}

function together(docs: readonly ArgumentDoc[]): ArgumentDoc {
  const [only] = docs
  if (docs.length === 1 && only !== undefined) return only
  return { name: docs.map(({ name }) => name).join('_'), type: 'block', arguments: docs }
}

function word(name: string, keys: KeyCounter): ArgumentDoc {
  const isKey = KEYS.has(name) && keys.last >= 0
  if (isKey) return { name, type: 'key', keySpecIndex: Math.min(keys.next++, keys.last) }
  const type = TYPES.get(name) ?? 'string'
  return { name, type }
}

const KEYS = new Set(['key', 'key1', 'key2', 'source', 'destination', 'destkey', 'sourcekey', 'dst', 'src', 'newkey'])

/** The types that follow from a word's name, where it is always the same. Other words are strings. */
const TYPES: ReadonlyMap<string, ArgumentDoc['type']> = new Map([
  ...[
    ...['count', 'cursor', 'decrement', 'index', 'limit', 'milliseconds', 'num-matches', 'numkeys', 'offset', 'rank'],
    ...[
      'seconds',
      'weight',
      'frequency',
      'ttl',
      'destination-db',
      'index1',
      'index2',
      'db',
      'client-id',
      'version',
      'ms',
    ],
    ...['port', 'numreplicas', 'protover', 'bits', 'start-slot', 'end-slot', 'slot'],
  ].map(name => [name, 'integer'] as const),
  ...['longitude', 'latitude', 'radius', 'width', 'height', 'score'].map(name => [name, 'double'] as const),
  ...['unix-time-seconds', 'unix-time-milliseconds'].map(name => [name, 'unix-time'] as const),
  ['pattern', 'pattern'],
])
