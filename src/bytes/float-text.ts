import type { ByteString } from './bytes.js'

/**
 * What C's strtod and strtold read as a number, in the C locale: decimal and hexadecimal, `inf` and `infinity` in any
 * case, an optional sign in front. White space in front and NaN are not among them: no Redis command takes these.
 */
export type FloatText = { infinite: true; negative: boolean } | FiniteText

/** (-1 if negative) * digits * base ** exponent, where base is 2 when the digits are hexadecimal, 10 otherwise. */
export interface FiniteText {
  infinite: false
  negative: boolean
  hexadecimal: boolean
  /** Without leading zeros: empty for zero. */
  digits: string
  exponent: number
}

/** Reads a text as a whole; undefined if it is no number, or goes on after one. O(n). */
export function readFloat(text: ByteString): FloatText | undefined {
  const decimal = DECIMAL.exec(text)
  if (decimal !== null) return finite(decimal, false)
  const hexadecimal = HEXADECIMAL.exec(text)
  if (hexadecimal !== null) return finite(hexadecimal, true)
  return INFINITE.test(text) ? { infinite: true, negative: text.startsWith('-') } : undefined
}

/** The last text that `scanDecimal` took, as units / 10 ** decimals. One object, so that a scan allocates nothing. */
export const scanned = { units: 0, decimals: 0 }

/**
 * Fast path for the numbers that people write: a sign or none, then at most 15 digits with at most one point among them. Leaves
 * the number in `scanned`; `units` is an exact integer, -0 for a negative zero.
 */
export function scanDecimal(text: ByteString): boolean {
  const length = text.length
  if (length > 17) return false
  const sign = text.charCodeAt(0)
  let units = 0
  let digits = 0
  let point = -1
  for (let i = sign === MINUS || sign === PLUS ? 1 : 0; i < length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit >= 0 && digit <= 9) {
      units = units * 10 + digit
      digits++
    } else if (digit === POINT - ZERO && point < 0) point = i
    else return false
  }
  if (digits === 0 || digits > 15) return false
  scanned.units = sign === MINUS ? -units : units
  scanned.decimals = point < 0 ? 0 : length - point - 1
  return true
}

/** 10 ** decimals for what `scanDecimal` can leave there, NaN beyond: exact, which `**` does not promise. */
export function tens(decimals: number): number {
  return TENS[decimals] ?? NaN
}

const TENS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]

/** A value of m * 2 ** e, exactly. */
export interface Binary {
  mantissa: bigint
  exponent: number
}

/**
 * The nearest value of a binary floating-point format, ties to the even one; a mantissa of 0n if it is zero or comes
 * out as zero. The sign is left out. Exponents are not bounded above: the caller knows its format's largest value.
 *
 * @param precision bits of the format's mantissa
 * @param minExponent the exponent of the format's smallest subnormal number
 * @param maxExponent magnitudes of 2 ** maxExponent or more give undefined
 */
export function toBinary(
  text: FiniteText,
  precision: number,
  minExponent: number,
  maxExponent: number,
): Binary | undefined {
  const { digits, exponent } = text
  if (digits === '') return { mantissa: 0n, exponent: 0 }
  // The value has so many digits before the point. Far beyond the range there is no need for huge powers.
  const magnitude = text.hexadecimal ? digits.length * 4 + exponent : (digits.length + exponent) * LOG2_10
  if (magnitude > maxExponent + 8) return undefined
  if (magnitude < minExponent - 8) return { mantissa: 0n, exponent: 0 }
  const rounded = roundBinary(
    text.hexadecimal ? hexadecimal(text) : decimalToBinary(BigInt(digits), exponent, precision),
    precision,
    minExponent,
  )
  return bitLength(rounded.mantissa) + rounded.exponent > maxExponent ? undefined : rounded
}

/**
 * units * 10 ** exponent for units > 0: exact if it is an integer, otherwise with more bits than the precision asks
 * for, the last of which is set if there is a rest.
 */
export function decimalToBinary(units: bigint, exponent: number, precision: number): Binary {
  if (exponent >= 0) return { mantissa: units * powerOf10(exponent), exponent: 0 }
  const divisor = powerOf10(-exponent)
  const shift = Math.max(0, precision + 2 + bitLength(divisor) - bitLength(units))
  const dividend = units << BigInt(shift)
  const quotient = dividend / divisor
  const rest = dividend === quotient * divisor ? 0n : 1n
  return { mantissa: (quotient << 1n) | rest, exponent: -shift - 1 }
}

/** Rounds a magnitude to so many bits, none of them below 2 ** minExponent: to the nearest, ties to even. */
export function roundBinary(value: Binary, precision: number, minExponent: number): Binary {
  const target = Math.max(value.exponent + bitLength(value.mantissa) - precision, minExponent)
  if (target <= value.exponent) return value
  return { mantissa: shiftRound(value.mantissa, target - value.exponent), exponent: target }
}

/** m / 2 ** bits for m >= 0 and bits > 0, rounded to the nearest integer, ties to even. */
export function shiftRound(m: bigint, bits: number): bigint {
  const shift = BigInt(bits)
  const quotient = m >> shift
  const twiceRest = (m - (quotient << shift)) << 1n
  const one = 1n << shift
  return twiceRest > one || (twiceRest === one && (quotient & 1n) === 1n) ? quotient + 1n : quotient
}

/** How many bits m >= 0 has, 0 for 0n. */
export function bitLength(m: bigint): number {
  if (m === 0n) return 0
  double.setFloat64(0, Number(m))
  const high = double.getUint32(0)
  if (high >>> 20 < 0x7ff) {
    const length = (high >>> 20) - 1022
    // The conversion may have rounded up to a power of two, which has a bit more.
    const isPower = (high & 0xfffff) === 0 && double.getUint32(4) === 0
    return isPower && m >> BigInt(length - 1) === 0n ? length - 1 : length
  }
  const text = m.toString(16)
  return text.length * 4 - Math.clz32(Number.parseInt(text.charAt(0), 16)) + 28
}

/** A double, to look at its exponent. */
const double = new DataView(new ArrayBuffer(8))

export function powerOf10(exponent: number): bigint {
  let power = POWERS_OF_10[exponent]
  if (power === undefined) {
    power = 10n ** BigInt(exponent)
    if (exponent < 64) POWERS_OF_10[exponent] = power
  }
  return power
}

const ZERO = 0x30
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const LOG2_10 = Math.log2(10)
const POWERS_OF_10: bigint[] = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent))

const DECIMAL = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?$/i
const HEXADECIMAL = /^([+-]?)0x(?:([\da-f]+)(?:\.([\da-f]*))?|\.([\da-f]+))(?:p([+-]?\d+))?$/i
const INFINITE = /^[+-]?inf(?:inity)?$/i

/** Beyond the reach of any text that fits into memory, and still an exact number. */
const HUGE_EXPONENT = 1e12

function finite(parts: RegExpExecArray, hexadecimal: boolean): FloatText {
  const [, sign, integer = '', fraction = parts[4] ?? '', , exponent = '0'] = parts
  const digits = (integer + fraction).replace(/^0+/, '')
  const power = Math.max(-HUGE_EXPONENT, Math.min(HUGE_EXPONENT, Number(exponent)))
  return {
    infinite: false,
    negative: sign === '-',
    hexadecimal,
    digits,
    exponent: power - fraction.length * (hexadecimal ? 4 : 1),
  }
}

/** Digits beyond the rounding only tell whether there is anything: one that is not zero stands for them all. */
const HEXADECIMAL_DIGITS = 40

function hexadecimal({ digits, exponent }: FiniteText): Binary {
  const excess = digits.length - HEXADECIMAL_DIGITS
  if (excess <= 0) return { mantissa: BigInt(`0x${digits}`), exponent }
  const rest = /[^0]/.test(digits.slice(HEXADECIMAL_DIGITS)) ? '1' : '0'
  const kept = digits.slice(0, HEXADECIMAL_DIGITS) + rest
  return { mantissa: BigInt(`0x${kept}`), exponent: exponent + (excess - 1) * 4 }
}
