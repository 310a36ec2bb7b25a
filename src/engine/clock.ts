/** A timer that can be given up. */
export interface Timer {
  cancel(): void
}

/** The one source of time: expiry, timeouts, statistics and timers all go by it, so that a test can move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds, with fractions, since some fixed moment; never goes back. For measuring durations. */
  monotonic(): number
  /** Calls `run` once, after so many milliseconds. A pending timer does not keep the process alive. */
  after(milliseconds: number, run: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
