import type { ByteString } from '../bytes/bytes.js'
import type { Command } from '../registry/command.js'
import type { Client } from './client.js'
import type { Timer } from './clock.js'
import { execute, replicates } from './dispatch.js'
import type { Engine } from './engine.js'

/** CLIENT PAUSE: for a time, clients wait before all their commands, or before those that write. Keys do not expire meanwhile. */
export class Pause {
  /** Whether a pause is on; what every command tests. */
  any = false
  readonly #engine: Engine
  #all = false
  /** Milliseconds since the epoch. */
  #until = 0
  #timer: Timer | undefined
  readonly #postponed: { client: Client; argv: readonly ByteString[] }[] = []

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** A pause that is on already is made longer, never shorter; and one of all commands is not made one of writes. */
  begin(milliseconds: number, mode: 'all' | 'write'): void {
    const { clock } = this.#engine
    const until = clock.now() + milliseconds
    this.#all = mode === 'all' || (this.any && this.#all)
    this.#until = this.any ? Math.max(this.#until, until) : until
    this.any = true
    this.#timer?.cancel()
    this.#timer = clock.after(this.#until - clock.now(), () => this.end())
  }

  /** Lets everybody go on, in the order in which they began to wait. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.any = this.#all = false
    for (const { client, argv } of this.#postponed.splice(0)) {
      if (client.closing) continue
      client.waiting = client.postponed = false
      this.#engine.tick()
      execute(client, argv)
      if (!client.waiting) client.onResume()
    }
  }

  postpones(client: Client, command: Command): boolean {
    // A client within this process has nobody who would wait for it.
    if (client.transport === undefined || client.monitoring) return false
    if (this.#all || replicates(command)) return true
    return command.fullName === 'exec' && client.transaction?.queue.some(queued => replicates(queued.command)) === true
  }

  /** The command is run when the pause ends; until then the client runs no other. */
  postpone(client: Client, argv: readonly ByteString[]): void {
    client.waiting = client.postponed = true
    this.#postponed.push({ client, argv })
  }

  get waiting(): number {
    return this.#postponed.length
  }
}
