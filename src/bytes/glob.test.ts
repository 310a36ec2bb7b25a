import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlob, globMatch } from './glob.js'

// As redis-server 7.0.15 has them.
const table: [pattern: string, matches: string[], others: string[]][] = [
  ['abc', ['abc'], ['', 'ab', 'abcd', 'ABC']],
  ['', [''], ['a']],
  ['*', ['a', 'abc'], ['']],
  ['**', ['a'], ['']],
  ['a*', ['a', 'ab'], ['', 'ba']],
  ['*c', ['c', 'abc'], ['', 'cb']],
  ['*b*', ['b', 'abc'], ['', 'ac']],
  ['a*c*', ['ac', 'abcd'], ['ab', 'ca']],
  ['a?c', ['abc', 'a?c'], ['ac', 'abbc']],
  ['*?', ['a', 'ab'], ['']],
  ['a[bc]d', ['abd', 'acd'], ['aad', 'ad']],
  ['[a-c]', ['a', 'b', 'c'], ['d', '-']],
  ['[c-a]', ['a', 'b', 'c'], ['d']],
  ['[^a-c]', ['d', '\xff'], ['a', 'c', '']],
  ['[a^]', ['a', '^'], ['b']],
  ['\\*', ['*'], ['a', '\\*']],
  ['a\\', ['a\\'], ['a']],
  // classes that are not closed, or look so
  ['[', [], ['', '[', 'a']],
  ['[^', ['a', '['], ['', 'ab']],
  ['[abc', ['a', 'c'], ['[', 'abc']],
  ['x[a-', ['xa', 'x-'], ['x', 'xb']],
  ['[a-]', ['a', ']', '^', '`'], ['-', 'b']],
  ['[]', [], [']', '[]']],
  ['[]a]', [], ['a', 'aa]']],
  ['[^]a]', ['xa]'], ['x', 'a']],
  ['[\\]]', [']'], ['\\']],
  ['[\\', ['\\'], ['a']],
  ['[a\\-z]', ['a', '-', 'z'], ['b', '\\']],
  // bytes are signed
  ['[\x80-\xff]', ['\x80', '\xff'], ['a']],
  ['[a-\xff]', ['\xff', 'a', '\0', 'A'], ['b', '\x80']],
  ['*\0*', ['\0', 'a\0b'], ['a']],
]

describe('globMatch and compileGlob', () => {
  test.each(table)('%j', (pattern, matches, others) => {
    const compiled = compileGlob(pattern)
    for (const text of [...matches, ...others]) {
      expect([text, globMatch(pattern, text)]).toEqual([text, matches.includes(text)])
      expect([text, compiled(text)]).toEqual([text, matches.includes(text)])
    }
  })

  test.each([
    ['aBc*', 'AbCd', true],
    ['[A-C]x', 'bX', true],
    ['[abc]', 'B', true],
    ['[^abc]', 'B', false],
    // Which end is the lower one is decided before case is ignored; after a backslash it is not ignored.
    ['[Z-a]', 'z', false],
    ['[Z-a]', 'm', false],
    ['[\\A]', 'A', true],
    ['[\\A]', 'a', false],
    ['\\A', 'a', true],
    ['\xc4', '\xe4', false],
  ])('%j with %j, without regard to case: %s', (pattern, text, expected) => {
    expect(globMatch(pattern, text, { nocase: true })).toBe(expected)
    expect(compileGlob(pattern, { nocase: true })(text)).toBe(expected)
  })

  test('agree with a matcher that tries everything', () => {
    const pattern = fc.string({ unit: fc.constantFrom(...'ab**?'), maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom(...'ab'), minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        const expected = tryEverything(p, t)
        expect(globMatch(p, t)).toBe(expected)
        expect(compileGlob(p)(t)).toBe(expected)
      }),
      { numRuns: 5_000 },
    )
  })

  test('take no more than pattern times text, whatever the pattern', () => {
    const text = 'a'.repeat(5_000)
    expect(globMatch(`${'a*'.repeat(1_000)}b`, text)).toBe(false)
    expect(globMatch(`${'*a'.repeat(1_000)}b`, text)).toBe(false)
    expect(globMatch(`${'*[a-z]?'.repeat(1_000)}*`, text)).toBe(true)
  })
})

function tryEverything(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const rest = pattern.slice(1)
  if (pattern.startsWith('*'))
    return tryEverything(rest, text) || (text !== '' && tryEverything(pattern, text.slice(1)))
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && tryEverything(rest, text.slice(1))
}
