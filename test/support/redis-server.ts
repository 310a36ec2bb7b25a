import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { freePorts } from './ports.js'
import { REDIS_SERVER, type RedisProcess, startRedisProcess, withFreePorts } from './redis-process.js'

const { CI } = process.env

/** Replies are compared with those of this line of releases; another one answers some commands otherwise. */
const REFERENCE = '7.0.'

/** The version of the redis-server on PATH (or in the environment's REDIS_SERVER), undefined if there is none. */
export const redisVersion: string | undefined = askVersion()

/** Whether there is a redis-server to compare with. */
export const hasRedisServer: boolean = redisVersion?.startsWith(REFERENCE) ?? false

export interface RedisServer extends RedisProcess {
  readonly socketPath: string
  /** Ends the server; resolves once it and its folder are gone. */
  stop(): Promise<void>
}

/**
 * Starts an empty redis-server that listens on a unix socket and a TCP port of its own and saves nothing.
 *
 * @param options.args more arguments, as on the command line. Leave `loglevel` and `logfile` alone: that the server
 *   is ready is read from its log.
 * @throws an Error with the server's log, if it ends instead of getting ready
 */
export function startRedisServer(options: { args?: readonly string[] } = {}): Promise<RedisServer> {
  return withFreePorts(() => startOnce(options.args ?? []))
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
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const socketPath = join(folder, 'redis.sock')
    const [port = 0] = await freePorts(1)
    const settings = { port, unixsocket: socketPath, dir: folder, bind: '127.0.0.1', save: '' }
    const server = await startRedisProcess({
      port,
      folder,
      args: [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), ...args],
      readyLine: `ready to accept connections at ${socketPath}`,
    })
    const stop = (): Promise<void> => server.kill().then(remove)
    return Object.assign(server, { socketPath, stop })
  } catch (error) {
    remove()
    throw error
  }
}
