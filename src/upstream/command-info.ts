import type { ByteString } from '../bytes/bytes.js'
import { type FoundKey, findKeys, type KeyFlag, type KeySpec } from '../registry/key-spec.js'
import { bytesIn, itemsIn, numberIn, type RawReply } from './raw-reply.js'

/** What the server says of one of its commands. */
export class ServerCommand {
  readonly #flags: ReadonlySet<string>
  readonly #specs: readonly KeySpec[]

  constructor(
    /** In lower case: `get`, `config|get`. */
    readonly fullName: string,
    readonly arity: number,
    flags: ReadonlySet<string>,
    specs: readonly KeySpec[],
    /** By their own names in lower case. */
    readonly subcommands: ReadonlyMap<string, ServerCommand>,
  ) {
    this.#flags = flags
    this.#specs = specs
  }

  /** Whether it has a flag, by the name that COMMAND INFO shows. */
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
    const [name = null, arity = null, flags = null, first = null, last = null, step = null, , , specs, subcommands] =
      itemsIn(item)
    const fullName = (bytesIn(name) ?? '').toLowerCase()
    const own = fullName.slice(fullName.indexOf('|') + 1)
    const keySpecs = specs === undefined ? legacySpecs(numberIn(first), numberIn(last), numberIn(step)) : specsIn(specs)
    const command = new ServerCommand(
      fullName,
      numberIn(arity),
      new Set(itemsIn(flags).map(flag => bytesIn(flag) ?? '')),
      keySpecs,
      commandsIn(subcommands ?? null),
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
