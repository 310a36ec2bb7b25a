import { describe, expect, test } from 'vitest'
import { evaluator } from '../fixtures/evaluate.js'
import { stringLibrary } from './string.js'

const evaluate = evaluator(lua => ({ string: stringLibrary(lua, () => {}) }))

// The expected values are redis-server 7.0.15's.
describe('sub, byte, char, rep', () => {
  test.each([
    ["string.sub('hello', 2, 4)", 'ell'],
    ["string.sub('hello', -3)", 'llo'],
    ["string.sub('hello', 2)", 'ello'],
    ["string.sub('hello', 0)", 'hello'],
    ["string.sub('hello', -100, -3)", 'hel'],
    ["string.sub('hello', 4, 2)", ''],
    ["string.sub('hello', 10)", ''],
    ["string.sub('hello', 1, 2^31)", 'hello'],
    ["string.sub('hello', 1, 2^53)", 'hello'],
    ["string.sub('hello', 1, math.huge)", ''],
    ["string.sub('hello', -2^31)", 'hello'],
    ["string.sub('hello', -math.huge, 2)", 'he'],
    ["string.sub('hello', 0/0, 2)", 'he'],
    ["string.sub('hello', '2', '3')", 'el'],
    ["string.sub('hello', 1.9, 2.9)", 'he'],
    ['string.sub(12345, 2, 3)', '23'],
    ["string.sub('hello')", "error: user_script:1: bad argument #2 to 'sub' (number expected, got no value)"],
    ['string.sub()', "error: user_script:1: bad argument #1 to 'sub' (string expected, got no value)"],
    ['string.sub({}, 1)', "error: user_script:1: bad argument #1 to 'sub' (string expected, got table)"],
    ["string.sub('x', 'y')", "error: user_script:1: bad argument #2 to 'sub' (number expected, got string)"],
    ["('x'):sub({})", "error: user_script:1: bad argument #1 to 'sub' (number expected, got table)"],
    ["string.byte('hello')", '104'],
    ["string.byte('hello', -1)", '111'],
    ["string.byte('hello', 2, 4)", '101 108 108'],
    ["string.byte('hello', 0)", ''],
    ["string.byte('hello', 10)", ''],
    ["string.byte('hello', 1, 2^40)", '104 101 108 108 111'],
    ["string.byte('hello', 2^40)", ''],
    ["string.byte('hello', -2^40, 2)", '104 101'],
    ["string.byte('', 1)", ''],
    ["string.byte('\\0\\255', 1, -1)", '0 255'],
    ["string.byte(('x'):rep(10000), 1, -1)", 'error: user_script:1: stack overflow (string slice too long)'],
    ["string.byte('x', 'y')", "error: user_script:1: bad argument #2 to 'byte' (number expected, got string)"],
    ['string.char(72, 105)', 'Hi'],
    ['string.char()', ''],
    ['string.char(2^32 + 65)', 'A'],
    ['string.char(256)', "error: user_script:1: bad argument #1 to 'char' (invalid value)"],
    ['string.char(-1)', "error: user_script:1: bad argument #1 to 'char' (invalid value)"],
    ["string.char('65')", 'A'],
    ["string.char(65, 'x')", "error: user_script:1: bad argument #2 to 'char' (number expected, got string)"],
    ["string.rep('ab', 3)", 'ababab'],
    ["string.rep('ab', 1)", 'ab'],
    ["string.rep('ab', 0)", ''],
    ["string.rep('ab', -1)", ''],
    ["string.rep('ab', 2.9)", 'abab'],
    ["string.rep('ab', 2^32 + 2)", 'abab'],
    ["(#string.rep('', 2^31 - 1))", '0'],
    ["string.rep('ab', 0/0)", ''],
    ["string.rep('ab', 1e300)", ''],
    ["string.rep('ab', '2')", 'abab'],
    ['string.rep(7, 3)', '777'],
    ["string.rep('ab')", "error: user_script:1: bad argument #2 to 'rep' (number expected, got no value)"],
    ["string.rep({}, 'x')", "error: user_script:1: bad argument #1 to 'rep' (string expected, got table)"],
  ])('values: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })
})

describe('rep', () => {
  test('long results', () => {
    expect(evaluate("local s = ('a'):rep(10000000) return #s, s:sub(1, 2), s:find('[^a]')")).toBe('10000000 aa nil')
    expect(evaluate("local s = ('abc'):rep(1000001) return #s, s:sub(-4), #s:gsub('abc', '')")).toBe('3000003 cabc 0')
  })

  test('too long ones', () => {
    expect(evaluate("pcall(string.rep, 'a', 2^31 - 1)")).toBe('false not enough memory')
    expect(evaluate("pcall(string.rep, ('a'):rep(1000000), 2^31 - 1)")).toBe('false not enough memory')
    expect(evaluate("pcall(string.rep, 'a', 3e8)")).toBe('false not enough memory')
    expect(evaluate("('ab'):rep(3)")).toBe('ababab')
  })
})

test('methods of strings are these functions', () => {
  expect(evaluate("('%d'):rep(2):format(2^40, 2^41)")).toBe('10995116277762199023255552')
  expect(evaluate("('x'):rep(3):gsub('x', 'y', 2)")).toBe('yyx 2')
})
