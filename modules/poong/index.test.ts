import { openTest, testExamples } from 'krmt/testing'
import { expect, test } from 'vitest'
import poong from './index.js'

testExamples(poong, test)

test('POONG answers a status, whatever the case of its name', async () => {
  const db = await openTest({ modules: [poong] })
  expect(await db.call('PoOnG')).toBe('POOOOOOOOOONG')
  expect(await db.poong()).toBe('POOOOOOOOOONG')
  await expect(db.call('POONG', 'x')).rejects.toThrow("ERR wrong number of arguments for 'poong' command")
  await db.close()
})

test('it says in the log when it comes and goes', async () => {
  const lines: string[] = []
  const log = { debug() {}, verbose() {}, warning() {}, notice: (text: string) => lines.push(text) }
  const db = await openTest({ modules: [poong], log })
  expect(lines).toContain('poong says hello')
  expect(lines).not.toContain('poong says goodbye')
  await db.close()
  expect(lines).toContain('poong says goodbye')
})
