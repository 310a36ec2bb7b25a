import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bareLua } from '../fixtures/bare-lua.js'
import { GLOBALS } from '../lua.js'
import { cmsgpackLibrary, fillCmsgpack } from './cmsgpack.js'

const { run } = bareLua(lua => ({ cmsgpack: cmsgpackLibrary(lua, () => {}) }))
run(`
  function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end
  function show(v)
    if type(v) ~= 'table' then return tostring(v) end
    local parts = {}
    for k, x in next, v do parts[#parts + 1] = show(k) .. '=' .. show(x) end
    return '{' .. table.concat(parts, ' ') .. '}'
  end
  function try(f)
    local got = {pcall(f)}
    for i = 1, table.maxn(got) do got[i] = show(got[i]) end
    return table.concat(got, ', ', 2)
  end
  function nest(v, depth, wrap)
    for i = 1, depth do v = wrap(v) end
    return v
  end
  function fill(count, key)
    local t = {}
    for i = 1, count do t[key * i] = 1 end
    return t
  end
`)

/** Lines of `expression --> what redis-server 7.0.15 makes of it`. */
function session(name: string, lines: string): void {
  test(name, () => {
    const expected = lines.trim().split(/\s*\n\s*/)
    const expressions = expected.map(line => line.split(' -->')[0]!)
    expect(expressions.map(text => `${text} --> ${run(`return try(function() return ${text} end)`)}`)).toEqual(expected)
  })
}

session(
  'packs integers as small as they fit',
  `
    hex(cmsgpack.pack(0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296)) --> 00017fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000
    hex(cmsgpack.pack(-1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649)) --> ffe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffff
    hex(cmsgpack.pack(2^53, 2^53 + 2, 2^62, 2^63 - 1024)) --> cf0020000000000000cf0020000000000002cf4000000000000000cf7ffffffffffffc00
    hex(cmsgpack.pack(-2^53, -2^62, -2^63)), hex(cmsgpack.pack(-0)) --> d3ffe0000000000000d3c000000000000000d38000000000000000, 00
  `,
)

session(
  'packs other numbers as floats where they are exact',
  String.raw`
    hex(cmsgpack.pack(2^63)), hex(cmsgpack.pack(2^64)), hex(cmsgpack.pack(1e300)) --> ca5f000000, ca5f800000, cb7e37e43c8800759c
    hex(cmsgpack.pack(-2^63 - 2048)), hex(cmsgpack.pack(2^63 + 2048)) --> cbc3e0000000000001, cb43e0000000000001
    hex(cmsgpack.pack(0.5, -0.25, 1.5)), hex(cmsgpack.pack(0.1)), hex(cmsgpack.pack(1e-310)), hex(cmsgpack.pack(2^32 + 0.5)) --> ca3f000000cabe800000ca3fc00000, cb3fb999999999999a, cb000012688b70e62b, cb41f0000000080000
    hex(cmsgpack.pack(1/0)), hex(cmsgpack.pack(-1/0)) --> ca7f800000, caff800000
    hex(cmsgpack.pack(cmsgpack.unpack('\203\127\248\0\0\0\0\0\0'))), hex(cmsgpack.pack(cmsgpack.unpack('\203\255\248\0\0\0\0\0\1'))) --> cb7ff8000000000000, cbfff8000000000001
  `,
)

session(
  'packs strings, and what has no form as nil',
  String.raw`
    hex(cmsgpack.pack(nil, true, false)), hex(cmsgpack.pack(next, coroutine.create(function() end))) --> c0c3c2, c0c0
    hex(cmsgpack.pack('', 'abc', '12', 'a\0\255')) --> a0a3616263a23132a36100ff
    hex(cmsgpack.pack(('x'):rep(31)):sub(1, 3)), hex(cmsgpack.pack(('x'):rep(32)):sub(1, 3)) --> bf7878, d92078
    hex(cmsgpack.pack(('x'):rep(255)):sub(1, 3)), hex(cmsgpack.pack(('x'):rep(256)):sub(1, 4)) --> d9ff78, da010078
    hex(cmsgpack.pack(('x'):rep(65535)):sub(1, 4)), hex(cmsgpack.pack(('x'):rep(65536)):sub(1, 6)), #cmsgpack.pack(('x'):rep(65536)) --> daffff78, db0001000078, 65541
  `,
)

session(
  'packs a table with keys from 1 to their number as an array',
  `
    hex(cmsgpack.pack({})), hex(cmsgpack.pack({1, 2, 3})), hex(cmsgpack.pack({1, 2, nil})) --> 90, 93010203, 920102
    hex(cmsgpack.pack({[1] = 1, [2] = 2})), hex(cmsgpack.pack({[2] = 2, [1] = 1, [3] = 3})), hex(cmsgpack.pack({1, 2, [3] = 3, [4] = 4})) --> 920102, 93010203, 9401020304
    hex(cmsgpack.pack(fill(16, 1))), hex(cmsgpack.pack(fill(65535, 1)):sub(1, 4)), hex(cmsgpack.pack(fill(65536, 1)):sub(1, 6)) --> dc001001010101010101010101010101010101, dcffff01, dd0001000001
    hex(cmsgpack.pack(setmetatable({}, {__index = {1, 2}, __len = function() return 9 end}))) --> 90
    hex(cmsgpack.pack(setmetatable({1}, {__index = error}))) --> 9101
  `,
)

session(
  'packs other tables as maps',
  `
    hex(cmsgpack.pack({1, nil, 3})), hex(cmsgpack.pack({nil, 2})), hex(cmsgpack.pack({[0] = 0, 1})) --> 8201010303, 810202, 8201010000
    hex(cmsgpack.pack({1, nil, 3, a = 4})), hex(cmsgpack.pack({1, nil, 3, [1.5] = 4})) --> 8301010303a16104, 8301010303ca3fc0000004
    hex(cmsgpack.pack({[0] = 1, [2] = 2})), hex(cmsgpack.pack({[-3] = 1, [2] = 2})), hex(cmsgpack.pack({a = 1, [2] = 2})) --> 8200010202, 82fd010202, 82a161010202
    hex(cmsgpack.pack({[-1] = 1})), hex(cmsgpack.pack({[1.5] = 1})), hex(cmsgpack.pack({[2^31] = 1})), hex(cmsgpack.pack({['1'] = 1})) --> 81ff01, 81ca3fc0000001, 81ce8000000001, 81a13101
    hex(cmsgpack.pack({a = 1})), hex(cmsgpack.pack({1, 2, a = 1})), hex(cmsgpack.pack({[true] = false})) --> 81a16101, 8301010202a16101, 81c3c2
    hex(cmsgpack.pack({[{}] = {1}})), hex(cmsgpack.pack({[next] = next})) --> 81909101, 81c0c0
    hex(cmsgpack.pack({name = 'Ada', tags = {'x', 'y'}, id = 1815, ok = true})) --> 84a26964cd0717a26f6bc3a46e616d65a3416461a47461677392a178a179
    hex(cmsgpack.pack(fill(16, -1)):sub(1, 3)), hex(cmsgpack.pack(fill(65536, -1)):sub(1, 5)) --> de0010, df00010000
  `,
)

session(
  'packs tables 16 deep',
  `
    hex(cmsgpack.pack(nest(1, 16, function(v) return {v} end))) --> 9191919191919191919191919191919101
    hex(cmsgpack.pack(nest(1, 17, function(v) return {v} end))) --> 91919191919191919191919191919191c0
    hex(cmsgpack.pack(nest(1, 17, function(v) return {k = v} end))) --> 81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16b81a16bc0
    (function() local t = {} t[1] = t return hex(cmsgpack.pack(t)) end)() --> 91919191919191919191919191919191c0
    (function() local t = {} t[t] = t return #cmsgpack.pack(t) end)() --> 131071
  `,
)

session(
  'packs as many arguments as Lua has room for',
  `
    #cmsgpack.pack(unpack({}, 1, 4000)) --> 4000
    cmsgpack.pack(unpack({}, 1, 4001)) --> user_script:1: bad argument #0 to 'pack' (Too many arguments for MessagePack pack.)
    cmsgpack.pack(unpack(fill(1, 4000), 1, 4000)):byte(-1) --> 1
    cmsgpack.pack(unpack({[3999] = {}}, 1, 4000)):byte(-2) --> user_script:1: stack overflow (in function table_is_an_array)
    cmsgpack.pack(unpack({[3999] = {a = {}}}, 1, 4000)) --> user_script:1: stack overflow (in function table_is_an_array)
    cmsgpack.pack(unpack({[3999] = {a = 1}}, 1, 4000)) --> user_script:1: stack overflow (in function table_is_an_array)
    #cmsgpack.pack(unpack({[3996] = {a = {}}}, 1, 4000)) --> 4003
    cmsgpack.pack(unpack({[3996] = {[{}] = 1}}, 1, 4000)) --> user_script:1: stack overflow (in function table_is_an_array)
    #cmsgpack.pack(unpack({[3995] = {[{}] = 1}}, 1, 4000)) --> 4002
    cmsgpack.pack(unpack({[4000] = {}}, 1, 4000)) --> user_script:1: stack overflow (in function table_is_an_array)
    cmsgpack.pack() --> user_script:1: bad argument #0 to 'pack' (MessagePack pack needs input.)
  `,
)

session(
  'unpacks numbers',
  String.raw`
    cmsgpack.unpack('\0\1\127\224\255') --> 0, 1, 127, -32, -1
    cmsgpack.unpack('\204\255\205\255\254\206\255\255\255\254\207\0\0\0\1\0\0\0\1') --> 255, 65534, 4294967294, 4294967297
    cmsgpack.unpack('\207\255\255\255\255\255\255\255\254\207\127\255\255\255\255\255\255\255') --> -2, 9.2233720368548e+18
    cmsgpack.unpack('\208\128\209\128\0\210\128\0\0\0\211\128\0\0\0\0\0\0\0\208\127') --> -128, -32768, -2147483648, -9.2233720368548e+18, 127
    cmsgpack.unpack('\202\63\192\0\0\203\63\185\153\153\153\153\153\154') --> 1.5, 0.1
    cmsgpack.unpack('\202\127\192\0\0\202\255\192\0\0\202\127\128\0\0\203\127\248\0\0\0\0\0\0\203\255\248\0\0\0\0\0\0') --> nan, -nan, inf, nan, -nan
    cmsgpack.unpack('\146\203\127\248\0\0\0\0\0\0\203\255\248\0\0\0\0\0\0') --> {1=nan 2=-nan}
  `,
)

session(
  'unpacks strings, nil, booleans and tables',
  String.raw`
    cmsgpack.unpack('\192\194\195') --> nil, false, true
    cmsgpack.unpack('\160\163abc\217\2de\218\0\1f\219\0\0\0\1g') --> , abc, de, f, g
    cmsgpack.unpack('\144\147\1\2\3\220\0\1\7\221\0\0\0\1\8') --> {}, {1=1 2=2 3=3}, {1=7}, {1=8}
    cmsgpack.unpack('\128\129\161a\1\222\0\1\161b\2\223\0\0\0\1\161c\3') --> {}, {a=1}, {b=2}, {c=3}
    cmsgpack.unpack('\146\145\1\129\1\146\2\144') --> {1={1=1} 2={1={1=2 2={}}}}
    cmsgpack.unpack('\151\161a\1\194\203\63\185\153\153\153\153\153\154\160\129\1\2\205\1\0') --> {1=a 2=1 3=false 4=0.1 5= 6={1=2} 7=256}
    cmsgpack.unpack('\129\1\192'), cmsgpack.unpack('\130\1\2\1\3'), cmsgpack.unpack('\130\161a\1\161a\192') --> {}, {1=3}, {}
    cmsgpack.unpack(''), cmsgpack.unpack(12), select('#', cmsgpack.unpack('')), select('#', cmsgpack.unpack('\1\2', 'more')) --> nil, 49, 0, 2
  `,
)

session(
  'tables are of the same make as those that a script fills item by item',
  String.raw`
    #cmsgpack.unpack('\147\1\192\3'), #cmsgpack.unpack('\147\1\2\192'), #cmsgpack.unpack('\146\192\2'), cmsgpack.unpack('\147\1\192\3') --> 1, 2, 0, {1=1 3=3}
    (function() local t = cmsgpack.unpack('\149\1\2\3\4\5') t[4] = nil return #t end)() --> 3
    (function() local t = cmsgpack.unpack('\149\161a\161b\161c\161d\161e') t[4] = nil return #t end)() --> 3
    (function() local t = cmsgpack.unpack('\149\144\144\144\144\144') t[4] = nil return #t end)() --> 3
    (function() local t = cmsgpack.unpack('\150\1\2\3\192\5\6') return #t end)() --> 3
    cmsgpack.unpack('\134\161a\1\161b\2\161c\3\161d\4\161e\5\1\6') --> {a=1 c=3 b=2 e=5 d=4 1=6}
  `,
)

session(
  'what cannot be unpacked',
  String.raw`
    cmsgpack.unpack('\129\192\1') --> table index is nil
    cmsgpack.unpack('\129\203\127\248\0\0\0\0\0\0\1') --> table index is NaN
    cmsgpack.unpack('\193') --> user_script:1: Bad data format in input.
    cmsgpack.unpack('\196\1a') --> user_script:1: Bad data format in input.
    cmsgpack.unpack('\199\1\1a') --> user_script:1: Bad data format in input.
    cmsgpack.unpack('\212\1a') --> user_script:1: Bad data format in input.
    cmsgpack.unpack('\147\1\193') --> user_script:1: Bad data format in input.
    cmsgpack.unpack('\204') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\211\0\0\0\0\0\0\0') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\145\211\0\0\0\0\0\0\0') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\202\0\0\0') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\163ab') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\217') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\217\3ab') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\219\255\255\255\255ab') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\221\255\255\255\255\1\2') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\223\255\255\255\255\1\2') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\147\1\2') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\129\1') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack('\1\2\220') --> user_script:1: Missing bytes in input.
    cmsgpack.unpack() --> user_script:1: bad argument #1 to 'unpack' (string expected, got no value)
    cmsgpack.unpack({}) --> user_script:1: bad argument #1 to 'unpack' (string expected, got table)
  `,
)

session(
  'as many values, or tables in tables, as Lua has room for',
  String.raw`
    select('#', cmsgpack.unpack(('\1'):rep(7999))) --> 7999
    cmsgpack.unpack(('\1'):rep(8000)) --> user_script:1: stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)
    type(cmsgpack.unpack(('\145'):rep(3999) .. '\1')) --> table
    cmsgpack.unpack(('\145'):rep(4000) .. '\1') --> user_script:1: stack overflow (in function mp_decode_to_lua_array)
    cmsgpack.unpack(('\145'):rep(100000)) --> user_script:1: stack overflow (in function mp_decode_to_lua_array)
    type(cmsgpack.unpack(('\129\1'):rep(3999) .. '\1')) --> table
    show(cmsgpack.unpack('\222\35\40' .. ('\1\2'):rep(9000))) --> {1=2}
    #cmsgpack.unpack('\220\35\40' .. ('\129\1\2'):rep(9000)) --> 9000
    cmsgpack.unpack(('\129\1'):rep(4000) .. '\1') --> user_script:1: stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)
    type(cmsgpack.unpack(('\129'):rep(7997) .. '\1' .. ('\1'):rep(7997))) --> table
    cmsgpack.unpack(('\129'):rep(7998) .. '\1' .. ('\1'):rep(7998)) --> user_script:1: stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)
    cmsgpack.unpack(('\129'):rep(100000)) --> user_script:1: stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)
  `,
)

session(
  'unpack_one',
  String.raw`
    cmsgpack.unpack_one('\1\2\3') --> 1, 1
    cmsgpack.unpack_one('\1\2\3', 1) --> 2, 2
    cmsgpack.unpack_one('\1\2\3', 2) --> -1, 3
    cmsgpack.unpack_one('\1\2\3', 3) --> -1
    cmsgpack.unpack_one('') --> -1
    cmsgpack.unpack_one('\192') --> -1
    cmsgpack.unpack_one('\1\2', '1') --> -1, 2
    cmsgpack.unpack_one('\1\2', 1.9) --> -1, 2
    cmsgpack.unpack_one('\1\2', nil, 1, 2) --> 1, 1
    cmsgpack.unpack_one('\1\2', 3) --> user_script:1: Start offset 3 greater than input length 2.
    cmsgpack.unpack_one('\1\2', 2^32 + 5) --> user_script:1: Start offset 5 greater than input length 2.
    cmsgpack.unpack_one('\1\2', -1) --> user_script:1: Invalid request to unpack with offset of -1 and limit of 2.
    cmsgpack.unpack_one('\1\2', 2^70) --> user_script:1: Invalid request to unpack with offset of 0 and limit of 2.
    cmsgpack.unpack_one('\1\2', {}) --> user_script:1: bad argument #2 to 'unpack_one' (number expected, got table)
    cmsgpack.unpack_one() --> user_script:1: bad argument #1 to 'unpack_one' (string expected, got no value)
    cmsgpack.unpack_one({}, 1) --> user_script:1: bad argument #1 to 'unpack_one' (string expected, got table)
    cmsgpack.unpack_one('\163a') --> user_script:1: Missing bytes in input.
  `,
)

session(
  'unpack_limit',
  String.raw`
    cmsgpack.unpack_limit('\1\2\3', 2) --> 2, 1, 2
    cmsgpack.unpack_limit('\1\2\3', 3) --> -1, 1, 2, 3
    cmsgpack.unpack_limit('\1\2\3', 4) --> -1, 1, 2, 3
    cmsgpack.unpack_limit('\1\2\3', 1, 1) --> 2, 2
    cmsgpack.unpack_limit('\1\2\3', 2^40, 1) --> -1, 2, 3
    cmsgpack.unpack_limit('\1\2\3', 0) --> 1, 2, 3
    cmsgpack.unpack_limit('\1\2\3', 0.5, 0.5) --> 1, 2, 3
    cmsgpack.unpack_limit('\1\2\3', 0, 1) --> 1
    cmsgpack.unpack_limit('\1\2\3', 0, 3) --> -1
    cmsgpack.unpack_limit('', 5) --> -1
    cmsgpack.unpack_limit('\1\2\3', -1) --> user_script:1: Invalid request to unpack with offset of 0 and limit of 3.
    cmsgpack.unpack_limit('\1\2\3', -1, -2) --> user_script:1: Invalid request to unpack with offset of -2 and limit of 3.
    cmsgpack.unpack_limit('\1\2\3', 1, -2^31) --> user_script:1: Invalid request to unpack with offset of -2147483648 and limit of 3.
    cmsgpack.unpack_limit('\1\2\3', 2^63) --> user_script:1: Invalid request to unpack with offset of 0 and limit of 3.
    cmsgpack.unpack_limit('\1\2\3', 1, 4) --> user_script:1: Start offset 4 greater than input length 3.
    cmsgpack.unpack_limit('\1\2\3') --> user_script:1: bad argument #2 to 'unpack_limit' (number expected, got no value)
    cmsgpack.unpack_limit('\1\2\3', 'x') --> user_script:1: bad argument #2 to 'unpack_limit' (number expected, got string)
    cmsgpack.unpack_limit() --> user_script:1: bad argument #2 to 'unpack_limit' (number expected, got no value)
    select('#', cmsgpack.unpack_limit(('\1'):rep(8000), 7998)) --> 7999
    cmsgpack.unpack_limit(('\1'):rep(8000), 7999) --> user_script:1: stack overflow (in function mp_unpack_full)
  `,
)

test('the fields that are no functions, and the order of pairs', () => {
  const { lua, run } = bareLua(() => ({}))
  lua.pushLibrary(
    lua.main,
    cmsgpackLibrary(lua, () => {}),
  )
  fillCmsgpack(lua, lua.main)
  lua.setField(lua.main, GLOBALS, 'cmsgpack')
  const fields = run(`local fields = {}
    for name, value in pairs(cmsgpack) do fields[#fields + 1] = name .. ': ' .. (type(value) == 'string' and value or type(value)) end
    return unpack(fields)`)
  expect(fields).toEqual([
    '_DESCRIPTION: MessagePack C implementation for Lua',
    'pack: function',
    '_NAME: cmsgpack',
    'unpack: function',
    '_COPYRIGHT: Copyright (C) 2012, Salvatore Sanfilippo',
    '_VERSION: lua-cmsgpack 0.4.0',
    'unpack_one: function',
    'unpack_limit: function',
  ])
})

const bytes = (given: Uint8Array): string =>
  `'${Array.from(given, byte => `\\${String(byte).padStart(3, '0')}`).join('')}'`

test('unpacks what it has packed', () => {
  const scalar = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => `(${value})`),
    fc.maxSafeInteger().map(value => `(${value})`),
    fc.integer({ min: -300, max: 300 }).map(value => `(${value})`),
    fc.uint8Array({ maxLength: 40 }).map(bytes),
    fc.constantFrom('true', 'false'),
  )
  const { value } = fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie('value'), { maxLength: 20 }).map(items => `{${items.join(', ')}}`),
      fc
        .array(fc.tuple(scalar, tie('value')), { maxLength: 20 })
        .map(entries => `{${entries.map(([key, item]) => `[${key}] = ${item}`).join(', ')}}`),
    ),
  }))
  run(`
    function same(a, b)
      if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
      for key in pairs(b) do if a[key] == nil then return false end end
      for key, item in pairs(a) do if not same(item, b[key]) then return false end end
      return true
    end
  `)
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), values => {
      const chunk = `local given = {${values.join(', ')}} return same(given, {cmsgpack.unpack(cmsgpack.pack(unpack(given)))})`
      expect(run(chunk)).toEqual(['true'])
    }),
  )
})

test('answers any bytes with values or a Lua error', () => {
  const type = fc.constantFrom(...Array.from({ length: 0x60 }, (_, i) => 0x80 + i))
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fc.oneof(type, fc.integer({ min: 0, max: 5 })), { maxLength: 60 }).map(given => Uint8Array.from(given)),
  )
  fc.assert(
    fc.property(input.map(bytes), fc.double(), fc.double(), (text, limit, offset) => {
      run(`pcall(cmsgpack.unpack, ${text})
        pcall(cmsgpack.unpack_limit, ${text}, tonumber('${limit}'), tonumber('${offset}'))
        local at = 0
        while at ~= -1 and pcall(function() at = cmsgpack.unpack_one(${text}, at) end) do end`)
    }),
    { numRuns: 1000 },
  )
})

test('what is too large is a Lua error, and its memory is given back', () => {
  const { lua, run } = bareLua(lua => ({ cmsgpack: cmsgpackLibrary(lua, () => {}) }))
  expect(
    run(`local large, many = ('x'):rep(2^20), {}
      for i = 1, 300 do many[i] = large end
      return pcall(cmsgpack.pack, many)`),
  ).toEqual(['false', 'not enough memory'])
  const block = lua.c.malloc(150 * 2 ** 20)
  expect(block).not.toBe(0)
  lua.c.free(block)
  expect(run(`return #cmsgpack.pack('abc')`)).toEqual(['4'])
  // A table of 100 tables of 100 tables…
  expect(
    run(`local t = ('x'):rep(2^16)
      for i = 1, 15 do
        local many = {}
        for j = 1, 100 do many[j] = t end
        t = many
      end
      return pcall(cmsgpack.pack, t)`),
  ).toEqual(['false', 'not enough memory'])
  expect(run(`return #cmsgpack.pack(cmsgpack.unpack('\\147\\1\\2\\3'))`)).toEqual(['4'])
})

test('packing and unpacking can be interrupted', () => {
  let calls = 0
  let most = Infinity
  const { run } = bareLua(lua => ({
    cmsgpack: cmsgpackLibrary(lua, L => {
      if (++calls > most) lua.error(L, 'enough')
    }),
  }))
  run(`many, deep = {}, {}
    for i = 1, 2^19 do many[i] = i end
    for i = 1, 2^18 do deep[i] = {'x'} end
    packed, packedDeep = cmsgpack.pack(many), cmsgpack.pack(deep)`)
  expect(calls).toBeGreaterThan(10)
  for (const call of ['pack(many)', 'pack(deep)', 'unpack(packed)', 'unpack(packedDeep)']) {
    calls = 0
    most = 3
    expect(run(`return cmsgpack.${call}`)).toBe('error: user_script:1: enough')
    most = Infinity
    expect(run(`return cmsgpack.unpack(cmsgpack.pack(7))`)).toEqual(['7'])
  }
})
