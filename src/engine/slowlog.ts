import type { ByteString } from '../bytes/bytes.js'

export interface SlowCommand {
  readonly id: number
  /** Seconds since the epoch. */
  readonly at: number
  readonly microseconds: number
  readonly argv: readonly ByteString[]
  readonly address: ByteString
  readonly name: ByteString
}

/** The last commands that took longer than slowlog-log-slower-than, newest first. */
export class SlowLog {
  #entries: SlowCommand[] = []
  #nextId = 0

  get entries(): readonly SlowCommand[] {
    return this.#entries
  }

  /** Keeps at most `limit` entries, and of each command what shows its kind: 32 arguments of 128 bytes. */
  add(entry: Omit<SlowCommand, 'id'>, limit: number): void {
    this.#entries.unshift({ ...entry, argv: trimmed(entry.argv), id: this.#nextId++ })
    if (this.#entries.length > limit) this.#entries.length = Math.max(0, limit)
  }

  clear(): void {
    this.#entries = []
  }
}

function trimmed(argv: readonly ByteString[]): ByteString[] {
  const kept = argv.slice(0, argv.length > MOST_ARGUMENTS ? MOST_ARGUMENTS - 1 : MOST_ARGUMENTS).map(word => {
    const more = word.length - LONGEST_ARGUMENT
    return more > 0 ? `${word.slice(0, LONGEST_ARGUMENT)}... (${more} more bytes)` : word
  })
  if (argv.length > MOST_ARGUMENTS) kept.push(`... (${argv.length - MOST_ARGUMENTS + 1} more arguments)`)
  return kept
}

const MOST_ARGUMENTS = 32
const LONGEST_ARGUMENT = 128
