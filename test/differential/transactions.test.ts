import { describeDifferential } from '../support/differential.js'

describeDifferential('transactions', ({ session }) => {
  session(
    'MULTI, EXEC, DISCARD',
    `EXEC
     DISCARD
     MULTI x
     MULTI
     MULTI
     SET a 1
     INCR a
     GET a
     EXEC
     GET a
     MULTI
     EXEC
     MULTI
     SET a 5
     DISCARD
     GET a
     MULTI
     EXEC x
     EXEC
     EXEC`,
  )

  session(
    'errors when queued end in EXECABORT',
    `MULTI
     SET a 1
     NOSUCH
     SET a 2
     EXEC
     GET a
     MULTI
     GET
     EXEC
     MULTI
     CONFIG nosuch
     EXEC
     MULTI
     SHUTDOWN
     EXEC
     MULTI
     WATCH a
     SET a 3
     EXEC
     GET a
     MULTI
     NOSUCH
     DISCARD
     EXEC`,
  )

  session(
    'errors when run do not',
    `SET s x
     MULTI
     INCR s
     SET a 1
     LPUSH s y
     HGET s f
     GET a
     EXEC
     MULTI
     SELECT 99
     SELECT 1
     SET k v
     EXEC
     GET k
     SELECT 0
     GET k`,
  )

  session(
    'WATCH',
    `WATCH a
     SET a 1
     MULTI
     GET a
     EXEC
     WATCH a
     2> SET a 2
     MULTI
     SET a 3
     EXEC
     GET a
     WATCH a b
     2> SET c 2
     MULTI
     SET a 3
     EXEC
     WATCH a
     2> SET a 4
     UNWATCH
     MULTI
     SET a 5
     EXEC
     WATCH a
     MULTI
     DISCARD
     2> SET a 6
     MULTI
     GET a
     EXEC
     WATCH no
     2> DEL no
     MULTI
     PING
     EXEC
     WATCH no
     2> SET no 1
     2> DEL no
     MULTI
     PING
     EXEC
     WATCH a
     2> SELECT 1
     2> SET a 7
     MULTI
     PING
     EXEC
     WATCH a
     2> SELECT 0
     2> EXPIRE a 100
     MULTI
     PING
     EXEC
     WATCH a
     2> FLUSHDB
     MULTI
     PING
     EXEC
     WATCH a
     2> FLUSHALL
     MULTI
     PING
     EXEC
     WATCH
     UNWATCH x`,
  )

  session(
    'WATCH and databases that are swapped',
    `SET a 1
     WATCH a
     2> SWAPDB 0 1
     MULTI
     PING
     EXEC
     WATCH a
     2> SWAPDB 0 1
     MULTI
     PING
     EXEC
     WATCH none
     2> SWAPDB 0 1
     MULTI
     PING
     EXEC`,
  )

  session(
    'WATCH and keys that are renamed, moved, made and touched without a change',
    `SET a 1
     WATCH b
     2> RENAME a b
     MULTI
     PING
     EXEC
     WATCH b
     2> MOVE b 1
     MULTI
     PING
     EXEC
     SET a 1
     WATCH a
     2> GET a
     2> TOUCH a
     2> SETNX a 2
     2> SADD a m
     2> OBJECT ENCODING a
     MULTI
     PING
     EXEC
     WATCH a
     2> COPY a c
     MULTI
     PING
     EXEC
     WATCH c
     2> COPY a c REPLACE
     MULTI
     PING
     EXEC`,
  )

  session(
    'replies of all shapes',
    `HSET h f v
     ZADD z 1 m
     MULTI
     HGETALL h
     ZRANGE z 0 -1 WITHSCORES
     GET no
     PING
     PUBLISH a b
     CLIENT GETNAME
     EXEC
     [type] HELLO 3
     MULTI
     HGETALL h
     ZRANGE z 0 -1 WITHSCORES
     GET no
     CONFIG GET hz
     EXEC
     WATCH h
     2> HSET h f w
     MULTI
     EXEC`,
  )

  session(
    'commands that end or are not queued',
    `MULTI
     SET a 1
     RESET
     EXEC
     MULTI
     UNWATCH
     EXEC
     MULTI
     MONITOR
     EXEC
     MULTI
     MULTI
     EXEC`,
  )
})
