import { describeDifferential } from '../support/differential.js'

describeDifferential('bits', ({ session }) => {
  session(
    'SETBIT and GETBIT',
    `
      SETBIT k 7 1
      GET k
      OBJECT ENCODING k
      SETBIT k 7 1
      SETBIT k 7 0
      SETBIT k 100 0
      STRLEN k
      SETBIT k 50 0
      GETBIT k 7
      GETBIT k 100000
      GETBIT none 3
      SETBIT none 0 0
      GET none
      SET n 1234
      GETBIT n 2
      SETBIT n 2 1
      OBJECT ENCODING n
      GET n
      SETBIT k -1 1
      SETBIT k x 1
      SETBIT k #1 1
      SETBIT k 4294967296 1
      SETBIT k 1 2
      SETBIT k 1 -1
      SETBIT k 1 x
      SETBIT k 9223372036854775808 1
      SETBIT k x x
      GETBIT k -1
      GETBIT k x
      GETBIT k 4294967296
      GETBIT k 4294967295
      HSET h f v
      SETBIT h 1 1
      SETBIT h 1 2
      GETBIT h 1
      GETBIT h x
      SETBIT k 1
      GETBIT k
    `,
  )

  session(
    'the last bit of the longest string',
    `
      SETBIT k 4294967295 1
      GETBIT k 4294967295
      GETBIT k 4294967294
      STRLEN k
      BITPOS k 1
      BITCOUNT k
      BITFIELD k GET u4 4294967292
      DEL k
    `,
  )

  session(
    'BITCOUNT',
    `
      SET k foobar
      BITCOUNT k
      BITCOUNT k 0 0
      BITCOUNT k 1 1
      BITCOUNT k 0 -5
      BITCOUNT k 1 1 BYTE
      BITCOUNT k 5 30 BIT
      BITCOUNT k 5 30 bit
      BITCOUNT k 3 4 bit
      BITCOUNT k 9 9 bit
      BITCOUNT k -3 -1 bit
      BITCOUNT k -1000 -900 bit
      BITCOUNT k -900 -1000 bit
      BITCOUNT k 0 -100
      BITCOUNT k -1 -2
      BITCOUNT k -1 -2 foo
      BITCOUNT k 3 2
      BITCOUNT k 6 7
      BITCOUNT k 47 48 bit
      BITCOUNT k 48 49 bit
      BITCOUNT k -9223372036854775807 -9223372036854775808
      BITCOUNT k -9223372036854775808 9223372036854775807 bit
      BITCOUNT k 1
      BITCOUNT k a 1
      BITCOUNT k 1 a
      BITCOUNT k 1 a foo
      BITCOUNT k 1 2 foo
      BITCOUNT k 1 2 bit bit
      BITCOUNT none
      BITCOUNT none 1
      BITCOUNT none a b foo
      SET n 12
      BITCOUNT n
      SET e ""
      BITCOUNT e
      BITCOUNT e 0 -1
      BITCOUNT e 0 -1 bit
      SET long "${String.raw`\xff\x00\x81`.repeat(100)}"
      BITCOUNT long
      BITCOUNT long 7 -7
      BITCOUNT long 7 -7 bit
      SETBIT long 5000 1
      BITCOUNT long
      HSET h f v
      BITCOUNT h
      BITCOUNT h 1
      BITCOUNT
    `,
  )

  session(
    'BITPOS',
    String.raw`
      SET k "\xff\xf0\x00"
      BITPOS k 0
      BITPOS k 1
      BITPOS k 0 0
      BITPOS k 1 2
      BITPOS k 0 0 0
      BITPOS k 0 0 -3
      BITPOS k 1 1 1
      BITPOS k 1 -1 -1
      BITPOS k 0 8 12 BIT
      BITPOS k 0 8 11 BIT
      BITPOS k 1 7 15 bit
      BITPOS k 1 12 23 bit
      BITPOS k 1 -20 -1 bit
      BITPOS k 0 0 7 bit
      BITPOS k 0 0 -1 byte
      BITPOS k 0 -2 -5
      BITPOS k 1 -2 -5 bit
      BITPOS k 0 3
      BITPOS k 0 5
      BITPOS k 0 100 200
      BITPOS k 0 -100 -90
      BITPOS k 1 9223372036854775807
      SET ones "\xff\xff\xff"
      BITPOS ones 0
      BITPOS ones 0 1
      BITPOS ones 0 3
      BITPOS ones 0 0 -1
      BITPOS ones 0 0 -1 bit
      BITPOS ones 0 1 9
      BITPOS ones 1 3 9
      SET zeros "\x00\x00\x00"
      BITPOS zeros 1
      BITPOS zeros 1 1
      BITPOS zeros 1 0 -1 bit
      BITPOS zeros 0 1
      BITPOS zeros 0 9 10 bit
      BITPOS none 0
      BITPOS none 1
      BITPOS none 0 5 6
      BITPOS none 1 a b
      SET e ""
      BITPOS e 0
      BITPOS e 1
      BITPOS e 0 0
      BITPOS e 0 0 -1 bit
      SET long "${String.raw`\x00`.repeat(100)}\x01"
      BITPOS long 1
      BITPOS long 1 3
      BITPOS long 1 0 -2
      BITPOS k 2
      BITPOS k -1
      BITPOS k x
      BITPOS k 1 a
      BITPOS k 1 0 a
      BITPOS k 1 0 a foo
      BITPOS k 1 0 1 foo
      BITPOS k 1 0 1 bit x
      BITPOS none 1 0 1 bit x
      HSET h f v
      BITPOS h 1
      BITPOS h 2
      BITPOS k
    `,
  )

  session(
    'BITOP',
    String.raw`
      SET a "\x0f\xf0\x55"
      SET b "\xff\x00"
      BITOP AND d a b
      GET d
      OBJECT ENCODING d
      BITOP or d a b
      GET d
      BITOP xor d a b
      GET d
      BITOP NOT d a
      GET d
      BITOP AND d a none
      GET d
      BITOP OR d none a
      GET d
      BITOP XOR d a
      GET d
      BITOP XOR a a a
      GET a
      BITOP OR b b b
      GET b
      BITOP AND d none none2
      EXISTS d
      BITOP AND d none
      BITOP NOT b none
      EXISTS b
      SET n 123
      BITOP NOT n n
      GET n
      SET d v EX 100
      BITOP OR d n
      TTL d
      SET x "${String.raw`\x0f\xaa\xf0`.repeat(50)}"
      SET y "${String.raw`\x5a\xff\x00\x81`.repeat(30)}"
      SETRANGE z 120 "${String.raw`\xc3`.repeat(90)}"
      BITOP AND d x y z
      GET d
      BITOP OR d y z x
      GET d
      BITOP XOR d z y x x
      GET d
      BITOP NOT d z
      GET d
      BITOP DIFF d a b
      BITOP NOT d a b
      BITOP NOT d
      BITOP FOO d
      HSET h f v
      BITOP AND d a h
      BITOP NOT d h
      BITOP FOO d h
      BITOP OR h x
      TYPE h
    `,
  )

  session(
    'BITFIELD',
    `
      BITFIELD k
      EXISTS k
      BITFIELD k GET u8 0 GET i64 100
      EXISTS k
      BITFIELD k SET u8 0 255 GET u8 0 GET i8 0 INCRBY u8 0 10
      OBJECT ENCODING k
      BITFIELD k SET i5 100 1 GET u4 100
      BITFIELD k INCRBY u2 102 1 OVERFLOW SAT INCRBY u2 102 5
      BITFIELD k OVERFLOW FAIL INCRBY u2 102 1 INCRBY u2 102 -1
      BITFIELD k OVERFLOW fail SET u8 0 256 SET i8 0 128 SET i8 0 -129 SET u8 0 -1
      BITFIELD k OVERFLOW wrap SET u8 0 256 SET i8 0 128 SET i8 0 -129 SET u8 0 -1 GET u8 0
      BITFIELD k OVERFLOW sat SET u8 0 256 GET u8 0 SET i8 0 128 GET i8 0 SET i8 0 -129 GET i8 0 SET u8 0 -1 GET u8 0
      BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0
      BITFIELD k SET i64 3 -9223372036854775808 GET i64 3 GET u63 4
      BITFIELD k OVERFLOW SAT INCRBY i64 3 -1 INCRBY i64 3 9223372036854775807 INCRBY i64 3 9223372036854775807
      BITFIELD k INCRBY i64 3 1 OVERFLOW FAIL INCRBY i64 3 -1
      BITFIELD k SET u63 1 9223372036854775807 INCRBY u63 1 1 OVERFLOW SAT INCRBY u63 1 -1
      BITFIELD k SET u53 5 9007199254740991 INCRBY u53 5 1 SET i54 9 -9007199254740993 GET i54 9
      BITFIELD k SET u32 #1 4294967295 GET u32 32 GET i32 #1 SET i16 #3 -2 GET u16 48
      BITFIELD fresh OVERFLOW FAIL SET u8 8 256
      STRLEN fresh
      BITFIELD fresh SET u8 8 0
      BITFIELD fresh SET u8 16 0
      BITFIELD fresh SET u8 16 0
      GET fresh
      SET n 1234
      BITFIELD n GET u8 0 GET u8 24 GET u16 24 GET u8 32
      OBJECT ENCODING n
      BITFIELD n SET u8 0 50
      OBJECT ENCODING n
      GET n
      [type] HELLO 3
      BITFIELD n OVERFLOW FAIL SET u8 0 256 GET u8 0
      BITFIELD_RO n GET u8 0 GET i8 #1
    `,
  )

  session(
    'BITFIELD: what it refuses',
    `
      BITFIELD k GET u64 0
      BITFIELD k GET i65 0
      BITFIELD k GET u0 0
      BITFIELD k GET i0 0
      BITFIELD k GET u 0
      BITFIELD k GET x8 0
      BITFIELD k GET i08 0
      BITFIELD k GET u8 -1
      BITFIELD k GET u8 x
      BITFIELD k GET u8 #
      BITFIELD k GET u8 ##1
      BITFIELD k GET u8 #-1
      BITFIELD k GET u8 4294967296
      BITFIELD k GET u8 #536870912
      BITFIELD k GET u8 #2305843009213693952
      BITFIELD k GET u8 #9223372036854775807
      BITFIELD k SET u8 0 x
      BITFIELD k SET u8 0 9223372036854775808
      BITFIELD k SET u9 x x
      BITFIELD k INCRBY u8 0 1.5
      BITFIELD k GET u8
      BITFIELD k SET u8 0
      BITFIELD k INCRBY u8
      BITFIELD k OVERFLOW
      BITFIELD k OVERFLOW FOO
      BITFIELD k OVERFLOW SAT
      BITFIELD k FOO u8 0
      BITFIELD k GET u8 0 FOO
      EXISTS k
      BITFIELD_RO k SET u8 0 1
      BITFIELD_RO k GET u8 0 INCRBY u8 0 1
      BITFIELD_RO k INCRBY u8 x 1
      BITFIELD_RO k OVERFLOW SAT GET u8 0
      BITFIELD_RO k
      HSET h f v
      BITFIELD h
      BITFIELD h GET u8 0
      BITFIELD h SET u8 0 1
      BITFIELD h GET u64 0
      BITFIELD_RO h GET u8 0
      BITFIELD_RO h SET u8 0 1
      BITFIELD
      BITFIELD_RO
    `,
  )
})
