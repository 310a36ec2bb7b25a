import type { Timer } from '../engine/clock.js'
import type { Engine } from '../engine/engine.js'
import type { ClientSocket } from './client-socket.js'

/** What a server does `hz` times a second: expires keys, closes idle clients, samples its statistics. */
export class Cron {
  readonly #engine: Engine
  readonly #connections: ReadonlySet<ClientSocket>
  #timer: Timer | undefined

  constructor(engine: Engine, connections: ReadonlySet<ClientSocket>) {
    this.#engine = engine
    this.#connections = connections
  }

  start(): void {
    this.#timer ??= this.#engine.clock.after(1000 / this.#engine.config.values.hz, () => {
      this.#timer = undefined
      this.#run()
      this.start()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #run(): void {
    const engine = this.#engine
    engine.tick()
    engine.expireDue()
    engine.stats.sample(engine.clock.monotonic())
    const { timeout } = engine.config.values
    const idleSince = engine.keyspace.now - timeout * 1000
    for (const connection of this.#connections) {
      const { client } = connection
      connection.checkOutput()
      // As in Redis, who listens (pub/sub, MONITOR) is never idle.
      if (timeout > 0 && client.lastInteraction < idleSince && client.subscriptions === 0 && !client.monitoring) {
        engine.log.verbose('Closing idle client')
        connection.destroy()
      }
    }
  }
}
