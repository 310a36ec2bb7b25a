import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import type { ServerCommands } from '../../upstream/command-info.js'
import { ConnectionLost } from '../../upstream/connection.js'
import type { RawReply } from '../../upstream/raw-reply.js'
import { Redirection } from '../../upstream/redirection.js'
import type { RoutedConnection } from '../../upstream/route.js'
import { checkEffects, type Effect, effectsOf } from './effects.js'
import type { Call, Outcome } from './handler.js'
import type { OneSlot } from './one-slot.js'
import { transactionReplies } from './read-only.js'
import { Answers, placeOf, Reading, type ReadRequest } from './reading.js'
import { checkRepeats } from './run.js'

/** Something that was read has changed before the commit. */
export const CONFLICT = Symbol('conflict')

/**
 * Runs a command that may write, once: watches and reads until it has all that it reads, then commits what it writes.
 *
 * @param connection is to be used by nobody else meanwhile
 * @param slots is to have no key yet
 * @returns CONFLICT if the commit was refused; then nothing has been written
 * @throws ConnectionLost when the connection was lost before the commit, Redirection when the server is not the one for it: nothing has
 *   been written. ReplyError `UNKNOWNOUTCOME …` when the connection was lost during the commit
 */
export async function attempt(
  call: Call,
  first: Outcome,
  connection: RoutedConnection,
  commands: ServerCommands,
  slots: OneSlot,
): Promise<Outcome | typeof CONFLICT> {
  const state = new Attempt(call, connection, commands, slots)
  try {
    return await state.run(first)
  } finally {
    state.forget()
  }
}

class Attempt {
  readonly #answers = new Answers()
  readonly #call: Call
  readonly #connection: RoutedConnection
  readonly #commands: ServerCommands
  readonly #slots: OneSlot
  readonly #watched = new Set<string>()
  /** The keys that may be relied on, where the server has only a part of the hash slot. */
  readonly #covered = new Set<ByteString>()
  #wasServed = false

  constructor(call: Call, connection: RoutedConnection, commands: ServerCommands, slots: OneSlot) {
    this.#call = call
    this.#connection = connection
    this.#commands = commands
    this.#slots = slots
  }

  async run(first: Outcome): Promise<Outcome | typeof CONFLICT> {
    const call = this.#call
    let outcome = first
    while (outcome.run.reading.missing.size > 0) {
      const before = outcome.run.reading
      const missing = this.#slots.addSome([...before.missing.values()])
      await this.#fetch([...missing, ...this.#foreseen(outcome)])
      outcome = call.run(this.#answers)
      checkRepeats(call.fullName, before.questions, outcome.run.reading.questions, id => !before.missing.has(id))
    }
    const { result, run } = outcome
    const effects = result.kind === 'reply' ? effectsOf(run.effects, call.database, this.#commands) : []
    this.#slots.addArguments(call, result)
    for (const { database, command, argv } of effects) this.#slots.add(database, command.placesOf(argv))
    if (effects.length === 0) {
      // Several reads have not been made at one moment; whether they could have been, is asked now.
      const isOne = run.reading.used.size < 2
      return isOne || (await this.#isUnchanged()) ? outcome : CONFLICT
    }
    for (;;) {
      const reading = new Reading(this.#answers)
      const isReady = checkEffects(effects, call.database, call.now, reading)
      if (isReady) {
        await this.#cover(effects.flatMap(({ command, argv }) => command.placesOf(argv)))
        return (await this.#commit(effects)) ? outcome : CONFLICT
      }
      await this.#fetch(this.#slots.addSome([...reading.missing.values()]))
    }
  }

  /** Ends the watching. Nobody waits for the reply: what is sent next on the connection comes after it. */
  forget(): void {
    if (this.#watched.size > 0 && this.#connection.isOpen) this.#connection.send([['UNWATCH']]).catch(() => {})
    this.#watched.clear()
  }

  /** Watches the keys of some reads, and makes them: one round trip. */
  async #fetch(requests: readonly ReadRequest[]): Promise<void> {
    const sent: (readonly ByteString[])[] = []
    const from: (ReadRequest | 'select' | undefined)[] = []
    const add = (argv: readonly ByteString[], of?: ReadRequest | 'select'): void => {
      sent.push(argv)
      from.push(of)
    }
    const { database } = this.#call
    for (const index of new Set([database, ...requests.map(request => request.database)])) {
      const own = requests.filter(request => request.database === index)
      if (own.length === 0) continue
      if (index !== database) add(['SELECT', String(index)], 'select')
      const keys = new Set(own.flatMap(request => request.keys))
      for (const key of keys) if (this.#watched.has(placeOf(index, key))) keys.delete(key)
      if (keys.size > 0) add(['WATCH', ...this.#withCovered(keys)])
      for (const key of keys) this.#watched.add(placeOf(index, key))
      for (const request of own) add(request.argv, request)
    }
    if (requests.some(request => request.database !== database)) add(['SELECT', String(database)])
    const replies = await this.#send(sent)
    let noDatabase: RawReply | undefined
    for (const [index, of] of from.entries()) {
      const reply = replies[index] ?? null
      if (of === 'select') noDatabase = reply instanceof ReplyError ? reply : undefined
      else if (of !== undefined) this.#answers.set(of, noDatabase ?? reply)
      // What is not watched must not be relied on.
      else if (reply instanceof ReplyError) throw new ReplyError(reply.message)
    }
  }

  /** Those that are to be watched; together with all others, where that is what makes the server say whether it has them all. */
  #withCovered(keys: ReadonlySet<ByteString>): Iterable<ByteString> {
    if (!this.#connection.isPartial) return keys
    for (const key of keys) this.#covered.add(key)
    return this.#covered
  }

  /** Makes sure that keys can be written where the server has only a part of the hash slot. */
  async #cover(keys: readonly ByteString[]): Promise<void> {
    if (!this.#connection.isPartial || keys.every(key => this.#covered.has(key))) return
    const all = [...this.#withCovered(new Set(keys))]
    // Of a single one it has been said.
    if (all.length === 1) return
    for (const key of keys) this.#watched.add(placeOf(this.#call.database, key))
    const [reply = null] = await this.#send([['WATCH', ...all]])
    if (reply instanceof ReplyError) throw new ReplyError(reply.message)
  }

  async #send(commands: readonly (readonly ByteString[])[]): Promise<RawReply[]> {
    try {
      const replies = await this.#connection.send(commands, this.#connection.timeLeft)
      this.#wasServed = true
      return replies
    } catch (error) {
      // The other server does not have what this one had.
      throw error instanceof Redirection && error.kind === 'ask' && this.#wasServed ? error.later() : error
    }
  }

  /**
   * What the commit will have to know of keys that an unfinished run writes, as far as it is about keys that it reads or that the
   * arguments name: others may come of what it took for granted.
   */
  #foreseen({ run }: Outcome): ReadRequest[] {
    const { database, now, keys } = this.#call
    const known = new Set(keys.map(key => placeOf(database, key)))
    for (const asked of run.reading.used.values()) for (const key of asked.keys) known.add(placeOf(asked.database, key))
    const reading = new Reading(this.#answers)
    try {
      checkEffects(effectsOf(run.effects, database, this.#commands), database, now, reading)
    } catch {
      // It is thrown again when the run is complete, unless what was taken for granted was the reason.
    }
    return [...reading.missing.values()].filter(
      ({ id, database: index, keys }) =>
        !run.reading.missing.has(id) &&
        keys.every(key => known.has(placeOf(index, key))) &&
        this.#slots.admits(index, keys),
    )
  }

  /** Whether nothing that is watched has changed. Ends the watching. */
  async #isUnchanged(): Promise<boolean> {
    if (this.#watched.size === 0) return true
    const [, reply = null] = await this.#send([['MULTI'], ['EXEC']])
    if (reply instanceof ReplyError) throw new ReplyError(reply.message)
    this.#watched.clear()
    return reply !== null
  }

  /** Applies the effects, unless something that is watched has changed: one round trip. Whether it has applied them. */
  async #commit(effects: readonly Effect[]): Promise<boolean> {
    const { database, fullName } = this.#call
    const [only] = effects
    const isAlone = effects.length === 1 && only?.database === database && this.#watched.size === 0
    const sent = isAlone ? [only.argv] : [['MULTI'], ...inDatabases(effects, database), ['EXEC']]
    let replies: RawReply[]
    try {
      replies = await this.#send(sent)
    } catch (error) {
      if (!(error instanceof ConnectionLost) || !error.wasSent) throw error
      throw new ReplyError(
        `UNKNOWNOUTCOME the commit of ${fullName} had been sent when ${error.message}: ` +
          'what it writes has been written all or not at all',
        { cause: error },
      )
    }
    // However it ended, EXEC has ended the watching.
    this.#watched.clear()
    if (!isAlone && replies.at(-1) === null) return false
    for (const reply of isAlone ? replies : transactionReplies(replies)) {
      if (!(reply instanceof ReplyError)) continue
      if (effects.length === 1) throw new ReplyError(reply.message)
      throw new ReplyError(
        `ERR one of the effects of ${fullName} has failed, and the others have been applied: ${reply.message}`,
      )
    }
    return true
  }
}

/** The effects with what selects their databases, and in the end the one that was selected before. */
function* inDatabases(effects: readonly Effect[], database: number): Generator<readonly ByteString[]> {
  let selected = database
  for (const effect of effects) {
    if (effect.database !== selected) yield ['SELECT', String(effect.database)]
    selected = effect.database
    yield effect.argv
  }
  if (selected !== database) yield ['SELECT', String(database)]
}
