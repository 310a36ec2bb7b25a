/** Lets the commands of this process that touch the same keys take turns, in the order in which they came. */
export class KeyLocks {
  /** By key: settles when the last one in the queue has let go of it. */
  readonly #tails = new Map<string, Promise<void>>()

  /**
   * Waits for all the keys at once, so that nobody who holds one waits for another.
   *
   * @returns what lets go of them
   */
  async acquire(keys: readonly string[]): Promise<() => void> {
    const before = new Set(keys.flatMap(key => this.#tails.get(key) ?? []))
    let done = (): void => {}
    const tail = new Promise<void>(resolve => {
      done = resolve
    })
    for (const key of keys) this.#tails.set(key, tail)
    await Promise.all(before)
    return () => {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key)
      done()
    }
  }
}
