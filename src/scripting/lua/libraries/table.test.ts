import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bareLua } from '../fixtures/bare-lua.js'
import { evaluator } from '../fixtures/evaluate.js'
import { tableLibrary } from './table.js'

const evaluate = evaluator(lua => ({ table: tableLibrary(lua, () => {}) }))

// The expected values are redis-server 7.0.15's.
describe('concat, remove, sort', () => {
  test.each([
    ["table.concat({1, 2, 3}, ', ')", '1, 2, 3'],
    ["table.concat({1, 2, 3}, ', ', 2)", '2, 3'],
    ["table.concat({1, 2, 3}, ', ', 2, 2)", '2'],
    ["table.concat({1, 2, 3}, ', ', 3, 2)", ''],
    ["table.concat({1, 2, 3}, ', ', 2^32 + 2)", '2, 3'],
    ["table.concat({1, 2, 3}, ', ', 1, 2^32 + 2)", '1, 2'],
    [
      "table.concat({1, 2, 3}, ', ', 1, 4)",
      "error: user_script:1: invalid value (nil) at index 4 in table for 'concat'",
    ],
    [
      "table.concat({1, 2, 3}, ', ', 1e300)",
      "error: user_script:1: invalid value (nil) at index 0 in table for 'concat'",
    ],
    ["table.concat({1, {}}, ', ')", "error: user_script:1: invalid value (table) at index 2 in table for 'concat'"],
    ['table.concat({1}, {})', "error: user_script:1: bad argument #2 to 'concat' (string expected, got table)"],
    ["table.concat({1}, ',', 'x')", "error: user_script:1: bad argument #3 to 'concat' (number expected, got string)"],
    ['table.concat()', "error: user_script:1: bad argument #1 to 'concat' (table expected, got no value)"],
    ['local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), #t, t[1]', '3 1 1 2'],
    ['local t = {1, 2, 3} return table.remove(t, 2^32 + 1), #t, t[1]', '1 2 2'],
    ['local t = {1, 2, 3} return table.remove(t, 0), table.remove(t, 4), table.remove(t, -1), #t', 'nil nil nil 3'],
    ["table.remove({}, 'x')", "error: user_script:1: bad argument #2 to 'remove' (number expected, got string)"],
    ['table.remove()', "error: user_script:1: bad argument #1 to 'remove' (table expected, got no value)"],
    ['local t = {3, 1, 2} table.sort(t) return unpack(t)', '1 2 3'],
    ['local t = {3, 1, 2} table.sort(t, nil) return unpack(t)', '1 2 3'],
    [
      "local t = {'b', 'a\\0', 'a', '', 'B', 'z', 'aa'} table.sort(t) return ('%q '):rep(#t):format(unpack(t))",
      '"" "B" "a" "a\\000" "aa" "b" "z" ',
    ],
    ['local t = {3, 1, 2, 5, 4} table.sort(t, function(a, b) return a > b end) return unpack(t)', '5 4 3 2 1'],
    ['local t = {2, 0/0, 1, 0/0, 3, -(0/0), 0} table.sort(t) return unpack(t)', '0 3 nan -nan -nan 1 2'],
    ['local t = {0, -0, 0, -0, 1} table.sort(t) return 1 / t[1], 1 / t[2], 1 / t[3], 1 / t[4]', 'inf inf inf inf'],
    ["local t = {1, 'a', 2} return pcall(table.sort, t), unpack(t)", 'false 1 a 2'],
    ["local t = {5, 4, 3, 2, 1, 'a'} return pcall(table.sort, t), unpack(t)", 'false 5 4 3 2 1 a'],
    ['local t = {{}, {}} table.sort(t)', 'error: attempt to compare two table values'],
    ['local t = {true, false} table.sort(t)', 'error: attempt to compare two boolean values'],
    [
      'local m = {__lt = function(a, b) return a.n < b.n end} local t = {} for i = 1, 5 do t[i] = setmetatable({n = i * 7 % 5}, m) end table.sort(t) return t[1].n, t[2].n, t[3].n, t[4].n, t[5].n',
      '0 1 2 3 4',
    ],
    [
      "local s = '' local t = {3, 1, 4, 1, 5, 9, 2, 6} table.sort(t, function(a, b) s = s .. a .. b .. ' ' return a < b end) return s",
      '63 13 13 43 39 35 32 43 32 21 11 21 65 95 69 46 66 64 45 ',
    ],
    [
      'local t = {1, 2, 3, 4, 5} table.sort(t, function() return true end)',
      'error: user_script:1: invalid order function for sorting',
    ],
    ['local t = {1, 2, 3} table.sort(t, function() return true end) return unpack(t)', '2 3 1'],
    [
      'local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return true end)',
      'error: user_script:1: invalid order function for sorting',
    ],
    ["table.sort({3, 2, 1}, function(a, b) error('stop', 0) end)", 'error: stop'],
    [
      'local t = setmetatable({3, 2, 1}, {__index = error, __newindex = error}) table.sort(t) return unpack(t)',
      '1 2 3',
    ],
    ['local t = {} t[3] = 1 t[2] = 2 t[1] = 3 table.sort(t) return unpack(t)', '1 2 3'],
    ['table.sort({}, 5)', "error: user_script:1: bad argument #2 to 'sort' (function expected, got number)"],
    ['table.sort()', "error: user_script:1: bad argument #1 to 'sort' (table expected, got no value)"],
    ["table.sort('x')", "error: user_script:1: bad argument #1 to 'sort' (table expected, got string)"],
    [
      'local n, t = 0, {1, 2, 3, 4, 5} local ok, e = pcall(table.sort, t, function() n = n + 1 return true end) return ok, e, n',
      'false invalid order function for sorting 7',
    ],
    [
      'local n, t = 0, {1, 2, 3, 4, 5, 6, 7} local ok, e = pcall(table.sort, t, function() n = n + 1 return n % 7 ~= 0 end) return ok, e, n',
      'false invalid order function for sorting 13',
    ],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })
})

describe('sort', () => {
  const list = (items: readonly (string | number)[]): string => `{${items.map(item => luaText(item)).join(', ')}}`
  const luaText = (item: string | number): string =>
    typeof item === 'number'
      ? `${item}`
      : `"${item.replace(/[^a-z]/g, c => `\\${`${c.charCodeAt(0)}`.padStart(3, '0')}`)}"`

  test('numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 60 }), items => {
        const sorted = [...items].sort((a, b) => a - b)
        expect(evaluate(`local t = ${list(items)} table.sort(t) return table.concat(t, ' ')`)).toBe(sorted.join(' '))
      }),
    )
  })

  test('strings, as bytes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff', 'a'.repeat(20)), maxLength: 4 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), items => {
        const sorted = [...items].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        expect(evaluate(`local t = ${list(items)} table.sort(t) return table.concat(t, ' ')`)).toBe(sorted.join(' '))
      }),
    )
  })

  test('what is sorted in memory comes out as it does through Lua', () => {
    const item = fc.oneof(fc.integer({ min: 0, max: 9 }).map(String), fc.constantFrom('0/0', '-(0/0)', '-n'))
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30 }), items => {
        const sort = (order: string): string =>
          evaluate(
            `local n = 0 local t = {${items.join(', ')}} local ok, e = pcall(table.sort, t${order}) ` +
              'for i = 1, #t do t[i] = tostring(t[i]) end return ok, e, table.concat(t, " ")',
          )
        expect(sort('')).toBe(sort(', function(a, b) return a < b end'))
      }),
    )
  })

  test('takes what is not in the array part of a table', () => {
    expect(
      evaluate('local t = {} for i = 40, 1, -1 do t[i] = -i end table.sort(t) return t[1], t[2], t[39], t[40]'),
    ).toBe('-40 -39 -2 -1')
  })

  /** Makes a table that this quicksort takes quadratic time for: what an adversary answered to its questions (McIlroy 1999). */
  const MAKE_KILLER = `
    n, killer = 2000, {}
    local items, solid, candidate = {}, 0, 1
    for i = 1, n do killer[i] = n items[i] = i end
    table.sort(items, function(x, y)
      if killer[x] == n and killer[y] == n then
        if x == candidate then killer[x] = solid else killer[y] = solid end
        solid = solid + 1
      end
      if killer[x] == n then candidate = x elseif killer[y] == n then candidate = y end
      return killer[x] < killer[y]
    end)`

  test.each([
    ['numbers', 'table.sort(killer)'],
    ['strings', "for i = 1, n do killer[i] = ('%05d'):format(killer[i]) end table.sort(killer)"],
    ['tables', 'for i = 1, n do killer[i] = boxed(killer[i]) end table.sort(killer)'],
    ['a function', 'table.sort(killer, function(a, b) return a < b end)'],
  ])('can be interrupted: %s', (_, script) => {
    let calls = 0
    let most = Infinity
    const { run } = bareLua(lua => ({
      table: tableLibrary(lua, L => {
        if (++calls > most) lua.error(L, 'interrupted')
      }),
    }))
    run('local m = {__lt = function(a, b) return a.x < b.x end} function boxed(x) return setmetatable({x = x}, m) end')
    expect(run(MAKE_KILLER)).toEqual([])
    calls = 0
    // n * log2(n) comparisons would be some 22,000.
    most = 4
    expect(run(script)).toBe('error: user_script:1: interrupted')
    calls = 0
    most = Infinity
    expect(run('table.sort({3, 1, 2}) return "fine"')).toEqual(['fine'])
    expect(calls).toBeLessThanOrEqual(1)
  })
})
