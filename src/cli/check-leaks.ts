import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Finding } from './check.js'

/** What is reloaded again and again. */
export interface LeaksTask {
  readonly path: string
  /** The module's options. */
  readonly words: readonly string[]
  /** The lines of its examples, by command. */
  readonly examples: readonly (readonly string[])[]
}

/** What the process that reloads has to tell. */
export interface LeaksResult {
  /** Bytes of the heap and of buffers outside of it that stayed behind; negative if it shrank. */
  readonly kept: number
  /** Why it could not be done. */
  readonly error?: string
}

export const RELOADS = 1000

/** Bytes for all reloads together. What the heap moves by itself is a tenth of it; one kept version a reload is more. */
const LIMIT = 5e6

/**
 * Loads the module, runs its examples and loads it again, 1,000 times, in a process of its own, and finds out what memory
 * stays behind once the garbage has been collected.
 */
export async function checkLeaks(task: LeaksTask): Promise<Finding> {
  const started = performance.now()
  const { kept, error } = await inChild(task)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (error !== undefined) return { ok: false, says: 'the module could not be reloaded', details: error }
  const said = `${RELOADS.toLocaleString('en')} reloads kept ${megabytes(Math.max(0, kept))}; the limit is ${megabytes(LIMIT)} (${seconds} s)`
  if (kept <= LIMIT) return { ok: true, says: said }
  const each = `${(kept / RELOADS / 1000).toFixed(1)} kB a reload`
  return {
    ok: false,
    says: said,
    details: `${each}: something outside of the module holds on to its old versions. Look for what load() or the top level
adds to the process (listeners, sockets, caches of a package) and take it away in cleanup().`,
  }
}

function inChild(task: LeaksTask): Promise<LeaksResult> {
  const program = fileURLToPath(new URL('./check-leaks-child.js', import.meta.url))
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ['--expose-gc', program], { stdio: ['pipe', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', failed)
    child.on('close', code => {
      // The module may have written to standard output too: the last line is ours.
      const last = output.trimEnd().split('\n').at(-1) ?? ''
      if (code === 0) done(JSON.parse(last) as LeaksResult)
      else done({ kept: 0, error: `the process that reloads it ended with code ${code}` })
    })
    child.stdin.end(JSON.stringify(task))
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
