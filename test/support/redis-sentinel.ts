import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePorts } from './ports.js'
import { argument, RedisAdmin, textsOf } from './redis-admin.js'
import { type RedisProcess, startRedisProcess, withFreePorts } from './redis-process.js'

/** What the sentinels call the primary that they watch. */
const NAME = 'main'

/** How long a server may be silent until a sentinel takes it for down, in milliseconds. */
const DOWN_AFTER = 1000

/** How often sentinels ask and tell, in milliseconds, in place of once in one, two or ten seconds. */
const HASTE = ['INFO-PERIOD', 200, 'PUBLISH-PERIOD', 200, 'PING-PERIOD', 200] as const

/** How long anything may take to become true, and how often it is looked at meanwhile, in milliseconds. */
const PATIENCE = { timeout: 20_000, interval: 20 }

export interface RedisSentinel {
  /** The one that was the primary first, then its replicas. */
  readonly servers: readonly RedisProcess[]
  /** They look and talk several times a second. One that is started again does so at the usual, slower pace. */
  readonly sentinels: readonly RedisProcess[]
  /** `redis+sentinel://127.0.0.1:p1,127.0.0.1:p2/main`, of the sentinels. */
  url(): string
  /** That of the server which most of the sentinels that run call the primary. */
  primaryPort(): Promise<number>
  /**
   * Has a sentinel make a replica the primary. Resolves with the new primary's port, once all that run agree: the
   * sentinels about who it is, and the other servers that they are its replicas.
   *
   * @throws an Error with why not, when that does not come to be in 20 seconds
   */
  failover(): Promise<number>
  /** Ends the primary at once (SIGKILL), without waiting for what the sentinels make of it. Gives the server. */
  killPrimary(): Promise<RedisProcess>
  /**
   * Resolves with the primary's port, once all that run agree (see `failover()`).
   *
   * @param options.not a port that is the primary's no longer
   * @throws an Error with what is not so, when it does not become so in 20 seconds
   */
  settled(options?: { not?: number }): Promise<number>
  /** Ends all of them; resolves once they and their folders are gone. */
  stop(): Promise<void>
}

export interface SentinelOptions {
  /** 1 unless told otherwise. */
  replicas?: number
  /** 3 unless told otherwise. More than half of them have to agree that the primary is down. */
  sentinels?: number
  /** More arguments for every server, as on the command line. All of them use what `--requirepass` says too. */
  args?: readonly string[]
  /** What clients of the sentinels, and the other sentinels, have to know; nothing unless told otherwise. */
  sentinelPassword?: string
}

/** Starts a primary and replicas, which save no data, and sentinels that watch them, under the name `main`. */
export function startRedisSentinel(options: SentinelOptions = {}): Promise<RedisSentinel> {
  return withFreePorts(() => start(options))
}

async function start(options: SentinelOptions): Promise<RedisSentinel> {
  const { replicas = 1, sentinels = 3, args = [], sentinelPassword } = options
  const folder = mkdtempSync(join(tmpdir(), 'krmt-sentinel-'))
  const started: Promise<RedisProcess>[] = []
  const stop = async (): Promise<void> => {
    for (const result of await Promise.allSettled(started)) {
      if (result.status === 'fulfilled') await result.value.kill()
    }
    rmSync(folder, { recursive: true, force: true })
  }
  const password = argument(args, 'requirepass')
  try {
    const ports = await freePorts(1 + replicas + sentinels)
    const serverPorts = ports.slice(0, 1 + replicas)
    const peers = ports.slice(1 + replicas).map(port => ({ port, id: randomBytes(20).toString('hex') }))
    const ofServer = (port: number): string => join(folder, String(port))
    // The primary is there when the replicas ask for it, or they would wait a second before they ask again.
    const [primary = 0, ...others] = serverPorts
    started.push(startServer(primary, ofServer(primary), undefined, args))
    await started[0]
    for (const port of others) started.push(startServer(port, ofServer(port), primary, args))
    for (const peer of peers) {
      const config = [
        `sentinel myid ${peer.id}`,
        `sentinel monitor ${NAME} 127.0.0.1 ${primary} ${Math.floor(sentinels / 2) + 1}`,
        `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER}`,
        `sentinel failover-timeout ${NAME} 2000`,
        ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
        // As if they had met before: it takes them seconds to hear of each other.
        ...others.map(port => `sentinel known-replica ${NAME} 127.0.0.1 ${port}`),
        ...peers
          .filter(other => other !== peer)
          .map(({ port, id }) => `sentinel known-sentinel ${NAME} 127.0.0.1 ${port} ${id}`),
        ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`]),
      ]
      started.push(startSentinel(peer.port, ofServer(peer.port), config))
    }
    const processes = await Promise.all(started)
    const watched = new Watched(
      processes.slice(0, 1 + replicas),
      processes.slice(1 + replicas),
      { password, sentinelPassword },
      stop,
    )
    await watched.hurry()
    await watched.settled()
    return watched
  } catch (error) {
    await stop()
    throw error
  }
}

function startServer(
  port: number,
  folder: string,
  primary: number | undefined,
  args: readonly string[],
): Promise<RedisProcess> {
  mkdirSync(folder)
  const password = argument(args, 'requirepass')
  // A file, so that the sentinels can have it rewritten: what a server is told to be, it still is when it comes back.
  const file = join(folder, 'redis.conf')
  const settings = [
    `port ${port}`,
    `dir ${folder}`,
    'bind 127.0.0.1',
    'save ""',
    // A replica is to have its data at once: nobody else is going to ask for them.
    'repl-diskless-sync-delay 0',
    ...(password === undefined ? [] : [`masterauth ${password}`]),
    ...(primary === undefined ? [] : [`replicaof 127.0.0.1 ${primary}`]),
  ]
  writeFileSync(file, `${settings.join('\n')}\n`)
  return startRedisProcess({ port, folder, args: [file, ...args], readyLine: 'Ready to accept connections' })
}

function startSentinel(port: number, folder: string, config: readonly string[]): Promise<RedisProcess> {
  mkdirSync(folder)
  const file = join(folder, 'sentinel.conf') // which it writes to: what it has learnt outlives it
  writeFileSync(file, [`port ${port}`, `dir ${folder}`, 'bind 127.0.0.1', ...config, ''].join('\n'))
  return startRedisProcess({ port, folder, args: [file, '--sentinel'], readyLine: `+monitor master ${NAME}` })
}

class Watched implements RedisSentinel {
  readonly servers: readonly RedisProcess[]
  readonly sentinels: readonly RedisProcess[]
  readonly #admins = new Map<RedisProcess, RedisAdmin>()
  readonly #stop: () => Promise<void>

  constructor(
    servers: readonly RedisProcess[],
    sentinels: readonly RedisProcess[],
    passwords: { password: string | undefined; sentinelPassword: string | undefined },
    stop: () => Promise<void>,
  ) {
    this.servers = servers
    this.sentinels = sentinels
    this.#stop = stop
    for (const server of servers) this.#admins.set(server, new RedisAdmin(server, passwords.password))
    for (const sentinel of sentinels) this.#admins.set(sentinel, new RedisAdmin(sentinel, passwords.sentinelPassword))
  }

  url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`
  }

  async primaryPort(): Promise<number> {
    const votes = new Map<number, number>()
    for (const sentinel of running(this.sentinels)) {
      const port = await this.#primaryOf(sentinel)
      votes.set(port, (votes.get(port) ?? 0) + 1)
    }
    const [winner] = [...votes].sort(([, a], [, b]) => b - a)
    if (winner === undefined) throw new Error('no sentinel runs')
    return winner[0]
  }

  async failover(): Promise<number> {
    const old = await this.primaryPort()
    const [sentinel] = running(this.sentinels)
    if (sentinel === undefined) throw new Error('no sentinel runs')
    const admin = this.#admin(sentinel)
    return vi.waitFor(async () => {
      // It gives up when it has not heard from a replica for a moment, which can happen where much goes on besides.
      const primary = pairs(await admin.texts('SENTINEL', 'MASTER', NAME))
      const isIdle = !primary.get('flags')?.includes('failover_in_progress')
      if (isIdle && primary.get('port') === String(old)) await admin.ask('SENTINEL', 'FAILOVER', NAME)
      return this.#look(old)
    }, PATIENCE)
  }

  async killPrimary(): Promise<RedisProcess> {
    const port = await this.primaryPort()
    const primary = this.servers.find(server => server.port === port)
    if (primary === undefined) throw new Error(`no server of ours has port ${port}`)
    await primary.kill()
    return primary
  }

  settled(options: { not?: number } = {}): Promise<number> {
    return vi.waitFor(() => this.#look(options.not), PATIENCE)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#admins.values()].map(admin => admin.close()))
    await this.#stop()
  }

  /** Has the sentinels look and talk more often, or a failover would take them more than ten seconds. */
  async hurry(): Promise<void> {
    for (const sentinel of this.sentinels) {
      await this.#admin(sentinel).ask('SENTINEL', 'DEBUG', ...HASTE)
    }
  }

  #admin(server: RedisProcess): RedisAdmin {
    const admin = this.#admins.get(server)
    if (admin === undefined) throw new Error('that is not one of ours')
    return admin
  }

  async #primaryOf(sentinel: RedisProcess): Promise<number> {
    const [, port] = await this.#admin(sentinel).texts('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)
    return Number(port)
  }

  /** @throws an Error if those that run do not agree */
  async #look(not: number | undefined): Promise<number> {
    const primary = await this.primaryPort()
    if (primary === not) throw new Error(`the primary is still ${not}`)
    for (const server of running(this.servers)) {
      const [role, ...rest] = textsOf(await this.#admin(server).ask('ROLE'))
      if (server.port === primary ? role !== 'master' : role !== 'slave' || rest[1] !== String(primary)) {
        throw new Error(`server ${server.port} is a ${role}, the primary is ${primary}`)
      }
      if (role === 'slave' && rest[2] !== 'connected') throw new Error(`replica ${server.port} is ${rest[2]}`)
    }
    for (const sentinel of running(this.sentinels)) {
      const says = async (what: string): Promise<Map<string, string>[]> => {
        const reply = await this.#admin(sentinel).ask('SENTINEL', what, NAME)
        return reply.type === 'array' ? reply.items.map(item => pairs(textsOf(item))) : []
      }
      const trouble = (why: string): Error => new Error(`sentinel ${sentinel.port} ${why}`)
      const named = await this.#primaryOf(sentinel)
      if (named !== primary) throw trouble(`takes ${named} for the primary, others ${primary}`)
      const [replicas, peers] = await Promise.all([says('REPLICAS'), says('SENTINELS')])
      for (const server of running(this.servers)) {
        if (server.port === primary) continue
        const replica = replicas.find(fields => fields.get('port') === String(server.port))
        const [flags, link] = [replica?.get('flags'), replica?.get('master-link-status')]
        if (flags !== 'slave' || link !== 'ok') throw trouble(`says of replica ${server.port}: ${flags}, ${link}`)
      }
      for (const peer of running(this.sentinels)) {
        if (peer === sentinel) continue
        const flags = peers.find(fields => fields.get('port') === String(peer.port))?.get('flags') ?? 'unknown'
        // That a peer has called the primary down is shown until it is seconds old.
        if (/_down(?<!master_down)|disconnected|unknown/.test(flags))
          throw trouble(`says of sentinel ${peer.port}: ${flags}`)
      }
    }
    return primary
  }
}

function running(servers: readonly RedisProcess[]): RedisProcess[] {
  return servers.filter(({ state }) => state === 'running')
}

function pairs(texts: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < texts.length; i += 2) fields.set(texts[i]!, texts[i + 1]!)
  return fields
}
