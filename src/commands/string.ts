import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import { wrongArity } from '../errors.js'
import { EventClass } from '../keyspace/events.js'
import type { CommandDefinition } from '../registry/definition.js'
import { encodeString, stringText } from '../values/string-value.js'
import { isString } from '../values/value.js'
import { keyAt, keysFrom } from './key-specs.js'
import { lcsCommands } from './lcs.js'
import { readString } from './lookup.js'
import { replyString, storeText } from './string-access.js'
import { stringCounterCommands } from './string-counter.js'
import { type ExpiryUnit, expiryText, expiryTime, parseStringOptions } from './string-expiry.js'
import { stringRangeCommands } from './string-range.js'

const group = 'string'
const categories = ['string']
const complexity = 'O(1)'

/** Setting and getting whole strings. */
const wholeStringCommands: readonly CommandDefinition[] = [
  {
    name: 'get',
    summary: 'Answers the string that a key holds.',
    since: '1.0.0',
    group,
    complexity,
    syntax: 'key',
    arity: 2,
    flags: ['readonly', 'fast'],
    categories,
    keys: [keyAt(1, 'RO', 'access')],
    run: get,
  },
  {
    name: 'set',
    summary: 'Makes a key hold a string, whatever it held before; on conditions, and with an expiry, if so wished.',
    since: '1.0.0',
    group,
    complexity,
    syntax:
      'key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | ' +
      'PXAT unix-time-milliseconds | KEEPTTL]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories,
    keys: [
      {
        ...keyAt(1, 'RW', 'access', 'update', 'variable_flags'),
        notes: 'RW and ACCESS due to the optional `GET` argument',
      },
    ],
    run: set,
  },
  {
    name: 'setnx',
    summary: 'Makes a key hold a string, if there is no such key yet.',
    since: '1.0.0',
    group,
    complexity,
    syntax: 'key value',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    categories,
    keys: [keyAt(1, 'OW', 'insert')],
    run: setnx,
  },
  {
    name: 'setex',
    summary: 'Makes a key hold a string for so many seconds.',
    since: '2.0.0',
    group,
    complexity,
    syntax: 'key seconds value',
    arity: 4,
    flags: ['write', 'denyoom'],
    categories,
    keys: [keyAt(1, 'OW', 'update')],
    run: (client, argv) => setWithExpiry(client, argv[1]!, argv[3]!, 'ex', argv[2]!, 'setex'),
  },
  {
    name: 'psetex',
    summary: 'Makes a key hold a string for so many milliseconds.',
    since: '2.6.0',
    group,
    complexity,
    syntax: 'key milliseconds value',
    arity: 4,
    flags: ['write', 'denyoom'],
    categories,
    keys: [keyAt(1, 'OW', 'update')],
    run: (client, argv) => setWithExpiry(client, argv[1]!, argv[3]!, 'px', argv[2]!, 'psetex'),
  },
  {
    name: 'getex',
    summary: 'Answers the string that a key holds, and sets or takes away its expiry.',
    since: '6.2.0',
    group,
    complexity,
    syntax: 'key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]',
    arity: -2,
    flags: ['write', 'fast'],
    categories,
    keys: [{ ...keyAt(1, 'RW', 'access', 'update'), notes: 'RW and UPDATE because it changes the TTL' }],
    run: getex,
  },
  {
    name: 'getdel',
    summary: 'Answers the string that a key holds, and deletes the key.',
    since: '6.2.0',
    group,
    complexity,
    syntax: 'key',
    arity: 2,
    flags: ['write', 'fast'],
    categories,
    keys: [keyAt(1, 'RW', 'access', 'delete')],
    run: getdel,
  },
  {
    name: 'getset',
    summary: 'Answers the string that a key holds, and sets it to another.',
    since: '1.0.0',
    group,
    complexity,
    syntax: 'key value',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    categories,
    keys: [keyAt(1, 'RW', 'access', 'update')],
    run: getset,
  },
  {
    name: 'mget',
    summary: 'Answers the strings that several keys hold, nil for those that hold none.',
    since: '1.0.0',
    group,
    complexity: 'O(N) with the number of keys',
    syntax: 'key [key ...]',
    arity: -2,
    flags: ['readonly', 'fast'],
    categories,
    keys: [keysFrom(1, 'RO', 'access')],
    tips: ['request_policy:multi_shard'],
    run: mget,
  },
  {
    name: 'mset',
    summary: 'Makes several keys hold a string each.',
    since: '1.0.1',
    group,
    complexity: 'O(N) with the number of keys',
    syntax: 'key value [key value ...]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories,
    keys: [{ flags: ['OW', 'update'], begin: { index: 1 }, find: { last: -1, step: 2, limit: 0 } }],
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
    run: mset,
  },
  {
    name: 'msetnx',
    summary: 'Makes several keys hold a string each, if there is none of the keys yet.',
    since: '1.0.1',
    group,
    complexity: 'O(N) with the number of keys',
    syntax: 'key value [key value ...]',
    arity: -3,
    flags: ['write', 'denyoom'],
    categories,
    keys: [{ flags: ['OW', 'insert'], begin: { index: 1 }, find: { last: -1, step: 2, limit: 0 } }],
    tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
    run: msetnx,
  },
]

export const stringCommands: readonly CommandDefinition[] = [
  ...wholeStringCommands,
  ...stringRangeCommands,
  ...stringCounterCommands,
  ...lcsCommands,
]

function get(client: Client, argv: readonly ByteString[]): void {
  replyString(client, readString(client.database, argv[1]!))
}

function set(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const db = client.database
  // Fast path: most calls have no options.
  if (argv.length === 3) {
    storeText(db, key, argv[2]!)
    client.reply.ok()
    return
  }
  const { condition, get, expiry, time } = parseStringOptions('set', argv, 3)
  const unit = expiry === 'keepttl' || expiry === 'persist' ? undefined : expiry
  const at = unit === undefined ? undefined : expiryTime(time, unit, db.keyspace.now, 'set')
  const old = get ? readString(db, key) : undefined
  const refused = condition !== undefined && (db.write(key) !== undefined) === (condition === 'nx')
  if (!refused) {
    // An expiry that is to be replaced stays where it is, until it is moved.
    const entry = db.set(key, encodeString(argv[2]!), expiry !== undefined)
    db.changed(key, EventClass.string, 'set')
    if (at !== undefined) {
      db.expireAt(entry, at)
      db.event(EventClass.generic, 'expire', key)
    }
    const { effects } = client.engine
    if (effects.listening) {
      if (unit !== undefined) effects.become(setUntil(key, argv[2]!, expiryText(time, unit, db.keyspace.now)))
      else if (get) effects.become(argv.filter((word, i) => i < 3 || word.toLowerCase() !== 'get'))
    }
  }
  if (get) replyString(client, old)
  else if (refused) client.reply.null()
  else client.reply.ok()
}

function setnx(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const db = client.database
  if (db.write(key) !== undefined) {
    client.reply.integer(0)
    return
  }
  db.add(key, encodeString(argv[2]!))
  db.changed(key, EventClass.string, 'set')
  client.reply.integer(1)
}

function setWithExpiry(
  client: Client,
  key: ByteString,
  text: ByteString,
  unit: ExpiryUnit,
  time: ByteString,
  command: string,
): void {
  const db = client.database
  const at = expiryTime(time, unit, db.keyspace.now, command)
  const entry = db.set(key, encodeString(text), true)
  db.changed(key, EventClass.string, 'set')
  db.expireAt(entry, at)
  db.event(EventClass.generic, 'expire', key)
  const { effects } = client.engine
  if (effects.listening) effects.become(setUntil(key, text, expiryText(time, unit, db.keyspace.now)))
  client.reply.ok()
}

/** The effect of what sets a key that is to expire at a time, in milliseconds since the epoch. */
function setUntil(key: ByteString, text: ByteString, at: ByteString): ByteString[] {
  return ['SET', key, text, 'PXAT', at]
}

function getex(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const db = client.database
  const { effects } = client.engine
  const { expiry, time } = parseStringOptions('getex', argv, 2)
  const value = readString(db, key)
  if (value !== undefined && expiry !== undefined && expiry !== 'keepttl') {
    const entry = db.find(key)!
    if (expiry === 'persist') {
      if (db.persist(entry)) db.changed(key, EventClass.generic, 'persist')
      if (effects.listening) effects.become(['PERSIST', key])
    } else {
      const { now } = db.keyspace
      const at = expiryTime(time, expiry, now, 'getex')
      if (at > now) {
        db.expireAt(entry, at)
        db.changed(key, EventClass.generic, 'expire')
        if (effects.listening) effects.become(['PEXPIREAT', key, expiryText(time, expiry, now)])
      } else {
        db.delete(key)
        db.changed(key, EventClass.generic, 'del')
        if (effects.listening) effects.become(['DEL', key])
      }
    }
  }
  replyString(client, value)
}

function getdel(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const db = client.database
  const { effects } = client.engine
  const value = readString(db, key)
  if (value !== undefined) {
    db.delete(key)
    db.changed(key, EventClass.generic, 'del')
    if (effects.listening) effects.become(['DEL', key])
  }
  replyString(client, value)
}

function getset(client: Client, argv: readonly ByteString[]): void {
  const key = argv[1]!
  const db = client.database
  const old = readString(db, key)
  storeText(db, key, argv[2]!)
  const { effects } = client.engine
  if (effects.listening) effects.become(['SET', key, argv[2]!])
  replyString(client, old)
}

function mget(client: Client, argv: readonly ByteString[]): void {
  const { database, reply } = client
  reply.array(argv.length - 1)
  for (let i = 1; i < argv.length; i++) {
    const value = database.read(argv[i]!)?.value
    if (value === undefined || !isString(value)) reply.null()
    else reply.bulk(stringText(value))
  }
}

function mset(client: Client, argv: readonly ByteString[]): void {
  if (argv.length % 2 === 0) throw wrongArity('mset')
  setAll(client, argv)
  client.reply.ok()
}

function msetnx(client: Client, argv: readonly ByteString[]): void {
  if (argv.length % 2 === 0) throw wrongArity('msetnx')
  for (let i = 1; i < argv.length; i += 2) {
    if (client.database.write(argv[i]!) !== undefined) {
      client.reply.integer(0)
      return
    }
  }
  setAll(client, argv)
  client.reply.integer(1)
}

function setAll(client: Client, argv: readonly ByteString[]): void {
  for (let i = 1; i < argv.length; i += 2) storeText(client.database, argv[i]!, argv[i + 1]!)
}
