import { slotOf } from '../../src/upstream/slot.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'
import { kit } from '../upstream/kit-contract.js'
import { type RawClient, rawClient } from './setup.js'

/** A Cluster of three nodes, and a gateway with the kit's modules in front of it. */
export interface Front {
  readonly cluster: RedisCluster
  readonly gateway: GatewayServer
  /** A client of the gateway. */
  connect(protocol?: 2 | 3): Promise<RespClient>
  /** A client of a node. */
  direct(node: number): Promise<RespClient>
  /** Bytes, of the gateway. */
  raw(): Promise<RawClient>
  /** Closes the clients. */
  closeClients(): Promise<void>
  stop(): Promise<void>
}

export async function openFront(config: Readonly<Record<string, string>> = {}): Promise<Front> {
  const cluster = await startRedisCluster()
  const gateway = await startGateway({ upstream: cluster.url(), modules: kit, config })
  let clients: { close(): Promise<unknown> }[] = []
  const kept = async <T extends { close(): Promise<unknown> }>(opening: Promise<T>): Promise<T> => {
    const client = await opening
    clients.push(client)
    return client
  }
  const closeClients = async (): Promise<void> => {
    const all = clients
    clients = []
    await Promise.all(all.map(client => client.close()))
  }
  return {
    cluster,
    gateway,
    async connect(protocol = 2) {
      const client = await kept(connect({ path: gateway.socketPath }))
      if (protocol === 3) await client.send('HELLO', 3)
      return client
    },
    direct: node => kept(connect({ port: cluster.ports[node]! })),
    raw: () => kept(rawClient(gateway.socketPath)),
    closeClients,
    async stop() {
      await closeClients()
      await gateway.stop()
      await cluster.stop()
    },
  }
}

/** The node that is in charge of a key as long as no slot has moved. */
export function nodeOf(key: string): number {
  return Math.floor((slotOf(key) * 3) / 16384)
}

/** For each node a tag whose keys it is in charge of, as long as no slot has moved. All are of different slots. */
export const tags: readonly [string, string, string] = [tagOf(0), tagOf(1), tagOf(2)]

/** @param number of those that there are */
export function tagOf(node: number, number = 0): string {
  for (let i = 0; ; i++) if (nodeOf(`t${i}`) === node && number-- === 0) return `{t${i}}`
}

/** A reply in few words: a string, a number, null, or an array of them; an error begins with `-`. */
export type Short = string | number | null | Short[]

export function short(reply: Reply): Short {
  switch (reply.type) {
    case 'error':
    case 'bulk-error':
      return `-${reply.value}`
    case 'array':
    case 'set':
    case 'push':
    case 'confirmations':
      return reply.items.map(short)
    case 'map':
      return reply.entries.map(entry => entry.map(short))
    case 'attribute':
      return short(reply.reply)
    case 'null':
    case 'null-bulk':
    case 'null-array':
      return null
    case 'integer':
      return Number(reply.value)
    case 'boolean':
      return reply.value ? 1 : 0
    default:
      return reply.value
  }
}

/** Sends one command, given as words with blanks between them or one by one, and gives its reply. */
export async function ask(client: RespClient, ...argv: readonly (string | number)[]): Promise<Short> {
  const words = argv.length === 1 ? String(argv[0]).split(' ') : argv
  return short(await client.send(...words))
}

/** Sends commands as one pipeline. */
export async function askAll(client: RespClient, lines: readonly string[]): Promise<Short[]> {
  return (await client.sendMany(lines.map(line => line.split(' ')))).map(short)
}
