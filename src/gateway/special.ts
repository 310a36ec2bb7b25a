import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Login } from '../upstream/address.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { bytesIn } from '../upstream/raw-reply.js'
import { answerTo } from './answers.js'
import type { GatewayConnection } from './connection.js'
import type { LaneId } from './lanes.js'
import { refuseInMulti } from './local.js'
import type { Special } from './routes.js'

/** A call of a command of which a part is done here. */
export interface SpecialCall {
  readonly name: Special
  readonly argv: readonly ByteString[]
  /** The command as it came. */
  readonly text: ByteString
  readonly command: ServerCommand | undefined
}

/** Does the gateway's part of a command. All that the client had sent before has been answered. */
export async function runSpecial(connection: GatewayConnection, call: SpecialCall): Promise<void> {
  const { argv, name } = call
  switch (name) {
    case 'auth':
      return change(connection, call, authOf(argv))
    case 'hello':
      return hello(connection, call)
    case 'select':
      return change(connection, call, selectOf(argv))
    case 'quit':
      connection.client.reply.ok()
      connection.closeAfterReply()
      return
    case 'reset':
      return reset(connection, call)
    case 'client|reply':
      return clientReply(connection, call)
    default:
      if (connection.own?.inMulti === true) return passOn(connection, call)
      connection.write(await answerTo(connection, call))
  }
}

/** The server answers, and nothing changes here. */
async function passOn(connection: GatewayConnection, { text }: SpecialCall): Promise<void> {
  const { bytes } = await connection.ask(text)
  connection.write(bytes.latin1Slice())
}

/**
 * A command that makes the client somebody else, or puts it elsewhere. The server decides: it gets the command on a connection that is
 * already what the client wants to be, where it changes nothing; if it refuses, the client stays what it is.
 */
async function change(
  connection: GatewayConnection,
  call: SpecialCall,
  wanted: Partial<LaneId> | undefined,
): Promise<void> {
  if (wanted === undefined) return passOn(connection, call)
  const { gateway } = connection
  const { text } = call
  const lanes = gateway.lanes.enter({ ...connection.lanes.id, ...wanted })
  let isTaken = false
  try {
    if (connection.own === undefined) {
      await lanes.ready()
      const bytes = await lanes.ask(text)
      isTaken = bytes[0] !== MINUS
      if (isTaken) connection.enter(lanes)
      connection.write(bytes.latin1Slice())
      return
    }
    const { bytes, reply } = await connection.ask(text)
    if (bytesIn(reply) === 'QUEUED') connection.changeAfterMulti(wanted)
    else if (!(reply instanceof ReplyError)) {
      isTaken = true
      connection.enter(lanes)
    }
    connection.write(bytes.latin1Slice())
  } catch (error) {
    // What the server said to the gateway, in the client's name, is meant for the client.
    const { cause } = error as { cause?: unknown }
    if (!(error instanceof ReplyError) || !(cause instanceof ReplyError)) throw error
    connection.client.reply.error(cause.message)
  } finally {
    if (!isTaken) gateway.lanes.leave(lanes)
  }
}

function authOf(argv: readonly ByteString[]): Partial<LaneId> | undefined {
  if (argv.length !== 2 && argv.length !== 3) return undefined
  return { login: loginOf(argv.length === 3 ? argv[1] : undefined, argv.at(-1)!) }
}

/** Logins are text, which is UTF-8 on the wire; what is none goes on as it is. */
function loginOf(username: ByteString | undefined, password: ByteString): Login {
  return { username, password }
}

function selectOf(argv: readonly ByteString[]): Partial<LaneId> | undefined {
  // What the server would refuse, it shall refuse in its own words.
  return argv.length === 2 && /^\d{1,9}$/.test(argv[1]!) ? { database: Number(argv[1]) } : undefined
}

/** HELLO [protocol [AUTH username password] [SETNAME name]] */
async function hello(connection: GatewayConnection, call: SpecialCall): Promise<void> {
  const [, version, ...options] = call.argv
  if (version !== '2' && version !== '3') return passOn(connection, call)
  const wanted: { protocol: 2 | 3; login?: Login } = { protocol: version === '2' ? 2 : 3 }
  for (let at = 0; at < options.length; ) {
    const option = options[at]!.toLowerCase()
    if (option === 'auth' && at + 2 < options.length) {
      wanted.login = loginOf(options[at + 1], options[at + 2]!)
      at += 3
    } else if (option === 'setname' && at + 1 < options.length) {
      // A name is of one connection.
      await connection.takeOwn()
      at += 2
    } else return passOn(connection, call)
  }
  return change(connection, call, wanted)
}

/** The client is as it was when it connected; what its own connections knew is forgotten with them. */
async function reset(connection: GatewayConnection, call: SpecialCall): Promise<void> {
  if (call.argv.length !== 1) return passOn(connection, call)
  const { client, gateway } = connection
  connection.dropOwn()
  client.reset()
  connection.enter(gateway.lanes.enter(gateway.initialLanes))
  client.reply.status('RESET')
}

/** CLIENT REPLY ON | OFF | SKIP: it is the gateway that drops the replies, so that it knows what is due. */
async function clientReply(connection: GatewayConnection, call: SpecialCall): Promise<void> {
  const { reply } = connection.client
  if (connection.own?.inMulti === true) {
    await refuseInMulti(connection)
    reply.error('ERR CLIENT REPLY cannot be queued into a transaction: call it outside of MULTI')
    return
  }
  const mode = call.argv.length === 3 ? call.argv[2]!.toLowerCase() : ''
  switch (mode) {
    case 'on':
      reply.muted = false
      reply.ok()
      return
    case 'off':
      reply.muted = true
      return
    case 'skip':
      if (!reply.muted) connection.skipNext()
      return
    default:
      return passOn(connection, call)
  }
}

const MINUS = 45
