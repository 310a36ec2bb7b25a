import { type FSWatcher, type Stats, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface FileWatcher {
  /**
   * Watches exactly these files from now on (absolute paths; they need not exist yet). A file that was not watched
   * before and has changed after `since` (milliseconds since the epoch; say, when the build that read it began)
   * counts as changed.
   */
  set(files: Iterable<string>, since?: number): void
  /** Resolves when the last `onChange` has ended, and leaves no watcher and no timer. */
  close(): Promise<void>
}

export interface WatchOptions {
  /**
   * The changed files, sorted. While a call has not ended, changes are collected for the next one. A throw or a rejection
   * goes to `onError`, and watching goes on.
   */
  onChange(files: string[]): void | Promise<void>
  /** What went wrong with watching itself (too many watches, say), or in `onChange`. */
  onError(error: unknown): void
  /** Milliseconds of quiet before `onChange`, so that a save of several files is one change. */
  settle?: number
  timers?: {
    setTimeout(callback: () => void, milliseconds: number): unknown
    clearTimeout(timer: unknown): void
  }
}

/**
 * Folders are watched, not files: an editor that saves by renaming a new file over the old one, or a file that is deleted
 * and comes back, then needs nothing special, and a file that does not exist yet is watched for in the nearest folder that
 * does. The cost is one system watch a folder, and one look at a name for each change in it.
 */
export function watchFiles({ onChange, onError, settle = 5, timers = globalThis }: WatchOptions): FileWatcher {
  const folders = new Map<string, Folder>()
  const files = new Map<string, WatchedFile>()
  const changed = new Set<string>()
  let timer: unknown
  let running: Promise<void> | undefined
  let closed = false

  function report(file: string): void {
    changed.add(file)
    if (running !== undefined) return
    if (timer !== undefined) timers.clearTimeout(timer)
    timer = timers.setTimeout(run, settle)
  }

  function run(): void {
    timer = undefined
    const batch = [...changed].sort()
    changed.clear()
    if (batch.length === 0) return
    running = (async () => onChange(batch))()
      .catch(onError)
      .then(() => {
        running = undefined
        const [first] = changed
        if (first !== undefined && !closed) report(first)
      })
  }

  function set(wanted: Iterable<string>, since?: number): void {
    if (closed) return
    const next = new Set(wanted)
    for (const file of files.keys()) if (!next.has(file)) forget(file)
    for (const file of next) {
      if (files.has(file)) continue
      const stats = statsOf(file)
      files.set(file, { seen: stamp(stats) })
      attach(file)
      const now = statsOf(file)
      const late = since !== undefined && now !== undefined && Math.max(now.mtimeMs, now.ctimeMs) >= since - CLOCK_TICK
      if (late || stamp(now) !== stamp(stats)) touch(file, now)
    }
  }

  function touch(file: string, stats: Stats | undefined): void {
    const watched = files.get(file)
    if (watched === undefined) return
    watched.seen = stamp(stats)
    report(file)
  }

  /** Puts a file under the watch of the nearest folder above it that exists. */
  function attach(file: string): void {
    const watched = files.get(file)
    if (watched === undefined) return
    for (;;) {
      const home = nearestFolder(dirname(file))
      if (watched.home !== home) {
        leave(file)
        if (!enter(file, home)) return
        watched.home = home
      }
      // Folders may have been made while the watch was being set up.
      if (nearestFolder(dirname(file)) === home) return
    }
  }

  function enter(file: string, path: string): boolean {
    let folder = folders.get(path)
    if (folder === undefined) {
      try {
        folder = open(path)
      } catch (error) {
        onError(error)
        return false
      }
      folders.set(path, folder)
    }
    folder.files.add(file)
    return true
  }

  function leave(file: string): void {
    const watched = files.get(file)
    const folder = watched?.home === undefined ? undefined : folders.get(watched.home)
    if (watched === undefined || folder === undefined) return
    delete watched.home
    folder.files.delete(file)
    if (folder.files.size === 0) shut(folder)
  }

  function forget(file: string): void {
    leave(file)
    files.delete(file)
    changed.delete(file)
  }

  function open(path: string): Folder {
    const folder: Folder = { path, inode: statSync(path).ino, files: new Set(), watcher: watch(path) }
    folder.watcher.on('change', (kind, name) => onEvent(folder, kind, typeof name === 'string' ? name : undefined))
    folder.watcher.on('error', error => {
      onError(error)
      rehome(folder)
    })
    return folder
  }

  function shut(folder: Folder): void {
    folder.watcher.close()
    if (folders.get(folder.path) === folder) folders.delete(folder.path)
  }

  function onEvent(folder: Folder, kind: string, name: string | undefined): void {
    if (closed || folders.get(folder.path) !== folder) return
    if (kind === 'rename' && statsOf(folder.path)?.ino !== folder.inode) {
      rehome(folder)
      return
    }
    for (const file of [...folder.files]) {
      const step = nextStep(file, folder.path)
      if (name !== undefined && step !== name) continue
      if (dirname(file) === folder.path) check(file)
      else settleIn(file)
    }
  }

  /** The folder is gone, or another has come in its place. */
  function rehome(folder: Folder): void {
    const moved = [...folder.files]
    shut(folder)
    for (const file of moved) {
      const watched = files.get(file)
      if (watched !== undefined) delete watched.home
      settleIn(file)
    }
  }

  function settleIn(file: string): void {
    attach(file)
    const watched = files.get(file)
    const stats = statsOf(file)
    if (watched !== undefined && watched.seen !== stamp(stats)) touch(file, stats)
  }

  /** Some systems report changes from before the watch began, and a change of access rights: those are not news. */
  function check(file: string): void {
    const stats = statsOf(file)
    const fresh = stats !== undefined && Date.now() - stats.mtimeMs < JUST_NOW
    if (fresh || files.get(file)?.seen !== stamp(stats)) touch(file, stats)
  }

  return {
    set,
    async close() {
      closed = true
      if (timer !== undefined) timers.clearTimeout(timer)
      timer = undefined
      for (const folder of [...folders.values()]) shut(folder)
      files.clear()
      changed.clear()
      await running
    },
  }
}

interface WatchedFile {
  /** What the file was like when it was last looked at. */
  seen: string
  /** The folder that watches it. */
  home?: string
}

interface Folder {
  path: string
  inode: number
  watcher: FSWatcher
  files: Set<string>
}

/** File systems stamp times with a clock that ticks every few milliseconds (Linux: up to 10). */
const CLOCK_TICK = 20

/** Two saves within a tick can leave the same stamp, so a file this young (ms) counts as changed at any event. */
const JUST_NOW = 1000

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    // Not a folder any more on the way to it, or no right to look: as good as not there.
    return undefined
  }
}

function stamp(stats: Stats | undefined): string {
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`
}

function nearestFolder(folder: string): string {
  let at = folder
  while (statsOf(at)?.isDirectory() !== true && dirname(at) !== at) at = dirname(at)
  return at
}

/** The name in `folder` that leads to `file`. */
function nextStep(file: string, folder: string): string {
  let at = file
  while (dirname(at) !== folder && dirname(at) !== at) at = dirname(at)
  return basename(at)
}
