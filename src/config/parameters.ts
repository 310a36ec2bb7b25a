import type { ByteString } from '../bytes/bytes.js'
import { clientOutputBufferLimit } from './client-output-buffer-limit.js'
import { directory } from './directory.js'
import { keyspaceEvents } from './keyspace-events.js'
import { moduleList } from './module-list.js'
import { noAppendOnly, noSavePoints } from './no-persistence.js'
import {
  integer,
  MAX_INT,
  MAX_LONG,
  memory,
  oneOf,
  type ParameterType,
  permissions,
  string,
  words,
  yesNo,
} from './parameter-type.js'

/** What is to be known of a parameter. The file parser, CONFIG, `--help` and docs/config.md all work from this. */
export interface Parameter<T> {
  readonly section: Section
  readonly type: ParameterType<T>
  /** As it would be written in a file. */
  readonly default: ByteString
  /** One sentence. */
  readonly summary: string
  /** Older names. CONFIG GET lists them beside the name; CONFIG REWRITE replaces them by it. */
  readonly aliases?: readonly string[]
  /** Given at start, and then no more. */
  readonly immutable?: true
  /** CONFIG SET needs the leave of that parameter. */
  readonly protectedBy?: 'enable-protected-configs' | 'enable-module-command'
  /** Not to be shown in MONITOR, SLOWLOG or a log. */
  readonly sensitive?: true
  /** What CONFIG GET answers instead of a value that is no business even of those who may ask for all others. */
  readonly shown?: (text: ByteString) => ByteString
  /** CONFIG SET does not set a value but tells the server to do something, whose outcome may come later. */
  readonly order?: true
}

export type Section =
  | 'Network'
  | 'Clients'
  | 'Server'
  | 'Upstream'
  | 'Scripts'
  | 'Modules'
  | 'Keys'
  | 'Encodings'
  | 'Persistence'

const anyInt = { min: 0n, max: MAX_INT }
const anyLong = { min: 0n, max: MAX_LONG }
/** Less would not hold the commands that a client needs to mend its ways. */
const atLeastOneMb = { min: 1024n * 1024n, max: MAX_LONG }
const nothing = (): ByteString => ''
const whoMay = oneOf('no', 'yes', 'local')

/**
 * Every parameter, by name. Defaults and bounds are those of redis-server 7.0.15, unless the summary says otherwise.
 */
export const parameters = {
  port: {
    section: 'Network',
    type: integer({ min: 0n, max: 65535n }),
    default: '6379',
    summary: 'The TCP port to listen on; 0 is none.',
  },
  bind: {
    section: 'Network',
    type: words(16, 'Too many bind addresses specified.'),
    default: '* -::*',
    summary:
      'The addresses to listen on; * and ::* stand for every IPv4 and IPv6 address, and one that a - precedes may be missing on this machine.',
  },
  unixsocket: {
    section: 'Network',
    type: string(),
    default: '',
    immutable: true,
    summary: 'The path of a unix socket to listen on, beside TCP; empty is none.',
  },
  unixsocketperm: {
    section: 'Network',
    type: permissions(),
    default: '0',
    immutable: true,
    summary: 'The permission bits of the unix socket; 0 leaves them to the umask.',
  },
  'tcp-backlog': {
    section: 'Network',
    type: integer(anyInt),
    default: '511',
    immutable: true,
    summary: 'How many connections may wait to be accepted; the operating system may allow fewer.',
  },
  'tcp-keepalive': {
    section: 'Network',
    type: integer(anyInt),
    default: '300',
    summary: 'Seconds of silence after which TCP asks whether a client is still there; 0 never asks.',
  },
  'protected-mode': {
    section: 'Network',
    type: yesNo(),
    default: 'yes',
    summary: 'Without a password, only clients on this machine are let in.',
  },
  requirepass: {
    section: 'Network',
    type: string(),
    default: '',
    sensitive: true,
    summary: 'The password that clients must give with AUTH or HELLO; empty lets everybody in.',
  },
  maxclients: {
    section: 'Clients',
    type: integer({ min: 1n, max: 2n ** 32n - 1n }),
    default: '10000',
    summary: 'How many clients may be connected at a time.',
  },
  timeout: {
    section: 'Clients',
    type: integer(anyInt),
    default: '0',
    summary: 'Seconds after which an idle client is disconnected; 0 is never.',
  },
  'proto-max-bulk-len': {
    section: 'Clients',
    type: memory(atLeastOneMb),
    default: '512mb',
    summary: 'The longest argument that a client may send, and the longest string that a key may hold.',
  },
  'client-query-buffer-limit': {
    section: 'Clients',
    type: memory(atLeastOneMb),
    default: '1gb',
    summary: 'How much unprocessed input a client may pile up before it is disconnected.',
  },
  'client-output-buffer-limit': {
    section: 'Clients',
    type: clientOutputBufferLimit(),
    default: 'normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60',
    summary:
      'How many unread replies a client may pile up: it is disconnected beyond the hard limit, or once it has been beyond the soft limit for so many seconds; 0 is no limit.',
  },
  databases: {
    section: 'Server',
    type: integer({ min: 1n, max: MAX_INT }),
    default: '16',
    immutable: true,
    summary: 'How many databases SELECT can choose from.',
  },
  dir: {
    section: 'Server',
    type: directory(),
    default: '.',
    protectedBy: 'enable-protected-configs',
    summary: 'The working folder, where relative paths start; those of later include directives too.',
  },
  loglevel: {
    section: 'Server',
    type: oneOf('debug', 'verbose', 'notice', 'warning'),
    default: 'notice',
    summary: 'The least important messages that are still logged.',
  },
  logfile: {
    section: 'Server',
    type: string(),
    default: '',
    immutable: true,
    summary: 'The file that the log goes to; empty is standard output.',
  },
  pidfile: {
    section: 'Server',
    type: string(),
    default: '',
    immutable: true,
    summary: 'A file to hold the process id while the server runs; empty is none.',
  },
  hz: {
    section: 'Server',
    type: integer({ ...anyInt, clamp: { min: 1n, max: 500n } }),
    default: '10',
    summary: 'How often a second background work is done; less than 1 counts as 1, more than 500 as 500.',
  },
  'shutdown-timeout': {
    section: 'Server',
    type: integer(anyInt),
    default: '10',
    summary: 'Seconds that a shutdown may take to finish what is under way, before it goes on without.',
  },
  'slowlog-log-slower-than': {
    section: 'Server',
    type: integer({ min: -1n, max: MAX_LONG }),
    default: '10000',
    summary: 'Microseconds that a command must take to enter the slow log; 0 takes every command, -1 none.',
  },
  'slowlog-max-len': {
    section: 'Server',
    type: integer(anyLong),
    default: '128',
    summary: 'How many entries the slow log keeps; the oldest go first.',
  },
  'enable-debug-command': {
    section: 'Server',
    type: whoMay,
    default: 'no',
    immutable: true,
    summary: 'Who may call DEBUG: nobody, everybody, or clients on this machine.',
  },
  'enable-protected-configs': {
    section: 'Server',
    type: whoMay,
    default: 'no',
    immutable: true,
    summary: 'Who may set protected parameters with CONFIG SET: nobody, everybody, or clients on this machine.',
  },
  upstream: {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    sensitive: true,
    shown: withoutPassword,
    summary:
      'The URL of a Redis to stand in front of, as a gateway that runs the modules and passes on all other commands: redis://, rediss:// (TLS), unix:, redis+sentinel:// or redis+cluster://; krmt only.',
  },
  'upstream-user': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    summary: 'The user as whom the gateway itself asks the upstream, instead of the one in the URL; krmt only.',
  },
  'upstream-password': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    sensitive: true,
    shown: nothing,
    summary: 'The password for that, which other users of the machine can see in a URL on a command line; krmt only.',
  },
  'upstream-sentinel-user': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    summary: 'The user as whom Sentinels are asked, if they want one; krmt only.',
  },
  'upstream-sentinel-password': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    sensitive: true,
    shown: nothing,
    summary: 'The password for that; krmt only.',
  },
  'upstream-login': {
    section: 'Upstream',
    type: oneOf('client', 'gateway'),
    default: 'client',
    immutable: true,
    summary:
      "As whom a client acts that has not authenticated: as whom the upstream takes it, or as the gateway's own user, so that whoever reaches the gateway needs no password; krmt only.",
  },
  'upstream-timeout': {
    section: 'Upstream',
    type: integer({ min: 1n, max: MAX_INT }),
    default: '5000',
    immutable: true,
    summary:
      'Milliseconds within which the upstream has to answer what is not meant to wait, before the client gets an error; krmt only.',
  },
  'upstream-retries': {
    section: 'Upstream',
    type: integer(anyInt),
    default: '50',
    immutable: true,
    summary: "How often a module's command is run again because somebody else has changed its keys; krmt only.",
  },
  'upstream-connections': {
    section: 'Upstream',
    type: integer({ min: 1n, max: MAX_INT }),
    default: '16',
    immutable: true,
    summary:
      "The most connections to a server of the upstream, for each user and database, for modules' commands that write; krmt only.",
  },
  'upstream-tls-ca-cert-file': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    summary: "The file with the certificate of the issuer of the upstream's certificates, in PEM; krmt only.",
  },
  'upstream-tls-cert-file': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    summary: "The file with the gateway's certificate, where the upstream wants one; krmt only.",
  },
  'upstream-tls-key-file': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    summary: 'The file with the key to that certificate; krmt only.',
  },
  'upstream-tls-server-name': {
    section: 'Upstream',
    type: string(),
    default: '',
    immutable: true,
    summary: "The name that the upstream's certificate is for, where it is not the host; krmt only.",
  },
  'module-add': {
    section: 'Modules',
    type: moduleList(),
    default: '',
    aliases: ['loadmodule'],
    order: true,
    protectedBy: 'enable-module-command',
    summary:
      'Loads a module, or reloads it if it is loaded already, and passes it the arguments; krmt only. CONFIG SET takes path and arguments as one string, quoted as in a file, and CONFIG GET answers one loaded module a line.',
  },
  'module-strict': {
    section: 'Modules',
    type: yesNo(),
    default: 'yes',
    summary:
      'Refuses modules that were made for another version of the module interface, instead of warning; krmt only.',
  },
  'module-watch': {
    section: 'Modules',
    type: yesNo(),
    default: 'no',
    summary: 'Reloads a module when its file, or one that it imports, is saved; krmt only.',
  },
  'enable-module-command': {
    section: 'Modules',
    type: whoMay,
    default: 'local',
    immutable: true,
    summary:
      'Who may load and unload modules over a connection: nobody, everybody, or clients on this machine; the default is no in Redis.',
  },
  'busy-reply-threshold': {
    section: 'Scripts',
    type: integer(anyLong),
    default: '5000',
    aliases: ['lua-time-limit'],
    summary:
      'Milliseconds that a script may run before other clients get an error instead of having to wait, and it can be killed; 0 lets scripts run on for ever.',
  },
  'lua-memory-limit': {
    section: 'Scripts',
    type: memory({ min: 32n * 1024n * 1024n, max: 2n * 1024n * 1024n * 1024n }),
    default: '268435456',
    summary:
      "Bytes of memory that scripts may take, and functions as much again; a script that needs more ends with an error. It is krmt's own.",
  },
  'notify-keyspace-events': {
    section: 'Keys',
    type: keyspaceEvents(),
    default: '',
    summary:
      'Which changes of keys are published, and on which channels: K and E choose the channels, the other letters the kinds of events, and A most of them; CONFIG GET keeps an n beside A, which Redis hides.',
  },
  'maxmemory-policy': {
    section: 'Keys',
    type: oneOf(
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ),
    default: 'noeviction',
    summary:
      'Whether keys record how often they are used (the lfu policies) or when they last were (all others), for OBJECT FREQ and OBJECT IDLETIME; krmt evicts nothing yet.',
  },
  'lfu-log-factor': {
    section: 'Keys',
    type: integer(anyInt),
    default: '10',
    summary: 'How slowly the counter of uses grows: the higher, the more uses it takes.',
  },
  'lfu-decay-time': {
    section: 'Keys',
    type: integer(anyInt),
    default: '1',
    summary: 'Minutes without a use after which the counter of uses drops by one; 0 never drops it.',
  },
  'hash-max-listpack-entries': {
    section: 'Encodings',
    type: integer(anyLong),
    default: '512',
    aliases: ['hash-max-ziplist-entries'],
    summary: 'The most fields of a hash in the compact encoding.',
  },
  'hash-max-listpack-value': {
    section: 'Encodings',
    type: memory(anyLong),
    default: '64',
    aliases: ['hash-max-ziplist-value'],
    summary: 'The longest field or value of a hash in the compact encoding.',
  },
  'zset-max-listpack-entries': {
    section: 'Encodings',
    type: integer(anyLong),
    default: '128',
    aliases: ['zset-max-ziplist-entries'],
    summary: 'The most members of a sorted set in the compact encoding.',
  },
  'zset-max-listpack-value': {
    section: 'Encodings',
    type: memory(anyLong),
    default: '64',
    aliases: ['zset-max-ziplist-value'],
    summary: 'The longest member of a sorted set in the compact encoding.',
  },
  'list-max-listpack-size': {
    section: 'Encodings',
    type: integer({ min: -MAX_INT - 1n, max: MAX_INT }),
    default: '-2',
    aliases: ['list-max-ziplist-size'],
    summary: 'How much of a list one node holds: so many elements, or, from -1 to -5, 4, 8, 16, 32 or 64 kilobytes.',
  },
  'set-max-intset-entries': {
    section: 'Encodings',
    type: integer(anyLong),
    default: '512',
    summary: 'The most members of a set of integers in the compact encoding.',
  },
  save: {
    section: 'Persistence',
    type: noSavePoints(),
    default: '',
    summary: 'When to save a snapshot: krmt keeps no data on disk yet, so never is all that can be asked for.',
  },
  appendonly: {
    section: 'Persistence',
    type: noAppendOnly(),
    default: 'no',
    summary:
      'Whether to log every write to a file: krmt keeps no data on disk yet, so no is all that can be asked for.',
  },
} as const satisfies Record<string, Parameter<unknown>>

export type ParameterName = keyof typeof parameters

/** The value of every parameter, by name: what the running server reads. */
export type Values = {
  readonly [N in ParameterName]: (typeof parameters)[N]['type'] extends ParameterType<infer T> ? T : never
}

export const parameterNames = Object.keys(parameters) as readonly ParameterName[]

/** The table's row, its optional columns included. */
export function parameterOf(name: ParameterName): Parameter<unknown> {
  return parameters[name]
}

/** The parameter that a name or an alias means, in any case. */
export function findParameter(name: ByteString): ParameterName | undefined {
  return byName.get(name.toLowerCase())
}

/** Every name and alias, in the table's order. */
export const byName: ReadonlyMap<string, ParameterName> = new Map(
  parameterNames.flatMap(name => [name, ...(parameterOf(name).aliases ?? [])].map(known => [known, name] as const)),
)

/** A URL as it may be seen: of a user and a password, the user. */
function withoutPassword(url: ByteString): ByteString {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^:@/?#]*)(?::[^/?#]*)?@/i, (_, scheme: string, user: string) =>
    user === '' ? scheme : `${scheme}${user}@`,
  )
}
