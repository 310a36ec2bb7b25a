import fc from 'fast-check'
import { command, defineModule, reply, t } from 'krmt/module'
import { openTest } from 'krmt/testing'
import { describe, expect, test } from 'vitest'

/** APPLY line [line ...]: writes what the lines say, each a Redis command with its words between spaces; `3: DEL key` in database 3. */
const apply = command({
  name: 'apply',
  summary: 'Writes.',
  flags: ['write'],
  args: { lines: t.oneOrMore(t.text()) },
  run({ lines }, { write }) {
    for (const line of lines) {
      const [, index, effect = line] = /^(\d+): (.*)/.exec(line) ?? []
      const to = index === undefined ? write : write.database(Number(index))
      to.call(...effect.split(' '))
    }
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

describe('effects on several databases', () => {
  /** What the keys hold, by database. */
  async function contentsIn(db: TestDb, ...indices: number[]): Promise<unknown> {
    const all: Record<number, unknown> = {}
    for (const index of indices) {
      await db.call('SELECT', index)
      all[index] = await contents(db)
    }
    return all
  }

  /** The same key in databases 0, 1 and 2, with its own database selected: 1. */
  async function openThree() {
    const db = await openTest({ modules: [module], config: { 'notify-keyspace-events': 'KEA' } })
    const events: string[] = []
    for (const index of [0, 1, 2, 3]) {
      await db.call('SELECT', index)
      if (index < 3) await db.call('SET', 'string', `of ${index}`)
      for (const key of KEYS) {
        db.subscribe(`__keyspace@${index}__:${key}`, event => events.push(`${index} ${event} ${key}`))
      }
    }
    await db.call('SELECT', 1)
    events.length = 0
    return { db, events }
  }

  test('go where they belong, in order, with their events', async () => {
    const { db, events } = await openThree()
    const lines = [
      'APPEND string !',
      '0: DEL string',
      '2: HSET hash f 1',
      '2: HINCRBY hash f 4',
      '1: INCR number',
      'SET none x',
    ]
    expect(await db.apply({ lines })).toBe('OK')
    expect(events).toEqual([
      '1 append string',
      '0 del string',
      '2 hset hash',
      '2 hincrby hash',
      '1 incrby number',
      '1 set none',
    ])
    expect(await db.call('MGET', 'string', 'number', 'none')).toEqual(['of 1!', '1', 'x'])
    await db.call('SELECT', 0)
    expect(await db.call('DBSIZE')).toBe(0)
    await db.call('SELECT', 2)
    expect([await db.call('GET', 'string'), await db.call('HGETALL', 'hash')]).toEqual(['of 2', { f: '5' }])
    await db.close()
  })

  test('the client stays in its own', async () => {
    const { db } = await openThree()
    await db.apply({ lines: ['0: SET none x'] })
    await db.apply({ lines: ['SET other y', '0: SET none x', '2: SET none x'] })
    await db.apply({ lines: ['SET number 1'] })
    expect(await db.call('MGET', 'string', 'other', 'number', 'none')).toEqual(['of 1', 'y', '1', null])
    await db.close()
  })

  test.each([
    // Of plain forms: the type in the right database counts.
    ['SET none x', '0: HSET string f x'],
    ['0: SET none x', 'SET none x', '2: ZADD string 1 a'],
    ['0: DEL string', '0: HSET string f x', '1: HSET string f x'],
    // Others, which are put back.
    ['0: APPEND string !', 'APPEND string !', '2: LPUSH string x'],
    ['2: RENAME string other', '0: INCRBY string 1'],
    ['0: SET none x PX 1000', '2: RENAME missing other'],
    // Not there, not an effect, or too far.
    ['SET none x', '16: SET none x'],
    ['16: SET none x'],
    ['SET none x', '2: GET string'],
    ['SET none x', '2: FLUSHDB'],
  ])('all or none: %j', async (...lines) => {
    const { db, events } = await openThree()
    const before = await contentsIn(db, 0, 1, 2, 3)
    await db.call('SELECT', 1)
    expect(await errorOf(db.apply({ lines }))).toMatch(/^(WRONGTYPE|ERR) /)
    expect(events).toEqual([])
    expect(await contentsIn(db, 0, 1, 2, 3)).toEqual(before)
    await db.close()
  })

  test('the type of a key of the same name elsewhere is of no concern', async () => {
    const { db } = await openThree()
    expect(await db.apply({ lines: ['3: HSET string f x', '3: HSET string g y', 'SET string z'] })).toBe('OK')
    await db.call('SELECT', 3)
    expect(await db.call('HGETALL', 'string')).toEqual({ f: 'x', g: 'y' })
    await db.close()
  })

  test('a sole one may be any, wherever it is', async () => {
    const { db } = await openThree()
    expect(await db.apply({ lines: ['2: FLUSHDB'] })).toBe('OK')
    expect(await db.call('EXISTS', 'string')).toBe(1)
    await db.call('SELECT', 2)
    expect(await db.call('DBSIZE')).toBe(0)
    await db.close()
  })

  test('there is no database 16', async () => {
    const { db } = await openThree()
    expect(await errorOf(db.apply({ lines: ['16: SET none x'] }))).toBe('ERR DB index is out of range')
    await db.close()
  })

  test('WATCH sees them', async () => {
    const { db } = await openThree()
    await db.call('WATCH', 'string')
    await db.callBytes('APPLY', '0: SET string x')
    await db.callBytes('APPLY', '1: SET string x')
    await db.call('MULTI')
    expect(await db.call('EXEC')).toBe(null)
    await db.call('WATCH', 'string')
    await db.callBytes('APPLY', '2: SET string x', '0: SET string y')
    await db.call('MULTI')
    expect(await db.call('EXEC')).toEqual([])
    await db.close()
  })

  test('any at all, on any databases, do what they do one by one, or nothing when one of them fails', async () => {
    const word = fc.constantFrom('string', 'hash', 'other')
    const effect = fc.oneof(
      fc.tuple(fc.constantFrom('SET', 'APPEND', 'INCRBY', 'RPUSH'), word, fc.constantFrom('1', 'x')),
      fc.tuple(fc.constantFrom('DEL', 'INCR'), word),
      fc.tuple(fc.constant('HSET'), word, fc.constant('f'), fc.constant('1')),
      fc.tuple(fc.constant('RENAME'), word, word),
    )
    const lines = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), effect), { minLength: 1, maxLength: 5 })
    const { db, events } = await openThree()
    const { db: plain, events: plainEvents } = await openThree()
    const before = await contentsIn(db, 0, 1, 2)
    await fc.assert(
      fc.asyncProperty(lines, async lines => {
        for (const one of [db, plain]) {
          await one.call('FLUSHALL')
          for (const index of [0, 1, 2]) {
            await one.call('SELECT', index)
            await one.call('SET', 'string', `of ${index}`)
          }
        }
        await db.call('SELECT', 1)
        events.length = plainEvents.length = 0
        const error = await errorOf(db.apply({ lines: lines.map(([index, words]) => `${index}: ${words.join(' ')}`) }))
        let plainError: string | undefined
        for (const [index, words] of lines) {
          await plain.call('SELECT', index)
          plainError ??= await errorOf(plain.call(...words))
        }
        expect(error).toBe(plainError)
        const told = [...events]
        const after = await contentsIn(db, 0, 1, 2)
        expect(after).toEqual(error === undefined ? await contentsIn(plain, 0, 1, 2) : before)
        expect(told).toEqual(error === undefined ? plainEvents : [])
      }),
      { numRuns: 300 },
    )
    await db.close()
    await plain.close()
  })
})
