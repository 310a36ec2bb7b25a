import { getSystemErrorMap } from 'node:util'
import type { ByteString } from '../bytes/bytes.js'

/** Why a value is refused, in Redis's words where Redis has any. What says it adds where the value came from. */
export class InvalidValue extends Error {
  override name = 'InvalidValue'
}

/** Where a directive was written. */
export interface Place {
  /** The file's path as it was given, or `standard input`, or `the command line`. */
  readonly source: string
  /** The line's number in a file or on standard input, from 1. */
  readonly line?: number
  /** The line itself. */
  readonly text: ByteString
}

/**
 * The configuration cannot be loaded: the message is what the start ends with, in up to three lines. It repeats paths
 * and lines as bytes, one char a byte, and so must be written out as latin1.
 */
export class ConfigFileError extends Error {
  override name = 'ConfigFileError'
  readonly reason: string
  readonly place: Place | undefined

  constructor(reason: string, place?: Place) {
    super(place ? `Reading ${described(place)}\n>>> '${place.text}'\n${reason}` : reason)
    this.reason = reason
    this.place = place
  }
}

/** What the operating system says of a failure (`No such file or directory`), or else the error's own message. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
  const reason = getSystemErrorMap().get(errno)?.[1]
  return reason === undefined ? error.message : reason.charAt(0).toUpperCase() + reason.slice(1)
}

function described({ source, line }: Place): string {
  return line === undefined ? source : `the configuration file, at line ${line} of ${source}`
}
