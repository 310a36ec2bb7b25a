import type { ByteString } from '../../bytes/bytes.js'
import type { Answer, Reading } from './reading.js'

/** The reads of a run in one database. */
export class View {
  readonly #reading: Reading
  readonly #database: number

  constructor(reading: Reading, database: number) {
    this.#reading = reading
    this.#database = database
  }

  /** The same in another database. */
  in(database: number): View {
    return new View(this.#reading, database)
  }

  /** The answer to a read-only command; undefined when it is not there yet. Throws the ReplyError that it is. */
  ask(argv: readonly ByteString[], keys: readonly ByteString[]): Answer | undefined {
    return this.#reading.ask(this.#database, argv, keys)
  }

  /** Asks about the key that is the command's first argument. */
  askKey(...argv: readonly ByteString[]): Answer | undefined {
    return this.ask(argv, [argv[1]!])
  }

  /** Lets one command about a key answer what another one would have asked. */
  askInstead(argv: readonly ByteString[], question: readonly ByteString[]): Answer | undefined {
    return this.#reading.ask(this.#database, argv, [argv[1]!], question)
  }

  /** Whether a command has been answered. */
  knows(...argv: readonly ByteString[]): boolean {
    return this.#reading.knows(this.#database, argv)
  }

  /** What to go on with while a part of a key is not known. */
  guess<T>(value: T): T {
    return this.#reading.guess(value)
  }

  /** What to go on with while nothing is known of a key. */
  guessKey<T>(key: ByteString, value: T): T {
    return this.#reading.guessKey(this.#database, key, value)
  }
}

/** An integer as an argument of a command; where a program may say Infinity, the largest that a command takes. */
export function indexOf(value: number, what: string): ByteString {
  if (Number.isNaN(value)) throw new TypeError(`${what} must be a number, not NaN`)
  const limit = Number.MAX_SAFE_INTEGER
  return String(Math.max(-limit, Math.min(limit, Math.trunc(value))) || 0)
}
