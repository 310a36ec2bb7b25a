import type { ByteString } from '../../bytes/bytes.js'
import { type Bytes, type BytesLike, bytesOf, latin1 } from '../../module/bytes.js'
import type { HashEntry, ReadHash, ReadKey } from '../../module/context.js'
import { bytesIn, itemsIn, numberIn, type RawReply } from '../../upstream/raw-reply.js'
import type { View } from './view.js'

export class KeyView implements ReadKey {
  readonly #view: View
  readonly #key: ByteString

  constructor(view: View, key: ByteString) {
    this.#view = view
    this.#key = key
  }

  get exists(): boolean {
    const answer = this.#view.askKey('EXISTS', this.#key)
    return answer === undefined ? this.#view.guessKey(this.#key, false) : numberIn(answer) > 0
  }

  get type(): ReadKey['type'] {
    const answer = this.#view.askKey('TYPE', this.#key)
    return answer === undefined ? this.#view.guessKey(this.#key, 'none') : (bytesIn(answer) as ReadKey['type'])
  }

  get ttl(): number | null {
    const answer = this.#view.askKey('PTTL', this.#key)
    if (answer === undefined) return this.#view.guessKey(this.#key, null)
    const left = numberIn(answer)
    return left < 0 ? null : left
  }
}

export class HashView implements ReadHash {
  readonly #view: View
  readonly #key: ByteString

  constructor(view: View, key: ByteString) {
    this.#view = view
    this.#key = key
  }

  get(field: BytesLike): Bytes | null {
    const name = latin1(field, 'the field')
    const all = this.#among('HGET', this.#key, name)
    if (all !== undefined) return all.find(entry => entry.field.equals(bytesOf(name)))?.value ?? null
    const answer = this.#view.askKey('HGET', this.#key, name)
    return answer === undefined ? this.#view.guess(null) : bytesOrNull(answer)
  }

  getMany(fields: readonly BytesLike[]): (Bytes | null)[] {
    if (fields.length === 0) return []
    const names = fields.map(field => latin1(field, 'the field'))
    const answer = this.#view.askKey('HMGET', this.#key, ...names)
    return answer === undefined ? this.#view.guess(names.map(() => null)) : itemsIn(answer).map(bytesOrNull)
  }

  has(field: BytesLike): boolean {
    const name = latin1(field, 'the field')
    const question = ['HEXISTS', this.#key, name]
    const all = this.#among(...question)
    if (all !== undefined) return all.some(entry => entry.field.equals(bytesOf(name)))
    const value = ['HGET', this.#key, name]
    if (this.#view.knows(...value)) return this.#view.askInstead(value, question) !== null
    const answer = this.#view.askKey(...question)
    return answer === undefined ? this.#view.guess(false) : numberIn(answer) === 1
  }

  entries(): HashEntry[] {
    const answer = this.#view.askKey('HGETALL', this.#key)
    return answer === undefined ? this.#view.guessKey(this.#key, []) : entriesIn(answer)
  }

  fields(): Bytes[] {
    return this.entries().map(({ field }) => field)
  }

  values(): Bytes[] {
    return this.entries().map(({ value }) => value)
  }

  get size(): number {
    const all = this.#among('HLEN', this.#key)
    if (all !== undefined) return all.length
    const answer = this.#view.askKey('HLEN', this.#key)
    return answer === undefined ? this.#view.guessKey(this.#key, 0) : numberIn(answer)
  }

  /** All entries, to answer a question from, if they have been read. */
  #among(...question: readonly ByteString[]): HashEntry[] | undefined {
    const all = ['HGETALL', this.#key]
    return this.#view.knows(...all) ? entriesIn(this.#view.askInstead(all, question) ?? null) : undefined
  }
}

function entriesIn(reply: RawReply): HashEntry[] {
  const items = itemsIn(reply)
  return Array.from({ length: items.length / 2 }, (_, index) => ({
    field: bytesOf(bytesIn(items[2 * index]!) ?? ''),
    value: bytesOf(bytesIn(items[2 * index + 1]!) ?? ''),
  }))
}

function bytesOrNull(reply: RawReply): Bytes | null {
  const bytes = bytesIn(reply)
  return bytes === null ? null : bytesOf(bytes)
}
