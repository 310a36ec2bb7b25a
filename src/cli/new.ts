import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { builtinCommands } from '../commands/builtin.js'
import { bundledModules } from '../registry/bundled.js'
import { moduleFiles } from './new-files.js'

const USAGE = `Usage: krmt new NAME [folder]

Writes a module to start from into a new folder, ./NAME by default: one command called NAME, its test, and a README.
`

/** `krmt new NAME [folder]`: gives the exit code, 2 for a command line that makes no sense. */
export async function create(argv: readonly string[]): Promise<number> {
  const [name, folder = `./${name}`, ...more] = argv
  if (name === '--help' || name === '-h') {
    process.stdout.write(USAGE)
    return 0
  }
  if (name === undefined || more.length > 0 || argv.some(word => word.startsWith('-'))) {
    process.stderr.write(USAGE)
    return 2
  }
  const problem = nameProblem(name) ?? folderProblem(folder)
  if (problem !== undefined) {
    process.stderr.write(`krmt new: ${problem}\n`)
    return 1
  }
  const files = moduleFiles(name)
  mkdirSync(folder, { recursive: true })
  // 'wx' fails where there is a file, also one that has just come.
  for (const [file, text] of files) writeFileSync(join(folder, file), text, { flag: 'wx' })
  process.stdout.write(report(name, folder, [...files.keys()]))
  return 0
}

/** Why a module cannot have the name; undefined if it can. */
export function nameProblem(name: string): string | undefined {
  const quoted = `'${name}'`
  if (!/^[a-z][a-z0-9]*$/.test(name) || name.length > LONGEST) {
    return `the name ${quoted} will not do: it takes lower-case letters and digits, a letter first, ${LONGEST} at most`
  }
  if (builtinCommands.some(command => command.name === name)) {
    return `${quoted} is one of Redis's own commands, which the module would replace; choose another name`
  }
  if (bundledModules.has(name)) return `${quoted} is a module that comes with krmt; choose another name`
  if (CLIENT.has(name)) return `${quoted} is something that every client can do already; choose another name`
  return undefined
}

/** Longer names do not fit npm's 214 with what stands in front of them; this is generous. */
const LONGEST = 64

/** What `open()` returns has functions of these names, which would hide the command's typed call. */
const CLIENT = new Set(['call', 'subscribe', 'load', 'unload', 'listen', 'close', 'engine', 'clock'])

function folderProblem(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  try {
    return readdirSync(folder).length === 0
      ? undefined
      : `${folder} is there already, and not empty: nothing was written`
  } catch {
    return `${folder} is there already, and is no folder: nothing was written`
  }
}

function report(name: string, folder: string, files: readonly string[]): string {
  const shown = relative(process.cwd(), resolve(folder)) || '.'
  return `Wrote ${shown}: ${files.join(', ')}

Next:
  cd ${shown}
  npm install        krmt and vitest, once
  npm test           runs the examples and the test
  npm run dev        a server with ${name.toUpperCase()} on port 6379, reloaded as you save
`
}
