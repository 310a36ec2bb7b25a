/** What has failed, and has not succeeded since. */
export interface Trouble {
  /** When it began; monotonic milliseconds. */
  readonly since: number
  /** The last failure. */
  readonly error: unknown
}

/** Where something can fail: a server, by the name of its endpoint, or a hash slot (or NO_SLOT), whoever is in charge of it. */
export type Place = string | number

/**
 * What is known to have failed, by place. Who has stood in a line (for a key, for a connection, behind another command of the same client)
 * while those in front tried in vain has waited for the server as long as they have: it need not wait as long once more.
 */
export class Troubles {
  readonly #memory: number
  readonly #troubles = new Map<Place, Trouble & { readonly until: number }>()

  /** @param memory for how long after the last failure it is known, in milliseconds: if nobody has tried since, there is no line */
  constructor(memory: number) {
    this.#memory = memory
  }

  /** @param since when it began, if nothing is known to have failed there before */
  note(place: Place, error: unknown, since: number): void {
    const known = this.at(place)
    this.#troubles.set(place, { since: known?.since ?? since, error, until: performance.now() + this.#memory })
  }

  /** Something has succeeded. */
  end(place: Place): void {
    if (this.#troubles.size > 0) this.#troubles.delete(place)
  }

  /**
   * From when on to count how long something waits that cannot be done.
   *
   * @param began when it began to wait for its turn; monotonic milliseconds
   */
  waitingSince(began: number, ...places: readonly Place[]): number {
    return Math.max(began, this.at(...places)?.since ?? performance.now())
  }

  /** The oldest of some places. */
  at(...places: readonly Place[]): Trouble | undefined {
    if (this.#troubles.size === 0) return undefined
    const now = performance.now()
    let oldest: Trouble | undefined
    for (const place of places) {
      const trouble = this.#troubles.get(place)
      if (trouble === undefined) continue
      if (trouble.until < now) this.#troubles.delete(place)
      else if (oldest === undefined || trouble.since < oldest.since) oldest = trouble
    }
    return oldest
  }
}
