import type { Log } from '../engine/log.js'
import type { FileWatcher } from './loader/index.js'

/** Watches the files that modules are made of, and says when some have changed (`module-watch yes`). */
export class FileReloads {
  readonly #log: Log
  readonly #onChange: (files: ReadonlySet<string>) => Promise<void>
  #watcher: Promise<FileWatcher> | undefined
  #isClosed = false
  /** By module. */
  #inputs: ReadonlyMap<string, readonly string[]> = new Map()
  /** Files that a failed reload has looked at beside those of the version that serves: their change may mend it. */
  readonly #failed = new Map<string, readonly string[]>()

  /** When the first of the files was read that are not followed yet; milliseconds since the epoch, of the system's clock. */
  #readSince: number | undefined

  constructor(log: Log, onChange: (files: ReadonlySet<string>) => Promise<void>) {
    this.#log = log
    this.#onChange = onChange
  }

  /** To be called before the files of a module are read: what is saved between then and `follow` is not to be missed. */
  reading(): void {
    // Files bear the system's time, whatever clock the engine goes by.
    this.#readSince ??= Date.now()
  }

  /** Watches exactly these files from now on, by module; stops watching when there are none. */
  follow(inputs: ReadonlyMap<string, readonly string[]>): void {
    for (const [name, files] of inputs) if (this.#inputs.get(name) !== files) this.#failed.delete(name)
    for (const name of this.#failed.keys()) if (!inputs.has(name)) this.#failed.delete(name)
    this.#inputs = inputs
    const all = new Set([...inputs.values(), ...this.#failed.values()].flat())
    const since = this.#readSince
    this.#readSince = undefined
    if (this.#isClosed || (all.size === 0 && this.#watcher === undefined)) return
    this.#watcher ??= this.#open()
    this.#watcher.then(
      watcher => watcher.set(all, since),
      () => {},
    )
  }

  /** Whether a change of these files means that the module is to be loaded again. */
  concerns(module: string, files: ReadonlySet<string>): boolean {
    const own = [...(this.#inputs.get(module) ?? []), ...(this.#failed.get(module) ?? [])]
    return own.some(file => files.has(file))
  }

  failed(module: string, inputs: readonly string[]): void {
    this.#failed.set(module, inputs)
  }

  /** Resolves when the last reload has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    const watcher = await this.#watcher
    this.#watcher = undefined
    await watcher?.close()
  }

  async #open(): Promise<FileWatcher> {
    const { watchFiles } = await import('./loader/index.js')
    return watchFiles({
      onChange: files => this.#onChange(new Set(files)),
      onError: error =>
        this.#log.warning(`Error while watching modules: ${error instanceof Error ? error.message : error}`),
    })
  }
}
