/** Which effects can only fail for the type of a key: their success is known before the first of them is applied. */
import type { ByteString } from '../bytes/bytes.js'
import { parseDouble, parseInteger } from '../bytes/numbers.js'
import { errors } from '../errors.js'
import type { TypeName } from '../values/value.js'

/** An effect on a database, which each host has in its own form. */
export interface PlainEffect<Database> {
  readonly database: Database
  /** The command's full name, in lower case. */
  readonly name: string
  readonly argv: readonly ByteString[]
}

/**
 * Goes through the effects as they will change the types of keys: whether all are of plain forms, on keys whose types
 * are known. Throws WRONGTYPE where one is the wrong one.
 *
 * @param now milliseconds since the epoch
 * @param typeIn the type of a key before the first effect
 */
export function arePlain<Database>(
  effects: readonly PlainEffect<Database>[],
  now: number,
  typeIn: (database: Database, key: ByteString) => TypeName | 'none',
): boolean {
  const typesIn = new Map<Database, Map<ByteString, TypeName | 'none' | 'unknown'>>()
  for (const { database, name, argv } of effects) {
    const form = PLAIN[name]
    if (form?.isPlain(argv, now) !== true) return false
    let types = typesIn.get(database)
    if (types === undefined) {
      types = new Map()
      typesIn.set(database, types)
    }
    for (const key of keysOf(form, argv)) {
      if (form.type !== undefined) {
        const type = types.get(key) ?? typeIn(database, key)
        if (type === 'unknown') return false
        if (type !== 'none' && type !== form.type) throw errors.wrongType
      }
      if (form.leaves !== undefined) types.set(key, form.leaves)
    }
  }
  return true
}

/** The keys whose types `arePlain` may ask for, because of one effect; none for one that is not of a plain form. */
export function typedKeys({ name, argv }: Pick<PlainEffect<unknown>, 'name' | 'argv'>): readonly ByteString[] {
  const form = PLAIN[name]
  return form?.type === undefined ? [] : keysOf(form, argv)
}

function keysOf({ keys }: PlainForm, argv: readonly ByteString[]): readonly ByteString[] {
  return keys === 'none' ? [] : argv.slice(1, keys === 'first' ? 2 : argv.length)
}

/** A form of a command that can fail only for the type of its keys. */
interface PlainForm {
  /** Whether the arguments, whose number is right, are of the form. `now`: milliseconds since the epoch. */
  isPlain(argv: readonly ByteString[], now: number): boolean
  readonly keys: 'first' | 'all' | 'none'
  /** The type that a key must have, if it exists. */
  readonly type?: TypeName
  /** What the key is afterwards, where it may be another than before. */
  readonly leaves?: TypeName | 'none' | 'unknown'
}

const always = (): boolean => true

/** By the full name of the command. */
const PLAIN: Readonly<Record<string, PlainForm>> = {
  del: { isPlain: always, keys: 'all', leaves: 'none' },
  unlink: { isPlain: always, keys: 'all', leaves: 'none' },
  persist: { isPlain: always, keys: 'first' },
  pexpire: { isPlain: argv => argv.length === 3 && isLater(argv[2]!, 0), keys: 'first' },
  pexpireat: { isPlain: (argv, now) => argv.length === 3 && isLater(argv[2]!, now), keys: 'first' },
  publish: { isPlain: always, keys: 'none' },
  spublish: { isPlain: always, keys: 'none' },
  set: { isPlain: argv => argv.length === 3, keys: 'first', leaves: 'string' },
  hset: { isPlain: argv => argv.length % 2 === 0, keys: 'first', type: 'hash', leaves: 'hash' },
  zadd: { isPlain: hasScores, keys: 'first', type: 'zset', leaves: 'zset' },
  sadd: { isPlain: always, keys: 'first', type: 'set', leaves: 'set' },
  lpush: { isPlain: always, keys: 'first', type: 'list', leaves: 'list' },
  rpush: { isPlain: always, keys: 'first', type: 'list', leaves: 'list' },
  // What takes the last element away takes the key away.
  hdel: { isPlain: always, keys: 'first', type: 'hash', leaves: 'unknown' },
  zrem: { isPlain: always, keys: 'first', type: 'zset', leaves: 'unknown' },
  srem: { isPlain: always, keys: 'first', type: 'set', leaves: 'unknown' },
}

/** A time that EXPIRE does not find too large, and that has not passed, which would delete the key. */
function isLater(text: ByteString, than: number): boolean {
  const value = parseInteger(text)
  return value !== undefined && value > than && value < 2 ** 52
}

function hasScores(argv: readonly ByteString[]): boolean {
  if (argv.length % 2 !== 0) return false
  for (let i = 2; i < argv.length; i += 2) if (parseDouble(argv[i]!) === undefined) return false
  return true
}
