import { type Db, type ModuleInput, type OpenOptions, open } from '../host/embedded/open.js'
import { ManualClock, type TestClock } from './clock.js'
import { seededRandom } from './random.js'

export interface TestOptions<Modules extends readonly ModuleInput[] = readonly ModuleInput[]>
  extends Omit<OpenOptions<Modules>, 'clock' | 'random'> {
  /** The time at which the clock stands; by default the beginning of 2026, UTC. Milliseconds since the epoch, or a Date. */
  readonly now?: number | Date
  /** What random numbers are drawn from, an integer; by default 1. The same seed gives the same numbers. */
  readonly seed?: number
}

/** An embedded server, and the clock that it goes by. */
export type TestDb<Modules extends readonly ModuleInput[] = []> = Db<Modules> & { readonly clock: TestClock }

/**
 * Opens an empty server in this process, with the modules loaded, as `open()` does. Its time stands still until the test
 * moves it, `db.clock.advance(1000)`, and its random numbers follow from the seed, so a test gives the same result each
 * time it is run. Close it when the test is over.
 *
 * Timers that a module sets itself, outside of its commands, are the process's.
 *
 * @throws ReplyError when a module cannot be loaded, or a parameter is not what it must be; nothing stays open then
 */
export async function openTest<const Modules extends readonly ModuleInput[] = []>(
  options: TestOptions<Modules> = {},
): Promise<TestDb<Modules>> {
  const { now = DEFAULT_NOW, seed = 1, ...rest } = options
  if (!Number.isSafeInteger(seed)) throw new RangeError(`the seed must be an integer, not ${seed}`)
  const clock = new ManualClock(Number(now))
  const db = await open<Modules>({ ...rest, clock, random: seededRandom(seed) })
  const { engine } = db
  clock.onMove = () => {
    engine.tick()
    // All that is due at once: no test is to wait for a later turn of the event loop.
    while (engine.keyspace.expireDue(SLICE) === SLICE) {}
  }
  return Object.assign(db, { clock })
}

const DEFAULT_NOW = Date.UTC(2026, 0, 1)
const SLICE = 1000
