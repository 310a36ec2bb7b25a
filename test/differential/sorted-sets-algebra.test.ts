import { describeDifferential } from '../support/differential.js'

describeDifferential('several sorted sets', ({ session }) => {
  for (const protocol of [2, 3]) {
    session(
      `results that are replied, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      ZADD a 1 x 2 y 3 z 4 w
      ZADD b 10 y 20 z 30 q
      ZADD c 0.5 z 100 y
      SADD s x z t
      SADD i 1 2 3
      ZADD n 5 1 6 3 7 9
      ZUNION 1 a
      ZUNION 2 a b
      ZUNION 2 a b WITHSCORES
      ZUNION 3 a b c withscores
      ZUNION 3 no a s WITHSCORES
      ZUNION 2 i n WITHSCORES
      ZUNION 1 no
      ZUNION 1 no WITHSCORES
      ZUNION 2 a a WITHSCORES
      ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES
      ZUNION 2 a b WITHSCORES weights -1 1
      ZUNION 2 a b AGGREGATE MIN WITHSCORES
      ZUNION 2 a b aggregate max WITHSCORES
      ZUNION 2 a b AGGREGATE Sum WITHSCORES
      ZUNION 2 a s WEIGHTS 1 5 AGGREGATE MAX WITHSCORES
      ZUNION 2 a b WEIGHTS 1 2 WEIGHTS 3 4 AGGREGATE MIN AGGREGATE SUM WITHSCORES WITHSCORES
      ZINTER 2 a b
      ZINTER 2 a b WITHSCORES
      ZINTER 3 a b c WITHSCORES
      ZINTER 2 a s WITHSCORES
      ZINTER 2 s i
      ZINTER 2 i n WITHSCORES
      ZINTER 2 a no
      ZINTER 2 no a WITHSCORES
      ZINTER 1 a WITHSCORES
      ZINTER 1 s WITHSCORES
      ZINTER 2 a a WITHSCORES
      ZINTER 3 b a b WEIGHTS 1 10 100 WITHSCORES
      ZINTER 2 a b WEIGHTS 2 0.5 AGGREGATE MIN WITHSCORES
      ZINTER 2 a b AGGREGATE MAX WEIGHTS -2 -0.5 WITHSCORES
      ZDIFF 1 a WITHSCORES
      ZDIFF 2 a b WITHSCORES
      ZDIFF 2 b a
      ZDIFF 3 a b s
      ZDIFF 2 a a
      ZDIFF 2 no a
      ZDIFF 3 a no s WITHSCORES
      ZDIFF 2 s a WITHSCORES
      ZDIFF 2 i n WITHSCORES
      ZDIFF 2 a s WITHSCORES WITHSCORES
      ZINTERCARD 2 a b
      ZINTERCARD 2 a s
      ZINTERCARD 1 a
      ZINTERCARD 1 a LIMIT 3
      ZINTERCARD 2 a b LIMIT 1
      ZINTERCARD 2 a b limit 0
      ZINTERCARD 2 a b LIMIT 1 LIMIT 9
      ZINTERCARD 2 a no LIMIT 1
      ZINTERCARD 2 a a
      `,
    )

    session(
      `infinities and roundings, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      ZADD p inf a 1 b -inf c 0 d
      ZADD m -inf a 2 b inf c -1 d
      ZADD e 1 a 1 x
      SADD s a b c d
      ZUNION 2 p m WITHSCORES
      ZUNION 3 p m e WITHSCORES
      ZUNION 3 e m p WITHSCORES
      ZUNION 3 m p p WITHSCORES
      ZUNION 2 p m AGGREGATE MIN WITHSCORES
      ZUNION 2 p m AGGREGATE MAX WITHSCORES
      ZUNION 2 p m WEIGHTS 0 0 WITHSCORES
      ZUNION 2 p m WEIGHTS 0 1 AGGREGATE MIN WITHSCORES
      ZUNION 2 p m WEIGHTS inf -inf WITHSCORES
      ZUNION 2 p s WEIGHTS inf inf WITHSCORES
      ZUNION 2 p m WEIGHTS -0 -0 WITHSCORES
      ZINTER 2 p m WITHSCORES
      ZINTER 3 p m p WITHSCORES
      ZINTER 2 p m WEIGHTS 0 1 WITHSCORES
      ZINTER 2 p m WEIGHTS 1 0 WITHSCORES
      ZINTER 2 p m WEIGHTS 0 0 AGGREGATE MIN WITHSCORES
      ZINTER 2 p m WEIGHTS 1 0 AGGREGATE MIN WITHSCORES
      ZINTER 2 p m WEIGHTS 1 0 AGGREGATE MAX WITHSCORES
      ZINTER 2 p m WEIGHTS 0 1 AGGREGATE MAX WITHSCORES
      ZINTER 3 p m e WEIGHTS inf inf -inf WITHSCORES
      ZADD f1 0.1 a 1e16 b
      ZADD f2 0.2 a 1 b 0 x
      ZADD f3 0.3 a 1 b 0 x 0 y
      ZUNION 3 f1 f2 f3 WITHSCORES
      ZUNION 3 f3 f2 f1 WITHSCORES
      ZUNION 3 f2 f1 f1 WEIGHTS 3 -1 0.7 WITHSCORES
      ZINTER 3 f3 f2 f1 WITHSCORES
      ZINTER 3 f3 f1 f2 WEIGHTS 0.1 0.2 0.3 WITHSCORES
      ZUNION 1 f1 WEIGHTS -0 WITHSCORES
      ZUNIONSTORE d 1 f1 WEIGHTS -0
      ZRANGE d 0 -1 WITHSCORES
      `,
    )

    session(
      `results that are stored, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      ZADD a 1 x 2 y 3 z
      ZADD b 10 y 20 z 30 q
      SADD s x q
      ZUNIONSTORE d 2 a b
      ZRANGE d 0 -1 WITHSCORES
      OBJECT ENCODING d
      ZUNIONSTORE d 3 a b s WEIGHTS 1 2 3 AGGREGATE MAX
      ZRANGE d 0 -1 WITHSCORES
      ZINTERSTORE d 2 a b AGGREGATE MIN
      ZRANGE d 0 -1 WITHSCORES
      ZINTERSTORE d 2 s a WEIGHTS 10 1
      ZRANGE d 0 -1 WITHSCORES
      ZDIFFSTORE d 2 a s
      ZRANGE d 0 -1 WITHSCORES
      ZDIFFSTORE d 1 s
      ZRANGE d 0 -1 WITHSCORES
      ZUNIONSTORE a 2 a a
      ZRANGE a 0 -1 WITHSCORES
      ZINTERSTORE a 2 a b
      ZRANGE a 0 -1 WITHSCORES
      ZINTERSTORE d 2 a no
      EXISTS d
      ZINTERSTORE d 2 a no
      ZDIFFSTORE a 2 a a
      EXISTS a
      ZUNIONSTORE b 2 no no2
      EXISTS b
      ZADD a 1 x
      SET t text
      ZUNIONSTORE t 1 a
      ZRANGE t 0 -1 WITHSCORES
      SET t text
      ZINTERSTORE t 1 no
      EXISTS t
      SADD u x
      ZDIFFSTORE u 1 u
      TYPE u
      `,
    )
  }

  session(
    'wrong options',
    `
    ZADD a 1 x
    ZADD b 1 x
    ${['ZUNION', 'ZINTER', 'ZDIFF', 'ZINTERCARD', 'ZUNIONSTORE d', 'ZINTERSTORE d', 'ZDIFFSTORE d']
      .flatMap(command =>
        [
          '',
          '1',
          '0 a',
          '-1 a',
          'x a',
          '1.5 a',
          '9223372036854775808 a',
          '9223372036854775807 a',
          '3 a b',
          '1 a b',
          '2 a b WEIGHTS',
          '2 a b WEIGHTS 1',
          '2 a b WEIGHTS 1 x',
          '2 a b WEIGHTS x 1 FOO',
          '2 a b WEIGHTS 1 nan',
          '2 a b WEIGHTS 1 2 3',
          '2 a b WEIGHTS 1 2 WITHSCORES',
          '2 a b AGGREGATE',
          '2 a b AGGREGATE AVG',
          '2 a b AGGREGATE constructor',
          '2 a b AGGREGATE MIN MAX',
          '2 a b WITHSCORES x',
          '2 a b WITHSCORES',
          '2 a b LIMIT',
          '2 a b LIMIT 1',
          '2 a b LIMIT -1',
          '2 a b LIMIT x',
          '2 a b LIMIT 1 2',
          '2 a b FOO',
        ].map(rest => `${command} ${rest}`),
      )
      .join('\n')}
    `,
  )

  session(
    'wrong types',
    `
    SET t text
    ZADD a 1 x
    RPUSH l x
    ${['ZUNION', 'ZINTER', 'ZDIFF', 'ZINTERCARD', 'ZUNIONSTORE d', 'ZINTERSTORE d', 'ZDIFFSTORE d']
      .flatMap(command =>
        ['1 t', '2 a t', '2 no l', '3 no1 no2 t', '2 t a FOO', '1 t WEIGHTS x', '0 t', '3 t'].map(
          rest => `${command} ${rest}`,
        ),
      )
      .join('\n')}
    `,
  )

  session(
    'encodings of results',
    `
    ZADD a ${Array.from({ length: 100 }, (_, i) => `${i} a${i}`).join(' ')}
    ZADD b ${Array.from({ length: 100 }, (_, i) => `${i} b${i}`).join(' ')}
    ZADD long 1 ${'x'.repeat(65)} 2 y
    ZADD zero -0 a0 0 b0 1 ${'x'.repeat(65)}
    ZUNIONSTORE d 2 a b
    OBJECT ENCODING d
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE e d 0 127
    OBJECT ENCODING e
    ZRANGESTORE e d 0 128
    OBJECT ENCODING e
    ZRANGESTORE e d 0 1000 BYSCORE
    OBJECT ENCODING e
    ZRANGESTORE e d 0 10 BYSCORE
    OBJECT ENCODING e
    ZINTERSTORE d 2 d a
    OBJECT ENCODING d
    ZDIFFSTORE d 2 long a
    OBJECT ENCODING d
    ZUNIONSTORE d 1 long
    OBJECT ENCODING d
    ZRANGESTORE d long 1 1
    OBJECT ENCODING d
    ZRANGESTORE d long 0 0
    OBJECT ENCODING d
    ZDIFF 1 zero WITHSCORES
    ZUNIONSTORE d 1 zero
    ZRANGE d 0 -1 WITHSCORES
    ZDIFFSTORE d 2 zero long
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d zero 0 1
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d zero 0 2
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d zero 0 2 REV
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d zero 0 2 BYSCORE
    ZRANGE d 0 -1 WITHSCORES
    CONFIG SET zset-max-listpack-entries 2
    ZRANGESTORE d zero 0 2
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d zero 0 2 BYSCORE
    ZRANGE d 0 -1 WITHSCORES
    CONFIG SET zset-max-listpack-entries 128
    `,
  )
})
