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
        if (bytes[at - 1] !== LF) throw noResp(bytes[at - 1]!)
        if (--this.#left === 0) return at
      }
      if (at >= to) return -1
      if (this.#line !== '') {
        at = this.#endLine(bytes, at, to)
        if (at === -1) return -1
      } else {
        const next = this.#header(bytes, at, to)
        if (next === -1) {
          this.#keep(bytes, at, to)
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
      if (bytes[at - 1] !== CR) throw noResp(type)
      this.#left--
      return at + 1
    }
    let count = 0
    const isNegative = at < to && bytes[at] === MINUS
    if (isNegative) at++
    const digits = at
    for (; at < to; at++) {
      const byte = bytes[at]!
      if (byte >= ZERO && byte <= NINE) count = count * 10 + byte - ZERO
      else if (byte === CR) break
      else throw noResp(type)
    }
    if (at - digits > MOST_DIGITS) throw noResp(type)
    if (at + 1 >= to) return -1
    if (at === digits || bytes[at + 1] !== LF) throw noResp(type)
    this.#announce(type, isNegative ? -count : count)
    return at + 2
  }

  /** Takes what is left of a header line; -1 when its end still does not come. */
  #endLine(bytes: Uint8Array, from: number, to: number): number {
    const end = bytes.indexOf(LF, from)
    if (end === -1 || end >= to) {
      this.#keep(bytes, from, to)
      return -1
    }
    this.#keep(bytes, from, end)
    const line = this.#line
    this.#line = ''
    const type = line.charCodeAt(0)
    if (line.length === 1 || !line.endsWith('\r')) throw noResp(type)
    if (isLine(type)) this.#left--
    else this.#announce(type, Number(line.slice(1, -1)))
    return end + 1
  }

  /** Keeps what has come of a header line that is cut. */
  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (from === to) return
    const type = this.#line === '' ? bytes[from]! : this.#line.charCodeAt(0)
    if (isLine(type)) {
      // The rest does not matter here, but for whether its end has begun.
      this.#line = String.fromCharCode(type) + (bytes[to - 1] === CR ? '\r' : '')
      return
    }
    const length = Math.min(to - from, LONGEST_HEADER + 1)
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).latin1Slice()
    if (!HEADER.test(this.#line)) throw noResp(type)
  }

  #announce(type: number, count: number): void {
    if (count < 0 && !(count === -1 && (type === DOLLAR || type === ASTERISK))) throw noResp(type)
    switch (type) {
      case DOLLAR:
      case EQUALS:
      case BANG:
        if (count < 0) this.#left--
        else this.#skip = count + 2
        return
      case GREATER:
        // Redis 7.0 sends one in the midst of EXEC's reply to who publishes to itself: it is no element of that.
        this.#left += count - (this.type === GREATER ? 1 : 0)
        return
      case ASTERISK:
      case TILDE:
        this.#left += Math.max(count, 0) - 1
        return
      case PERCENT:
        this.#left += 2 * count - 1
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

/** Types whose value is the rest of the line: status, error, integer, double, null, boolean, big number. */
function isLine(type: number): boolean {
  return (
    type === 0x2b || type === 0x2d || type === 0x3a || type === 0x2c || type === 0x5f || type === 0x23 || type === 0x28
  )
}

function noResp(type: number): Error {
  return new Error(`bytes came that are no RESP, where a type was to stand or a length: 0x${type.toString(16)}`)
}

/** Digits of a length that is an exact number. */
const MOST_DIGITS = 15
/** A type, a sign, the digits and the end. */
const LONGEST_HEADER = MOST_DIGITS + 3
/** What has come of a header line, as far as it can be one. */
const HEADER = /^[$=!*~>%|](-?|-?\d{1,15}\r?)$/
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
