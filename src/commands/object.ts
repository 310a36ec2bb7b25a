import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { ReplyError } from '../errors.js'
import type { Entry } from '../keyspace/entry.js'
import type { CommandDefinition } from '../registry/definition.js'
import { encodingOf, type Value } from '../values/value.js'
import { helpCommand } from './help.js'
import { keyAt } from './key-specs.js'

/** OBJECT: how a key's value is held, and how it has been used. */
export const objectCommands: readonly CommandDefinition[] = [
  {
    name: 'object',
    summary: 'Tells how the value of a key is held and used.',
    since: '2.2.3',
    group: 'generic',
    complexity: 'That of the subcommand.',
    arity: -2,
    flags: [],
    subcommands: [
      about('encoding', '2.2.3', 'Tells in which form the value of a key is held.', ({ reply }, entry) => {
        reply.bulk(encodingOf(entry.value))
      }),
      about('freq', '4.0.0', 'Tells how often a key is used, on a logarithmic scale from 0 to 255.', freq),
      about('idletime', '2.2.3', 'Tells how many seconds ago a key was last used.', idletime),
      about('refcount', '2.2.3', 'Tells how many keys share the value.', ({ reply }, entry) => {
        reply.integer(referenceCount(entry.value))
      }),
      helpCommand(
        'object',
        '6.2.0',
        ['loading', 'stale'],
        [
          ['ENCODING <key>', 'In which form the value of the key is held.'],
          ['FREQ <key>', 'How often the key is used: 0 to 255, on a logarithmic scale; under an LFU policy only.'],
          ['IDLETIME <key>', 'How many seconds ago the key was last used; not under an LFU policy.'],
          ['REFCOUNT <key>', 'How many references there are to the value of the key.'],
        ],
        'generic',
      ),
    ].map(subcommand => ({ ...subcommand, categories: ['keyspace'] })),
  },
]

/** As DEBUG OBJECT and OBJECT REFCOUNT answer: Redis shares the integers below 10,000, and no other value. */
export function referenceCount(value: Value): number {
  return typeof value === 'number' && value >= 0 && value < SHARED_INTEGERS ? SHARED : 1
}

function about(
  name: string,
  since: string,
  summary: string,
  answer: (client: Client, entry: Entry) => void,
): CommandDefinition {
  return {
    name,
    summary,
    since,
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 3,
    flags: ['readonly'],
    keys: [keyAt(2, 'RO')],
    tips: ['nondeterministic_output'],
    run(client: Client, argv: readonly ByteString[]) {
      const { keyspace } = client.engine
      // Not `peek`: it is counted as a hit or a miss, but no event tells of the miss.
      const entry = client.database.find(argv[2]!)
      if (entry === undefined) {
        keyspace.misses++
        client.reply.null()
      } else {
        keyspace.hits++
        answer(client, entry)
      }
    },
  }
}

function freq({ engine, reply }: Client, entry: Entry): void {
  const { access } = engine.keyspace
  if (!access.settings.lfu) throw notLfu
  reply.integer(access.frequency(entry))
}

function idletime({ engine, reply }: Client, entry: Entry): void {
  const { access } = engine.keyspace
  if (access.settings.lfu) throw notLru
  reply.integer(access.idleSeconds(entry))
}

const SHARED_INTEGERS = 10_000
const SHARED = 2 ** 31 - 1

const WHEN_SWITCHING =
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.'
const notLfu = new ReplyError(
  `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${WHEN_SWITCHING}`,
)
const notLru = new ReplyError(`ERR An LFU maxmemory policy is selected, idle time not tracked. ${WHEN_SWITCHING}`)
