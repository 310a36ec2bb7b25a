/**
 * Writes a finite number as printf's `%.{precision}g` does, and gives the place after it.
 *
 * @param precision significant digits, from 1 to 14
 * @param at where it begins in `bytes`; `NUMBER_LENGTH` bytes must be free there
 */
export function writeNumber(bytes: Uint8Array, at: number, value: number, precision: number): number {
  let magnitude = value
  if (value < 0 || (value === 0 && 1 / value < 0)) {
    bytes[at++] = MINUS
    magnitude = -value
  }
  if (magnitude < TENS[precision]!) {
    if (magnitude === Math.floor(magnitude)) return writeWhole(bytes, at, magnitude)
    if (magnitude >= 1e-4) {
      const end = writeFraction(bytes, at, magnitude, precision)
      if (end !== 0) return end
    }
  }
  const text = format(magnitude, precision)
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
  return at
}

/** The longest text, `-1.2345678901234e-308`, and then some. */
export const NUMBER_LENGTH = 24

/** A whole number below 10^14. */
function writeWhole(bytes: Uint8Array, at: number, whole: number): number {
  if (whole < 10) {
    bytes[at] = ZERO + whole
    return at + 1
  }
  let digits = 2
  while (whole >= TENS[digits]!) digits++
  writeDigits(bytes, at, whole, digits)
  return at + digits
}

/**
 * Fast path, a tenth of the time: a number that is written without an exponent, from 10^-4 up to 10^precision. Gives 0 where
 * that cannot be told, or the text not be found, without more precise arithmetic.
 */
function writeFraction(bytes: Uint8Array, at: number, value: number, precision: number): number {
  const limit = TENS[precision]!
  for (let decimals = 1; decimals <= FEW; decimals++) {
    const unit = TENS[decimals]!
    const units = Math.round(value * unit)
    // Both are exact. If the value is the double that is nearest to their quotient, then that is the text: doubles are
    // far closer to each other than decimals of 14 digits. The last digit is no zero, or fewer decimals would have done.
    if (units < limit && units / unit === value) return writeDecimal(bytes, at, units, decimals)
  }
  // So many would there be with one digit in front of the point.
  let decimals = precision - 1
  for (let power = 1; value >= TENS[power]!; power++) decimals--
  for (let power = 0; value * TENS[power]! < 1; power++) decimals++
  // The power is exact, and the product below 10^14, so that it is off by less than 0.01.
  const scaled = value * TENS[decimals]!
  let units = Math.floor(scaled)
  const rest = scaled - units
  if (rest > 0.49) {
    if (rest < 0.51) return 0
    units++
  }
  if (units >= limit) return 0
  for (let power = 4; power >= 1; power -= 3) {
    const tens = TENS[power]!
    for (let fewer = units / tens; decimals >= power && fewer === Math.floor(fewer); fewer = units / tens) {
      units = fewer
      decimals -= power
    }
  }
  return decimals === 0 ? writeWhole(bytes, at, units) : writeDecimal(bytes, at, units, decimals)
}

/** units / 10^decimals, both of which are whole; units are below 10^14. */
function writeDecimal(bytes: Uint8Array, at: number, units: number, decimals: number): number {
  const unit = TENS[decimals]!
  const whole = Math.floor(units / unit)
  const point = writeWhole(bytes, at, whole)
  bytes[point] = POINT
  writeDigits(bytes, point + 1, units - whole * unit, decimals)
  return point + 1 + decimals
}

/** So many digits, zeros in front included. */
function writeDigits(bytes: Uint8Array, at: number, whole: number, digits: number): void {
  let end = at + digits
  let rest = whole
  if (rest >= 2 ** 31) {
    const high = Math.floor(rest / 1e7)
    let low = rest - high * 1e7
    for (let i = 0; i < 7; i++) {
      const quotient = (low / 10) | 0
      bytes[--end] = ZERO + low - quotient * 10
      low = quotient
    }
    rest = high
  }
  while (end > at) {
    const quotient = (rest / 10) | 0
    bytes[--end] = ZERO + rest - quotient * 10
    rest = quotient
  }
}

/** Any finite number of zero or more. */
function format(value: number, precision: number): string {
  let text = value.toExponential(precision - 1) // d.ddde±x
  // Half-way between two texts, JavaScript takes the larger one, C that whose last digit is even.
  const last = text.charCodeAt(precision === 1 ? 0 : precision)
  if ((last & 1) === 1 && mayBeTie(value)) {
    const exact = value.toExponential(40)
    const digits = exact.charAt(0) + exact.slice(2, 42)
    if (TIE_TO_EVEN.test(digits.slice(precision - 1))) {
      text = `${exact.charAt(0)}.${digits.slice(1, precision)}${exact.slice(42)}`
    }
  }
  const mark = text.indexOf('e')
  const exponent = Number(text.slice(mark + 1))
  let digits = text.charAt(0) + text.slice(2, mark)
  let end = digits.length
  while (end > 1 && digits.charCodeAt(end - 1) === ZERO) end--
  digits = digits.slice(0, end)
  if (exponent < -4 || exponent >= precision) {
    const fraction = end > 1 ? `.${digits.slice(1)}` : ''
    const magnitude = Math.abs(exponent)
    return `${digits.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  if (end <= exponent + 1) return digits.padEnd(exponent + 1, '0')
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/**
 * A tie has at most 15 significant digits, of which the last is a 5. With a fraction, it is an odd m / 2^j with m * 5^j
 * below 10^15, hence j <= 21, and has at most 21 decimals. Without one, it is a multiple of 5^k for the k digits from the
 * last on, and m < 2^53 has no more than 22 factors of 5, so that it has at most 15 + 22 digits. 41 digits show either whole.
 */
function mayBeTie(value: number): boolean {
  const scaled = value * 2 ** 21
  return value < 1e37 && scaled === Math.floor(scaled)
}

/** From the last digit that counts on. */
const TIE_TO_EVEN = /^[02468]50*$/

/** So many decimals are tried one after the other. */
const FEW = 4

const TENS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18]
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
