import { expect, test } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { connect, type Reply } from '../support/resp-client.js'

const LONG = 'x'.repeat(65)

/** So many fields with values, as words. */
const fields = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `f${from + i} ${from + i}`).join(' ')

describeDifferential('hashes', ({ session, servers }) => {
  for (const protocol of [2, 3]) {
    session(
      `fields, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      HSET h a 1 b 2 a 3
      HSET h a 4 c 5
      HSET h a 4
      HSET h "" "" "\\x00\\xff" "\\r\\n"
      HGET h a
      HGET h ""
      HGET h no
      HGET no a
      HLEN h
      HLEN no
      HEXISTS h a
      HEXISTS h no
      HEXISTS no a
      HSTRLEN h "\\x00\\xff"
      HSTRLEN h no
      HSTRLEN no a
      HMGET h a no b a
      HMGET no a b
      HKEYS h
      HVALS h
      HGETALL h
      HKEYS no
      HVALS no
      HGETALL no
      HMSET h d 6 a 7
      HSETNX h d 8
      HSETNX h e 8
      HSETNX new e 8
      HDEL h no
      HDEL h a no a b
      HGETALL h
      HSET h b back
      HGETALL h
      HDEL h c d e b "" "\\x00\\xff" more
      EXISTS h
      HDEL h a
      HDEL no a
      `,
    )

    session(
      `numbers, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      HINCRBY h n 5
      HINCRBY h n -7
      HINCRBY h n x
      HINCRBY h n 1.5
      HINCRBY h n 9223372036854775808
      HSET h big 9223372036854775806 low -9223372036854775808 text hello padded " 1" zeros 01 empty ""
      HINCRBY h big 1
      HINCRBY h big 1
      HINCRBY h low -1
      HINCRBY h low 9223372036854775807
      HINCRBY h text 1
      HINCRBY h padded 1
      HINCRBY h zeros 1
      HINCRBY h empty 1
      HINCRBYFLOAT h f 0.1
      HINCRBYFLOAT h f 0.2
      HINCRBYFLOAT h f -0.3
      HINCRBYFLOAT h f 1e3
      HINCRBYFLOAT h big 1
      HINCRBYFLOAT h n 1.5
      HINCRBYFLOAT h text 1
      HINCRBYFLOAT h text x
      HINCRBYFLOAT h padded 1
      HINCRBYFLOAT h zeros 1
      HINCRBYFLOAT h empty 1
      HINCRBYFLOAT h f x
      HINCRBYFLOAT h f ""
      HINCRBYFLOAT h f " 1"
      HINCRBYFLOAT h f inf
      HINCRBYFLOAT h f -inf
      HINCRBYFLOAT h f nan
      HSET h huge inf
      HINCRBYFLOAT h huge 1
      HINCRBYFLOAT new f 3.0
      HINCRBY h f 1
      HGETALL h
      HGETALL new
      `,
    )

    session(
      `random fields, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      HSET h a 1 b 2 c 3
      [type] HRANDFIELD h
      HRANDFIELD no
      HRANDFIELD h 0
      HRANDFIELD h 0 WITHVALUES
      [type] HRANDFIELD h 2
      HRANDFIELD h 3
      HRANDFIELD h 10
      HRANDFIELD h 9223372036854775807
      HRANDFIELD h 3 WITHVALUES
      HRANDFIELD h 10 withvalues
      HRANDFIELD h 4611686018427387903 WITHVALUES
      HRANDFIELD h 4611686018427387904 WITHVALUES
      HRANDFIELD h -4611686018427387904 WITHVALUES
      [type] HRANDFIELD h 2 WITHVALUES
      [type] HRANDFIELD h -10
      [type] HRANDFIELD h -10 WITHVALUES
      HRANDFIELD no 3
      HRANDFIELD no -3 WITHVALUES
      HRANDFIELD no x
      HRANDFIELD no 1 x
      HRANDFIELD no 4611686018427387904 WITHVALUES
      HRANDFIELD h x
      HRANDFIELD h 1.5
      HRANDFIELD h 9223372036854775808
      HRANDFIELD h -9223372036854775808
      HRANDFIELD h -9223372036854775808 x
      HRANDFIELD h 1 x
      HRANDFIELD h 1 WITHVALUES x
      HSET one field value
      HRANDFIELD one
      HRANDFIELD one -3
      HRANDFIELD one -3 WITHVALUES
      HSET large f ${LONG} g 1
      [sorted] HRANDFIELD large 2 WITHVALUES
      [type] HRANDFIELD large 1
      [type] HRANDFIELD large -5 WITHVALUES
      `,
    )

    session(
      `scans, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      HSET h a 1 b 2 ab 3 "" empty
      HSCAN h 0
      HSCAN h 0 COUNT 1
      HSCAN h 0 MATCH a*
      HSCAN h 0 match *
      HSCAN h 0 MATCH **
      HSCAN h 0 MATCH ""
      HSCAN h 0 MATCH ? COUNT 1
      HSCAN h 0 MATCH a MATCH b
      HSCAN h 0 COUNT 1 COUNT x
      HSCAN h 0 COUNT 0
      HSCAN h 0 COUNT -1
      HSCAN h 0 COUNT 9223372036854775808
      HSCAN h 0 COUNT 9223372036854775807
      HSCAN h 0 COUNT
      HSCAN h 0 MATCH
      HSCAN h 0 TYPE hash
      HSCAN h 0 NOVALUES
      HSCAN h 5
      HSCAN h -1
      HSCAN h +007
      HSCAN h ""
      HSCAN h "0\\x00more"
      HSCAN h "\\x00more"
      HSCAN h -
      HSCAN h +
      HSCAN h " 0"
      HSCAN h "0 "
      HSCAN h 0x1
      HSCAN h 18446744073709551615
      HSCAN h -18446744073709551615
      HSCAN h 18446744073709551616
      HSCAN h 000000000000000000000000000000
      HSCAN h x TYPE hash
      HSCAN no 0
      HSCAN no 0 COUNT 0
      HSCAN no x
      HSET large a ${LONG}
      HSCAN large 0
      HSCAN large 0 MATCH b
      `,
    )
  }

  session(
    'wrong types and wrong numbers of words',
    `
    SET s text
    HSET s a 1
    HSET s a 1 b
    HSET s a
    HMSET s a 1
    HMSET s a 1 b
    HSETNX s a 1
    HGET s a
    HMGET s a
    HDEL s a
    HLEN s
    HSTRLEN s a
    HEXISTS s a
    HKEYS s
    HVALS s
    HGETALL s
    HINCRBY s a 1
    HINCRBY s a x
    HINCRBYFLOAT s a 1
    HINCRBYFLOAT s a x
    HRANDFIELD s
    HRANDFIELD s 1
    HRANDFIELD s x
    HRANDFIELD s 1 x
    HSCAN s 0
    HSCAN s x
    HSCAN s 0 x
    HGET h
    HGET h a b
    HSETNX h a
    HINCRBY h a
    HINCRBYFLOAT h a
    HDEL h
    HMGET h
    HRANDFIELD
    HSCAN h
    `,
  )

  session(
    'encodings',
    `
    HSET h a 1
    OBJECT ENCODING h
    HSET h ${LONG.slice(1)} ${LONG.slice(1)}
    OBJECT ENCODING h
    HSETNX h a ${LONG}
    OBJECT ENCODING h
    HSET h a ${LONG}
    OBJECT ENCODING h
    HSET h a short
    HDEL h ${LONG.slice(1)}
    OBJECT ENCODING h
    HSET field ${LONG} 1
    OBJECT ENCODING field
    HSETNX nx a ${LONG}
    OBJECT ENCODING nx
    HINCRBY incr ${LONG} 1
    OBJECT ENCODING incr
    HINCRBYFLOAT float a 1
    OBJECT ENCODING float
    HINCRBYFLOAT float a 1e70
    OBJECT ENCODING float
    HSET many ${fields(1, 512)}
    OBJECT ENCODING many
    HGETALL many
    HSET many f512 again
    OBJECT ENCODING many
    HSET many f513 1
    OBJECT ENCODING many
    [sorted] HGETALL many
    [sorted] HKEYS many
    [sorted] HVALS many
    HDEL many f1 f2 f3
    OBJECT ENCODING many
    HLEN many
    HGET many f512
    HINCRBY many f513 1
    [sorted] HRANDFIELD many 1000
    [type] HRANDFIELD many 100
    [type] HRANDFIELD many -600 WITHVALUES
    HMSET bulk ${fields(1, 513)}
    OBJECT ENCODING bulk
    HSETNX bulk f513 1
    HSETNX bulk f514 1
    HLEN bulk
    `,
  )

  session(
    'limits that change',
    `
    CONFIG SET hash-max-listpack-entries 3 hash-max-listpack-value 4
    HSET h a 1 b 2 c 3
    OBJECT ENCODING h
    CONFIG SET hash-max-listpack-entries 2
    OBJECT ENCODING h
    HDEL h c
    HSET h a 2
    OBJECT ENCODING h
    HSETNX h a 2
    HSETNX h c 2
    OBJECT ENCODING h
    HSET i a 1234
    OBJECT ENCODING i
    HINCRBY i a 10000
    OBJECT ENCODING i
    CONFIG SET hash-max-ziplist-entries 0
    HSET j a 1
    OBJECT ENCODING j
    CONFIG SET hash-max-listpack-entries 512 hash-max-listpack-value 64
    `,
  )

  // redis-server is not asked: it would fill its memory.
  ofKrmt.test('more repetitions than a reply should hold are refused', async () => {
    const client = await connect({ path: servers().krmt.socketPath })
    await client.send('FLUSHALL')
    await client.send('HSET', 'h', 'f', 'v')
    for (const count of [-(2 ** 24) - 1, '-9223372036854775807']) {
      expect(await client.send('HRANDFIELD', 'h', count)).toEqual({ type: 'error', value: 'ERR value is out of range' })
    }
    await client.close()
  })

  test('a scan of a large hash that changes meets every field that stays', async () => {
    for (const server of Object.values(servers())) {
      const client = await connect({ path: server.socketPath })
      await client.send('FLUSHALL')
      await client.send('HSET', 'h', ...fields(1, 2000).split(' '))
      const met = new Map<string, string>()
      let cursor = '0'
      let round = 0
      do {
        const reply = await client.send('HSCAN', 'h', cursor, 'COUNT', 50, 'MATCH', 'f*')
        const [next, found] = items(reply)
        cursor = next?.type === 'bulk' ? next.value : ''
        const texts = items(found).map(item => (item.type === 'bulk' ? item.value : ''))
        for (let i = 0; i < texts.length; i += 2) met.set(texts[i]!, texts[i + 1]!)
        // Odd fields go, others come, while it goes on.
        await client.send('HDEL', 'h', `f${round * 2 + 1}`, `f${1999 - round * 2}`)
        await client.send('HSET', 'h', `new${round}`, 'x')
        round++
      } while (cursor !== '0')
      for (let i = 2; i <= 2000; i += 2) expect(met.get(`f${i}`)).toBe(String(i))
      expect(round).toBeGreaterThan(20)
      await client.close()
    }
  })
})

function items(reply: Reply | undefined): Reply[] {
  if (reply?.type !== 'array') throw new Error(`no array: ${JSON.stringify(reply)}`)
  return reply.items
}
