import { describe, expect, test } from 'vitest'
import { Coalesced } from './coalesced.js'
import { firstAnswer } from './first-answer.js'

const never = new Promise<never>(() => {})

describe('the first answer', () => {
  test('is that of the first who gives one', async () => {
    const asked: string[] = []
    const answer = await firstAnswer(
      ['a', 'b', 'c'],
      async one => {
        asked.push(one)
        if (one === 'a') throw new Error('no')
        return one
      },
      10_000,
    )
    expect([answer, asked]).toEqual(['b', ['a', 'b']])
  })

  test('does not wait for one who takes long', async () => {
    expect(await firstAnswer(['a', 'b'], one => (one === 'a' ? never : Promise.resolve(one)), 1)).toBe('b')
  })

  test('is an error when nobody has one, in the order of those who were asked', async () => {
    let giveUp = (): void => {}
    const fail = (one: string): Promise<never> => {
      if (one === 'a') return new Promise((_, reject) => (giveUp = () => reject(new Error('a'))))
      setImmediate(giveUp)
      return Promise.reject(new Error('b'))
    }
    const error: unknown = await firstAnswer(['a', 'b'], fail, 1).catch((reason: unknown) => reason)
    expect((error as AggregateError).errors.map(String)).toEqual(['Error: a', 'Error: b'])
    await expect(firstAnswer([], fail, 1)).rejects.toBeInstanceOf(AggregateError)
  })

  test('leaves later ones to be thrown away', async () => {
    let answer = (_: string): void => {}
    const slow = new Promise<string>(resolve => {
      answer = resolve
    })
    const thrownAway = new Promise(resolve => {
      void firstAnswer(['a', 'b'], one => (one === 'a' ? slow : Promise.resolve(one)), 1, resolve).then(first => {
        expect(first).toBe('b')
        answer('a')
      })
    })
    expect(await thrownAway).toBe('a')
  })
})

describe('a task that many ask for', () => {
  test('is done once for all of them, and again for those who asked while it was done', async () => {
    let done = 0
    let finish = (): void => {}
    let begun = (): void => {}
    const task = new Coalesced(() => {
      begun()
      return new Promise<void>(resolve => {
        finish = () => {
          done++
          resolve()
        }
      })
    }, 0)
    const beginning = () => new Promise<void>(resolve => (begun = resolve))
    const firstBegins = beginning()
    const first = [task.run(), task.run()]
    await firstBegins
    const secondBegins = beginning()
    const second = [task.run(), task.run()]
    finish()
    await Promise.all(first)
    expect(done).toBe(1)
    await secondBegins
    finish()
    await Promise.all(second)
    expect(done).toBe(2)
  })

  test('may fail, and be done again', async () => {
    let tries = 0
    const task = new Coalesced(async () => {
      if (++tries === 1) throw new Error('no')
    }, 0)
    const both = await Promise.allSettled([task.run(), task.run()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await task.run()
    expect(tries).toBe(2)
  })

  test('is not done more often than it may', async () => {
    const task = new Coalesced(async () => {}, 30)
    const started = performance.now()
    for (let i = 0; i < 3; i++) await task.run()
    // Timers may come a moment early.
    expect(performance.now() - started).toBeGreaterThan(55)
  })
})
