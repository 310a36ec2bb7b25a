import { expect, test } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { connect, type Reply } from '../support/resp-client.js'

/** The integers from one to another, as words. */
const integers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i)).join(' ')

describeDifferential('sets', ({ session, servers }) => {
  for (const protocol of [2, 3]) {
    session(
      `members, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SADD s a b a
      SADD s a c
      SADD s a
      SADD s "" "\\x00\\xff" "\\r\\n"
      SCARD s
      SCARD no
      SISMEMBER s a
      SISMEMBER s ""
      SISMEMBER s no
      SISMEMBER no a
      SMISMEMBER s a no c
      SMISMEMBER no a b
      [sorted] SMEMBERS s
      SMEMBERS no
      SADD i 5 -3 10 0 7 5
      SMEMBERS i
      SISMEMBER i 5
      SISMEMBER i 05
      SISMEMBER i +5
      SISMEMBER i five
      SMISMEMBER i 5 6 -3
      SREM i 6 five 05
      SREM i 5 10 5
      SMEMBERS i
      SREM i -3 0 7 8
      EXISTS i
      SREM s a no
      SREM s a
      SREM no a
      SREM s b c "" "\\x00\\xff" "\\r\\n" x
      EXISTS s
      `,
    )

    session(
      `moves, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SADD a 1 2 3
      SADD b 3 x
      SMOVE a b 1
      SMOVE a b 3
      SMOVE a b 9
      SMOVE a b x
      SMOVE a a 2
      SMOVE a a 9
      SMOVE no b 1
      SMOVE no no 1
      SMOVE a new 2
      EXISTS a
      SMEMBERS new
      [sorted] SMEMBERS b
      OBJECT ENCODING new
      SMOVE b new x
      OBJECT ENCODING new
      OBJECT ENCODING b
      `,
    )

    session(
      `random members, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SADD i 1 2 3
      [type] SRANDMEMBER i
      SRANDMEMBER no
      SRANDMEMBER i 0
      [type] SRANDMEMBER i 2
      SRANDMEMBER i 3
      SRANDMEMBER i 10
      SRANDMEMBER i 9223372036854775807
      [type] SRANDMEMBER i -10
      SRANDMEMBER no 3
      SRANDMEMBER no -3
      SRANDMEMBER no x
      SRANDMEMBER i x
      SRANDMEMBER i 9223372036854775808
      SRANDMEMBER i -9223372036854775808
      SRANDMEMBER i 1 2
      SADD one member
      SRANDMEMBER one
      SRANDMEMBER one -3
      SADD t a b c
      [sorted] SRANDMEMBER t 3
      [type] SRANDMEMBER t 2
      [type] SPOP i
      SCARD i
      SPOP i 0
      SPOP no
      SPOP no 0
      SPOP no 3
      SPOP i -1
      SPOP i x
      SPOP no x
      SPOP i 9223372036854775808
      SPOP i 1 2
      [type] SPOP i 1
      SCARD i
      [type] SPOP i
      EXISTS i
      SPOP one
      EXISTS one
      [sorted] SPOP t 3
      EXISTS t
      SADD i 5 4 3
      SPOP i 9223372036854775807
      EXISTS i
      `,
    )

    session(
      `several sets, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SADD a 1 2 3 4 5
      SADD b 3 4 5 6
      SADD c 5 4 x y
      SADD t x y z
      SINTER a b
      SINTER b a c
      [sorted] SINTER c t
      SINTER a t
      SINTER a no
      SINTER no
      SINTER a a
      SUNION a b
      [sorted] SUNION a c t
      SUNION no a
      SUNION no
      SUNION a a
      SDIFF a b
      SDIFF b a
      SDIFF a b c
      [sorted] SDIFF c a
      SDIFF c t
      SDIFF a a
      SDIFF no a
      SDIFF a no
      SINTERCARD 2 a b
      SINTERCARD 3 a b c
      SINTERCARD 2 a b LIMIT 2
      SINTERCARD 2 a b limit 0
      SINTERCARD 2 a b LIMIT 10
      SINTERCARD 2 a b LIMIT 1 LIMIT 2
      SINTERCARD 2 a no
      SINTERCARD 1 a
      SINTERCARD 0 a
      SINTERCARD -1 a
      SINTERCARD x a
      SINTERCARD 3 a b
      SINTERCARD 9223372036854775807 a b
      SINTERCARD 9223372036854775808 a b
      SINTERCARD 1 a b
      SINTERCARD 1 a LIMIT
      SINTERCARD 1 a LIMIT -1
      SINTERCARD 1 a LIMIT x
      SINTERCARD 1 no LIMIT x
      SINTERCARD 1 a LIMIT 1 x
      `,
    )

    session(
      `results that are stored, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SADD a 1 2 3 4 5
      SADD b 3 4 5 6
      SADD t 3 x y
      SINTERSTORE d a b
      SMEMBERS d
      OBJECT ENCODING d
      SINTERSTORE d t a
      SMEMBERS d
      OBJECT ENCODING d
      SUNIONSTORE d a b t
      [sorted] SMEMBERS d
      OBJECT ENCODING d
      SUNIONSTORE d a b
      OBJECT ENCODING d
      SDIFFSTORE d t a
      [sorted] SMEMBERS d
      SDIFFSTORE a a b
      SMEMBERS a
      SUNIONSTORE a a a
      SINTERSTORE d a no
      EXISTS d
      SINTERSTORE d a no
      SDIFFSTORE a a a
      EXISTS a
      SUNIONSTORE b no no2
      EXISTS b
      SET s text
      SINTERSTORE s t
      [sorted] SMEMBERS s
      SET s text
      SUNIONSTORE s no
      EXISTS s
      SET s text
      SDIFFSTORE s t
      [sorted] SMEMBERS s
      SINTERSTORE d
      `,
    )

    session(
      `scans, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SADD i 3 1 20 2
      SSCAN i 0
      SSCAN i 0 COUNT 1
      SSCAN i 0 MATCH 2*
      SSCAN i 7 match * count 2
      SADD t a b ab
      [sorted] SSCAN t 0
      SSCAN t 0 MATCH ab
      SSCAN t 0 MATCH x
      SSCAN t 0 COUNT 0
      SSCAN t 0 COUNT x
      SSCAN t 0 COUNT
      SSCAN t 0 TYPE set
      SSCAN t x
      SSCAN t 18446744073709551616
      SSCAN no 0
      SSCAN no 0 COUNT 0
      SSCAN no x
      `,
    )
  }

  session(
    'wrong types and wrong numbers of words',
    `
    SET s text
    SADD t a
    SADD s a
    SREM s a
    SISMEMBER s a
    SMISMEMBER s a
    SCARD s
    SMEMBERS s
    SPOP s
    SPOP s 1
    SPOP s 0
    SPOP s x
    SRANDMEMBER s
    SRANDMEMBER s 1
    SRANDMEMBER s x
    SMOVE s t a
    SMOVE t s a
    SMOVE t s no
    SMOVE no s a
    SMOVE s s a
    SINTER s
    SINTER t s
    SINTER no s
    SINTER no no s t
    SUNION t s
    SUNION no s
    SDIFF t s
    SDIFF no s
    SINTERSTORE d no s
    SUNIONSTORE d t s
    SDIFFSTORE d t s
    SINTERCARD 2 no s
    SINTERCARD 1 s LIMIT x
    SSCAN s 0
    SSCAN s x
    SSCAN s 0 x
    SADD t
    SREM t
    SISMEMBER t
    SMISMEMBER t
    SCARD
    SMOVE t s
    SINTER
    SINTERCARD 1
    SDIFFSTORE d
    SSCAN t
    `,
  )

  session(
    'encodings',
    `
    SADD i 1 2 -9223372036854775808 9223372036854775807 9007199254740993 -9007199254740993 9007199254740992 9007199254740991
    OBJECT ENCODING i
    SMEMBERS i
    SISMEMBER i 9223372036854775807
    SISMEMBER i 9223372036854775806
    SREM i 9007199254740992
    SMEMBERS i
    SADD i 9223372036854775808
    OBJECT ENCODING i
    SREM i 9223372036854775808
    OBJECT ENCODING i
    SADD s 01
    OBJECT ENCODING s
    SADD z -0
    OBJECT ENCODING z
    SADD many ${integers(1, 512)}
    OBJECT ENCODING many
    SADD many 512
    OBJECT ENCODING many
    SMEMBERS many
    SADD many -5
    OBJECT ENCODING many
    [sorted] SMEMBERS many
    SREM many -5
    OBJECT ENCODING many
    SADD more ${integers(500, 1100)}
    OBJECT ENCODING more
    [sorted] SINTER many more
    SDIFFSTORE d many more
    OBJECT ENCODING d
    SUNIONSTORE d many more
    OBJECT ENCODING d
    SINTERSTORE d many more
    OBJECT ENCODING d
    [type] SPOP more 500
    OBJECT ENCODING more
    [type] SPOP more 85
    OBJECT ENCODING more
    SCARD more
    SADD text ${integers(1, 30)} x y z
    [type] SPOP text 5
    OBJECT ENCODING text
    SADD text ${integers(1, 30)} x y z
    SREM text x y z
    OBJECT ENCODING text
    [type] SPOP text 25
    OBJECT ENCODING text
    SCARD text
    CONFIG SET set-max-intset-entries 2
    SADD few 1 2
    OBJECT ENCODING few
    SADD few 3
    OBJECT ENCODING few
    OBJECT ENCODING text
    SADD text ${integers(1, 30)}
    OBJECT ENCODING text
    CONFIG SET set-max-intset-entries 0
    SADD none 1
    OBJECT ENCODING none
    CONFIG SET set-max-intset-entries 512
    `,
  )

  // redis-server is not asked: it would fill its memory.
  ofKrmt.test('more repetitions than a reply should hold are refused', async () => {
    const client = await connect({ path: servers().krmt.socketPath })
    await client.send('FLUSHALL')
    await client.send('SADD', 's', 'a')
    for (const count of [-(2 ** 24) - 1, '-9223372036854775807']) {
      expect(await client.send('SRANDMEMBER', 's', count)).toEqual({
        type: 'error',
        value: 'ERR value is out of range',
      })
    }
    await client.close()
  })

  test('a scan of a large set that changes meets every member that stays', async () => {
    for (const server of Object.values(servers())) {
      const client = await connect({ path: server.socketPath })
      await client.send('FLUSHALL')
      await client.send('SADD', 's', ...integers(1, 2000).split(' '))
      const met = new Set<string>()
      let cursor = '0'
      let round = 0
      do {
        const [next, found] = items(await client.send('SSCAN', 's', cursor, 'COUNT', 50))
        cursor = next?.type === 'bulk' ? next.value : ''
        for (const item of items(found)) if (item.type === 'bulk') met.add(item.value)
        // Odd members go, others come, while it goes on.
        await client.send('SREM', 's', round * 2 + 1, 1999 - round * 2)
        await client.send('SADD', 's', `new${round}`)
        round++
      } while (cursor !== '0')
      for (let i = 2; i <= 2000; i += 2) expect(met).toContain(String(i))
      expect(round).toBeGreaterThan(20)
      await client.close()
    }
  })

  test('members that are picked or popped are members, and different ones where they must be', async () => {
    for (const server of Object.values(servers())) {
      const client = await connect({ path: server.socketPath })
      for (const members of [integers(1, 400), `${integers(1, 400)} text`]) {
        await client.send('FLUSHALL')
        const all = new Set(members.split(' '))
        await client.send('SADD', 's', ...all)
        for (const count of [10, 200, 399]) {
          const picked = texts(await client.send('SRANDMEMBER', 's', count))
          expect(new Set(picked).size).toBe(count)
          for (const member of picked) expect(all).toContain(member)
        }
        for (const member of texts(await client.send('SRANDMEMBER', 's', -500))) expect(all).toContain(member)
        for (const count of [1, 10, 200, 180]) {
          for (const member of texts(await client.send('SPOP', 's', count))) expect(all.delete(member)).toBe(true)
          expect(new Set(texts(await client.send('SMEMBERS', 's')))).toEqual(all)
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

const texts = (reply: Reply): string[] => items(reply).map(item => (item.type === 'bulk' ? item.value : ''))
