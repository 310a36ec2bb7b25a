import type { Client } from '../engine/client.js'
import type { Engine } from '../engine/engine.js'

/** Says when a client's output that it does not take has passed client-output-buffer-limit of its class. */
export class OutputLimits {
  readonly #engine: Engine
  /** When it passed the soft limit, in monotonic milliseconds. */
  #softSince: number | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  exceeded(client: Client, size: number): boolean {
    const limits = this.#engine.config.values['client-output-buffer-limit']
    const { hard, soft, seconds } = limits[client.subscriptions > 0 ? 'pubsub' : 'normal']
    if (hard > 0 && size >= hard) return true
    if (soft === 0 || size < soft) {
      this.#softSince = undefined
      return false
    }
    const now = this.#engine.clock.monotonic()
    this.#softSince ??= now
    return now - this.#softSince > seconds * 1000
  }
}
