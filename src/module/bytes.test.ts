import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bytes, bytesOf, describe as inWords, isBytes, latin1 } from './bytes.js'

test('text goes in and comes out as UTF-8, bytes as they are', () => {
  expect(latin1('ä')).toBe('\xc3\xa4')
  expect(Bytes.from('ä').length).toBe(2)
  expect(Bytes.from('ä').toString()).toBe('ä')
  expect(`${Bytes.from('ä')}`).toBe('ä')
  expect(Bytes.from(new Uint8Array([0, 255])).toString('latin1')).toBe('\0\xff')
  expect(Bytes.from('ä').toString('hex')).toBe('c3a4')
  expect(Bytes.from('ä').toString('base64')).toBe('w6Q=')
  expect(JSON.stringify([Bytes.from('ä')])).toBe('["ä"]')
  fc.assert(
    fc.property(fc.uint8Array(), bytes => void expect([...Bytes.from(bytes).toUint8Array()]).toEqual([...bytes])),
  )
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => void expect(Bytes.from(text).toString()).toBe(text)))
})

test('equals, concat, at, slice', () => {
  const bytes = Bytes.from('abc')
  expect(bytes.equals('abc')).toBe(true)
  expect(bytes.equals(Bytes.from('abc'))).toBe(true)
  expect(bytes.equals(new Uint8Array([97, 98, 99]))).toBe(true)
  expect(bytes.equals('abd')).toBe(false)
  expect(Bytes.concat('a', bytes, new Uint8Array([255])).toString('latin1')).toBe('aabc\xff')
  expect(Bytes.concat().length).toBe(0)
  expect([bytes.at(0), bytes.at(2), bytes.at(3), bytes.at(-1)]).toEqual([97, 99, undefined, undefined])
  expect(bytes.slice(1).toString()).toBe('bc')
  expect(bytes.slice(-2, -1).toString()).toBe('b')
})

test('what goes in is copied, what comes out is a copy', () => {
  const source = new Uint8Array([1, 2])
  const bytes = Bytes.from(source)
  source[0] = 9
  const out = bytes.toUint8Array()
  out[1] = 9
  expect([...bytes.toUint8Array()]).toEqual([1, 2])
})

test('bytes of another copy of the package are bytes', () => {
  const foreign = { [Symbol.for('krmt.bytes')]: 'x' } as unknown as Bytes
  expect(isBytes(foreign)).toBe(true)
  expect(latin1(foreign)).toBe('x')
  expect(bytesOf('x').equals(foreign)).toBe(true)
})

test('what is no bytes is refused, in words', () => {
  expect(() => Bytes.from(undefined as never)).toThrow('the value must be text or bytes, not undefined')
  expect(() => Bytes.from(1 as never)).toThrow('not the number 1')
  expect(() => Bytes.concat('a', {} as never)).toThrow('not an object')
  expect([null, [], () => 1, Promise.resolve(), Symbol('x'), 1n, 'text', true].map(inWords)).toEqual([
    'null',
    'an array',
    'a function',
    'a promise',
    'a symbol',
    'the bigint 1',
    'the text "text"',
    'the boolean true',
  ])
})

test('what console.log shows', () => {
  expect(inspect(Bytes.from('a"ä'))).toBe('Bytes "a\\"ä"')
  expect(inspect([bytesOf('a\xff"\n')])).toBe('[ Bytes "a\\xff\\"\\x0a" ]')
})
