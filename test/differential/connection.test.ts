import { expect } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { startKrmtServer } from '../support/krmt-server.js'
import { connect } from '../support/resp-client.js'

describeDifferential('connections', ({ session }) => {
  session(
    'PING, ECHO, SELECT',
    `PING
     PING a
     PING a b
     ping ""
     ECHO a
     ECHO
     ECHO a b
     SELECT 0
     SELECT 15
     SELECT 16
     SELECT -1
     SELECT 1a
     SELECT ""
     SELECT 01
     SELECT 2147483647
     SELECT 2147483648
     SELECT 99999999999999999999
     SELECT 3
     SET k v
     DBSIZE
     SELECT 0
     DBSIZE
     NOSUCH
     nosuch a "b c" d
     NOSUCH aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b
     NOSUCHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b
     NOSUCH "a\\r\\nb" c
     NOSUCH aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbb c
     GET
     GET a b
     CLIENT nosuchaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b
     CONFIG "no\\nsuch" b`,
  )

  session(
    'HELLO',
    `HELLO x
     HELLO 1
     HELLO 4
     HELLO 2 AUTH
     HELLO 2 AUTH a
     HELLO 2 AUTH nobody b
     HELLO 2 AUTH default b SETNAME
     HELLO 2 SETNAME
     HELLO 2 SETNAME "a b"
     HELLO 2 FOO
     HELLO AUTH default b
     HELLO 9999999999999999999
     [type] HELLO
     [type] HELLO 2
     [type] HELLO 3
     [type] HELLO
     [type] HELLO 2 AUTH default whatever SETNAME Ada
     CLIENT GETNAME
     AUTH
     AUTH a b c
     AUTH pw
     AUTH default pw
     AUTH nobody pw`,
  )

  session(
    'RESP3 types',
    `[type] HELLO 3
     GET no
     HGETALL no
     HSET h f v
     HGETALL h
     HGET h no
     SADD s a
     SMEMBERS s
     ZADD z 1.5 m
     ZSCORE z m
     ZSCORE z no
     ZRANGE z 0 -1 WITHSCORES
     CONFIG GET hz
     EXISTS no
     MULTI
     GET no
     EXEC
     PING`,
  )

  session(
    'RESET',
    `SELECT 3
     CLIENT SETNAME x
     MULTI
     SET k v
     RESET
     CLIENT GETNAME
     EXEC
     SET k v
     SELECT 3
     EXISTS k
     [type] HELLO 3
     RESET
     GET no
     WATCH k
     2> SET k w
     RESET
     MULTI
     EXEC
     RESET x`,
  )
})

describeDifferential('connections, with a password', ({ session }) => {
  session(
    'before AUTH',
    `AUTH secret
       CONFIG SET requirepass secret
       2> PING
       2> GET k
       2> ECHO a
       2> NOSUCH
       2> GET
       2> SUBSCRIBE a
       2> MULTI
       2> HELLO
       2> HELLO 3
       2> HELLO 3 SETNAME x
       2> HELLO 3 AUTH default wrong
       2> HELLO 3 AUTH nobody secret
       2> AUTH wrong
       2> AUTH secretx
       2> AUTH secre
       2> AUTH ""
       2> AUTH default wrong
       2> AUTH nobody secret
       2> RESET
       2> COMMAND COUNT x
       2> AUTH secret
       2> PING
       2> AUTH wrong
       2> PING
       2> RESET
       2> PING
       [type] 2> HELLO 3 AUTH default secret
       2> PING
       3> PING
       3> AUTH default secret
       3> PING
       CONFIG SET requirepass ""
       3> RESET
       3> PING
       4> PING`,
    { events: false },
  )
})

ofKrmt.test('QUIT closes after its reply, and runs nothing behind it', async () => {
  const krmt = await startKrmtServer()
  const client = await connect({ path: krmt.socketPath })
  expect(await client.raw('SET a 1\r\nQUIT\r\nSET b 1\r\n', 2)).toEqual([
    { type: 'status', value: 'OK' },
    { type: 'status', value: 'OK' },
  ])
  await client.closed
  expect(krmt.engine.keyspace.databases[0]!.size).toBe(1)
  await krmt.stop()
})
