import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { runKrmt, startKrmt } from './support/krmt.js'
import { createWorkspace, type Workspace } from './support/workspace.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
let workspace: Workspace | undefined

function folder(files: Readonly<Record<string, string>> = {}): Workspace {
  workspace = createWorkspace(files)
  return workspace
}

afterEach(() => {
  workspace?.remove()
  workspace = undefined
})

/** What `npm install` would fetch is here already: krmt as it has been built, and its own vitest and typescript. */
function install(at: Workspace, name: string): void {
  mkdirSync(at.path(`${name}/node_modules`))
  symlinkSync(root, at.path(`${name}/node_modules/krmt`))
  for (const dependency of ['vitest', 'typescript']) {
    symlinkSync(`${root}/node_modules/${dependency}`, at.path(`${name}/node_modules/${dependency}`))
  }
}

function node(program: string, args: readonly string[], cwd: string): { status: number | null; output: string } {
  // The tests that run this set variables of vitest's own, which are not for the one that it starts.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|NODE_ENV|NODE_OPTIONS)/.test(name)),
  )
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe('krmt new', () => {
  test('writes a module whose test passes, that compiles, checks and serves', async () => {
    const at = folder()
    const { code, stdout } = await runKrmt(['new', 'record'], at.folder)
    expect(code).toBe(0)
    expect(stdout).toContain(
      'Wrote record: index.ts, index.test.ts, README.md, package.json, tsconfig.json, .gitignore\n',
    )
    install(at, 'record')

    const tested = node('node_modules/vitest/vitest.mjs', ['run', '--reporter=verbose'], at.path('record'))
    expect(tested.output).toContain('RECORD: examples')
    expect(tested.output).toContain('leaves a key alone that holds no number')
    expect(tested).toMatchObject({ status: 0 })

    expect(await runKrmt(['check', './record'], at.folder)).toEqual({
      code: 0,
      stderr: '',
      stdout: `types        ok      record/tsconfig.json
definition   ok      record 0.1.0, for krmt/module ^1
    RECORD key number
examples     ok      5 examples of 1 command
`,
    })

    // As `npm publish` would compile it; the tests are left out by "files".
    const { scripts } = JSON.parse(readFileSync(at.path('record/package.json'), 'utf8')) as {
      scripts: { prepack: string }
    }
    const [, ...args] = scripts.prepack.split(' ')
    expect(node('node_modules/typescript/bin/tsc', args, at.path('record'))).toEqual({ status: 0, output: '' })
    expect(readFileSync(at.path('record/dist/index.d.ts'), 'utf8')).toContain('"record"')

    const server = await startKrmt({ args: ['dev', at.path('record')] })
    expect(await server.send('RECORD best 10')).toBe('10')
    expect(await server.send('RECORD best 7')).toBe('10')
    expect(await server.send('RECORD best ten')).toBe('-ERR value is not an integer or out of range')
    at.write(
      'record/index.ts',
      readFileSync(at.path('record/index.ts'), 'utf8').replace('return greatest', 'return -1'),
    )
    await server.logged('Closed previous')
    expect(await server.send('RECORD best 7')).toBe('-1')
    await server.stop()
  })

  test('its test finds out when the command is broken', async () => {
    const at = folder()
    await runKrmt(['new', 'record'], at.folder)
    install(at, 'record')
    at.write(
      'record/index.ts',
      readFileSync(at.path('record/index.ts'), 'utf8').replace('return greatest', 'return number'),
    )
    const { status, output } = node('node_modules/vitest/vitest.mjs', ['run', '--reporter=verbose'], at.path('record'))
    expect(output).toContain('RECORD, example 2: RECORD record 7')
    expect(status).toBe(1)
    const checked = await runKrmt(['check', './record'], at.folder)
    expect(checked.stdout).toContain(
      'examples     FAILED  1 command did not do what its examples say\n    RECORD, example 2: ',
    )
    expect(checked.code).toBe(1)
  })

  test('into another folder', async () => {
    const at = folder()
    const { code } = await runKrmt(['new', 'record', 'modules/best'], at.folder)
    expect([code, existsSync(at.path('modules/best/index.ts')), existsSync(at.path('record'))]).toEqual([
      0,
      true,
      false,
    ])
  })

  test('never writes over anything', async () => {
    const at = folder({ 'record/index.ts': 'mine' })
    const { code, stderr } = await runKrmt(['new', 'record'], at.folder)
    expect([code, stderr]).toEqual([1, 'krmt new: ./record is there already, and not empty: nothing was written\n'])
    expect(readdirSync(at.path('record'))).toEqual(['index.ts'])
    at.write('file', '')
    expect((await runKrmt(['new', 'record', 'file'], at.folder)).stderr).toContain('is no folder')
  })

  test.each([
    ['Record', "the name 'Record' will not do"],
    ['my-record', "the name 'my-record' will not do"],
    ['../up', "the name '../up' will not do"],
    ['x'.repeat(65), 'will not do'],
    ['get', "'get' is one of Redis's own commands"],
    ['geo', "'geo' is a module that comes with krmt"],
    ['close', "'close' is something that every client can do already"],
  ])('does not take the name %s', async (name, said) => {
    const at = folder()
    const { code, stderr } = await runKrmt(['new', name], at.folder)
    expect(stderr).toContain(said)
    expect([code, readdirSync(at.folder)]).toEqual([1, []])
  })

  test.each([[[]], [['a', 'b', 'c']], [['--force', 'a']]])('krmt new %j explains itself', async args => {
    const { code, stderr } = await runKrmt(['new', ...args], folder().folder)
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'Usage: krmt new NAME [folder]'])
  })
})
