import type { ByteString } from '../bytes/bytes.js'
import { globMatch } from '../bytes/glob.js'
import type { Client } from '../engine/client.js'
import { errors } from '../errors.js'
import type { Command } from '../registry/command.js'
import type { CommandTable } from '../registry/command-table.js'
import type { CommandDefinition, Flag } from '../registry/definition.js'
import { writeDocs } from './command-docs.js'
import { writeCommandInfo } from './command-info.js'
import { callKeys } from './command-keys.js'
import { helpCommand } from './help.js'

const group = 'server'
const flags: readonly Flag[] = ['loading', 'stale']
const categories = ['connection']
const tips = ['nondeterministic_output_order']

export const commandCommands: readonly CommandDefinition[] = [
  {
    name: 'command',
    summary: 'Describes all commands.',
    since: '2.8.13',
    group,
    complexity: 'O(N) with the number of commands',
    arity: -1,
    flags,
    categories,
    tips,
    run(client) {
      const { commands } = client.engine
      client.reply.array(commands.size)
      for (const command of commands.commands()) writeCommandInfo(client.reply, command)
    },
    subcommands: [
      {
        name: 'count',
        summary: 'Counts the commands.',
        since: '2.8.13',
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags,
        categories,
        run: client => client.reply.integer(client.engine.commands.size),
      },
      {
        name: 'docs',
        summary: 'Answers the documentation of commands; of all, when none is named.',
        since: '7.0.0',
        group,
        complexity: 'O(N) with the number of commands asked for',
        syntax: '[command-name [command-name ...]]',
        arity: -2,
        flags,
        categories,
        tips,
        run: docs,
      },
      {
        name: 'getkeys',
        summary: 'Answers which words of a whole command are keys.',
        since: '2.8.13',
        group,
        complexity: 'O(N) with the number of words',
        arity: -4,
        flags,
        categories,
        run: getKeys,
      },
      {
        name: 'getkeysandflags',
        summary: 'Answers which words of a whole command are keys, and what it does to each.',
        since: '7.0.0',
        group,
        complexity: 'O(N) with the number of words',
        arity: -4,
        flags,
        categories,
        run: getKeysAndFlags,
      },
      {
        name: 'info',
        summary: 'Describes commands; all, when none is named.',
        since: '2.8.13',
        group,
        complexity: 'O(N) with the number of commands asked for',
        syntax: '[command-name [command-name ...]]',
        arity: -2,
        flags,
        categories,
        tips,
        run: info,
      },
      {
        name: 'list',
        summary: 'Lists the names of the commands, of all or of those that a filter lets through.',
        since: '7.0.0',
        group,
        complexity: 'O(N) with the number of commands',
        syntax: '[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]',
        arity: -2,
        flags,
        categories,
        tips,
        run: list,
      },
      helpCommand(
        'command',
        '5.0.0',
        flags,
        [
          ['(no subcommand)', 'Describes all commands.'],
          ['COUNT', 'Counts the commands.'],
          ['DOCS [<command-name> ...]', 'Answers the documentation of these commands; of all, when none is named.'],
          ['GETKEYS <full-command>', 'Answers which words of a whole command are keys.'],
          ['GETKEYSANDFLAGS <full-command>', 'The same, with what the command does to each key.'],
          ['INFO [<command-name> ...]', 'Describes these commands; all, when none is named.'],
          ['LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]', 'Lists the names of commands.'],
        ],
        group,
        categories,
      ),
    ],
  },
]

/** The command that a name means; a subcommand's is `config|get`. */
export function named(commands: CommandTable, name: ByteString): Command | undefined {
  const bar = name.indexOf('|')
  if (bar === -1) return commands.lookup(name)
  return commands.lookup(name.slice(0, bar))?.subcommands?.get(name.slice(bar + 1).toLowerCase())
}

function info(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  if (argv.length === 2) {
    reply.array(engine.commands.size)
    for (const command of engine.commands.commands()) writeCommandInfo(reply, command)
    return
  }
  reply.array(argv.length - 2)
  for (let i = 2; i < argv.length; i++) {
    const command = named(engine.commands, argv[i]!)
    if (command === undefined) reply.null()
    else writeCommandInfo(reply, command)
  }
}

function docs(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  const commands =
    argv.length === 2
      ? [...engine.commands.commands()]
      : argv.slice(2).flatMap(name => named(engine.commands, name) ?? [])
  reply.map(commands.length)
  for (const command of commands) {
    reply.bulk(command.fullName)
    writeDocs(reply, command)
  }
}

function list(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  const passes = passesFilter(argv)
  const names: string[] = []
  for (const command of engine.commands.commands()) {
    if (passes(command)) names.push(command.fullName)
    for (const subcommand of command.subcommands?.values() ?? []) {
      if (passes(subcommand)) names.push(subcommand.fullName)
    }
  }
  reply.array(names.length)
  for (const name of names) reply.bulk(name)
}

/** What COMMAND LIST lets through, by its arguments. Throws a ReplyError for a filter that is none. */
export function passesFilter(argv: readonly ByteString[]): (command: Command) => boolean {
  if (argv.length === 2) return () => true
  const [, , by, kind, value = ''] = argv
  if (argv.length !== 5 || by?.toLowerCase() !== 'filterby') throw errors.syntax
  switch (kind?.toLowerCase()) {
    case 'module':
      return ({ module }) => module === value && module !== '<builtin>'
    case 'aclcat':
      return ({ categories: own }) => own.includes(value.toLowerCase())
    case 'pattern':
      return ({ fullName }) => globMatch(value, fullName, { nocase: true })
    default:
      throw errors.syntax
  }
}

function getKeys(client: Client, argv: readonly ByteString[]): void {
  const keys = callKeys(client.engine.commands, argv.slice(2))
  client.reply.array(keys.length)
  for (const { index } of keys) client.reply.bulk(argv[index + 2]!)
}

function getKeysAndFlags(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  const keys = callKeys(client.engine.commands, argv.slice(2))
  reply.array(keys.length)
  for (const { index, flags: own } of keys) {
    reply.array(2)
    reply.bulk(argv[index + 2]!)
    reply.set(own.length)
    for (const flag of own) reply.status(flag)
  }
}
