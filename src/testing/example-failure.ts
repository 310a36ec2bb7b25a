import { ReplyError } from '../errors.js'
import type { Reply } from '../host/embedded/open.js'
import { type Example, expectedErrorText } from '../module/examples.js'

/** An example that did not go as its definition says. */
export interface ExampleFailure {
  /** The command that has the example, as clients write it: `HMSETNX`, `SCRIPTNAME SET`. */
  readonly command: string
  /** Which of the command's examples, from 1. */
  readonly number: number
  readonly line: string
  /** What is wrong, in lines for a human to read. */
  readonly reason: string
  /** Where the replies differ: what the definition says and what came, for test runners that show differences. */
  readonly expected?: unknown
  readonly actual?: unknown
}

/** Thrown when examples failed; the message tells of each. */
export class ExamplesError extends Error {
  override name = 'ExamplesError'
  readonly failures: readonly ExampleFailure[]
  readonly expected?: unknown
  readonly actual?: unknown

  constructor(module: string, failures: readonly ExampleFailure[]) {
    super([`examples of ${module} failed:`, ...failures.map(describeFailure)].join('\n'))
    this.failures = failures
    const [first] = failures
    if (failures.length === 1 && first !== undefined && 'expected' in first) {
      this.expected = first.expected
      this.actual = first.actual
    }
  }
}

/** `HMSETNX, example 2: HMSETNX user:1 name Bob`, and below it, indented, what is wrong. */
export function describeFailure({ command, number, line, reason }: ExampleFailure): string {
  return `${command}, example ${number}: ${line}\n${reason.replace(/^/gm, '  ')}`
}

/** What came for an example: a reply as `call` gives it, or the error. */
export type Outcome = Reply | ReplyError

/** Why a reply is not the expected one; undefined if it is. */
export function mismatch(expected: Example[1], actual: Outcome): string | undefined {
  if (matches(expected, actual)) return undefined
  return `expected  ${shown(expected)}\ngot       ${shown(actual)}`
}

function matches(expected: unknown, actual: unknown): boolean {
  const error = expectedErrorText(expected)
  if (error !== undefined) return actual instanceof ReplyError && actual.message === error
  if (actual instanceof ReplyError) return false
  if (typeof expected === 'number' || typeof expected === 'bigint') {
    // An integer reply is a bigint only where a number would not hold it.
    // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1, and both sides are known to be numbers
    return (typeof actual === 'number' || typeof actual === 'bigint') && expected == actual
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => matches(item, actual[index]))
    )
  }
  if (!isMap(expected)) return expected === actual
  if (!isMap(actual)) return false
  const names = Object.keys(expected)
  return (
    names.length === Object.keys(actual).length &&
    names.every(name => Object.hasOwn(actual, name) && matches(expected[name], actual[name]))
  )
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As one would write it in a definition. */
export function shown(value: unknown): string {
  const error = value instanceof ReplyError ? value.message : expectedErrorText(value)
  if (error !== undefined) return `expectError(${JSON.stringify(error)})`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  if (isMap(value)) {
    const entries = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${shown(item)}`)
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
  }
  return JSON.stringify(value) ?? String(value)
}
