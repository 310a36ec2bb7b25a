import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'

/** What a command does to the keys that a key spec finds (https://redis.io/docs/reference/key-specs). */
export type KeyFlag =
  | 'RO'
  | 'RW'
  | 'OW'
  | 'RM'
  | 'access'
  | 'update'
  | 'insert'
  | 'delete'
  | 'not_key'
  | 'incomplete'
  | 'variable_flags'

/** Where a command's keys are. Indices count the command's name as 0. */
export interface KeySpec {
  readonly flags: readonly KeyFlag[]
  readonly begin: { readonly index: number } | { readonly keyword: string; readonly from: number }
  /** `last`, `step`, `limit` are relative to the beginning, as in COMMAND INFO; `keynum`: a count of keys comes first. */
  readonly find:
    | { readonly last: number; readonly step: number; readonly limit: number }
    | { readonly keynum: number; readonly first: number; readonly step: number }
  readonly notes?: string
}

/** A word of a call that is a key, and what the command does to it. */
export interface FoundKey {
  /** In argv. */
  readonly index: number
  readonly flags: readonly KeyFlag[]
}

/**
 * The indices in argv of a call's keys, in the order of the key specs. Undefined when the call cannot be valid (a
 * count of keys that is no number, or more than there are arguments).
 */
export function keyIndices(specs: readonly KeySpec[], argv: readonly ByteString[]): number[] | undefined {
  return findKeys(specs, argv)?.map(({ index }) => index)
}

/** The same with what the command does to each key. What a spec finds that is marked `not_key` is left out. */
export function findKeys(specs: readonly KeySpec[], argv: readonly ByteString[]): FoundKey[] | undefined {
  const found: FoundKey[] = []
  for (const { begin, find, flags } of specs) {
    if (flags.includes('not_key')) continue
    const start = beginOf(begin, argv)
    // An option that is not given.
    if (start === undefined) continue
    let first = start
    let last: number
    if ('keynum' in find) {
      const count = parseInteger(argv[start + find.keynum] ?? '')
      if (count === undefined || count < 0) return undefined
      if (count === 0) continue
      first += find.first
      last = first + count - 1
    } else if (find.last >= 0) last = first + find.last
    else if (find.limit === 0) last = argv.length + find.last
    // With a limit, the keys are only that fraction of the words that are left (streams before their IDs).
    else last = first + Math.floor((argv.length - first) / find.limit) + find.last
    // An optional key that is not given: the others stand.
    if (!('keynum' in find) && first >= argv.length) continue
    if (first >= argv.length || last >= argv.length || last < first) return undefined
    for (let index = first; index <= last; index += find.step) found.push({ index, flags })
  }
  return found
}

function beginOf(begin: KeySpec['begin'], argv: readonly ByteString[]): number | undefined {
  if ('index' in begin) return begin.index
  const { from } = begin
  const keyword = begin.keyword.toLowerCase()
  const step = from > 0 ? 1 : -1
  for (let i = from > 0 ? from : argv.length + from; i > 0 && i < argv.length; i += step) {
    if (argv[i]!.toLowerCase() === keyword) return i + 1
  }
  return undefined
}

/** The first key, the last (negative: from the end) and the step, as Redis told them before it had key specs. */
export interface LegacyKeys {
  readonly first: number
  readonly last: number
  readonly step: number
  /** Whether there are keys that these three do not tell. */
  readonly movable: boolean
}

/** As redis-server 7.0 works them out: from the specs with an index and a range that adjoin each other. */
export function legacyKeys(specs: readonly KeySpec[]): LegacyKeys {
  const [only] = specs
  if (specs.length === 1 && only !== undefined && 'index' in only.begin && 'last' in only.find) {
    const { index } = only.begin
    const { last, step } = only.find
    return { first: index, last: last < 0 ? last : index + last, step, movable: only.flags.includes('incomplete') }
  }
  let [first, last, movable] = [0, 0, false]
  for (const { begin, find, flags } of specs) {
    if (flags.includes('incomplete')) movable = true
    const adjoins = first === 0 || ('index' in begin && last === begin.index - 1)
    if (!('index' in begin) || !('last' in find) || find.step !== 1 || !adjoins) {
      movable = true
      continue
    }
    if (first === 0) first = begin.index
    last = find.last < 0 ? find.last : begin.index + find.last
  }
  return first === 0 ? { first: 0, last: 0, step: 0, movable } : { first, last, step: 1, movable }
}
