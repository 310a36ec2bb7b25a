import type { ByteString } from '../../bytes/bytes.js'
import type { Log, Read, Write, WriteContext } from '../../module/context.js'
import { EffectRecorder } from '../../module/effects.js'
import { type Forwarding, forward } from '../../module/reply.js'
import { seededRandom } from '../seeded-random.js'
import { type ReadSource, UpstreamRead } from './read.js'
import { type Answers, type Question, Reading } from './reading.js'
import { View } from './view.js'

/** What is the same in all runs of a command's handler. */
export interface Fixed {
  /** When the command began to wait for its turn; monotonic milliseconds. */
  readonly began: number
  /** The database of the connection's. */
  readonly database: number
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly seed: number
}

/** One run of a handler: what it is given beside its arguments, and what it does with it. */
export class Run implements WriteContext {
  readonly now: number
  readonly random: () => number
  readonly read: Read
  readonly log: Log
  readonly reading: Reading
  readonly #database: number
  readonly #logged: (readonly [level: keyof Log, text: string])[] = []
  #recorder: EffectRecorder | undefined

  constructor({ database, now, seed }: Fixed, answers: Answers, source: ReadSource) {
    this.now = now
    this.random = seededRandom(seed)
    this.reading = new Reading(answers)
    this.read = new UpstreamRead(new View(this.reading, database), source)
    this.#database = database
    const note = (level: keyof Log) => (text: string) => void this.#logged.push([level, text])
    this.log = { debug: note('debug'), info: note('info'), notice: note('notice'), warning: note('warning') }
  }

  get write(): Write {
    this.#recorder ??= new EffectRecorder(this.#database)
    return this.#recorder.write
  }

  get forward(): Forwarding {
    return forward
  }

  /** The recorded effects, as EffectRecorder has them. */
  get effects(): readonly (readonly ByteString[])[] {
    return this.#recorder?.effects ?? []
  }

  /** Passes on what the handler has logged: of all its runs, only the one that counts does this. */
  flushLog(to: Log): void {
    for (const [level, text] of this.#logged.splice(0)) to[level](text)
  }
}

/**
 * Compares a run with the one before it: as long as the answers are the same, it must ask for the same.
 *
 * @param before what the run before asked
 * @param isSame whether a request, by its id, had the same answer in both
 * @throws Error when it does not
 */
export function checkRepeats(
  command: string,
  before: readonly Question[],
  after: readonly Question[],
  isSame: (request: string) => boolean,
): void {
  for (let i = 0; i < before.length; i++) {
    const [asked, now] = [before[i]!, after[i]]
    if (asked.id !== now?.id) {
      throw new Error(
        `${command} is not deterministic: with the same data it read ${shown(asked.argv)} first, and then ` +
          `${now === undefined ? 'nothing' : shown(now.argv)}; it must depend on nothing but its arguments and its context`,
      )
    }
    if (!isSame(asked.request)) return
  }
}

function shown(argv: readonly ByteString[]): string {
  const text = argv.map(word => JSON.stringify(word)).join(' ')
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
