import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { busy, errors, ReplyError } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'
import { helpCommand } from './help.js'
import { lolwut } from './lolwut.js'

const group = 'server'

export const serverCommands: readonly CommandDefinition[] = [
  {
    name: 'time',
    summary: "Answers the server's time.",
    since: '2.6.0',
    group,
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    tips: ['nondeterministic_output'],
    run: time,
  },
  {
    name: 'monitor',
    summary: 'Shows all commands from now on, as they run.',
    since: '1.0.0',
    group,
    complexity: 'O(1) to begin with, then for each command',
    syntax: '',
    arity: 1,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    run: monitor,
  },
  {
    name: 'role',
    summary: 'Answers the part that the server has in replication: always master, without replicas.',
    since: '2.8.12',
    group,
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast'],
    categories: ['admin', 'dangerous'],
    run({ reply }) {
      reply.array(3)
      reply.bulk('master')
      reply.integer(0)
      reply.array(0)
    },
  },
  {
    name: 'shutdown',
    summary: 'Ends the server, after the modules have cleaned up.',
    since: '1.0.0',
    group,
    complexity: 'O(1)',
    syntax: '[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]',
    arity: -1,
    flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
    run: shutdown,
  },
  {
    name: 'lolwut',
    summary: 'Draws a picture, and answers the version.',
    since: '5.0.0',
    group,
    complexity: 'O(N) with the size of the picture',
    syntax: '[VERSION version]',
    arity: -1,
    flags: ['readonly', 'fast'],
    run: lolwut,
  },
  {
    name: 'acl',
    summary: 'Tells of users: there is one, default.',
    since: '6.0.0',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'whoami',
        summary: 'Answers the name of the user that the connection has authenticated as.',
        since: '6.0.0',
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags: ['noscript', 'loading', 'stale'],
        run: ({ reply }) => reply.bulk('default'),
      },
      helpCommand('acl', '6.0.0', ['loading', 'stale'], [['WHOAMI', 'Answers the name of the user.']], group),
    ],
  },
]

function time({ engine, reply, isScript }: Client): void {
  // Time stands still for a script, but not so that it could not wait for it to pass.
  const now = isScript ? engine.clock.now() : engine.keyspace.now
  reply.array(2)
  reply.bulk(String(Math.floor(now / 1000)))
  reply.bulk(String(Math.floor((now % 1000) * 1000)))
}

function monitor(client: Client): void {
  if (client.engine.depth > 1) throw new ReplyError("ERR MONITOR isn't allowed for DENY BLOCKING client")
  // Redis answers nothing to the second one.
  if (client.monitoring) return
  client.monitoring = true
  client.engine.monitors.add(client)
  client.reply.ok()
}

/** Answers nothing: the connection closes when the server does. */
function shutdown({ engine }: Client, argv: readonly ByteString[]): void {
  const words = new Set<string>()
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]!.toLowerCase()
    if (!SHUTDOWN_WORDS.has(word)) throw errors.syntax
    words.add(word)
  }
  if (words.has('save') && words.has('nosave')) throw errors.syntax
  if (words.has('abort')) {
    if (words.size > 1) throw errors.syntax
    throw new ReplyError('ERR No shutdown in progress.')
  }
  const script = engine.scripting.busy
  if (script !== undefined && !words.has('nosave')) throw busy(script.kind)
  if (words.has('save') && !words.has('force')) {
    throw new ReplyError('ERR krmt keeps no data on disk yet, so there is no SHUTDOWN SAVE')
  }
  engine.onShutdown()
}

const SHUTDOWN_WORDS: ReadonlySet<string> = new Set(['save', 'nosave', 'now', 'force', 'abort'])
