import type { ByteString } from '../bytes/bytes.js'

interface Entry<T> {
  /** In lower case. */
  readonly name: ByteString
  readonly value: T
}

/**
 * Values by the names of commands, in any case, that are looked up as bytes where they lie: no string is made. O(length of the name).
 *
 * Fast path: with it a GET that passes through costs no allocation but for its batch.
 */
export class NameTable<T> {
  readonly #slots: (Entry<T>[] | undefined)[] = Array.from({ length: SIZE })

  set(name: ByteString, value: T): void {
    const bytes = Buffer.from(name, 'latin1')
    const hash = hashOf(bytes, 0, bytes.length)
    const slot = this.#slots[hash] ?? []
    this.#slots[hash] = slot
    const at = slot.findIndex(entry => entry.name === name)
    if (at === -1) slot.push({ name, value })
    else slot[at] = { name, value }
  }

  get(bytes: Uint8Array, from: number, to: number): T | undefined {
    const slot = this.#slots[hashOf(bytes, from, to)]
    if (slot === undefined) return undefined
    for (const { name, value } of slot) if (isNamed(name, bytes, from, to)) return value
    return undefined
  }
}

function isNamed(name: ByteString, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let i = 0; i < name.length; i++) if (lower(bytes[from + i]!) !== name.charCodeAt(i)) return false
  return true
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from
  // Whatever a client sends as a name, looking it up takes no longer than this.
  const end = Math.min(to, from + LONGEST)
  for (let i = from; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i]! | 0x20)) | 0
  return hash & (SIZE - 1)
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}

const SIZE = 1024
const LONGEST = 32
