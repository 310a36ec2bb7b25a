import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatFloat } from './float-format.js'

/** value * 10 ** decimals, rounded half to even, by exact arithmetic. */
function scaled(value: number, decimals: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const exponent = Number((bits.getBigUint64(0) >> 52n) & 0x7ffn)
  const fraction = bits.getBigUint64(0) & ((1n << 52n) - 1n)
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  const power = Math.max(exponent, 1) - 1075
  const up = mantissa * 10n ** BigInt(Math.max(decimals, 0)) * (power > 0 ? 1n << BigInt(power) : 1n)
  const down = 10n ** BigInt(Math.max(-decimals, 0)) * (power < 0 ? 1n << BigInt(-power) : 1n)
  const quotient = up / down
  const twice = (up - quotient * down) * 2n
  return twice > down || (twice === down && quotient % 2n === 1n) ? quotient + 1n : quotient
}

const precisions = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 99 }))
/** Finite, not negative; many have few digits, so that they lie in the middle between two of fewer. */
const values = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.tuple(fc.integer({ min: 0, max: 2 ** 30 }), fc.integer({ min: -40, max: 60 })).map(([m, e]) => m * 2 ** e),
  fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 20 })).map(([m, e]) => (m + 0.5) * 10 ** e),
)

describe('formatFloat', () => {
  test('f is exact, and rounds half to even', () => {
    fc.assert(
      fc.property(values, precisions, (value, precision) => {
        const digits = `${scaled(value, precision)}`.padStart(precision + 1, '0')
        const point = digits.length - precision
        const expected = precision === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
        expect(formatFloat(value, 'f', precision, false)).toBe(expected)
      }),
      { numRuns: 3000 },
    )
  })

  test('e is exact, and rounds half to even', () => {
    fc.assert(
      fc.property(
        values.filter(value => value > 0),
        precisions,
        (value, precision) => {
          const text = formatFloat(value, 'e', precision, false)
          const [, digits, exponent] = /^(\d(?:\.\d+)?)e([+-]\d\d+)$/.exec(text)!
          expect(BigInt(digits!.replace('.', ''))).toBe(scaled(value, precision - Number(exponent)))
          expect(digits!.length).toBe(precision === 0 ? 1 : precision + 2)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('g has the digits of e, and is the shorter of e and f', () => {
    fc.assert(
      fc.property(values, precisions, (value, wide) => {
        // f is asked for four digits more than g has, and has 99 at the most.
        const precision = Math.min(wide, 95)
        const significant = Math.max(precision, 1)
        const e = formatFloat(value, 'e', significant - 1, false)
        const exponent = Number(e.slice(e.indexOf('e') + 1))
        const isShort = exponent >= -4 && exponent < significant
        const long = isShort ? formatFloat(value, 'f', significant - 1 - exponent, false) : e
        const expected = long.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '')
        expect(formatFloat(value, 'g', precision, false)).toBe(expected)
      }),
      { numRuns: 3000 },
    )
  })
})
