import { type Integer, toInteger } from '../bytes/numbers.js'
import type { Bytes } from './string-bits.js'

/** An integer of 1 to 64 bits (unsigned: to 63) anywhere in a string, most significant bit first. */
export interface FieldType {
  readonly signed: boolean
  readonly bits: number
}

/** What becomes of a value that does not fit: cut to its lowest bits, drawn to the nearest bound, or not stored. */
export type Overflow = 'wrap' | 'sat' | 'fail'

/** The integer at a bit offset; what lies beyond the end of the string is zero. */
export function readField(bytes: Bytes, offset: number, type: FieldType): Integer {
  const { bits, signed } = type
  const at = Math.floor(offset / 8)
  // Up to nine bytes: the field may begin and end within one.
  const window = typeof bytes === 'string' || at + FIELD_BYTES > bytes.length ? copyField(bytes, at) : bytes
  const from = window === scratch ? offset & 7 : offset
  if (bits <= NUMBER_BITS) {
    const value = readBits(window, from, bits)
    return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value
  }
  const high = BigInt(readBits(window, from, bits - 32))
  const value = (high << 32n) | BigInt(readBits(window, from + bits - 32, 32))
  return toInteger(signed ? BigInt.asIntN(bits, value) : value)
}

/** Stores an integer that fits the type at a bit offset; the bytes must reach so far. */
export function writeField(bytes: Uint8Array, offset: number, type: FieldType, value: Integer): void {
  const { bits } = type
  if (typeof value === 'number' && bits <= NUMBER_BITS) {
    writeBits(bytes, offset, bits, value < 0 ? value + 2 ** bits : value)
    return
  }
  const wide = BigInt.asUintN(bits, BigInt(value))
  writeBits(bytes, offset, bits - 32, Number(wide >> 32n))
  writeBits(bytes, offset + bits - 32, 32, Number(wide & 0xffffffffn))
}

/** The value and increment together, as the type can hold them; undefined when they overflow and that means failure. */
export function addToField(
  value: Integer,
  increment: Integer,
  type: FieldType,
  overflow: Overflow,
): Integer | undefined {
  const sum = addExactly(value, increment)
  const max = maximum(type)
  const min = minimum(type)
  return sum > max || sum < min ? bounded(sum, sum > max, type, overflow) : sum
}

/**
 * A 64-bit value as the type can hold it; undefined when it overflows and that means failure.
 *
 * Two kinds of negative values count as too large: all of them for an unsigned type (Redis takes their 64 bits as
 * unsigned), and for a signed type those that lie more than 2^63 - 1 below its maximum (its subtraction overflows).
 */
export function fitField(value: Integer, type: FieldType, overflow: Overflow): Integer | undefined {
  const { signed, bits } = type
  const max = maximum(type)
  const tooLarge = value > max || (signed ? bits < 64 && BigInt(max) - BigInt(value) > INT64_MAX : value < 0)
  return tooLarge || value < minimum(type) ? bounded(value, tooLarge, type, overflow) : value
}

/** Fields of up to so many bits are read, written and wrapped as numbers. */
const NUMBER_BITS = 53
const INT64_MAX = (1n << 63n) - 1n
const FIELD_BYTES = 9
const scratch = new Uint8Array(FIELD_BYTES)

function copyField(bytes: Bytes, at: number): Uint8Array {
  for (let i = 0; i < FIELD_BYTES; i++) {
    const inside = at + i < bytes.length
    scratch[i] = inside ? (typeof bytes === 'string' ? bytes.charCodeAt(at + i) : bytes[at + i]!) : 0
  }
  return scratch
}

/** Reads up to 53 bits as an unsigned number. */
function readBits(bytes: Uint8Array, offset: number, bits: number): number {
  let at = Math.floor(offset / 8)
  let got = 8 - (offset & 7)
  let value = bytes[at]! & (0xff >> (offset & 7))
  if (got > bits) return value >> (got - bits)
  for (; got + 8 <= bits; got += 8) value = value * 256 + bytes[++at]!
  const rest = bits - got
  return rest === 0 ? value : value * 2 ** rest + (bytes[at + 1]! >> (8 - rest))
}

/** Writes up to 53 bits, from the last byte back to the first. */
function writeBits(bytes: Uint8Array, offset: number, bits: number, value: number): void {
  let end = offset + bits
  let left = value
  while (end > offset) {
    const at = Math.floor((end - 1) / 8)
    const below = -end & 7
    const count = Math.min(8 - below, end - offset)
    const size = 1 << count
    const mask = (size - 1) << below
    bytes[at] = (bytes[at]! & ~mask) | ((left % size) << below)
    left = Math.floor(left / size)
    end -= count
  }
}

function maximum({ signed, bits }: FieldType): Integer {
  const digits = signed ? bits - 1 : bits
  return digits <= NUMBER_BITS ? 2 ** digits - 1 : (1n << BigInt(digits)) - 1n
}

function minimum({ signed, bits }: FieldType): Integer {
  if (!signed) return 0
  return bits <= NUMBER_BITS ? -(2 ** (bits - 1)) : -(1n << BigInt(bits - 1))
}

function addExactly(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toInteger(BigInt(a) + BigInt(b))
}

function bounded(value: Integer, tooLarge: boolean, type: FieldType, overflow: Overflow): Integer | undefined {
  if (overflow === 'fail') return undefined
  if (overflow === 'sat') return tooLarge ? maximum(type) : minimum(type)
  const { signed, bits } = type
  if (typeof value === 'number' && bits <= NUMBER_BITS) {
    const size = 2 ** bits
    const low = value - Math.floor(value / size) * size
    return signed && low >= size / 2 ? low - size : low
  }
  return toInteger(signed ? BigInt.asIntN(bits, BigInt(value)) : BigInt.asUintN(bits, BigInt(value)))
}
