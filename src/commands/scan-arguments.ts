import type { ByteString } from '../bytes/bytes.js'
import { compileGlob } from '../bytes/glob.js'
import { parseInteger } from '../bytes/numbers.js'
import { errors } from '../errors.js'
import type { ReplySink } from '../resp/reply.js'
import { indexArgument } from './collection-arguments.js'

/** What HSCAN, SSCAN and their like are told after the cursor. */
export interface ScanOptions {
  /** How many elements to visit. */
  readonly count: number
  /** Undefined: all match. */
  readonly matches: ((text: ByteString) => boolean) | undefined
}

/**
 * The cursor of a scan, as C's strtoul takes it: a sign, leading zeros, nothing at all, or anything after a NUL byte do
 * no harm. A cursor that no scan gave out means some place or other.
 *
 * @throws ReplyError `ERR invalid cursor`
 */
export function scanCursor(text: ByteString): number {
  const plain = parseInteger(text)
  if (plain !== undefined && plain >= 0) return plain
  const found = CURSOR.exec(text)
  if (found === null) throw errors.invalidCursor
  const [, sign, digits = ''] = found
  const value = BigInt(digits)
  if (value >= 1n << 64n) throw errors.invalidCursor
  return Number(sign === '-' ? BigInt.asUintN(64, -value) : value)
}

const CURSOR = /^([+-]?)(?=\d)0*(\d{0,20})(?:\0[\s\S]*)?$|^(?:\0[\s\S]*)?$/

/** The reply to a scan of a key that is not there. */
export function emptyScan(reply: ReplySink): void {
  scanReply(reply, 0, [])
}

/** The reply to a scan: the cursor to go on with, and what has been found. */
export function scanReply(reply: ReplySink, next: number, found: readonly ByteString[]): void {
  reply.array(2)
  reply.bulk(String(next))
  reply.array(found.length)
  for (const text of found) reply.bulk(text)
}

/** Reads `[MATCH pattern] [COUNT count]`, which begin at `from`. */
export function scanOptions(argv: readonly ByteString[], from: number): ScanOptions {
  let count = 10
  let pattern: ByteString | undefined
  for (let i = from; i < argv.length; i += 2) {
    const option = argv[i]!.toLowerCase()
    const value = argv[i + 1]
    if (value === undefined) throw errors.syntax
    if (option === 'count') {
      count = indexArgument(value)
      if (count < 1) throw errors.syntax
    } else if (option === 'match') pattern = value
    else throw errors.syntax
  }
  // A pattern of one star matches the empty text too, here as in Redis, unlike what `globMatch` says of it.
  return { count, matches: pattern === undefined || pattern === '*' ? undefined : compileGlob(pattern) }
}
