/** What the answers have in common: how the server is asked, and how the gateway's own part is made. */
import type { ByteString } from '../../bytes/bytes.js'
import { Client } from '../../engine/client.js'
import { execute } from '../../engine/dispatch.js'
import type { Engine } from '../../engine/engine.js'
import { ReplyError } from '../../errors.js'
import { encodeCommand } from '../../resp/encode.js'
import type { ReplySink } from '../../resp/reply.js'
import type { RawReply } from '../../resp/reply-reader.js'
import { WireWriter } from '../../resp/wire-writer.js'
import type { GatewayConnection } from '../connection.js'
import type { SpecialCall } from '../special.js'

/** Gives RESP, in the client's version. */
export type Answer = (connection: GatewayConnection, call: SpecialCall) => Promise<ByteString>

/** A server's reply. */
export interface Asked {
  readonly bytes: Buffer
  /** The same, as it is passed on. */
  readonly text: ByteString
  readonly reply: RawReply
}

/** Asks the server what the client has asked. */
export function askAs(connection: GatewayConnection, call: SpecialCall): Promise<Asked> {
  return asked(connection.askAnywhere(call))
}

/** Asks the server something else, as the client. */
export function ask(connection: GatewayConnection, argv: readonly ByteString[]): Promise<Asked> {
  return asked(
    connection.askAnywhere({
      text: encodeCommand(argv),
      argv,
      command: connection.gateway.upstream.commands.of(argv),
    }),
  )
}

async function asked(reply: ReturnType<GatewayConnection['askAnywhere']>): Promise<Asked> {
  const { bytes, reply: value } = await reply
  return { bytes, reply: value, text: bytes.latin1Slice() }
}

/** Makes RESP in the client's version. */
export function written({ protocol }: GatewayConnection, write: (reply: ReplySink) => void): ByteString {
  const writer = new WireWriter(() => {})
  writer.protocol = protocol
  write(writer)
  return writer.take().join('')
}

/** Runs one of the gateway's own commands, as the client, and gives its reply. It counts as a command that has run here. */
export function runHere(connection: GatewayConnection, argv: readonly ByteString[]): Promise<ByteString> {
  const writer = new WireWriter(() => {})
  writer.protocol = connection.protocol
  const { engine } = connection.gateway
  const client = new Client(connection.client.id, engine, writer, connection)
  client.authenticated = true
  return new Promise(resolve => {
    client.onResume = () => resolve(writer.take().join(''))
    execute(client, argv)
    if (!client.waiting) client.onResume()
  })
}

/** Runs the handler of one of the gateway's own commands, which answers at once, and does not count it. */
export function handled(connection: GatewayConnection, argv: readonly ByteString[]): ByteString {
  const { engine } = connection.gateway
  return written(connection, reply => handlerIn(engine, argv)(engine.internalClient(reply), argv))
}

function handlerIn(engine: Engine, argv: readonly ByteString[]) {
  const command = engine.commands.of('<builtin>', argv[0]!.toLowerCase())
  const { run } = command?.subcommands?.get(argv[1]?.toLowerCase() ?? '') ?? command ?? {}
  if (run === undefined) throw new Error(`the gateway has no command '${argv.slice(0, 2).join(' ')}'`)
  return run
}

/** Whether an error is one of a client that may not do what it has asked. */
export function isDenial(reply: RawReply): boolean {
  return reply instanceof ReplyError && /^(NOAUTH|NOPERM|DENIED)\b/.test(reply.message)
}
