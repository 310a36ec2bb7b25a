import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync, stop } from 'esbuild'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import {
  createSource,
  type LoadedVersion,
  ModuleLoadError,
  type ModuleSource,
  type Moment,
  SourceMaps,
} from './index.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'krmt loader %20#-')))
const sources: ModuleSource[] = []
let folders = 0

afterEach(async () => {
  for (const source of sources.splice(0)) await source.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function project(files: Record<string, string>): string {
  const folder = join(root, `p${folders++}`)
  write(folder, files)
  return folder
}

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const command = (name: string): string => `command ${name}`
const host = { 'krmt/module': { command, features: { one: 1 } } }

function open(cwd: string, name = './m.ts', current: () => Moment | undefined = () => undefined) {
  const maps = new SourceMaps()
  const source = createSource(name, { cwd, host, maps, current })
  sources.push(source)
  return { source, maps }
}

async function load(files: Record<string, string>, name = './m.ts'): Promise<LoadedVersion> {
  return open(project(files), name).source.read()
}

async function failure(promise: Promise<unknown>): Promise<ModuleLoadError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ModuleLoadError) return error
    throw error
  }
  throw new Error('it loaded')
}

describe('a module', () => {
  it('is loaded with its own files, JSON and text, in ESM, CommonJS or TypeScript', async () => {
    const folder = project({
      'm.ts': `
        import { b } from './sub/b.js'
        import data from './data.json'
        import text from './note.txt'
        import c = require('./c.cjs')
        import { sep } from 'node:path'
        export default { b, data, text, c, sep, later: () => import('./sub/later.js') }`,
      'sub/b.ts': `export const b: string = 'b'`,
      'sub/later.ts': `export const late = 'late'`,
      'data.json': '{"a":[1]}',
      'note.txt': 'grüezi',
      'c.cjs': `module.exports = 'c'`,
    })
    const { definition, inputs } = await open(folder).source.read()
    const { later, ...rest } = definition as { later(): Promise<unknown> }
    expect(rest).toEqual({ b: 'b', data: { a: [1] }, text: 'grüezi', c: 'c', sep: '/' })
    expect(await later()).toMatchObject({ late: 'late' })
    expect([...inputs].sort()).toEqual(
      ['c.cjs', 'data.json', 'm.ts', 'note.txt', 'sub/b.ts', 'sub/later.ts'].map(file => join(folder, file)),
    )
  })

  it.each([
    ['m.js', `import { command } from 'krmt/module'; export default command('a')`],
    ['m.mjs', `import * as all from 'krmt/module'; export default all.command('a')`],
    ['m.mts', `import { command as c } from 'krmt/module'; export default c('a') satisfies string`],
    ['m.cjs', `const { command } = require('krmt/module'); module.exports = command('a')`],
    ['m.cts', `import m = require('krmt/module'); export = m.command('a')`],
  ])('%s gets the objects of the running host', async (name, text) => {
    expect((await load({ [name]: text }, `./${name}`)).definition).toBe('command a')
  })

  it('is handed the very object of the host, also by a package and by a computed name', async () => {
    const { exports } = await load({
      'm.ts': `
        import { features } from 'krmt/module'
        import again from 'dep'
        const name = ['krmt', 'module'].join('/')
        export default [features, again, require(name).features, (await0())]
        function await0() { return import(name) }`,
      'node_modules/dep/package.json': '{"name":"dep","exports":{"import":"./i.mjs","require":"./r.js"}}',
      'node_modules/dep/i.mjs': `export { features as default } from 'krmt/module'`,
    })
    const [a, b, c, d] = (exports as { default: unknown[] }).default
    expect(a).toBe(host['krmt/module'].features)
    expect(b).toBe(a)
    expect(c).toBe(a)
    expect(await d).toMatchObject({ features: a })
  })

  it('may name its variables as the globals, and fill import cycles', async () => {
    const { definition } = await load({
      'm.ts': `
        import { b } from './b.js'
        const Date = 1, crypto = 2, fetch = 3, require = 4, module = 5
        class performance {}
        function setTimeout() { return 6 }
        export const a = () => 'a'
        export default [b(), Date, crypto, fetch, require, module, new performance() instanceof performance, setTimeout()]`,
      'b.ts': `import { a } from './m.js'\nexport const b = () => a() + 'b'`,
    })
    expect(definition).toEqual(['ab', 1, 2, 3, 4, 5, true, 6])
  })

  it('knows where its files are: import.meta in ES modules, __dirname in CommonJS', async () => {
    const folder = project({
      'm.ts': `
        import * as b from './sub dir/b%23.js'
        import c from './sub dir/c.cjs'
        const { url } = import.meta
        export default { url, b: { ...b }, c, file: import.meta.filename, dir: import.meta.dirname,
          found: import.meta.resolve('./sub dir/c.cjs'), fs: import.meta.resolve('fs'), text: 'import.meta' }`,
      'sub dir/b%23.ts': `export const url = import.meta.url, dirname = __dirname // import.meta\nexport const own = (__dirname: string) => __dirname`,
      'sub dir/c.cjs': `'use strict'; module.exports = [__dirname, __filename, (() => this)() === exports]`,
    })
    const { definition } = await open(folder).source.read()
    const sub = join(folder, 'sub dir')
    expect(definition).toMatchObject({
      url: pathToFileURL(join(folder, 'm.ts')).href,
      file: join(folder, 'm.ts'),
      dir: folder,
      b: { url: pathToFileURL(join(sub, 'b%23.ts')).href, dirname: sub },
      c: [sub, join(sub, 'c.cjs'), true],
      found: pathToFileURL(join(sub, 'c.cjs')).href,
      fs: 'node:fs',
      text: 'import.meta',
    })
  })

  it('leaves native addons where they are', async () => {
    const folder = project({
      'm.ts': `export default () => require('./build/a.node')`,
      'build/a.node': 'not really',
    })
    const { definition } = await open(folder).source.read()
    // It gets as far as the system's loader, which is told the file where it lies.
    expect(definition).toThrow(join(folder, 'build/a.node'))
  })

  it('is new at every read, and tells what it warns of', async () => {
    const folder = project({ 'm.ts': `let n = 0\nexport default () => ++n` })
    const { source, maps } = open(folder)
    const one = await source.read()
    const two = await source.read()
    const call = (version: LoadedVersion): unknown => (version.definition as () => unknown)()
    expect([call(one), call(one), call(two)]).toEqual([1, 2, 1])
    write(folder, { 'm.ts': `export default () => ({ a: 1, a: 2 }).a` })
    const three = await source.read()
    expect([call(one), call(three)]).toEqual([3, 2])
    expect(three.warnings).toEqual([expect.stringMatching(/^m\.ts:1:31: warning: Duplicate key/)])
    for (const version of [one, two, three]) version.dispose()
    expect(maps.size).toBe(0)
  })

  it('goes on when the compiler has died', async () => {
    const folder = project({ 'm.ts': 'export default 1' })
    const { source } = open(folder)
    await source.read()
    await stop()
    write(folder, { 'm.ts': 'export default 2' })
    expect((await source.read()).definition).toBe(2)
    await stop()
    write(folder, { 'm.ts': 'let = =' })
    expect((await failure(source.read())).line).toBe(1)
  })

  it('asks where it is from one version to the next', async () => {
    const folder = project({ 'm.ts': `export { x as default } from './x.js'`, 'x.ts': 'export const x = 1' })
    const { source } = open(folder)
    expect((await source.read()).definition).toBe(1)
    write(folder, { 'x.ts': 'export const x = import.meta.filename' })
    expect((await source.read()).definition).toBe(join(folder, 'x.ts'))
    write(folder, { 'x.ts': 'exports.x = __filename' })
    expect((await source.read()).definition).toBe(join(folder, 'x.ts'))
  })

  it('has its timers stopped when it goes', async () => {
    const version = await load({
      'm.ts': `
        import { setInterval as every } from 'node:timers'
        setInterval(() => {}, 1e6); every(() => {}, 1e6)
        globalThis.setTimeout(() => {}, 1e6); setImmediate(() => {}); clearTimeout(setTimeout(() => {}, 1e6))
        export default 1`,
    })
    expect(version.dispose()).toEqual({ timeouts: 1, intervals: 2, immediates: 1 })
  })
})

describe('a module that cannot be loaded', () => {
  it('has a syntax error: the message shows it', async () => {
    const error = await failure(load({ 'm.ts': `const ok = 1\nexport default {\n\tname: "ö" x\n}\n` }))
    expect(error).toMatchObject({ stage: 'bundle', line: 3, column: 12, reason: 'Expected "}" but found "x"' })
    expect(error.message).toBe(
      ['m.ts:3:12: error: Expected "}" but found "x"', '  3 | \tname: "ö" x', '    | \t          ^'].join('\n'),
    )
    expect(error.headline).toBe('m.ts:3:12: Expected "}" but found "x"')
  })

  it.each([
    [
      'an imported file',
      { 'm.ts': `import './sub/b.js'`, 'sub/b.ts': '\n\nlet = = 3' },
      'sub/b.ts',
      3,
      7,
      /Unexpected/,
    ],
    ['a missing file', { 'm.ts': `import a from './a.js'\na()` }, 'm.ts', 1, 15, /Could not resolve "\.\/a\.js"/],
    [
      'a misspelt file',
      { 'm.ts': `import a from './lib/cehck.js'\na()`, 'lib/check.ts': '' },
      'm.ts',
      1,
      15,
      /'.\/lib\/check\.ts'\?$/,
    ],
    ['a file of another kind', { 'm.ts': `import a from './a.wasm'\na`, 'a.wasm': '' }, 'm.ts', 1, 15, /readFileSync/],
    ['a missing package', { 'm.ts': `import a from '@x/y/z'\na()` }, 'm.ts', 1, 15, /npm install @x\/y$/],
    [
      'a name the host lacks',
      { 'm.ts': `import { comand } from 'krmt/module'\ncomand('a')` },
      'm.ts',
      1,
      10,
      /No matching export in "krmt\/module".*comand/,
    ],
    [
      'a part of krmt not for modules',
      { 'm.ts': `import 'krmt/testing'` },
      'm.ts',
      1,
      8,
      /'krmt\/testing' cannot be imported.*\n.*\n.*\n.*'krmt\/module'/,
    ],
    ['await at the top level', { 'm.ts': `export default await 1` }, 'm.ts', 1, 16, /Begin the work there/],
  ])('%s', async (_, files, file, line, column, message) => {
    const error = await failure(load(files))
    expect(error.message).toMatch(message)
    expect({ file: error.file.endsWith(`/${file}`), line: error.line, column: error.column }).toEqual({
      file: true,
      line,
      column,
    })
  })

  it('names what to watch: all that was read, and where the missing would be', async () => {
    const folder = project({
      'm.ts': `import './good.js'; import './bad.js'; import './gone.js'; import 'pkg'`,
      'good.ts': `import './deep.js'`,
      'deep.ts': 'export {}',
      'bad.ts': 'let = =',
    })
    const { inputs } = await failure(open(folder).source.read())
    const expected = ['m.ts', 'good.ts', 'deep.ts', 'bad.ts', 'gone.js', 'gone.ts', 'node_modules/pkg/package.json']
    expect(inputs).toEqual(expect.arrayContaining(expected.map(file => join(folder, file))))
  })

  it('throws at its top level, itself or in what it imports', async () => {
    const files = {
      'm.ts': `import { check } from './lib/check.js'\ninterface A { a: 1 }\n\nexport default check(null as unknown as A)\n`,
      'lib/check.ts': `type T = 1 | 2\n\nexport function check(value: { a: T }): T {\n  return value.a\n}\n`,
    }
    const error = await failure(load(files))
    expect(error).toMatchObject({ stage: 'evaluate', line: 4, column: 16 })
    expect(error.message.split('\n')).toEqual([
      "lib/check.ts:4:16: error: TypeError: Cannot read properties of null (reading 'a')",
      '  4 |   return value.a',
      '    |                ^',
      '    at check (lib/check.ts:4:16)',
      expect.stringMatching(/^ {4}at .*\(m\.ts:4:16\)$/),
    ])
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  it("throws in a package: the author's own line is named first", async () => {
    const error = await failure(
      load({
        'm.ts': `import { f } from 'dep'\n\nexport default f()`,
        'node_modules/dep/package.json': '{"name":"dep","main":"i.js"}',
        'node_modules/dep/i.js': `exports.f = () => { throw new Error('bad option') }`,
      }),
    )
    expect(error).toMatchObject({ line: 3, column: 16, reason: 'bad option' })
    expect(error.message).toMatch(/node_modules\/dep\/i\.js:1:27/)
  })

  it('throws what is no error', async () => {
    const error = await failure(load({ 'm.ts': `throw 'up'` }))
    expect(error.reason).toBe('threw the string "up"; throw an Error, which knows its line')
  })

  it('can be mended: the next read is as if nothing had been', async () => {
    const folder = project({ 'm.ts': 'export default 1' })
    const { source, maps } = open(folder)
    for (const bad of ['let = =', `import './none.js'`, `throw new Error('no')`]) {
      write(folder, { 'm.ts': bad })
      await failure(source.read())
      expect(maps.size).toBe(0)
      write(folder, { 'm.ts': `export default '${folder.length}'` })
      const version = await source.read()
      expect(version.definition).toBe(String(folder.length))
      version.dispose()
    }
  })

  it('throws in its load, or while a command runs: stacks are in its own terms', async () => {
    const folder = project({
      'm.ts': `enum Kind { A, B }\n\nexport default {\n  load() {\n    throw new RangeError('no disk ' + Kind[0])\n  },\n}\n`,
    })
    const { source, maps } = open(folder)
    const version = await source.read()
    let thrown: unknown
    try {
      ;(version.definition as { load(): void }).load()
    } catch (error) {
      thrown = error
    }
    const error = version.toLoadError(thrown, 'load')
    expect(error).toMatchObject({ stage: 'load', line: 5, column: 11, reason: 'RangeError: no disk A' })
    const stack = maps.mapStack((thrown as Error).stack ?? '')
    expect(stack).toContain(`${join(folder, 'm.ts')}:5:11`)
    expect(stack).not.toContain('@krmt-')
    version.dispose()
    expect(maps.mapStack((thrown as Error).stack ?? '')).toBe((thrown as Error).stack)
  })
})

describe('the process', () => {
  // vitest keeps modules alive itself, so the heap is measured in a process of its own.
  const measure = (script: string, ...flags: string[]): unknown => {
    const folder = project({ 'm.ts': moduleText(0), 'lib.ts': 'export const lib = import.meta.url' })
    const main = join(folder, 'main.mjs')
    const here = import.meta.dirname
    symlinkSync(join(here, '../../../node_modules'), join(folder, 'node_modules'))
    buildSync({
      entryPoints: [join(here, 'index.ts')],
      outfile: join(folder, 'loader.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    })
    write(folder, { 'main.mjs': script, 'debugger.mjs': DEBUGGER })
    return JSON.parse(execFileSync(process.execPath, [...flags, main], { encoding: 'utf8' }))
  }

  it('keeps nothing of 200 versions', () => {
    const result = measure(HEAP_SCRIPT, '--expose-gc') as { grown: number; resources: string[] }
    expect(result.grown).toBeLessThan(2e6)
    expect(result.resources).not.toContain('Timeout')
  })

  it("stops at a breakpoint in the author's file", () => {
    expect(measure(DEBUGGED_SCRIPT)).toMatchObject({ stoppedAt: { file: 'm.ts', line: 5 }, result: 3 })
  })
})

const moduleText = (version: number): string =>
  [
    `import { command } from 'krmt/module'`,
    `import { lib } from './lib.js'`,
    `export const version = ${version}`,
    ...Array.from({ length: 100 }, (_, i) => `export function f${i}(a: number) { return [a, ${i}, lib, command] }`),
    `setInterval(() => version, 1e6)`,
    `export default { version, big: Array.from({ length: 10_000 }, () => f1(version)) }`,
  ].join('\n')

const HEAP_SCRIPT = `
import { writeFileSync } from 'node:fs'
import { createSource, SourceMaps, watchFiles } from './loader.mjs'
const cwd = import.meta.dirname
const maps = new SourceMaps()
const host = { 'krmt/module': { command() {} } }
const source = createSource('./m.ts', { cwd, host, maps, current: () => undefined, debug: true })
const watcher = watchFiles({ onChange() {}, onError(error) { throw error } })
let current
async function reload(i) {
  writeFileSync(cwd + '/m.ts', ${JSON.stringify(moduleText(-1))}.replaceAll('-1', String(i)))
  const next = await source.read()
  if (next.definition.version !== i) throw new Error('stale')
  watcher.set(next.inputs)
  current?.dispose()
  current = next
}
async function heap() {
  for (let i = 0; i < 5; i++) {
    gc()
    await new Promise(resolve => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}
for (let i = 0; i < 20; i++) await reload(i)
const before = await heap()
for (let i = 20; i < 220; i++) await reload(i)
const after = await heap()
current.dispose()
await source.close()
await watcher.close()
console.log(JSON.stringify({ grown: after - before, resources: process.getActiveResourcesInfo() }))
`

/** A worker is the debugger of the main thread: it finds the line by the source map that the script carries. */
const DEBUGGED_SCRIPT = `
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { createSource, SourceMaps } from './loader.mjs'
const cwd = import.meta.dirname
writeFileSync(cwd + '/m.ts', ['interface A { a: number }', '', 'export default {', '  run(value: A): number {',
  '    const sum = value.a + 2', '    return sum', '  },', '}'].join('\\n'))
const worker = new Worker(new URL('./debugger.mjs', import.meta.url))
await once(worker, 'message')
const source = createSource('./m.ts', { cwd, host: {}, maps: new SourceMaps(), current: () => undefined })
const { definition } = await source.read()
worker.postMessage('break')
await once(worker, 'message')
const answer = once(worker, 'message')
const result = definition.run({ a: 1 })
const [stoppedAt] = await answer
await source.close()
await worker.terminate()
console.log(JSON.stringify({ stoppedAt, result }))
`

const DEBUGGER = `
import { Session } from 'node:inspector/promises'
import { parentPort } from 'node:worker_threads'
import { generatedPositionFor, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
const session = new Session()
session.connectToMainThread()
// The other thread's message may overtake the event.
const parsed = new Promise(resolve => {
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (params.url.includes('m.ts@krmt-')) resolve(params)
  })
})
parentPort.on('message', async () => {
  const script = await parsed
  const json = Buffer.from(script.sourceMapURL.split(',')[1], 'base64').toString()
  const map = new TraceMap(json)
  const [source] = map.sources
  const { line, column } = generatedPositionFor(map, { source, line: 5, column: 4 })
  session.on('Debugger.paused', ({ params }) => {
    const { lineNumber, columnNumber } = params.callFrames[0].location
    const place = originalPositionFor(map, { line: lineNumber + 1, column: columnNumber })
    parentPort.postMessage({ file: place.source, line: place.line })
    void session.post('Debugger.resume')
  })
  await session.post('Debugger.setBreakpoint', {
    location: { scriptId: script.scriptId, lineNumber: line - 1, columnNumber: column },
  })
  parentPort.postMessage('set')
})
// After the listener, which keeps this thread alive while it waits for the other.
await session.post('Debugger.enable')
parentPort.postMessage('ready')
`
