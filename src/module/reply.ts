/** What a command may answer. */
import type { Bytes, BytesLike } from './bytes.js'
import { latin1 } from './bytes.js'

/** Shared by every copy of the package in a process. */
const REPLY = Symbol.for('krmt.reply')

/**
 * What `run` may return, and what a client gets for it:
 *
 * | returned | RESP3 | RESP2 |
 * | --- | --- | --- |
 * | an integer within ±(2^53 - 1), a bigint within 64 bits | integer | integer |
 * | any other number | double | bulk string |
 * | a bigint beyond 64 bits | big number | bulk string |
 * | text (in UTF-8), Bytes, Uint8Array | bulk string | bulk string |
 * | null, undefined | null | nil |
 * | true, false | boolean | 1, 0 |
 * | an array | array | array |
 * | what `reply` makes | as it says | as near as there is |
 *
 * NaN, functions, symbols, promises, and objects of other classes are errors: plain objects go through `reply.map`.
 */
export type ReplyValue = Plain | SpecialReply | readonly ReplyValue[]

// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing answers nil
type Plain = string | number | bigint | boolean | Bytes | Uint8Array | null | undefined | void

/** What `reply` and `forward` make. */
export type SpecialReply =
  | StatusReply
  | ErrorReply
  | DoubleReply
  | VerbatimReply
  | NullArrayReply
  | MapReply
  | SetReply
  | Forward

interface Special<Kind extends string> {
  readonly [REPLY]: Kind
}

export interface StatusReply<Text extends string = string> extends Special<'status'> {
  readonly text: Text
}

export interface ErrorReply extends Special<'error'> {
  readonly text: string
}

export interface DoubleReply extends Special<'double'> {
  readonly value: number
}

export interface VerbatimReply extends Special<'verbatim'> {
  readonly format: 'txt' | 'mkd'
  readonly text: string
}

export interface NullArrayReply extends Special<'nullArray'> {}

export interface MapReply<Value extends ReplyValue = ReplyValue> extends Special<'map'> {
  readonly entries: readonly (readonly [key: ReplyValue, value: Value])[]
}

export interface SetReply<Item extends ReplyValue = ReplyValue> extends Special<'set'> {
  readonly items: readonly Item[]
}

/** "Answer by running this other command": what `forward` makes. It must be the whole of what `run` returns. */
export interface Forward extends Special<'forward'> {
  readonly argv: readonly CommandWord[]
}

/** A word of a command: text (UTF-8), bytes, or a number, which is written so that it reads back as the same. */
export type CommandWord = BytesLike | number | bigint

/** Replies that have no plain value of their own. */
export const reply = {
  /** The status `OK`. */
  ok: Object.freeze({ [REPLY]: 'status', text: 'OK' }) as StatusReply<'OK'>,

  /** A status: one line of text, which clients tell apart from data. */
  status<const Text extends string>(text: Text): StatusReply<Text> {
    return { [REPLY]: 'status', text }
  },

  /**
   * An error as a value inside an array; its code comes first: `ERR no such field`. To fail as a whole, throw a
   * `ReplyError` instead: nothing is then written.
   */
  error(text: string): ErrorReply {
    return { [REPLY]: 'error', text }
  },

  /** A double, also when it happens to be an integer. NaN is not allowed. */
  double(value: number): DoubleReply {
    return { [REPLY]: 'double', value }
  },

  /** A map; in RESP2, an array of keys and values in turn. From an object, a Map, or pairs. */
  map<const Value extends ReplyValue>(
    entries: Iterable<readonly [ReplyValue, Value]> | { readonly [key: string]: Value },
  ): MapReply<Value> {
    const pairs = Symbol.iterator in entries ? [...entries] : Object.entries(entries)
    return { [REPLY]: 'map', entries: pairs }
  },

  /** A set; in RESP2, an array. It is for the author to see to it that no item comes twice. */
  set<const Item extends ReplyValue>(items: Iterable<Item>): SetReply<Item> {
    return { [REPLY]: 'set', items: [...items] }
  },

  /** The nil that some of Redis's commands answer instead of an array; in RESP3 there is only one null. */
  nullArray: Object.freeze({ [REPLY]: 'nullArray' }) as NullArrayReply,

  /** Text for humans to read, plain or Markdown; in RESP2, a bulk string. */
  verbatim(text: string, format: 'txt' | 'mkd' = 'txt'): VerbatimReply {
    return { [REPLY]: 'verbatim', format, text }
  },
}

/** Makes a `Forward`; hosts put this into the context of `run`. Throws a TypeError for an empty or bad vector. */
export function forward(...argv: readonly CommandWord[]): Forward {
  if (argv.length === 0) throw new TypeError('forward() needs the name of a command')
  argv.forEach((word, index) => {
    if (typeof word !== 'number' && typeof word !== 'bigint') latin1(word, `argument ${index} of forward()`)
  })
  return { [REPLY]: 'forward', argv }
}

/** Whether `run` has returned a `forward(…)`, for the host to run. */
export function isForward(value: unknown): value is Forward {
  return specialKind(value) === 'forward'
}

/** The kind of a special reply; undefined for everything else. */
export function specialKind(value: unknown): SpecialReply[typeof REPLY] | undefined {
  if (typeof value !== 'object' || value === null || !(REPLY in value)) return undefined
  return (value as SpecialReply)[REPLY]
}
