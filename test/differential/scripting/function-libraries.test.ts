import { code, describeScripts, lua } from '../../support/scripts.js'

/** A library of one function that gives back what it is called with. */
const ECHO = code`
  #!lua name=echo
  redis.register_function('echo', function(keys, args) return {keys, args} end)
`

/** Each line is the source of a library after its first line; all are loaded, listed (in any order) and flushed. */
function loads(lines: string): string {
  return lines
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => `FUNCTION LOAD ${code`${`#!lua name=lib\n${line}`}`}\n[sorted] FUNCTION LIST WITHCODE\nFUNCTION FLUSH`)
    .join('\n')
}

describeScripts('libraries of functions', ({ session }) => {
  session(
    'FUNCTION LOAD: arguments',
    `FUNCTION FLUSH
     FUNCTION
     FUNCTION NOSUCH
     FUNCTION LOAD
     FUNCTION LOAD REPLACE
     FUNCTION LOAD NOSUCH ${ECHO}
     FUNCTION LOAD REPLACE REPLACE ${ECHO}
     FUNCTION FLUSH
     FUNCTION LOAD ${ECHO} REPLACE
     FUNCTION LOAD ${ECHO}
     FUNCTION LOAD ${ECHO}
     FUNCTION LOAD REPLACE ${ECHO}
     FUNCTION LOAD replace ${ECHO}
     function load Replace ${ECHO}
     FCALL echo 0
     FUNCTION LIST
     FUNCTION FLUSH`,
  )

  session(
    'FUNCTION LOAD: the first line',
    `FUNCTION FLUSH
     FUNCTION LOAD ""
     FUNCTION LOAD "x"
     FUNCTION LOAD "return 1"
     FUNCTION LOAD "#!lua name=a"
     FUNCTION LOAD "#!lua name=a\\n"
     FUNCTION LOAD "#!lua name=a\\nreturn 1"
     FUNCTION LOAD "#!lua\\nreturn 1"
     FUNCTION LOAD "#!lua \\nreturn 1"
     FUNCTION LOAD "#!\\nreturn 1"
     FUNCTION LOAD "#! lua name=a\\nreturn 1"
     FUNCTION LOAD "#!nosuch name=a\\nreturn 1"
     FUNCTION LOAD "#!LUA name=a\\nreturn 1"
     FUNCTION LOAD "#!lua name=\\nreturn 1"
     FUNCTION LOAD "#!lua name=a-b\\nreturn 1"
     FUNCTION LOAD "#!lua name=a.b\\nreturn 1"
     FUNCTION LOAD "#!lua name='a b'\\nreturn 1"
     FUNCTION LOAD "#!lua name='a'\\nreturn 1"
     FUNCTION LOAD "#!lua name=\\xc3\\xa9\\nreturn 1"
     FUNCTION LOAD "#!lua name=a name=b\\nreturn 1"
     FUNCTION LOAD "#!lua NAME=a\\nreturn 1"
     FUNCTION LOAD "#!lua name=a nosuch=b\\nreturn 1"
     FUNCTION LOAD "#!lua nosuch=b name=a\\nreturn 1"
     FUNCTION LOAD "#!lua name=a flags=no-writes\\nreturn 1"
     FUNCTION LOAD "#!lua name=a nosuch\\nreturn 1"
     FUNCTION LOAD "#!lua name = a\\nreturn 1"
     FUNCTION LOAD "#!lua name=\\"a\\nreturn 1"
     FUNCTION LOAD " #!lua name=a\\nreturn 1"
     FUNCTION LOAD "\\n#!lua name=a\\nreturn 1"
     FUNCTION LOAD "#!lua  name=a  \\nredis.register_function('f', function() end)"
     FUNCTION LOAD "#!lua name=b\\r\\nredis.register_function('g', function() end)"
     FUNCTION LOAD "#!lua name=C_3\\nredis.register_function('h', function() end)"
     FUNCTION LOAD "#!Lua name=d\\nredis.register_function('i', function() end)"
     FUNCTION LIST LIBRARYNAME C_3 WITHCODE
     FUNCTION FLUSH`,
  )

  session(
    'FUNCTION LOAD: what runs then',
    `FUNCTION FLUSH\n${loads(lua`
      redis.register_function('f', function() return 1 end)
      return redis.register_function('f', function() return 1 end)
      syntax error
      return +
      error('at load')
      error({err = 'TABLE at load'})
      error()
      local x = nil + 1
      return 1
      redis.call('PING')
      redis.pcall('PING')
      return redis.call
      redis.nosuch()
      redis.setresp(3)
      redis.set_repl(redis.REPL_ALL)
      redis.sha1hex('x')
      redis.error_reply('x')
      redis.log(redis.LOG_WARNING, 'at load') redis.register_function('f', function() end)
      redis.log('x') redis.register_function('f', function() end)
      redis.register_function('f', function() return redis.REDIS_VERSION end)
      local v = redis.REDIS_VERSION redis.register_function('f', function() return v end)
      local v = redis.LOG_WARNING redis.register_function('f', function() return v end)
      local v = KEYS redis.register_function('f', function() return v end)
      local v = ARGV redis.register_function('f', function() return v end)
      x = 1
      function f() end
      _G.x = 1
      redis.x = 1
      local v = nosuch
      local v = string.rep('x', 3) redis.register_function('f', function() return v end)
      local v = tostring(1) redis.register_function('f', function() return v end)
      local v = ('x'):rep(3) redis.register_function('f', function() return v end)
      local v = ('x').nosuch redis.register_function('f', function() return v end)
      local v = math.pi
      local v = cjson.encode({})
      local v = type(1)
      local t = {} for k, v in pairs({}) do t[k] = v end
      local v = _VERSION
      local v = _G
      local v = {pcall(error)}
      local v = loadstring('return 1')
      setmetatable(_G, {})
      setmetatable(redis, {})
      rawset(_G, 'x', 1)
      coroutine.yield()
    `)}`,
  )

  session(
    'redis.register_function: a name and a function',
    `FUNCTION FLUSH\n${loads(lua`
      redis.register_function()
      redis.register_function('f')
      redis.register_function('f', 1)
      redis.register_function('f', 'x')
      redis.register_function('f', nil)
      redis.register_function('f', {})
      redis.register_function(1, function() end)
      redis.register_function(1.5, function() end)
      redis.register_function(nil, function() end)
      redis.register_function({}, function() end)
      redis.register_function(function() end, 'f')
      redis.register_function(true, function() end)
      redis.register_function('', function() end)
      redis.register_function('a-b', function() end)
      redis.register_function('a b', function() end)
      redis.register_function('a.b', function() end)
      redis.register_function('a\0b', function() end)
      redis.register_function('é', function() end)
      redis.register_function('_a1', function() end)
      redis.register_function('1', function() end)
      redis.register_function('f', function() end, {'no-writes'})
      redis.register_function('f', function() end, 'x', 'y')
      redis.register_function('f', redis.log)
      redis.register_function('f', function() end) redis.register_function('f', function() end)
      redis.register_function('f', function() end) redis.register_function('F', function() end)
      redis.register_function('f', function() end) redis.register_function('g', function() end)
      redis.register_function('f', function() end) error('after')
      local f = redis.register_function f('f', function() end)
      for i = 1, 5 do redis.register_function('f' .. i, function() return i end) end
      redis.register_function(('f'):rep(1000), function() end)
    `)}`,
  )

  session(
    'redis.register_function: a table',
    `FUNCTION FLUSH\n${loads(lua`
      redis.register_function{}
      redis.register_function{function_name = 'f'}
      redis.register_function{callback = function() end}
      redis.register_function{function_name = 'f', callback = function() end}
      redis.register_function{function_name = 'f', callback = function() end, description = 'what it does'}
      redis.register_function{function_name = 'f', callback = function() end, description = ''}
      redis.register_function{function_name = 'f', callback = function() end, description = 'a\0b\r\n\255'}
      redis.register_function{function_name = 'f', callback = function() end, description = 1}
      redis.register_function{function_name = 'f', callback = function() end, description = {}}
      redis.register_function{function_name = 'f', callback = function() end, description = true}
      redis.register_function{function_name = 'f', callback = function() end, flags = {}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'no-writes'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'no-writes', 'allow-oom', 'allow-stale', 'no-cluster'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'no-cluster', 'no-writes'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'allow-cross-slot-keys'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'no-writes', 'no-writes'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'nosuch'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {'NO-WRITES'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {1}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {{}}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {true}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {nil, 'no-writes'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = {x = 'no-writes'}}
      redis.register_function{function_name = 'f', callback = function() end, flags = 'no-writes'}
      redis.register_function{function_name = 'f', callback = function() end, flags = 1}
      redis.register_function{function_name = 'f', callback = function() end, flags = true}
      redis.register_function{function_name = 'f', callback = function() end, nosuch = 1}
      redis.register_function{function_name = 'f', callback = function() end, 'x'}
      redis.register_function{function_name = 'f', callback = 1}
      redis.register_function{function_name = 'f', callback = 'x'}
      redis.register_function{function_name = 'f', callback = redis.log}
      redis.register_function{function_name = 1, callback = function() end}
      redis.register_function{function_name = {}, callback = function() end}
      redis.register_function{function_name = '', callback = function() end}
      redis.register_function{function_name = 'a-b', callback = function() end}
      redis.register_function{function_name = 'f', callback = function() end} redis.register_function('f', function() end)
      redis.register_function({function_name = 'f', callback = function() end}, 1)
      redis.register_function({function_name = 'f', callback = function() end}, function() end)
      redis.register_function{[1] = 'f', [2] = function() end}
      redis.register_function{['function_name'] = 'f', ['callback'] = function() end}
      redis.register_function{Function_name = 'f', callback = function() end}
    `)}`,
  )

  session(
    'names are taken across libraries',
    `FUNCTION FLUSH
     FUNCTION LOAD ${code`
       #!lua name=one
       redis.register_function('f', function() return 'one' end)
     `}
     FUNCTION LOAD ${code`
       #!lua name=two
       redis.register_function('f', function() return 'two' end)
     `}
     FUNCTION LOAD ${code`
       #!lua name=two
       redis.register_function('g', function() return 'two' end)
     `}
     FUNCTION LOAD REPLACE ${code`
       #!lua name=two
       redis.register_function('f', function() return 'two' end)
     `}
     FCALL f 0
     FCALL g 0
     FUNCTION LOAD REPLACE ${code`
       #!lua name=two
       error('broken')
     `}
     FCALL g 0
     FUNCTION LOAD REPLACE ${code`
       #!lua name=two
       redis.register_function('h', function() return 'two again' end)
     `}
     FCALL g 0
     FCALL h 0
     FUNCTION DELETE one
     FUNCTION LOAD REPLACE ${code`
       #!lua name=two
       redis.register_function('f', function() return 'two' end)
     `}
     FCALL f 0
     FUNCTION LIST
     FUNCTION FLUSH`,
  )

  session(
    'FUNCTION LIST',
    `FUNCTION FLUSH
     FUNCTION LIST
     FUNCTION LIST WITHCODE
     FUNCTION LIST LIBRARYNAME x
     FUNCTION LOAD ${code`
       #!lua name=beta
       redis.register_function{function_name = 'b1', callback = function() end, description = 'the first', flags = {'no-writes'}}
     `}
     FUNCTION LIST
     FUNCTION LIST WITHCODE
     FUNCTION LOAD ${code`
       #!lua name=alpha
       redis.register_function('a1', function() end)
     `}
     [sorted] FUNCTION LIST
     FUNCTION LIST LIBRARYNAME alpha
     FUNCTION LIST LIBRARYNAME ALPHA
     [sorted] FUNCTION LIST LIBRARYNAME *a
     FUNCTION LIST LIBRARYNAME ?lpha
     FUNCTION LIST LIBRARYNAME [b]*
     FUNCTION LIST LIBRARYNAME ""
     FUNCTION LIST LIBRARYNAME nosuch
     FUNCTION LIST LIBRARYNAME alpha WITHCODE
     FUNCTION LIST WITHCODE LIBRARYNAME alpha
     function list withcode libraryname alpha
     FUNCTION LIST LIBRARYNAME
     FUNCTION LIST WITHCODE WITHCODE
     FUNCTION LIST LIBRARYNAME a LIBRARYNAME b
     FUNCTION LIST NOSUCH
     FUNCTION LIST WITHCODE NOSUCH
     FUNCTION LIST WITHCODE LIBRARYNAME
     [type] HELLO 3
     FUNCTION LIST LIBRARYNAME beta
     FUNCTION LIST LIBRARYNAME beta WITHCODE
     FUNCTION LIST LIBRARYNAME nosuch`,
  )

  session(
    'FUNCTION DELETE and FLUSH',
    `FUNCTION FLUSH
     FUNCTION DELETE
     FUNCTION DELETE echo
     FUNCTION LOAD ${ECHO}
     FUNCTION DELETE echo x
     FUNCTION DELETE ECHO
     FUNCTION DELETE nosuch
     FUNCTION DELETE echo
     FUNCTION DELETE echo
     FCALL echo 0
     FUNCTION LOAD ${ECHO}
     FUNCTION FLUSH SYNC
     FUNCTION LIST
     FUNCTION LOAD ${ECHO}
     FUNCTION FLUSH ASYNC
     FUNCTION LIST
     FUNCTION LOAD ${ECHO}
     FUNCTION FLUSH nosuch
     FUNCTION FLUSH SYNC ASYNC
     FUNCTION FLUSH ""
     FUNCTION LIST
     FUNCTION FLUSH async
     FUNCTION LIST
     FUNCTION FLUSH
     FLUSHALL
     FUNCTION LOAD ${ECHO}
     FLUSHALL
     FLUSHDB
     FUNCTION LIST`,
  )

  session(
    'FUNCTION STATS, KILL, HELP',
    `FUNCTION FLUSH
     FUNCTION STATS
     FUNCTION STATS x
     FUNCTION KILL
     FUNCTION KILL x
     FUNCTION HELP x
     FUNCTION LOAD ${ECHO}
     FUNCTION STATS
     FUNCTION LOAD ${code`
       #!lua name=two
       redis.register_function('a', function() end)
       redis.register_function('b', function() end)
     `}
     FUNCTION STATS
     FUNCTION DELETE echo
     FUNCTION STATS
     [type] HELLO 3
     FUNCTION STATS
     FUNCTION FLUSH
     FUNCTION STATS`,
  )

  session(
    'many functions',
    `FUNCTION FLUSH
     FUNCTION LOAD ${code`
       #!lua name=many
       for i = 1, 500 do redis.register_function('f' .. i, function(keys, args) return i + (args[1] or 0) end) end
     `}
     FCALL f1 0
     FCALL f500 0 5
     FCALL f501 0
     FUNCTION STATS
     FUNCTION FLUSH
     FCALL f1 0`,
  )
})
