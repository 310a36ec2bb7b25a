import { command, defineModule, t } from 'krmt/module'
import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { seededRandom } from '../../src/host/seeded-random.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { type Fate, startProxy, type TcpProxy } from '../support/proxy.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'
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
/** Only the connections that are made for clients select it, so their first message can be told from that of others. */
const DATABASE = 5
const SOON = { timeout: 5000, interval: 10 }

let server: RedisServer
let proxy: TcpProxy
let gateway: GatewayServer
let direct: RespClient
let clients: RespClient[]

async function start(timeout = TIMEOUT): Promise<void> {
  clients = []
  proxy = await startProxy(server.port)
  gateway = await startGateway({
    upstream: `redis://127.0.0.1:${proxy.port}/${DATABASE}`,
    modules,
    config: { 'upstream-timeout': String(timeout) },
  })
}

async function stop(): Promise<void> {
  await Promise.all(clients?.map(client => client.close()) ?? [])
  await gateway?.stop()
  await proxy?.close()
}

/** A client of the gateway. */
async function newClient(): Promise<RespClient> {
  const client = await connect({ path: gateway.socketPath })
  clients.push(client)
  return client
}

async function connectDirectly(): Promise<void> {
  await direct?.close()
  direct = await connect({ path: server.socketPath })
  await direct.send('SELECT', DATABASE)
}

const ask = (...argv: readonly (string | number)[]): Promise<Reply> => direct.send(...argv)

/** What comes of something, as a word; throws if nothing has come of it in time. */
type Outcome = 'done' | 'unknown' | 'not done' | 'ended' | string

async function outcomeOf(reply: Promise<Reply>): Promise<Outcome> {
  const start = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${LIMIT} ms`)), LIMIT)
  })
  try {
    const answer = await Promise.race([reply, late])
    expect(performance.now() - start).toBeLessThan(LIMIT)
    if (answer.type !== 'error') return 'done'
    if (answer.value.startsWith('UNKNOWNOUTCOME ')) return 'unknown'
    if (/^UPSTREAMDOWN |^ERR \w+ has not been carried out: /.test(answer.value)) return 'not done'
    return answer.value
  } catch (error) {
    if (error instanceof Late || !(error instanceof Error)) throw error
    return 'ended'
  } finally {
    clearTimeout(timer)
  }
}

class Late extends Error {}

/** A message between the gateway and the server: one that has this in it, or the answer to it. */
interface Spot {
  readonly what: string
  readonly side: 'request' | 'answer' | 'push'
}

/** Lets a message meet its fate; all others pass. Gives whether that has happened. */
function strike({ what, side }: Spot, fate: Fate): () => boolean {
  let isDone = false
  let victim: number | undefined
  const meet = (): Fate => {
    isDone = true
    return fate
  }
  proxy.fate = (bytes, connection) => {
    if (isDone || side === 'push' || !bytes.includes(what)) return 'pass'
    if (side === 'request') return meet()
    victim = connection
    return 'pass'
  }
  proxy.answerFate = (bytes, connection) => {
    if (isDone || side === 'request') return 'pass'
    if (side === 'push' ? !bytes.includes(what) : connection !== victim) return 'pass'
    return meet()
  }
  return () => isDone
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
  prepare?(): Promise<void>
  /** Does it. Gives the reply that tells whether it has been done. */
  act(client: RespClient): Promise<Reply>
  /** How often it has been done, by the data; NaN if by half. */
  applied(): Promise<number>
}

const number = (reply: Reply | undefined): number => {
  if (reply?.type === 'integer') return Number(reply.value)
  return reply?.type === 'bulk' ? Number(reply.value) : 0
}

const both = (one: number, two: number): number => (one === two ? one : Number.NaN)

let hashes = 0

const OTHER_DATABASE = 'SELECT\r\n$1\r\n6'

async function appliedElsewhere(): Promise<number> {
  const [, elsewhere, , here] = await direct.sendMany([
    ['SELECT', 6],
    ['GET', 'elsewhere'],
    ['SELECT', DATABASE],
    ['EXISTS', 'elsewhere'],
  ])
  return number(here) === 0 ? number(elsewhere) : Number.NaN
}

const scenarios: Record<string, Scenario> = {
  'HMSETNX, of a module': {
    rows: [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['done', 1] }),
      ...rows('WATCH', READS, { ...READS, 'cut after': ['done|unknown', '0|1'] }),
      ...rows('EXEC', WRITES, WRITTEN),
    ],
    act: client => client.send('HMSETNX', `hash ${hashes++}`, 'a', 1, 'b', 1),
    async applied() {
      const keys = await ask('KEYS', 'hash *')
      const names = keys.type === 'array' ? keys.items.map(key => (key.type === 'bulk' ? key.value : '')) : []
      for (const name of names) if (number(await ask('HLEN', name)) !== 2) return Number.NaN
      return names.length
    },
  },
  'HMSETIF, of a module': {
    rows: [
      ...rows('WATCH', READS, { ...READS, 'cut after': ['done|unknown', '0|1'] }),
      ...rows('EXEC', WRITES, WRITTEN),
    ],
    async act(client) {
      await ask('HSETNX', 'counter', 'n', 0)
      const n = number(await ask('HGET', 'counter', 'n'))
      return client.send('HMSETIF', 'counter', 'n', n, 'n', n + 1)
    },
    applied: async () => number(await ask('HGET', 'counter', 'n')),
  },
  "BUMP, a module's command of two effects": {
    rows: [
      ...rows('WATCH', READS, { ...READS, 'cut after': ['done|unknown', '0|1'] }),
      ...rows('EXEC', WRITES, WRITTEN),
    ],
    act: client => client.send('BUMP', 'string', 'of two'),
    applied: async () => both(number(await ask('GET', 'string')), number(await ask('HGET', 'of two', 'n'))),
  },
  "TICK, a module's command of a single effect": {
    rows: rows('INCR', WRITES, WRITTEN),
    act: client => client.send('TICK', 'ticks'),
    applied: async () => number(await ask('GET', 'ticks')),
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
    prepare: () => killed(/ db=5 .* cmd=select .* resp=2/),
    act: client => client.send('INCR', 'plain'),
    applied: async () => number(await ask('GET', 'plain')),
  },
  'SELECT in front of INCR, in one pipeline': {
    rows: rows(OTHER_DATABASE, LETS_IN, { ...LETS_IN, 'cut after': ['not done|unknown|ended', 0] }),
    act: client => lastOf(client, ['SELECT', '6'], ['INCR', 'elsewhere']),
    applied: appliedElsewhere,
  },
  'SELECT in front of INCR, where the database is in use': {
    rows: rows(
      OTHER_DATABASE,
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
    async prepare() {
      const other = await newClient()
      await other.send('SELECT', 6)
    },
    act: client => lastOf(client, ['SELECT', '6'], ['INCR', 'elsewhere']),
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
    applied: async () => both(number(await ask('GET', 'multi')), number(await ask('HGET', 'multi hash', 'n'))),
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
    applied: async () => both(number(await ask('GET', 'multi')), number(await ask('HGET', 'multi hash', 'n'))),
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
    async act(client) {
      let isOver = false
      const reply = client.send('BLPOP', 'list', 0).finally(() => {
        isOver = true
      })
      reply.catch(() => {})
      await vi.waitFor(async () => expect(isOver || (await infoOf('blocked_clients')) > 0).toBe(true), SOON)
      await ask('RPUSH', 'list', 'x')
      await ask('INCR', 'pushed')
      return reply
    },
    applied: async () => number(await ask('GET', 'pushed')) - number(await ask('LLEN', 'list')),
  },
}

/** Ends connections to the server, by what CLIENT LIST says of them; resolves when the gateway has noticed. */
async function killed(which: RegExp): Promise<void> {
  const list = await ask('CLIENT', 'LIST')
  const lines = (list.type === 'bulk' ? list.value : '').split('\n').filter(line => which.test(line))
  expect(lines).not.toEqual([])
  const ended = (): number => proxy.accepted - proxy.connections
  const before = ended()
  for (const line of lines) await ask('CLIENT', 'KILL', 'ID', Number(/^id=(\d+)/.exec(line)?.[1]))
  await vi.waitFor(() => expect(ended()).toBeGreaterThanOrEqual(before + lines.length), SOON)
}

/** All words at once; the reply to the last, or else the reason why there is none. */
async function lastOf(client: RespClient, ...commands: readonly (readonly string[])[]): Promise<Reply> {
  const replies = await Promise.allSettled(commands.map(words => client.send(...words)))
  const [first] = replies
  const last = replies.at(-1)
  if (last?.status === 'fulfilled') return last.value
  if (first?.status === 'fulfilled' && first.value.type === 'error') return first.value
  throw new Error('it has ended')
}

async function infoOf(field: string): Promise<number> {
  const info = await ask('INFO')
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info.type === 'bulk' ? info.value : '')?.[1])
}

describeWithRedis('a gateway whose server cannot be relied on', () => {
  beforeAll(async () => {
    server = await startRedisServer()
    await connectDirectly()
  })
  afterAll(async () => {
    await direct?.close()
    await server?.stop()
  })

  describe('each message', () => {
    beforeEach(async () => {
      await ask('FLUSHALL')
      await start()
    })
    afterEach(stop)

    describe.each(Object.entries(scenarios))('of %s', (_, { rows: all, prepare, act, applied }) => {
      test.each(all)('%j, %s: %s', async (what, side, fate, expected, times) => {
        const [onLane, onOwn, client] = [await newClient(), await newClient(), await newClient()]
        await onLane.send('HELLO', 3)
        await onLane.send('PING')
        await onOwn.send('CLIENT', 'SETNAME', 'own')
        await prepare?.()

        const isStruck = strike({ what, side }, fate)
        const acting = outcomeOf(act(client))
        acting.catch(() => {})
        await vi.waitFor(() => expect(isStruck()).toBe(true), SOON)
        for (const other of [onLane, onOwn]) expect(await outcomeOf(other.send('GET', 'other'))).toBe('done')
        const outcome = await acting
        expect(expected.split('|')).toContain(outcome)
        const done = await applied()
        expect(String(times).split('|').map(Number)).toContain(done)
        if (outcome === 'done') expect(done).toBe(1)
        if (outcome === 'not done') expect(done).toBe(0)

        // Whoever has not lost anything goes on where he is, and the others with a new connection.
        let again = expected.includes('ended') ? await newClient() : client
        await vi.waitFor(async () => {
          const next = await outcomeOf(act(again))
          if (next === 'ended') again = await newClient()
          expect(next).toBe('done')
        }, SOON)
        expect(await applied()).toBe(done + 1)
      })
    })
  })

  describe('each message of a subscriber', () => {
    beforeEach(async () => {
      await ask('FLUSHALL')
      await start()
    })
    afterEach(stop)

    const ends: Fates = { 'cut before': ['ended', 0], 'cut during': ['ended', 0], 'cut after': ['ended', 0] }
    const asked: Fates = {
      'cut before': ['unknown|ended', 0],
      'cut during': ['unknown|ended', 0],
      'cut after': ['unknown|ended', 0],
      'half-open': ['unknown', 0],
      delay: ['done', 1],
    }
    const all: Row[] = [
      ...rows('SELECT', LETS_IN, { ...LETS_IN, 'cut after': ['unknown|ended', 0] }),
      ...rows('SUBSCRIBE', asked, { ...asked, 'cut after': ['done', 0] }),
      ...rowsOf('message', 'push', { ...ends, 'cut after': ['ended', 1], delay: ['done', 1] }),
    ]

    describe.each([2, 3])('RESP%i', protocol => {
      test.each(all)('%s, %s: %s', async (what, side, fate, expected, heard) => {
        const subscriber = await newClient()
        await subscriber.send('HELLO', protocol)
        const isStruck = strike({ what, side }, fate)
        let outcome = await outcomeOf(subscriber.send('SUBSCRIBE', 'news'))
        if (outcome === 'done') {
          await ask('PUBLISH', 'news', 'first')
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

        // One who has been told that it has not been done may try again, and who has lost his connection, with another.
        const again = expected === 'not done' || fate === 'delay' ? subscriber : await newClient()
        await vi.waitFor(async () => expect(await outcomeOf(again.send('SUBSCRIBE', 'news'))).toBe('done'), SOON)
        await ask('PUBLISH', 'news', 'second')
        expect(await outcomeOf(again.nextPush())).toBe('done')
      })
    })
  })

  describe('CLIENT KILL', () => {
    beforeAll(async () => {
      await ask('FLUSHALL')
      await start()
    })
    afterAll(stop)

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
      const client = await newClient()
      for (const words of begin) expect(await outcomeOf(client.send(...words))).toBe('done')
      await killed(which)
      await client.closed
      expect(await ask('EXISTS', 'never')).toEqual({ type: 'integer', value: 0 })
      expect(await outcomeOf((await newClient()).send('PING'))).toBe('done')
    })

    test('of the connection of a client that waits ends the client', async () => {
      const client = await newClient()
      const popped = outcomeOf(client.send('BLPOP', 'nothing', 0))
      await vi.waitFor(async () => expect(await infoOf('blocked_clients')).toBe(1), SOON)
      await killed(/ cmd=blpop /)
      expect(['ended', 'unknown']).toContain(await popped)
      await client.closed
    })

    test.each<[of: string, command: readonly (string | number)[], which: RegExp]>([
      ['of a lane', ['GET', 'x'], / cmd=get .* resp=2/],
      ['for commands that write', ['HMSETNX', 'fresh', 'a', 1], / cmd=(exec|unwatch) /],
      ['for reads', ['PEEK', 'x'], / cmd=get /],
      ['that watches over the health', ['GET', 'x'], / db=0 .* cmd=ping /],
    ])('of the connection %s is not noticed', async (_, command, which) => {
      const client = await newClient()
      for (let times = 0; times < 3; times++) {
        expect(await outcomeOf(client.send(...command))).toBe('done')
        await killed(which)
      }
      expect(await outcomeOf(client.send(...command))).toBe('done')
      expect(gateway.gateway.health.condition.state).toBe('up')
    })
  })

  describe('under load', () => {
    const tags = ['a', 'b', 'c']
    let load: Load

    afterEach(async () => {
      await load.stop()
      await stop()
    })

    /** A gateway with clients that work, once each has done something. */
    async function begin(timeout = TIMEOUT): Promise<void> {
      await ask('FLUSHALL')
      await start(timeout)
      load = new Load(() => connect({ path: gateway.socketPath }), works, tags)
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
    async function check(): Promise<void> {
      await load.stop()
      expect(await load.faults(ask)).toEqual([])
      for (const error of load.refused) expect(error).toMatch(/^UPSTREAMDOWN |^ERR \w+ has not been carried out: /)
      expect(load.slowest).toBeLessThan(LIMIT)
    }

    test('whatever happens to what is sent, nothing is done twice or by half', async () => {
      await begin()
      const random = seededRandom(11)
      const fates: readonly Fate[] = ['cut before', 'cut during', 'cut after', 'delay', 'half-open']
      const fate = (): Fate => (random() < 0.02 ? fates[Math.floor(random() * fates.length)]! : 'pass')
      proxy.fate = fate
      proxy.answerFate = fate
      await vi.waitFor(() => expect(load.doubtful).toBeGreaterThan(60), { ...SOON, timeout: 20_000 })
      proxy.fate = () => 'pass'
      proxy.answerFate = () => 'pass'
      await goesOn()
      await check()
    })

    test('all connections are killed again and again', async () => {
      await begin()
      for (let times = 0; times < 10; times++) {
        await ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        await goesOn()
      }
      await check()
      expect(load.refused).toEqual([])
      expect(gateway.gateway.health.condition.state).toBe('up')
    })

    test('a server that stands still for a moment makes nothing fail', async () => {
      await begin(10_000)
      const waiter = await newClient()
      const popped = waiter.send('BLPOP', 'list', 0)
      for (let times = 0; times < 3; times++) {
        server.pause()
        await new Promise(resolve => setTimeout(resolve, 150))
        server.resume()
        await goesOn()
      }
      await load.stop()
      expect([load.doubtful, load.refused]).toEqual([0, []])
      expect(await load.faults(ask)).toEqual([])
      await ask('RPUSH', 'list', 'x')
      expect(await outcomeOf(popped)).toBe('done')
    })

    test('a server that stands still for longer than that is down until it goes on', async () => {
      await begin()
      const [waiter, subscriber, named] = [await newClient(), await newClient(), await newClient()]
      const popped = waiter.send('BLPOP', 'list', 0)
      popped.catch(() => {})
      await subscriber.send('SUBSCRIBE', 'news')
      await named.send('CLIENT', 'SETNAME', 'me')
      server.pause()
      // Who waits, and who listens, is told as well.
      await Promise.all([waiter.closed, subscriber.closed, named.closed])
      await isRefused()
      expect(gateway.gateway.health.condition.state).toBe('down')
      server.resume()
      await goesOn()
      await check()
      await vi.waitFor(() => expect(gateway.gateway.health.condition.state).toBe('up'), SOON)
    })

    test('a server that is gone, and comes back', async () => {
      const other = server
      // What it has answered, it has written down.
      server = await startRedisServer({ args: ['--appendonly', 'yes', '--appendfsync', 'no'] })
      try {
        await connectDirectly()
        await begin()
        for (let times = 0; times < 2; times++) {
          await server.kill()
          await isRefused()
          await server.restart()
          await connectDirectly()
          await goesOn()
        }
        await check()
      } finally {
        await direct.close()
        await server.stop()
        server = other
        await connectDirectly()
      }
    })

    test('a way to the server that is closed, and open again', async () => {
      await begin()
      for (let times = 0; times < 3; times++) {
        await proxy.refuse()
        await isRefused()
        await vi.waitFor(() => expect(gateway.gateway.health.condition.state).toBe('down'), SOON)
        await proxy.accept()
        await goesOn()
      }
      await check()
    })

    test('many that wait for the same are told in time', async () => {
      await ask('FLUSHALL')
      await start()
      load = new Load(() => connect({ path: gateway.socketPath }), [], [])
      const many = await Promise.all(Array.from({ length: 60 }, () => newClient()))
      for (const client of many) expect(await outcomeOf(client.send('BUMP', 's', 'h'))).toBe('done')
      server.pause()
      const outcomes = many.map((client, i) => outcomeOf(client.send('BUMP', i % 2 === 0 ? 's' : `s${i}`, 'h')))
      const results = await Promise.allSettled(outcomes).finally(() => server.resume())
      for (const result of results) expect(result).toMatchObject({ status: 'fulfilled' })
    })
  })
})
