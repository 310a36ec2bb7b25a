import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Embedded, open } from '../host/embedded/open.js'

let db: Embedded

beforeAll(async () => {
  db = await open()
})
afterAll(() => db.close())
beforeEach(() => db.call('FLUSHALL'))

const name = fc.integer({ min: 0, max: 60 }).map(n => `other:${n}`)

/** What others do between two calls of a scan. */
const change = fc.oneof(
  fc.tuple(fc.constant('SET'), name, fc.constant('v')),
  fc.tuple(fc.constant('DEL'), name),
  fc.tuple(fc.constant('RENAME'), name, name),
  fc.tuple(fc.constant('PEXPIREAT'), name, fc.constant('1')),
  fc.tuple(fc.constant('SADD'), name, fc.constant('member')),
)

const scans = fc.record({
  /** Keys that are there from the beginning to the end. */
  staying: fc.integer({ min: 0, max: 50 }),
  others: fc.uniqueArray(name, { maxLength: 40 }),
  count: fc.integer({ min: 1, max: 12 }),
  changes: fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 30 }),
})

async function scan(cursor: string, ...options: readonly string[]): Promise<[next: string, keys: string[]]> {
  return (await db.call('SCAN', cursor, ...options)) as [string, string[]]
}

describe('SCAN', () => {
  test('finds every key that is there all along, whatever comes and goes, and ends', async () => {
    await fc.assert(
      fc.asyncProperty(scans, async ({ staying, others, count, changes }) => {
        await db.call('FLUSHALL')
        const expected = Array.from({ length: staying }, (_, i) => `staying:${i}`)
        // Mixed, so that both kinds lie at all places.
        for (let i = 0; i < Math.max(staying, others.length); i++) {
          if (i < staying) await db.call('SET', expected[i]!, 'v')
          if (i < others.length) await db.call('SET', others[i]!, 'v')
        }
        const atFirst = staying + others.length
        const found = new Set<string>()
        let cursor = '0'
        let calls = 0
        do {
          const [next, keys] = await scan(cursor, 'COUNT', String(count))
          for (const key of keys) {
            expect(await db.call('EXISTS', key), key).toBe(1)
            found.add(key)
          }
          cursor = next
          for (const argv of changes[calls] ?? []) await db.call(...argv).catch(() => {})
          calls++
        } while (cursor !== '0')
        expect(expected.filter(key => !found.has(key))).toEqual([])
        expect(calls).toBeLessThanOrEqual(Math.max(1, Math.ceil(atFirst / count)))
      }),
      { numRuns: 200 },
    )
  })

  test('finds each key once when nothing changes', async () => {
    for (let i = 0; i < 1000; i++) await db.call('SET', `key:${i}`, 'v')
    const found: string[] = []
    let cursor = '0'
    do {
      const [next, keys] = await scan(cursor, 'COUNT', '7')
      expect(keys.length).toBeLessThanOrEqual(7)
      found.push(...keys)
      cursor = next
    } while (cursor !== '0')
    expect(found.length).toBe(1000)
    expect(new Set(found).size).toBe(1000)
  })

  test('looks at as many keys a call as COUNT says, whether or not they match', async () => {
    for (let i = 0; i < 100; i++) await db.call('SET', `key:${i}`, 'v')
    await db.call('SADD', 'key:set', 'member')
    const found: string[] = []
    let calls = 0
    let cursor = '0'
    do {
      const [next, keys] = await scan(cursor, 'COUNT', '10', 'TYPE', 'set')
      found.push(...keys)
      cursor = next
      calls++
    } while (cursor !== '0')
    expect(found).toEqual(['key:set'])
    expect(calls).toBe(11)
  })
})

describe('RANDOMKEY', () => {
  test('finds every key in the end, and no other', async () => {
    const keys = ['a', 'b', 'c', 'd']
    for (const key of keys) await db.call('SET', key, 'v')
    const found = new Set<unknown>()
    // That one of four is missed in 200 draws has a probability of 4 * (3/4)^200, about 10^-24.
    for (let i = 0; i < 200; i++) found.add(await db.call('RANDOMKEY'))
    expect([...found].sort()).toEqual(keys)
  })
})
