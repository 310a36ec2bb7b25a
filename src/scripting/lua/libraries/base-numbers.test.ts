import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluator } from '../fixtures/evaluate.js'
import { baseNumbers } from './base-numbers.js'

const evaluate = evaluator(lua => ({ _G: baseNumbers(lua) }))

// The expected values are redis-server 7.0.15's.
describe('tonumber, select, unpack, error', () => {
  test.each([
    ["tonumber('10')", '10'],
    ["tonumber('  -10.5  ')", '-10.5'],
    ["tonumber('0x10')", '16'],
    ["tonumber('0x1p4')", '16'],
    ["tonumber('1e1')", '10'],
    ["tonumber('.5')", '0.5'],
    ["tonumber('5.')", '5'],
    ["tonumber('-.5')", '-0.5'],
    ["tonumber('+5')", '5'],
    ["tonumber('.')", 'nil'],
    ["tonumber('')", 'nil'],
    ["tonumber(' ')", 'nil'],
    ["tonumber('-')", 'nil'],
    ["tonumber('- 5')", 'nil'],
    ["tonumber('5 5')", 'nil'],
    ["tonumber('5x')", 'nil'],
    ["tonumber('10\\0abc')", '10'],
    ["string.format('%.17g', tonumber('123456789012345'))", '123456789012345'],
    ["string.format('%.17g', tonumber('9007199254740993'))", '9007199254740992'],
    ["string.format('%.17g', tonumber('-9999999999999999'))", '-10000000000000000'],
    ["string.format('%.17g', tonumber('0.123456789012345'))", '0.123456789012345'],
    ["string.format('%.17g', tonumber('123.4567890123456'))", '123.4567890123456'],
    ["string.format('%.17g', tonumber('0.1'))", '0.10000000000000001'],
    ["string.format('%.17g', tonumber('12345678.123456789'))", '12345678.123456789'],
    ["string.format('%.17g', tonumber('179769313486231580793e289'))", 'inf'],
    ["1 / tonumber('-0')", '-inf'],
    ["tonumber('0x')", 'nil'],
    ["tonumber('-0X ')", 'nil'],
    ["tonumber('0xg')", 'nil'],
    ["tonumber('nan')", 'nan'],
    ["tonumber('-nan')", '-nan'],
    ["tonumber(' -NaN ')", '-nan'],
    ["tonumber('-nanx')", 'nil'],
    ["tonumber('inf')", 'inf'],
    ["tonumber('-Infinity')", '-inf'],
    ["tonumber('1e400')", 'inf'],
    ['tonumber(12.5)', '12.5'],
    ['tonumber(0/0)', '-nan'],
    ['tonumber(-(0/0))', 'nan'],
    ['tonumber(nil)', 'nil'],
    ['tonumber(true)', 'nil'],
    ['tonumber({})', 'nil'],
    ['tonumber()', "error: user_script:1: bad argument #1 to 'tonumber' (value expected)"],
    ['tonumber(5, nil)', '5'],
    ["tonumber('5', 10.9)", '5'],
    ["tonumber('5', 2^32 + 10)", '5'],
    ['tonumber({}, 2^32 + 10)', 'nil'],
  ])('tonumber without a base: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["tonumber('ff', 16)", '255'],
    ["tonumber('FF', 16)", '255'],
    ["tonumber('0xff', 16)", '255'],
    ["tonumber('-0Xff', 16)", '1.844674407371e+19'],
    ["tonumber('0x', 16)", 'nil'],
    ["tonumber('0xg', 16)", 'nil'],
    ["tonumber('0x0x1', 16)", 'nil'],
    ["tonumber('0x1', 8)", 'nil'],
    ["tonumber('zz', 36)", '1295'],
    ["tonumber('0xg', 36)", '1204'],
    ["tonumber('102', 2)", 'nil'],
    ["tonumber('8', 8)", 'nil'],
    ["tonumber(' \\t\\n\\v\\f\\r7 \\t', 8)", '7'],
    ["tonumber('+7', 8)", '7'],
    ["tonumber('+-7', 8)", 'nil'],
    ["tonumber('7 7', 8)", 'nil'],
    ["tonumber('7\\0x', 8)", '7'],
    ["tonumber('', 8)", 'nil'],
    ["tonumber('-', 8)", 'nil'],
    ["tonumber('-1', 2)", '1.844674407371e+19'],
    ["string.format('%.17g', tonumber('7fffffffffffffff', 16))", '9.2233720368547758e+18'],
    ["string.format('%.17g', tonumber('ffffffffffffffff', 16))", '1.8446744073709552e+19'],
    ["string.format('%.17g', tonumber('10000000000000000', 16))", '1.8446744073709552e+19'],
    ["string.format('%.17g', tonumber('-10000000000000000', 16))", '1.8446744073709552e+19'],
    ["string.format('%.17g', tonumber('-7fffffffffffffff', 16))", '9.2233720368547758e+18'],
    ["string.format('%.17g', tonumber(('z'):rep(100), 36))", '1.8446744073709552e+19'],
    ["string.format('%.17g', tonumber(('1'):rep(54), 2))", '18014398509481984'],
    ["string.format('%.17g', tonumber('1777777777777777777777', 8))", '1.8446744073709552e+19'],
    ['tonumber(1e15, 16)', 'nil'],
    ['tonumber(1.5, 8)', 'nil'],
    ["tonumber('10', 2^32 + 2)", '2'],
    ["tonumber('10', 1)", "error: user_script:1: bad argument #2 to 'tonumber' (base out of range)"],
    ["tonumber('10', 37)", "error: user_script:1: bad argument #2 to 'tonumber' (base out of range)"],
    ["tonumber('10', -2)", "error: user_script:1: bad argument #2 to 'tonumber' (base out of range)"],
    ["tonumber('10', 'x')", "error: user_script:1: bad argument #2 to 'tonumber' (number expected, got string)"],
    ['tonumber(nil, 16)', "error: user_script:1: bad argument #1 to 'tonumber' (string expected, got nil)"],
    ['tonumber({}, 16)', "error: user_script:1: bad argument #1 to 'tonumber' (string expected, got table)"],
  ])('tonumber with a base: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["select('#')", '0'],
    ["select('#', nil, nil)", '2'],
    ["select('#x', 1)", '1'],
    ["select(1, 'a', 'b')", 'a b'],
    ["select(2, 'a', 'b')", 'b'],
    ["select(3, 'a', 'b')", ''],
    ["select(1e9, 'a')", ''],
    ["select(-1, 'a', 'b')", 'b'],
    ["select(-2, 'a', 'b')", 'a b'],
    ["select(-3, 'a', 'b')", "error: user_script:1: bad argument #1 to 'select' (index out of range)"],
    ["select(0, 'a')", "error: user_script:1: bad argument #1 to 'select' (index out of range)"],
    ["select('2', 'a', 'b')", 'b'],
    ["select(2^32 + 2, 'a', 'b')", 'b'],
    ["select(-2^31, 'a')", "error: user_script:1: bad argument #1 to 'select' (index out of range)"],
    ["select(1.9, 'a', 'b')", 'a b'],
    ["select(0/0, 'a')", "error: user_script:1: bad argument #1 to 'select' (index out of range)"],
    ["select('x', 'a')", "error: user_script:1: bad argument #1 to 'select' (number expected, got string)"],
    ['select()', "error: user_script:1: bad argument #1 to 'select' (number expected, got no value)"],
  ])('select: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ['unpack({1, 2, 3})', '1 2 3'],
    ['unpack({1, 2, 3}, 2)', '2 3'],
    ['unpack({1, 2, 3}, 2, 5)', '2 3 nil nil'],
    ['unpack({1, 2, 3}, -1, 1)', 'nil nil 1'],
    ['unpack({1, 2, 3}, 2^32 + 2)', '2 3'],
    ['unpack({1, 2, 3}, 1, 2^32 + 2)', '1 2'],
    ["unpack({1, 2, 3}, '2')", '2 3'],
    ['unpack({1, 2, 3}, 3, 2)', ''],
    ['unpack({}, 1, 1e6)', 'error: user_script:1: too many results to unpack'],
    ['unpack({}, -2^31, 2^31 - 1)', 'error: user_script:1: too many results to unpack'],
    ['unpack({}, 1, 1e9)', 'error: user_script:1: too many results to unpack'],
    ['unpack()', "error: user_script:1: bad argument #1 to 'unpack' (table expected, got no value)"],
    ["unpack({}, 'x')", "error: user_script:1: bad argument #2 to 'unpack' (number expected, got string)"],
  ])('unpack: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["error('x')", 'error: user_script:1: x'],
    ["error('x', 0)", 'error: x'],
    ["error('x', 1)", 'error: user_script:1: x'],
    ["error('x', 2^32 + 1)", 'error: user_script:1: x'],
    ["error('x', 2^32)", 'error: x'],
    ["error('x', 'y')", "error: user_script:1: bad argument #2 to 'error' (number expected, got string)"],
    ['error()', 'error: nil'],
  ])('error: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })
})

test('tonumber with a base reads 64 bits', () => {
  const number = fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n }) },
    fc.bigInt({ min: 0n, max: 2n ** 70n }),
  )
  const bases = fc.integer({ min: 2, max: 36 }).filter(base => base !== 10)
  fc.assert(
    fc.property(number, bases, fc.constantFrom('', '+', '-'), (value, base, sign) => {
      const most = 2n ** 64n - 1n
      const expected = value > most ? most : sign === '-' ? BigInt.asUintN(64, -value) : value
      const text = evaluate(`string.format('%.0f', tonumber('${sign}${value.toString(base)}', ${base}))`)
      expect(text).toBe(`${BigInt(Number(expected))}`)
    }),
    { numRuns: 1000 },
  )
})

test('tonumber reads decimals to the nearest number', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 10, size: 'max' })
  fc.assert(
    fc.property(digits, digits, fc.constantFrom('', '-', '+'), fc.boolean(), (whole, rest, sign, hasPoint) => {
      const text = sign + whole + (hasPoint ? `.${rest}` : '')
      expect(Number(evaluate(`string.format('%.17g', tonumber('${text}'))`))).toBe(Number(text))
    }),
    { numRuns: 2000 },
  )
})
