import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../support/resp-client.js'
import { node, run, succeeded } from '../support/run.js'
import { manifest, pack, root } from './tarball.js'

const kit = readdirSync(join(root, 'modules'))
const entries = ['krmt', 'krmt/module', 'krmt/testing', ...kit.map(name => `krmt/modules/${name}`)]

/** A program that asks each form of the package for the same. */
const PROGRAM = {
  'esm.mjs': `import { open } from 'krmt'
    import hmsetnx from 'krmt/modules/hmsetnx'
    const db = await open({ modules: [hmsetnx, 'geo'] })
    console.log(await db.hmsetnx({ key: 'k', entries: [{ field: 'f', value: 'v' }] }), await db.call('HGETALL', 'k'),
      await db.call('GEOADD', 'cities', 48.8566, 2.3522, 'Paris'))
    await db.close()`,
  'cjs.cjs': `const { open } = require('krmt')
    const hmsetnx = require('krmt/modules/hmsetnx')
    open({ modules: [hmsetnx, 'geo'] }).then(async db => {
      console.log(await db.hmsetnx({ key: 'k', entries: [{ field: 'f', value: 'v' }] }), await db.call('HGETALL', 'k'),
        await db.call('GEOADD', 'cities', 48.8566, 2.3522, 'Paris'))
      await db.close()
    })`,
  // A package that has required the one form, in a program that imports the other.
  'mixed.mjs': `import { createRequire } from 'node:module'
    import { open } from 'krmt'
    const require = createRequire(import.meta.url)
    const db = await open({ modules: [require('krmt/modules/hmsetnx'), require('krmt/modules/geo')] })
    console.log(await db.hmsetnx({ key: 'k', entries: [{ field: 'f', value: 'v' }] }), await db.call('HGETALL', 'k'),
      await db.call('GEOADD', 'cities', 48.8566, 2.3522, 'Paris'))
    // A module's own errors are errors of the server, whichever form they are of.
    const { message } = await db.call('GEOADD', 'cities', 99, 0, 'nowhere').catch(error => error)
    if (!message.startsWith('ERR invalid latitude')) console.log(message)
    await db.close()`,
}

const TYPED = `import { open } from 'krmt'
  import { command, defineModule, t } from 'krmt/module'
  import { checkExamples, openTest } from 'krmt/testing'
  import hmsetnx from 'krmt/modules/hmsetnx'
  const shout = command({
    name: 'shout', summary: 'Says it aloud.', flags: ['fast'], args: { what: t.text() },
    run: ({ what }) => what.toUpperCase(),
  })
  const own = defineModule({ name: 'own', version: '1.0.0', requires: '^1', commands: [shout] })
  export async function main(): Promise<void> {
    const db = await open({ modules: [hmsetnx, own] })
    const set: 0 | 'OK' = await db.hmsetnx({ key: 'k', entries: [{ field: 'f', value: new Uint8Array(1) }] })
    const said: string = await db.shout({ what: 'hello' })
    // @ts-expect-error: there is no such argument
    await db.hmsetnx({ keys: 'k' })
    // @ts-expect-error: and no such command
    await db.hmget({ key: 'k' })
    const fresh = await openTest({ modules: [own] })
    fresh.clock.advance(1000)
    await checkExamples(own)
    console.log(set, said)
  }`

/** The ways in which TypeScript finds packages today; `strict` and the declarations themselves checked. */
const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

describe('the package, installed into an empty folder', () => {
  let folder: string
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const npx = (...args: string[]) => run('npx', ['--no-install', ...args], { cwd: folder })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'krmt-install-'))
    const { path } = await pack(folder)
    write('package.json', '{ "private": true }')
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', path]
    succeeded(await run('npm', args, { cwd: folder }), 'npm install')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('brings no more than it names', () => {
    const { dependencies } = createRequire(join(folder, 'index.js'))('krmt/package.json')
    const lock = createRequire(import.meta.url)(join(folder, 'node_modules/.package-lock.json'))
    const installed = Object.keys(lock.packages).map(path => path.replace('node_modules/', ''))
    const platform = /^@(esbuild|typescript)\//
    // trace-mapping is in parts; what wasmoon-lua5.1 names is for its JavaScript, which is never loaded.
    const parts = ['@jridgewell/resolve-uri', '@jridgewell/sourcemap-codec', '@types/emscripten', 'lodash']
    expect(installed.filter(name => !platform.test(name)).sort()).toEqual(
      ['krmt', ...Object.keys(dependencies), ...parts].sort(),
    )
  })

  test('npx krmt --version answers', async () => {
    const { code, stdout } = await npx('krmt', '--version')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^krmt \d+\.\d+\.\d+ /) })
    expect(stdout).toContain(`krmt ${manifest.version} `)
  })

  test('npx krmt --help fits a terminal of 80 columns', async () => {
    const { code, stdout } = await npx('krmt', '--help')
    expect(code).toBe(0)
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
    for (const word of ['krmt dev', 'krmt new', 'krmt check', '--port', '--module-add']) expect(stdout).toContain(word)
  })

  test.each(entries)('%s gives the same to import and to require', async entry => {
    write('names.mjs', `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`)
    write('names.cjs', `const all = require('${entry}'); console.log(JSON.stringify(Object.keys(all).sort()))`)
    const [imported, required] = [
      JSON.parse(await node(['names.mjs'], { cwd: folder })),
      JSON.parse(await node(['names.cjs'], { cwd: folder })),
    ]
    if (!entry.startsWith('krmt/modules/')) return expect(required).toEqual(imported)
    // A module of the kit is what it exports.
    expect(imported).toEqual(['default'])
    expect(required).toEqual(expect.arrayContaining(['commands', 'name', 'requires', 'version']))
  })

  test.each(Object.entries(PROGRAM))('%s runs', async (name, text) => {
    write(name, text)
    expect(await node([name], { cwd: folder })).toBe("OK { f: 'v' } 1\n")
  })

  test.each(Object.entries(RESOLUTIONS))('a program type-checks with the resolution of %s', async (name, options) => {
    const types = join(folder, 'node_modules/@types')
    mkdirSync(types, { recursive: true })
    for (const dependency of ['@types/node', 'undici-types']) {
      rmSync(join(folder, 'node_modules', dependency), { force: true })
      symlinkSync(join(root, 'node_modules', dependency), join(folder, 'node_modules', dependency))
    }
    const compilerOptions = {
      ...options,
      target: 'es2022',
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
    }
    write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ['*'] }))
    write(`${name}/esm.mts`, TYPED)
    if (name !== 'bundler') write(`${name}/cjs.cts`, TYPED)
    const tsc = join(folder, 'node_modules/typescript/bin/tsc')
    expect(await node([tsc, '-p', name], { cwd: folder })).toBe('')
  })

  test('npx krmt new writes a module that npx krmt check finds right', async () => {
    expect(await npx('krmt', 'new', 'stock')).toMatchObject({ code: 0 })
    expect(await npx('krmt', 'check', './stock')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^examples +ok/m),
    })
  })

  test('the server starts with a module of the kit and one of the user', async () => {
    write(
      'hello.ts',
      `import { command, defineModule } from 'krmt/module'
      const hello = command({ name: 'hello.there', summary: 'Greets.', flags: ['fast'], run: () => 'General' })
      export default defineModule({ name: 'hello', version: '1.0.0', requires: '^1', commands: [hello] })`,
    )
    const socket = join(folder, 'krmt.sock')
    const bin = join(folder, 'node_modules/.bin/krmt')
    const args = ['--port', '0', '--unixsocket', socket, '--module-add', 'geo', '--module-add', './hello.ts']
    const server = spawn(bin, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise(resolve => server.on('close', resolve))
    try {
      await new Promise<void>((resolve, reject) => {
        let log = ''
        server.stdout.setEncoding('utf8').on('data', text => {
          log += text
          if (log.includes('Ready to accept connections')) resolve()
        })
        server.on('close', () => reject(new Error(`the server ended:\n${log}`)))
      })
      const client = await connect({ path: socket })
      expect(await client.send('GEOADD', 'cities', '48.8566', '2.3522', 'Paris')).toEqual({ type: 'integer', value: 1 })
      expect(await client.send('HELLO.THERE')).toEqual({ type: 'bulk', value: 'General' })
      await client.close()
    } finally {
      server.kill('SIGTERM')
    }
    expect(await ended).toBe(0)
  })
})
