import type { ByteString } from '../../bytes/bytes.js'
import { type Bytes, bytesOf } from '../../module/bytes.js'
import type { BitRange, ReadString } from '../../module/context.js'
import { bytesIn, numberIn } from '../../upstream/raw-reply.js'
import { visitSetBits } from '../../values/string-bits.js'
import { rangeOf } from '../ranges.js'
import { indexOf, type View } from './view.js'

export class StringView implements ReadString {
  readonly #view: View
  readonly #key: ByteString
  /** What is asked of a view again and again, in loops, is worked out once. */
  #length: number | undefined
  #chunk: { readonly start: number; readonly bytes: ByteString } | undefined

  constructor(view: View, key: ByteString) {
    this.#view = view
    this.#key = key
  }

  get(): Bytes | null {
    const answer = this.#view.askKey('GET', this.#key)
    if (answer === undefined) return this.#view.guessKey(this.#key, null)
    const bytes = bytesIn(answer)
    return bytes === null ? null : bytesOf(bytes)
  }

  get length(): number {
    this.#length ??= this.#askLength()
    return this.#length
  }

  get exists(): boolean {
    const whole = ['GET', this.#key]
    if (this.#view.knows(...whole)) return this.#view.askInstead(whole, ['EXISTS', this.#key]) !== null
    // EXISTS tells an empty one from none, and STRLEN whether it is a string.
    const exists = this.#view.askKey('EXISTS', this.#key)
    const length = this.#view.askKey('STRLEN', this.#key)
    if (length === undefined || exists === undefined) return this.#view.guessKey(this.#key, false)
    return numberIn(exists) > 0
  }

  getRange(start: number, end: number): Bytes {
    const [from, to] = [indexOf(start, 'the start'), indexOf(end, 'the end')]
    const answer = this.#view.askKey('GETRANGE', this.#key, from, to)
    return bytesOf(answer === undefined ? this.#view.guess('') : (bytesIn(answer) ?? ''))
  }

  byteAt(index: number): number | undefined {
    if (!Number.isSafeInteger(index) || index < 0) return undefined
    const start = Math.floor(index / CHUNK) * CHUNK
    if (this.#chunk?.start !== start) this.#chunk = { start, bytes: this.#askChunk(start) }
    const code = this.#chunk.bytes.charCodeAt(index - start)
    return Number.isNaN(code) ? undefined : code
  }

  getBit(offset: number): 0 | 1 {
    const byte = this.byteAt(Math.floor(offset / 8)) ?? 0
    return ((byte >> (7 - (offset % 8))) & 1) as 0 | 1
  }

  visitSetBits({ start = 0, end = -1, limit = Infinity }: BitRange, visit: (position: number) => unknown): void {
    const [from, to] = [indexOf(start, 'the start'), indexOf(end, 'the end')]
    const answer = this.#view.askKey('GETRANGE', this.#key, from, to)
    // Where the range begins, if it is counted from the end, and whether there is one, which GETRANGE sees in another way.
    const isFromEnd = start < 0 || end < -1
    const length = isFromEnd ? this.#view.askKey('STRLEN', this.#key) : undefined
    if (answer === undefined || (isFromEnd && length === undefined)) {
      // Not to be stopped for: the run goes on, and finds what else it asks for.
      this.#view.guess(null)
      return
    }
    const bytes = bytesIn(answer) ?? ''
    const range = rangeOf(start, end, length === undefined ? start + bytes.length : numberIn(length))
    if (range === undefined || limit <= 0) return
    let left = limit
    const offset = range.start * 8
    visitSetBits(bytes, 0, bytes.length, position => visit(offset + position) !== false && --left > 0)
  }

  #askLength(): number {
    const question = ['STRLEN', this.#key]
    const whole = ['GET', this.#key]
    if (this.#view.knows(...whole)) return (bytesIn(this.#view.askInstead(whole, question) ?? null) ?? '').length
    const answer = this.#view.askKey(...question)
    return answer === undefined ? this.#view.guessKey(this.#key, 0) : numberIn(answer)
  }

  /**
   * The bytes of the string from `start`. Who looks at one byte seldom needs all, but who goes from one part into the next is going
   * through the string, and gets the rest at once.
   */
  #askChunk(start: number): ByteString {
    const chunkAt = (at: number) => ['GETRANGE', this.#key, String(at), String(at + CHUNK - 1)]
    const chunk = chunkAt(start)
    const whole = ['GET', this.#key]
    const isPassingThrough =
      !this.#view.knows(...chunk) &&
      (this.#view.knows(...chunkAt(start - CHUNK)) || this.#view.knows(...chunkAt(start + CHUNK)))
    if (!isPassingThrough && !this.#view.knows(...whole)) {
      const answer = this.#view.askKey(...chunk)
      return answer === undefined ? this.#view.guess('') : (bytesIn(answer) ?? '')
    }
    const answer = this.#view.askInstead(whole, chunk)
    return answer === undefined ? this.#view.guess('') : (bytesIn(answer) ?? '').slice(start, start + CHUNK)
  }
}

/** Bytes that are fetched for the sake of one. */
const CHUNK = 4096
