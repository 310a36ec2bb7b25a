import { describeDifferential } from '../support/differential.js'

describeDifferential('parts of strings', ({ session }) => {
  session(
    'GETRANGE and SUBSTR',
    `
      SET k "This is a string"
      GETRANGE k 0 3
      GETRANGE k -3 -1
      GETRANGE k 0 -1
      GETRANGE k 10 100
      GETRANGE k 5 3
      GETRANGE k 16 20
      GETRANGE k 15 20
      GETRANGE k -100 -90
      GETRANGE k -90 -100
      GETRANGE k 0 -100
      GETRANGE k -100 2
      GETRANGE k -9223372036854775808 9223372036854775807
      GETRANGE k -9223372036854775807 -9223372036854775808
      GETRANGE k 9223372036854775807 -1
      SUBSTR k 1 2
      GETRANGE k a 1
      GETRANGE k 0 1.5
      GETRANGE k 0 9223372036854775808
      GETRANGE k 0
      GETRANGE missing 0 1
      GETRANGE missing a 1
      SET k -12345
      GETRANGE k 0 2
      APPEND k abc
      GETRANGE k 4 6
      SET k ""
      GETRANGE k 0 -1
      HSET h f v
      GETRANGE h 0 1
      GETRANGE h 0 a
      SUBSTR h 0 1
    `,
  )

  session(
    'SETRANGE',
    String.raw`
      SETRANGE k 0 ""
      SETRANGE k 5 ""
      EXISTS k
      SETRANGE k 3 abc
      GET k
      OBJECT ENCODING k
      SETRANGE k 0 XY
      GET k
      SETRANGE k 10 "\xff\x00"
      GET k
      SETRANGE k 0 ""
      SET n 12345
      SETRANGE n 7 ""
      OBJECT ENCODING n
      SETRANGE n 2 x
      GET n
      OBJECT ENCODING n
      SETRANGE n -1 x
      SETRANGE n -1 ""
      SETRANGE n a x
      SETRANGE n 9223372036854775808 x
      SETRANGE n 536870912 x
      SETRANGE n 536870911 xx
      SETRANGE n 9223372036854775807 x
      SETRANGE n 4294967296 ""
      SETRANGE none 536870912 x
      SETRANGE none 536870912 ""
      EXISTS none
      HSET h f v
      SETRANGE h 0 x
      SETRANGE h 0 ""
      SETRANGE h -1 ""
      SETRANGE k 0
    `,
  )

  session(
    'STRLEN and APPEND',
    `
      STRLEN k
      APPEND k 12
      OBJECT ENCODING k
      APPEND k ""
      OBJECT ENCODING k
      APPEND k 34
      GET k
      STRLEN k
      OBJECT ENCODING k
      INCR k
      OBJECT ENCODING k
      STRLEN k
      SET k -9223372036854775808
      STRLEN k
      APPEND k 0
      GET k
      APPEND empty ""
      GET empty
      OBJECT ENCODING empty
      APPEND long ${'x'.repeat(50)}
      OBJECT ENCODING long
      HSET h f v
      STRLEN h
      APPEND h x
      STRLEN
      APPEND k
    `,
  )

  session(
    'a copy does not follow what is changed in place',
    `
      APPEND a abc
      SETRANGE a 1 X
      COPY a b
      SETRANGE a 0 YYYYY
      MGET a b
      RENAME a c
      APPEND c z
      MGET a b c
    `,
  )

  session(
    'LCS',
    `
      MSET a ohmytext b mynewtext
      LCS a b
      LCS a b LEN
      LCS a b IDX
      LCS a b IDX MINMATCHLEN 4
      LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
      LCS a b idx withmatchlen
      LCS a b IDX MINMATCHLEN -7
      LCS a b IDX MINMATCHLEN 9223372036854775807
      LCS a b MINMATCHLEN 4
      LCS a b WITHMATCHLEN
      LCS a b LEN LEN
      LCS a b LEN IDX
      LCS a b MINMATCHLEN
      LCS a b MINMATCHLEN x
      LCS a b IDX MINMATCHLEN x LEN FOO
      LCS a b FOO
      LCS a
      LCS a none
      LCS a none LEN
      LCS a none IDX
      LCS none none2 IDX
      LCS a a IDX WITHMATCHLEN
      MSET n 12345 m 1935
      LCS n m
      LCS n m IDX
      APPEND m 45
      LCS n m IDX
      HSET h f v
      LCS a h
      LCS h none FOO
      [type] HELLO 3
      LCS a b IDX
      LCS a b IDX WITHMATCHLEN
      LCS a none IDX
      LCS a b LEN
      LCS a b
    `,
  )
})

describeDifferential(
  'strings at the limit of their length',
  ({ session }) => {
    session(
      'proto-max-bulk-len',
      `
        SETRANGE k 1048575 x
        SETRANGE k 1048576 x
        SETRANGE k 1048575 xy
        APPEND k x
        SETRANGE l 1048574 x
        APPEND l y
        APPEND l z
        APPEND l ""
        SETBIT k 8388607 1
        SETBIT k 8388608 1
        GETBIT k 8388607
        GETBIT k 8388608
        BITFIELD k GET u8 8388607
        BITFIELD k GET u8 8388608
        BITFIELD k SET u8 8388607 255
        STRLEN k
        BITFIELD k SET u8 #1048576 1
        SETRANGE a 1000 x
        SETRANGE b 250 x
        LCS a b LEN
        SETRANGE b 259 x
        LCS a b LEN
        SETRANGE b 260 x
        LCS a b LEN
        SETRANGE b 261 x
        LCS a b LEN
        LCS a b
      `,
    )
  },
  { config: { 'proto-max-bulk-len': '1mb' } },
)
