/** What a command may answer. */
import type { Bytes, BytesLike } from './bytes.js'
import { describe, isBytes, latin1 } from './bytes.js'

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
  | ScriptForward

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

/** "Answer by running this script": what `forward.script` makes. It must be the whole of what `run` returns. */
export interface ScriptForward extends Special<'forwardScript'> {
  /** In lower case. */
  readonly sha: string
  readonly text: () => BytesLike | null
  readonly keys: readonly BytesLike[]
  readonly args: readonly CommandWord[]
  readonly readOnly: boolean
}

/** A script that is to answer. */
export interface ScriptToRun {
  /** The SHA-1 of its text: 40 hex digits, in any case. */
  readonly sha: BytesLike
  /**
   * Gives the script's text, null when there is none; it may read, and throw a ReplyError. It is asked only when the server does
   * not know the script, which then takes it up. Without a text the answer is EVALSHA's `NOSCRIPT …`.
   */
  readonly text?: (() => BytesLike | null) | undefined
  /** What it finds in KEYS: keys that the command was called with. */
  readonly keys?: readonly BytesLike[] | undefined
  /** What it finds in ARGV. */
  readonly args?: readonly CommandWord[] | undefined
  /** Whether it must not write, as under EVALSHA_RO. By default it may, unless the command is `readonly`: then this must be true. */
  readonly readOnly?: boolean | undefined
}

/** The type of `forward`. */
export interface Forwarding {
  /**
   * The engine's own command of this name answers. Not one that changes what the connection is (SELECT, MULTI, SUBSCRIBE), and none
   * that writes, unless the forwarding command's flags have `write`.
   */
  (...argv: readonly CommandWord[]): Forward
  /**
   * A Lua script answers, as under EVALSHA: its reply and its errors are the command's. It can do all that a script can, whatever
   * the flags of the forwarding command, unless that is `readonly`. From within a script it is an error, since a script cannot run
   * another: such a command should have the flag `noscript`.
   */
  script(script: ScriptToRun): ScriptForward
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

/** Makes what `run` returns to forward; hosts put this into its context. Throws a TypeError for what could not be run. */
export const forward: Forwarding = Object.assign(forwardCommand, { script: forwardScript })

/** Whether `run` has returned a `forward(…)`, for the host to run. */
export function isForward(value: unknown): value is Forward {
  return specialKind(value) === 'forward'
}

/** Whether `run` has returned a `forward.script(…)`. */
export function isScriptForward(value: unknown): value is ScriptForward {
  return specialKind(value) === 'forwardScript'
}

/** The kind of a special reply; undefined for everything else. */
export function specialKind(value: unknown): SpecialReply[typeof REPLY] | undefined {
  if (typeof value !== 'object' || value === null || !(REPLY in value)) return undefined
  return (value as SpecialReply)[REPLY]
}

function forwardCommand(...argv: readonly CommandWord[]): Forward {
  if (argv.length === 0) throw new TypeError('forward() needs the name of a command')
  checkWords(argv, 'forward()')
  return { [REPLY]: 'forward', argv }
}

function forwardScript(script: ScriptToRun): ScriptForward {
  if (typeof script !== 'object' || script === null) {
    throw new TypeError(`forward.script() takes an object, { sha, text, keys, args }, not ${describe(script)}`)
  }
  const { sha, text = noText, keys = NONE, args = NONE, readOnly = false } = script
  const digits = latin1(sha, 'the sha of forward.script()')
  if (!SHA1.test(digits)) {
    throw new TypeError(`the sha of forward.script() must be 40 hex digits, not ${describe(digits)}`)
  }
  if (typeof text !== 'function') {
    throw new TypeError(`the text of forward.script() must be a function that gives it, not ${describe(text)}`)
  }
  if (!Array.isArray(keys)) throw new TypeError(`the keys of forward.script() must be an array, not ${describe(keys)}`)
  for (let i = 0; i < keys.length; i++) if (!isBytes(keys[i])) latin1(keys[i], `key ${i} of forward.script()`)
  if (!Array.isArray(args)) throw new TypeError(`the args of forward.script() must be an array, not ${describe(args)}`)
  checkWords(args, 'forward.script()')
  if (typeof readOnly !== 'boolean') {
    throw new TypeError(`readOnly of forward.script() must be true or false, not ${describe(readOnly)}`)
  }
  return { [REPLY]: 'forwardScript', sha: digits.toLowerCase(), text, keys, args, readOnly }
}

function checkWords(words: readonly CommandWord[], of: string): void {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as CommandWord
    if (typeof word !== 'number' && typeof word !== 'bigint' && !isBytes(word)) latin1(word, `argument ${i} of ${of}`)
  }
}

const SHA1 = /^[0-9a-f]{40}$/i
const NONE: readonly never[] = []
const noText = (): null => null
