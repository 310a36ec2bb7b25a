import { ReplyError } from '../errors.js'
import type { Endpoint, Login } from './address.js'

/** A connection could not be made. */
export class CannotConnect extends ReplyError {
  /** Whether it may be possible a moment later, with nothing changed by those who connect. */
  readonly mayPass: boolean

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.mayPass = isPassing(cause)
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && 'mayPass' in value
  }
}

/** Why a connection could not be made, in one sentence that says what to change. */
export function openError(endpoint: Endpoint, as: { login: Login; database: number }, error: unknown): CannotConnect {
  const target = { ...endpoint, ...as.login, database: as.database }
  return new CannotConnect(`ERR cannot connect to ${endpoint.name}: ${reasonOf(target, error)}`, error)
}

/** The words with which a server, or the system, has refused. */
export function refusalIn(error: unknown): string {
  return detailsOf(error).message
}

/** What was to be connected to, and as whom. */
interface Target extends Endpoint, Login {
  readonly database: number
}

function reasonOf(target: Target, error: unknown): string {
  const { code, message } = detailsOf(error)
  const byCode = REASONS[code] ?? (code.startsWith('ERR_SSL') || code === 'EPROTO' ? tlsReason(message) : undefined)
  if (byCode !== undefined) return byCode(target)
  const reply = REPLIES.find(([start]) => start.test(message))
  if (reply !== undefined) return reply[1](target)
  if (message.startsWith('NOPERM')) {
    return `the user has not the right that is needed; give it with ACL SETUSER (${message.replace('NOPERM ', '')})`
  }
  if (message.startsWith('the server did not answer')) return `${message}; ${silentHint(target)}`
  if (ENDED.test(message)) return `the server did not let us in; ${silentHint(target)}`
  return message
}

/** Messages of ours and Node's when a connection ends for no reason that they know. */
const ENDED =
  /^(Socket closed|the server has closed it|Connection timeout|(read|write) (ECONNRESET|EPIPE)|This socket has been ended|Client network socket disconnected)/

/** Codes of errors when a server is not there, or the way to it. */
const AWAY = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOENT|ENOTFOUND|EAI_AGAIN)/
/** Beginnings of error replies of a server that is not yet, or no longer, what it is to be. */
const NOT_NOW = /^(LOADING|MASTERDOWN|READONLY) /

function isPassing(error: unknown): boolean {
  const { code, message } = detailsOf(error)
  if (error instanceof ReplyError) return NOT_NOW.test(message)
  return AWAY.test(code) || ENDED.test(message) || message.startsWith('the server did not answer')
}

function silentHint({ tls }: Target): string {
  if (tls === undefined) return 'if it speaks TLS, begin the URL with rediss:, and if not, look into its log'
  const hint = 'if it has no TLS, begin the URL with redis:'
  return tls.cert === undefined
    ? `${hint}, and if it wants a certificate of its clients, pass one as tls: { cert, key }`
    : hint
}

type Reason = (target: Target) => string

const noListener: Reason = ({ socket }) =>
  'path' in socket
    ? 'nothing listens on that socket; start the server, or correct the path'
    : 'nothing listens there; start the server, or correct the host and port'
const unknownHost: Reason = ({ socket }) =>
  `there is no host '${'host' in socket ? socket.host : ''}'; correct the host, or the DNS`
const unknownIssuer: Reason = () =>
  "the server's certificate is of an issuer that is not known here; pass its certificate as tls: { ca }"

/** By the codes of Node's errors. */
const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: noListener,
  ENOENT: noListener,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  EACCES: () => 'this user may not open the socket; see unixsocketperm in the configuration of the server',
  ENOTSOCK: () => 'that file is no socket; correct the path',
  EHOSTUNREACH: () => 'there is no way to that host; correct the host, or the network',
  ENETUNREACH: () => 'there is no way to that network; correct the host, or the network',
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  CERT_HAS_EXPIRED: () => "the server's certificate has expired; give the server a new one",
  ERR_TLS_CERT_ALTNAME_INVALID: () =>
    "the server's certificate is for another name; correct the host, or pass the name as tls: { servername }",
}

function tlsReason(message: string): Reason {
  if (/certificate required|handshake failure|alert number (40|116)/.test(message)) {
    return () => 'the server wants a certificate of its clients; pass one as tls: { cert, key }'
  }
  if (/wrong version number|packet length too long|unexpected message/.test(message)) {
    return () => 'the server does not speak TLS there; begin the URL with redis:, or correct the port'
  }
  return () => `TLS failed (${message.trim()}); correct tls: { ca, cert, key, servername }`
}

/** By the beginnings of error replies. */
const REPLIES: readonly (readonly [RegExp, Reason])[] = [
  [
    /^WRONGPASS/,
    ({ username }) => `the password is not that of user '${username ?? 'default'}'; correct the user and password`,
  ],
  [/^NOAUTH/, () => 'the server wants a password; put it into the URL, or pass it as password'],
  [/^ERR .*without any password configured/, () => 'the server has no password; leave it out'],
  [/^ERR (invalid|DB index)/, ({ database }) => `the server has no database ${database}; take a lower number`],
  [/^(NOPROTO|ERR unknown command .HELLO)/, () => 'the server is older than Redis 6.2, which is needed; update it'],
  [/^LOADING/, () => 'the server is still loading its data; try again when it has'],
  [/^MASTERDOWN/, () => 'it is a replica that has lost its primary; connect to the new primary'],
  [/^READONLY/, () => 'it is a replica, and not the primary that it is to be; wait until the failover is over'],
  [/^ERR max number of clients/, () => "the server has all the clients that it may have; raise its 'maxclients'"],
  [/^DENIED/, () => 'the server is in protected mode; give it a password, or let it bind to an address of the network'],
]

/** Several addresses may have been tried, of which the last error tells as much as any. */
function detailsOf(error: unknown): { code: string; message: string } {
  const one = error instanceof AggregateError ? error.errors.at(-1) : error
  if (!(one instanceof Error)) return { code: '', message: String(one) }
  return { code: 'code' in one ? String(one.code) : '', message: one.message }
}
