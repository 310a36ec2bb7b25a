/** How long something has been tried in vain, and how often it has been sent on meanwhile. */
export class Patience {
  readonly #timeout: number
  #since: number | undefined
  #hops = 0

  /** @param timeout in milliseconds, from the first failure */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** Whether there is no time left. Called at each failure. */
  isOver(): boolean {
    const now = performance.now()
    this.#since ??= now
    return now - this.#since >= this.#timeout
  }

  /** Whether it is to be tried elsewhere at once. Servers may send one another for what none of them does. */
  mayHop(): boolean {
    this.#hops++
    return this.#hops % (MOST_HOPS + 1) !== 0
  }

  /** A moment, somewhere around 40 ms. */
  wait(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, 20 + 40 * Math.random()))
  }
}

const MOST_HOPS = 5
