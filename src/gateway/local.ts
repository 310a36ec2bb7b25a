import type { ByteString } from '../bytes/bytes.js'
import { execute } from '../engine/dispatch.js'
import { FlagBit } from '../registry/command.js'
import { keyIndices } from '../registry/key-spec.js'
import { encodeCommand } from '../resp/encode.js'
import { refusalOfModule } from './answers/rights.js'
import type { GatewayConnection } from './connection.js'

/** Runs a command that is a module's, or the gateway's own, when all that the client sent before has been answered. */
export async function runLocal(connection: GatewayConnection, argv: readonly ByteString[]): Promise<void> {
  const { client, own } = connection
  if (own !== undefined) {
    const refusal = await refusalOf(connection, argv[0]!)
    if (refusal !== undefined) {
      client.reply.error(refusal)
      return
    }
    if (own.tracks) await own.ask(trackingRead(connection, argv))
  }
  // What modules' commands do is done on the server, in the client's name: it sees to the rights. This is not.
  if (argv[0]!.toLowerCase() === 'module') {
    const refusal = await refusalOfModule(connection)
    if (refusal !== undefined) {
      connection.write(refusal)
      return
    }
  }
  execute(client, argv)
}

/** Why it cannot run in the state in which the client is, in the server's eyes. */
async function refusalOf(connection: GatewayConnection, name: ByteString): Promise<ByteString | undefined> {
  const { own, protocol } = connection
  if (own === undefined) return undefined
  if (own.isStream) return "ERR Replica can't interact with the keyspace"
  if (own.inMulti) {
    await refuseInMulti(connection)
    return `ERR '${name.toLowerCase()}' runs in the gateway, which cannot queue it into a transaction of the server: call it outside of MULTI`
  }
  if (protocol === 2 && own.subscriptions > 0) {
    return (
      `ERR Can't execute '${name.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
      'are allowed in this context'
    )
  }
  return undefined
}

/** Sees to it that the transaction is not executed: what was queued before and what comes after must not be done without the rest. */
export async function refuseInMulti({ own }: GatewayConnection): Promise<void> {
  await own?.refuseMulti()
}

/**
 * For a client that caches what it reads (CLIENT TRACKING): a read of the keys that the command names, on the client's own connection, so that
 * the server tells it when they change. It comes before the command reads, so no change in between is missed. What writes makes the
 * server forget CLIENT CACHING, as it would have.
 */
function trackingRead(connection: GatewayConnection, argv: readonly ByteString[]): ByteString {
  let command = connection.gateway.engine.commands.lookup(argv[0]!)
  if (command?.subcommands !== undefined && argv.length > 1) {
    command = command.subcommands.get(argv[1]!.toLowerCase()) ?? command
  }
  const keys = keyIndices(command?.definition.keys ?? [], argv) ?? []
  if (command?.has(FlagBit.readonly) !== true || keys.length === 0) return encodeCommand(['PING'])
  return encodeCommand(['EXISTS', ...keys.map(index => argv[index]!)])
}
