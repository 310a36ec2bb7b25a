import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluator } from '../fixtures/evaluate.js'
import { mathRandom, RandomGenerator } from './math-random.js'

/** With a generator of its own. */
const fresh = () => evaluator(lua => ({ math: mathRandom(lua, new RandomGenerator()) }))

// The expected values are redis-server 7.0.15's.

test('from the start of the server', () => {
  const evaluate = fresh()
  expect(evaluate('math.random(), math.random(), math.random()')).toBe(
    '0.39646477363839 0.84048536971234 0.35333609737146',
  )
  expect(evaluate('math.random(), math.random()')).toBe('0.44658343468168 0.31869277233197')
})

test.each([
  ['0', '0.17082803611217 0.74990198051087'],
  ['1', '0.041630344484761 0.4544924448498'],
  ['-1', '0.30002572727391 0.045311516171932'],
  ['2^31 - 1', '0.80002572750674 0.54531151640476'],
  ['2^32 + 1', '0.041630344484761 0.4544924448498'],
  ['1.9', '0.041630344484761 0.4544924448498'],
  ["'1'", '0.041630344484761 0.4544924448498'],
  ['1e300', '0.17082803611217 0.74990198051087'],
])('with the seed %s', (seed, expected) => {
  const evaluate = fresh()
  expect(evaluate(`math.randomseed(${seed})`)).toBe('')
  expect(evaluate('math.random(), math.random()')).toBe(expected)
})

test.each([
  ['math.random(10), math.random(10), math.random(10)', '3 7 3'],
  ['math.random(-5, 5), math.random(-5, 5), math.random(-5, 5)', '-3 2 -3'],
  ['math.random(1), math.random(7, 7), math.random(2^31 - 1)', '1 7 570136709'],
  [
    'math.random(-2^31, 2^31 - 1), math.random(0, 2^31 - 1), math.random(-2^31, 0)',
    '-2147483648 -1464659505 -2717620356',
  ],
  ["math.random('3'), math.random(2.9), math.random(2^32 + 2)", '1 2 1'],
  ['math.random(0)', "error: user_script:1: bad argument #1 to 'random' (interval is empty)"],
  ['math.random(2^31)', "error: user_script:1: bad argument #1 to 'random' (interval is empty)"],
  ['math.random(2, 1)', "error: user_script:1: bad argument #2 to 'random' (interval is empty)"],
  ['math.random(1, 2, 3)', 'error: user_script:1: wrong number of arguments'],
  ["math.random('x')", "error: user_script:1: bad argument #1 to 'random' (number expected, got string)"],
  ['math.random(1, {})', "error: user_script:1: bad argument #2 to 'random' (number expected, got table)"],
  ['math.randomseed()', "error: user_script:1: bad argument #1 to 'randomseed' (number expected, got no value)"],
])('%s', (source, expected) => {
  const evaluate = fresh()
  evaluate('math.randomseed(7)')
  expect(evaluate(source)).toBe(expected)
})

test('an error draws a number all the same', () => {
  const evaluate = fresh()
  evaluate('math.randomseed(0)')
  evaluate('pcall(math.random, 0)')
  evaluate('pcall(math.random, {}, {})')
  expect(evaluate('math.random()')).toBe('0.09637165539729')
})

test('the generator computes modulo 2 ** 48', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), seed => {
      const generator = new RandomGenerator()
      generator.seed(seed)
      let state = (BigInt.asUintN(32, BigInt(seed)) << 16n) | 0x330en
      for (let i = 0; i < 20; i++) {
        state = BigInt.asUintN(48, state * 0x5deece66dn + 0xbn)
        expect(generator.next()).toBe(Number(state >> 17n))
      }
    }),
  )
})
