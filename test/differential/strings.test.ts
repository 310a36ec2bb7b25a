import { describeDifferential } from '../support/differential.js'

describeDifferential('strings', ({ session }) => {
  session(
    'GET and SET',
    String.raw`
      GET k
      SET k v
      GET k
      SET k ""
      GET k
      SET "\x00\xff\r\n" "\x00\xff\r\n"
      GET "\x00\xff\r\n"
      HSET h f v
      GET h
      SET h v
      GET h
      GET
      GET k k
      SET k
      [type] HELLO 3
      GET missing
      GET k
      SET k v NX
    `,
  )

  session(
    'the encodings that SET chooses',
    `
      SET k 0
      OBJECT ENCODING k
      SET k -1
      OBJECT ENCODING k
      SET k 007
      OBJECT ENCODING k
      SET k -0
      OBJECT ENCODING k
      SET k +1
      OBJECT ENCODING k
      SET k " 1"
      OBJECT ENCODING k
      SET k 1.0
      OBJECT ENCODING k
      SET k ""
      OBJECT ENCODING k
      SET k 9007199254740993
      OBJECT ENCODING k
      GET k
      SET k 9223372036854775807
      OBJECT ENCODING k
      GET k
      SET k 9223372036854775808
      OBJECT ENCODING k
      SET k -9223372036854775808
      OBJECT ENCODING k
      GET k
      SET k -9223372036854775809
      OBJECT ENCODING k
      SET k ${'x'.repeat(44)}
      OBJECT ENCODING k
      SET k ${'x'.repeat(45)}
      OBJECT ENCODING k
      GETSET k 5
      OBJECT ENCODING k
      MSET k 6 l x
      OBJECT ENCODING k
      SETNX m 7
      OBJECT ENCODING m
      SETEX m 100 8
      OBJECT ENCODING m
    `,
  )

  session(
    'SET with options',
    `
      SET k v XX
      SET k v NX
      SET k w nx
      SET k w XX
      GET k
      SET k x GET
      SET new x GET
      SET k y NX GET
      GET k
      SET other y NX GET
      GET other
      SET none y XX GET
      EXISTS none
      SET k z xx get
      SET k z NX XX
      SET k z XX NX
      SET k z NX NX
      SET k z XX XX
      SET k z GET GET
      SET k z FOO
      SET k z EX
      SET k z EX 10 PX 10
      SET k z EX 10 KEEPTTL
      SET k z KEEPTTL PXAT 10
      SET k z PERSIST
      SET k z KEEPTTL KEEPTTL
      HSET h f v
      SET h v GET
      SET h v XX GET
      TYPE h
      SET h v NX
      SET h v XX
      GET h
      SET h v EX 0 GET
      HSET h2 f v
      SET h2 v EX 0 GET
      SET h2 v EX bad NX
      [type] HELLO 3
      SET k v NX
      SET none2 v XX
      SET none3 v GET
    `,
  )

  session(
    'expiry: SET, SETEX, PSETEX',
    `
      SET k v EX 100
      [near 1] TTL k
      SET k v PX 100000
      [near 1000] PTTL k
      SET k v EXAT 33177117420
      EXPIRETIME k
      SET k w KEEPTTL
      EXPIRETIME k
      SET k v PXAT 33177117420123
      PEXPIRETIME k
      SET k v XX EX 10
      [near 1] TTL k
      SET k v
      TTL k
      SET k v EX 10 EX 50
      [near 1] TTL k
      SET k v EX 10
      SET k v NX EX 70
      [near 1] TTL k
      GETSET k w
      TTL k
      SET k v EX 10
      INCRBYFLOAT n 1
      APPEND k w
      SETRANGE k 1 x
      SETBIT k 1 1
      [near 1] TTL k
      SET n 1 EX 10
      INCR n
      INCRBYFLOAT n 1
      [near 1] TTL n
      SET k v EX 0
      SET k v EX -1
      SET k v EX x
      SET k v EX 1.5
      SET k v EX 9223372036854775
      SET k v EX 9223372036854776
      SET k v EXAT 9223372036854775
      SET k v EXAT 9223372036854775807
      SET k v PX 9223372036854775807
      SET k v PXAT 9223372036854775807
      SET k v PXAT 9223372036854775808
      SETEX k 100 v
      [near 1] TTL k
      SETEX k 0 v
      SETEX k -5 v
      SETEX k x v
      SETEX k 9223372036854775807 v
      PSETEX k 100000 v
      [near 1000] PTTL k
      PSETEX k 0 v
      PSETEX k x v
      SETEX k 100
      PSETEX k 100
      SETEX k 100 w
      GET k
    `,
  )

  session(
    'an expiry in the past',
    `
      SET k v EXAT 1
      GET k
      SET k v
      SET k v PXAT 1
      EXISTS k
      SET k v PXAT 1
      SETNX k w
      GET k
      SET k v
      GETEX k PXAT 1
      EXISTS k
    `,
  )

  session(
    'GETEX',
    `
      GETEX k
      GETEX k EX 10
      GETEX k EX 0
      GETEX k FOO
      SET k v
      GETEX k
      TTL k
      GETEX k EX 100
      [near 1] TTL k
      GETEX k px 50000
      [near 1000] PTTL k
      GETEX k EXAT 33177117420
      EXPIRETIME k
      GETEX k PXAT 33177117420123
      PEXPIRETIME k
      GETEX k
      PEXPIRETIME k
      GETEX k PERSIST
      GETEX k PERSIST
      TTL k
      GETEX k PERSIST PERSIST
      GETEX k EX 10 PERSIST
      GETEX k PERSIST EX 10
      GETEX k EX 10 PX 10
      GETEX k EX
      GETEX k KEEPTTL
      GETEX k NX
      GETEX k GET
      GETEX k EX 0
      GETEX k EX x
      GETEX k PX 9223372036854775807
      GETEX k EX 10 EX 20
      GETEX k EXAT 1
      GETEX k
      HSET h f v
      GETEX h
      GETEX h EX 0
      GETEX
    `,
  )

  session(
    'GETDEL, GETSET, SETNX',
    `
      GETDEL k
      SET k v
      GETDEL k
      EXISTS k
      GETSET k a
      GETSET k 12
      GET k
      HSET h f v
      GETDEL h
      GETSET h v
      TYPE h
      SETNX h v
      SETNX n v
      SETNX n w
      GET n
      APPEND n x
      GETDEL n
      GETDEL n n
      SETNX n
      GETSET n
    `,
  )

  session(
    'MGET, MSET, MSETNX',
    `
      MSET a 1 b two c ""
      MGET a b c d
      HSET h f v
      MGET h a h
      MGET
      MSET a
      MSET a 1 b
      MSETNX a 1 b
      MSETNX a 9 x 1
      EXISTS x
      MSETNX x 1 y 2
      MSETNX z 1 z 2
      MGET x y z
      MSETNX h 1 w 1
      SET a 1 EX 100
      MSET a 2 a 3 h v
      TTL a
      MGET a h
      [type] HELLO 3
      MGET a nothing
    `,
  )

  session(
    'WATCH sees what strings do',
    `
      SET k abc
      WATCH k
      2> SETBIT k 0 0
      MULTI
      GET k
      EXEC
      WATCH k
      2> SETBIT k 0 1
      MULTI
      GET k
      EXEC
      WATCH k
      2> GETEX k PERSIST
      2> GETRANGE k 0 1
      2> BITFIELD k GET u8 0
      MULTI
      STRLEN k
      EXEC
      WATCH k
      2> GETEX k EX 100
      MULTI
      STRLEN k
      EXEC
      WATCH gone
      2> APPEND gone ""
      MULTI
      STRLEN k
      EXEC
    `,
  )
})
