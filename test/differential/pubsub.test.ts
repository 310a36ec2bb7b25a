import { describeDifferential } from '../support/differential.js'

describeDifferential('pub/sub', ({ session }) => {
  const talk = `SUBSCRIBE a b
     SUBSCRIBE a
     2> PUBLISH a hello
     [push]
     2> PUBLISH no hello
     PSUBSCRIBE a* z?
     2> PUBLISH a hi
     [push]
     [push]
     2> PUBLISH "a\\x00" "\\xff\\r\\n"
     [push]
     SSUBSCRIBE s a
     2> SPUBLISH s x
     [push]
     2> PUBLISH s x
     2> SPUBLISH a x
     [push]
     2> [sorted] PUBSUB CHANNELS
     2> PUBSUB CHANNELS a*
     2> PUBSUB CHANNELS no*
     2> PUBSUB NUMSUB a b no
     2> PUBSUB NUMSUB
     2> PUBSUB NUMPAT
     2> [sorted] PUBSUB SHARDCHANNELS
     2> PUBSUB SHARDCHANNELS s*
     2> PUBSUB SHARDNUMSUB s a no
     2> PUBSUB SHARDNUMSUB
     UNSUBSCRIBE no
     UNSUBSCRIBE a
     PUNSUBSCRIBE no
     PUNSUBSCRIBE z?
     SUNSUBSCRIBE no
     SUNSUBSCRIBE s
     2> PUBLISH a last
     [push]
     UNSUBSCRIBE
     PUNSUBSCRIBE
     SUNSUBSCRIBE
     UNSUBSCRIBE
     PUNSUBSCRIBE
     SUNSUBSCRIBE
     2> PUBLISH a nobody
     PING`

  session('RESP2', talk)
  session('RESP3', `[type] HELLO 3\n2> SELECT 1\n[type] 2> HELLO 3\n${talk}`)

  session(
    'what a subscriber may do in RESP2',
    `SUBSCRIBE a
     PING
     PING x
     PING x y
     GET k
     CLIENT ID
     CONFIG GET hz
     NOSUCH
     GET
     MULTI
     EXEC
     HELLO 3
     PUBLISH a b
     UNSUBSCRIBE
     PING
     SSUBSCRIBE a
     GET k
     SUNSUBSCRIBE
     PSUBSCRIBE a
     GET k
     RESET
     GET k`,
  )

  session(
    'what a subscriber may do in RESP3',
    `[type] HELLO 3
     SUBSCRIBE a
     PING
     SET k v
     GET k
     MULTI
     PUBLISH a x
     GET k
     EXEC
     [push]
     PUBLISH a y
     [push]`,
  )

  session(
    'in a transaction',
    `MULTI
     PUBLISH a x
     PUBSUB NUMSUB a
     EXEC
     2> PUBLISH a x`,
  )

  session(
    'errors',
    `SUBSCRIBE
     PSUBSCRIBE
     SSUBSCRIBE
     PUBLISH
     PUBLISH a
     PUBLISH a b c
     SPUBLISH a
     PUBSUB
     PUBSUB nosuch
     PUBSUB nosuch x
     PUBSUB CHANNELS a b
     PUBSUB NUMPAT x
     PUBSUB SHARDCHANNELS a b
     PUBSUB HELP x`,
  )

  session(
    'SWAPDB, FLUSHALL and databases do not matter to channels',
    `SUBSCRIBE a
     2> SELECT 5
     2> PUBLISH a x
     [push]
     2> FLUSHALL
     2> PUBLISH a y
     [push]`,
  )
})
