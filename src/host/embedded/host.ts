import type { ByteString } from '../../bytes/bytes.js'
import type { Client } from '../../engine/client.js'
import type { Engine } from '../../engine/engine.js'
import { ReplyError, wrongArity } from '../../errors.js'
import type { Database } from '../../keyspace/database.js'
import { latin1 } from '../../module/bytes.js'
import type { AnyCommand } from '../../module/command.js'
import type { CallReply, Log, Read, Write, WriteContext } from '../../module/context.js'
import { EffectRecorder, wordOf } from '../../module/effects.js'
import { type Forwarding, forward, type ScriptForward } from '../../module/reply.js'
import { type Command, FlagBit } from '../../registry/command.js'
import type { Handler } from '../../registry/definition.js'
import { ReplyCollector } from '../../resp/collector.js'
import { sha1 } from '../../scripting/sha1.js'
import { checkForward } from '../forwarding.js'
import type { ModuleHost } from '../module-host.js'
import { moduleLog } from '../module-log.js'
import { TO_CALL_REPLY } from '../replies.js'
import { commit, databaseOf } from './commit.js'
import { handlerOf } from './compile.js'
import { EmbeddedRead, type ReadSource } from './read.js'

/** Runs modules on an engine in this process: gives their commands what they read, and carries out what they write. */
export class EmbeddedHost implements ReadSource, ModuleHost {
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
    this.log = moduleLog(engine.log)
  }

  handlerOf(command: AnyCommand, container?: string): Handler {
    return handlerOf(command, this, container)
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
  call(database: Database, argv: readonly ByteString[]): CallReply {
    const command = this.#builtin(argv)
    if (!command.has(FlagBit.readonly)) throw new ReplyError(`ERR read.call('${argv[0]}') is no read-only command`)
    // A read is over when it returns; a script may be suspended.
    if (command.has(FlagBit.noscript)) throw new ReplyError(`ERR read.call('${argv[0]}') is not allowed in a module`)
    this.#client.database = database
    // An effect that failed may have left half a reply.
    this.#replies.take()
    command.run!(this.#client, argv)
    const reply = this.#replies.take()
    if (reply instanceof ReplyError) throw reply
    return reply ?? null
  }

  script(sha: ByteString): ByteString | undefined {
    return this.#engine.scripting.scripts.get(sha)?.text
  }

  database(index: number): Database {
    return databaseOf(this.#engine, index)
  }

  /**
   * Lets one of the engine's own commands answer the client instead. Never another module's: what a command does must
   * not depend on what else is loaded, and two modules that forward to each other would go on for ever.
   */
  forward(client: Client, by: AnyCommand, argv: readonly ByteString[]): void {
    const command = this.#builtin(argv)
    checkTarget(client, by, command, argv[0]!)
    command.run!(client, argv)
    if (this.#engine.effects.listening) this.#engine.effects.record(client.database, argv)
  }

  /**
   * Sees to it that the engine knows the script that a command forwards to. Asks for its text only if not, as a part of the
   * command's run.
   *
   * @throws ReplyError when the command may not forward to it, when the text is another script's, or cannot be compiled
   */
  loadScript(client: Client, by: AnyCommand, { sha, text, readOnly }: ScriptForward): void {
    const { scripts } = this.#engine.scripting
    if (scripts.get(sha) !== undefined) return
    // Before anything is asked or compiled: least of all while another script runs.
    const name = readOnly ? 'EVALSHA_RO' : 'EVALSHA'
    checkTarget(client, by, this.#engine.commands.of('<builtin>', name.toLowerCase())!, name)
    const given = text()
    if (given === null) return
    const known = latin1(given, `the text of script ${sha}`)
    if (sha1(known) !== sha) throw new ReplyError(`ERR the text that is kept for script ${sha} is that of another one`)
    scripts.load(known)
  }

  /** Lets a script answer the client instead: when this returns or, if it takes long, later; `client.waiting` tells. */
  forwardScript(client: Client, by: AnyCommand, { sha, keys, args, readOnly }: ScriptForward): void {
    const argv = [readOnly ? 'EVALSHA_RO' : 'EVALSHA', sha, String(keys.length)]
    for (const key of keys) argv.push(latin1(key))
    for (const arg of args) argv.push(wordOf(arg))
    this.forward(client, by, argv)
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
    return new EmbeddedRead(this.#client.database, this.#host)
  }

  get write(): Write {
    this.#recorder ??= new EffectRecorder(this.#client.database.index)
    return this.#recorder.write
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

  get forward(): Forwarding {
    return forward
  }
}

const NONE: readonly (readonly ByteString[])[] = []

/** Whether a module's command may let one of the engine's answer; throws a ReplyError if not. */
function checkTarget(client: Client, by: AnyCommand, command: Command, name: ByteString): void {
  const { fullName } = command
  checkForward(by, { fullName, writes: command.has(FlagBit.write), isAdmin: command.has(FlagBit.admin) }, name)
  if (client.isScript && command.has(FlagBit.noscript)) {
    throw new ReplyError(`ERR a command that a script has called cannot forward to '${name}'`)
  }
}
