import { NO_LOGIN } from '../upstream/address.js'
import type { Upstream } from '../upstream/upstream.js'

/** Whether the upstream lets nobody do anything who has not authenticated. Throws a ReplyError when it cannot be asked. */
export async function asksPassword(upstream: Upstream): Promise<boolean> {
  const anybody = { login: NO_LOGIN, database: 0, protocol: 2, mayBeUntrusted: true } as const
  const connection = await upstream.connect(upstream.topology.endpointFor(), anybody)
  connection.close()
  return connection.isUntrusted
}
