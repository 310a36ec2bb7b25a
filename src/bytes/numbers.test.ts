import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addInteger,
  formatDouble,
  formatInteger,
  type Integer,
  parseDouble,
  parseInt64,
  parseInteger,
  parseInteger64,
  parseLexBound,
  parseScoreBound,
  toInteger,
} from './numbers.js'

const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)
const int64 = fc.oneof(fc.bigInt({ min: MIN, max: MAX }), fc.maxSafeInteger().map(BigInt), fc.integer().map(BigInt))

describe('integers', () => {
  test.each<[string, Integer]>([
    ['0', 0],
    ['7', 7],
    ['-1', -1],
    ['1234567890', 1234567890],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', -Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740992', -9007199254740992n],
    ['9223372036854775807', MAX],
    ['-9223372036854775808', MIN],
  ])('%s is read', (text, value) => {
    expect(parseInteger64(text)).toBe(value)
    expect(parseInteger(text)).toBe(typeof value === 'number' ? value : undefined)
    expect(parseInt64(text)).toBe(BigInt(value))
    expect(formatInteger(value)).toBe(text)
  })

  test.each([
    ...[
      '',
      '-',
      '+',
      '+1',
      '-0',
      '00',
      '01',
      '-01',
      ' 1',
      '1 ',
      '1.0',
      '1e3',
      '0x10',
      '--1',
      '1-',
      '1_0',
      '\xb2',
      '1\0',
    ],
    ...['9223372036854775808', '-9223372036854775809', '10000000000000000000000', 'abc', '/', ':'],
  ])('%j is refused', text => {
    expect(parseInteger64(text)).toBeUndefined()
    expect(parseInteger(text)).toBeUndefined()
    expect(parseInt64(text)).toBeUndefined()
  })

  test('every one is read back from its text', () => {
    fc.assert(fc.property(int64, n => void expect(parseInteger64(`${n}`)).toBe(toInteger(n))))
  })

  test('sums are exact, or undefined beyond 64 bits', () => {
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        const sum = a + b
        expect(addInteger(toInteger(a), toInteger(b))).toBe(sum > MAX || sum < MIN ? undefined : toInteger(sum))
      }),
    )
  })
})

describe('doubles', () => {
  test.each<[string, number]>([
    ['0', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['+5', 5],
    ['5.', 5],
    ['.5', 0.5],
    ['0.1', 0.1],
    ['3.25001', 3.25001],
    ['123456789012345678901234567890', 1.2345678901234568e29],
    ['1e3', 1000],
    ['1E-2', 0.01],
    ['0e99999999999999999999', 0],
    ['3e-324', 5e-324],
    ['1.7976931348623158e308', Number.MAX_VALUE],
    ['inf', Infinity],
    ['-InFiNiTy', -Infinity],
    ['0x10', 16],
    ['-0X1.8p+3', -12],
    ['0x.8', 0.5],
    ['0x1p-1074', 5e-324],
    ['0x1.fffffffffffffp1023', Number.MAX_VALUE],
    // A tie, which the very last digit breaks.
    [`0x1.00000000000008${'0'.repeat(60)}`, 1],
    [`0x1.00000000000008${'0'.repeat(60)}1`, 1 + 2 ** -52],
    [`0x1.00000000000018${'0'.repeat(60)}`, 1 + 2 ** -51],
  ])('%s is read', (text, value) => expect(parseDouble(text)).toBe(value))

  test.each([
    ...[
      '',
      '.',
      '-',
      '+',
      'e1',
      '1e',
      '1e+',
      '0x',
      '0x.',
      '0x1p',
      ' 1',
      '1 ',
      '\t1',
      '1\0',
      '1,5',
      '1_0',
      '0b1',
      '0o7',
      '1n',
    ],
    ...['nan', '-nan', 'nan(1)', 'infin', 'Infinity1', '1e400', '-1e400', '1e-400', '2e-324', '0x1p1024', '0x1p-1075'],
    ...['1e99999999999999999999', '--1', '1-', '1..', '1.2.3'],
  ])('%j is refused', text => expect(parseDouble(text)).toBeUndefined())

  test.each<[number, string]>([
    [0, '0'],
    [-0, '-0'],
    [-17, '-17'],
    [0.5, '0.5'],
    [-2.125, '-2.125'],
    [0.1, '0.10000000000000001'],
    [17.1, '17.100000000000001'],
    [1234567.8, '1234567.8'],
    [0.0001, '0.0001'],
    [0.00001, '1.0000000000000001e-05'],
    [999999999999.5, '999999999999.5'],
    [2 ** 53 + 2, '9007199254740994'],
    [99999999999999984, '99999999999999984'],
    [1e16, '10000000000000000'],
    [1e17, '1e+17'],
    [-1.5e300, '-1.5000000000000001e+300'],
    [5e-324, '4.9406564584124654e-324'],
    [1234567890 + 2 ** -8, '1234567890.0039062'],
    [1234567890 + 3 * 2 ** -8, '1234567890.0117188'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ])('%s is written as %s', (value, text) => expect(formatDouble(value)).toBe(text))

  test('every one is read back from its text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), n => void expect(parseDouble(formatDouble(n))).toBe(n)),
      { numRuns: 2_000 },
    )
  })

  test('17 digits are the nearest there are, the even ones if two are', () => {
    const dyadic = fc.tuple(fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }), fc.integer({ min: -60, max: 60 }))
    fc.assert(
      fc.property(dyadic, ([mantissa, exponent]) => {
        const text = formatDouble(Number(mantissa) * 2 ** exponent)
        expect(seventeenDigits(text)).toEqual(nearest(mantissa, exponent))
      }),
      { numRuns: 5_000 },
    )
  })
})

/** The digits of a text and the power of ten of the last one, for exactly 17 digits. */
function seventeenDigits(text: string): [bigint, number] {
  const [number = '', exponent = '0'] = text.split('e')
  const [integer = '', fraction = ''] = number.split('.')
  let digits = BigInt(integer + fraction)
  let power = Number(exponent) - fraction.length
  for (; digits < 10n ** 16n; power--) digits *= 10n
  for (; digits >= 10n ** 17n; power++) digits /= 10n
  return [digits, power]
}

/** The same, worked out from mantissa * 2 ** exponent as a fraction. */
function nearest(mantissa: bigint, exponent: number): [bigint, number] {
  const top = exponent > 0 ? mantissa << BigInt(exponent) : mantissa
  const bottom = exponent < 0 ? 1n << BigInt(-exponent) : 1n
  for (let power = -40; ; power++) {
    const numerator = power < 0 ? top * 10n ** BigInt(-power) : top
    const denominator = power < 0 ? bottom : bottom * 10n ** BigInt(power)
    let digits = numerator / denominator
    const twiceRest = (numerator - digits * denominator) * 2n
    if (twiceRest > denominator || (twiceRest === denominator && digits % 2n === 1n)) digits++
    if (digits < 10n ** 17n) return [digits, power]
  }
}

describe('bounds of scores', () => {
  test.each<[string, number, boolean]>([
    ['1.5', 1.5, false],
    ['(1.5', 1.5, true],
    ['-inf', -Infinity, false],
    ['(+inf', Infinity, true],
    ['', 0, false],
    ['(', 0, true],
    [' \t\n\v\f\r1', 1, false],
    ['( 1', 1, true],
    ['1\0abc', 1, false],
    ['\0abc', 0, false],
    ['1e400', Infinity, false],
    ['-1e400', -Infinity, false],
    ['1e-400', 0, false],
    ['0x10', 16, false],
  ])('%j', (text, value, exclusive) => expect(parseScoreBound(text)).toEqual({ value, exclusive }))

  test.each(['x', '1 ', ' ', '((1', '[1', 'nan', '(nan', '1\x011'])('%j is refused', text => {
    expect(() => parseScoreBound(text)).toThrow('ERR min or max is not a float')
  })
})

describe('bounds of members', () => {
  test.each([
    ['-', '-'],
    ['+', '+'],
    ['+\0x', '+'],
    ['[', { value: '', exclusive: false }],
    ['[a', { value: 'a', exclusive: false }],
    ['(a(', { value: 'a(', exclusive: true }],
  ])('%j', (text, bound) => expect(parseLexBound(text)).toEqual(bound))

  test.each(['', 'a', '++', '-a', ' +'])('%j is refused', text => {
    expect(() => parseLexBound(text)).toThrow('ERR min or max not valid string range item')
  })
})
