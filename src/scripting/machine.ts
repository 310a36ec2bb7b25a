import type { ByteString } from '../bytes/bytes.js'
import type { ReplySink } from '../resp/reply.js'
import type { ReplyTape } from '../resp/tape.js'
import type { ScriptRun } from './script-run.js'
import type { ScriptFlag } from './scripts.js'

/**
 * What runs the scripts of one language. There is one for EVAL and one for functions, so that neither sees the other's state.
 *
 * A machine runs one script at a time. It may give up its state at any time between two (it has been broken, or has grown too
 * large): whatever was compiled is compiled again then, from its text.
 */
export interface ScriptMachine {
  /**
   * Prepares a script; `ref` runs it.
   *
   * @param name what errors call the chunk: `@user_script`
   * @throws ReplyError `ERR Error compiling script (new function): …`
   */
  compile(text: ByteString, name: string): ScriptRef
  /** Whether what `ref` means is still there. */
  knows(ref: ScriptRef): boolean
  /** Runs a script from its beginning: `keys` and `args` are its globals KEYS and ARGV, or what the function is called with. */
  start(run: ScriptRun, ref: ScriptRef, keys: readonly ByteString[], args: readonly ByteString[]): Progress
  /** Goes on with a script that has been suspended, for a slice of time. */
  resume(): Progress
  /** Ends a script that has been suspended; gives the error that it ends with. */
  kill(): ScriptError
  /** Writes what the script that is done has returned. To be called once, before the next one starts. */
  reply(sink: ReplySink): void
  /** Bytes of memory that it has, and of those, in use. */
  readonly memory: { readonly size: number; readonly used: number }
  /** Forgets all scripts, and gives its memory back. */
  clear(): void
}

/** A machine that runs functions. It keeps their state from one call to the next, and gives it up only when it has been broken. */
export interface FunctionMachine extends ScriptMachine {
  /**
   * Runs a library's code, so that it registers its functions.
   *
   * @throws ReplyError `ERR Error compiling function: …`, `ERR Error registering functions: …`: then it has registered none
   */
  loadLibrary(code: ByteString): readonly RegisteredFunction[]
  /** Gives up a function. */
  release(ref: ScriptRef): void
}

/** What redis.register_function has been given. */
export interface RegisteredFunction {
  readonly name: ByteString
  readonly description: ByteString | undefined
  readonly flags: ReadonlySet<ScriptFlag>
  readonly ref: ScriptRef
}

/** A script in a machine. */
export interface ScriptRef {
  readonly machine: object
  readonly ref: number
}

/**
 * How far a script has come: `suspended` when it has run for longer than busy-reply-threshold and others should have a turn;
 * `done` when `reply` is to be called; or the error that it has ended with.
 */
export type Progress = 'suspended' | 'done' | ScriptError

/** The error that a script has ended with. */
export interface ScriptError {
  /** Its code first: `ERR user_script:1: …` */
  readonly message: ByteString
  /** The chunk and the line that it comes from, where they are known. */
  readonly source?: ByteString
  readonly line?: ByteString
  /** It is a command's, and has been counted already. */
  readonly isCounted: boolean
}

/** What a machine needs for the scripts that it runs. */
export interface ScriptHost {
  /**
   * Runs a command for the script that runs; gives its reply, good until the next call. A text is the refusal of a command that
   * a script may not call, an error without its code.
   */
  call(run: ScriptRun, argv: readonly ByteString[]): ReplyTape | ByteString
  /** Whether there is such a command, and the script's caller may call it; undefined when there is none. */
  mayCall(run: ScriptRun, argv: readonly ByteString[]): boolean | undefined
  /** Told of an error that a script returns as its reply, or as a part of it, for the statistics. */
  onErrorReply(message: ByteString): void
  /** From 0 (debug) to 3 (warning). */
  log(level: number, text: ByteString): void
  /** Bytes of memory that a machine may have: lua-memory-limit. */
  readonly memoryLimit: number
  /** Milliseconds after which a script is suspended now and then, or, where that cannot be, ended: busy-reply-threshold; 0 is never. */
  readonly busyAfter: number
}
