import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { ReplyError } from '../errors.js'
import type { CommandDefinition, Flag } from '../registry/definition.js'
import { helpCommand } from './help.js'

const group = 'server'
const flags: readonly Flag[] = ['admin', 'noscript', 'no_async_loading']

export const moduleCommands: readonly CommandDefinition[] = [
  {
    name: 'module',
    summary: 'Loads and unloads modules.',
    since: '4.0.0',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'list',
        summary: 'Lists the modules that are loaded.',
        since: '4.0.0',
        group,
        complexity: 'O(N) with the number of modules',
        syntax: '',
        arity: 2,
        flags: ['admin', 'noscript'],
        tips: ['nondeterministic_output_order'],
        run: list,
      },
      {
        name: 'load',
        summary: 'Loads a module, or loads it again.',
        since: '4.0.0',
        group,
        complexity: 'O(1) beside reading and checking its code, during which other clients go on',
        syntax: 'path [arg [arg ...]]',
        arity: -3,
        flags,
        guardedBy: 'enable-module-command',
        run: (client, argv) => load(client, argv[2]!, argv.slice(3)),
      },
      {
        name: 'loadex',
        summary: 'Sets parameters, and loads a module.',
        since: '7.0.0',
        group,
        complexity: 'O(1) beside reading and checking its code, during which other clients go on',
        syntax: 'path [CONFIG name value [CONFIG name value ...]] [ARGS arg [arg ...]]',
        arity: -3,
        flags,
        guardedBy: 'enable-module-command',
        run: loadEx,
      },
      {
        name: 'unload',
        summary: 'Takes a module and its commands away.',
        since: '4.0.0',
        group,
        complexity: 'O(N) with the number of commands',
        syntax: 'name',
        arity: 3,
        flags,
        guardedBy: 'enable-module-command',
        run: unload,
      },
      helpCommand(
        'module',
        '5.0.0',
        ['loading', 'stale'],
        [
          ['LIST', 'Lists the modules that are loaded.'],
          ['LOAD <path> [<arg> ...]', 'Loads a module: a file, a folder, a package, or one of the kit by its name.'],
          [
            'LOADEX <path> [CONFIG <name> <value> ...] [ARGS <arg> ...]',
            'The same, after these options have been set: `CONFIG order longlat` is `ARGS order longlat`.',
          ],
          ['UNLOAD <name>', 'Takes a module and its commands away; what these had replaced serves again.'],
        ],
        group,
      ),
    ],
  },
]

function list({ reply, engine }: Client): void {
  const { loaded } = engine.modules
  reply.array(loaded.length)
  for (const module of loaded) {
    reply.map(4)
    reply.bulk('name')
    reply.bulk(module.name)
    reply.bulk('ver')
    reply.integer(module.versionNumber)
    reply.bulk('path')
    reply.bulk(module.filename)
    reply.bulk('args')
    reply.array(module.args.length)
    for (const arg of module.args) reply.bulk(arg)
  }
}

function load(client: Client, path: ByteString, args: readonly ByteString[]): void {
  outsideOfExec(client)
  client.answerLater(client.engine.modules.load(path, args).then(() => client.reply.ok()))
}

/**
 * A module has options, which are told at load, and no parameters of its own in the server's configuration; so what
 * CONFIG sets are those options: `CONFIG geo.order longlat` or `CONFIG order longlat`.
 */
function loadEx(client: Client, argv: readonly ByteString[]): void {
  const options: ByteString[] = []
  let at = 3
  for (; at < argv.length && argv[at]!.toLowerCase() === 'config'; at += 3) {
    if (at + 2 >= argv.length) throw new ReplyError('ERR CONFIG takes a name and a value')
    const name = argv[at + 1]!
    options.push(name.slice(name.lastIndexOf('.') + 1), argv[at + 2]!)
  }
  if (at < argv.length && argv[at]!.toLowerCase() !== 'args') {
    throw new ReplyError(`ERR Expected CONFIG or ARGS, got '${argv[at]}'`)
  }
  load(client, argv[2]!, [...options, ...argv.slice(at + 1)])
}

function unload(client: Client, argv: readonly ByteString[]): void {
  outsideOfExec(client)
  client.answerLater(client.engine.modules.unload(argv[2]!).then(() => client.reply.ok()))
}

/** All replies of EXEC come in one go. */
function outsideOfExec({ engine }: Client): void {
  if (engine.depth > 1) throw new ReplyError('ERR this takes time, and cannot be done within a transaction')
}
