import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Config } from '../../src/config/config.js'
import type { ParameterName } from '../../src/config/parameters.js'
import { type Clock, systemClock } from '../../src/engine/clock.js'
import type { Engine } from '../../src/engine/engine.js'
import { type Log, silentLog } from '../../src/engine/log.js'
import type { Gateway } from '../../src/gateway/gateway.js'
import { openGateway } from '../../src/gateway/open.js'
import type { AnyModule } from '../../src/module/index.js'

export interface GatewayServer {
  readonly gateway: Gateway
  readonly engine: Engine
  /** On 127.0.0.1. */
  readonly port: number
  readonly socketPath: string
  stop(): Promise<void>
}

/**
 * Starts a gateway in this process, on a TCP port and a unix socket of its own.
 *
 * @param options.upstream the URL of the upstream: `redis://127.0.0.1:7000`
 * @param options.config parameters by name
 */
export async function startGateway(options: {
  upstream: string
  modules?: readonly AnyModule[]
  config?: Readonly<Record<string, string>>
  /** The config file that CONFIG REWRITE writes; it is not read. */
  file?: string
  clock?: Clock
  log?: Log
  random?: () => number
}): Promise<GatewayServer> {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-gateway-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const socketPath = join(folder, 'krmt.sock')
  const config = new Config({ dir: folder, ...(options.file === undefined ? {} : { file: options.file }) })
  config.assign('upstream', options.upstream)
  for (const [name, value] of Object.entries(options.config ?? {})) config.assign(name as ParameterName, value)
  let gateway: Gateway
  try {
    gateway = await openGateway({
      config,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      log: options.log ?? silentLog,
    })
  } catch (error) {
    remove()
    throw error
  }
  const { engine, server } = gateway
  const stop = async (): Promise<void> => {
    await gateway.close()
    await engine.modules.close()
    remove()
  }
  try {
    for (const module of options.modules ?? []) await engine.modules.add(module)
    await server.listen({ port: 0, bind: ['127.0.0.1'], unixSocket: socketPath })
  } catch (error) {
    await stop()
    throw error
  }
  return { gateway, engine, port: server.port, socketPath, stop }
}
