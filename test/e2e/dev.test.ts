import { rmSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { type KrmtProcess, type StartOptions, startKrmt } from './support/krmt.js'
import { answering } from './support/workspace.js'

let krmt: KrmtProcess | undefined

async function start(options: StartOptions): Promise<KrmtProcess> {
  krmt = await startKrmt(options)
  return krmt
}

afterEach(async () => {
  await krmt?.stop()
  krmt = undefined
})

describe('krmt dev: saving a module', () => {
  test('a saved file is live, and tells so', async () => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': answering('hello') } })
    expect(await server.send('GREET')).toBe('hello')
    server.workspace.write('greeter.ts', answering('good morning'))
    await server.logged('Replaced existing command greet [./greeter.ts]')
    await server.logged('Closed previous [./greeter.ts] module.')
    expect(await server.send('GREET')).toBe('good morning')
  })

  test('after a mistake the old version serves, and the log names its line; mended, the new one is live', async () => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': answering('hello') } })
    server.workspace.write('greeter.ts', answering('unfinished').replace('flags: [', 'flags: [['))
    await server.logged(/^.*# Could not open module .\/greeter.ts because: greeter\.ts:3:\d+: error: Expected "]"/)
    await server.logged('Module [./greeter.ts] goes on serving its previous version.')
    expect(await server.send('GREET')).toBe('hello')
    server.workspace.write('greeter.ts', answering('mended'))
    await server.logged('Closed previous')
    expect(await server.send('GREET')).toBe('mended')
  })

  test.each([
    [
      'a name that nothing has',
      'greeter.ts:3:17: error: ReferenceError: comand is not defined',
      answering('x').replace('= command(', '= comand('),
    ],
    [
      'a top level that throws',
      'greeter.ts:4:7',
      answering('x').replace('\n\nexport', "\nthrow new Error('too early')\nexport"),
    ],
    [
      'a bad definition',
      'greeter.ts:3:17: error: commands[0].flags: has the text "quick"',
      answering('x').replace("'fast'", "'quick'"),
    ],
    [
      'a version for another host',
      'greeter.ts:5:16: error: it requires version ^7 of krmt/module',
      answering('x').replace("'^1'", "'^7'"),
    ],
    ['an import that is not there', 'greeter.ts:1:8', `import './nothing.js'\n${answering('x')}`],
    [
      'no module at all',
      'greeter.ts:2:1: error: the default export must be what defineModule',
      '// Nothing yet.\nexport default 1\n',
    ],
    [
      'a command twice',
      "greeter.ts:3:17: error: commands[1].name: 'greet' is the name of commands[0] too; rename one of them",
      answering('x').replace('[answers]', '[answers, answers]'),
    ],
  ])('so with %s', async (_, said, text) => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': answering('hello') } })
    server.workspace.write('greeter.ts', text)
    await server.logged('goes on serving its previous version')
    expect(server.log).toContain(said)
    expect(await server.send('GREET')).toBe('hello')
    server.workspace.write('greeter.ts', answering('mended'))
    await server.logged('Closed previous')
    expect(await server.send('GREET')).toBe('mended')
  })

  test('a file that the module imports counts as the module', async () => {
    const main = answering('x')
      .replace("'x'", 'words')
      .replace("'krmt/module'\n", "'krmt/module'\nimport { words } from './lib/words.js'\n")
    const server = await start({
      args: ['dev', './greeter.ts'],
      files: { 'greeter.ts': main, 'lib/words.ts': `export const words = 'from afar'\n` },
    })
    expect(await server.send('GREET')).toBe('from afar')
    server.workspace.write('lib/words.ts', `export const words = 'from near'\n`)
    await server.logged('Closed previous')
    expect(await server.send('GREET')).toBe('from near')
    // A file that was not there when the module was loaded, and that the import now means.
    rmSync(server.workspace.path('lib/words.ts'))
    await server.logged('goes on serving its previous version')
    expect(server.log).toContain('greeter.ts:2:23: error: Could not resolve "./lib/words.js"')
    server.workspace.write('lib/words.js', `export const words = 'from another file'\n`)
    await server.logged('Closed previous')
    expect(await server.send('GREET')).toBe('from another file')
  })

  test('a module that is not right at the start is awaited, while the server serves', async () => {
    const server = await start({ args: ['dev', './greeter.ts', 'poong'], files: { 'greeter.ts': 'export default ' } })
    expect(server.log).toContain('greeter.ts:')
    expect(await server.send('POONG')).toBe('POOOOOOOOOONG')
    expect(await server.send('GREET')).toContain("-ERR unknown command 'GREET'")
    server.workspace.write('greeter.ts', answering('there I am'))
    await server.logged('Added command greet [./greeter.ts]')
    await server.logged('Module [./greeter.ts] loaded 1 command.')
    expect(await server.send('GREET')).toBe('there I am')
    server.workspace.write('greeter.ts', answering('and here'))
    await server.logged('Closed previous')
    expect(await server.send('GREET')).toBe('and here')
  })

  test('so is one that does not exist yet', async () => {
    const server = await start({ args: ['dev', './later.ts'] })
    server.workspace.write('later.ts', answering('at last'))
    await server.logged('Module [./later.ts] loaded 1 command.')
    expect(await server.send('GREET')).toBe('at last')
  })

  test('a module that changes its name takes the old one with it', async () => {
    const server = await start({ args: ['dev', './greeter.ts'], files: { 'greeter.ts': answering('hello') } })
    server.workspace.write('greeter.ts', answering('salut', { name: 'salueur', command: 'saluer' }))
    await server.logged('Removed command greet [./greeter.ts]')
    expect(await server.send('SALUER')).toBe('salut')
    expect(await server.send('GREET')).toContain("-ERR unknown command 'GREET'")
    expect(await server.send('MODULE LIST')).toMatch(/^\[\[name salueur ver 10000 path .*greeter\.ts args \[\]\]\]$/)
    server.workspace.write('greeter.ts', answering('salut encore', { name: 'salueur', command: 'saluer' }))
    await server.logged('Closed previous')
    expect(await server.send('SALUER')).toBe('salut encore')
  })

  test('a command that a new version no longer has goes, and what it had replaced is back', async () => {
    const server = await start({
      args: ['dev', './greeter.ts'],
      files: { 'greeter.ts': answering('mine', { command: 'ping' }) },
    })
    expect(await server.send('PING')).toBe('mine')
    server.workspace.write('greeter.ts', answering('hello'))
    await server.logged('Removed command ping [./greeter.ts]')
    await server.logged('Restored command ping [<builtin>]')
    await server.logged('Closed previous')
    expect(await server.send('PING')).toBe('PONG')
    expect(await server.send('GREET')).toBe('hello')
  })

  test('two files saved at once are one change, and each module of the two is reloaded', async () => {
    const server = await start({
      args: ['dev', './one.ts', './two.ts'],
      files: {
        'one.ts': answering('1', { name: 'one', command: 'one' }),
        'two.ts': answering('2', { name: 'two', command: 'two' }),
      },
    })
    server.workspace.write('one.ts', answering('11', { name: 'one', command: 'one' }))
    server.workspace.write('two.ts', answering('22', { name: 'two', command: 'two' }))
    await server.logged('Closed previous')
    await server.logged('Closed previous')
    expect([await server.send('ONE'), await server.send('TWO')]).toEqual(['11', '22'])
  })

  test('module-watch can be switched on and off', async () => {
    const server = await start({ args: ['--module-add', './greeter.ts'], files: { 'greeter.ts': answering('hello') } })
    expect(await server.send('CONFIG SET module-watch yes')).toBe('OK')
    server.workspace.write('greeter.ts', answering('watched'))
    await server.logged('Closed previous')
    expect(await server.send('GREET')).toBe('watched')
    expect(await server.send('CONFIG SET module-watch no')).toBe('OK')
    server.workspace.write('greeter.ts', answering('unwatched'))
    // Loaded by hand it is the first and only reload since: the watch has had no part in it.
    const before = server.log.split('Closed previous').length
    expect(await server.send('MODULE LOAD ./greeter.ts')).toBe('OK')
    expect(await server.send('GREET')).toBe('unwatched')
    expect(server.log.split('Closed previous').length).toBe(before + 1)
  })
})
