import type { ByteString } from '../bytes/bytes.js'
import type { ReplySink } from './reply.js'

/** How a collector turns the wire's types into values. */
export interface Conversions<T> {
  status(text: ByteString): T
  bulk(bytes: ByteString): T
  error(text: ByteString): T
  integer(value: number | bigint): T
  double(value: number): T
  boolean(value: boolean): T
  null(): T
  array(items: T[]): T
  /** Keys and values in turn. */
  map(items: T[]): T
}

interface Container<T> {
  readonly items: T[]
  left: number
  readonly close: (items: T[]) => T
}

/** A sink that builds the reply as a value, for callers in this process. */
export class ReplyCollector<T> implements ReplySink {
  protocol: 2 | 3
  muted = false
  readonly #to: Conversions<T>
  readonly #onValue: ((value: T) => void) | undefined
  #result: T | undefined
  /** The containers that are still being filled, outermost first. */
  #open: Container<T>[] = []
  /** What was open when the command began whose reply is being written, with what was left: EXEC's array, say. */
  #mark: readonly { readonly container: Container<T>; readonly left: number }[] = []

  /** `onValue` is given each complete value, for who listens to pushes; `take` gives the last one. */
  constructor(conversions: Conversions<T>, protocol: 2 | 3 = 3, onValue?: (value: T) => void) {
    this.#to = conversions
    this.protocol = protocol
    this.#onValue = onValue
  }

  /** The reply that was written since the last take; undefined when there was none. */
  take(): T | undefined {
    const result = this.#result
    this.#result = undefined
    this.#open.length = 0
    return result
  }

  begin(): void {
    if (this.#open.length === 0) {
      this.#result = undefined
      if (this.#mark.length > 0) this.#mark = []
    } else this.#mark = this.#open.map(container => ({ container, left: container.left }))
  }

  abort(): void {
    this.#result = undefined
    this.#open = this.#mark.map(({ container, left }) => {
      container.items.length -= left - container.left
      container.left = left
      return container
    })
  }

  ok(): void {
    this.#value(this.#to.status('OK'))
  }

  status(text: ByteString): void {
    this.#value(this.#to.status(text))
  }

  error(text: ByteString): void {
    this.#value(this.#to.error(text))
  }

  integer(value: number | bigint): void {
    this.#value(this.#to.integer(value))
  }

  bulk(value: ByteString): void {
    this.#value(this.#to.bulk(value))
  }

  null(): void {
    this.#value(this.#to.null())
  }

  nullArray(): void {
    this.#value(this.#to.null())
  }

  double(value: number): void {
    this.#value(this.#to.double(value))
  }

  boolean(value: boolean): void {
    this.#value(this.#to.boolean(value))
  }

  bigNumber(digits: ByteString): void {
    this.#value(this.#to.integer(BigInt(digits)))
  }

  verbatim(_format: 'txt' | 'mkd', value: ByteString): void {
    this.#value(this.#to.bulk(value))
  }

  array(length: number): void {
    this.#container(length, items => this.#to.array(items))
  }

  map(length: number): void {
    this.#container(length * 2, items => this.#to.map(items))
  }

  set(length: number): void {
    this.array(length)
  }

  push(length: number): void {
    this.array(length)
  }

  #container(length: number, close: (items: T[]) => T): void {
    if (this.muted) return
    if (length === 0) this.#value(close([]))
    else this.#open.push({ items: [], left: length, close })
  }

  #value(value: T): void {
    if (this.muted) return
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      const container = this.#open[depth]!
      container.items.push(value)
      if (--container.left > 0) return
      this.#open.pop()
      value = container.close(container.items)
    }
    this.#result = value
    this.#onValue?.(value)
  }
}
