import type { ByteString } from '../bytes/bytes.js'
import { parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { feedMonitors } from '../engine/monitor.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition, Flag, Handler, KeySpec } from '../registry/definition.js'
import type { ScriptRights } from '../scripting/script-run.js'
import type { Script } from '../scripting/scripts.js'
import { helpCommand } from './help.js'

const group = 'scripting'
const categories = ['scripting']
const flags: readonly Flag[] = ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys']
const complexity = 'That of the script'
/** As redis-server says it. */
export const UNKNOWN_WRITES = 'We cannot tell how the keys will be used so we assume the worst, RW and UPDATE'
export const UNKNOWN_READS = 'We cannot tell how the keys will be used so we assume the worst, RO and ACCESS'
const syntax = (what: string): string => `${what} numkeys [key [key ...]] [arg [arg ...]]`

export const scriptingCommands: readonly CommandDefinition[] = [
  {
    name: 'eval',
    summary: 'Runs a Lua script.',
    since: '2.6.0',
    group,
    complexity,
    syntax: syntax('script'),
    arity: -3,
    flags,
    categories,
    keys: scriptKeys('RW', UNKNOWN_WRITES),
    run: evaluate(loaded, false),
  },
  {
    name: 'evalsha',
    summary: 'Runs a Lua script that is known already, by its SHA-1.',
    since: '2.6.0',
    group,
    complexity,
    syntax: syntax('sha1'),
    arity: -3,
    flags,
    categories,
    keys: scriptKeys('RW'),
    run: evaluate(known, false),
  },
  {
    name: 'eval_ro',
    summary: 'Runs a Lua script that must not write.',
    since: '7.0.0',
    group,
    complexity,
    syntax: syntax('script'),
    arity: -3,
    flags: ['readonly', ...flags],
    categories,
    keys: scriptKeys('RO', UNKNOWN_READS),
    run: evaluate(loaded, true),
  },
  {
    name: 'evalsha_ro',
    summary: 'Runs a Lua script that is known already, by its SHA-1, and that must not write.',
    since: '7.0.0',
    group,
    complexity,
    syntax: syntax('sha1'),
    arity: -3,
    flags: ['readonly', ...flags],
    categories,
    keys: scriptKeys('RO'),
    run: evaluate(known, true),
  },
  {
    name: 'script',
    summary: 'Tells of the scripts that are known, and manages them.',
    since: '2.6.0',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'debug',
        summary: 'Sets how scripts are debugged: in krmt, not at all.',
        since: '3.2.0',
        group,
        complexity: 'O(1)',
        syntax: '<YES | SYNC | NO>',
        arity: 3,
        flags: ['noscript'],
        categories,
        run: debug,
      },
      {
        name: 'exists',
        summary: 'Tells for each script whether it is known.',
        since: '2.6.0',
        group,
        complexity: 'O(N) with the number of scripts asked for',
        syntax: 'sha1 [sha1 ...]',
        arity: -3,
        flags: ['noscript'],
        categories,
        tips: ['request_policy:all_shards', 'response_policy:agg_logical_and'],
        run: exists,
      },
      {
        name: 'flush',
        summary: 'Forgets all scripts.',
        since: '2.6.0',
        group,
        complexity: 'O(N) with the number of scripts',
        syntax: '[ASYNC | SYNC]',
        arity: -2,
        flags: ['noscript'],
        categories,
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        run: flush,
      },
      {
        name: 'kill',
        summary: 'Ends the script that runs, if it has written nothing yet.',
        since: '2.6.0',
        group,
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags: ['noscript', 'allow_busy'],
        categories,
        tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
        run(client) {
          client.engine.scripting.kill('script')
          client.reply.ok()
        },
      },
      {
        name: 'load',
        summary: 'Takes up a script for EVALSHA, and answers its SHA-1.',
        since: '2.6.0',
        group,
        complexity: 'O(N) with the length of the script',
        syntax: 'script',
        arity: 3,
        flags: ['noscript', 'stale'],
        categories,
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        run: (client, argv) => client.reply.bulk(client.engine.scripting.scripts.load(argv[2]!).sha),
      },
      helpCommand(
        'script',
        '5.0.0',
        ['loading', 'stale'],
        [
          ['DEBUG (YES|SYNC|NO)', 'Answers an error, but for NO: krmt has no debugger of scripts.'],
          ['EXISTS <sha1> [<sha1> ...]', 'Tells for each script whether it is known.'],
          ['FLUSH [ASYNC|SYNC]', 'Forgets all scripts, at once in either mode.'],
          ['KILL', 'Ends the script that runs, if it has written nothing yet.'],
          ['LOAD <script>', 'Takes up a script without running it.'],
        ],
        group,
        categories,
      ),
    ],
  },
]

/** The keys of a command whose words are the script, a count of keys, and the keys. */
export function scriptKeys(access: 'RW' | 'RO', notes?: string): readonly KeySpec[] {
  return [
    {
      ...(notes === undefined ? {} : { notes }),
      flags: access === 'RW' ? ['RW', 'access', 'update'] : ['RO', 'access'],
      begin: { index: 2 },
      find: { keynum: 0, first: 1, step: 1 },
    },
  ]
}

/** Takes apart what comes after the script's or function's name: the count of keys, the keys, the arguments. */
export function keysAndArgs(argv: readonly ByteString[]): { keys: readonly ByteString[]; args: readonly ByteString[] } {
  const count = parseInteger64(argv[2]!)
  if (count === undefined) throw errors.notInteger
  if (count > argv.length - 3) throw new ReplyError("ERR Number of keys can't be greater than number of args")
  if (count < 0) throw new ReplyError("ERR Number of keys can't be negative")
  const end = 3 + Number(count)
  return { keys: argv.slice(3, end), args: argv.slice(end) }
}

function evaluate(find: (client: Client, word: ByteString) => Script, readOnly: boolean): Handler {
  return (client, argv) => {
    const { scripting, monitors } = client.engine
    // Before the commands of the script, which monitors are shown too.
    if (monitors.size > 0) feedMonitors(client, argv)
    const { keys, args } = keysAndArgs(argv)
    const script = find(client, argv[1]!)
    scripting.evaluate(client, {
      kind: 'script',
      name: script.sha,
      ref: scripting.scripts.compiled(script),
      keys,
      args,
      rights: rightsOf(script.flags, readOnly),
      argv,
    })
  }
}

/** What a script with these flags may do; without any, what scripts could before there were flags. */
export function rightsOf(scriptFlags: ReadonlySet<string> | undefined, readOnly: boolean): ScriptRights {
  if (scriptFlags === undefined) return readOnly ? MAY_READ : MAY_ALL
  const noWrites = scriptFlags.has('no-writes')
  if (readOnly && !noWrites) {
    throw new ReplyError('ERR Can not execute a script with write flag using *_ro command.')
  }
  return { readOnly: noWrites }
}

function loaded(client: Client, text: ByteString): Script {
  return client.engine.scripting.scripts.load(text)
}

function known(client: Client, sha: ByteString): Script {
  const script = client.engine.scripting.scripts.get(sha)
  if (script === undefined) throw new ReplyError('NOSCRIPT No matching script. Please use EVAL.')
  return script
}

function debug(client: Client, argv: readonly ByteString[]): void {
  const mode = argv[2]!.toLowerCase()
  if (mode !== 'no' && mode !== 'yes' && mode !== 'sync') throw new ReplyError('ERR Use SCRIPT DEBUG YES/SYNC/NO')
  if (mode !== 'no') {
    throw new ReplyError(
      'ERR krmt has no debugger of Lua scripts: use redis.log, or debug the script on a redis-server',
    )
  }
  client.reply.ok()
}

function exists(client: Client, argv: readonly ByteString[]): void {
  const { reply, engine } = client
  reply.array(argv.length - 2)
  for (const sha of argv.slice(2)) reply.integer(engine.scripting.scripts.get(sha) === undefined ? 0 : 1)
}

function flush(client: Client, argv: readonly ByteString[]): void {
  const mode = argv[2]?.toLowerCase()
  if (argv.length > 3 || (mode !== undefined && mode !== 'sync' && mode !== 'async')) {
    throw new ReplyError('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
  }
  client.engine.scripting.scripts.flush()
  client.reply.ok()
}

const MAY_READ: ScriptRights = { readOnly: true }
const MAY_ALL: ScriptRights = { readOnly: false }
