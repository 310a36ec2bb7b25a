import type { ByteString } from '../bytes/bytes.js'
import { parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, invalidExpire, ReplyError } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition, Handler } from '../registry/definition.js'
import { timeText } from './expiry-time.js'
import { keyAt } from './key-specs.js'

/** Commands that set, ask for and take away the time at which a key expires. */
export const expireCommands: readonly CommandDefinition[] = [
  setter('expire', '1.0.0', 'seconds', 'Makes a key expire in so many seconds.'),
  setter('pexpire', '2.6.0', 'milliseconds', 'Makes a key expire in so many milliseconds.'),
  setter('expireat', '1.2.0', 'unix-time-seconds', 'Makes a key expire at a time, in seconds since 1970.'),
  setter('pexpireat', '2.6.0', 'unix-time-milliseconds', 'Makes a key expire at a time, in milliseconds since 1970.'),
  getter('ttl', '1.0.0', 'Tells in how many seconds a key expires.', ['nondeterministic_output']),
  getter('pttl', '2.6.0', 'Tells in how many milliseconds a key expires.', ['nondeterministic_output']),
  getter('expiretime', '7.0.0', 'Tells when a key expires, in seconds since 1970.'),
  getter('pexpiretime', '7.0.0', 'Tells when a key expires, in milliseconds since 1970.'),
  {
    name: 'persist',
    summary: 'Makes a key stay that would have expired.',
    since: '2.2.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['write', 'fast'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RW', 'update')],
    run: persist,
  },
]

type Setter = 'expire' | 'pexpire' | 'expireat' | 'pexpireat'
type Getter = 'ttl' | 'pttl' | 'expiretime' | 'pexpiretime'

function setter(name: Setter, since: string, time: string, summary: string): CommandDefinition {
  return {
    name,
    summary,
    since,
    group: 'generic',
    complexity: 'O(log N) with N keys that expire.',
    syntax: `key ${time} [NX | XX | GT | LT]`,
    arity: -3,
    flags: ['write', 'fast'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RW', 'update')],
    run: expire(name),
  }
}

function getter(name: Getter, since: string, summary: string, tips: readonly string[] = []): CommandDefinition {
  return {
    name,
    summary: `${summary.slice(0, -1)}; -1 if never, -2 if there is no such key.`,
    since,
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories: ['keyspace'],
    keys: [keyAt(1, 'RO', 'access')],
    tips,
    run: expiry(name),
  }
}

function expire(name: Setter): Handler {
  const scale = name.startsWith('p') ? 1 : 1000
  const isAbsolute = name.endsWith('at')
  return (client, argv) => {
    const { database, reply } = client
    const { effects } = client.engine
    const { now } = database.keyspace
    const base = isAbsolute ? 0 : now
    const key = argv[1]!
    const condition = argv.length > 3 ? conditionOf(argv) : NO_CONDITION
    const at = timeOf(argv[2]!, scale, base, name)
    const entry = database.write(key)
    if (entry === undefined || !condition(database.expiresAt(entry), at)) {
      reply.integer(0)
      return
    }
    if (at <= now) {
      database.delete(key)
      database.changed(key, EventClass.generic, 'del')
      if (effects.listening) effects.become(['DEL', key])
    } else {
      database.expireAt(entry, at)
      database.changed(key, EventClass.generic, 'expire')
      if (effects.listening && name !== 'pexpireat') {
        effects.become(['PEXPIREAT', key, timeText(argv[2]!, scale, base), ...argv.slice(3)])
      }
    }
    reply.integer(1)
  }
}

/** Milliseconds since the epoch. Throws ReplyError for what is no integer, or leaves 64 bits. */
function timeOf(text: ByteString, scale: number, base: number, command: string): number {
  const count = parseInteger64(text)
  if (count === undefined) throw errors.notInteger
  const at = Number(count) * scale + base
  if (Number.isSafeInteger(at)) return at
  const scaled = BigInt(count) * BigInt(scale)
  if (scaled < INT64_MIN || scaled > INT64_MAX - BigInt(base)) throw invalidExpire(command)
  return Number(scaled + BigInt(base))
}

/** Whether a key that expires at `current`, if it does, may be made to expire at `at`. */
type Condition = (current: number | undefined, at: number) => boolean

const NO_CONDITION: Condition = () => true

function conditionOf(argv: readonly ByteString[]): Condition {
  let [nx, xx, gt, lt] = [false, false, false, false]
  for (let i = 3; i < argv.length; i++) {
    const option = argv[i]!.toLowerCase()
    if (option === 'nx') nx = true
    else if (option === 'xx') xx = true
    else if (option === 'gt') gt = true
    else if (option === 'lt') lt = true
    // Redis shows it as C takes it: a NUL byte ends it.
    else throw new ReplyError(`ERR Unsupported option ${argv[i]!.split('\0', 1)[0]}`)
  }
  if (nx && (xx || gt || lt)) throw nxIsAlone
  if (gt && lt) throw gtOrLt
  // A key that stays counts as one that expires later than any other.
  return (current, at) => {
    if (current === undefined) return !xx && !gt
    return !nx && !(gt && at <= current) && !(lt && at >= current)
  }
}

function expiry(name: Getter): Handler {
  const inSeconds = !name.startsWith('p')
  const isAbsolute = name.endsWith('time')
  return (client, argv) => {
    const { database, reply } = client
    const entry = database.peek(argv[1]!)
    const at = entry === undefined ? undefined : database.expiresAt(entry)
    if (at === undefined) {
      reply.integer(entry === undefined ? -2 : -1)
      return
    }
    const base = isAbsolute ? 0 : database.keyspace.now
    if (Number.isSafeInteger(at)) {
      reply.integer(inSeconds ? Math.floor((at - base + 500) / 1000) : at - base)
      return
    }
    // So late a time has been rounded to a double: the greatest one upwards, out of what an integer reply can say.
    const exact = (at >= 2 ** 63 ? INT64_MAX : BigInt(at)) - BigInt(base)
    reply.integer(inSeconds ? (exact + 500n) / 1000n : exact)
  }
}

function persist(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  const key = argv[1]!
  const entry = database.write(key)
  if (entry !== undefined && database.persist(entry)) {
    database.changed(key, EventClass.generic, 'persist')
    reply.integer(1)
  } else reply.integer(0)
}

const INT64_MIN = -(1n << 63n)
const INT64_MAX = (1n << 63n) - 1n
const nxIsAlone = new ReplyError('ERR NX and XX, GT or LT options at the same time are not compatible')
const gtOrLt = new ReplyError('ERR GT and LT options at the same time are not compatible')
