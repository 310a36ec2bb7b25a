import type { ByteString } from '../bytes/bytes.js'
import { quoteArg } from '../bytes/split-args.js'
import { InvalidValue } from './errors.js'

/** A parameter's value, and the text that CONFIG GET answers for it. Two settings are the same if their texts are. */
export interface Setting<T> {
  readonly value: T
  readonly text: ByteString
}

/** One line that CONFIG REWRITE may write. */
export interface SettingLine {
  /** What follows the name, quoted where it must be. */
  readonly text: ByteString
  /** Whether it says anything that the default does not. If not, it is written only in place of a line of old. */
  readonly differs: boolean
}

/** What may be written as a parameter's value, what it means, and how it is written back. */
export interface ParameterType<T> {
  /** For the documentation. */
  readonly syntax: string
  /** Whether a directive takes any number of arguments. Otherwise, exactly one. */
  readonly variadic: boolean
  /**
   * @param args the directive's arguments, quotes removed
   * @param previous what was set before: some directives add to it
   * @throws {InvalidValue}
   */
  parse(args: readonly ByteString[], previous: Setting<T> | undefined): Setting<T>
  lines(setting: Setting<T>, standard: Setting<T>): readonly SettingLine[]
}

export function yesNo(): ParameterType<boolean> {
  return single('yes | no', argument => {
    const text = argument.toLowerCase()
    if (text !== 'yes' && text !== 'no') throw new InvalidValue("argument must be 'yes' or 'no'")
    return { value: text === 'yes', text }
  })
}

/** One of several words, in any case. */
export function oneOf<const W extends string>(...words: readonly W[]): ParameterType<W> {
  return single(words.join(' | '), argument => {
    const wanted = argument.toLowerCase()
    const value = words.find(word => word === wanted)
    if (value === undefined) throw new InvalidValue(`argument(s) must be one of the following: ${words.join(', ')}`)
    return { value, text: value }
  })
}

export const MAX_INT = 2n ** 31n - 1n
export const MAX_LONG = 2n ** 63n - 1n

interface Bounds {
  readonly min: bigint
  readonly max: bigint
}

/**
 * A whole number within bounds, both included.
 *
 * The value is a JS number, the nearest one for more than 2^53; the text keeps every digit.
 *
 * @param clamp what a number within the bounds is then silently moved into, as Redis does with `hz`
 */
export function integer(bounds: Bounds & { readonly clamp?: Bounds }): ParameterType<number> {
  const { clamp } = bounds
  return single(`integer, ${range(bounds)}`, argument => {
    const number = DECIMAL.test(argument) ? BigInt(argument) : undefined
    if (number === undefined || number > MAX_LONG || number < -MAX_LONG - 1n) {
      throw new InvalidValue("argument couldn't be parsed into an integer")
    }
    const bounded = within(bounds, number)
    if (clamp === undefined) return bounded
    return setNumber(bounded.value < clamp.min ? clamp.min : bounded.value > clamp.max ? clamp.max : number)
  })
}

/** A number of bytes: `100mb`, `2k`. The value is a JS number, the text is plain bytes, to the last digit. */
export function memory(bounds: Bounds): ParameterType<number> {
  return {
    ...single(`memory, ${range(bounds)}`, argument => {
      const bytes = parseMemory(argument)
      if (bytes === undefined) throw new InvalidValue('argument must be a memory value')
      return within(bounds, bytes)
    }),
    lines: (setting, standard) => [
      { text: formatMemory(BigInt(setting.text)), differs: setting.text !== standard.text },
    ],
  }
}

/** A file's permission bits, written in octal. */
export function permissions(): ParameterType<number> {
  return single('octal, 0 to 777', argument => {
    if (!OCTAL.test(argument)) throw new InvalidValue("argument couldn't be parsed as an octal number")
    const value = Number.parseInt(argument || '0', 8)
    if (!(value >= 0 && value <= 0o777)) throw new InvalidValue('argument must be between 0 and 777 inclusive')
    return { value, text: value.toString(8) }
  })
}

/** Any bytes. */
export function string(): ParameterType<ByteString> {
  return { ...single('string', argument => ({ value: argument, text: argument })), lines: quotedLine }
}

/** Words, up to so many. */
export function words(max: number, tooMany: string): ParameterType<readonly ByteString[]> {
  return {
    syntax: 'any number of words',
    variadic: true,
    parse(args) {
      const list = splitSingle(args)
      if (list.length > max) throw new InvalidValue(tooMany)
      return { value: list.filter(word => word !== ''), text: list.join(' ') }
    },
    lines: plainLine,
  }
}

/** A type whose directive takes one argument. */
export function single<T>(
  syntax: string,
  parse: (argument: ByteString, previous: Setting<T> | undefined) => Setting<T>,
): ParameterType<T> {
  return { syntax, variadic: false, parse: (args, previous) => parse(args[0] ?? '', previous), lines: plainLine }
}

/** Of a directive with several arguments: one argument alone, as CONFIG SET has it, is cut at every space. */
export function splitSingle(args: readonly ByteString[]): readonly ByteString[] {
  const [first] = args
  if (first === undefined || args.length > 1) return args
  return first === '' ? [] : first.split(' ')
}

/** Bytes, or undefined if it is no such number or one beyond 64 bits. As in Redis, no digits at all are zero. */
export function parseMemory(text: ByteString): bigint | undefined {
  const [, digits, unit] = MEMORY.exec(text) ?? []
  if (digits === undefined || unit === undefined) return undefined
  const bytes = BigInt(digits) * (UNITS.get(unit.toLowerCase()) ?? 1n)
  return bytes < 2n ** 64n ? bytes : undefined
}

/** In the largest unit that leaves no remainder. */
export function formatMemory(bytes: bigint): string {
  for (const unit of ['gb', 'mb', 'kb']) {
    const size = UNITS.get(unit) ?? 1n
    if (bytes > 0n && bytes % size === 0n) return `${bytes / size}${unit}`
  }
  return `${bytes}`
}

/** The text as it is; quoted only if it is empty, as nothing would be there otherwise. */
export function plainLine<T>({ text }: Setting<T>, standard: Setting<T>): readonly SettingLine[] {
  return [{ text: text === '' ? '""' : text, differs: text !== standard.text }]
}

export function quotedLine<T>({ text }: Setting<T>, standard: Setting<T>): readonly SettingLine[] {
  return [{ text: quoteArg(text), differs: text !== standard.text }]
}

const DECIMAL = /^(?:0|-?[1-9]\d{0,18})$/
const OCTAL = /^-?[0-7]*$/
const MEMORY = /^(\d*)(b|kb?|mb?|gb?|)$/i

/** Bytes a unit: with a `b`, powers of 1024; without, of 1000. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['k', 1000n],
  ['kb', 1024n],
  ['m', 1000n ** 2n],
  ['mb', 1024n ** 2n],
  ['g', 1000n ** 3n],
  ['gb', 1024n ** 3n],
])

function within({ min, max }: Bounds, number: bigint): Setting<number> {
  if (number < min || number > max) throw new InvalidValue(`argument must be between ${min} and ${max} inclusive`)
  return setNumber(number)
}

function setNumber(number: bigint): Setting<number> {
  return { value: Number(number), text: `${number}` }
}

function range({ min, max }: Bounds): string {
  return max === MAX_INT || max === MAX_LONG ? `${min} or more` : `${min} to ${max}`
}
