import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configFromArguments, parseCommandLine } from './arguments.js'

describe('a command line is taken as redis-server takes it', () => {
  test.each<[string[], { file?: string; stdin?: boolean; options?: string }]>([
    [[], {}],
    [['a.conf'], { file: 'a.conf' }],
    [['a.conf', '--port', '7000'], { file: 'a.conf', options: 'port "7000"' }],
    [['--port', '7000', '--hz', '5'], { options: 'port "7000"\nhz "5"' }],
    [['--bind', 'a', 'b', '--hz', '5'], { options: 'bind "a" "b"\nhz "5"' }],
    [
      ['--module-add', 'x y.ts', 'a', 'b', '--module-add', 'z'],
      { options: 'module-add "x y.ts" "a" "b"\nmodule-add "z"' },
    ],
    // The first value may look like an option, the second one may not.
    [['--port', '--hz', '8'], { options: 'port "--hz" "8"' }],
    [['--port', '7', '--port'], { options: 'port "7"\nport' }],
    [['--port'], { options: 'port' }],
    [['--port 7000', '--hz', '8'], { options: 'port 7000\nhz "8"' }],
    [['--port 7000', '8'], { options: 'port 7000 "8"' }],
    [['--', 'hz', '7'], { options: ' "hz" "7"' }],
    [['---hz', '7'], { options: '-hz "7"' }],
    [['a.conf', '-hz', '7'], { file: 'a.conf', options: ' "-hz" "7"' }],
    [['--hz=7'], { options: 'hz=7' }],
    [['--save'], { options: 'save ""' }],
    [['--save', '--hz', '5'], { options: 'save ""\nhz "5"' }],
    [['--save', '', '--hz', '5'], { options: 'save ""\nhz "5"' }],
    [['-'], { stdin: true }],
    [['-', '--hz', '5'], { stdin: true, options: 'hz "5"' }],
    [['a.conf', '-'], { file: 'a.conf', stdin: true }],
    [['a.conf', '--hz', '3', '-'], { file: 'a.conf', stdin: true, options: 'hz "3"' }],
    [['a.conf', '-', '--hz', '3'], { file: 'a.conf', options: ' "-"\nhz "3"' }],
    [['--requirepass', 'gr\u00fcn "\n'], { options: 'requirepass "gr\\xc3\\xbcn \\"\\n"' }],
  ])('%j', (argv, expected) => {
    expect(parseCommandLine(argv)).toEqual({ file: undefined, stdin: false, options: '', ...expected })
  })
})

describe('the configuration that it asks for', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'krmt-config-'))
    writeFileSync(join(folder, 'a.conf'), 'timeout 1\nhz 1\nmaxclients 1\n')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const run = (argv: string[], stdin = '') =>
    configFromArguments(argv, { cwd: folder, stdin: () => Buffer.from(stdin, 'latin1') })

  test('options win over standard input, and that wins over the file', () => {
    const config = run(['a.conf', '--timeout', '3', '-'], 'hz 2\ntimeout 2\n')
    expect(config.values).toMatchObject({ timeout: 3, hz: 2, maxclients: 1, dir: folder })
    expect(config.file).toBe(join(folder, 'a.conf'))
    expect(run(['--hz', '7']).file).toBeUndefined()
  })

  test('a value may hold any bytes', () => {
    expect(run(['--requirepass', 'gr\u00fcn "\n']).values.requirepass).toBe('gr\xc3\xbcn "\n')
  })

  test.each([
    [['--timeout', 'x'], "Reading the command line\n>>> 'timeout \"x\"'\nargument couldn't be parsed into an integer"],
    [['--timeout'], "Reading the command line\n>>> 'timeout'\nwrong number of arguments"],
    [['--requirepass "x'], "Reading the command line\n>>> 'requirepass \"x'\nUnbalanced quotes in configuration line"],
    [
      ['-'],
      "Reading the configuration file, at line 2 of standard input\n>>> 'foo'\nBad directive or wrong number of arguments",
    ],
    [['nosuch.conf'], "Fatal error, can't open config file 'nosuch.conf': No such file or directory"],
  ])('%j is refused', (argv, message) => expect(() => run(argv, '\nfoo')).toThrow(message))
})
