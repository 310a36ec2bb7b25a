import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('redis.call and redis.pcall', ({ values, each, script }) => {
  values(
    'arguments: strings and numbers, written as Redis writes them',
    lua`
      redis.call('ECHO', 'text')
      redis.call('ECHO', '')
      redis.call('ECHO', '\0\r\n\255')
      redis.call('ECHO', 1)
      redis.call('ECHO', 0)
      redis.call('ECHO', -0)
      redis.call('ECHO', -1)
      redis.call('ECHO', 1.5)
      redis.call('ECHO', 0.1)
      redis.call('ECHO', 1/3)
      redis.call('ECHO', 3.0)
      redis.call('ECHO', 1e15)
      redis.call('ECHO', 1e16)
      redis.call('ECHO', 1e17)
      redis.call('ECHO', 123456789012)
      redis.call('ECHO', 2^31)
      redis.call('ECHO', 2^53)
      redis.call('ECHO', 2^53 + 2)
      redis.call('ECHO', -2^53)
      redis.call('ECHO', 2^63)
      redis.call('ECHO', 2^64)
      redis.call('ECHO', 1e20)
      redis.call('ECHO', 1e21)
      redis.call('ECHO', 1e100)
      redis.call('ECHO', 1e300)
      redis.call('ECHO', 5e-324)
      redis.call('ECHO', 1.7976931348623157e308)
      redis.call('ECHO', 1e-5)
      redis.call('ECHO', 123.456e-10)
      redis.call('ECHO', 1/0)
      redis.call('ECHO', -1/0)
      redis.call('ECHO', 0x10)
      redis.call('ECHO', 100000)
      redis.call('ECHO', 99999999999999999)
      redis.call('ECHO', 3.14159265358979)
      redis.call('ECHO', 2^0.5)
      redis.call('ECHO', 10 / 2)
      redis.call('ECHO', tostring(1/3))
    `,
  )

  values(
    'arguments: not a number',
    lua`
      redis.call('ECHO', 0/0)
      redis.call('ECHO', -(0/0))
    `,
  )

  each(
    'arguments: of other types',
    lua`
      return redis.call('ECHO', nil)
      return redis.call('ECHO', true)
      return redis.call('ECHO', false)
      return redis.call('ECHO', {})
      return redis.call('ECHO', {'x'})
      return redis.call('ECHO', print)
      return redis.call('ECHO', tostring)
      return redis.call('ECHO', cjson.null)
      return redis.call('ECHO', coroutine.create(tostring))
      return redis.call(nil)
      return redis.call(true)
      return redis.call({})
      return redis.call({'PING'})
      return redis.call('SET', 'a', nil)
      return redis.call('SET', nil, 'a')
      return redis.call(1)
      return redis.call(1.5, 2)
      return redis.pcall('ECHO', nil)
      return redis.pcall('ECHO', true)
      return redis.pcall('ECHO', {})
      return redis.pcall(nil)
      return redis.pcall({'PING'})
      return {pcall(redis.call, 'ECHO', nil)}
      return {pcall(redis.call, 'ECHO', {})}
      return redis.call('ECHO', setmetatable({}, {__tostring = function() return 'x' end}))
    `,
  )

  each(
    'no argument, unknown commands, arity',
    lua`
      return redis.call()
      return redis.pcall()
      return {pcall(redis.call)}
      return redis.call('')
      return redis.call('NOSUCH')
      return redis.call('NOSUCH', 'a', 'b')
      return redis.pcall('NOSUCH')
      return redis.call('GET')
      return redis.call('GET', 'a', 'b')
      return redis.pcall('GET')
      return redis.call('SET', 'a')
      return redis.call('get', 'a')
      return redis.call('GeT', 'a')
      return redis.call(' GET', 'a')
      return redis.call('GET\0', 'a')
      return redis.call('OBJECT')
      return redis.call('OBJECT', 'NOSUCH')
      return redis.call('OBJECT', 'ENCODING')
      return redis.call('OBJECT', 'ENCODING', 'none')
      return redis.call('object|encoding', 'none')
      return redis.call('COMMAND', 'NOSUCH')
      return redis.call('CLIENT', 'NOSUCH')
      return redis.call(('x'):rep(300))
      return redis.call('GET', unpack({'a', 'b', 'c'}))
      return redis.call(unpack({'SET', 'a', '1'}))
    `,
  )

  each(
    'commands that scripts may not call',
    lua`
      return redis.call('MULTI')
      return redis.call('EXEC')
      return redis.call('DISCARD')
      return redis.call('WATCH', 'a')
      return redis.call('UNWATCH')
      return redis.call('SUBSCRIBE', 'a')
      return redis.call('PSUBSCRIBE', 'a')
      return redis.call('SSUBSCRIBE', 'a')
      return redis.call('UNSUBSCRIBE')
      return redis.call('EVAL', 'return 1', 0)
      return redis.call('EVALSHA', 'x', 0)
      return redis.call('EVAL_RO', 'return 1', 0)
      return redis.call('FCALL', 'f', 0)
      return redis.call('SCRIPT', 'EXISTS', 'x')
      return redis.call('SCRIPT', 'LOAD', 'return 1')
      return redis.call('FUNCTION', 'LIST')
      return redis.call('FUNCTION', 'STATS')
      return redis.call('CONFIG', 'GET', 'hz')
      return redis.call('CONFIG', 'SET', 'hz', '10')
      return redis.call('CLIENT', 'ID')
      return redis.call('CLIENT', 'LIST')
      return redis.call('CLIENT', 'GETNAME')
      return redis.call('AUTH', 'x')
      return redis.call('HELLO', 3)
      return redis.call('RESET')
      return redis.call('QUIT')
      return redis.call('MONITOR')
      return redis.call('DEBUG', 'SLEEP', 0)
      return redis.call('SHUTDOWN')
      return type(redis.call('SLOWLOG', 'LEN'))
      return type(redis.call('SLOWLOG', 'GET'))
      return redis.call('MODULE', 'LIST')
      return redis.call('WAIT', 0, 1)
      return redis.call('ACL', 'WHOAMI')
      return redis.call('PUBSUB', 'CHANNELS')
      return redis.call('COMMAND', 'COUNT') > 0
      return redis.call('OBJECT', 'HELP') ~= nil
      return redis.pcall('MULTI')
      return redis.pcall('MULTI').err
      return redis.call('ROLE')
    `,
  )

  each(
    'redis.error_reply',
    lua`
      return redis.error_reply('My Err')
      return redis.error_reply('-My Err')
      return redis.error_reply('MY')
      return redis.error_reply('-MY')
      return redis.error_reply('')
      return redis.error_reply('-')
      return redis.error_reply('--two dashes')
      return redis.error_reply(' leading space')
      return redis.error_reply('ERR one\r\ntwo\nthree')
      return redis.error_reply('one\r\ntwo')
      return redis.error_reply('\n')
      return redis.error_reply('trailing \r\n')
      return redis.error_reply('a\0b c')
      return redis.error_reply(1)
      return redis.error_reply(1.5)
      return redis.error_reply()
      return redis.error_reply(nil)
      return redis.error_reply(true)
      return redis.error_reply({})
      return redis.error_reply('a', 'b')
      return redis.error_reply({err = 'x'})
      return {redis.error_reply('A b')}
      return {redis.error_reply('A b').err, redis.error_reply('nospace').err, redis.error_reply('-x y').err}
      return redis.error_reply(('x'):rep(1000))
    `,
  )

  each(
    'redis.status_reply',
    lua`
      return redis.status_reply('FINE')
      return redis.status_reply('fine and\r\ndandy')
      return redis.status_reply('')
      return redis.status_reply('+OK')
      return redis.status_reply(1)
      return redis.status_reply()
      return redis.status_reply(nil)
      return redis.status_reply({})
      return redis.status_reply('a', 'b')
      return redis.status_reply('OK').ok
    `,
  )

  values(
    'the fields of the tables they make',
    lua`
      redis.error_reply('A b')
      redis.error_reply('nospace')
      redis.error_reply('-A b')
      redis.error_reply('')
      redis.error_reply()
      redis.error_reply(1)
      redis.error_reply('a', 'b')
      redis.status_reply('x')
      redis.status_reply()
      redis.status_reply(1)
    `,
  )

  each(
    'redis.sha1hex',
    lua`
      return redis.sha1hex('')
      return redis.sha1hex('a')
      return redis.sha1hex('\0\255')
      return redis.sha1hex(('x'):rep(1000))
      return redis.sha1hex(('x'):rep(55))
      return redis.sha1hex(('x'):rep(56))
      return redis.sha1hex(('x'):rep(64))
      return redis.sha1hex(123)
      return redis.sha1hex(1.5)
      return redis.sha1hex()
      return redis.sha1hex(nil)
      return redis.sha1hex('a', 'b')
      return redis.sha1hex(true)
      return redis.sha1hex({})
    `,
  )

  each(
    'redis.log',
    lua`
      return redis.log(redis.LOG_DEBUG, 'a')
      return redis.log(redis.LOG_VERBOSE, 'a')
      return redis.log(redis.LOG_NOTICE, 'a', 'b', 'c')
      return redis.log(redis.LOG_WARNING, 'a')
      return redis.log(0, '')
      return redis.log(redis.LOG_WARNING, 1, 1.5)
      return redis.log(redis.LOG_WARNING, nil)
      return redis.log(redis.LOG_WARNING, {})
      return redis.log(redis.LOG_WARNING, true)
      return redis.log('2', 'a')
      return redis.log('x', 'a')
      return redis.log(1.5, 'a')
      return redis.log(4, 'a')
      return redis.log(-1, 'a')
      return redis.log(100, 'a')
      return redis.log(0/0, 'a')
      return redis.log(nil, 'a')
      return redis.log({}, 'a')
      return redis.log('a')
      return redis.log(1)
      return redis.log()
      return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}
    `,
  )

  each(
    'redis.setresp',
    lua`
      return redis.setresp(2)
      return redis.setresp(3)
      return redis.setresp(1)
      return redis.setresp(4)
      return redis.setresp(-2)
      return redis.setresp('3')
      return redis.setresp('x')
      return redis.setresp(2.9)
      return redis.setresp(3.1)
      return redis.setresp()
      return redis.setresp(nil)
      return redis.setresp(2, 3)
      return redis.setresp({})
      return redis.setresp(true)
      return redis.setresp(0/0)
    `,
  )

  each(
    'redis.set_repl, redis.replicate_commands',
    lua`
      return redis.replicate_commands()
      return redis.replicate_commands(1, 2)
      return redis.set_repl(redis.REPL_ALL)
      return redis.set_repl(redis.REPL_NONE)
      return redis.set_repl(redis.REPL_AOF)
      return redis.set_repl(redis.REPL_SLAVE)
      return redis.set_repl(redis.REPL_REPLICA)
      return redis.set_repl(0)
      return redis.set_repl(3)
      return redis.set_repl(4)
      return redis.set_repl(-1)
      return redis.set_repl('1')
      return redis.set_repl('x')
      return redis.set_repl(1.5)
      return redis.set_repl()
      return redis.set_repl(1, 2)
      return redis.set_repl(nil)
      return redis.set_repl({})
      return {redis.REPL_ALL, redis.REPL_NONE, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA}
      redis.set_repl(redis.REPL_NONE) redis.call('SET', 'a', 1) return redis.call('GET', 'a')
    `,
  )

  each(
    'redis.breakpoint, redis.debug, versions',
    lua`
      return redis.breakpoint()
      return redis.breakpoint(1)
      return redis.debug('x')
      return redis.debug()
      return redis.debug({1, 2}, nil)
      return redis.REDIS_VERSION
      return redis.REDIS_VERSION_NUM
      return string.format('%x', redis.REDIS_VERSION_NUM)
      return type(redis.REDIS_VERSION_NUM)
    `,
  )

  each(
    'redis.acl_check_cmd',
    lua`
      return redis.acl_check_cmd('GET', 'a')
      return redis.acl_check_cmd('SET', 'a', 'b')
      return redis.acl_check_cmd('get', 'a')
      return redis.acl_check_cmd('CONFIG', 'GET', 'hz')
      return redis.acl_check_cmd('GET')
      return redis.acl_check_cmd('GET', 1)
      return redis.acl_check_cmd('NOSUCH')
      return redis.acl_check_cmd('OBJECT', 'NOSUCH')
      return redis.acl_check_cmd('OBJECT')
      return redis.acl_check_cmd()
      return redis.acl_check_cmd(nil)
      return redis.acl_check_cmd({})
      return redis.acl_check_cmd('GET', {})
      return redis.acl_check_cmd(1)
      return type(redis.acl_check_cmd('GET', 'a'))
    `,
  )

  each(
    'the library itself',
    lua`
      return redis.nosuch
      return redis.nosuch()
      return redis['call']('PING')
      return redis:call('PING')
      local call = redis.call return call('PING')
      local get = function(...) return redis.call('GET', ...) end return get('a')
      return server
      return redis.REDIS_VERSION .. 'x'
      local names = {} for name in pairs(redis) do names[#names + 1] = name end table.sort(names) return names
      return redis.register_function('f', function() end)
      redis.call = nil
      redis.x = 1
    `,
  )

  each(
    'calls within calls of Lua',
    lua`
      return {pcall(function() return redis.call('INCR', 'n') end)}
      return {pcall(function() redis.call('LPUSH', 'n', 1) end)}
      return {pcall(pcall, redis.call, 'LPUSH', 'n', 1)}
      return {xpcall(function() return redis.call('LPUSH', 'n', 1) end, function(e) return type(e) end)}
      return {xpcall(function() return redis.call('LPUSH', 'n', 1) end, function(e) return e end)}
      return select(2, pcall(function() error(redis.error_reply('MINE x')) end))
      return select(2, pcall(function() error(redis.error_reply('MINE x')) end)).err
      local co = coroutine.wrap(function() return redis.call('INCR', 'n') end) return co()
      local co = coroutine.wrap(function() return redis.call('LPUSH', 'n', 1) end) return co()
      local co = coroutine.wrap(function() coroutine.yield(redis.call('PING')) return redis.call('ECHO', 'x') end) return {co(), co()}
      local co = coroutine.create(function() redis.call('LPUSH', 'n', 1) end) return {coroutine.resume(co)}
      local co = coroutine.create(function() return redis.pcall('LPUSH', 'n', 1) end) return {coroutine.resume(co)}
      return table.concat({redis.call('ECHO', 'a'), redis.call('ECHO', 'b')}, redis.call('ECHO', '-'))
      return ('x y'):gsub('%w', function(w) return redis.call('ECHO', w .. w) end)
      local t = {3, 1, 2} table.sort(t, function(a, b) return redis.call('ECHO', a) < redis.call('ECHO', b) end) return t
      local t = {3, 1, 2} table.sort(t, function(a, b) return redis.call('NOSUCH') end) return t
      return redis.call(redis.call('ECHO', 'ECHO'), redis.call('ECHO', 'x'))
      return setmetatable({}, {__index = function(_, k) return redis.call('ECHO', k) end}).field
    `,
  )

  script(
    'many calls, many arguments',
    { after: 'DBSIZE\nLLEN l\nSTRLEN s\nGET k1999' },
    lua`
      for i = 1, 2000 do redis.call('SET', 'k' .. i, i) end
      local items = {}
      for i = 1, 5000 do items[i] = i end
      redis.call('RPUSH', 'l', unpack(items))
      redis.call('SET', 's', ('x'):rep(1000000))
      return {redis.call('LINDEX', 'l', -1), #redis.call('GET', 's'), redis.call('EXISTS', 'k1', 'k2000', 'k2001')}
    `,
  )

  each(
    'more arguments than Lua has room for',
    lua`
      local t = {} for i = 1, 7900 do t[i] = i end return redis.call('RPUSH', 'l', unpack(t))
      local t = {} for i = 1, 8100 do t[i] = i end return redis.call('RPUSH', 'l', unpack(t))
      local t = {} for i = 1, 1000000 do t[i] = i end return redis.call('RPUSH', 'l', unpack(t))
      return redis.call('RPUSH', 'l', unpack({}, 1, 1e8))
      return redis.call('LLEN', 'l')
    `,
  )
})
