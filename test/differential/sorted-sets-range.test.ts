import { describeDifferential } from '../support/differential.js'

const ENCODINGS = [
  ['listpack', 128],
  ['skiplist', 0],
] as const

describeDifferential('ranges of sorted sets', ({ session }) => {
  for (const protocol of [2, 3]) {
    for (const [encoding, entries] of ENCODINGS) {
      const begin = `
        CONFIG SET zset-max-listpack-entries ${entries}
        [type] HELLO ${protocol}
      `
      const end = 'CONFIG SET zset-max-listpack-entries 128'
      const title = `of a ${encoding}, in RESP${protocol}`

      session(
        `ranks ${title}`,
        `
        ${begin}
        ZADD z 1 a 2.5 b 3 c 3 d inf e -inf f
        ZRANGE z 0 -1
        ZRANGE z 0 -1 WITHSCORES
        ZRANGE z 0 -1 REV
        ZRANGE z 0 -1 rev withscores
        ZRANGE z 0 -1 WITHSCORES WITHSCORES
        ZRANGE z 1 3
        ZRANGE z 1 1 WITHSCORES
        ZRANGE z -3 -2
        ZRANGE z -100 100
        ZRANGE z 3 1
        ZRANGE z 6 6
        ZRANGE z 5 6
        ZRANGE z -1 0
        ZRANGE z 0 -100
        ZRANGE z -100 -7
        ZRANGE z 7 -1 WITHSCORES
        ZRANGE z -9223372036854775808 9223372036854775807
        ZRANGE z 9223372036854775807 -9223372036854775808
        ZRANGE z 1 2 REV
        ZRANGE z -2 -1 REV
        ZRANGE z 0 -1 LIMIT 0 -1
        ZRANGE z 0 -1 LIMIT 3 -1 WITHSCORES
        ZRANGE z 0 -1 LIMIT 0 1
        ZRANGE z 0 -1 LIMIT 0 -2
        ZRANGE no 0 -1
        ZRANGE no 0 -1 WITHSCORES
        ZREVRANGE z 0 -1
        ZREVRANGE z 0 1 WITHSCORES
        ZREVRANGE z -2 -1 withscores
        ZREVRANGE z 4 2
        ZREVRANGE z 10 20
        ZREVRANGE no 0 -1
        ZREVRANGE z 0 -1 REV
        ZREVRANGE z 0 -1 BYSCORE
        ZREVRANGE z 0 -1 BYLEX
        ZREVRANGE z 0 -1 LIMIT 0 -1
        ZREVRANGE z 0 -1 LIMIT 0 1
        ZREVRANGE z 0 -1 LIMIT x 1
        ZREVRANGE z 0 x
        ZRANGE z x 0
        ZRANGE z 0 1.5
        ZRANGE z 0 9223372036854775808
        ZRANGE z 0 -1 FOO
        ZRANGE z 0 -1 REV REV
        ZRANGE z 0 -1 LIMIT
        ZRANGE z 0 -1 LIMIT 1
        ZRANGE z 0 -1 LIMIT x y
        ZRANGE z 0 -1 LIMIT 0 y
        ZRANGE z x y LIMIT 0 1
        ZRANGE no x y
        ${end}
        `,
      )

      session(
        `scores ${title}`,
        `
        ${begin}
        ZADD z 1 a 2.5 b 3 c 3 d inf e -inf f -0 g 0 h
        ZRANGEBYSCORE z -inf +inf
        ZRANGEBYSCORE z -inf +inf WITHSCORES
        ZRANGEBYSCORE z (-inf (inf
        ZRANGEBYSCORE z 0 0
        ZRANGEBYSCORE z -0 3 WITHSCORES
        ZRANGEBYSCORE z (1 3
        ZRANGEBYSCORE z 1 (3
        ZRANGEBYSCORE z (1 (1
        ZRANGEBYSCORE z 1 1
        ZRANGEBYSCORE z 1 (1
        ZRANGEBYSCORE z 3 1
        ZRANGEBYSCORE z 4 100
        ZRANGEBYSCORE z inf inf
        ZRANGEBYSCORE z (inf inf
        ZRANGEBYSCORE z "" ""
        ZRANGEBYSCORE z "( 1" " 3"
        ZRANGEBYSCORE z 0 10 LIMIT 1 2
        ZRANGEBYSCORE z 0 10 limit 1 2 withscores
        ZRANGEBYSCORE z 0 10 WITHSCORES LIMIT 1 -1
        ZRANGEBYSCORE z 0 10 LIMIT 0 0
        ZRANGEBYSCORE z 0 10 LIMIT 3 -100
        ZRANGEBYSCORE z 0 10 LIMIT 5 1
        ZRANGEBYSCORE z 0 10 LIMIT 4 10
        ZRANGEBYSCORE z 0 10 LIMIT 100 10
        ZRANGEBYSCORE z 0 10 LIMIT -1 10
        ZRANGEBYSCORE z 0 10 LIMIT -1 10 WITHSCORES
        ZRANGEBYSCORE z 0 10 LIMIT 9223372036854775807 9223372036854775807
        ZRANGEBYSCORE z 0 10 LIMIT 0 9223372036854775807
        ZRANGEBYSCORE z 0 10 LIMIT 1 1 LIMIT 2 2
        ZREVRANGEBYSCORE z +inf -inf WITHSCORES
        ZREVRANGEBYSCORE z 3 1
        ZREVRANGEBYSCORE z (3 1
        ZREVRANGEBYSCORE z 1 3
        ZREVRANGEBYSCORE z 10 0 LIMIT 1 2 WITHSCORES
        ZREVRANGEBYSCORE z 10 0 LIMIT -5 2
        ZREVRANGEBYSCORE z 10 0 LIMIT 2 -1
        ZRANGE z 0 10 BYSCORE
        ZRANGE z 10 0 BYSCORE REV WITHSCORES
        ZRANGE z 0 10 BYSCORE REV
        ZRANGE z (0 (3 byscore limit 0 1
        ZRANGE z +inf -inf REV LIMIT 1 2 BYSCORE
        ZRANGEBYSCORE no 0 1
        ZRANGEBYSCORE no 0 1 WITHSCORES LIMIT 0 1
        ZCOUNT z -inf inf
        ZCOUNT z (1 3
        ZCOUNT z 1 (3
        ZCOUNT z 3 1
        ZCOUNT z 0 0
        ZCOUNT z (0 0
        ZCOUNT no 0 1
        ZCOUNT z x 1
        ZCOUNT no 1 x
        ZCOUNT z nan 1
        ZCOUNT z ((1 1
        ZCOUNT z [1 1
        ZRANGEBYSCORE z x 1
        ZRANGEBYSCORE no 1 x
        ZRANGEBYSCORE z 1 2 BYSCORE
        ZRANGEBYSCORE z 1 2 BYLEX
        ZRANGEBYSCORE z 1 2 REV
        ZRANGEBYSCORE z 1 2 LIMIT 1
        ZRANGEBYSCORE z 1 2 LIMIT x 1
        ZRANGEBYSCORE z x y LIMIT x 1
        ZRANGEBYSCORE z x y WITHSCORE
        ZREVRANGEBYSCORE z 1 x
        ZRANGE z 0 1 BYSCORE BYSCORE
        ZRANGE z 0 1 BYSCORE BYLEX
        ZRANGE z x 1 BYSCORE
        ${end}
        `,
      )

      session(
        `members ${title}`,
        `
        ${begin}
        ZADD z 0 a 0 b 0 c 0 ca 0 "" 0 "\\xff" 0 "a\\x00" 0 Z
        ZRANGEBYLEX z - +
        ZRANGEBYLEX z [a [c
        ZRANGEBYLEX z (a (c
        ZRANGEBYLEX z (a [c
        ZRANGEBYLEX z [a (c
        ZRANGEBYLEX z [a [a
        ZRANGEBYLEX z [a (a
        ZRANGEBYLEX z (a (a
        ZRANGEBYLEX z [c [a
        ZRANGEBYLEX z [ [a
        ZRANGEBYLEX z ( [a
        ZRANGEBYLEX z - (
        ZRANGEBYLEX z - [
        ZRANGEBYLEX z - -
        ZRANGEBYLEX z + +
        ZRANGEBYLEX z + -
        ZRANGEBYLEX z "[\\xff" +
        ZRANGEBYLEX z "(\\xff" +
        ZRANGEBYLEX z "(a" "[a\\x00"
        ZRANGEBYLEX z - + LIMIT 1 2
        ZRANGEBYLEX z - [b LIMIT 1 20
        ZRANGEBYLEX z - [b LIMIT 3 -1
        ZRANGEBYLEX z - + LIMIT -1 2
        ZRANGEBYLEX z - + LIMIT 0 0
        ZRANGEBYLEX z - + LIMIT 100 1
        ZREVRANGEBYLEX z + -
        ZREVRANGEBYLEX z [c [a
        ZREVRANGEBYLEX z (c (a
        ZREVRANGEBYLEX z - +
        ZREVRANGEBYLEX z + [b LIMIT 1 2
        ZREVRANGEBYLEX z + - LIMIT -1 2
        ZRANGE z - + BYLEX
        ZRANGE z [a (c BYLEX LIMIT 1 1
        ZRANGE z + - BYLEX REV
        ZRANGE z (c - rev bylex limit 1 1
        ZRANGE z - + BYLEX WITHSCORES
        ZRANGE z x y BYLEX WITHSCORES
        ZRANGE z - + BYLEX LIMIT 0
        ZRANGEBYLEX no - +
        ZREVRANGEBYLEX no - +
        ZLEXCOUNT z - +
        ZLEXCOUNT z [a [c
        ZLEXCOUNT z (a (c
        ZLEXCOUNT z [c [a
        ZLEXCOUNT z + -
        ZLEXCOUNT z - (
        ZLEXCOUNT z "(\\xff" +
        ZLEXCOUNT no - +
        ZLEXCOUNT z a b
        ZLEXCOUNT no [a b
        ZLEXCOUNT z -- +
        ZLEXCOUNT z "" +
        ZRANGEBYLEX z a [b
        ZRANGEBYLEX no [a b
        ZRANGEBYLEX z "-\\x00x" "+\\x00"
        ZRANGEBYLEX z - + WITHSCORES
        ZRANGEBYLEX z - + REV
        ZRANGEBYLEX z - + FOO
        ZRANGEBYLEX z - + LIMIT a 1
        ZREVRANGEBYLEX z [a b
        ZREVRANGEBYLEX z + - BYLEX
        ZRANGE z 0 1 BYLEX
        ${end}
        `,
      )

      session(
        `removing ${title}`,
        `
        ${begin}
        ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j
        ZREMRANGEBYRANK z 0 1
        ZREMRANGEBYRANK z -2 -1
        ZREMRANGEBYRANK z 5 1
        ZREMRANGEBYRANK z 100 200
        ZREMRANGEBYRANK z -100 0
        ZRANGE z 0 -1
        ZREMRANGEBYSCORE z (4 5
        ZREMRANGEBYSCORE z 5 (4
        ZREMRANGEBYSCORE z 100 inf
        ZRANGE z 0 -1
        ZREMRANGEBYSCORE z -inf +inf
        EXISTS z
        ZADD z 1 a 2 b
        ZREMRANGEBYRANK z 0 -1
        EXISTS z
        ZADD z 0 a 0 b 0 c 0 d
        ZREMRANGEBYLEX z [b (d
        ZREMRANGEBYLEX z [d [a
        ZREMRANGEBYLEX z (d +
        ZRANGE z 0 -1
        ZREMRANGEBYLEX z - +
        EXISTS z
        ZREMRANGEBYRANK no 0 -1
        ZREMRANGEBYSCORE no 0 1
        ZREMRANGEBYLEX no - +
        ZREMRANGEBYRANK no x 1
        ZREMRANGEBYRANK no 1 x
        ZREMRANGEBYSCORE no x 1
        ZREMRANGEBYSCORE no 1 x
        ZREMRANGEBYLEX no x +
        ZREMRANGEBYLEX no - x
        ${end}
        `,
      )

      session(
        `storing ${title}`,
        `
        ${begin}
        ZADD z 1 a 2 b 3 c 4 d 5 e
        ZADD l 0 a 0 b 0 c
        ZRANGESTORE d z 1 3
        ZRANGE d 0 -1 WITHSCORES
        OBJECT ENCODING d
        ZRANGESTORE d z 0 1 REV
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d z (1 3 BYSCORE
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d z 9 0 BYSCORE REV LIMIT 1 2
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d z 0 9 BYSCORE LIMIT -1 2
        EXISTS d
        ZRANGESTORE d l [b + BYLEX
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d l + - BYLEX REV LIMIT 0 1
        ZRANGE d 0 -1 WITHSCORES
        ZRANGESTORE d l + - BYLEX REV LIMIT -3 1
        ZRANGESTORE d l - + BYLEX LIMIT 1 0
        ZRANGESTORE z z 0 2
        ZRANGE z 0 -1 WITHSCORES
        ZRANGESTORE z z 5 6
        EXISTS z
        ZRANGESTORE d no 0 -1
        ZRANGESTORE l no 0 -1
        EXISTS l
        SET s text
        ZADD z 1 a
        ZRANGESTORE s z 0 -1
        TYPE s
        SET s text
        ZRANGESTORE s no 0 -1
        EXISTS s
        ZRANGESTORE d z 0 -1 WITHSCORES
        ZRANGESTORE d z 0 -1 LIMIT 0 1
        ZRANGESTORE d z 0 -1 LIMIT 0 -1
        ZRANGESTORE d z x -1
        ZRANGESTORE d z 0 x BYSCORE
        ZRANGESTORE d z 0 x BYLEX
        ZRANGESTORE d z 0 -1 FOO
        ${end}
        `,
      )
    }
  }

  session(
    'ranges of members where scores differ, in a listpack',
    `
    ZADD z 1 d 2 b 3 c 4 a
    ZRANGEBYLEX z - +
    ZRANGEBYLEX z [b +
    ZRANGEBYLEX z - [b
    ZRANGEBYLEX z [b [c
    ZRANGEBYLEX z (a (d
    ZRANGEBYLEX z - [z LIMIT 1 2
    ZRANGEBYLEX z [c [z LIMIT 2 1
    ZREVRANGEBYLEX z + -
    ZREVRANGEBYLEX z [c [b
    ZREVRANGEBYLEX z [b -
    ZREVRANGEBYLEX z [b - LIMIT 1 1
    ZLEXCOUNT z [b +
    ZLEXCOUNT z [b [c
    ZLEXCOUNT z - [b
    ZRANGESTORE e z [b + BYLEX
    ZRANGE e 0 -1 WITHSCORES
    ZREMRANGEBYLEX z [b [c
    ZRANGE z 0 -1
    `,
  )

  session(
    'wrong types and wrong numbers of words',
    `
    SET s text
    ZRANGE s 0 -1
    ZRANGE s x -1
    ZRANGE s 0 1 FOO
    ZRANGE s 0 1 LIMIT 1 1
    ZREVRANGE s 0 -1
    ZRANGEBYSCORE s 0 1
    ZRANGEBYSCORE s x 1
    ZREVRANGEBYSCORE s 0 1
    ZRANGEBYLEX s - +
    ZRANGEBYLEX s a b
    ZREVRANGEBYLEX s - +
    ZRANGESTORE d s 0 -1
    ZRANGESTORE d s x -1
    ZRANGESTORE s s 0 -1
    ZCOUNT s 0 1
    ZCOUNT s x 1
    ZLEXCOUNT s - +
    ZLEXCOUNT s x +
    ZREMRANGEBYRANK s 0 1
    ZREMRANGEBYRANK s x 1
    ZREMRANGEBYSCORE s 0 1
    ZREMRANGEBYSCORE s x 1
    ZREMRANGEBYLEX s - +
    ZREMRANGEBYLEX s x +
    ZRANGE z 0
    ZREVRANGE z 0
    ZRANGEBYSCORE z 0
    ZREVRANGEBYSCORE z 0
    ZRANGEBYLEX z -
    ZREVRANGEBYLEX z +
    ZRANGESTORE d z 0
    ZCOUNT z 0
    ZCOUNT z 0 1 2
    ZLEXCOUNT z - + +
    ZREMRANGEBYRANK z 0
    ZREMRANGEBYSCORE z 0 1 2
    ZREMRANGEBYLEX z -
    `,
  )
})
