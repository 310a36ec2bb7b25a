import { describeDifferential } from '../support/differential.js'

describeDifferential('strings that are numbers', ({ session }) => {
  session(
    'INCR, DECR, INCRBY, DECRBY',
    `
      INCR k
      INCR k
      DECR k
      INCRBY k 40
      DECRBY k 50
      GET k
      OBJECT ENCODING k
      INCRBY k -0
      INCRBY k +1
      INCRBY k 1.5
      INCRBY k x
      INCRBY k ""
      DECRBY k x
      DECRBY new 0
      GET new
      DECRBY new2 5
      INCRBY new3 -9223372036854775808
      GET new3
      DECR new3
      DECRBY new3 1
      INCRBY new3 9223372036854775807
      GET new3
      SET k 9223372036854775806
      INCR k
      INCR k
      GET k
      INCRBY k -9223372036854775807
      SET k 9007199254740991
      INCR k
      INCR k
      INCR k
      DECRBY k 4
      OBJECT ENCODING k
      SET k -9007199254740991
      DECR k
      DECR k
      INCRBY k 2
      DECRBY k -9223372036854775808
      DECRBY none -9223372036854775808
      INCRBY k 9223372036854775808
      SET k " 1"
      INCR k
      SET k 1.0
      INCR k
      SET k ""
      INCR k
      SET k 007
      INCR k
      SET k 9223372036854775808
      INCR k
      APPEND raw 4
      APPEND raw 2
      OBJECT ENCODING raw
      INCR raw
      OBJECT ENCODING raw
      HSET h f v
      INCR h
      INCRBY h x
      DECRBY h -9223372036854775808
      INCR
      INCRBY k
      [type] HELLO 3
      SET k 9223372036854775806
      INCR k
    `,
  )

  session(
    'INCRBYFLOAT',
    `
      INCRBYFLOAT k 1
      OBJECT ENCODING k
      INCRBYFLOAT k 0.1
      GET k
      INCRBYFLOAT k -1.1
      GET k
      OBJECT ENCODING k
      INCR k
      OBJECT ENCODING k
      INCRBYFLOAT k 1.5e3
      SET k 10.50
      INCRBYFLOAT k 0.1
      INCRBYFLOAT k 1e300
      OBJECT ENCODING k
      STRLEN k
      INCRBYFLOAT k x
      INCRBYFLOAT k ""
      INCRBYFLOAT k " 1"
      INCRBYFLOAT k nan
      INCRBYFLOAT k inf
      INCRBYFLOAT k -inf
      INCRBYFLOAT none inf
      EXISTS none
      INCRBYFLOAT k 1e5000
      SET k abc
      INCRBYFLOAT k 1
      INCRBYFLOAT k abc
      SET k " 1"
      INCRBYFLOAT k 1
      SET k 9007199254740993
      INCRBYFLOAT k 0
      INCRBYFLOAT k 0.5
      APPEND raw 1.2
      INCRBYFLOAT raw 5
      HSET h f v
      INCRBYFLOAT h 1
      INCRBYFLOAT h abc
      INCRBYFLOAT k
      [type] HELLO 3
      INCRBYFLOAT raw 1
    `,
  )
})
