import { type ByteString, toUtf8 } from '../bytes/bytes.js'
import type { Clock, Timer } from '../engine/clock.js'
import type { Log } from '../engine/log.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import { type RawReply, ReplyReader } from '../resp/reply-reader.js'
import type { Endpoint, Login } from '../upstream/address.js'
import { deadline, noAnswerWithin } from '../upstream/deadline.js'
import { Link } from '../upstream/link.js'
import { type CannotConnect, openError } from '../upstream/open-error.js'
import type { Upstream } from '../upstream/upstream.js'

/** Loading: it answers, and cannot serve yet. */
export type State = 'up' | 'loading' | 'down'

export interface Condition {
  readonly state: State
  /** Since when; milliseconds since the epoch. */
  readonly since: number
  /** What is wrong, in one line. A server that is up may have refused the gateway's own login. */
  readonly why: string | undefined
}

/** What has to be known of an upstream. */
type Watched = Pick<Upstream, 'address' | 'limits' | 'topology'>

export interface HealthOptions {
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly log: Log
}

/**
 * Whether the servers of an upstream answer. Each primary is asked PING, on a connection that serves for nothing else; any answer
 * is one, since a server that refuses (NOAUTH, NOPERM, BUSY) is there. The gateway's own user needs no right for it.
 */
export class Health {
  /** Told when a server has stopped answering, once until it answers again: who waits for it would wait for ever. */
  onDown: (endpoint: Endpoint) => void = () => {}
  /** Told each time that a server answers. */
  onAnswer: (endpoint: Endpoint) => void = () => {}
  readonly #upstream: Watched
  readonly #options: HealthOptions
  readonly #pulses = new Map<string, Pulse>()
  /** Set while nobody is known to be in charge. */
  #unknown: Condition | undefined
  #timer: Timer | undefined
  #isClosed = false

  /** The servers count as up until they are found not to be: a gateway is not opened before one has answered. */
  constructor(upstream: Watched, options: HealthOptions) {
    this.#upstream = upstream
    this.#options = options
    this.#follow()
  }

  /** Of all servers together: up as long as one of them is, since a Cluster may serve in part. */
  get condition(): Condition {
    if (this.#unknown !== undefined) return this.#unknown
    const conditions = this.servers.map(({ condition }) => condition)
    const state = STATES.find(candidate => conditions.some(one => one.state === candidate)) ?? 'down'
    const same = conditions.filter(one => one.state === state)
    return {
      state,
      since: Math.max(0, ...same.map(({ since }) => since)),
      why: same.find(({ why }) => why !== undefined)?.why,
    }
  }

  /** Each primary. */
  get servers(): readonly { readonly endpoint: Endpoint; readonly condition: Condition }[] {
    return [...this.#pulses.values()]
  }

  /**
   * The error for who would connect to a server that is known to be silent: it is asked here, over and over, and nobody else need wait
   * for it. One that refuses says so at once to everybody.
   */
  silenceOf({ name }: Endpoint): CannotConnect | undefined {
    return this.#pulses.get(name)?.silence
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    for (const pulse of this.#pulses.values()) pulse.close()
    this.#pulses.clear()
  }

  /** Asks those that are primaries now. */
  #follow(): void {
    if (this.#isClosed) return
    const { topology, limits } = this.#upstream
    const { clock } = this.#options
    let primaries: readonly Endpoint[] = []
    try {
      primaries = topology.primaries()
      if (primaries.length === 0) throw new ReplyError('CLUSTERDOWN no primary is known')
      this.#unknown = undefined
    } catch (error) {
      this.#unknown ??= { state: 'down', since: clock.now(), why: lineOf(error) }
    }
    for (const [name, pulse] of this.#pulses) {
      if (primaries.some(endpoint => endpoint.name === name)) continue
      pulse.close()
      this.#pulses.delete(name)
    }
    for (const endpoint of primaries) {
      if (this.#pulses.has(endpoint.name)) continue
      const { address } = this.#upstream
      this.#pulses.set(
        endpoint.name,
        new Pulse(endpoint, address.login, limits.timeout, this.#options, {
          answered: () => this.onAnswer(endpoint),
          found: (before, now) => this.#changed(endpoint, before, now),
        }),
      )
    }
    this.#timer?.cancel()
    this.#timer = clock.after(intervalFor(limits.timeout), () => this.#follow())
  }

  #changed(endpoint: Endpoint, before: State, { state, why }: Condition): void {
    const { log } = this.#options
    if (state === 'down') {
      // Another one may have taken its place.
      this.#upstream.topology.refresh().then(
        () => this.#follow(),
        () => {},
      )
    }
    if (state === before) return
    if (state === 'up') log.notice(`Upstream ${endpoint.name} is up again`)
    else log.warning(`Upstream ${endpoint.name} is ${state}: ${why}`)
    if (state === 'down') this.onDown(endpoint)
  }
}

/** The best first. */
const STATES: readonly State[] = ['up', 'loading', 'down']

interface Told {
  answered(): void
  /** It is found to be up, loading or down; again each time that it is still found to be down. */
  found(before: State, now: Condition): void
}

/** Asks one server. */
class Pulse {
  condition: Condition
  /** Set while it is known to be silent. */
  silence: CannotConnect | undefined
  readonly endpoint: Endpoint
  readonly #login: Login
  readonly #timeout: number
  readonly #options: HealthOptions
  readonly #told: Told
  #link: Link | undefined
  /** For the next question, or for the answer to the last. */
  #timer: Timer | undefined
  #loginIsDue = false
  /** With what words it has refused the login. */
  #refusal: ReplyError | undefined
  /** The last thing it said. */
  #lastReply: RawReply = null
  /** Connections in a row that were lost, or not made, with no PING answered. */
  #failures = 0
  #isClosed = false

  constructor(endpoint: Endpoint, login: Login, timeout: number, options: HealthOptions, told: Told) {
    this.endpoint = endpoint
    this.#login = login
    this.#timeout = timeout
    this.#options = options
    this.#told = told
    this.condition = { state: 'up', since: options.clock.now(), why: undefined }
    this.#connect()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#link?.destroy()
  }

  #connect(): void {
    Link.open(this.endpoint, this.#timeout).then(
      link => {
        if (this.#isClosed) link.destroy()
        else this.#connected(link)
      },
      (error: unknown) => {
        if (!this.#isClosed) this.#isDown(error)
      },
    )
  }

  #connected(link: Link): void {
    const reader = new ReplyReader(
      reply => this.#answered(reply),
      () => {},
    )
    this.#link = link
    this.#lastReply = null
    this.#refusal = undefined
    link.user = {
      received: bytes => {
        try {
          reader.push(bytes)
        } catch (error) {
          this.#lost(error)
        }
      },
      lost: error => this.#lost(error),
    }
    const { username, password } = this.#login
    this.#loginIsDue = username !== undefined || password !== undefined
    if (this.#loginIsDue) {
      link.write(encodeCommand(['AUTH', ...(username === undefined ? [] : [username]), password ?? '']))
    }
    this.#ask()
  }

  #ask(): void {
    this.#link?.write(PING)
    const timer = deadline(this.#timeout, () => {
      if (this.#timer === timer && !this.#isClosed) this.#isLate()
    })
    this.#timer = timer
  }

  #isLate(): void {
    this.#link?.destroy()
    const late = new Error(noAnswerWithin(this.#timeout))
    this.#isDown(Object.assign(late, { code: 'ETIMEDOUT' }))
  }

  #answered(reply: RawReply): void {
    this.#lastReply = reply
    if (this.#loginIsDue) {
      this.#loginIsDue = false
      if (reply instanceof ReplyError) this.#refusal = reply
      return
    }
    // It says so of its own accord, and hangs up.
    if (reply instanceof ReplyError && HANGS_UP.test(reply.message)) return
    this.#failures = 0
    this.silence = undefined
    this.#told.answered()
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(intervalFor(this.#timeout), () => this.#ask())
    if (reply instanceof ReplyError && reply.message.startsWith('LOADING'))
      this.#is('loading', lineOf(this.#explain(reply)))
    else this.#is('up', this.#refusal && `the gateway's own login is refused: ${lineOf(this.#refusal)}`)
  }

  #lost(error: unknown): void {
    this.#link?.destroy()
    // One connection may end for a reason of its own.
    if (this.#failures++ === 0) {
      this.#timer?.cancel()
      this.#connect()
    } else this.#isDown(this.#lastReply instanceof ReplyError ? this.#lastReply : error)
  }

  #isDown(error: unknown): void {
    this.#timer?.cancel()
    this.#failures++
    const failure = this.#explain(error)
    this.silence = isSilence(error) ? failure : undefined
    this.#is('down', lineOf(failure))
    const { clock, random } = this.#options
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#failures, 16))
    // With jitter: many gateways may have seen it go at the same moment.
    this.#timer = clock.after(longest * (0.5 + random() / 2), () => this.#connect())
  }

  #is(state: State, why: string | undefined): void {
    const { state: before, since } = this.condition
    this.condition = { state, since: state === before ? since : this.#options.clock.now(), why }
    if (state !== before || state === 'down') this.#told.found(before, this.condition)
  }

  #explain(error: unknown): CannotConnect {
    return openError(this.endpoint, { login: this.#login, database: 0 }, error)
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT'
}

/** Milliseconds from an answer to the next question. */
function intervalFor(timeout: number): number {
  return Math.min(LONGEST_PAUSE, timeout / 5)
}

/** As text in one line, without the code that says nothing. */
function lineOf(error: unknown): string {
  const text = error instanceof ReplyError ? toUtf8(error.message).replace(/^ERR /, '') : messageOf(error)
  return text.replace(/\s+/g, ' ')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const PING: ByteString = encodeCommand(['PING'])
const HANGS_UP = /^(ERR max number of clients|DENIED)/
/** In milliseconds. */
const FIRST_PAUSE = 25
const LONGEST_PAUSE = 1000
