import { code, describeScripts, lua, sha1 } from '../../support/scripts.js'

const GET = "return redis.call('GET', KEYS[1])"
const SET = "return redis.call('SET', KEYS[1], ARGV[1])"

/** Lua for a function that waits for so many milliseconds, and tells whether they have gone by. */
const WAIT = lua`
  local function waited(milliseconds)
    local function now()
      local time = redis.call('TIME')
      return time[1] * 1000000 + time[2]
    end
    local from = now()
    for i = 1, 200000 do
      if now() >= from + milliseconds * 1000 then return true end
    end
    return false
  end
`.replaceAll('\n', ' ')

describeScripts('EVAL and its kin', ({ session, script, each }) => {
  session(
    'how many keys there are',
    `EVAL
     EVAL x
     EVAL "return 1"
     EVAL "return 1" 0
     EVAL "return 1" 1
     EVAL "return 1" 1 a
     EVAL "return 1" 2 a
     EVAL "return 1" -1
     EVAL "return 1" -1 a
     EVAL "return 1" x
     EVAL "return 1" 1.5 a
     EVAL "return 1" ""
     EVAL "return 1" " 1" a
     EVAL "return 1" 01 a
     EVAL "return 1" +1 a
     EVAL "return 1" 99999999999999999999
     EVAL "return 1" 9223372036854775807
     EVAL "return 1" -9223372036854775808
     EVAL "return 1" 2147483648 a
     EVAL "return {#KEYS, #ARGV}" 2 a b c d e
     EVAL "return {KEYS, ARGV}" 0 a b
     EVALSHA
     EVALSHA ${sha1('return 1')}
     EVALSHA ${sha1('return 1')} 0
     EVALSHA ${sha1('return 1')} x
     EVALSHA ${sha1('return 1')} 2 a
     EVALSHA ${sha1('return 1')} -1
     EVAL_RO
     EVAL_RO "return 1"
     EVAL_RO "return 1" 0
     EVAL_RO "return 1" 3 a
     EVAL_RO "return 1" -1
     EVALSHA_RO
     EVALSHA_RO ${sha1('return 1')} 0
     EVALSHA_RO ${sha1('return 1')} 1`,
  )

  session(
    'EVALSHA and the cache',
    `SCRIPT FLUSH
     EVALSHA ${sha1(GET)} 1 k
     EVAL ${code`${GET}`} 1 k
     EVALSHA ${sha1(GET)} 1 k
     EVALSHA ${sha1(GET).toUpperCase()} 1 k
     EVALSHA_RO ${sha1(GET)} 1 k
     EVALSHA ${sha1(GET).slice(0, 39)} 1 k
     EVALSHA ${sha1(GET)}0 1 k
     EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
     EVALSHA x 0
     EVALSHA "" 0
     EVALSHA "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00" 0
     SCRIPT EXISTS ${sha1(GET)} ${sha1(GET).toUpperCase()} ${sha1(SET)} x
     SCRIPT LOAD ${code`${SET}`}
     SCRIPT EXISTS ${sha1(SET)}
     EVALSHA ${sha1(SET)} 1 k v
     EVALSHA ${sha1(GET)} 1 k
     EVALSHA_RO ${sha1(SET)} 1 k w
     SCRIPT LOAD ${code`${SET}`}
     SCRIPT FLUSH
     SCRIPT EXISTS ${sha1(GET)} ${sha1(SET)}
     EVALSHA ${sha1(SET)} 1 k v
     EVAL "this is no Lua" 0
     SCRIPT EXISTS ${sha1('this is no Lua')}
     EVAL "error('x')" 0
     SCRIPT EXISTS ${sha1("error('x')")}
     EVALSHA ${sha1("error('x')")} 0
     EVAL_RO "return 'read only'" 0
     SCRIPT EXISTS ${sha1("return 'read only'")}
     EVALSHA ${sha1("return 'read only'")} 0`,
  )

  session(
    'SCRIPT',
    `SCRIPT
     SCRIPT NOSUCH
     SCRIPT LOAD
     SCRIPT LOAD a b
     SCRIPT LOAD ""
     SCRIPT LOAD "return 1"
     SCRIPT LOAD "return +"
     SCRIPT LOAD "return 1\\nreturn 2"
     SCRIPT LOAD "#!lua\\nreturn 1"
     SCRIPT LOAD "#!nosuch\\nreturn 1"
     SCRIPT LOAD "#!lua flags=nosuch\\nreturn 1"
     SCRIPT LOAD "\\x00\\xff"
     script load "return 1"
     SCRIPT EXISTS
     SCRIPT EXISTS a
     SCRIPT EXISTS a b ${sha1('return 1')}
     SCRIPT FLUSH SYNC
     SCRIPT EXISTS ${sha1('return 1')}
     SCRIPT FLUSH ASYNC
     SCRIPT FLUSH async
     SCRIPT FLUSH nosuch
     SCRIPT FLUSH SYNC ASYNC
     SCRIPT FLUSH ""
     SCRIPT KILL
     SCRIPT KILL x
     SCRIPT DEBUG
     SCRIPT DEBUG nosuch
     SCRIPT DEBUG NO
     SCRIPT DEBUG no x
     SCRIPT HELP x
     SCRIPT exists ${sha1('return 1')}`,
  )

  session(
    'what the commands are',
    `COMMAND INFO EVAL EVALSHA EVAL_RO EVALSHA_RO
     COMMAND GETKEYS EVAL "return 1" 2 a b c
     COMMAND GETKEYS EVAL "return 1" 0 a
     COMMAND GETKEYS EVAL "return 1" 5 a
     COMMAND GETKEYS EVAL "return 1" x a
     COMMAND GETKEYS EVALSHA abc 1 a b
     COMMAND GETKEYS EVAL_RO abc 1 a b
     COMMAND GETKEYSANDFLAGS EVAL "return 1" 1 a
     COMMAND GETKEYSANDFLAGS EVAL_RO "return 1" 1 a
     COMMAND GETKEYSANDFLAGS FCALL f 1 a
     COMMAND GETKEYSANDFLAGS FCALL_RO f 2 a b c
     COMMAND INFO FCALL FCALL_RO SCRIPT|LOAD SCRIPT|EXISTS SCRIPT|FLUSH SCRIPT|KILL SCRIPT|DEBUG SCRIPT|HELP
     COMMAND INFO FUNCTION|LOAD FUNCTION|LIST FUNCTION|DELETE FUNCTION|FLUSH FUNCTION|DUMP FUNCTION|RESTORE FUNCTION|STATS FUNCTION|KILL FUNCTION|HELP`,
  )

  session(
    'a first line that says how to run it',
    `EVAL "#!lua\\nreturn 1" 0
     EVAL "#!lua\\n" 0
     EVAL "#!lua" 0
     EVAL "#!" 0
     EVAL "#!\\nreturn 1" 0
     EVAL "#! lua\\nreturn 1" 0
     EVAL "#!lua \\nreturn 1" 0
     EVAL "#!lua\\r\\nreturn 1" 0
     EVAL "#!LUA\\nreturn 1" 0
     EVAL "#!Lua\\nreturn 1" 0
     EVAL "#!lua5.1\\nreturn 1" 0
     EVAL "#!js\\nreturn 1" 0
     EVAL "#!/usr/bin/lua\\nreturn 1" 0
     EVAL "#!lua name=x\\nreturn 1" 0
     EVAL "#!lua nosuch=x\\nreturn 1" 0
     EVAL "#!lua nosuch\\nreturn 1" 0
     EVAL "#!lua flags\\nreturn 1" 0
     EVAL "#!lua flags=\\nreturn 1" 0
     EVAL "#!lua flags=nosuch\\nreturn 1" 0
     EVAL "#!lua flags=no-writes\\nreturn 1" 0
     EVAL "#!lua flags=no-writes,nosuch\\nreturn 1" 0
     EVAL "#!lua flags=no-writes,allow-oom\\nreturn 1" 0
     EVAL "#!lua flags=no-writes,\\nreturn 1" 0
     EVAL "#!lua flags=,no-writes\\nreturn 1" 0
     EVAL "#!lua flags=no-writes, allow-oom\\nreturn 1" 0
     EVAL "#!lua flags=no-writes flags=allow-oom\\nreturn 1" 0
     EVAL "#!lua flags=no-writes no-cluster\\nreturn 1" 0
     EVAL "#!lua flags='no-writes'\\nreturn 1" 0
     EVAL "#!lua 'flags=no-writes'\\nreturn 1" 0
     EVAL "#!lua \\"flags=no-writes\\nreturn 1" 0
     EVAL "#!lua FLAGS=no-writes\\nreturn 1" 0
     EVAL "#!lua flags=NO-WRITES\\nreturn 1" 0
     EVAL "#!lua flags=allow-stale\\nreturn 1" 0
     EVAL "#!lua flags=no-cluster\\nreturn 1" 0
     EVAL "#!lua flags=allow-cross-slot-keys\\nreturn 1" 0
     EVAL "#!lua   flags=allow-oom  \\nreturn 1" 0
     EVAL " #!lua\\nreturn 1" 0
     EVAL "\\n#!lua\\nreturn 1" 0
     EVAL "#lua\\nreturn 1" 0
     EVAL "#!lua\\nerror('second line')" 0
     EVAL "#!lua\\n\\nerror('third line')" 0
     EVAL "#!lua\\nreturn +" 0
     EVAL "#!lua\\x00\\nreturn 1" 0
     EVALSHA ${sha1('#!lua\nreturn 1')} 0
     EVAL_RO "#!lua\\nreturn 1" 0
     EVAL_RO "#!lua flags=no-writes\\nreturn 1" 0`,
  )

  session(
    'flags and writing',
    `EVAL "#!lua flags=no-writes\\nreturn redis.call('SET', 'a', 1)" 0
     EVAL "#!lua flags=no-writes\\nreturn redis.pcall('SET', 'a', 1)" 0
     EVAL "#!lua flags=no-writes\\nreturn redis.call('GET', 'a')" 0
     EVAL "#!lua flags=no-writes\\nreturn redis.call('PUBLISH', 'a', 'b')" 0
     EVAL "#!lua flags=no-writes\\nreturn redis.call('FLUSHALL')" 0
     EVAL "#!lua flags=no-writes\\nreturn redis.call('SELECT', 1)" 0
     EVAL "#!lua flags=allow-oom\\nreturn redis.call('SET', 'a', 2)" 0
     EVAL "#!lua flags=no-cluster\\nreturn redis.call('SET', 'a', 3)" 0
     EVAL "#!lua\\nreturn redis.call('SET', 'a', 4)" 0
     EVAL_RO "return redis.call('SET', 'a', 1)" 0
     EVAL_RO "return redis.pcall('SET', 'a', 1)" 0
     EVAL_RO "return redis.call('GET', 'a')" 0
     EVAL_RO "return redis.call('DEL', 'none')" 0
     EVAL_RO "return redis.call('PUBLISH', 'a', 'b')" 0
     EVAL_RO "return redis.call('SPUBLISH', 'a', 'b')" 0
     EVAL_RO "return redis.call('EXPIRE', 'a', 100)" 0
     EVAL_RO "return redis.call('GETEX', 'a')" 0
     EVAL_RO "return redis.call('BITFIELD', 'a', 'GET', 'u8', 0)" 0
     EVAL_RO "return redis.call('NOSUCH')" 0
     EVAL_RO "return redis.call('GET')" 0
     EVAL_RO "return redis.call('MULTI')" 0
     EVAL_RO "#!lua\\nreturn redis.call('SET', 'a', 1)" 0
     EVAL_RO "#!lua flags=no-writes\\nreturn redis.call('SET', 'a', 1)" 0
     EVAL_RO "return redis.set_repl(redis.REPL_ALL)" 0
     GET a`,
  )

  session(
    'the same source without a first line is another script',
    `SCRIPT FLUSH
     SCRIPT LOAD "return 7"
     SCRIPT LOAD "#!lua\\nreturn 7"
     EVALSHA ${sha1('return 7')} 0
     EVALSHA ${sha1('#!lua\nreturn 7')} 0
     EVALSHA_RO ${sha1('return 7')} 0
     EVALSHA_RO ${sha1('#!lua\nreturn 7')} 0
     SCRIPT EXISTS ${sha1('return 7')} ${sha1('#!lua\nreturn 7')}`,
  )

  session(
    'in MULTI',
    `MULTI
     EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 a 1
     EVAL "return {redis.call('INCR', KEYS[1]), redis.call('GET', KEYS[1])}" 1 a
     EVAL "return redis.call('LPUSH', 'a', 1)" 0
     EVAL "error('x')" 0
     EVAL "return +" 0
     EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
     EVAL "return 1" 5
     EVAL "redis.call('SELECT', 1) return redis.call('SET', 'b', 1)" 0
     SCRIPT LOAD "return 'loaded'"
     EVALSHA ${sha1("return 'loaded'")} 0
     SCRIPT EXISTS ${sha1("return 'loaded'")}
     GET a
     EXEC
     DBSIZE
     MULTI
     EVAL
     EXEC
     MULTI
     EVAL "return redis.call('MULTI')" 0
     EVAL "return redis.call('EXEC')" 0
     SCRIPT FLUSH
     SCRIPT KILL
     EXEC`,
  )

  session(
    'WATCH and the writes of scripts',
    `SET a 1
     WATCH a
     2> EVAL "return redis.call('SET', 'a', 2)" 0
     MULTI
     PING
     EXEC
     WATCH a
     2> EVAL "return redis.call('GET', 'a')" 0
     MULTI
     PING
     EXEC
     WATCH a
     EVAL "return redis.call('INCR', 'a')" 0
     MULTI
     PING
     EXEC
     WATCH a
     2> EVAL "redis.call('INCR', 'a') error('after')" 0
     MULTI
     PING
     EXEC
     WATCH a
     2> EVAL "redis.call('SELECT', 1) return redis.call('SET', 'a', 2)" 0
     MULTI
     PING
     EXEC
     WATCH a
     2> EVAL "return redis.call('FLUSHALL')" 0
     MULTI
     PING
     EXEC`,
  )

  session(
    'SELECT in a script is for the script',
    `SELECT 3
     EVAL "redis.call('SELECT', 5) redis.call('SET', 'k', 'five') return redis.call('GET', 'k')" 0
     GET k
     EVAL "return redis.call('GET', 'k')" 0
     EVAL "redis.call('SELECT', 5) return redis.call('GET', 'k')" 0
     EVAL "return redis.pcall('SELECT', 16)" 0
     EVAL "redis.call('SELECT', 5) error('x')" 0
     EVAL "return redis.call('SET', 'k', 'three')" 0
     SELECT 5
     GET k
     SELECT 3
     GET k
     EVAL "redis.call('SWAPDB', 3, 5) return redis.call('GET', 'k')" 0
     GET k
     EVAL "return redis.call('MOVE', 'k', 0)" 0
     SELECT 0
     KEYS *`,
  )

  session(
    'pub/sub from a script',
    `SUBSCRIBE ch
     2> EVAL "return redis.call('PUBLISH', 'ch', 'hello')" 0
     [push]
     2> EVAL "return {redis.call('PUBLISH', 'ch', 'a'), redis.call('SET', 'k', 'v'), redis.call('PUBLISH', 'ch', 1.5)}" 0
     [push]
     [push]
     2> EVAL "return redis.call('SPUBLISH', 'ch', 'x')" 0
     2> EVAL "redis.call('PUBLISH', 'ch', 'before') error('x')" 0
     [push]
     3> [type] HELLO 3
     3> SUBSCRIBE ch
     3> EVAL "return {redis.call('PUBLISH', 'ch', 'self'), 'reply'}" 0
     3> [push]
     [push]
     EVAL "return 1" 0`,
  )

  session(
    'keyspace events come in the order of the commands',
    `SELECT 1
     EVAL ${code`
       redis.call('SET', 'a', 1)
       redis.call('EXPIRE', 'a', 100)
       redis.call('RENAME', 'a', 'b')
       redis.call('GET', 'none')
       redis.call('SELECT', 2)
       redis.call('SADD', 's', 1)
       redis.call('SREM', 's', 1)
       redis.call('HSET', 'h', 'f', 1)
       redis.call('HDEL', 'h', 'f')
       redis.call('SET', 'c', 1)
       redis.call('EXPIRE', 'c', -1)
       return redis.call('DEL', 'none', 'b')
     `} 0`,
  )

  // Each waits for some milliseconds to go by, but not for ever.
  session(
    'keys do not expire while a script runs, though time goes by',
    `EVAL ${code`
       redis.call('SET', 'k', 'v', 'PX', 1)
       ${WAIT}
       return {waited(20), redis.call('GET', 'k'), redis.call('EXISTS', 'k'), redis.call('DBSIZE')}
     `} 0
     GET k
     EVAL ${code`
       ${WAIT}
       redis.call('SET', 'k3', 'v', 'PX', 1)
       waited(5)
       redis.call('PEXPIRE', 'k3', 100000)
       return redis.call('PTTL', 'k3') > 90000
     `} 0
     GET k3
     SET k4 v PX 1
     EVAL ${code`
       ${WAIT}
       return waited(5)
     `} 0
     EVAL "return {redis.call('GET', 'k4'), redis.call('EXISTS', 'k4')}" 0`,
    // Redis may find the first key expired sooner or later than the second.
    { events: false },
  )

  script(
    'keys that a script makes expire at once are gone',
    { before: 'SET a 1', after: 'EXISTS a b c' },
    lua`
      redis.call('SET', 'b', 1)
      redis.call('SET', 'c', 1)
      return {
        redis.call('EXPIRE', 'a', 0), redis.call('GET', 'a'), redis.call('PEXPIREAT', 'b', 1), redis.call('EXISTS', 'b'),
        redis.call('GETEX', 'c', 'PXAT', 1), redis.call('TYPE', 'c'), redis.call('DBSIZE'),
      }
    `,
  )

  session(
    'a client of RESP3',
    `[type] HELLO 3
     HSET h f v
     SADD s a
     ZADD z 1.5 m
     EVAL "return redis.call('HGETALL', 'h')" 0
     EVAL "redis.setresp(3) return redis.call('HGETALL', 'h')" 0
     EVAL "redis.setresp(3) return redis.call('SMEMBERS', 's')" 0
     EVAL "redis.setresp(3) return redis.call('ZSCORE', 'z', 'm')" 0
     EVAL "return redis.call('ZSCORE', 'z', 'm')" 0
     EVAL "redis.setresp(3) return redis.call('GET', 'none')" 0
     EVAL "return redis.call('GET', 'none')" 0
     EVAL "redis.setresp(3) return {true, false, nil}" 0
     EVAL "return {true, false}" 0
     EVAL "return {1, {double=1.5}, {map={a=1}}, {set={x=true}}, {ok='fine'}, {err='BAD x'}, 'text'}" 0
     MULTI
     EVAL "redis.setresp(3) return redis.call('HGETALL', 'h')" 0
     EXEC
     [type] HELLO 2
     EVAL "redis.setresp(3) return redis.call('HGETALL', 'h')" 0
     EVAL "redis.setresp(3) return {true, false}" 0
     EVAL "return {1, {double=1.5}, {map={a=1}}, {set={x=true}}, {ok='fine'}, {err='BAD x'}, 'text'}" 0`,
  )

  session(
    'a subscriber and a monitor',
    `SUBSCRIBE a
     EVAL "return 1" 0
     EVALSHA ${sha1('return 1')} 0
     SCRIPT EXISTS x
     FCALL f 0
     UNSUBSCRIBE
     EVAL "return 1" 0`,
  )

  session(
    'errors are counted once',
    `CONFIG RESETSTAT
     EVAL "return redis.call('LPUSH', 'a')" 0
     EVAL "return redis.pcall('NOSUCH')" 0
     EVAL "error('x')" 0
     EVAL "return redis.error_reply('MINE x')" 0
     EVAL "return {err = 'MINE y'}" 0
     SET s v
     EVAL "return redis.call('INCR', 's')" 0
     EVAL "return redis.pcall('INCR', 's')" 0
     EVAL "redis.pcall('INCR', 's') return 1" 0
     EVAL "redis.pcall('LPUSH', 's', 1) return 1" 0
     EVAL "return +" 0
     EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
     INFO errorstats`,
  )

  each(
    'sources of all shapes',
    lua`
      return 1;
      return 1 -- comment
      return(1)
      return{1}
      return'x'
      do return 1 end
      local a = 1; local b = 2; return a + b;
      return (function(...) return select('#', ...) end)(...)
      return ...
      return {...}
      if true then return 1 end return 2
      return function() return 1 end
      return redis
      return _G ~= nil
      return (((1)))
    `,
  )

  script('a large script', { after: 'PING' }, `${'local x = 1\n'.repeat(150)}${'-- filler\n'.repeat(50000)}return 1`)
  script('a large argument', { args: ['x'.repeat(1_000_000)] }, 'return #ARGV[1]')
  script('many keys', { keys: Array.from({ length: 5000 }, (_, i) => `k${i}`) }, 'return {#KEYS, KEYS[5000]}')
  script('many arguments', { args: Array.from({ length: 20000 }, (_, i) => `${i}`) }, 'return {#ARGV, ARGV[20000]}')
})
