/** `write`: it records Redis commands, and does nothing else. */
import type { ByteString } from '../bytes/bytes.js'
import { type BytesLike, describe, isBytes, latin1 } from './bytes.js'
import type { Write, WriteHash, WriteKey, WriteSortedSet, WriteString } from './context.js'
import type { CommandWord } from './reply.js'

/** Collects the effects of one run of a command, for the host to apply together. */
export class EffectRecorder {
  /**
   * The recorded commands, each with its name in upper case, in order. They are for the client's database, up to a `SELECT index`,
   * after which they are for that one, as in an append-only file.
   */
  readonly effects: ByteString[][] = []
  /** What the command is given. */
  readonly write: Write
  #selected: number

  /** @param database the index of the client's */
  constructor(database = 0) {
    this.#selected = database
    this.write = new DatabaseWriter(this, database)
  }

  push(database: number, effect: ByteString[]): void {
    if (database !== this.#selected) {
      this.effects.push(['SELECT', String(database)])
      this.#selected = database
    }
    this.effects.push(effect)
  }
}

/** The index of a database, from what an author gave. Throws a TypeError for what is no integer from 0. */
export function checkDatabase(index: unknown): number {
  if (typeof index === 'number' && Number.isSafeInteger(index) && index >= 0) return index === 0 ? 0 : index
  throw new TypeError(`a database is an integer from 0, not ${describe(index)}`)
}

class DatabaseWriter implements Write {
  readonly #recorder: EffectRecorder
  readonly #to: Effects

  constructor(recorder: EffectRecorder, database: number) {
    this.#recorder = recorder
    this.#to = new Effects(recorder, database)
  }

  key(key: BytesLike): WriteKey {
    return new KeyWriter(this.#to, latin1(key, 'the key'))
  }

  string(key: BytesLike): WriteString {
    return new StringWriter(this.#to, latin1(key, 'the key'))
  }

  hash(key: BytesLike): WriteHash {
    return new HashWriter(this.#to, latin1(key, 'the key'))
  }

  sortedSet(key: BytesLike): WriteSortedSet {
    return new SortedSetWriter(this.#to, latin1(key, 'the key'))
  }

  publish(channel: BytesLike, message: CommandWord): void {
    this.#to.push(['PUBLISH', latin1(channel, 'the channel'), wordOf(message, 'the message')])
  }

  call(...argv: readonly CommandWord[]): void {
    if (argv.length === 0) throw new TypeError('write.call() needs the name of a command')
    const effect = argv.map((word, index) => wordOf(word, `argument ${index} of write.call()`))
    effect[0] = (effect[0] as ByteString).toUpperCase()
    if (effect[0] === 'SELECT') throw new TypeError('write.call() cannot select a database: use write.database(index)')
    this.#to.push(effect)
  }

  database(index: number): Write {
    return new DatabaseWriter(this.#recorder, checkDatabase(index))
  }
}

/** Where the effects on one database go. */
class Effects {
  readonly #recorder: EffectRecorder
  readonly #database: number

  constructor(recorder: EffectRecorder, database: number) {
    this.#recorder = recorder
    this.#database = database
  }

  push(effect: ByteString[]): void {
    this.#recorder.push(this.#database, effect)
  }
}

class KeyWriter implements WriteKey {
  readonly #effects: Effects
  readonly #key: ByteString

  constructor(effects: Effects, key: ByteString) {
    this.#effects = effects
    this.#key = key
  }

  delete(): void {
    this.#effects.push(['DEL', this.#key])
  }

  expire(milliseconds: number): void {
    this.#effects.push(['PEXPIRE', this.#key, integerOf(milliseconds, 'the time to live')])
  }

  expireAt(time: number): void {
    this.#effects.push(['PEXPIREAT', this.#key, integerOf(time, 'the time of expiry')])
  }

  persist(): void {
    this.#effects.push(['PERSIST', this.#key])
  }

  rename(to: BytesLike): void {
    this.#effects.push(['RENAME', this.#key, latin1(to, 'the new name of the key')])
  }
}

class StringWriter implements WriteString {
  readonly #effects: Effects
  readonly #key: ByteString

  constructor(effects: Effects, key: ByteString) {
    this.#effects = effects
    this.#key = key
  }

  set(value: CommandWord, options?: { expire?: number; expireAt?: number; keepTtl?: boolean }): void {
    const effect = ['SET', this.#key, wordOf(value, 'the value')]
    if (options?.expire !== undefined) effect.push('PX', integerOf(options.expire, 'the time to live'))
    else if (options?.expireAt !== undefined) effect.push('PXAT', integerOf(options.expireAt, 'the time of expiry'))
    else if (options?.keepTtl === true) effect.push('KEEPTTL')
    this.#effects.push(effect)
  }

  append(value: CommandWord): void {
    this.#effects.push(['APPEND', this.#key, wordOf(value, 'the value')])
  }

  setRange(offset: number, value: CommandWord): void {
    this.#effects.push(['SETRANGE', this.#key, integerOf(offset, 'the offset'), wordOf(value, 'the value')])
  }

  setBit(offset: number, bit: 0 | 1): void {
    if (bit !== 0 && bit !== 1) throw new TypeError(`the bit must be 0 or 1, not ${describe(bit)}`)
    this.#effects.push(['SETBIT', this.#key, integerOf(offset, 'the offset'), String(bit)])
  }

  increment(by: number | bigint = 1): void {
    this.#effects.push(['INCRBY', this.#key, integerOf(by, 'the increment')])
  }

  incrementByFloat(by: number): void {
    this.#effects.push(['INCRBYFLOAT', this.#key, finiteOf(by, 'the increment')])
  }
}

class HashWriter implements WriteHash {
  readonly #effects: Effects
  readonly #key: ByteString

  constructor(effects: Effects, key: ByteString) {
    this.#effects = effects
    this.#key = key
  }

  set(
    fieldOrEntries: BytesLike | readonly { readonly field: BytesLike; readonly value: CommandWord }[],
    value?: CommandWord,
  ): void {
    if (!Array.isArray(fieldOrEntries)) {
      this.#effects.push([
        'HSET',
        this.#key,
        latin1(fieldOrEntries as BytesLike, 'the field'),
        wordOf(value, 'the value'),
      ])
      return
    }
    if (fieldOrEntries.length === 0) return
    const effect = ['HSET', this.#key]
    for (const entry of fieldOrEntries) effect.push(latin1(entry.field, 'the field'), wordOf(entry.value, 'the value'))
    this.#effects.push(effect)
  }

  delete(...fields: readonly BytesLike[]): void {
    if (fields.length === 0) return
    this.#effects.push(['HDEL', this.#key, ...fields.map(field => latin1(field, 'the field'))])
  }

  increment(field: BytesLike, by: number | bigint = 1): void {
    this.#effects.push(['HINCRBY', this.#key, latin1(field, 'the field'), integerOf(by, 'the increment')])
  }

  incrementByFloat(field: BytesLike, by: number): void {
    this.#effects.push(['HINCRBYFLOAT', this.#key, latin1(field, 'the field'), finiteOf(by, 'the increment')])
  }
}

class SortedSetWriter implements WriteSortedSet {
  readonly #effects: Effects
  readonly #key: ByteString

  constructor(effects: Effects, key: ByteString) {
    this.#effects = effects
    this.#key = key
  }

  add(
    memberOrMembers: BytesLike | readonly { readonly member: BytesLike; readonly score: number }[],
    score?: number,
  ): void {
    if (!Array.isArray(memberOrMembers)) {
      const member = latin1(memberOrMembers as BytesLike, 'the member')
      this.#effects.push(['ZADD', this.#key, formatNumber(score, 'the score'), member])
      return
    }
    if (memberOrMembers.length === 0) return
    const effect = ['ZADD', this.#key]
    for (const entry of memberOrMembers)
      effect.push(formatNumber(entry.score, 'the score'), latin1(entry.member, 'the member'))
    this.#effects.push(effect)
  }

  remove(...members: readonly BytesLike[]): void {
    if (members.length === 0) return
    this.#effects.push(['ZREM', this.#key, ...members.map(member => latin1(member, 'the member'))])
  }

  increment(member: BytesLike, by: number): void {
    this.#effects.push(['ZINCRBY', this.#key, formatNumber(by, 'the increment'), latin1(member, 'the member')])
  }
}

/** A word of a command as bytes. Throws a TypeError for what is neither text, bytes nor a number. */
export function wordOf(word: unknown, what = 'the value'): ByteString {
  if (typeof word === 'string' || isBytes(word) || word instanceof Uint8Array) return latin1(word, what)
  if (typeof word === 'number') return formatNumber(word, what)
  if (typeof word === 'bigint') return String(word)
  throw new TypeError(`${what} must be text, bytes or a number, not ${describe(word)}`)
}

/** A number in a spelling that Redis takes for a score and that reads back as the same double. NaN is a TypeError. */
export function formatNumber(value: unknown, what = 'the number'): ByteString {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError(`${what} must be a number, not ${describe(value)}`)
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return value > 0 ? '+inf' : '-inf'
}

function finiteOf(value: unknown, what: string): ByteString {
  if (!Number.isFinite(value)) throw new TypeError(`${what} must be a finite number, not ${describe(value)}`)
  return formatNumber(value, what)
}

function integerOf(value: unknown, what: string): ByteString {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
    throw new TypeError(`${what} must be an integer, not ${describe(value)}`)
  }
  return value === 0 ? '0' : String(value)
}
