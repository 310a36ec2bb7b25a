import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { describe, test } from 'vitest'

const { CI, REDIS_SERVER = 'redis-server' } = process.env

/** Replies are compared with those of this line of releases; another one answers some commands otherwise. */
const REFERENCE = '7.0.'

/** The version of the redis-server on PATH (or in the environment's REDIS_SERVER), undefined if there is none. */
export const redisVersion: string | undefined = askVersion()

/** Whether there is a redis-server to compare with. */
export const hasRedisServer: boolean = redisVersion?.startsWith(REFERENCE) ?? false

export interface RedisServer {
  socketPath: string
  /** On 127.0.0.1. */
  port: number
  /** The server's own folder, its working directory too. It goes away with the server. */
  folder: string
  /** Ends the server; resolves once it is gone. */
  stop(): Promise<void>
}

/**
 * Starts an empty redis-server that listens on a unix socket and a TCP port of its own and saves nothing.
 *
 * @param options.args more arguments, as on the command line. Leave `loglevel` and `logfile` alone: that the server
 *   is ready is read from its log.
 * @throws an Error with the server's log, if it ends instead of getting ready
 */
export async function startRedisServer(options: { args?: readonly string[] } = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options.args ?? [])
    } catch (error) {
      // Somebody may have taken the port between our asking for a free one and the server's binding it.
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error
    }
  }
}

/**
 * `describe` for a suite that compares with redis-server. Where there is none, the suite is skipped; in CI, where
 * that would mean that nobody had looked, it fails.
 */
export function describeWithRedis(name: string, define: () => void): void {
  if (hasRedisServer) describe(name, define)
  else if (CI === undefined || CI === '') describe.skip(name, define)
  else {
    describe(name, () => {
      test('finds the redis-server to compare with', () => {
        throw new Error(`wanted redis-server ${REFERENCE}x on PATH, found ${redisVersion ?? 'none'}`)
      })
    })
  }
}

function askVersion(): string | undefined {
  const { status, stdout } = spawnSync(REDIS_SERVER, ['--version'], { encoding: 'utf8' })
  return status === 0 ? /\bv=([\d.]+)/.exec(stdout)?.[1] : undefined
}

async function startOnce(args: readonly string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-redis-'))
  const socketPath = join(folder, 'redis.sock')
  const port = await freePort()
  const settings = { port, unixsocket: socketPath, dir: folder, bind: '127.0.0.1', save: '' }
  const child = spawn(
    REDIS_SERVER,
    [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  const exited = new Promise<void>(resolve => {
    child.on('close', () => {
      process.off('exit', kill)
      rmSync(folder, { recursive: true, force: true })
      resolve()
    })
  })
  await ready(child, `ready to accept connections at ${socketPath}`)
  const stop = (): Promise<void> => {
    kill()
    return exited
  }
  return { socketPath, port, folder, stop }
}

function ready(child: ChildProcessByStdio<null, Readable, Readable>, line: string): Promise<void> {
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

function freePort(): Promise<number> {
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
