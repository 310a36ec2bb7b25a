import type { ByteString } from '../bytes/bytes.js'

/** Somebody who wants to know that a key has been touched since it began to watch it (WATCH). */
export interface Watcher {
  keyTouched(): void
}

/** Who watches which keys of one database. Costs a commands that changes a key one test while nobody watches. */
export class Watches {
  readonly #watchers = new Map<ByteString, Set<Watcher>>()
  any = false

  add(key: ByteString, watcher: Watcher): void {
    const watchers = this.#watchers.get(key)
    if (watchers === undefined) this.#watchers.set(key, new Set([watcher]))
    else watchers.add(watcher)
    this.any = true
  }

  delete(key: ByteString, watcher: Watcher): void {
    const watchers = this.#watchers.get(key)
    if (watchers === undefined) return
    watchers.delete(watcher)
    if (watchers.size === 0) this.#watchers.delete(key)
    this.any = this.#watchers.size > 0
  }

  touch(key: ByteString): void {
    const watchers = this.#watchers.get(key)
    if (watchers !== undefined) for (const watcher of watchers) watcher.keyTouched()
  }

  /** Touches every watched key of which `isTouched` says so. O(watched keys). */
  touchAll(isTouched: (key: ByteString) => boolean): void {
    for (const key of this.#watchers.keys()) if (isTouched(key)) this.touch(key)
  }
}
