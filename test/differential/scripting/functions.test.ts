import { code, describeScripts } from '../../support/scripts.js'

/** A library of one function that gives back what it is called with. */
const ECHO = code`
  #!lua name=echo
  redis.register_function('echo', function(keys, args) return {keys, args} end)
`

describeScripts('functions', ({ session }) => {
  session(
    'FCALL: arguments',
    `FUNCTION FLUSH
     FUNCTION LOAD ${ECHO}
     FCALL
     FCALL echo
     FCALL echo 0
     FCALL echo 1 k
     FCALL echo 2 k l a b c
     FCALL echo 1
     FCALL echo 2 k
     FCALL echo -1
     FCALL echo -1 k
     FCALL echo x
     FCALL echo 1.5 k
     FCALL echo 99999999999999999999
     FCALL nosuch 0
     FCALL nosuch
     FCALL nosuch x
     FCALL nosuch 5 a
     FCALL ECHO 0
     FCALL Echo 0 x
     FCALL "" 0
     fcall echo 1 "\\x00\\xff" "\\r\\n" ""
     FCALL_RO
     FCALL_RO echo
     FCALL_RO echo 0
     FCALL_RO nosuch 0
     FCALL_RO echo 5 a
     FUNCTION DELETE echo
     FCALL echo 0`,
  )

  session(
    'what functions return, and what they are given',
    `FUNCTION FLUSH
     HSET h f v
     SADD s a
     FUNCTION LOAD ${code`
       #!lua name=returns
       redis.register_function('several', function() return 1, 2 end)
       redis.register_function('nothing', function() end)
       redis.register_function('status', function() return redis.status_reply('FINE') end)
       redis.register_function('failure', function() return redis.error_reply('MINE x') end)
       redis.register_function('nested', function() return {1, {2, {3.9}}, 'x', true, false, {double = 1.5}} end)
       redis.register_function('map', function() return {map = {a = 1}} end)
       redis.register_function('resp2', function() return redis.call('HGETALL', 'h') end)
       redis.register_function('resp3', function() redis.setresp(3) return redis.call('HGETALL', 'h') end)
       redis.register_function('count', function(...) return select('#', ...) end)
       redis.register_function('types', function(keys, args) return {type(keys), type(args), #keys, #args} end)
       redis.register_function('globals', function() return {pcall(function() return KEYS end)} end)
       redis.register_function('argv', function() return ARGV end)
       redis.register_function('change', function(keys, args) keys[1] = 'x' args[1] = 'y' return {keys, args} end)
       redis.register_function('version', function() return redis.REDIS_VERSION end)
     `}
     FCALL several 0
     FCALL nothing 0
     FCALL status 0
     FCALL failure 0
     FCALL nested 0
     FCALL map 0
     FCALL resp2 0
     FCALL resp3 0
     FCALL resp2 0
     FCALL count 2 a b c
     FCALL types 1 a b c
     FCALL globals 1 a b
     FCALL argv 1 a b
     FCALL change 1 a b
     FCALL change 0
     FCALL version 0
     [type] HELLO 3
     FCALL nested 0
     FCALL map 0
     FCALL resp2 0
     FCALL resp3 0
     FCALL resp2 0
     FCALL nothing 0
     FCALL globals 0`,
  )

  session(
    'functions that call commands',
    `FUNCTION FLUSH
     FUNCTION LOAD ${code`
       #!lua name=calls
       local function get(key) return redis.call('GET', key) end
       redis.register_function('set', function(keys, args) return redis.call('SET', keys[1], args[1]) end)
       redis.register_function('get', function(keys) return get(keys[1]) end)
       redis.register_function('run', function(keys, args) return redis.call(unpack(args)) end)
       redis.register_function('try', function(keys, args) return redis.pcall(unpack(args)) end)
       redis.register_function('half', function(keys)
         redis.call('SET', keys[1], 'half')
         error('stopped')
       end)
       redis.register_function('moves', function()
         redis.call('SELECT', 2)
         return redis.call('SET', 'k', 'two')
       end)
     `}
     FCALL set 1 k v
     FCALL get 1 k
     FCALL run 0 PING
     FCALL run 0 INCR k
     FCALL run 0 NOSUCH
     FCALL run 0 GET
     FCALL run 0
     FCALL run 0 FCALL get 1 k
     FCALL run 0 FUNCTION LIST
     FCALL run 0 EVAL "return 1" 0
     FCALL run 0 MULTI
     FCALL try 0 INCR k
     FCALL try 0 NOSUCH
     FCALL try 0 GET
     FCALL try 0
     FCALL try 0 SUBSCRIBE x
     FCALL half 1 k
     GET k
     FCALL moves 0
     GET k
     SELECT 2
     GET k
     SELECT 0
     FCALL_RO get 1 k
     FCALL_RO set 1 k w
     MULTI
     FCALL set 1 k in
     FCALL get 1 k
     FCALL half 1 l
     FCALL nosuch 0
     EXEC
     WATCH k
     2> FCALL set 1 k again
     MULTI
     PING
     EXEC
     WATCH k
     2> FCALL get 1 k
     MULTI
     PING
     EXEC
     EVAL "return redis.call('FCALL', 'get', 1, 'k')" 0`,
  )

  session(
    'errors in functions',
    `FUNCTION FLUSH
     FUNCTION LOAD ${code`
       #!lua name=broken
       local function deep() error('deep') end
       redis.register_function('text', function() error('text') end)
       redis.register_function('bare', function() error('bare', 0) end)
       redis.register_function('caller', function() error('caller', 2) end)
       redis.register_function('tables', function() error({err = 'MINE table'}) end)
       redis.register_function('replies', function() error(redis.error_reply('MINE reply')) end)
       redis.register_function('nothing', function() error() end)
       redis.register_function('number', function() error(42) end)
       redis.register_function('deep', function() deep() end)
       redis.register_function('arithmetic', function() local x = nil + 1 end)
       redis.register_function('index', function(keys) return keys.x.y end)
       redis.register_function('global', function() return nosuch end)
       redis.register_function('assigns', function() x = 1 end)
       redis.register_function('loop', function() local function f() return f() + 1 end return f() end)
       redis.register_function('caught', function() return {pcall(error, 'x')} end)
       redis.register_function('rethrown', function() local ok, e = pcall(redis.call, 'NOSUCH') error(e) end)
       redis.register_function('chunk', function() return loadstring('error("chunk")')() end)
       redis.register_function('yields', function() coroutine.yield(1) end)
       redis.register_function('registers', function() redis.register_function('late', function() end) end)
       redis.register_function('command', function() return redis.call('GET') end)
       redis.register_function('library', function() return string.rep() end)
       redis.register_function('call_number', function() local n = 1 n() end)
     `}
     FCALL text 0
     FCALL bare 0
     FCALL caller 0
     FCALL tables 0
     FCALL replies 0
     FCALL nothing 0
     FCALL number 0
     FCALL deep 0
     FCALL arithmetic 0
     FCALL index 0
     FCALL global 0
     FCALL assigns 0
     FCALL loop 0
     FCALL caught 0
     FCALL rethrown 0
     FCALL chunk 0
     FCALL yields 0
     FCALL registers 0
     FCALL command 0
     FCALL library 0
     FCALL call_number 0
     FCALL_RO text 0
     FCALL TEXT 0
     FUNCTION LIST LIBRARYNAME late`,
  )

  session(
    'flags',
    `FUNCTION FLUSH
     SET k v
     FUNCTION LOAD ${code`
       #!lua name=flags
       local function get(keys) return redis.call('GET', keys[1]) end
       local function set(keys) return redis.call('SET', keys[1], 'x') end
       redis.register_function{function_name = 'get', callback = get}
       redis.register_function{function_name = 'get_ro', callback = get, flags = {'no-writes'}}
       redis.register_function{function_name = 'set', callback = set}
       redis.register_function{function_name = 'set_ro', callback = set, flags = {'no-writes'}}
       redis.register_function{function_name = 'set_oom', callback = set, flags = {'allow-oom'}}
       redis.register_function{function_name = 'try_ro', callback = function(keys) return redis.pcall('SET', keys[1], 'x') end, flags = {'no-writes'}}
       redis.register_function{function_name = 'publish', callback = function() return redis.call('PUBLISH', 'a', 'b') end, flags = {'no-writes'}}
       redis.register_function{function_name = 'stale', callback = get, flags = {'allow-stale', 'no-cluster'}}
     `}
     FCALL get 1 k
     FCALL get_ro 1 k
     FCALL set 1 k
     FCALL set_ro 1 k
     FCALL set_oom 1 k
     FCALL try_ro 1 k
     FCALL publish 0
     FCALL stale 1 k
     FCALL_RO get 1 k
     FCALL_RO get_ro 1 k
     FCALL_RO set 1 k
     FCALL_RO set_ro 1 k
     FCALL_RO try_ro 1 k
     FCALL_RO stale 1 k
     [sorted] FUNCTION LIST`,
  )

  session(
    'a library keeps its locals, and only they',
    `FUNCTION FLUSH
     FUNCTION LOAD ${code`
       #!lua name=state
       local count = 0
       local seen = {}
       redis.register_function('count', function() count = count + 1 return count end)
       redis.register_function('see', function(keys, args) seen[#seen + 1] = args[1] return seen end)
       redis.register_function('fail', function() count = count + 10 error('x') end)
       redis.register_function('leak', function() leaked = 1 end)
       redis.register_function('read', function() return leaked end)
       redis.register_function('patch', function() string.x = 1 end)
       redis.register_function('meta', function() setmetatable(_G, {}) end)
       redis.register_function('raw', function() rawset(_G, 'x', 1) end)
       redis.register_function('names', function()
         local names = {}
         for name in pairs(_G) do names[#names + 1] = name end
         table.sort(names)
         return names
       end)
       redis.register_function('redis_names', function()
         local names = {}
         for name in pairs(redis) do names[#names + 1] = name end
         table.sort(names)
         return names
       end)
     `}
     FCALL count 0
     FCALL count 0
     2> FCALL count 0
     FCALL see 0 a
     FCALL see 0 b
     FCALL fail 0
     FCALL count 0
     FCALL_RO count 0
     MULTI
     FCALL count 0
     DISCARD
     FCALL count 0
     FCALL leak 0
     FCALL read 0
     FCALL patch 0
     FCALL meta 0
     FCALL raw 0
     FCALL names 0
     FCALL redis_names 0
     FLUSHALL
     SCRIPT FLUSH
     FCALL count 0
     EVAL "return {pcall(function() return count end)}" 0
     FUNCTION LOAD ${code`
       #!lua name=other
       local count = 100
       redis.register_function('other_count', function() count = count + 1 return count end)
     `}
     FCALL other_count 0
     FCALL count 0
     FUNCTION LOAD REPLACE ${code`
       #!lua name=state
       local count = 0
       redis.register_function('count', function() count = count + 1 return count end)
     `}
     FCALL count 0
     FCALL see 0 c
     FCALL other_count 0`,
  )

  session(
    'in MULTI',
    `FUNCTION FLUSH
     MULTI
     FUNCTION LOAD ${ECHO}
     FCALL echo 1 a b
     FUNCTION LIST
     FUNCTION STATS
     FUNCTION DELETE echo
     FCALL echo 0
     FUNCTION LOAD "x"
     FUNCTION FLUSH
     EXEC
     MULTI
     FUNCTION NOSUCH
     EXEC
     MULTI
     FUNCTION LOAD
     EXEC`,
  )

  session(
    'errors are counted once',
    `FUNCTION FLUSH
     CONFIG RESETSTAT
     FUNCTION LOAD ${code`
       #!lua name=errors
       redis.register_function('throw', function() error('x') end)
       redis.register_function('give', function() return redis.error_reply('MINE x') end)
       redis.register_function('call', function() return redis.call('NOSUCH') end)
       redis.register_function('pcall', function() redis.pcall('NOSUCH') return 1 end)
     `}
     FCALL throw 0
     FCALL give 0
     FCALL call 0
     FCALL pcall 0
     FCALL nosuch 0
     FUNCTION LOAD x
     FUNCTION DELETE nosuch
     INFO errorstats`,
  )
})
