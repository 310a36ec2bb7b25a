import type { CommandDefinition, Flag, Handler } from './definition.js'

/** A command in the table: its definition, prepared for dispatch, and how often it has been called. */
export class Command {
  /** `get`; of a subcommand `config|get`. */
  readonly fullName: string
  readonly arity: number
  readonly flags: number
  readonly run: Handler | undefined
  readonly subcommands: ReadonlyMap<string, Command> | undefined
  readonly stats = new CommandStats()

  constructor(
    readonly definition: CommandDefinition,
    /** Name of the module that it belongs to; `<builtin>` for those of the engine. */
    readonly module: string,
    readonly parent?: Command,
  ) {
    this.fullName = parent === undefined ? definition.name : `${parent.fullName}|${definition.name}`
    this.arity = definition.arity
    this.flags = flagBits(definition.flags)
    this.run = definition.run
    this.subcommands =
      definition.subcommands && new Map(definition.subcommands.map(sub => [sub.name, new Command(sub, module, this)]))
  }

  /** Whether a call with so many words, the name included, is one that the command can parse. */
  accepts(words: number): boolean {
    return this.arity >= 0 ? words === this.arity : words >= -this.arity
  }

  has(flag: FlagBit): boolean {
    return (this.flags & flag) !== 0
  }

  /** All ACL categories, without the `@`, in Redis's order: those that follow from the flags, and its own. */
  get categories(): string[] {
    const categories = new Set<string>()
    const { definition } = this
    for (const category of definition.categories ?? []) categories.add(category)
    if (this.has(FlagBit.write)) categories.add('write')
    if (this.has(FlagBit.readonly) && !categories.has('scripting')) categories.add('read')
    if (this.has(FlagBit.admin)) categories.add('admin').add('dangerous')
    if (this.has(FlagBit.pubsub)) categories.add('pubsub')
    if (this.has(FlagBit.blocking)) categories.add('blocking')
    categories.add(this.has(FlagBit.fast) ? 'fast' : 'slow')
    return CATEGORIES.filter(category => categories.has(category))
  }
}

const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
]

export class CommandStats {
  calls = 0
  /** Microseconds spent in it. */
  microseconds = 0
  /** Calls refused before it ran: arity, authentication… */
  rejected = 0
  /** Calls that it answered with an error. */
  failed = 0

  reset(): void {
    this.calls = this.microseconds = this.rejected = this.failed = 0
  }
}

/** The flags as bits, for dispatch. */
export const FlagBit = {
  write: 1 << 0,
  readonly: 1 << 1,
  denyoom: 1 << 2,
  module: 1 << 3,
  admin: 1 << 4,
  pubsub: 1 << 5,
  noscript: 1 << 6,
  blocking: 1 << 7,
  loading: 1 << 8,
  stale: 1 << 9,
  skip_monitor: 1 << 10,
  skip_slowlog: 1 << 11,
  asking: 1 << 12,
  fast: 1 << 13,
  no_auth: 1 << 14,
  may_replicate: 1 << 15,
  no_mandatory_keys: 1 << 16,
  no_async_loading: 1 << 17,
  no_multi: 1 << 18,
  movablekeys: 1 << 19,
  allow_busy: 1 << 20,
} as const satisfies Record<Flag, number>

export type FlagBit = (typeof FlagBit)[Flag]

function flagBits(flags: readonly Flag[]): number {
  return flags.reduce((bits, flag) => bits | FlagBit[flag], 0)
}
