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
  if (connection.isStranger && !(await isLetIn(connection))) {
    client.reply.error('NOAUTH Authentication required.')
    return
  }
  if (own !== undefined) {
    const refusal = await refusalOf(connection, argv[0]!)
    if (refusal !== undefined) {
      client.reply.error(refusal)
      return
    }
    if (own.tracks) {
      const keys = keysRead(connection, argv)
      await own.ask(encodeCommand(keys.length === 0 ? ['PING'] : ['EXISTS', ...keys]), keys[0])
    }
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

/** Whether the server no longer wants the client to authenticate. */
async function isLetIn({ gateway: { admission } }: GatewayConnection): Promise<boolean> {
  await admission.look()
  return !admission.asksPassword
}

/** Why it cannot run in the state in which the client is, in the server's eyes. */
async function refusalOf(connection: GatewayConnection, name: ByteString): Promise<ByteString | undefined> {
  const { own, protocol } = connection
  if (own === undefined) return undefined
  if (own.isStream) {
    await own.endOfStream()
    return "ERR Replica can't interact with the keyspace"
  }
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
 * For a client that caches what it reads (CLIENT TRACKING): the keys that a command reads. They are read on the client's own connection, so
 * that the server tells it when they change. That comes before the command reads, so no change in between is missed. What writes makes the
 * server forget CLIENT CACHING, as it would have.
 */
function keysRead(connection: GatewayConnection, argv: readonly ByteString[]): ByteString[] {
  let command = connection.gateway.engine.commands.lookup(argv[0]!)
  if (command?.subcommands !== undefined && argv.length > 1) {
    command = command.subcommands.get(argv[1]!.toLowerCase()) ?? command
  }
  if (command?.has(FlagBit.readonly) !== true) return []
  return (keyIndices(command.definition.keys ?? [], argv) ?? []).map(index => argv[index]!)
}
