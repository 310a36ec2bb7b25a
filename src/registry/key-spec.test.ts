import { describe, expect, test } from 'vitest'
import { findKeys, type KeySpec, keyIndices, legacyKeys } from './key-spec.js'

const range = (index: number, last: number, step = 1, flags: KeySpec['flags'] = ['RO']): KeySpec => ({
  flags,
  begin: { index },
  find: { last, step, limit: 0 },
})
const counted = (index: number): KeySpec => ({
  flags: ['RO'],
  begin: { index },
  find: { keynum: 0, first: 1, step: 1 },
})
const keyword = (word: string, from: number, limit = 0, last = 0): KeySpec => ({
  flags: ['RO'],
  begin: { keyword: word, from },
  find: { last, step: 1, limit },
})

describe('the keys of a call', () => {
  test.each<[string, KeySpec[], string, number[] | undefined]>([
    ['one', [range(1, 0)], 'get a', [1]],
    ['one that is missing', [range(1, 0)], 'get', []],
    ['all', [range(1, -1)], 'del a b c', [1, 2, 3]],
    ['every other', [range(1, -1, 2)], 'mset a 1 b 2', [1, 3]],
    ['all but the last', [range(1, -2)], 'blpop a b 0', [1, 2]],
    ['none left before the last', [range(1, -2)], 'blpop 0', undefined],
    ['several specs', [range(1, 0), range(2, -1)], 'sdiffstore d a b', [1, 2, 3]],
    ['counted', [counted(1)], 'zunion 2 a b withscores', [2, 3]],
    ['counted, behind another', [range(1, 0), counted(2)], 'zunionstore d 1 a', [1, 3]],
    ['counted, too few', [counted(1)], 'zunion 3 a b', undefined],
    ['counted, none', [counted(1)], 'zunion 0 a b', []],
    ['counted, no number', [counted(1)], 'zunion x a b', undefined],
    ['counted, below zero', [counted(1)], 'zunion -1 a b', undefined],
    ['counted, number not as Redis reads it', [counted(1)], 'zunion 02 a b', undefined],
    ['after a word', [range(1, 0), keyword('STORE', 2)], 'sort a by b store c', [1, 5]],
    ['after a word that is not there', [range(1, 0), keyword('STORE', 2)], 'sort a by b', [1]],
    ['after a word that is the last', [range(1, 0), keyword('STORE', 2)], 'sort a store', [1]],
    ['after the last such word', [keyword('KEYS', -2, 0, -1)], 'migrate keys x keys a b', [4, 5]],
    ['the first half of what is left', [keyword('STREAMS', 1, 2, -1)], 'xread count 1 streams a b 0 0', [4, 5]],
    ['not keys at all', [range(1, -1, 1, ['not_key'])], 'ssubscribe a b', []],
    ['no spec', [], 'ping x', []],
  ])('%s', (_, specs, call, expected) => {
    expect(keyIndices(specs, call.split(' '))).toEqual(expected)
  })

  test('come with the flags of their specs', () => {
    const specs = [range(1, 0, 1, ['OW', 'update']), range(2, -1, 1, ['RO', 'access'])]
    expect(findKeys(specs, ['bitop', 'd', 'a'])).toEqual([
      { index: 1, flags: ['OW', 'update'] },
      { index: 2, flags: ['RO', 'access'] },
    ])
  })
})

test.each<[string, KeySpec[], ReturnType<typeof legacyKeys>]>([
  ['none', [], { first: 0, last: 0, step: 0, movable: false }],
  ['one', [range(1, 0)], { first: 1, last: 1, step: 1, movable: false }],
  ['to the end', [range(1, -1, 2)], { first: 1, last: -1, step: 2, movable: false }],
  ['adjoining', [range(1, 0), range(2, 0)], { first: 1, last: 2, step: 1, movable: false }],
  ['adjoining, to the end', [range(2, 0), range(3, -1)], { first: 2, last: -1, step: 1, movable: false }],
  ['apart', [range(1, 0), range(3, 0)], { first: 1, last: 1, step: 1, movable: true }],
  ['counted', [counted(1)], { first: 0, last: 0, step: 0, movable: true }],
  ['one and counted', [range(1, 0), counted(2)], { first: 1, last: 1, step: 1, movable: true }],
  ['incomplete', [range(1, 0, 1, ['incomplete'])], { first: 1, last: 1, step: 1, movable: true }],
])('first, last and step: %s', (_, specs, expected) => {
  expect(legacyKeys(specs)).toEqual(expected)
})
