import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import {
  addLongDoubles,
  checkFloatIncrement,
  formatLongDouble,
  incrementByFloat,
  parseLongDouble,
} from './long-double.js'

const NOT_FLOAT = 'ERR value is not a valid float'
const NOT_FINITE = 'ERR increment would produce NaN or Infinity'

describe('a sum', () => {
  // As redis-server 7.0.15 gives them.
  test.each([
    ['10.5', '0.1', '10.6'],
    ['0.1', '0.2', '0.3'],
    ['5.0e3', '2.0e2', '5200'],
    ['3', '-3.5', '-0.5'],
    ['-0', '-0', '0'],
    ['0', '-1e-18', '0'],
    ['0.5', '-.5', '0'],
    ['1', '1e-19', '1'],
    ['0', '5e-18', '0'],
    ['0', '15e-18', '0.00000000000000002'],
    ['0', '0x1.8p-57', '0.00000000000000001'],
    ['9223372036854775807', '1', '9223372036854775808'],
    ['18446744073709551615', '2', '18446744073709551616'],
    ['3e-4951', '0', '0'],
    ['1000.1', '0.2', '1000.29999999999999999'],
    ['0x10', '0X.8P1', '17'],
    [`0.${'0'.repeat(5117)}`, '1', '1'],
  ])('%s + %s = %s', (current, increment, sum) => expect(incrementByFloat(current, increment)).toBe(sum))

  test('shows all digits of large numbers', () => {
    expect(incrementByFloat('1e30', '0')).toBe('1000000000000000000024696061952')
    expect(incrementByFloat(`1${'0'.repeat(4900)}`, '0')).toHaveLength(4901)
  })

  test.each([
    ['x', '1', NOT_FLOAT],
    ['1', 'y', NOT_FLOAT],
    ['1', '', NOT_FLOAT],
    ['nan', '1', NOT_FLOAT],
    ['1', ' 1', NOT_FLOAT],
    ['1e-4952', '0', NOT_FLOAT],
    ['1', '1e4933', NOT_FLOAT],
    ['0', '0x1p-16446', NOT_FLOAT],
    [`0.${'0'.repeat(5118)}`, '1', NOT_FLOAT],
    ['0', 'inf', NOT_FINITE],
    ['inf', '-inf', NOT_FINITE],
    ['1.1e4932', '0.2e4932', NOT_FINITE],
    ['-0x1.fffffffffffffffep16383', '-0x1p16319', NOT_FINITE],
  ])('%s + %s: %s', (current, increment, error) => {
    expect(() => incrementByFloat(current, increment)).toThrow(error)
  })

  test('with an error of the caller’s for the current value only', () => {
    const notFloat = new ReplyError('ERR hash value is not a float')
    expect(() => incrementByFloat('x', '1', notFloat)).toThrow(notFloat)
    expect(() => incrementByFloat('1', 'x', notFloat)).toThrow(NOT_FLOAT)
  })

  test('comes out of the fast path as out of the exact one', () => {
    const decimal = fc
      .tuple(fc.integer({ min: -70_000_000, max: 70_000_000 }), fc.integer({ min: 0, max: 15 }))
      .map(([units, decimals]) => (units / 10 ** decimals).toFixed(decimals))
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const exact = addLongDoubles(parsed(a), parsed(b))
        expect(incrementByFloat(a, b)).toBe(formatLongDouble(exact))
      }),
      { numRuns: 5_000 },
    )
  })

  test('of integers within 64 bits is exact', () => {
    const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n })
    fc.assert(fc.property(integer, integer, (a, b) => void expect(incrementByFloat(`${a}`, `${b}`)).toBe(`${a + b}`)))
  })
})

function parsed(text: string): { mantissa: bigint; exponent: number } {
  const value = parseLongDouble(text)
  if (value === undefined) throw new Error(`no long double: ${text}`)
  return value
}

test.each([
  ['0.1', undefined],
  ['0x1p5', undefined],
  ['-1e4000', undefined],
  ['inf', 'ERR value is NaN or Infinity'],
  ['-Infinity', 'ERR value is NaN or Infinity'],
  ['nan', NOT_FLOAT],
  ['', NOT_FLOAT],
  ['1e5000', NOT_FLOAT],
])('%j as increment of a hash field', (text, error) => {
  if (error === undefined) expect(() => checkFloatIncrement(text)).not.toThrow()
  else expect(() => checkFloatIncrement(text)).toThrow(error)
})
