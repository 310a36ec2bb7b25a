import type { Reply, RespClient } from './resp-client.js'

/** What a key holds, and until when: milliseconds since the epoch, -1 for a key that stays. */
export interface Held {
  readonly type: string
  /** Elements whose order means nothing are sorted. */
  readonly value: unknown
  readonly expiresAt: number | bigint
}

/** All that some databases hold, key by key: `1: name`. Keys that are due are not there. */
export async function readDataset(client: RespClient, databases: readonly number[]): Promise<Record<string, Held>> {
  const dataset: [string, Held][] = []
  for (const database of databases) {
    await client.send('SELECT', database)
    const keys = itemsOf(await client.send('KEYS', '*'))
      .map(textOf)
      .sort()
    const types = (await client.sendMany(keys.map(key => ['TYPE', key]))).map(textOf)
    const values = await client.sendMany(
      keys.map((key, i) => [READ[types[i]!]![0]!, key, ...READ[types[i]!]!.slice(1)]),
    )
    const times = await client.sendMany(keys.map(key => ['PEXPIRETIME', key]))
    for (const [i, key] of keys.entries()) {
      const time = times[i]!
      const expiresAt = time.type === 'integer' ? time.value : Number.NaN
      dataset.push([`${database}: ${key}`, { type: types[i]!, value: plain(types[i]!, values[i]!), expiresAt }])
    }
  }
  await client.send('SELECT', 0)
  return Object.fromEntries(dataset)
}

/** The command that reads all of a value, without the key, which comes second. */
const READ: Readonly<Record<string, readonly string[]>> = {
  string: ['GET'],
  hash: ['HGETALL'],
  list: ['LRANGE', '0', '-1'],
  set: ['SMEMBERS'],
  zset: ['ZRANGE', '0', '-1', 'WITHSCORES'],
}

function plain(type: string, reply: Reply): unknown {
  if (type === 'string') return textOf(reply)
  const texts = itemsOf(reply).map(textOf)
  if (type === 'set') return texts.sort()
  if (type !== 'hash') return texts
  return Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i], texts[2 * i + 1]]).sort()
}

function itemsOf(reply: Reply): readonly Reply[] {
  if (!('items' in reply)) throw new Error(`no array: ${JSON.stringify(reply)}`)
  return reply.items
}

function textOf(reply: Reply): string {
  if (reply.type !== 'bulk' && reply.type !== 'status') throw new Error(`no text: ${JSON.stringify(reply)}`)
  return reply.value
}
