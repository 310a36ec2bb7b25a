import { type HostFunction, type Lua, LuaType } from '../lua.js'
import { floatBits, highBits, lowBits, pushDouble, pushFloat } from './cmsgpack-numbers.js'
import { Output } from './output.js'
import { StackRoom } from './stack-room.js'

/**
 * `struct`: Roberto Ierusalimschy's library of 2012 (version 0.2), as Redis has changed it, on 64-bit Linux on x86: `l` and
 * `T` have 8 bytes, and `!` alone aligns to 8. http://www.inf.puc-rio.br/~roberto/struct/
 *
 * @param interrupt called now and then; throws a Lua error when the script must end
 */
export function structLibrary(lua: Lua, interrupt: (L: number) => void): Readonly<Record<string, HostFunction>> {
  const format = new Format(lua, interrupt)
  const output = new Output(lua)
  const room = new StackRoom(lua)

  /** Writes what the option says of an argument. Gives its length. */
  const packValue = (L: number, argument: number): number => {
    const { kind, size, bigEndian } = format
    if (kind === Kind.chars || kind === Kind.terminated) {
      const address = lua.checkStringAddress(L, argument)
      const length = lua.stringLengthAt(address)
      // It names the argument after the one that is wrong.
      if (length < size) lua.argumentError(L, argument + 1, 'string too short')
      const written = size === 0 ? length : size
      output.span(lua.stringStartAt(address), written)
      if (kind === Kind.chars) return written
      output.byte(0)
      return written + 1
    }
    const address = checkNumberAddress(lua, L, argument)
    if (kind === Kind.float) write(lua, output, floatBits(lua, address), 0, size, bigEndian)
    else if (kind === Kind.double) write(lua, output, lowBits(lua, address), highBits(lua, address), size, bigEndian)
    else {
      const value = toUnsigned64(lua.numberAt(address))
      const high = Math.floor(value / 2 ** 32)
      write(lua, output, value - high * 2 ** 32, high, size, bigEndian)
    }
    return size
  }

  const pack = (L: number): void => {
    const count = lua.top(L)
    let argument = 2
    let total = 0
    while (format.next(L)) {
      const padding = format.padding(total)
      if (padding > 0) output.zeros(padding)
      total += padding
      if (format.kind === Kind.control) format.control(L)
      else if (format.kind === Kind.padding) {
        output.byte(0)
        total++
      } else {
        // Redis's function has put a nil behind the arguments.
        if (argument > count) lua.pushNil(L)
        total += packValue(L, argument++)
      }
    }
    output.push()
  }

  const unpack = (L: number): number => {
    const address = lua.checkStringAddress(L, 2)
    const data = lua.stringStartAt(address)
    const length = lua.stringLengthAt(address)
    const start = lua.optionalInteger(L, 3, 1)
    if (start === 0) lua.argumentError(L, 3, 'offset must be 1 or greater')
    const top = room.begin(L)
    let results = 0
    // It is unsigned in C, so that a negative one is far beyond the end.
    let position = start < 0 ? Infinity : start - 1
    let any = false
    while (format.next(L)) {
      any = true
      const { kind, bigEndian } = format
      let { size } = format
      position += format.padding(position)
      if (position + size > length) lua.argumentError(L, 2, 'data string too short')
      room.check(L, top + results, 2, 'too many results')
      const at = data + position
      results++
      switch (kind) {
        case Kind.integer:
          lua.pushNumber(L, readInteger(lua, at, size, bigEndian, format.signed))
          break
        case Kind.float:
          pushFloat(lua, L, readHalf(lua, at, size, bigEndian, 0))
          break
        case Kind.double:
          pushDouble(lua, L, readHalf(lua, at, size, bigEndian, 1), readHalf(lua, at, size, bigEndian, 0))
          break
        case Kind.chars:
          if (size === 0) {
            // The length is the value before it, which is no result then.
            results--
            if (results === 0 || lua.c.lua_isnumber(L, -1) === 0) lua.error(L, "format 'c0' needs a previous size")
            size = toSize(lua.c.lua_tonumber(L, -1))
            lua.pop(L)
            if (position + size > length) lua.argumentError(L, 2, 'data string too short')
          }
          lua.pushSpan(L, at, size)
          break
        case Kind.terminated: {
          const end = indexOfNul(lua.bytes, at)
          if (end >= data + length) lua.error(L, 'unfinished string in data')
          lua.pushSpan(L, at, end - at)
          size = end - at + 1
          break
        }
        default:
          results--
          if (kind === Kind.control) format.control(L)
      }
      position += size
    }
    lua.pushNumber(L, any ? position + 1 : start)
    return results + 1
  }

  return {
    pack: L => {
      format.begin(L)
      output.begin(L)
      try {
        pack(L)
      } finally {
        output.end()
      }
      return 1
    },
    unpack: L => {
      format.begin(L)
      return unpack(L)
    },
    size: L => {
      format.begin(L)
      let position = 0
      while (format.next(L)) {
        position += format.padding(position)
        if (format.kind === Kind.terminated) lua.argumentError(L, 1, "option 's' has no fixed size")
        if (format.kind === Kind.chars && format.size === 0) {
          lua.argumentError(L, 1, "option 'c0' has no fixed size")
        }
        // Letters and digits that mean nothing are no errors here.
        if (!isAlphanumeric(format.option)) format.control(L)
        position += format.size
      }
      lua.pushNumber(L, position)
      return 1
    },
  }
}

/** What an option stands for. */
const Kind = { control: 0, integer: 1, float: 2, double: 3, chars: 4, terminated: 5, padding: 6 } as const

/** Reads a format, option by option. */
class Format {
  /** The option's character. */
  option = 0
  /** A `Kind`; what means nothing is `control`. */
  kind = 0
  /** Bytes that it takes, as far as the format says. */
  size = 0
  bigEndian = false
  #align = 1
  #at = 0
  #read = 0
  readonly #lua: Lua
  readonly #interrupt: (L: number) => void

  constructor(lua: Lua, interrupt: (L: number) => void) {
    this.#lua = lua
    this.#interrupt = interrupt
  }

  /** Sets out to read the first argument. */
  begin(L: number): void {
    this.#at = this.#lua.stringStartAt(this.#lua.checkStringAddress(L, 1))
    this.bigEndian = false
    this.#align = 1
  }

  /** Goes to the next option; false where there is none, or a NUL. */
  next(L: number): boolean {
    if ((++this.#read & INTERVAL) === 0) this.#interrupt(L)
    const option = this.#peek()
    if (option === 0) return false
    this.#at++
    this.option = option
    this.kind = KINDS[option]!
    this.size = this.#size(L, option)
    return true
  }

  /** Of an integer: the small letters are. */
  get signed(): boolean {
    return this.option >= CHAR.a
  }

  /** Bytes in front of the option, if so many have gone before. */
  padding(position: number): number {
    const size = Math.min(this.size, this.#align)
    if (size <= 1 || this.kind === Kind.chars) return 0
    // Of a size that is no power of 2 this is no alignment, but it is what Redis does.
    return (size - ((position % 2 ** 32) & (size - 1))) & (size - 1)
  }

  /** Obeys an option that stands for no value. */
  control(L: number): void {
    switch (this.option) {
      case CHAR.space:
        break
      case CHAR.greater:
        this.bigEndian = true
        break
      case CHAR.less:
        this.bigEndian = false
        break
      case CHAR.bang: {
        const align = this.#number(L, 8)
        if (align === 0 || (align & (align - 1)) !== 0) this.#lua.error(L, `alignment ${align} is not a power of 2`)
        this.#align = align
        break
      }
      default:
        this.#lua.argumentError(L, 1, `invalid format option '${String.fromCharCode(this.option)}'`)
    }
  }

  #size(L: number, option: number): number {
    if (option === CHAR.c) return this.#number(L, 1)
    if (option !== CHAR.i && option !== CHAR.I) return SIZES[option]!
    const size = this.#number(L, 4)
    if (size > MAX_SIZE) this.#lua.error(L, `integral size ${size} is larger than limit of ${MAX_SIZE}`)
    return size
  }

  /** The digits that follow, as a number. */
  #number(L: number, otherwise: number): number {
    if (!isDigit(this.#peek())) return otherwise
    let value = 0
    for (let char = this.#peek(); isDigit(char); char = this.#peek()) {
      value = value * 10 + char - CHAR.zero
      if (value > 0x7fff_ffff) this.#lua.error(L, 'integral size overflow')
      this.#at++
    }
    return value
  }

  #peek(): number {
    return this.#lua.bytes[this.#at]!
  }
}

/** A NUL follows every string of Lua's, so that there is one. */
function indexOfNul(bytes: Buffer, start: number): number {
  // Short ones are found without leaving V8's compiled code.
  const near = start + 40
  let at = start
  while (bytes[at] !== 0 && at < near) at++
  return at < near ? at : bytes.indexOf(0, at)
}

/** Address of an argument, made a number if it is a string that can be read as one. */
function checkNumberAddress(lua: Lua, L: number, argument: number): number {
  const value = lua.checkNumber(L, argument)
  const address = lua.address(L, argument)
  if (lua.typeAt(address) !== LuaType.number) {
    lua.f64[address >> 3] = value
    lua.u32[(address + 8) >> 2] = LuaType.number
  }
  return address
}

/** Writes an integer of 64 bits, of which the halves are given, in so many bytes: cut off, or filled up with zeros. */
function write(lua: Lua, output: Output, low: number, high: number, size: number, bigEndian: boolean): void {
  output.reserve(size)
  const { bytes } = lua
  const { at } = output
  for (let i = 0; i < size; i++) {
    const byte = i < 4 ? low >>> (8 * i) : i < 8 ? high >>> (8 * (i - 4)) : 0
    bytes[bigEndian ? at + size - 1 - i : at + i] = byte
  }
  output.at += size
}

/** 32 bits of an integer of so many bytes in memory: the lowest for 0, those above for 1. Signed. */
function readHalf(lua: Lua, at: number, size: number, bigEndian: boolean, half: 0 | 1): number {
  const { bytes } = lua
  const count = Math.min(size - half * 4, 4)
  const step = bigEndian ? -1 : 1
  let byte = bigEndian ? at + size - 1 - half * 4 : at + half * 4
  let bits = 0
  for (let i = 0; i < count; i++, byte += step) bits |= bytes[byte]! << (8 * i)
  return bits
}

/** An integer of so many bytes, of which the lowest 8 count. */
function readInteger(lua: Lua, at: number, size: number, bigEndian: boolean, signed: boolean): number {
  let low = readHalf(lua, at, size, bigEndian, 0)
  if (size <= 4 && size > 0) {
    const unused = 32 - size * 8
    return signed ? (low << unused) >> unused : low >>> 0
  }
  let high = size > 4 ? readHalf(lua, at, size, bigEndian, 1) : 0
  if (!signed) return (high >>> 0) * 2 ** 32 + (low >>> 0)
  // If the highest bit is set, those above it are set too. The processor takes the place of that bit modulo 64: of 9
  // bytes, it is the highest bit of the lowest byte (and of none at all, the highest of 8).
  const bit = (size * 8 - 1) & 63
  const lowMask = bit < 32 ? -1 << bit : 0
  const highMask = bit < 32 ? -1 : -1 << bit
  if ((low & lowMask) !== 0 || (high & highMask) !== 0) {
    low |= lowMask
    high |= highMask
  }
  return high * 2 ** 32 + (low >>> 0)
}

/**
 * A number as C's casts make a 64-bit integer of it on x86-64, negative ones by way of a signed one: cut off after the point,
 * from -2^63 to 2^64 - 1.
 */
function toUnsigned64(value: number): number {
  if (value < 0) return Math.max(Math.trunc(value), -(2 ** 63))
  if (value < 2 ** 64) return Math.trunc(value)
  return Number.isNaN(value) ? 2 ** 63 : 0
}

/** The same as a count of bytes: a negative one wraps around, and then is too large for anything. */
function toSize(value: number): number {
  const size = toUnsigned64(value)
  return size < 0 ? Infinity : size
}

function isDigit(char: number): boolean {
  return char >= CHAR.zero && char <= CHAR.nine
}

function isAlphanumeric(char: number): boolean {
  const small = char | 0x20
  return isDigit(char) || (small >= CHAR.a && small <= CHAR.z)
}

const code = (char: string): number => char.charCodeAt(0)
const CHAR = {
  ...{ zero: code('0'), nine: code('9'), a: code('a'), z: code('z'), c: code('c'), i: code('i'), I: code('I') },
  ...{ space: code(' '), bang: code('!'), less: code('<'), greater: code('>') },
}

/** By character. */
const KINDS = new Uint8Array(256)
const SIZES = new Uint8Array(256)
const define = (kind: number, sizes: Readonly<Record<string, number>>): void => {
  for (const [char, size] of Object.entries(sizes)) {
    KINDS[code(char)] = kind
    SIZES[code(char)] = size
  }
}
define(Kind.integer, { b: 1, B: 1, h: 2, H: 2, i: 4, I: 4, l: 8, L: 8, T: 8 })
define(Kind.float, { f: 4 })
define(Kind.double, { d: 8 })
define(Kind.chars, { c: 1 })
define(Kind.terminated, { s: 0 })
define(Kind.padding, { x: 1 })

/** Of an integer, in bytes. */
const MAX_SIZE = 32
const INTERVAL = 0xffff
