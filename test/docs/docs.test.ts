import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromUtf8, toUtf8 } from '../../src/bytes/bytes.js'
import { splitArgs } from '../../src/bytes/split-args.js'
import { parameterNames } from '../../src/config/parameters.js'
import { main, type RunningServer, startServer } from '../e2e/support/program.js'
import { connect, type RespClient } from '../support/resp-client.js'
import { run } from '../support/run.js'
import { type Block, type Document, documents, root } from './markdown.js'
import { asRedisCli } from './redis-cli.js'

/*
 * The examples in the documentation do what they say. Fenced blocks, in the order in which they stand:
 *
 *   ts file=NAME              a file; all of a document's are type-checked together. A module passes `krmt check`, NAME.test.ts
 *                             is run with vitest, program.ts with node
 *   text output=NAME          what that program prints
 *   redis modules=NAME,...    a session of redis-cli with a new server; lines that begin with `> ` are commands
 *   redis                     goes on with the same server
 *   diff file=NAME            a file is edited, lines with - taken out and those with + put in, and saved while the server runs
 *   log                       what the server logs when that has been saved, without the process id and the time
 *   sh                        for the reader; npm scripts and options that it names exist
 */
const all = documents()

const withFiles = all.filter(({ blocks }) => blocks.some(isFile))
describe.each(withFiles.map(document => [document.path, document] as const))('%s', (path, document) => {
  let workbench: Workbench

  beforeAll(() => {
    workbench = new Workbench(document)
  })
  afterAll(() => workbench.close())

  test('its files type-check', () => workbench.typeCheck())

  const steps = document.blocks.filter(isRunnable)
  test.each(steps.map(block => [`${path}:${block.line}`, title(block), block] as const))(
    '%s: %s',
    (_at, _title, block) => workbench.follow(block),
  )
})

describe.each(all.map(document => [document.path, document] as const))('%s', (path, document) => {
  test('links lead somewhere', () => {
    const broken = document.links.filter(link => isBroken(document, link.target))
    expect(broken.map(({ target, line }) => `${path}:${line}: ${target}`)).toEqual([])
  })

  test('what it tells to run exists', () => {
    const lines = document.text.split('\n')
    const problems = lines.flatMap((line, index) =>
      [...problemsInCommands(line)].map(problem => `${path}:${index + 1}: ${problem}`),
    )
    expect(problems).toEqual([])
  })
})

function isFile({ language, attributes }: Block): boolean {
  return language === 'ts' && attributes.get('file') !== undefined
}

function isRunnable(block: Block): boolean {
  return isFile(block) || ['redis', 'diff', 'log', 'text'].includes(block.language)
}

function title({ language, attributes }: Block): string {
  return [language, ...[...attributes].map(([name, value]) => `${name}=${value}`)].join(' ')
}

/** A folder with the files of a document, and the server that its sessions talk to. */
class Workbench {
  readonly #document: Document
  readonly #folder = mkdtempSync(join(tmpdir(), 'krmt-docs-'))
  readonly #printed = new Map<string, string>()
  #server: RunningServer | undefined
  #client: RespClient | undefined
  /** Where the server's output was when a file was last saved. */
  #saved = 0

  constructor(document: Document) {
    this.#document = document
    // As if `npm install krmt vitest` had been run there.
    mkdirSync(join(this.#folder, 'node_modules'))
    symlinkSync(root, join(this.#folder, 'node_modules/krmt'))
    for (const name of ['vitest', '@types'])
      symlinkSync(join(root, 'node_modules', name), join(this.#folder, 'node_modules', name))
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }')
  }

  async close(): Promise<void> {
    await this.#endSession()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async typeCheck(): Promise<void> {
    await this.#writeFiles()
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
    const { paths: _, ...options } = compilerOptions
    this.#write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['*.ts'] }))
    const { stdout } = await run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', this.#folder],
      {
        cwd: this.#folder,
      },
    )
    expect(this.#inDocument(stdout)).toBe('')
  }

  follow(block: Block): Promise<void> {
    switch (block.language) {
      case 'ts':
        return this.#useFile(block.attributes.get('file')!, block)
      case 'redis':
        return this.#session(block)
      case 'diff':
        return this.#edit(block)
      case 'log':
        return this.#log(block)
      default:
        return this.#output(block)
    }
  }

  async #useFile(name: string, block: Block): Promise<void> {
    await this.#writeFiles()
    if (name.endsWith('.test.ts')) {
      const vitest = join(root, 'node_modules/vitest/vitest.mjs')
      await this.#succeeds([vitest, 'run', '--root', this.#folder, name])
    } else if (block.text.includes('defineModule(')) {
      await this.#succeeds([main, 'check', `./${name}`])
    } else {
      const outfile = join(this.#folder, name.replace(/\.ts$/, '.built.mjs'))
      const entryPoints = [join(this.#folder, name)]
      await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external' })
      this.#printed.set(name, await this.#succeeds([outfile]))
    }
  }

  /** The files as the document first has them, whatever has been edited since. */
  async #writeFiles(): Promise<void> {
    await this.#endSession()
    for (const { attributes, text } of this.#document.blocks.filter(isFile)) this.#write(attributes.get('file')!, text)
  }

  async #output(block: Block): Promise<void> {
    const name = block.attributes.get('output')
    if (name === undefined) return
    expect(this.#printed.get(name), `${name} has been run`).toBeDefined()
    expect(this.#printed.get(name)?.trimEnd()).toBe(block.text)
  }

  async #session(block: Block): Promise<void> {
    const modules = block.attributes.get('modules')
    if (modules !== undefined) {
      await this.#endSession()
      const names = modules.split(',').map(name => (name.includes('.') ? `./${name}` : name))
      this.#server = await startServer(['dev', ...names], { cwd: this.#folder })
      this.#client = await connect({ path: this.#server.socketPath })
    }
    const lines = block.text.split('\n')
    const session: string[] = []
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith('> ')) {
        if (index === 0) throw new Error(`${this.#at(block, 0)}: a session begins with a command, behind "> "`)
        continue
      }
      const words = splitArgs(fromUtf8(line.slice(2)))
      if (words === undefined || this.#client === undefined) throw new Error(`${this.#at(block, index)}: ${line}`)
      session.push(line, toUtf8(asRedisCli(await this.#client.send(...words))))
    }
    const expected = lines.filter(line => line !== '').join('\n')
    expect(session.join('\n'), `the session at ${this.#at(block, 0)}`).toBe(expected)
  }

  async #edit(block: Block): Promise<void> {
    const name = block.attributes.get('file')!
    const path = join(this.#folder, name)
    const lines = (mark: string): string =>
      block.text
        .split('\n')
        .filter(line => line.startsWith(mark))
        .map(line => `${line.slice(1)}\n`)
        .join('')
    const text = readFileSync(path, 'utf8')
    const parts = text.split(lines('-'))
    expect(parts.length - 1, `how often the lines at ${this.#at(block, 0)} are in ${name}`).toBe(1)
    this.#saved = this.#server?.output.length ?? 0
    writeFileSync(path, parts.join(lines('+')))
    await this.#server?.until(/\] loaded \d+ command|goes on serving/, this.#saved)
  }

  async #log(block: Block): Promise<void> {
    const output = this.#server?.output.slice(this.#saved) ?? ''
    expect(output.replace(/^\d+:M .{24} /gm, '')).toContain(`${block.text}\n`)
  }

  async #endSession(): Promise<void> {
    await this.#client?.close()
    await this.#server?.stop()
    this.#server = undefined
    this.#client = undefined
  }

  async #succeeds(args: readonly string[]): Promise<string> {
    const env = { VITEST: '', NODE_ENV: '', CI: '' }
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: this.#folder, env })
    if (code !== 0) throw new Error(this.#inDocument(`${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`))
    return stdout
  }

  #write(name: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, name)), { recursive: true })
    writeFileSync(join(this.#folder, name), `${text}\n`)
  }

  #at(block: Block, line: number): string {
    return `${this.#document.path}:${block.line + line}`
  }

  /** Places in the files as places in the document: `stock.ts(3,7)`, `stock.ts:3:7`. */
  #inDocument(text: string): string {
    let told = text
    for (const block of this.#document.blocks.filter(isFile)) {
      const name = block.attributes.get('file')!.replaceAll('.', '\\.')
      const place = new RegExp(`(?<![\\w.-])${name}[(:](\\d+)[,:](\\d+)\\)?`, 'g')
      told = told.replace(place, (_, line, column) => `${this.#at(block, Number(line) - 1)}:${column}`)
    }
    return told
  }
}

function isBroken(document: Document, target: string): boolean {
  if (/^(https?|mailto):/.test(target)) return false
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document.path : posix.join(posix.dirname(document.path), path)
  if (!existsSync(join(root, file))) return true
  return anchor !== undefined && !all.find(({ path }) => path === file)?.anchors.has(anchor)
}

/** What a line tells to run that there is not: npm scripts, options of krmt, paths of tests. */
function* problemsInCommands(line: string): Generator<string> {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [, script] of line.matchAll(/\bnpm (?:run ([\w:-]+))/g)) {
    if (!Object.hasOwn(scripts, script!)) yield `there is no script ${script}`
  }
  for (const [, path] of line.matchAll(/\bnpx vitest run ([\w./-]+\.ts)\b/g)) {
    if (!existsSync(join(root, path!))) yield `there is no file ${path}`
  }
  const command = /(?:\bnpx krmt|\bnpm start --|(?<![\w/])krmt (?:dev|serve|check|new))\b(.*)/.exec(line)?.[1]
  for (const [, option] of command?.matchAll(/(?<![\w-])--([\w-]+)/g) ?? []) {
    const known = ['version', 'help', 'leaks', ...parameterNames]
    if (!known.includes(option!)) yield `there is no option --${option}`
  }
}
