import { code, describeScripts, lua } from '../../support/scripts.js'

// Redis seeds the generator when it starts, always alike, and never again: what a script draws depends on all the scripts
// before it. So these have servers of their own, and their order counts.
describeScripts('math.random', ({ each, session }) => {
  each(
    'from the start of the server',
    lua`
      return {tostring(math.random()), tostring(math.random())}
      return tostring(math.random())
      return {math.random(100), math.random(100), math.random(100), math.random(100), math.random(100)}
      return {math.random(1, 6), math.random(-10, 10), math.random(1), math.random(5, 5), math.random(0, 1)}
      local t = {} for i = 1, 50 do t[i] = math.random(1000000) end return t
      local t = {} for i = 1, 20 do t[i] = string.format('%.17g', math.random()) end return t
      error(math.random(1000))
      return {math.random(100), math.random(100), math.random(100)}
    `,
  )

  each(
    'with a seed',
    lua`
      math.randomseed(0) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(1) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(42) local t = {} for i = 1, 20 do t[i] = string.format('%.17g', math.random()) end return t
      math.randomseed(-1) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(1.9) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(-1.9) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(2^31 - 1) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(2^31) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(-2^31) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(2^32) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(2^32 + 1) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(1e15) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(2^53) return {math.random(100), math.random(100), math.random(100)}
      math.randomseed('7') return {math.random(100), math.random(100), math.random(100)}
      math.randomseed(12345) math.random() math.randomseed(12345) return math.random(1000000)
      return math.random(100)
      return math.randomseed(1) == nil
      local t = {} for i = 1, 1000 do local r = math.random() t[i] = r >= 0 and r < 1 and math.floor(r * 1000) end return t
    `,
  )

  each(
    'bounds',
    lua`
      return {math.random(2^31 - 1), math.random(1.9), math.random('10'), math.random('1', '3')}
      return {math.random(1, 2^31 - 1), math.random(-2^31, -2^31), math.random(2^31 - 1, 2^31 - 1)}
      return {math.random(-2^31, 2^31 - 1), math.random(-2^31, 0), math.random(0, 2^31 - 1)}
      return {math.random(1.9, 2.1), math.random(-1.9, -1.1)}
      return math.random(2^32 + 5)
      return math.random(2^31)
      return math.random(1, 2^40)
      return math.random(0)
      return math.random(1, 0)
    `,
  )

  session(
    'what is between the scripts does not count',
    `EVAL ${code`math.randomseed(99) return math.random(1000000)`} 0
     EVAL ${code`return math.random(1000000)`} 0
     SCRIPT FLUSH
     FLUSHALL
     EVAL ${code`return math.random(1000000)`} 0
     SCRIPT LOAD ${code`return math.random(1000000) + 1`}
     EVAL ${code`return math.random(1000000)`} 0
     SADD s a b c d e
     SRANDMEMBER none
     2> EVAL ${code`return math.random(1000000)`} 0
     EVAL ${code`return math.random(1000000)`} 0
     FUNCTION LOAD REPLACE ${code`
       #!lua name=random
       redis.register_function('draw', function() return {math.random(1000000), math.random(1000000)} end)
       redis.register_function('seed', function(keys, args) math.randomseed(args[1]) end)
     `}
     FCALL draw 0
     FCALL draw 0
     EVAL ${code`return math.random(1000000)`} 0
     FCALL seed 0 5
     FCALL draw 0
     EVAL ${code`return math.random(1000000)`} 0
     EVAL ${code`math.randomseed(5) return math.random(1000000)`} 0
     FCALL draw 0
     FUNCTION FLUSH
     EVAL ${code`return math.random(1000000)`} 0`,
  )
})
