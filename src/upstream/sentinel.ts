import { ReplyError } from '../errors.js'
import type { Address, Endpoint } from './address.js'
import { Coalesced } from './coalesced.js'
import { Connection } from './connection.js'
import { firstAnswer } from './first-answer.js'
import { CannotConnect, openError, refusalIn } from './open-error.js'
import { bytesIn, itemsIn, type RawReply } from './raw-reply.js'
import { endpointIn } from './redirection.js'
import { Subscriber } from './subscriber.js'
import type { Topology } from './topology.js'

/** The server that Sentinels name, as long as they do. */
export class SentinelTopology implements Topology {
  onChange = (): void => {}
  readonly #address: Address
  readonly #timeout: number
  /** Who has answered last comes first, then those of the URL, and then those that they have told of. */
  #sentinels: readonly Endpoint[]
  #primary: Endpoint | undefined
  /** Hears of it when the Sentinels have named another one. */
  readonly #subscriber: Subscriber
  #subscribedAt: Endpoint | undefined
  #isFollowing = false
  #isClosed = false
  readonly #refresh = new Coalesced(() => this.#ask(), PAUSE)

  private constructor(address: Address, timeout: number) {
    this.#address = address
    this.#timeout = timeout
    this.#sentinels = address.endpoints
    this.#subscriber = new Subscriber(() => this.#connectSubscriber())
    this.#subscriber.onAgain = () => this.#refreshSoon()
  }

  /**
   * @param timeout the longest time that a server may take to answer, in milliseconds
   * @throws ReplyError that says what to change
   */
  static async open(address: Address, timeout: number): Promise<SentinelTopology> {
    const topology = new SentinelTopology(address, timeout)
    try {
      await topology.refresh()
      return topology
    } catch (error) {
      topology.close()
      throw error
    }
  }

  endpointFor(): Endpoint {
    if (this.#primary === undefined) throw new ReplyError('MASTERDOWN no primary is known')
    return this.#primary
  }

  primaries(): readonly Endpoint[] {
    return [this.endpointFor()]
  }

  knows({ name }: Endpoint): boolean {
    return name === this.#primary?.name
  }

  refresh(): Promise<void> {
    return this.#refresh.run()
  }

  /** Nobody is sent elsewhere but by the Sentinels. */
  moved(): void {}

  close(): void {
    this.#isClosed = true
    this.#subscriber.close()
  }

  async #ask(): Promise<void> {
    if (this.#isClosed) throw new Error('the database has been closed')
    const sentinels = this.#sentinels
    let answer: Answer
    try {
      answer = await firstAnswer(sentinels, sentinel => this.#askSentinel(sentinel), PATIENCE)
    } catch (error) {
      throw failureOf(error instanceof AggregateError ? error.errors : [error])
    }
    this.#meet(answer)
    const isNew = answer.primary.name !== this.#primary?.name
    this.#primary = answer.primary
    if (isNew) this.onChange()
    if (!this.#isFollowing) await this.#follow()
  }

  /** The primary that a Sentinel names, if it is one, and the other Sentinels that it knows. */
  async #askSentinel(sentinel: Endpoint): Promise<Answer> {
    const { primary: name, sentinelLogin, login } = this.#address
    let reply: RawReply | undefined
    let others: RawReply | undefined
    let connection: Connection | undefined
    try {
      connection = await this.#connectTo(sentinel, 2)
      ;[reply = null, others = null] = await connection.send([
        ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name],
        ['SENTINEL', 'SENTINELS', name],
      ])
      if (reply instanceof ReplyError) throw reply
    } catch (error) {
      const away = openError(sentinel, { login: sentinelLogin, database: 0 }, error)
      throw sentinelError(sentinel, error) ?? (away.mayPass ? new SentinelAway(away) : away)
    } finally {
      connection?.close()
    }
    if (reply === null) throw new ReplyError(`ERR the Sentinels know no primary '${name}'; correct the name`)
    const [host = null, port = null] = itemsIn(reply)
    const primary = endpointIn(bytesIn(host), Number(bytesIn(port)), sentinel)
    if (primary === undefined) throw new ReplyError(`ERR ${sentinel.name} gave an answer that is no address`)
    // It may be one that has not heard of a failover yet, or has just come back.
    let server: Connection | undefined
    try {
      server = await Connection.open(primary, { login, database: 0, protocol: 2, mustBePrimary: true }, this.#timeout)
    } catch (error) {
      throw openError(primary, { login, database: 0 }, error)
    } finally {
      server?.close()
    }
    return { sentinel, primary, others: sentinelsIn(others ?? null, sentinel) }
  }

  #connectTo(sentinel: Endpoint, protocol: 2 | 3): Promise<Connection> {
    return Connection.open(sentinel, { login: this.#address.sentinelLogin, database: 0, protocol }, this.#timeout)
  }

  /** Lets itself be told of another primary. What cannot be heard is asked for when there is trouble. */
  async #follow(): Promise<void> {
    this.#isFollowing = true
    try {
      await this.#subscriber.subscribe('+switch-master', message => {
        if (message.split(' ')[0] !== this.#address.primary) return
        // The others may not know yet.
        if (this.#subscribedAt !== undefined) this.#putFirst(this.#subscribedAt)
        this.#refreshSoon()
      })
    } catch {
      this.#isFollowing = false
    }
  }

  async #connectSubscriber(): Promise<Connection> {
    const { endpoint, connection } = await firstAnswer(
      this.#sentinels,
      async endpoint => ({ endpoint, connection: await this.#connectTo(endpoint, 3) }),
      PATIENCE,
      late => late.connection.close(),
    )
    this.#subscribedAt = endpoint
    return connection
  }

  #refreshSoon(): void {
    this.refresh().catch(() => {})
  }

  #meet({ sentinel, others }: Answer): void {
    const all = new Map([sentinel, ...this.#address.endpoints, ...others].map(one => [one.name, one]))
    this.#sentinels = [...all.values()].slice(0, this.#address.endpoints.length + MOST_OTHERS)
  }

  #putFirst(sentinel: Endpoint): void {
    this.#sentinels = [sentinel, ...this.#sentinels.filter(other => other !== sentinel)]
  }
}

/** What a Sentinel has told. */
interface Answer {
  readonly sentinel: Endpoint
  readonly primary: Endpoint
  readonly others: readonly Endpoint[]
}

/** In the reply to SENTINEL SENTINELS: those that the teller can reach itself. It may be one that does not tell, or knows nobody. */
function sentinelsIn(reply: RawReply, teller: Endpoint): Endpoint[] {
  const found: Endpoint[] = []
  for (const other of itemsIn(reply)) {
    const items = itemsIn(other).map(item => bytesIn(item) ?? '')
    const field = (name: string): string => items[items.indexOf(name) + 1] ?? ''
    const endpoint = items.length > 0 ? endpointIn(field('ip'), Number(field('port')), teller) : undefined
    // `master_down` is what it says of the primary.
    const isAway = field('flags')
      .split(',')
      .some(flag => AWAY.has(flag))
    if (endpoint !== undefined && !isAway) found.push(endpoint)
  }
  return found
}

/** Milliseconds from one refresh to the next, at the least. */
const PAUSE = 50
/** What is said of a Sentinel that cannot be reached. */
const AWAY: ReadonlySet<string> = new Set(['s_down', 'o_down', 'disconnected'])
/** Sentinels beyond those of the URL. */
const MOST_OTHERS = 16
/** Milliseconds after which another Sentinel is asked too. */
const PATIENCE = 300

/** A Sentinel cannot be reached. */
class SentinelAway extends Error {
  constructor(readonly told: CannotConnect) {
    super(told.message)
  }
}

/** Of what is wrong with each Sentinel, and with what it names, that which tells most. */
function failureOf(errors: readonly unknown[]): unknown {
  const present = errors.filter(error => !(error instanceof SentinelAway))
  const telling = present.find(error => !(error instanceof CannotConnect && error.mayPass)) ?? present[0]
  const [first] = errors
  if (telling !== undefined || !(first instanceof SentinelAway)) return telling
  const reason = first.message.replace(/^ERR /, '')
  return new CannotConnect(`ERR no Sentinel can be reached: ${reason}`, first.told.cause)
}

/** What is wrong with a Sentinel, where it is not what would be wrong with a server. */
function sentinelError(sentinel: Endpoint, error: unknown): ReplyError | undefined {
  const refusal = refusalIn(error)
  const reason = SENTINEL_REFUSALS.find(([start]) => start.test(refusal))?.[1]
  if (reason === undefined) return undefined
  return new ReplyError(`ERR cannot ask the Sentinel ${sentinel.name}: ${reason}`, { cause: error })
}

/** By the beginnings of error replies. */
const SENTINEL_REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/^ERR unknown command/i, 'it is no Sentinel, but a server; begin the URL with redis:'],
  [/^NOAUTH/, 'it wants a password; pass it as sentinelPassword'],
  [/^WRONGPASS/, 'the password is not that of its user; correct sentinelUsername and sentinelPassword'],
  [/^ERR .*without any password configured/, 'it has no password; leave sentinelPassword out'],
]
