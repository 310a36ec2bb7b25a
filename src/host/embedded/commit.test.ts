import fc from 'fast-check'
import { command, defineModule, reply, t } from 'krmt/module'
import { openTest } from 'krmt/testing'
import { describe, expect, test } from 'vitest'

/** APPLY line [line ...]: writes what the lines say, each a Redis command with its words between spaces. */
const apply = command({
  name: 'apply',
  summary: 'Writes.',
  flags: ['write'],
  args: { lines: t.oneOrMore(t.text()) },
  run({ lines }, { write }) {
    for (const line of lines) write.call(...line.split(' '))
    return reply.ok
  },
})
const module = defineModule({ name: 'apply', version: '1.0.0', requires: '^1', commands: [apply] })

async function openWithEvents() {
  const db = await openTest({ modules: [module], config: { 'notify-keyspace-events': 'KEA' } })
  const events: string[] = []
  for (const key of KEYS) db.subscribe(`__keyspace@0__:${key}`, event => events.push(`${event} ${key}`))
  db.subscribe('news', message => events.push(`news ${message}`))
  return { db, events }
}

type TestDb = Awaited<ReturnType<typeof openWithEvents>>['db']

const KEYS = ['string', 'number', 'hash', 'zset', 'list', 'none', 'other']
const SETUP = [
  'SET string text',
  'SET number 41',
  'HSET hash f 1 g text',
  'ZADD zset 1 a 2 b',
  'RPUSH list x y',
  'PEXPIRE hash 60000',
]

/** All that the keys hold, with their times of expiry. */
async function contents(db: TestDb): Promise<unknown[]> {
  const read: Record<string, readonly string[]> = {
    string: ['GET'],
    hash: ['HGETALL'],
    zset: ['ZRANGE', '0', '-1', 'WITHSCORES'],
    list: ['LRANGE', '0', '-1'],
    set: ['SMEMBERS'],
    none: ['EXISTS'],
  }
  const all: unknown[] = []
  for (const key of KEYS) {
    const type = String(await db.call('TYPE', key))
    const [name = '', ...rest] = read[type] ?? []
    all.push([key, type, await db.call(name, key, ...rest), await db.call('PEXPIRETIME', key)])
  }
  return all
}

async function setUp(db: TestDb): Promise<void> {
  for (const line of SETUP) await db.call(...line.split(' '))
}

async function errorOf(done: Promise<unknown>): Promise<string | undefined> {
  return done.then(
    () => undefined,
    error => String(error.message),
  )
}

describe('effects', () => {
  test.each([
    ['SET none x', 'HSET string f x'],
    ['HSET hash new x', 'SET none x', 'ZADD list 1 a'],
    ['DEL hash', 'INCR string'],
    ['RENAME hash other', 'HINCRBY other g 1'],
    ['PUBLISH news early', 'APPEND string !', 'LPUSH string x'],
    ['PEXPIRE string 1000', 'PERSIST hash', 'SETRANGE number -1 x'],
    ['SET none x', 'RENAME missing other'],
  ])('all or none: %j', async (...lines) => {
    const { db, events } = await openWithEvents()
    await setUp(db)
    const before = await contents(db)
    events.length = 0
    expect(await errorOf(db.apply({ lines }))).toMatch(/^(WRONGTYPE|ERR) /)
    expect(events).toEqual([])
    expect(await contents(db)).toEqual(before)
    await db.close()
  })

  test('are applied in order, and are told of in order', async () => {
    const { db, events } = await openWithEvents()
    await setUp(db)
    events.length = 0
    await db.apply({ lines: ['SET none 1', 'PUBLISH news between', 'DEL none', 'HSET none f 1', 'EXPIRE none 10'] })
    expect(events).toEqual(['set none', 'del none', 'hset none', 'expire none', 'news between'])
    await db.close()
  })

  test('a key may change its type on the way', async () => {
    const { db } = await openWithEvents()
    await setUp(db)
    await db.apply({ lines: ['DEL hash', 'ZADD hash 1 a', 'ZREM hash a', 'SET hash x'] })
    expect(await db.call('GET', 'hash')).toBe('x')
    await db.close()
  })

  test.each([
    ['GET string', "ERR effect 'GET' does not write"],
    ['APPLY x', "ERR effect 'APPLY' is no command of the engine: only those can be replayed without the module"],
    ['NOTHING x', "ERR effect 'NOTHING' is no command of the engine: only those can be replayed without the module"],
    [
      'CONFIG SET maxmemory 1',
      "ERR effect 'CONFIG' is no command of the engine: only those can be replayed without the module",
    ],
    ['HSET string', "ERR wrong number of arguments for 'hset' command"],
    ['HSET string f x', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
  ])('%s is refused', async (line, error) => {
    const { db } = await openWithEvents()
    await setUp(db)
    expect(await errorOf(db.apply({ lines: [line] }))).toBe(error)
    // Also where it is not the only one.
    expect(await errorOf(db.apply({ lines: ['SET none x', line] }))).toBe(error)
    expect(await db.call('GET', 'none')).toBe(null)
    await db.close()
  })

  test.each(['FLUSHDB', 'FLUSHALL', 'SWAPDB 0 1', 'MOVE string 1', 'COPY string other DB 1'])(
    '%s reaches beyond what could be put back, so it can only be alone',
    async line => {
      const { db } = await openWithEvents()
      await setUp(db)
      const before = await contents(db)
      expect(await errorOf(db.apply({ lines: [line, 'INCR number'] }))).toMatch(
        /^ERR effect '\w+' can only be the sole effect/,
      )
      expect(await contents(db)).toEqual(before)
      expect(await errorOf(db.apply({ lines: [line] }))).toBe(undefined)
      if (!line.startsWith('COPY')) expect(await contents(db)).not.toEqual(before)
      await db.close()
    },
  )

  test('any effects at all do what they do one by one, or nothing when one of them fails', async () => {
    const key = fc.constantFrom(...KEYS)
    const value = fc.constantFrom('1', '-5', 'text', '3.5')
    const effect = fc.oneof(
      fc.tuple(fc.constantFrom('SET', 'APPEND', 'INCRBY', 'RPUSH', 'LPUSH', 'SADD', 'GETSET'), key, value),
      fc.tuple(fc.constantFrom('DEL', 'PERSIST', 'INCR', 'UNLINK', 'LPOP'), key),
      fc.tuple(fc.constantFrom('HSET', 'HINCRBY', 'ZADD', 'ZINCRBY'), key, value, value),
      fc.tuple(fc.constantFrom('HDEL', 'ZREM'), key, fc.constantFrom('f', 'a', '1')),
      fc.tuple(fc.constantFrom('PEXPIRE', 'EXPIRE'), key, fc.constantFrom('1000', '-1', '0', '99999999999999999')),
      fc.tuple(fc.constantFrom('RENAME', 'RENAMENX', 'COPY'), key, key),
      fc.tuple(fc.constant('SETRANGE'), key, fc.constantFrom('0', '3', '-1'), value),
      fc.tuple(fc.constant('PUBLISH'), fc.constant('news'), value),
    )
    const lines = fc.array(
      effect.map(words => words.join(' ')),
      { minLength: 1, maxLength: 5 },
    )
    const { db, events } = await openWithEvents()
    const { db: plain, events: plainEvents } = await openWithEvents()
    const reset = async (): Promise<void> => {
      for (const one of [db, plain]) {
        await one.call('FLUSHALL')
        await setUp(one)
      }
      events.length = plainEvents.length = 0
    }
    await fc.assert(
      fc.asyncProperty(lines, async lines => {
        await reset()
        const before = await contents(db)
        const error = await errorOf(db.apply({ lines }))
        let plainError: string | undefined
        for (const line of lines) plainError ??= await errorOf(plain.call(...line.split(' ')))
        expect(error).toBe(plainError)
        if (error === undefined) {
          expect(await contents(db)).toEqual(await contents(plain))
          // Messages come after the writes; of keyspace events, the order is that of the writes.
          const isEvent = (event: string): boolean => !event.startsWith('news')
          expect(events.filter(isEvent)).toEqual(plainEvents.filter(isEvent))
          expect(events.filter(event => !isEvent(event))).toEqual(plainEvents.filter(event => !isEvent(event)))
        } else {
          expect(await contents(db)).toEqual(before)
          expect(events).toEqual([])
        }
      }),
      { numRuns: 400 },
    )
    await db.close()
    await plain.close()
  })
})
