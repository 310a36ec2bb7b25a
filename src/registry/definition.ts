import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import type { ArgumentDoc } from './argument-doc.js'
import type { KeySpec } from './key-spec.js'

export type { ArgumentDoc } from './argument-doc.js'
export type { KeyFlag, KeySpec } from './key-spec.js'

/**
 * What runs a command: `argv` is the client's argument vector, the name first (a container's subcommand second);
 * the reply goes to `client.reply`. It throws a ReplyError, before it has written anything, to answer an error.
 */
export type Handler = (client: Client, argv: readonly ByteString[]) => void

/** Redis's command flags, as COMMAND INFO spells them. */
export type Flag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'module'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  | 'may_replicate'
  | 'no_mandatory_keys'
  | 'no_async_loading'
  | 'no_multi'
  | 'movablekeys'
  | 'allow_busy'

/** All that is known about a command. The built-in ones are written down in it; a module's are compiled to it. */
export interface CommandDefinition {
  /** Lower case; of a subcommand, its own word only. */
  readonly name: string
  readonly summary: string
  readonly since: string
  /** As COMMAND DOCS groups them: string, hash, sorted-set, generic… */
  readonly group: string
  readonly complexity: string
  /** The arguments as the documentation shows them: `key [NX | XX] member [member ...]`. COMMAND DOCS is made from it. */
  readonly syntax?: string
  /** Instead of `syntax`, where they are known in detail. */
  readonly arguments?: readonly ArgumentDoc[]
  /** Number of words, the name included; negative: at least so many. */
  readonly arity: number
  readonly flags: readonly Flag[]
  /** ACL categories beside those that follow from the flags, without the `@`. */
  readonly categories?: readonly string[]
  readonly keys?: readonly KeySpec[]
  /** Hints to proxies and clients, as COMMAND INFO gives them: `nondeterministic_output`. */
  readonly tips?: readonly string[]
  /** A container has subcommands, and runs itself only where it is also a command. */
  readonly subcommands?: readonly CommandDefinition[]
  readonly run?: Handler
  /** The parameter that says who may call it: nobody, everybody, or clients on this machine. */
  readonly guardedBy?: 'enable-module-command' | 'enable-debug-command'
  /** The keys' indices in argv, where the specs cannot tell (SORT's STORE). */
  readonly keysOf?: (argv: readonly ByteString[]) => number[]
  /** The reply to a subcommand that it does not have, instead of Redis's. */
  readonly unknownSubcommand?: (argv: readonly ByteString[]) => string
}
