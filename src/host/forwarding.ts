import { ReplyError } from '../errors.js'
import type { AnyCommand } from '../module/command.js'
import { STATEFUL } from '../registry/stateful-commands.js'

/** What must be known of a command that another one forwards to. */
export interface ForwardTarget {
  /** In lower case: `get`, `config|get`. */
  readonly fullName: string
  readonly writes: boolean
  readonly isAdmin: boolean
}

/**
 * Whether a module's command may let one of the server's own answer.
 *
 * @param name the target's name as the module gave it
 * @throws ReplyError if not
 */
export function checkForward(by: AnyCommand, { fullName, writes, isAdmin }: ForwardTarget, name: string): void {
  if (writes && !by.flags.includes('write')) {
    throw new ReplyError(`ERR a command without the flag 'write' cannot forward to '${name}'`)
  }
  if (by.flags.includes('readonly') && RUNS_SCRIPTS_THAT_WRITE.has(fullName)) {
    throw new ReplyError(`ERR a command with the flag 'readonly' cannot forward to '${name}': a script may write`)
  }
  if (STATEFUL.has(fullName) || isAdmin) throw new ReplyError(`ERR a module cannot forward to '${name}'`)
}

/** Commands that do whatever their script does. */
const RUNS_SCRIPTS_THAT_WRITE = new Set(['eval', 'evalsha', 'fcall'])
