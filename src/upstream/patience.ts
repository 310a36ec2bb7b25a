import type { Endpoint } from './address.js'
import { NO_SLOT } from './slot.js'
import type { Upstream } from './upstream.js'

/** How long something has been tried in vain, and how often it has been sent on meanwhile. */
export class Patience {
  readonly #upstream: Pick<Upstream, 'limits' | 'troubles'>
  readonly #slot: number
  readonly #began: number
  #since: number | undefined
  #waits = 0
  #hops = 0

  /**
   * It lasts as long as a server may take to answer: from the first failure on, and where others have failed before, while this stood
   * in a line behind them, from theirs.
   *
   * @param slot the hash slot of what is tried
   * @param began when that began to wait for its turn; monotonic milliseconds
   */
  constructor(upstream: Pick<Upstream, 'limits' | 'troubles'>, slot: number = NO_SLOT, began = performance.now()) {
    this.#upstream = upstream
    this.#slot = slot
    this.#began = began
  }

  /**
   * Takes note of a failure; gives whether there is no time left.
   *
   * @param server who was to do it, if that is known
   */
  isOver(error: unknown, server?: Endpoint): boolean {
    const { troubles } = this.#upstream
    const places = server === undefined ? [this.#slot] : [this.#slot, server.name]
    this.#since ??= troubles.waitingSince(this.#began, ...places)
    troubles.note(this.#slot, error, this.#since)
    return this.#left <= 0
  }

  /** Takes note of a success. */
  end(): void {
    this.#upstream.troubles.end(this.#slot)
  }

  /** Whether it is to be tried elsewhere at once. Servers may send one another for what none of them does. */
  mayHop(): boolean {
    this.#hops++
    return this.#hops % (MOST_HOPS + 1) !== 0
  }

  /** Full jitter: somewhere from nothing to a limit that doubles, so that those who failed together do not come again together. */
  async wait(): Promise<void> {
    const limit = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#waits++, Math.max(0, this.#left))
    await new Promise(resolve => setTimeout(resolve, limit * (0.2 + 0.8 * Math.random())))
  }

  /** Waits for something that may fail, and no longer than there is time. */
  async within(task: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const end = new Promise(resolve => {
      timer = setTimeout(resolve, Math.max(0, this.#left))
    })
    await Promise.race([task.catch(() => {}), end])
    clearTimeout(timer)
  }

  get #left(): number {
    return (this.#since ?? performance.now()) + this.#upstream.limits.timeout - performance.now()
  }
}

/** How often servers may send us on without our waiting. */
const MOST_HOPS = 5
/** In milliseconds. */
const FIRST_WAIT = 10
const LONGEST_WAIT = 250
