import { getHeapStatistics } from 'node:v8'

/** Counts since the start, or the last CONFIG RESETSTAT, that INFO answers. */
export class Stats {
  commands = 0
  connections = 0
  rejectedConnections = 0
  inputBytes = 0
  outputBytes = 0
  errorReplies = 0
  /** Error replies by their first word. */
  readonly errors = new Map<string, number>()
  /** Operations a second, sampled by the server's cron. */
  readonly rate = new RateMeter()
  /** Bytes a second. */
  readonly inputRate = new RateMeter()
  readonly outputRate = new RateMeter()
  /** The most bytes of memory that a sample has seen. */
  peakMemory = 0

  /** To be called now and then, at a time in milliseconds. */
  sample(at: number): void {
    this.rate.sample(at, this.commands)
    this.inputRate.sample(at, this.inputBytes)
    this.outputRate.sample(at, this.outputBytes)
    this.sampleMemory()
  }

  /** Bytes in use: V8's heap and the buffers outside of it. Takes microseconds. */
  sampleMemory(): number {
    const { used_heap_size, external_memory } = getHeapStatistics()
    const used = used_heap_size + external_memory
    this.peakMemory = Math.max(this.peakMemory, used)
    return used
  }

  countError(text: string): void {
    this.errorReplies++
    const space = text.indexOf(' ')
    const code = space === -1 ? text : text.slice(0, space)
    // A module may answer what it likes: the codes that are counted stay bounded.
    if (this.errors.has(code) || this.errors.size < MOST_ERROR_CODES) {
      this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
    }
  }

  reset(): void {
    this.commands = this.connections = this.rejectedConnections = 0
    this.inputBytes = this.outputBytes = this.errorReplies = 0
    this.errors.clear()
    this.rate.reset()
    this.inputRate.reset()
    this.outputRate.reset()
    this.peakMemory = 0
  }
}

/** The mean rate of a growing count over the last 16 samples. */
export class RateMeter {
  #rates: number[] = []
  #last: { at: number; count: number } | undefined

  /** `at` in milliseconds. */
  sample(at: number, count: number): void {
    if (this.#last !== undefined && at > this.#last.at) {
      this.#rates.push(((count - this.#last.count) * 1000) / (at - this.#last.at))
      if (this.#rates.length > 16) this.#rates.shift()
    }
    this.#last = { at, count }
  }

  get perSecond(): number {
    return this.#rates.length === 0 ? 0 : Math.round(this.#rates.reduce((a, b) => a + b, 0) / this.#rates.length)
  }

  reset(): void {
    this.#rates = []
    this.#last = undefined
  }
}

const MOST_ERROR_CODES = 128
