import type { ByteString } from '../bytes/bytes.js'
import { errors, invalidExpire } from '../errors.js'
import { timeText } from './expiry-time.js'
import { integerArgument } from './string-access.js'

/** How long, or until when: EX and PX from now on, EXAT and PXAT since the epoch; EX and EXAT in seconds. */
export type ExpiryUnit = 'ex' | 'px' | 'exat' | 'pxat'

/** What SET and GETEX can be told in the words after their key and value. */
export interface StringOptions {
  condition: 'nx' | 'xx' | undefined
  /** SET's GET. */
  get: boolean
  /** What is to become of the expiry. */
  expiry: ExpiryUnit | 'keepttl' | 'persist' | undefined
  /** The text after the unit. */
  time: ByteString
}

/** Reads the options from `start` on. Of a repeated one the last counts; contradictory ones are a syntax error. */
export function parseStringOptions(
  command: 'set' | 'getex',
  argv: readonly ByteString[],
  start: number,
): StringOptions {
  const options: StringOptions = { condition: undefined, get: false, expiry: undefined, time: '' }
  for (let i = start; i < argv.length; i++) {
    const word = argv[i]!.toLowerCase()
    switch (word) {
      case 'nx':
      case 'xx':
        if (command !== 'set' || (options.condition ?? word) !== word) throw errors.syntax
        options.condition = word
        break
      case 'get':
        if (command !== 'set') throw errors.syntax
        options.get = true
        break
      case 'keepttl':
      case 'persist':
        if (command !== (word === 'keepttl' ? 'set' : 'getex')) throw errors.syntax
        if ((options.expiry ?? word) !== word) throw errors.syntax
        options.expiry = word
        break
      case 'ex':
      case 'px':
      case 'exat':
      case 'pxat':
        if ((options.expiry ?? word) !== word || i + 1 === argv.length) throw errors.syntax
        options.expiry = word
        options.time = argv[++i]!
        break
      default:
        throw errors.syntax
    }
  }
  return options
}

/**
 * The time of expiry in milliseconds since the epoch.
 *
 * @param now the same, for units that count from now on
 * @throws ReplyError when it is no integer, not positive, or beyond 64 bits
 */
export function expiryTime(text: ByteString, unit: ExpiryUnit, now: number, command: string): number {
  const count = integerArgument(text)
  if (count <= 0) throw invalidExpire(command)
  const scale = unit === 'ex' || unit === 'exat' ? 1000 : 1
  const base = unit === 'ex' || unit === 'px' ? now : 0
  const at = Number(count) * scale + base
  if (Number.isSafeInteger(at)) return at
  if (BigInt(count) * BigInt(scale) + BigInt(base) > INT64_MAX) throw invalidExpire(command)
  return at
}

/** The same time as the text of an integer, for an effect. */
export function expiryText(text: ByteString, unit: ExpiryUnit, now: number): ByteString {
  return timeText(text, unit === 'ex' || unit === 'exat' ? 1000 : 1, unit === 'ex' || unit === 'px' ? now : 0)
}

const INT64_MAX = (1n << 63n) - 1n
