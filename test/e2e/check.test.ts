import { readdirSync } from 'node:fs'
import { interfaceVersion } from 'krmt/module'
import { afterEach, describe, expect, test } from 'vitest'
import { runKrmt } from './support/krmt.js'
import { answering, createWorkspace, type Workspace } from './support/workspace.js'

let workspace: Workspace | undefined

afterEach(() => {
  workspace?.remove()
  workspace = undefined
})

async function check(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  workspace = createWorkspace(files)
  return runKrmt(['check', ...args], workspace.folder)
}

/** A module of one command, CUT word: the word without its last char. */
const cutting = ({
  run = 'word.slice(0, -1)',
  example = "['CUT word', 'wor']",
} = {}) => `import { command, defineModule, t } from 'krmt/module'

const cut = command({
  name: 'cut',
  summary: 'Cuts.',
  flags: ['readonly'],
  args: { word: t.text() },
  examples: [${example}],
  run({ word }) {
    return ${run}
  },
})

export default defineModule({ name: 'cutter', version: '1.0.0', requires: '^1', commands: [cut] })
`

describe('krmt check', () => {
  test('a module in a folder with nothing else: strict types, definition, examples', async () => {
    expect(await check({ 'cut.ts': cutting() }, './cut.ts')).toEqual({
      code: 0,
      stderr: '',
      stdout: `types        ok      strict, since there is no tsconfig.json
definition   ok      cutter 1.0.0, for krmt/module ^1
    CUT word
examples     ok      1 example of 1 command
`,
    })
    // It leaves nothing behind.
    expect(readdirSync(workspace?.folder ?? '')).toEqual(['cut.ts'])
  })

  test('without examples it says so', async () => {
    const { code, stdout } = await check({ 'greeter.ts': answering('hello') }, './greeter.ts')
    expect(stdout).toContain('examples     -       none: no command has any, so nothing was run\n')
    expect(code).toBe(0)
  })

  test('modules of the kit, which are compiled', async () => {
    const { code, stdout } = await check({}, 'hmsetnx')
    expect(stdout).toContain('types        -       not checked: it is JavaScript\n')
    expect(stdout).toContain('    HMSETNX key field value [field value ...]\n')
    expect(stdout).toContain('examples     ok      3 examples of 1 command\n')
    expect(code).toBe(0)
  })

  test('an error of types: where it is, as all other errors', async () => {
    const { code, stdout } = await check({ 'cut.ts': cutting({ run: 'word.slise(0, -1)' }) }, './cut.ts')
    expect(stdout).toContain(`types        FAILED  1 error (strict, since there is no tsconfig.json)
    cut.ts:10:17: error: Property 'slise' does not exist on type 'string'. Did you mean 'slice'? (TS2551)
      10 |     return word.slise(0, -1)
         |                 ^
`)
    expect(stdout).toContain('examples     FAILED')
    expect(code).toBe(1)
  })

  test('also in what the module imports, and in a call of the interface', async () => {
    const { code, stdout } = await check(
      {
        'cut.ts': `import './other.js'\n${cutting().replace('run({ word })', 'run({ word }, { write })')}`,
        'other.ts': 'export const two: number = "two"\n',
      },
      './cut.ts',
    )
    expect(stdout).toContain("other.ts:1:14: error: Type 'string' is not assignable to type 'number'.")
    expect(stdout).toContain("cut.ts:10:19: error: Property 'write' does not exist on type 'ReadContext'.")
    expect(stdout).toContain('2 errors')
    expect(code).toBe(1)
  })

  test("by the module's own tsconfig.json, its paths and types included", async () => {
    const loose = {
      'module/index.ts': cutting({ run: 'words[word.length]!.length' })
        .replace(
          "'krmt/module'\n",
          "'krmt/module'\nimport { words } from '~/words.js'\nimport { thing } from 'thing'\n\nthing satisfies 1\nprocess2.exit satisfies string\n",
        )
        .replace("[['CUT word', 'wor']]", '[]'),
      'module/lib/words.ts': 'export const words: string[] = []\n',
      'module/package.json': '{}',
      'module/tsconfig.json': `{
  // Comments are fine.
  "compilerOptions": {
    "strict": true, "module": "nodenext", "types": ["things"], "paths": { "~/*": ["./lib/*"] }, "rootDir": ".",
    "noEmit": false, "composite": true, "outDir": "out", "noUnusedLocals": true
  },
  "include": ["nothing/*"]
}`,
      'module/node_modules/thing/index.d.ts': 'export const thing: 1\n',
      'module/node_modules/thing/index.js': 'exports.thing = 1\n',
      'module/node_modules/@types/things/index.d.ts': 'declare const process2: { exit: string }\n',
    }
    const { code, stdout } = await check(loose, './module')
    expect(stdout).toContain('types        ok      module/tsconfig.json\n')
    // The bundler knows the paths of tsconfig.json as well; the global of the made-up types is not there at run time.
    expect(stdout).toContain('process2 is not defined')
    expect(code).toBe(1)
    const unused = await check({ ...loose, 'module/index.ts': `const unused = 1\n${cutting()}` }, './module')
    expect(unused.stdout).toContain("index.ts:1:7: error: 'unused' is declared but its value is never read. (TS6133)")
    expect(readdirSync(workspace?.path('module') ?? '')).not.toContain('out')
  })

  test('a tsconfig.json that cannot be read is an error of types', async () => {
    const { code, stdout } = await check(
      { 'cut.ts': cutting(), 'tsconfig.json': '{ "extends": "./nothing.json" }' },
      './cut.ts',
    )
    expect(stdout).toContain('types        FAILED  1 error (tsconfig.json)\n')
    expect(stdout).toContain('nothing.json')
    expect(code).toBe(1)
  })

  test('a bad definition: all that is wrong, with its place in the definition', async () => {
    const bad = cutting().replace("'readonly'", "'readonly', 'write'").replace("'1.0.0'", "'one'")
    const { code, stdout } = await check({ 'cut.js': bad }, './cut.js')
    expect(stdout).toBe(`types        -       not checked: it is JavaScript
definition   FAILED  the module cannot be loaded
    cut.js:14:16: error: version: must be a version such as 1.0.0, not the text "one"
      14 | export default defineModule({ name: 'cutter', version: 'one', requires: '^1', commands: [cut] })
         |                ^
    cut.js:3:13: error: commands[0].flags: has both write and readonly
      3 | const cut = command({
        |             ^
`)
    expect(code).toBe(1)
  })

  test.each([
    ['a syntax error', 'export default {\n  name: }\n', '    cut.js:2:9: error: Unexpected "}"\n      2 |   name: }\n'],
    ['a top level that throws', `${cutting()}\nthrow new Error('too late')\n`, 'cut.js:16:7: error: too late\n'],
    ['a load that throws', cutting().replace('[cut] }', "[cut], load() { throw new Error('no') } }"), ': error: no\n'],
    [
      'another version',
      cutting().replace('^1', '^2'),
      `requires: it is for version ^2 of krmt/module, and this is ${interfaceVersion}\n`,
    ],
  ])('%s is told with its place', async (_, text, said) => {
    const { code, stdout } = await check({ 'cut.js': text }, './cut.js')
    expect(stdout).toContain(said)
    expect(code).toBe(1)
  })

  test('an example that fails: what was expected, what came, and where the command threw', async () => {
    const wrong = await check({ 'cut.ts': cutting({ example: "['CUT word', 'ord']" }) }, './cut.ts')
    expect(wrong.stdout).toContain(`examples     FAILED  1 command did not do what its examples say
    CUT, example 1: CUT word
      expected  "ord"
      got       "wor"
`)
    expect(wrong.code).toBe(1)
    const thrown = await check({ 'cut.ts': cutting({ run: '(word as unknown as string[]).map(String)' }) }, './cut.ts')
    expect(thrown.stdout).toContain(`got       expectError("ERR internal error in 'cut': word.map is not a function")`)
    expect(thrown.stdout).toMatch(/TypeError: word\.map is not a function\n +at .*cut\.ts:10:\d+\)?\n$/)
  })

  test('a command that is not deterministic', async () => {
    const { stdout, code } = await check(
      { 'cut.ts': `let calls = 0\n${cutting({ run: 'word.slice(0, calls++ % 3)', example: "['CUT word', '']" })}` },
      './cut.ts',
    )
    expect(stdout).toContain('CUT, example 1: CUT word')
    expect(code).toBe(1)
    // What a server gives to a module, the time of the command, is the same each time.
    const timely = await check(
      { 'cut.ts': cutting({ run: 'String(Date.now()).slice(0, 3)', example: "['CUT word', '176']" }) },
      './cut.ts',
    )
    expect(timely.code).toBe(0)
  })

  test("the module's own options", async () => {
    const choosing = cutting({ example: "['CUT word', 'wo']" })
      .replace('word.slice(0, -1)', 'word.slice(0, -by)')
      .replace('const cut = command', 'const cut = (by: number) => command')
      .replace('commands: [cut]', 'options: { by: t.optional(t.integer(), 1) }, commands: ({ by }) => [cut(by)]')
    expect((await check({ 'cut.ts': choosing }, './cut.ts', 'by', '2')).code).toBe(0)
    expect((await check({ 'cut.ts': choosing }, './cut.ts')).code).toBe(1)
    const { stdout } = await check({ 'cut.ts': choosing }, './cut.ts', 'by', 'much')
    expect(stdout).toContain("option 'by' of module cutter cannot be 'much'")
  })

  test.each<[args: readonly string[], said: string]>([
    [[], 'Usage: krmt check PATH'],
    [['--leeks'], 'Usage: krmt check PATH'],
    [['./nothing.ts'], 'no such file or folder'],
    [['poon'], "there is no module 'poon'"],
  ])('krmt check %j could not check anything: exit code 2', async (args, said) => {
    const { code, stderr, stdout } = await check({}, ...args)
    expect(stderr).toContain(said)
    expect([code, stdout]).toEqual([2, ''])
  })

  test('a module that keeps the process busy does not keep the check', async () => {
    const busy = cutting().replace(
      '[cut] }',
      '[cut], load() { setInterval(() => {}, 10); new (require("node:net").Server)().listen(0) } }',
    )
    expect((await check({ 'cut.js': busy }, './cut.js')).code).toBe(0)
  })
})

describe('krmt check --leaks', () => {
  test('a thousand reloads of a module that keeps nothing', async () => {
    const { code, stdout } = await check({ 'cut.ts': cutting() }, './cut.ts', '--leaks')
    expect(stdout).toMatch(/\nleaks {8}ok {6}1,000 reloads kept \d\.\d MB; the limit is 5\.0 MB \(\d+\.\d s\)\n$/)
    expect(code).toBe(0)
  })

  test('and of one whose versions stay for ever', async () => {
    const leaking = cutting().replace(
      '[cut] }',
      "[cut], load() { process.setMaxListeners(0).on('warning', () => cut) } }",
    )
    const { code, stdout } = await check({ 'cut.ts': leaking }, './cut.ts', '--leaks')
    expect(stdout).toMatch(/\nleaks {8}FAILED {2}1,000 reloads kept \d+\.\d MB; the limit is 5\.0 MB/)
    expect(stdout).toContain('kB a reload: something outside of the module holds on to its old versions.')
    expect(code).toBe(1)
  })
})
