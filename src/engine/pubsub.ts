import type { ByteString } from '../bytes/bytes.js'
import { globMatch } from '../bytes/glob.js'
import type { Client } from './client.js'

/** Who is subscribed to what, and the delivery of messages. */
export class PubSub {
  readonly channels = new Map<ByteString, Set<Client>>()
  readonly patterns = new Map<ByteString, Set<Client>>()
  readonly shardChannels = new Map<ByteString, Set<Client>>()

  /** Delivers a message; returns how many clients got it. O(subscribers + patterns). */
  publish(channel: ByteString, message: ByteString): number {
    let receivers = deliver(this.channels.get(channel), 'message', channel, message)
    for (const [pattern, clients] of this.patterns) {
      if (!globMatch(pattern, channel)) continue
      for (const { reply } of clients) {
        const { muted } = reply
        reply.muted = false
        reply.push(4)
        reply.bulk('pmessage')
        reply.bulk(pattern)
        reply.bulk(channel)
        reply.bulk(message)
        reply.muted = muted
      }
      receivers += clients.size
    }
    return receivers
  }

  /** Delivers a message to the subscribers of a shard channel. */
  shardPublish(channel: ByteString, message: ByteString): number {
    return deliver(this.shardChannels.get(channel), 'smessage', channel, message)
  }

  /** False when the client was subscribed already. */
  subscribe(kind: SubscriptionKind, client: Client, channel: ByteString): boolean {
    if (client[kind].has(channel)) return false
    client[kind].add(channel)
    const clients = this[kind].get(channel)
    if (clients === undefined) this[kind].set(channel, new Set([client]))
    else clients.add(client)
    return true
  }

  /** False when the client was not subscribed. */
  unsubscribe(kind: SubscriptionKind, client: Client, channel: ByteString): boolean {
    if (!client[kind].delete(channel)) return false
    const clients = this[kind].get(channel) as Set<Client>
    clients.delete(client)
    if (clients.size === 0) this[kind].delete(channel)
    return true
  }

  /** Ends all subscriptions of a client, without telling it. */
  leave(client: Client): void {
    for (const kind of ['channels', 'patterns', 'shardChannels'] as const) {
      for (const channel of [...client[kind]]) this.unsubscribe(kind, client, channel)
    }
  }
}

export type SubscriptionKind = 'channels' | 'patterns' | 'shardChannels'

function deliver(clients: Set<Client> | undefined, type: string, channel: ByteString, message: ByteString): number {
  if (clients === undefined) return 0
  for (const { reply } of clients) {
    // CLIENT REPLY OFF does not stop messages.
    const { muted } = reply
    reply.muted = false
    reply.push(3)
    reply.bulk(type)
    reply.bulk(channel)
    reply.bulk(message)
    reply.muted = muted
  }
  return clients.size
}
