import fc from 'fast-check'
import { type Bytes, command, defineModule, type Read, reply } from 'krmt/module'
import { openTest } from 'krmt/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let look: (read: Read) => unknown = () => undefined
let seen: unknown

/** LOOK runs what a test wants to look at. */
const module = defineModule({
  name: 'look',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'look',
      summary: 'Looks.',
      flags: ['write'],
      run(_args, { read }) {
        seen = look(read)
        return reply.ok
      },
    }),
  ],
})

let db: Awaited<ReturnType<typeof open>>
const open = () => openTest({ modules: [module] })

beforeAll(async () => {
  db = await open()
})
afterAll(() => db.close())

/** What a command sees of the server. */
async function reading<T>(run: (read: Read) => T): Promise<T> {
  look = run
  await db.look()
  return seen as T
}

const text = (bytes: Bytes | null): string | null => bytes?.toString('latin1') ?? null
const texts = (reply: unknown): unknown => (Array.isArray(reply) ? reply.map(texts) : text(reply as Bytes | null))
const index = fc.integer({ min: -12, max: 12 })

describe('a string', () => {
  /** Bytes, text or an integer: the three forms in which the engine holds strings. */
  const value = fc.oneof(
    fc.string({ maxLength: 8 }).map(text => ({ set: text, and: [] as string[] })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(number => ({ set: String(number), and: [] as string[] })),
    fc.record({ set: fc.string({ maxLength: 6 }), and: fc.constant(['SETBIT', 'key', '20', '1']) }),
  )

  test('is what GET, STRLEN, GETRANGE and GETBIT say', async () => {
    await fc.assert(
      fc.asyncProperty(value, index, index, async ({ set, and }, start, end) => {
        await db.call('SET', 'key', set)
        if (and.length > 0) await db.call(...and)
        await reading(read => {
          const string = read.string('key')
          const whole = read.call('GET', 'key') as Bytes
          expect(string.get()?.equals(whole)).toBe(true)
          expect([string.exists, string.length]).toEqual([true, read.call('STRLEN', 'key')])
          expect(text(string.getRange(start, end))).toBe(text(read.call('GETRANGE', 'key', start, end) as Bytes))
          const bits: number[] = []
          for (let i = 0; i < string.length; i++) {
            expect(string.byteAt(i)).toBe(whole.at(i))
            for (let bit = i * 8; bit < i * 8 + 8; bit++) {
              expect(string.getBit(bit)).toBe(read.call('GETBIT', 'key', bit))
              if (string.getBit(bit) === 1) bits.push(bit)
            }
          }
          expect([string.byteAt(-1), string.byteAt(string.length), string.getBit(string.length * 8)]).toEqual([
            undefined,
            undefined,
            0,
          ])
          const visited: number[] = []
          string.visitSetBits({}, bit => visited.push(bit))
          expect(visited).toEqual(bits)
          const inRange: number[] = []
          string.visitSetBits({ start, end }, bit => inRange.push(bit))
          const [from, to] = [start, end].map(at => (at < 0 ? at + string.length : at) * 8)
          expect(inRange).toEqual(bits.filter(bit => bit >= Number(from) && bit < Number(to) + 8))
        })
      }),
    )
  })

  test('visits go on until `visit` says no, or the limit is reached', async () => {
    await db.call('SET', 'key', '\u0007')
    const visited = (limit: number | undefined, last: number) =>
      reading(read => {
        const bits: number[] = []
        read.string('key').visitSetBits({ limit }, bit => {
          bits.push(bit)
          return bit !== last
        })
        return bits
      })
    expect(await visited(undefined, -1)).toEqual([5, 6, 7])
    expect(await visited(undefined, 6)).toEqual([5, 6])
    expect(await visited(1, -1)).toEqual([5])
    expect(await visited(0, -1)).toEqual([])
  })

  test('a missing one is empty', async () => {
    expect(
      await reading(read => {
        const string = read.string('missing')
        return [
          string.get(),
          string.length,
          string.exists,
          text(string.getRange(0, -1)),
          string.byteAt(0),
          string.getBit(7),
        ]
      }),
    ).toEqual([null, 0, false, '', undefined, 0])
  })
})

describe('a hash', () => {
  test('is what HGET, HLEN and HGETALL say', async () => {
    await db.call('DEL', 'hash')
    await db.call('HSET', 'hash', 'name', 'Ada', 'år', '1815')
    await reading(read => {
      const hash = read.hash('hash')
      expect([text(hash.get('name')), hash.get('år')?.toString(), hash.get('none')]).toEqual(['Ada', '1815', null])
      expect(hash.getMany(['none', 'name']).map(text)).toEqual([null, 'Ada'])
      expect([hash.has('name'), hash.has('none'), hash.size]).toEqual([true, false, 2])
      const flat = hash.entries().flatMap(({ field, value }) => [text(field), text(value)])
      expect(flat).toEqual(texts(read.call('HGETALL', 'hash')))
      expect(hash.fields().map(String)).toEqual(['name', 'år'])
      expect(hash.values().map(String)).toEqual(['Ada', '1815'])
    })
  })

  test('a missing one is empty', async () => {
    expect(await reading(({ hash }) => hash)).toBeTypeOf('function')
    await reading(read => {
      const hash = read.hash('missing')
      expect([hash.get('x'), hash.has('x'), hash.size, hash.entries(), hash.getMany(['x'])]).toEqual([
        null,
        false,
        0,
        [],
        [null],
      ])
    })
  })
})

describe('a sorted set', () => {
  const score = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0.5, -0, Infinity, -Infinity))
  const members = fc.dictionary(fc.constantFrom(...'abcdefghij'), score, { minKeys: 1 })
  const edge = (value: number, exclusive: boolean): string => `${exclusive ? '(' : ''}${value}`

  test('is what ZSCORE, ZRANK, ZRANGE and ZCOUNT say', async () => {
    const range = fc.record({ min: score, max: score, minExclusive: fc.boolean(), maxExclusive: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(members, range, index, index, async (members, range, start, end) => {
        await db.call('DEL', 'zset')
        await db.call('ZADD', 'zset', ...Object.entries(members).flatMap(([member, score]) => [score, member]))
        await reading(read => {
          const zset = read.sortedSet('zset')
          const names = (found: readonly { member: Bytes }[]) => found.map(({ member }) => text(member))
          expect(zset.size).toBe(read.call('ZCARD', 'zset'))
          expect(zset.has('nobody') || zset.score('nobody') !== null || zset.rank('nobody') !== null).toBe(false)
          for (const member of Object.keys(members)) {
            expect(zset.score(member)).toBe(members[member] === 0 ? zset.score(member) : members[member])
            expect(zset.rank(member)).toBe(read.call('ZRANK', 'zset', member))
            expect(zset.rank(member, { reverse: true })).toBe(read.call('ZREVRANK', 'zset', member))
          }
          expect(names(zset.range(start, end))).toEqual(texts(read.call('ZRANGE', 'zset', start, end)))
          expect(names(zset.range(start, end, { reverse: true }))).toEqual(
            texts(read.call('ZREVRANGE', 'zset', start, end)),
          )
          const min = edge(range.min, range.minExclusive)
          const max = edge(range.max, range.maxExclusive)
          expect(zset.count(range)).toBe(read.call('ZCOUNT', 'zset', min, max))
          expect(names(zset.rangeByScore(range))).toEqual(texts(read.call('ZRANGEBYSCORE', 'zset', min, max)))
          const reversed = names(zset.rangeByScore({ ...range, reverse: true, limit: 3 }))
          expect(reversed).toEqual(texts(read.call('ZREVRANGEBYSCORE', 'zset', max, min, 'LIMIT', 0, 3)))
          const visited: string[] = []
          zset.visitScores({}, member => visited.push(String(member)) < 2)
          expect(visited).toEqual(names(zset.range(0, 1)))
        })
      }),
    )
  })
})

describe('a key', () => {
  test('its type and time to live', async () => {
    await db.call('SET', 'key', 'x', 'PX', 5000)
    db.clock.advance(1000)
    const told = (name: string) =>
      reading(read => {
        const { exists, type, ttl } = read.key(name)
        return [exists, type, ttl]
      })
    expect(await told('key')).toEqual([true, 'string', 4000])
    expect(await told('missing')).toEqual([false, 'none', null])
    db.clock.advance(4001)
    expect(await told('key')).toEqual([false, 'none', null])
  })

  test('of another type than the view throws, when it is asked and not before', async () => {
    await db.call('SET', 'key', 'x')
    await expect(reading(read => read.hash('key').size)).rejects.toThrow('WRONGTYPE')
    await expect(reading(read => read.sortedSet('key').range(0, -1))).rejects.toThrow('WRONGTYPE')
    expect(await reading(read => read.hash('key') !== undefined)).toBe(true)
  })
})

describe('read.call', () => {
  test.each([
    ['a command that writes', ['SET', 'key', 'x'], "read.call('SET') is no read-only command"],
    ['a command of a module', ['LOOK'], "unknown command 'LOOK'"],
    ['a script', ['EVAL_RO', 'return 1', '0'], "read.call('EVAL_RO') is not allowed in a module"],
    ['no command at all', ['NOTHING'], "unknown command 'NOTHING'"],
    ['too few words', ['GET'], "wrong number of arguments for 'get' command"],
    ['another type', ['HGETALL', 'text'], 'WRONGTYPE'],
  ])('refuses %s', async (_, argv, error) => {
    await db.call('SET', 'text', 'x')
    await expect(reading(read => read.call(...argv))).rejects.toThrow(error)
  })

  test('sees the database of the caller', async () => {
    await db.call('SELECT', 1)
    await db.call('SET', 'elsewhere', 'x')
    const seen = () => reading(read => [read.key('elsewhere').exists, read.call('EXISTS', 'elsewhere')])
    expect(await seen()).toEqual([true, 1])
    await db.call('SELECT', 0)
    expect(await seen()).toEqual([false, 0])
  })
})

describe('read.database', () => {
  test('sees another database than that of the caller', async () => {
    await db.call('SELECT', 3)
    await db.call('HSET', 'there', 'f', 'x')
    await db.call('SELECT', 0)
    await db.call('DEL', 'there')
    const seen = (index: number) =>
      reading(read => {
        const other = read.database(index)
        return [text(other.hash('there').get('f')), other.key('there').exists, other.call('HLEN', 'there')]
      })
    expect(await seen(3)).toEqual(['x', true, 1])
    expect(await seen(0)).toEqual([null, false, 0])
    expect(await reading(read => read.database(3).database(0).key('there').exists)).toBe(false)
    // What comes after it is in the caller's again.
    expect(await reading(read => [read.database(3).call('EXISTS', 'there'), read.call('EXISTS', 'there')])).toEqual([
      1, 0,
    ])
    await db.call('SELECT', 3)
    expect(await seen(0)).toEqual([null, false, 0])
    await db.call('FLUSHDB')
    await db.call('SELECT', 0)
  })

  test.each([
    [16, 'ERR DB index is out of range'],
    [-1, "ERR internal error in 'look': a database is an integer from 0, not the number -1"],
    [1.5, "ERR internal error in 'look': a database is an integer from 0, not the number 1.5"],
    ['0', 'ERR internal error in \'look\': a database is an integer from 0, not the text "0"'],
  ])('there is no database %j', async (index, error) => {
    await expect(reading(read => read.database(index as number))).rejects.toThrow(error)
  })
})
