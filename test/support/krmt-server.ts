import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtinCommands } from '../../src/commands/builtin.js'
import { Config } from '../../src/config/config.js'
import type { ParameterName } from '../../src/config/parameters.js'
import { type Clock, systemClock } from '../../src/engine/clock.js'
import { Engine } from '../../src/engine/engine.js'
import { type Log, silentLog } from '../../src/engine/log.js'
import type { AnyModule } from '../../src/module/index.js'
import { Server } from '../../src/server/server.js'

export interface KrmtServer {
  readonly engine: Engine
  readonly server: Server
  /** On 127.0.0.1. */
  readonly port: number
  readonly socketPath: string
  stop(): Promise<void>
}

/** Starts krmt's server in this process, on a TCP port and a unix socket of its own. `config`: parameters by name. */
export async function startKrmtServer(
  options: {
    config?: Readonly<Record<string, string>>
    /** The config file that CONFIG REWRITE writes; it is not read. */
    file?: string
    modules?: readonly AnyModule[]
    clock?: Clock
    log?: Log
    random?: () => number
  } = {},
): Promise<KrmtServer> {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-'))
  const socketPath = join(folder, 'krmt.sock')
  const config = new Config({ dir: folder, ...(options.file === undefined ? {} : { file: options.file }) })
  for (const [name, value] of Object.entries(options.config ?? {})) config.assign(name as ParameterName, value)
  const engine = new Engine({
    config,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    log: options.log ?? silentLog,
    builtins: builtinCommands,
  })
  for (const module of options.modules ?? []) await engine.modules.add(module)
  const server = new Server(engine)
  await server.listen({ port: 0, bind: ['127.0.0.1'], unixSocket: socketPath })
  return {
    engine,
    server,
    port: server.port,
    socketPath,
    async stop() {
      await server.close()
      await engine.modules.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
