import type { ByteString } from '../bytes/bytes.js'
import type { Slot } from '../values/indexed-map.js'
import type { Value } from '../values/value.js'

/** A key of a database: its value, when it expires, how it was used. */
export class Entry implements Slot {
  index = -1
  /** In the database's heap of expiries; undefined when the key stays. */
  expiry: Expiry | undefined = undefined

  constructor(
    readonly key: ByteString,
    public value: Value,
    /** LRU: seconds clock of the last access, 24 bits. LFU: minutes of the last decrement << 8 | logarithmic counter. */
    public access: number,
  ) {}
}

/** When a key expires. Its own object, since most keys have none. */
export interface Expiry {
  /** Milliseconds since the epoch. */
  at: number
  readonly entry: Entry
  /** Position in the heap; the heap's own business. */
  position: number
}
