import { NO_LOGIN } from '../upstream/address.js'
import { Coalesced } from '../upstream/coalesced.js'
import type { Upstream } from '../upstream/upstream.js'

/**
 * Whether the upstream lets in who has not authenticated. A lane that has been open for long does not tell: a password may have been set
 * meanwhile, and who was in stays in. So each client that has just connected is asked for anew, and those that come together, once.
 */
export class Admission {
  /** Goes up whenever those who come from now on may not use what those before them use. */
  generation = 0
  #asksPassword = false
  readonly #upstream: Upstream
  readonly #look = new Coalesced(() => this.#ask(), 0)

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /** Whether the upstream let nobody do anything who had not authenticated, when it was last asked. */
  get asksPassword(): boolean {
    return this.#asksPassword
  }

  /** Asks the upstream. Throws a ReplyError when that is not possible: then nobody is let in on what others have opened. */
  async look(): Promise<void> {
    await this.#look.run()
  }

  async #ask(): Promise<void> {
    const anybody = { login: NO_LOGIN, database: 0, protocol: 2, mayBeUntrusted: true } as const
    try {
      const connection = await this.#upstream.connect(this.#upstream.topology.endpointFor(), anybody)
      connection.close()
      if (connection.isUntrusted && !this.#asksPassword) this.generation++
      this.#asksPassword = connection.isUntrusted
    } catch (error) {
      this.generation++
      throw error
    }
  }
}
