import type { ByteString } from '../bytes/bytes.js'
import { compileGlob } from '../bytes/glob.js'
import type { Client } from '../engine/client.js'
import type { CommandDefinition } from '../registry/definition.js'
import { typeOf } from '../values/value.js'
import { scanCursor, scanOptions, scanReply } from './scan-arguments.js'

/** Commands that go through the keys of a database. */
export const scanCommands: readonly CommandDefinition[] = [
  {
    name: 'scan',
    summary: 'Goes through the keys of the database, some at a time.',
    since: '2.8.0',
    group: 'generic',
    complexity: 'O(1) a call, O(N) for a whole pass over N keys.',
    syntax: 'cursor [MATCH pattern] [COUNT count] [TYPE type]',
    arity: -2,
    flags: ['readonly'],
    categories: ['keyspace'],
    tips: ['nondeterministic_output', 'request_policy:special'],
    run: scan,
  },
  {
    name: 'keys',
    summary: 'Gets all keys of the database that match a pattern.',
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(N) for a database of N keys; everyone else waits meanwhile.',
    syntax: 'pattern',
    arity: 2,
    flags: ['readonly'],
    categories: ['keyspace', 'dangerous'],
    tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
    run: keys,
  },
]

function scan(client: Client, argv: readonly ByteString[]): void {
  const cursor = scanCursor(argv[1]!)
  // TYPE is known to SCAN alone: what is left of the options when it is taken out, all scans have.
  const options: ByteString[] = []
  let type: ByteString | undefined
  for (let i = 2; i < argv.length; i += 2) {
    const value = argv[i + 1]
    if (value !== undefined && argv[i]!.toLowerCase() === 'type') type = value.toLowerCase()
    else options.push(...argv.slice(i, i + 2))
  }
  const { count, matches } = scanOptions(options, 0)
  const found: ByteString[] = []
  const next = client.database.scan(cursor, count, ({ key, value }) => {
    if ((matches === undefined || matches(key)) && (type === undefined || typeOf(value) === type)) found.push(key)
  })
  scanReply(client.reply, next, found)
}

function keys(client: Client, argv: readonly ByteString[]): void {
  const pattern = argv[1]!
  // A pattern of one star stands for every key, the empty one included, which `*` does not match otherwise.
  const matches = pattern === '*' ? undefined : compileGlob(pattern)
  const found: ByteString[] = []
  for (const { key } of client.database.entries()) if (matches === undefined || matches(key)) found.push(key)
  client.reply.array(found.length)
  for (const key of found) client.reply.bulk(key)
}
