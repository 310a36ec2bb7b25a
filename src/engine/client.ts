import type { ByteString } from '../bytes/bytes.js'
import type { Database } from '../keyspace/database.js'
import type { Watcher } from '../keyspace/watches.js'
import type { Command } from '../registry/command.js'
import type { ReplySink } from '../resp/reply.js'
import type { Engine } from './engine.js'

/** The connection under a client, as far as commands need it. A client inside this process has none. */
export interface Transport {
  readonly kind: 'tcp' | 'unix'
  /** The peer: `127.0.0.1:50000`; of a unix socket, its path and `:0`. */
  readonly address: string
  readonly localAddress: string
  readonly fd: number
  /** From this machine: a loopback address or a unix socket. */
  readonly isLocal: boolean
  /** Bytes received and not yet executed. */
  readonly bufferedInput: number
  /** Bytes replied and not yet taken by the system. */
  readonly bufferedOutput: number
  /** Closes once what has been replied so far is written; commands already received are not executed any more. */
  closeAfterReply(): void
  /** Closes at once; output that is not written yet is lost. */
  destroy(): void
}

/** A command waiting for EXEC. */
export interface QueuedCommand {
  readonly command: Command
  readonly argv: readonly ByteString[]
}

/** What MULTI began. */
export interface Transaction {
  readonly queue: QueuedCommand[]
  /** A command was refused when it was to be queued: EXEC will answer EXECABORT. */
  refused: boolean
}

/** What is still to be done for a command that has returned and has not answered. */
export interface Unanswered {
  /** It has failed: the error is to be replied. */
  failed(thrown: unknown): void
  /** It has been answered, by an error or not. */
  answered(): void
}

/** Everything that the engine knows about one client: who it is, what it has selected, begun, watched and subscribed to. */
export class Client implements Watcher {
  readonly createdAt: number
  name: ByteString = ''
  libraryName: ByteString = ''
  libraryVersion: ByteString = ''
  database: Database
  authenticated: boolean
  transaction: Transaction | undefined
  /** A watched key has been touched: EXEC will answer nil. */
  watchTouched = false
  readonly watching: { database: Database; key: ByteString }[] = []
  readonly channels = new Set<ByteString>()
  readonly patterns = new Set<ByteString>()
  readonly shardChannels = new Set<ByteString>()
  monitoring = false
  /** CLIENT REPLY SKIP has been called: the next command's reply is dropped. */
  skipReply = false
  /** CLIENT REPLY OFF has been called. */
  repliesOff = false
  noEvict = false
  noTouch = false
  closing = false
  /** A command that takes its time (MODULE LOAD) has not answered yet: those behind it wait. */
  waiting = false
  /** It waits for a pause to end (CLIENT PAUSE), not for an answer. */
  postponed = false
  /** Called when the client no longer waits. */
  onResume: () => void = () => {}
  /** What is left of the command that waits for another (EXEC for a script): done before the client goes on. */
  continuation: (() => void) | undefined
  /** The time during which the command has not answered is not its own: it waits for something (WAIT). */
  waitsIdly = false
  /** It is the one in whose name scripts call commands. */
  isScript = false
  /** The command that runs, or ran last. */
  lastCommand: Command | undefined
  lastInteraction: number

  constructor(
    readonly id: number,
    readonly engine: Engine,
    readonly reply: ReplySink,
    readonly transport: Transport | undefined,
  ) {
    this.database = engine.keyspace.databases[0]!
    this.createdAt = this.lastInteraction = engine.clock.now()
    this.authenticated = !engine.requiresPassword
  }

  /** Number of channels, patterns and shard channels that it is subscribed to. */
  get subscriptions(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size
  }

  /**
   * Lets a command answer later, while other clients go on: `work` writes the reply when it is done, or rejects with
   * the error to reply. Not possible within EXEC, whose replies come in one go.
   */
  answerLater(work: Promise<void>): void {
    this.waiting = true
    work.catch((error: unknown) => this.failed(error)).finally(() => this.proceed())
  }

  /** Commands that have returned and have not answered: the one that is under way, and those that it was called by. */
  #unanswered: Unanswered[] = []

  /** What is to be done when the command that has just returned has answered. Only while the client waits. */
  onAnswer(unanswered: Unanswered): void {
    this.#unanswered.push(unanswered)
  }

  /** The command that the client waits for has failed; `proceed` comes after it. */
  failed(thrown: unknown): void {
    this.#unanswered[0]?.failed(thrown)
  }

  /** The answer that the client has been waiting for is there: what is left of its command is done, and what came after. */
  proceed(): void {
    this.waiting = this.waitsIdly = false
    const [own, ...callers] = this.#unanswered
    this.#unanswered = []
    own?.answered()
    const { continuation } = this
    this.continuation = undefined
    continuation?.()
    // Who has called it goes on, and may have come to another one that takes its time.
    if (this.waiting) this.#unanswered.push(...callers)
    else {
      for (const caller of callers) caller.answered()
      this.onResume()
    }
  }

  keyTouched(): void {
    this.watchTouched = true
  }

  watch(key: ByteString): void {
    const { database } = this
    if (this.watching.some(watched => watched.key === key && watched.database === database)) return
    // A key that is due goes now: only what expires from here on shall count as touched.
    database.find(key)
    this.watching.push({ database, key })
    database.watches.add(key, this)
  }

  /** Whether a watched key has been touched or has expired since it was watched. O(watched keys). */
  get watchFailed(): boolean {
    for (const { database, key } of this.watching) database.find(key)
    return this.watchTouched
  }

  unwatch(): void {
    for (const { database, key } of this.watching) database.watches.delete(key, this)
    this.watching.length = 0
    this.watchTouched = false
  }

  /** Back to how it was when it connected (RESET), apart from its connection. */
  reset(): void {
    this.transaction = undefined
    this.unwatch()
    this.engine.pubsub.leave(this)
    this.engine.monitors.delete(this)
    this.monitoring = false
    this.database = this.engine.keyspace.databases[0]!
    this.name = ''
    this.reply.muted = this.skipReply = this.repliesOff = false
    this.noEvict = this.noTouch = false
    this.authenticated = !this.engine.requiresPassword
  }
}
