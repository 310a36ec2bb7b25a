import { command, defineModule, reply } from 'krmt/module'
import { afterEach, describe, expect, test } from 'vitest'
import { answering, createWorkspace, type Workspace } from '../../test/e2e/support/workspace.js'
import { fromUtf8 } from '../bytes/bytes.js'
import type { Log } from '../engine/log.js'
import { openTest, type TestDb } from '../testing/open.js'

/** A log whose lines can be waited for, each once, in their order. */
class WaitingLog implements Log {
  readonly lines: string[] = []
  #seen = 0
  #check = (): void => {}

  debug(): void {}
  verbose(): void {}
  notice(line: string): void {
    this.#add(line)
  }
  warning(line: string): void {
    this.#add(line)
  }

  logged(wanted: string): Promise<void> {
    return new Promise(resolve => {
      this.#check = () => {
        for (let line = this.lines[this.#seen]; line !== undefined; line = this.lines[this.#seen]) {
          this.#seen++
          if (!line.includes(wanted)) continue
          this.#check = () => {}
          resolve()
          return
        }
      }
      this.#check()
    })
  }

  #add(line: string): void {
    this.lines.push(line)
    this.#check()
  }
}

let db: TestDb | undefined
let workspace: Workspace | undefined

afterEach(async () => {
  await db?.close()
  workspace?.remove()
  db = workspace = undefined
})

async function start({ watch = 'no', files = {} }: { watch?: 'yes' | 'no'; files?: Record<string, string> } = {}) {
  const log = new WaitingLog()
  workspace = createWorkspace(files)
  db = await openTest({ log, config: { dir: workspace.folder, 'module-watch': watch } })
  const { modules } = db.engine
  return {
    db,
    modules,
    log,
    workspace,
    load: (path: string, ...args: string[]) => modules.load(fromUtf8(path), args.map(fromUtf8)),
  }
}

const object = (
  version: string,
  more: { load?(context: { previous: unknown }): unknown; cleanup?(state: unknown): void } = {},
) =>
  defineModule({
    name: 'greeter',
    version,
    requires: '^1',
    commands: [command({ name: 'greet', summary: 'Answers.', flags: ['fast'], run: () => reply.status(version) })],
    ...more,
  })

describe('modules passed as objects', () => {
  test('the state goes to the next version, then the old one is cleaned up', async () => {
    const { db, modules } = await start()
    const told: unknown[] = []
    const version = (number: string) =>
      object(number, {
        load({ previous }) {
          told.push(['load', number, previous])
          return `state of ${number}`
        },
        cleanup: state => told.push(['cleanup', number, state]),
      })
    await modules.add(version('1.0.0'))
    await modules.add(version('2.0.0'))
    expect(await db.call('GREET')).toBe('2.0.0')
    await modules.unload('greeter')
    expect(told).toEqual([
      ['load', '1.0.0', undefined],
      ['load', '2.0.0', 'state of 1.0.0'],
      ['cleanup', '1.0.0', 'state of 1.0.0'],
      ['cleanup', '2.0.0', 'state of 2.0.0'],
    ])
  })

  test('a load that throws leaves the version before, and its state', async () => {
    const { db, modules, log } = await start()
    let cleaned = 0
    await modules.add(object('1.0.0', { cleanup: () => cleaned++ }))
    const failing = object('2.0.0', {
      load() {
        throw new Error('not today')
      },
    })
    await expect(modules.add(failing)).rejects.toThrow('ERR Error loading the extension [greeter]: not today')
    expect(log.lines.at(-1)).toMatch(
      /^Could not open module greeter because: Error: not today\n +at .*modules\.test\.ts/,
    )
    expect(await db.call('GREET')).toBe('1.0.0')
    expect([cleaned, modules.loaded.map(({ version }) => version)]).toEqual([0, ['1.0.0']])
  })

  test('a promise from load is an error too, and nothing that nobody handles', async () => {
    const { modules } = await start()
    const promising = object('1.0.0', { load: () => Promise.reject(new Error('later')) })
    await expect(modules.add(promising)).rejects.toThrow('load must not be async')
    expect(modules.loaded).toEqual([])
  })

  test('are no part of the configuration, and nothing watches them', async () => {
    const { db, modules } = await start({ watch: 'yes' })
    await modules.add(object('1.0.0'))
    expect(await db.call('CONFIG', 'GET', 'module-add')).toEqual({ 'module-add': '' })
    expect(modules.get('greeter')).toMatchObject({ path: 'greeter', filename: 'greeter', versionNumber: 10000 })
  })

  test('the times of the first load and of the last', async () => {
    const { db, modules } = await start()
    await modules.add(object('1.2.3'))
    const { firstLoaded } = modules.get('greeter') ?? {}
    db.clock.advance(5000)
    await modules.add(object('1.2.4'))
    expect(modules.get('greeter')).toMatchObject({
      firstLoaded,
      lastLoaded: Number(firstLoaded) + 5,
      versionNumber: 10204,
    })
    expect(modules.info().at(-1)).toBe(
      `module_greeter:filename=greeter,compiled_against=^1,module_version=1.2.4,first_loaded=${firstLoaded},last_loaded=${Number(firstLoaded) + 5},commands=greet`,
    )
  })
})

describe('modules from files', () => {
  test('loads and unloads take turns, in the order in which they were asked for', async () => {
    const { modules, load, log } = await start({ files: { 'greeter.ts': answering('hello') } })
    await Promise.all([
      load('./greeter.ts'),
      modules.unload('greeter'),
      load('./greeter.ts'),
      modules.unload('greeter'),
    ])
    expect(log.lines.filter(line => /^(Module|Loading)/.test(line))).toEqual([
      'Loading new [./greeter.ts] module.',
      'Module [./greeter.ts] loaded 1 command.',
      'Module greeter unloaded',
      'Loading new [./greeter.ts] module.',
      'Module [./greeter.ts] loaded 1 command.',
      'Module greeter unloaded',
    ])
  })

  test('a module may come again from another file, which is then the one that is watched', async () => {
    const { db, load, log, workspace } = await start({
      watch: 'yes',
      files: { 'one.ts': answering('one'), 'two.ts': answering('two') },
    })
    await load('./one.ts')
    await load('./two.ts')
    expect(await db.call('CONFIG', 'GET', 'module-add')).toEqual({ 'module-add': './two.ts' })
    workspace.write('one.ts', answering('one, later'))
    workspace.write('two.ts', answering('two, later'))
    await log.logged('Closed previous [./one.ts] module.')
    await log.logged('Closed previous [./two.ts] module.')
    expect(await db.call('GREET')).toBe('two, later')
    expect(log.lines.filter(line => line === 'Loading new [./one.ts] module.').length).toBe(1)
  })

  test('a file that is saved while it is being loaded is loaded again', async () => {
    const { db, load, log, workspace } = await start({ watch: 'yes', files: { 'greeter.ts': answering('first') } })
    const loading = load('./greeter.ts')
    // The load has begun; whether it reads this or what was there before, this is what serves in the end.
    await log.logged('Loading new [./greeter.ts] module.')
    workspace.write('greeter.ts', answering('second'))
    await loading
    while ((await db.call('GREET')) !== 'second') await log.logged('Closed previous')
    expect(await db.call('GREET')).toBe('second')
  })

  test('a file that is saved while all is closed holds nothing up', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const sources = names.map(name => [`${name}.ts`, answering(name).replaceAll('greet', name)])
    const files = { 'greeter.ts': answering('first'), ...Object.fromEntries(sources) }
    const { db, load, workspace } = await start({ watch: 'yes', files })
    await load('./greeter.ts')
    // The end has to wait for these, and a reload for the end.
    const loads = names.map(name => load(`./${name}.ts`))
    const closing = db.close()
    workspace.write('greeter.ts', answering('second'))
    await Promise.all(loads)
    await closing
  })

  test.each([
    ['asks for another version', answering('x').replace("'^1'", "'^9'"), []],
    ['has not the option that it is given', answering('x'), ['volume', '11']],
    ['cannot be parsed', 'export default {', []],
    ['is no module', 'export default 1', []],
  ])('a module that %s at the start is awaited', async (_, text, args) => {
    const { db, modules, log, workspace } = await start({ watch: 'yes', files: { 'greeter.ts': text } })
    await modules.loadOrAwait('./greeter.ts', args)
    expect(modules.loaded).toEqual([])
    const mended = answering('hello')
      .replace("'krmt/module'\n", "'krmt/module'\nimport { t } from 'krmt/module'\n")
      .replace('commands:', 'options: { volume: t.optional(t.integer(), 1) }, commands:')
    workspace.write('greeter.ts', mended)
    await log.logged('Module [./greeter.ts] loaded 1 command.')
    expect(await db.call('GREET')).toBe('hello')
    expect(modules.get('greeter')?.args).toEqual(args)
  })

  test('once it has been loaded by hand, it is loaded once at a save', async () => {
    const { db, modules, load, log, workspace } = await start({
      watch: 'yes',
      files: { 'greeter.ts': 'export default {' },
    })
    await modules.loadOrAwait('./greeter.ts')
    await db.call('CONFIG', 'SET', 'module-watch', 'no')
    workspace.write('greeter.ts', answering('by hand'))
    await load('./greeter.ts')
    await db.call('CONFIG', 'SET', 'module-watch', 'yes')
    workspace.write('greeter.ts', answering('saved'))
    await log.logged('Closed previous')
    // A second load of the same save would come before this one, which waits its turn.
    await load('./greeter.ts')
    expect(log.lines.filter(line => line.startsWith('Closed previous')).length).toBe(2)
  })

  test('what a refused version imports is watched too', async () => {
    const { db, load, log, workspace } = await start({
      watch: 'yes',
      files: { 'greeter.ts': answering('one'), 'version.ts': "export const range = '^9'\n" },
    })
    await load('./greeter.ts')
    workspace.write('greeter.ts', `import { range } from './version.js'\n${answering('two').replace("'^1'", 'range')}`)
    await log.logged('goes on serving its previous version')
    expect(await db.call('GREET')).toBe('one')
    workspace.write('version.ts', "export const range = '^1'\n")
    await log.logged('Closed previous')
    expect(await db.call('GREET')).toBe('two')
  })

  test('closing cleans up, the last loaded first, and a cleanup that throws holds nothing up', async () => {
    const { db, modules, log } = await start()
    const named = (name: string, cleanup: () => void) =>
      defineModule({
        name,
        version: '1.0.0',
        requires: '^1',
        commands: [command({ name, summary: 'Is there.', flags: ['fast'], run: () => 1 })],
        cleanup,
      })
    const cleaned: string[] = []
    await modules.add(named('first', () => cleaned.push('first')))
    await modules.add(
      named('second', () => {
        cleaned.push('second')
        throw new Error('stuck')
      }),
    )
    await db.close()
    expect(cleaned).toEqual(['second', 'first'])
    expect(log.lines.join('\n')).toContain('Error in the cleanup function of module [second]: Error: stuck')
    expect([...db.engine.commands.commands()].some(({ module }) => module !== '<builtin>')).toBe(false)
  })
})
