import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { splitArgs } from '../../src/bytes/split-args.js'
import { startGateway } from './gateway-server.js'
import { type KrmtServer, startKrmtServer } from './krmt-server.js'
import { describeWithRedis, type RedisServer, startRedisServer } from './redis-server.js'
import { connect, type Reply, type RespClient } from './resp-client.js'

export interface Differential {
  /**
   * A test that sends the same lines to krmt and to redis-server, both empty, and compares every reply exactly, and at
   * the end the keyspace events that they gave rise to.
   *
   * A line is a command, its words quoted as redis-cli takes them (`"\x00"`); `#` begins a comment line. In front may stand:
   *
   *     2>         the second, third… connection of this session sends it
   *     [sorted]   elements of the reply may come in any order (of a map: its entries)
   *     [near 50]  integers in the reply may differ by so much (default 50)
   *     [type]     only the type of the reply is compared, and the length of an aggregate
   *     [push]     no command: the next message that the connection has been sent is compared
   *     [waits]    the command waits in the server: the reply is not waited for, but taken by
   *     [reply]    no command: the reply to the command that waits is compared
   *     [krmt "…"] krmt is meant to answer this text instead, written as redis-cli prints it without indentation
   */
  session(name: string, lines: string, options?: { events?: boolean }): void
  /** Both servers, for tests of another form. */
  readonly servers: () => { krmt: KrmtServer; redis: RedisServer }
}

let isOfGateway = false

/**
 * From now on, suites compare a gateway with redis-server, which stands behind it too: it has to answer the same to everything, also
 * where krmt is meant to differ. Called before the files with the suites are imported.
 */
export function compareGateway(): void {
  isOfGateway = true
}

/** `test` and `describe` for what is about krmt alone: with a gateway there is nothing of it to compare. */
export const ofKrmt: {
  test(name: string, run: () => Promise<void> | void, timeout?: number): void
  describe(name: string, define: () => void): void
} = {
  test(name, run, timeout) {
    if (!isOfGateway) test(name, run, timeout)
  },
  describe(name, define) {
    if (!isOfGateway) describe(name, define)
  },
}

/** A suite that compares krmt with redis-server 7.0.15. `args` are given to both, as on the command line. */
export function describeDifferential(
  name: string,
  define: (differential: Differential) => void,
  options: { config?: Readonly<Record<string, string>> } = {},
): void {
  describeWithRedis(name, () => {
    let krmt: KrmtServer
    let redis: RedisServer

    beforeAll(async () => {
      const config = { 'notify-keyspace-events': 'KEAmn', ...options.config }
      const args = Object.entries(config).flatMap(([parameter, value]) => [`--${parameter}`, value])
      const ours = isOfGateway ? startWithGateway(args) : startKrmtServer({ config })
      ;[krmt, redis] = await Promise.all([ours, startRedisServer({ args })])
    })
    afterAll(async () => {
      await Promise.all([krmt?.stop(), redis?.stop()])
    })

    const session: Differential['session'] = (sessionName, lines, { events = true } = {}) => {
      test(sessionName, async () => {
        const ours = await Side.open(krmt.socketPath)
        const theirs = await Side.open(redis.socketPath)
        try {
          for (const [number, line] of lines.split('\n').entries()) {
            const step = parseStep(line)
            if (step === undefined) continue
            const [our, their] = await Promise.all([ours.run(step), theirs.run(step)])
            const where = `line ${number + 1}: ${line.trim()}`
            if (step.expected === undefined || isOfGateway)
              expect(step.mode === 'near' ? our : compared(our, step), where).toEqual(compared(their, step))
            else expect(printed(our), where).toBe(step.expected)
          }
          if (events) expect(await ours.events(), 'keyspace events').toEqual(await theirs.events())
        } finally {
          await Promise.all([ours.close(), theirs.close()])
        }
      })
    }
    define({ session, servers: () => ({ krmt, redis }) })
  })
}

/** A gateway, and the redis-server that it stands in front of. */
async function startWithGateway(args: readonly string[]): Promise<KrmtServer> {
  const redis = await startRedisServer({ args })
  const gateway = await startGateway({ upstream: `unix:${redis.socketPath}` })
  return {
    ...gateway,
    server: gateway.gateway.server,
    async stop() {
      await gateway.stop()
      await redis.stop()
    },
  }
}

/** One server's connections in a session. */
class Side {
  readonly #clients = new Map<number, RespClient>()
  /** Replies to commands that wait, by connection. */
  readonly #waiting = new Map<number, Promise<Reply>>()
  #asker: RespClient | undefined

  private constructor(
    readonly path: string,
    readonly listener: RespClient,
  ) {}

  static async open(path: string): Promise<Side> {
    const listener = await connect({ path })
    await listener.send('FLUSHALL')
    await listener.send('PSUBSCRIBE', '__key*__:*')
    return new Side(path, listener)
  }

  async run(step: Step): Promise<Reply> {
    let client = this.#clients.get(step.connection)
    if (client === undefined) {
      client = await connect({ path: this.path })
      this.#clients.set(step.connection, client)
    }
    if (step.argv === undefined) return client.nextPush()
    if (step.mode === 'reply') return this.#waiting.get(step.connection) ?? { type: 'null' }
    if (step.mode !== 'waits') return client.send(...step.argv)
    const others = await this.#blocked()
    const reply = client.send(...step.argv)
    this.#waiting.set(step.connection, reply)
    reply.catch(() => {})
    while ((await this.#blocked()) <= others);
    return { type: 'null' }
  }

  /** How many clients wait in the server. */
  async #blocked(): Promise<number> {
    this.#asker ??= await connect({ path: this.path })
    const info = await this.#asker.send('INFO', 'clients')
    return Number(/blocked_clients:(\d+)/.exec('value' in info ? String(info.value) : '')?.[1])
  }

  /** The events since the session began, oldest first. */
  async events(): Promise<Reply[]> {
    const client = await connect({ path: this.path })
    await client.send('PUBLISH', '__keyend__:', 'end')
    await client.close()
    const events: Reply[] = []
    for (;;) {
      const event = await this.listener.nextPush()
      if (event.type === 'array' && event.items[2]?.type === 'bulk' && event.items[2].value === '__keyend__:')
        return events
      events.push(event)
    }
  }

  async close(): Promise<void> {
    for (const client of [this.listener, ...this.#clients.values()]) await client.close()
    await this.#asker?.close()
  }
}

interface Step {
  readonly connection: number
  readonly mode: 'exact' | 'sorted' | 'near' | 'type' | 'waits' | 'reply'
  readonly tolerance: number
  /** What krmt is to answer where it differs on purpose. */
  readonly expected: string | undefined
  /** Undefined: take the next push. */
  readonly argv: string[] | undefined
}

function parseStep(line: string): Step | undefined {
  const found = /^\s*(?:(\d)>\s*)?(?:\[(sorted|near|type|push|waits|reply|krmt)(?:\s+(\d+|".*?"))?\]\s*)?(.*)$/.exec(
    line,
  )
  const [, connection = '1', marked, parameter, command = ''] = found ?? []
  const mark = marked as Exclude<Step['mode'], 'exact'> | 'push' | 'krmt' | undefined
  if (mark !== 'push' && mark !== 'reply' && (command === '' || command.startsWith('#'))) return undefined
  // The lines of a test are text; what goes over the wire is its UTF-8.
  const argv = mark === 'push' ? undefined : splitArgs(Buffer.from(command, 'utf8').toString('latin1'))
  if (mark !== 'push' && argv === undefined) throw new Error(`unbalanced quotes: ${line}`)
  return {
    connection: Number(connection),
    mode: mark === undefined || mark === 'push' || mark === 'krmt' ? 'exact' : mark,
    tolerance: Number(mark === 'near' ? (parameter ?? 50) : 0),
    expected: mark === 'krmt' ? parameter?.slice(1, -1) : undefined,
    argv,
  }
}

/** A reply in the form in which the step lets it be compared. */
function compared(reply: Reply, step: Step): unknown {
  switch (step.mode) {
    case 'exact':
    case 'waits':
    case 'reply':
      return reply
    case 'sorted':
      return sorted(reply)
    case 'near':
      return near(reply, step.tolerance)
    case 'type':
      return 'items' in reply
        ? [reply.type, reply.items.length]
        : 'entries' in reply
          ? [reply.type, reply.entries.length]
          : [reply.type]
  }
}

function sorted(reply: Reply): unknown {
  const order = (items: readonly unknown[]): unknown[] =>
    [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (reply.type === 'map') return { ...reply, entries: order(reply.entries) }
  if ('items' in reply) return { ...reply, items: order(reply.items.map(sorted)) }
  return reply
}

function near(reply: Reply, tolerance: number): unknown {
  if (reply.type === 'integer') {
    return {
      type: 'integer',
      // -1 and -2 are not numbers but answers.
      value:
        reply.value < 0
          ? reply.value
          : expect.toSatisfy((other: unknown) => {
              return typeof other === 'number' && Math.abs(other - Number(reply.value)) <= tolerance
            }),
    }
  }
  if ('items' in reply) return { ...reply, items: reply.items.map(item => near(item, tolerance)) }
  return reply
}

/** A reply as redis-cli prints it, on one line. */
function printed(reply: Reply): string {
  switch (reply.type) {
    case 'status':
    case 'bulk':
    case 'double':
      return String(reply.value)
    case 'error':
      return `(error) ${reply.value}`
    case 'integer':
      return `(integer) ${reply.value}`
    case 'null':
    case 'null-bulk':
    case 'null-array':
      return '(nil)'
    case 'array':
    case 'set':
    case 'push':
      return reply.items.length === 0 ? '(empty array)' : reply.items.map(printed).join(' ')
    default:
      return JSON.stringify(reply)
  }
}
