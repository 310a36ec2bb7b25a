import { spawn } from 'node:child_process'

export interface Finished {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. `input` is its standard input; `env` comes on top of this process's. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<Finished> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: 'pipe',
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    output.stderr += text
  })
  child.stdin.on('error', () => {}) // it may end without having read all
  child.stdin.end(options.input ?? '')
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('exit', kill)
      resolve({ code: code ?? signal ?? 0, ...output })
    })
  })
}

/** The same, with Node; throws, with all that it printed, unless it ends well. Gives its standard output. */
export async function node(args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  return succeeded(await run(process.execPath, args, options), `node ${args.join(' ')}`)
}

/** Standard output of what ended well. */
export function succeeded({ code, stdout, stderr }: Finished, what: string): string {
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}
