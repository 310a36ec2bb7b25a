import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePorts } from './ports.js'
import { argument, RedisAdmin } from './redis-admin.js'
import { type RedisProcess, startRedisProcess, withFreePorts } from './redis-process.js'

const SLOTS = 16384

/** How long a node may be silent until the others take it for failed, in milliseconds. A failover comes after that. */
const NODE_TIMEOUT = 2000

/** How long anything may take to become true, and how often it is looked at meanwhile, in milliseconds. */
const PATIENCE = { timeout: 20_000, interval: 20 }

export interface ClusterNode extends RedisProcess {
  /** Its place in `nodes`. */
  readonly index: number
  /** Its name in the Cluster, of 40 hexadecimal digits. */
  readonly id: string
  /** As of when the Cluster was last looked at: its start, and the end of `failover()` and `settled()`. */
  readonly role: 'primary' | 'replica'
  /** The index of the primary that a replica belongs to, as of the same time. */
  readonly primary: number | undefined
  /** The same as `kill()`: the folder stays until the Cluster stops. */
  stop(): Promise<void>
}

export interface RedisCluster {
  /** First the primaries, in the order of their slots, then the replicas of the first one, of the second one, … */
  readonly nodes: readonly ClusterNode[]
  readonly ports: readonly number[]
  /** `redis+cluster://127.0.0.1:p1,127.0.0.1:p2`, of all nodes. */
  url(): string
  /** The primary that serves a slot. @throws an Error if none that runs does */
  slotOwner(slot: number): Promise<ClusterNode>
  /**
   * Moves slots to a primary, with their keys, one after the other, as `redis-cli --cluster reshard` does: clients
   * are served meanwhile, and are redirected. After a failover that nobody asked for, wait for `settled()` first.
   *
   * @param options.batch how many keys are moved by one MIGRATE; 10 unless told otherwise
   * @throws an Error if a node refuses
   */
  moveSlots(slots: Iterable<number>, to: number, options?: { batch?: number }): Promise<void>
  /**
   * Leaves a slot as it is in the middle of a move: its owner answers ASK for the keys that it does not have, which are
   * those that are moved now and those that there are not.
   *
   * @param options.keys those that are moved at once
   */
  halfMove(slot: number, to: number, options?: { keys?: readonly string[] }): Promise<void>
  /** Moves what is left of a slot to where `halfMove()` has begun to move it. */
  finishMove(slot: number, options?: { batch?: number }): Promise<void>
  /**
   * Makes a replica take its primary's place, in agreement with that if it runs, and by force if it does not. Resolves
   * with the new primary, once all nodes that run agree.
   *
   * @param primary the index of a node that is a primary now
   * @throws an Error if it has no replica that runs
   */
  failover(primary: number): Promise<ClusterNode>
  /**
   * Resolves once all nodes that run say that the Cluster is well and agree about who serves what, and every replica
   * is in touch with its primary.
   *
   * @throws an Error with what is not so, when it does not become so in 20 seconds
   */
  settled(): Promise<void>
  /** Ends a node at once (SIGKILL). */
  kill(index: number): Promise<void>
  /** Ends all nodes; resolves once they and their folders are gone. */
  stop(): Promise<void>
}

export interface ClusterOptions {
  /** 3 unless told otherwise. */
  primaries?: number
  /** For each primary; none unless told otherwise. */
  replicas?: number
  /** More arguments for every node, as on the command line. The nodes use what `--requirepass` says too. */
  args?: readonly string[]
}

/**
 * Starts a Redis Cluster whose nodes save no data. Its slots are spread evenly over the primaries.
 *
 * That takes two seconds: for so long after its start a primary refuses to serve, lest it has been replaced without
 * knowing (CLUSTER_WRITABLE_DELAY in its source, which no setting changes).
 */
export function startRedisCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  return withFreePorts(() => start(options))
}

interface Plan {
  readonly index: number
  readonly id: string
  readonly port: number
  readonly busPort: number
  /** The index of the primary that it is to be a replica of. */
  readonly primary: number | undefined
  /** As CLUSTER NODES and nodes.conf write them. */
  readonly slots: string
}

async function start({ primaries = 3, replicas = 0, args = [] }: ClusterOptions): Promise<RedisCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-cluster-'))
  const started: Promise<RedisProcess>[] = []
  const stop = async (): Promise<void> => {
    for (const result of await Promise.allSettled(started)) {
      if (result.status === 'fulfilled') await result.value.kill()
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const count = primaries * (1 + replicas)
    const ports = await freePorts(2 * count)
    const plans = Array.from({ length: count }, (_, index): Plan => {
      const isPrimary = index < primaries
      const first = Math.ceil((index * SLOTS) / primaries)
      const last = Math.ceil(((index + 1) * SLOTS) / primaries) - 1
      return {
        index,
        id: randomBytes(20).toString('hex'),
        port: ports[index] ?? 0,
        busPort: ports[count + index] ?? 0,
        primary: isPrimary ? undefined : Math.floor((index - primaries) / replicas),
        slots: isPrimary ? `${first}-${last}` : '',
      }
    })
    const password = argument(args, 'requirepass')
    for (const plan of plans) started.push(startNode(plan, plans, join(folder, String(plan.index)), args))
    const cluster = new Nodes(plans, await Promise.all(started), password, stop)
    await cluster.settled()
    return cluster
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Every node is given the file that it would have written had it been a member before. So all have met, know who serves
 * what, and have epochs of their own (which CLUSTER MEET, ADDSLOTS, REPLICATE and SET-CONFIG-EPOCH would see to) by the
 * time that they may serve.
 */
function startNode(plan: Plan, plans: readonly Plan[], folder: string, args: readonly string[]): Promise<RedisProcess> {
  mkdirSync(folder)
  const lines = plans.map(({ index, id, port, busPort, primary, slots }) => {
    const flags = `${index === plan.index ? 'myself,' : ''}${primary === undefined ? 'master' : 'slave'}`
    const master = plans[primary ?? -1]?.id ?? '-'
    return `${id} 127.0.0.1:${port}@${busPort} ${flags} ${master} 0 0 ${(primary ?? index) + 1} connected ${slots}`
  })
  const vars = `vars currentEpoch ${plans.length} lastVoteEpoch 0`
  writeFileSync(join(folder, 'nodes.conf'), `${[...lines.map(line => line.trimEnd()), vars].join('\n')}\n`)
  const password = argument(args, 'requirepass')
  const settings = {
    port: plan.port,
    dir: folder,
    bind: '127.0.0.1',
    save: '',
    'cluster-enabled': 'yes',
    'cluster-port': plan.busPort,
    'cluster-node-timeout': NODE_TIMEOUT,
    // A replica is to have its data at once: nobody else is going to ask for them.
    'repl-diskless-sync-delay': 0,
    ...(password === undefined ? {} : { masterauth: password }),
  }
  return startRedisProcess({
    port: plan.port,
    folder,
    args: [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), ...args],
    readyLine: 'Ready to accept connections',
  })
}

/** One line of CLUSTER NODES. */
interface Member {
  readonly id: string
  readonly flags: readonly string[]
  readonly primaryId: string
  readonly epoch: number
  /** Without those that are being moved. */
  readonly slots: readonly string[]
}

class Node implements ClusterNode {
  readonly index: number
  readonly id: string
  readonly admin: RedisAdmin
  readonly #server: RedisProcess
  role: 'primary' | 'replica' = 'primary'
  primary: number | undefined

  constructor({ index, id }: Plan, server: RedisProcess, password: string | undefined) {
    this.index = index
    this.id = id
    this.#server = server
    this.admin = new RedisAdmin(server, password)
  }

  get port(): number {
    return this.#server.port
  }

  get folder(): string {
    return this.#server.folder
  }

  get pid(): number {
    return this.#server.pid
  }

  get state(): RedisProcess['state'] {
    return this.#server.state
  }

  pause(): void {
    this.#server.pause()
  }

  resume(): void {
    this.#server.resume()
  }

  kill(): Promise<void> {
    return this.#server.kill()
  }

  stop(): Promise<void> {
    return this.#server.kill()
  }

  restart(): Promise<void> {
    return this.#server.restart()
  }

  /** What it knows of itself. */
  async self(): Promise<Member> {
    const self = (await this.members()).find(({ flags }) => flags.includes('myself'))
    if (self === undefined) throw new Error(`node ${this.index} is none of the Cluster's`)
    return self
  }

  /** What it knows of the Cluster. */
  async members(): Promise<Member[]> {
    const text = await this.admin.text('CLUSTER', 'NODES')
    return text
      .trimEnd()
      .split('\n')
      .map(line => {
        const [id = '', , flags = '', primaryId = '', , , epoch = '', , ...slots] = line.split(' ')
        return {
          id,
          flags: flags.split(','),
          primaryId,
          epoch: Number(epoch),
          slots: slots.filter(range => !range.startsWith('[')),
        }
      })
  }
}

class Nodes implements RedisCluster {
  readonly nodes: readonly Node[]
  readonly ports: readonly number[]
  readonly #password: string | undefined
  readonly #stop: () => Promise<void>
  /** Where slots are being moved to, by those that `halfMove()` has begun with. */
  readonly #moving = new Map<number, Node>()

  constructor(
    plans: readonly Plan[],
    servers: readonly RedisProcess[],
    password: string | undefined,
    stop: () => Promise<void>,
  ) {
    this.nodes = plans.map((plan, i) => new Node(plan, servers[i]!, password))
    this.ports = plans.map(plan => plan.port)
    this.#password = password
    this.#stop = stop
  }

  url(): string {
    return `redis+cluster://${this.ports.map(port => `127.0.0.1:${port}`).join(',')}`
  }

  async slotOwner(slot: number): Promise<Node> {
    const running = this.#running()
    const selves = await Promise.all(running.map(node => node.self()))
    let owner: Node | undefined
    let epoch = -1
    for (const [i, { flags, slots, epoch: its }] of selves.entries()) {
      if (!flags.includes('master') || !slots.some(range => contains(range, slot))) continue
      // Who has just come back may not know yet that it has been replaced: the later claim is the one that counts.
      if (its <= epoch) continue
      owner = running[i]
      epoch = its
    }
    if (owner === undefined) throw new Error(`nobody that runs serves slot ${slot}`)
    return owner
  }

  async moveSlots(slots: Iterable<number>, to: number, options: { batch?: number } = {}): Promise<void> {
    for (const slot of slots) {
      await this.halfMove(slot, to)
      await this.finishMove(slot, options)
    }
  }

  async halfMove(slot: number, to: number, { keys = [] }: { keys?: readonly string[] } = {}): Promise<void> {
    const from = await this.slotOwner(slot)
    const target = this.#node(to)
    if (from === target) return
    // In this order: who is asked for a key that is not there any more must be able to say who has it.
    await target.admin.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
    await from.admin.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id)
    this.#moving.set(slot, target)
    if (keys.length > 0) await this.#migrate(from, target, keys)
  }

  async finishMove(slot: number, { batch = 10 }: { batch?: number } = {}): Promise<void> {
    const target = this.#moving.get(slot)
    if (target === undefined) return
    const from = await this.slotOwner(slot)
    for (;;) {
      const keys = await from.admin.texts('CLUSTER', 'GETKEYSINSLOT', slot, batch)
      if (keys.length === 0) break
      await this.#migrate(from, target, keys)
    }
    await this.#sameEpoch()
    // The new owner first: until it takes the slot for its own it sends clients back to where they come from.
    const others = this.#running().filter(node => node !== target && node !== from && node.role === 'primary')
    for (const node of [target, from, ...others]) await node.admin.ask('CLUSTER', 'SETSLOT', slot, 'NODE', target.id)
    this.#moving.delete(slot)
  }

  async failover(primary: number): Promise<Node> {
    const old = this.#node(primary)
    const replica = this.#running().find(node => node.role === 'replica' && node.primary === primary)
    if (replica === undefined) throw new Error(`node ${primary} has no replica that runs`)
    const how = old.state === 'running' ? [] : ['FORCE']
    await replica.admin.ask('CLUSTER', 'FAILOVER', ...how)
    await vi.waitFor(async () => {
      const [role] = await replica.admin.texts('ROLE')
      if (role !== 'master') throw new Error(`node ${replica.index} is still a ${role}`)
    }, PATIENCE)
    await this.settled()
    return replica
  }

  settled(): Promise<void> {
    return vi.waitFor(() => this.#look(), PATIENCE)
  }

  kill(index: number): Promise<void> {
    return this.#node(index).kill()
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.admin.close()))
    await this.#stop()
  }

  #node(index: number): Node {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`there are ${this.nodes.length} nodes, and none is number ${index}`)
    return node
  }

  #running(): Node[] {
    return this.nodes.filter(node => node.state === 'running')
  }

  /**
   * Resolves once all nodes have heard of the latest epoch. The next owner of a slot takes an epoch above those that it
   * has heard of. If another node has one as high, from a slot that it has just been given, one of the two moves on to
   * a higher one; and if that is the node that the slot comes from, it wins it back while it is told to give it up,
   * and in the end nobody has it.
   */
  #sameEpoch(): Promise<void> {
    const running = this.#running()
    return vi.waitFor(
      async () => {
        const infos = await Promise.all(running.map(node => node.admin.info('CLUSTER', 'INFO')))
        const epochs = infos.map(info => info.get('cluster_current_epoch'))
        if (new Set(epochs).size > 1) throw new Error(`the nodes are in the epochs ${epochs.join(', ')}`)
      },
      { ...PATIENCE, interval: 1 },
    )
  }

  async #migrate(from: Node, to: Node, keys: readonly string[]): Promise<void> {
    const auth = this.#password === undefined ? [] : ['AUTH', this.#password]
    await from.admin.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, ...auth, 'KEYS', ...keys)
  }

  /** Notes who is what. @throws an Error if the nodes do not agree or are not well */
  async #look(): Promise<void> {
    const running = this.#running()
    const views = await Promise.all(running.map(node => node.members()))
    const [first = []] = views
    for (const [i, view] of views.entries()) {
      const { index } = running[i]!
      for (const node of running) {
        const there = view.find(member => member.id === node.id)
        if (there === undefined) throw new Error(`node ${index} does not know node ${node.index}`)
        const trouble = there.flags.find(flag => flag.startsWith('fail') || flag === 'handshake')
        if (trouble !== undefined) throw new Error(`to node ${index}, node ${node.index} is in ${trouble}`)
      }
      if (owners(view) !== owners(first)) throw new Error(`node ${index} and node ${running[0]!.index} disagree`)
    }
    await Promise.all(running.map(node => wellConnected(node)))
    for (const node of this.nodes) {
      const member = first.find(({ id }) => id === node.id)
      const isReplica = member?.flags.includes('slave') ?? false
      node.role = isReplica ? 'replica' : 'primary'
      node.primary = isReplica ? this.nodes.find(({ id }) => id === member?.primaryId)?.index : undefined
    }
  }
}

async function wellConnected(node: Node): Promise<void> {
  const state = (await node.admin.info('CLUSTER', 'INFO')).get('cluster_state')
  if (state !== 'ok') throw new Error(`node ${node.index} says that the state of the Cluster is ${state}`)
  const info = await node.admin.info('INFO', 'replication')
  if (info.get('role') === 'slave' && info.get('master_link_status') !== 'up') {
    throw new Error(`node ${node.index} is not in touch with its primary`)
  }
}

/** Who is what and serves what, in a form to compare. */
function owners(view: readonly Member[]): string {
  const lines = view.map(({ id, flags, primaryId, slots }) =>
    flags.includes('slave') ? `${id} of ${primaryId}` : `${id} ${slots.join(' ')}`,
  )
  return lines.sort().join('\n')
}

function contains(range: string, slot: number): boolean {
  const [first = Number.NaN, last = first] = range.split('-').map(Number)
  return first <= slot && slot <= last
}
