import type { ByteString } from '../bytes/bytes.js'
import { IndexedMap } from '../values/indexed-map.js'
import { cloneValue, type Value } from '../values/value.js'
import { Entry } from './entry.js'
import { EventClass } from './events.js'
import { ExpiryHeap } from './expiry-heap.js'
import type { Keyspace } from './keyspace.js'
import { Watches } from './watches.js'

/**
 * One of the numbered databases: keys, their values and expiries.
 *
 * A key that is due is gone for whoever looks: every look-up deletes it first (lazy expiry). What changes a value says
 * so with `changed`, so that WATCH, keyspace events and the count of changes follow.
 */
export class Database {
  readonly watches = new Watches()
  #entries = new IndexedMap<Entry>()
  #expiries = new ExpiryHeap()

  constructor(
    readonly index: number,
    readonly keyspace: Keyspace,
  ) {}

  /** Number of keys, those included that are due and that nobody has looked at yet. */
  get size(): number {
    return this.#entries.size
  }

  /** Number of keys that will expire. */
  get expiring(): number {
    return this.#expiries.size
  }

  /** Mean time to live of the keys that expire, in milliseconds, over a sample; 0 when none does. */
  get meanTtl(): number {
    const at = this.#expiries.meanAt()
    return at === undefined ? 0 : Math.max(0, Math.round(at - this.keyspace.now))
  }

  /** The key's entry, without counting a hit or a miss and without marking it as used. */
  find(key: ByteString): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.expiry !== undefined && entry.expiry.at <= this.keyspace.now) {
      this.#expire(entry)
      return undefined
    }
    return entry
  }

  /** The key's entry for a command that reads: counts a hit or a miss, marks it as used. */
  read(key: ByteString): Entry | undefined {
    const entry = this.peek(key)
    if (entry !== undefined) this.keyspace.access.touch(entry)
    return entry
  }

  /** As `read`, but does not mark it as used: for commands that ask about a key and not for its value (TYPE, TTL). */
  peek(key: ByteString): Entry | undefined {
    const entry = this.find(key)
    if (entry === undefined) {
      this.keyspace.misses++
      this.event(EventClass.miss, 'keymiss', key)
      return undefined
    }
    this.keyspace.hits++
    return entry
  }

  /** The key's entry for a command that writes: marks it as used. */
  write(key: ByteString): Entry | undefined {
    const entry = this.find(key)
    if (entry !== undefined) this.keyspace.access.touch(entry)
    return entry
  }

  /** Sets the key to a value of any type, over whatever it held; its expiry goes unless `keepExpiry`. */
  set(key: ByteString, value: Value, keepExpiry = false): Entry {
    const entry = this.find(key)
    if (entry === undefined) return this.add(key, value)
    entry.value = value
    this.keyspace.access.touch(entry)
    if (!keepExpiry && entry.expiry !== undefined) this.persist(entry)
    return entry
  }

  /** Adds a key that the caller has just found missing. */
  add(key: ByteString, value: Value): Entry {
    const entry = new Entry(key, value, this.keyspace.access.initial())
    this.#entries.add(entry)
    this.event(EventClass.new, 'new', key)
    return entry
  }

  /** Deletes the key; false when there was none. The value goes to the garbage collector, so the cost is O(1). */
  delete(key: ByteString): boolean {
    const entry = this.find(key)
    if (entry === undefined) return false
    this.#remove(entry)
    return true
  }

  /** Milliseconds since the epoch, or undefined when the key does not expire. */
  expiresAt(entry: Entry): number | undefined {
    return entry.expiry?.at
  }

  /**
   * Makes the entry expire at a time, in milliseconds since the epoch, which a number holds exactly up to the year
   * 287396. O(log n).
   */
  expireAt(entry: Entry, at: number): void {
    const expiry = entry.expiry
    if (expiry !== undefined) {
      expiry.at = at
      this.#expiries.moved(expiry)
      return
    }
    entry.expiry = { at, entry, position: -1 }
    this.#expiries.add(entry.expiry)
  }

  /** Takes the expiry away; false when there was none. */
  persist(entry: Entry): boolean {
    if (entry.expiry === undefined) return false
    this.#expiries.remove(entry.expiry)
    entry.expiry = undefined
    return true
  }

  /** Deletes up to `limit` keys that are due; returns how many there were. O(log n) each. */
  expireDue(limit: number): number {
    let count = 0
    for (; count < limit; count++) {
      const soonest = this.#expiries.soonest
      if (soonest === undefined || soonest.at > this.keyspace.now) break
      this.#expire(soonest.entry)
    }
    return count
  }

  /** A key that is not due, each with the same probability; undefined when there is none. */
  random(random: () => number): Entry | undefined {
    // Every try that meets a key that is due deletes it, so this ends.
    for (;;) {
      const entry = this.#entries.random(random)
      if (entry === undefined) return undefined
      if (this.find(entry.key) !== undefined) return entry
    }
  }

  /** Visits up to `count` keys from a cursor on, and returns the next cursor: see IndexedMap.scan. */
  scan(cursor: number, count: number, visit: (entry: Entry) => void): number {
    return this.#entries.scan(cursor, count, entry => {
      if (this.find(entry.key) !== undefined) visit(entry)
    })
  }

  /** All entries that are not due, in no order that means anything. The database may change meanwhile. */
  *entries(): IterableIterator<Entry> {
    for (const entry of this.#entries.values()) if (this.find(entry.key) !== undefined) yield entry
  }

  /** Deletes all keys; returns how many. O(1), the garbage collector does the rest, but for watched keys. */
  clear(): number {
    const count = this.#entries.size
    this.watches.touchAll(key => this.#entries.has(key))
    this.#entries = new IndexedMap()
    this.#expiries = new ExpiryHeap()
    return count
  }

  /** Exchanges the contents with another database (SWAPDB); who watches a key that is in either sees it touched. */
  swap(other: Database): void {
    const touched = (key: ByteString) => this.#entries.has(key) || other.#entries.has(key)
    this.watches.touchAll(touched)
    other.watches.touchAll(touched)
    ;[this.#entries, other.#entries] = [other.#entries, this.#entries]
    ;[this.#expiries, other.#expiries] = [other.#expiries, this.#expiries]
  }

  /**
   * To be called once a key has been changed: touches who watches it, counts the change, tells of the event.
   * `changes` is how many Redis would count (a field, a member each).
   */
  changed(key: ByteString, type: EventClass, event: string, changes = 1): void {
    if (this.watches.any) this.watches.touch(key)
    this.keyspace.changes += changes
    if (this.keyspace.eventClasses & type) this.keyspace.emit(this, type, event, key)
  }

  /** Tells of an event that is not itself a change (a hash went because its last field did: `del`). */
  event(type: EventClass, event: string, key: ByteString): void {
    if (this.keyspace.eventClasses & type) this.keyspace.emit(this, type, event, key)
  }

  /** Puts back copies of what some keys hold now, or their absence: undoes a failed group of writes. */
  snapshot(keys: Iterable<ByteString>): () => void {
    const kept = new Map<ByteString, { value: Value; at: number | undefined } | undefined>()
    for (const key of keys) {
      const entry = this.find(key)
      kept.set(key, entry && { value: cloneValue(entry.value), at: entry.expiry?.at })
    }
    return () => {
      for (const [key, was] of kept) {
        if (was === undefined) this.delete(key)
        else {
          const entry = this.set(key, was.value)
          if (was.at !== undefined) this.expireAt(entry, was.at)
        }
      }
    }
  }

  #expire(entry: Entry): void {
    this.#remove(entry)
    this.keyspace.expired++
    // Redis does not count it as a change.
    this.changed(entry.key, EventClass.expired, 'expired', 0)
    this.keyspace.onExpired(this, entry.key)
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key)
    if (entry.expiry !== undefined) this.#expiries.remove(entry.expiry)
  }
}
