import { EventChannel, EventClass } from '../keyspace/events.js'
import { InvalidValue } from './errors.js'
import { type ParameterType, quotedLine, single } from './parameter-type.js'

/** `notify-keyspace-events`: where events go and which ones, as EventChannel and EventClass bits of a number. */
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
  ['g', EventClass.generic],
  ['$', EventClass.string],
  ['l', EventClass.list],
  ['s', EventClass.set],
  ['h', EventClass.hash],
  ['z', EventClass.zset],
  ['x', EventClass.expired],
  ['e', EventClass.evicted],
  ['t', EventClass.stream],
  ['d', EventClass.module],
  ['n', EventClass.new],
  ['K', EventChannel.keyspace],
  ['E', EventChannel.keyevent],
  ['m', EventClass.miss],
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
