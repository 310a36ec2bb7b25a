/** Commands that redis-server has and krmt's own engine has not: through a gateway they are as they are. */
import { compareGateway, describeDifferential } from '../support/differential.js'

compareGateway()

const BOTH = [2, 3] as const

describeDifferential(
  'passed on',
  ({ session }) => {
    for (const protocol of BOTH) {
      const each = (name: string, lines: string, options?: { events?: boolean }): void =>
        session(`${name}, RESP${protocol}`, `[type] HELLO ${protocol}\n[type] 2> HELLO ${protocol}\n${lines}`, options)

      each(
        'streams',
        `XADD s 1-1 a 1
         XADD s 1-1 a 1
         XADD s 1-* b 2 c 3
         XADD s NOMKSTREAM 2-0 d 4
         XADD nosuch NOMKSTREAM 1-1 a 1
         XADD s
         XADD s 1
         XLEN s
         XRANGE s - + COUNT 3
         XREVRANGE s + - COUNT 1000 x
         XREVRANGE s (2-0 -
         XREAD COUNT 2 STREAMS s nosuch 0 0
         XREAD STREAMS nosuch 0
         XREAD STREAMS s
         XDEL s 1-2 9-9
         XTRIM s MAXLEN 2
         XSETID s 9999999999999-1
         XINFO STREAM s
         XINFO STREAM s FULL
         XINFO STREAM nosuch
         XINFO GROUPS s
         XINFO
         XINFO nosuch
         TYPE s
         OBJECT ENCODING s
         XRANGE k - +
         SET k v
         XADD k 1-1 a b`,
      )

      each(
        'consumer groups',
        `XGROUP CREATE s g 0
         XGROUP CREATE s g 0 MKSTREAM
         XGROUP CREATE s g 0
         XADD s 1-1 a 1
         XADD s 1-2 a 2
         XADD s 1-3 a 3
         XREADGROUP GROUP g Ada COUNT 2 STREAMS s >
         XREADGROUP GROUP g Bob STREAMS s >
         XREADGROUP GROUP g Bob STREAMS s >
         XREADGROUP GROUP g Bob STREAMS s 0
         XREADGROUP GROUP nosuch Bob STREAMS s 0
         XPENDING s g
         [type] XPENDING s g - + 10
         XPENDING s nosuch
         XACK s g 1-1 7-7
         XCLAIM s g Bob 0 1-2
         XCLAIM s g Bob 0 1-2 JUSTID
         XAUTOCLAIM s g Cleo 0 0
         XDEL s 1-3
         XAUTOCLAIM s g Cleo 0 0 JUSTID
         XGROUP CREATECONSUMER s g Dan
         XGROUP DELCONSUMER s g Bob
         XGROUP SETID s g 0
         [type] XINFO CONSUMERS s g
         XINFO GROUPS s
         [type] XINFO STREAM s FULL
         XGROUP DESTROY s g
         XGROUP HELP x
         XGROUP nosuch`,
      )

      each(
        'waiting for streams',
        `[waits] XREAD BLOCK 0 STREAMS s $
         2> XADD s 1-1 a 1
         [reply]
         XREAD BLOCK 10 STREAMS s $
         XREAD BLOCK 0 STREAMS s 0
         XGROUP CREATE s g $
         [waits] XREADGROUP GROUP g Ada BLOCK 0 STREAMS s >
         2> XADD s 1-2 a 2
         [reply]
         [waits] XREADGROUP GROUP g Ada BLOCK 0 STREAMS s >
         2> DEL s
         [reply]
         GET nosuch
         MULTI
         XREAD BLOCK 0 STREAMS s $
         BLPOP l 0
         EXEC`,
      )

      each(
        'waiting for lists and sorted sets',
        `BLPOP l 0.01
         [waits] BLPOP l m 0
         2> RPUSH m a b
         [reply]
         BLPOP l m 0
         [waits] BRPOP l 0
         3> [waits] BRPOP l 0
         2> RPUSH l 1 2
         [reply]
         3> [reply]
         [waits] BLMOVE l m LEFT RIGHT 0
         2> MULTI
         2> RPUSH l x y
         2> LPOP l
         2> EXEC
         [reply]
         LRANGE m 0 -1
         [waits] BRPOPLPUSH l m 0
         2> LPUSH l z
         [reply]
         [waits] BLMPOP 0 2 l nosuch LEFT COUNT 5
         2> RPUSH l 1 2 3
         [reply]
         [waits] BZPOPMIN z y 0
         2> ZADD z 1.5 a 2 b
         [reply]
         BZPOPMAX z 0
         BZPOPMAX z 0.01
         [waits] BZMPOP 0 1 z MAX COUNT 2
         2> ZADD z 1 a 2 b 3 c
         [reply]
         BLPOP l -1
         BLPOP l x
         BLPOP l
         SET k v
         BLPOP k 0
         [waits] BLPOP l 0
         2> SET l v
         2> DEL l
         2> RPUSH l end
         [reply]
         [waits] BLPOP l 0
         2> RPUSH other 1
         2> RENAME other l
         [reply]
         BLMPOP 0.01 1 l LEFT
         GET k`,
      )

      each(
        'SORT, LCS, HyperLogLog, bit fields',
        `RPUSH l 3 1 2
         SORT l
         SORT l DESC LIMIT 0 2
         MSET w1 30 w2 20 w3 10
         SORT l BY w* GET # GET w*
         SORT l BY nosort GET nosuch*
         SORT_RO l ALPHA
         SORT l STORE m
         SORT_RO l STORE m
         SORT nosuch
         SORT w1
         PFADD h a b c
         PFADD h a
         PFADD h
         PFCOUNT h nosuch
         PFADD i d
         PFMERGE j h i
         PFCOUNT j
         SET k v
         PFCOUNT k
         SET x ohmytext
         SET y mynewtext
         LCS x y
         LCS x y LEN
         LCS x y IDX MINMATCHLEN 4 WITHMATCHLEN
         BITFIELD b SET u8 0 255 INCRBY u8 0 10 OVERFLOW FAIL INCRBY u8 0 255
         BITFIELD_RO b GET u8 0
         BITFIELD b GET u99 0`,
      )

      each(
        'places',
        `GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
         GEOADD g NX CH 13 38 Palermo 1 1 here
         GEOADD g 200 1 nowhere
         GEOPOS g Palermo nosuch
         GEODIST g Palermo Catania km
         GEODIST g Palermo nosuch
         GEOHASH g Palermo Catania nosuch
         GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST WITHHASH
         GEOSEARCH g FROMMEMBER Palermo BYBOX 400 400 km DESC COUNT 1
         GEOSEARCHSTORE near g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST
         ZRANGE near 0 -1 WITHSCORES
         GEORADIUS g 15 37 200 km ASC
         GEORADIUS_RO g 15 37 200 km STORE x
         GEORADIUSBYMEMBER g Palermo 200 km ASC`,
      )

      each(
        'DUMP, RESTORE, OBJECT, MEMORY, LATENCY',
        `SET k v
         DUMP k
         DUMP nosuch
         RESTORE k 0 "\\x00\\x01v\\n\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
         RESTORE r 0 "\\x00\\x01v\\n\\x00T@\\xc2\\xe7\\xce\\xb3\\xaf\\x97"
         OBJECT FREQ k
         OBJECT IDLETIME k
         OBJECT REFCOUNT k
         OBJECT ENCODING nosuch
         OBJECT HELP
         OBJECT
         MEMORY USAGE k
         [type] MEMORY STATS
         [type] MEMORY DOCTOR
         [type] MEMORY MALLOC-STATS
         MEMORY PURGE
         MEMORY HELP
         LATENCY LATEST
         LATENCY HISTORY command
         LATENCY RESET
         [type] LATENCY DOCTOR
         LATENCY GRAPH command
         [type] LATENCY HISTOGRAM set
         LATENCY nosuch
         COPY k c
         COPY k c DB 1
         MOVE k 1
         SWAPDB 0 1
         [sorted] KEYS *
         SWAPDB 0 1
         [type] RANDOMKEY
         WAIT 0 0
         WAIT 0 x
         REPLICAOF NO ONE
         [type] LASTSAVE
         FAILOVER ABORT
         CLUSTER INFO
         READONLY
         ASKING`,
      )

      each(
        'ACL',
        `ACL WHOAMI
         ACL USERS
         ACL LIST
         [sorted] ACL CAT scripting
         ACL CAT nosuch
         ACL SETUSER ada on >secret ~a:* &news* +@all -flushall (+get ~b:*)
         ACL GETUSER ada
         ACL GETUSER nosuch
         ACL DRYRUN ada get a:1
         ACL DRYRUN ada get c:1
         ACL DRYRUN ada flushall
         ACL SETUSER ada nosuch
         2> AUTH ada wrong
         2> AUTH ada secret
         2> ACL WHOAMI
         2> SET a:1 x
         2> SET c:1 x
         2> GET b:1
         2> SET b:1 x
         2> MGET a:1 b:1
         2> FLUSHALL
         2> SUBSCRIBE other
         2> SUBSCRIBE news1
         2> UNSUBSCRIBE
         2> EVAL "return redis.call('SET', 'c:1', 'x')" 0
         2> MULTI
         2> SET c:1 x
         2> EXEC
         2> SELECT 3
         2> SET a:1 x
         2> AUTH nosuch secret
         2> ACL WHOAMI
         [type] ACL LOG
         ACL LOG RESET
         ACL LOG
         [type] ACL GENPASS
         [type] ACL GENPASS 5
         ACL GENPASS 0
         ACL DELUSER ada
         ACL DELUSER ada
         ACL DELUSER default
         ACL SAVE
         ACL HELP
         ACL
         AUTH
         AUTH a b c
         AUTH x
         HELLO 4
         HELLO x
         HELLO 3 nosuch
         HELLO 3 AUTH ada
         HELLO 3 SETNAME`,
        { events: false },
      )

      each(
        'every type of reply',
        `DEBUG PROTOCOL string
         DEBUG PROTOCOL integer
         DEBUG PROTOCOL double
         DEBUG PROTOCOL null
         DEBUG PROTOCOL array
         DEBUG PROTOCOL set
         DEBUG PROTOCOL map
         DEBUG PROTOCOL bignum
         DEBUG PROTOCOL true
         DEBUG PROTOCOL false
         DEBUG PROTOCOL verbatim
         DEBUG PROTOCOL attrib
         DEBUG PROTOCOL push
         ${protocol === 3 ? '[push]' : ''}
         DEBUG PROTOCOL nosuch
         EVAL "redis.setresp(3) return {1, 'a', {double = 1.5}, {map = {a = 1}}, {set = {a = true}}, true, {1, {2, {3}}}, {err = 'MY x'}}" 0
         DEBUG ERROR "MY own\\r\\nerror"
         DEBUG OBJECT nosuch
         DEBUG JMAP
         DEBUG SLEEP 0
         DEBUG STRINGMATCH-LEN 10 a*
         PING`,
      )

      each(
        'CLIENT and tracking',
        `CLIENT TRACKINGINFO
         CLIENT GETREDIR
         CLIENT CACHING YES
         CLIENT TRACKING nosuch
         CLIENT TRACKING ON
         ${
           protocol === 2
             ? ''
             : `CLIENT TRACKINGINFO
                CLIENT GETREDIR
                GET k
                2> SET k v
                [push]
                MGET a b
                2> MSET a 1 b 2
                [push]
                [push]
                2> FLUSHALL
                [push]
                CLIENT TRACKING ON BCAST
                CLIENT TRACKING OFF
                CLIENT TRACKING ON BCAST PREFIX x: NOLOOP
                2> SET x:1 v
                SET x:2 v
                2> SET x:3 v
                [push]
                [push]
                CLIENT TRACKING OFF
                CLIENT TRACKING ON OPTIN
                CLIENT CACHING NO
                CLIENT CACHING YES
                GET optin
                GET never
                2> MSET never 1 optin 1
                [push]
                CLIENT TRACKING OFF
                CLIENT TRACKING ON OPTOUT
                CLIENT CACHING NO
                GET never
                GET optin
                2> MSET never 1 optin 1
                [push]
                MULTI
                GET k
                EXEC
                2> SET k v
                [push]`
         }
         CLIENT TRACKING OFF
         CLIENT TRACKING ON REDIRECT 999999999
         CLIENT UNBLOCK 999999999
         CLIENT UNBLOCK x
         CLIENT HELP
         CLIENT NO-EVICT ON`,
        { events: false },
      )
    }

    session(
      'changing the protocol and the database in the midst of all that is stateful',
      `WATCH k
       [type] HELLO 3
       2> SET k v
       MULTI
       GET k
       EXEC
       WATCH k
       SELECT 2
       SET k w
       MULTI
       SELECT 3
       SET k x
       EXEC
       GET k
       SELECT 2
       GET k
       MULTI
       [type] HELLO 2
       HELLO 2 AUTH default wrong
       AUTH nobody wrong
       DISCARD
       HGETALL k
       MULTI
       HELLO 9
       HELLO 2 AUTH nobody wrong
       AUTH nobody wrong
       EXEC
       HGETALL k
       MULTI
       [type] HELLO 2
       [type] EXEC
       HGETALL nosuch
       [type] HELLO 3
       HGETALL nosuch
       MULTI
       SELECT 99
       EXEC
       MULTI
       SELECT 4
       DISCARD
       SET two 2
       MULTI
       SELECT 5
       NOSUCH
       EXEC
       WATCH k
       2> SELECT 2
       2> SET k changed
       MULTI
       SELECT 6
       EXEC
       SET two 3
       DBSIZE
       SUBSCRIBE a
       [type] HELLO 3
       UNSUBSCRIBE a
       [type] HELLO 3
       GET k
       SUBSCRIBE a
       GET k
       SELECT 7
       2> PUBLISH a hi
       [push]
       UNSUBSCRIBE
       RESET
       GET k
       MULTI
       HELLO 3
       RESET
       HGETALL k`,
    )

    session(
      'what there is not, and what is wrong with words',
      `NOSUCH
       GET
       nosuch a b c
       MULTI
       NOSUCH
       EXEC
       EXEC
       DISCARD
       MULTI
       MULTI
       DISCARD
       UNWATCH
       WATCH
       MULTI
       WATCH k
       EXEC
       CLIENT
       CLIENT nosuch
       OBJECT nosuch k
       SUBSCRIBE
       HELLO 2 SETNAME "a b"
       SELECT
       SELECT x
       SELECT 1 2
       QUIT x`,
    )
  },
  { config: { 'enable-debug-command': 'local' } },
)
