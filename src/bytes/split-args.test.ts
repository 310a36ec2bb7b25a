import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quoteArg, splitArgs } from './split-args.js'

describe('splitArgs', () => {
  test.each([
    ['', []],
    [' \t\v\f\r\n', []],
    ['SET k v', ['SET', 'k', 'v']],
    ['  a\tb\r\n', ['a', 'b']],
    ['\va\vb\fc d', ['a\vb\fc', 'd']],
    ['""', ['']],
    ["''  ''", ['', '']],
    ['a"b c" d', ['ab c', 'd']],
    ["a'b c'", ['ab c']],
    ['"a\'b"', ["a'b"]],
    ["'a\"b'", ['a"b']],
    ['"\\n\\r\\t\\b\\a\\"\\\\\\q"', ['\n\r\t\b\x07"\\q']],
    ['"\\x00\\xFf\\xg1\\x1"', ['\0\xffxg1x1']],
    ["'\\n\\'\\\\ '", ["\\n'\\\\ "]],
    ['\\n \\"a"', ['\\n', '\\a']],
    ['"a"\v"b"', ['a', 'b']],
    ['a\0b c', ['a']],
    ['"a"\0"', ['a']],
    ['\xe4 \x85\xa0', ['\xe4', '\x85\xa0']],
  ])('%j', (line, words) => expect(splitArgs(line)).toEqual(words))

  test.each(['"', "'", '"a', "a'b", '"a\\"', "'a\\'", '"a"b', "'a'b", '"a""b"', '"a\\', '"a\0"', "'\\\\'", 'ok "a"x'])(
    '%j is unbalanced',
    line => expect(splitArgs(line)).toBeUndefined(),
  )
})

describe('quoteArg', () => {
  test.each([
    ['', '""'],
    ['a b', '"a b"'],
    ['"\\\'', '"\\"\\\\\'"'],
    ['\n\r\t\b\x07', '"\\n\\r\\t\\b\\a"'],
    ['\0\x1f~\x7f\xff', '"\\x00\\x1f~\\x7f\\xff"'],
  ])('%j', (text, quoted) => expect(quoteArg(text)).toBe(quoted))

  test('is undone by splitArgs', () => {
    const byte = fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code))
    fc.assert(
      fc.property(fc.array(fc.string({ unit: byte })), words => {
        expect(splitArgs(words.map(quoteArg).join(' '))).toEqual(words)
      }),
    )
  })
})
