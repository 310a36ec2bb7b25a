import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import type { Entry } from '../keyspace/entry.js'
import type { CommandDefinition } from '../registry/definition.js'
import { ByteBuffer } from '../values/byte-buffer.js'
import { Hash } from '../values/hash.js'
import { List } from '../values/list.js'
import { MemberSet } from '../values/set.js'
import { SortedSet } from '../values/sorted-set.js'
import type { Value } from '../values/value.js'
import { helpCommand } from './help.js'
import { keyAt } from './key-specs.js'

const group = 'server'

export const memoryCommands: readonly CommandDefinition[] = [
  {
    name: 'memory',
    summary: 'Tells how much memory is used.',
    since: '4.0.0',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'usage',
        summary: 'Estimates how many bytes of memory a key takes.',
        since: '4.0.0',
        group,
        complexity: 'O(N) with the number of samples',
        syntax: 'key [SAMPLES count]',
        arity: -3,
        flags: ['readonly'],
        keys: [keyAt(2, 'RO')],
        run: usage,
      },
      helpCommand(
        'memory',
        '4.0.0',
        ['loading', 'stale'],
        [
          [
            'USAGE <key> [SAMPLES <count>]',
            'Estimates how many bytes a key takes, from so many of its elements: 5 unless told otherwise, 0 is all.',
          ],
        ],
        group,
      ),
    ],
  },
]

function usage(client: Client, argv: readonly ByteString[]): void {
  let samples = 5
  for (let i = 3; i < argv.length; i += 2) {
    if (argv[i]!.toLowerCase() !== 'samples' || i + 1 === argv.length) throw errors.syntax
    const count = parseInteger(argv[i + 1]!)
    if (count === undefined) throw errors.notInteger
    if (count < 0) throw errors.syntax
    samples = count === 0 ? Number.POSITIVE_INFINITY : count
  }
  const entry = client.database.find(argv[2]!)
  if (entry === undefined) client.reply.null()
  else client.reply.integer(entrySize(entry, samples))
}

/**
 * Bytes that a key takes in V8's heap, estimated. The overheads are those of 64-bit V8 with 8-byte pointers (a string's
 * header is 16 bytes, an object's 24 and 8 a field, a Map's slot some 40 with its spare room).
 */
function entrySize(entry: Entry, samples: number): number {
  const expiry = entry.expiry === undefined ? 0 : OBJECT + 3 * POINTER + POINTER
  return stringSize(entry.key) + OBJECT + 5 * POINTER + MAP_SLOT + expiry + valueSize(entry.value, samples)
}

function valueSize(value: Value, samples: number): number {
  switch (typeof value) {
    case 'number':
      return 0
    case 'bigint':
      return 2 * POINTER + 8
    case 'string':
      return stringSize(value)
  }
  if (value instanceof ByteBuffer) return OBJECT + 3 * POINTER + BUFFER + value.length
  return OBJECT + 4 * POINTER + Math.round(meanElementSize(value, samples) * value.size)
}

function meanElementSize(value: Value, samples: number): number {
  let seen = 0
  let bytes = 0
  const more = (size: number): boolean => {
    bytes += size
    return ++seen < samples
  }
  if (value instanceof Hash) {
    const overhead = MAP_SLOT + (value.encoding === 'hashtable' ? OBJECT + 2 * POINTER : 0)
    value.visit((field, text) => more(stringSize(field) + stringSize(text) + overhead))
  } else if (value instanceof MemberSet) {
    const overhead = value.encoding === 'intset' ? 0 : MAP_SLOT + OBJECT
    value.visit(member => more(overhead === 0 ? POINTER : stringSize(member) + overhead))
  } else if (value instanceof SortedSet) {
    // The member's slot in the tree's leaf, its score, and both in the map of scores.
    value.visitByRank(0, value.size - 1, false, member => more(stringSize(member) + 2 * POINTER + MAP_SLOT + 16))
  } else if (value instanceof List) {
    value.visit(0, value.size - 1, element => more(stringSize(element) + POINTER))
  }
  return seen === 0 ? 0 : bytes / seen
}

/** One byte a char, rounded up to a pointer, behind the header. */
function stringSize(text: ByteString): number {
  return 16 + Math.ceil(text.length / POINTER) * POINTER
}

const POINTER = 8
const OBJECT = 24
const MAP_SLOT = 40
const BUFFER = 96
