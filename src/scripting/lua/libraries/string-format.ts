import type { ByteString } from '../../../bytes/bytes.js'
import { type HostFunction, type Lua, LuaType, toInteger64 } from '../lua.js'
import { NUMBER_LENGTH, writeNumber } from './cjson-number-text.js'
import { formatFloat } from './float-format.js'
import { Output } from './output.js'

/**
 * Lua 5.1's string.format, as a 64-bit build with glibc has it (str_format in lstrlib.c): `%c %d %i %o %u %x %X %e %E %f %g %G %q %s %%`
 * with flags, and width and precision of up to two digits.
 */
export function formatFunction(lua: Lua): HostFunction {
  const output = new Output(lua)
  const formatter = new Formatter(lua, output)
  return L => {
    lua.checkStringAddress(L, 1)
    try {
      output.begin(L)
      formatter.format(L)
      output.push()
    } finally {
      output.end()
    }
    return 1
  }
}

class Formatter {
  readonly #lua: Lua
  readonly #output: Output
  // The conversion that is being made.
  #flags = 0
  #width = 0
  /** -1 without one. */
  #precision = 0

  constructor(lua: Lua, output: Output) {
    this.#lua = lua
    this.#output = output
  }

  format(L: number): void {
    const lua = this.#lua
    const output = this.#output
    const format = lua.address(L, 1)
    const top = lua.top(L)
    let at = lua.stringStartAt(format)
    const end = at + lua.stringLengthAt(format)
    let argument = 1
    while (at < end) {
      const literal = at
      while (at < end && lua.bytes[at] !== PERCENT) at++
      if (at > literal) output.span(literal, at - literal)
      if (at === end) break
      if (lua.bytes[++at] === PERCENT) {
        output.byte(PERCENT)
        at++
        continue
      }
      if (++argument > top) lua.argumentError(L, argument, 'no value')
      at = this.#readSpecification(L, at)
      this.#convert(L, argument, lua.bytes[at]!)
      at++
    }
  }

  /** Reads what stands between `%` and the letter, and gives the place of the letter: a zero byte after the end. */
  #readSpecification(L: number, start: number): number {
    const lua = this.#lua
    const { bytes } = lua
    let at = start
    let flags = 0
    for (;;) {
      const flag = FLAGS[bytes[at]!]!
      if (flag === 0) break
      flags |= flag
      at++
    }
    if (at - start > MOST_FLAGS) lua.error(L, 'invalid format (repeated flags)')
    this.#flags = flags
    this.#width = 0
    for (let i = 0; i < 2 && isDigit(bytes[at]!); i++) this.#width = this.#width * 10 + bytes[at++]! - ZERO
    this.#precision = -1
    if (bytes[at] === POINT) {
      at++
      this.#precision = 0
      for (let i = 0; i < 2 && isDigit(bytes[at]!); i++) this.#precision = this.#precision * 10 + bytes[at++]! - ZERO
    }
    if (isDigit(bytes[at]!)) lua.error(L, 'invalid format (width or precision too long)')
    return at
  }

  #convert(L: number, argument: number, letter: number): void {
    const lua = this.#lua
    switch (letter) {
      case LETTER_S:
        this.#string(L, argument)
        break
      case LETTER_D:
      case LETTER_I:
        this.#signed(lua.checkNumber(L, argument))
        break
      case LETTER_U:
        this.#unsigned(lua.checkNumber(L, argument), 10, '')
        break
      case LETTER_X:
        this.#unsigned(lua.checkNumber(L, argument), 16, '0x')
        break
      case UPPER_X:
        this.#unsigned(lua.checkNumber(L, argument), 16, '0X')
        break
      case LETTER_O:
        this.#unsigned(lua.checkNumber(L, argument), 8, '')
        break
      case LETTER_E:
      case LETTER_F:
      case LETTER_G:
      case UPPER_E:
      case UPPER_G:
        this.#float(L, argument, letter)
        break
      case LETTER_C:
        this.#character(lua.checkNumber(L, argument))
        break
      case LETTER_Q:
        this.#quoted(L, argument)
        break
      default:
        lua.error(L, `invalid option '%${letter === 0 ? '' : String.fromCharCode(letter)}' to 'format'`)
    }
  }

  #string(L: number, argument: number): void {
    const lua = this.#lua
    const address = lua.checkStringAddress(L, argument)
    const start = lua.stringStartAt(address)
    let length = lua.stringLengthAt(address)
    // A long string is taken as it is; others end at a zero byte, as in C.
    if (length >= LONG && this.#precision < 0) {
      this.#output.span(start, length)
      return
    }
    if (this.#precision >= 0 && length > this.#precision) length = this.#precision
    const { bytes } = lua
    let end = start
    while (end < start + length && bytes[end] !== 0) end++
    const padding = this.#width - (end - start)
    if ((this.#flags & LEFT) === 0) this.#spaces(padding)
    this.#output.span(start, end - start)
    if ((this.#flags & LEFT) !== 0) this.#spaces(padding)
  }

  #character(value: number): void {
    // As C casts to an int of 32 bits, then to a byte. What does not fit comes out as the least int, whose low byte is 0.
    const c = value > -(2 ** 31) - 1 && value < 2 ** 31 ? Math.trunc(value) & 0xff : 0
    const isLeft = (this.#flags & LEFT) !== 0
    if (!isLeft) this.#spaces(this.#width - 1)
    // A zero byte ends what has been written.
    if (c === 0) return
    this.#output.byte(c)
    if (isLeft) this.#spaces(this.#width - 1)
  }

  #quoted(L: number, argument: number): void {
    const lua = this.#lua
    const output = this.#output
    const address = lua.checkStringAddress(L, argument)
    const start = lua.stringStartAt(address)
    const end = start + lua.stringLengthAt(address)
    output.byte(QUOTE)
    let copied = start
    for (let at = start; at < end; at++) {
      const c = lua.bytes[at]!
      const escaped = QUOTED[c]
      if (escaped === undefined) continue
      output.span(copied, at - copied)
      this.#text(escaped)
      copied = at + 1
    }
    output.span(copied, end - copied)
    output.byte(QUOTE)
  }

  #signed(value: number): void {
    const whole = toInteger64(value)
    const digits = Math.abs(whole) <= Number.MAX_SAFE_INTEGER ? `${Math.abs(whole)}` : `${BigInt(Math.abs(whole))}`
    this.#number(whole < 0 ? '-' : this.#plus(), this.#withPrecision(digits), this.#precision < 0)
  }

  #unsigned(value: number, base: number, prefix: string): void {
    const whole = Math.trunc(value)
    const isSimple = whole >= 0 && whole <= Number.MAX_SAFE_INTEGER
    let digits = isSimple ? (whole + 0).toString(base) : toUnsigned64(value).toString(base)
    if (prefix === '0X') digits = digits.toUpperCase()
    const isZero = digits === '0'
    digits = this.#withPrecision(digits)
    const isAlternate = (this.#flags & ALTERNATE) !== 0
    if (base === 8 && isAlternate && !digits.startsWith('0')) digits = `0${digits}`
    this.#number(isAlternate && !isZero ? prefix : '', digits, this.#precision < 0)
  }

  /** Digits of an integer, at least as many as the precision asks for; none for a 0 of precision 0. */
  #withPrecision(digits: string): string {
    if (this.#precision === 0 && digits === '0') return ''
    return digits.length < this.#precision ? digits.padStart(this.#precision, '0') : digits
  }

  #float(L: number, argument: number, letter: number): void {
    const value = this.#lua.checkNumber(L, argument)
    const isPlain = this.#flags === 0 && this.#width === 0
    if (letter === LETTER_G && isPlain && this.#precision !== 0 && this.#precision <= 14 && Number.isFinite(value)) {
      // Fast path, as tostring writes numbers.
      this.#output.reserve(NUMBER_LENGTH)
      const precision = this.#precision < 0 ? 6 : this.#precision
      this.#output.at = writeNumber(this.#lua.bytes, this.#output.at, value, precision)
      return
    }
    const isUpper = letter < LETTER_A
    const kind = FLOAT_KINDS[(letter | 0x20) - LETTER_E]!
    const sign = isNegative(this.#lua, L, argument, value) ? '-' : this.#plus()
    const hasDigits = Number.isFinite(value)
    let text: string
    if (hasDigits) {
      const precision = this.#precision < 0 ? 6 : this.#precision
      text = formatFloat(Math.abs(value), kind, precision, (this.#flags & ALTERNATE) !== 0)
    } else text = Number.isNaN(value) ? 'nan' : 'inf'
    this.#number(sign, isUpper ? text.toUpperCase() : text, hasDigits)
  }

  /** The sign of what is not negative. */
  #plus(): string {
    return (this.#flags & PLUS) !== 0 ? '+' : (this.#flags & SPACE) !== 0 ? ' ' : ''
  }

  /** Pads with spaces, or, where the flag is set and allowed, with zeros after what stands in front of the digits. */
  #number(front: string, digits: string, mayHaveZeros: boolean): void {
    const padding = this.#width - front.length - digits.length
    if (padding <= 0) this.#text(front + digits)
    else if ((this.#flags & LEFT) !== 0) {
      this.#text(front + digits)
      this.#spaces(padding)
    } else if (mayHaveZeros && (this.#flags & ZEROS) !== 0) this.#text(front + '0'.repeat(padding) + digits)
    else {
      this.#spaces(padding)
      this.#text(front + digits)
    }
  }

  #text(text: ByteString): void {
    const output = this.#output
    const { length } = text
    output.reserve(length)
    const { bytes } = this.#lua
    const { at } = output
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
    output.at = at + length
  }

  #spaces(count: number): void {
    for (let i = 0; i < count; i++) this.#output.byte(BLANK)
  }
}

/** The sign, which NaN has too: printf shows it. */
function isNegative(lua: Lua, L: number, argument: number, value: number): boolean {
  if (!Number.isNaN(value)) return value < 0 || (value === 0 && 1 / value < 0)
  const address = lua.address(L, argument)
  if (lua.typeAt(address) === LuaType.number) return lua.u32[(address + 4) >> 2]! >>> 31 === 1
  return lua.stringAt(address).trimStart().startsWith('-')
}

/** As x86-64 casts to an unsigned integer of 64 bits: the negative ones as two's complement, too large ones as 0. */
function toUnsigned64(value: number): bigint {
  if (value >= 2 ** 63) return value < 2 ** 64 ? BigInt(value) : 0n
  return BigInt.asUintN(64, BigInt(toInteger64(value)))
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= NINE
}

const FLOAT_KINDS = ['e', 'f', 'g'] as const
/** Bytes from which on `%s` takes a string as it is. */
const LONG = 100
/** Repeated ones included. */
const MOST_FLAGS = 5

const LEFT = 1
const PLUS = 2
const SPACE = 4
const ALTERNATE = 8
const ZEROS = 16

const FLAGS = new Uint8Array(256)
FLAGS['-'.charCodeAt(0)] = LEFT
FLAGS['+'.charCodeAt(0)] = PLUS
FLAGS[' '.charCodeAt(0)] = SPACE
FLAGS['#'.charCodeAt(0)] = ALTERNATE
FLAGS['0'.charCodeAt(0)] = ZEROS

/** What `%q` writes for some bytes. */
const QUOTED: readonly (string | undefined)[] = Object.assign(Array<string | undefined>(256).fill(undefined), {
  0: '\\000',
  10: '\\\n',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
})

const BLANK = 0x20
const QUOTE = 0x22
const PERCENT = 0x25
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const UPPER_E = 0x45
const UPPER_G = 0x47
const UPPER_X = 0x58
const LETTER_A = 0x61
const LETTER_C = 0x63
const LETTER_D = 0x64
const LETTER_E = 0x65
const LETTER_F = 0x66
const LETTER_G = 0x67
const LETTER_I = 0x69
const LETTER_O = 0x6f
const LETTER_Q = 0x71
const LETTER_S = 0x73
const LETTER_U = 0x75
const LETTER_X = 0x78
