import type { ByteString } from '../bytes/bytes.js'
import { parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { Database } from '../keyspace/database.js'

export const noSuchDatabase = new ReplyError('ERR DB index is out of range')

/** The database of this index. Throws ReplyError when it is no integer of 32 bits, or there is no such database. */
export function databaseArgument(client: Client, text: ByteString): Database {
  const index = parseInt32(text)
  if (index === undefined) throw parseInteger64(text) === undefined ? errors.notInteger : notInt32
  const database = client.engine.keyspace.databases[index]
  if (database === undefined) throw noSuchDatabase
  return database
}

/** As `parseInteger`, for integers of 32 bits. */
export function parseInt32(text: ByteString): number | undefined {
  const value = parseInteger64(text)
  return typeof value === 'number' && value === (value | 0) ? value : undefined
}

const notInt32 = new ReplyError('ERR value is out of range, value must between -2147483648 and 2147483647')
