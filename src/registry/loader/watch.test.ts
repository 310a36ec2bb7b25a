import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FileWatcher, watchFiles } from './watch.js'

let folder: string
let watcher: FileWatcher
let batches: string[][]
let wake: (() => void) | undefined
let onChange: (files: string[]) => void | Promise<void>
const errors: unknown[] = []
const others: FileWatcher[] = []

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'krmt-watch-')))
  batches = []
  errors.length = 0
  onChange = () => undefined
  watcher = watchFiles({
    onChange(files) {
      batches.push(files.map(file => file.slice(folder.length + 1)))
      wake?.()
      return onChange(files)
    },
    onError: error => errors.push(error),
  })
})
afterEach(async () => {
  for (const one of [watcher, ...others.splice(0)]) await one.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string): string => join(folder, name)
const save = (name: string, text = `${Math.random()}`): void => writeFileSync(at(name), text)

/** Waits until all of these have been reported, and returns what else was reported meanwhile. */
async function reported(...names: string[]): Promise<string[]> {
  for (;;) {
    const seen = batches.flat()
    if (names.every(name => seen.includes(name))) {
      batches = []
      return seen.filter(name => !names.includes(name))
    }
    await new Promise<void>(resolve => {
      wake = resolve
    })
  }
}

describe('a change is reported', () => {
  beforeEach(() => {
    save('a.ts')
    save('b.ts')
    watcher.set([at('a.ts'), at('b.ts')])
  })

  it('when a file is written, and of the others nothing is said', async () => {
    save('other.ts')
    save('a.ts')
    expect(await reported('a.ts')).toEqual([])
  })

  it('when another file is renamed over it, time and again, as editors save', async () => {
    for (let i = 0; i < 10; i++) {
      save('.a.ts.swp')
      renameSync(at('.a.ts.swp'), at('a.ts'))
      expect(await reported('a.ts')).toEqual([])
    }
  })

  it('when it is moved away to a backup and written anew', async () => {
    for (let i = 0; i < 3; i++) {
      renameSync(at('a.ts'), at('a.ts~'))
      save('a.ts')
      await reported('a.ts')
    }
  })

  it('when it is deleted, and when it comes back', async () => {
    rmSync(at('a.ts'))
    await reported('a.ts')
    save('a.ts')
    await reported('a.ts')
    save('a.ts')
    await reported('a.ts')
  })

  it('when its whole folder is deleted and comes back, or is swapped for another', async () => {
    mkdirSync(at('deep/er'), { recursive: true })
    save('deep/er/c.ts', 'one')
    watcher.set([at('deep/er/c.ts')])
    rmSync(at('deep'), { recursive: true })
    await reported('deep/er/c.ts')
    mkdirSync(at('deep/er'), { recursive: true })
    save('deep/er/c.ts', 'two')
    await reported('deep/er/c.ts')
    mkdirSync(at('new'))
    save('new/c.ts', 'three')
    renameSync(at('deep/er'), at('old'))
    renameSync(at('new'), at('deep/er'))
    await reported('deep/er/c.ts')
    save('deep/er/c.ts', 'four')
    await reported('deep/er/c.ts')
    expect(errors).toEqual([])
  })

  it('once for a save of several files', async () => {
    save('b.ts')
    save('a.ts')
    await reported('a.ts', 'b.ts')
    save('b.ts')
    save('a.ts')
    while (batches.length === 0) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    expect(batches).toEqual([['a.ts', 'b.ts']])
  })

  it('in less than 30 ms', async () => {
    const times: number[] = []
    for (let i = 0; i < 21; i++) {
      const start = performance.now()
      save('a.ts')
      await reported('a.ts')
      times.push(performance.now() - start)
    }
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(30)
  })
})

describe('a file that does not exist yet', () => {
  it('is reported when it comes, however many folders were missing', async () => {
    watcher.set([at('x/y/z/new.ts'), at('plain.ts')])
    mkdirSync(at('x/other'), { recursive: true })
    save('x/other/new.ts')
    save('plain.ts')
    expect(await reported('plain.ts')).toEqual([])
    mkdirSync(at('x/y/z'), { recursive: true })
    save('x/y/z/new.ts')
    await reported('x/y/z/new.ts')
    save('x/y/z/new.ts')
    await reported('x/y/z/new.ts')
  })
})

describe('the set of files', () => {
  it('can change: what has left is not reported any more', async () => {
    save('a.ts')
    save('b.ts')
    watcher.set([at('a.ts')])
    watcher.set([at('b.ts')])
    save('a.ts')
    save('b.ts')
    expect(await reported('b.ts')).toEqual([])
  })

  it('tells of a file that was saved between the read and the watch', async () => {
    save('a.ts')
    save('b.ts')
    watcher.set([at('a.ts')], statSync(at('a.ts')).mtimeMs + 1000)
    watcher.set([at('a.ts'), at('b.ts')], statSync(at('b.ts')).mtimeMs - 1)
    expect(await reported('b.ts')).toEqual([])
  })
})

describe('while a change is being handled', () => {
  it('further saves are kept for the next call, and calls do not overlap', async () => {
    save('a.ts')
    watcher.set([at('a.ts')])
    let finish: () => void = () => undefined
    let active = 0
    let most = 0
    onChange = async () => {
      most = Math.max(most, ++active)
      await new Promise<void>(resolve => {
        finish = resolve
      })
      active--
    }
    save('a.ts')
    await reported('a.ts')
    save('a.ts')
    // A second watcher of the same folder tells when the system has delivered the save.
    await new Promise<void>(resolve => {
      others.push(watchFiles({ onChange: () => resolve(), onError: resolve }))
      others[0]?.set([at('a.ts')])
      save('a.ts')
    })
    expect(batches).toEqual([])
    finish()
    await reported('a.ts')
    finish()
    expect(most).toBe(1)
  })

  it('a failure is told and watching goes on', async () => {
    save('a.ts')
    watcher.set([at('a.ts')])
    onChange = () => {
      throw new Error('bad reload')
    }
    save('a.ts')
    await reported('a.ts')
    onChange = () => undefined
    save('a.ts')
    await reported('a.ts')
    expect(errors).toEqual([new Error('bad reload')])
  })
})

describe('close()', () => {
  it('leaves no watcher and no timer, and waits for a change that is being handled', async () => {
    // A handle is gone only some turns of the event loop after it was closed.
    const active = async (): Promise<string[]> => {
      for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
      return process.getActiveResourcesInfo().filter(name => name === 'FSEventWrap')
    }
    const before = await active()
    const pending = new Set<() => void>()
    const mine = watchFiles({
      onChange: () => undefined,
      onError: error => errors.push(error),
      timers: {
        setTimeout(callback) {
          pending.add(callback)
          return callback
        },
        clearTimeout: timer => pending.delete(timer as () => void),
      },
    })
    save('a.ts')
    mine.set([at('a.ts'), at('none/b.ts')], 0)
    expect(pending.size).toBe(1)
    expect((await active()).length).toBeGreaterThan(before.length)
    await mine.close()
    expect(pending.size).toBe(0)
    expect(await active()).toEqual(before)
    mine.set([at('a.ts')])
    expect(await active()).toEqual(before)
  })
})
