import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { parseFrame } from '../resp/reply-reader.js'
import type { Endpoint } from '../upstream/address.js'
import { redirectionOf } from '../upstream/redirection.js'
import { slotOf } from '../upstream/slot.js'
import { mergeReplies } from '../upstream/spanning.js'
import type { GatewayConnection } from './connection.js'
import { Own, type OwnUser } from './own.js'
import { type OwnCall, type OwnConnections, WRONG } from './own-connections.js'

/** A connection to one of the servers. */
interface Node extends OwnUser {
  readonly endpoint: Endpoint
  own: Own
  /** Called when all has been answered, or when it is no more. */
  whenIdle: () => void
}

/** What the client has begun with MULTI. */
interface Transaction {
  /** Where it is; undefined as long as no command has told. */
  node: Node | undefined
  slot: number | undefined
}

/**
 * The connections that a client has to itself to the servers of a Cluster, one to each that it has to do with. To the client they are one: its
 * commands are done one after the other, each by the server in charge of its keys, and the rest by the one that was first.
 */
export class OwnCluster implements OwnConnections {
  readonly takesNow = false
  readonly isStreaming = false
  tracks = false
  readonly #connection: GatewayConnection
  readonly #nodes = new Map<string, Node>()
  /** Who does what any server can do: subscriptions, CLIENT ID. */
  #home: Node | undefined
  #transaction: Transaction | undefined
  /** Who watches keys. */
  #watching: Node | undefined
  /** What makes a new connection what the others are: CLIENT TRACKING, CLIENT SETNAME…, by name. */
  readonly #settings = new Map<string, ByteString>()
  /** CLIENT CACHING, for the next command. */
  #caching: ByteString | undefined
  /** Who is in the middle of a reply: what others say has to wait. */
  #speaker: Node | undefined
  #unsaid: { node: Node; bytes: ByteString; isPush: boolean; isPart: boolean }[] = []
  #isClosed = false

  constructor(connection: GatewayConnection) {
    this.#connection = connection
  }

  get isIdle(): boolean {
    for (const { own } of this.#nodes.values()) if (!own.isIdle) return false
    return true
  }

  get inMulti(): boolean {
    return this.#transaction !== undefined
  }

  get subscriptions(): number {
    let sum = 0
    for (const { own } of this.#nodes.values()) sum += own.subscriptions
    return sum
  }

  get isStream(): boolean {
    return this.#home?.own.isStream === true
  }

  get isWaiting(): boolean {
    for (const { own } of this.#nodes.values()) if (own.isWaiting) return true
    return false
  }

  get isFull(): boolean {
    for (const { own } of this.#nodes.values()) if (own.link.isFull) return true
    return false
  }

  async ready(): Promise<void> {
    await this.#homeNode()
  }

  /** Which server is to have it has to be found out first. */
  send(): void {
    throw new Error('in front of a Cluster, commands are performed')
  }

  stream(): void {
    throw new Error('in front of a Cluster, commands are taken whole')
  }

  streamed(): number {
    return 0
  }

  async perform(call: OwnCall): Promise<void> {
    const { effect, command } = call
    if (this.#transaction !== undefined && effect !== 'end of multi') return this.#queue(this.#transaction, call)
    switch (effect) {
      case 'multi':
        return this.#multi(call)
      case 'end of multi':
        return this.#endMulti(call)
      case 'tracking':
        this.tracks = call.mode === 'on'
        return this.#set(call)
    }
    switch (command?.fullName) {
      case 'watch':
        return this.#watch(call)
      case 'unwatch': {
        const node = this.#watching ?? (await this.#homeNode())
        this.#watching = undefined
        await this.#pass(node, call)
        return
      }
      case 'wait':
        return this.#waitForAll(call)
      case 'client|setname':
      case 'client|no-evict':
      case 'client|no-touch':
        return this.#set(call)
      case 'client|caching':
        this.#caching = call.text
        await this.#pass(await this.#homeNode(), call)
        return
    }
    await this.#route(call)
  }

  /** Sends a command to all servers that the client has to do with, and gives the first error, or the first reply. */
  async ask(text: ByteString): Promise<Buffer> {
    await this.#homeNode()
    const replies = await Promise.all([...this.#nodes.values()].map(node => askOn(node, text)))
    return replies.find(reply => reply[0] === MINUS) ?? replies[0]!
  }

  async refuseMulti(): Promise<void> {
    const transaction = this.#transaction
    if (transaction === undefined) return
    await askOn(await this.#begin(transaction, undefined), WRONG)
  }

  check(timeout: number, now: number): void {
    for (const { own } of [...this.#nodes.values()]) {
      if (own.isStuck(timeout, now)) own.end(`the server did not answer within ${timeout} ms`)
    }
  }

  end({ name }: Endpoint, why: string): void {
    this.#nodes.get(name)?.own.end(why)
  }

  setPaused(isPaused: boolean): void {
    for (const { own } of this.#nodes.values()) {
      if (isPaused) own.link.pause()
      else own.link.resume()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const { own } of this.#nodes.values()) own.link.destroy()
  }

  /** By the server in charge of its keys; where that turns out to be another one, by that. */
  async #route(call: OwnCall): Promise<void> {
    const { upstream } = this.#connection.gateway
    const slot = slotIn(call)
    const until = performance.now() + upstream.limits.timeout
    let asked: Endpoint | undefined
    for (;;) {
      const node = asked === undefined ? await this.#nodeFor(slot, until) : await this.#nodeAt(asked)
      if (asked !== undefined) await askOn(node, ASKING)
      if (this.#caching !== undefined && node !== this.#home) await askOn(node, this.#caching)
      asked = undefined
      const error = await this.#pass(node, call, slot !== undefined && performance.now() < until)
      if (error === undefined) break
      const redirection = redirectionOf(error, 'cluster', node.endpoint)
      const { to } = redirection ?? {}
      if (to !== undefined && !upstream.topology.knows(to)) await upstream.topology.refresh().catch(() => {})
      if (to !== undefined && upstream.topology.knows(to)) {
        if (redirection?.kind === 'ask') asked = to
        else if (redirection?.slot !== undefined) upstream.topology.moved(redirection.slot, to)
      } else {
        await pause()
        await upstream.topology.refresh().catch(() => {})
      }
    }
    this.#caching = undefined
  }

  /**
   * Sends a command to a server, and lets what it answers through.
   *
   * @param mayBeElsewhere whether an error that sends it elsewhere is to be given here
   * @returns that error
   */
  #pass(node: Node, call: OwnCall, mayBeElsewhere = false): Promise<ReplyError | undefined> {
    return new Promise(resolve => {
      let error: ReplyError | undefined
      const refused = (frame: Buffer): boolean => {
        const reply = parseFrame(frame)
        if (!(reply instanceof ReplyError) || redirectionOf(reply, 'cluster', node.endpoint) === undefined) return false
        error = reply
        return true
      }
      node.whenIdle = () => resolve(error)
      sendOn(node, call, mayBeElsewhere ? refused : undefined)
      if (node.own.isIdle) resolve(undefined)
    })
  }

  /** Where a transaction is to be, its first key will tell. */
  async #multi(call: OwnCall): Promise<void> {
    if (call.words !== 1) {
      await this.#pass(await this.#homeNode(), call)
      return
    }
    this.#transaction = { node: undefined, slot: undefined }
    if (this.#watching !== undefined) this.#transaction.node = this.#watching
    if (this.#transaction.node === undefined) this.#connection.client.reply.ok()
    else await this.#pass(this.#transaction.node, call)
  }

  async #queue(transaction: Transaction, call: OwnCall): Promise<void> {
    if (call.effect === 'multi') {
      this.#connection.client.reply.error('ERR MULTI calls can not be nested')
      return
    }
    const slot = slotIn(call)
    if (slot !== undefined && transaction.slot !== undefined && slot !== transaction.slot) {
      return this.#refuse(transaction, CROSSSLOT)
    }
    const node = await this.#begin(transaction, slot)
    transaction.slot ??= slot
    const error = await this.#pass(node, call, true)
    if (error !== undefined) {
      const moved = `TRYAGAIN the keys are being moved, or are not where the transaction has begun: ${error.message}`
      await this.#refuse(transaction, moved)
    }
  }

  /** Sends MULTI where the transaction is to be, if that has not been done. */
  async #begin(transaction: Transaction, slot: number | undefined): Promise<Node> {
    if (transaction.node !== undefined) return transaction.node
    const node = slot === undefined ? await this.#homeNode() : await this.#nodeFor(slot, 0)
    transaction.node = node
    await askOn(node, MULTI)
    return node
  }

  async #refuse(transaction: Transaction, error: ByteString): Promise<void> {
    await askOn(await this.#begin(transaction, undefined), WRONG)
    this.#connection.client.reply.error(error)
  }

  async #endMulti(call: OwnCall): Promise<void> {
    const transaction = this.#transaction
    const node = transaction === undefined ? await this.#homeNode() : await this.#begin(transaction, undefined)
    if (call.words === 1) {
      this.#transaction = undefined
      this.#watching = undefined
    }
    const error = await this.#pass(node, call, true)
    if (error === undefined) return
    // The slot has gone elsewhere since: nothing has been done.
    const name = call.argv[0]!.toUpperCase()
    this.#connection.client.reply.error(
      name === 'EXEC' ? `EXECABORT Transaction discarded because of: ${error.message}` : error.message,
    )
  }

  async #watch(call: OwnCall): Promise<void> {
    const slot = slotIn(call)
    const until = performance.now() + this.#connection.gateway.upstream.limits.timeout
    for (;;) {
      const node = slot === undefined ? await this.#homeNode() : await this.#nodeFor(slot, until)
      if (this.#watching !== undefined && this.#watching !== node) {
        this.#connection.client.reply.error(CROSSSLOT)
        return
      }
      const error = await this.#pass(node, call, this.#watching === undefined && performance.now() < until)
      if (error === undefined) {
        this.#watching = node
        return
      }
      const { to, slot: moved } = redirectionOf(error, 'cluster', node.endpoint) ?? {}
      const { topology } = this.#connection.gateway.upstream
      if (to !== undefined && moved !== undefined && topology.knows(to) && error.message.startsWith('MOVED')) {
        topology.moved(moved, to)
      } else await pause()
      await topology.refresh().catch(() => {})
    }
  }

  /** What a connection is told once is told to all, and to those that are to come. */
  async #set(call: OwnCall): Promise<void> {
    const { topology } = this.#connection.gateway.upstream
    // What is read anywhere is to be watched over.
    if (call.effect === 'tracking') for (const endpoint of topology.primaries()) await this.#nodeAt(endpoint)
    const reply = await this.ask(call.text)
    if (reply[0] !== MINUS) this.#settings.set(call.command?.fullName ?? call.effect, call.text)
    this.#connection.write(reply.latin1Slice())
  }

  /** WAIT: all servers, each for its replicas; the least of what they say. */
  async #waitForAll(call: OwnCall): Promise<void> {
    const { topology } = this.#connection.gateway.upstream
    const nodes = await Promise.all(topology.primaries().map(endpoint => this.#nodeAt(endpoint)))
    const replies = await Promise.all(
      nodes.map(async node => {
        await askOn(node, PING)
        return parseFrame(await askOn(node, call.text))
      }),
    )
    const { reply } = this.#connection.client
    const merged = call.command === undefined ? replies[0] : mergeReplies(call.command, replies)
    if (merged instanceof ReplyError) reply.error(merged.message)
    else reply.integer(typeof merged === 'number' ? merged : 0)
  }

  async #homeNode(): Promise<Node> {
    this.#home ??= await this.#nodeAt(this.#connection.gateway.upstream.topology.endpointFor())
    return this.#home
  }

  /** @param until the time up to which somebody may still come to be in charge */
  async #nodeFor(slot: number | undefined, until: number): Promise<Node> {
    if (slot === undefined) return this.#homeNode()
    const { topology } = this.#connection.gateway.upstream
    for (;;) {
      try {
        return await this.#nodeAt(topology.endpointFor(slot))
      } catch (error) {
        if (performance.now() >= until) throw error
        await pause()
        await topology.refresh().catch(() => {})
      }
    }
  }

  async #nodeAt(endpoint: Endpoint): Promise<Node> {
    const known = this.#nodes.get(endpoint.name)
    if (known !== undefined) return known
    const { gateway, lanes } = this.#connection
    const connection = await gateway.upstream.connect(endpoint, { ...lanes.id, mayBeUntrusted: true })
    if (this.#isClosed) {
      connection.close()
      throw new Error('the client has gone')
    }
    const node = this.#nodeOf(endpoint)
    node.own = new Own(connection.release(), node)
    this.#nodes.set(endpoint.name, node)
    for (const setting of this.#settings.values()) await askOn(node, setting)
    return node
  }

  #nodeOf(endpoint: Endpoint): Node {
    const connection = this.#connection
    const node: Node = {
      endpoint,
      // Set right behind.
      own: undefined as never,
      whenIdle: () => {},
      get protocol() {
        return connection.protocol
      },
      write: (bytes, isPush, isPart) => this.#say(node, bytes, isPush, isPart),
      drained: () => {
        node.whenIdle()
        connection.drained()
      },
      multiEnded: isExecuted => connection.multiEnded(isExecuted),
      rightsChanged: () => connection.rightsChanged(),
      ended: (_own, why, due, isPart) => this.#lost(node, why, due, isPart),
      writable: () => connection.writable(),
    }
    return node
  }

  /** Nobody speaks in the middle of another one's reply. */
  #say(node: Node, bytes: ByteString, isPush: boolean, isPart: boolean): void {
    if (this.#speaker !== undefined && this.#speaker !== node) {
      this.#unsaid.push({ node, bytes, isPush, isPart })
      return
    }
    this.#speaker = isPart ? node : undefined
    const { reply } = this.#connection.client
    const { muted } = reply
    if (isPush) reply.muted = false
    this.#connection.write(bytes)
    reply.muted = muted
    if (isPart || this.#unsaid.length === 0) return
    const unsaid = this.#unsaid
    this.#unsaid = []
    for (const { node: other, ...said } of unsaid) this.#say(other, said.bytes, said.isPush, said.isPart)
  }

  #lost(node: Node, why: string, due: number, isPart: boolean): void {
    this.#nodes.delete(node.endpoint.name)
    this.#connection.gateway.upstream.topology.refresh().catch(() => {})
    const mattered =
      due > 0 ||
      isPart ||
      node.own.subscriptions > 0 ||
      node.own.isStream ||
      node === this.#watching ||
      node === this.#transaction?.node ||
      this.tracks
    if (this.#home === node) this.#home = undefined
    if (mattered) this.#connection.lostOwn(why, due, isPart || this.#speaker !== undefined)
    node.whenIdle()
  }
}

/** Sends a command whose reply is given here. */
function askOn(node: Node, text: ByteString): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (!node.own.link.isOpen) reject(new Error(`the connection to ${node.endpoint.name} is no more`))
    else node.own.send(text, 1, 'swallow', { instead: resolve })
  })
}

function sendOn({ own }: Node, { text, words, effect }: OwnCall, refused?: (frame: Buffer) => boolean): void {
  if (!effect.includes('subscribe')) own.send(text, 1, effect, { refused })
  else if (words > 1) own.send(text, words - 1, 'subscribe')
  else own.send(text, effect === 'subscribe' ? 1 : -1, effect)
}

function slotIn({ argv, command }: OwnCall): number | undefined {
  const [first] = command?.placesOf(argv) ?? []
  return first === undefined ? undefined : slotOf(first)
}

/** A moment, somewhere around 40 ms. */
function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 20 + 40 * Math.random()))
}

const CROSSSLOT = "CROSSSLOT Keys in request don't hash to the same slot"
const MULTI = encodeCommand(['MULTI'])
const PING = encodeCommand(['PING'])
const ASKING = encodeCommand(['ASKING'])
const MINUS = 45
