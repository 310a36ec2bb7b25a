import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** The program: the redis-server on PATH, or the environment's REDIS_SERVER. */
export const { REDIS_SERVER = 'redis-server' } = process.env

/** A redis-server (or a sentinel, which is one too) that can be hurt. */
export interface RedisProcess {
  /** On 127.0.0.1. */
  readonly port: number
  /** The server's own folder, its working directory too. */
  readonly folder: string
  /** That of the last start, even when it is gone. */
  readonly pid: number
  readonly state: 'running' | 'paused' | 'gone'
  /** It stands still (SIGSTOP): its connections stay open, and nothing is answered. */
  pause(): void
  /** It goes on where it was paused (SIGCONT). */
  resume(): void
  /** Ends the server at once (SIGKILL), paused or not; resolves once it is gone. The folder stays. */
  kill(): Promise<void>
  /**
   * Ends the server at once if it runs, and starts it again on the same port and in the same folder; resolves once it
   * is ready. It has the data that it had saved, which is none unless its arguments tell it to.
   *
   * @throws an Error with the server's log, if it ends instead of getting ready
   */
  restart(): Promise<void>
}

export interface RedisProcessOptions {
  readonly port: number
  readonly folder: string
  /** The whole command line. Leave `loglevel` and `logfile` alone: that the server is ready is read from its log. */
  readonly args: readonly string[]
  /** What the log has once the server is ready. */
  readonly readyLine: string
}

/**
 * Starts a redis-server; resolves once it is ready.
 *
 * @throws an Error with the server's log, if it ends instead of getting ready
 */
export async function startRedisProcess(options: RedisProcessOptions): Promise<RedisProcess> {
  const server = new ChildServer(options)
  await server.start()
  return server
}

/**
 * Starts what needs free ports again when somebody has taken one of them between our asking and a server's binding it.
 *
 * @param start asks for ports anew each time
 */
export async function withFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error
    }
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>

/** None of them outlives us. */
const children = new Set<Child>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

class ChildServer implements RedisProcess {
  readonly port: number
  readonly folder: string
  readonly #args: readonly string[]
  readonly #readyLine: string
  #child: Child | undefined
  #exited: Promise<void> = Promise.resolve()
  #pid = 0
  #isPaused = false

  constructor({ port, folder, args, readyLine }: RedisProcessOptions) {
    this.port = port
    this.folder = folder
    this.#args = args
    this.#readyLine = readyLine
  }

  get pid(): number {
    return this.#pid
  }

  get state(): 'running' | 'paused' | 'gone' {
    if (this.#child === undefined) return 'gone'
    return this.#isPaused ? 'paused' : 'running'
  }

  start(): Promise<void> {
    const child = spawn(REDIS_SERVER, this.#args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    this.#child = child
    this.#pid = child.pid ?? 0
    this.#isPaused = false
    this.#exited = new Promise(resolve => {
      child.on('close', () => {
        children.delete(child)
        this.#child = undefined
        resolve()
      })
    })
    return ready(child, this.#readyLine)
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
    this.#isPaused = true
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
    this.#isPaused = false
  }

  kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    return this.#exited
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }
}

function ready(child: Child, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    let isReady = false
    const read = (text: string): void => {
      if (isReady) return // but go on reading, or the pipe fills up and the server stops
      log += text
      isReady = log.includes(line)
      if (isReady) resolve()
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    child.on('error', reject)
    child.on('close', code => reject(new Error(`redis-server ended with code ${code}:\n${log}`)))
  })
}
