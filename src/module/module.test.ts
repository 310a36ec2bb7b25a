import { expect, test } from 'vitest'
import { exampleArgv, expectedErrorText } from './examples.js'
import * as models from './fixtures/models.js'
import { defineModule, expectError, t } from './index.js'
import { commandsOf, parseModuleOptions } from './module.js'

const module = defineModule({
  name: 'm',
  version: '1.0.0',
  requires: '^1',
  options: { order: t.optional(t.oneOf('latlong', 'longlat'), 'latlong'), size: t.integer({ min: 1 }) },
  commands: ({ size }) => (size > 1 ? [models.poong] : [models.hmsetnx]),
})

test.each<[string, unknown]>([
  ['size 2', { order: 'latlong', size: 2 }],
  ['size 2 ORDER LongLat', { order: 'longlat', size: 2 }],
  ['size 2 size 3', { order: 'latlong', size: 3 }],
  ['', "ERR module m needs the option 'size'"],
  ['size', "ERR option 'size' of module m needs a value"],
  ['size x', "ERR option 'size' of module m cannot be 'x': value is not an integer or out of range"],
  ['order up size 1', "ERR option 'order' of module m cannot be 'up': syntax error"],
  ['colour red', "ERR module m has no option 'colour': it has order, size"],
])('options at load: %s', (words, expected) => {
  const parse = () => parseModuleOptions(module, words === '' ? [] : words.split(' '))
  if (typeof expected === 'string') expect(parse).toThrow(expected)
  else expect(parse()).toEqual(expected)
})

test('commands that depend on the options', () => {
  expect(commandsOf(module, { order: 'latlong', size: 2 })).toEqual([models.poong])
  expect(commandsOf(module, { order: 'latlong', size: 1 })).toEqual([models.hmsetnx])
})

test('examples: lines by the rules of redis-cli, errors as they are expected', () => {
  expect(exampleArgv(String.raw`SET "a b" 'ä' "\x00\n"`)).toEqual(['SET', 'a b', '\xc3\xa4', '\0\n'])
  expect(exampleArgv('SET "a')).toBeUndefined()
  expect(exampleArgv('  ')).toBeUndefined()
  expect(expectedErrorText(expectError('ERR no'))).toBe('ERR no')
  expect(expectedErrorText('ERR no')).toBeUndefined()
})
