import type { ByteString } from '../../bytes/bytes.js'
import { parseDouble, parseInteger } from '../../bytes/numbers.js'
import type { Client } from '../../engine/client.js'
import { errors, ReplyError, wrongArity } from '../../errors.js'
import type { Database } from '../../keyspace/database.js'
import { type Command, FlagBit } from '../../registry/command.js'
import { keyIndices } from '../../registry/key-spec.js'
import { type TypeName, typeOf } from '../../values/value.js'

/** A recorded effect and the engine's command that carries it out. */
interface Effect {
  readonly command: Command
  readonly argv: readonly ByteString[]
}

/**
 * Applies a command's effects, in order: all of them, or none and a ReplyError.
 *
 * One effect is one command of the engine, which checks before it changes anything. Several can only fail half-way if a
 * later one fails, so:
 *
 * - effects of plain forms (see PLAIN) can fail only for the type of a key, which is checked before the first is
 *   applied; nothing is copied. This is the fast path, and what modules do almost always;
 * - for any other combination, the keys that are to be written are copied first, O(size of their values), and put back
 *   when an effect fails. Keyspace events wait until all have succeeded.
 *
 * `client` is the engine's own, with the database of the caller selected.
 */
export function commit(client: Client, effects: readonly (readonly ByteString[])[]): void {
  if (effects.length === 1) {
    const { command, argv } = effectOf(client, effects[0]!)
    run(client, command, argv)
    return
  }
  const commands = effects.map(argv => effectOf(client, argv))
  if (commands.every(({ command, argv }) => PLAIN[command.fullName]?.isPlain(argv) === true)) {
    checkTypes(client.database, commands)
    for (const { command, argv } of commands) run(client, command, argv)
  } else applyOrUndo(client, commands)
}

/** Checks that an effect is a command that can be one. */
function effectOf({ engine }: Client, argv: readonly ByteString[]): Effect {
  const name = argv[0]!
  const command = engine.commands.of('<builtin>', name.toLowerCase())
  if (command?.run === undefined) {
    throw new ReplyError(`ERR effect '${name}' is no command of the engine: only those can be replayed without the module`)
  }
  const isPublish = command.fullName === 'publish' || command.fullName === 'spublish'
  if (!command.has(FlagBit.write) && !isPublish) throw new ReplyError(`ERR effect '${name}' does not write`)
  if (command.has((FlagBit.blocking | FlagBit.admin | FlagBit.noscript) as FlagBit)) {
    throw new ReplyError(`ERR effect '${name}' is not allowed in a module`)
  }
  if (!command.accepts(argv.length)) throw wrongArity(command.fullName)
  return { command, argv }
}

function run(client: Client, command: Command, argv: readonly ByteString[]): void {
  client.reply.begin()
  // `effectOf` lets no command through that cannot run.
  command.run!(client, argv)
}

/** Goes through effects of plain forms as they will change the types of keys. Throws WRONGTYPE. */
function checkTypes(db: Database, effects: readonly Effect[]): void {
  const types = new Map<ByteString, TypeName | undefined>()
  for (const { command, argv } of effects) {
    const form = PLAIN[command.fullName]!
    if (form.keys === 'none') continue
    const keys = form.keys === 'all' ? argv.slice(1) : [argv[1]!]
    for (const key of keys) {
      if (form.type !== undefined) {
        let type = types.get(key)
        if (type === undefined && !types.has(key)) {
          const entry = db.find(key)
          type = entry && typeOf(entry.value)
        }
        if (type !== undefined && type !== form.type) throw errors.wrongType
      }
      if (form.leaves !== undefined) types.set(key, form.leaves === 'none' ? undefined : form.leaves)
    }
  }
}

function applyOrUndo(client: Client, effects: readonly Effect[]): void {
  const { database } = client
  const { keyspace } = database
  const keys = new Set<ByteString>()
  for (const { command, argv } of effects) {
    if (!command.has(FlagBit.write)) continue
    const indices = keyIndices(command.definition.keys ?? [], argv)
    if (indices === undefined || indices.length === 0) {
      throw new ReplyError(`ERR effect '${argv[0]}' can only be the sole effect of a command: it names no keys to restore`)
    }
    for (const index of indices) keys.add(argv[index]!)
  }
  const undo = database.snapshot(keys)
  const events = keyspace.holdEvents()
  try {
    for (const { command, argv } of effects) if (command.has(FlagBit.write)) run(client, command, argv)
  } catch (error) {
    undo()
    events.drop()
    throw error
  }
  events.release()
  for (const { command, argv } of effects) if (!command.has(FlagBit.write)) run(client, command, argv)
}

/** A form of a command that can fail only for the type of its keys. */
interface PlainForm {
  /** Whether the arguments, whose number is right, are of the form. */
  isPlain(argv: readonly ByteString[]): boolean
  readonly keys: 'first' | 'all' | 'none'
  /** The type that a key must have, if it exists. */
  readonly type?: TypeName
  /** What the key is afterwards, where that is sure and matters. */
  readonly leaves?: TypeName | 'none'
}

const always = (): boolean => true

const PLAIN: Readonly<Record<string, PlainForm>> = {
  del: { isPlain: always, keys: 'all', leaves: 'none' },
  unlink: { isPlain: always, keys: 'all', leaves: 'none' },
  persist: { isPlain: always, keys: 'first' },
  pexpire: { isPlain: argv => argv.length === 3 && isTime(argv[2]!), keys: 'first' },
  pexpireat: { isPlain: argv => argv.length === 3 && isTime(argv[2]!), keys: 'first' },
  publish: { isPlain: always, keys: 'none' },
  spublish: { isPlain: always, keys: 'none' },
  set: { isPlain: argv => argv.length === 3, keys: 'first', leaves: 'string' },
  hset: { isPlain: argv => argv.length % 2 === 0, keys: 'first', type: 'hash', leaves: 'hash' },
  hdel: { isPlain: always, keys: 'first', type: 'hash' },
  zadd: { isPlain: hasScores, keys: 'first', type: 'zset', leaves: 'zset' },
  zrem: { isPlain: always, keys: 'first', type: 'zset' },
  sadd: { isPlain: always, keys: 'first', type: 'set', leaves: 'set' },
  srem: { isPlain: always, keys: 'first', type: 'set' },
  lpush: { isPlain: always, keys: 'first', type: 'list', leaves: 'list' },
  rpush: { isPlain: always, keys: 'first', type: 'list', leaves: 'list' },
}

/** A time that EXPIRE cannot find too large. */
function isTime(text: ByteString): boolean {
  const value = parseInteger(text)
  return value !== undefined && Math.abs(value) < 2 ** 52
}

function hasScores(argv: readonly ByteString[]): boolean {
  if (argv.length % 2 !== 0) return false
  for (let i = 2; i < argv.length; i += 2) if (parseDouble(argv[i]!) === undefined) return false
  return true
}
