import type { ByteString } from '../../bytes/bytes.js'
import type { Clock } from '../../engine/clock.js'
import { ReplyError } from '../../errors.js'
import { latin1 } from '../../module/bytes.js'
import type { CompiledCommand } from '../../module/compile.js'
import type { CallReply, Log } from '../../module/context.js'
import { wordOf } from '../../module/effects.js'
import type { ScriptForward } from '../../module/reply.js'
import { writeReply } from '../../module/write-reply.js'
import { type Conversions, ReplyCollector } from '../../resp/collector.js'
import type { ReplySink } from '../../resp/reply.js'
import { sha1 } from '../../scripting/sha1.js'
import { convert, type RawReply, writeRaw } from '../../upstream/raw-reply.js'
import { Route, RoutedConnection } from '../../upstream/route.js'
import type { Session } from '../../upstream/session.js'
import { checkForward } from '../forwarding.js'
import { TO_CALL_REPLY } from '../replies.js'
import { effectsOf } from './effects.js'
import { Call, errorFor, type Outcome } from './handler.js'
import type { KeyLocks } from './locks.js'
import { OneSlot } from './one-slot.js'
import type { ReadSource } from './read.js'
import { runReadOnly } from './read-only.js'
import { Answers, placeOf } from './reading.js'
import type { Run } from './run.js'
import type { ScriptTexts } from './script-texts.js'
import { attempt, CONFLICT } from './writing.js'

export interface HostOptions {
  readonly log: Log
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** How often a command is run again because of a conflict. */
  readonly retries: number
  /** One for all hosts of a process in front of the same data. */
  readonly locks: KeyLocks
  readonly scripts: ScriptTexts
}

/** Runs modules' commands in front of a server: gives them what they read there, and commits what they write. */
export class UpstreamHost implements ReadSource {
  readonly #session: Session
  readonly #options: HostOptions
  #current: Run | undefined

  constructor(session: Session, options: HostOptions) {
    this.#session = session
    this.#options = options
  }

  /** The run that runs now, for what must be deterministic meanwhile (`Date.now()`). */
  get current(): Run | undefined {
    return this.#current
  }

  /** Runs a module's command for a program. Throws a ReplyError for an error reply. */
  async run<T>(command: CompiledCommand, argv: readonly ByteString[], to: Conversions<T>): Promise<T> {
    const collector = new ReplyCollector<T>(to)
    await this.reply(command, argv, collector)
    return collector.take() as T
  }

  /**
   * Runs a module's command and writes its reply. Throws a ReplyError for an error reply.
   *
   * @param began when it began to wait for its turn; monotonic milliseconds
   */
  async reply(
    command: CompiledCommand,
    argv: readonly ByteString[],
    sink: ReplySink,
    began = performance.now(),
  ): Promise<void> {
    const { clock, random } = this.#options
    const seed = Math.floor(random() * 2 ** 32)
    const fixed = { database: this.#session.database, now: clock.now(), seed, began }
    const call = new Call(command, argv, fixed, this, run => {
      this.#current = run
    })
    new OneSlot(this.#session.isCluster, call.fullName).add(call.database, call.keys)
    const outcome = await this.#outcomeOf(call)
    const { run, result } = outcome
    run.flushLog(this.#options.log)
    switch (result.kind) {
      case 'error':
        if (!(result.error instanceof ReplyError)) this.#logFault(call.fullName, result.error)
        throw errorFor(call.fullName, result.error)
      case 'forward':
        writeRaw(await this.#forward(call, result.argv, sink.protocol), sink)
        return
      case 'script':
        writeRaw(thrown(await this.#runScript(call, result.script, outcome, sink.protocol)), sink)
        return
      default:
        writeReply(result.value, sink)
    }
  }

  /** Runs one of the server's own commands for a program. */
  async pass<T>(argv: readonly ByteString[], to: Conversions<T>): Promise<T> {
    const reply = thrown(await this.#session.call(argv))
    this.#options.scripts.note(argv)
    return convert(reply, to)
  }

  async #forward({ command, began }: Call, argv: readonly ByteString[], protocol: 2 | 3): Promise<RawReply> {
    const target = this.#session.commandOf(argv)
    const { fullName } = target
    checkForward(command, { fullName, writes: target.has('write'), isAdmin: target.has('admin') }, argv[0]!)
    const reply = thrown(await this.#session.call(argv, { began, protocol }))
    this.#options.scripts.note(argv)
    return reply
  }

  readOnly(argv: readonly ByteString[]): readonly ByteString[] {
    const name = argv[0]
    if (name === undefined) throw new TypeError('read.call() needs the name of a command')
    const command = this.#session.commandOf(argv)
    if (!command.has('readonly')) throw new ReplyError(`ERR read.call('${name}') is no read-only command`)
    if (command.has('noscript') || command.has('blocking')) {
      throw new ReplyError(`ERR read.call('${name}') is not allowed in a module`)
    }
    if (this.#session.isCluster && command.requestPolicy !== undefined && command.keysOf(argv)?.length === 0) {
      throw new ReplyError(
        `ERR read.call('${name}') cannot be used on a Cluster: each of its nodes has a part of the answer`,
      )
    }
    const keys = command.keysOf(argv)
    if (keys === undefined) {
      throw new ReplyError(
        `ERR read.call('${name}') cannot be used here: its arguments do not tell all the keys that it reads`,
      )
    }
    return keys.map(({ index }) => argv[index]!)
  }

  script(sha: ByteString): ByteString | undefined {
    return this.#options.scripts.get(sha)
  }

  toCallReply(reply: RawReply): CallReply {
    return thrown(convert(reply, TO_CALL_REPLY) as CallReply | ReplyError)
  }

  /** @param before an outcome of the same call, which has wanted less */
  async #outcomeOf(call: Call, before?: Outcome): Promise<Outcome> {
    // What may be written must not depend on what is no longer watched.
    const first = call.run(call.writes ? new Answers() : (before?.run.reading.answers ?? new Answers()))
    if (!call.writes) return runReadOnly(call, first, this.#session, this.#options.retries)
    if (first.run.reading.missing.size === 0 && first.run.effects.length === 0) return first
    const places = new Set(call.keys.map(key => placeOf(call.database, key)))
    for (const { database, keys } of first.run.reading.used.values())
      for (const key of keys) places.add(placeOf(database, key))
    const release = await this.#options.locks.acquire([...places])
    try {
      return await this.#write(call, first)
    } finally {
      release()
    }
  }

  async #write(call: Call, first: Outcome): Promise<Outcome> {
    const { commands } = this.#session.upstream
    const route = new Route(this.#session, this.#slotOf(call, first), call.began)
    for (let tries = 0; ; tries++) {
      const outcome = await route.run(call.fullName, target =>
        target.server.exclusive.use(
          connection => {
            const slots = new OneSlot(this.#session.isCluster, call.fullName)
            return attempt(call, first, new RoutedConnection(connection, target), commands, slots)
          },
          () => target.takeTurn(),
        ),
      )
      if (outcome !== CONFLICT) return outcome
      if (tries >= this.#options.retries) {
        throw new ReplyError(
          `TRYAGAIN ${call.fullName} has been run ${tries + 1} times, and each time somebody else has changed its keys meanwhile`,
        )
      }
      await this.#backOff(tries)
    }
  }

  /** The hash slot of what a command reads first, or else of what it writes. */
  #slotOf(call: Call, { run }: Outcome): number | undefined {
    if (!this.#session.isCluster) return undefined
    const slots = new OneSlot(true, call.fullName)
    slots.addSome([...run.reading.missing.values()])
    if (slots.slot !== undefined) return slots.slot
    slots.add(call.database, call.keys)
    // What an unfinished run writes may be of what it took for granted.
    if (slots.slot !== undefined || run.reading.missing.size > 0) return slots.slot
    for (const { database, command, argv } of effectsOf(run.effects, call.database, this.#session.upstream.commands)) {
      slots.add(database, command.placesOf(argv))
    }
    return slots.slot
  }

  /** Full jitter: somewhere from nothing to a limit that doubles, so that those who collided do not collide again. */
  #backOff(tries: number): Promise<void> {
    const limit = Math.min(LONGEST_WAIT, 2 ** tries)
    return new Promise(resolve => setTimeout(resolve, Math.random() * limit))
  }

  async #runScript(
    call: Call,
    { sha, keys, args, readOnly }: ScriptForward,
    before: Outcome,
    protocol: 2 | 3,
  ): Promise<RawReply> {
    const options = { began: call.began, protocol }
    const name = readOnly ? 'EVALSHA_RO' : 'EVALSHA'
    const argv = [name, sha, String(keys.length), ...keys.map(key => latin1(key)), ...args.map(arg => wordOf(arg))]
    const command = this.#session.commandOf(argv)
    checkForward(call.command, { fullName: command.fullName, writes: command.has('write'), isAdmin: false }, name)
    const reply = await this.#session.call(argv, options)
    if (!(reply instanceof ReplyError && reply.message.startsWith('NOSCRIPT'))) return reply
    // The server does not know it, or not any more.
    call.wantsText = true
    const { result } = await this.#outcomeOf(call, before)
    if (result.kind === 'error') throw errorFor(call.fullName, result.error)
    if (result.kind !== 'script' || result.text === null || result.text === undefined) return reply
    if (sha1(result.text) !== sha) {
      throw new ReplyError(`ERR the text that is kept for script ${sha} is that of another one`)
    }
    const load = ['SCRIPT', 'LOAD', result.text]
    const [loaded = null, answer = null] = await this.#session.callBehind([load], argv, options)
    if (loaded instanceof ReplyError) return loaded
    this.#options.scripts.note(load)
    return answer
  }

  #logFault(name: string, error: unknown): void {
    this.#options.log.warning(`Error in command '${name}': ${error instanceof Error ? error.stack : error}`)
  }
}

/** In milliseconds. */
const LONGEST_WAIT = 64

function thrown<T>(reply: T | ReplyError): T {
  if (reply instanceof ReplyError) throw reply
  return reply
}
