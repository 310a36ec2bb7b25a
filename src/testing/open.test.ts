import { command, defineModule, t } from 'krmt/module'
import { openTest } from 'krmt/testing'
import { expect, expectTypeOf, test } from 'vitest'

const dice = defineModule({
  name: 'dice',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'roll',
      summary: 'Rolls a die, and notes when.',
      flags: ['write'],
      args: { key: t.key() },
      run({ key }, { write, now, random }) {
        write.string(key).set(now)
        return 1 + Math.floor(random() * 6)
      },
    }),
  ],
})

const rolls = async (seed?: number): Promise<number[]> => {
  const db = await openTest({ modules: [dice], ...(seed === undefined ? {} : { seed }) })
  const numbers: number[] = []
  for (let i = 0; i < 20; i++) numbers.push(await db.roll({ key: 'rolled' }))
  await db.close()
  return numbers
}

test('a test draws the same random numbers each time, and others from another seed', async () => {
  expect(await rolls()).toEqual(await rolls())
  expect(await rolls()).toEqual(await rolls(1))
  expect(await rolls(2)).not.toEqual(await rolls(1))
})

test('time stands still, for commands too', async () => {
  const db = await openTest({ modules: [dice], now: new Date('2026-03-28T12:00:00Z') })
  expectTypeOf(db.roll).returns.resolves.toEqualTypeOf<number>()
  const began = Date.parse('2026-03-28T12:00:00Z')
  await db.roll({ key: 'rolled' })
  expect(await db.call('GET', 'rolled')).toBe(String(began))
  db.clock.advance(1500)
  await db.roll({ key: 'rolled' })
  expect(await db.call('GET', 'rolled')).toBe(String(began + 1500))
  await db.close()
})

test('keys expire as the clock goes past their time, without being looked at', async () => {
  const db = await openTest({ config: { 'notify-keyspace-events': 'Ex' } })
  const expired: string[] = []
  db.subscribe('__keyevent@0__:expired', key => expired.push(key))
  await db.call('SET', 'late', 'x', 'PX', 200)
  await db.call('SET', 'soon', 'x', 'PX', 100)
  db.clock.advance(99)
  expect(expired).toEqual([])
  expect(await db.call('GET', 'soon')).toBe('x')
  db.clock.advance(2)
  expect(expired).toEqual(['soon'])
  db.clock.advance(1000)
  expect(expired).toEqual(['soon', 'late'])
  expect(await db.call('GET', 'late')).toBe(null)
  await db.close()
})

test('thousands of keys that are due go in one move', async () => {
  const db = await openTest()
  for (let i = 0; i < 2500; i++) await db.call('SET', i, 'x', 'PX', 10)
  db.clock.advance(11)
  expect(db.engine.keyspace.databases[0]?.size).toBe(0)
  await db.close()
})

test('each is a server of its own', async () => {
  const [one, other] = [await openTest(), await openTest()]
  await one.call('SET', 'key', 'value')
  expect(await other.call('GET', 'key')).toBe(null)
  await one.close()
  await other.close()
})

test('a seed must be an integer', async () => {
  await expect(openTest({ seed: 0.5 })).rejects.toThrow('the seed must be an integer, not 0.5')
})
