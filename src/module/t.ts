import {
  type Argument,
  type ArgumentKind,
  type Content,
  type ContentInput,
  type ContentValue,
  contentNode,
  type InputOf,
  type KeyAccess,
  type LeafOptions,
  membersOf,
  type Node,
  type Shape,
  type ValueOf,
} from './argument.js'
import type { Bytes, BytesLike, Key } from './bytes.js'

/**
 * The words of the grammar. Each makes an argument; `run` receives its value under the argument's name.
 *
 * Arguments are read left to right and never twice. An optional or repeated one takes what it can, but leaves enough
 * for the required ones after it, and an optional one leaves the words of the flags, clauses and options after it alone.
 */
export const t = {
  /** A key. `run` gets it as bytes. `access` says how it is used; by default, all that the command's flags allow. */
  key(options: LeafOptions & { readonly access?: KeyAccess } = {}): Argument<Key, BytesLike, 'key'> {
    return make({ kind: 'key', ...options })
  },

  /** Any argument, as text (UTF-8; what is not valid becomes U+FFFD). For data that may be binary, use `bytes`. */
  text(options: LeafOptions = {}): Argument<string, string, 'text'> {
    return make({ kind: 'text', ...options })
  },

  /** Any argument, as it is. */
  bytes(options: LeafOptions = {}): Argument<Bytes, BytesLike, 'bytes'> {
    return make({ kind: 'bytes', ...options })
  },

  /**
   * An integer within `min` and `max` (by default, all that a number holds exactly: ±(2^53 - 1)), written as Redis
   * writes it: no plus sign, no leading zeros. Else `ERR value is not an integer or out of range`.
   */
  integer(
    options: LeafOptions & { readonly min?: number; readonly max?: number } = {},
  ): Argument<number, number, 'integer'> {
    return make({ kind: 'integer', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, ...options })
  },

  /** As `integer`, for the whole of Redis's 64 bits. */
  bigint(
    options: LeafOptions & { readonly min?: bigint; readonly max?: bigint } = {},
  ): Argument<bigint, bigint | number, 'bigint'> {
    return make({ kind: 'bigint', min: -(2n ** 63n), max: 2n ** 63n - 1n, ...options })
  },

  /**
   * A number within `min` and `max`, by default any finite one, in all the spellings that Redis takes for a score
   * (exponents, hexadecimal; `inf` only where `max` or `min` is infinite). Else `ERR value is not a valid float`.
   */
  number(
    options: LeafOptions & { readonly min?: number; readonly max?: number } = {},
  ): Argument<number, number, 'number'> {
    return make({ kind: 'number', min: -Number.MAX_VALUE, max: Number.MAX_VALUE, ...options })
  },

  oneOf,

  /** A word that is there or not, in any case. A spelling that ends in `*` stands for any word that begins so. */
  flag(word: string, ...aliases: readonly string[]): Argument<boolean, boolean, 'flag'> {
    return make({ kind: 'flag', spellings: [word, ...aliases] })
  },

  /**
   * A word with what follows it: `clause('COUNT', t.integer())` is a number or undefined, `clause('LIMIT', { offset:
   * t.integer(), count: t.integer() })` an object or undefined. Several spellings of the word go into an array.
   */
  clause<const C extends Content>(
    word: string | readonly string[],
    content: C,
  ): Argument<ContentValue<C> | undefined, ContentInput<C> | undefined, 'clause'> {
    return make({ kind: 'clause', spellings: typeof word === 'string' ? [word] : word, content: contentNode(content) })
  },

  /**
   * Flags, clauses and `oneOf`s in any order. `run` gets one object: a flag is true or false, the others are undefined
   * when absent. Given twice, the last one counts. `exclusive: [['nx', 'xx']]` allows only one name of each list. Any
   * other word is an `ERR syntax error` (`error` replaces that text), unless more arguments follow in the grammar.
   */
  options<const S extends OptionsShape>(
    members: S,
    settings: { readonly exclusive?: readonly (readonly (keyof S & string)[])[]; readonly error?: string } = {},
  ): Argument<OptionsValue<S>, OptionsInput<S>, 'options'> {
    return make({ kind: 'options', members: membersOf(members), exclusive: [], ...settings })
  },

  optional,

  /** Several arguments in a row, as one object. */
  group<const S extends Shape>(members: S): Argument<ContentValue<S>, ContentInput<S>, 'group'> {
    return make({ kind: 'group', members: membersOf(members) })
  },

  /**
   * An argument, or a group of them, once or more often; an array. Only required arguments may follow it. `error`
   * replaces the reply to a last group that is not complete, `ERR wrong number of arguments for 'name' command`.
   */
  oneOrMore<const C extends Content>(
    content: C,
    options: { readonly error?: string } = {},
  ): Argument<ContentValue<C>[], readonly ContentInput<C>[], 'oneOrMore'> {
    return make({ kind: 'oneOrMore', content: contentNode(content), ...options })
  },

  /** As `oneOrMore`, or not at all: then the array is empty. */
  zeroOrMore<const C extends Content>(
    content: C,
    options: { readonly error?: string } = {},
  ): Argument<ContentValue<C>[], readonly ContentInput<C>[], 'zeroOrMore'> {
    return make({ kind: 'zeroOrMore', content: contentNode(content), ...options })
  },

  /**
   * `numkeys key [key ...]`: a count, and that many keys. `min` (default 1) is the least count. The replies to a bad
   * count are those of ZUNION, or those of EVAL when `min` is 0; `notInteger`, `tooSmall`, `tooFew` replace them.
   */
  countedKeys(
    options: CountOptions & { readonly access?: KeyAccess } = {},
  ): Argument<Key[], readonly BytesLike[], 'counted'> {
    const { access, ...count } = options
    const key: Node = access === undefined ? { kind: 'key' } : { kind: 'key', access }
    return make({ kind: 'counted', content: key, min: 1, name: 'numkeys', ...count })
  },

  /** A count, and that many arguments, or groups of them: `counted({ field: t.bytes(), value: t.bytes() })`. */
  counted<const C extends Content>(
    content: C,
    options: CountOptions = {},
  ): Argument<ContentValue<C>[], readonly ContentInput<C>[], 'counted'> {
    return make({ kind: 'counted', content: contentNode(content), min: 1, ...options })
  },

  /**
   * Several forms, of which the first one counts that the number of arguments fits. `run` gets a union: tell the
   * forms apart by their properties (`'radius' in form`). `error` is the reply when none fits.
   */
  alternatives<const F extends readonly [Content, ...Content[]]>(
    forms: F,
    options: { readonly error?: string } = {},
  ): Argument<ContentValue<F[number]>, ContentInput<F[number]>, 'alternatives'> {
    return make({ kind: 'alternatives', forms: forms.map(contentNode), ...options })
  },
}

export interface CountOptions {
  /** The least count; default 1. */
  readonly min?: number
  /** The name of the count in the syntax and in COMMAND DOCS. */
  readonly name?: string
  /** The reply to a count that is not an integer. */
  readonly notInteger?: string
  /** The reply to a count less than `min`. */
  readonly tooSmall?: string
  /** The reply when fewer arguments follow than the count says. */
  readonly tooFew?: string
}

/** What may stand in `t.options`. */
export interface OptionsShape {
  readonly [name: string]: Argument<unknown, unknown, 'flag' | 'clause' | 'oneOf' | 'optional'>
}

export type OptionsValue<S extends OptionsShape> = {
  [Name in keyof S]: ValueOf<S[Name]> | (S[Name] extends Argument<unknown, unknown, 'oneOf'> ? undefined : never)
}

export type OptionsInput<S extends OptionsShape> = { -readonly [Name in keyof S]?: InputOf<S[Name]> | undefined }

type Words = { readonly [canonical: string]: readonly string[] }

/**
 * One of several words; `run` gets the canonical one. `oneOf('asc', 'desc')`, or with all the spellings of each:
 * `oneOf({ m: ['m', 'meter*'], km: ['km', 'kilometer*'] })`, where a spelling that ends in `*` stands for any text that
 * begins so. In any case, unless `caseSensitive`. Else `ERR syntax error`.
 */
function oneOf<const W extends readonly [string, ...string[]]>(...words: W): Argument<W[number], W[number], 'oneOf'>
function oneOf<const W extends readonly string[] | Words>(
  words: W,
  options?: LeafOptions & { readonly caseSensitive?: boolean },
): Argument<WordOf<W>, WordOf<W>, 'oneOf'>
function oneOf(...given: readonly unknown[]): Argument<string, string, 'oneOf'> {
  const [first, options] = given
  if (typeof first === 'string')
    return make({ kind: 'oneOf', words: (given as string[]).map(asSpelling), caseSensitive: false })
  const words = Array.isArray(first)
    ? (first as string[]).map(asSpelling)
    : Object.entries(first as Words).map(([value, spellings]) => ({ value, spellings }))
  return make({ kind: 'oneOf', words, caseSensitive: false, ...(options as LeafOptions | undefined) })
}

type WordOf<W> = W extends readonly string[] ? W[number] : keyof W & string

function asSpelling(value: string): { value: string; spellings: readonly string[] } {
  return { value, spellings: [value] }
}

/**
 * An argument, or a group of them, that may be absent: then `run` gets undefined, or the `fallback`. Optional ones in a
 * row are filled from the left, so they nest: `[start [end [limit]]]`.
 */
function optional<const C extends Content>(
  content: C,
): Argument<ContentValue<C> | undefined, ContentInput<C> | undefined, 'optional'>
function optional<const C extends Content, const V extends ContentValue<C>>(
  content: C,
  fallback: V,
): Argument<Exclude<ContentValue<C>, undefined>, ContentInput<C> | undefined, 'optional'>
function optional(content: Content, fallback?: unknown): Argument<unknown, unknown, 'optional'> {
  return make({ kind: 'optional', content: contentNode(content), fallback })
}

/** The one place where a node gets its type: what `t` declares is what `parse.ts` returns and `format.ts` takes. */
function make<Value, Input, Kind extends ArgumentKind>(node: Node & { kind: Kind }): Argument<Value, Input, Kind> {
  return node as unknown as Argument<Value, Input, Kind>
}
