import { type ByteString, fromUtf8 } from '../bytes/bytes.js'
import { splitArgs } from '../bytes/split-args.js'

/** A line as one types it into redis-cli, and what it answers. */
export type Example = readonly [line: string, expected: Expected]

/**
 * An expected reply, as one would write it in JSON: text for a status or a bulk string, a number for an integer or a
 * double, null for nil, an array, an object for a map, and `expectError(…)`.
 */
export type Expected =
  | string
  | number
  | bigint
  | boolean
  | null
  | ExpectedError
  | readonly Expected[]
  | { readonly [key: string]: Expected }

const EXPECTED_ERROR = Symbol.for('krmt.expectedError')

export interface ExpectedError {
  readonly [EXPECTED_ERROR]: string
}

/** The whole text of the error reply that an example answers: `expectError('ERR syntax error')`. */
export function expectError(text: string): ExpectedError {
  return { [EXPECTED_ERROR]: text }
}

/** The text of an expected error; undefined for any other expectation. */
export function expectedErrorText(expected: unknown): string | undefined {
  if (typeof expected !== 'object' || expected === null || !(EXPECTED_ERROR in expected)) return undefined
  return (expected as ExpectedError)[EXPECTED_ERROR]
}

/** The argument vector of an example's line, by redis-cli's rules of quoting; undefined if quotes do not match. */
export function exampleArgv(line: string): ByteString[] | undefined {
  const argv = splitArgs(fromUtf8(line))
  return argv === undefined || argv.length === 0 ? undefined : argv
}
