import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('the language: Lua 5.1', ({ values, each, script }) => {
  values(
    'numbers as text',
    lua`
      tostring(1), tostring(-1), tostring(0), tostring(1.0), tostring(10/2)
      tostring(1.5), tostring(-1.5), tostring(0.1), tostring(1/3), tostring(2/3)
      tostring(1e14), tostring(1e15), tostring(1e16), tostring(1e100), tostring(-1e15)
      tostring(123456789012345), tostring(1234567890123456), tostring(12345678901234567)
      tostring(2^31), tostring(2^32), tostring(2^53), tostring(2^53 + 1), tostring(2^63), tostring(-2^63)
      tostring(1e-4), tostring(1e-5), tostring(0.00001234), tostring(1e-310), tostring(5e-324)
      tostring(1.7976931348623157e308), tostring(1e308 * 10), tostring(-1e308 * 10)
      tostring(3.14159265358979), tostring(100000000000000), tostring(99999999999999.9)
      tostring(0x10), tostring(0xff), tostring(0xFFFFFFFF), tostring(0xffffffffffff)
      1e400, -1e400, 1e-400
      0.1 + 0.2, 0.1 + 0.2 == 0.3, tostring(0.1 + 0.2)
      1 .. '', 1.0 .. '', 1e15 .. '', 1e16 .. '', -0.5 .. ''
      ('%d'):format(3), ('%d'):format(3.0), ('%5d|%-5d|%05d|%+d'):format(1, 2, 3, 4)
      ('%.14g'):format(1/3), ('%.17g'):format(0.1), ('%g'):format(1e20), ('%g'):format(100000), ('%g'):format(1000000)
      100 == 1e2, 0x1F == 31, 1e2 .. '', 1E2 .. ''
      math.pi, math.huge, -math.huge
    `,
  )

  values(
    'zero and not a number',
    lua`
      0, -0, 0 == -0, 1/0 == 1/(-0), tostring(-0)
      1/(0 * -1), tostring(0 * -1)
      (0/0) ~= (0/0), math.max(1, 0/0) ~= 1, 0/0 == 0/0
      tostring(0/0), tostring(-(0/0))
      tostring(math.huge - math.huge), tostring(math.huge * 0), tostring(math.huge % 2)
      tostring(math.sqrt(-1)), tostring(math.log(-1)), tostring(math.acos(2)), tostring(math.fmod(1, 0))
      ('%f'):format(0/0), ('%g'):format(-(0/0)), ('%.1f'):format(1/0), ('%d'):format(0)
    `,
  )

  values(
    'text as numbers',
    lua`
      tonumber('10'), tonumber('-10'), tonumber('+10'), tonumber('10.5'), tonumber('.5'), tonumber('5.')
      tonumber('1e3'), tonumber('1E-3'), tonumber('1e'), tonumber('e1'), tonumber('1e+')
      tonumber('0x10'), tonumber('0XfF'), tonumber('-0x10'), tonumber('0x'), tonumber('0xg'), tonumber('0x1p4'), tonumber('0x.8')
      tonumber(''), tonumber(' '), tonumber(' 10 '), tonumber('\t10\n'), tonumber('1 0'), tonumber('10x'), tonumber('x10')
      tonumber('1e400'), tonumber('-1e400'), tonumber('1e-400')
      tonumber('inf'), tonumber('-inf'), tonumber('infinity'), tonumber('nan') ~= nil, tonumber('INF')
      tonumber('9007199254740993'), tonumber('123456789012345678901234567890')
      tonumber('10\0'), tonumber('\0'), tonumber('1\0002')
      tonumber(10), tonumber(1.5), tonumber(nil), tonumber(true), tonumber({}), tonumber(tostring)
      tonumber('1_000'), tonumber('1,5'), tonumber('١')
      tonumber('10', 10), tonumber('10', 2), tonumber('ff', 16), tonumber('FF', 16), tonumber('zz', 36), tonumber('777', 8)
      tonumber('2', 2), tonumber('g', 16), tonumber('', 16), tonumber(' 11 ', 2), tonumber('1 1', 2), tonumber('-11', 2), tonumber('0x11', 16)
      tonumber('1.5', 10), tonumber('1e3', 10), tonumber('1e1', 16)
      tonumber(10, 2), tonumber(12, 2), tonumber(1.5, 2)
      tonumber('ffffffff', 16), tonumber('100000000', 16), tonumber('ffffffffffffffff', 16), tonumber('-1', 16)
      tonumber('7fffffffffffffff', 16), tonumber('ffffffffffffffffffff', 16)
      tonumber('1', 10.9), pcall(tonumber, '1', 1)
      pcall(tonumber, '1', 37), pcall(tonumber, '1', 0)
      pcall(tonumber, '1', -1), pcall(tonumber, '1', 'x')
      pcall(tonumber), pcall(tonumber, {}, 10)
      pcall(tonumber, nil, 10), pcall(tonumber, true, 16)
      tonumber('1', '10'), tonumber('0', 36), tonumber('z', 35)
    `,
  )

  values(
    'arithmetic',
    lua`
      7 + 3, 7 - 3, 7 * 3, 7 / 2, 2 ^ 10, 2 ^ 0.5, 2 ^ -1, (-2) ^ 2, -2 ^ 2, (-8) ^ (1/3) ~= (-8) ^ (1/3)
      7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, -5.5 % 2, 1e20 % 3, 5 % math.huge, -5 % math.huge, 0.3 % 0.1
      2 ^ 3 ^ 2, 1 + 2 * 3, (1 + 2) * 3, 10 - 2 - 3, 2 * 3 % 4, -3 ^ 2, not nil == true
      '10' + 5, '3' * '4', 10 .. 20, '0x10' + 0, '1e2' * 1, -'3', ' 5 ' + 0
      1e308 + 1e308, -1e308 - 1e308, 2^1023 * 2, 2^-1074, 2^-1075
      9007199254740992 + 1, 9007199254740993, 2^53 == 2^53 + 1
      1 < 2, 1 <= 1, 2 > 1, 1 ~= 2, 1 == 1.0, '1' == 1, 'a' == 'a'
      nil == false, nil and 1, false or 'x', nil or false, 1 and 2, 0 and 'zero', '' and 'empty', not 0, not ''
      1 and nil, false and error('x'), true or error('x'), nil == nil
    `,
  )

  values(
    'strings',
    lua`
      'a\tb', 'a\nb', 'a\\b', 'a\"b', 'a\'b', "a'b", 'a\65b', 'a\065b', 'a\0b', '\a\b\f\r\v', '\065\066'
      [[a]], [==[a]]b]==], [[a\nb]], [=[]]]=]
      #'', #'a\0b', #'äö', #[[ab]], #'\r\n'
      'a' .. 'b' .. 'c', 1 .. 2, 'a' < 'b', 'a' < 'aa', 'B' < 'a', '\255' > 'a', '' < '\0'
      ('x'):rep(3), ('abc'):upper(), ('%s'):format('x'), #('x'):rep(10)
      ('abc').len, type(('abc').len), ('abc'):len()
      'é' < 'z', 'é' == 'e\204\129'
    `,
  )

  script(
    'strings over several lines',
    lua`
      return {
        'a\
b', [[
first line break is skipped]], [[

the second is not]], [=[ ]] ]=], 'tab	in it',
      }
    `,
  )
  script('line breaks in long strings become LF', 'return {[[a\r\nb]], [[a\n\rb]], [[a\rb]], [[\r\nx]], "a\\\r\nb"}')

  values(
    'varargs and select',
    lua`
      (function(...) return select('#', ...) end)()
      (function(...) return select('#', ...) end)(nil)
      (function(...) return select('#', ...) end)(1, nil, nil)
      (function(...) return select(2, ...) end)('a', 'b', 'c')
      (function(...) return select(-1, ...) end)('a', 'b', 'c')
      (function(...) return select(-3, ...) end)('a', 'b', 'c')
      (function(...) return ... end)(1, nil, 3)
      (function(...) return (...) end)(1, 2)
      (function(...) local a, b = ... return b, a end)(1)
      (function(...) local t = {...} return #t end)(1, 2, 3)
      (function(...) local t = {n = select('#', ...), ...} return t.n end)(nil, nil)
      (function(a, ...) return a, select('#', ...) end)()
      (function(...) return ..., 'last' end)(1, 2, 3)
      (function(...) return {...}, {..., 'x'} end)(1, 2)
      select('#'), select('#', nil), select(1), select(3, 'a')
      select('2', 'a', 'b'), select(1.9, 'a', 'b')
      pcall(select)
      pcall(select, 0, 'a')
      pcall(select, -2, 'a')
      pcall(select, 'x', 'a')
      pcall(select, nil)
      (function(a, b, c) return c, b, a end)(1, 2)
      (function(...) arg = nil end) ~= nil
      type(arg)
    `,
  )

  each(
    'the table arg of a vararg function',
    lua`
      local function f(...) return arg end return f(1, 2)
      local function f(...) return arg.n end return f(1, nil, 3)
      local function f(...) local x = ... return type(arg) end return f(1)
    `,
  )

  each(
    'assignment and scope',
    lua`
      local a, b, c = 1, 2 return {a, b, c == nil}
      local a, b = 1, 2 a, b = b, a return {a, b}
      local i, t = 1, {} i, t[i] = i + 1, 20 return {i, t[1], t[2] == nil}
      local a = 1 do local a = 2 end return a
      local a = 1 local function f() a = a + 1 return a end f() return f()
      local f = {} for i = 1, 3 do f[i] = function() i = i + 1 return i end end return {f[1](), f[1](), f[2]()}
      local a <close> return 1
      local function counter() local n = 0 return function() n = n + 1 return n end end local c, d = counter(), counter() return {c(), c(), d()}
      local a = {} a.b = {} a.b.c = 5 return a['b']['c']
      local t = {10, 20, [2] = 'x'} return t[2]
      local t = {[1] = 'x', 10} return t[1]
      local t = {f(1)} return t
      local t = {1, 2, 3,} return #t
      local t = {1; 2; n = 3; 4} return {#t, t.n}
      repeat local x = 1 until x == 1 return 'seen'
      local x = 0 while true do x = x + 1 if x > 5 then break end end return x
      local s = '' for k, v in pairs({10, 20, 30}) do s = s .. k .. '=' .. v .. ' ' end return s
      local s = '' for i, v in ipairs({1, 2, nil, 4}) do s = s .. i end return s
      local s = '' for w in ('a b c'):gmatch('%a') do s = s .. w end return s
      local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end return fact(20)
      local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(20)
      local t = {} function t.a.b() end
      local t = {a = {}} function t.a.f(x) return x end function t.a:g(x) return self == t.a and x end return {t.a.f(1), t.a:g(2)}
      if 0 then return 'zero is true' end
      if '' then return 'empty is true' end
      if nil then return 1 elseif false then return 2 else return 3 end
      do return 1 end return 2
      return (function() return 1, 2, 3 end)()
      local t = {(function() return 1, 2, 3 end)()} return #t
      local t = {(function() return 1, 2, 3 end)(), 10} return #t
      local t = {((function() return 1, 2, 3 end)())} return #t
      local a, b, c = (function() return 1, 2, 3 end)() return c
      local a, b, c = 0, (function() return 1, 2, 3 end)() return c
      return #'abc' + 1
      return -2 ^ 2
      return not 1 == 2
      return 'a' .. 'b' == 'ab'
      return 1 .. 2 == '12'
      return 2 ^ 3 ^ 2 == 2 ^ 9
    `,
  )

  values(
    'the length operator',
    lua`
      #{}, #{1, 2, 3}, #{1, 2, nil}, #{nil}, #{n = 1}, #{[1] = 'a', [2] = 'b'}
      #{1, nil, 3}, #{nil, nil, 3}, #{1, 2, nil, 4}, #{[1] = 1, [3] = 3}, #{[2] = 2}
      #{nil, 2}, #{1, nil}, #{nil, nil}, #{1, 2, 3, nil, 5, nil}
      #'', #'abc', #'\0\0'
      #setmetatable({1, 2}, {__len = function() return 42 end})
      (function() local t = {} for i = 1, 10 do t[i] = i end t[5] = nil return #t end)()
      (function() local t = {} for i = 1, 10 do t[i] = i end t[10] = nil return #t end)()
      (function() local t = {} for i = 10, 1, -1 do t[i] = i end return #t end)()
      (function() local t = {} t[1] = 1 t[2] = 2 t[4] = 4 return #t end)()
      (function() local t = {1, 2, 3, 4} t[2] = nil t[3] = nil return #t end)()
    `,
  )

  each(
    'metatables: operators',
    lua`
      local m = {__add = function(a, b) return 'add' end} local t = setmetatable({}, m) return {t + 1, 1 + t, t + t, 'x' + t}
      local m = {__sub = function() return 'sub' end, __mul = function() return 'mul' end, __div = function() return 'div' end} local t = setmetatable({}, m) return {t - 1, 2 * t, t / t}
      local m = {__mod = function() return 'mod' end, __pow = function() return 'pow' end, __unm = function() return 'unm' end} local t = setmetatable({}, m) return {t % 1, 2 ^ t, -t}
      local m = {__unm = function(a, b) return rawequal(a, b) end} local t = setmetatable({}, m) return -t
      local m = {__concat = function(a, b) return type(a) .. type(b) end} local t = setmetatable({}, m) return {t .. 1, 'x' .. t, t .. t, 1 .. t, 'a' .. 'b' .. t}
      local m = {__eq = function() return true end} local a, b = setmetatable({}, m), setmetatable({}, m) return {a == b, a ~= b, rawequal(a, b), a == 1}
      local a, b = setmetatable({}, {__eq = function() return true end}), setmetatable({}, {__eq = function() return true end}) return {a == b}
      local m = {__eq = function() return nil end} local a, b = setmetatable({}, m), setmetatable({}, m) return {a == b, a == a}
      local m = {__lt = function(a, b) return a.n < b.n end} local a, b = setmetatable({n = 1}, m), setmetatable({n = 2}, m) return {a < b, a > b, a <= b, a >= b}
      local m = {__le = function(a, b) return true end} local a, b = setmetatable({}, m), setmetatable({}, m) return {a <= b, a >= b}
      local m = {__le = function(a, b) return true end} local a, b = setmetatable({}, m), setmetatable({}, m) return a < b
      local m = {__lt = function() return 1 end} local a, b = setmetatable({}, m), setmetatable({}, m) return a < b
      local a, b = setmetatable({}, {__lt = function() return true end}), setmetatable({}, {__lt = function() return true end}) return a < b
      local t = setmetatable({}, {__len = function() return 5 end}) return #t
      local t = setmetatable({}, {__call = function(self, a, b) return b, a end}) return {t(1, 2)}
      local t = setmetatable({}, {__call = function(self, ...) return select('#', ...) end}) return t(nil, nil)
      local t = setmetatable({}, {__call = setmetatable({}, {__call = function() return 1 end})}) return t()
      local t = setmetatable({}, {__add = 1}) return t + 1
      local t = setmetatable({}, {__concat = 'x'}) return t .. 1
      local t = setmetatable({}, {__idiv = function() return 1 end}) return t / 1
      local a = setmetatable({}, {__add = function() return 'a' end}) local b = setmetatable({}, {__add = function() return 'b' end}) return {a + b, b + a}
      local m = {__add = function() return 1, 2, 3 end} return {setmetatable({}, m) + 1}
    `,
  )

  each(
    'metatables: access',
    lua`
      local t = setmetatable({}, {__index = {x = 1}}) return {t.x, rawget(t, 'x') == nil, t.y == nil}
      local t = setmetatable({}, {__index = function(t, k) return k .. k end}) return {t.ab, t[1]}
      local t = setmetatable({x = 1}, {__index = function() return 2 end}) return {t.x, t.y}
      local a = setmetatable({}, {__index = {x = 1}}) local b = setmetatable({}, {__index = a}) return b.x
      local log = {} local t = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k .. '=' .. v end}) t.a = 1 t.b = 2 t.a = 3 return log
      local other = {} local t = setmetatable({}, {__newindex = other}) t.a = 1 return {rawget(t, 'a') == nil, other.a}
      local t = setmetatable({a = 1}, {__newindex = function() error('no') end}) t.a = 2 return t.a
      local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.a = 1 return t.a
      return getmetatable({}) == nil
      return getmetatable('').__index == string
      return getmetatable(1) == nil
      return getmetatable(nil)
      local t = setmetatable({}, {__metatable = 'locked'}) return getmetatable(t)
      local t = setmetatable({}, {__metatable = 'locked'}) setmetatable(t, {})
      local t = setmetatable({}, {__metatable = false}) return {getmetatable(t)}
      return tostring(setmetatable({}, {__tostring = function() return 'shown' end}))
      return tostring(setmetatable({}, {__tostring = function() return 1 end}))
      return tostring(setmetatable({}, {__tostring = function() return {} end}))
      return tostring(setmetatable({}, {__tostring = function() end})) == nil
      return tostring(setmetatable({}, {__tostring = 'x'}))
      return (tostring(setmetatable({}, {__name = 'mine'})):gsub('0x%x+', 'address'))
      setmetatable(1, {})
      setmetatable({}, 1)
      setmetatable({})
      setmetatable('x', {})
      return setmetatable({}, nil) ~= nil
      local t = {} return setmetatable(t, {}) == t
      local t = setmetatable({}, {__pairs = function() return 'no' end}) return {pairs(t) == next}
      local t = setmetatable({}, {__ipairs = 1}) for i in ipairs(t) do end return 'ignored'
      local t = setmetatable({1, 2}, {__index = function(t, i) if i == 3 then return 'x' end end}) local n = 0 for i in ipairs(t) do n = n + 1 end return n
      local t = setmetatable({}, {__gc = function() error('never') end}) t = nil collectgarbage() return 'ignored'
      local t = setmetatable({}, {__mode = 'k'}) t[{}] = 1 collectgarbage() return next(t) == nil
      local t = setmetatable({}, {__mode = 'v'}) t[1] = {} collectgarbage() return t[1] == nil
      local t = setmetatable({}, {__mode = 'v'}) t[1] = 'strings stay' collectgarbage() return t[1]
      return rawget(setmetatable({}, {__index = {x = 1}}), 'x') == nil
      return rawequal('a', 'a')
      return rawlen
      local t = rawset({}, 'a', 1) return t.a
      rawset({}, nil, 1)
      rawset(1, 'a', 1)
      rawset({})
      rawget({})
      rawget(1, 2)
      rawequal(1)
    `,
  )

  values(
    'coroutines',
    lua`
      coroutine.resume(coroutine.create(function(...) return ... end), 1, 2)
      coroutine.resume(coroutine.create(function() coroutine.yield(1, 2) end))
      coroutine.resume(coroutine.create(function() error('x') end))
      coroutine.resume(coroutine.create(function() error({code = 1}) end))
      coroutine.resume(coroutine.create(function() local x = nil + 1 end))
      coroutine.status(coroutine.create(function() end))
      (function() local co = coroutine.create(function() end) coroutine.resume(co) return coroutine.status(co), coroutine.resume(co) end)()
      (function() local co co = coroutine.create(function() return coroutine.status(co) end) return coroutine.resume(co) end)()
      (function() local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return coroutine.status(co) end)()
      (function() local outer outer = coroutine.create(function() local inner = coroutine.create(function() return coroutine.status(outer) end) return select(2, coroutine.resume(inner)) end) return coroutine.resume(outer) end)()
      (function() local co = coroutine.wrap(function(a) while true do a = coroutine.yield(a * 2) end end) return co(1), co(2), co(3) end)()
      (function() local co = coroutine.wrap(function() return 1 end) co() return pcall(co) end)()
      (function() local co = coroutine.create(function() error('x') end) coroutine.resume(co) return coroutine.resume(co) end)()
      (function() local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co) end)()
      coroutine.running(), type(coroutine.running())
      coroutine.resume(coroutine.create(function() return type(coroutine.running()) end))
      pcall(coroutine.yield)
      coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end))
      coroutine.resume(coroutine.create(function() pcall(function() coroutine.yield(1) end) return 'after' end))
      coroutine.resume(coroutine.create(function() table.sort({1, 2, 3}, function() coroutine.yield() end) end))
      coroutine.resume(coroutine.create(function() return setmetatable({}, {__index = function() return coroutine.yield(1) end}).x end))
      coroutine.resume(coroutine.create(function() for i in coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end) do coroutine.yield(i) end end))
      coroutine.resume(coroutine.create(function() return ('x'):gsub('x', function() return coroutine.yield('y') end) end))
      pcall(coroutine.create)
      pcall(coroutine.create, 1)
      pcall(coroutine.create, tostring)
      pcall(coroutine.wrap, 1)
      pcall(coroutine.resume)
      pcall(coroutine.resume, 1)
      pcall(coroutine.status)
      pcall(coroutine.status, {})
      coroutine.isyieldable, coroutine.close
      (function() local t = {} local gen = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i) end end) for v in gen do t[#t + 1] = v end return t end)()
      (function() local function perm(a, n) if n == 0 then coroutine.yield(table.concat(a)) else for i = 1, n do a[n], a[i] = a[i], a[n] perm(a, n - 1) a[n], a[i] = a[i], a[n] end end end local t = {} for p in coroutine.wrap(function() perm({'a', 'b', 'c'}, 3) end) do t[#t + 1] = p end return t end)()
      (function() local n = 0 for i = 1, 1000 do local co = coroutine.wrap(function() coroutine.yield(1) end) n = n + co() end return n end)()
    `,
  )

  script(
    'a script that yields',
    lua`
      coroutine.yield(1)
      return 2
    `,
  )

  values(
    'next, pairs, ipairs',
    lua`
      next({}), next({1}), next({a = 1}), next({1}, 1), next({'x', 'y'}, 1)
      pcall(next)
      pcall(next, 1)
      pcall(next, {}, 'nosuch')
      pcall(next, {1}, 2)
      pcall(pairs)
      pcall(pairs, nil)
      pcall(ipairs)
      pcall(ipairs, 'x')
      type(pairs({})), select(2, pairs({1})), select(3, pairs({}))
      type(ipairs({})), select(3, ipairs({}))
      (function() local t = {} for k in pairs({10, 20, 30, x = 1}) do t[#t + 1] = k end return t end)()
      (function() local t, n = {1, 2, 3, 4, a = 1, b = 2}, 0 for k in pairs(t) do t[k] = nil n = n + 1 end return n, next(t) end)()
      (function() local keys = {} for k in pairs({a = 1, b = 2, c = 3, d = 4, e = 5}) do keys[#keys + 1] = k end return keys end)()
      (function() local keys = {} for k in pairs({one = 1, two = 2, three = 3, four = 4, five = 5, six = 6, seven = 7, eight = 8, nine = 9, ten = 10}) do keys[#keys + 1] = k end return keys end)()
      (function() local t = {} for i = 1, 20 do t['key' .. i] = i end local keys = {} for k in pairs(t) do keys[#keys + 1] = k end return keys end)()
      (function() local t = {} for i = 20, 1, -1 do t[i] = i end local keys = {} for k in pairs(t) do keys[#keys + 1] = k end return keys end)()
      (function() local t = {} for i = 1, 10 do t[i * 1.5] = i end local keys = {} for k in pairs(t) do keys[#keys + 1] = k end return keys end)()
      (function() local t = {} for _, k in ipairs({2^31, 2^32, -1, 0.1, 1e300, -2^53, 100}) do t[k] = 1 end local keys = {} for k in pairs(t) do keys[#keys + 1] = k end return keys end)()
      (function() local t = {[true] = 1, [false] = 2, x = 3} local keys = {} for k in pairs(t) do keys[#keys + 1] = tostring(k) end return keys end)()
    `,
  )

  values(
    'type and tostring',
    lua`
      type(nil), type(1), type('x'), type(true), type({}), type(type), type(function() end), type(coroutine.create(function() end)), type(cjson.null)
      pcall(type)
      pcall(tostring)
      tostring(nil), tostring(true), tostring(false), tostring('x'), tostring('')
      tostring({}):match('^table: 0x%x+$') ~= nil, tostring(tostring):match('^function: ') ~= nil, tostring(function() end):match('^function: 0x%x+$') ~= nil
      tostring(coroutine.create(function() end)):match('^thread: 0x%x+$') ~= nil, tostring(cjson.null)
      #tostring({}) > 8, tostring({}) ~= tostring({})
    `,
  )

  each(
    'loaded chunks that run',
    lua`
      return loadstring('return 1 + 1')()
      return loadstring('return ...')(7)
      return loadstring('')()
      return loadstring('return KEYS, ARGV, redis')() ~= nil
      return loadstring('local x = 5 return function() x = x + 1 return x end')()()
      return loadstring('nosuch = 1')()
      return loadstring('return nosuch')()
      local parts, i = {'return ', '1 ', '+ 2'}, 0 return load(function() i = i + 1 return parts[i] end)()
      local parts, i = {'return ', '', '5'}, 0 return load(function() i = i + 1 return parts[i] end)() == nil
      local f = loadstring('local a, b = ... return a, b') return {f(1, 2, 3)}
      local up = 1 return loadstring('return up')()
    `,
  )

  values(
    'chunks that do not load',
    lua`
      loadstring('x x')
      loadstring('x x', 'name')
      loadstring('x x', '=name')
      loadstring('x x', '@name')
      loadstring('x x', '')
      loadstring('x x', ('n'):rep(100))
      loadstring('x x', '=' .. ('n'):rep(100))
      loadstring('x x', '@' .. ('n'):rep(100))
      loadstring('x x', 'two\nlines')
      loadstring('x\nx x x')
      loadstring(('x'):rep(100) .. ' y')
      loadstring(('x'):rep(40) .. '\n y')
      loadstring('return +')
      loadstring(1)
      loadstring('x x', {}) 
      pcall(loadstring)
      pcall(loadstring, nil)
      pcall(loadstring, {})
      load(function() return nil end) ~= nil
      (function() local n = 0 return load(function() n = n + 1 if n == 1 then return 'x x' end end) end)()
      (function() local n = 0 return load(function() n = n + 1 if n == 1 then return 'x x' end end, '=chunk') end)()
      pcall(load)
      pcall(load, 'return 1')
      loadfile, dofile, require, module
    `,
  )

  values(
    'precompiled code is not loaded',
    lua`
      #string.dump(function() return 1 end) > 50
      string.dump(function() return 1 end):sub(1, 4)
      loadstring(string.dump(function() return 1 end))
      loadstring(string.dump(function() return 1 end), '=name')
      loadstring('\27Lua')
      loadstring('\27')
      (function() local n = 0 return load(function() n = n + 1 if n == 1 then return '\27Lua' end end) end)()
      pcall(string.dump)
      pcall(string.dump, 1)
      pcall(string.dump, tostring)
    `,
  )
})
