import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Endpoint } from '../upstream/address.js'
import { ServerCommand } from '../upstream/command-info.js'
import type { Link, LinkUser } from '../upstream/link.js'
import { slotOf } from '../upstream/slot.js'
import { Troubles } from '../upstream/troubles.js'
import type { Upstream } from '../upstream/upstream.js'
import { Replies } from './replies.js'
import { Router } from './router.js'

const { KRMT_FUZZ_SEED } = process.env
const SEED = Number(KRMT_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))

const NODES: readonly Endpoint[] = [7000, 7001, 7002].map(port => ({
  socket: { host: '127.0.0.1', port },
  tls: undefined,
  name: `redis://127.0.0.1:${port}`,
}))
/** Of two slots. */
const KEYS = ['{a}1', '{a}2', '{b}1']
const TIMEOUT = 5000
const WRITE = new ServerCommand(
  'write',
  -2,
  new Set(['write']),
  [{ flags: [], begin: { index: 1 }, find: { last: -1, step: 1, limit: 0 } }],
  new Map(),
)
const ASKING = '*1\r\n$6\r\nASKING\r\n'

/** Nodes that have keys in slots, which move at any time; each link does one thing at a time. Commands are lines: a number, and keys. */
class FakeCluster {
  readonly owners = new Map(KEYS.map(key => [slotOf(key), 0]))
  readonly moving = new Map<number, number>()
  /** Where each key is. */
  readonly places = new Map(KEYS.map(key => [key, 0]))
  /** By key: the numbers of the commands that have written it. */
  readonly written = new Map<string, number[]>(KEYS.map(key => [key, []]))
  readonly links: FakeLink[] = []
  isDown = false

  execute(node: number, line: string, isAsking: boolean): string {
    const [number = '', ...keys] = line.split(' ')
    const slot = slotOf(keys[0]!)
    const owner = this.owners.get(slot)!
    const to = this.moving.get(slot)
    const here = keys.filter(key => this.places.get(key) === node).length
    const isImporting = to === node && isAsking
    if (owner !== node && !isImporting) return `-MOVED ${slot} 127.0.0.1:${7000 + owner}\r\n`
    if (here < keys.length && (here > 0 || isImporting))
      return '-TRYAGAIN Multiple keys request during rehashing of slot\r\n'
    if (here === 0) return `-ASK ${slot} 127.0.0.1:${7000 + to!}\r\n`
    for (const key of keys) this.written.get(key)!.push(Number(number))
    return `+${number}\r\n`
  }

  /** What happens next to a slot. */
  move(slot: number, choice: number): void {
    const to = this.moving.get(slot)
    if (to === undefined) {
      this.moving.set(slot, (this.owners.get(slot)! + 1 + (choice % 2)) % 3)
      return
    }
    const left = KEYS.filter(key => slotOf(key) === slot && this.places.get(key) !== to)
    if (left.length > 0) this.places.set(left[choice % left.length]!, to)
    else {
      this.owners.set(slot, to)
      this.moving.delete(slot)
    }
  }
}

class FakeLink {
  user: LinkUser = { received() {}, lost() {} }
  isOpen = true
  readonly #cluster: FakeCluster
  readonly #node: number
  #sent: string[] = []
  #answers: string[] = []
  #isAsking = false

  constructor(cluster: FakeCluster, node: number) {
    this.#cluster = cluster
    this.#node = node
  }

  write(bytes: string): void {
    if (!this.isOpen) throw new Error('it is closed')
    this.#sent.push(...bytes.replaceAll(ASKING, 'ASKING\n').split('\n').slice(0, -1))
  }

  /** The node does the next command. */
  work(): boolean {
    const line = this.#sent.shift()
    if (line === undefined) return false
    this.#answers.push(line === 'ASKING' ? '+OK\r\n' : this.#cluster.execute(this.#node, line, this.#isAsking))
    this.#isAsking = line === 'ASKING'
    return true
  }

  /** So many of its answers come. */
  answer(count: number): boolean {
    if (!this.isOpen) return false
    const bytes = Buffer.from(this.#answers.splice(0, count).join(''))
    if (bytes.length > 0) this.user.received(bytes)
    return bytes.length > 0
  }

  lose(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.user.lost(new Error('it was cut'))
  }

  destroy(): void {
    this.isOpen = false
  }
}

function upstreamOf(cluster: FakeCluster): Upstream {
  let known = new Map(cluster.owners)
  const upstream = {
    address: { kind: 'cluster' },
    limits: { timeout: TIMEOUT },
    troubles: new Troubles(TIMEOUT),
    topology: {
      endpointFor: (slot: number) => NODES[known.get(slot)!]!,
      primaries: () => NODES,
      knows: () => true,
      async refresh() {
        known = new Map(cluster.owners)
      },
      moved: (slot: number, { name }: Endpoint) =>
        void known.set(
          slot,
          NODES.findIndex(node => node.name === name),
        ),
    },
    async connect(endpoint: Endpoint) {
      if (cluster.isDown) throw new Error('nothing listens there')
      const link = new FakeLink(cluster, NODES.indexOf(endpoint))
      cluster.links.push(link)
      return { isUntrusted: false, release: () => link as unknown as Link }
    },
  }
  return upstream as unknown as Upstream
}

/** A client that sends commands as long as it may, like the gateway's. */
class FakeClient {
  /** Its replies, each as it came. */
  replies: string[] = []
  isHeld = false
  readonly #router: Router
  readonly sent: { readonly number: number; readonly keys: readonly string[] }[] = []
  readonly #replies = new Replies({
    receivedAt: performance.now(),
    write: bytes => this.replies.push(...bytes.split('\r\n').slice(0, -1)),
    drained: () => {
      this.isHeld = false
    },
    broken() {},
    receivesMuch() {},
    redirected: () => {
      this.isHeld = true
    },
  })

  constructor(router: Router) {
    this.#router = router
  }

  send(number: number, keys: readonly string[]): void {
    if (this.isHeld) return
    this.sent.push({ number, keys })
    this.#router.route(['WRITE', ...keys], `${number} ${keys.join(' ')}\n`, WRITE, this.#replies)
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const SUBJECTS = [...KEYS.map(key => [key]), [KEYS[0]!, KEYS[1]!]]
const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('send'), fc.nat({ max: 7 })) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('work'), fc.nat({ max: 5 })) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('answer'), fc.nat({ max: 20 })) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('move'), fc.nat({ max: 7 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('time'), fc.nat({ max: 40 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('lose'), fc.nat({ max: 5 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('down'), fc.nat({ max: 2 })) },
)

test('commands about a key are carried out in the order in which their client has sent them, or not at all', async () => {
  let overtaken = 0
  const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 200 }), async steps => {
    const cluster = new FakeCluster()
    const router = new Router(upstreamOf(cluster), {
      login: { username: undefined, password: undefined },
      protocol: 2,
      database: 0,
      generation: 0,
    })
    const clients = [new FakeClient(router), new FakeClient(router)]
    let number = 0
    for (const [kind, choice] of steps) {
      const link = cluster.links[choice % cluster.links.length]
      if (kind === 'send') clients[choice % 2]!.send(number++, SUBJECTS[choice >> 1]!)
      else if (kind === 'work') link?.work()
      else if (kind === 'answer') link?.answer(1 + (choice >> 2))
      else if (kind === 'move') cluster.move(slotOf(KEYS[choice % 2 === 0 ? 0 : 2]!), choice >> 1)
      else if (kind === 'lose') link?.lose()
      else if (kind === 'down') cluster.isDown = choice === 0
      await vi.advanceTimersByTimeAsync(kind === 'time' ? choice : 0)
    }
    cluster.isDown = false
    for (const slot of cluster.owners.keys()) while (cluster.moving.has(slot)) cluster.move(slot, 0)
    for (let i = 0; clients.some(({ sent, replies }) => replies.length < sent.length); i++) {
      if (i > 1000) throw new Error('something is never answered')
      for (const link of cluster.links) {
        while (link.work()) {}
        link.answer(100)
      }
      await vi.advanceTimersByTimeAsync(20)
    }
    for (const { sent, replies } of clients) {
      expect(replies).toHaveLength(sent.length)
      for (const [i, { number: own, keys }] of sent.entries()) {
        const reply = replies[i]!
        const times = keys.map(key => cluster.written.get(key)!.filter(one => one === own).length)
        if (reply.startsWith('+')) expect([reply, ...times]).toEqual([`+${own}`, ...keys.map(() => 1)])
        else if (reply.startsWith('-TRYAGAIN') || reply.startsWith('-UPSTREAMDOWN'))
          expect(times).toEqual(keys.map(() => 0))
        else expect(reply).toMatch(/^-UNKNOWNOUTCOME /)
        if (reply.includes('sent behind')) overtaken++
      }
      // What has been sent on a connection that was lost may still be carried out, at any time.
      const own = new Set(sent.filter((_, i) => replies[i]!.startsWith('+')).map(one => one.number))
      for (const numbers of cluster.written.values()) {
        const mine = numbers.filter(one => own.has(one))
        expect(mine).toEqual(mine.toSorted((a, b) => a - b))
      }
    }
  })
  await fc.assert(property, { seed: SEED, numRuns: 200 })
  // It is not for want of occasions.
  expect(overtaken).toBeGreaterThan(0)
})
