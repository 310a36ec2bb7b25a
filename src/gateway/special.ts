import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { encodeCommand } from '../resp/encode.js'
import type { Login } from '../upstream/address.js'
import type { ServerCommand } from '../upstream/command-info.js'
import { CannotConnect } from '../upstream/open-error.js'
import { bytesIn } from '../upstream/raw-reply.js'
import { answerTo } from './answers.js'
import type { GatewayConnection } from './connection.js'
import type { LaneId } from './lanes.js'
import { refuseInMulti } from './local.js'
import type { OwnConnections } from './own-connections.js'
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
  const { argv, name, text } = call
  if (connection.own?.isStream === true) {
    if (name !== 'quit' && name !== 'reset') {
      connection.own.sendInStream(text)
      return
    }
    await connection.own.endOfStream()
  }
  // In front of a Cluster, who has the transaction is to queue it, and nobody else to do it at once.
  if (connection.gateway.isCluster && connection.own?.inMulti === true && !LEAVING.has(name)) {
    const { command } = call
    return connection.own.perform({ text, words: argv.length, effect: 'none', mode: '', argv, command })
  }
  switch (name) {
    case 'auth':
      await change(connection, call, authOf(argv))
      return
    case 'hello':
      return hello(connection, call)
    case 'select':
      await change(connection, call, selectOf(argv))
      return
    case 'quit':
      connection.client.reply.ok()
      connection.closeAfterReply()
      return
    case 'reset':
      return reset(connection, call)
    case 'client|reply':
      return clientReply(connection, call)
    default:
      // Who sets a password stays in with the connection on which that has been done.
      if (name === 'config|set' && argv.some(word => word.toLowerCase() === 'requirepass')) await connection.takeOwn()
      if (connection.own?.inMulti === true) return passOn(connection, call)
      connection.write(await answerTo(connection, call))
  }
}

function say(connection: GatewayConnection, bytes: Buffer): void {
  const text = bytes.latin1Slice()
  connection.write(connection.gateway.isCluster ? text.replace(OF_CLUSTER, AS_ONE) : text)
}

/** The server answers, and nothing changes here. */
async function passOn(connection: GatewayConnection, { text }: SpecialCall): Promise<void> {
  const { bytes } = await connection.ask(text)
  say(connection, bytes)
}

/**
 * A command that makes the client somebody else, or puts it elsewhere. The server decides: it gets the command on a connection that is
 * already what the client wants to be, where it changes nothing; if it refuses, the client stays what it is.
 *
 * @returns whether it has been taken
 */
async function change(
  connection: GatewayConnection,
  call: SpecialCall,
  wanted: Partial<LaneId> | undefined,
): Promise<boolean> {
  if (wanted === undefined) {
    await passOn(connection, call)
    return false
  }
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
      say(connection, bytes)
      if (isOfGateway(bytes)) connection.closeAfterReply()
      return isTaken
    }
    const { bytes, reply } = await connection.ask(text)
    if (bytesIn(reply) === 'QUEUED') connection.changeAfterMulti(wanted)
    else if (!(reply instanceof ReplyError)) {
      isTaken = true
      connection.enter(lanes)
    }
    say(connection, bytes)
  } catch (error) {
    // What has been sent behind it must not be done elsewhere, or in another name, only since the server could not be reached.
    if (error instanceof CannotConnect && error.cause instanceof ReplyError) {
      connection.client.reply.error(gateway.explain(error))
    } else connection.giveUp(error)
  } finally {
    if (!isTaken) gateway.lanes.leave(lanes)
  }
  return isTaken
}

/** Ends a transaction that may have made the client somebody else, or put it elsewhere. `wanted`: what it is then to be. */
export async function endChangingMulti(
  connection: GatewayConnection,
  own: OwnConnections,
  text: ByteString,
  wanted: Partial<LaneId>,
): Promise<void> {
  const bytes = await own.endMulti(text)
  if (bytes[0] === ASTERISK && bytes.toString('latin1') !== '*-1\r\n') await findOut(connection, wanted)
  connection.write(bytes.latin1Slice())
}

/** What a transaction has made of the client, of which not all may have succeeded: the server knows. */
async function findOut(connection: GatewayConnection, wanted: Partial<LaneId>): Promise<void> {
  const { id } = connection.lanes
  const { reply } = await connection.ask(encodeCommand(['CLIENT', 'INFO']))
  const field = (name: string) => new RegExp(`(?:^| )${name}=(\\S+)`).exec(bytesIn(reply) ?? '')?.[1]
  const database = field('db')
  const protocol = field('resp')
  const user = field('user')
  const isUser = wanted.login === undefined || user === undefined || user === (wanted.login.username ?? 'default')
  const found: LaneId = {
    ...id,
    login: isUser && wanted.login !== undefined ? wanted.login : id.login,
    protocol: (protocol === undefined ? wanted.protocol : protocol === '3' ? 3 : 2) ?? id.protocol,
    database: (database === undefined ? wanted.database : Number(database)) ?? id.database,
  }
  connection.enter(connection.gateway.lanes.enter(found))
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
  let name: ByteString | undefined
  for (let at = 0; at < options.length; ) {
    const option = options[at]!.toLowerCase()
    if (option === 'auth' && at + 2 < options.length) {
      wanted.login = loginOf(options[at + 1], options[at + 2]!)
      at += 3
    } else if (option === 'setname' && at + 1 < options.length) {
      // A name is of one connection.
      try {
        await connection.takeOwn()
      } catch (error) {
        connection.giveUp(error)
        return
      }
      name = options[at + 1]!
      at += 2
    } else return passOn(connection, call)
  }
  const isTaken = await change(connection, call, wanted)
  if (isTaken && name !== undefined) connection.own?.keep('client|setname', encodeCommand(['CLIENT', 'SETNAME', name]))
}

/** The client is as it was when it connected; what its own connections knew is forgotten with them. */
async function reset(connection: GatewayConnection, call: SpecialCall): Promise<void> {
  if (call.argv.length !== 1) return passOn(connection, call)
  connection.begin()
  connection.client.reply.status('RESET')
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
    case 'off':
    case 'skip':
      connection.setReplies(mode)
      if (mode === 'on') reply.ok()
      return
    default:
      return passOn(connection, call)
  }
}

/** Whether a reply is an error of the gateway's: the server has not been reached, or has not answered. */
function isOfGateway(reply: Buffer): boolean {
  return /^-(UNKNOWNOUTCOME|UPSTREAMDOWN) /.test(reply.toString('latin1', 0, 16))
}

/** In the reply of HELLO: a Cluster looks like one server here. */
const OF_CLUSTER = '$4\r\nmode\r\n$7\r\ncluster\r\n'
const AS_ONE = '$4\r\nmode\r\n$10\r\nstandalone\r\n'
/** What is done at once also in a transaction, or refused there. */
const LEAVING: ReadonlySet<Special> = new Set<Special>(['quit', 'reset', 'client|reply'])
const MINUS = 45
const ASTERISK = 42
