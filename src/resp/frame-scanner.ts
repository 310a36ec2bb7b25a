/**
 * Finds where the replies of a RESP stream end, without making values of them: for who passes them on.
 *
 * A frame is one whole reply: an array with all its elements, an attribute with the reply behind it. It may be cut anywhere; the
 * scanner goes on where it was, so each byte is looked at once, and the bytes of bulk strings not at all.
 */
export class FrameScanner {
  /** The first byte of the frame that is being read, or was read last: `>` for a push. */
  type = 0
  /** Values that the frame still lacks; 0 between two frames. */
  #left = 0
  /** Bytes of a bulk string, and of its line end, that are still to come. */
  #skip = 0
  /** The beginning of a header line whose end has not come yet. */
  #line = ''

  /** Whether a frame has begun and has not ended. */
  get isInside(): boolean {
    return this.#left > 0
  }

  /** Goes on within a frame of which others have read the beginning. */
  resume(left: number, skip: number): void {
    this.#left = left
    this.#skip = skip
    this.#line = ''
  }

  /**
   * Reads on from `from`.
   *
   * @returns the index behind the end of the frame, or -1 when `to` comes before it: then all bytes have been taken
   * @throws Error for bytes that are no RESP
   */
  scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    if (this.#left === 0) {
      if (at >= to) return -1
      this.#left = 1
      this.type = bytes[at]!
    }
    for (;;) {
      if (this.#skip > 0) {
        const rest = to - at
        if (rest < this.#skip) {
          this.#skip -= rest
          return -1
        }
        at += this.#skip
        this.#skip = 0
        if (--this.#left === 0) return at
      }
      if (at >= to) return -1
      if (this.#line !== '') {
        at = this.#endLine(bytes, at, to)
        if (at === -1) return -1
      } else {
        const next = this.#header(bytes, at, to)
        if (next === -1) {
          this.#line = keep(bytes, at, to)
          return -1
        }
        at = next
      }
      if (this.#left === 0) return at
    }
  }

  /** Takes a header line that lies whole before `to`; -1 when it does not. */
  #header(bytes: Uint8Array, from: number, to: number): number {
    const type = bytes[from]!
    let at = from + 1
    if (isLine(type)) {
      while (at < to && bytes[at] !== LF) at++
      if (at === to) return -1
      this.#left--
      return at + 1
    }
    let count = 0
    let isNegative = false
    for (; at < to; at++) {
      const byte = bytes[at]!
      if (byte >= ZERO && byte <= NINE) count = count * 10 + byte - ZERO
      else if (byte === CR) break
      else if (byte === MINUS) isNegative = true
      else throw noResp(type)
    }
    if (at + 1 >= to) return -1
    this.#announce(type, isNegative ? -1 : count)
    return at + 2
  }

  /** Takes what is left of a header line; -1 when its end still does not come. */
  #endLine(bytes: Uint8Array, from: number, to: number): number {
    const end = bytes.indexOf(LF, from)
    if (end === -1 || end >= to) {
      this.#line = `${this.#line}${keep(bytes, from, to)}`.slice(0, LONGEST_HEADER)
      return -1
    }
    const line = this.#line + keep(bytes, from, end)
    this.#line = ''
    const type = line.charCodeAt(0)
    if (isLine(type)) this.#left--
    else {
      const count = Number.parseInt(line.slice(1), 10)
      if (Number.isNaN(count)) throw noResp(type)
      this.#announce(type, count)
    }
    return end + 1
  }

  #announce(type: number, count: number): void {
    switch (type) {
      case DOLLAR:
      case EQUALS:
      case BANG:
        if (count < 0) this.#left--
        else this.#skip = count + 2
        return
      case ASTERISK:
      case TILDE:
      case GREATER:
        this.#left += Math.max(count, 0) - 1
        return
      case PERCENT:
        this.#left += 2 * Math.max(count, 0) - 1
        return
      case PIPE:
        // An attribute comes before a value, and is none itself.
        this.#left += 2 * count
        return
      default:
        throw noResp(type)
    }
  }
}

/** What is kept of a header line that is cut: of a status or an error, its type is enough. */
function keep(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(to - from, LONGEST_HEADER)).latin1Slice()
}

/** Types whose value is the rest of the line: status, error, integer, double, null, boolean, big number. */
function isLine(type: number): boolean {
  return (
    type === 0x2b || type === 0x2d || type === 0x3a || type === 0x2c || type === 0x5f || type === 0x23 || type === 0x28
  )
}

function noResp(type: number): Error {
  return new Error(`bytes came that are no RESP, where a type was to stand or a length: 0x${type.toString(16)}`)
}

/** A type, a sign, and the digits of 2^63. */
const LONGEST_HEADER = 32
const LF = 10
const CR = 13
const BANG = 33
const DOLLAR = 36
const PERCENT = 37
const ASTERISK = 42
const MINUS = 45
const ZERO = 48
const NINE = 57
const EQUALS = 61
const GREATER = 62
const PIPE = 124
const TILDE = 126
