/** The classes of keyspace events, with the letters that notify-keyspace-events takes; the bits are Redis's. */
export const EventClass = {
  /** Commands that are not of one type: DEL, EXPIRE, RENAME… (`g`) */
  generic: 1 << 2,
  /** `$` */
  string: 1 << 3,
  /** `l` */
  list: 1 << 4,
  /** `s` */
  set: 1 << 5,
  /** `h` */
  hash: 1 << 6,
  /** Sorted sets (`z`) */
  zset: 1 << 7,
  /** A key expired (`x`) */
  expired: 1 << 8,
  /** A key was evicted (`e`) */
  evicted: 1 << 9,
  /** `t` */
  stream: 1 << 10,
  /** A key was read that is not there (`m`) */
  miss: 1 << 11,
  /** `d` */
  module: 1 << 13,
  /** A key was added (`n`) */
  new: 1 << 14,
} as const

export type EventClass = (typeof EventClass)[keyof typeof EventClass]

/** The two kinds of channels on which events are published. */
export const EventChannel = {
  /** `__keyspace@0__:key`, the event as message (`K`) */
  keyspace: 1 << 0,
  /** `__keyevent@0__:event`, the key as message (`E`) */
  keyevent: 1 << 1,
} as const
