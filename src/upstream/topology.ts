import type { Endpoint } from './address.js'

/** Which servers an upstream consists of, and which of them is in charge of what. */
export interface Topology {
  /** Told when servers have come or gone. */
  onChange: () => void
  /**
   * The primary in charge of a hash slot, as far as is known; of anything, where none is given.
   *
   * @throws ReplyError when nobody is known to be
   */
  endpointFor(slot?: number): Endpoint
  /** All primaries, in a stable order. */
  primaries(): readonly Endpoint[]
  /**
   * Whether an endpoint is one of the servers, as far as is known. One that is not is not to be connected to, whoever has told of it: an
   * error reply may be of a script's making.
   */
  knows(endpoint: Endpoint): boolean
  /**
   * Finds out anew, since something tells that what is known is out of date. Calls at the same time are one.
   *
   * @throws ReplyError when nobody who can be reached knows
   */
  refresh(): Promise<void>
  /** Notes that a server has said who is in charge of a slot (MOVED), if that is one that is known. */
  moved(slot: number, to: Endpoint): void
  close(): void
}

/** An upstream of one server. */
export class SingleServer implements Topology {
  onChange = (): void => {}
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  endpointFor(): Endpoint {
    return this.#endpoint
  }

  primaries(): readonly Endpoint[] {
    return [this.#endpoint]
  }

  knows({ name }: Endpoint): boolean {
    return name === this.#endpoint.name
  }

  async refresh(): Promise<void> {}

  moved(): void {}

  close(): void {}
}
