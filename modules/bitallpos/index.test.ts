import fc from 'fast-check'
import { openTest, type TestDb, testExamples } from 'krmt/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import bitallpos from './index.js'

testExamples(bitallpos, test)

let db: TestDb<[typeof bitallpos]>
beforeEach(async () => {
  db = await openTest({ modules: [bitallpos] })
})
afterEach(() => db.close())

test.each([
  ['0 -1', ['0', '7', '8', '31']],
  ['1', ['8', '31']],
  ['0 0', ['0', '7']],
  ['1 2', ['8']],
  ['-1', ['31']],
  ['-2 -1', ['31']],
  ['-100 0', ['0', '7']],
  ['3 100', ['31']],
  ['2 1', []],
  ['4', []],
  ['0 -100', []],
  ['0 -1 2', ['0', '7']],
  ['0 -1 0', []],
  ['0 -1 -1', ['0', '7', '8', '31']],
  ['0 -1 2 more', ['0', '7', '8', '31']],
])('of the bytes 81 80 00 01, BITALLPOS key %s', async (range, expected) => {
  await db.call('SET', 'key', new Uint8Array([0x81, 0x80, 0x00, 0x01]))
  expect(await db.call('BITALLPOS', 'key', ...range.split(' '))).toEqual(expected)
})

test('what is an integer to the server counts as its text', async () => {
  await db.call('SET', 'n', '1')
  expect(await db.call('BITALLPOS', 'n')).toEqual(['2', '3', '7'])
  await db.call('INCRBY', 'n', '9')
  expect(await db.call('BITALLPOS', 'n')).toEqual(['2', '3', '7', '10', '11'])
})

test('bits that SETBIT has set are found in order, and none else', async () => {
  const position = fc.integer({ min: 0, max: 5000 })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(position), fc.array(position), async (set, cleared) => {
      await db.call('DEL', 'bits')
      for (const bit of set) await db.call('SETBIT', 'bits', bit, 1)
      for (const bit of cleared) await db.call('SETBIT', 'bits', bit, 0)
      const expected = set.filter(bit => !cleared.includes(bit)).sort((a, b) => a - b)
      expect(await db.bitallpos({ key: 'bits' })).toEqual(expected.map(String))
      expect(await db.bitallpos({ key: 'bits', start: 0, end: -1, limit: 3 })).toEqual(expected.slice(0, 3).map(String))
    }),
    { numRuns: 50 },
  )
})

test.each([
  [['BITALLPOS'], "ERR wrong number of arguments for 'bitallpos' command"],
  [['BITALLPOS', 'key', 'x'], 'ERR value is not an integer or out of range'],
  [['BITALLPOS', 'key', '0', '1.5'], 'ERR value is not an integer or out of range'],
  [['BITALLPOS', 'key', '0', '-1', 'x'], 'ERR value is not an integer or out of range'],
  [['BITALLPOS', 'hash'], 'WRONGTYPE Operation against a key holding the wrong kind of value'],
])('%j is an error', async (argv, error) => {
  await db.call('HSET', 'hash', 'a', '1')
  await expect(db.call(...argv)).rejects.toThrow(error)
})
