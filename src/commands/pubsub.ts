import type { ByteString } from '../bytes/bytes.js'
import { globMatch } from '../bytes/glob.js'
import type { Client } from '../engine/client.js'
import { Target } from '../engine/effects.js'
import type { PubSub, SubscriptionKind } from '../engine/pubsub.js'
import { ReplyError } from '../errors.js'
import type { CommandDefinition, Flag, Handler, KeySpec } from '../registry/definition.js'
import { helpCommand } from './help.js'

const flags: readonly Flag[] = ['pubsub', 'noscript', 'loading', 'stale']
const query: readonly Flag[] = ['pubsub', 'loading', 'stale']
const shardKeys = (last: number): readonly KeySpec[] => [
  { flags: ['not_key'], begin: { index: 1 }, find: { last, step: 1, limit: 0 } },
]

export const pubsubCommands: readonly CommandDefinition[] = [
  {
    name: 'subscribe',
    summary: 'Subscribes to channels.',
    since: '2.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the number of channels',
    syntax: 'channel [channel ...]',
    arity: -2,
    flags,
    run: subscribe('channels', 'subscribe'),
  },
  {
    name: 'unsubscribe',
    summary: 'Ends subscriptions to channels; to all, when none is given.',
    since: '2.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the number of channels',
    syntax: '[channel [channel ...]]',
    arity: -1,
    flags,
    run: unsubscribe('channels', 'unsubscribe'),
  },
  {
    name: 'psubscribe',
    summary: 'Subscribes to all channels whose names match a pattern.',
    since: '2.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the number of patterns',
    syntax: 'pattern [pattern ...]',
    arity: -2,
    flags,
    run: subscribe('patterns', 'psubscribe'),
  },
  {
    name: 'punsubscribe',
    summary: 'Ends subscriptions to patterns; to all, when none is given.',
    since: '2.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the number of patterns',
    syntax: '[pattern [pattern ...]]',
    arity: -1,
    flags,
    run: unsubscribe('patterns', 'punsubscribe'),
  },
  {
    name: 'ssubscribe',
    summary: 'Subscribes to shard channels.',
    since: '7.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the number of channels',
    syntax: 'shardchannel [shardchannel ...]',
    arity: -2,
    flags,
    keys: shardKeys(-1),
    run: subscribe('shardChannels', 'ssubscribe'),
  },
  {
    name: 'sunsubscribe',
    summary: 'Ends subscriptions to shard channels; to all, when none is given.',
    since: '7.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the number of channels',
    syntax: '[shardchannel [shardchannel ...]]',
    arity: -1,
    flags,
    keys: shardKeys(-1),
    run: unsubscribe('shardChannels', 'sunsubscribe'),
  },
  {
    name: 'publish',
    summary: 'Sends a message to a channel; answers how many clients got it.',
    since: '2.0.0',
    group: 'pubsub',
    complexity: 'O(N+M) with the subscribers of the channel and all patterns',
    syntax: 'channel message',
    arity: 3,
    flags: ['pubsub', 'loading', 'stale', 'fast'],
    run: publish((pubsub, channel, message) => pubsub.publish(channel, message)),
  },
  {
    name: 'spublish',
    summary: 'Sends a message to a shard channel; answers how many clients got it.',
    since: '7.0.0',
    group: 'pubsub',
    complexity: 'O(N) with the subscribers of the channel',
    syntax: 'shardchannel message',
    arity: 3,
    flags: ['pubsub', 'loading', 'stale', 'fast'],
    keys: shardKeys(0),
    run: publish((pubsub, channel, message) => pubsub.shardPublish(channel, message)),
  },
  {
    name: 'pubsub',
    summary: 'Tells of channels and subscriptions.',
    since: '2.8.0',
    group: 'pubsub',
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      {
        name: 'channels',
        summary: 'Lists the channels that have subscribers.',
        since: '2.8.0',
        group: 'pubsub',
        complexity: 'O(N) with the number of channels',
        syntax: '[pattern]',
        arity: -2,
        flags: query,
        run: listChannels(pubsub => pubsub.channels),
      },
      {
        name: 'numpat',
        summary: 'Counts the patterns that have subscribers.',
        since: '2.8.0',
        group: 'pubsub',
        complexity: 'O(1)',
        syntax: '',
        arity: 2,
        flags: query,
        run: client => client.reply.integer(client.engine.pubsub.patterns.size),
      },
      {
        name: 'numsub',
        summary: 'Counts the subscribers of channels.',
        since: '2.8.0',
        group: 'pubsub',
        complexity: 'O(N) with the number of channels asked for',
        syntax: '[channel [channel ...]]',
        arity: -2,
        flags: query,
        run: countSubscribers(pubsub => pubsub.channels),
      },
      {
        name: 'shardchannels',
        summary: 'Lists the shard channels that have subscribers.',
        since: '7.0.0',
        group: 'pubsub',
        complexity: 'O(N) with the number of channels',
        syntax: '[pattern]',
        arity: -2,
        flags: query,
        run: listChannels(pubsub => pubsub.shardChannels),
      },
      {
        name: 'shardnumsub',
        summary: 'Counts the subscribers of shard channels.',
        since: '7.0.0',
        group: 'pubsub',
        complexity: 'O(N) with the number of channels asked for',
        syntax: '[shardchannel [shardchannel ...]]',
        arity: -2,
        flags: query,
        run: countSubscribers(pubsub => pubsub.shardChannels),
      },
      helpCommand(
        'pubsub',
        '6.2.0',
        ['loading', 'stale'],
        [
          ['CHANNELS [<pattern>]', 'Lists the channels that have subscribers, those that match if a pattern is given.'],
          ['NUMPAT', 'Counts the patterns that have subscribers.'],
          ['NUMSUB [<channel> ...]', 'Counts the subscribers of each channel; those of patterns are not among them.'],
          ['SHARDCHANNELS [<pattern>]', 'Lists the shard channels that have subscribers.'],
          ['SHARDNUMSUB [<shardchannel> ...]', 'Counts the subscribers of each shard channel.'],
        ],
      ),
    ],
  },
]

function subscribe(kind: SubscriptionKind, word: string): Handler {
  return (client, argv) => {
    for (let i = 1; i < argv.length; i++) {
      client.engine.pubsub.subscribe(kind, client, argv[i]!)
      confirm(client, kind, word, argv[i]!)
    }
  }
}

function unsubscribe(kind: SubscriptionKind, word: string): Handler {
  return (client, argv) => {
    const channels = argv.length > 1 ? argv.slice(1) : [...client[kind]]
    if (channels.length === 0) confirm(client, kind, word, undefined)
    for (const channel of channels) {
      client.engine.pubsub.unsubscribe(kind, client, channel)
      confirm(client, kind, word, channel)
    }
  }
}

/** Channels and patterns are counted together, shard channels apart. */
function confirm(client: Client, kind: SubscriptionKind, word: string, channel: ByteString | undefined): void {
  const { reply } = client
  const { muted } = reply
  reply.muted = false
  reply.push(3)
  reply.bulk(word)
  if (channel === undefined) reply.null()
  else reply.bulk(channel)
  reply.integer(kind === 'shardChannels' ? client.shardChannels.size : client.channels.size + client.patterns.size)
  reply.muted = muted
}

/** A message is no data: replicas pass it on to their subscribers, and an append-only file has no use for it. */
function publish(deliver: (pubsub: PubSub, channel: ByteString, message: ByteString) => number): Handler {
  return (client, argv) => {
    const { effects, pubsub } = client.engine
    client.reply.integer(deliver(pubsub, argv[1]!, argv[2]!))
    if (effects.listening) effects.force(Target.replica)
  }
}

function listChannels(of: (pubsub: PubSub) => ReadonlyMap<ByteString, unknown>): Handler {
  return (client, argv) => {
    if (argv.length > 3) {
      throw new ReplyError(`ERR unknown subcommand or wrong number of arguments for '${argv[1]}'. Try PUBSUB HELP.`)
    }
    const pattern = argv[2]
    const channels = [...of(client.engine.pubsub).keys()].filter(
      name => pattern === undefined || globMatch(pattern, name),
    )
    client.reply.array(channels.length)
    for (const channel of channels) client.reply.bulk(channel)
  }
}

function countSubscribers(of: (pubsub: PubSub) => ReadonlyMap<ByteString, ReadonlySet<Client>>): Handler {
  return (client, argv) => {
    const channels = of(client.engine.pubsub)
    client.reply.map(argv.length - 2)
    for (let i = 2; i < argv.length; i++) {
      client.reply.bulk(argv[i]!)
      client.reply.integer(channels.get(argv[i]!)?.size ?? 0)
    }
  }
}
