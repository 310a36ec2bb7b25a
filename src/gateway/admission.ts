import { type Endpoint, NO_LOGIN } from '../upstream/address.js'
import { Coalesced } from '../upstream/coalesced.js'
import { firstAnswer } from '../upstream/first-answer.js'
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

  /** It cannot be asked: nobody is let in on what others have opened. */
  renew(): void {
    this.generation++
  }

  async #ask(): Promise<void> {
    const anybody = { login: NO_LOGIN, database: 0, protocol: 2, mayBeUntrusted: true } as const
    const ask = async (endpoint: Endpoint): Promise<boolean> => {
      const connection = await this.#upstream.connect(endpoint, anybody)
      connection.close()
      return connection.isUntrusted
    }
    try {
      const primaries = this.#upstream.topology.primaries()
      // One node of a Cluster that is down, or stands still, is no reason to keep out those who want another.
      const asksPassword = await (primaries.length > 1
        ? firstAnswer(primaries, ask, PATIENCE)
        : ask(this.#upstream.topology.endpointFor()))
      if (asksPassword && !this.#asksPassword) this.generation++
      this.#asksPassword = asksPassword
    } catch (error) {
      this.renew()
      throw error instanceof AggregateError ? error.errors[0] : error
    }
  }
}

/** Milliseconds after which another node is asked too. */
const PATIENCE = 300
