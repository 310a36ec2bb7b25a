import { describeDifferential } from '../support/differential.js'

describeDifferential('keys', ({ session }) => {
  for (const protocol of [2, 3]) {
    session(
      `DEL, UNLINK, EXISTS, TOUCH and TYPE, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      MSET a 1 b 2 c 3 "" empty "\\x00\\xff" binary
      EXISTS a
      EXISTS a b a no ""
      TOUCH a b a no
      TYPE a
      TYPE no
      HSET h f v
      RPUSH l 1
      TYPE h
      TYPE l
      DEL a no a "\\x00\\xff"
      UNLINK b no b ""
      UNLINK no
      DEL no
      DEL h l
      EXISTS a b h l
      DBSIZE
      EXISTS
      DEL
      UNLINK
      TOUCH
      TYPE
      TYPE a b
      DBSIZE x
      `,
    )

    session(
      `RENAME and RENAMENX, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      RENAME no a
      RENAMENX no a
      RENAME no no
      RENAMENX no no
      SET a 1
      RENAME a a
      RENAMENX a a
      RENAME a b
      EXISTS a b
      SET c 3
      RENAMENX b c
      MGET b c
      RENAMENX b d
      MGET b c d
      RENAME d c
      MGET d c
      HSET h f v
      RENAME h c
      TYPE c
      HGETALL c
      SET e 1 EX 1000
      SET f 2 EX 5000
      RENAME e f
      TTL f
      SET g 3
      RENAME g f
      TTL f
      SET i 1 EX 1000
      RENAMENX i j
      TTL j
      RENAME a
      RENAME a b c
      RENAMENX a
      `,
    )

    session(
      `COPY, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      COPY no a
      COPY no no
      SET a 1
      COPY a b
      COPY a b
      SET a 2
      COPY a b
      GET b
      COPY a b REPLACE
      GET b
      COPY a b replace REPLACE
      COPY a a
      COPY a a REPLACE
      COPY a a DB 0
      COPY a a DB 1
      COPY a a db 1
      COPY a a Db 1 rePLACE
      COPY a a REPLACE DB 1 DB 2
      COPY a a DB 1 DB 0
      SELECT 2
      GET a
      SELECT 1
      GET a
      COPY a b DB 0
      COPY a b DB x
      COPY a b DB 1.0
      COPY a b DB ""
      COPY a b DB 16
      COPY a b DB -1
      COPY a b DB 2147483647
      COPY a b DB 2147483648
      COPY a b DB -2147483649
      COPY a b DB 99999999999999999999
      COPY a b DB
      COPY a b X
      COPY a b REPLACE X
      COPY a b X DB x
      COPY a
      SELECT 0
      SET t 1 EX 1000
      COPY t u
      TTL u
      TTL t
      SET v 1 EX 5000
      COPY b v REPLACE
      TTL v
      HSET h f v
      COPY h i
      HSET i g w
      HGETALL h
      HGETALL i
      RPUSH l 1 2 3
      COPY l m
      RPOP m
      LRANGE l 0 -1
      LRANGE m 0 -1
      COPY l h REPLACE
      TYPE h
      SETBIT bits 7 1
      COPY bits bits2
      SETBIT bits2 6 1
      GET bits
      GET bits2
      OBJECT ENCODING bits2
      `,
    )

    session(
      `MOVE and SWAPDB, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      MOVE no 1
      MOVE no 0
      SET a 1
      MOVE a 0
      MOVE a 16
      MOVE a -1
      MOVE a x
      MOVE a 2147483648
      MOVE a 99999999999999999999
      MOVE a 1
      EXISTS a
      SET a 2
      MOVE a 1
      GET a
      SET b 1 EX 1000
      MOVE b 1
      SELECT 1
      TTL b
      GET a
      DBSIZE
      SWAPDB 0 1
      DBSIZE
      GET a
      SELECT 0
      GET a
      TTL b
      SWAPDB 1 1
      SWAPDB 0 16
      SWAPDB 16 0
      SWAPDB -1 0
      SWAPDB x 0
      SWAPDB 0 x
      SWAPDB x x
      SWAPDB 99999999999 0
      SWAPDB 0 99999999999
      SWAPDB 0
      MOVE a
      MOVE a 1 2
      `,
    )

    session(
      `FLUSHDB and FLUSHALL, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SET a 1
      SELECT 1
      SET a 1
      FLUSHDB
      DBSIZE
      SELECT 0
      DBSIZE
      FLUSHDB sync
      FLUSHDB ASYNC
      DBSIZE
      MSET a 1 b 2
      SELECT 2
      SET c 3 EX 1000
      FLUSHALL Async
      DBSIZE
      SELECT 0
      DBSIZE
      FLUSHALL SYNC
      FLUSHALL
      FLUSHALL x
      FLUSHALL SYNC SYNC
      FLUSHALL SYNC ASYNC
      FLUSHDB x
      FLUSHDB SYNC x
      `,
    )

    session(
      `OBJECT, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      OBJECT ENCODING no
      OBJECT REFCOUNT no
      OBJECT IDLETIME no
      OBJECT FREQ no
      SET int 12
      SET negative -1
      SET shared 9999
      SET notshared 10000
      SET big 9223372036854775807
      SET toobig 9223372036854775808
      SET short xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      SET long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      SET empty ""
      SET appended a
      APPEND appended b
      OBJECT ENCODING int
      OBJECT ENCODING negative
      OBJECT ENCODING big
      OBJECT ENCODING toobig
      OBJECT ENCODING short
      OBJECT ENCODING long
      OBJECT ENCODING empty
      OBJECT ENCODING appended
      object encoding int
      OBJECT REFCOUNT int
      OBJECT REFCOUNT negative
      OBJECT REFCOUNT shared
      OBJECT REFCOUNT notshared
      OBJECT REFCOUNT big
      OBJECT REFCOUNT short
      OBJECT IDLETIME negative
      OBJECT FREQ int
      OBJECT
      OBJECT ENCODING
      OBJECT ENCODING a b
      OBJECT FREQ
      OBJECT IDLETIME
      OBJECT REFCOUNT
      OBJECT HELP x
      OBJECT NO
      OBJECT NO int
      `,
    )
  }

  session(
    'commands that are random by nature',
    `
    RANDOMKEY
    SET only 1
    RANDOMKEY
    RANDOMKEY x
    SELECT 1
    RANDOMKEY
    `,
  )

  session(
    'what WATCH sees',
    `
    MSET a 1 b 2
    WATCH a
    2> RENAME a c
    MULTI
    GET a
    EXEC
    WATCH x
    2> RENAME c x
    MULTI
    EXEC
    WATCH x
    2> COPY x b
    2> RENAMENX x b
    MULTI
    EXEC
    WATCH b
    2> COPY x b REPLACE
    MULTI
    EXEC
    WATCH x no
    2> TOUCH x
    2> EXISTS x
    2> DEL no
    2> PERSIST x
    2> EXPIRE x 100 XX
    MULTI
    EXEC
    WATCH x
    2> EXPIRE x 100
    MULTI
    EXEC
    WATCH x
    2> PERSIST x
    MULTI
    EXEC
    WATCH x
    2> MOVE x 1
    MULTI
    EXEC
    WATCH x
    2> SWAPDB 0 1
    MULTI
    EXEC
    WATCH no
    2> SWAPDB 0 1
    2> FLUSHALL
    MULTI
    EXEC
    SET x 1
    WATCH x
    2> SELECT 1
    2> FLUSHDB
    MULTI
    EXEC
    WATCH x
    2> FLUSHALL
    MULTI
    EXEC
    WATCH x
    2> EXPIRE x 10
    MULTI
    EXEC
    SET x 1
    WATCH x
    2> SELECT 0
    2> EXPIRE x -1
    MULTI
    EXEC
    `,
  )

  session(
    'WAIT without replicas',
    `
    WAIT 0 0
    WAIT 0 1000
    WAIT -1 0
    WAIT 1 1
    WAIT 100000 1
    WAIT x 0
    WAIT 0 x
    WAIT 0 -1
    WAIT x -1
    WAIT 0 1.5
    WAIT 0 9223372036854775807
    WAIT 0 9223372036854775808
    WAIT 1
    MULTI
    WAIT 1 0
    WAIT 1 100000
    EXEC
    `,
  )
})

describeDifferential(
  'keys under an LFU policy',
  ({ session }) => {
    session(
      'OBJECT',
      `
      SET new 1
      OBJECT FREQ new
      OBJECT FREQ no
      OBJECT IDLETIME new
      OBJECT IDLETIME no
      RENAME new name
      OBJECT REFCOUNT name
      `,
    )
  },
  { config: { 'maxmemory-policy': 'allkeys-lfu' } },
)

describeDifferential(
  'DEBUG',
  ({ session }) => {
    for (const protocol of [2, 3]) {
      session(
        `in RESP${protocol}`,
        `
        [type] HELLO ${protocol}
        DEBUG
        DEBUG NO
        DEBUG no x
        DEBUG SLEEP
        DEBUG SLEEP 0
        DEBUG SLEEP 0.01
        DEBUG SLEEP x
        DEBUG SLEEP -1
        DEBUG SLEEP 0 0
        DEBUG SET-ACTIVE-EXPIRE
        DEBUG SET-ACTIVE-EXPIRE 0
        DEBUG set-active-expire 1
        DEBUG ERROR "CODE some text"
        DEBUG ERROR "two\\r\\nlines"
        DEBUG ERROR a b
        DEBUG LOG text
        DEBUG LOG
        DEBUG OBJECT no
        DEBUG OBJECT
        DEBUG HELP x
        DEBUG POPULATE 2
        DEBUG POPULATE 3 key 30
        DEBUG POPULATE 1 short 3
        DEBUG POPULATE 1 none 0
        MGET key:0 key:1 key:2 short:0 none:0 key:3
        DEBUG POPULATE -1
        DEBUG POPULATE x
        DEBUG POPULATE 1 a -1
        DEBUG POPULATE 1 a x
        DEBUG POPULATE 0
        DEBUG POPULATE 1 a 1 1
        DEBUG PROTOCOL string
        DEBUG PROTOCOL integer
        DEBUG PROTOCOL Double
        DEBUG PROTOCOL bignum
        DEBUG PROTOCOL null
        DEBUG PROTOCOL array
        DEBUG PROTOCOL set
        DEBUG PROTOCOL map
        DEBUG PROTOCOL verbatim
        DEBUG PROTOCOL true
        DEBUG PROTOCOL false
        DEBUG PROTOCOL
        [krmt "(error) ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|push|verbatim|true|false"] DEBUG PROTOCOL attrib
        `,
      )
    }
    session('a push in RESP2', 'DEBUG PROTOCOL push')
  },
  { config: { 'enable-debug-command': 'yes' } },
)

describeDifferential('DEBUG, not enabled', ({ session }) => {
  session('is refused', 'DEBUG SLEEP 0\nDEBUG NO\nDEBUG\nMULTI\nDEBUG SLEEP 0\nEXEC')
})
