import { expect, test } from 'vitest'
import { type EffectBatch, Target } from './effects.js'
import { EffectStream } from './effects-stream.js'

/** `2: SET a 1`, for both targets; `2: SET a 1 (aof)` for one. */
function batch(...lines: readonly string[]): EffectBatch {
  return lines.map(line => {
    const [, database, words = '', target] = /^(\d+): (.*?)(?: \((aof|replica)\))?$/.exec(line) ?? []
    const targets = target === undefined ? Target.all : target === 'aof' ? Target.aof : Target.replica
    return { database: Number(database), argv: words.split(' '), targets }
  })
}

function linesOf(stream: EffectStream, ...lines: readonly string[]): string[] {
  return stream.commands(batch(...lines)).map(argv => argv.join(' '))
}

test('the database is selected when it is another one', () => {
  const stream = new EffectStream(Target.replica)
  expect(linesOf(stream, '0: SET a 1')).toEqual(['SELECT 0', 'SET a 1'])
  expect(linesOf(stream, '0: SET a 2')).toEqual(['SET a 2'])
  expect(linesOf(stream, '3: SET a 2')).toEqual(['SELECT 3', 'SET a 2'])
})

test('several effects stand between MULTI and EXEC', () => {
  const stream = new EffectStream(Target.aof)
  expect(linesOf(stream, '0: SET a 1', '1: SET a 2', '1: SET b 2')).toEqual([
    ...['SELECT 0', 'MULTI', 'SET a 1', 'SELECT 1', 'SET a 2', 'SET b 2', 'EXEC'],
  ])
  expect(linesOf(stream, '1: SET a 3', '0: SET a 3')).toEqual(['MULTI', 'SET a 3', 'SELECT 0', 'SET a 3', 'EXEC'])
})

test("the other target's effects are left out, and count for nothing", () => {
  const stream = new EffectStream(Target.aof)
  expect(linesOf(stream, '5: PUBLISH c m (replica)', '0: SET a 1', '4: SET b 1 (replica)')).toEqual([
    'SELECT 0',
    'SET a 1',
  ])
  expect(linesOf(stream, '5: PUBLISH c m (replica)')).toEqual([])
  expect(linesOf(stream, '0: SET a 1 (aof)')).toEqual(['SET a 1'])
})
