import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lua } from '../lua.js'
import { PlainFinder } from './string-plain.js'

const lua = new Lua(() => 64 * 2 ** 20)
const finder = new PlainFinder(lua, () => {})
const memory = lua.c.malloc(2 ** 23)

/** Offset of the needle in the haystack; what follows the haystack in memory would complete it. */
function find(haystack: string, needle: string): number {
  lua.bytes.latin1Write(haystack + needle, memory)
  const other = memory + haystack.length + needle.length
  lua.bytes.latin1Write(needle, other)
  const found = finder.find(lua.main, memory, haystack.length, other, needle.length)
  return found < 0 ? -1 : found - memory
}

test('finds what indexOf finds', () => {
  const text = (most: number) => fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff'), maxLength: most })
  fc.assert(
    fc.property(text(400), text(4), (haystack, needle) => {
      expect(find(haystack, needle)).toBe(haystack.indexOf(needle))
    }),
  )
})

test('a needle of any length, often nearly found', () => {
  const size = fc.integer({ min: 1, max: 600 })
  fc.assert(
    fc.property(size, size, fc.integer({ min: 0, max: 5 }), fc.boolean(), (before, length, rest, isThere) => {
      const needle = `${'ab'.repeat(length)}c`
      const haystack = 'ab'.repeat(before) + (isThere ? needle : 'ab'.repeat(length)) + 'b'.repeat(rest)
      expect(find(haystack, needle)).toBe(haystack.indexOf(needle))
    }),
  )
})

test.each([1, 2, 250, 251, 3000])('a needle of %i bytes at the border between two pieces', length => {
  const needle = `${'n'.repeat(length - 1)}x`
  for (const begin of [2 ** 18 - length, 2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 2 ** 19 + 5]) {
    const haystack = `${'.'.repeat(begin - 400)}${'n'.repeat(400)}${needle}n`
    expect(find(haystack, needle)).toBe(haystack.indexOf(needle))
    expect(find(haystack.slice(0, begin + length - 1), needle)).toBe(-1)
  }
})

test('an empty needle is anywhere, a longer one than the haystack nowhere', () => {
  expect(find('', '')).toBe(0)
  expect(find('abc', '')).toBe(0)
  expect(find('ab', 'abc')).toBe(-1)
  expect(find('a'.repeat(200), 'a'.repeat(201))).toBe(-1)
})
