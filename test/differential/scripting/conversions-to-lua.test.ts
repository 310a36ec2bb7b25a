import { describeScripts, lua } from '../../support/scripts.js'

const DATA = `SET s text
  SET binary "\\x00\\xff\\r\\n"
  SET empty ""
  SET n 10
  SET big 9223372036854775807
  SET odd 9007199254740993
  RPUSH l a b c
  HSET h f v g w
  SADD u x
  SADD numbers 1 2 3
  ZADD z 1 a 2.5 b 1e300 c -inf d inf e
  SETEX soon 100 x`

/** The client's protocol is not the script's. */
const both = { before: DATA, resp: [2, 3] } as const

describeScripts('what a command replies becomes a Lua value', ({ values, each, script }) => {
  values(
    'status',
    both,
    lua`
      redis.call('PING')
      redis.call('SET', 'k', 'v')
      redis.call('TYPE', 's')
      redis.call('RENAME', 's', 's2'), redis.call('RENAME', 's2', 's')
      redis.call('MSET', 'a', 1)
      redis.call('SELECT', 0)
      redis.pcall('PING')
    `,
  )

  values(
    'bulk string and null',
    both,
    lua`
      redis.call('GET', 's')
      redis.call('GET', 'binary')
      redis.call('GET', 'empty')
      redis.call('GET', 'none')
      redis.call('ECHO', '\r\n')
      redis.call('PING', 'hi')
      redis.call('HGET', 'h', 'none')
      redis.call('LPOP', 'none')
      redis.call('LPOP', 'none', 2)
      redis.call('SET', 's', 'x', 'NX')
      redis.call('SET', 's', 'text', 'GET')
      redis.call('ZSCORE', 'z', 'none')
      redis.call('ZRANK', 'z', 'none')
      redis.call('RANDOMKEY') ~= false
      redis.call('GETRANGE', 's', 1, 2)
      redis.call('OBJECT', 'ENCODING', 's')
      redis.call('SPOP', 'none')
      redis.call('SRANDMEMBER', 'none')
    `,
  )

  values(
    'integer',
    both,
    lua`
      redis.call('INCR', 'n')
      redis.call('DECRBY', 'n', 100)
      redis.call('EXISTS', 'none')
      redis.call('STRLEN', 's')
      redis.call('TTL', 'soon')
      redis.call('TTL', 's')
      redis.call('TTL', 'none')
      redis.call('INCRBY', 'odd', 0)
      redis.call('INCRBY', 'odd', 2)
      redis.call('INCRBY', 'big', 0)
      redis.call('DECRBY', 'big', 1)
      redis.call('INCRBY', 'least', '-9223372036854775808')
      redis.call('BITCOUNT', 'binary')
      redis.call('APPEND', 's', 'x')
      redis.call('INCRBY', 'odd', 0) == 2^53
    `,
  )

  each(
    'integers beyond 2^53 lose their last digits on the way back',
    both,
    lua`
      return redis.call('INCRBY', 'odd', 0)
      return redis.call('INCRBY', 'big', 0)
      return redis.call('INCRBY', 'big', -511)
      return redis.call('INCRBY', 'big', -1)
      return {redis.call('INCRBY', 'odd', 2)}
      return tostring(redis.call('INCRBY', 'big', 0))
      return redis.call('SET', 'copy', redis.call('INCRBY', 'big', 0)) and redis.call('GET', 'copy')
    `,
  )

  values(
    'double: in RESP2 a string',
    both,
    lua`
      redis.call('ZSCORE', 'z', 'b')
      redis.call('ZSCORE', 'z', 'c')
      redis.call('ZINCRBY', 'z', 0.1, 'b')
      redis.call('ZSCORE', 'z', 'd')
      redis.call('ZADD', 'z', 'INCR', 1, 'a')
      redis.call('ZADD', 'z', 'NX', 'INCR', 1, 'a')
      redis.call('INCRBYFLOAT', 'n', 0.5)
      redis.call('HINCRBYFLOAT', 'h', 'x', '1e2')
      redis.call('ZMSCORE', 'z', 'a', 'none', 'b')
      redis.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')
      redis.call('ZPOPMIN', 'z')
      redis.call('ZPOPMIN', 'z', 2)
      redis.call('ZPOPMIN', 'none')
      redis.call('ZRANDMEMBER', 'z', 0, 'WITHSCORES')
      redis.call('ZSCAN', 'z', 0)
      redis.call('ZMPOP', 1, 'z', 'MIN', 'COUNT', 2)
    `,
  )

  values(
    'arrays, maps and sets: in RESP2 arrays',
    both,
    lua`
      redis.call('LRANGE', 'l', 0, -1)
      redis.call('LRANGE', 'none', 0, -1)
      redis.call('MGET', 's', 'none', 'n', 'l')
      redis.call('HMGET', 'h', 'f', 'none')
      redis.call('HGETALL', 'h')
      redis.call('HGETALL', 'none')
      redis.call('HKEYS', 'h')
      redis.call('SMEMBERS', 'u')
      redis.call('SMEMBERS', 'numbers')
      redis.call('SMISMEMBER', 'u', 'x', 'y')
      redis.call('SISMEMBER', 'u', 'x')
      redis.call('CONFIG', 'GET', 'hz')
      redis.call('LPOS', 'l', 'a', 'COUNT', 0)
      redis.call('HSCAN', 'h', 0)
      redis.call('LPOP', 'l', 2)
      redis.call('LMPOP', 1, 'l', 'LEFT')
      redis.call('LMPOP', 1, 'none', 'LEFT')
      redis.call('HRANDFIELD', 'h', 0, 'WITHVALUES')
      redis.call('BITFIELD', 's', 'GET', 'u8', 0, 'OVERFLOW', 'FAIL', 'SET', 'u2', 0, 9)
      redis.call('COMMAND', 'GETKEYS', 'GET', 'k')
      redis.call('COMMAND', 'COUNT') > 100
      redis.call('COMMAND', 'INFO', 'nosuch')
      #redis.call('COMMAND', 'INFO', 'get')[1]
      redis.call('PUBSUB', 'NUMSUB', 'ch')
      redis.call('SINTER', 'u', 'none')
      redis.call('SUNION', 'u')
      redis.call('ZUNION', 1, 'z')
      redis.call('ZINTER', 1, 'z', 'WITHSCORES')
      redis.call('LCS', 's', 's', 'IDX')
    `,
  )

  values(
    'after setresp(3): doubles, maps, sets, null',
    both,
    lua`
      redis.setresp(3), redis.call('PING')
      redis.setresp(3), redis.call('GET', 's')
      redis.setresp(3), redis.call('GET', 'none')
      redis.setresp(3), redis.call('LPOP', 'none', 2)
      redis.setresp(3), redis.call('INCR', 'n')
      redis.setresp(3), redis.call('HGETALL', 'h')
      redis.setresp(3), redis.call('HGETALL', 'none')
      redis.setresp(3), redis.call('SMEMBERS', 'u')
      redis.setresp(3), redis.call('SMEMBERS', 'numbers')
      redis.setresp(3), redis.call('SMEMBERS', 'none')
      redis.setresp(3), redis.call('SINTER', 'numbers')
      redis.setresp(3), redis.call('SPOP', 'numbers', 3)
      redis.setresp(3), redis.call('SISMEMBER', 'u', 'x')
      redis.setresp(3), redis.call('SMISMEMBER', 'u', 'x', 'y')
      redis.setresp(3), redis.call('ZSCORE', 'z', 'b')
      redis.setresp(3), redis.call('ZSCORE', 'z', 'c')
      redis.setresp(3), redis.call('ZSCORE', 'z', 'd')
      redis.setresp(3), redis.call('ZSCORE', 'z', 'e')
      redis.setresp(3), redis.call('ZSCORE', 'z', 'none')
      redis.setresp(3), redis.call('ZADD', 'z', 'INCR', 1, 'a')
      redis.setresp(3), redis.call('ZMSCORE', 'z', 'a', 'none', 'b')
      redis.setresp(3), redis.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')
      redis.setresp(3), redis.call('ZRANGE', 'z', 0, -1)
      redis.setresp(3), redis.call('ZPOPMIN', 'z')
      redis.setresp(3), redis.call('ZPOPMIN', 'z', 2)
      redis.setresp(3), redis.call('ZRANK', 'z', 'none')
      redis.setresp(3), redis.call('HRANDFIELD', 'u2', 3, 'WITHVALUES')
      redis.setresp(3), redis.call('INCRBYFLOAT', 'n', 0.5)
      redis.setresp(3), redis.call('MGET', 's', 'none')
      redis.setresp(3), redis.call('LRANGE', 'l', 0, -1)
      redis.setresp(3), redis.call('LCS', 'l2', 'l3', 'IDX')
      redis.setresp(3), redis.call('COMMAND', 'INFO', 'nosuch')
      redis.setresp(3), redis.call('HSCAN', 'h', 0)
      redis.setresp(3), redis.pcall('INCR', 'l').err
      redis.setresp(3), redis.call('SET', 's', 'x', 'NX')
      redis.setresp(3), redis.call('LMPOP', 1, 'none', 'LEFT')
      redis.setresp(3), type(redis.call('INFO', 'cluster')), redis.call('INFO', 'cluster').verbatim_string
      redis.setresp(3), redis.call('TYPE', 's')
      redis.setresp(3), redis.setresp(2), redis.call('HGETALL', 'h')
    `,
  )

  each(
    'a reply in RESP3 is returned as it came',
    both,
    lua`
      redis.setresp(3) return redis.call('HGETALL', 'h')
      redis.setresp(3) return redis.call('SMEMBERS', 'u')
      redis.setresp(3) return redis.call('SMEMBERS', 'numbers')
      redis.setresp(3) return redis.call('ZSCORE', 'z', 'b')
      redis.setresp(3) return redis.call('ZSCORE', 'z', 'c')
      redis.setresp(3) return redis.call('ZSCORE', 'z', 'd')
      redis.setresp(3) return redis.call('GET', 'none')
      redis.setresp(3) return redis.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')
      redis.setresp(3) return redis.call('INFO', 'cluster')
      redis.setresp(3) return redis.call('SISMEMBER', 'u', 'x')
      redis.setresp(3) return {redis.call('HGETALL', 'h'), redis.call('SMEMBERS', 'u'), redis.call('ZSCORE', 'z', 'b'), redis.call('GET', 'none')}
      return redis.call('HGETALL', 'h')
      return redis.call('SMEMBERS', 'numbers')
      return redis.call('ZSCORE', 'z', 'b')
      return redis.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')
      return redis.call('GET', 'none')
      return redis.call('INFO', 'cluster')
      return {redis.call('HGETALL', 'h'), redis.call('GET', 'none'), 1}
    `,
  )

  each(
    'booleans of a script in RESP3',
    both,
    lua`
      redis.setresp(3) return true
      redis.setresp(3) return false
      redis.setresp(3) return nil
      redis.setresp(3) return {true, false, 1}
      redis.setresp(3) return {true, nil, 1}
      redis.setresp(3) return {map = {[true] = false}}
      redis.setresp(3) return {set = {[false] = true}}
      redis.setresp(2) return true
      redis.setresp(2) return {true, false}
      redis.setresp(3) redis.setresp(2) return {true, false}
      redis.setresp(3) return cjson.null
      redis.setresp(3) return {double = 1.5}
    `,
  )

  values(
    'the order of fields and members, where Redis has one',
    {
      before: `SADD ints 5 3 1 4 2
        HSET hash b 1 a 2 c 3
        ZADD zset 3 a 1 b 2 c`,
    },
    lua`
      redis.call('SMEMBERS', 'ints')
      redis.call('SUNION', 'ints', 'none')
      redis.call('HKEYS', 'hash')
      redis.call('HVALS', 'hash')
      redis.call('HGETALL', 'hash')
      redis.call('KEYS', 'h*')
      redis.call('ZRANGE', 'zset', 0, -1)
    `,
  )

  each(
    'the order of keys, fields and members, sorted by the script',
    {
      before: `SADD words the quick brown fox jumps over a lazy dog
        SADD mixed 10 9 8 x
        HSET hash b 1 a 2 c 3`,
    },
    lua`
      local m = redis.call('SMEMBERS', 'words') table.sort(m) return m
      local m = redis.call('SUNION', 'words', 'mixed') table.sort(m) return m
      local m = redis.call('SDIFF', 'words', 'mixed') table.sort(m, function(a, b) return a > b end) return m
      local m = redis.call('KEYS', '*') table.sort(m) return m
      local m = redis.call('HKEYS', 'hash') table.sort(m) return m
    `,
  )

  values(
    'errors of commands, caught',
    both,
    lua`
      redis.pcall('INCR', 'l')
      redis.pcall('GET')
      redis.pcall('NOSUCH')
      redis.pcall('LSET', 'l', 99, 'x')
      redis.pcall('SET', 's')
      redis.pcall('INCR', 's')
      redis.pcall('CONFIG', 'GET')
      redis.pcall('CONFIG', 'NOSUCH')
      pcall(redis.call, 'INCR', 'l')
      pcall(redis.call)
      pcall(redis.pcall)
      redis.pcall('EXPIRE', 's', 'x')
      type(redis.pcall('INCR', 'l')), redis.pcall('INCR', 'l')['err']
    `,
  )

  each(
    'errors of commands, returned or thrown',
    both,
    lua`
      return redis.call('INCR', 'l')
      return redis.pcall('INCR', 'l')
      return {redis.pcall('INCR', 'l')}
      return {1, redis.pcall('INCR', 'l'), 2}
      redis.call('INCR', 'l') return 1
      redis.pcall('INCR', 'l') return 1
      error(redis.pcall('INCR', 'l'))
      error(redis.pcall('INCR', 'l').err)
      return redis.pcall('INCR', 'l').err
      return tostring(redis.pcall('INCR', 'l').ok)
      local ok, e = pcall(redis.call, 'INCR', 'l') return e
      local ok, e = pcall(redis.call, 'INCR', 'l') error(e)
      local ok, e = pcall(redis.call, 'INCR', 'l') return {ok, e}
      redis.setresp(3) return redis.pcall('INCR', 'l')
      redis.setresp(3) return {redis.pcall('INCR', 'l')}
    `,
  )

  script(
    'long replies',
    { resp: [2, 3] },
    lua`
      for i = 1, 2000 do redis.call('RPUSH', 'long', i) redis.call('ZADD', 'scores', i, i) end
      local all = redis.call('LRANGE', 'long', 0, -1)
      local sum = 0
      for _, item in ipairs(all) do sum = sum + item end
      redis.setresp(3)
      local pairs = redis.call('ZRANGE', 'scores', 0, -1, 'WITHSCORES')
      return {#all, sum, #pairs, pairs[2000], redis.call('LRANGE', 'long', 0, 1999)}
    `,
  )

  script(
    'values go back and forth without a change',
    {
      args: ['plain', '', 'line\r\nbreak', 'nul\0byte', 'ümläut', '3.14', '1e400', '-0'],
      resp: [2, 3],
      after: 'LRANGE list 0 -1',
    },
    lua`
      for _, value in ipairs(ARGV) do redis.call('RPUSH', 'list', value) end
      local back = redis.call('LRANGE', 'list', 0, -1)
      local same = true
      for i, value in ipairs(ARGV) do same = same and back[i] == value and #back[i] == #value end
      return {same, #back, back}
    `,
  )
})
