import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Command } from '../registry/command.js'
import type { CommandTable } from '../registry/command-table.js'
import type { KeyFlag } from '../registry/definition.js'
import { type FoundKey, findKeys } from '../registry/key-spec.js'

/** The keys of a whole call, for COMMAND GETKEYS. Throws a ReplyError when it has none, or is none. */
export function callKeys(commands: CommandTable, argv: readonly ByteString[]): readonly FoundKey[] {
  const command = meant(commands, argv)
  if (command === undefined) throw new ReplyError('ERR Invalid command specified')
  const { keys = [], keysOf, flags } = command.definition
  if (keysOf === undefined && keys.every(spec => spec.flags.includes('not_key'))) {
    throw new ReplyError('ERR The command has no key arguments')
  }
  if (!command.accepts(argv.length)) throw new ReplyError('ERR Invalid number of arguments specified for command')
  const found = keysFound(command, argv)
  if (found.length === 0 && !flags.includes('no_mandatory_keys')) {
    throw new ReplyError('ERR Invalid arguments specified for command')
  }
  return found
}

function meant(commands: CommandTable, argv: readonly ByteString[]): Command | undefined {
  const container = commands.lookup(argv[0]!)
  if (container?.subcommands === undefined || argv.length === 1) return container
  return container.subcommands.get(argv[1]!.toLowerCase())
}

function keysFound({ definition, fullName }: Command, argv: readonly ByteString[]): readonly FoundKey[] {
  const { keys = [], keysOf } = definition
  const found = findKeys(keys, argv) ?? []
  if (keysOf !== undefined) {
    // What no spec can find are the keys that a result is stored in.
    const stored: readonly KeyFlag[] = ['OW', 'update']
    return keysOf(argv).map(index => found.find(key => key.index === index) ?? { index, flags: stored })
  }
  const flagsOf = DEPENDING_ON_OPTIONS.get(fullName)
  return flagsOf === undefined ? found : found.map(({ index }) => ({ index, flags: flagsOf(argv) }))
}

/** What the commands do to their key whose specs say `variable_flags`. */
const DEPENDING_ON_OPTIONS = new Map<string, (argv: readonly ByteString[]) => readonly KeyFlag[]>([
  [
    'set',
    argv =>
      argv.some((word, i) => i >= 3 && word.toLowerCase() === 'get') ? ['RW', 'access', 'update'] : ['OW', 'update'],
  ],
  ['bitfield', argv => (bitfieldWrites(argv) ? ['RW', 'access', 'update'] : ['RO', 'access'])],
])

function bitfieldWrites(argv: readonly ByteString[]): boolean {
  for (let i = 2; i < argv.length; i++) {
    const left = argv.length - 1 - i
    const word = argv[i]!.toLowerCase()
    if (word === 'get' && left >= 2) i += 2
    else if ((word === 'set' || word === 'incrby') && left >= 3) return true
    else if (word === 'overflow' && left >= 1) i++
    else return true
  }
  return false
}
