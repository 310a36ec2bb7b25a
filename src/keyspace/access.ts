import type { Entry } from './entry.js'

/** What the LFU counters go by: lfu-log-factor and lfu-decay-time (minutes), and whether the policy is an LFU one. */
export interface AccessSettings {
  readonly lfu: boolean
  readonly lfuLogFactor: number
  readonly lfuDecayTime: number
}

/**
 * Keeps track of how keys are used, for OBJECT IDLETIME (LRU) or OBJECT FREQ (LFU), whichever the policy asks for.
 * Both fit in 24 bits, as in Redis: V8 keeps such a number inside the entry.
 */
export class AccessTracker {
  settings: AccessSettings = { lfu: false, lfuLogFactor: 10, lfuDecayTime: 1 }
  /** While true, a look-up does not count as a use (CLIENT NO-TOUCH). */
  paused = false
  /** Seconds since the epoch, 24 bits. */
  #clock = 0
  /** Minutes since the epoch, 16 bits. */
  #minutes = 0
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  setTime(now: number): void {
    const seconds = Math.floor(now / 1000)
    this.#clock = seconds & LRU_MAX
    this.#minutes = Math.floor(seconds / 60) & 0xffff
  }

  /** For a new key. */
  initial(): number {
    return this.settings.lfu ? (this.#minutes << 8) | LFU_INITIAL : this.#clock
  }

  touch(entry: Entry): void {
    if (this.paused) return
    if (this.settings.lfu) entry.access = (this.#minutes << 8) | this.#increment(this.frequency(entry))
    else entry.access = this.#clock
  }

  /** Seconds since the key was last used. */
  idleSeconds(entry: Entry): number {
    return (this.#clock - entry.access) & LRU_MAX
  }

  /** Makes the key look as if it had been idle for so many seconds (RESTORE, COPY). */
  setIdleSeconds(entry: Entry, seconds: number): void {
    entry.access = (this.#clock - seconds) & LRU_MAX
  }

  /** The logarithmic counter, 0 to 255, less one for each lfu-decay-time that has passed. */
  frequency(entry: Entry): number {
    const elapsed = (this.#minutes - (entry.access >> 8)) & 0xffff
    const decay = this.settings.lfuDecayTime > 0 ? Math.floor(elapsed / this.settings.lfuDecayTime) : 0
    return Math.max(0, (entry.access & 0xff) - decay)
  }

  #increment(counter: number): number {
    if (counter === 255) return 255
    const base = Math.max(0, counter - LFU_INITIAL)
    return this.#random() < 1 / (base * this.settings.lfuLogFactor + 1) ? counter + 1 : counter
  }
}

const LRU_MAX = 0xffffff
const LFU_INITIAL = 5
