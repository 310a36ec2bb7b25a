import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition, Flag, Handler } from '../registry/definition.js'
import { kill } from './client-kill.js'
import { info, list } from './client-list.js'
import { checkClientName } from './connection.js'
import { helpCommand } from './help.js'

const group = 'connection'
const categories = ['connection']
const flags: readonly Flag[] = ['noscript', 'loading', 'stale']
const adminFlags: readonly Flag[] = ['admin', ...flags]
const killSyntax =
  '<ip:port | [ID client-id] [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] [USER username] [ADDR ip:port] ' +
  '[LADDR ip:port] [SKIPME yes/no]>'

export const clientCommands: readonly CommandDefinition[] = [
  {
    name: 'client',
    summary: 'Tells of connections, and changes or ends them.',
    since: '2.4.0',
    group,
    complexity: 'That of the subcommand',
    arity: -2,
    flags: [],
    subcommands: [
      subcommand('id', '5.0.0', "Answers the connection's number.", '', 2, ({ reply, id }) => reply.integer(id)),
      subcommand('getname', '2.6.9', "Answers the connection's name.", '', 2, getName),
      subcommand('setname', '2.6.9', 'Gives the connection a name.', 'connection-name', 3, setName),
      subcommand(
        'setinfo',
        '7.2.0',
        'Says which library the client is written with.',
        '<LIB-NAME libname | LIB-VER libver>',
        4,
        setInfo,
      ),
      { ...subcommand('info', '6.2.0', 'Describes the connection.', '', 2, info), tips: ['nondeterministic_output'] },
      {
        ...subcommand(
          'list',
          '2.4.0',
          'Describes connections.',
          '[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]',
          -2,
          list,
          adminFlags,
        ),
        complexity: 'O(N) with the number of clients',
        tips: ['nondeterministic_output'],
      },
      {
        ...subcommand('kill', '2.4.0', 'Closes connections.', killSyntax, -3, kill, adminFlags),
        complexity: 'O(N) with the number of clients',
      },
      subcommand('reply', '3.2.0', 'Says whether the connection wants replies.', '<ON | OFF | SKIP>', 3, reply),
      subcommand('no-evict', '7.0.0', 'Exempts the connection from eviction.', '<ON | OFF>', 3, noEvict, adminFlags),
      subcommand(
        'no-touch',
        '7.2.0',
        'Says whether commands of this connection count as a use of the keys that they look at.',
        '<ON | OFF>',
        3,
        noTouch,
      ),
      subcommand(
        'pause',
        '2.9.50',
        'Makes clients wait before all commands, or those that write.',
        'timeout [WRITE | ALL]',
        -3,
        pause,
        adminFlags,
      ),
      {
        ...subcommand(
          'unpause',
          '6.2.0',
          'Lets clients go on that wait for a pause to end.',
          '',
          2,
          unpause,
          adminFlags,
        ),
        complexity: 'O(N) with the number of clients that wait',
      },
      helpCommand(
        'client',
        '5.0.0',
        ['loading', 'stale'],
        [
          ['GETNAME', "Answers the connection's name."],
          ['ID', "Answers the connection's number."],
          ['INFO', 'Describes the connection.'],
          ['KILL <ip:port>', 'Closes the connection that comes from this address.'],
          [
            'KILL <option> <value> [<option> <value> [...]]',
            'Closes connections; the options are ID, TYPE, USER, ADDR, LADDR, and SKIPME (yes or no).',
          ],
          ['LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB) | ID <id> [<id> ...]]', 'Describes connections.'],
          ['NO-EVICT (ON|OFF)', 'Exempts the connection from eviction.'],
          ['NO-TOUCH (ON|OFF)', 'Says whether looking at a key counts as a use of it.'],
          ['PAUSE <milliseconds> [WRITE|ALL]', 'Makes clients wait before all commands, or those that write.'],
          ['REPLY (ON|OFF|SKIP)', 'Says whether the connection wants replies.'],
          ['SETINFO (LIB-NAME <name>|LIB-VER <version>)', 'Says which library the client is written with.'],
          ['SETNAME <name>', 'Gives the connection a name.'],
          ['UNPAUSE', 'Lets clients go on that wait for a pause to end.'],
        ],
        group,
        categories,
      ),
    ],
  },
]

function subcommand(
  name: string,
  since: string,
  summary: string,
  syntax: string,
  arity: number,
  run: Handler,
  own: readonly Flag[] = flags,
): CommandDefinition {
  return { name, summary, since, group, complexity: 'O(1)', syntax, arity, flags: own, categories, run }
}

function getName({ reply, name }: Client): void {
  if (name === '') reply.null()
  else reply.bulk(name)
}

function setName(client: Client, argv: readonly ByteString[]): void {
  checkClientName(argv[2]!)
  client.name = argv[2]!
  client.reply.ok()
}

/** As Redis 7.2 has it: client libraries send it at once, and look at the error only to ignore it. */
function setInfo(client: Client, argv: readonly ByteString[]): void {
  const [, , attribute = '', value = ''] = argv
  switch (attribute.toLowerCase()) {
    case 'lib-name':
      checkClientName(value, 'lib-name')
      client.libraryName = value
      break
    case 'lib-ver':
      checkClientName(value, 'lib-ver')
      client.libraryVersion = value
      break
    default:
      throw new ReplyError(`ERR Unrecognized option '${attribute}'`)
  }
  client.reply.ok()
}

function reply(client: Client, argv: readonly ByteString[]): void {
  const { reply } = client
  switch (argv[2]!.toLowerCase()) {
    case 'on':
      client.repliesOff = client.skipReply = reply.muted = false
      reply.ok()
      break
    case 'off':
      client.repliesOff = true
      reply.muted = true
      break
    case 'skip':
      if (!client.repliesOff) client.skipReply = true
      break
    default:
      throw errors.syntax
  }
}

function noEvict(client: Client, argv: readonly ByteString[]): void {
  client.noEvict = onOrOff(argv[2]!)
  client.reply.ok()
}

function noTouch(client: Client, argv: readonly ByteString[]): void {
  client.noTouch = onOrOff(argv[2]!)
  client.reply.ok()
}

function onOrOff(word: ByteString): boolean {
  switch (word.toLowerCase()) {
    case 'on':
      return true
    case 'off':
      return false
    default:
      throw errors.syntax
  }
}

function pause(client: Client, argv: readonly ByteString[]): void {
  if (argv.length > 4) {
    throw new ReplyError(`ERR unknown subcommand or wrong number of arguments for '${argv[1]}'. Try CLIENT HELP.`)
  }
  const mode = argv[3]?.toLowerCase() ?? 'all'
  if (mode !== 'write' && mode !== 'all') throw new ReplyError('ERR CLIENT PAUSE mode must be WRITE or ALL')
  const timeout = parseInteger(argv[2]!)
  if (timeout === undefined) throw new ReplyError('ERR timeout is not an integer or out of range')
  if (timeout < 0) throw new ReplyError('ERR timeout is negative')
  client.engine.pause.begin(timeout, mode)
  client.reply.ok()
}

function unpause(client: Client): void {
  client.reply.ok()
  client.engine.pause.end()
}
