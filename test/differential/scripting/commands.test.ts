import { describeScripts, lua } from '../../support/scripts.js'

/** Every family of commands, called from a script: its replies in RESP2, keyspace events and what is left after it. */
describeScripts('commands in scripts', ({ script }) => {
  script(
    'strings',
    { keys: ['s', 'n', 'f'], after: 'GET s\nGET n\nGET f\nPTTL s' },
    lua`
      local s, n, f = unpack(KEYS)
      return {
        redis.call('SET', s, 'Hello'), redis.call('APPEND', s, ' World'), redis.call('STRLEN', s),
        redis.call('GETRANGE', s, -5, -1), redis.call('SETRANGE', s, 6, 'Redis'), redis.call('GETSET', s, 'new'),
        redis.call('SETNX', s, 'x'), redis.call('SETNX', n, 10), redis.call('INCR', n), redis.call('INCRBY', n, 5),
        redis.call('DECR', n), redis.call('DECRBY', n, 2), redis.call('INCRBYFLOAT', f, 10.5), redis.call('INCRBYFLOAT', f, '-1e1'),
        redis.call('MSET', 'a', 1, 'b', 2), redis.call('MSETNX', 'b', 3, 'c', 4), redis.call('MGET', 'a', 'b', 'c'),
        redis.call('SETEX', 'e', 100, 'v'), redis.call('PSETEX', 'e', 100000, 'v'), redis.call('TTL', 'e'),
        redis.call('GETEX', 'e', 'PERSIST'), redis.call('TTL', 'e'), redis.call('GETDEL', 'e'), redis.call('GETDEL', 'e'),
        redis.call('SET', s, 'v', 'XX', 'GET'), redis.call('SET', 'none', 'v', 'XX'), redis.call('SUBSTR', s, 0, 0),
        redis.call('LCS', s, 'a'),
      }
    `,
  )

  script(
    'bits',
    { keys: ['b', 'c'], after: 'GET b\nGET c' },
    lua`
      local b, c = KEYS[1], KEYS[2]
      return {
        redis.call('SETBIT', b, 7, 1), redis.call('SETBIT', b, 7, 0), redis.call('SETBIT', b, 100, 1), redis.call('GETBIT', b, 100),
        redis.call('BITCOUNT', b), redis.call('BITPOS', b, 1), redis.call('BITPOS', b, 0, 2, -1),
        redis.call('BITOP', 'NOT', c, b), redis.call('BITOP', 'XOR', c, b, c),
        redis.call('BITFIELD', b, 'SET', 'u8', 0, 255, 'INCRBY', 'i5', 100, 1, 'GET', 'u4', 0),
        redis.call('BITFIELD_RO', b, 'GET', 'u8', '#1'),
      }
    `,
  )

  script(
    'hashes',
    { keys: ['h'], after: 'HGETALL h' },
    lua`
      local h = KEYS[1]
      return {
        redis.call('HSET', h, 'a', 1, 'b', 2), redis.call('HSETNX', h, 'a', 3), redis.call('HGET', h, 'a'),
        redis.call('HMSET', h, 'c', 3, 'd', 4), redis.call('HMGET', h, 'a', 'x', 'd'), redis.call('HGETALL', h),
        redis.call('HKEYS', h), redis.call('HVALS', h), redis.call('HLEN', h), redis.call('HEXISTS', h, 'a'),
        redis.call('HINCRBY', h, 'a', 41), redis.call('HINCRBYFLOAT', h, 'b', 0.5), redis.call('HSTRLEN', h, 'b'),
        redis.call('HDEL', h, 'c', 'x'), redis.call('HSCAN', h, 0), redis.call('HRANDFIELD', h, -1) and 1,
      }
    `,
  )

  script(
    'lists',
    { keys: ['l', 'm'], after: 'LRANGE l 0 -1\nLRANGE m 0 -1' },
    lua`
      local l, m = KEYS[1], KEYS[2]
      return {
        redis.call('LPUSH', l, 'a', 'b', 'c'), redis.call('RPUSH', l, 'd', 'e'), redis.call('LPUSHX', m, 'x'),
        redis.call('RPUSHX', l, 'f'), redis.call('LLEN', l), redis.call('LINDEX', l, 0), redis.call('LINDEX', l, 99),
        redis.call('LRANGE', l, 1, -2), redis.call('LINSERT', l, 'BEFORE', 'a', 'z'), redis.call('LSET', l, 0, 'C'),
        redis.call('LREM', l, 0, 'z'), redis.call('LPOS', l, 'd'), redis.call('LPOP', l), redis.call('RPOP', l, 2),
        redis.call('LMOVE', l, m, 'LEFT', 'RIGHT'), redis.call('RPOPLPUSH', l, m), redis.call('LTRIM', l, 0, 1),
        redis.call('LMPOP', 2, 'none', m, 'RIGHT', 'COUNT', 5),
      }
    `,
  )

  script(
    'sets',
    { keys: ['s', 't', 'u'], after: 'SCARD s\nSMEMBERS t\nSMEMBERS u' },
    lua`
      local s, t, u = unpack(KEYS)
      return {
        redis.call('SADD', s, 1, 2, 3), redis.call('SADD', t, 3, 4), redis.call('SCARD', s), redis.call('SISMEMBER', s, 1),
        redis.call('SMISMEMBER', s, 1, 9), redis.call('SMEMBERS', s), redis.call('SINTER', s, t), redis.call('SINTERCARD', 2, s, t),
        redis.call('SDIFF', s, t), redis.call('SUNIONSTORE', u, s, t), redis.call('SINTERSTORE', u, s, t),
        redis.call('SDIFFSTORE', u, s, t), redis.call('SMOVE', s, t, 1), redis.call('SREM', s, 2, 9),
        redis.call('SPOP', s), redis.call('SRANDMEMBER', s), redis.call('SSCAN', t, 0),
      }
    `,
  )

  script(
    'sorted sets',
    { keys: ['z', 'y', 'd'], after: 'ZRANGE z 0 -1 WITHSCORES\nZRANGE d 0 -1 WITHSCORES' },
    lua`
      local z, y, d = unpack(KEYS)
      return {
        redis.call('ZADD', z, 1, 'a', 2.5, 'b', '3', 'c', 1/3, 'third'), redis.call('ZADD', z, 'XX', 'CH', 5, 'a'),
        redis.call('ZADD', y, 1, 'b', 1, 'c', 1, 'd'), redis.call('ZCARD', z), redis.call('ZSCORE', z, 'third'),
        redis.call('ZINCRBY', z, 1.5, 'a'), redis.call('ZRANK', z, 'b'), redis.call('ZREVRANK', z, 'b'), redis.call('ZCOUNT', z, '(1', '+inf'),
        redis.call('ZRANGE', z, 0, -1, 'WITHSCORES'), redis.call('ZRANGEBYSCORE', z, 2, 3, 'LIMIT', 0, 1), redis.call('ZREVRANGE', z, 0, 1),
        redis.call('ZRANGEBYLEX', y, '-', '(d'), redis.call('ZLEXCOUNT', y, '[b', '+'), redis.call('ZRANGESTORE', d, z, 0, 1),
        redis.call('ZUNIONSTORE', d, 2, z, y, 'WEIGHTS', 2, 3), redis.call('ZINTER', 2, z, y, 'WITHSCORES'), redis.call('ZDIFF', 2, z, y),
        redis.call('ZINTERCARD', 2, z, y), redis.call('ZMSCORE', z, 'a', 'x'), redis.call('ZPOPMIN', z), redis.call('ZPOPMAX', z, 1),
        redis.call('ZREM', z, 'a', 'x'), redis.call('ZREMRANGEBYRANK', d, 0, 0), redis.call('ZREMRANGEBYSCORE', d, 0, 2),
        redis.call('ZREMRANGEBYLEX', y, '[b', '[b'), redis.call('ZMPOP', 1, y, 'MIN'), redis.call('ZSCAN', z, 0),
      }
    `,
  )

  script(
    'keys and their time to live',
    {
      keys: ['a', 'b'],
      before: 'SET a 1\nHSET h f v\nSADD s m',
      after: 'TTL a\nTTL b\nTYPE h2\nDBSIZE\nSELECT 1\nKEYS *',
    },
    lua`
      local a, b = KEYS[1], KEYS[2]
      return {
        redis.call('EXISTS', a, a, b), redis.call('TYPE', a), redis.call('EXPIRE', a, 100), redis.call('TTL', a), redis.call('PERSIST', a),
        redis.call('PEXPIRE', a, 100000, 'NX'), redis.call('EXPIREAT', a, 99999999999), redis.call('EXPIRETIME', a),
        redis.call('PEXPIREAT', a, '99999999999999'), redis.call('PEXPIRETIME', a), redis.call('RENAME', 'h', 'h2'),
        redis.call('RENAMENX', 'h2', a), redis.call('COPY', a, b), redis.call('TOUCH', a, b, 'x'), redis.call('UNLINK', 'x', b),
        redis.call('DEL', 'x', 's'), redis.call('OBJECT', 'ENCODING', a), redis.call('OBJECT', 'REFCOUNT', a) > 0, redis.call('MOVE', a, 1),
        redis.call('DBSIZE'), redis.call('RANDOMKEY'), redis.call('KEYS', '*'), redis.call('EXPIRE', 'h2', -1), redis.call('EXISTS', 'h2'),
      }
    `,
  )

  script(
    'databases and the server',
    { before: 'SET a 1', after: 'DBSIZE\nSELECT 1\nGET b\nSELECT 2\nDBSIZE' },
    lua`
      return {
        redis.call('PING'), redis.call('ECHO', 'x'), redis.call('DBSIZE'), redis.call('SELECT', 1), redis.call('SET', 'b', 2),
        redis.call('SWAPDB', 1, 2), redis.call('DBSIZE'), redis.call('SELECT', 2), redis.call('GET', 'b'), redis.call('SWAPDB', 1, 2),
        #redis.call('TIME'), redis.call('PUBLISH', 'ch', 'x'), redis.call('SPUBLISH', 'ch', 'x'), redis.call('COMMAND', 'GETKEYS', 'GET', 'k'),
        redis.call('FLUSHDB'), redis.call('DBSIZE'), redis.call('MEMORY', 'USAGE', 'none'), redis.call('PUBSUB', 'NUMPAT') >= 0,
        redis.pcall('SELECT', 99), redis.pcall('SELECT', 'x'),
      }
    `,
  )

  script(
    'FLUSHALL',
    { before: 'SET a 1\nSELECT 1\nSET b 2', after: 'DBSIZE\nSELECT 0\nDBSIZE' },
    lua`
      return {redis.call('DBSIZE'), redis.call('FLUSHALL'), redis.call('DBSIZE'), redis.call('SET', 'c', 3)}
    `,
  )
})
