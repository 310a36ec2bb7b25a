import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Target } from '../../src/engine/effects.js'
import { EffectStream } from '../../src/engine/effects-stream.js'
import { type KrmtServer, startKrmtServer } from './krmt-server.js'
import { startRedisServer } from './redis-server.js'
import { type Argv, becomeReplica, commandAt } from './replica.js'
import { connect } from './resp-client.js'

/** A server, and what it has others do so that they come to the same data. */
export interface Propagating {
  readonly socketPath: string
  /** What its replicas have been sent since this was last asked; undefined when it has none. */
  toReplica(): Promise<Argv[] | undefined>
  /** What has come to its append-only file since this was last asked; undefined when it has none. */
  toFile(): Promise<Argv[] | undefined>
  stop(): Promise<void>
}

/** krmt, as it would propagate to both. Keys that are due stay until somebody looks at them, in all of these servers. */
export async function startPropagatingKrmt(
  options: Parameters<typeof startKrmtServer>[0] = {},
): Promise<Propagating & { readonly krmt: KrmtServer }> {
  const krmt = await startKrmtServer(options)
  krmt.engine.keyspace.activeExpiry = false
  const streams = [new EffectStream(Target.replica), new EffectStream(Target.aof)] as const
  const gathered: [Argv[], Argv[]] = [[], []]
  const stopListening = krmt.engine.effects.listen(batch => {
    for (const [i, stream] of streams.entries()) for (const argv of stream.commands(batch)) gathered[i]!.push([...argv])
  })
  return {
    krmt,
    socketPath: krmt.socketPath,
    toReplica: async () => gathered[0].splice(0),
    toFile: async () => gathered[1].splice(0),
    stop() {
      stopListening()
      return krmt.stop()
    },
  }
}

/** A redis-server that has a replica, and no append-only file. */
export async function startRedisWithReplica(): Promise<Propagating> {
  const redis = await startRedisServer({
    args: [...COMMON, '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'],
  })
  const replica = await becomeReplica(redis.port)
  const control = await connect({ path: redis.socketPath })
  await control.send('DEBUG', 'SET-ACTIVE-EXPIRE', 0)
  return {
    socketPath: redis.socketPath,
    async toReplica() {
      const info = await control.send('INFO', 'replication')
      const offset = info.type === 'bulk' ? /master_repl_offset:(\d+)/.exec(info.value)?.[1] : undefined
      await replica.reached(Number(offset))
      return replica.take()
    },
    toFile: async () => undefined,
    async stop() {
      await Promise.all([replica.close(), control.close()])
      await redis.stop()
    },
  }
}

/** A redis-server that has an append-only file, and no replica. It writes to the file before it replies. */
export async function startRedisWithFile(): Promise<Propagating> {
  const redis = await startRedisServer({
    args: [...COMMON, '--appendonly', 'yes', '--appendfsync', 'no', '--auto-aof-rewrite-percentage', '0'],
  })
  const control = await connect({ path: redis.socketPath })
  await control.send('DEBUG', 'SET-ACTIVE-EXPIRE', 0)
  const file = openSync(join(redis.folder, 'appendonlydir', 'appendonly.aof.1.incr.aof'), 'r')
  const chunk = Buffer.alloc(64 * 1024)
  let bytes: Buffer = Buffer.alloc(0)
  return {
    socketPath: redis.socketPath,
    toReplica: async () => undefined,
    async toFile() {
      for (;;) {
        const length = readSync(file, chunk)
        if (length === 0) break
        bytes = Buffer.concat([bytes, chunk.subarray(0, length)])
      }
      const commands: Argv[] = []
      for (;;) {
        const command = commandAt(bytes, 0)
        if (command === undefined) return commands
        bytes = bytes.subarray(command.next)
        commands.push(command.argv)
      }
    },
    async stop() {
      closeSync(file)
      await control.close()
      await redis.stop()
    },
  }
}

const COMMON = ['--enable-debug-command', 'yes']

/**
 * Ours, with each time of expiry replaced by theirs where the two are near: the servers do not run a command at the same
 * moment. What is left can be compared exactly.
 */
export function withTimesOf(theirs: readonly Argv[], ours: readonly Argv[]): Argv[] {
  return ours.map((argv, i) =>
    argv.map((word, at) => {
      const their = theirs[i]?.[at]
      const isTime = (argv[0] === 'PEXPIREAT' && at === 2) || argv[at - 1] === 'PXAT'
      return isTime && their !== undefined && isNear(Number(their), Number(word)) ? their : word
    }),
  )
}

/** Beyond 2^53 two different integers can be the same number: such times, which clients give as they are, must be equal. */
function isNear(a: number, b: number): boolean {
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) && Math.abs(a - b) <= NEAR
}

/** Milliseconds that the servers may be apart. Times in tests lie farther from each other. */
const NEAR = 10_000
