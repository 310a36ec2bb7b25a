import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect, type Reply, type RespClient } from '../../support/resp-client.js'
import { createWorkspace, type Workspace } from './workspace.js'

/** The program as it has been built. */
export const program = fileURLToPath(new URL('../../../dist/esm/src/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A server in a process of its own, that listens on a unix socket. */
export interface KrmtProcess {
  readonly workspace: Workspace
  readonly socketPath: string
  /** All that it has written to standard output and standard error so far. */
  readonly log: string
  /** Waits for a log line that matches, among those after the one that was waited for last; rejects if the server ends first. */
  logged(wanted: string | RegExp): Promise<string>
  /** Another connection; closed when the server is stopped. */
  connect(): Promise<RespClient>
  /** Sends a line, split at spaces, on a connection kept for this; gives the reply as `text` does. */
  send(line: string): Promise<string>
  /** The same for words as they are. */
  sendWords(...argv: readonly string[]): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
  /** Ends the server as a service manager would, and removes the workspace. */
  stop(): Promise<Ended>
}

export interface StartOptions {
  /** The words after `krmt`, but for those that say where to listen. */
  readonly args?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly node?: readonly string[]
}

/** Starts the program in a folder of its own, with these files, and waits until it serves. Throws its log if it does not. */
export async function startKrmt(options: StartOptions = {}): Promise<KrmtProcess> {
  const krmt = spawnKrmt(options)
  await krmt.logged('Ready to accept connections')
  return krmt
}

/** The same, without waiting. */
export function spawnKrmt({ args = [], files = {}, node = [] }: StartOptions = {}): KrmtProcess {
  const workspace = createWorkspace(files)
  const socketPath = workspace.path('krmt.sock')
  const argv = [...node, program, ...args, '--port', '0', '--unixsocket', socketPath]
  const child = spawn(process.execPath, argv, { cwd: workspace.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.on('exit', kill)

  let log = ''
  /** Where the line ends that was waited for last. */
  let seen = 0
  let isOver = false
  let check = (): void => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1').on('data', (text: string) => {
      log += text
      check()
    })
  }
  const clients: RespClient[] = []
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => {
    process.off('exit', kill)
    isOver = true
    check()
    return { code, signal } as Ended
  })

  function logged(wanted: string | RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      check = () => {
        for (let end = log.indexOf('\n', seen); end !== -1; end = log.indexOf('\n', seen)) {
          const line = log.slice(seen, end)
          seen = end + 1
          if (typeof wanted === 'string' ? !line.includes(wanted) : !wanted.test(line)) continue
          check = () => {}
          resolve(line)
          return
        }
        if (isOver) reject(new Error(`the server has ended without saying ${wanted}; it said:\n${log}`))
      }
      check()
    })
  }

  let talker: Promise<RespClient> | undefined
  async function connectTo(): Promise<RespClient> {
    const client = await connect({ path: socketPath })
    clients.push(client)
    return client
  }
  async function sendWords(...words: readonly string[]): Promise<string> {
    talker ??= connectTo()
    return text(await (await talker).send(...words))
  }

  return {
    workspace,
    socketPath,
    get log() {
      return log
    },
    logged,
    connect: connectTo,
    send: line => sendWords(...line.split(' ')),
    sendWords,
    kill: signal => void child.kill(signal),
    ended,
    async stop() {
      await Promise.all(clients.map(client => client.close()))
      child.kill('SIGTERM')
      const end = await ended
      workspace.remove()
      return end
    },
  }
}

/** A reply on one line: an error with `-`, nil as `(nil)`, elements in brackets. */
export function text(reply: Reply): string {
  switch (reply.type) {
    case 'error':
      return `-${reply.value}`
    case 'array':
    case 'push':
    case 'set':
      return `[${reply.items.map(text).join(' ')}]`
    case 'null':
    case 'null-bulk':
    case 'null-array':
      return '(nil)'
    case 'status':
    case 'bulk':
    case 'integer':
    case 'double':
    case 'boolean':
      return String(reply.value)
    default:
      return JSON.stringify(reply)
  }
}

/** Runs the program to its end. */
export async function runKrmt(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
