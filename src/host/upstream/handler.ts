import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError, wrongArity } from '../../errors.js'
import { latin1 } from '../../module/bytes.js'
import type { CompiledCommand } from '../../module/compile.js'
import { wordOf } from '../../module/effects.js'
import { isForward, isScriptForward, type ScriptForward } from '../../module/reply.js'
import { checkReply } from '../../module/write-reply.js'
import { findKeys } from '../../registry/key-spec.js'
import { numberIn } from '../../upstream/raw-reply.js'
import type { ReadSource } from './read.js'
import type { Answers } from './reading.js'
import { type Fixed, Run } from './run.js'

/** What a handler has come to. */
export type Result =
  /** What `run` returned: it can be written as a reply. */
  | { readonly kind: 'reply'; readonly value: unknown }
  | { readonly kind: 'forward'; readonly argv: readonly ByteString[] }
  | {
      readonly kind: 'script'
      readonly script: ScriptForward
      /** Null when there is none; undefined when it was not asked for. */
      readonly text: ByteString | null | undefined
    }
  | { readonly kind: 'error'; readonly error: unknown }

/** A run that is over. While it has `missing` reads, its result counts for nothing. */
export interface Outcome {
  readonly run: Run
  readonly result: Result
}

/** A call of a module's command, which can be run as often as it takes. */
export class Call {
  readonly fullName: string
  /** Whether it may have effects. */
  readonly writes: boolean
  /** The keys that its arguments name. */
  readonly keys: readonly ByteString[]
  readonly #command: CompiledCommand
  readonly #argv: readonly ByteString[]
  readonly #fixed: Fixed
  readonly #source: ReadSource
  readonly #onRun: (run: Run | undefined) => void
  /** Whether the server has turned out not to know the script that is forwarded to. */
  wantsText = false

  /**
   * @param onRun is told which run runs, and of its end
   * @throws ReplyError for a wrong number of arguments
   */
  constructor(
    command: CompiledCommand,
    argv: readonly ByteString[],
    fixed: Fixed,
    source: ReadSource,
    onRun: (run: Run | undefined) => void,
  ) {
    const { arity, fullName, keySpecs, definition } = command
    if (arity >= 0 ? argv.length !== arity : argv.length < -arity) throw wrongArity(fullName)
    this.fullName = fullName
    this.writes = definition.flags.includes('write')
    this.keys = (findKeys(keySpecs, argv) ?? []).map(({ index }) => argv[index]!)
    this.#command = command
    this.#argv = argv
    this.#fixed = fixed
    this.#source = source
    this.#onRun = onRun
    checkReply(definition.ifMissing, fullName)
  }

  get command(): CompiledCommand['definition'] {
    return this.#command.definition
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#fixed.now
  }

  get database(): number {
    return this.#fixed.database
  }

  /** When it began to wait for its turn; monotonic milliseconds. */
  get began(): number {
    return this.#fixed.began
  }

  /** Runs the handler with the answers that there are. */
  run(answers: Answers): Outcome {
    const run = new Run(this.#fixed, answers, this.#source)
    this.#onRun(run)
    try {
      return { run, result: this.#resultOf(run) }
    } catch (error) {
      return { run, result: { kind: 'error', error } }
    } finally {
      this.#onRun(undefined)
    }
  }

  #resultOf(run: Run): Result {
    const { definition, fullName, parse } = this.#command
    if (definition.ifMissing !== undefined) {
      const key = this.#argv[fullName.includes('|') ? 2 : 1]!
      const exists = run.reading.ask(this.database, ['EXISTS', key], [key])
      // As long as it is not known, the command itself shows what it will read.
      if (exists !== undefined && numberIn(exists) === 0) return { kind: 'reply', value: definition.ifMissing }
    }
    const value = definition.run(parse(this.#argv), run)
    const isSole = run.effects.length === 0
    if (isForward(value)) {
      const argv = value.argv.map(word => wordOf(word))
      if (!isSole) throw new Error(`${fullName} cannot both write and forward to ${argv[0]}`)
      return { kind: 'forward', argv }
    }
    if (isScriptForward(value)) {
      if (!isSole) throw new Error(`${fullName} cannot both write and forward to a script`)
      const text = this.wantsText ? value.text() : undefined
      return { kind: 'script', script: value, text: text && latin1(text, `the text of script ${value.sha}`) }
    }
    checkReply(value, fullName)
    if (!isSole && !this.writes) throw new Error(`${fullName} writes, and its flags do not have 'write'`)
    return { kind: 'reply', value }
  }
}

/** An error of a handler's as the error that the caller gets: its own, or a fault that is told with the command's name. */
export function errorFor(fullName: string, thrown: unknown): ReplyError {
  if (thrown instanceof ReplyError) return new ReplyError(thrown.message, { cause: thrown })
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new ReplyError(`ERR internal error in '${fullName}': ${message}`, { cause: thrown })
}
