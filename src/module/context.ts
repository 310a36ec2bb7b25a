/** What `run` is given beside its arguments. Hosts implement `Read`; `effects.ts` implements `Write`. */
import type { Bytes, BytesLike } from './bytes.js'
import type { CommandWord, Forwarding } from './reply.js'

/** The context of a command that only reads. */
export interface ReadContext {
  /** The state as it was when the command began; what the command itself writes is not seen. */
  readonly read: Read
  /** Milliseconds since the epoch, the same all through the command. */
  readonly now: number
  /** A number from 0 up to, but not including, 1, from a generator that the host seeds. */
  readonly random: () => number
  /** Answers by running another command instead: `return forward('PING')`; or a script: `return forward.script({ sha })`. */
  readonly forward: Forwarding
  readonly log: Log
}

/** The context of a command whose flags contain `write`. */
export interface WriteContext extends ReadContext {
  /** Records what is to be written. All of it is applied once `run` has returned, and none of it if it throws. */
  readonly write: Write
}

/** The server's log. A command that runs again after a conflict logs only once. */
export interface Log {
  debug(text: string): void
  info(text: string): void
  notice(text: string): void
  warning(text: string): void
}

/**
 * Reads of the state before the command. A view costs nothing until it is asked; asking one of a key that holds
 * another type throws a ReplyError, `WRONGTYPE …`. A missing key is an empty string, hash or sorted set.
 */
export interface Read {
  key(key: BytesLike): ReadKey
  string(key: BytesLike): ReadString
  hash(key: BytesLike): ReadHash
  sortedSet(key: BytesLike): ReadSortedSet
  /** Any read-only command by its name, with the reply that RESP2 has. An error reply is thrown, as a ReplyError. */
  call(...argv: readonly CommandWord[]): CallReply
  /**
   * The text of a Lua script that has been loaded (EVAL, SCRIPT LOAD), by its SHA-1, 40 hex digits in any case; null when it
   * has not, or has been forgotten (SCRIPT FLUSH, a restart). Scripts are no data: they belong to a server, not to a database.
   *
   * A Redis does not give out the texts of its scripts. A host in front of one knows those that came through it.
   */
  script(sha: BytesLike): Bytes | null
  /**
   * The same for another database than the one that the client has selected. For what belongs to the whole server; the keys
   * that a client names are in its own database. Costs nothing in this process. In front of a Redis, it costs a SELECT there and
   * one back, in the round trip of the reads. A Cluster has database 0 only, for which it costs nothing.
   *
   * @throws ReplyError `ERR DB index is out of range`
   */
  database(index: number): Read
}

/** A reply as RESP2 has it: bulk strings and statuses as Bytes, integers beyond ±(2^53 - 1) as bigint, nil as null. */
export type CallReply = Bytes | number | bigint | null | readonly CallReply[]

export interface ReadKey {
  readonly exists: boolean
  /** `none` for a missing key. */
  readonly type: 'none' | 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream'
  /** Milliseconds until it expires; null when it never does, or is missing. */
  readonly ttl: number | null
}

export interface ReadString {
  /** The whole value; null for a missing key. */
  get(): Bytes | null
  /** In bytes; 0 for a missing key. */
  readonly length: number
  readonly exists: boolean
  /** From `start` to `end`, both included; negative ones count from the end. As GETRANGE. */
  getRange(start: number, end: number): Bytes
  /** 0 to 255; undefined outside the value. In place: nothing is copied. */
  byteAt(index: number): number | undefined
  /** 0 beyond the value. Bit 0 is the most significant bit of byte 0. As GETBIT. */
  getBit(offset: number): 0 | 1
  /**
   * The positions of all bits that are set, in rising order, up to where `visit` returns false. In place: a byte, or a
   * whole word, of zeros costs one comparison.
   */
  visitSetBits(range: BitRange, visit: (position: number) => unknown): void
}

export interface BitRange {
  /** The first byte, by default 0; negative ones count from the end. */
  readonly start?: number | undefined
  /** The last byte, included, by default -1, the last one of all. */
  readonly end?: number | undefined
  /** The most bits to visit; no limit by default. */
  readonly limit?: number | undefined
}

export interface ReadHash {
  /** null when the hash has no such field. */
  get(field: BytesLike): Bytes | null
  /** In the order of the fields asked for. */
  getMany(fields: readonly BytesLike[]): (Bytes | null)[]
  has(field: BytesLike): boolean
  /** In the hash's own order, which is no order to rely on. */
  entries(): HashEntry[]
  fields(): Bytes[]
  values(): Bytes[]
  /** The number of fields. */
  readonly size: number
}

export interface HashEntry {
  readonly field: Bytes
  readonly value: Bytes
}

export interface ReadSortedSet {
  /** null when it is no member. */
  score(member: BytesLike): number | null
  /** In the order of the members asked for. */
  scores(members: readonly BytesLike[]): (number | null)[]
  has(member: BytesLike): boolean
  /** Its place in the order of the scores, from 0; null when it is no member. */
  rank(member: BytesLike, options?: { readonly reverse?: boolean | undefined }): number | null
  /** The number of members. */
  readonly size: number
  /** By rank, both ends included; negative ones count from the end. */
  range(start: number, end: number, options?: { readonly reverse?: boolean | undefined }): ScoredMember[]
  rangeByScore(range: ScoreRange): ScoredMember[]
  /** How many members have a score in the range. O(log n). */
  count(range: Omit<ScoreRange, 'reverse' | 'limit'>): number
  /**
   * The members of a range of scores in order, up to where `visit` returns false. In place: nothing is copied. A host
   * may call `visit` once it has all that the command asked for, and may run the command again; so `visit` must have no
   * effect but on variables of the command itself.
   */
  visitScores(range: ScoreRange, visit: (member: Bytes, score: number) => unknown): void
}

export interface ScoredMember {
  readonly member: Bytes
  readonly score: number
}

export interface ScoreRange {
  /** By default -Infinity. */
  readonly min?: number | undefined
  /** By default Infinity. */
  readonly max?: number | undefined
  /** Whether `min` itself is outside. */
  readonly minExclusive?: boolean | undefined
  readonly maxExclusive?: boolean | undefined
  /** From the highest to the lowest; of equal scores, too. */
  readonly reverse?: boolean | undefined
  /** The most members. */
  readonly limit?: number | undefined
}

/** What a command may write: each call is noted as the Redis command that does it, in order. */
export interface Write {
  key(key: BytesLike): WriteKey
  string(key: BytesLike): WriteString
  hash(key: BytesLike): WriteHash
  sortedSet(key: BytesLike): WriteSortedSet
  /** PUBLISH, once the command has succeeded. */
  publish(channel: BytesLike, message: CommandWord): void
  /** Any write command by its name. Its reply is not available: what depends on it must be read before. */
  call(...argv: readonly CommandWord[]): void
  /**
   * The same for another database than the one that the client has selected; all that a command writes is applied together,
   * whatever the database. An index that the server does not have is an `ERR DB index is out of range` when it is applied. For
   * what it costs, see `read.database`.
   */
  database(index: number): Write
}

export interface WriteKey {
  delete(): void
  /** To expire in so many milliseconds. */
  expire(milliseconds: number): void
  /** To expire at a time in milliseconds since the epoch. */
  expireAt(time: number): void
  persist(): void
  rename(to: BytesLike): void
}

export interface WriteString {
  /** `expire` in milliseconds from now, or `expireAt` since the epoch, or `keepTtl`; by default it never expires. */
  set(
    value: CommandWord,
    options?: { readonly expire: number } | { readonly expireAt: number } | { readonly keepTtl: boolean },
  ): void
  append(value: CommandWord): void
  setRange(offset: number, value: CommandWord): void
  setBit(offset: number, bit: 0 | 1): void
  /** By an integer, by default 1. */
  increment(by?: number | bigint): void
  incrementByFloat(by: number): void
}

export interface WriteHash {
  set(field: BytesLike, value: CommandWord): void
  /** In one HSET; nothing when there are none. A field that comes twice gets its last value. */
  set(entries: readonly { readonly field: BytesLike; readonly value: CommandWord }[]): void
  delete(...fields: readonly BytesLike[]): void
  increment(field: BytesLike, by?: number | bigint): void
  incrementByFloat(field: BytesLike, by: number): void
}

export interface WriteSortedSet {
  add(member: BytesLike, score: number): void
  /** In one ZADD; nothing when there are none. */
  add(members: readonly { readonly member: BytesLike; readonly score: number }[]): void
  remove(...members: readonly BytesLike[]): void
  increment(member: BytesLike, by: number): void
}
