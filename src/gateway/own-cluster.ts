import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { parseFrame } from '../resp/reply-reader.js'
import type { Endpoint } from '../upstream/address.js'
import { longestWait } from '../upstream/blocking.js'
import { noAnswerWithin } from '../upstream/deadline.js'
import { CannotConnect } from '../upstream/open-error.js'
import { Patience } from '../upstream/patience.js'
import { type Redirection, redirectionOf } from '../upstream/redirection.js'
import { slotOf } from '../upstream/slot.js'
import { mergeReplies } from '../upstream/spanning.js'
import { askOn, type ClusterNode, ClusterNodes, type NodeLoss } from './cluster-nodes.js'
import { ClusterTransactions } from './cluster-transaction.js'
import type { GatewayConnection } from './connection.js'
import type { OwnCall, OwnConnections } from './own-connections.js'
import { unknownOutcome } from './replies.js'
import { homeOf } from './router.js'
import { isForMany } from './spanning.js'

/**
 * The connections that a client has to itself to the servers of a Cluster, one to each that it has to do with. To the client they are one: its
 * commands are done one after the other, each by the server in charge of its keys, and the rest by the one that does so for all clients.
 */
export class OwnCluster implements OwnConnections {
  readonly takesNow = false
  readonly isStreaming = false
  tracks = false
  readonly #connection: GatewayConnection
  readonly #transactions: ClusterTransactions
  readonly #nodes: ClusterNodes
  /** Who does what any server can do: subscriptions, CLIENT ID. */
  #home: ClusterNode | undefined
  /** CLIENT CACHING, for the next command. */
  #caching: ByteString | undefined

  constructor(connection: GatewayConnection) {
    this.#connection = connection
    this.#nodes = new ClusterNodes(connection, (node, loss) => this.#lost(node, loss))
    this.#transactions = new ClusterTransactions(this)
  }

  get isIdle(): boolean {
    for (const { own } of this.#nodes) if (!own.isIdle) return false
    return true
  }

  get inMulti(): boolean {
    return this.#transactions.isOpen
  }

  get subscriptions(): number {
    let sum = 0
    for (const { own } of this.#nodes) sum += own.subscriptions
    return sum
  }

  get isStream(): boolean {
    return this.#home?.own.isStream === true
  }

  get isWaiting(): boolean {
    for (const { own } of this.#nodes) if (own.isWaiting) return true
    return false
  }

  get isFull(): boolean {
    for (const { own } of this.#nodes) if (own.link.isFull) return true
    return false
  }

  /** Which servers it takes, the commands will tell. */
  async ready(): Promise<void> {}

  /** Which server is to have it has to be found out first. */
  send(): void {
    throw new Error('in front of a Cluster, commands are performed')
  }

  sendInStream(text: ByteString): void {
    this.#home?.own.send(text, 0)
  }

  stream(): void {
    throw new Error('in front of a Cluster, commands are taken whole')
  }

  streamed(): number {
    return 0
  }

  async perform(call: OwnCall): Promise<void> {
    const { effect, command, argv } = call
    const slot = this.#slotIn(call)
    if (this.isStream) {
      if (slot === undefined) this.sendInStream(call.text)
      else this.error("ERR Replica can't interact with the keyspace")
      return
    }
    if (this.#transactions.isOpen) {
      return effect === 'end of multi' ? this.#transactions.end(call) : this.#transactions.queue(call, slot)
    }
    if (this.#mayOnlyListen(call)) return this.error(refusalOfListener(argv[0]!))
    switch (effect) {
      case 'multi':
        if (call.words === 1) return this.#transactions.multi()
        break
      case 'end of multi':
        return this.#transactions.end(call)
      case 'tracking':
        return this.#track(call)
      case 'unsubscribe shards':
        if (call.words === 1) return this.#leaveShards(call)
        break
    }
    switch (command?.fullName) {
      case 'watch':
        if (slot !== undefined) return this.#transactions.watch(call, slot)
        break
      case 'unwatch':
        return this.#transactions.unwatch(call)
      case 'wait':
        return this.#waitForAll(call)
      case 'client|setname':
      case 'client|no-evict':
      case 'client|no-touch':
        await this.#set(call)
        return
      case 'ping': {
        // With RESP2 it is answered as a message to who listens.
        const node = [...this.#nodes].find(({ own }) => own.subscriptions > 0) ?? (await this.home())
        await this.pass(node, call)
        return
      }
      case 'client|caching':
        return this.#cache(call)
    }
    if (slot === undefined && command !== undefined && isForMany(command)) {
      this.#caching = undefined
      const bytes = await this.#connection.lanes.askAll(argv, call.text, command)
      return this.say(bytes.latin1Slice())
    }
    const error = await this.inCharge(slot, true, node => this.pass(node, call, slot !== undefined))
    if (error !== undefined) this.error(error.message)
  }

  async endOfStream(): Promise<void> {
    await this.#home?.own.endOfStream()
  }

  /** In front of a Cluster, what a transaction queues makes nobody somebody else. */
  endMulti(): Promise<Buffer> {
    throw new Error('in front of a Cluster, transactions are performed')
  }

  /**
   * Sends a command to all servers that the client has to do with, and gives the first error, or the first reply.
   *
   * @param key of a command that is for the server in charge of it
   */
  async ask(text: ByteString, key?: ByteString): Promise<Buffer> {
    if (key !== undefined) return this.#askInCharge(text, slotOf(key))
    this.#caching = undefined
    await this.home()
    const nodes = [...this.#nodes]
    const replies = await Promise.all(nodes.map(node => askOn(node, text)))
    const error = replies.find(reply => reply[0] === MINUS)
    if (error === undefined) return replies[0]!
    // They are to be alike.
    for (const [i, { own }] of nodes.entries()) if (replies[i]![0] !== MINUS) own.end('another node has refused')
    return error
  }

  keep(setting: ByteString, text: ByteString): void {
    this.#nodes.keep(setting, text)
  }

  refuseMulti(): Promise<void> {
    return this.#transactions.refuse()
  }

  check(timeout: number, now: number): void {
    for (const { own, endpoint } of this.#nodes) {
      if (own.isStuck(timeout, now)) {
        this.#connection.gateway.upstream.noteSilence(endpoint)
        own.end(noAnswerWithin(timeout))
      } else if (this.tracks || own.subscriptions > 0) own.probe(timeout, now)
    }
    if (this.tracks) this.#nodes.atAll().catch(() => {})
  }

  end(endpoint: Endpoint, why: string): void {
    this.#nodes.get(endpoint)?.own.end(why)
  }

  endStrangers(): void {
    const { topology } = this.#connection.gateway.upstream
    for (const { own, endpoint } of this.#nodes) {
      if (!topology.knows(endpoint)) own.end('the server is none of the Cluster any more')
    }
  }

  setPaused(isPaused: boolean): void {
    for (const { own } of this.#nodes) own.setPaused(isPaused)
  }

  close(): void {
    this.#nodes.close()
  }

  /**
   * Has something done by the server in charge of a slot; where that turns out to be another one, by that.
   *
   * @param slot undefined when any server will do
   * @param mayBeAsked whether one may do it that has only a part of the slot
   * @param send does it, and gives an error that sends it elsewhere
   * @returns an error, if it has not been possible for as long as a server may take to answer
   */
  async inCharge(
    slot: number | undefined,
    mayBeAsked: boolean,
    send: (node: ClusterNode) => Promise<ReplyError | undefined>,
  ): Promise<ReplyError | undefined> {
    const patience = this.patienceFor(slot)
    const caching = this.#caching
    this.#caching = undefined
    let asked: Endpoint | undefined
    for (;;) {
      const node: ClusterNode | undefined =
        asked === undefined ? await this.nodeFor(slot, patience) : await this.#nodes.at(asked).catch(() => undefined)
      let redirection: Redirection | undefined
      if (node !== undefined) {
        if (asked !== undefined) await askOn(node, ASKING)
        else if (caching !== undefined) await askOn(node, caching)
        const error = await send(node)
        if (error === undefined) {
          patience.end()
          return undefined
        }
        redirection = redirectionOf(error, 'cluster', node.endpoint)
        const failure = redirection?.toError() ?? error
        if (patience.isOver(failure, node.endpoint)) return failure
      }
      // A server forgets ASKING when CLIENT CACHING comes behind it, and the other way round.
      asked = await this.follow(redirection, patience, mayBeAsked && caching === undefined)
    }
  }

  /** Takes note of where a server has sent us; gives who is to be asked this once. Waits where nobody is in charge now. */
  async follow(
    redirection: Redirection | undefined,
    patience: Patience,
    mayBeAsked: boolean,
  ): Promise<Endpoint | undefined> {
    const { topology } = this.#connection.gateway.upstream
    const { kind, slot, to } = redirection ?? {}
    if (this.#nodes.isClosed) throw new ReplyError('ERR the client has gone')
    if (to !== undefined && (kind === 'moved' || mayBeAsked) && patience.mayHop()) {
      if (!topology.knows(to)) await patience.within(topology.refresh())
      if (topology.knows(to)) {
        if (kind === 'ask') return to
        if (slot !== undefined) topology.moved(slot, to)
        // One slot is seldom all that has moved.
        topology.refresh().catch(() => {})
        return undefined
      }
    }
    await patience.wait()
    await patience.within(topology.refresh())
    return undefined
  }

  /**
   * Sends a command to a server, and lets what it answers through.
   *
   * @param mayBeElsewhere whether an error that sends it elsewhere is to be given here
   * @returns that error
   */
  pass(node: ClusterNode, call: OwnCall, mayBeElsewhere = false): Promise<ReplyError | undefined> {
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

  /** CLIENT CACHING, if it has been called, for what comes next on the connection to this server. */
  async applyCaching(node: ClusterNode): Promise<void> {
    const caching = this.#caching
    this.#caching = undefined
    if (caching !== undefined) await askOn(node, caching)
  }

  async home(): Promise<ClusterNode> {
    return this.nodeFor(undefined, this.patienceFor(undefined))
  }

  /** The one in charge of a slot, as far as is known, or the one that does what any could do. Waits while there is none. */
  async nodeFor(slot: number | undefined, patience: Patience): Promise<ClusterNode> {
    const { upstream } = this.#connection.gateway
    if (slot === undefined && this.#home !== undefined) return this.#home
    for (;;) {
      let endpoint: Endpoint | undefined
      try {
        endpoint = slot === undefined ? homeOf(upstream) : upstream.topology.endpointFor(slot)
        const node = await this.#nodes.at(endpoint)
        if (slot === undefined) this.#home = node
        return node
      } catch (error) {
        const mayPass = error instanceof CannotConnect ? error.mayPass : error instanceof ReplyError
        if (!mayPass || this.#nodes.isClosed || patience.isOver(error, endpoint)) throw error
        await patience.wait()
        await patience.within(upstream.topology.refresh())
      }
    }
  }

  say(bytes: ByteString): void {
    this.#connection.write(bytes)
  }

  error(message: ByteString): void {
    this.#connection.client.reply.error(message)
  }

  /** The reply of EXEC when what was watched has changed. */
  nothing(): void {
    this.#connection.client.reply.nullArray()
  }

  /** For a command that is about a slot. */
  patienceFor(slot: number | undefined): Patience {
    const { gateway, receivedAt } = this.#connection
    return new Patience(gateway.upstream, slot, receivedAt)
  }

  #slotIn({ argv, command }: OwnCall): number | undefined {
    const [first] = command?.placesOf(argv) ?? []
    return first === undefined ? undefined : slotOf(first)
  }

  async #askInCharge(text: ByteString, slot: number): Promise<Buffer> {
    let reply: Buffer = Buffer.alloc(0)
    const failure = await this.inCharge(slot, true, async node => {
      reply = await askOn(node, text)
      const error = reply[0] === MINUS ? parseFrame(reply) : undefined
      const isElsewhere = error instanceof ReplyError && redirectionOf(error, 'cluster', node.endpoint) !== undefined
      return isElsewhere ? error : undefined
    })
    if (failure !== undefined) throw failure
    return reply
  }

  /** Who listens with RESP2 may do nothing else; its servers would say so, but only the one that it listens to. */
  #mayOnlyListen({ effect, command }: OwnCall): boolean {
    if (this.#connection.protocol === 3 || this.subscriptions === 0) return false
    return !effect.includes('subscribe') && command !== undefined && !command.fullName.startsWith('ping')
  }

  /** CLIENT TRACKING: what is read anywhere is to be watched over. */
  async #track(call: OwnCall): Promise<void> {
    if (call.argv.some(word => word.toLowerCase() === 'redirect')) {
      return this.error(
        'ERR CLIENT TRACKING with REDIRECT is not possible in front of a Cluster, whose nodes number clients each by itself: use RESP3',
      )
    }
    if (call.mode === 'on') await this.#nodes.atAll()
    const isDone = await this.#set(call)
    if (isDone) this.tracks = call.mode === 'on'
  }

  /** What a connection is told once is told to all, and to those that are to come. @returns whether it has been taken */
  async #set(call: OwnCall): Promise<boolean> {
    const reply = await this.ask(call.text)
    const isDone = reply[0] !== MINUS
    if (isDone) this.keep(call.command?.fullName ?? call.effect, call.text)
    this.say(reply.latin1Slice())
    return isDone
  }

  /** CLIENT CACHING: which server it is for, the next command will tell. */
  async #cache({ text }: OwnCall): Promise<void> {
    const home = await this.home()
    const reply = await askOn(home, text)
    if (reply[0] !== MINUS) {
      // Not there, unless that is where the next command goes.
      await askOn(home, PING)
      this.#caching = text
    }
    this.say(reply.latin1Slice())
  }

  /** WAIT: all servers, each for its replicas; the least of what they say. */
  async #waitForAll(call: OwnCall): Promise<void> {
    this.#caching = undefined
    const nodes = await this.#nodes.atAll()
    const replies = await Promise.all(
      nodes.map(async node => {
        await askOn(node, PING)
        return parseFrame(await askOn(node, call.text, longestWait(call.argv)))
      }),
    )
    const merged = call.command === undefined ? replies[0] : mergeReplies(call.command, replies)
    if (merged instanceof ReplyError) this.error(merged.message)
    else this.#connection.client.reply.integer(typeof merged === 'number' ? merged : 0)
  }

  /** SUNSUBSCRIBE without a channel: all of them, wherever they are. */
  async #leaveShards(call: OwnCall): Promise<void> {
    const nodes = [...this.#nodes].filter(({ own }) => own.shards > 0)
    if (nodes.length === 0) nodes.push(await this.home())
    for (const node of nodes) await this.pass(node, call)
  }

  #lost(node: ClusterNode, loss: NodeLoss): void {
    const { endpoint, own } = node
    this.#connection.gateway.upstream.topology.refresh().catch(() => {})
    const isHome = this.#home === node
    if (isHome) this.#home = undefined
    // What the connection knew cannot be had again without the client.
    if (loss.isHalfSaid || own.subscriptions > 0 || own.isStream || this.#transactions.isAt(node) || this.tracks) {
      this.#endClient(loss)
      return
    }
    if (loss.due > 0) this.say(unknownOutcome(loss.why, endpoint.name).repeat(loss.due))
    if (isHome && loss.isEnd) this.#endIfKilled(endpoint, loss)
  }

  /** A server that is still there has ended the connection with a purpose: it was told to, or it has a limit. */
  async #endIfKilled(endpoint: Endpoint, loss: NodeLoss): Promise<void> {
    const { gateway, lanes } = this.#connection
    const isThere = await gateway.upstream.connect(endpoint, { ...lanes.id, mayBeUntrusted: true }).then(
      connection => {
        connection.close()
        return true
      },
      () => false,
    )
    if (isThere && !this.#nodes.isClosed) this.#endClient({ ...loss, due: 0, isHalfSaid: false })
  }

  #endClient(loss: NodeLoss): void {
    this.close()
    this.#connection.lostOwn(loss, loss.due, loss.isHalfSaid)
  }
}

function sendOn(
  { own }: ClusterNode,
  { text, words, effect, argv }: OwnCall,
  refused?: (frame: Buffer) => boolean,
): void {
  const longest = effect === 'wait' ? longestWait(argv) : 0
  if (!effect.includes('subscribe')) own.send(text, 1, effect, { longest, refused })
  else if (words > 1) own.send(text, words - 1, 'subscribe', { refused })
  else own.send(text, effect === 'subscribe' ? 1 : -1, effect)
}

function refusalOfListener(name: ByteString): ByteString {
  return (
    `ERR Can't execute '${name.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
    'are allowed in this context'
  )
}

const PING = encodeCommand(['PING'])
const ASKING = encodeCommand(['ASKING'])
const MINUS = 45
