import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/engine/clock.js'
import { ReplyError } from '../../src/errors.js'
import { Health } from '../../src/gateway/health.js'
import { type AddressOptions, type Endpoint, parseAddress } from '../../src/upstream/address.js'
import { SingleServer, type Topology } from '../../src/upstream/topology.js'
import { startGateway } from '../support/gateway-server.js'
import { portOf } from '../support/ports.js'
import { startProxy, type TcpProxy } from '../support/proxy.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect } from '../support/resp-client.js'

const TIMEOUT = 250
/** How long anything may take. */
const soon = { timeout: 10_000, interval: 5 }

let health: Health
let downs: string[]
let log: string[]

beforeEach(() => {
  downs = []
  log = []
})
afterEach(() => health.close())

function watch(url: string, options: AddressOptions & { topology?: Topology } = {}): void {
  const { topology, ...login } = options
  const address = parseAddress(url, login)
  const say = (message: string): void => void log.push(message)
  health = new Health(
    {
      address,
      limits: { timeout: TIMEOUT, connections: 1 },
      topology: topology ?? new SingleServer(address.endpoints[0]!),
    },
    {
      clock: systemClock,
      random: Math.random,
      log: { debug: say, verbose: say, notice: say, warning: say },
    },
  )
  health.onDown = ({ name }) => downs.push(name)
}

const becomes = (state: string) => vi.waitFor(() => expect(health.condition.state).toBe(state), soon)

describeWithRedis('the health of a server', () => {
  let redis: RedisServer
  let proxy: TcpProxy
  let url: string

  beforeEach(async () => {
    redis = await startRedisServer()
    proxy = await startProxy(redis.port)
    url = `redis://127.0.0.1:${proxy.port}`
  })
  afterEach(async () => {
    await proxy.close()
    await redis.stop()
  })

  const count = (texts: readonly string[], part: string) => texts.join('').split(part).length - 1
  const answers = (part: string, times: number) =>
    vi.waitFor(() => expect(count(proxy.answered, part)).toBeGreaterThanOrEqual(times), soon)

  test('is asked again and again, on one connection', async () => {
    watch(url)
    await answers('+PONG', 4)
    expect(health.condition).toEqual({ state: 'up', since: expect.any(Number), why: undefined })
    expect(proxy.accepted).toBe(1)
    expect(health.servers.map(({ endpoint, condition }) => [endpoint.name, condition.state])).toEqual([[url, 'up']])
  })

  test('is bad when it answers no more, and good when it does again; that is told once', async () => {
    watch(url)
    await answers('+PONG', 2)
    const before = Date.now()
    proxy.freeze()
    await becomes('down')
    expect(health.condition.why).toMatch(
      /^cannot connect to .*: the server did not answer within 250 ms; if it speaks TLS/,
    )
    expect(health.condition.since).toBeGreaterThanOrEqual(before + TIMEOUT - 50)
    // It is tried again meanwhile.
    const { accepted } = proxy
    await vi.waitFor(() => expect(proxy.accepted).toBeGreaterThan(accepted + 1), soon)
    expect(downs).toEqual([url])
    proxy.thaw()
    await becomes('up')
    expect(health.condition.why).toBeUndefined()
    expect(health.condition.since).toBeGreaterThan(before + TIMEOUT - 50)
    expect(log).toEqual([expect.stringMatching(/ is down: cannot connect/), `Upstream ${url} is up again`])
    proxy.freeze()
    await vi.waitFor(() => expect(downs).toEqual([url, url]), soon)
  })

  test('is bad when there is nobody, and good when the server is back', async () => {
    watch(url)
    await answers('+PONG', 1)
    await proxy.refuse()
    await becomes('down')
    expect(health.condition.why).toBe(
      `cannot connect to ${url}: nothing listens there; start the server, or correct the host and port`,
    )
    await proxy.accept()
    await becomes('up')
    expect(downs).toEqual([url])
  })

  test('is good when a single connection ends, and another one later', async () => {
    watch(url)
    await answers('+PONG', 1)
    const admin = await connect({ port: redis.port })
    for (let times = 1; times <= 3; times++) {
      await admin.send('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await answers('+PONG', count(proxy.answered, '+PONG') + 2)
      expect(proxy.accepted).toBe(times + 1)
    }
    expect(log).toEqual([])
    await admin.close()
  })

  test('is good while a script keeps the server busy', async () => {
    const admin = await connect({ port: redis.port })
    await admin.send('CONFIG', 'SET', 'busy-reply-threshold', '1')
    const script = admin.send('EVAL', 'while true do end', '0')
    watch(url)
    await answers('-BUSY', 3)
    expect(health.condition).toMatchObject({ state: 'up', why: undefined })
    const other = await connect({ port: redis.port })
    await other.send('SCRIPT', 'KILL')
    await script
    await Promise.all([admin.close(), other.close()])
  })

  describe('whatever the gateway’s user may do', () => {
    beforeEach(async () => {
      const admin = await connect({ port: redis.port })
      await admin.send('ACL', 'SETUSER', 'nobody', 'on', '>x', '-@all')
      await admin.send('CONFIG', 'SET', 'requirepass', 'secret')
      await admin.close()
    })

    test.each([
      ['all', { password: 'secret' }, '+PONG', undefined],
      ['nothing', { username: 'nobody', password: 'x' }, '-NOPERM', undefined],
      ['nothing without a password', {}, '-NOAUTH', undefined],
      [
        'nothing with a wrong one',
        { username: 'nobody', password: 'y' },
        '-NOAUTH',
        "the gateway's own login is refused: WRONGPASS invalid username-password pair or user is disabled.",
      ],
    ])('%s', async (_, login, answer, why) => {
      watch(url, login)
      await answers(answer, 3)
      expect(health.condition).toMatchObject({ state: 'up', why })
      expect(log).toEqual([])
      proxy.freeze()
      await becomes('down')
      proxy.thaw()
      await becomes('up')
      expect(health.condition.why).toBe(why)
    })
  })

  test('leaves no connection when it is closed', async () => {
    watch(url)
    await answers('+PONG', 1)
    health.close()
    await vi.waitFor(() => expect(proxy.connections).toBe(0), soon)
  })

  test('a gateway says which server is down', async () => {
    watch(url)
    const gateway = await startGateway({ upstream: url, config: { 'upstream-timeout': String(TIMEOUT) } })
    const told: string[] = []
    gateway.gateway.health.onDown = ({ name }) => told.push(name)
    proxy.freeze()
    await vi.waitFor(() => expect(told).toEqual([url]), soon)
    proxy.thaw()
    await vi.waitFor(() => expect(gateway.gateway.health.condition.state).toBe('up'), soon)
    await gateway.stop()
  })
})

describe('the health of servers that answer as they are told', () => {
  let servers: FakeServer[]

  beforeEach(() => {
    servers = []
  })
  afterEach(() => Promise.all(servers.map(server => server.close())))

  async function fake(answer: string): Promise<FakeServer> {
    const server = await FakeServer.start(answer)
    servers.push(server)
    return server
  }

  test('one that loads its data is there, and not ready', async () => {
    const server = await fake('-LOADING Redis is loading the dataset in memory\r\n')
    watch(server.url)
    await becomes('loading')
    expect(health.condition.why).toBe(
      `cannot connect to ${server.url}: the server is still loading its data; try again when it has`,
    )
    server.answer = '+PONG\r\n'
    await becomes('up')
    expect(downs).toEqual([])
    expect(log).toEqual([expect.stringMatching(/ is loading: /), `Upstream ${server.url} is up again`])
  })

  test('one that takes no more clients is as good as none', async () => {
    const server = await fake('')
    server.greets = '-ERR max number of clients reached\r\n'
    watch(server.url)
    await becomes('down')
    expect(health.condition.why).toMatch(/: the server has all the clients that it may have; raise its 'maxclients'$/)
  })

  test('one that does not speak RESP is none', async () => {
    const server = await fake('HTTP/1.1 400 Bad Request\r\n')
    watch(server.url)
    await becomes('down')
    expect(health.condition.why).toMatch(/bytes came that are no RESP/)
  })

  test('of several, one will do; and those are asked that are primaries now', async () => {
    const [a, b, c] = [await fake('+PONG\r\n'), await fake('+PONG\r\n'), await fake('+PONG\r\n')]
    const topology = new FakeTopology(a, b)
    watch(a.url, { topology })
    await vi.waitFor(() => expect(Math.min(a.asked, b.asked)).toBeGreaterThan(1), soon)
    await a.close()
    await vi.waitFor(() => expect(downs).toEqual([a.url]), soon)
    expect(health.condition).toMatchObject({ state: 'up', why: undefined })
    expect(health.servers.map(({ condition }) => condition.state)).toEqual(['down', 'up'])
    // Whoever knows is asked who has taken its place.
    expect(topology.refreshed).toBeGreaterThan(0)
    topology.servers = [b, c]
    await vi.waitFor(() => expect(c.asked).toBeGreaterThan(1), soon)
    expect(health.servers.map(({ endpoint, condition }) => [endpoint.name, condition.state])).toEqual([
      [b.url, 'up'],
      [c.url, 'up'],
    ])
    await b.close()
    await c.close()
    await becomes('down')
    expect(downs.toSorted()).toEqual([a.url, b.url, c.url].toSorted())
  })

  test('without a primary there is none', async () => {
    const server = await fake('+PONG\r\n')
    const topology = new FakeTopology()
    watch(server.url, { topology })
    expect(health.condition).toMatchObject({ state: 'down', why: 'MASTERDOWN no primary is known' })
    topology.servers = [server]
    await becomes('up')
  })
})

class FakeTopology implements Topology {
  onChange = (): void => {}
  refreshed = 0
  servers: readonly FakeServer[]

  constructor(...servers: readonly FakeServer[]) {
    this.servers = servers
  }

  primaries(): readonly Endpoint[] {
    if (this.servers.length === 0) throw new ReplyError('MASTERDOWN no primary is known')
    return this.servers.map(({ url }) => parseAddress(url).endpoints[0]!)
  }

  endpointFor(): Endpoint {
    return this.primaries()[0]!
  }

  knows(): boolean {
    return true
  }

  async refresh(): Promise<void> {
    this.refreshed++
  }

  moved(): void {}
  close(): void {}
}

/** Answers each command with the same words. */
class FakeServer {
  url = ''
  asked = 0
  /** What it says to whoever connects, before it hangs up. */
  greets: string | undefined
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  private constructor(
    public answer: string,
    server: Server,
  ) {
    this.#server = server
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      if (this.greets !== undefined) socket.end(this.greets)
      socket.on('data', () => {
        this.asked++
        socket.write(this.answer)
      })
    })
  }

  static start(answer: string): Promise<FakeServer> {
    const server = createServer()
    const fake = new FakeServer(answer, server)
    return new Promise(resolve => {
      server.listen(0, '127.0.0.1', () => {
        fake.url = `redis://127.0.0.1:${portOf(server)}`
        resolve(fake)
      })
    })
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }
}
