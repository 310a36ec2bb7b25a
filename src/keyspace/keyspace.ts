import type { ByteString } from '../bytes/bytes.js'
import { AccessTracker } from './access.js'
import { Database } from './database.js'
import type { EventClass } from './events.js'

/** Told of keyspace events of the classes that are switched on. */
export type EventListener = (database: Database, type: EventClass, event: string, key: ByteString) => void

/** All databases, with the time that they go by and the counts that they share. Knows nothing of clients or commands. */
export class Keyspace {
  readonly databases: readonly Database[]
  readonly access: AccessTracker
  /** Changes made since the start, as Redis counts them for `save`. */
  changes = 0
  hits = 0
  misses = 0
  expired = 0
  /** Which events to emit, and where: EventClass and EventChannel bits. */
  eventClasses = 0
  /** While false, keys that are due only go when somebody looks at them (DEBUG SET-ACTIVE-EXPIRE). */
  activeExpiry = true
  /** Told of every key that has expired, whoever found it, once it is gone. */
  onExpired: (database: Database, key: ByteString) => void = () => {}
  #now = 0
  #listener: EventListener = () => {}

  constructor(count: number, random: () => number) {
    this.access = new AccessTracker(random)
    this.databases = Array.from({ length: count }, (_, index) => new Database(index, this))
  }

  /** Milliseconds since the epoch, fixed while a command runs. */
  get now(): number {
    return this.#now
  }

  set now(time: number) {
    if (time === this.#now) return
    this.#now = time
    this.access.setTime(time)
  }

  onEvent(listener: EventListener): void {
    this.#listener = listener
  }

  emit(database: Database, type: EventClass, event: string, key: ByteString): void {
    this.#listener(database, type, event, key)
  }

  /** Keeps events back until it is known whether what they tell of will stand. */
  holdEvents(): { release(): void; drop(): void } {
    const listener = this.#listener
    const held: Parameters<EventListener>[] = []
    this.#listener = (...event) => {
      held.push(event)
    }
    return {
      release: () => {
        this.#listener = listener
        for (const event of held) listener(...event)
      },
      drop: () => {
        this.#listener = listener
      },
    }
  }

  /** Deletes up to `limit` keys of all databases that are due; returns how many there were. */
  expireDue(limit: number): number {
    if (!this.activeExpiry) return 0
    let count = 0
    for (const database of this.databases) {
      if (count >= limit) break
      count += database.expireDue(limit - count)
    }
    return count
  }
}
