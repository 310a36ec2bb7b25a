import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls'
import { ReplyError } from '../../errors.js'

/** TLS as node:tls takes it: certificates and keys in PEM. */
export type TlsOptions = Pick<
  TlsConnectionOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>

/** What may be given beside the URL; a user, password or database there is overruled by one here. */
export interface AddressOptions {
  readonly username?: string
  readonly password?: string
  /** Number of the database; by default 0. */
  readonly database?: number
  /** For `rediss:`. */
  readonly tls?: TlsOptions
}

/** Where a server is, and how one gets in. */
export interface Address {
  readonly socket: { readonly host: string; readonly port: number } | { readonly path: string }
  /** Undefined for a connection in the clear. */
  readonly tls: TlsOptions | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** For messages: the URL without the password. */
  readonly name: string
}

/**
 * Reads `redis://[[user][:password]@]host[:port][/database]`, the same with `rediss:` for TLS, and
 * `unix:/path/to/socket[?db=database]`, which may also be called `redis+unix:`.
 *
 * @throws ReplyError that says what is wrong with the URL
 */
export function parseAddress(url: string, options: AddressOptions = {}): Address {
  const parsed = parseUrl(url)
  const isUnix = parsed.protocol === 'unix:' || parsed.protocol === 'redis+unix:'
  if (!isUnix && parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    throw bad(url, `its scheme must be redis:, rediss: (TLS) or unix:, not ${parsed.protocol}`)
  }
  const given = isUnix ? (parsed.searchParams.get('db') ?? '') : parsed.pathname.replace(/^\//, '')
  if (!/^\d*$/.test(given)) throw bad(url, `the database must be a number, not '${given}'`)
  const database = options.database ?? Number(given)
  if (!Number.isSafeInteger(database) || database < 0) {
    throw new ReplyError(`ERR the database must be an integer from 0, not ${database}`)
  }
  if (options.tls !== undefined && parsed.protocol !== 'rediss:') {
    throw bad(url, 'it is not one of a connection with TLS, for which options are given: begin it with rediss:')
  }
  const { username, password } = options
  const common = {
    tls: parsed.protocol === 'rediss:' ? (options.tls ?? {}) : undefined,
    username: username ?? (decode(url, parsed.username) || undefined),
    password: password ?? (decode(url, parsed.password) || undefined),
    database,
  }
  if (isUnix) {
    const path = decode(url, parsed.pathname)
    if (path === '') throw bad(url, 'it names no socket: write unix:/path/to/redis.sock')
    return { ...common, socket: { path }, name: `unix:${path}` }
  }
  // The brackets around an IPv6 address belong to the URL.
  const host = decode(url, parsed.hostname).replace(/^\[(.*)\]$/, '$1') || '127.0.0.1'
  const port = parsed.port === '' ? 6379 : Number(parsed.port)
  return { ...common, socket: { host, port }, name: `${parsed.protocol}//${parsed.hostname || host}:${port}` }
}

function parseUrl(url: string): URL {
  try {
    return new URL(url)
  } catch (error) {
    throw bad(url, 'it is no URL; write redis://host:6379', error)
  }
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
  return new ReplyError(`ERR cannot open '${url.replace(/\/\/[^@/]*@/, '//…@')}': ${why}`, { cause })
}
