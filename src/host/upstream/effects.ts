import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError, wrongArity } from '../../errors.js'
import type { ServerCommand, ServerCommands } from '../../upstream/command-info.js'
import { bytesIn } from '../../upstream/raw-reply.js'
import { arePlain, typedKeys } from '../plain-effects.js'
import type { Reading } from './reading.js'

/** A recorded effect, the server's command that carries it out, and the database that it is for. */
export interface Effect {
  readonly database: number
  readonly command: ServerCommand
  readonly argv: readonly ByteString[]
}

/**
 * Checks that the recorded effects are commands that can be effects.
 *
 * @param database the client's
 * @throws ReplyError for one that cannot
 */
export function effectsOf(
  recorded: readonly (readonly ByteString[])[],
  database: number,
  commands: ServerCommands,
): Effect[] {
  const effects: Effect[] = []
  let selected = database
  for (const argv of recorded) {
    const name = argv[0]!
    if (name === 'SELECT') {
      selected = Number(argv[1])
      continue
    }
    const command = commands.of(argv)
    if (command === undefined) throw new ReplyError(`ERR effect '${name}' is no command of the server`)
    const isPublish = command.fullName === 'publish' || command.fullName === 'spublish'
    if (!command.has('write') && !isPublish) throw new ReplyError(`ERR effect '${name}' does not write`)
    if (command.has('blocking') || command.has('admin') || command.has('noscript')) {
      throw new ReplyError(`ERR effect '${name}' is not allowed in a module`)
    }
    if (!command.accepts(argv.length)) throw wrongArity(command.fullName)
    effects.push({ database: selected, command, argv })
  }
  return effects
}

/**
 * Makes sure that none of several effects can fail, since EXEC goes on behind one that does. What this depends on is asked for,
 * and so becomes a part of what must not change before EXEC.
 *
 * A single effect may fail: then nothing has been done.
 *
 * @param client the client's database
 * @param now milliseconds since the epoch
 * @param reading is asked; what it lacks then, is to be fetched
 * @returns whether all that was asked for was there; if not, it is to be called again
 * @throws ReplyError for effects of which one would fail, or could fail in a way that cannot be seen beforehand
 */
export function checkEffects(effects: readonly Effect[], client: number, now: number, reading: Reading): boolean {
  let isComplete = true
  for (const { database } of effects) {
    // An index that the server does not have must not be found out in the middle either.
    if (database === client || reading.answers.reaches(database)) continue
    if (reading.ask(database, ['PING'], []) === undefined) isComplete = false
  }
  if (effects.length < 2) return isComplete
  const plain = effects.map(({ database, command, argv }) => ({ database, name: command.fullName, argv }))
  for (const effect of plain) {
    for (const key of typedKeys(effect)) {
      if (reading.ask(effect.database, ['TYPE', key], [key]) === undefined) isComplete = false
    }
  }
  if (!isComplete) return false
  const typeIn = (database: number, key: ByteString) =>
    (bytesIn(reading.ask(database, ['TYPE', key], [key]) ?? null) ?? 'none') as 'none'
  if (arePlain(plain, now, typeIn)) return true
  const names = effects.map(({ argv }) => argv[0]).join(', ')
  throw new ReplyError(
    `ERR effects ${names} cannot be applied together: that none of them fails could not be seen beforehand`,
  )
}
