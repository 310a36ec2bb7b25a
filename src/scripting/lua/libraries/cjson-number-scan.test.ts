import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanNumber, scanned } from './cjson-number-scan.js'

/** The number in front of a text, and how much of the text it is; undefined if there is none. */
function scan(text: string): [value: number, length: number] | undefined {
  const end = scanNumber(Buffer.from(`--${text}\0 123`, 'latin1'), 2)
  if (end === 0) return undefined
  return [scanned.negative ? -scanned.value : scanned.value, end - 2]
}

test.each<[text: string, value: number, rest: string]>([
  ['0', 0, ''],
  ['-0', -0, ''],
  ['+12', 12, ''],
  ['123456789012345', 123456789012345, ''],
  ['1234567890123456', 1234567890123456, ''],
  ['9007199254740993', 9007199254740992, ''],
  ['00012', 12, ''],
  ['1.5', 1.5, ''],
  ['1.', 1, ''],
  ['1.x', 1, 'x'],
  ['.5', 0.5, ''],
  ['1.2.3', 1.2, '.3'],
  ['1e5', 1e5, ''],
  ['1E-5', 1e-5, ''],
  ['1.e+2', 100, ''],
  ['1e', 1, 'e'],
  ['1e+', 1, 'e+'],
  ['1ex', 1, 'ex'],
  ['1e5e5', 1e5, 'e5'],
  ['1e999', Infinity, ''],
  ['-1e999', -Infinity, ''],
  ['1e-999', 0, ''],
  ['1,2', 1, ',2'],
  ['1 2', 1, ' 2'],
  ['0x10', 16, ''],
  ['-0XfF', -255, ''],
  ['0x1.8', 1.5, ''],
  ['0x.8', 0.5, ''],
  ['0x1.', 1, ''],
  ['0x1p4', 16, ''],
  ['0x1P-4', 0.0625, ''],
  ['0x1p+4', 16, ''],
  ['0x1p', 1, 'p'],
  ['0x1p+', 1, 'p+'],
  ['0x1g', 1, 'g'],
  ['0x', 0, 'x'],
  ['0x.', 0, 'x.'],
  ['0xg', 0, 'xg'],
  ['00x1', 0, 'x1'],
  ['1x1', 1, 'x1'],
  ['0x0p99999999999999999999', 0, ''],
  ['0x1p99999999999999999999', Infinity, ''],
  ['0x1p-99999999999999999999', 0, ''],
  ['0x1p1023', 2 ** 1023, ''],
  ['0x1p1024', Infinity, ''],
  ['0x1.fffffffffffff7p1023', Number.MAX_VALUE, ''],
  ['0x1.fffffffffffff8p1023', Infinity, ''],
  ['0x1p-1074', Number.MIN_VALUE, ''],
  ['0x1p-1075', 0, ''],
  ['0x1.8p-1075', Number.MIN_VALUE, ''],
  ['0x1.00000000000008', 1, ''],
  ['0x1.00000000000008000000000000000001', 1 + Number.EPSILON, ''],
  ['0x1.00000000000018', 1 + 2 * Number.EPSILON, ''],
  ['inf', Infinity, ''],
  ['-INF', -Infinity, ''],
  ['Infinity', Infinity, ''],
  ['infinit', Infinity, 'init'],
  ['nan', NaN, ''],
  ['-NaN', NaN, ''],
  ['nan(12)', NaN, ''],
  ['nan(a_Z9)', NaN, ''],
  ['nan()', NaN, ''],
  ['nan(', NaN, '('],
  ['nan(a b)', NaN, '(a b)'],
  ['nano', NaN, 'o'],
])('%s', (text, value, rest) => {
  expect(scan(text)).toEqual([value, text.length - rest.length])
})

test.each(['', '-', '+', '.', '-.', '+-1', '--1', 'x', 'e5', '-e5', 'in', 'na', ' 1', '\xff', '(1)'])(
  '%j is none',
  text => {
    expect(scan(text)).toBeUndefined()
  },
)

test('the sign of a NaN is known', () => {
  scan('-nan')
  expect(scanned.negative).toBe(true)
  scan('nan')
  expect(scanned.negative).toBe(false)
})

test('decimals of all forms are the nearest doubles', () => {
  const text = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.stringMatching(/^\d{1,25}$/),
      fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{0,25}$/)),
      fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][-+]?\d{1,3}$/)),
    )
    .map(parts => parts.join(''))
  const double = fc.double({ noNaN: true, noDefaultInfinity: true })
  const given = fc.oneof(
    text,
    double.map(String),
    double.map(value => value.toExponential(40)),
  )
  fc.assert(
    fc.property(given, fc.constantFrom('', ',', ' ', ']', '.5.'), (number, after) => {
      expect(scan(number + after.slice(number.includes('.') || number.includes('e') ? 0 : 2))?.[0]).toBe(Number(number))
    }),
    { numRuns: 10_000 },
  )
})

test('hexadecimals are the nearest doubles', () => {
  const given = fc.tuple(
    fc.bigInt({ min: 0n, max: (1n << 140n) - 1n }),
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: -1250, max: 1100 }),
  )
  fc.assert(
    fc.property(given, ([digits, fraction, power]) => {
      const text = digits.toString(16).padStart(fraction + 1, '0')
      const point = text.length - fraction
      const expected = nearest(digits, power - 4 * fraction)
      expect(scan(`0x${text.slice(0, point)}.${text.slice(point)}p${power}`)?.[0]).toBe(expected)
    }),
    { numRuns: 10_000 },
  )
})

test('the digits of a long number count to the last', () => {
  // 1 + 2^-53 is half-way between 1 and the next double.
  const half = '1.00000000000000011102230246251565404236316680908203125'
  const next = 1 + Number.EPSILON
  expect(scan(half)?.[0]).toBe(1)
  expect(scan(`${half}${'0'.repeat(2000)}`)?.[0]).toBe(1)
  expect(scan(`${half}${'0'.repeat(2000)}1`)?.[0]).toBe(next)
  expect(scan(`${half.replace('.', '')}${'0'.repeat(2000)}1e-2054`)?.[0]).toBe(next)
  expect(scan(`${'0'.repeat(2000)}${half}1`)?.[0]).toBe(next)
  expect(scan(`0.${'0'.repeat(2000)}1e2001`)).toEqual([1, 2008])
  expect(scan(`-1${'0'.repeat(2000)}e-2000`)).toEqual([-1, 2008])
  expect(scan(`1${'0'.repeat(2000)}`)?.[0]).toBe(Infinity)
  expect(scan(`0.${'0'.repeat(2000)}1`)?.[0]).toBe(0)
  expect(scan(`${'0'.repeat(5000)}`)).toEqual([0, 5000])
  expect(scan(`0.${'0'.repeat(1100)}1e99999999999999999999`)?.[0]).toBe(Infinity)
  expect(scan(`1${'0'.repeat(1100)}e-99999999999999999999`)?.[0]).toBe(0)
  expect(scan(`0x${'0'.repeat(2000)}1.${'0'.repeat(2000)}p1`)?.[0]).toBe(2)
  expect(scan(`0x1${'0'.repeat(2000)}p-8000`)?.[0]).toBe(1)
})

/** units * 2^exponent, rounded to even. */
function nearest(units: bigint, exponent: number): number {
  if (units === 0n) return 0
  const length = units.toString(2).length
  const lowest = Math.max(length + exponent - 53, -1074)
  let whole = units
  if (lowest > exponent) {
    const shift = BigInt(lowest - exponent)
    whole >>= shift
    const rest = units - (whole << shift)
    const half = 1n << (shift - 1n)
    if (rest > half || (rest === half && (whole & 1n) === 1n)) whole++
  } else if (exponent > lowest) whole <<= BigInt(exponent - lowest)
  // In two steps, for the power may be out of range.
  const first = Math.max(lowest, -1022)
  return lowest > 1000 ? Infinity : Number(whole) * 2 ** first * 2 ** (lowest - first)
}
