import { type ByteString, fromBuffer, fromUtf8, toBuffer, toUtf8 } from '../bytes/bytes.js'

/** Shared by every copy of the package in a process, so that bytes made by one are bytes to the other. */
const CONTENT = Symbol.for('krmt.bytes')

/** What is taken wherever bytes are wanted: bytes, a text (its UTF-8 bytes), or any view of memory (copied). */
export type BytesLike = Bytes | string | Uint8Array

/** Engine side: the handle on a byte string. It is set by the class, whose constructor nobody else can call. */
export let bytesOf: (content: ByteString) => Bytes

/**
 * A Redis string: any bytes, immutable. Keys, fields, members and values come as `Bytes`, and nothing is decoded
 * until it is looked at.
 *
 * Two of them with the same content are different objects: compare with `equals`, and put `toString('latin1')`
 * (lossless, one char a byte) into a Map or a Set.
 */
export class Bytes {
  private readonly [CONTENT]: ByteString

  /** Use `Bytes.from`. */
  private constructor(content: ByteString) {
    this[CONTENT] = content
  }

  /** The bytes of a text (in UTF-8) or a copy of the given ones. Throws a TypeError for anything else. */
  static from(source: BytesLike): Bytes {
    return isBytes(source) ? source : new Bytes(latin1(source))
  }

  /** All the given bytes, one after another. */
  static concat(...parts: readonly BytesLike[]): Bytes {
    let content = ''
    for (const part of parts) content += latin1(part)
    return new Bytes(content)
  }

  static {
    bytesOf = content => new Bytes(content)
  }

  /** The number of bytes. */
  get length(): number {
    return this[CONTENT].length
  }

  /** The byte at an index, 0 to 255; undefined outside. */
  at(index: number): number | undefined {
    return index >= 0 && index < this[CONTENT].length ? this[CONTENT].charCodeAt(index) : undefined
  }

  /** Whether both have the same bytes; a string stands for its UTF-8 bytes. */
  equals(other: BytesLike): boolean {
    return this[CONTENT] === latin1(other)
  }

  /** The bytes from `start` up to, but not including, `end`; negative ones count from the end. */
  slice(start?: number, end?: number): Bytes {
    return new Bytes(this[CONTENT].slice(start, end))
  }

  /**
   * As text. `utf8` is the default, where what is not valid becomes U+FFFD; `latin1` is one char a byte and loses
   * nothing; `hex` and `base64` are what Buffer makes of them.
   */
  toString(encoding: 'utf8' | 'latin1' | 'hex' | 'base64' = 'utf8'): string {
    if (encoding === 'utf8') return toUtf8(this[CONTENT])
    return encoding === 'latin1' ? this[CONTENT] : toBuffer(this[CONTENT]).toString(encoding)
  }

  /** A copy that is yours to change. */
  toUint8Array(): Uint8Array {
    return new Uint8Array(toBuffer(this[CONTENT]))
  }

  toJSON(): string {
    return this.toString()
  }

  /** What console.log shows: `Bytes "text"`, with `\xHH` for bytes that are not printable text. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Bytes ${quote(this[CONTENT])}`
  }
}

/** Keys are bytes like all others; the name says what they are for. */
export type Key = Bytes

/** Whether a value is a Bytes, of this copy of the package or of another. */
export function isBytes(value: unknown): value is Bytes {
  return typeof value === 'object' && value !== null && CONTENT in value
}

/** Engine side: the byte string that a Bytes holds. */
export function contentOf(bytes: Bytes): ByteString {
  return (bytes as unknown as { readonly [CONTENT]: ByteString })[CONTENT]
}

/** Engine side: the byte string of what an author or a caller gave. Throws a TypeError that says `what` was bad. */
export function latin1(of: BytesLike, what = 'the value'): ByteString {
  if (typeof of === 'string') return fromUtf8(of)
  if (isBytes(of)) return contentOf(of)
  if (of instanceof Uint8Array) return fromBuffer(of)
  throw new TypeError(`${what} must be text or bytes, not ${describe(of)}`)
}

/** A value in a few words, for error messages: `undefined`, `a function`, `the number NaN`, `an array`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'object') {
    if (Array.isArray(value)) return 'an array'
    if (isPromiseLike(value)) return 'a promise'
    if (isBytes(value)) return 'bytes'
    return value instanceof Error ? 'an Error' : 'an object'
  }
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  return `the ${typeof value} ${String(value)}`
}

/** Whether somebody made a function `async`, or forgot to await. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function quote(content: ByteString): string {
  const text = toUtf8(content)
  if (!text.includes('\ufffd')) return JSON.stringify(text)
  return `"${content.replace(/[^\x20-\x7e]|["\\]/g, escapeByte)}"`
}

function escapeByte(char: string): string {
  if (char === '"' || char === '\\') return `\\${char}`
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
