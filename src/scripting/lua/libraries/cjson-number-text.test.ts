import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NUMBER_LENGTH, writeNumber } from './cjson-number-text.js'

const bytes = new Uint8Array(100)

function written(value: number, precision: number): string {
  bytes.fill(0x23)
  const end = writeNumber(bytes, 10, value, precision)
  expect(end - 10).toBeLessThanOrEqual(NUMBER_LENGTH)
  // Nothing else has been touched but what was free.
  expect(bytes.every((byte, i) => (i >= 10 && i < 10 + NUMBER_LENGTH) || byte === 0x23)).toBe(true)
  return Buffer.from(bytes).latin1Slice(10, end)
}

test.each<[value: number, precision: number, text: string]>([
  [0, 14, '0'],
  [-0, 14, '-0'],
  [7, 14, '7'],
  [-12345678901234, 14, '-12345678901234'],
  [99999999999999, 14, '99999999999999'],
  [1e14, 14, '1e+14'],
  [2147483647, 14, '2147483647'],
  [2147483648, 14, '2147483648'],
  [10000000000, 14, '10000000000'],
  [0.1, 14, '0.1'],
  [-1.5, 14, '-1.5'],
  [1 / 3, 14, '0.33333333333333'],
  [2 / 3, 14, '0.66666666666667'],
  [1e13 / 3, 14, '3333333333333.3'],
  [99999999999999.9, 14, '1e+14'],
  [9999999999999.96, 14, '10000000000000'],
  [0.0001, 14, '0.0001'],
  [0.00012345678901234567, 14, '0.00012345678901235'],
  [0.00009999999999999999, 14, '0.0001'],
  [0.00009, 14, '9e-05'],
  [0.1 + 0.2, 14, '0.3'],
  [5e-324, 14, '4.9406564584125e-324'],
  [-1.7976931348623157e308, 14, '-1.7976931348623e+308'],
  // Half-way between two.
  [1234567890123.25, 14, '1234567890123.2'],
  [1234567890123.75, 14, '1234567890123.8'],
  [100000000000005, 14, '1e+14'],
  [100000000000015, 14, '1.0000000000002e+14'],
  [2.5, 1, '2'],
  [3.5, 1, '4'],
  [0.25, 1, '0.2'],
  [0.5, 1, '0.5'],
  [85, 1, '8e+01'],
  [95, 1, '1e+02'],
  [9.5, 1, '1e+01'],
  [998.5, 3, '998'],
  [999.5, 3, '1e+03'],
  [1000, 3, '1e+03'],
  [123456, 3, '1.23e+05'],
  [1e100, 3, '1e+100'],
])('%d with %i digits is %s', (value, precision, text) => {
  expect(written(value, precision)).toBe(text)
})

test('it is what exact arithmetic gives', () => {
  const decimal = fc
    .tuple(fc.maxSafeInteger(), fc.integer({ min: -25, max: 25 }))
    .map(([units, exponent]) => Number(`${units}e${exponent}`))
  // Many of these are half-way between two texts.
  const binary = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: -30, max: 30 }))
    .map(([units, exponent]) => (2 * units + 1) * 2 ** exponent)
  const tie = fc
    .tuple(fc.integer({ min: 0, max: 1e14 - 1 }), fc.integer({ min: 0, max: 20 }))
    .map(([units, exponent]) => (units * 10 + 5) * 10 ** exponent)
  const power = fc
    .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -3, max: 3 }))
    .map(([exponent, ulps]) => 10 ** exponent * (1 + ulps * Number.EPSILON))
  const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), decimal, binary, tie, power, fc.integer())
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 14 }), (number, precision) => {
      expect(written(number, precision)).toBe(exact(number, precision))
    }),
    { numRuns: 20_000 },
  )
})

/** printf's `%.{precision}g` by integers only: the fraction as a quotient of two, rounded to even. */
function exact(value: number, precision: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (value === 0) return `${sign}0`
  let [top, bottom] = quotient(Math.abs(value))
  let exponent = 0
  for (; top >= bottom * 10n; exponent++) bottom *= 10n
  for (; top < bottom; exponent--) top *= 10n
  const unit = 10n ** BigInt(precision - 1)
  let digits = (top * unit) / bottom
  const rest = 2n * (top * unit - digits * bottom)
  if (rest > bottom || (rest === bottom && digits % 2n === 1n)) digits++
  if (digits === unit * 10n) {
    digits /= 10n
    exponent++
  }
  const text = String(digits)
  const plain = exponent >= -4 && exponent < precision
  const point = plain ? exponent + 1 : 1
  const padded = point > 0 ? text : '0'.repeat(1 - point) + text
  const whole = padded.slice(0, Math.max(point, 1))
  const fraction = padded.slice(Math.max(point, 1)).replace(/0+$/, '')
  const mantissa = fraction === '' ? whole : `${whole}.${fraction}`
  if (plain) return sign + mantissa
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function quotient(value: number): [top: bigint, bottom: bigint] {
  let exponent = 0
  for (; value !== Math.floor(value); exponent++) value *= 2
  return [BigInt(value), 1n << BigInt(exponent)]
}
