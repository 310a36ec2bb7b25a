import { InvalidValue } from './errors.js'
import { type ParameterType, quotedLine, single } from './parameter-type.js'

/** What `notify-keyspace-events` asks for: where events go (`keyspace`, `keyevent`), and which ones. Bits of a number. */
export const keyspaceEvent = {
  keyspace: 1 << 0,
  keyevent: 1 << 1,
  generic: 1 << 2,
  string: 1 << 3,
  list: 1 << 4,
  set: 1 << 5,
  hash: 1 << 6,
  zset: 1 << 7,
  expired: 1 << 8,
  evicted: 1 << 9,
  stream: 1 << 10,
  keyMiss: 1 << 11,
  module: 1 << 13,
  newKey: 1 << 14,
} as const

export function keyspaceEvents(): ParameterType<number> {
  return {
    ...single('letters of KEg$lshzxetdmnA', argument => {
      const value = parse(argument)
      return { value, text: format(value) }
    }),
    lines: quotedLine,
  }
}

/** In the order in which CONFIG GET writes them. */
const LETTERS: readonly (readonly [letter: string, bit: number])[] = [
  ['g', keyspaceEvent.generic],
  ['$', keyspaceEvent.string],
  ['l', keyspaceEvent.list],
  ['s', keyspaceEvent.set],
  ['h', keyspaceEvent.hash],
  ['z', keyspaceEvent.zset],
  ['x', keyspaceEvent.expired],
  ['e', keyspaceEvent.evicted],
  ['t', keyspaceEvent.stream],
  ['d', keyspaceEvent.module],
  ['n', keyspaceEvent.newKey],
  ['K', keyspaceEvent.keyspace],
  ['E', keyspaceEvent.keyevent],
  ['m', keyspaceEvent.keyMiss],
]

/** `A` stands for these; misses and new keys must be asked for by name. */
const ALL = LETTERS.reduce((bits, [letter, bit]) => ('g$lshzxetd'.includes(letter) ? bits | bit : bits), 0)

function parse(letters: string): number {
  let bits = 0
  for (const letter of letters) {
    const bit = letter === 'A' ? ALL : LETTERS.find(([known]) => known === letter)?.[1]
    if (bit === undefined) throw new InvalidValue("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
    bits |= bit
  }
  return bits
}

function format(bits: number): string {
  const isAll = (bits & ALL) === ALL
  // Redis leaves `n` out beside `A`. Ours keeps it, or CONFIG REWRITE would lose what was asked for.
  const rest = isAll ? bits & ~ALL : bits
  return (isAll ? 'A' : '') + LETTERS.map(([letter, bit]) => (rest & bit ? letter : '')).join('')
}
