import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built program. */
export const main = fileURLToPath(new URL('../../../dist/esm/src/cli/main.js', import.meta.url))

export interface Program {
  readonly pid: number
  /** All that it has printed so far. */
  readonly output: string
  /**
   * Resolves with the output, from a position in it, once a text is in it or a pattern matches; rejects if the program ends
   * without.
   */
  until(wanted: string | RegExp, from?: number): Promise<string>
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Sends a signal, by default SIGTERM, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

export interface ProgramOptions {
  readonly cwd?: string
  /** Standard input. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts `krmt` with arguments, as a shell would. It ends with this process at the latest. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  let hasEnded = false
  const waiting = new Set<() => void>()
  const read = (text: string): void => {
    output += text
    for (const look of waiting) look()
  }
  child.stdout.setEncoding('utf8').on('data', read)
  child.stderr.setEncoding('utf8').on('data', read)
  child.stdin.on('error', () => {}) // it may end without having read all
  child.stdin.end(options.input ?? '')
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      hasEnded = true
      process.off('exit', kill)
      for (const look of waiting) look()
      resolve(code ?? signal ?? 0)
    })
  })
  return {
    pid: child.pid ?? 0,
    get output() {
      return output
    },
    until(wanted, from = 0) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const text = output.slice(from)
          if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) resolve(text)
          else if (hasEnded) reject(new Error(`krmt ended before it printed '${wanted}':\n${output}`))
          else return
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      })
    },
    ended,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

export interface RunningServer extends Program {
  /** On 127.0.0.1, if one was asked for. */
  readonly port: number
  readonly socketPath: string
  /** A folder of its own, where the server was started. It goes away with `stop`. */
  readonly folder: string
}

/**
 * Starts the server, on a unix socket of its own and, with `tcp`, on a free port or the given one, and waits until it is ready.
 *
 * @param args what follows on the command line
 */
export async function startServer(
  args: readonly string[] = [],
  options: ProgramOptions & { readonly tcp?: boolean | number } = {},
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-e2e-'))
  const socketPath = join(folder, 'krmt.sock')
  for (let attempt = 1; ; attempt++) {
    const port = options.tcp === true ? await freePort() : Number(options.tcp ?? 0)
    const where = ['--port', String(port), '--unixsocket', socketPath]
    const program = startProgram([...args, ...where], { cwd: folder, ...options })
    try {
      await program.until('Ready to accept connections')
    } catch (error) {
      // Somebody may have taken the port between our asking for a free one and the server's binding it.
      if (attempt < 5 && program.output.includes('it is in use already')) continue
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
    return Object.create(program, {
      port: { value: port },
      socketPath: { value: socketPath },
      folder: { value: folder },
      stop: {
        async value(signal?: NodeJS.Signals) {
          const code = await program.stop(signal)
          rmSync(folder, { recursive: true, force: true })
          return code
        },
      },
    })
  }
}

/** A TCP port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
