import type { Shape, ValuesOf } from './argument.js'
import type { ReadContext, WriteContext } from './context.js'
import type { Example } from './examples.js'
import { withOrigin } from './origin.js'
import type { ReplyValue } from './reply.js'

/** The flags that an author may give a command, by the names that COMMAND INFO shows. */
export const commandFlags = [
  /** It may change data. Only such a command is given `write`. */
  'write',
  /** It only reads data. */
  'readonly',
  /** Refused when memory is short. */
  'denyoom',
  /** Takes constant or logarithmic time. */
  'fast',
  /** For administrators. */
  'admin',
  /** Has to do with publishing and subscribing. */
  'pubsub',
  /** Not to be called from scripts. */
  'noscript',
  /** Also while the data is being loaded. */
  'loading',
  /** Also on a replica that has lost its master. */
  'stale',
  /** Not shown by MONITOR. */
  'skip_monitor',
  /** Not noted in SLOWLOG. */
  'skip_slowlog',
  /** Not allowed between MULTI and EXEC. */
  'no_multi',
  /** May be called without any key, though it takes keys. */
  'no_mandatory_keys',
  /** Refused while data is being loaded in the background. */
  'no_async_loading',
  /** Allowed while a script is running too long. */
  'allow_busy',
] as const

export type CommandFlag = (typeof commandFlags)[number]

/** What `run` gets beside its arguments: with `write` only if the flags have it. */
export type ContextOf<Flags extends readonly CommandFlag[]> = 'write' extends Flags[number] ? WriteContext : ReadContext

/** What an author writes. */
export interface CommandDefinition<
  Name extends string,
  Args extends Shape,
  Flags extends readonly CommandFlag[],
  Result extends ReplyValue,
> {
  /** In any case; it is not case-sensitive. */
  readonly name: Name
  /** One sentence, for COMMAND DOCS. */
  readonly summary: string
  /** The version of the module that first had it. */
  readonly since?: string
  /** `O(1)`, `O(N) where N is the number of fields`. */
  readonly complexity?: string
  /** The group of COMMAND DOCS; by default `module`. */
  readonly group?: string
  readonly flags: Flags
  /** The arguments, in the order of the command line; none by default. */
  readonly args?: Args
  /**
   * The reply when the key that comes first does not exist. Then the other arguments are not looked at, but for their
   * number: a bad one is no error. For commands that have always answered so; a view of a missing key is empty anyway.
   */
  readonly ifMissing?: NoInfer<Result>
  /** Run one after another on an empty server: documentation and test at once. */
  readonly examples?: readonly Example[]
  /**
   * The command itself: reads, decides, says what to write, and answers. It must not be async, and must have no effect
   * but through `context`: a host may run it more than once. Throw a `ReplyError` for an error reply; nothing is
   * then written.
   */
  run(args: ValuesOf<Args>, context: ContextOf<Flags>): Result
}

/** A command as the rest of the program sees it: the definition, with nothing left out. */
export interface Command<
  Name extends string = string,
  Args extends Shape = Shape,
  Flags extends readonly CommandFlag[] = readonly CommandFlag[],
  Result extends ReplyValue = ReplyValue,
> {
  readonly kind: 'command'
  readonly name: Name
  readonly summary: string
  readonly since?: string
  readonly complexity?: string
  readonly group?: string
  readonly flags: Flags
  readonly args: Args
  readonly ifMissing?: Result
  readonly examples: readonly Example[]
  run(args: ValuesOf<Args>, context: ContextOf<Flags>): Result
}

/** A command whose first argument names one of several: `SCRIPTNAME SET …`, `SCRIPTNAME GET …`. */
export interface Container<
  Name extends string = string,
  Subcommands extends readonly AnyCommand[] = readonly AnyCommand[],
> {
  readonly kind: 'container'
  readonly name: Name
  readonly summary: string
  readonly since?: string
  readonly complexity?: string
  readonly group?: string
  readonly subcommands: Subcommands
  /** The reply to a subcommand that there is not; by default Redis's `ERR unknown subcommand 'x'. Try NAME HELP.` */
  readonly unknown?: string
}

/**
 * Defines a command. All types follow from the definition: those of `run`'s arguments from `args`, whether it is given
 * `write` from `flags`, and those of the typed client's call from both and from what `run` returns.
 */
export function command<
  const Name extends string,
  Result extends ReplyValue,
  const Flags extends readonly CommandFlag[],
  // biome-ignore lint/complexity/noBannedTypes: a command without arguments has an empty shape
  const Args extends Shape = {},
>(definition: CommandDefinition<Name, Args, Flags, Result>): Command<Name, Args, Flags, Result> {
  return withOrigin({ kind: 'command', args: {} as Args, examples: [], ...definition }, command)
}

/** Defines a command with subcommands. HELP is made from their summaries, unless there is a subcommand of that name. */
export function container<const Name extends string, const Subcommands extends readonly AnyCommand[]>(
  definition: Omit<Container<Name, Subcommands>, 'kind'>,
): Container<Name, Subcommands> {
  return withOrigin({ kind: 'container', ...definition }, container)
}

/** Any command, its types forgotten. */
export type AnyCommand = Command<string, Shape, readonly CommandFlag[], ReplyValue>
