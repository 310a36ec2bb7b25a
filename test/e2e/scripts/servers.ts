import { setImmediate as turn } from 'node:timers/promises'
import { Redis, type RedisOptions } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
import { describeWithRedis, startRedisServer } from '../../support/redis-server.js'
import { startServer } from '../support/program.js'

/** The server that a suite runs on. It is empty at the beginning of each test: no keys, scripts or functions. */
export interface TestedServer {
  /** On 127.0.0.1. */
  readonly port: number
  /** A connection of its own; closed when the test ends. */
  ioredis(options?: Omit<RedisOptions, 'replyMapping'>): Redis
  /** Has something done when the test ends; what was added last, first. */
  after(work: () => unknown): void
  /**
   * How often the server has run each command since the test began, by its name in lower case: of the scripts' own
   * calls too, so that a test can say what a library sent.
   */
  calls(): Promise<Record<string, number>>
}

/**
 * Defines a suite twice: for krmt as it has been built, and for redis-server. That the same assertions hold there
 * proves that what they expect is right.
 */
export function describeOnServers(name: string, define: (server: TestedServer) => void): void {
  describe(`${name}, on krmt`, () => {
    defineOn(() => startServer(['--bind', '127.0.0.1'], { tcp: true }), define)
  })
  describeWithRedis(`${name}, on redis-server`, () => defineOn(startRedisServer, define))
}

/** A connection by node-redis; closed when the test ends. */
export async function nodeRedis<RESP extends 2 | 3>(server: TestedServer, RESP: RESP) {
  const client = createClient({ RESP, socket: { port: server.port, host: '127.0.0.1' } })
  await client.connect()
  server.after(() => client.close())
  return client
}

/** `expect` for what is going to be: asks until it is, for as long as a slow machine may need. */
export function eventually<T>(ask: () => T | Promise<T>) {
  return expect.poll(ask, { interval: 10, timeout: 20_000 })
}

/**
 * Runs workers, each of whom enters a room by a lock of its own, all at once, and gives how many were inside at once at
 * most. Nobody leaves before so many have been inside together, so that too few show as well as too many.
 */
export async function crowd(
  workers: number,
  expected: number,
  enter: (worker: number, stay: () => Promise<void>) => Promise<unknown>,
): Promise<number> {
  let inside = 0
  let most = 0
  let open: () => void = () => {}
  const full = new Promise<void>(resolve => {
    open = resolve
  })
  const stay = async (): Promise<void> => {
    most = Math.max(most, ++inside)
    if (inside === expected) open()
    await full
    await turn()
    inside--
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => enter(worker, stay)))
  return most
}

interface Startable {
  readonly port: number
  stop(): Promise<unknown>
}

function defineOn(start: () => Promise<Startable>, define: (server: TestedServer) => void): void {
  let running: Startable | undefined
  let admin: Redis
  const atEnd: (() => unknown)[] = []

  beforeAll(async () => {
    running = await start()
    admin = new Redis({ port: running.port, host: '127.0.0.1' })
  })
  beforeEach(async () => {
    await admin.flushall()
    await admin.script('FLUSH')
    await admin.function('FLUSH')
    await admin.config('RESETSTAT')
  })
  afterEach(async () => {
    for (let work = atEnd.pop(); work !== undefined; work = atEnd.pop()) await work()
  })
  afterAll(async () => {
    admin?.disconnect()
    await running?.stop()
  })

  define({
    get port() {
      if (running === undefined) throw new Error('the server is started before the first test, not before')
      return running.port
    },
    ioredis(options = {}) {
      const redis = new Redis(this.port, '127.0.0.1', options)
      atEnd.push(() => redis.disconnect())
      return redis
    },
    after: work => void atEnd.push(work),
    async calls() {
      const lines = (await admin.info('commandstats')).matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)
      return Object.fromEntries(Array.from(lines, ([, command, calls]) => [command, Number(calls)]))
    },
  })
}
