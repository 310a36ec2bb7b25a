import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply } from '../support/resp-client.js'
import { root } from './markdown.js'

/** The table in docs/compatibility.md: `SORT`, or `ACL CAT`; a container stands for its subcommands too. */
const table = readFileSync(join(root, 'docs/compatibility.md'), 'utf8')
  .split('\n')
  .filter(line => line.startsWith('| '))
  .flatMap(line => [...line.matchAll(/`([A-Z][A-Z_ -]+)`/g)].map(([, name]) => name!.toLowerCase().replace(' ', '|')))

describeWithRedis('docs/compatibility.md lists what is missing', () => {
  let redis: RedisServer
  let krmt: KrmtServer
  let known: Set<string>
  let ours: Set<string>

  beforeAll(async () => {
    redis = await startRedisServer()
    krmt = await startKrmtServer()
    known = await commandsOf(redis.socketPath)
    ours = await commandsOf(krmt.socketPath)
  })
  afterAll(() => Promise.all([redis.stop(), krmt.stop()]))

  test('each command of redis-server that krmt does not have', () => {
    const listed = (name: string): boolean => table.includes(name) || table.includes(name.split('|')[0]!)
    // A container that is there in part, ACL say, has HELP of its own.
    expect([...known].filter(name => !ours.has(name) && !listed(name))).toEqual([])
  })

  test('and no other', () => {
    expect(table.filter(name => ours.has(name))).toEqual([])
    expect(table.filter(name => !known.has(name))).toEqual([])
  })
})

/** Names of all commands, subcommands as `client|id`. */
async function commandsOf(path: string): Promise<Set<string>> {
  const client = await connect({ path })
  const reply: Reply = await client.send('COMMAND', 'LIST')
  await client.close()
  if (reply.type !== 'array') throw new Error(`COMMAND LIST answered ${reply.type}`)
  return new Set(reply.items.map(item => (item.type === 'bulk' ? item.value : '')))
}
