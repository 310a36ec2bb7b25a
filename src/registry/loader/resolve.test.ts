import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ModuleLoadError } from './error.js'
import { exportsTarget } from './exports.js'
import { resolveModule } from './resolve.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'krmt-resolve-')))
const cwd = join(root, 'work')
const bundled = new Map([
  ['geo', join(root, 'kit/geo')],
  ['poong', join(root, 'kit/poong.ts')],
])

const json = (value: object): string => JSON.stringify(value)
const files: Record<string, string> = {
  'kit/geo/index.ts': '',
  'kit/poong.ts': '',
  'work/geo/index.ts': '',
  'work/mine.ts': '',
  'work/twice.ts': '',
  'work/twice.js': '',
  'work/types.d.ts': '',
  'work/old.so': '',
  'work/sub/a b.mjs': '',
  'work/dist-and-src/package.json': json({ source: 'src/i.ts', exports: './dist/i.js' }),
  'work/dist-and-src/src/i.ts': '',
  'work/unbuilt/package.json': json({ source: 'none.ts', main: 'dist/i.js' }),
  'work/main-only/package.json': json({ main: 'lib' }),
  'work/main-only/lib/index.js': '',
  'work/index-only/index.mts': '',
  'work/index-only/package.json': '{}',
  'work/empty/readme': '',
  'work/broken/package.json': '{',
  'node_modules/@acme/krmt-foo/package.json': json({
    exports: { '.': { types: './d.d.ts', krmt: './src/i.ts', import: './dist/i.js' }, './more/*': './dist/*.js' },
  }),
  'node_modules/@acme/krmt-foo/src/i.ts': '',
  'node_modules/@acme/krmt-foo/dist/x.js': '',
  'work/node_modules/plain/package.json': json({ main: './m.js', source: './s.ts' }),
  'work/node_modules/plain/m.js': '',
  'work/node_modules/plain/s.ts': '',
  'work/node_modules/plain/lib/deep.js': '',
  'work/node_modules/only-require/package.json': json({ exports: { require: './m.cjs' } }),
  'work/node_modules/only-require/m.cjs': '',
}

beforeAll(() => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  symlinkSync(join(root, 'kit/poong.ts'), join(cwd, 'link.ts'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a name', () => {
  it.each([
    ['geo', 'bundled', 'kit/geo/index.ts'],
    ['poong', 'bundled', 'kit/poong.ts'],
    ['./geo', 'folder', 'work/geo/index.ts'],
    ['mine.ts', 'file', 'work/mine.ts'],
    ['./mine', 'file', 'work/mine.ts'],
    ['mine', 'file', 'work/mine.ts'],
    ['../work/twice', 'file', 'work/twice.ts'],
    ['twice.js', 'file', 'work/twice.js'],
    ['sub/a b.mjs', 'file', 'work/sub/a b.mjs'],
    [join(cwd, 'mine.ts'), 'file', 'work/mine.ts'],
    [pathToFileURL(join(cwd, 'sub/a b.mjs')).href, 'file', 'work/sub/a b.mjs'],
    ['link.ts', 'file', 'kit/poong.ts'],
    ['dist-and-src', 'folder', 'work/dist-and-src/src/i.ts'],
    ['./main-only/', 'folder', 'work/main-only/lib/index.js'],
    ['index-only', 'folder', 'work/index-only/index.mts'],
    ['@acme/krmt-foo', 'package', 'node_modules/@acme/krmt-foo/src/i.ts'],
    ['@acme/krmt-foo/more/x', 'package', 'node_modules/@acme/krmt-foo/dist/x.js'],
    ['plain', 'package', 'work/node_modules/plain/m.js'],
    ['plain/lib/deep', 'package', 'work/node_modules/plain/lib/deep.js'],
    ['only-require', 'package', 'work/node_modules/only-require/m.cjs'],
  ])('%s is a %s: %s', (name, kind, entry) => {
    expect(resolveModule(name, { cwd, bundled })).toMatchObject({ kind, entry: join(root, entry) })
  })
})

describe('what cannot be found', () => {
  it.each([
    ['', /cannot be empty/],
    ['goe', /^goe: error: there is no module 'goe'\n {2}Did you mean 'geo'\? Tried: .*geo, poong.*package 'goe'/],
    ['./mnie.ts', /no such file or folder: .*mnie\.ts\n {2}Did you mean 'mine\.ts'\?/],
    ['mien.ts', /Did you mean '.\/mine\.ts'\?/],
    ['./nothing-like-it', /Tried nothing-like-it, nothing-like-it\.ts, /],
    ['old.so', /compiled for another server/],
    ['types.d.ts', /types only/],
    ['./empty', /no package\.json that names an entry, and no index\.ts/],
    ['./unbuilt', /names none\.ts and dist\/i\.js, which does not exist\n.*build it/],
    ['./broken', /^broken\/package\.json: error: cannot read .*JSON/],
    ['@acme/krmt-foo/less', /no entry for "\.\/less"\n {2}It offers "\.", "\.\/more\/\*"/],
    ['@acme/none', /there is no module '@acme\/none'/],
    ['a:\\b?', /there is no module|neither a path/],
    ['file://%zz', /./],
  ])('%s', (name, message) => {
    let thrown: unknown
    try {
      resolveModule(name, { cwd, bundled })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ModuleLoadError)
    const error = thrown as ModuleLoadError
    expect(error.stage).toBe('resolve')
    expect(error.message).toMatch(message)
  })

  it('says which files would change that', () => {
    try {
      resolveModule('newcomer', { cwd, bundled })
    } catch (error) {
      const { inputs } = error as ModuleLoadError
      const paths = [
        'work/newcomer.ts',
        'work/node_modules/newcomer/package.json',
        'node_modules/newcomer/package.json',
      ]
      expect(inputs).toEqual(expect.arrayContaining(paths.map(path => join(root, path))))
    }
    expect.assertions(1)
  })
})

describe("a package's exports", () => {
  it.each([
    ['./a.js', '.', './a.js'],
    ['./a.js', './b', undefined],
    [{ '.': './a.js' }, '.', './a.js'],
    [{ import: { node: './n.js', default: './d.js' } }, '.', './n.js'],
    [{ require: './r.js', default: './d.js' }, '.', './d.js'],
    [{ require: './r.js' }, '.', './r.js'],
    [{ browser: './b.js' }, '.', undefined],
    [['a.js', { import: './i.js' }], '.', './i.js'],
    [{ '.': '../out.js' }, '.', undefined],
    [
      { './*': './all/*.js', './in/*': './in/*/*.js', './in/*.x': './x/*.js', './in/no': null },
      './in/a',
      './in/a/a.js',
    ],
    [{ './*': './all/*.js', './in/*': './in/*/*.js' }, './o', './all/o.js'],
    [{ './in/*': './in/*.js', './in/no': null }, './in/no', undefined],
    [null, '.', undefined],
  ])('%j, %s is %s', (exports, key, target) => {
    expect(exportsTarget(exports, key)).toBe(target)
  })
})
