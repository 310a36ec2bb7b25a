import { timingSafeEqual } from 'node:crypto'
import { type ByteString, toBuffer } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError, wrongArity } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'
import { REDIS_VERSION } from '../version.js'
import { databaseArgument } from './database-argument.js'

export const connectionCommands: readonly CommandDefinition[] = [
  {
    name: 'ping',
    summary: 'Answers PONG, or the message that it is given.',
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    syntax: '[message]',
    arity: -1,
    flags: ['fast'],
    categories: ['connection'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    run: ping,
  },
  {
    name: 'echo',
    summary: 'Answers the message that it is given.',
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    syntax: 'message',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    categories: ['connection'],
    run: (client, argv) => client.reply.bulk(argv[1]!),
  },
  {
    name: 'select',
    summary: 'Makes another of the numbered databases the one that this connection works on.',
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    syntax: 'index',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    categories: ['connection'],
    run: select,
  },
  {
    name: 'auth',
    summary: 'Authenticates the connection.',
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(N) with the length of the password',
    syntax: '[username] password',
    arity: -2,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['connection'],
    run: auth,
  },
  {
    name: 'hello',
    summary: 'Introduces the client, chooses the protocol, and answers what the server is.',
    since: '6.0.0',
    group: 'connection',
    complexity: 'O(1)',
    syntax: '[protover [AUTH username password] [SETNAME clientname]]',
    arity: -1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['connection'],
    run: hello,
  },
  {
    name: 'reset',
    summary: 'Makes the connection as good as new: no transaction, subscription, name, or selected database.',
    since: '6.2.0',
    group: 'connection',
    complexity: 'O(1)',
    syntax: '',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['connection'],
    run(client) {
      client.reset()
      client.reply.protocol = 2
      client.reply.status('RESET')
    },
  },
  {
    name: 'quit',
    summary: 'Closes the connection.',
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    syntax: '',
    arity: -1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['connection'],
    run(client) {
      client.reply.ok()
      client.transport?.closeAfterReply()
    },
  },
]

function ping(client: Client, argv: readonly ByteString[]): void {
  if (argv.length > 2) throw wrongArity('ping')
  const { reply } = client
  if (reply.protocol === 2 && client.subscriptions > 0) {
    reply.array(2)
    reply.bulk('pong')
    reply.bulk(argv[1] ?? '')
  } else if (argv.length === 2) reply.bulk(argv[1]!)
  else reply.status('PONG')
}

function select(client: Client, argv: readonly ByteString[]): void {
  client.database = databaseArgument(client, argv[1]!)
  client.reply.ok()
}

function auth(client: Client, argv: readonly ByteString[]): void {
  if (argv.length > 3) throw errors.syntax
  if (argv.length === 2 && !client.engine.requiresPassword) {
    throw new ReplyError(
      'ERR AUTH <password> called without any password configured for the default user. ' +
        'Are you sure your configuration is correct?',
    )
  }
  authenticate(client, argv.length === 3 ? argv[1]! : 'default', argv[argv.length - 1]!)
  client.reply.ok()
}

function hello(client: Client, argv: readonly ByteString[]): void {
  let protocol = client.reply.protocol
  if (argv.length > 1) {
    const version = parseInteger(argv[1]!)
    if (version === undefined) throw new ReplyError('ERR Protocol version is not an integer or out of range')
    if (version !== 2 && version !== 3) throw new ReplyError('NOPROTO unsupported protocol version')
    protocol = version
  }
  let name: ByteString | undefined
  for (let i = 2; i < argv.length; i++) {
    const option = argv[i]!.toLowerCase()
    const left = argv.length - 1 - i
    if (option === 'auth' && left >= 2) {
      authenticate(client, argv[i + 1]!, argv[i + 2]!)
      i += 2
    } else if (option === 'setname' && left >= 1) {
      name = argv[++i]!
      checkClientName(name)
    } else throw new ReplyError(`ERR Syntax error in HELLO option '${argv[i]}'`)
  }
  if (!client.authenticated && client.engine.requiresPassword) {
    throw new ReplyError(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> ' +
        'option can be used to authenticate the client and select the RESP protocol version at the same time',
    )
  }
  if (name !== undefined) client.name = name
  const { reply } = client
  reply.protocol = protocol
  reply.map(7)
  reply.bulk('server')
  reply.bulk('redis')
  reply.bulk('version')
  reply.bulk(REDIS_VERSION)
  reply.bulk('proto')
  reply.integer(protocol)
  reply.bulk('id')
  reply.integer(client.id)
  reply.bulk('mode')
  reply.bulk('standalone')
  reply.bulk('role')
  reply.bulk('master')
  reply.bulk('modules')
  const { loaded } = client.engine.modules
  reply.array(loaded.length)
  for (const module of loaded) {
    reply.map(2)
    reply.bulk('name')
    reply.bulk(module.name)
    reply.bulk('ver')
    reply.integer(module.versionNumber)
  }
}

/** There is one user, `default`. A wrong password is told apart from a right one in constant time. */
function authenticate(client: Client, user: ByteString, password: ByteString): void {
  const wanted = client.engine.config.values.requirepass
  if (user !== 'default' || (wanted !== '' && !sameBytes(password, wanted))) {
    throw new ReplyError('WRONGPASS invalid username-password pair or user is disabled.')
  }
  client.authenticated = true
}

function sameBytes(a: ByteString, b: ByteString): boolean {
  // Padding both to one length keeps the comparison's time from telling where they differ.
  const length = Math.max(a.length, b.length)
  const left = Buffer.concat([toBuffer(a)], length)
  const right = Buffer.concat([toBuffer(b)], length)
  return timingSafeEqual(left, right) && a.length === b.length
}

/** A name stands in CLIENT LIST, where spaces part the fields and lines the clients. */
export function checkClientName(name: ByteString, what = 'Client names'): void {
  if (/[^!-~]/.test(name)) throw new ReplyError(`ERR ${what} cannot contain spaces, newlines or special characters.`)
}
