import { expect, test } from 'vitest'
import { ManualClock } from './clock.js'

test('stands still until it is moved', () => {
  const clock = new ManualClock(1000)
  expect([clock.now(), clock.now(), clock.monotonic()]).toEqual([1000, 1000, 0])
  clock.advance(250)
  expect([clock.now(), clock.monotonic()]).toEqual([1250, 250])
})

test('runs timers in order, each at its own time', () => {
  const clock = new ManualClock(0)
  const ran: string[] = []
  const set = (name: string, after: number) => clock.after(after, () => ran.push(`${name} at ${clock.now()}`))
  set('late', 30)
  set('first', 10)
  set('second', 10)
  set('never', 31)
  set('cancelled', 20).cancel()
  clock.advance(30)
  expect(ran).toEqual(['first at 10', 'second at 10', 'late at 30'])
})

test('runs timers that timers set, and holds none of them for ever', () => {
  const clock = new ManualClock(0)
  const ran: number[] = []
  const again = (): void => {
    ran.push(clock.now())
    clock.after(0, again)
  }
  clock.after(0, again)
  clock.advance(3)
  expect(ran).toEqual([1, 2, 3])
})

test('tells of every move before the timers that are due then', () => {
  const clock = new ManualClock(0)
  const told: string[] = []
  clock.onMove = () => told.push(`moved to ${clock.now()}`)
  clock.after(5, () => told.push('timer'))
  clock.advance(7)
  expect(told).toEqual(['moved to 5', 'timer', 'moved to 7'])
})

test('a timer that the move itself cancels does not run', () => {
  const clock = new ManualClock(0)
  let ran = false
  const timer = clock.after(5, () => {
    ran = true
  })
  clock.onMove = () => timer.cancel()
  clock.advance(10)
  expect([ran, clock.now()]).toEqual([false, 10])
})

test.each([-1, Number.NaN, Infinity])('cannot be moved by %s', milliseconds => {
  expect(() => new ManualClock(0).advance(milliseconds)).toThrow(RangeError)
})
