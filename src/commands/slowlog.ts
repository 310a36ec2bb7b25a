import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { ReplyError } from '../errors.js'
import type { CommandDefinition, Flag } from '../registry/definition.js'
import { helpCommand } from './help.js'

const group = 'server'
const flags: readonly Flag[] = ['admin', 'loading', 'stale']

export const slowlogCommands: readonly CommandDefinition[] = [
  {
    name: 'slowlog',
    summary: 'Tells which commands took long.',
    since: '2.2.12',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'get',
        summary: 'Answers the latest entries of the slow log.',
        since: '2.2.12',
        group,
        complexity: 'O(N) with the number of entries',
        syntax: '[count]',
        arity: -2,
        flags,
        tips: ['request_policy:all_nodes', 'nondeterministic_output'],
        run: get,
      },
      {
        name: 'len',
        summary: 'Counts the entries of the slow log.',
        since: '2.2.12',
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags,
        tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
        run: client => client.reply.integer(client.engine.slowlog.entries.length),
      },
      {
        name: 'reset',
        summary: 'Empties the slow log.',
        since: '2.2.12',
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags,
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        run(client) {
          client.engine.slowlog.clear()
          client.reply.ok()
        },
      },
      helpCommand(
        'slowlog',
        '6.2.0',
        ['loading', 'stale'],
        [
          ['GET [<count>]', 'Answers the latest entries, 10 unless told otherwise; -1 is all.'],
          ['LEN', 'Counts the entries.'],
          ['RESET', 'Empties the log.'],
        ],
        group,
      ),
    ],
  },
]

function get(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  if (argv.length > 3) {
    throw new ReplyError(`ERR unknown subcommand or wrong number of arguments for '${argv[1]}'. Try SLOWLOG HELP.`)
  }
  const count = argv.length === 3 ? parseInteger(argv[2]!) : 10
  if (count === undefined || count < -1) throw new ReplyError('ERR count should be greater than or equal to -1')
  const { entries } = engine.slowlog
  const shown = count === -1 ? entries : entries.slice(0, count)
  reply.array(shown.length)
  for (const entry of shown) {
    reply.array(6)
    reply.integer(entry.id)
    reply.integer(entry.at)
    reply.integer(entry.microseconds)
    reply.array(entry.argv.length)
    for (const word of entry.argv) reply.bulk(word)
    reply.bulk(entry.address)
    reply.bulk(entry.name)
  }
}
