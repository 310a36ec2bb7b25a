import { describeDifferential } from '../support/differential.js'

/** So many elements, as words. */
const elements = (count: number): string => Array.from({ length: count }, (_, i) => `e${i}`).join(' ')

describeDifferential('lists', ({ session }) => {
  for (const protocol of [2, 3]) {
    session(
      `both ends, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      LPUSH l a b c
      RPUSH l d "" "\\x00\\xff\\r\\n"
      LRANGE l 0 -1
      LPUSHX l e f
      RPUSHX l g h
      LPUSHX no a
      RPUSHX no a b
      LLEN l
      LLEN no
      OBJECT ENCODING l
      LPOP l
      RPOP l
      LPOP no
      RPOP no
      LPOP l 2
      RPOP l 2
      RPOP l 0
      LPOP l 0
      LPOP no 0
      RPOP no 3
      LPOP l x
      LPOP l -1
      LPOP l 1.5
      LPOP l 9223372036854775808
      LPOP no x
      RPOP l x
      LPOP l 1 2
      RPOP no 1 2
      LPOP l 9223372036854775807
      EXISTS l
      RPUSH l a
      RPOP l
      EXISTS l
      RPUSH l a b c
      RPOP l 3
      EXISTS l
      `,
    )

    session(
      `indices, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      RPUSH l a b c d e
      LINDEX l 0
      LINDEX l 4
      LINDEX l 5
      LINDEX l -1
      LINDEX l -5
      LINDEX l -6
      LINDEX l x
      LINDEX no x
      LINDEX no 0
      LINDEX l 9223372036854775807
      LINDEX l -9223372036854775808
      LINDEX l 9223372036854775808
      LSET l 0 A
      LSET l -1 E
      LSET l 5 x
      LSET l -6 x
      LSET l x x
      LSET no x x
      LSET no 0 x
      LRANGE l 0 -1
      LRANGE l 1 3
      LRANGE l -2 -1
      LRANGE l -100 100
      LRANGE l 3 1
      LRANGE l 5 10
      LRANGE l -10 -6
      LRANGE l 4 4
      LRANGE l x 1
      LRANGE l 1 x
      LRANGE no 0 -1
      LRANGE no x 1
      LRANGE l 0 9223372036854775807
      LRANGE l -9223372036854775808 -1
      `,
    )

    session(
      `moves, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      RPUSH a 1 2 3 4 5 6
      LMOVE a b LEFT LEFT
      LMOVE a b left right
      LMOVE a b RIGHT LEFT
      LMOVE a b Right Right
      LRANGE a 0 -1
      LRANGE b 0 -1
      LMOVE a a LEFT RIGHT
      LMOVE a a LEFT LEFT
      LMOVE a b LEFT LEFT
      LMOVE a b LEFT LEFT
      EXISTS a
      LMOVE a b LEFT LEFT
      LMOVE a b UP LEFT
      LMOVE a b LEFT DOWN
      RPOPLPUSH b a
      RPOPLPUSH b b
      RPOPLPUSH a a
      LRANGE a 0 -1
      LRANGE b 0 -1
      RPOPLPUSH no b
      RPOPLPUSH a new
      EXISTS a
      LRANGE new 0 -1
      `,
    )

    session(
      `elements of the first list, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      RPUSH a 1 2 3 4 5 6
      LMPOP 1 a LEFT
      LMPOP 1 a RIGHT
      LMPOP 2 no a left COUNT 2
      LMPOP 2 a no RIGHT count 10
      EXISTS a
      LMPOP 2 a no RIGHT COUNT 10
      RPUSH a 1 2
      LMPOP 0 a LEFT
      LMPOP -1 a LEFT
      LMPOP x a LEFT
      LMPOP 2 a LEFT
      LMPOP 1 a
      LMPOP 1 a b LEFT
      LMPOP 1 a UP
      LMPOP 1 a LEFT COUNT
      LMPOP 1 a LEFT COUNT 0
      LMPOP 1 a LEFT COUNT -1
      LMPOP 1 a LEFT COUNT x
      LMPOP 1 a LEFT COUNT 1 COUNT 1
      LMPOP 1 a LEFT x 1
      LMPOP 1 a LEFT COUNT 1 x
      LMPOP 9223372036854775807 a LEFT
      LMPOP 9223372036854775808 a LEFT
      LMPOP 1 a LEFT COUNT 9223372036854775808
      LMPOP 1 a LEFT COUNT 9223372036854775807
      EXISTS a
      `,
    )

    session(
      `positions, in RESP${protocol}`,
      `
      [type] HELLO ${protocol}
      RPUSH l a b c 1 2 3 c c
      LPOS l a
      LPOS l c
      LPOS l no
      LPOS no a
      LPOS no a COUNT 0
      LPOS l c RANK 2
      LPOS l c rank -1
      LPOS l c RANK -2
      LPOS l c RANK 4
      LPOS l c COUNT 0
      LPOS l c COUNT 2
      LPOS l c COUNT 9
      LPOS l no COUNT 2
      LPOS l c RANK 2 COUNT 0
      LPOS l c RANK -1 COUNT 2
      LPOS l c RANK -2 COUNT 2
      LPOS l c RANK -9 COUNT 2
      LPOS l c MAXLEN 2
      LPOS l c MAXLEN 3
      LPOS l c COUNT 0 MAXLEN 7
      LPOS l c COUNT 0 MAXLEN 7 RANK -1
      LPOS l c COUNT 0 MAXLEN 1 RANK -1
      LPOS l c COUNT 0 MAXLEN 100 RANK 2 RANK 1
      LPOS l c RANK 0
      LPOS l c RANK x
      LPOS l c RANK 9223372036854775807
      LPOS l c RANK -9223372036854775807
      LPOS l c RANK -9223372036854775808
      LPOS l c RANK -9223372036854775808 COUNT 0
      LPOS l c COUNT -1
      LPOS l c COUNT x
      LPOS l c MAXLEN -1
      LPOS l c MAXLEN x
      LPOS l c RANK
      LPOS l c x 1
      LPOS no c RANK 0
      LPOS no c COUNT -1
      `,
    )
  }

  session(
    'changes in the middle',
    `
    RPUSH l a b a c a b a
    LREM l 2 a
    LRANGE l 0 -1
    LREM l -1 b
    LRANGE l 0 -1
    LREM l 0 no
    LREM l x a
    LREM no x a
    LREM no 0 a
    LREM l -9223372036854775808 c
    LRANGE l 0 -1
    LREM l 0 a
    LREM l 9223372036854775807 b
    EXISTS l
    RPUSH l a b c
    LINSERT l BEFORE a x
    LINSERT l after c y
    LINSERT l before b z
    LINSERT l AFTER b w
    LINSERT l AFTER no w
    LINSERT l BESIDE a w
    LINSERT no BEFORE a w
    LINSERT no BESIDE a w
    LRANGE l 0 -1
    LTRIM l 1 -2
    LRANGE l 0 -1
    LTRIM l 0 -1
    LTRIM l -3 100
    LRANGE l 0 -1
    LTRIM l x 1
    LTRIM l 1 x
    LTRIM no x 1
    LTRIM no 0 1
    LTRIM l -100 1
    LRANGE l 0 -1
    LTRIM l 2 1
    EXISTS l
    RPUSH l a b
    LTRIM l 5 10
    EXISTS l
    RPUSH l a b
    LTRIM l -10 -5
    EXISTS l
    `,
  )

  session(
    'a long list',
    `
    RPUSH l ${elements(3000)}
    LPUSH l ${elements(700)}
    OBJECT ENCODING l
    LRANGE l 0 -1
    LRANGE l 690 1300
    LRANGE l -1000 -900
    LINDEX l 1234
    LINDEX l -1234
    LSET l 2000 changed
    LINSERT l BEFORE changed inserted
    LINSERT l AFTER changed inserted
    LPOS l inserted COUNT 0
    LPOS l e5 COUNT 0 RANK -1
    LREM l 0 e5
    LREM l -1 inserted
    LTRIM l 500 -500
    LRANGE l 0 -1
    LPOP l 600
    RPOP l 600
    LLEN l
    LRANGE l 0 -1
    LTRIM l 300 310
    LRANGE l 0 -1
    `,
  )

  session(
    'wrong types and wrong numbers of words',
    `
    SET s text
    RPUSH l a
    LPUSH s a
    RPUSH s a
    LPUSHX s a
    RPUSHX s a
    LPOP s
    LPOP s 1
    LPOP s 0
    LPOP s x
    RPOP s
    LLEN s
    LINDEX s 0
    LINDEX s x
    LSET s 0 a
    LSET s x a
    LRANGE s 0 1
    LRANGE s x 1
    LTRIM s 0 1
    LTRIM s x 1
    LREM s 0 a
    LREM s x a
    LINSERT s BEFORE a b
    LINSERT s BESIDE a b
    LPOS s a
    LPOS s a RANK 0
    LMOVE s l LEFT LEFT
    LMOVE l s LEFT LEFT
    LMOVE no s LEFT LEFT
    LMOVE s l LEFT UP
    RPOPLPUSH s l
    RPOPLPUSH l s
    RPOPLPUSH no s
    LMPOP 2 s l LEFT
    LMPOP 2 l s LEFT
    LMPOP 2 l s LEFT
    LPUSH l
    LPUSHX l
    LPOP
    LLEN
    LINDEX l
    LSET l 0
    LRANGE l 0
    LTRIM l 0
    LREM l 0
    LINSERT l BEFORE a
    LPOS l
    LMOVE l l LEFT
    RPOPLPUSH l
    LMPOP 1 l
    `,
  )
})
