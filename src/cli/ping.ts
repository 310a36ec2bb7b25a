import { type ByteString, toUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { type RawReply, ReplyReader } from '../resp/reply-reader.js'
import { type Address, type Endpoint, parseAddress } from '../upstream/address.js'
import { noAnswerWithin } from '../upstream/deadline.js'
import { Link } from '../upstream/link.js'
import { openError } from '../upstream/open-error.js'
import { bytesIn } from '../upstream/raw-reply.js'

const USAGE = `Usage: krmt ping [URL] [--live] [--timeout ms]

Asks a krmt, a Redis or a Valkey whether it is well, for the health checks of Docker, Kubernetes and the like. URL is
redis://[[user]:password@]host:port, rediss:// (TLS) or unix:/path/to/socket; redis://127.0.0.1:6379 unless told otherwise.

  --live          ask only whether it is there: a gateway is, whatever has become of its upstream
  --timeout ms    how long it may take, in milliseconds; 1000 unless told otherwise

The exit code is 0 when it is well, 1 when nothing answers, and 2 when it answers and is not ready: a gateway whose upstream
is down, or a server that is still loading its data. Without a password, one that wants one is taken to be well.
`

/** `krmt ping [URL] [--live] [--timeout ms]`: says in a line what is what, gives the exit code. */
export async function ping(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(USAGE)
    return 0
  }
  let asked: Asked
  try {
    asked = askedBy(argv)
  } catch (error) {
    process.stderr.write(`krmt ping: ${lineOf(error)}\n`)
    return 1
  }
  const { code, says } = await lookAt(asked)
  process.stdout.write(`${asked.address.name}: ${says}\n`)
  return code
}

interface Asked {
  readonly address: Address
  readonly isLive: boolean
  /** In milliseconds. */
  readonly timeout: number
}

/** Throws an Error that says what is wrong with the command line. */
function askedBy(argv: readonly string[]): Asked {
  let url: string | undefined
  let isLive = false
  let timeout = 1000
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    if (word === '--live') isLive = true
    else if (word === '--timeout') {
      timeout = Number(argv[++at])
      if (!(timeout >= 1 && timeout < 2 ** 31)) throw new Error('--timeout takes a number of milliseconds')
    } else if (word.startsWith('-')) throw new Error(`there is no option '${word}'; see krmt ping --help`)
    else if (url === undefined) url = word
    else throw new Error(`'${word}' is one URL too many`)
  }
  const address = parseAddress(url ?? 'redis://127.0.0.1')
  if (address.kind !== 'server') throw new Error(`'${address.name}' is no single server, and only one can be asked`)
  return { address, isLive, timeout }
}

interface Verdict {
  readonly code: 0 | 1 | 2
  readonly says: string
}

async function lookAt({ address, isLive, timeout }: Asked): Promise<Verdict> {
  const endpoint = address.endpoints[0]!
  const { username, password } = address.login
  const hasLogin = username !== undefined || password !== undefined
  const login = hasLogin ? [['AUTH', ...(username === undefined ? [] : [username]), password ?? '']] : []
  // A gateway answers QUIT by itself, and what comes behind INFO when its upstream has, or is known to be down.
  const [there, told] = await Promise.all([
    talk(endpoint, [['QUIT']], timeout),
    isLive ? undefined : talk(endpoint, [...login, ['INFO', 'upstream'], ['INFO', 'server'], ['PING']], timeout),
  ])
  if (there.replies.length === 0 && (told === undefined || told.replies.length === 0)) {
    const reason = openError(endpoint, { login: address.login, database: 0 }, there.error)
    return { code: 1, says: lineOf(reason).replace(`cannot connect to ${endpoint.name}`, 'no answer') }
  }
  if (told === undefined) return { code: 0, says: 'it is there' }
  return verdictOf(told.replies, hasLogin, timeout)
}

/** @param replies to AUTH, if there was one, INFO twice, and PING; as many as came */
function verdictOf(replies: readonly RawReply[], hasLogin: boolean, timeout: number): Verdict {
  const [upstream, server, pong] = replies.slice(hasLogin ? 1 : 0)
  const fields = new Map([...fieldsIn(server), ...fieldsIn(upstream)])
  const who = nameOf(fields)
  const status = fields.get('upstream_status')
  const behind = `its upstream ${fields.get('upstream_url')}`
  if (status !== undefined && status !== 'up') {
    const why = fields.get('upstream_last_error')
    return { code: 2, says: `${who} answers, and ${behind} is ${status}${why === undefined ? '' : `: ${why}`}` }
  }
  const refusal = hasLogin ? replies[0] : undefined
  if (refusal instanceof ReplyError) return { code: 2, says: `it answers, and refuses the login: ${lineOf(refusal)}` }
  if (pong === undefined) {
    // One that is full says so, and hangs up.
    if (upstream instanceof ReplyError) return { code: 2, says: `it answers ${lineOf(upstream)}` }
    const what = status === undefined ? 'PING' : `PING, which is for ${behind},`
    return { code: 2, says: `${who} answers, but not ${what} within ${timeout} ms` }
  }
  if (pong instanceof ReplyError) {
    // Whoever says so is well enough to say so.
    const isWell = /^(NOAUTH|NOPERM)\b/.test(pong.message)
    return { code: isWell ? 0 : 2, says: `${who} answers ${lineOf(pong)}` }
  }
  return { code: 0, says: `${who} answers ${bytesIn(pong)}${status === undefined ? '' : `, and ${behind} is up`}` }
}

function nameOf(fields: ReadonlyMap<string, string>): string {
  for (const [field, name] of [
    ['krmt_version', 'krmt'],
    ['valkey_version', 'Valkey'],
    ['redis_version', 'Redis'],
  ] as const) {
    const version = fields.get(field)
    if (version !== undefined) return `${name} ${version}`
  }
  return 'it'
}

/** The lines `name:value` of INFO; none for an error. */
function fieldsIn(info: RawReply | undefined): [name: string, value: string][] {
  const text = toUtf8(bytesIn(info ?? null) ?? '')
  return Array.from(text.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name = '', value = '']) => [name, value])
}

interface Talk {
  /** To the first commands, in order: those that have come in time. */
  readonly replies: readonly RawReply[]
  /** Why there are not more of them. */
  readonly error: unknown
}

/** Sends commands on a connection of its own, and gives the replies that come within so many milliseconds. */
async function talk(endpoint: Endpoint, commands: readonly ByteString[][], timeout: number): Promise<Talk> {
  const replies: RawReply[] = []
  const until = performance.now() + timeout
  try {
    const link = await Link.open(endpoint, timeout)
    await new Promise<void>((resolve, reject) => {
      const reader = new ReplyReader(
        reply => {
          if (replies.push(reply) === commands.length) resolve()
        },
        () => {},
      )
      link.user = {
        received: bytes => {
          try {
            reader.push(bytes)
          } catch (error) {
            reject(error)
          }
        },
        lost: reject,
      }
      setTimeout(() => reject(new Error(noAnswerWithin(timeout))), Math.max(1, until - performance.now())).unref()
      link.write(commands.map(encodeCommand).join(''))
    }).finally(() => link.destroy())
    return { replies, error: undefined }
  } catch (error) {
    return { replies, error }
  }
}

function lineOf(error: unknown): string {
  if (error instanceof ReplyError) return toUtf8(error.message).replace(/^ERR /, '')
  return error instanceof Error ? error.message : String(error)
}
