import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('errors in Lua', ({ each, script, values }) => {
  each(
    'error()',
    lua`
      error('message')
      error('message', 0)
      error('message', 1)
      error('message', 2)
      error('message', 3)
      error('')
      error('ERR looks like a reply')
      error('-ERR looks like a reply')
      error('two\r\nlines')
      error('nul\0byte')
      error('\255')
      error()
      error(nil)
      error(42)
      error(1.5)
      error(true)
      error(false)
      error({err = 'TABLE with err'})
      error({err = 'nospace'})
      error({err = '-DASH x'})
      error({err = ''})
      error({err = 'two\r\nlines'})
      error({err = 42})
      error({err = 'A b', source = 'here', line = 7})
      error({err = 'A b', source = '@mine', line = '7'})
      error({err = 'A b', ignore_error_stats_update = true})
      error(setmetatable({}, {__index = {err = 'from a metatable'}}))
      error(redis.error_reply('MINE of mine'))
      error(cjson.null)
      error('a', 'b')
      error('a', {})
      error(('x'):rep(300))
    `,
  )

  each(
    'assert()',
    lua`
      return assert(1)
      return {assert(1, 2, 3)}
      return assert('x', 'unused')
      assert(false)
      assert(nil)
      assert(false, 'message')
      assert(nil, 'message')
      assert(false, 42)
      assert(false, {err = 'A b'})
      assert(false, nil)
      assert(false, true)
      assert(1 == 2, 'not equal')
      assert()
      assert(redis.call('GET', 'none'), 'none')
      assert(pcall(error, 'x'))
      assert(loadstring('syntax error'))
    `,
  )

  each(
    'the place is where the error is raised',
    lua`
      local function f() error('in f') end f()
      local function f() error('caller', 2) end f()
      local function f() local function g() error('deep', 3) end g() end f()
      local function f() return error('tail') end f()
      local function f() return error('tail', 2) end return f()
      local f = loadstring('error("chunk")') f()
      local f = loadstring('error("chunk")', '=name') f()
      local f = loadstring('error("chunk")', '@file.lua') f()
      local f = loadstring('local x = nil + 1', 'a long name of a chunk that is a piece of source code itself, more or less') f()
      local f = loadstring('local x = nil + 1', '=' .. ('n'):rep(100)) f()
      local f = loadstring('local x = nil + 1', '@' .. ('n'):rep(100)) f()
      local f = loadstring('local x\nlocal y\nerror("third line")') f()
      local co = coroutine.wrap(function() error('in a coroutine') end) co()
      local co = coroutine.wrap(function() error({err = 'COROUTINE table'}) end) co()
      local t = setmetatable({}, {__index = function() error('in __index') end}) return t.x
      local t = setmetatable({}, {__add = function() error('in __add') end}) return t + 1
      table.sort({3, 2, 1}, function() error('in sort') end)
      ('abc'):gsub('b', function() error('in gsub') end)
      for _ in function() error('in an iterator') end do end
      table.foreach({1}, function() error('in foreach') end)
    `,
  )

  script(
    'lines are counted',
    lua`
      local a = 1

      local function f()
        return a + nil
      end

      f()
    `,
  )
  script(
    'lines of a command that fails',
    lua`
      redis.call('SET', 'k', 'v')


      redis.call('LPUSH', 'k', 1)
    `,
  )
  script(
    'lines of a call that is spread over several',
    lua`
      local x = redis.call(
        'SET',
        'k'
      )
    `,
  )
  script('lines that end in CR LF', 'local a = 1\r\n\r\nerror("third")\r\n')
  script('lines that end in LF CR', 'local a = 1\n\r\n\rerror("third")')
  script('lines that end in CR', 'local a = 1\r\rerror("third")')
  script(
    'the lines of a long string count',
    lua`
      local s = [[
      two
      three]]
      error('fourth')
    `,
  )
  script(
    'what a failing script wrote stays',
    { after: 'GET a\nGET b' },
    lua`
      redis.call('SET', 'a', 1)
      error('now')
      redis.call('SET', 'b', 1)
    `,
  )

  each(
    'arithmetic',
    lua`
      return nil + 1
      return 1 + nil
      return {} + 1
      return 'x' + 1
      return 1 + 'x'
      return '10' + 1
      return '0x10' + 1
      return ' 10 ' + 1
      return '1e1' + 1
      return '' + 1
      return true + 1
      return tostring + 1
      local a return a + 1
      local a return 1 - a
      local a = {} return a * 2
      local a = {} return a.b / 2
      local a = {b = {}} return a.b.c ^ 2
      local a = {} return a[1] % 2
      local a = {} return -a
      local a = 'x' return -a
      local a return -a
      local a = {} return -a.b
      return -{}
      return -'2'
      return -'x'
      return #nil
      return #5
      local a return #a
      local a = {} return #a.b
      return #true
      local up local function f() return up + 1 end return f()
      local up local function f() return up.x + 1 end return f()
      local up = {} local function f() return up.x.y end return f()
      return redis + 1
      return redis.x + 1
      return 1 % 0 ~= 1 % 0
      return 1 / 0 == math.huge
    `,
  )

  each(
    'concatenation',
    lua`
      return 'a' .. nil
      return nil .. 'a'
      return 'a' .. {}
      return {} .. 'a'
      return 'a' .. true
      return 1 .. nil
      return 'a' .. 1
      return 1 .. 2
      return 1.5 .. ''
      return -1 .. ''
      return 'a' .. 'b' .. nil .. 'c'
      return 'a' .. ('b' .. {}) .. 'c'
      local a return 'x' .. a
      local a = {} return 'x' .. a.b
      local a = {} return a .. 'x'
      local up local function f() return 'x' .. up end return f()
      return 'a' .. redis.nosuch
      return 'a' .. tostring
    `,
  )

  each(
    'comparison',
    lua`
      return 1 < 'x'
      return 'x' < 1
      return '1' < 2
      return {} < {}
      return {} < 1
      return nil < 1
      return 1 > nil
      return true < false
      return nil <= nil
      return {} >= {}
      return tostring < tostring
      return 1 == '1'
      return {} == {}
      return nil == false
      return 'a' < 'b'
      return 'a' < 'B'
      return 'Z' < 'a'
      return '' < 'a'
      return 'a\0b' < 'a\0c'
      return 'a' < 'a\0'
      return '10' < '9'
      return 0/0 == 0/0
      return 0/0 ~= 0/0
      return 1 < 0/0
      return 1 >= 0/0
      local a, b = {}, 1 return a < b
      local a local b = 1 return a < b
      local a = setmetatable({}, {__lt = function() return true end}) return a < 1
    `,
  )

  each(
    'calls',
    lua`
      nil_global()
      local f f()
      local f = 1 f()
      local f = {} f()
      local f = 'x' f()
      local t = {} t.f()
      local t = {} t.f.g()
      local t = {} t:f()
      local t = {f = 1} t.f()
      local t = {f = 1} t:f()
      local t = {} t[1]()
      local t = {} t['a b']()
      local up local function f() up() end f()
      local up = {} local function f() up.x() end f()
      local up = {} local function f() up:method() end f()
      (nil)()
      (1)()
      ({})()
      ('x')()
      ('x'):nosuch()
      (function() end)()()
      redis.nosuch()
      string.nosuch()
      math.nosuch(1)
      return redis.call()()
      return ARGV[1]()
      return KEYS.x.y
      for i in 1 do end
      for i in nil do end
      for i in {} do end
      for k, v in {1, 2} do end
      local f = setmetatable({}, {__call = 1}) f()
    `,
  )

  each(
    'indexing',
    lua`
      return nil.x
      local a return a.x
      local a return a[1]
      local a = {} return a.b.c
      local a = {} return a.b.c.d
      local a = {} return a[1][2]
      local a = 1 return a.x
      local a = true return a.x
      local a = 'x' return a.y
      local a = 'x' return a[1]
      local a = 'x' return a.len
      local a a.x = 1
      local a = {} a.b.c = 1
      local a = 1 a.x = 1
      local a = 'x' a.y = 1
      local a = {} a[nil] = 1
      local a = {} a[0/0] = 1
      local a = {} return a[nil]
      local a = {} return a[0/0]
      local up local function f() return up.x end return f()
      local up local function f() up.x = 1 end f()
      return redis.x.y
      redis.x.y = 1
      return ARGV.x.y
      return tostring.x
      return (nil).x
      return ({}).x.y
      local a = {} a.b = {} return a.b.c.d
      local t = setmetatable({}, {__index = 1}) return t.x
      local t = setmetatable({}, {__index = true}) return t.x
      local t = setmetatable({}, {__newindex = 1}) t.x = 1
      return {[nil] = 1}
      return {[0/0] = 1}
    `,
  )

  each(
    'loops',
    lua`
      for i = 'x', 2 do end
      for i = 1, 'x' do end
      for i = 1, 2, 'x' do end
      for i = nil, 2 do end
      for i = 1, nil do end
      for i = 1, 2, {} do end
      for i = '1', '2' do end return 'strings are numbers here'
      local n = 0 for i = 1, 3, 0 do n = n + 1 if n == 10 then break end end return n
      local n = 0 for i = 1, 0 do n = n + 1 end return n
      local n = 0 for i = 3, 1, -1 do n = n + i end return n
      local n = 0 for i = 1, 2, 0.25 do n = n + 1 end return n
      local n = 0 for i = 0.1, 1, 0.1 do n = n + 1 end return n
      local n = 0 for i = 1, 0/0 do n = n + 1 end return n
      local n = 0 for i = 1, math.huge do n = n + 1 if n == 5 then break end end return n
    `,
  )

  values(
    'pcall',
    lua`
      pcall(error, 'x')
      pcall(error)
      pcall(error, nil)
      pcall(error, {1, 2})
      pcall(error, 42)
      pcall(error, 'x', 0)
      pcall(error, 'x', 1)
      pcall(error, 'x', 2)
      pcall(function() error('x') end)
      pcall(function() error('x', 0) end)
      pcall(function() error('x', 2) end)
      pcall(function() error({err = 'A b'}) end)
      pcall(function() error({code = 7}) end)
      pcall(function() return 1, 2, 3 end)
      pcall(function(...) return select('#', ...) end, nil, nil)
      pcall(function() local a = nil + 1 end)
      pcall(function() local t = {} return t.x.y end)
      pcall(function() return nosuch end)
      pcall(function() nosuch = 1 end)
      pcall(function() string.rep() end)
      pcall(string.rep)
      pcall(nil)
      pcall(1)
      pcall({})
      pcall('x')
      pcall()
      pcall(pcall)
      pcall(pcall, error)
      pcall(pcall, error, 'x')
      pcall(setmetatable({}, {__call = function(self, a) return a end}), 5)
      pcall(redis.call, 'NOSUCH')
      pcall(redis.pcall, 'NOSUCH')
      pcall(redis.sha1hex)
      pcall(redis.log)
      pcall(redis.setresp, 9)
      pcall(loadstring, 'x x')
      pcall(coroutine.yield, 1)
      pcall(error, setmetatable({}, {__tostring = function() return 'shown' end}))
    `,
  )

  values(
    'xpcall',
    lua`
      xpcall(function() error('x') end, function(e) return 'handled: ' .. e end)
      xpcall(function() error({err = 'A b'}) end, function(e) return e.err end)
      xpcall(function() error() end, function(e) return type(e) end)
      xpcall(function() return 1, 2 end, function(e) return e end)
      xpcall(function(...) return select('#', ...) end, function(e) return e end, 1, 2)
      xpcall(error, function(e) return type(e) end)
      xpcall(nil, function(e) return e end)
      xpcall(function() error('x') end, nil)
      xpcall(function() error('x') end, function(e) error('again') end)
      xpcall(function() error('x') end, function(e) return 1, 2, 3 end)
      xpcall(function() local x = nil + 1 end, function(e) return e:upper() end)
      xpcall(function() redis.call('NOSUCH') end, function(e) return e.err, type(e) end)
      xpcall(function() redis.call('NOSUCH') end, function(e) return e end)
      pcall(xpcall)
      pcall(xpcall, 1)
      pcall(xpcall, error, error)
    `,
  )

  each(
    'stacks without end',
    { resp: [2] },
    lua`
      local function f() return 1 + f() end return f()
      local function f() f() end f()
      local function f() return f() end local n = 0 local function g(i) if i == 0 then return 'done' end return g(i - 1) end return g(100000)
      local function f(i) if i == 0 then return 0 end return 1 + f(i - 1) end return f(10000)
      local function f(i) if i == 0 then return 0 end return 1 + f(i - 1) end return f(16000)
      local function f() return 1 + f() end return (select(2, pcall(f)))
      local t = {} setmetatable(t, {__index = function(t, k) return t[k + 1] end}) return t[1]
      local t = {} setmetatable(t, {__index = t}) return t.x
      local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) return a.x
      local t = {} setmetatable(t, {__newindex = t}) t.x = 1
      local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) return tostring(t)
      local function f() return pcall(f) end return tostring(f())
      local function f(n) return coroutine.wrap(function() return f(n + 1) end)() end return f(1)
      local function f() return ('x'):gsub('x', f) end return f()
      local function f() table.sort({1, 2}, f) end f()
      local t = {} for i = 1, 300 do t = setmetatable({}, {__index = t}) end return t.x
      local function f() local function g() return f() + 1 end return xpcall(g, function(e) return e end) end local a, b = f() return {a, b}
    `,
  )

  each(
    'too much',
    { resp: [2] },
    lua`
      return ('x'):rep(-1)
      return #('ab'):rep(1e7)
      return #unpack({}, 1, 1e7)
      return unpack({}, 1, 2^31)
      return unpack({}, -2^31, 2^31 - 1)
      return string.char(unpack({}, 1, 10000))
      return select('#', unpack({}, 1, 7990))
      return ('x'):rep(100, 'y')
      return table.concat({}, 'x', 1, 3)
      return table.concat({}, 'x', 1, 2^40)
      local t = {} for i = 1, 1e5 do t[i] = 'x' end return #table.concat(t)
      local s = 'x' for i = 1, 20 do s = s .. s end return #s
    `,
  )
})
