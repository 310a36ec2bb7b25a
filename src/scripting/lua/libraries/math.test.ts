import { describe, expect, test } from 'vitest'
import { evaluator } from '../fixtures/evaluate.js'
import { mathLibrary } from './math.js'

const evaluate = evaluator(lua => ({ math: mathLibrary(lua) }))

// The expected values are redis-server 7.0.15's.
describe('the math library', () => {
  test.each([
    ['math.ldexp(1, 10)', '1024'],
    ['math.ldexp(1, 2^32 + 3)', '8'],
    ['math.ldexp(1, 1e300)', '1'],
    ["math.ldexp(1, '4')", '16'],
    ['math.ldexp(1, -1075)', '0'],
    ["math.ldexp('x', {})", "error: user_script:1: bad argument #2 to 'ldexp' (number expected, got table)"],
    ['math.ldexp(1)', "error: user_script:1: bad argument #2 to 'ldexp' (number expected, got no value)"],
    ['math.frexp(8)', '0.5 4'],
    ['math.frexp(0)', '0 0'],
    ['math.frexp(1/0)', 'inf 0'],
    ['math.frexp(-1/0)', '-inf 0'],
    ['math.frexp(0/0)', '-nan 0'],
    ["math.frexp('inf')", 'inf 0'],
    ["math.frexp('8')", '0.5 4'],
    ["math.frexp('x')", "error: user_script:1: bad argument #1 to 'frexp' (number expected, got string)"],
    ['math.frexp()', "error: user_script:1: bad argument #1 to 'frexp' (number expected, got no value)"],
    ['math.asin(0.5)', '0.5235987755983'],
    ['math.asin(2)', 'nan'],
    ['math.asin(-2)', 'nan'],
    ['math.asin(0/0)', '-nan'],
    ['math.asin(-(0/0))', 'nan'],
    ['math.acos(0.5)', '1.0471975511966'],
    ['math.acos(1/0)', 'nan'],
    ["math.acos('2')", 'nan'],
    ['math.acos({})', "error: user_script:1: bad argument #1 to 'acos' (number expected, got table)"],
    ['math.log10(1000)', '3'],
    ['math.log10(0)', '-inf'],
    ['math.log10(-1)', 'nan'],
    ['math.log10(-1/0)', 'nan'],
    ['math.log10(0/0)', '-nan'],
    ['math.log10(-(0/0))', 'nan'],
    ["math.log10('100')", '2'],
    ["math.log10('x')", "error: user_script:1: bad argument #1 to 'log10' (number expected, got string)"],
    ['math.tanh(0.5)', '0.46211715726001'],
    ['math.tanh(1/0)', '1'],
    ['math.tanh(-0)', '-0'],
    ['math.tanh(-(0/0))', 'nan'],
    ['math.fmod(7, 3)', '1'],
    ['math.fmod(-7, 3)', '-1'],
    ['math.fmod(7, 0)', '-nan'],
    ["math.fmod('x', {})", "error: user_script:1: bad argument #2 to 'fmod' (number expected, got table)"],
    ['math.pow(2, 0.5)', '1.4142135623731'],
    ["math.pow('x', {})", "error: user_script:1: bad argument #2 to 'pow' (number expected, got table)"],
    ["math.atan2('x', {})", "error: user_script:1: bad argument #2 to 'atan2' (number expected, got table)"],
    ['math.atan2(1, 2)', '0.46364760900081'],
  ])('values: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })
})
