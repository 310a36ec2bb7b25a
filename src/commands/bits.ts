import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { type BitOperation, type Bytes, bitAt, combineBits, countBits, findBit } from '../values/string-bits.js'
import { stringBytes } from '../values/string-value.js'
import { bitOffsetArgument, growToBit } from './bit-access.js'
import { bitfieldCommands } from './bitfield.js'
import { keyAt, keysFrom } from './key-specs.js'
import { readString } from './lookup.js'
import { fromStart, integerArgument } from './string-access.js'

const group = 'bitmap'
const categories = ['bitmap']

/** Strings as arrays of bits. */
const singleBitCommands: readonly CommandDefinition[] = [
  {
    name: 'setbit',
    summary: 'Sets or clears one bit of a string, and answers what it was.',
    since: '2.2.0',
    group,
    complexity: 'O(1), but for the zero bytes that a string grows by',
    syntax: 'key offset value',
    arity: 4,
    flags: ['write', 'denyoom'],
    categories,
    keys: [keyAt(1, 'RW', 'access', 'update')],
    run: setbit,
  },
  {
    name: 'getbit',
    summary: 'Answers one bit of a string.',
    since: '2.2.0',
    group,
    complexity: 'O(1)',
    syntax: 'key offset',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories,
    keys: [keyAt(1, 'RO', 'access')],
    run: getbit,
  },
  {
    name: 'bitcount',
    summary: 'Counts the bits that are set in a string or a part of it.',
    since: '2.6.0',
    group,
    complexity: 'O(N) with the length of the part',
    syntax: 'key [start end [BYTE | BIT]]',
    arity: -2,
    flags: ['readonly'],
    categories,
    keys: [keyAt(1, 'RO', 'access')],
    run: bitcount,
  },
  {
    name: 'bitpos',
    summary: 'Finds the first bit that is set, or clear, in a string or a part of it.',
    since: '2.8.7',
    group,
    complexity: 'O(N) with the length of the part',
    syntax: 'key bit [start [end [BYTE | BIT]]]',
    arity: -3,
    flags: ['readonly'],
    categories,
    keys: [keyAt(1, 'RO', 'access')],
    run: bitpos,
  },
  {
    name: 'bitop',
    summary: 'Combines strings bit by bit (AND, OR, XOR, NOT) and keeps the result in a key.',
    since: '2.6.0',
    group,
    complexity: 'O(N) with the length of all strings together',
    syntax: 'operation destkey key [key ...]',
    arity: -4,
    flags: ['write', 'denyoom'],
    categories,
    keys: [keyAt(2, 'OW', 'update'), keysFrom(3, 'RO', 'access')],
    run: bitop,
  },
]

export const bitCommands: readonly CommandDefinition[] = [...singleBitCommands, ...bitfieldCommands]

function setbit(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const position = bitOffsetArgument(client, argv[2]!)
  const bit = integerArgument(argv[3]!, invalidBit)
  if (bit !== 0 && bit !== 1) throw invalidBit
  const { bytes, grown } = growToBit(client.database, key, position)
  const was = bitAt(bytes, position)
  if (grown || was !== bit) {
    const mask = 0x80 >> (position & 7)
    const at = Math.floor(position / 8)
    if (bit === 1) bytes[at]! |= mask
    else bytes[at]! &= ~mask
    client.database.changed(key, EventClass.string, 'setbit')
  }
  client.reply.integer(was)
}

function getbit(client: Client, argv: readonly ByteString[]): void {
  const position = bitOffsetArgument(client, argv[2]!)
  const value = readString(client.database, argv[1]!)
  client.reply.integer(value === undefined ? 0 : bitAt(stringBytes(value), position))
}

function bitcount(client: Client, argv: readonly ByteString[]): void {
  // Redis looks at the key first: without one, the answer is 0 whatever the other arguments are.
  const value = readString(client.database, argv[1]!)
  if (value === undefined) {
    client.reply.integer(0)
    return
  }
  const bytes = stringBytes(value)
  if (argv.length === 2) {
    client.reply.integer(countBits(bytes, 0, bytes.length * 8))
    return
  }
  if (argv.length !== 4 && argv.length !== 5) throw errors.syntax
  const start = integerArgument(argv[2]!)
  const end = integerArgument(argv[3]!)
  // Both from the end and the wrong way round: empty, even where both come to lie at the beginning. Redis answers this
  // before it looks at the unit.
  if (start < 0 && end < 0 && start > end) {
    client.reply.integer(0)
    return
  }
  const scale = argv.length === 5 ? unitArgument(argv[4]!) : 8
  const range = clip(bytes, fromStart(start, units(bytes, scale)), fromStart(end, units(bytes, scale)), scale)
  client.reply.integer(countBits(bytes, range.first, range.end))
}

function bitpos(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const bit = integerArgument(argv[2]!)
  if (bit !== 0 && bit !== 1) throw notBit
  const value = readString(client.database, argv[1]!)
  if (value === undefined) {
    reply.integer(bit === 1 ? -1 : 0)
    return
  }
  const bytes = stringBytes(value)
  if (argv.length > 6) throw errors.syntax
  const start = argv.length > 3 ? integerArgument(argv[3]!) : 0
  const scale = argv.length === 6 ? unitArgument(argv[5]!) : 8
  const last = argv.length > 4 ? integerArgument(argv[4]!) : -1
  const length = units(bytes, scale)
  const { first, end } = clip(bytes, fromStart(start, length), length === 0 ? -1 : fromStart(last, length), scale)
  if (first >= end) {
    reply.integer(-1)
    return
  }
  const found = findBit(bytes, bit, first, end)
  // Zeros follow the string, unless the caller has said where to stop.
  reply.integer(found === -1 && bit === 0 && argv.length < 5 ? end : found)
}

/** How many bits the unit is of. */
function unitArgument(word: ByteString): 1 | 8 {
  const unit = word.toLowerCase()
  if (unit === 'bit') return 1
  if (unit === 'byte') return 8
  throw errors.syntax
}

function units(bytes: Bytes, scale: 1 | 8): number {
  return (bytes.length * 8) / scale
}

/** From the first and last unit to the first bit and the end. */
function clip(bytes: Bytes, first: number, last: number, scale: 1 | 8): { first: number; end: number } {
  return { first: first * scale, end: Math.min((last + 1) * scale, bytes.length * 8) }
}

function bitop(client: Client, argv: readonly ByteString[]): void {
  const operation = argv[1]!.toLowerCase()
  if (!isOperation(operation)) throw errors.syntax
  if (operation === 'not' && argv.length !== 4) throw notOfOne
  const db = client.database
  const destination = argv[2]!
  const sources: Bytes[] = []
  for (let i = 3; i < argv.length; i++) {
    const value = readString(db, argv[i]!)
    sources.push(value === undefined ? '' : stringBytes(value))
  }
  const result = combineBits(operation, sources)
  if (result.length > 0) {
    db.set(destination, result)
    db.changed(destination, EventClass.string, 'set')
  } else if (db.delete(destination)) db.changed(destination, EventClass.generic, 'del')
  client.reply.integer(result.length)
}

function isOperation(word: string): word is BitOperation {
  return word === 'and' || word === 'or' || word === 'xor' || word === 'not'
}

const invalidBit = new ReplyError('ERR bit is not an integer or out of range')
const notBit = new ReplyError('ERR The bit argument must be 1 or 0.')
const notOfOne = new ReplyError('ERR BITOP NOT must be called with a single source key.')
