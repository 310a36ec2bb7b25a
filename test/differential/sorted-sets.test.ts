import { expect, test } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { connect, type Reply } from '../support/resp-client.js'

/** ZADD arguments: the scores from one number to another, for members `m1`, `m2`… */
const scored = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i} m${from + i}`).join(' ')

/** A session for each encoding: the same commands, where a listpack may have many elements, and none. */
const ENCODINGS = [
  ['listpack', 128],
  ['skiplist', 0],
] as const

describeDifferential('sorted sets', ({ session, servers }) => {
  for (const protocol of [2, 3]) {
    for (const [encoding, entries] of ENCODINGS) {
      session(
        `elements of a ${encoding}, in RESP${protocol}`,
        `
        CONFIG SET zset-max-listpack-entries ${entries}
        [type] HELLO ${protocol}
        ZADD z 1 a
        ZADD z 1 a 2 b 3 c 1 "" 1.5 "\\x00\\xff" -7 "\\r\\n"
        OBJECT ENCODING z
        ZCARD z
        ZCARD no
        ZSCORE z a
        ZSCORE z b
        ZSCORE z ""
        ZSCORE z "\\r\\n"
        ZSCORE z x
        ZSCORE no x
        ZMSCORE z a x "\\x00\\xff" a
        ZMSCORE no a b
        ZRANK z a
        ZRANK z c
        ZRANK z x
        ZRANK no x
        ZREVRANK z a
        ZREVRANK z c
        ZREVRANK z x
        ZREVRANK no x
        ZRANGE z 0 -1 WITHSCORES
        ZADD z 5 a 4 a 3 a
        ZRANGE z 0 -1 WITHSCORES
        ZREM z x
        ZREM no x
        ZREM z a x a b
        ZCARD z
        ZREM z "" c "\\x00\\xff" "\\r\\n" x
        EXISTS z
        CONFIG SET zset-max-listpack-entries 128
        `,
      )

      session(
        `scores of a ${encoding}, in RESP${protocol}`,
        `
        CONFIG SET zset-max-listpack-entries ${entries}
        [type] HELLO ${protocol}
        ZADD z 0 zero -0 minus 0.1 tenth 1e17 e17 1e16 e16 4503599627370497 i52 9007199254740993 i53 1e300 e300 5e-324 tiny
        ZADD z inf inf -INF -inf +infinity Infinity 0x10 hex 1e3 exponent .5 half -3.25 negative 4611686018427387904 i62
        ZADD z 4611686018427388928 over -4611686018427387904 -i62 -4611686018427388928 -over 1e21 e21 123456789012345678 long
        ZMSCORE z zero minus tenth e17 e16 i52 i53 e300 tiny inf -inf Infinity hex exponent half negative i62 over -i62 -over e21
        ZRANGE z 0 -1 WITHSCORES
        [sorted] ZSCAN z 0 COUNT 100
        ZADD z 0 minus
        ZSCORE z minus
        ZADD z 1 minus
        ZADD z -0 minus
        ZSCORE z minus
        ZINCRBY z -0 new
        ZSCORE z new
        ZINCRBY z 0.1 tenth
        ZINCRBY z 0.1 tenth
        ZINCRBY z 1e308 e300
        ZINCRBY z 1.7e308 e300
        ZINCRBY z 1.7e308 e300
        ZADD z nan a
        ZADD z 1e999 a
        ZADD z 1e-999 a
        ZADD z " 1" a
        ZADD z "1 " a
        ZADD z "" a
        ZADD z 1,5 a
        ZADD z 0 a one b
        ZSCORE z a
        ZINCRBY z nan a
        ZINCRBY z x a
        ZINCRBY z inf -inf
        ZINCRBY z -inf inf
        ZADD z INCR -inf inf
        ZADD z NX INCR -inf inf
        ZADD z GT INCR -inf inf
        ZSCORE z inf
        CONFIG SET zset-max-listpack-entries 128
        `,
      )
    }

    session(
      `conditions of ZADD, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      ZADD z XX 1 a
      EXISTS z
      ZADD z XX CH 1 a
      ZADD z XX INCR 1 a
      EXISTS z
      ZADD z NX 1 a 2 b
      ZADD z nx 9 a 3 c
      ZADD z NX CH 9 a 4 d
      ZADD z XX 5 a 9 new
      ZADD z xx ch 6 a 9 new 2 b
      ZADD z CH 6 a 9 e 3 b
      ZRANGE z 0 -1 WITHSCORES
      ZADD z GT CH 5 a 7 a 6 a
      ZSCORE z a
      ZADD z lt Ch 8 a 6 a 7 a
      ZSCORE z a
      ZADD z GT 6 a
      ZADD z LT CH 6 a
      ZADD z GT 1 f
      ZADD z LT 1 g
      ZADD z XX GT CH 9 h 9 a 1 f
      ZADD z GT XX LT 1 a
      ZADD z INCR 5 a
      ZADD z incr XX -5 a
      ZADD z INCR NX 1 a
      ZADD z INCR NX 1 i
      ZADD z INCR GT -1 i
      ZADD z INCR GT 0 i
      ZADD z INCR GT 1 i
      ZADD z INCR LT 1 i
      ZADD z INCR LT -1 i
      ZADD z INCR XX 1 no
      ZADD z INCR CH 1 i
      ZADD z INCR 0 i
      ZADD z INCR INCR CH CH 1 i
      ZADD z NX NX 1 i
      ZINCRBY z 2.5 i
      ZINCRBY z -2.5 j
      ZINCRBY z 0 j
      ZINCRBY new 1 a
      ZRANGE z 0 -1 WITHSCORES
      ZADD z XX NX 1 a
      ZADD z NX GT 1 a
      ZADD z NX LT 1 a
      ZADD z GT LT 1 a
      ZADD z XX NX GT 1 a
      ZADD z XX NX GT
      ZADD z NX GT x
      ZADD z INCR 1 a 2 b
      ZADD z INCR NX XX 1 a 2 b
      ZADD z INCR GT LT 1 a 2 b
      ZADD z INCR x a 2 b
      ZADD z NX XX
      ZADD z NX XX INCR
      ZADD z CH INCR NX XX
      ZADD z 1 a 2
      ZADD z CH 1
      ZADD z NX XX x a
      ZADD z foo 1 a
      ZADD z foo a
      ZADD z 1 a NX
      ZADD z 1 a NX 2
      ZADD z 1 a x b
      `,
    )

    session(
      `popping, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      ZADD z ${scored(1, 12)}
      ZPOPMIN z
      ZPOPMAX z
      ZPOPMIN z 0
      ZPOPMAX z 0
      ZPOPMIN z 2
      ZPOPMAX z 2
      ZPOPMIN z 1
      ZPOPMIN no
      ZPOPMAX no
      ZPOPMIN no 0
      ZPOPMIN no 3
      ZPOPMIN z -1
      ZPOPMIN no -1
      ZPOPMIN z x
      ZPOPMIN z 9223372036854775808
      ZPOPMIN z 1 2
      ZPOPMIN no x y
      ZPOPMAX z 9223372036854775807
      EXISTS z
      ZADD one 1.5 a
      ZPOPMAX one
      EXISTS one
      ZADD two inf a -0 b
      ZPOPMIN two 2
      EXISTS two
      ZADD a 1 x 2 y 3 z
      ZADD b 7 q
      ZMPOP 1 a MIN
      ZMPOP 2 no a max COUNT 1
      ZMPOP 2 a b MAX count 10
      ZMPOP 2 a b MIN
      ZMPOP 2 a b MIN
      ZMPOP 1 no MIN COUNT 3
      ZMPOP 0 a MIN
      ZMPOP -1 a MIN
      ZMPOP x a MIN
      ZMPOP 9223372036854775807 a MIN
      ZMPOP 2 a MIN
      ZMPOP 2 a b
      ZMPOP 1 a b MIN
      ZMPOP 1 a MIDDLE
      ZMPOP 1 a MIN COUNT
      ZMPOP 1 a MIN COUNT 0
      ZMPOP 1 a MIN COUNT -1
      ZMPOP 1 a MIN COUNT x
      ZMPOP 1 a MIN COUNT 1 x
      ZMPOP 1 a MIN COUNT 1 COUNT 1
      ZMPOP 1 a MIN COUNT 0 COUNT 1
      ZMPOP 1 a MIN x 1
      ZMPOP 1 a MIN x
      `,
    )

    for (const [encoding, entries] of ENCODINGS) {
      session(
        `random members and scans of a ${encoding}, in RESP${protocol}`,
        `
        CONFIG SET zset-max-listpack-entries ${entries}
        [type] HELLO ${protocol}
        ZADD z 1 a 2.5 b 3 c inf d
        ZADD one 1.5 member
        [type] ZRANDMEMBER z
        ZRANDMEMBER no
        ZRANDMEMBER one
        ZRANDMEMBER one -3
        ZRANDMEMBER one -2 WITHSCORES
        ZRANDMEMBER one 1 withscores
        ZRANDMEMBER z 0
        ZRANDMEMBER z 0 WITHSCORES
        [type] ZRANDMEMBER z 2
        [type] ZRANDMEMBER z 2 WITHSCORES
        [type] ZRANDMEMBER z -9
        [type] ZRANDMEMBER z -9 WITHSCORES
        ZRANDMEMBER z 4
        ZRANDMEMBER z 4 WITHSCORES
        ZRANDMEMBER z 9223372036854775807
        ZRANDMEMBER z 4611686018427387903 WITHSCORES
        ZRANDMEMBER z 4611686018427387904 WITHSCORES
        ZRANDMEMBER z -4611686018427387904 WITHSCORES
        ZRANDMEMBER z 9223372036854775808
        ZRANDMEMBER z -9223372036854775808
        ZRANDMEMBER z x
        ZRANDMEMBER z x WITHSCORES
        ZRANDMEMBER z 1 x
        ZRANDMEMBER z x x
        ZRANDMEMBER z 1 WITHSCORES x
        ZRANDMEMBER no 3
        ZRANDMEMBER no -3
        ZRANDMEMBER no 3 WITHSCORES
        ZRANDMEMBER no x
        [sorted] ZSCAN z 0
        ZSCAN z 0 MATCH b
        ZSCAN z 0 match x COUNT 100
        ZSCAN z 0 COUNT 0
        ZSCAN z 0 COUNT x
        ZSCAN z 0 COUNT
        ZSCAN z 0 TYPE zset
        ZSCAN z x
        ZSCAN z 18446744073709551616
        ZSCAN no 0
        ZSCAN no 0 COUNT 0
        ZSCAN no x
        CONFIG SET zset-max-listpack-entries 128
        `,
      )
    }
  }

  session(
    'wrong types and wrong numbers of words',
    `
    SET s text
    ZADD z 1 a
    ZADD s 1 a
    ZADD s XX 1 a
    ZADD s x a
    ZADD s INCR 1 a
    ZINCRBY s 1 a
    ZINCRBY s x a
    ZREM s a
    ZCARD s
    ZSCORE s a
    ZMSCORE s a
    ZRANK s a
    ZREVRANK s a
    ZPOPMIN s
    ZPOPMIN s 0
    ZPOPMIN s 1
    ZPOPMIN s -1
    ZPOPMAX s x
    ZMPOP 1 s MIN
    ZMPOP 2 no s MIN
    ZMPOP 2 s z MIN
    ZMPOP 1 s MIN COUNT 0
    ZRANDMEMBER s
    ZRANDMEMBER s 1
    ZRANDMEMBER s x
    ZRANDMEMBER s 1 x
    ZSCAN s 0
    ZSCAN s x
    ZSCAN s 0 x
    ZADD z
    ZADD z 1
    ZINCRBY z 1
    ZINCRBY z 1 a b
    ZREM z
    ZCARD
    ZSCORE z
    ZSCORE z a b
    ZMSCORE z
    ZRANK z
    ZRANK z a WITHSCORE
    ZREVRANK z a b
    ZPOPMIN
    ZMPOP 1 z
    ZRANDMEMBER
    ZSCAN z
    `,
  )

  session(
    'encodings',
    `
    ZADD z ${scored(1, 128)}
    OBJECT ENCODING z
    ZADD z 5 m1
    OBJECT ENCODING z
    ZADD z -0 m129
    OBJECT ENCODING z
    ZSCORE z m129
    ZSCAN z 0 MATCH m129 COUNT 1000
    ZRANGE z 0 -1 WITHSCORES
    ZREM z m129 m1 m2
    OBJECT ENCODING z
    ZADD v 1 ${'x'.repeat(64)}
    OBJECT ENCODING v
    ZADD v 1 ${'x'.repeat(65)}
    OBJECT ENCODING v
    ZADD w 1 ${'x'.repeat(65)}
    OBJECT ENCODING w
    ZINCRBY i 1 ${'x'.repeat(65)}
    OBJECT ENCODING i
    CONFIG SET zset-max-listpack-entries 2
    ZADD few 1 a 2 b
    OBJECT ENCODING few
    ZADD few 3 c
    OBJECT ENCODING few
    CONFIG SET zset-max-listpack-value 3
    ZADD short 1 abc
    OBJECT ENCODING short
    ZADD short 1 abcd
    OBJECT ENCODING short
    CONFIG SET zset-max-listpack-entries 128
    CONFIG SET zset-max-listpack-value 64
    `,
  )

  session(
    'expiry and other types over a sorted set',
    `
    ZADD z 1 a 2 b
    EXPIRE z 1000
    ZADD z 3 c
    ZREM z a
    [near 5] TTL z
    ZPOPMIN z 2
    TTL z
    SADD s x
    ZADD d 1 a
    EXPIRE d 1000
    ZUNIONSTORE d 1 s
    TTL d
    RENAME d e
    ZSCORE e x
    TYPE e
    COPY e f
    ZINCRBY e 1 x
    ZSCORE f x
    `,
  )

  ofKrmt.test('counts as many changes as Redis', async () => {
    const { krmt, redis } = servers()
    const ours = await connect({ path: krmt.socketPath })
    const theirs = await connect({ path: redis.socketPath })
    const changes = async (): Promise<number> => {
      const info = await theirs.send('INFO', 'persistence')
      return Number(/rdb_changes_since_last_save:(\d+)/.exec('value' in info ? String(info.value) : '')?.[1])
    }
    for (const client of [ours, theirs]) await client.send('FLUSHALL')
    for (const line of [
      `ZADD z ${scored(1, 20)}`,
      'ZADD z 1 m1 7 m2 0 new',
      'ZADD z XX 1 none',
      'ZINCRBY z 1 m1',
      'ZINCRBY z 0 m1',
      'ZREM z m1 m2 none',
      'ZPOPMIN z',
      'ZPOPMAX z 3',
      'ZPOPMIN z 0',
      'ZMPOP 1 z MIN COUNT 2',
      'ZREMRANGEBYRANK z 0 1',
      'ZREMRANGEBYSCORE z 0 9',
      'ZRANGESTORE d z 0 -1',
      'ZRANGESTORE d no 0 -1',
      'ZRANGESTORE d no 0 -1',
      'ZUNIONSTORE d 2 z z',
      'ZINTERSTORE d 2 z no',
      'ZDIFFSTORE d 2 z no',
      'ZDIFFSTORE d 1 no',
      'ZREMRANGEBYRANK z 0 -1',
    ]) {
      const before = [krmt.engine.keyspace.changes, await changes()] as const
      for (const client of [ours, theirs]) await client.send(...line.split(' '))
      expect(krmt.engine.keyspace.changes - before[0], line).toBe((await changes()) - before[1])
    }
    await Promise.all([ours.close(), theirs.close()])
  })

  test('a scan of a large set that changes meets every member that stays', async () => {
    for (const server of Object.values(servers())) {
      const client = await connect({ path: server.socketPath })
      await client.send('FLUSHALL')
      await client.send('ZADD', 'z', ...scored(1, 2000).split(' '))
      const met = new Map<string, string>()
      let cursor = '0'
      let round = 0
      do {
        const [next, found] = items(await client.send('ZSCAN', 'z', cursor, 'COUNT', 50))
        cursor = next?.type === 'bulk' ? next.value : ''
        const words = texts(found)
        for (let i = 0; i < words.length; i += 2) met.set(words[i]!, words[i + 1]!)
        // Odd members go, others come, and scores change, while it goes on.
        await client.send('ZREM', 'z', `m${round * 2 + 1}`, `m${1999 - round * 2}`)
        await client.send('ZADD', 'z', -round, `new${round}`)
        round++
      } while (cursor !== '0')
      for (let i = 2; i <= 2000; i += 2) expect(met.get(`m${i}`)).toBe(String(i))
      expect(round).toBeGreaterThan(20)
      await client.close()
    }
  })

  test('members that are picked are members, with their scores, and different ones where they must be', async () => {
    for (const server of Object.values(servers())) {
      const client = await connect({ path: server.socketPath })
      for (const size of [100, 400]) {
        await client.send('FLUSHALL')
        await client.send('ZADD', 'z', ...scored(1, size).split(' '))
        for (const count of [3, 50, size - 1, -300]) {
          const words = texts(await client.send('ZRANDMEMBER', 'z', count, 'WITHSCORES'))
          expect(words.length).toBe(Math.abs(count) * 2)
          const members = new Set<string>()
          for (let i = 0; i < words.length; i += 2) {
            expect(words[i]).toBe(`m${words[i + 1]}`)
            expect(Number(words[i + 1])).toBeLessThanOrEqual(size)
            members.add(words[i]!)
          }
          if (count > 0) expect(members.size).toBe(count)
        }
      }
      await client.close()
    }
  })
})

function items(reply: Reply | undefined): Reply[] {
  if (reply?.type !== 'array') throw new Error(`no array: ${JSON.stringify(reply)}`)
  return reply.items
}

const texts = (reply: Reply | undefined): string[] =>
  items(reply).map(item => (item.type === 'bulk' ? item.value : JSON.stringify(item)))
