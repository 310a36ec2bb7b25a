import type { KeyFlag, KeySpec } from '../registry/definition.js'

/** The word at an index is a key. */
export function keyAt(index: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { last: 0, step: 1, limit: 0 } }
}

/** All words from an index on are keys. */
export function keysFrom(index: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { last: -1, step: 1, limit: 0 } }
}

/** The word at an index says how many keys follow it. */
export function countedKeys(index: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { keynum: 0, first: 1, step: 1 } }
}
