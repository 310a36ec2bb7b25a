import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { FrameScanner } from './frame-scanner.js'

/**
 * A reply as a value that has lost nothing, but for what kind of null it is: a bulk string is its bytes, an integer beyond 2^53 a bigint,
 * an error a ReplyError that has not been thrown.
 */
export type RawReply =
  | null
  | ByteString
  | number
  | bigint
  | boolean
  | Status
  | Double
  | BigNumber
  | Verbatim
  | ReplyError
  | MapReply
  | SetReply
  | readonly RawReply[]

/** A line of text, such as OK. */
export class Status {
  constructor(readonly text: ByteString) {}
}

/** A floating point number of RESP3, which may be an integer. */
export class Double {
  constructor(readonly value: number) {}
}

/** An integer of RESP3 that may have any number of digits. */
export class BigNumber {
  constructor(readonly digits: ByteString) {}
}

/** Text of RESP3 that is to be shown as it is. */
export class Verbatim {
  /** @param format three chars: `txt` or `mkd` */
  constructor(
    readonly format: ByteString,
    readonly text: ByteString,
  ) {}
}

/** A set of RESP3. */
export class SetReply {
  constructor(readonly items: readonly RawReply[]) {}
}

/** A map of RESP3. */
export class MapReply {
  /** @param items keys and values in turn */
  constructor(readonly items: readonly RawReply[]) {}
}

/** Out of band: what a server says without having been asked (RESP3). */
export class Push {
  constructor(readonly items: readonly RawReply[]) {}
}

/** Makes values of the bytes that a server sends. */
export class ReplyReader {
  readonly #scanner = new FrameScanner()
  readonly #onReply: (reply: RawReply) => void
  readonly #onPush: (push: Push) => void
  /** What has come of a frame that has not come to its end. */
  #gathered: Buffer[] = []

  constructor(onReply: (reply: RawReply) => void, onPush: (push: Push) => void) {
    this.#onReply = onReply
    this.#onPush = onPush
  }

  /**
   * Takes the bytes just read, which are the caller's again afterwards. O(bytes).
   *
   * @throws Error for bytes that are no RESP
   */
  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const end = this.#scanner.scan(bytes, at, bytes.length)
      if (end === -1) {
        this.#gathered.push(Buffer.from(bytes.subarray(at)))
        return
      }
      let frame = bytes.subarray(at, end)
      if (this.#gathered.length > 0) frame = Buffer.concat([...this.#gathered.splice(0), frame])
      at = end
      const parser = new FrameParser(frame)
      const value = parser.value()
      for (const push of parser.pushes) this.#onPush(push)
      if (value instanceof Push) this.#onPush(value)
      else this.#onReply(value)
    }
  }
}

/** The value of one whole frame; of a push, its items. */
export function parseFrame(frame: Buffer): RawReply {
  const value = new FrameParser(frame).value()
  return value instanceof Push ? value.items : value
}

/** The values of one whole frame. */
class FrameParser {
  /** Those that came in the midst of a reply, which they are no part of. */
  readonly pushes: Push[] = []
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  value(): RawReply | Push {
    const type = String.fromCharCode(this.#bytes[this.#at]!)
    const line = this.#line()
    switch (type) {
      case '+':
        return new Status(line)
      case '-':
        return new ReplyError(line)
      case ':':
        return integerOf(line)
      case '$':
        return line === '-1' ? null : this.#bulk(Number(line))
      case '*':
        return line === '-1' ? null : this.#items(Number(line))
      case '_':
        if (line === '') return null
        break
      case ',':
        return new Double(doubleOf(line))
      case '#':
        if (line === 't' || line === 'f') return line === 't'
        break
      case '(':
        return new BigNumber(digitsOf(line))
      case '!':
        return new ReplyError(this.#bulk(Number(line)))
      case '=': {
        const text = this.#bulk(Number(line))
        if (text[VERBATIM_HEAD - 1] === ':')
          return new Verbatim(text.slice(0, VERBATIM_HEAD - 1), text.slice(VERBATIM_HEAD))
        break
      }
      case '%':
        return new MapReply(this.#items(2 * Number(line)))
      case '~':
        return new SetReply(this.#items(Number(line)))
      case '>':
        return new Push(this.#items(Number(line)))
      default:
        // An attribute: the scanner lets nothing else through.
        this.#items(2 * Number(line))
        return this.#isPush ? this.value() : this.#item()
    }
    throw new Error(`bytes came that are no RESP, as a value of type ${type}`)
  }

  #items(count: number): RawReply[] {
    const items: RawReply[] = []
    for (let i = 0; i < count; i++) items.push(this.#item())
    return items
  }

  #item(): RawReply {
    for (;;) {
      const item = this.value()
      if (!(item instanceof Push)) return item
      if (this.#isPush) return item.items
      this.pushes.push(item)
    }
  }

  /** Whether the frame is a push. */
  get #isPush(): boolean {
    return this.#bytes[0] === GREATER
  }

  #bulk(length: number): ByteString {
    const start = this.#at
    this.#at = start + length + 2
    return this.#bytes.latin1Slice(start, start + length)
  }

  /** The rest of the line, without its type. */
  #line(): ByteString {
    const start = this.#at + 1
    const end = this.#bytes.indexOf('\r\n', start, 'latin1')
    this.#at = end + 2
    return this.#bytes.latin1Slice(start, end)
  }
}

/** `txt:` */
const VERBATIM_HEAD = 4

const GREATER = 62

function integerOf(text: ByteString): number | bigint {
  const value = Number(digitsOf(text))
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

function digitsOf(text: ByteString): ByteString {
  if (/^[+-]?\d+$/.test(text)) return text
  throw new Error(`bytes came that are no RESP, where an integer was to stand: ${JSON.stringify(text.slice(0, 40))}`)
}

function doubleOf(text: ByteString): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const value = Number(text)
  if (text !== '' && (!Number.isNaN(value) || /^[+-]?nan$/i.test(text))) return value
  throw new Error(`bytes came that are no RESP, where a number was to stand: ${JSON.stringify(text.slice(0, 40))}`)
}
