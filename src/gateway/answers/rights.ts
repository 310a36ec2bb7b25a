import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import type { RawReply } from '../../resp/reply-reader.js'
import type { GatewayConnection } from '../connection.js'
import { type Asked, ask } from './own-part.js'

/**
 * Why a client may not call MODULE, in the server's eyes: RESP, or undefined if it may. What it may load runs in the gateway, but who
 * may do what is for the server to say, as of all commands.
 */
export function refusalOfModule(connection: GatewayConnection): Promise<ByteString | undefined> {
  return refusalOf(connection, ['MODULE', 'LIST'])
}

/**
 * Why the server would not let a client call a command.
 *
 * @param trial a call of the command that changes nothing
 * @param expected what is in the error with which the server answers who may; by default, it answers without one
 */
export async function refusalOf(
  connection: GatewayConnection,
  trial: readonly ByteString[],
  expected?: string,
): Promise<ByteString | undefined> {
  return refusalIn(connection, await ask(connection, trial), expected)
}

/** The same, by the server's reply to a call. */
export async function refusalIn(
  connection: GatewayConnection,
  { reply, text }: Asked,
  expected?: string,
): Promise<ByteString | undefined> {
  if (!(reply instanceof ReplyError)) return undefined
  const { message } = reply
  if (isUnknown(reply)) {
    // A managed service may have taken the command away, and does so before it asks who calls.
    const ping = await ask(connection, ['PING'])
    return ping.reply instanceof ReplyError && !SOMEBODY.test(ping.reply.message) ? ping.text : undefined
  }
  const isExpected = message.startsWith('ERR ') && expected !== undefined && message.includes(expected)
  return isExpected || AFTER_RIGHTS.test(message) ? undefined : text
}

/** Whether a reply is that of a server which has not the command. */
export function isUnknown(reply: RawReply): boolean {
  return reply instanceof ReplyError && /^ERR unknown (sub)?command/i.test(reply.message)
}

/** What a server refuses for another reason than who calls, and only when it has found that it may. */
const AFTER_RIGHTS = /^(LOADING|BUSY|MASTERDOWN|MISCONF|OOM|READONLY|CLUSTERDOWN) /
/** Errors of those who are let in, whatever they may do then. */
const SOMEBODY = /^(NOPERM|LOADING|BUSY|MASTERDOWN|MISCONF|CLUSTERDOWN) /
