/**
 * Lets a task that many ask for at the same time be done once for all of them, and not more often than every so many milliseconds.
 *
 * Who asks while it is being done waits for the next time: what that finds out is no older than the question.
 */
export class Coalesced {
  readonly #task: () => Promise<void>
  readonly #pause: number
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #lastStart = Number.NEGATIVE_INFINITY

  /** @param pause milliseconds from one beginning to the next, at the least */
  constructor(task: () => Promise<void>, pause: number) {
    this.#task = task
    this.#pause = pause
  }

  run(): Promise<void> {
    this.#next ??= this.#after(this.#running)
    return this.#next
  }

  async #after(before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => {})
    // With jitter: many programs may have seen the same trouble at the same moment.
    const left = this.#lastStart + this.#pause * (1 + Math.random()) - performance.now()
    if (left > 0) await new Promise(resolve => setTimeout(resolve, left))
    const own = this.#next
    this.#running = own
    this.#next = undefined
    this.#lastStart = performance.now()
    try {
      await this.#task()
    } finally {
      if (this.#running === own) this.#running = undefined
    }
  }
}
