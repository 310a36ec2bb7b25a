import { command, defineModule, t } from 'krmt/module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithRedis } from '../support/redis-server.js'
import type { RespClient } from '../support/resp-client.js'
import { openPair, type Pair } from './setup.js'

/** DO forwards to the command that follows. */
const forwarding = defineModule({
  name: 'forwarding',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'do',
      summary: 'Lets another command answer.',
      flags: ['write'],
      args: { argv: t.oneOrMore(t.bytes()) },
      run: ({ argv }, { forward }) => forward(...argv),
    }),
  ],
})

const SETUP = [
  'HSET hash a 1 b 2',
  'SADD set one',
  'ZADD zset 1 a 2.5 b inf c',
  'XADD stream 1-1 f v',
  'GEOADD places 13.361389 38.115556 Palermo',
  'SET text x',
]

const COMMANDS = [
  'GET none',
  'GET text',
  'INCR text',
  'HGETALL hash',
  'HRANDFIELD hash 2 WITHVALUES',
  'SMEMBERS set',
  'SMISMEMBER set one two',
  'ZRANGE zset 0 -1 WITHSCORES',
  'ZSCORE zset b',
  'ZADD zset INCR 1 a',
  'ZMPOP 1 zset MIN',
  'ZPOPMAX zset',
  'XRANGE stream - +',
  'XREAD STREAMS stream 0',
  'GEOPOS places Palermo',
  'GEODIST places Palermo Palermo',
  'MEMORY DOCTOR',
  'OBJECT HELP',
  'BLPOP list 0.01',
  'LPUSH list a',
  'BLPOP list 1',
  "EVAL redis.setresp(3);return{big_number='12345678901234567890123'} 0",
  'EVAL redis.setresp(3);return{double=1.5} 0',
  'EVAL redis.setresp(3);return{map={a=true}} 0',
  'EVAL redis.setresp(3);return{set={a=true}} 0',
  'EVAL return{err="MY_ERROR_OF_A_SCRIPT"} 0',
  'EVAL return{ok="FINE"} 0',
]

/** A reply in which all kinds of null are alike, and doubles are numbers: the digits that are written of them may be others. */
function alike(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(alike)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, alike(item)])
  const reply = Object.fromEntries(entries) as { type?: unknown; value?: unknown }
  if (reply.type === 'double') return { ...reply, value: Number(String(reply.value).replace('inf', 'Infinity')) }
  return String(reply.type).startsWith('null') ? { type: 'null' } : reply
}

describeWithRedis('a command that a module forwards to', () => {
  let pair: Pair

  beforeAll(async () => {
    pair = await openPair({ modules: [forwarding] })
  })
  afterAll(() => pair?.stop())

  describe.each([2, 3] as const)('answers, in RESP%d,', protocol => {
    let client: RespClient
    let direct: RespClient

    beforeAll(async () => {
      client = await pair.connect()
      direct = await pair.direct()
      for (const one of [client, direct]) await one.send('HELLO', protocol)
    })
    afterAll(() => Promise.all([client, direct].map(one => one?.close())))

    const prepare = async (): Promise<void> => {
      await direct.send('FLUSHALL')
      for (const line of SETUP) await direct.send(...line.split(' '))
    }

    test('what it answers by itself', async () => {
      await prepare()
      const own = []
      for (const line of COMMANDS) own.push([line, await direct.send(...line.split(' '))])
      await prepare()
      const forwarded = []
      for (const line of COMMANDS) forwarded.push([line, await client.send('DO', ...line.split(' '))])
      expect(alike(forwarded)).toEqual(alike(own))
    })
  })
})
