import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { type Address, type Endpoint, endpointAt } from './address.js'
import { Coalesced } from './coalesced.js'
import { Connection } from './connection.js'
import { firstAnswer } from './first-answer.js'
import { CannotConnect, openError } from './open-error.js'
import { bytesIn, itemsIn, numberIn, type RawReply } from './raw-reply.js'
import { endpointIn } from './redirection.js'
import { SLOTS } from './slot.js'
import type { Topology } from './topology.js'

/** The nodes of a Redis Cluster, and which of them is in charge of which hash slots. */
export class ClusterTopology implements Topology {
  onChange = (): void => {}
  readonly #address: Address
  readonly #timeout: number
  #map: SlotMap = { owners: new Uint16Array(SLOTS).fill(NOBODY), primaries: [], nodes: new Map() }
  /** Those with slots, by name. */
  #primaries: readonly Endpoint[] = []
  /** Whose turn it is among the primaries, where any will do. */
  #turn = 0
  #isClosed = false
  readonly #refresh = new Coalesced(() => this.#ask(), PAUSE)

  private constructor(address: Address, timeout: number) {
    this.#address = address
    this.#timeout = timeout
  }

  /**
   * @param timeout the longest time that a node may take to answer, in milliseconds
   * @throws ReplyError that says what to change
   */
  static async open(address: Address, timeout: number): Promise<ClusterTopology> {
    const cluster = new ClusterTopology(address, timeout)
    await cluster.refresh()
    return cluster
  }

  endpointFor(slot?: number): Endpoint {
    const endpoint =
      slot === undefined
        ? this.#primaries[this.#turn++ % this.#primaries.length]
        : this.#map.primaries[this.#map.owners[slot] ?? NOBODY]
    if (endpoint === undefined) throw new ReplyError('CLUSTERDOWN Hash slot not served')
    return endpoint
  }

  primaries(): readonly Endpoint[] {
    return this.#primaries
  }

  knows({ name }: Endpoint): boolean {
    return this.#map.nodes.has(name)
  }

  refresh(): Promise<void> {
    return this.#refresh.run()
  }

  moved(slot: number, to: Endpoint): void {
    if (!this.knows(to)) return
    const { owners, primaries } = this.#map
    let index = primaries.findIndex(({ name }) => name === to.name)
    if (index === -1) {
      index = primaries.push(to) - 1
      this.#primaries = inOrder(primaries)
    }
    owners[slot] = index
  }

  close(): void {
    this.#isClosed = true
  }

  async #ask(): Promise<void> {
    if (this.#isClosed) throw new Error('the database has been closed')
    // Whoever is in trouble is not always asked first, and not by all.
    const known = shuffled([...this.#map.nodes.values()])
    const names = new Set(known.map(({ name }) => name))
    const all = [...known, ...this.#address.endpoints.filter(({ name }) => !names.has(name))]
    let map: SlotMap
    try {
      map = await firstAnswer(all, endpoint => this.#askNode(endpoint), PATIENCE)
    } catch (error) {
      // What is wrong with the first of them that can be reached tells most.
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
      throw errors.find(one => one instanceof CannotConnect && !one.mayPass) ?? errors[0]
    }
    this.#map = map
    this.#primaries = inOrder(map.primaries)
    this.onChange()
  }

  async #askNode(endpoint: Endpoint): Promise<SlotMap> {
    const { login } = this.#address
    let connection: Connection | undefined
    try {
      connection = await Connection.open(endpoint, { login, database: 0, protocol: 2 }, this.#timeout)
      const [slots = null, nodes = null, hello = null] = await connection.send([
        ['CLUSTER', 'SLOTS'],
        ['CLUSTER', 'NODES'],
        ['HELLO', '2'],
      ])
      if (slots instanceof ReplyError) throw unfit(slots, hello)
      const map = slotMapOf(slots, nodes, endpoint)
      // It may have been sent away by the others.
      if (map.primaries.length === 0) throw new Error(NO_SLOTS)
      return map
    } catch (error) {
      throw openError(endpoint, { login, database: 0 }, error)
    } finally {
      connection?.close()
    }
  }
}

/** Who is in charge of what. */
export interface SlotMap {
  /** By slot: an index of `primaries`, or NOBODY. */
  readonly owners: Uint16Array
  readonly primaries: Endpoint[]
  /** By name, replicas too. */
  readonly nodes: ReadonlyMap<string, Endpoint>
}

const NO_SLOTS = 'it knows of nobody who is in charge of a hash slot; assign them with redis-cli --cluster'
export const NOBODY = 0xffff
/** Milliseconds from one refresh to the next, at the least. */
const PAUSE = 50
/** Milliseconds after which another node is asked too. */
const PATIENCE = 300

/**
 * Reads who is in charge of what.
 *
 * @param slots the reply to CLUSTER SLOTS
 * @param nodes that to CLUSTER NODES, which tells of nodes without slots too; an error where the user may not ask
 * @param asked who has answered
 * @throws Error for a reply that is none to CLUSTER SLOTS
 */
export function slotMapOf(slots: RawReply, nodes: RawReply, asked: Endpoint): SlotMap {
  if (!Array.isArray(slots)) throw new Error('it gave an answer to CLUSTER SLOTS that is none')
  const owners = new Uint16Array(SLOTS).fill(NOBODY)
  const primaries = new Map<string, { readonly endpoint: Endpoint; readonly index: number }>()
  const known = new Map<string, Endpoint>()
  // There cannot be more ranges than slots.
  for (const range of itemsIn(slots).slice(0, SLOTS)) {
    const [first = null, last = null, ...servers] = itemsIn(range)
    const endpoints = servers.map(server => endpointOfServer(server, asked))
    for (const endpoint of endpoints) if (endpoint !== undefined) known.set(endpoint.name, endpoint)
    const [primary] = endpoints
    if (primary === undefined || typeof first !== 'number' || typeof last !== 'number') continue
    let entry = primaries.get(primary.name)
    if (entry === undefined) {
      entry = { endpoint: primary, index: primaries.size }
      primaries.set(primary.name, entry)
    }
    owners.fill(entry.index, Math.max(0, first), Math.min(SLOTS, last + 1))
  }
  for (const endpoint of endpointsIn(bytesIn(nodes) ?? '', asked)) known.set(endpoint.name, endpoint)
  return { owners, primaries: Array.from(primaries.values(), ({ endpoint }) => endpoint), nodes: known }
}

/** Host, port, name, and since Redis 7 what else is known, in turn. */
function endpointOfServer(server: RawReply, asked: Endpoint): Endpoint | undefined {
  const [host = null, port = null, , more = null] = itemsIn(server)
  const own = endpointIn(bytesIn(host), numberIn(port), asked)
  if (own !== undefined) return own
  const fields = itemsIn(more)
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (bytesIn(fields[i]!) === 'ip') return endpointIn(bytesIn(fields[i + 1]!), numberIn(port), asked)
  }
  return undefined
}

/** All addresses of the nodes, a line each: `id ip:port@bus,hostname,… flags …`. Those that have failed are left out. */
function endpointsIn(text: ByteString, asked: Endpoint): Endpoint[] {
  return text.split('\n').flatMap(line => {
    const [, ip = '', digits = '', hostname = '', flags] =
      /^\S+ (\S*):(\d{1,5})@\d+(?:,([^\s,]*)\S*)? (\S+) /.exec(line) ?? []
    if (flags === undefined) return []
    const has = new Set(flags.split(','))
    if (has.has('fail') || has.has('noaddr') || has.has('handshake')) return []
    const own = ip === '' && !has.has('myself') ? undefined : endpointIn(ip, Number(digits), asked)
    if (own === undefined) return []
    return hostname === '' ? [own] : [own, endpointAt(hostname, Number(digits), asked.tls)]
  })
}

/** Why a server is no node of a Cluster, by its answers to CLUSTER SLOTS and HELLO. */
function unfit(refusal: ReplyError, hello: RawReply): Error {
  const fields = itemsIn(hello)
  const mode = bytesIn(fields[fields.findIndex(field => bytesIn(field) === 'mode') + 1] ?? null)
  if (mode === 'sentinel') {
    return new Error('it is a Sentinel; write redis+sentinel://host:26379/name, with the name of the primary')
  }
  if (/^ERR (This instance has cluster support disabled|unknown command)/i.test(refusal.message)) {
    return new Error('it is not a node of a Cluster; begin the URL with redis:')
  }
  return refusal
}

function inOrder(endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}
