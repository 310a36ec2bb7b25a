import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, succeeded } from '../support/run.js'

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

export const manifest: {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export interface Tarball {
  readonly path: string
  /** Paths of the files in it. */
  readonly files: readonly string[]
}

/** What `npm publish` would send, written into a folder. The suite's set-up has built it. */
export async function pack(folder: string): Promise<Tarball> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const [report] = JSON.parse(succeeded(await run('npm', args, { cwd: root }), 'npm pack'))
  return { path: join(folder, report.filename), files: report.files.map(({ path }: { path: string }) => path) }
}
