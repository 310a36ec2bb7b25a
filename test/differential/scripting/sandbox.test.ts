import { code, describeScripts, lua, sha1 } from '../../support/scripts.js'

/** Lua for the sorted names in a table, with the types of what they name. */
const NAMES = lua`
  local function names(t)
    local found = {}
    for name, value in pairs(t) do found[#found + 1] = tostring(name) .. ': ' .. type(value) end
    table.sort(found)
    return found
  end
`.replaceAll('\n', ' ')

describeScripts('the sandbox', ({ values, each, script, session }) => {
  each(
    'globals may not be made',
    lua`
      x = 1
      x = nil
      redis = nil
      KEYS = {}
      ARGV = nil
      string = {}
      tostring = nil
      _G = {}
      _VERSION = 'mine'
      function f() end
      local x y = 1
      _G.x = 1
      _G['x'] = 1
      _G.redis = nil
      _G.KEYS = nil
      rawset(_G, 'x', 1)
      rawset(_G, 'redis', nil)
      rawset(_G, 'KEYS', {}) return 1
      setmetatable(_G, {})
      setmetatable(_G, nil)
      setmetatable(_G._G, {})
      getmetatable(_G).__index = nil
      getmetatable(_G).x = 1
      setmetatable(getmetatable(_G), {})
      rawset(getmetatable(_G), '__index', nil)
      table.insert(_G, 1)
      table.remove(_G)
      loadstring('x = 1')()
      pcall(function() x = 1 end) return x
      coroutine.wrap(function() x = 1 end)()
      for x = 1, 3 do y = x end
      local t = setmetatable({}, {__newindex = _G}) t.x = 1
      local t = setmetatable({}, {__newindex = _G}) t.redis = 1
      table.foreach({1}, function() x = 1 end)
      (function() z = 1 end)()
    `,
  )

  each(
    'globals that are not there may not be read',
    lua`
      return x
      return nosuch
      return _G.nosuch
      return _G['nosuch']
      return rawget(_G, 'nosuch') == nil
      return nosuch == nil
      return type(nosuch)
      if nosuch then return 1 end
      local t = setmetatable({}, {__index = _G}) return t.nosuch
      local t = setmetatable({}, {__index = _G}) return t.tostring == tostring
      return loadstring('return nosuch')()
      return pcall(function() return nosuch end)
      return {pcall(function() return nosuch end)}
      return _G[1]
      return _G[true]
      return _G[{}]
      return _G[nil]
      return _G['a b']
      return _G['a\0b']
      return _G['']
      return _G[1.5]
      return _ENV
      return os
      return io
      return debug
      return package
      return require
      return dofile
      return loadfile
      return module
      return print
      return newproxy
      return getfenv
      return setfenv
      return jit
      return arg
      return utf8
      return bit32
      return unpack ~= nil
      return redis.os
    `,
  )

  each(
    'the libraries may not be changed',
    lua`
      string.x = 1
      string.len = nil
      table.insert = function() end
      math.pi = 3
      math.huge = nil
      redis.call = nil
      redis.x = 1
      cjson.encode = nil
      cjson.null = nil
      cmsgpack.pack = nil
      struct.pack = nil
      bit.band = nil
      coroutine.wrap = nil
      rawset(string, 'x', 1)
      rawset(redis, 'call', nil)
      rawset(math, 'pi', 3)
      rawset(cjson, 'null', nil)
      setmetatable(string, {})
      setmetatable(redis, {})
      setmetatable(cjson, {__index = {}})
      table.insert(table, 'x')
      table.insert(redis, 1)
      table.remove(string, 1)
      table.sort(math)
      getmetatable('').__index = {}
      getmetatable('').x = 1
      getmetatable('').__add = function() end
      rawset(getmetatable(''), '__index', nil)
      setmetatable(getmetatable(''), {})
      ('x').y = 1
      getmetatable(cjson)
      getmetatable(redis)
      local s = string s.len = nil
      for k in pairs(string) do string[k] = nil end
    `,
  )

  each(
    'what is in the environment',
    lua`
      ${NAMES} return names(_G)
      ${NAMES} return names(string)
      ${NAMES} return names(table)
      ${NAMES} return names(math)
      ${NAMES} return names(coroutine)
      ${NAMES} return names(redis)
      ${NAMES} return names(cjson)
      ${NAMES} return names(cmsgpack)
      ${NAMES} return names(struct)
      ${NAMES} return names(bit)
      ${NAMES} return names(getmetatable(''))
      ${NAMES} return names(getmetatable(_G))
      ${NAMES} return names(KEYS)
      ${NAMES} return names(ARGV)
      return _VERSION
      return _G == _G._G
      return _G._G._G._G.tostring == tostring
      return type(_G)
      return #_G
      return getmetatable(_G) == nil
      return getmetatable(string) == nil
      return getmetatable('').__index == string
      return getmetatable(redis) == nil
      return getmetatable(cjson) == nil
      return rawequal(_G, _G._G)
      return {cjson._NAME, cjson._VERSION}
      return {cmsgpack._NAME, cmsgpack._VERSION, cmsgpack._COPYRIGHT, cmsgpack._DESCRIPTION}
      return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}
      local seen = false for k, v in pairs(_G) do if v == _G then seen = k end end return seen
    `,
  )

  each(
    'KEYS and ARGV belong to the script',
    { keys: ['k1', 'k2'], args: ['a1', 'a2', 'a3'] },
    lua`
      return {#KEYS, KEYS[1], KEYS[2], KEYS[3] == nil, #ARGV, ARGV[1], ARGV[3]}
      ARGV[1] = 'changed' return ARGV
      return ARGV
      KEYS[1] = nil return #KEYS
      return KEYS
      table.insert(ARGV, 'more') return ARGV
      return ARGV
      ARGV.field = 1 return ARGV.field
      return ARGV.field == nil
      setmetatable(ARGV, {__index = function() return 'x' end}) return ARGV[10]
      return ARGV[10] == nil
      return ARGV[0] == nil
      return getmetatable(ARGV) == nil
      return table.concat(ARGV, ',') .. table.concat(KEYS, ',')
      local keys = KEYS return keys == KEYS
      return {type(KEYS[1]), type(ARGV[1])}
      return {unpack(KEYS), unpack(ARGV)}
      return {KEYS, ARGV}
      return rawget(_G, 'KEYS') == KEYS
      table.sort(ARGV, function(a, b) return a > b end) return ARGV
      for i in ipairs(ARGV) do ARGV[i] = nil end return #ARGV
      rawset(_G, 'ARGV', 1)
      return ARGV
    `,
  )

  each(
    'KEYS and ARGV without any',
    lua`
      return {#KEYS, #ARGV}
      return {type(KEYS), type(ARGV)}
      return KEYS[1]
      return ARGV[1] == nil
      return redis.call('GET', KEYS[1])
    `,
  )

  script(
    'KEYS and ARGV of any bytes',
    { keys: ['', 'é', 'a\0b'], args: ['\r\n', '1', '', ' '] },
    lua`return {KEYS, ARGV, #KEYS[2], #KEYS[3]}`,
  )

  session(
    'nothing is kept between scripts',
    `EVAL ${code`local t = {} t.x = 1 return t.x`} 0
     EVAL ${code`return t`} 0
     EVAL ${code`ARGV.secret = 1 KEYS.secret = 2 return 1`} 0
     EVAL ${code`return {ARGV.secret == nil, KEYS.secret == nil}`} 0
     EVAL ${code`redis.setresp(3) return 1`} 0
     HSET h f v
     EVAL ${code`return redis.call('HGETALL', 'h')`} 0
     EVAL ${code`redis.call('SELECT', 1) return redis.call('SET', 'k', 'v')`} 0
     EVAL ${code`return redis.call('GET', 'k')`} 0
     EVAL ${code`redis.set_repl(redis.REPL_NONE) return 1`} 0
     EVAL ${code`return redis.call('SET', 'k', 'v')`} 0
     EVAL ${code`x = 1`} 0
     EVAL ${code`return x`} 0
     EVAL ${code`cjson.encode_max_depth(1) return 1`} 0
     EVAL ${code`return cjson.encode({{{}}})`} 0
     EVAL ${code`cjson.encode_max_depth(1000) return 1`} 0
     EVAL ${code`collectgarbage('stop') return 1`} 0
     EVAL ${code`collectgarbage('restart') return 1`} 0`,
  )

  session(
    'upvalues live as long as their script runs',
    `EVAL ${code`local n = 0 local function f() n = n + 1 return n end f() return f()`} 0
     EVAL ${code`local n = 0 local function f() n = n + 1 return n end f() return f()`} 0
     EVALSHA ${sha1('local n = 0 local function f() n = n + 1 return n end f() return f()')} 0`,
  )

  each(
    'tricks',
    lua`
      local f = loadstring('return _G') return f() == _G
      local ok, e = pcall(loadstring, '\27LuaQ') return ok
      return loadstring(string.dump(function() return 1 end)) == nil
      local mt = getmetatable('') return mt.__index.rep('ab', 2)
      local co = coroutine.create(function() return _G end) local _, g = coroutine.resume(co) return g == _G
      return select('#', coroutine.running()) 
      local t = setmetatable({}, {__gc = function() redis.call('SET', 'leak', 1) end}) t = nil collectgarbage() collectgarbage() return redis.call('EXISTS', 'leak')
      local t = setmetatable({}, {__mode = 'kv'}) for i = 1, 100 do t[i] = {} end collectgarbage() local n = 0 for _ in pairs(t) do n = n + 1 end return n
      return tostring(_G):match('^table: ') ~= nil
      local s = 0 for k in pairs(_G) do s = s + 1 end return s
      return next(_G) ~= nil
      return {pcall(next, _G, 'nosuch')}
      return {pcall(rawset, _G, 'x', 1)}
      return {pcall(setmetatable, _G, {})}
      return {pcall(function() getmetatable(_G).__newindex = nil end)}
      return {pcall(function() string.x = 1 end)}
      return {pcall(table.insert, string, 1)}
      return {xpcall(function() x = 1 end, function(e) return 'caught ' .. e end)}
      return {pcall(error, setmetatable({}, {__index = function() return 'x' end}))}
      local redis = {call = function() return 'mine' end} return redis.call()
      local KEYS = 1 return KEYS
      local string = nil return ('x'):rep(2)
      local _G = {x = 1} return _G.x
      local tostring = function() return 'mine' end return tostring(1)
      return __redis__err__handler
      return __redis__compare_helper
      return __redis__
      return rawget(_G, '__redis__err__handler') ~= nil
      return (_G.f_0000000000000000000000000000000000000000)
      for name in pairs(_G) do if name:match('^f_%x+') then return 'found' end end return 'none'
      return __redis__err__handler('x')
    `,
  )

  each(
    'recursion and size are bounded, and the next script is not the worse for it',
    { resp: [2] },
    lua`
      local function f() return f() + 1 end return f()
      return 'alive'
      local t = {} while true do t = {t} if not pcall(error) and #t > 1 then break end if collectgarbage('count') > 20000 then return 'enough' end end
      return 'alive'
      local s = 'x' while #s < 1e7 do s = s .. s end return #s
      return 'alive'
      local t = {} for i = 1, 1e6 do t[i] = i end return #t
      return 'alive'
      error(('x'):rep(100000))
      return 'alive'
      return coroutine.wrap(function() return pcall(error, 'x') end)()
      return 'alive'
      local cos = {} for i = 1, 1000 do cos[i] = coroutine.create(function() coroutine.yield(i) end) coroutine.resume(cos[i]) end return #cos
      return 'alive'
    `,
  )

  values(
    'identity of functions',
    lua`
      string.len == ('').len, tostring == tostring, _G.pairs == pairs, redis.call == redis.pcall, math.fmod == math.mod, string.gmatch == string.gfind
      pairs({}) == next, table.getn == nil, rawequal(string, _G.string)
    `,
  )
})
