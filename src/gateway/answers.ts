import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { commandAnswers } from './answers/command.js'
import { configAnswers } from './answers/config.js'
import { info } from './answers/info.js'
import { type Answer, askAs } from './answers/own-part.js'
import { slowlogAnswers } from './answers/slowlog.js'
import type { GatewayConnection } from './connection.js'
import type { SpecialCall } from './special.js'

/**
 * The answer to a command of which the gateway has a part: RESP, in the client's version. The server is asked as the client, so that
 * whoever may not call the command there may not here.
 *
 * @throws ReplyError for what the gateway refuses
 */
export async function answerTo(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  // Of a client that has subscribed, RESP2 has other commands refused, which the server does.
  const mayOnlyListen = connection.protocol === 2 && (connection.own?.subscriptions ?? 0) > 0
  const answer = mayOnlyListen ? undefined : answerFor(call.argv)
  if (answer !== undefined) return answer(connection, call)
  const { text, reply } = await askAs(connection, call)
  if (!(reply instanceof ReplyError)) connection.gateway.scripts.note(call.argv)
  return text
}

/** By what is called: a server before Redis 7 does not tell of its subcommands. */
function answerFor([name = '', sub]: readonly ByteString[]): Answer | undefined {
  const own = name.toLowerCase()
  return ANSWERS.get(own === 'info' || sub === undefined ? own : `${own}|${sub.toLowerCase()}`)
}

const ANSWERS: ReadonlyMap<ByteString, Answer> = new Map([
  ['info', info],
  ...commandAnswers,
  ...slowlogAnswers,
  ...configAnswers,
])
