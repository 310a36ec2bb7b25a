import type { ByteString } from '../bytes/bytes.js'
import { quoteArg } from '../bytes/split-args.js'
import type { Client } from './client.js'

/** Shows a command that has run to the clients that MONITOR. */
export function feedMonitors(client: Client, argv: readonly ByteString[]): void {
  const { engine, transport } = client
  const now = engine.keyspace.now
  const seconds = Math.floor(now / 1000)
  const micros = String((now % 1000) * 1000).padStart(6, '0')
  const from =
    transport === undefined
      ? client.isScript
        ? 'lua'
        : 'local'
      : transport.kind === 'unix'
        ? `unix:${transport.address.replace(/:0$/, '')}`
        : transport.address
  const line = `${seconds}.${micros} [${client.database.index} ${from}] ${argv.map(quoteArg).join(' ')}`
  for (const monitor of engine.monitors) monitor.reply.status(line)
}
