import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition, Handler } from '../registry/definition.js'
import type { ReplySink } from '../resp/reply.js'
import { encodingOf } from '../values/value.js'
import { helpCommand } from './help.js'
import { referenceCount } from './object.js'

/** DEBUG, as far as it is of use to those who test clients or commands. */
export const debugCommands: readonly CommandDefinition[] = [
  {
    name: 'debug',
    summary: 'Helps to test clients and commands.',
    since: '1.0.0',
    group: 'server',
    complexity: 'That of the subcommand.',
    arity: -2,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    guardedBy: 'enable-debug-command',
    run: debug,
  },
]

/** What DEBUG can do, with the number of arguments that each takes at least and at most. */
const subcommands: Readonly<Record<string, readonly [least: number, most: number, run: Handler]>> = {
  error: [1, 1, ({ reply }, argv) => reply.error(argv[2]!)],
  help: [0, 0, (client, argv) => help.run!(client, argv)],
  log: [1, 1, log],
  object: [1, 1, object],
  populate: [1, 3, populate],
  protocol: [1, 1, protocol],
  'set-active-expire': [1, 1, setActiveExpire],
  sleep: [1, 1, sleep],
}

const help = helpCommand(
  'debug',
  '1.0.0',
  [],
  [
    ['ERROR <string>', 'Replies the string as an error.'],
    ['LOG <message>', "Writes the message to the server's log."],
    ['OBJECT <key>', 'Tells how the value of the key is held and when it was last used.'],
    [
      'POPULATE <count> [<prefix>] [<size>]',
      'Makes strings of so many bytes under the keys <prefix>:0, <prefix>:1 and so on.',
    ],
    ['PROTOCOL <type>', 'Replies a value of the type.'],
    ['SET-ACTIVE-EXPIRE <0|1>', 'With 0, keys that are due go only when somebody looks at them.'],
    ['SLEEP <seconds>', 'Keeps the whole server waiting, fractions of a second included.'],
  ],
  'server',
)

function debug(client: Client, argv: readonly ByteString[]): void {
  const name = argv[1]!.toLowerCase()
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined
  const given = argv.length - 2
  if (subcommand === undefined || given < subcommand[0] || given > subcommand[1]) {
    throw new ReplyError(
      `ERR unknown subcommand or wrong number of arguments for '${argv[1]!.slice(0, 128)}'. Try DEBUG HELP.`,
    )
  }
  subcommand[2](client, argv)
}

function log({ engine, reply }: Client, argv: readonly ByteString[]): void {
  engine.log.warning(`DEBUG LOG: ${argv[2]!}`)
  reply.ok()
}

/** Redis also tells an address and the length in a snapshot: there is neither here. */
function object({ database, reply }: Client, argv: readonly ByteString[]): void {
  const entry = database.find(argv[2]!)
  if (entry === undefined) throw errors.noSuchKey
  const idle = database.keyspace.access.idleSeconds(entry)
  reply.status(
    `Value refcount:${referenceCount(entry.value)} encoding:${encodingOf(entry.value)} ` +
      `lru:${entry.access} lru_seconds_idle:${idle}`,
  )
}

/** Keys that there are already stay as they are. O(count). */
function populate({ database, reply }: Client, argv: readonly ByteString[]): void {
  const count = positive(argv[2]!)
  const prefix = argv[3] ?? 'key'
  const size = argv[4] === undefined ? 0 : positive(argv[4])
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`
    if (database.write(key) !== undefined) continue
    const value = `value:${i}`
    database.add(key, size === 0 ? value : value.slice(0, size).padEnd(size, '\0'))
    database.watches.touch(key)
  }
  reply.ok()
}

function positive(text: ByteString): number {
  const value = parseInteger(text)
  if (value === undefined || value < 0) throw errors.mustBePositive
  return value
}

function protocol({ reply }: Client, argv: readonly ByteString[]): void {
  const name = argv[2]!.toLowerCase()
  if (!Object.hasOwn(samples, name)) throw unknownType
  samples[name]!(reply)
}

/** A value of each type that RESP3 has, but for attributes, which krmt never sends. The values are Redis's. */
const samples: Readonly<Record<string, (reply: ReplySink) => void>> = {
  string: reply => reply.bulk('Hello World'),
  integer: reply => reply.integer(12345),
  double: reply => reply.double(3141 / 1000),
  bignum: reply => reply.bigNumber('1234567999999999999999999999999999999'),
  null: reply => reply.null(),
  array: reply => threeIntegers(reply, () => reply.array(3)),
  set: reply => threeIntegers(reply, () => reply.set(3)),
  map(reply) {
    reply.map(3)
    for (let i = 0; i < 3; i++) {
      reply.integer(i)
      reply.boolean(i === 1)
    }
  },
  push(reply) {
    if (reply.protocol < 3) throw new ReplyError('ERR RESP2 is not supported by this command')
    reply.push(2)
    reply.bulk('server-cpu-usage')
    reply.integer(42)
  },
  verbatim: reply => reply.verbatim('txt', 'This is a verbatim\nstring'),
  true: reply => reply.boolean(true),
  false: reply => reply.boolean(false),
}

function threeIntegers(reply: ReplySink, container: () => void): void {
  container()
  for (let i = 0; i < 3; i++) reply.integer(i)
}

function setActiveExpire({ engine, reply }: Client, argv: readonly ByteString[]): void {
  engine.keyspace.activeExpiry = Number.parseInt(argv[2]!, 10) !== 0
  reply.ok()
}

function sleep({ reply }: Client, argv: readonly ByteString[]): void {
  const seconds = Number.parseFloat(argv[2]!)
  if (seconds > 0 && seconds < Infinity) {
    // The whole thread is to stand still: nobody will wake it before its time.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000)
  }
  reply.ok()
}

const unknownType = new ReplyError(
  `ERR Wrong protocol type name. Please use one of the following: ${Object.keys(samples).join('|')}`,
)
