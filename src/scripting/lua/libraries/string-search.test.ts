import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bareLua } from '../fixtures/bare-lua.js'
import { evaluator } from '../fixtures/evaluate.js'
import { searchFunctions } from './string-search.js'

const evaluate = evaluator(lua => ({ string: searchFunctions(lua, () => {}) }))

// The expected values are redis-server 7.0.15's.
describe('find, match, gmatch, gsub', () => {
  test.each([
    ["string.match('key = value', '^(%w+)%s*=%s*(%w+)$')", 'key value'],
    ["string.match('  x', '^%s*$')", 'nil'],
    ["string.match('x-1.5e3', '[%d%.e-]+')", '-1.5e3'],
    ["string.find('a]b', '[]]')", '2 2'],
    ["string.find('a^b', '[b^]')", '2 2'],
    ["string.find('abc', '[^]a]')", '2 2'],
    ["string.find('a-c', '[a-]', 2)", '2 2'],
    ["string.find('b', '[c-a]')", 'nil'],
    ["string.match('%d', '[%d]')", 'nil'],
    ["string.match('x', '[%a-z]')", 'x'],
    ["string.match('-', '[%a-z]')", '-'],
    ["string.match('\\0\\1\\127a', '%c+') == '\\0\\1\\127'", 'true'],
    ["string.match('a\\0b', '%z()')", '3'],
    ["string.match('aaab', 'a-b')", 'aaab'],
    ["string.match('aaa', '^(a-)$')", 'aaa'],
    ["string.match('aaa', 'a-')", ''],
    ["string.match('aXb', '%u')", 'X'],
    ["string.match('aaXb', '%U+')", 'aa'],
    ["string.match('foo(bar(baz))', '%b()')", '(bar(baz))'],
    ["string.match('[[]', '%b[]')", '[]'],
    ["string.find('((', '%b()')", 'nil'],
    ["string.match('THE (quick) fox', '%f[%a]%a+%f[%A]')", 'THE'],
    ["string.find('THE (quick) fox', '%f[%l]%l+')", '6 10'],
    ["string.gsub('aaa bbb', '%f[%w]%w+', '<%0>')", '<aaa> <bbb> 2'],
    ["string.find('ab', '%f[%z]')", '3 2'],
    ["string.match('abab', '(ab)%1')", 'ab'],
    ["string.match('abac', '(ab)%1')", 'nil'],
    ["string.match('\"it\\'s\"', '([\"\\']).-%1')", '"'],
    ["string.find('hello', '()ll()')", '3 4 3 5'],
    ["string.find('abc', 'b', -1)", 'nil'],
    ["string.find('abc', 'b', -10)", '2 2'],
    ["string.find('abc', '', 10)", '4 3'],
    ["string.find('abc', '', 4)", '4 3'],
    ["string.find('', '')", '1 0'],
    ["string.find('a.b', '.', 2, true)", '2 2'],
    ["string.find('a.b', '.b', 1, true)", '2 3'],
    ["string.find('a+b', '+', 1, true)", '2 2'],
    ["string.find('abc', '^b', 2)", '2 2'],
    ["string.find('abc', 'c$')", '3 3'],
    ["string.find('a$c', 'a$c')", '1 3'],
    ["string.find('a^c', 'a^c')", '1 3'],
    ["string.find('ab\\0cd', 'cd')", '4 5'],
    ["string.find('ab\\0cd', 'b\\0c')", '2 4'],
    ["string.find('ab\\0cd', 'b\\0c.')", 'nil'],
    ["string.match('ab\\0cd', '(.+)') == 'ab\\0cd'", 'true'],
    ["string.find('abc', 'b', 2^31)", 'nil'],
    ["string.find('abc', 'b', -2^31)", '2 2'],
    ["string.find('abc', 'b', 1e300)", '2 2'],
    ["string.find('abc', 'b', '2')", '2 2'],
    ['string.find(1234, 23)', '2 3'],
    ["string.match(1234, '%d', 2.9)", '2'],
    ["string.find('xab', 'a*xab', 2)", 'nil'],
    ["string.match('aab', '^.-(b)')", 'b'],
    ["string.match('aabab', '^(a-)(ab)(ab)$')", 'a ab ab'],
    ["string.find('xa', 'b?a')", '2 2'],
    ["string.find('xa', 'b*a')", '2 2'],
    ["string.find('xa', 'b-a')", '2 2'],
    ["string.find('xa', 'b+a')", 'nil'],
    ["string.find('xa', '%d?a')", '2 2'],
    ["string.find('xa', '%d*a')", '2 2'],
    ["string.find('xa', '%d-a')", '2 2'],
    ["string.find('xa', '[bc]?a')", '2 2'],
    ["string.find('xa', '[bc]*a')", '2 2'],
    ["string.find('xa', '[bc]-a')", '2 2'],
    ["string.find('x', 'x?$', 2)", '2 1'],
    ["string.gsub('xax', '%d*', '-')", '-x-a-x- 4'],
  ])('Classes, sets, repetitions: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    [
      "local t = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do t[#t + 1] = k .. v end return unpack(t)",
      'a1 b2',
    ],
    ["local t = {} for p in string.gmatch('abc', '()') do t[#t + 1] = p end return unpack(t)", '1 2 3 4'],
    ["local t = {} for w in string.gmatch('^a^a', '^a') do t[#t + 1] = w end return unpack(t)", '^a ^a'],
    ["local f = string.gmatch('ab', '.') return f(), f(), f(), f()", 'a b nil'],
    ["local t = {} for a, b in ('x1y2'):gfind('(%a)(%d)') do t[#t + 1] = a .. b end return unpack(t)", 'x1 y2'],
  ])('gmatch does not know anchors: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["string.gsub('hello', 'l', 'L')", 'heLLo 2'],
    ["string.gsub('hello', 'l', 'L', 1)", 'heLlo 1'],
    ["string.gsub('hello', 'l', 'L', 0)", 'hello 0'],
    ["string.gsub('hello', 'l', 'L', -1)", 'hello 0'],
    ["string.gsub('hello', 'l', 'L', 2^32 + 1)", 'heLlo 1'],
    ["string.gsub('hello', '', '-')", '-h-e-l-l-o- 6'],
    ["string.gsub('hello', '^h', 'j')", 'jello 1'],
    ["string.gsub('hhh', '^h', 'j')", 'jhh 1'],
    ["string.gsub('abc', '%w', '%0%0')", 'aabbcc 3'],
    ["string.gsub('abc', '(a)(b)', '%2%1')", 'bac 1'],
    ["string.gsub('abc', 'b', '%%')", 'a%c 1'],
    ["string.gsub('abc', 'b', '%x')", 'axc 1'],
    ["(#string.gsub('abc', 'b', '%'))", '3'],
    ["string.gsub('abc', 'b', 7)", 'a7c 1'],
    ["string.gsub('abc', '()b', '%1')", 'a2c 1'],
    ["string.gsub('a b', '%a', {a = 1, b = false})", '1 b 2'],
    ["string.gsub('a b', '%a', {a = 'x', b = true})", 'error: user_script:1: invalid replacement value (a boolean)'],
    ["string.gsub('a b', '%a', function(c) return c == 'a' and 'x' end)", 'x b 2'],
    ["string.gsub('a b', '(%a)()', function(c, p) return p end)", '2 4 2'],
    ["string.gsub('a b', '%a', function() return {} end)", 'error: user_script:1: invalid replacement value (a table)'],
    ["string.gsub('a b', '%a', function() error('x', 0) end)", 'error: x'],
    [
      "string.gsub('a b', '%a', setmetatable({}, {__index = function(_, k) return (k:gsub('a', 'nested')) end}))",
      'nested b 2',
    ],
    ["string.gsub('a b', '%a', function(c) return (c:gsub('.', function(d) return d:rep(3) end)) end)", 'aaa bbb 2'],
    ["string.gsub('abc', '%w', '%1%2')", 'error: user_script:1: invalid capture index'],
    ["string.gsub(12321, 2, 'x')", '1x3x1 2'],
  ])('gsub: strings, tables, functions: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["string.find('a', '[a')", "error: user_script:1: malformed pattern (missing ']')"],
    ["string.find('a', '[]')", "error: user_script:1: malformed pattern (missing ']')"],
    ["string.find('a', '[^]')", "error: user_script:1: malformed pattern (missing ']')"],
    ["string.find('a', '[a%')", "error: user_script:1: malformed pattern (missing ']')"],
    ["string.find('a', '%')", "error: user_script:1: malformed pattern (ends with '%')"],
    ["string.find('a', '(a')", 'error: user_script:1: unfinished capture'],
    ["string.find('a', 'a)')", 'nil'],
    ["string.find('a', '%1')", 'error: user_script:1: invalid capture index'],
    ["string.find('a', '(a)%2')", 'error: user_script:1: invalid capture index'],
    ["string.find('a', '(a%1)')", 'error: user_script:1: invalid capture index'],
    ["string.find('a', '%0')", 'error: user_script:1: invalid capture index'],
    ["string.find('a', '%b')", 'error: user_script:1: unbalanced pattern'],
    ["string.find('a', '%bx')", 'error: user_script:1: unbalanced pattern'],
    ["string.find('a', '%fa')", "error: user_script:1: missing '[' after '%f' in pattern"],
    ["string.find('a', 'b[')", 'nil'],
    ["string.find('', 'b[')", 'nil'],
    ["string.find('a', ('()'):rep(33))", 'error: user_script:1: too many captures'],
    ["string.find('a', ('('):rep(100))", 'error: user_script:1: too many captures'],
    ['string.find()', "error: user_script:1: bad argument #1 to 'find' (string expected, got no value)"],
    ["string.find('a')", "error: user_script:1: bad argument #2 to 'find' (string expected, got no value)"],
    ["string.find({}, 'a')", "error: user_script:1: bad argument #1 to 'find' (string expected, got table)"],
    ["string.find('a', 'a', {})", "error: user_script:1: bad argument #3 to 'find' (number expected, got table)"],
    ["('a'):find()", "error: user_script:1: bad argument #1 to 'find' (string expected, got no value)"],
    ["string.gmatch('a')", "error: user_script:1: bad argument #2 to 'gmatch' (string expected, got no value)"],
    ["string.gsub('a', 'b')", "error: user_script:1: bad argument #3 to 'gsub' (string/function/table expected)"],
    ["string.gsub('a', 'b', nil)", "error: user_script:1: bad argument #3 to 'gsub' (string/function/table expected)"],
    ["string.gsub('a', 'b', true)", "error: user_script:1: bad argument #3 to 'gsub' (string/function/table expected)"],
    [
      "string.gsub('a', 'b', 'c', 'd')",
      "error: user_script:1: bad argument #4 to 'gsub' (number expected, got string)",
    ],
    [
      "string.gsub('a', 'b', true, 'd')",
      "error: user_script:1: bad argument #4 to 'gsub' (number expected, got string)",
    ],
    ["string.gsub('a', 'a', '%2')", 'error: user_script:1: invalid capture index'],
    ["string.gsub('a', '[a', 'x', 0)", 'a 0'],
  ])('Errors: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })
})

describe('long subjects', () => {
  // Around the sizes at which another way is taken: a set that is worth to be known whole, and the pieces of long searches.
  const SIZES = [99, 100, 101, 199, 200, 201, 202, 2 ** 16 - 1, 2 ** 16, 2 ** 16 + 1, 2 ** 17 + 1, 2 ** 20 + 300]

  test.each(SIZES)('%i bytes in front', size => {
    const at = (pattern: string): string =>
      evaluate(`local s = ('a'):rep(${size}) .. 'xyz1' return s:find('${pattern}')`)
    const [x, end] = [size + 1, size + 4]
    expect(at('x')).toBe(`${x} ${x}`)
    expect(at('xyz1')).toBe(`${x} ${end}`)
    expect(at('x.z')).toBe(`${x} ${x + 2}`)
    expect(at('[xz]')).toBe(`${x} ${x}`)
    expect(at('[^a]+')).toBe(`${x} ${end}`)
    expect(at('[^a]*')).toBe('1 0')
    expect(at('[^%l]')).toBe(`${end} ${end}`)
    expect(at('%d')).toBe(`${end} ${end}`)
    expect(at('%A')).toBe(`${end} ${end}`)
    expect(at('^[a]+')).toBe(`1 ${size}`)
    expect(at('^[ab]*()')).toBe(`1 ${size} ${x}`)
    expect(at('^%l+')).toBe(`1 ${end - 1}`)
    expect(at('^a*x')).toBe(`1 ${x}`)
    expect(at('^.*y')).toBe(`1 ${x + 1}`)
    expect(at('^.-y')).toBe(`1 ${x + 1}`)
    expect(at('%bxz')).toBe(`${x} ${x + 2}`)
    expect(at('[xyz]%d$')).toBe(`${end - 1} ${end}`)
    expect(at('q')).toBe('nil')
    expect(at('[qr]')).toBe('nil')
    expect(at('q.')).toBe('nil')
    expect(at('%u')).toBe('nil')
  })

  test('%b and back references', () => {
    expect(evaluate("local s = ('('):rep(70000) .. (')'):rep(70000) .. ')' return s:find('%b()')")).toBe('1 140000')
    expect(evaluate("local s = ('ab'):rep(50000) return s:find('^(.+)%1$') == 1")).toBe('true')
    expect(evaluate("local s = ('a'):rep(40) .. 'b' .. ('a'):rep(40) return s:find('(a+)b%1()')")).toBe(
      `1 81 ${'a'.repeat(40)} 82`,
    )
    expect(evaluate("local s = ('a'):rep(40) .. 'b' .. ('a'):rep(39) return s:find('^(a+)b%1')")).toBe('nil')
  })

  test('a result of gsub that outgrows its memory', () => {
    const grown = "local s = ('ab'):rep(100000):gsub('b', ('c'):rep(30)) return #s, s:sub(1, 35), s:sub(-3)"
    expect(evaluate(grown)).toBe(`3100000 a${'c'.repeat(30)}accc ccc`)
    const called =
      "local s, n = ('ab'):rep(50000):gsub('%w', function(c) return c:rep(20) end) return #s, n, s:sub(19, 22)"
    expect(evaluate(called)).toBe('2000000 100000 aabb')
  })
})

describe('a pattern that is too much', () => {
  /** Gives what a script makes of it when the first `most` interruptions are let pass. */
  const interrupted = (source: string, most: number): readonly string[] | string => {
    let calls = 0
    const { run } = bareLua(lua => ({
      string: searchFunctions(lua, L => {
        if (++calls > most) lua.error(L, 'interrupted')
      }),
    }))
    const result = run(`return ${source}`)
    // It can be used again.
    expect(run("return ('abc'):gsub('b', 'x')")).toEqual(['axc', '1'])
    return result
  }

  test.each([
    "string.match(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40))",
    "string.match(('x'):rep(1000), ('.-'):rep(200) .. 'y')",
    "string.find(('x'):rep(100000), '.*.*y')",
    "string.find(('('):rep(100000), '%b()')",
    "string.find(('a'):rep(100000), '(a+)%1b')",
    "string.gsub(('x'):rep(100000), '.-y', '')",
    "string.find(('a'):rep(2000000), ('a'):rep(1000000) .. 'b', 1, true)",
    "string.find(('a'):rep(8000000), 'b')",
    "string.find(('a'):rep(8000000), '[bc]')",
  ])('can be interrupted: %s', source => {
    expect(interrupted(source, 2)).toBe('error: user_script:1: interrupted')
  })

  test('it does not overflow the stack', () => {
    const matched = (length: number): string =>
      evaluate(
        `local ok, r = pcall(string.match, ('a'):rep(${length}), ('a?'):rep(${length})) return ok, ok and #r or r`,
      )
    expect(matched(120_000)).toBe('true 120000')
    // Redis's process is lost here.
    expect(matched(300_000)).toBe('false pattern too complex')
    expect(evaluate("return #string.match(('a'):rep(300000), ('.'):rep(300000))")).toBe('300000')
    expect(evaluate("return string.find(('a'):rep(300000), ('a'):rep(299999) .. 'b')")).toBe('nil')
  })

  test('gsub can be nested until Lua itself says no', () => {
    const nested = (depth: number): string =>
      evaluate(
        `local function f(n) if n == 0 then return 'end' end return (('x'):gsub('x', function() return n .. f(n - 1) end)) end return pcall(f, ${depth})`,
      )
    expect(nested(5)).toBe('true 54321end')
    expect(nested(150)).toMatch(/^true 150149.*21end$/)
    expect(nested(1000)).toMatch(/^false .*C stack overflow$/)
    expect(nested(5)).toBe('true 54321end')
  })

  test('the result of gsub is bounded by the memory that Lua may have', () => {
    expect(evaluate("pcall(string.gsub, ('a'):rep(10000000), 'a', ('b'):rep(100))")).toBe('false not enough memory')
  })

  test('gsub keeps no memory, not even when a callback fails', () => {
    const { run, lua } = bareLua(self => ({ string: searchFunctions(self, () => {}) }))
    const chunk =
      "for i = 1, 10000 do ('abc'):gsub('%w', 'x') pcall(string.gsub, 'abc', 'c', error) end collectgarbage()"
    run(chunk)
    const size = lua.memorySize
    run(chunk)
    expect(lua.memorySize).toBe(size)
  })

  test('a callback cannot yield', () => {
    const yields = "coroutine.resume(coroutine.create(function() ('x'):gsub('x', coroutine.yield) end))"
    expect(evaluate(yields)).toBe('false attempt to yield across metamethod/C-call boundary')
  })
})

test('any pattern is matched or refused', () => {
  let left = 0
  const { run } = bareLua(lua => ({
    string: searchFunctions(lua, L => {
      if (--left < 0) lua.error(L, 'interrupted')
    }),
  }))
  const piece = fc.oneof(
    fc.constantFrom('%', '[', ']', '(', ')', '^', '$', '*', '-', '+', '?', '.', '%b', '%f', '%1', '[^', '\\0', '\\255'),
    fc.constantFrom('a', 'b', '%a', '%D', '[%w_]', '()', '%b()', '%f[a]', '(a*)'),
  )
  const text = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''))
  fc.assert(
    fc.property(text, text, text, (subject, pattern, replacement) => {
      left = 20
      for (const call of [
        `string.find('${subject}', '${pattern}')`,
        `string.gsub('${subject}', '${pattern}', '${replacement}')`,
        `(function() for a in string.gmatch('${subject}', '${pattern}') do end end)()`,
      ]) {
        const result = run(`return ${call}`)
        if (typeof result === 'string') expect(result).toMatch(/^error: user_script:1: [a-z ]+( \(.*\)|'.*'.*)?$/)
      }
    }),
    { numRuns: 500 },
  )
})
