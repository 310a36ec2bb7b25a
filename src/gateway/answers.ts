import type { ByteString } from '../bytes/bytes.js'
import type { RawReply } from '../resp/reply-reader.js'
import type { GatewayConnection } from './connection.js'
import type { SpecialCall } from './special.js'

/** The answer to a command to which the gateway adds something, from the server's. RESP, in the client's version. */
export async function answerOf(
  _connection: GatewayConnection,
  _call: SpecialCall,
  bytes: Buffer,
  _reply: RawReply,
): Promise<ByteString> {
  return bytes.latin1Slice()
}
