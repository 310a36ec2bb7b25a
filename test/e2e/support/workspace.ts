import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of a user's, for one test. */
export interface Workspace {
  /** Absolute, symbolic links followed. */
  readonly folder: string
  path(name: string): string
  /** Writes a file, and the folders on the way to it. */
  write(name: string, text: string): void
  remove(): void
}

export function createWorkspace(files: Readonly<Record<string, string>> = {}): Workspace {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'krmt-e2e-')))
  const path = (name: string): string => join(folder, name)
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { folder, path, write, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The source of a module with one command, which takes nothing and answers a text. */
export function answering(answer: string, { name = 'greeter', command = 'greet' } = {}): string {
  return `import { command, defineModule, reply } from 'krmt/module'

const answers = command({ name: '${command}', summary: 'Answers.', flags: ['fast'], run: () => reply.status('${answer}') })

export default defineModule({ name: '${name}', version: '1.0.0', requires: '^1', commands: [answers] })
`
}
