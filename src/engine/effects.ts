import type { ByteString } from '../bytes/bytes.js'
import type { Database } from '../keyspace/database.js'
import type { Engine } from './engine.js'

/** Who an effect is for, as bits; those of redis.set_repl. */
export const Target = { aof: 1, replica: 2, all: 3 } as const

/** A plain command that does to another Redis's data what a command here, a script or a module has done to ours. */
export interface Effect {
  /** Number of the database that it is meant for. */
  readonly database: number
  readonly argv: readonly ByteString[]
  /** Bits of Target. */
  readonly targets: number
}

/** Effects, in their order, of what happened as one: a command, a transaction, a script, a key that expired. Never empty. */
export type EffectBatch = readonly Effect[]

/** Is given each batch once, before the reply of what caused it is sent. It may keep the batch; it must not run commands. */
export type EffectListener = (batch: EffectBatch) => void

/**
 * The feed of effects, for append-only files and replicas: the plain commands that a redis-server 7.0 would have propagated
 * in our place, and could replay to come to the same data. While nobody listens, nothing is gathered.
 *
 * A command's effect is, if it has changed something, the command itself, unless it says with `become` which other one is
 * to stand for it. Scripts and modules have none of their own, but those of the commands that they have run.
 */
export class Effects {
  /** Whether anybody listens. All that a command does for the feed, it does only then: this is the test for it. */
  listening = false
  readonly #engine: Engine
  /** `from`: how many of the effects gathered so far are from before it began to listen. */
  #listeners: { readonly listener: EffectListener; from: number }[] = []
  #gathered: Effect[] = []
  /** The keyspace's count of changes when it was last looked at: what has come since is the command's that ends now. */
  #changes = 0
  #forced = 0
  #instead: readonly ByteString[] | undefined
  #silenced = false
  #holds = 0

  constructor(engine: Engine) {
    this.#engine = engine
    engine.keyspace.onExpired = (database, key) => this.#expired(database, key)
  }

  /**
   * Calls the listener with all batches from now on, until the function is called that this returns. In the middle of a
   * batch (a script is suspended), it is only given what comes after.
   */
  listen(listener: EffectListener): () => void {
    if (!this.listening) this.#changes = this.#engine.keyspace.changes
    const own = { listener, from: this.#gathered.length }
    this.#listeners = [...this.#listeners, own]
    this.listening = true
    return () => {
      this.#listeners = this.#listeners.filter(other => other !== own)
      this.listening = this.#listeners.length > 0
      if (!this.listening) this.#gathered = []
    }
  }

  // What a command may say of its effect, before it ends. To be called only while `listening`.

  /** If the running command has changed something, this one stands for it. */
  become(argv: readonly ByteString[]): void {
    this.#instead = argv
  }

  /** These stand for the running command. As in Redis, a script's redis.set_repl does not keep them from anybody. */
  becomeEach(database: Database, commands: readonly (readonly ByteString[])[]): void {
    for (const argv of commands) this.#gathered.push({ database: database.index, argv, targets: Target.all })
    this.#silenced = true
  }

  /** The running command is propagated to the targets (bits of Target) even if it has changed nothing. */
  force(targets: number): void {
    this.#forced |= targets
  }

  // What those do who run commands. To be called only while `listening`, but for `hold` and `settle`.

  /** To be called after each command has run, whether it failed or not, before another one runs. */
  record(database: Database, argv: readonly ByteString[]): void {
    const { keyspace, scripting } = this.#engine
    let targets = keyspace.changes === this.#changes ? this.#forced : Target.all
    if (scripting.running !== undefined) targets &= scripting.running.replication
    if (targets !== 0 && !this.#silenced) {
      this.#gathered.push({ database: database.index, argv: this.#instead ?? argv, targets })
    }
    this.#forget()
    this.settle()
  }

  /** Where the feed stands, for `rewind`. */
  get mark(): number {
    return this.#gathered.length
  }

  /** Takes back what has been recorded since the mark was taken: the changes have been undone. */
  rewind(mark: number): void {
    this.#gathered.length = mark
    this.#forget()
  }

  /**
   * Keeps what is to be one batch together, though the commands of it do not run in one go, until the function is called that
   * this returns.
   */
  hold(): () => void {
    this.#holds++
    return () => {
      this.#holds--
      this.settle()
    }
  }

  /** Gives away what has been gathered, unless what it belongs to goes on. */
  settle(): void {
    if (this.#gathered.length === 0 || this.#holds > 0 || this.#engine.depth > 0) return
    const batch = this.#gathered
    this.#gathered = []
    for (const own of this.#listeners) {
      const rest = own.from === 0 ? batch : batch.slice(own.from)
      own.from = 0
      try {
        if (rest.length > 0) own.listener(rest)
      } catch (error) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
        this.#engine.log.warning(`Error in who listens to the feed of effects: ${text}`)
      }
    }
  }

  #forget(): void {
    this.#changes = this.#engine.keyspace.changes
    this.#forced = 0
    this.#instead = undefined
    this.#silenced = false
  }

  /** Others do not go by our clock: they keep a key until they are told. */
  #expired(database: Database, key: ByteString): void {
    if (!this.listening) return
    this.#gathered.push({ database: database.index, argv: ['DEL', key], targets: Target.all })
    this.settle()
  }
}
