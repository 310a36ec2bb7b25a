import { interfaceVersion } from '../module/features.js'
import { KRMT_VERSION } from '../version.js'

/** The files of a new module, by name. `name` is lower-case letters and digits. */
export function moduleFiles(name: string): ReadonlyMap<string, string> {
  return new Map([
    ['index.ts', index(name)],
    ['index.test.ts', indexTest(name)],
    ['README.md', readme(name)],
    ['package.json', `${JSON.stringify(manifest(name), undefined, 2)}\n`],
    ['tsconfig.json', `${JSON.stringify(TSCONFIG, undefined, 2)}\n`],
    ['.gitignore', 'node_modules/\ndist/\n'],
  ])
}

const SUMMARY = 'Keeps the greatest of the numbers that it is given, and answers it.'

function index(name: string): string {
  const word = name.toUpperCase()
  return `import { command, defineModule, expectError, ReplyError, t } from 'krmt/module'

/** ${word} key number: keeps the greatest of the numbers that it is given, and answers it. */
const keepGreatest = command({
  name: '${name}',
  summary: '${SUMMARY}',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: { key: t.key(), number: t.integer() },
  // Documentation and tests at once: they run one after another, on an empty server.
  examples: [
    ['${word} record 10', 10],
    ['${word} record 7', 10],
    ['${word} record 12', 12],
    ['GET record', '12'],
    ['${word} record twelve', expectError('ERR value is not an integer or out of range')],
  ],
  // Reads, decides, says what to write. It is written once the function has returned, and not at all if it throws.
  run({ key, number }, { read, write }) {
    const greatest = Number(read.string(key).get() ?? -Infinity)
    if (Number.isNaN(greatest)) throw new ReplyError('ERR the key holds something that is no number')
    if (number <= greatest) return greatest
    write.string(key).set(number)
    return number
  },
})

export default defineModule({
  name: '${name}',
  version: '0.1.0',
  requires: '^${interfaceVersion.split('.')[0]}',
  commands: [keepGreatest],
})
`
}

function indexTest(name: string): string {
  return `import { openTest, testExamples } from 'krmt/testing'
import { expect, test } from 'vitest'
import ${name}Module from './index.js'

// A test for each command that has examples.
testExamples(${name}Module, test)

test('leaves a key alone that holds no number', async () => {
  const db = await openTest({ modules: [${name}Module] })
  await db.call('SET', 'name', 'Ada')
  await expect(db.${name}({ key: 'name', number: 1 })).rejects.toThrow('ERR the key holds something that is no number')
  expect(await db.call('GET', 'name')).toBe('Ada')
  await db.close()
})
`
}

function readme(name: string): string {
  const word = name.toUpperCase()
  return `# krmt-${name}

A module for [krmt](https://www.npmjs.com/package/krmt): it adds a command to Redis, written in TypeScript.

## ${word} key number

${SUMMARY}

    > ${word} record 10
    (integer) 10
    > ${word} record 7
    (integer) 10

The reply is an integer. A number that is none answers \`ERR value is not an integer or out of range\`.

## Use it

On a server, from the command line or from its configuration file (\`module-add krmt-${name}\`):

    npm install krmt krmt-${name}
    npx krmt --module-add krmt-${name}

Inside a program, where the calls are typed:

    import { open } from 'krmt'
    import ${name}Module from 'krmt-${name}'

    const db = await open({ modules: [${name}Module] })
    await db.${name}({ key: 'record', number: 10 }) // 10

## Work on it

    npm install
    npm test         # the examples of index.ts, and index.test.ts
    npm run dev      # a server on port 6379 that loads the module anew each time you save it
    npm run check    # types, definition, examples, and whether it keeps memory when it is reloaded
    npm publish      # compiles it first, for programs; servers take the TypeScript
`
}

function manifest(name: string): object {
  const krmt = `^${KRMT_VERSION}`
  return {
    name: `krmt-${name}`,
    version: '0.1.0',
    description: `Adds ${name.toUpperCase()} to Redis: a module for krmt.`,
    keywords: ['krmt', 'krmt-module', 'redis', 'redis-module'],
    type: 'module',
    // krmt loads the TypeScript; everybody else gets what it is compiled to.
    exports: { '.': { krmt: './index.ts', types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['*.ts', 'dist', '!**/*.test.*'],
    scripts: {
      dev: 'krmt dev .',
      test: 'vitest run',
      check: 'krmt check . --leaks',
      prepack: 'tsc --noEmit false --declaration --outDir dist',
    },
    peerDependencies: { krmt },
    devDependencies: { krmt, typescript: '^7.0.0', vitest: '^4.0.0' },
  }
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['*.ts'],
}
