import type { ByteString } from '../bytes/bytes.js'
import type { Client, QueuedCommand } from '../engine/client.js'
import { call } from '../engine/dispatch.js'
import { ReplyError } from '../errors.js'
import type { CommandDefinition, Flag } from '../registry/definition.js'

const flags: readonly Flag[] = ['noscript', 'loading', 'stale', 'fast', 'allow_busy']

export const transactionCommands: readonly CommandDefinition[] = [
  {
    name: 'multi',
    summary: 'Begins a transaction: the commands that follow wait for EXEC.',
    since: '1.2.0',
    group: 'transactions',
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags,
    categories: ['transaction'],
    run: multi,
  },
  {
    name: 'exec',
    summary: 'Runs the commands that have been queued since MULTI, with nothing in between.',
    since: '1.2.0',
    group: 'transactions',
    complexity: 'That of the queued commands together',
    syntax: '',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
    categories: ['transaction'],
    run: exec,
  },
  {
    name: 'discard',
    summary: 'Ends a transaction without running its commands.',
    since: '2.0.0',
    group: 'transactions',
    complexity: 'O(N) with the number of queued commands',
    syntax: '',
    arity: 1,
    flags,
    categories: ['transaction'],
    run: discard,
  },
  {
    name: 'watch',
    summary: 'Makes the next EXEC answer nil if one of the keys is touched before.',
    since: '2.2.0',
    group: 'transactions',
    complexity: 'O(1) for each key',
    syntax: 'key [key ...]',
    arity: -2,
    flags,
    categories: ['transaction'],
    keys: [{ flags: ['RO'], begin: { index: 1 }, find: { last: -1, step: 1, limit: 0 } }],
    run: watch,
  },
  {
    name: 'unwatch',
    summary: 'Forgets all watched keys.',
    since: '2.2.0',
    group: 'transactions',
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags,
    categories: ['transaction'],
    run(client) {
      client.unwatch()
      client.reply.ok()
    },
  },
]

function multi(client: Client): void {
  if (client.transaction !== undefined) throw new ReplyError('ERR MULTI calls can not be nested')
  client.transaction = { queue: [], refused: false }
  client.reply.ok()
}

function exec(client: Client): void {
  const { transaction } = client
  if (transaction === undefined) throw new ReplyError('ERR EXEC without MULTI')
  const touched = client.watchFailed
  client.transaction = undefined
  client.unwatch()
  if (transaction.refused) throw new ReplyError('EXECABORT Transaction discarded because of previous errors.')
  if (touched) {
    client.reply.nullArray()
    return
  }
  client.reply.array(transaction.queue.length)
  runQueued(client, transaction.queue, 0)
}

/** Runs the queued commands from an index on: all of them, or up to a script that takes long, which the others then wait for. */
function runQueued(client: Client, queue: readonly QueuedCommand[], first: number): void {
  for (let i = first; i < queue.length; i++) {
    const { command, argv } = queue[i]!
    // A module may have been reloaded since a command was queued: what runs is what serves now.
    call(client, client.engine.commands.serving(command), argv)
    if (client.waiting) {
      const release = client.engine.effects.hold()
      client.continuation = () => {
        runQueued(client, queue, i + 1)
        release()
      }
      return
    }
  }
}

function discard(client: Client): void {
  if (client.transaction === undefined) throw new ReplyError('ERR DISCARD without MULTI')
  client.transaction = undefined
  client.unwatch()
  client.reply.ok()
}

function watch(client: Client, argv: readonly ByteString[]): void {
  if (client.transaction !== undefined) throw new ReplyError('ERR WATCH inside MULTI is not allowed')
  // Once a watched key has been touched, EXEC's answer is settled.
  if (!client.watchTouched) for (let i = 1; i < argv.length; i++) client.watch(argv[i]!)
  client.reply.ok()
}
