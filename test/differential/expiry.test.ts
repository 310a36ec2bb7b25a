import { describeDifferential } from '../support/differential.js'

describeDifferential('expiry', ({ session }) => {
  for (const protocol of [2, 3]) {
    session(
      `setting and asking, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      TTL no
      PTTL no
      EXPIRETIME no
      PEXPIRETIME no
      PERSIST no
      EXPIRE no 100
      SET a 1
      TTL a
      PTTL a
      EXPIRETIME a
      PEXPIRETIME a
      PERSIST a
      EXPIRE a 100
      [near 1] TTL a
      [near 1000] PTTL a
      [near 2] EXPIRETIME a
      [near 1000] PEXPIRETIME a
      PEXPIRE a 100500
      [near 1] TTL a
      EXPIREAT a 33177117420
      EXPIRETIME a
      PEXPIRETIME a
      PEXPIREAT a 33177117420499
      EXPIRETIME a
      PEXPIRETIME a
      PEXPIREAT a 33177117420500
      EXPIRETIME a
      PEXPIRETIME a
      PERSIST a
      PERSIST a
      TTL a
      EXPIRE a 100
      SET a 2
      TTL a
      EXPIRE a 100
      APPEND a x
      [near 1] TTL a
      EXPIRE a 0
      EXISTS a
      SET a 1
      EXPIRE a -1
      SET a 1
      PEXPIRE a 0
      SET a 1
      PEXPIRE a -9223372036854775808
      SET a 1
      EXPIREAT a 1
      SET a 1
      PEXPIREAT a -1
      DBSIZE
      HSET h f v
      EXPIRE h 100
      HSET h g w
      [near 1] TTL h
      HDEL h f g
      TTL h
      HSET h f v
      TTL h
      `,
    )

    session(
      `conditions, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      EXPIRE no 10 NX
      EXPIRE no 10 LT
      SET a 1
      EXPIRE a 100 XX
      EXPIRE a 100 GT
      EXPIRE a 100 XX GT
      TTL a
      EXPIRE a 100 NX
      [near 1] TTL a
      EXPIRE a 200 NX
      [near 1] TTL a
      EXPIRE a 200 xx
      [near 1] TTL a
      EXPIRE a 100 Gt
      EXPIRE a 300 gT
      [near 1] TTL a
      EXPIRE a 400 lt
      EXPIRE a 50 LT
      [near 1] TTL a
      EXPIRE a 60 XX GT
      EXPIRE a 70 GT XX
      EXPIRE a 65 LT XX
      [near 1] TTL a
      PERSIST a
      EXPIRE a 65 LT XX
      EXPIRE a 65 LT
      PEXPIREAT a 33177117420000
      PEXPIREAT a 33177117420000 GT
      PEXPIREAT a 33177117420000 LT
      PEXPIREAT a 33177117420001 LT
      PEXPIREAT a 33177117419999 GT
      PEXPIREAT a 33177117420001 GT
      PEXPIRETIME a
      EXPIRE a -5 NX
      EXPIRE a -5 GT
      EXISTS a
      EXPIRE a -5 LT
      EXISTS a
      SET a 1
      PEXPIREAT a 1 LT
      SET a 1
      PEXPIREAT a 1 NX
      SET a 1 EX 10
      PEXPIREAT a 1 XX
      SET a 1
      EXPIRE a 10 NX XX
      EXPIRE a 10 NX GT
      EXPIRE a 10 LT NX
      EXPIRE a 10 GT LT
      EXPIRE a 10 GT GT
      EXPIRE a 10 NX NX nx
      EXPIRE a 10 YY
      EXPIRE a 10 ""
      EXPIRE a 10 NX YY GT
      EXPIRE a x YY
      EXPIRE a x GT LT
      `,
    )

    session(
      `times that are none, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SET a 1
      EXPIRE a x
      EXPIRE a 1.5
      EXPIRE a ""
      EXPIRE a " 1"
      EXPIRE a +1
      EXPIRE a 9223372036854775807
      EXPIRE a -9223372036854775808
      EXPIRE a 9223372036854776
      EXPIRE a 9223372036854775
      EXPIRE a -9223372036854776
      EXPIRE a 9223372036854775808
      EXPIREAT a 9223372036854776
      PEXPIRE a 9223372036854775807
      PEXPIREAT a 9223372036854775808
      EXPIRE no x
      EXPIRE no 9223372036854775807
      PEXPIRE no 9223372036854775807
      TTL a
      PEXPIREAT a 9223372036854775807
      PEXPIRETIME a
      EXPIRETIME a
      EXPIREAT a 9223372036854775
      EXPIRETIME a
      PEXPIREAT a 9007199254740991
      PEXPIRETIME a
      EXPIREAT a -9223372036854775
      EXISTS a
      EXPIRE a
      EXPIRE
      TTL
      TTL a b
      PTTL
      EXPIRETIME
      PEXPIRETIME a b
      PERSIST
      PERSIST a b
      `,
    )
  }

  session(
    'what goes with the expiry and what does not',
    `
    SET a 1 EX 1000
    RENAME a b
    [near 1] TTL b
    COPY b c
    [near 1] TTL c
    MOVE c 1
    SELECT 1
    [near 1] TTL c
    SELECT 0
    SET b 2 KEEPTTL
    [near 1] TTL b
    GETSET b 3
    TTL b
    SETEX d 1000 1
    INCR d
    SETRANGE d 1 x
    SETBIT d 1 1
    [near 1] TTL d
    GETEX d PERSIST
    TTL d
    `,
  )
})
