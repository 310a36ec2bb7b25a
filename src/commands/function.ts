import type { ByteString } from '../bytes/bytes.js'
import { untilNul } from '../bytes/c-string.js'
import { globMatch } from '../bytes/glob.js'
import { parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { feedMonitors } from '../engine/monitor.js'
import { busy, ReplyError } from '../errors.js'
import type { CommandDefinition, Flag, Handler } from '../registry/definition.js'
import type { Library, RestorePolicy } from '../scripting/functions.js'
import { scriptFlags } from '../scripting/scripts.js'
import { helpCommand } from './help.js'
import { keysAndArgs, rightsOf, scriptKeys, UNKNOWN_READS, UNKNOWN_WRITES } from './scripting.js'

const group = 'scripting'
const categories = ['scripting']
const since = '7.0.0'
const flags: readonly Flag[] = ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys']
const onAllShards = ['request_policy:all_shards', 'response_policy:all_succeeded']
const syntax = 'function numkeys [key [key ...]] [arg [arg ...]]'

export const functionCommands: readonly CommandDefinition[] = [
  {
    name: 'fcall',
    summary: 'Calls a function of a library.',
    since,
    group,
    complexity: 'That of the function',
    syntax,
    arity: -3,
    flags,
    categories,
    keys: scriptKeys('RW', UNKNOWN_WRITES),
    run: callFunction(false),
  },
  {
    name: 'fcall_ro',
    summary: 'Calls a function of a library that does not write.',
    since,
    group,
    complexity: 'That of the function',
    syntax,
    arity: -3,
    flags: ['readonly', ...flags],
    categories,
    keys: scriptKeys('RO', UNKNOWN_READS),
    run: callFunction(true),
  },
  {
    name: 'function',
    summary: 'Tells of the libraries of functions that are loaded, and manages them.',
    since,
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'delete',
        summary: 'Deletes a library with all of its functions.',
        since,
        group,
        complexity: 'O(N) with the number of functions of the library',
        syntax: 'library-name',
        arity: 3,
        flags: ['write', 'noscript'],
        categories,
        tips: onAllShards,
        run: remove,
      },
      {
        name: 'dump',
        summary: 'Answers all libraries in one string, which FUNCTION RESTORE takes.',
        since,
        group,
        complexity: 'O(N) with the length of all libraries',
        syntax: '',
        arity: 2,
        flags: ['noscript'],
        categories,
        run: client => client.reply.bulk(client.engine.scripting.functions.dump()),
      },
      {
        name: 'flush',
        summary: 'Deletes all libraries.',
        since,
        group,
        complexity: 'O(N) with the number of functions',
        arguments: [
          {
            name: 'async',
            type: 'oneof',
            flags: ['optional'],
            arguments: [
              { name: 'async', type: 'pure-token', token: 'ASYNC' },
              { name: 'sync', type: 'pure-token', token: 'SYNC' },
            ],
          },
        ],
        arity: -2,
        flags: ['write', 'noscript'],
        categories,
        tips: onAllShards,
        run: flush,
      },
      {
        name: 'kill',
        summary: 'Ends the function that runs, if it has written nothing yet.',
        since,
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags: ['noscript', 'allow_busy'],
        categories,
        tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
        run(client) {
          client.engine.scripting.kill('function')
          client.reply.ok()
        },
      },
      {
        name: 'list',
        summary: 'Tells of the libraries and their functions.',
        since,
        group,
        complexity: 'O(N) with the number of functions',
        syntax: '[LIBRARYNAME library-name-pattern] [WITHCODE]',
        arity: -2,
        flags: ['noscript'],
        categories,
        tips: ['nondeterministic_output_order'],
        run: list,
      },
      {
        name: 'load',
        summary: 'Loads a library of functions, and answers its name.',
        since,
        group,
        complexity: 'O(N) with the length of the library, and what its code costs',
        syntax: '[REPLACE] function-code',
        arity: -3,
        flags: ['write', 'denyoom', 'noscript'],
        categories,
        tips: onAllShards,
        run: load,
      },
      {
        name: 'restore',
        summary: 'Loads all libraries of a string that FUNCTION DUMP has answered.',
        since,
        group,
        complexity: 'O(N) with the length of all libraries, and what their codes cost',
        arguments: [
          { name: 'serialized-value', type: 'string' },
          {
            name: 'policy',
            type: 'oneof',
            flags: ['optional'],
            arguments: [
              { name: 'flush', type: 'pure-token', token: 'FLUSH' },
              { name: 'append', type: 'pure-token', token: 'APPEND' },
              { name: 'replace', type: 'pure-token', token: 'REPLACE' },
            ],
          },
        ],
        arity: -3,
        flags: ['write', 'denyoom', 'noscript'],
        categories,
        tips: onAllShards,
        run: restore,
      },
      {
        name: 'stats',
        summary: 'Tells of the function that runs, and how many there are.',
        since,
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags: ['noscript', 'allow_busy'],
        categories,
        tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
        run: stats,
      },
      helpCommand(
        'function',
        since,
        ['loading', 'stale'],
        [
          ['DELETE <library name>', 'Deletes a library with all of its functions.'],
          ['DUMP', 'Answers all libraries in one string, which RESTORE takes.'],
          ['FLUSH [ASYNC|SYNC]', 'Deletes all libraries, at once in either mode.'],
          ['KILL', 'Ends the function that runs, if it has written nothing yet.'],
          ['LIST [LIBRARYNAME <pattern>] [WITHCODE]', 'Tells of the libraries and their functions.'],
          ['LOAD [REPLACE] <code>', 'Loads a library; its first line is #!lua name=<library name>.'],
          [
            'RESTORE <string> [FLUSH|APPEND|REPLACE]',
            'Loads the libraries of a dump: in place of all that are there, or of those of the same names; APPEND, the default, fails if there is such a one.',
          ],
          ['STATS', 'Tells of the function that runs, and how many there are.'],
        ],
        group,
        categories,
      ),
    ],
  },
]

function callFunction(readOnly: boolean): Handler {
  return (client, argv) => {
    const { engine } = client
    const { scripting, monitors } = engine
    // Before the commands that it calls.
    if (monitors.size > 0) feedMonitors(client, argv)
    const fn = scripting.functions.find(argv[1]!)
    if (fn === undefined) throw new ReplyError('ERR Function not found')
    if (parseInteger64(argv[2]!) === undefined) throw new ReplyError('ERR Bad number of keys provided')
    const { keys, args } = keysAndArgs(argv)
    const rights = rightsOf(fn.flags, readOnly)
    const ref = scripting.functions.compiled(fn)
    scripting.callFunction(client, { kind: 'function', name: fn.name, ref, keys, args, rights, argv })
  }
}

function load(client: Client, argv: readonly ByteString[]): void {
  const { scripting, keyspace } = client.engine
  const options = argv.slice(2, -1)
  const unknown = options.find(word => word.toLowerCase() !== 'replace')
  if (unknown !== undefined)
    throw new ReplyError(`ERR Unknown option given: ${untilNul(unknown).replace(/[\r\n]+$/, '')}`)
  const name = scripting.functions.load(argv.at(-1)!, { replace: options.length > 0 })
  keyspace.changes++
  client.reply.bulk(name)
}

function remove(client: Client, argv: readonly ByteString[]): void {
  const { scripting, keyspace } = client.engine
  scripting.functions.delete(argv[2]!)
  keyspace.changes++
  client.reply.ok()
}

function flush(client: Client, argv: readonly ByteString[]): void {
  const { scripting, keyspace } = client.engine
  if (argv.length > 3) throw wrongSubcommand(argv)
  const mode = argv[2]?.toLowerCase()
  if (mode !== undefined && mode !== 'sync' && mode !== 'async') {
    throw new ReplyError('ERR FUNCTION FLUSH only supports SYNC|ASYNC option')
  }
  scripting.functions.flush()
  keyspace.changes++
  client.reply.ok()
}

function restore(client: Client, argv: readonly ByteString[]): void {
  const { scripting, keyspace } = client.engine
  if (argv.length > 4) throw wrongSubcommand(argv)
  const policy = POLICIES.find(word => word === (argv[3]?.toLowerCase() ?? 'append'))
  if (policy === undefined) {
    throw new ReplyError('ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.')
  }
  scripting.functions.restore(argv[2]!, policy)
  keyspace.changes++
  client.reply.ok()
}

function list({ engine, reply }: Client, argv: readonly ByteString[]): void {
  let withCode = false
  let pattern: ByteString | undefined
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i]!.toLowerCase()
    if (word === 'withcode' && !withCode) withCode = true
    else if (word === 'libraryname' && pattern === undefined) {
      pattern = argv[++i]
      if (pattern === undefined) throw new ReplyError('ERR library name argument was not given')
    } else throw new ReplyError(`ERR Unknown argument ${untilNul(argv[i]!)}`)
  }
  const libraries: Library[] = []
  for (const library of engine.scripting.functions.libraries) {
    if (pattern === undefined || globMatch(pattern, library.name, { nocase: true })) libraries.push(library)
  }
  reply.array(libraries.length)
  for (const { name, functions, code } of libraries) {
    reply.map(withCode ? 4 : 3)
    reply.bulk('library_name')
    reply.bulk(name)
    reply.bulk('engine')
    reply.bulk(ENGINE)
    reply.bulk('functions')
    reply.array(functions.length)
    for (const { name, description, flags } of functions) {
      reply.map(3)
      reply.bulk('name')
      reply.bulk(name)
      reply.bulk('description')
      if (description === undefined) reply.null()
      else reply.bulk(description)
      reply.bulk('flags')
      reply.set(flags.size)
      for (const flag of scriptFlags) if (flags.has(flag)) reply.status(flag)
    }
    if (!withCode) continue
    reply.bulk('library_code')
    reply.bulk(code)
  }
}

function stats({ engine, reply }: Client): void {
  const { running, functions } = engine.scripting
  if (running?.kind === 'script') throw busy(running.kind)
  reply.map(2)
  reply.bulk('running_script')
  if (running === undefined) reply.null()
  else {
    reply.map(3)
    reply.bulk('name')
    reply.bulk(running.name)
    reply.bulk('command')
    reply.array(running.argv.length)
    for (const word of running.argv) reply.bulk(word)
    reply.bulk('duration_ms')
    reply.integer(Math.floor(running.elapsed()))
  }
  reply.bulk('engines')
  reply.map(1)
  reply.bulk(ENGINE)
  reply.map(2)
  reply.bulk('libraries_count')
  reply.integer(functions.libraryCount)
  reply.bulk('functions_count')
  reply.integer(functions.functionCount)
}

function wrongSubcommand(argv: readonly ByteString[]): ReplyError {
  const name = untilNul(argv[1]!).slice(0, 128)
  return new ReplyError(`ERR unknown subcommand or wrong number of arguments for '${name}'. Try FUNCTION HELP.`)
}

const POLICIES: readonly RestorePolicy[] = ['append', 'replace', 'flush']
const ENGINE = 'LUA'
