import type { ByteString } from '../../bytes/bytes.js'
import type { Client } from '../../engine/client.js'
import type { Engine } from '../../engine/engine.js'
import { ReplyError, wrongArity } from '../../errors.js'
import type { Database } from '../../keyspace/database.js'
import { type Command, FlagBit } from '../../registry/command.js'
import { keyIndices } from '../../registry/key-spec.js'
import { type TypeName, typeOf } from '../../values/value.js'
import { arePlain } from '../plain-effects.js'

/** A recorded effect, the engine's command that carries it out, and the database that it is for. */
interface Effect {
  readonly database: Database
  readonly command: Command
  readonly argv: readonly ByteString[]
}

/**
 * Applies a command's effects, in order: all of them, or none and a ReplyError.
 *
 * One effect is one command of the engine, which checks before it changes anything. Several can only fail half-way if a
 * later one fails, so:
 *
 * - effects of plain forms (see plain-effects.ts) can fail only for the type of a key, which is checked before the first is
 *   applied, where it is known; nothing is copied. This is the fast path, and what modules do almost always;
 * - for any other combination, the keys that are to be written are copied first, O(size of their values), and put back
 *   when an effect fails. Keyspace events wait until all have succeeded.
 *
 * `client` is the engine's own, with the database of the caller selected. Effects behind a `SELECT index` are for that database.
 */
export function commit(client: Client, recorded: readonly (readonly ByteString[])[]): void {
  if (recorded.length === 1) {
    run(client, effectOf(client, recorded[0]!))
    return
  }
  const effects: Effect[] = []
  for (const argv of recorded) {
    if (argv[0] === 'SELECT') client.database = databaseOf(client.engine, Number(argv[1]))
    else effects.push(effectOf(client, argv))
  }
  if (effects.length === 1 || arePlain(effects.map(plainOf), client.database.keyspace.now, typeIn))
    for (const effect of effects) run(client, effect)
  else applyOrUndo(client, effects)
}

/** The database of an index. Throws SELECT's error when there is none. */
export function databaseOf({ keyspace }: Engine, index: number): Database {
  const database = keyspace.databases[index]
  if (database === undefined) throw new ReplyError('ERR DB index is out of range')
  return database
}

/** Checks that an effect is a command that can be one; it is for the database that is selected. */
function effectOf({ engine, database }: Client, argv: readonly ByteString[]): Effect {
  const name = argv[0]!
  const command = engine.commands.of('<builtin>', name.toLowerCase())
  if (command?.run === undefined) {
    throw new ReplyError(
      `ERR effect '${name}' is no command of the engine: only those can be replayed without the module`,
    )
  }
  const isPublish = command.fullName === 'publish' || command.fullName === 'spublish'
  if (!command.has(FlagBit.write) && !isPublish) throw new ReplyError(`ERR effect '${name}' does not write`)
  if (command.has((FlagBit.blocking | FlagBit.admin | FlagBit.noscript) as FlagBit)) {
    throw new ReplyError(`ERR effect '${name}' is not allowed in a module`)
  }
  if (!command.accepts(argv.length)) throw wrongArity(command.fullName)
  return { database, command, argv }
}

function run(client: Client, { database, command, argv }: Effect): void {
  client.database = database
  client.reply.begin()
  // `effectOf` lets no command through that cannot run.
  command.run!(client, argv)
  const { effects } = client.engine
  if (effects.listening) effects.record(database, argv)
}

function plainOf({ database, command, argv }: Effect) {
  return { database, name: command.fullName, argv }
}

function typeIn(db: Database, key: ByteString): TypeName | 'none' {
  const entry = db.find(key)
  return entry === undefined ? 'none' : typeOf(entry.value)
}

function applyOrUndo(client: Client, effects: readonly Effect[]): void {
  const { keyspace } = client.engine
  const keysIn = new Map<Database, Set<ByteString>>()
  for (const { database, command, argv } of effects) {
    if (!command.has(FlagBit.write)) continue
    const indices = keyIndices(command.definition.keys ?? [], argv)
    if (indices === undefined || indices.length === 0 || reachesElsewhere(command, argv)) {
      throw new ReplyError(
        `ERR effect '${argv[0]}' can only be the sole effect of a command: what it writes could not be put back`,
      )
    }
    const keys = getOrMake(keysIn, database, newSet)
    for (const index of indices) keys.add(argv[index]!)
  }
  const undo = [...keysIn].map(([database, keys]) => database.snapshot(keys))
  const events = keyspace.holdEvents()
  const feed = client.engine.effects
  const { mark } = feed
  try {
    for (const effect of effects) if (effect.command.has(FlagBit.write)) run(client, effect)
  } catch (error) {
    for (const putBack of undo) putBack()
    if (feed.listening) feed.rewind(mark)
    events.drop()
    throw error
  }
  events.release()
  for (const effect of effects) if (!effect.command.has(FlagBit.write)) run(client, effect)
}

/** What a map has for a key; made first if there is none. */
function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

const newSet = (): Set<ByteString> => new Set()

/** Whether an effect writes keys of another database. */
function reachesElsewhere({ fullName }: Command, argv: readonly ByteString[]): boolean {
  return fullName === 'move' || (fullName === 'copy' && argv.slice(3).some(word => word.toLowerCase() === 'db'))
}
