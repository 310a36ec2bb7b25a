import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join, parse, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModuleLoadError, type Problem } from '../registry/loader/index.js'
import { nodeModules } from '../registry/loader/resolve.js'
import { readLine } from '../registry/loader/stack.js'
import type { Finding } from './check.js'

/**
 * Type-checks a module's entry and what it imports, with TypeScript's own compiler in a process of its own, against the
 * module's tsconfig.json if it has one (in the entry's folder, or above it in the same package), otherwise strictly.
 *
 * `krmt/module` means this package's types, whatever the module's folder has installed, since that is also what runs.
 *
 * @param entry absolute path
 * @param cwd what the places in messages are relative to
 */
export async function checkTypes(entry: string, cwd: string): Promise<Finding> {
  if (!/\.[cm]?ts$/.test(entry)) return { ok: undefined, says: 'not checked: it is JavaScript' }
  const own = ownConfig(entry)
  const folder = mkdtempSync(join(tmpdir(), 'krmt-check-'))
  try {
    const config = join(folder, 'tsconfig.json')
    writeFileSync(config, JSON.stringify(own === undefined ? strictly(entry, cwd) : await extending(own, entry)))
    const { code, output } = await tsc(['-p', config, '--pretty', 'false'], cwd)
    const says = own === undefined ? 'strict, since there is no tsconfig.json' : displayed(own, cwd)
    if (code === 0) return { ok: true, says }
    const problems = problemsOf(output, cwd)
    const [first, ...others] = problems
    // tsc always says what is wrong; if it has died, what it left is all there is to tell.
    if (first === undefined) return { ok: false, says, details: output.trim() || `tsc ended with code ${code}` }
    const error = new ModuleLoadError({ stage: 'check', problems: [first, ...others], cwd })
    return {
      ok: false,
      says: `${problems.length} error${problems.length === 1 ? '' : 's'} (${says})`,
      details: error.message,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The nearest tsconfig.json, not looking beyond the folder of the nearest package.json. */
function ownConfig(entry: string): string | undefined {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const config = join(folder, 'tsconfig.json')
    if (existsSync(config)) return config
    if (existsSync(join(folder, 'package.json')) || folder === parse(folder).root) return undefined
  }
}

/** What TypeScript is told for a module that says nothing itself. */
function strictly(entry: string, cwd: string): object {
  const typeRoots = [dirname(entry), cwd, dirname(fileURLToPath(import.meta.url))].flatMap(typeFolders)
  return {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023'],
      module: 'esnext',
      moduleResolution: 'bundler',
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmit: true,
      typeRoots,
      types: typeRoots.some(root => existsSync(join(root, 'node'))) ? ['node'] : [],
      paths: krmtTypes(),
    },
    files: [entry],
  }
}

/** The module's own configuration, for this one file, and with our types. */
async function extending(own: string, entry: string): Promise<object> {
  const { output } = await tsc(['-p', own, '--showConfig'], dirname(own))
  const { paths = {}, typeRoots } = compilerOptionsIn(output)
  const absolute = Object.entries(paths).map(([name, targets]) => [
    name,
    targets.map(target => resolve(dirname(own), target)),
  ])
  return {
    extends: own,
    compilerOptions: {
      paths: { ...Object.fromEntries(absolute), ...krmtTypes() },
      // Where they are looked for follows from where the configuration lies, and this one lies elsewhere.
      ...(typeRoots === undefined ? { typeRoots: typeFolders(dirname(own)) } : {}),
      skipLibCheck: true,
      noEmit: true,
      composite: false,
      incremental: false,
      rootDir: parse(entry).root,
    },
    files: [entry],
    include: [],
    references: [],
  }
}

interface OwnOptions {
  readonly paths?: Readonly<Record<string, readonly string[]>>
  readonly typeRoots?: readonly string[]
}

/** Nothing, if the configuration cannot be read: the check itself then says so. */
function compilerOptionsIn(output: string): OwnOptions {
  try {
    const config: { compilerOptions?: OwnOptions } = JSON.parse(output)
    return config.compilerOptions ?? {}
  } catch {
    return {}
  }
}

function typeFolders(folder: string): string[] {
  return nodeModules(folder).map(modules => join(modules, '@types'))
}

/** This package's types: declarations where it has been built, otherwise its sources. */
function krmtTypes(): Record<string, string[]> {
  const here = fileURLToPath(new URL('..', import.meta.url))
  const ending = existsSync(join(here, 'module/index.d.ts')) ? 'd.ts' : 'ts'
  return {
    krmt: [join(here, `index.${ending}`)],
    'krmt/module': [join(here, `module/index.${ending}`)],
    'krmt/testing': [join(here, `testing/index.${ending}`)],
    'krmt/modules/*': [join(here, `../modules/*/index.${ending}`)],
  }
}

function tsc(args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const program = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', failed)
    child.on('close', code => done({ code, output }))
  })
}

/** `file(line,column): error TS2322: text`, the text going on in indented lines; without a place for the configuration. */
function problemsOf(output: string, cwd: string): Problem[] {
  const problems: Problem[] = []
  for (const line of output.split(/\r?\n/)) {
    const [, path, row, column, code, text] = /^(?:(.+)\((\d+),(\d+)\): )?error (TS\d+): (.*)$/.exec(line) ?? []
    const last = problems.at(-1)
    if (code === undefined) {
      if (last !== undefined && /^\s+\S/.test(line)) last.reason += `\n${line}`
      continue
    }
    const problem: Problem = { file: 'tsconfig.json', reason: `${text} (${code})` }
    if (path !== undefined) {
      problem.file = isAbsolute(path) ? path : resolve(cwd, path)
      problem.line = Number(row)
      problem.column = Number(column)
      const sourceLine = readLine(problem.file, problem.line)
      if (sourceLine !== undefined) problem.sourceLine = sourceLine
    }
    problems.push(problem)
  }
  return problems
}

function displayed(file: string, cwd: string): string {
  const path = relative(cwd, file)
  return path.startsWith('..') ? join(basename(dirname(file)), basename(file)) : path
}
