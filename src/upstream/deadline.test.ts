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

test.each([
  [1300, 300],
  [60_000, 1000],
])('gives a process that has stood still for %d ms another %d', (passed, more) => {
  const giveUp = vi.fn()
  deadline(1000, giveUp)
  const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + passed)
  vi.advanceTimersByTime(1001)
  now.mockRestore()
  vi.advanceTimersByTime(more - 2)
  expect(giveUp).not.toHaveBeenCalled()
  vi.advanceTimersByTime(3)
  expect(giveUp).toHaveBeenCalledTimes(1)
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
