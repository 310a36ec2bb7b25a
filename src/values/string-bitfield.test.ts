import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBuffer } from '../bytes/bytes.js'
import { addToField, type FieldType, fitField, type Overflow, readField, writeField } from './string-bitfield.js'

const type: fc.Arbitrary<FieldType> = fc
  .boolean()
  .chain(signed => fc.integer({ min: 1, max: signed ? 64 : 63 }).map(bits => ({ signed, bits })))

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })

/** The one form of an Integer. */
function integer(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function cut(value: bigint, { signed, bits }: FieldType): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}

function bounds({ signed, bits }: FieldType): [bigint, bigint] {
  return signed ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n] : [0n, (1n << BigInt(bits)) - 1n]
}

test('a field is read back as written, and nothing beside it changes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.nat(90),
      type,
      int64,
      (bytes, offset, field, any) => {
        const before = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
        const value = integer(cut(any, field))
        writeField(bytes, offset, field, value)
        expect(readField(bytes, offset, field)).toBe(value)
        expect(readField(fromBuffer(bytes), offset, field)).toBe(value)
        const shift = BigInt(160 - offset - field.bits)
        const mask = ((1n << BigInt(field.bits)) - 1n) << shift
        const after = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
        expect(after).toBe((before & ~mask) | (BigInt.asUintN(field.bits, any) << shift))
      },
    ),
    { numRuns: 2000 },
  )
})

test('beyond the end of the string are zeros', () => {
  const field = { signed: false, bits: 63 }
  for (const bytes of ['\xff', Uint8Array.of(0xff)]) {
    expect(readField(bytes, 4, field)).toBe(0xfn << 59n)
    expect(readField(bytes, 8, field)).toBe(0)
    expect(readField(bytes, 2 ** 32, field)).toBe(0)
    expect(readField(bytes, 7, { signed: true, bits: 1 })).toBe(-1)
  }
})

test('sums wrap, saturate and fail at the bounds of the type', () => {
  fc.assert(
    fc.property(type, int64, int64, (field, any, increment) => {
      const [min, max] = bounds(field)
      const value = cut(any, field)
      const sum = value + increment
      let nearest = sum
      if (sum > max) nearest = max
      else if (sum < min) nearest = min
      const expected: Record<Overflow, bigint | undefined> = {
        wrap: cut(sum, field),
        sat: nearest,
        fail: nearest === sum ? sum : undefined,
      }
      for (const overflow of ['wrap', 'sat', 'fail'] as const) {
        const wanted = expected[overflow]
        expect(addToField(integer(value), integer(increment), field, overflow)).toBe(
          wanted === undefined ? undefined : integer(wanted),
        )
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  // type, value, wrap, sat
  [{ signed: true, bits: 8 }, 128, -128, 127],
  [{ signed: true, bits: 8 }, -129, 127, -128],
  // 127 - value is more than 2^63 - 1: taken for too large.
  [{ signed: true, bits: 8 }, -(1n << 63n), 0, 127],
  [{ signed: true, bits: 8 }, -(1n << 63n) + 128n, -128, -128],
  [{ signed: true, bits: 64 }, -(1n << 63n), -(1n << 63n), -(1n << 63n)],
  [{ signed: false, bits: 8 }, 256, 0, 255],
  [{ signed: false, bits: 8 }, -1, 255, 255],
  [{ signed: false, bits: 63 }, -1, (1n << 63n) - 1n, (1n << 63n) - 1n],
  [{ signed: false, bits: 53 }, 2n ** 53n, 0, 2 ** 53 - 1],
] as [FieldType, number | bigint, number | bigint, number | bigint][])(
  '%o set to %s',
  (field, value, wrapped, saturated) => {
    expect(fitField(value, field, 'wrap')).toBe(wrapped)
    expect(fitField(value, field, 'sat')).toBe(saturated)
    expect(fitField(value, field, 'fail')).toBe(wrapped === value ? value : undefined)
  },
)
