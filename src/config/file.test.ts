import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Config } from './config.js'
import { ConfigFileError } from './errors.js'
import { readConfigFile, readConfigText } from './file.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krmt-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text, 'latin1')
  }
}

function load(path: string): Config {
  const config = new Config({ dir: folder })
  config.apply(readConfigFile(path, () => config.values.dir))
  return config
}

function words(text: string): string[][] {
  return [...readConfigText(text, 'test', () => folder)].map(({ name, args }) => [name, ...args])
}

describe('a line', () => {
  test.each<[string, string[][]]>([
    ['', []],
    ['# c\n  # c\n \t\r\n\n', []],
    ['  timeout \t 5  \r\n', [['timeout', '5']]],
    ['timeout 5 # c', [['timeout', '5', '#', 'c']]],
    ["a \"b c\" 'd e' \"\\x00\\xff\\n\" 'it\\'s'", [['a', 'b c', 'd e', '\0\xff\n', "it's"]]],
    ['"" 5', [['', '5']]],
    ['a\nb', [['a'], ['b']]],
    ['k \xff\xc3\xa9', [['k', '\xff\xc3\xa9']]],
    ['include', [['include']]],
    ['include a b', [['include', 'a', 'b']]],
  ])('%j', (text, expected) => expect(words(text)).toEqual(expected))

  test.each(['timeout "5', 'timeout "5"x', "timeout '5"])('%j has unbalanced quotes', text =>
    expect(() => words(`\n  ${text}`)).toThrow(
      new ConfigFileError('Unbalanced quotes in configuration line', { source: 'test', line: 2, text }),
    ),
  )
})

describe('a file', () => {
  test('sets what it says, the last line winning where a parameter has one value', () => {
    write({
      'a.conf': [
        'TIMEOUT 5',
        'timeout 6',
        'bind 127.0.0.1 "::1"',
        'client-output-buffer-limit normal 1 2 3',
        'client-output-buffer-limit pubsub 4mb 5 6',
        'module-add "/a b.ts" x',
        'loadmodule geo',
        'hash-max-ziplist-entries 9',
        'unixsocketperm 0700',
        'tcp-backlog 5',
        'save ""',
        'appendonly no',
      ].join('\n'),
    })
    expect(load('a.conf').values).toMatchObject({
      timeout: 6,
      bind: ['127.0.0.1', '::1'],
      'client-output-buffer-limit': { normal: { hard: 1 }, slave: { hard: 2 ** 28 }, pubsub: { hard: 2 ** 22 } },
      'module-add': [
        { path: '/a b.ts', args: ['x'] },
        { path: 'geo', args: [] },
      ],
      'hash-max-listpack-entries': 9,
      unixsocketperm: 0o700,
      'tcp-backlog': 5,
    })
  })

  test.each([
    ['foo bar', 'Bad directive or wrong number of arguments'],
    ['include a b', 'Bad directive or wrong number of arguments'],
    ['timeout', 'wrong number of arguments'],
    ['timeout 5 6', 'wrong number of arguments'],
    ['module-add', 'wrong number of arguments'],
    ['timeout x', "argument couldn't be parsed into an integer"],
    ['unixsocketperm 9', "argument couldn't be parsed as an octal number"],
    ['unixsocketperm 1777', 'argument must be between 0 and 777 inclusive'],
    ['unixsocketperm -1', 'argument must be between 0 and 777 inclusive'],
    ['enable-debug-command x', 'argument(s) must be one of the following: no, yes, local'],
    ['dir /nosuch', 'No such file or directory'],
    ['dir ""', 'No such file or directory'],
    ['dir /etc/passwd', 'Not a directory'],
    ['save 3600 1 300 100', 'krmt keeps no data on disk yet'],
    ['save "" 1', 'Invalid save parameters'],
  ])('%j stops the start', (line, reason) => {
    write({ 'a.conf': `# mine\n  ${line}\ntimeout 5\n` })
    expect(() => load('a.conf')).toThrow(new ConfigFileError(reason, { source: 'a.conf', line: 2, text: line }))
  })

  test('that is not there', () => {
    expect(() => load('a.conf')).toThrow(
      new ConfigFileError("Fatal error, can't open config file 'a.conf': No such file or directory"),
    )
  })
})

describe('include', () => {
  test('reads the other file in that place', () => {
    write({ 'a.conf': 'hz 1\ninclude b.conf\ntimeout 1\n', 'b.conf': 'hz 2\ntimeout 2\n' })
    expect(load('a.conf').values).toMatchObject({ hz: 2, timeout: 1 })
  })

  test('starts from the working folder, which a dir directive changes on the way', () => {
    write({ 'a.conf': 'include sub/b.conf\ndir sub\ninclude c.conf\n', 'sub/b.conf': 'hz 2\n', 'sub/c.conf': 'hz 3\n' })
    const { values } = load('a.conf')
    expect(values).toMatchObject({ hz: 3, dir: join(folder, 'sub') })
  })

  test('takes wildcards: in byte order, hidden files only if asked for, none being no error', () => {
    write({
      'a.conf': 'include conf.d/*/[!x]*.conf\ninclude conf.d/*.nosuch\ninclude nosuch/*/x.conf\n',
      'conf.d/1/b.conf': 'hz 2\n',
      'conf.d/2/a.conf': 'hz 3\ntimeout 3\n',
      'conf.d/2/.b.conf': 'hz 4\n',
      'conf.d/2/notes.txt': 'not configuration\n',
    })
    expect(load('a.conf').values).toMatchObject({ hz: 3, timeout: 3 })
    write({ 'b.conf': 'include conf.d/2/.*.conf\n' })
    expect(load('b.conf').values).toMatchObject({ hz: 4, timeout: 0 })
  })

  test('an error names the file that it is in', () => {
    write({ 'a.conf': '\n\ninclude b.conf\n', 'b.conf': 'hz 2\nfoo\n' })
    expect(() => load('a.conf')).toThrow('Reading the configuration file, at line 2 of b.conf')
    write({ 'a.conf': 'include c.conf\n' })
    expect(() => load('a.conf')).toThrow("Fatal error, can't open config file 'c.conf': No such file or directory")
  })

  test('of itself, by whatever name, is an error that says how', () => {
    write({ 'a.conf': 'include b.conf\n', 'b.conf': 'include link.conf\n' })
    symlinkSync('a.conf', join(folder, 'link.conf'))
    const chain = ['a.conf', 'b.conf', 'a.conf'].map(name => join(folder, name)).join(' -> ')
    expect(() => load('a.conf')).toThrow(new ConfigFileError(`Fatal error, a config file includes itself: ${chain}`))
  })

  test('of one file twice is none', () => {
    write({ 'a.conf': 'include b.conf\nhz 1\ninclude b.conf\n', 'b.conf': 'hz 2\n' })
    expect(load('a.conf').values.hz).toBe(2)
  })
})
