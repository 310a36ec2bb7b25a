import { type ByteString, fromUtf8, toUtf8 } from '../../bytes/bytes.js'
import { type Clock, systemClock } from '../../engine/clock.js'
import { type Log, silentLog } from '../../engine/log.js'
import { ReplyError } from '../../errors.js'
import type { ClientOf } from '../../module/client.js'
import type { CommandWord } from '../../module/reply.js'
import type { Conversions } from '../../resp/collector.js'
import { type AddressOptions, parseAddress } from '../../upstream/address.js'
import type { Session } from '../../upstream/session.js'
import { Upstream as Server } from '../../upstream/upstream.js'
import { type ModuleInput, type ModulesOf, wordsOf } from '../inputs.js'
import { moduleLog } from '../module-log.js'
import { type BytesReply, type Reply, TO_BYTES, TO_TEXT } from '../replies.js'
import { defineCalls } from '../typed-calls.js'
import { UpstreamHost } from './host.js'
import { KeyLocks } from './locks.js'
import { UpstreamModules } from './modules.js'
import { ScriptTexts } from './script-texts.js'

export interface UpstreamOptions<Modules extends readonly ModuleInput[] = readonly ModuleInput[]>
  extends AddressOptions {
  readonly modules?: Modules
  /** How often a command is run again because somebody else has changed its keys; by default 50. */
  readonly upstreamRetries?: number
  /** The longest time for a connection and for an answer, in milliseconds; by default 5,000. */
  readonly upstreamTimeout?: number
  /** The most connections for commands that write, which have one to themselves; by default 16. */
  readonly upstreamConnections?: number
  /** Where messages go; by default nowhere. */
  readonly log?: Log
  readonly clock?: Clock
  /** Numbers in [0, 1). */
  readonly random?: () => number
}

/** A Redis that others run. */
export interface Upstream {
  /**
   * Runs any command, a module's here and all others there: `call('SET', 'key', 'value')`. Text goes out and comes back as UTF-8.
   * Commands that are called without waiting for each other may overtake each other.
   *
   * @throws ReplyError for an error reply; one that begins with `UNKNOWNOUTCOME` when the connection was lost before the reply came
   */
  call(...argv: readonly CommandWord[]): Promise<Reply>
  /** The same, with bulk strings as bytes, and maps as Maps. */
  callBytes(...argv: readonly CommandWord[]): Promise<BytesReply>
  /** Calls `listener` with every message on a channel, until the function that it gives is called. */
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<() => Promise<void>>
  /** Ends connections and modules. */
  close(): Promise<void>
}

/** `Upstream`, with a typed call for each command of the modules. */
export type UpstreamDb<Modules extends readonly ModuleInput[]> = Upstream & ClientOf<ModulesOf<Modules>>

/**
 * Connects to a Redis, whose data the modules then work on.
 *
 * @param url `redis://user:password@host:port/database`, `rediss://…` for TLS, `unix:/path?db=database`
 * @throws ReplyError that says what to change, when a connection cannot be made, or a module cannot be loaded
 */
export async function openUpstream<const Modules extends readonly ModuleInput[] = []>(
  url: string,
  options: UpstreamOptions<Modules> = {},
): Promise<UpstreamDb<Modules>> {
  const address = parseAddress(url, options)
  const limits = limitsOf(options)
  const log = moduleLog(options.log ?? silentLog)
  let host: UpstreamHost | undefined
  const modules = new UpstreamModules(log, () => host?.current)
  try {
    const commands = []
    for (const input of options.modules ?? []) commands.push(...(await modules.add(input)))
    const server = await Server.open(address, limits, modules.write)
    const session = server.session()
    const { clock = systemClock, random = Math.random } = options
    host = new UpstreamHost(session, {
      log,
      clock,
      random,
      retries: limits.retries,
      locks: new KeyLocks(),
      scripts: new ScriptTexts(),
    })
    const db = new UpstreamDatabase(session, host, modules)
    defineCalls(db, commands, argv => db.run(argv, TO_TEXT))
    return db as unknown as UpstreamDb<Modules>
  } catch (error) {
    await modules.close()
    throw error
  }
}

class UpstreamDatabase implements Upstream {
  readonly #session: Session
  readonly #host: UpstreamHost
  readonly #modules: UpstreamModules

  constructor(session: Session, host: UpstreamHost, modules: UpstreamModules) {
    this.#session = session
    this.#host = host
    this.#modules = modules
  }

  async call(...argv: readonly CommandWord[]): Promise<Reply> {
    return this.run(wordsOf(argv), TO_TEXT)
  }

  async callBytes(...argv: readonly CommandWord[]): Promise<BytesReply> {
    return this.run(wordsOf(argv), TO_BYTES)
  }

  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<() => Promise<void>> {
    return this.#session.subscribe(fromUtf8(channel), message => listener(toUtf8(message), channel))
  }

  async close(): Promise<void> {
    this.#session.upstream.close()
    await this.#modules.close()
  }

  /** Runs a command by its words. */
  async run<T>(argv: readonly ByteString[], to: Conversions<T | ReplyError>): Promise<T> {
    const command = this.#modules.of(argv)
    const reply =
      command === undefined
        ? await this.#host.pass(argv, to)
        : 'help' in command
          ? to.array(command.help.map(line => to.status(line)) as T[])
          : await this.#host.run(command, argv, to)
    if (reply instanceof ReplyError) throw reply
    return reply as T
  }
}

function limitsOf({
  upstreamRetries: retries = 50,
  upstreamTimeout: timeout = 5000,
  upstreamConnections: connections = 16,
}: UpstreamOptions) {
  const check = (name: string, value: number, least: number): void => {
    if (Number.isSafeInteger(value) && value >= least) return
    throw new ReplyError(`ERR ${name} must be an integer from ${least}, not ${value}`)
  }
  check('upstreamRetries', retries, 0)
  check('upstreamTimeout', timeout, 1)
  check('upstreamConnections', connections, 1)
  return { retries, timeout, connections }
}
