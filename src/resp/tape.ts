import type { ByteString } from '../bytes/bytes.js'
import type { ReplySink } from './reply.js'

/**
 * A sink that notes the reply as it is written, for a reader who goes through it afterwards: one entry a value, containers before
 * what is in them. Scripts get their replies from it: Lua's memory may run out while values are made there, and that must not
 * happen in the middle of a command.
 */
export class ReplyTape implements ReplySink {
  muted = false
  /** Number of entries. The arrays may be longer: what lies behind is of no meaning. */
  length = 0
  /** What was written: a kind, and at the same place in `values` what belongs to it. */
  readonly kinds: TapeKind[] = []
  /**
   * Status, error, bulk, bigNumber: the text; integer: number or bigint; double: number; boolean; verbatim: the text, after
   * four chars, `txt:`; containers: the length, of a map in pairs; null and nullArray: null.
   */
  readonly values: (ByteString | number | bigint | boolean | null)[] = []
  #mark = 0

  constructor(public protocol: 2 | 3 = 2) {}

  clear(): void {
    // To shorten an array costs more than to write over it; but nothing large shall be kept.
    if (this.kinds.length > KEPT) this.kinds.length = this.values.length = 0
    this.length = this.#mark = 0
  }

  begin(): void {
    this.#mark = this.length
  }

  abort(): void {
    this.length = this.#mark
  }

  ok(): void {
    this.#note('status', 'OK')
  }

  status(text: ByteString): void {
    this.#note('status', text)
  }

  error(text: ByteString): void {
    this.#note('error', text)
  }

  integer(value: number | bigint): void {
    this.#note('integer', value)
  }

  bulk(value: ByteString): void {
    this.#note('bulk', value)
  }

  null(): void {
    this.#note('null', null)
  }

  nullArray(): void {
    this.#note('nullArray', null)
  }

  double(value: number): void {
    this.#note('double', value)
  }

  boolean(value: boolean): void {
    this.#note('boolean', value)
  }

  bigNumber(digits: ByteString): void {
    this.#note('bigNumber', digits)
  }

  verbatim(format: 'txt' | 'mkd', value: ByteString): void {
    this.#note('verbatim', `${format}:${value}`)
  }

  array(length: number): void {
    this.#note('array', length)
  }

  map(length: number): void {
    this.#note('map', length)
  }

  set(length: number): void {
    this.#note('set', length)
  }

  push(length: number): void {
    this.#note('array', length)
  }

  #note(kind: TapeKind, value: ByteString | number | bigint | boolean | null): void {
    if (this.muted) return
    this.kinds[this.length] = kind
    this.values[this.length++] = value
  }
}

export type TapeKind =
  | 'status'
  | 'error'
  | 'integer'
  | 'bulk'
  | 'null'
  | 'nullArray'
  | 'double'
  | 'boolean'
  | 'bigNumber'
  | 'verbatim'
  | 'array'
  | 'map'
  | 'set'

/** Entries whose place is kept for the next reply. */
const KEPT = 64
