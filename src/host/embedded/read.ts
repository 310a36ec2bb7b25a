import type { ByteString } from '../../bytes/bytes.js'
import { formatInteger } from '../../bytes/numbers.js'
import { readAs, readString } from '../../commands/lookup.js'
import type { Database } from '../../keyspace/database.js'
import { type Bytes, type BytesLike, bytesOf, latin1 } from '../../module/bytes.js'
import type {
  BitRange,
  CallReply,
  HashEntry,
  Read,
  ReadHash,
  ReadKey,
  ReadSortedSet,
  ReadString,
  ScoredMember,
  ScoreRange,
} from '../../module/context.js'
import { checkDatabase, wordOf } from '../../module/effects.js'
import type { CommandWord } from '../../module/reply.js'
import { ByteBuffer } from '../../values/byte-buffer.js'
import { Hash } from '../../values/hash.js'
import { SortedSet } from '../../values/sorted-set.js'
import { visitSetBits } from '../../values/string-bits.js'
import { typeOf } from '../../values/value.js'
import { getRangeOf, rangeOf } from '../ranges.js'

/** What reads need of the engine beside the keys of one database. */
export interface ReadSource {
  /** Runs a read-only command in a database. Throws a ReplyError. */
  call(database: Database, argv: readonly ByteString[]): CallReply
  /** The text of a script that is loaded. */
  script(sha: ByteString): ByteString | undefined
  /** Throws a ReplyError when there is no database of this index. */
  database(index: number): Database
}

/** What a module reads on the embedded host: views straight on the keyspace, which copy nothing that is not asked for. */
export class EmbeddedRead implements Read {
  readonly #db: Database
  readonly #source: ReadSource

  constructor(db: Database, source: ReadSource) {
    this.#db = db
    this.#source = source
  }

  key(key: BytesLike): ReadKey {
    return new KeyView(this.#db, latin1(key, 'the key'))
  }

  string(key: BytesLike): ReadString {
    return new StringView(this.#db, latin1(key, 'the key'))
  }

  hash(key: BytesLike): ReadHash {
    return new HashView(this.#db, latin1(key, 'the key'))
  }

  sortedSet(key: BytesLike): ReadSortedSet {
    return new SortedSetView(this.#db, latin1(key, 'the key'))
  }

  call(...argv: readonly CommandWord[]): CallReply {
    return this.#source.call(
      this.#db,
      argv.map((word, index) => wordOf(word, `argument ${index} of read.call()`)),
    )
  }

  script(sha: BytesLike): Bytes | null {
    const text = this.#source.script(latin1(sha, 'the sha of a script'))
    return text === undefined ? null : bytesOf(text)
  }

  database(index: number): Read {
    return new EmbeddedRead(this.#source.database(checkDatabase(index)), this.#source)
  }
}

class KeyView implements ReadKey {
  readonly #db: Database
  readonly #key: ByteString

  constructor(db: Database, key: ByteString) {
    this.#db = db
    this.#key = key
  }

  get exists(): boolean {
    return this.#db.find(this.#key) !== undefined
  }

  get type(): ReadKey['type'] {
    const entry = this.#db.find(this.#key)
    return entry === undefined ? 'none' : typeOf(entry.value)
  }

  get ttl(): number | null {
    const at = this.#db.find(this.#key)?.expiry?.at
    return at === undefined ? null : at - this.#db.keyspace.now
  }
}

/** Looks its value up when it is first asked: a view that nobody asks costs nothing, and finds no wrong type. */
abstract class View<T> {
  readonly #db: Database
  readonly #key: ByteString
  #found = false
  #looked: T | undefined

  constructor(db: Database, key: ByteString) {
    this.#db = db
    this.#key = key
  }

  protected get value(): T | undefined {
    if (!this.#found) {
      this.#looked = this.lookUp(this.#db, this.#key)
      this.#found = true
    }
    return this.#looked
  }

  protected abstract lookUp(db: Database, key: ByteString): T | undefined
}

class StringView extends View<number | bigint | ByteString | ByteBuffer> implements ReadString {
  protected override lookUp(db: Database, key: ByteString) {
    return readString(db, key)
  }

  get #text(): ByteString {
    const value = this.value
    if (value === undefined) return ''
    return typeof value === 'string' ? value : value instanceof ByteBuffer ? value.toString() : formatInteger(value)
  }

  get(): Bytes | null {
    return this.value === undefined ? null : bytesOf(this.#text)
  }

  get length(): number {
    return this.value instanceof ByteBuffer ? this.value.length : this.#text.length
  }

  get exists(): boolean {
    return this.value !== undefined
  }

  getRange(start: number, end: number): Bytes {
    const range = getRangeOf(start, end, this.length)
    return bytesOf(range === undefined ? '' : this.#text.slice(range.start, range.end + 1))
  }

  byteAt(index: number): number | undefined {
    if (this.value instanceof ByteBuffer) return this.value.bytes[index]
    const code = this.#text.charCodeAt(index)
    return Number.isNaN(code) ? undefined : code
  }

  getBit(offset: number): 0 | 1 {
    const byte = this.byteAt(Math.floor(offset / 8)) ?? 0
    return ((byte >> (7 - (offset % 8))) & 1) as 0 | 1
  }

  visitSetBits({ start = 0, end = -1, limit = Infinity }: BitRange, visit: (position: number) => unknown): void {
    const range = rangeOf(start, end, this.length)
    if (range === undefined || limit <= 0) return
    const bytes = this.value instanceof ByteBuffer ? this.value.bytes : this.#text
    let left = limit
    visitSetBits(bytes, range.start, range.end + 1, position => visit(position) !== false && --left > 0)
  }
}

class HashView extends View<Hash> implements ReadHash {
  protected override lookUp(db: Database, key: ByteString): Hash | undefined {
    return readAs(db, key, Hash)
  }

  get(field: BytesLike): Bytes | null {
    const value = this.value?.get(latin1(field, 'the field'))
    return value === undefined ? null : bytesOf(value)
  }

  getMany(fields: readonly BytesLike[]): (Bytes | null)[] {
    return fields.map(field => this.get(field))
  }

  has(field: BytesLike): boolean {
    return this.value?.has(latin1(field, 'the field')) ?? false
  }

  entries(): HashEntry[] {
    const entries: HashEntry[] = []
    this.value?.visit((field, value) => {
      entries.push({ field: bytesOf(field), value: bytesOf(value) })
    })
    return entries
  }

  fields(): Bytes[] {
    return this.entries().map(({ field }) => field)
  }

  values(): Bytes[] {
    return this.entries().map(({ value }) => value)
  }

  get size(): number {
    return this.value?.size ?? 0
  }
}

class SortedSetView extends View<SortedSet> implements ReadSortedSet {
  protected override lookUp(db: Database, key: ByteString): SortedSet | undefined {
    return readAs(db, key, SortedSet)
  }

  score(member: BytesLike): number | null {
    return this.value?.score(latin1(member, 'the member')) ?? null
  }

  scores(members: readonly BytesLike[]): (number | null)[] {
    return members.map(member => this.score(member))
  }

  has(member: BytesLike): boolean {
    return this.score(member) !== null
  }

  rank(member: BytesLike, { reverse = false }: { reverse?: boolean | undefined } = {}): number | null {
    const rank = this.value?.rank(latin1(member, 'the member'))
    if (rank === undefined) return null
    return reverse ? this.size - 1 - rank : rank
  }

  get size(): number {
    return this.value?.size ?? 0
  }

  range(start: number, end: number, { reverse = false }: { reverse?: boolean | undefined } = {}): ScoredMember[] {
    const found: ScoredMember[] = []
    const range = rangeOf(start, end, this.size)
    if (range === undefined) return found
    this.value?.visitByRank(range.start, range.end, reverse, (member, score) => {
      found.push({ member: bytesOf(member), score })
    })
    return found
  }

  rangeByScore(range: ScoreRange): ScoredMember[] {
    const found: ScoredMember[] = []
    this.visitScores(range, (member, score) => {
      found.push({ member, score })
    })
    return found
  }

  count(range: Omit<ScoreRange, 'reverse' | 'limit'>): number {
    return this.value?.countByScore(bounds(range)) ?? 0
  }

  visitScores(range: ScoreRange, visit: (member: Bytes, score: number) => unknown): void {
    let left = range.limit ?? Infinity
    if (left <= 0) return
    this.value?.visitByScore(
      bounds(range),
      range.reverse ?? false,
      (member, score) => visit(bytesOf(member), score) !== false && --left > 0,
    )
  }
}

function bounds({ min = -Infinity, max = Infinity, minExclusive = false, maxExclusive = false }: ScoreRange) {
  return { min, max, minExclusive, maxExclusive }
}
