import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { parseFrame } from '../resp/reply-reader.js'
import type { Patience } from '../upstream/patience.js'
import { type Redirection, redirectionOf } from '../upstream/redirection.js'
import { askOn, type ClusterNode } from './cluster-nodes.js'
import type { OwnCluster } from './own-cluster.js'
import type { OwnCall } from './own-connections.js'
import { isForMany } from './spanning.js'

/** What the client has begun with MULTI. */
interface Transaction {
  /** Where it is; undefined as long as it need not be anywhere. */
  node: ClusterNode | undefined
  /** That of the first key; undefined as long as there is none. */
  slot: number | undefined
  /** What has been queued, to be queued again elsewhere; undefined when it has become too much. */
  queued: ByteString[] | undefined
  size: number
  /** It will not be executed. */
  isRefused: boolean
}

/**
 * WATCH, MULTI and what follows, up to EXEC, in front of a Cluster. All of a transaction is with one node, the one in charge of its keys. If
 * that turns out to be another one, it is queued again there: before EXEC nothing of it has been done. A node that has only a part of the
 * slot (ASK) never gets one: of a key that is still elsewhere it would say that there is none.
 */
export class ClusterTransactions {
  readonly #own: OwnCluster
  #open: Transaction | undefined
  #watching: ClusterNode | undefined
  /** The slots of keys that are watched. */
  readonly #watched = new Set<number>()
  /** What was watched has moved: changes of it may have been missed. */
  #isStale = false

  constructor(own: OwnCluster) {
    this.#own = own
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** Whether anything of it is with a node. */
  isAt(node: ClusterNode): boolean {
    return node === this.#watching || node === this.#open?.node
  }

  async watch(call: OwnCall, slot: number): Promise<void> {
    try {
      const error = await this.#watch(call, slot)
      if (error === undefined) return
      this.#isStale = true
      this.#own.error(error.message)
    } catch (error) {
      // What is not watched must not be relied on.
      this.#isStale = true
      throw error
    }
  }

  #watch(call: OwnCall, slot: number): Promise<ReplyError | undefined> {
    return this.#own.inCharge(slot, false, async node => {
      if (this.#watching !== undefined && this.#watching !== node) {
        if (!this.#watched.has(slot)) {
          this.#own.error(CROSSSLOT)
          return undefined
        }
        await askOn(this.#watching, UNWATCH)
        this.#watching = undefined
        this.#isStale = true
      }
      const elsewhere = await this.#own.pass(node, call, true)
      if (elsewhere === undefined) {
        this.#watching = node
        this.#watched.add(slot)
      }
      return elsewhere
    })
  }

  async unwatch(call: OwnCall): Promise<void> {
    const node = this.#watching
    this.#forget()
    await this.#own.pass(node ?? (await this.#own.home()), call)
  }

  /** Where it is to be, its first key will tell. */
  multi(): void {
    this.#open = { node: undefined, slot: undefined, queued: [], size: 0, isRefused: false }
    this.#own.say('+OK\r\n')
  }

  async queue(call: OwnCall, slot: number | undefined): Promise<void> {
    const open = this.#open!
    try {
      await this.#queue(open, call, slot)
    } catch (error) {
      // Nobody could be asked: it must not be left out of what is done.
      open.isRefused = true
      throw error
    }
  }

  async #queue(open: Transaction, call: OwnCall, slot: number | undefined): Promise<void> {
    const { effect, command, argv, text } = call
    if (effect === 'multi') return this.#own.error('ERR MULTI calls can not be nested')
    if (command?.fullName === 'watch') return this.#own.error('ERR WATCH inside MULTI is not allowed')
    // Nothing of it will be done, whatever it is.
    if (open.isRefused) return this.#own.say(QUEUED)
    if (NOT_QUEUED.has(effect) || (command !== undefined && (NEVER.has(command.fullName) || isForMany(command)))) {
      const name = argv[0]!.toLowerCase()
      return this.#refuse(
        open,
        `ERR '${name}' concerns several nodes of the Cluster, and cannot be queued into a transaction: call it outside of MULTI`,
      )
    }
    if (slot !== undefined && open.slot !== undefined && slot !== open.slot) return this.#refuse(open, CROSSSLOT)
    const patience = this.#own.patienceFor(slot ?? open.slot)
    for (;;) {
      const frame = (await this.#place(open, slot, patience)) ?? (await askOn(open.node!, text))
      if (frame[0] !== MINUS) {
        patience.end()
        this.#note(open, slot, text)
        return this.#own.say(frame.latin1Slice())
      }
      const error = errorIn(frame)
      const redirection = redirectionOf(error, 'cluster', open.node!.endpoint)
      if (redirection === undefined) return this.#refuse(open, error.message)
      if (this.#watching !== undefined) {
        if (redirection.kind === 'moved' && (slot === undefined || !this.#watched.has(slot))) {
          return this.#refuse(open, CROSSSLOT)
        }
        this.#isStale = true
      }
      if (!(await this.#moveOn(open, redirection, patience))) return this.#refuse(open, redirection.toError().message)
    }
  }

  /** EXEC and DISCARD. */
  async end(call: OwnCall): Promise<void> {
    const open = this.#open
    if (open === undefined) {
      await this.#own.pass(await this.#own.home(), call)
      return
    }
    const isExec = call.argv[0]!.toLowerCase() === 'exec'
    if (!isExec && call.words !== 1) {
      return this.#refuse(open, "ERR wrong number of arguments for 'discard' command")
    }
    this.#open = undefined
    const isAlone = call.words === 1
    try {
      if (isExec && isAlone && !open.isRefused && !this.#isStale) return await this.#execute(open, call)
      await this.#leave(open)
      if (!isExec) this.#own.say('+OK\r\n')
      else if (!isAlone) this.#own.error(`${ABORTED} because of: wrong number of arguments for 'exec' command`)
      else if (open.isRefused) this.#own.error(`${ABORTED} because of previous errors.`)
      else this.#own.nothing()
    } finally {
      if (this.#watching !== undefined) await askOn(this.#watching, UNWATCH).catch(() => {})
      this.#forget()
    }
  }

  /** It will not be executed: what was queued and what comes after must not be done without the rest. */
  async refuse(): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    open.isRefused = true
    await this.#leave(open)
  }

  async #execute(open: Transaction, call: OwnCall): Promise<void> {
    const patience = this.#own.patienceFor(open.slot)
    for (;;) {
      const failure = await this.#place(open, open.slot, patience)
      const node = open.node!
      const isWatching = this.#watching !== undefined
      const error = failure === undefined ? await this.#own.pass(node, call, true) : errorIn(failure)
      // Whatever it was answered by, it has ended both there.
      if (failure === undefined) this.#watching = open.node = undefined
      if (error === undefined) return patience.end()
      const redirection = redirectionOf(error, 'cluster', node.endpoint)
      if (redirection === undefined) {
        await this.#leave(open)
        return this.#own.error(`${ABORTED} because of previous errors.`)
      }
      // What was watched has moved, and may have been changed.
      if (isWatching) {
        await this.#leave(open)
        return this.#own.nothing()
      }
      if (!(await this.#moveOn(open, redirection, patience))) {
        return this.#own.error(`${ABORTED} because of: ${redirection.toError().message}`)
      }
    }
  }

  /**
   * Sees to it that the transaction is where its keys are, with all that has been queued.
   *
   * @returns an error with which that node has answered
   */
  async #place(open: Transaction, slot: number | undefined, patience: Patience): Promise<Buffer | undefined> {
    const place = slot ?? open.slot
    if (open.node !== undefined) {
      if (open.slot !== undefined || slot === undefined || this.#watching !== undefined || open.queued === undefined) {
        return undefined
      }
      if ((await this.#own.nodeFor(slot, patience)) === open.node) return undefined
      await this.#leave(open)
    }
    const node = this.#watching ?? (await this.#own.nodeFor(place, patience))
    await this.#own.applyCaching(node)
    open.node = node
    const begun = await askOn(node, MULTI)
    // Without it, what follows would be done at once.
    if (begun[0] === MINUS) return begun
    const frames = await Promise.all((open.queued ?? []).map(text => askOn(node, text)))
    return frames.find(frame => frame[0] === MINUS)
  }

  /** Leaves the node, since another one is in charge. @returns false when there is no time for it, or it has become too much */
  async #moveOn(open: Transaction, redirection: Redirection, patience: Patience): Promise<boolean> {
    await this.#leave(open)
    await this.#own.follow(redirection, patience, false)
    return open.queued !== undefined && !patience.isOver(redirection.toError())
  }

  #note(open: Transaction, slot: number | undefined, text: ByteString): void {
    open.slot ??= slot
    open.size += text.length
    if (open.size > MOST_QUEUED) open.queued = undefined
    open.queued?.push(text)
  }

  async #refuse(open: Transaction, error: ByteString): Promise<void> {
    open.isRefused = true
    await this.#leave(open)
    this.#own.error(error)
  }

  async #leave(open: Transaction): Promise<void> {
    const { node } = open
    if (node === undefined) return
    await askOn(node, DISCARD)
    open.node = undefined
    // It watches no more, either.
    if (this.#watching === node) this.#watching = undefined
  }

  #forget(): void {
    this.#watching = undefined
    this.#watched.clear()
    this.#isStale = false
  }
}

function errorIn(frame: Buffer): ReplyError {
  const reply = parseFrame(frame)
  return reply instanceof ReplyError ? reply : new ReplyError('ERR the server gave an answer that is none')
}

/** Effects on the connection, which is one of several. */
const NOT_QUEUED: ReadonlySet<string> = new Set([
  'subscribe',
  'unsubscribe channels',
  'unsubscribe patterns',
  'unsubscribe shards',
  'tracking',
  'stream',
  'stream at once',
])
const NEVER: ReadonlySet<string> = new Set(['auth', 'hello', 'client|setname', 'client|no-evict', 'client|no-touch'])

/** Bytes of commands that are kept to be queued elsewhere. */
const MOST_QUEUED = 1 << 20
const CROSSSLOT = "CROSSSLOT Keys in request don't hash to the same slot"
const ABORTED = 'EXECABORT Transaction discarded'
const QUEUED = '+QUEUED\r\n'
const MULTI = encodeCommand(['MULTI'])
const DISCARD = encodeCommand(['DISCARD'])
const UNWATCH = encodeCommand(['UNWATCH'])
const MINUS = 45
