import type { ByteString } from '../../../bytes/bytes.js'
import { formatDouble } from '../../../bytes/numbers.js'

/**
 * The text of a finite number, not negative, as printf's `%e`, `%f` and `%g` write it: exact, and rounded half to even. `Number`'s own
 * methods are exact too, but round half up, and have their limits.
 *
 * @param precision digits after the point; for `g`, significant digits; 0 to 99
 * @param keepsPoint the flag `#`: the point stands even where no digit comes after it, and `g` keeps its last zeros
 */
export function formatFloat(value: number, kind: 'e' | 'f' | 'g', precision: number, keepsPoint: boolean): ByteString {
  if (kind === 'f') return fixed(value, precision) + (keepsPoint && precision === 0 ? '.' : '')
  if (kind === 'e') {
    const { digits, exponent } = decimal(value, precision + 1)
    return withPoint(digits, 1, keepsPoint) + exponentText(exponent)
  }
  const significant = Math.max(precision, 1)
  if (!keepsPoint) {
    if (significant === 17) return formatDouble(value)
    if (value < SHORT_WHOLE && Number.isInteger(value)) {
      const text = `${value}`
      if (text.length <= significant) return text
    }
    if (value >= 1e-4) {
      const text = value.toPrecision(significant)
      // So JavaScript writes it without an exponent where C does.
      if (!text.includes('e')) return withoutPoint(value, text)
    }
  }
  const { digits, exponent } = decimal(value, significant)
  // In glibc, a number that is rounded up to the first with an exponent loses its zeros even so: 99.5 with `%#.2g` is 1.e+02.
  if (keepsPoint && exponent === significant && value < Number(`1e${exponent}`)) return `1.${exponentText(exponent)}`
  const kept = keepsPoint ? digits : withoutLastZeros(digits)
  if (exponent < -4 || exponent >= significant) return withPoint(kept, 1, keepsPoint) + exponentText(exponent)
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${kept}`
  return withPoint(kept.padEnd(exponent + 1, '0'), exponent + 1, keepsPoint)
}

/** So many significant digits, the first of which stands for 10 ** exponent. */
function decimal(value: number, count: number): { digits: string; exponent: number } {
  const text = value.toExponential(count - 1)
  const e = text.indexOf('e')
  const exponent = Number(text.slice(e + 1))
  const digits = count === 1 ? text.slice(0, e) : text[0] + text.slice(2, e)
  // A single 1 that has been rounded up to is 10, and even.
  return { digits: digits === '1' ? digits : halfToEven(value, digits, exponent - count + 1), exponent }
}

function fixed(value: number, decimals: number): string {
  // From 2^53 on, all numbers are whole.
  if (value >= 2 ** 53) return BigInt(value).toString() + (decimals === 0 ? '' : `.${'0'.repeat(decimals)}`)
  return halfToEven(value, value.toFixed(decimals), -decimals)
}

/** Corrects digits of which the last stands for 10 ** place, and has been rounded half up. */
function halfToEven(value: number, digits: string, place: number): string {
  const last = digits.charCodeAt(digits.length - 1)
  // Where the last digit is even, it is right, or has been rounded to the even one. An odd digit is at least 1.
  if ((last & 1) === 0 || !isHalf(value, place)) return digits
  return digits.slice(0, -1) + String.fromCharCode(last - 1)
}

/** Whether a number is an odd multiple of 10 ** place / 2, exactly. */
function isHalf(value: number, place: number): boolean {
  // An odd multiple of 5 ** place, then: of any odd number, for a negative place. A power of 2 does not round.
  const odd = value * 2 ** (1 - place)
  return odd % 2 === 1 && (place <= 0 || odd % 5 ** place === 0)
}

/** Rounds to even, and takes the last zeros off: of those after the point only. */
function withoutPoint(value: number, text: string): string {
  const point = text.indexOf('.')
  if (point < 0) return halfToEven(value, text, 0)
  const rounded = halfToEven(value, text, point + 1 - text.length)
  const kept = withoutLastZeros(rounded)
  return kept.length === point + 1 ? kept.slice(0, point) : kept
}

function withPoint(digits: string, before: number, keepsPoint: boolean): string {
  if (digits.length === before) return keepsPoint ? `${digits}.` : digits
  return `${digits.slice(0, before)}.${digits.slice(before)}`
}

function withoutLastZeros(digits: string): string {
  let end = digits.length
  while (end > 1 && digits.charCodeAt(end - 1) === ZERO) end--
  return digits.slice(0, end)
}

/** At least two digits. */
function exponentText(exponent: number): string {
  const magnitude = Math.abs(exponent)
  return `e${exponent < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`
}

/** Whole numbers below it are written as they are by JavaScript. */
const SHORT_WHOLE = 1e15
const ZERO = 0x30
