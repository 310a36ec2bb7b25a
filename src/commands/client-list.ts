import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'

/** CLIENT INFO: the line of CLIENT LIST that is the client's own. */
export function info(client: Client): void {
  client.reply.verbatim('txt', `${clientLine(client)}\n`)
}

/** CLIENT LIST [TYPE type | ID id [id ...]] */
export function list(client: Client, argv: readonly ByteString[]): void {
  client.reply.verbatim(
    'txt',
    listed(client, argv)
      .map(other => `${clientLine(other)}\n`)
      .join(''),
  )
}

function listed(client: Client, argv: readonly ByteString[]): Client[] {
  const { clients } = client.engine
  const connected = [...clients.values()].filter(({ transport, closing }) => transport !== undefined && !closing)
  if (argv.length === 2) return connected
  const option = argv[2]!.toLowerCase()
  if (option === 'type' && argv.length === 4) {
    const type = parseClientType(argv[3]!)
    return connected.filter(other => clientType(other) === type)
  }
  if (option === 'id' && argv.length > 3) {
    return argv.slice(3).flatMap(word => {
      const id = parseInteger(word)
      if (id === undefined) throw new ReplyError('ERR Invalid client ID')
      return connected.find(other => other.id === id) ?? []
    })
  }
  throw errors.syntax
}

/** What CLIENT LIST and CLIENT KILL tell apart. Nobody here is a master or a replica; who monitors is normal. */
export type ClientType = 'normal' | 'pubsub' | 'replica' | 'master'

export function clientType(client: Client): ClientType {
  return client.subscriptions > 0 ? 'pubsub' : 'normal'
}

export function parseClientType(word: ByteString): ClientType {
  const type = word.toLowerCase()
  if (type === 'slave') return 'replica'
  if (type === 'normal' || type === 'pubsub' || type === 'replica' || type === 'master') return type
  throw new ReplyError(`ERR Unknown client type '${word}'`)
}

/** The fields of redis-server 7.0.15 in its order, and after them what 7.2 added. */
function clientLine(client: Client): string {
  const { engine, transport, transaction, reply } = client
  const { now } = engine.keyspace
  const seconds = (since: number): number => Math.max(0, Math.floor((now - since) / 1000))
  const input = transport?.bufferedInput ?? 0
  const output = transport?.bufferedOutput ?? 0
  const queued = transaction === undefined ? 0 : queuedBytes(client)
  return [
    `id=${client.id}`,
    `addr=${transport?.address ?? ''}`,
    `laddr=${transport?.localAddress ?? ''}`,
    `fd=${transport?.fd ?? -1}`,
    `name=${client.name}`,
    `age=${seconds(client.createdAt)}`,
    `idle=${seconds(client.lastInteraction)}`,
    `flags=${flagsOf(client)}`,
    `db=${client.database.index}`,
    `sub=${client.channels.size}`,
    `psub=${client.patterns.size}`,
    `ssub=${client.shardChannels.size}`,
    `multi=${transaction === undefined ? -1 : transaction.queue.length}`,
    `qbuf=${input}`,
    'qbuf-free=0',
    'argv-mem=0',
    `multi-mem=${queued}`,
    'rbs=0',
    'rbp=0',
    `obl=${output}`,
    'oll=0',
    `omem=${output}`,
    `tot-mem=${input + output + queued}`,
    `events=${output > 0 ? 'rw' : 'r'}`,
    `cmd=${client.lastCommand?.fullName ?? 'NULL'}`,
    'user=default',
    'redir=-1',
    `resp=${reply.protocol}`,
    `lib-name=${client.libraryName}`,
    `lib-ver=${client.libraryVersion}`,
  ].join(' ')
}

function flagsOf(client: Client): string {
  let flags = ''
  if (client.monitoring) flags += 'O'
  if (client.subscriptions > 0) flags += 'P'
  if (client.transaction !== undefined) flags += 'x'
  if (client.waiting) flags += 'b'
  if (client.watchTouched) flags += 'd'
  if (client.closing) flags += 'c'
  if (client.transport?.kind === 'unix') flags += 'U'
  if (client.noEvict) flags += 'e'
  if (client.noTouch) flags += 'T'
  return flags === '' ? 'N' : flags
}

function queuedBytes({ transaction }: Client): number {
  let bytes = 0
  for (const { argv } of transaction?.queue ?? []) for (const word of argv) bytes += word.length
  return bytes
}
