import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { Target } from '../engine/effects.js'

/** What a script may do. From its shebang line's flags, or the command that runs it. */
export interface ScriptRights {
  /** It is refused every command that writes. */
  readonly readOnly: boolean
}

/** Where a script's writes go, beside the data: the bits of redis.set_repl. */
export const Replication = { none: 0, ...Target } as const

/** A script that runs: for whom, what it may do, and what it has done. */
export class ScriptRun {
  /** RESP version in which it gets the replies of its commands. */
  protocol: 2 | 3 = 2
  /** Bits of Replication. */
  replication: number = Replication.all
  /** A command of it has written, or tried to. It cannot be killed any more. */
  hasWritten = false
  isKilled = false
  #startedAt: number | undefined

  constructor(
    readonly kind: 'script' | 'function',
    /** Its SHA-1 in hex, or the function's name. */
    readonly name: ByteString,
    readonly caller: Client,
    /** The command that runs it, as it was called. */
    readonly argv: readonly ByteString[],
    readonly rights: ScriptRights,
  ) {}

  /**
   * Milliseconds since it began, or since it was first asked, which is within some 100,000 instructions: most scripts are over
   * before, and a look at a clock costs as much as a simple command.
   *
   * By the system's clock, not by the engine's, which a test may move by hand: nobody can do that while a script runs, and it must
   * come to an end all the same.
   */
  elapsed(now: number = performance.now()): number {
    this.#startedAt ??= now
    return now - this.#startedAt
  }
}
