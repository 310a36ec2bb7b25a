import type { ByteString } from '../bytes/bytes.js'
import { type FoundKey, findKeys, type KeyFlag, type KeySpec } from '../registry/key-spec.js'
import { bytesIn, itemsIn, numberIn, type RawReply } from './raw-reply.js'

/** What the server says of one of its commands. */
export class ServerCommand {
  /** Whom a command without keys is to be sent to in a Cluster, and what is to be made of the replies (https://redis.io/docs/reference/command-tips). */
  readonly requestPolicy: string | undefined
  readonly responsePolicy: string | undefined
  readonly #flags: ReadonlySet<string>
  readonly #specs: readonly KeySpec[]
  /** Those that tell where a command is to be carried out, as if all that they find were keys. */
  readonly #places: readonly KeySpec[]

  constructor(
    /** In lower case: `get`, `config|get`. */
    readonly fullName: string,
    readonly arity: number,
    flags: ReadonlySet<string>,
    specs: readonly KeySpec[],
    /** By their own names in lower case. */
    readonly subcommands: ReadonlyMap<string, ServerCommand>,
    tips: readonly ByteString[] = [],
  ) {
    this.#flags = flags
    this.#specs = specs
    this.#places = specs
      .filter(({ begin }) => !('index' in begin && begin.index === 0))
      .map(spec => ({ ...spec, flags: spec.flags.filter(flag => flag !== 'not_key') }))
    const tip = (name: string) => tips.find(text => text.startsWith(`${name}:`))?.slice(name.length + 1)
    this.requestPolicy = tip('request_policy')
    this.responsePolicy = tip('response_policy')
  }

  /** Whether it has a flag, by the name that COMMAND INFO shows. */
  /** Whether it is meant to keep who calls it waiting. */
  get mayWait(): boolean {
    return this.has('blocking') || this.fullName === 'wait'
  }

  has(flag: string): boolean {
    return this.#flags.has(flag)
  }

  accepts(words: number): boolean {
    return this.arity >= 0 ? words === this.arity : words >= -this.arity
  }

  /** The keys of a call; undefined when it cannot be said from the arguments which they are. */
  keysOf(argv: readonly ByteString[]): readonly FoundKey[] | undefined {
    if (this.has('movablekeys') && this.#specs.length === 0) return undefined
    if (this.#specs.some(({ flags }) => flags.includes('incomplete'))) return undefined
    return findKeys(this.#specs, argv)
  }

  /** The words of a call by whose hash slots a Cluster finds the node for it: its keys, or shard channels, as far as they are known. */
  placesOf(argv: readonly ByteString[]): readonly ByteString[] {
    return (findKeys(this.#places, argv) ?? []).map(({ index }) => argv[index]!)
  }
}

/** The server's commands, from its reply to COMMAND. */
export class ServerCommands {
  readonly #commands: ReadonlyMap<string, ServerCommand>

  constructor(reply: RawReply) {
    this.#commands = commandsIn(reply)
  }

  /** All commands, containers with their subcommands. */
  all(): Iterable<ServerCommand> {
    return this.#commands.values()
  }

  /** By its full name in lower case: `config|get`. */
  named(fullName: string): ServerCommand | undefined {
    const [name = '', sub] = fullName.split('|')
    const command = this.#commands.get(name)
    return sub === undefined ? command : command?.subcommands.get(sub)
  }

  /** The command that a call is of; of a container the subcommand, if there is one of that name. */
  of(argv: readonly ByteString[]): ServerCommand | undefined {
    const command = this.#commands.get(argv[0]!.toLowerCase())
    if (command === undefined || argv.length < 2) return command
    return command.subcommands.get(argv[1]!.toLowerCase()) ?? command
  }
}

function commandsIn(reply: RawReply): Map<string, ServerCommand> {
  const commands = new Map<string, ServerCommand>()
  for (const item of itemsIn(reply)) {
    const [
      name = null,
      arity = null,
      flags = null,
      first = null,
      last = null,
      step = null,
      ,
      tips,
      specs,
      subcommands,
    ] = itemsIn(item)
    const fullName = (bytesIn(name) ?? '').toLowerCase()
    const own = fullName.slice(fullName.indexOf('|') + 1)
    const keySpecs = specs === undefined ? legacySpecs(numberIn(first), numberIn(last), numberIn(step)) : specsIn(specs)
    const command = new ServerCommand(
      fullName,
      numberIn(arity),
      new Set(itemsIn(flags).map(flag => bytesIn(flag) ?? '')),
      keySpecs,
      subcommands === undefined ? legacySubcommands(fullName) : commandsIn(subcommands),
      tips === undefined ? LEGACY_TIPS[fullName] : itemsIn(tips).map(tip => bytesIn(tip) ?? ''),
    )
    commands.set(own, command)
  }
  return commands
}

/** Before Redis 7 there were no key specs. */
function legacySpecs(first: number, last: number, step: number): KeySpec[] {
  if (first === 0) return []
  return [{ flags: [], begin: { index: first }, find: { last: last < 0 ? last : last - first, step, limit: 0 } }]
}

/** Before Redis 7 there were no tips, and subcommands were not told of: of those that span nodes, these are in use. */
const LEGACY_TIPS: Readonly<Record<string, readonly ByteString[]>> = {
  dbsize: ['request_policy:all_shards', 'response_policy:agg_sum'],
  keys: ['request_policy:all_shards'],
  flushall: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  flushdb: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  'script|load': ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  'script|flush': ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  'script|exists': ['request_policy:all_shards', 'response_policy:agg_logical_and'],
  scan: ['request_policy:special'],
  randomkey: ['request_policy:all_shards', 'response_policy:special'],
}

function legacySubcommands(container: string): Map<string, ServerCommand> {
  const subcommands = new Map<string, ServerCommand>()
  for (const [name, tips] of Object.entries(LEGACY_TIPS)) {
    const [of, own] = name.split('|')
    if (own === undefined || of !== container) continue
    subcommands.set(own, new ServerCommand(name, -2, new Set(['noscript']), [], new Map(), tips))
  }
  return subcommands
}

/** As COMMAND writes them in RESP2: names and values in turn, at each level. */
function specsIn(reply: RawReply): KeySpec[] {
  return itemsIn(reply).map(item => {
    const spec = fieldsIn(item)
    const begin = fieldsIn(spec.get('begin_search'))
    const find = fieldsIn(spec.get('find_keys'))
    const from = fieldsIn(begin.get('spec'))
    const by = fieldsIn(find.get('spec'))
    const flags = itemsIn(spec.get('flags') ?? null).map(flag => bytesIn(flag) as KeyFlag)
    const number = (fields: ReadonlyMap<string, RawReply>, name: string): number => numberIn(fields.get(name) ?? null)
    const isKnown =
      ['index', 'keyword'].includes(bytesIn(begin.get('type') ?? null) ?? '') &&
      ['range', 'keynum'].includes(bytesIn(find.get('type') ?? null) ?? '')
    return {
      flags: isKnown ? flags : [...flags, 'incomplete'],
      begin:
        bytesIn(begin.get('type') ?? null) === 'keyword'
          ? { keyword: bytesIn(from.get('keyword') ?? null) ?? '', from: number(from, 'startfrom') }
          : { index: number(from, 'index') },
      find:
        bytesIn(find.get('type') ?? null) === 'keynum'
          ? { keynum: number(by, 'keynumidx'), first: number(by, 'firstkey'), step: number(by, 'keystep') }
          : { last: number(by, 'lastkey'), step: number(by, 'keystep'), limit: number(by, 'limit') },
    }
  })
}

function fieldsIn(reply: RawReply | undefined): Map<string, RawReply> {
  const fields = new Map<string, RawReply>()
  const items = itemsIn(reply ?? null)
  for (let i = 0; i + 1 < items.length; i += 2) fields.set(bytesIn(items[i]!) ?? '', items[i + 1]!)
  return fields
}
