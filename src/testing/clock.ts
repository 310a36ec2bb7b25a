import type { Clock, Timer } from '../engine/clock.js'

/** A clock that stands still until the test moves it. */
export interface TestClock extends Clock {
  /**
   * Moves the time on by so many milliseconds. Timers that are due on the way run in order, each at its own time, and
   * keys that are due expire. Throws a RangeError for what is not a number from 0 on: time never goes back.
   */
  advance(milliseconds: number): void
}

/** The same, for who runs what goes by it. */
export class ManualClock implements TestClock {
  /** Called whenever the time has moved, before the timers that are due then. */
  onMove: () => void = () => {}
  readonly #start: number
  #now: number
  /** Soonest first; of the same time, first set first. */
  readonly #timers: { readonly at: number; readonly run: () => void }[] = []

  /** `now`: milliseconds since the epoch. */
  constructor(now: number) {
    if (!Number.isFinite(now)) throw new RangeError(`the time must be a finite number, not ${now}`)
    this.#start = this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  after(milliseconds: number, run: () => void): Timer {
    // No sooner than in a millisecond, as Node has it: a timer that sets itself again must not hold the time up.
    const timer = { at: this.#now + Math.max(1, milliseconds), run }
    const later = this.#timers.findIndex(other => other.at > timer.at)
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer)
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer)
        if (index !== -1) this.#timers.splice(index, 1)
      },
    }
  }

  advance(milliseconds: number): void {
    if (!(milliseconds >= 0 && milliseconds < Infinity)) {
      throw new RangeError(`time can be moved on by a number of milliseconds, not by ${milliseconds}`)
    }
    const target = this.#now + milliseconds
    for (let next = this.#timers[0]; next !== undefined && next.at <= target; next = this.#timers[0]) {
      this.#moveTo(next.at)
      // What came due with the move may have cancelled it, or set one that is sooner.
      if (this.#timers[0] !== next) continue
      this.#timers.shift()
      next.run()
    }
    this.#moveTo(target)
  }

  #moveTo(time: number): void {
    if (time <= this.#now) return
    this.#now = time
    this.onMove()
  }
}
