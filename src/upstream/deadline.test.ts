import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deadline } from './deadline.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('calls back when the time is over, and what had come has been read', () => {
  const giveUp = vi.fn()
  deadline(1000, giveUp)
  vi.advanceTimersByTime(999)
  expect(giveUp).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  vi.runOnlyPendingTimers()
  expect(giveUp).toHaveBeenCalledTimes(1)
})

test('gives a process that has stood still some more time', () => {
  const giveUp = vi.fn()
  deadline(1000, giveUp)
  const real = performance.now()
  // The clock goes on, and no timer runs.
  vi.spyOn(performance, 'now').mockImplementation(() => real + 5000)
  vi.advanceTimersByTime(1001)
  expect(giveUp).not.toHaveBeenCalled()
  vi.advanceTimersByTime(101)
  expect(giveUp).toHaveBeenCalledTimes(1)
  vi.restoreAllMocks()
})

test.each([500, 1050])('calls back no more when it has been cancelled, after %d ms', time => {
  const giveUp = vi.fn()
  const real = performance.now()
  const { cancel } = deadline(1000, giveUp)
  vi.spyOn(performance, 'now').mockImplementation(() => real + 5000)
  vi.advanceTimersByTime(time)
  cancel()
  vi.advanceTimersByTime(5000)
  expect(giveUp).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})
