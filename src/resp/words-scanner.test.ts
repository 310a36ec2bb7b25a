import { describe, expect, test } from 'vitest'
import { ProtocolError } from './parser.js'
import { WordsScanner } from './words-scanner.js'

const scanner = (left: number, skip: number) => {
  const words = new WordsScanner(() => 100)
  words.resume(left, skip)
  return words
}

describe('the words that a command still lacks', () => {
  const rest = 'tail\r\n$0\r\n\r\n$11\r\n$3\r\nno word\r\n'

  test('end where the last of them does, wherever the stream is cut', () => {
    for (let cut = 0; cut <= rest.length; cut++) {
      const words = scanner(3, 6)
      const first = words.take(Buffer.from(rest.slice(0, cut)))
      const second = words.take(Buffer.from(`${rest.slice(first)}*1\r\n`))
      expect(first + second, `cut at ${cut}`).toBe(rest.length)
      expect(words.isInside).toBe(false)
    }
  })

  test.each([
    [':1\r\n', "expected '$', got ':'"],
    ['$-1\r\n', 'invalid bulk length'],
    ['$101\r\n', 'invalid bulk length'],
    ['$1x\r\n', 'invalid bulk length'],
    ['$1\n', 'invalid bulk length'],
    [`$${'1'.repeat(30)}`, 'invalid bulk length'],
    ['$1\r\nabc', 'invalid bulk length'],
  ])('%j is an error', (bytes, message) => {
    expect(() => scanner(1, 0).take(Buffer.from(bytes))).toThrow(new ProtocolError(message))
  })
})
