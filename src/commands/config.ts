import type { ByteString } from '../bytes/bytes.js'
import { findParameter } from '../config/parameters.js'
import type { Client } from '../engine/client.js'
import { ReplyError } from '../errors.js'
import type { CommandDefinition, Flag } from '../registry/definition.js'
import { helpCommand } from './help.js'

const group = 'server'
const flags: readonly Flag[] = ['admin', 'noscript', 'loading', 'stale']

export const configCommands: readonly CommandDefinition[] = [
  {
    name: 'config',
    summary: "Reads and changes the server's parameters.",
    since: '2.0.0',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'get',
        summary: 'Answers the values of parameters, by name or pattern.',
        since: '2.0.0',
        group,
        complexity: 'O(N) with the number of patterns',
        syntax: 'parameter [parameter ...]',
        arity: -3,
        flags,
        run: get,
      },
      {
        name: 'set',
        summary: 'Changes parameters: all of them, or none if one cannot be.',
        since: '2.0.0',
        group,
        complexity: 'O(N) with the number of parameters',
        syntax: 'parameter value [parameter value ...]',
        arity: -4,
        flags,
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        run: set,
      },
      {
        name: 'resetstat',
        summary: 'Makes the counts that INFO answers begin anew.',
        since: '2.0.0',
        group,
        complexity: 'O(N) with the number of commands',
        syntax: '',
        arity: 2,
        flags,
        run: resetStatistics,
      },
      {
        name: 'rewrite',
        summary: 'Brings the config file in line with the values in use.',
        since: '2.8.0',
        group,
        complexity: 'O(N) with the size of the file',
        syntax: '',
        arity: 2,
        flags,
        run: rewrite,
      },
      helpCommand(
        'config',
        '5.0.0',
        ['loading', 'stale'],
        [
          ['GET <pattern> [<pattern> ...]', 'Answers the parameters whose names match, with their values.'],
          ['SET <name> <value> [<name> <value> ...]', 'Changes parameters: all of them or none.'],
          ['RESETSTAT', 'Makes the counts of INFO begin anew.'],
          ['REWRITE', 'Brings the config file in line with the values in use.'],
        ],
        group,
      ),
    ],
  },
]

function get(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  const found = engine.config.get(argv.slice(2))
  reply.map(found.size)
  for (const [name, value] of found) {
    reply.bulk(name)
    reply.bulk(value)
  }
}

function set(client: Client, argv: readonly ByteString[]): void {
  const { config, depth } = client.engine
  // Within EXEC, all replies come in one go: nothing can be waited for.
  if (depth > 1) refuseWaiting(client, argv)
  const done = config.set(argv.slice(2), { isLocal: client.transport?.isLocal ?? true })
  if (done === undefined) client.reply.ok()
  else client.answerLater(done.then(() => client.reply.ok()))
}

function refuseWaiting({ engine }: Client, argv: readonly ByteString[]): void {
  for (let i = 2; i < argv.length; i += 2) {
    const name = findParameter(argv[i]!)
    if (name === undefined || !TAKES_TIME.has(name)) continue
    throw new ReplyError(
      `ERR CONFIG SET failed (possibly related to argument '${argv[i]!.toLowerCase()}') - ` +
        'this takes time, and cannot be done within a transaction',
    )
  }
  if (engine.config.isChanging) throw new ReplyError('ERR CONFIG SET failed - another one is under way')
}

/** Modules are loaded, and sockets opened, while other clients go on. */
const TAKES_TIME: ReadonlySet<string> = new Set(['module-add', 'port', 'bind'])

function rewrite(client: Client): void {
  const { config, depth, log } = client.engine
  if (depth > 1 && config.isChanging) throw new ReplyError('ERR CONFIG SET is under way')
  const done = config.rewrite()
  const answer = (): void => {
    log.warning('CONFIG REWRITE executed with success.')
    client.reply.ok()
  }
  if (done === undefined) answer()
  else client.answerLater(done.then(answer))
}

function resetStatistics(client: Client): void {
  const { stats, commands, keyspace } = client.engine
  stats.reset()
  keyspace.hits = keyspace.misses = keyspace.expired = 0
  for (const command of commands.commands()) {
    command.stats.reset()
    for (const subcommand of command.subcommands?.values() ?? []) subcommand.stats.reset()
  }
  client.reply.ok()
}
