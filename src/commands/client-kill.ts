import type { ByteString } from '../bytes/bytes.js'
import { parseInteger } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import { type ClientType, clientType, parseClientType } from './client-list.js'

interface Filter {
  id?: number
  address?: ByteString
  localAddress?: ByteString
  type?: ClientType
  skipMe: boolean
}

/** CLIENT KILL addr:port, or CLIENT KILL with filters, all of which must hold. */
export function kill(client: Client, argv: readonly ByteString[]): void {
  const isOldForm = argv.length === 3
  const filter = isOldForm ? { address: argv[2]!, skipMe: false } : parseFilter(argv)
  let killed = 0
  let killsItself = false
  for (const other of [...client.engine.clients.values()]) {
    if (!matches(other, filter) || (other === client && filter.skipMe)) continue
    killed++
    if (other === client) killsItself = true
    else other.transport?.destroy()
  }
  if (isOldForm && killed === 0) throw new ReplyError('ERR No such client')
  if (isOldForm) client.reply.ok()
  else client.reply.integer(killed)
  // Who kills itself still gets the answer.
  if (killsItself) client.transport?.closeAfterReply()
}

function parseFilter(argv: readonly ByteString[]): Filter {
  const filter: Filter = { skipMe: true }
  for (let i = 2; i < argv.length; i += 2) {
    const value = argv[i + 1]
    if (value === undefined) throw errors.syntax
    switch (argv[i]!.toLowerCase()) {
      case 'id': {
        const id = parseInteger(value)
        if (id === undefined || id < 1) throw new ReplyError('ERR client-id should be greater than 0')
        filter.id = id
        break
      }
      case 'type':
        filter.type = parseClientType(value)
        break
      case 'addr':
        filter.address = value
        break
      case 'laddr':
        filter.localAddress = value
        break
      case 'user':
        // There is one user, whom everybody is.
        if (value !== 'default') throw new ReplyError(`ERR No such user '${value}'`)
        break
      case 'skipme':
        filter.skipMe = yesOrNo(value)
        break
      default:
        throw errors.syntax
    }
  }
  return filter
}

function matches(client: Client, { id, address, localAddress, type }: Filter): boolean {
  const { transport } = client
  if (transport === undefined || client.closing) return false
  return (
    (id === undefined || client.id === id) &&
    (address === undefined || transport.address === address) &&
    (localAddress === undefined || transport.localAddress === localAddress) &&
    (type === undefined || clientType(client) === type)
  )
}

function yesOrNo(word: ByteString): boolean {
  switch (word.toLowerCase()) {
    case 'yes':
      return true
    case 'no':
      return false
    default:
      throw errors.syntax
  }
}
