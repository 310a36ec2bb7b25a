import { type ByteString, fromUtf8 } from '../../bytes/bytes.js'
import { builtinCommands } from '../../commands/builtin.js'
import { Config } from '../../config/config.js'
import { InvalidValue } from '../../config/errors.js'
import { type ParameterName, parameterNames } from '../../config/parameters.js'
import type { Client } from '../../engine/client.js'
import { type Clock, systemClock } from '../../engine/clock.js'
import { execute } from '../../engine/dispatch.js'
import { Engine } from '../../engine/engine.js'
import { type Log, silentLog } from '../../engine/log.js'
import { ReplyError } from '../../errors.js'
import type { ClientOf } from '../../module/client.js'
import { commandsOf, parseModuleOptions } from '../../module/module.js'
import type { CommandWord } from '../../module/reply.js'
import { type Conversions, ReplyCollector } from '../../resp/collector.js'
import type { ListenOptions, Server } from '../../server/server.js'
import { type ModuleInput, type ModulesOf, optionWords, wordsOf } from '../inputs.js'
import { type BytesReply, type Reply, TO_BYTES, TO_TEXT } from '../replies.js'
import { defineCalls } from '../typed-calls.js'

export type { ModuleInput } from '../inputs.js'
export type { BytesReply, Reply } from '../replies.js'

export interface OpenOptions<Modules extends readonly ModuleInput[] = readonly ModuleInput[]> {
  readonly modules?: Modules
  /** Parameters by the names of the config file: `{ 'module-watch': 'yes' }`. */
  readonly config?: Readonly<Partial<Record<ParameterName, string | number>>>
  /** Where messages go; by default nowhere. */
  readonly log?: Log
  readonly clock?: Clock
  /** Numbers in [0, 1). */
  readonly random?: () => number
}

/** A Redis in this process. */
export interface Embedded {
  /**
   * Runs any command: `call('SET', 'key', 'value')`. Text goes out and comes back as UTF-8.
   *
   * @throws ReplyError for an error reply
   */
  call(...argv: readonly CommandWord[]): Promise<Reply>
  /** The same, with bulk strings as bytes, and maps as Maps. */
  callBytes(...argv: readonly CommandWord[]): Promise<BytesReply>
  /** Calls `listener` with every message on a channel, until the function that it returns is called. */
  subscribe(channel: string, listener: (message: string, channel: string) => void): () => void
  /** Loads or reloads a module by what `module-add` takes. */
  load(path: string, options?: Readonly<Record<string, CommandWord>>): Promise<void>
  /** Takes a module away, by its name. */
  unload(name: string): Promise<void>
  /** Lets other programs connect too; on 127.0.0.1 and a port of the system's choice unless told otherwise. */
  listen(options?: ListenOptions): Promise<{ readonly port: number }>
  /** Ends connections and modules. What has been written is gone: nothing is kept on disk. */
  close(): Promise<void>
  readonly engine: Engine
}

/** `Embedded`, with a typed call for each command of the modules. */
export type Db<Modules extends readonly ModuleInput[]> = Embedded & ClientOf<ModulesOf<Modules>>

/**
 * Opens a Redis-compatible engine in this process, with the modules loaded.
 *
 * @throws ReplyError when a module cannot be loaded, or a parameter is not what it must be; nothing stays open then
 */
export async function open<const Modules extends readonly ModuleInput[] = []>(
  options: OpenOptions<Modules> = {},
): Promise<Db<Modules>> {
  const config = new Config({ dir: fromUtf8(process.cwd()) })
  for (const [name, value] of Object.entries(options.config ?? {})) {
    if (!parameterNames.some(known => known === name)) throw new ReplyError(`ERR there is no parameter '${name}'`)
    try {
      config.assign(name as ParameterName, fromUtf8(String(value)))
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error
      throw new ReplyError(`ERR parameter '${name}' cannot be '${value}': ${error.message}`, { cause: error })
    }
  }
  const engine = new Engine({
    config,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    log: options.log ?? silentLog,
    builtins: builtinCommands,
  })
  const db = new EmbeddedDb(engine)
  try {
    for (const input of options.modules ?? []) await db.add(input)
  } catch (error) {
    await db.close()
    throw error
  }
  return db as unknown as Db<Modules>
}

class EmbeddedDb implements Embedded {
  readonly #caller: Caller<Reply>
  readonly #bytesCaller: Caller<BytesReply>
  #server: Server | undefined

  constructor(readonly engine: Engine) {
    this.#caller = new Caller(engine, TO_TEXT)
    this.#bytesCaller = new Caller(engine, TO_BYTES)
  }

  async call(...argv: readonly CommandWord[]): Promise<Reply> {
    return this.#caller.run(wordsOf(argv))
  }

  async callBytes(...argv: readonly CommandWord[]): Promise<BytesReply> {
    return this.#bytesCaller.run(wordsOf(argv))
  }

  subscribe(channel: string, listener: (message: string, channel: string) => void): () => void {
    const { pubsub } = this.engine
    const replies = new ReplyCollector<Reply | ReplyError>(TO_TEXT, 3, message => {
      if (Array.isArray(message)) listener(String(message[2]), String(message[1]))
    })
    const client = this.engine.internalClient(replies)
    pubsub.subscribe('channels', client, fromUtf8(channel))
    return () => pubsub.leave(client)
  }

  async load(path: string, options: Readonly<Record<string, CommandWord>> = {}): Promise<void> {
    await this.engine.modules.load(fromUtf8(path), optionWords(options))
  }

  unload(name: string): Promise<void> {
    return this.engine.modules.unload(name)
  }

  async listen(options: ListenOptions = {}): Promise<{ readonly port: number }> {
    const { Server } = await import('../../server/server.js')
    this.#server ??= new Server(this.engine)
    await this.#server.listen({
      ...(options.unixSocket === undefined ? { port: 0 } : {}),
      bind: ['127.0.0.1'],
      ...options,
    })
    return { port: this.#server.port }
  }

  async close(): Promise<void> {
    this.engine.scripting.close()
    await this.#server?.close()
    await this.engine.modules.close()
  }

  /** Loads a module, and gives it its typed calls. */
  async add(input: ModuleInput): Promise<void> {
    const plain = typeof input === 'string' || 'kind' in input
    const module = plain ? input : input.module
    const words = plain ? [] : optionWords(input.options)
    if (typeof module === 'string') {
      await this.engine.modules.load(fromUtf8(module), words)
      return
    }
    await this.engine.modules.add(module, words)
    defineCalls(this, commandsOf(module, parseModuleOptions(module, words)), argv => this.#caller.run(argv))
  }
}

/** A client of the engine's, and the replies that it gets as values. */
class Caller<T> {
  readonly #client: Client
  readonly #replies: ReplyCollector<T | ReplyError>
  /** Settles when all calls have been answered that are under way; undefined when none is. */
  #tail: Promise<void> | undefined

  constructor(engine: Engine, conversions: Conversions<T | ReplyError>) {
    this.#replies = new ReplyCollector<T | ReplyError>(conversions)
    this.#client = engine.internalClient(this.#replies)
  }

  /** Runs one command. A command that answers later is waited for, by those that come after it too. */
  run(argv: readonly ByteString[]): T | Promise<T> {
    if (this.#tail !== undefined) return this.#queue(this.#tail.then(() => this.#runNow(argv)))
    const answer = this.#runNow(argv)
    return answer instanceof Promise ? this.#queue(answer) : answer
  }

  #runNow(argv: readonly ByteString[]): T | Promise<T> {
    const client = this.#client
    client.engine.tick()
    execute(client, argv)
    if (!client.waiting) return this.#taken()
    return new Promise<void>(resolve => {
      client.onResume = resolve
    }).then(() => this.#taken())
  }

  #queue(answer: Promise<T>): Promise<T> {
    const settled = (): void => {
      if (this.#tail === tail) this.#tail = undefined
    }
    const tail: Promise<void> = answer.then(settled, settled)
    this.#tail = tail
    return answer
  }

  #taken(): T {
    const reply = this.#replies.take()
    if (reply instanceof ReplyError) throw reply
    return reply as T
  }
}
