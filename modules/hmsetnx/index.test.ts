import { openTest, type TestDb, testExamples } from 'krmt/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import hmsetnx from './index.js'

testExamples(hmsetnx, test)

let db: TestDb<[typeof hmsetnx]>
beforeEach(async () => {
  db = await openTest({ modules: [hmsetnx] })
})
afterEach(() => db.close())

test('sets all fields of a new hash', async () => {
  expect(await db.call('HMSETNX', 'h', 'a', '1', 'b', '2')).toBe('OK')
  expect(await db.call('HGETALL', 'h')).toEqual({ a: '1', b: '2' })
})

test('sets nothing if one of the fields exists, wherever it stands', async () => {
  await db.call('HSET', 'h', 'b', 'old')
  expect(await db.call('HMSETNX', 'h', 'b', 'new', 'c', '3')).toBe(0)
  expect(await db.call('HMSETNX', 'h', 'a', '1', 'b', 'new')).toBe(0)
  expect(await db.call('HGETALL', 'h')).toEqual({ b: 'old' })
  expect(await db.call('HMSETNX', 'h', 'c', '3')).toBe('OK')
})

test('of a field that is given twice the last value counts', async () => {
  expect(await db.call('HMSETNX', 'h', 'a', '1', 'a', '2')).toBe('OK')
  expect(await db.call('HGET', 'h', 'a')).toBe('2')
})

test('fields and values are bytes', async () => {
  const bytes = new Uint8Array([0, 255, 13, 10])
  expect(await db.hmsetnx({ key: bytes, entries: [{ field: bytes, value: bytes }] })).toBe('OK')
  expect(await db.callBytes('HGET', bytes, bytes)).toEqual(bytes)
})

test('a key keeps its time to live', async () => {
  await db.call('HSET', 'h', 'a', '1')
  await db.call('PEXPIRE', 'h', '1000')
  await db.call('HMSETNX', 'h', 'b', '2')
  db.clock.advance(1000)
  expect(await db.call('EXISTS', 'h')).toBe(0)
})

test.each([
  [['HMSETNX', 'h'], "ERR wrong number of arguments for 'hmsetnx' command"],
  [['HMSETNX', 'h', 'a'], "ERR wrong number of arguments for 'hmsetnx' command"],
  [['HMSETNX', 'h', 'a', '1', 'b'], 'ERR wrong number of arguments for HMSETNX'],
  [['HMSETNX', 'text', 'a', '1'], 'WRONGTYPE Operation against a key holding the wrong kind of value'],
])('%j is an error', async (argv, error) => {
  await db.call('SET', 'text', 'x')
  await expect(db.call(...argv)).rejects.toThrow(error)
  expect(await db.call('DBSIZE')).toBe(1)
})
