import { describeDifferential } from '../support/differential.js'

const some = (prefix: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${prefix}:${i} ${i}`).join(' ')

describeDifferential('going through keys', ({ session }) => {
  for (const protocol of [2, 3]) {
    session(
      `KEYS, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      KEYS *
      MSET "" 0 a 1 ab 2 abc 3 b 4 "[x]" 5 "\\x00\\xff" 6 a*c 7 "A" 8
      [sorted] KEYS *
      [sorted] KEYS **
      [sorted] KEYS ""
      [sorted] KEYS ?
      [sorted] KEYS a*
      [sorted] KEYS *c
      [sorted] KEYS a?c
      [sorted] KEYS a\\\\*c
      [sorted] KEYS [ab]
      [sorted] KEYS [^a]
      [sorted] KEYS \\\\[x\\\\]
      [sorted] KEYS "\\x00*"
      [sorted] KEYS abc
      KEYS nope
      KEYS
      KEYS a b
      `,
    )

    session(
      `SCAN, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      SCAN 0
      MSET "" 0 a 1 ab 2 abc 3 b 4
      HSET h f v
      RPUSH l 1
      SADD s 1
      ZADD z 1 m
      [sorted] SCAN 0 COUNT 1000
      [sorted] SCAN 0 COUNT 1000 MATCH *
      [sorted] SCAN 0 COUNT 1000 MATCH a*
      [sorted] SCAN 0 MATCH ? COUNT 1000
      [sorted] SCAN 0 match "" count 1000
      [sorted] SCAN 0 COUNT 1000 TYPE string
      [sorted] SCAN 0 COUNT 1000 TYPE STRING
      [sorted] SCAN 0 COUNT 1000 type Hash
      [sorted] SCAN 0 COUNT 1000 TYPE list
      [sorted] SCAN 0 COUNT 1000 TYPE set
      [sorted] SCAN 0 COUNT 1000 TYPE zset
      [sorted] SCAN 0 COUNT 1000 TYPE stream
      [sorted] SCAN 0 COUNT 1000 TYPE nope
      [sorted] SCAN 0 COUNT 1000 TYPE set TYPE string MATCH b MATCH a*
      [sorted] SCAN 0 COUNT 1 COUNT 1000
      MSET ${some('key', 100)}
      [sorted] SCAN 0 COUNT 100000
      [sorted] SCAN 0 COUNT 9223372036854775807
      SCAN 0 COUNT 0
      SCAN 0 COUNT -1
      SCAN 0 COUNT x
      SCAN 0 COUNT 1.5
      SCAN 0 COUNT 9223372036854775808
      SCAN 0 COUNT
      SCAN 0 MATCH
      SCAN 0 TYPE
      SCAN 0 TYPE string COUNT
      SCAN 0 COUNT x TYPE
      SCAN 0 TYPE x NOPE 1
      SCAN 0 NOPE
      SCAN 0 NOPE x
      SCAN 0 COUNT 0 TYPE
      SCAN
      SCAN x
      SCAN x COUNT x
      SCAN -
      SCAN 1.5
      SCAN " 0"
      SCAN 0x0
      SCAN 18446744073709551616
      `,
    )
  }
})
