import type { ByteString } from '../../bytes/bytes.js'
import type { Client } from '../../engine/client.js'
import type { Engine } from '../../engine/engine.js'
import { ReplyError, wrongArity } from '../../errors.js'
import { type Bytes, bytesOf } from '../../module/bytes.js'
import type { CallReply, Log, Read, WriteContext } from '../../module/context.js'
import { EffectRecorder } from '../../module/effects.js'
import { forward } from '../../module/reply.js'
import { type Command, FlagBit } from '../../registry/command.js'
import { ReplyCollector } from '../../resp/collector.js'
import { commit } from './commit.js'
import { EmbeddedRead } from './read.js'

/** Runs modules on an engine in this process: gives their commands what they read, and carries out what they write. */
export class EmbeddedHost {
  readonly log: Log
  /** The run of the command that runs now, for what must be deterministic meanwhile (`Date.now()`). */
  readonly current = (): Run | undefined => this.#current
  /** Told of the effects of every run that has any, before they are applied. */
  onEffects: (effects: readonly (readonly ByteString[])[]) => void = () => {}
  readonly #engine: Engine
  /** The client in whose name modules read and write. */
  readonly #client: Client
  readonly #replies = new ReplyCollector<CallReply | ReplyError>(TO_CALL_REPLY, 2)
  #current: Run | undefined

  constructor(engine: Engine) {
    this.#engine = engine
    this.#client = engine.internalClient(this.#replies)
    const { log } = engine
    this.log = {
      debug: text => log.debug(text),
      info: text => log.verbose(text),
      notice: text => log.notice(text),
      warning: text => log.warning(text),
    }
  }

  /** Begins the run of a command for a client; `end` must follow, also when the command throws. */
  begin(client: Client): Run {
    const run = new Run(this, client, this.#engine)
    this.#current = run
    return run
  }

  end(): void {
    this.#current = undefined
  }

  /** Applies the effects of a run in the database of the client: see commit.ts. */
  commit(client: Client, effects: readonly (readonly ByteString[])[]): void {
    this.#client.database = client.database
    this.onEffects(effects)
    this.#replies.take()
    commit(this.#client, effects)
  }

  /** Runs a read-only command of the engine and gives its reply; throws an error reply. */
  read(client: Client, argv: readonly ByteString[]): CallReply {
    const command = this.#builtin(argv)
    if (!command.has(FlagBit.readonly)) throw new ReplyError(`ERR read.call('${argv[0]}') is no read-only command`)
    this.#client.database = client.database
    // An effect that failed may have left half a reply.
    this.#replies.take()
    command.run!(this.#client, argv)
    const reply = this.#replies.take()
    if (reply instanceof ReplyError) throw reply
    return reply ?? null
  }

  /**
   * Lets one of the engine's own commands answer the client instead. Never another module's: what a command does must
   * not depend on what else is loaded, and two modules that forward to each other would go on for ever.
   */
  forward(client: Client, mayWrite: boolean, argv: readonly ByteString[]): void {
    const command = this.#builtin(argv)
    if (command.has(FlagBit.write) && !mayWrite) {
      throw new ReplyError(`ERR a command without the flag 'write' cannot forward to '${argv[0]}'`)
    }
    if (STATEFUL.has(command.fullName) || command.has(FlagBit.admin)) {
      throw new ReplyError(`ERR a module cannot forward to '${argv[0]}'`)
    }
    command.run!(client, argv)
  }

  #builtin(argv: readonly ByteString[]): Command {
    const name = argv[0]!.toLowerCase()
    let command = this.#engine.commands.of('<builtin>', name)
    if (command?.subcommands !== undefined && argv.length > 1) {
      command = command.subcommands.get(argv[1]!.toLowerCase()) ?? command
    }
    if (command === undefined) throw new ReplyError(`ERR unknown command '${argv[0]}'`)
    if (command.run === undefined || !command.accepts(argv.length)) throw wrongArity(command.fullName)
    return command
  }
}

/** What `run` is given beside its arguments. */
export class Run implements WriteContext {
  readonly now: number
  readonly #host: EmbeddedHost
  readonly #client: Client
  readonly #engine: Engine
  #recorder: EffectRecorder | undefined

  constructor(host: EmbeddedHost, client: Client, engine: Engine) {
    this.#host = host
    this.#client = client
    this.#engine = engine
    this.now = engine.keyspace.now
  }

  get read(): Read {
    return new EmbeddedRead(this.#client.database, argv => this.#host.read(this.#client, argv))
  }

  get write(): EffectRecorder {
    this.#recorder ??= new EffectRecorder()
    return this.#recorder
  }

  get log(): Log {
    return this.#host.log
  }

  get effects(): readonly (readonly ByteString[])[] {
    return this.#recorder?.effects ?? NONE
  }

  // Authors take the context apart (`{ random, forward }`), so these must not need `this`; made only when asked for.
  get random(): () => number {
    return this.#engine.random
  }

  get forward(): typeof forward {
    return forward
  }
}

const NONE: readonly (readonly ByteString[])[] = []

/** Replies as `read.call` gives them. */
const TO_CALL_REPLY = {
  status: (text: ByteString): Bytes => bytesOf(text),
  bulk: (bytes: ByteString): Bytes => bytesOf(bytes),
  error: (text: ByteString): ReplyError => new ReplyError(text),
  integer: (value: number | bigint) => value,
  double: (value: number) => value,
  boolean: (value: boolean) => (value ? 1 : 0),
  null: () => null,
  array: (items: (CallReply | ReplyError)[]) => items as CallReply[],
  map: (items: (CallReply | ReplyError)[]) => items as CallReply[],
}

/** Commands that change what the connection is, or would answer more than once. */
const STATEFUL = new Set([
  'multi',
  'exec',
  'discard',
  'watch',
  'unwatch',
  'subscribe',
  'unsubscribe',
  'psubscribe',
  'punsubscribe',
  'ssubscribe',
  'sunsubscribe',
  'quit',
  'reset',
  'hello',
  'auth',
  'select',
])
