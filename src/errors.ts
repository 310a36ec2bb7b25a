const BRAND = Symbol.for('krmt.ReplyError')

/**
 * The errors that a client can get as a reply, in the words of redis-server 7.0.15.
 *
 * A command throws one; the dispatcher writes its message out as the error reply. It must be thrown before any
 * part of the reply has been written.
 */
export class ReplyError extends Error {
  override name = 'ReplyError'

  /** The package may be in a program twice, imported and required: the errors of both count. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  static {
    Object.defineProperty(ReplyError.prototype, BRAND, { value: true })
  }
}

/** An error that a command within a script has replied, and with which the script has ended: it has been counted already. */
export class CountedError extends ReplyError {
  readonly isCounted = true

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && 'isCounted' in value
  }
}

/** Thrown ready-made: they carry no stack of interest, and a throw then costs no capture of one. */
export const errors = {
  wrongType: new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value'),
  syntax: new ReplyError('ERR syntax error'),
  notInteger: new ReplyError('ERR value is not an integer or out of range'),
  notFloat: new ReplyError('ERR value is not a valid float'),
  noSuchKey: new ReplyError('ERR no such key'),
  sameObject: new ReplyError('ERR source and destination objects are the same'),
  indexOutOfRange: new ReplyError('ERR index out of range'),
  offsetOutOfRange: new ReplyError('ERR offset is out of range'),
  stringTooLong: new ReplyError('ERR string exceeds maximum allowed size (proto-max-bulk-len)'),
  overflow: new ReplyError('ERR increment or decrement would overflow'),
  invalidCursor: new ReplyError('ERR invalid cursor'),
  mustBePositive: new ReplyError('ERR value is out of range, must be positive'),
  outOfRange: new ReplyError('ERR value is out of range'),
}

export function wrongArity(commandName: string): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${commandName}' command`)
}

export function invalidExpire(commandName: string): ReplyError {
  return new ReplyError(`ERR invalid expire time in '${commandName}' command`)
}

/** What clients get for what may not be done while a script or a function takes long. */
export function busy(kind: 'script' | 'function'): ReplyError {
  const kill = kind === 'script' ? 'SCRIPT' : 'FUNCTION'
  return new ReplyError(`BUSY Redis is busy running a script. You can only call ${kill} KILL or SHUTDOWN NOSAVE.`)
}
