import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Patience } from './patience.js'
import { NO_SLOT } from './slot.js'
import { Troubles } from './troubles.js'

const TIMEOUT = 1000
const server = { name: 'one', socket: { host: 'one', port: 1 }, tls: undefined }

beforeEach(() => {
  vi.useFakeTimers()
  vi.advanceTimersByTime(100_000)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('troubles', () => {
  test('begin with the first failure and end with a success', () => {
    const troubles = new Troubles(TIMEOUT)
    expect(troubles.at('one', 7)).toBeUndefined()
    troubles.note('one', 'first', 10)
    troubles.note('one', 'second', 20)
    expect(troubles.at('one')).toMatchObject({ since: 10, error: 'second' })
    expect(troubles.at('other', NO_SLOT)).toBeUndefined()
    troubles.end('one')
    expect(troubles.at('one')).toBeUndefined()
  })

  test('are forgotten when nobody has tried for a while', () => {
    const troubles = new Troubles(TIMEOUT)
    troubles.note('one', 'first', 10)
    vi.advanceTimersByTime(TIMEOUT)
    troubles.note('one', 'second', 20)
    vi.advanceTimersByTime(TIMEOUT)
    expect(troubles.at('one')).toMatchObject({ since: 10 })
    vi.advanceTimersByTime(1)
    expect(troubles.at('one')).toBeUndefined()
    troubles.note('one', 'third', 30)
    expect(troubles.at('one')).toMatchObject({ since: 30 })
  })

  test('of several places, the oldest counts', () => {
    const troubles = new Troubles(TIMEOUT)
    troubles.note('one', 'a', 20)
    troubles.note(7, 'b', 10)
    expect(troubles.at('one', 7)).toMatchObject({ since: 10, error: 'b' })
    expect(troubles.at(7, 'one')).toMatchObject({ since: 10, error: 'b' })
    expect(troubles.at('one', 8)).toMatchObject({ since: 20, error: 'a' })
  })
})

describe('patience', () => {
  const upstream = () => ({ limits: { timeout: TIMEOUT, connections: 1 }, troubles: new Troubles(TIMEOUT) })

  test('lasts from the first failure on, however long it took to come to it', () => {
    const patience = new Patience(upstream(), 7, performance.now() - 10 * TIMEOUT)
    expect(patience.isOver('a')).toBe(false)
    vi.advanceTimersByTime(TIMEOUT - 1)
    expect(patience.isOver('b')).toBe(false)
    vi.advanceTimersByTime(1)
    expect(patience.isOver('c')).toBe(true)
  })

  test('is over at the first failure for who stood in a line while others failed for as long', () => {
    const shared = upstream()
    const [first, second] = [new Patience(shared, 7), new Patience(shared, 7)]
    first.isOver('a')
    vi.advanceTimersByTime(TIMEOUT)
    expect(first.isOver('b')).toBe(true)
    expect(second.isOver('c')).toBe(true)
  })

  test('is over earlier for who came later, and stood in the line for a part of the time', () => {
    const shared = upstream()
    new Patience(shared, 7).isOver('a')
    vi.advanceTimersByTime(TIMEOUT / 2)
    const later = new Patience(shared, 7)
    vi.advanceTimersByTime(TIMEOUT / 2)
    expect(later.isOver('b')).toBe(false)
    vi.advanceTimersByTime(TIMEOUT / 2)
    expect(later.isOver('c')).toBe(true)
  })

  test('of other slots has nothing to do with it, unless it is the server that fails', () => {
    const shared = upstream()
    const [other, same] = [new Patience(shared, 8), new Patience(shared, 8)]
    new Patience(shared, 7).isOver('a')
    shared.troubles.note(server.name, 'a', performance.now())
    vi.advanceTimersByTime(TIMEOUT)
    expect(other.isOver('b')).toBe(false)
    shared.troubles.end(8)
    expect(same.isOver('b', server)).toBe(true)
  })

  test('begins anew when something has succeeded', () => {
    const shared = upstream()
    const [first, second] = [new Patience(shared, 7), new Patience(shared, 7)]
    first.isOver('a')
    vi.advanceTimersByTime(TIMEOUT)
    first.end()
    expect(second.isOver('b')).toBe(false)
  })
})
