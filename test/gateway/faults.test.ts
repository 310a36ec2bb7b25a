import { command, defineModule, t } from 'krmt/module'
import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { seededRandom } from '../../src/host/seeded-random.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { type Fate, startProxy, type TcpProxy } from '../support/proxy.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, encode, type Reply, type RespClient } from '../support/resp-client.js'
import { counting } from '../upstream/counting.js'
import { Load, works } from './load.js'

/** TICK has a single effect, and reads nothing: it needs no transaction. */
const ticking = defineModule({
  name: 'ticking',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'tick',
      summary: 'Adds one.',
      flags: ['write'],
      args: { key: t.key() },
      run({ key }, { write }) {
        write.call('INCR', key)
        return 'done'
      },
    }),
  ],
})

const modules = [hmsetnx, hmsetif, counting, ticking] as const
const TIMEOUT = 400
/** How long anything may take to be answered. */
const LIMIT = TIMEOUT + 1000
/** As long for many as for a few; one after the other they would take ten times as long. */
const FEW = 6 * TIMEOUT
const SOON = { timeout: 5000, interval: 10 }

let server: RedisServer
/** Each rig has two databases to itself. */
let databases = 1

/** A gateway with a proxy between it and the server. */
class Rig {
  readonly server: RedisServer
  readonly proxy: TcpProxy
  readonly gateway: GatewayServer
  /** Only connections that are made for clients select it, so their first message can be told from that of others. */
  readonly database: number
  /** Another one that nobody else uses. */
  readonly elsewhere: number
  #direct: RespClient
  readonly #clients: RespClient[] = []

  private constructor(at: RedisServer, proxy: TcpProxy, gateway: GatewayServer, direct: RespClient, database: number) {
    this.server = at
    this.proxy = proxy
    this.gateway = gateway
    this.database = database
    this.elsewhere = database + 1
    this.#direct = direct
  }

  static async start(timeout = TIMEOUT, at = server): Promise<Rig> {
    const database = databases
    databases += 2
    const direct = await connectTo(at, database)
    const proxy = await startProxy(at.port)
    const gateway = await startGateway({
      upstream: `redis://127.0.0.1:${proxy.port}/${database}`,
      modules,
      config: { 'upstream-timeout': String(timeout) },
    })
    return new Rig(at, proxy, gateway, direct, database)
  }

  /** As it was at the beginning, but for the connections that there are. */
  async clear(): Promise<void> {
    this.proxy.fate = () => 'pass'
    this.proxy.answerFate = () => 'pass'
    await Promise.all(this.#clients.splice(0).map(client => client.close()))
    for (const database of [this.elsewhere, this.database]) {
      await this.ask('SELECT', database)
      await this.ask('FLUSHDB')
    }
  }

  /** A client of the gateway. */
  async connect(): Promise<RespClient> {
    const client = await connect({ path: this.gateway.socketPath })
    this.#clients.push(client)
    return client
  }

  /** Asks the server itself. */
  readonly ask = (...argv: readonly (string | number)[]): Promise<Reply> => this.#direct.send(...argv)

  /** The number in a string, a field or a reply that is one; 0 if there is none. */
  readonly number = async (...argv: readonly (string | number)[]): Promise<number> => {
    const reply = await this.ask(...argv)
    return reply.type === 'integer' || reply.type === 'bulk' ? Number(reply.value) : 0
  }

  /** Lines of CLIENT LIST, of the server itself. */
  async connections(which: RegExp): Promise<string[]> {
    const list = await this.ask('CLIENT', 'LIST')
    return (list.type === 'bulk' ? list.value : '').split('\n').filter(line => which.test(line))
  }

  /** Resolves when a client waits for a list of this database, or `isOver` says that there is no use in waiting for that. */
  async blocked(isOver = () => false): Promise<void> {
    const which = new RegExp(` flags=\\S*b\\S* db=${this.database} .* cmd=blpop `)
    await vi.waitFor(async () => expect(isOver() || (await this.connections(which)).length > 0).toBe(true), SOON)
  }

  /** Ends connections to the server, by what CLIENT LIST says of them; gives how many, when the gateway has noticed. */
  async kill(which: RegExp): Promise<number> {
    const lines = await this.connections(which)
    const ended = (): number => this.proxy.accepted - this.proxy.connections
    const before = ended()
    for (const line of lines) await this.ask('CLIENT', 'KILL', 'ID', Number(/^id=(\d+)/.exec(line)?.[1]))
    await vi.waitFor(() => expect(ended()).toBeGreaterThanOrEqual(before + lines.length), SOON)
    return lines.length
  }

  /** Lets a message meet its fate; all others pass. Gives whether that has happened. */
  strike({ what, side }: Spot, fate: Fate): () => boolean {
    const text = what === ELSEWHERE ? encode(['SELECT', this.elsewhere]) : what
    let isDone = false
    let victim: number | undefined
    const meet = (): Fate => {
      isDone = true
      return fate
    }
    this.proxy.fate = (bytes, connection) => {
      if (isDone || side === 'push' || !bytes.includes(text)) return 'pass'
      if (side === 'request') return meet()
      victim = connection
      return 'pass'
    }
    this.proxy.answerFate = (bytes, connection) => {
      if (isDone || side === 'request') return 'pass'
      if (side === 'push' ? !bytes.includes(text) : connection !== victim) return 'pass'
      return meet()
    }
    return () => isDone
  }

  /** The server has been started again. */
  async reconnect(): Promise<void> {
    await this.#direct.close()
    this.#direct = await connectTo(this.server, this.database)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#direct, ...this.#clients].map(client => client.close()))
    await this.gateway.stop()
    await this.proxy.close()
  }
}

async function connectTo(at: RedisServer, database: number): Promise<RespClient> {
  const client = await connect({ path: at.socketPath })
  await client.send('SELECT', database)
  await client.send('CLIENT', 'SETNAME', 'direct')
  return client
}

/** What comes of something, as a word; throws if nothing has come of it in time. */
type Outcome = 'done' | 'unknown' | 'not done' | 'ended' | string

async function outcomeOf(reply: Promise<Reply>, limit = LIMIT): Promise<Outcome> {
  const start = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${limit} ms`)), limit)
  })
  try {
    const answer = await Promise.race([reply, late])
    expect(performance.now() - start).toBeLessThan(limit)
    if (answer.type !== 'error') return 'done'
    if (answer.value.startsWith('UNKNOWNOUTCOME ')) return 'unknown'
    if (NOT_DONE.test(answer.value)) return 'not done'
    return answer.value
  } catch (error) {
    if (error instanceof Late || !(error instanceof Error)) throw error
    return 'ended'
  } finally {
    clearTimeout(timer)
  }
}

class Late extends Error {}

/** Errors of the gateway's that say that nothing has been done. */
const NOT_DONE = /^UPSTREAMDOWN |^ERR \w+ has not been carried out: /

/** The SELECT of the rig's other database. */
const ELSEWHERE = 'SELECT elsewhere'

/** A message between the gateway and the server: one that has this in it, or the answer to it. */
interface Spot {
  readonly what: string
  readonly side: 'request' | 'answer' | 'push'
}

type Row = readonly [message: string, side: Spot['side'], fate: Fate, outcome: Outcome, applied: number | string]

/** Every fate of a message in either direction. In place of an outcome, `a|b`: which of them is a matter of moments. */
function rows(message: string, requests: Fates, answers: Fates): Row[] {
  return [...rowsOf(message, 'request', requests), ...rowsOf(message, 'answer', answers)]
}

type Fates = Partial<Record<Fate, readonly [outcome: Outcome, applied: number | string]>>

function rowsOf(message: string, side: Spot['side'], fates: Fates): Row[] {
  return Object.entries(fates).map(([fate, [outcome, applied]]) => [message, side, fate as Fate, outcome, applied])
}

/** Nobody has been let in: nothing of the command has been sent. */
const LETS_IN: Fates = {
  'cut before': ['not done', 0],
  'cut during': ['not done', 0],
  'cut after': ['not done', 0],
  'half-open': ['not done', 0],
  delay: ['done', 1],
}

/** What a module's command reads is read again on another connection. */
const READS: Fates = {
  'cut before': ['done', 1],
  'cut during': ['done', 1],
  'cut after': ['done', 1],
  'half-open': ['not done', 0],
  delay: ['done', 1],
}

const WRITES: Fates = {
  'cut before': ['unknown', 0],
  'cut during': ['unknown', 0],
  'cut after': ['unknown', 1],
  'half-open': ['unknown', 1],
  delay: ['done', 1],
}

const WRITTEN: Fates = {
  'cut before': ['unknown', 1],
  'cut during': ['unknown', 1],
  'cut after': ['done', 1],
  'half-open': ['unknown', 1],
  delay: ['done', 1],
}

/** The client's own connection is lost before it has asked for EXEC. */
const BEFORE_EXEC: Fates = {
  'cut before': ['unknown|ended', 0],
  'cut during': ['unknown|ended', 0],
  'cut after': ['unknown|ended', 0],
  'half-open': ['unknown', 0],
  delay: ['done', 1],
}

interface Scenario {
  readonly rows: readonly Row[]
  /** What is to be so before. */
  prepare?(rig: Rig, message: string): Promise<unknown>
  /** Does it. Gives the reply that tells whether it has been done. */
  act(client: RespClient, rig: Rig): Promise<Reply>
  /** How often it has been done, by the data; NaN if by half. */
  applied(rig: Rig): Promise<number>
}

const both = (one: number, two: number): number => (one === two ? one : Number.NaN)

let hashes = 0

async function appliedElsewhere({ ask, number, elsewhere, database }: Rig): Promise<number> {
  const here = await number('EXISTS', 'elsewhere')
  await ask('SELECT', elsewhere)
  const there = await number('GET', 'elsewhere')
  await ask('SELECT', database)
  return here === 0 ? there : Number.NaN
}

const selectElsewhere: Scenario['act'] = (client, { elsewhere }) =>
  lastOf(client, ['SELECT', elsewhere], ['INCR', 'elsewhere'])

const scenarios: Record<string, Scenario> = {
  'HMSETNX, of a module': {
    rows: [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['done', 1] }),
      ...rows('WATCH', READS, { ...READS, 'cut after': ['done|unknown', '0|1'] }),
      ...rows('EXEC', WRITES, WRITTEN),
    ],
    prepare: async (rig, message) => {
      if (message === 'SELECT') await rig.kill(new RegExp(` name= .* db=${rig.database} .* cmd=(exec|unwatch) `))
    },
    act: client => client.send('HMSETNX', `hash ${hashes++}`, 'a', 1, 'b', 1),
    async applied({ ask, number }) {
      const keys = await ask('KEYS', 'hash *')
      const names = keys.type === 'array' ? keys.items.map(key => (key.type === 'bulk' ? key.value : '')) : []
      for (const name of names) if ((await number('HLEN', name)) !== 2) return Number.NaN
      return names.length
    },
  },
  'HMSETIF, of a module': {
    rows: [
      ...rows('WATCH', READS, { ...READS, 'cut after': ['done|unknown', '0|1'] }),
      ...rows('EXEC', WRITES, WRITTEN),
    ],
    async act(client, { ask, number }) {
      await ask('HSETNX', 'counter', 'n', 0)
      const n = await number('HGET', 'counter', 'n')
      return client.send('HMSETIF', 'counter', 'n', n, 'n', n + 1)
    },
    applied: ({ number }) => number('HGET', 'counter', 'n'),
  },
  "BUMP, a module's command of two effects": {
    rows: [
      ...rows('WATCH', READS, { ...READS, 'cut after': ['done|unknown', '0|1'] }),
      ...rows('EXEC', WRITES, WRITTEN),
    ],
    act: client => client.send('BUMP', 'string', 'of two'),
    applied: async ({ number }) => both(await number('GET', 'string'), await number('HGET', 'of two', 'n')),
  },
  "TICK, a module's command of a single effect": {
    rows: rows('INCR', WRITES, WRITTEN),
    act: client => client.send('TICK', 'ticks'),
    applied: ({ number }) => number('GET', 'ticks'),
  },
  'INCR, on a lane': {
    rows: [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['unknown', 0] }),
      ...rows('INCR', WRITES, {
        ...WRITTEN,
        // The client has got a part of the reply already, and there is no way to take that back.
        'cut during': ['ended', 1],
      }),
    ],
    // The others have opened the lane by being there.
    prepare: async (rig, message) => {
      if (message === 'SELECT') await rig.kill(new RegExp(` name= .* db=${rig.database} .* resp=2`))
    },
    act: client => client.send('INCR', 'plain'),
    applied: ({ number }) => number('GET', 'plain'),
  },
  'SELECT in front of INCR, in one pipeline': {
    rows: rows(ELSEWHERE, LETS_IN, { ...LETS_IN, 'cut after': ['not done|unknown|ended', 0] }),
    prepare: rig => rig.kill(new RegExp(` db=${rig.elsewhere} `)),
    act: selectElsewhere,
    applied: appliedElsewhere,
  },
  'SELECT in front of INCR, where the database is in use': {
    rows: rows(
      ELSEWHERE,
      {
        'cut before': ['unknown|ended', 0],
        'cut during': ['unknown|ended', 0],
        'cut after': ['unknown|ended', 0],
        'half-open': ['unknown|ended', 0],
        delay: ['done', 1],
      },
      {
        'cut before': ['unknown|ended', 0],
        'cut during': ['unknown|ended', 0],
        // There is another lane then.
        'cut after': ['unknown|done', '0|1'],
        'half-open': ['unknown|ended', 0],
        delay: ['done', 1],
      },
    ),
    async prepare(rig) {
      const other = await rig.connect()
      await other.send('SELECT', rig.elsewhere)
    },
    act: selectElsewhere,
    applied: appliedElsewhere,
  },
  'MULTI and EXEC, one by one': {
    rows: [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['unknown|ended', 0] }),
      ...['MULTI', 'INCR', 'HINCRBY'].flatMap(name => rows(name, BEFORE_EXEC, BEFORE_EXEC)),
      ...rows(
        'EXEC',
        { ...BEFORE_EXEC, 'cut after': ['unknown|ended', 1], 'half-open': ['unknown', 1] },
        {
          'cut before': ['unknown|ended', 1],
          'cut during': ['ended', 1],
          'cut after': ['done', 1],
          'half-open': ['unknown', 1],
          delay: ['done', 1],
        },
      ),
    ],
    async act(client) {
      for (const words of [['MULTI'], ['INCR', 'multi'], ['HINCRBY', 'multi hash', 'n', '1']]) {
        const reply = await client.send(...words)
        if (reply.type === 'error') return reply
      }
      return client.send('EXEC')
    },
    applied: async ({ number }) => both(await number('GET', 'multi'), await number('HGET', 'multi hash', 'n')),
  },
  'MULTI and EXEC, in one pipeline': {
    rows: [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['unknown|ended', 0] }),
      ...rows('EXEC', { ...BEFORE_EXEC, 'cut after': ['unknown|ended', 1], 'half-open': ['unknown', 1] }, {}),
      ...rows(
        'MULTI',
        {},
        { delay: ['done', 1], 'half-open': ['unknown|ended', '0|1'], 'cut during': ['ended', '0|1'] },
      ),
    ],
    act: client => lastOf(client, ['MULTI'], ['INCR', 'multi'], ['HINCRBY', 'multi hash', 'n', '1'], ['EXEC']),
    applied: async ({ number }) => both(await number('GET', 'multi'), await number('HGET', 'multi hash', 'n')),
  },
  'BLPOP, that waits': {
    rows: [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['unknown|ended', 0] }),
      // Nobody but the system notices that the server of one who waits is there no more.
      ...rowsOf('BLPOP', 'request', {
        'cut before': ['unknown|ended', 0],
        'cut during': ['unknown|ended', 0],
        'cut after': ['unknown|ended', 1],
        delay: ['done', 1],
      }),
      ...rowsOf('BLPOP', 'answer', {
        'cut before': ['unknown|ended', 1],
        'cut during': ['ended', 1],
        'cut after': ['done', 1],
        delay: ['done', 1],
      }),
    ],
    async act(client, rig) {
      let isOver = false
      const reply = client.send('BLPOP', 'list', 0).finally(() => {
        isOver = true
      })
      reply.catch(() => {})
      await rig.blocked(() => isOver)
      await rig.ask('RPUSH', 'list', 'x')
      await rig.ask('INCR', 'pushed')
      return reply
    },
    applied: async ({ number }) => (await number('GET', 'pushed')) - (await number('LLEN', 'list')),
  },
}

interface Suite {
  readonly name: string
  readonly rows: readonly Row[]
  run(rig: Rig, row: Row): Promise<void>
}

/**
 * Tests for all rows: those of a suite run one after the other, with a rig of their own, and the suites side by side, since what they do
 * most is to wait until something is given up.
 */
function inRigs(suites: readonly Suite[]): void {
  const running = new Map<Row, Promise<void>>()
  const rigs: Rig[] = []

  beforeAll(async () => {
    for (const _ of suites) rigs.push(await Rig.start())
    for (const [index, { rows: all, run }] of suites.entries()) {
      const rig = rigs[index]!
      let before = Promise.resolve()
      for (const row of all) {
        const task = before.then(() => rig.clear()).then(() => run(rig, row))
        running.set(row, task)
        before = task.catch(() => {})
      }
    }
  }, 60_000)
  afterAll(async () => {
    await Promise.allSettled(running.values())
    await Promise.all(rigs.map(rig => rig.stop()))
  })

  describe.each(suites)('of $name', ({ rows: all }) => {
    test.each(all.map(row => [row[0], row[1], row[2], row] as const))(
      '%s, %s: %s',
      { timeout: 60_000 },
      (_message, _side, _fate, row) => running.get(row),
    )
  })
}

/** All words at once; the reply to the last, or else the reason why there is none. */
async function lastOf(client: RespClient, ...commands: readonly (readonly (string | number)[])[]): Promise<Reply> {
  const replies = await Promise.allSettled(commands.map(words => client.send(...words)))
  const [first] = replies
  const last = replies.at(-1)
  if (last?.status === 'fulfilled') return last.value
  if (first?.status === 'fulfilled' && first.value.type === 'error') return first.value
  throw new Error('it has ended')
}

describeWithRedis('a gateway whose server cannot be relied on', () => {
  beforeAll(async () => {
    server = await startRedisServer({ args: ['--databases', '2000'] })
  })
  afterAll(() => server?.stop())

  describe('each message', () => {
    const suites = Object.entries(scenarios).map(([name, scenario]) => suiteOf(name, scenario))
    inRigs(suites)

    function suiteOf(name: string, { rows: all, prepare, act, applied }: Scenario): Suite {
      const run = async (rig: Rig, [what, side, fate, expected, times]: Row): Promise<void> => {
        const [onLane, onOwn, client] = [await rig.connect(), await rig.connect(), await rig.connect()]
        await onLane.send('HELLO', 3)
        await onLane.send('PING')
        await onOwn.send('CLIENT', 'SETNAME', 'own')
        await prepare?.(rig, what)

        const isStruck = rig.strike({ what, side }, fate)
        const acting = outcomeOf(act(client, rig))
        acting.catch(() => {})
        await vi.waitFor(() => expect(isStruck()).toBe(true), SOON)
        for (const other of [onLane, onOwn]) expect(await outcomeOf(other.send('GET', 'other'))).toBe('done')
        const outcome = await acting
        expect(expected.split('|')).toContain(outcome)
        const done = await applied(rig)
        expect(String(times).split('|').map(Number)).toContain(done)
        if (outcome === 'done') expect(done).toBe(1)
        if (outcome === 'not done') expect(done).toBe(0)

        // Whoever has not lost anything goes on where he is, and the others with a new connection.
        let again = expected.includes('ended') ? await rig.connect() : client
        await vi.waitFor(async () => {
          const next = await outcomeOf(act(again, rig))
          if (next === 'ended') again = await rig.connect()
          expect(next).toBe('done')
        }, SOON)
        expect(await applied(rig)).toBe(done + 1)
      }
      return { name, rows: all, run }
    }
  })

  describe('each message of a subscriber', () => {
    const ends: Fates = { 'cut before': ['ended', 0], 'cut during': ['ended', 0], 'cut after': ['ended', 0] }
    const asked: Fates = {
      'cut before': ['unknown|ended', 0],
      'cut during': ['unknown|ended', 0],
      'cut after': ['unknown|ended', 0],
      'half-open': ['unknown', 0],
      delay: ['done', 1],
    }
    inRigs([suiteOf(2), suiteOf(3)])

    function suiteOf(protocol: 2 | 3): Suite {
      const all: Row[] = [
        ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['unknown|ended', 0] }),
        ...rows('SUBSCRIBE', asked, { ...asked, 'cut after': ['done', 0] }),
        ...rowsOf('message', 'push', { ...ends, 'cut after': ['ended', 1], delay: ['done', 1] }),
      ]
      const run = async (rig: Rig, [what, side, fate, expected, heard]: Row): Promise<void> => {
        const channel = `news ${rig.database}`
        const subscriber = await rig.connect()
        await subscriber.send('HELLO', protocol)
        await subscriber.send('PING')
        const isStruck = rig.strike({ what, side }, fate)
        let outcome = await outcomeOf(subscriber.send('SUBSCRIBE', channel))
        if (outcome === 'done') {
          await rig.ask('PUBLISH', channel, 'first')
          // A message, or the end.
          const next = await outcomeOf(subscriber.nextPush())
          expect(next).toBe(heard === 1 ? 'done' : 'ended')
          if (side === 'push') outcome = next
        }
        expect(isStruck()).toBe(true)
        if (fate !== 'delay' && !expected.includes('not done')) {
          await subscriber.closed
          if (side === 'push') outcome = 'ended'
        }
        expect(expected.split('|')).toContain(outcome)

        // Who has been told that it has not been done may try again, and who has lost his connection, with another.
        const again = expected === 'not done' || fate === 'delay' ? subscriber : await rig.connect()
        await vi.waitFor(async () => expect(await outcomeOf(again.send('SUBSCRIBE', channel))).toBe('done'), SOON)
        await rig.ask('PUBLISH', channel, 'second')
        expect(await outcomeOf(again.nextPush())).toBe('done')
      }
      return { name: `RESP${protocol}`, rows: all, run }
    }
  })

  describe('a client that only listens', () => {
    const LISTENS: readonly (readonly [how: string, protocol: 2 | 3, begin: readonly string[]])[] = [
      ['subscribes', 2, ['SUBSCRIBE', 'news']],
      ['subscribes in RESP3', 3, ['SUBSCRIBE', 'news']],
      ['is told of changes', 3, ['CLIENT', 'TRACKING', 'ON', 'OPTIN']],
    ]
    let rig: Rig

    beforeAll(async () => {
      rig = await Rig.start()
    })
    afterAll(() => rig?.stop())
    afterEach(() => rig.clear())

    /** Begins to listen; gives how often the server has been asked whether it is still there, and lets it be silent from some time on. */
    async function listen(protocol: 2 | 3, begin: readonly string[]) {
      let own: number | undefined
      let probes = 0
      let isSilent = false
      rig.proxy.fate = (bytes, connection) => {
        if (bytes.includes(begin[0]!)) own = connection
        if (connection !== own || !bytes.includes('PING')) return 'pass'
        probes++
        return isSilent ? 'half-open' : 'pass'
      }
      const client = await rig.connect()
      await client.send('HELLO', protocol)
      expect(await outcomeOf(client.send(...begin))).toBe('done')
      return {
        client,
        probed: (times: number) => vi.waitFor(() => expect(probes).toBeGreaterThanOrEqual(times), SOON),
        silence: () => {
          isSilent = true
        },
        probes: () => probes,
      }
    }

    test.each(LISTENS)('and %s finds its connection ended when the server is silent', async (_, protocol, begin) => {
      const { client, silence } = await listen(protocol, begin)
      silence()
      await client.closed
      expect(rig.gateway.gateway.health.condition.state).toBe('up')
    })

    test.each(LISTENS)('and %s notices nothing of being asked for', async (_, protocol, begin) => {
      const { client, probed } = await listen(protocol, begin)
      await probed(2)
      if (begin[0] === 'SUBSCRIBE') {
        await rig.ask('PUBLISH', 'news', 'told')
        expect(await client.nextPush()).toMatchObject({
          items: expect.arrayContaining([{ type: 'bulk', value: 'told' }]),
        })
        await probed(3)
        expect(await outcomeOf(client.send('UNSUBSCRIBE', 'news'))).toBe('done')
      }
      expect(await client.send('ECHO', 'x')).toEqual({ type: 'bulk', value: 'x' })
    })

    test('gets what it has asked to be told of, however long it takes its time', async () => {
      const { client, probes } = await listen(3, ['CLIENT', 'TRACKING', 'ON', 'OPTIN'])
      await client.send('CLIENT', 'CACHING', 'YES')
      const before = probes()
      // Longer than it takes to be asked for, where that may be.
      await new Promise(resolve => setTimeout(resolve, 2 * TIMEOUT))
      expect(probes()).toBe(before)
      await client.send('GET', 'cached')
      await rig.ask('SET', 'cached', 'x')
      expect(await client.nextPush()).toMatchObject({ items: [{ value: 'invalidate' }, {}] })
    })
  })

  describe('a command that waits, but not for ever,', () => {
    let rig: Rig

    beforeAll(async () => {
      rig = await Rig.start()
    })
    afterAll(() => rig?.stop())
    afterEach(() => rig.clear())

    test.each(['BLPOP list 0.1', 'XREAD STREAMS stream block', 'WAIT 1 100'])(
      'is answered when the server is silent: %s',
      async line => {
        const words = line.split(' ')
        rig.strike({ what: words[0]!, side: 'request' }, 'half-open')
        const client = await rig.connect()
        expect(await outcomeOf(client.send(...words))).toBe('unknown')
        await client.closed
        expect(await outcomeOf((await rig.connect()).send('PING'))).toBe('done')
      },
    )

    test('is not ended before its time', async () => {
      const client = await rig.connect()
      const popped = client.send('BLPOP', 'list', (2 * TIMEOUT) / 1000)
      expect(await popped).toEqual({ type: 'null-array' })
      const queued = [['MULTI'], ['BLPOP', 'list', 0], ['EXEC']]
      for (const words of queued) expect(await outcomeOf(client.send(...words))).toBe('done')
    })

    test('has no more time in a transaction than others', async () => {
      rig.strike({ what: 'BLPOP', side: 'request' }, 'half-open')
      const client = await rig.connect()
      expect(await outcomeOf(client.send('MULTI'))).toBe('done')
      expect(await outcomeOf(client.send('BLPOP', 'list', 0))).toBe('unknown')
    })
  })

  describe('CLIENT KILL', () => {
    let rig: Rig

    beforeAll(async () => {
      rig = await Rig.start()
    })
    afterAll(() => rig?.stop())

    test.each<[of: string, begin: readonly (readonly (string | number)[])[], which: RegExp]>([
      ['that has a name', [['CLIENT', 'SETNAME', 'me']], / name=me /],
      ['in a transaction', [['MULTI'], ['INCR', 'never']], / multi=1 /],
      ['that watches a key', [['WATCH', 'never']], / cmd=watch /],
      ['that subscribes', [['SUBSCRIBE', 'news']], / sub=1 /],
      [
        'that subscribes in RESP3',
        [
          ['HELLO', 3],
          ['SSUBSCRIBE', 'news'],
        ],
        / ssub=1 /,
      ],
      [
        'that is told of changes',
        [
          ['HELLO', 3],
          ['CLIENT', 'TRACKING', 'ON'],
        ],
        / flags=\S*t/,
      ],
      ['that listens to all', [['MONITOR']], / cmd=monitor /],
    ])('of the connection of a client %s ends the client', async (_, begin, which) => {
      const client = await rig.connect()
      for (const words of begin) expect(await outcomeOf(client.send(...words))).toBe('done')
      expect(await rig.kill(which)).toBe(1)
      await client.closed
      expect(await rig.ask('EXISTS', 'never')).toEqual({ type: 'integer', value: 0 })
      expect(await outcomeOf((await rig.connect()).send('PING'))).toBe('done')
    })

    test('of the connection of a client that waits ends the client', async () => {
      const client = await rig.connect()
      const popped = outcomeOf(client.send('BLPOP', 'nothing', 0))
      await rig.blocked()
      expect(await rig.kill(/ cmd=blpop /)).toBe(1)
      expect(['ended', 'unknown']).toContain(await popped)
      await client.closed
    })

    test.each<[of: string, command: readonly (string | number)[], which: RegExp]>([
      ['of a lane', ['GET', 'x'], / cmd=get .* resp=2/],
      ['for commands that write', ['HMSETNX', 'fresh', 'a', 1], / cmd=(exec|unwatch) /],
      ['for reads', ['PEEK', 'x'], / cmd=get /],
      ['that watches over the health', ['GET', 'x'], / db=0 .* cmd=ping /],
    ])('of the connection %s is not noticed', async (_, command, which) => {
      const client = await rig.connect()
      for (let times = 0; times < 3; times++) {
        expect(await outcomeOf(client.send(...command))).toBe('done')
        expect(await rig.kill(which)).toBeGreaterThan(0)
      }
      expect(await outcomeOf(client.send(...command))).toBe('done')
      expect(rig.gateway.gateway.health.condition.state).toBe('up')
    })
  })

  test('who has waited for something else has not waited for the server', async () => {
    const rig = await Rig.start()
    const { upstream } = rig.gateway.gateway
    const [endpoint] = upstream.topology.primaries()
    const client = await rig.connect()
    const replies = [client.send('BLPOP', 'list', 0), client.send('BUMP', 's', 'h')].map(reply => outcomeOf(reply))
    await rig.blocked()
    // One connection gets no answer; others do.
    upstream.noteSilence(endpoint!)
    await vi.waitFor(() => expect(upstream.troubles.at(endpoint!.name)).toBeUndefined(), SOON)
    await rig.ask('RPUSH', 'list', 'x')
    expect(await Promise.all(replies)).toEqual(['done', 'done'])
    await rig.stop()
  })

  test('a process that has stood still itself takes nobody for silent', async () => {
    const rig = await Rig.start()
    // The server may need some time where much goes on besides.
    const timeout = 1000
    // Not through the proxy, which stands still as well.
    const gateway = await startGateway({
      upstream: `redis://127.0.0.1:${server.port}/${rig.database}`,
      modules,
      config: { 'upstream-timeout': String(timeout) },
    })
    const [onLane, own, listens] = await Promise.all([1, 2, 3].map(() => connect({ path: gateway.socketPath })))
    await own!.send('CLIENT', 'SETNAME', 'own')
    await listens!.send('SUBSCRIBE', 'news')
    const { connections, health } = gateway.gateway
    const isAsked = (): boolean => [...connections.values()].filter(({ isIdle }) => !isIdle).length >= 2
    const replies = [
      onLane!.send('GET', 'x'),
      own!.send('GET', 'x'),
      listens!.send('PING'),
      onLane!.send('BUMP', 's', 'h'),
    ]
    while (!isAsked()) await new Promise(resolve => setImmediate(resolve))
    const until = performance.now() + 1.5 * timeout
    while (performance.now() < until);
    expect(await Promise.all(replies.map(reply => outcomeOf(reply, 5 * timeout)))).toEqual([
      'done',
      'done',
      'done',
      'done',
    ])
    expect(health.condition.state).toBe('up')
    await Promise.all([onLane, own, listens].map(client => client!.close()))
    await gateway.stop()
    await rig.stop()
  })

  describe('under load', () => {
    const tags = ['a', 'b', 'c']
    let rig: Rig
    let load = new Load(() => rig.connect(), [], [])

    afterEach(async () => {
      await load.stop()
      await rig.stop()
    })

    /** A gateway with clients that work, once each has done something. */
    async function begin(timeout = TIMEOUT, at = server): Promise<void> {
      rig = await Rig.start(timeout, at)
      const { socketPath } = rig.gateway
      load = new Load(() => connect({ path: socketPath }), works, tags)
      await goesOn()
    }

    /** Each work is done some more times. */
    async function goesOn(): Promise<void> {
      const before = load.least
      await vi.waitFor(() => expect(load.least).toBeGreaterThanOrEqual(before + 5), SOON)
    }

    /** Clients are told that it cannot be done. */
    async function isRefused(): Promise<void> {
      const before = load.refusals
      await vi.waitFor(() => expect(load.refusals).toBeGreaterThan(before), SOON)
    }

    /** Ends it, and looks at what has come of it. */
    async function check(refusals = NOT_DONE): Promise<void> {
      await load.stop()
      expect(await load.faults(rig.ask)).toEqual([])
      for (const error of load.refused) expect(error).toMatch(refusals)
      expect(load.slowest).toBeLessThan(LIMIT)
    }

    test('whatever happens to what is sent, nothing is done twice or by half', async () => {
      await begin()
      const random = seededRandom(11)
      const fates: readonly Fate[] = ['cut before', 'cut during', 'cut after', 'delay', 'half-open']
      const fate = (): Fate => (random() < 0.02 ? fates[Math.floor(random() * fates.length)]! : 'pass')
      rig.proxy.fate = fate
      rig.proxy.answerFate = fate
      await vi.waitFor(() => expect(load.doubtful).toBeGreaterThan(60), { ...SOON, timeout: 20_000 })
      rig.proxy.fate = () => 'pass'
      rig.proxy.answerFate = () => 'pass'
      await goesOn()
      await check()
    })

    test('all connections are killed again and again', async () => {
      await begin(10_000)
      for (let times = 0; times < 10; times++) {
        await rig.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        await goesOn()
      }
      await check()
      expect(load.refused).toEqual([])
      expect(rig.gateway.gateway.health.condition.state).toBe('up')
    })

    test('a server that stands still for a moment makes nothing fail', async () => {
      await begin(10_000)
      const waiter = await rig.connect()
      const popped = waiter.send('BLPOP', 'list', 0)
      for (let times = 0; times < 3; times++) {
        server.pause()
        await new Promise(resolve => setTimeout(resolve, 150))
        server.resume()
        await goesOn()
      }
      await load.stop()
      expect([load.doubtful, load.refused]).toEqual([0, []])
      expect(await load.faults(rig.ask)).toEqual([])
      await rig.ask('RPUSH', 'list', 'x')
      expect(await outcomeOf(popped)).toBe('done')
    })

    test('a server that stands still for longer than that is down until it goes on', async () => {
      await begin()
      const [waiter, subscriber, named] = [await rig.connect(), await rig.connect(), await rig.connect()]
      const popped = waiter.send('BLPOP', 'list', 0)
      popped.catch(() => {})
      await rig.blocked()
      await subscriber.send('SUBSCRIBE', 'news')
      await named.send('CLIENT', 'SETNAME', 'me')
      server.pause()
      // Who waits, and who listens, is told as well.
      await Promise.all([waiter.closed, subscriber.closed, named.closed])
      await isRefused()
      expect(rig.gateway.gateway.health.condition.state).toBe('down')
      server.resume()
      await goesOn()
      await check()
      await vi.waitFor(() => expect(rig.gateway.gateway.health.condition.state).toBe('up'), SOON)
    })

    test('a server that is gone, and comes back', async () => {
      // What it has answered, it has written down.
      const args = ['--databases', '2000', '--appendonly', 'yes', '--appendfsync', 'no']
      const frail = await startRedisServer({ args })
      try {
        await begin(TIMEOUT, frail)
        for (let times = 0; times < 2; times++) {
          await frail.kill()
          await isRefused()
          await frail.restart()
          await rig.reconnect()
          await goesOn()
        }
        // It answers before it has read what it had written down: LOADING, and so EXECABORT for what was queued.
        await check(new RegExp(`${NOT_DONE.source}|^LOADING |^EXECABORT `))
      } finally {
        await load.stop()
        await frail.stop()
      }
    })

    test('a way to the server that is closed, and open again', async () => {
      await begin()
      for (let times = 0; times < 3; times++) {
        await rig.proxy.refuse()
        await isRefused()
        await vi.waitFor(() => expect(rig.gateway.gateway.health.condition.state).toBe('down'), SOON)
        await rig.proxy.accept()
        await goesOn()
      }
      await check()
    })

    test('many that wait for the same are told in time', async () => {
      rig = await Rig.start()
      const many = await Promise.all(Array.from({ length: 60 }, () => rig.connect()))
      for (const client of many) expect(await outcomeOf(client.send('BUMP', 's', 'h'))).toBe('done')
      server.pause()
      const outcomes = many.map((client, i) => outcomeOf(client.send('BUMP', i % 2 === 0 ? 's' : `s${i}`, 'h'), FEW))
      const results = await Promise.allSettled(outcomes).finally(() => server.resume())
      for (const result of results) expect(result).toMatchObject({ status: 'fulfilled' })
    })

    test('and so is one whose commands wait for each other', async () => {
      rig = await Rig.start()
      const [one, other] = [await rig.connect(), await rig.connect()]
      const mixed = ['GET x', 'BUMP s h', 'GET x', 'HMSETNX h a 1', 'PEEK x']
      const own = ['CLIENT SETNAME me', 'BUMP s h', 'GET x']
      for (const text of [...mixed, ...own]) await one.send(...text.split(' '))
      server.pause()
      const texts = Array.from({ length: 10 }, () => mixed).flat()
      const outcomes = texts.map(text => outcomeOf(one.send(...text.split(' ')), FEW))
      for (let i = 0; i < 10; i++) outcomes.push(...own.map(text => outcomeOf(other.send(...text.split(' ')), FEW)))
      const results = await Promise.allSettled(outcomes).finally(() => server.resume())
      for (const result of results) expect(result).toMatchObject({ status: 'fulfilled' })
    })
  })
})
