import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GLOBALS } from '../lua.js'
import { luaWithCjson, quoted, session } from './fixtures/cjson-lua.js'

const { run } = luaWithCjson()

session(
  'takes one argument',
  `
    cjson.encode() --> error: bad argument #1 to 'encode' (expected 1 argument)
    cjson.encode(1, 2) --> error: bad argument #1 to 'encode' (expected 1 argument)
    cjson.decode() --> error: bad argument #1 to 'decode' (expected 1 argument)
    (cjson.decode('1', nil)) --> error: bad argument #1 to 'decode' (expected 1 argument)
    (cjson.decode(nil)) --> error: bad argument #1 to 'decode' (string expected, got nil)
    (cjson.decode({})) --> error: bad argument #1 to 'decode' (string expected, got table)
    (cjson.decode(true)) --> error: bad argument #1 to 'decode' (string expected, got boolean)
    pcall(cjson.decode, nil) --> false, 'bad argument #1 to '?' (string expected, got nil)'
    cjson:decode('1') --> error: calling 'decode' on bad self (expected 1 argument)
  `,
)

session(
  'has settings, and says what they are',
  `
    cjson.encode_sparse_array() --> false, 2, 10
    cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision(), cjson.encode_keep_buffer() --> 1000, 1000, 14, true
    cjson.encode_invalid_numbers(), cjson.decode_invalid_numbers() --> false, true
    cjson.new().encode_sparse_array(true, 5, 7), cjson.new().encode_sparse_array(nil, 5), cjson.new().encode_sparse_array(nil, nil, 9) --> true, false, false, 2, 9
    cjson.new().encode_sparse_array('on', '0x10', 2^32 + 3) --> true, 16, 3
    cjson.new().encode_max_depth(1.9), cjson.new().encode_max_depth('77'), cjson.new().decode_max_depth(2^31 - 1), cjson.new().decode_max_depth(nil) --> 1, 77, 2147483647, 1000
    cjson.new().encode_invalid_numbers('on'), cjson.new().encode_invalid_numbers('null'), cjson.new().encode_invalid_numbers('off'), cjson.new().encode_invalid_numbers(true) --> true, 'null', false, true
    cjson.new().encode_keep_buffer(false), cjson.new().encode_keep_buffer('on'), cjson.new().decode_invalid_numbers('off') --> false, true, false
    cjson.new().encode_keep_buffer('off\\0 after the end') --> false
  `,
)

session(
  'refuses other settings',
  `
    (cjson.encode_max_depth(0)) --> error: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)
    (cjson.encode_max_depth(-1)) --> error: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)
    (cjson.decode_max_depth(2^31)) --> error: bad argument #1 to 'decode_max_depth' (expected integer between 1 and 2147483647)
    (cjson.decode_max_depth(0/0)) --> error: bad argument #1 to 'decode_max_depth' (expected integer between 1 and 2147483647)
    (cjson.encode_max_depth('x')) --> error: bad argument #1 to 'encode_max_depth' (number expected, got string)
    (cjson.encode_max_depth({})) --> error: bad argument #1 to 'encode_max_depth' (number expected, got table)
    (cjson.encode_max_depth(1, 2)) --> error: bad argument #2 to 'encode_max_depth' (found too many arguments)
    (cjson.encode_number_precision(0)) --> error: bad argument #1 to 'encode_number_precision' (expected integer between 1 and 14)
    (cjson.encode_number_precision(15)) --> error: bad argument #1 to 'encode_number_precision' (expected integer between 1 and 14)
    (cjson.encode_keep_buffer('null')) --> error: bad argument #1 to 'encode_keep_buffer' (invalid option 'null')
    (cjson.encode_keep_buffer(1)) --> error: bad argument #1 to 'encode_keep_buffer' (invalid option '1')
    (cjson.encode_keep_buffer({})) --> error: bad argument #1 to 'encode_keep_buffer' (string expected, got table)
    (cjson.encode_invalid_numbers('maybe')) --> error: bad argument #1 to 'encode_invalid_numbers' (invalid option 'maybe')
    (cjson.encode_invalid_numbers('')) --> error: bad argument #1 to 'encode_invalid_numbers' (invalid option '')
    (cjson.decode_invalid_numbers('null')) --> error: bad argument #1 to 'decode_invalid_numbers' (invalid option 'null')
    (cjson.encode_sparse_array('x')) --> error: bad argument #1 to 'encode_sparse_array' (invalid option 'x')
    (cjson.encode_sparse_array(false, -1)) --> error: bad argument #1 to 'encode_sparse_array' (expected integer between 0 and 2147483647)
    (cjson.encode_sparse_array(false, 1, -1)) --> error: bad argument #1 to 'encode_sparse_array' (expected integer between 0 and 2147483647)
    (cjson.encode_sparse_array(false, true)) --> error: bad argument #2 to 'encode_sparse_array' (number expected, got boolean)
    (cjson.encode_sparse_array(false, 1, 2, 3)) --> error: bad argument #4 to 'encode_sparse_array' (found too many arguments)
    #select(2, pcall(cjson.encode_keep_buffer, ('x'):rep(10000))) --> 10042
    (function() local c = cjson.new() pcall(c.encode_sparse_array, true, 5, -1) return c.encode_sparse_array() end)() --> true, 5, 10
  `,
)

session(
  'makes libraries with settings of their own',
  `
    (function() local a, b = cjson.new(), cjson.new() a.encode_max_depth(3) a.new().encode_max_depth(4) return a.encode_max_depth(), b.encode_max_depth(), cjson.encode_max_depth() end)() --> 3, 1000, 1000
    (function() local names = {} for name in pairs(cjson.new('x', 1)) do names[#names + 1] = name end return table.concat(names, ' ') end)() --> '_NAME encode decode_max_depth _VERSION decode_invalid_numbers encode_keep_buffer null encode_number_precision new encode_max_depth encode_invalid_numbers decode encode_sparse_array'
    cjson.new().null == cjson.null, cjson.new()._NAME, cjson.new()._VERSION, type(cjson.null) --> true, 'cjson', '2.1.0', 'userdata'
    (function() local c for i = 1, 2000 do c = cjson.new() c.encode_number_precision(3) end collectgarbage() return c.encode(math.pi) end)() --> '3.14'
  `,
)

test('settings stay from one script to the next', () => {
  const { run } = luaWithCjson()
  run('cjson.encode_number_precision(3)')
  expect(run('return cjson.encode(math.pi), cjson.encode_number_precision()')).toEqual(['3.14', '3'])
})

test('the order of pairs is that of Redis', () => {
  expect(
    run(`local names = {} for name in pairs(cjson) do names[#names + 1] = name end return table.concat(names, ' ')`),
  ).toEqual([
    '_NAME encode decode_max_depth _VERSION decode_invalid_numbers encode_keep_buffer null encode_number_precision new encode_max_depth encode_invalid_numbers decode encode_sparse_array',
  ])
})

test('a table with a metatable may stand for another', () => {
  const { lua, run } = luaWithCjson(
    () => {},
    table => (table === proxy ? real : table),
  )
  let proxy = 0
  let real = 0
  run('real = {1, {2}} proxy = setmetatable({}, {})')
  lua.getField(lua.main, GLOBALS, 'real')
  lua.getField(lua.main, GLOBALS, 'proxy')
  real = lua.c.lua_topointer(lua.main, -2)
  proxy = lua.c.lua_topointer(lua.main, -1)
  expect(run('return cjson.encode({proxy, {a = proxy}, setmetatable({3}, {})})')).toEqual([
    '[[1,[2]],{"a":[1,[2]]},[3]]',
  ])
})

test('what is encoded is decoded as it was', () => {
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => Number(number.toPrecision(14))),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { minLength: 1 }),
      fc.dictionary(fc.string(), tie('value')),
    ),
  })).value
  fc.assert(
    fc.property(value, fc.boolean(), (given, spaced) => {
      const json = JSON.stringify(given, null, spaced ? ' ' : '')
      const [result] = run(`return cjson.encode(cjson.decode(${quoted(Buffer.from(json))}))`)
      expect(sorted(JSON.parse(Buffer.from(result!, 'latin1').toString()))).toEqual(sorted(JSON.parse(json)))
    }),
    { numRuns: 500 },
  )
})

test('what is too large is a Lua error, and its memory is given back', () => {
  const { lua, run } = luaWithCjson()
  // A table of two tables of two tables…
  expect(run("local t = ('x'):rep(2^16) for i = 1, 900 do t = {t, t} end return pcall(cjson.encode, t)")).toEqual([
    'false',
    'not enough memory',
  ])
  const block = lua.c.malloc(150 * 2 ** 20)
  expect(block).not.toBe(0)
  lua.c.free(block)
  expect(
    run('local c = cjson.new() c.encode_sparse_array(false, 0) return pcall(c.encode, {[2^31 - 1] = true})'),
  ).toEqual(['false', 'not enough memory'])
  expect(run(`return pcall(cjson.decode, '[' .. ('{},'):rep(2^22) .. '1]')`)).toEqual(['false', 'not enough memory'])
  expect(run(`return cjson.encode(cjson.decode('{"a":[1,2,"\\\\n"]}'))`)).toEqual(['{"a":[1,2,"\\n"]}'])
})

test('encoding and decoding can be interrupted', () => {
  let calls = 0
  let most = Infinity
  const { run } = luaWithCjson((lua, L) => {
    if (++calls > most) lua.error(L, 'enough')
  })
  run(`many, object, empty = {}, {}, {}
    for i = 1, 2^19 do many[i] = i object['k' .. i] = true empty[i] = i end
    for i = 1, 2^19 do empty[i] = nil end
    empties = {}
    for i = 1, 10 do empties[i] = empty end
    text, textOfObject = cjson.encode(many), cjson.encode(object)`)
  expect(calls).toBeGreaterThan(5)
  for (const call of ['encode(many)', 'encode(object)', 'encode(empties)', 'decode(text)', 'decode(textOfObject)']) {
    calls = 0
    most = 2
    expect(run(`return cjson.${call}`)).toBe('error: user_script:1: enough')
    most = Infinity
    expect(run(`return cjson.encode(cjson.decode('[7]'))`)).toEqual(['[7]'])
  }
})

/** With the keys of objects in order, and empty objects in the place of empty arrays, which Lua cannot tell apart. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
  if (Array.isArray(value)) return value.length === 0 ? {} : value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
