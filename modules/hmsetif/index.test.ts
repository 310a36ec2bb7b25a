import { openTest, type TestDb, testExamples } from 'krmt/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import hmsetif from './index.js'

testExamples(hmsetif, test)

let db: TestDb<[typeof hmsetif]>
beforeEach(async () => {
  db = await openTest({ modules: [hmsetif] })
  await db.call('HSET', 'door', 'state', 'closed', 'by', 'Ada')
})
afterEach(() => db.close())

test('sets the fields if the other one has the value', async () => {
  expect(await db.call('HMSETIF', 'door', 'state', 'closed', 'state', 'open', 'at', 'noon')).toBe('OK')
  expect(await db.call('HGETALL', 'door')).toEqual({ state: 'open', by: 'Ada', at: 'noon' })
})

test.each([
  ['another value', ['state', 'open']],
  ['the same value in another case', ['state', 'Closed']],
  ['no such field', ['lock', 'closed']],
  ['no such field, and an empty value', ['lock', '']],
])('sets nothing: %s', async (_, check) => {
  expect(await db.call('HMSETIF', 'door', ...check, 'state', 'ajar')).toBe(0)
  expect(await db.call('HGETALL', 'door')).toEqual({ state: 'closed', by: 'Ada' })
})

test('a missing key stays missing', async () => {
  expect(await db.call('HMSETIF', 'window', 'state', '', 'state', 'open')).toBe(0)
  expect(await db.call('EXISTS', 'window')).toBe(0)
})

test('values are compared as bytes', async () => {
  const bytes = new Uint8Array([255, 0])
  await db.call('HSET', 'door', 'key', bytes)
  const set = (checkvalue: Uint8Array) =>
    db.hmsetif({ key: 'door', checkfield: 'key', checkvalue, entries: [{ field: 'key', value: 'new' }] })
  expect(await set(new Uint8Array([254, 0]))).toBe(0)
  expect(await set(bytes)).toBe('OK')
})

test.each([
  [['HMSETIF', 'door', 'state', 'closed'], "ERR wrong number of arguments for 'hmsetif' command"],
  [['HMSETIF', 'door', 'state', 'closed', 'by'], "ERR wrong number of arguments for 'hmsetif' command"],
  [
    ['HMSETIF', 'text', 'state', 'closed', 'by', 'Bob'],
    'WRONGTYPE Operation against a key holding the wrong kind of value',
  ],
])('%j is an error', async (argv, error) => {
  await db.call('SET', 'text', 'x')
  await expect(db.call(...argv)).rejects.toThrow(error)
  expect(await db.call('HGETALL', 'door')).toEqual({ state: 'closed', by: 'Ada' })
})
