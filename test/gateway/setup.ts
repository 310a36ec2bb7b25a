import { connect as connectSocket, type Socket } from 'node:net'
import hmsetnx from '../../modules/hmsetnx/index.js'
import poong from '../../modules/poong/index.js'
import type { AnyModule } from '../../src/module/index.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type RespClient } from '../support/resp-client.js'

/** A gateway with modules, and the redis-server behind it. */
export interface Pair {
  readonly redis: RedisServer
  readonly gateway: GatewayServer
  /** A client of the gateway. */
  connect(): Promise<RespClient>
  /** A client of the redis-server itself. */
  direct(): Promise<RespClient>
  /** Bytes, of the gateway. */
  raw(): Promise<RawClient>
  stop(): Promise<void>
}

export async function openPair(
  options: {
    args?: readonly string[]
    config?: Readonly<Record<string, string>>
    modules?: readonly AnyModule[]
    /** What stands before the `@` of the URL. */
    login?: string
  } = {},
): Promise<Pair> {
  const redis = await startRedisServer({ args: options.args ?? [] })
  const login = options.login === undefined ? '' : `${options.login}@`
  const gateway = await startGateway({
    upstream: `redis://${login}127.0.0.1:${redis.port}`,
    modules: options.modules ?? [hmsetnx, poong],
    ...(options.config === undefined ? {} : { config: options.config }),
  })
  const clients: { close(): Promise<unknown> }[] = []
  const kept = async <T extends { close(): Promise<unknown> }>(opening: Promise<T>): Promise<T> => {
    const client = await opening
    clients.push(client)
    return client
  }
  return {
    redis,
    gateway,
    connect: () => kept(connect({ path: gateway.socketPath })),
    direct: () => kept(connect({ path: redis.socketPath })),
    raw: () => kept(rawClient(gateway.socketPath)),
    async stop() {
      await Promise.all(clients.map(client => client.close()))
      await gateway.stop()
      await redis.stop()
    },
  }
}

/** A connection whose bytes are seen as they come, one char a byte. */
export interface RawClient {
  readonly socket: Socket
  /** All that has come and has not been taken. */
  received: string
  readonly isEnded: boolean
  write(bytes: string): void
  /** Resolves with what has come, when it satisfies, or the other side has ended. Takes it. */
  until(isEnough: (bytes: string) => boolean): Promise<string>
  readonly ended: Promise<void>
  close(): Promise<void>
}

export function rawClient(path: string): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      let look = (): void => {}
      let isEnded = false
      const end = (): void => {
        isEnded = true
        look()
      }
      const ended = new Promise<void>(done => socket.once('end', done).once('close', () => done()))
      socket.on('end', end).on('close', end)
      const client = {
        socket,
        received: '',
        get isEnded() {
          return isEnded
        },
        write: (bytes: string): void => void socket.write(bytes, 'latin1'),
        until(isEnough: (bytes: string) => boolean): Promise<string> {
          return new Promise(found => {
            look = () => {
              if (!isEnded && !isEnough(client.received)) return
              look = () => {}
              const bytes = client.received
              client.received = ''
              found(bytes)
            }
            look()
          })
        },
        ended,
        close(): Promise<void> {
          return new Promise(done => {
            if (socket.destroyed) done()
            else socket.once('close', () => done()).destroy()
          })
        },
      } satisfies RawClient
      socket.setEncoding('latin1').on('data', (text: string) => {
        client.received += text
        look()
      })
      resolve(client)
    })
  })
}
