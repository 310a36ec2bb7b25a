import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { call, replicates } from '../engine/dispatch.js'
import type { Engine } from '../engine/engine.js'
import { busy, CountedError, ReplyError } from '../errors.js'
import { type Command, FlagBit } from '../registry/command.js'
import { ReplyTape } from '../resp/tape.js'
import { Functions } from './functions.js'
import { RandomGenerator } from './lua/libraries/math-random.js'
import { LuaMachine } from './lua/machine.js'
import type { Progress, ScriptError, ScriptHost, ScriptMachine, ScriptRef } from './machine.js'
import type { ScriptRights } from './script-run.js'
import { ScriptRun } from './script-run.js'
import { Scripts } from './scripts.js'

/** What is to be run, and for whom. */
export interface ScriptCall {
  readonly kind: 'script' | 'function'
  /** The script's SHA-1 in hex, or the function's name. */
  readonly name: ByteString
  readonly ref: ScriptRef
  readonly keys: readonly ByteString[]
  readonly args: readonly ByteString[]
  readonly rights: ScriptRights
  /** The command as it was called. */
  readonly argv: readonly ByteString[]
}

/** Runs scripts on an engine: one at a time, and while one takes long, others are told so. */
export class Scripting implements ScriptHost {
  readonly scripts: Scripts
  readonly functions: Functions
  readonly #engine: Engine
  readonly #machine: LuaMachine
  readonly #functionMachine: LuaMachine
  /** The client in whose name scripts call commands. */
  readonly #client: Client
  readonly #tape = new ReplyTape()
  #running: ScriptRun | undefined
  #busy: ScriptRun | undefined

  constructor(engine: Engine) {
    this.#engine = engine
    const random = new RandomGenerator()
    this.#machine = new LuaMachine(this, 'script', random)
    this.scripts = new Scripts(this.#machine)
    this.#functionMachine = new LuaMachine(this, 'function', random)
    this.functions = new Functions({
      machine: this.#functionMachine,
      isBusy: () => this.#running !== undefined,
      onStateLost: () =>
        engine.log.warning(
          'Lua had to be started anew: functions have lost their state, and their libraries are loaded again.',
        ),
    })
    this.#client = engine.internalClient(this.#tape)
    this.#client.isScript = true
  }

  /** The script that runs, or is suspended. */
  get running(): ScriptRun | undefined {
    return this.#running
  }

  /** The script that has taken longer than busy-reply-threshold: until it ends, few commands are let through. */
  get busy(): ScriptRun | undefined {
    return this.#busy
  }

  get memoryLimit(): number {
    return this.#engine.config.values['lua-memory-limit']
  }

  get busyAfter(): number {
    return this.#engine.config.values['busy-reply-threshold']
  }

  /** Bytes that the scripts' virtual machine has, and of those, in use. */
  get memory(): ScriptMachine['memory'] {
    return this.#machine.memory
  }

  /** Runs a function that FCALL has found. */
  callFunction(client: Client, fn: ScriptCall): void {
    this.run(client, this.#functionMachine, fn)
  }

  /** Runs a script that EVAL, EVALSHA and their kin have found. */
  evaluate(client: Client, script: ScriptCall): void {
    this.run(client, this.#machine, script)
  }

  /**
   * Runs a script, whose reply goes to the client: when this returns, or, if it takes long, later; the client waits meanwhile.
   *
   * @throws ReplyError the script's
   */
  run(client: Client, machine: ScriptMachine, { kind, name, ref, keys, args, rights, argv }: ScriptCall): void {
    if (this.#running !== undefined) throw new ReplyError('ERR a script runs already, and cannot run another')
    const run = new ScriptRun(kind, name, client, argv, rights)
    this.#running = run
    this.#client.database = client.database
    let progress: Progress
    try {
      progress = machine.start(run, ref, keys, args)
    } catch (error) {
      this.#running = undefined
      throw error
    }
    if (progress === 'suspended') this.#suspend(run, machine)
    else this.#finish(run, machine, progress)
  }

  call(run: ScriptRun, argv: readonly ByteString[]): ReplyTape | ByteString {
    const tape = this.#tape
    tape.clear()
    tape.protocol = run.protocol
    const command = this.#find(argv)
    const refusal = this.#refusal(run, command, argv)
    if (command === undefined || refusal !== undefined) {
      this.#engine.stats.countError(`ERR ${refusal}`)
      return refusal ?? ''
    }
    if (command.has(FlagBit.write)) run.hasWritten = true
    call(this.#client, command, argv)
    return tape
  }

  #refusal(run: ScriptRun, command: Command | undefined, argv: readonly ByteString[]): string | undefined {
    if (command === undefined) return 'Unknown Redis command called from script'
    if (!command.accepts(argv.length) || command.run === undefined) {
      return 'Wrong number of args calling Redis command from script'
    }
    if (command.has(FlagBit.noscript)) return 'This Redis command is not allowed from script'
    if (run.rights.readOnly && replicates(command)) return 'Write commands are not allowed from read-only scripts.'
    return undefined
  }

  mayCall(_run: ScriptRun, argv: readonly ByteString[]): boolean | undefined {
    return this.#find(argv) === undefined ? undefined : true
  }

  onErrorReply(message: ByteString): void {
    this.#engine.stats.countError(message)
  }

  log(level: number, text: ByteString): void {
    const { log } = this.#engine
    if (level === 0) log.debug(text)
    else if (level === 1) log.verbose(text)
    else if (level === 2) log.notice(text)
    else log.warning(text)
  }

  /**
   * Makes the script or function that runs end with an error as soon as can be.
   *
   * @throws ReplyError when none runs for so long that it could be killed, when the other kind does, or when it has written
   */
  kill(kind: ScriptRun['kind']): void {
    const run = this.#busy
    if (run === undefined) throw new ReplyError('NOTBUSY No scripts in execution right now.')
    if (run.kind !== kind) throw busy(run.kind)
    if (run.hasWritten) {
      throw new ReplyError(
        'UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the ' +
          'script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
      )
    }
    run.isKilled = true
  }

  /** Ends what is under way. */
  close(): void {
    if (this.#busy !== undefined) this.#busy.isKilled = true
  }

  #find(argv: readonly ByteString[]): Command | undefined {
    const command = this.#engine.commands.lookup(argv[0]!)
    if (command?.subcommands === undefined || argv.length === 1) return command
    return command.subcommands.get(argv[1]!.toLowerCase())
  }

  /** Lets the event loop have a turn between the slices of a script that takes long. Time stands still for the keyspace. */
  #suspend(run: ScriptRun, machine: ScriptMachine): void {
    const { caller } = run
    const { muted } = caller.reply
    const engine = this.#engine
    this.#busy = run
    engine.depth++
    caller.waiting = true
    engine.log.warning(
      `Slow script detected: still in execution after ${this.busyAfter} milliseconds. You can try killing the script using ` +
        `the ${run.kind === 'script' ? 'SCRIPT' : 'FUNCTION'} KILL command. Script name is: ${run.name}.`,
    )
    const turn = () => {
      const progress = run.isKilled ? machine.kill() : machine.resume()
      if (progress === 'suspended') {
        setImmediate(turn)
        return
      }
      engine.depth--
      engine.effects.settle()
      this.#busy = undefined
      const mutedNow = caller.reply.muted
      caller.reply.muted = muted
      try {
        this.#finish(run, machine, progress)
      } catch (error) {
        caller.failed(error)
      }
      caller.reply.muted = mutedNow
      caller.proceed()
    }
    setImmediate(turn)
  }

  #finish(run: ScriptRun, machine: ScriptMachine, progress: Exclude<Progress, 'suspended'>): void {
    this.#running = undefined
    if (progress !== 'done') throw replyErrorOf(run, progress)
    machine.reply(run.caller.reply)
  }
}

function replyErrorOf(run: ScriptRun, { message, source, line, isCounted }: ScriptError): ReplyError {
  const place = source === undefined ? '' : ` script: ${run.name}, on ${source}:${line}.`
  return isCounted ? new CountedError(message + place) : new ReplyError(message + place)
}
