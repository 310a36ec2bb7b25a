import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import { isFunctionName, parseLibrary } from './function-metadata.js'

describe('parseLibrary', () => {
  test.each([
    ['#!lua name=lib\nreturn 1', 'lib', '\nreturn 1'],
    ['#!lua name=lib\n', 'lib', '\n'],
    ['#!lua  name=_L1 \t\r\n\nx', '_L1', '\n\nx'],
    ['#!LuA NAME=lib\n', 'lib', '\n'],
    ['#!"lua" \'name=lib\'\n', 'lib', '\n'],
    ['#!lua name=lib\n\0', 'lib', '\n\0'],
  ])('takes %j', (code, name, body) => {
    expect(parseLibrary(code)).toEqual({ name, body })
  })

  const badName =
    'ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long'

  // The texts are those of redis-server 7.0.15.
  test.each([
    ['', 'ERR Missing library metadata'],
    ['return 1', 'ERR Missing library metadata'],
    ['\n#!lua name=lib\n', 'ERR Missing library metadata'],
    ['#!', 'ERR Invalid library metadata'],
    ['#!lua name=lib', 'ERR Invalid library metadata'],
    ['#!lua "name=lib\n', 'ERR Invalid library metadata'],
    ['#!lua\0 name=lib\n', 'ERR Invalid library metadata'],
    ['#!lua name=lib\0\n', 'ERR Invalid library metadata'],
    ['#!lua\n', 'ERR Library name was not given'],
    ['#!\n', 'ERR Library name was not given'],
    ['#! name=lib\n', "ERR Engine '' not found"],
    ['#!js name=lib\n', "ERR Engine 'js' not found"],
    ['#!lua name=\n', badName],
    ['#!lua name=a-b\n', badName],
    ['#!lua "name=a b"\n', badName],
    ['#!lua "name=a\\n"\n', badName],
    ['#!js name=a-b\n', badName],
    ['#!lua name=a name=b\n', 'ERR Invalid metadata value, name argument was given multiple times'],
    ['#!lua name=a NAME=a\n', 'ERR Invalid metadata value, name argument was given multiple times'],
    ['#!lua name=a flags=no-writes\n', 'ERR Invalid metadata value given: flags=no-writes'],
    ['#!lua lib\n', 'ERR Invalid metadata value given: lib'],
    ['#!lua "a\\x00b"\n', 'ERR Invalid metadata value given: a'],
  ])('refuses %j', (code, message) => {
    expect(() => parseLibrary(code)).toThrow(new ReplyError(message))
  })
})

test.each([
  ['f', true],
  ['_Az09', true],
  ['f'.repeat(1000), true],
  ['', false],
  ['f\n', false],
  ['\xe9', false],
  ['a-b', false],
])('%j as the name of a function', (name, expected) => {
  expect(isFunctionName(name)).toBe(expected)
})
