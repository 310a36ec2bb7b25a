import type { ByteString } from '../bytes/bytes.js'
import { type Integer, parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { Target } from '../engine/effects.js'
import { errors, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import {
  addToField,
  type FieldType,
  fitField,
  type Overflow,
  readField,
  writeField,
} from '../values/string-bitfield.js'
import { stringBytes } from '../values/string-value.js'
import { bitOffsetArgument, growToBit } from './bit-access.js'
import { keyAt } from './key-specs.js'
import { readString } from './lookup.js'
import { integerArgument } from './string-access.js'

const OPERATION =
  '<GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] ' +
  '<SET encoding offset value | INCRBY encoding offset increment>>'

/** Integers of any width, anywhere in a string. */
export const bitfieldCommands: readonly CommandDefinition[] = [
  {
    name: 'bitfield',
    summary: 'Reads, sets and increments integers of any width within a string.',
    since: '3.2.0',
    group: 'bitmap',
    complexity: 'O(1) for each operation',
    syntax: `key [${OPERATION} [${OPERATION} ...]]`,
    arity: -2,
    flags: ['write', 'denyoom'],
    categories: ['bitmap'],
    keys: [
      {
        ...keyAt(1, 'RW', 'access', 'update', 'variable_flags'),
        notes: 'This command allows both access and modification of the key',
      },
    ],
    run: bitfield,
  },
  {
    name: 'bitfield_ro',
    summary: 'Reads integers of any width within a string.',
    since: '6.0.0',
    group: 'bitmap',
    complexity: 'O(1) for each operation',
    syntax: 'key [GET encoding offset [GET encoding offset ...]]',
    arity: -2,
    flags: ['readonly', 'fast'],
    categories: ['bitmap'],
    keys: [keyAt(1, 'RO', 'access')],
    run: bitfieldRo,
  },
]

interface Operation {
  readonly verb: 'get' | 'set' | 'incrby'
  readonly type: FieldType
  readonly offset: number
  /** What to set, or to add. */
  readonly value: Integer
  readonly overflow: Overflow
}

function bitfield(client: Client, argv: readonly ByteString[]): void {
  const operations = parseOperations(client, argv)
  if (operations.every(isGet)) readFields(client, argv[1]!, operations)
  else changeFields(client, argv[1]!, operations)
}

function bitfieldRo(client: Client, argv: readonly ByteString[]): void {
  const operations = parseOperations(client, argv)
  if (!operations.every(isGet)) throw onlyGet
  readFields(client, argv[1]!, operations)
}

function isGet(operation: Operation): boolean {
  return operation.verb === 'get'
}

function readFields(client: Client, key: ByteString, operations: readonly Operation[]): void {
  const bytes = stringBytes(readString(client.database, key) ?? '')
  client.reply.array(operations.length)
  for (const { offset, type } of operations) client.reply.integer(readField(bytes, offset, type))
}

function changeFields(client: Client, key: ByteString, operations: readonly Operation[]): void {
  const { database, reply } = client
  let last = 0
  for (const { verb, offset, type } of operations) {
    if (verb !== 'get') last = Math.max(last, offset + type.bits - 1)
  }
  const { bytes, grown } = growToBit(database, key, last)
  let changes = 0
  reply.array(operations.length)
  for (const { verb, type, offset, value, overflow } of operations) {
    const old = readField(bytes, offset, type)
    if (verb === 'get') {
      reply.integer(old)
      continue
    }
    const wanted = verb === 'set' ? fitField(value, type, overflow) : addToField(old, value, type, overflow)
    if (wanted === undefined) {
      reply.null()
      continue
    }
    writeField(bytes, offset, type, wanted)
    if (grown || wanted !== old) changes++
    reply.integer(verb === 'set' ? old : wanted)
  }
  if (changes > 0) database.changed(key, EventClass.string, 'setbit', changes)
  // As in Redis, zero bytes alone are no change. But Redis forgets here that its replicas do not have them.
  else if (grown && client.engine.effects.listening) client.engine.effects.force(Target.all)
}

function parseOperations(client: Client, argv: readonly ByteString[]): Operation[] {
  const operations: Operation[] = []
  let overflow: Overflow = 'wrap'
  for (let i = 2; i < argv.length; ) {
    const left = argv.length - 1 - i
    const verb = argv[i]!.toLowerCase()
    if (verb === 'overflow' && left >= 1) {
      overflow = overflowArgument(argv[i + 1]!)
      i += 2
      continue
    }
    const words = verb === 'get' ? 2 : 3
    if ((verb !== 'get' && verb !== 'set' && verb !== 'incrby') || left < words) throw errors.syntax
    const type = typeArgument(argv[i + 1]!)
    const offset = bitOffsetArgument(client, argv[i + 2]!, type.bits)
    const value = verb === 'get' ? 0 : integerArgument(argv[i + 3]!)
    operations.push({ verb, type, offset, value, overflow })
    i += words + 1
  }
  return operations
}

function overflowArgument(word: ByteString): Overflow {
  const overflow = word.toLowerCase()
  if (overflow === 'wrap' || overflow === 'sat' || overflow === 'fail') return overflow
  throw invalidOverflow
}

function typeArgument(word: ByteString): FieldType {
  const signed = word.charAt(0) === 'i'
  const bits = parseInteger(word.slice(1))
  if ((!signed && word.charAt(0) !== 'u') || bits === undefined || bits < 1 || bits > (signed ? 64 : 63)) {
    throw invalidType
  }
  return { signed, bits }
}

const onlyGet = new ReplyError('ERR BITFIELD_RO only supports the GET subcommand')
const invalidOverflow = new ReplyError('ERR Invalid OVERFLOW type specified')
const invalidType = new ReplyError(
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
)
