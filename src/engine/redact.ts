import type { ByteString } from '../bytes/bytes.js'
import { findParameter, parameterOf } from '../config/parameters.js'
import type { Command } from '../registry/command.js'

/** A call as the slow log and monitors may show it: without passwords. */
export function redacted(command: Command, argv: readonly ByteString[]): readonly ByteString[] {
  switch (command.fullName) {
    case 'auth':
      return argv.map((word, i) => (i > 0 ? REDACTED : word))
    case 'hello':
      return argv.map((word, i) => (followsAuth(argv, i) ? REDACTED : word))
    case 'config|set':
      return argv.map((word, i) => (i > 2 && i % 2 === 1 && isSensitive(argv[i - 1]!) ? REDACTED : word))
    default:
      return argv
  }
}

const REDACTED = '(redacted)'

/** HELLO's AUTH takes two words, and counts only with both. */
function followsAuth(argv: readonly ByteString[], i: number): boolean {
  const at = (index: number): boolean => index >= 2 && index + 2 < argv.length && argv[index]!.toLowerCase() === 'auth'
  return at(i - 1) || at(i - 2)
}

function isSensitive(name: ByteString): boolean {
  const parameter = findParameter(name)
  return parameter !== undefined && parameterOf(parameter).sensitive === true
}
