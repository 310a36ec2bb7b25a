import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls'
import { type ByteString, fromUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'

/** TLS as node:tls takes it: certificates and keys in PEM. */
export type TlsOptions = Pick<
  TlsConnectionOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>

/** What may be given beside the URL; a user, password or database there is overruled by one here. */
export interface AddressOptions {
  readonly username?: string
  readonly password?: string
  /** For Sentinels that want a password of their own. */
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  /** Number of the database; by default 0. */
  readonly database?: number
  /** For `rediss:`. */
  readonly tls?: TlsOptions
}

/** Where one server listens. */
export interface Endpoint {
  readonly socket: { readonly host: string; readonly port: number } | { readonly path: string }
  /** Undefined for a connection in the clear. */
  readonly tls: TlsOptions | undefined
  /** For messages, and to tell endpoints apart: a URL without user and password. */
  readonly name: string
}

/** Whom a connection is authenticated as, in bytes. Neither: as whom the server takes one that does not authenticate. */
export interface Login {
  readonly username: ByteString | undefined
  readonly password: ByteString | undefined
}

/** Where an upstream is, and how one gets in. */
export interface Address {
  /** One server; one that Sentinels know; a Cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster'
  /** The server, the Sentinels, or nodes of the Cluster; at least one. */
  readonly endpoints: readonly Endpoint[]
  /** The name under which the Sentinels know the primary; empty for the other kinds. */
  readonly primary: string
  readonly login: Login
  readonly sentinelLogin: Login
  readonly database: number
  /** For messages: the URL without user and password. */
  readonly name: string
}

export const NO_LOGIN: Login = { username: undefined, password: undefined }

/**
 * Reads the URL of an upstream:
 *
 * - `redis://[[user][:password]@]host[:port][/database]`, one server;
 * - `unix:/path/to/socket[?db=database]`, the same, also as `redis+unix:`;
 * - `redis+sentinel://[[user][:password]@]host[:port][,host[:port]…]/name[/database]`, the primary that these Sentinels know by this name;
 * - `redis+cluster://[[user][:password]@]host[:port][,host[:port]…]`, the Cluster that these nodes belong to.
 *
 * `rediss` instead of `redis` is TLS.
 *
 * @throws ReplyError that says what is wrong with the URL
 */
export function parseAddress(url: string, options: AddressOptions = {}): Address {
  const { scheme, rest } = schemeOf(url)
  const { kind, isTls, isUnix } = KINDS[scheme] ?? badScheme(url, scheme)
  if (options.tls !== undefined && !isTls) {
    throw bad(url, 'it is not one of a connection with TLS, for which options are given: begin it with rediss:')
  }
  const tls = isTls ? (options.tls ?? {}) : undefined
  const sentinelLogin = loginAs(options.sentinelUsername, options.sentinelPassword)
  const common = { kind, sentinelLogin, primary: '' }
  if (isUnix === true) {
    const [path = '', query = ''] = rest.replace(/^\/\/(?=\/)/, '').split('?')
    if (path === '' || !path.startsWith('/')) throw bad(url, 'it names no socket: write unix:/path/to/redis.sock')
    const socket = { path: decode(url, path) }
    const endpoint = { socket, tls, name: `unix:${socket.path}` }
    const login = loginAs(options.username, options.password)
    const database = databaseOf(url, new URLSearchParams(query).get('db') ?? '', options)
    return { ...common, endpoints: [endpoint], login, database, name: endpoint.name }
  }
  const { user, hosts, path } = authorityOf(url, rest)
  const plain = isTls ? 'rediss' : 'redis'
  const endpoints = hosts.split(',').map(text => endpointOf(url, text, plain, kind === 'sentinel' ? 26379 : 6379, tls))
  if (kind === 'server' && endpoints.length > 1) {
    throw bad(url, 'it names several servers; write redis+cluster: for a Cluster, redis+sentinel: for Sentinels')
  }
  const [first = '', second = '', ...more] = path.split('/').map(part => decode(url, part))
  if (more.length > 0 || (kind !== 'sentinel' && second !== '')) throw bad(url, `'${path}' is too much behind the host`)
  if (kind === 'sentinel' && first === '') {
    throw bad(url, 'it lacks the name of the primary: write redis+sentinel://host:26379/name')
  }
  const database = databaseOf(url, kind === 'sentinel' ? second : first, options)
  if (kind === 'cluster' && database !== 0) throw bad(url, `a Cluster has no database ${database}; leave it out`)
  const [username, password] = loginOf(url, user)
  const shown = endpoints.map(({ name }) => name.replace(/^.*\/\//, '')).join(',')
  return {
    ...common,
    endpoints,
    primary: kind === 'sentinel' ? first : '',
    login: loginAs(options.username ?? username, options.password ?? password),
    database,
    name: `${scheme}://${shown}${kind === 'sentinel' ? `/${first}` : ''}`,
  }
}

/** An endpoint as another server has told of it. IPv6 addresses come without brackets. */
export function endpointAt(host: string, port: number, tls: TlsOptions | undefined): Endpoint {
  const shown = host.includes(':') ? `[${host}]` : host
  return { socket: { host, port }, tls, name: `${tls === undefined ? 'redis' : 'rediss'}://${shown}:${port}` }
}

interface Scheme {
  readonly kind: Address['kind']
  readonly isTls: boolean
  readonly isUnix?: boolean
}

const KINDS: Readonly<Record<string, Scheme>> = {
  redis: { kind: 'server', isTls: false },
  rediss: { kind: 'server', isTls: true },
  unix: { kind: 'server', isTls: false, isUnix: true },
  'redis+unix': { kind: 'server', isTls: false, isUnix: true },
  'redis+sentinel': { kind: 'sentinel', isTls: false },
  'rediss+sentinel': { kind: 'sentinel', isTls: true },
  'redis+cluster': { kind: 'cluster', isTls: false },
  'rediss+cluster': { kind: 'cluster', isTls: true },
}

function schemeOf(url: string): { scheme: string; rest: string } {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? []
  if (scheme === undefined || rest === undefined) throw bad(url, 'it is no URL; write redis://host:6379')
  return { scheme: scheme.toLowerCase(), rest }
}

function badScheme(url: string, scheme: string): never {
  // `localhost:6379` looks like a scheme, and is a host without one.
  if (/^[^/]*:\d+$/.test(url)) throw bad(url, 'it is no URL; write redis://host:6379')
  throw bad(url, `its scheme must be redis:, rediss: (TLS), redis+sentinel:, redis+cluster: or unix:, not ${scheme}:`)
}

function authorityOf(url: string, rest: string): { user: string; hosts: string; path: string } {
  if (!rest.startsWith('//')) throw bad(url, 'it is no URL; write redis://host:6379')
  const [, authority = '', path = ''] = /^\/\/([^/?#]*)\/?(.*)$/s.exec(rest) ?? []
  if (/[?#]/.test(path))
    throw bad(url, `a ${/[?#]/.exec(path)?.[0]} in it means nothing; write %3F or %23 for the character`)
  const at = authority.lastIndexOf('@')
  return { user: authority.slice(0, Math.max(at, 0)), hosts: authority.slice(at + 1), path: path.replace(/\/$/, '') }
}

function endpointOf(url: string, text: string, scheme: string, port: number, tls: TlsOptions | undefined): Endpoint {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text.trim()) ?? []
  const host = bracketed ?? decode(url, plain ?? '')
  const given = digits === undefined ? port : Number(digits)
  if (text !== '' && bracketed === undefined && plain === undefined) {
    throw bad(url, `'${text}' is no host and port; write host:6379, and [::1]:6379 for an address of IPv6`)
  }
  if (given < 1 || given > 65535) throw bad(url, `there is no port ${digits}`)
  const socket = { host: host === '' ? '127.0.0.1' : host, port: given }
  return { socket, tls, name: `${scheme}://${bracketed === undefined ? socket.host : `[${host}]`}:${given}` }
}

function loginOf(url: string, user: string): [username: string | undefined, password: string | undefined] {
  const colon = user.indexOf(':')
  const name = colon === -1 ? user : user.slice(0, colon)
  const password = colon === -1 ? '' : user.slice(colon + 1)
  return [decode(url, name) || undefined, decode(url, password) || undefined]
}

function loginAs(username: string | undefined, password: string | undefined): Login {
  if (username === undefined && password === undefined) return NO_LOGIN
  return {
    username: username === undefined ? undefined : fromUtf8(username),
    password: password === undefined ? undefined : fromUtf8(password),
  }
}

function databaseOf(url: string, given: string, options: AddressOptions): number {
  if (!/^\d*$/.test(given)) throw bad(url, `the database must be a number, not '${given}'`)
  const database = options.database ?? Number(given)
  if (!Number.isSafeInteger(database) || database < 0) {
    throw new ReplyError(`ERR the database must be an integer from 0, not ${database}`)
  }
  return database
}

function decode(url: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    throw bad(url, 'a % in it begins no %XX; write %25 for a percent sign', error)
  }
}

/** A password is not to be seen in a message. */
function bad(url: string, why: string, cause?: unknown): ReplyError {
  return new ReplyError(`ERR cannot open '${url.replace(/\/\/[^/]*@/, '//…@')}': ${why}`, { cause })
}
