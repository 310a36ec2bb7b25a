import { randomBytes } from 'node:crypto'
import type { Config } from '../config/config.js'
import { EmbeddedHost } from '../host/embedded/host.js'
import type { ModuleHost } from '../host/module-host.js'
import { EventChannel } from '../keyspace/events.js'
import { Keyspace } from '../keyspace/keyspace.js'
import { CommandTable } from '../registry/command-table.js'
import type { CommandDefinition } from '../registry/definition.js'
import { Modules } from '../registry/modules.js'
import type { ReplySink } from '../resp/reply.js'
import { Scripting } from '../scripting/scripting.js'
import { Client, type Transport } from './client.js'
import type { Clock } from './clock.js'
import { Effects } from './effects.js'
import type { Log } from './log.js'
import { Pause } from './pause.js'
import { PubSub } from './pubsub.js'
import { SlowLog } from './slowlog.js'
import { Stats } from './stats.js'

export interface EngineOptions {
  readonly config: Config
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly log: Log
  readonly builtins: readonly CommandDefinition[]
  /** What runs modules' commands; by default, this engine's own host. */
  readonly moduleHost?: (engine: Engine) => ModuleHost
}

/**
 * A Redis without sockets: databases, commands, clients, pub/sub. The server puts connections on it, `open()` calls it
 * in place.
 */
export class Engine {
  readonly config: Config
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly keyspace: Keyspace
  readonly commands = new CommandTable()
  readonly pubsub = new PubSub()
  readonly slowlog = new SlowLog()
  readonly stats = new Stats()
  readonly clients = new Map<number, Client>()
  readonly monitors = new Set<Client>()
  readonly effects: Effects
  readonly pause = new Pause(this)
  readonly modules: Modules
  readonly host: EmbeddedHost
  readonly scripting: Scripting
  readonly startedAt: number
  /** 40 hex digits that tell this run from any other. */
  readonly runId = randomBytes(20).toString('hex')
  /** Set while commands run inside another one (EXEC, a module): time stands still meanwhile. */
  depth = 0
  /** Called by SHUTDOWN; who runs the engine says how it ends. */
  onShutdown: () => void = () => {}
  /** The monotonic clock when it was last read: the end of the last command is the beginning of the next in a pipeline. */
  timeMark = 0
  #wallOffset = 0
  #wallReadAt = -Infinity
  #nextClientId = 1

  constructor(options: EngineOptions) {
    this.config = options.config
    this.clock = options.clock
    this.random = options.random
    this.log = options.log
    this.keyspace = new Keyspace(this.config.values.databases, this.random)
    this.effects = new Effects(this)
    this.commands.swap('<builtin>', options.builtins)
    this.startedAt = this.clock.now()
    this.host = new EmbeddedHost(this)
    this.modules = new Modules(this, options.moduleHost?.(this) ?? this.host)
    this.scripting = new Scripting(this)
    this.tick()
    this.#follow()
  }

  get requiresPassword(): boolean {
    return this.config.values.requirepass !== ''
  }

  /**
   * Moves the keyspace's time on; it stands still while a command runs.
   *
   * Reading a clock costs as much as a simple command (40 ns of 200), so each is read as seldom as can be: the wall clock
   * ten times a second, to follow it when somebody sets it; in between, the monotonic one tells how far it must be.
   */
  tick(): void {
    if (this.depth > 0) return
    const monotonic = this.clock.monotonic()
    if (monotonic - this.#wallReadAt >= WALL_CLOCK_EVERY) {
      this.#wallOffset = this.clock.now() - monotonic
      this.#wallReadAt = monotonic
    }
    this.timeMark = monotonic
    this.keyspace.now = Math.floor(this.#wallOffset + monotonic)
  }

  /**
   * Deletes the keys that are due, a slice at a time: what is left after a slice waits for the next turn of the event
   * loop, so that no command waits longer than a slice takes.
   */
  expireDue(): void {
    if (this.pause.any || this.scripting.busy !== undefined) return
    this.tick()
    if (this.keyspace.expireDue(EXPIRE_SLICE) === EXPIRE_SLICE) setImmediate(() => this.expireDue())
  }

  connect(reply: ReplySink, transport?: Transport): Client {
    const client = new Client(this.#nextClientId++, this, reply, transport)
    this.clients.set(client.id, client)
    return client
  }

  /** A client for the engine's own use, that nobody sees. */
  internalClient(reply: ReplySink): Client {
    const client = new Client(0, this, reply, undefined)
    client.authenticated = true
    return client
  }

  /** Forgets a client: its subscriptions, watches and transaction go with it. */
  disconnect(client: Client): void {
    client.closing = true
    client.unwatch()
    client.transaction = undefined
    this.pubsub.leave(client)
    this.monitors.delete(client)
    this.clients.delete(client.id)
  }

  /** Applies the parameters that the keyspace goes by, now and whenever they change. */
  #follow(): void {
    const { config, keyspace } = this
    const access = () => {
      keyspace.access.settings = {
        lfu: config.values['maxmemory-policy'].endsWith('lfu'),
        lfuLogFactor: config.values['lfu-log-factor'],
        lfuDecayTime: config.values['lfu-decay-time'],
      }
    }
    config.onChange(['maxmemory-policy', 'lfu-log-factor', 'lfu-decay-time'], access)
    access()
    const events = () => {
      keyspace.eventClasses = config.values['notify-keyspace-events']
    }
    config.onChange('notify-keyspace-events', events)
    events()
    keyspace.onEvent((database, _type, event, key) => {
      if (keyspace.eventClasses & EventChannel.keyspace) {
        this.pubsub.publish(`__keyspace@${database.index}__:${key}`, event)
      }
      if (keyspace.eventClasses & EventChannel.keyevent) {
        this.pubsub.publish(`__keyevent@${database.index}__:${event}`, key)
      }
    })
  }
}

/** Milliseconds for which the offset between the two clocks is trusted. */
const WALL_CLOCK_EVERY = 100

/** Keys that expire in one go: about a millisecond's worth. */
const EXPIRE_SLICE = 1000
