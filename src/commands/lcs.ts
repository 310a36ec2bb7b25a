import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'
import { commonLength, commonSubsequence } from '../values/string-lcs.js'
import { stringText } from '../values/string-value.js'
import { isString } from '../values/value.js'
import { integerArgument } from './string-access.js'

export const lcsCommands: readonly CommandDefinition[] = [
  {
    name: 'lcs',
    summary: 'Finds the longest common subsequence of two strings: itself, its length, or where it is.',
    since: '7.0.0',
    group: 'string',
    complexity: 'O(N*M) with the lengths of the strings',
    syntax: 'key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]',
    arity: -3,
    flags: ['readonly'],
    categories: ['string'],
    keys: [{ flags: ['RO', 'access'], begin: { index: 1 }, find: { last: 1, step: 1, limit: 0 } }],
    run: lcs,
  },
]

function lcs(client: Client, argv: readonly ByteString[]): void {
  const { database, engine, reply } = client
  const first = database.read(argv[1]!)?.value ?? ''
  const second = database.read(argv[2]!)?.value ?? ''
  if (!isString(first) || !isString(second)) throw notStrings
  const options = parseOptions(argv)
  const a = stringText(first)
  const b = stringText(second)
  // What Redis would need: four bytes for each pair of lengths. Ours takes a 32nd part, but the bound on work is the same.
  if ((a.length + 1) * (b.length + 1) * 4 > engine.config.values['proto-max-bulk-len']) throw tooLong
  if (options.length) {
    reply.integer(commonLength(a, b))
    return
  }
  const common = commonSubsequence(a, b)
  if (!options.indices) {
    reply.bulk(common.text)
    return
  }
  const ranges = common.ranges.filter(({ aStart, aEnd }) => aEnd - aStart + 1 >= options.shortest)
  reply.map(2)
  reply.bulk('matches')
  reply.array(ranges.length)
  for (const { aStart, aEnd, bStart, bEnd } of ranges) {
    reply.array(options.lengths ? 3 : 2)
    reply.array(2)
    reply.integer(aStart)
    reply.integer(aEnd)
    reply.array(2)
    reply.integer(bStart)
    reply.integer(bEnd)
    if (options.lengths) reply.integer(aEnd - aStart + 1)
  }
  reply.bulk('len')
  reply.integer(common.text.length)
}

interface Options {
  length: boolean
  indices: boolean
  /** Of a match to be shown, in bytes. */
  shortest: number | bigint
  lengths: boolean
}

function parseOptions(argv: readonly ByteString[]): Options {
  const options: Options = { length: false, indices: false, shortest: 0, lengths: false }
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i]!.toLowerCase()
    if (word === 'idx') options.indices = true
    else if (word === 'len') options.length = true
    else if (word === 'withmatchlen') options.lengths = true
    else if (word === 'minmatchlen' && i + 1 < argv.length) options.shortest = integerArgument(argv[++i]!)
    else throw errors.syntax
  }
  if (options.indices && options.length) throw ambiguous
  return options
}

const notStrings = new ReplyError('ERR The specified keys must contain string values')
const ambiguous = new ReplyError('ERR If you want both the length and indexes, please just use IDX.')
const tooLong = new ReplyError('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')
