import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KRMT_VERSION } from '../../src/version.js'
import { run } from '../support/run.js'
import { manifest, pack, root, type Tarball } from './tarball.js'

const kit = readdirSync(join(root, 'modules'))

describe('what npm would publish', () => {
  let folder: string
  let tarball: Tarball

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'krmt-pack-'))
    tarball = await pack(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('has the version that the program tells', () => {
    expect(KRMT_VERSION).toBe(manifest.version)
  })

  test('has the built files, the texts, and nothing else', () => {
    const top = tarball.files.map(path => path.replace(/^dist\/(esm|cjs)\/.*/, 'dist/$1/…'))
    expect([...new Set(top)].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cjs/…',
      'dist/esm/…',
      'package.json',
    ])
  })

  test('has no test, fixture or source', () => {
    expect(
      tarball.files.filter(path => /\.test\.|fixtures?\/|\.tsbuildinfo$|[^d]\.ts$|\/templates\/.*\.js$/.test(path)),
    ).toEqual([])
  })

  test('has declarations only of what the entry points use, the same for both forms', () => {
    const declarations = (form: string) =>
      tarball.files
        .filter(path => path.startsWith(`dist/${form}/`) && path.endsWith('.d.ts'))
        .map(path => path.slice('dist/esm/'.length))
    expect(declarations('cjs')).toEqual(declarations('esm'))
    expect(declarations('esm').filter(path => /^src\/(commands|cli)\//.test(path))).toEqual([])
    for (const name of kit) expect(declarations('esm')).toContain(`modules/${name}/index.d.ts`)
  })

  test('has nothing that publint finds fault with', async () => {
    const { buffer, byteOffset, byteLength } = readFileSync(tarball.path)
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true })
    expect(messages.map(message => formatMessage(message, pkg ?? {}))).toEqual([])
  })

  test('has types that resolve for import and require, in Node and in bundlers', async () => {
    const subpaths = Object.keys(manifest.exports).filter(path => path !== './package.json')
    const entries = subpaths.flatMap(path => (path === './modules/*' ? kit.map(name => `./modules/${name}`) : path))
    const attw = join(root, 'node_modules/.bin/attw')
    const args = [tarball.path, '--profile', 'node16', '--format', 'json', '--no-definitely-typed']
    const { analysis } = JSON.parse((await run(attw, [...args, '--entrypoints', ...entries])).stdout)
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(entries.sort())
    // What is left is about the resolution of Node 10, which knows no "exports".
    const { problems }: { problems: { kind: string; resolutionKind?: string }[] } = analysis
    expect(problems.filter(problem => problem.resolutionKind !== 'node10')).toEqual([])
  })
})
