import { type Embedded, open, ReplyError, type Upstream } from 'krmt'
import { command, defineModule, type Read, t } from 'krmt/module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'

/** What a handler may ask, by what the test calls it. */
const questions: Record<string, (read: Read) => unknown> = {
  'the keys': read => ['string', 'hash', 'zset', 'list', 'none'].map(key => [read.key(key).exists, read.key(key).type]),
  'times to live': read => [read.key('string').ttl, read.key('none').ttl, Number(read.key('dying').ttl) > 1e8],
  'a string': read => [read.string('string').get(), read.string('none').get(), read.string('empty').get()],
  'its length': read => ['string', 'none', 'empty'].map(key => read.string(key).length),
  'whether it exists': read => ['string', 'none', 'empty'].map(key => read.string(key).exists),
  'whether it exists, when it has been read': read =>
    ['string', 'none', 'empty'].map(key => [read.string(key).get(), read.string(key).exists, read.string(key).length]),
  'ranges of it': read =>
    [0, 1, 5, -1, -3, -100, 100].flatMap(start =>
      [0, 2, -1, -2, -100, 100, Infinity].map(end => read.string('string').getRange(start, end)),
    ),
  'its bytes': read => [0, 1, 8, 9, 12, 13, -1].map(at => read.string('string').byteAt(at)),
  'its bits': read => [0, 1, 7, 8, 72, 103, 104, 1e6].map(at => read.string('string').getBit(at)),
  'all its bytes': read => {
    const string = read.string('long')
    return Array.from({ length: string.length }, (_, at) => string.byteAt(at)).join()
  },
  'bytes from the end': read => {
    const string = read.string('long')
    const bytes: unknown[] = []
    for (let at = string.length - 1; at >= 0; at -= 1000) bytes.push(string.byteAt(at))
    return bytes
  },
  'set bits': read =>
    [0, 1, 5, -1, -3, -100, 100].flatMap(start =>
      [0, 2, -1, -2, -100, 100].flatMap(end =>
        [undefined, 0, 3].map(limit => {
          const found: number[] = []
          read.string('string').visitSetBits({ start, end, limit }, position => found.push(position))
          return found
        }),
      ),
    ),
  'a visit that ends': read => {
    const found: number[] = []
    read.string('string').visitSetBits({}, position => found.push(position) < 5)
    return found
  },
  'fields of a hash': read => [read.hash('hash').get('a'), read.hash('hash').get('x'), read.hash('none').get('a')],
  'whether it has them': read => [read.hash('hash').has('a'), read.hash('hash').has('x'), read.hash('none').has('a')],
  'many of them': read => [
    read.hash('hash').getMany(['a', 'x', 'b']),
    read.hash('none').getMany(['a']),
    read.hash('hash').getMany([]),
  ],
  'all of it': read => [read.hash('hash').entries(), read.hash('hash').fields(), read.hash('none').values()],
  'how many it has': read => [read.hash('hash').size, read.hash('none').size],
  'all, and then some': read => {
    const hash = read.hash('hash')
    return [hash.entries().length, hash.get('a'), hash.has('b'), hash.has('x'), hash.size, hash.get('x')]
  },
  'one, and whether there is one': read => [read.hash('hash').get('a'), read.hash('hash').has('a')],
  scores: read => [
    read.sortedSet('zset').score('b'),
    read.sortedSet('zset').score('x'),
    read.sortedSet('none').score('b'),
  ],
  'many scores': read => [
    read.sortedSet('zset').scores(['b', 'x', 'inf', '-inf']).map(String),
    read.sortedSet('none').scores(['a']),
    read.sortedSet('zset').scores([]),
  ],
  members: read => [read.sortedSet('zset').has('b'), read.sortedSet('zset').has('x'), read.sortedSet('zset').size],
  ranks: read =>
    ['a', 'b', 'x'].flatMap(member => [
      read.sortedSet('zset').rank(member),
      read.sortedSet('zset').rank(member, { reverse: true }),
    ]),
  'ranges by rank': read =>
    [0, 1, -2, -100, 100].flatMap(start =>
      [0, -1, -2, 100, Infinity].flatMap(end =>
        [false, true].map(reverse => scored(read.sortedSet('zset').range(start, end, { reverse }))),
      ),
    ),
  'ranges by score': read =>
    [
      {},
      { min: 1 },
      { max: 2 },
      { min: 1, max: 2, minExclusive: true },
      { min: 1, max: 2, maxExclusive: true },
    ].flatMap(range =>
      [undefined, 0, 1, 1.5].flatMap(limit =>
        [false, true].map(reverse => scored(read.sortedSet('zset').rangeByScore({ ...range, limit, reverse }))),
      ),
    ),
  counts: read => [
    read.sortedSet('zset').count({}),
    read.sortedSet('zset').count({ min: 1, minExclusive: true }),
    read.sortedSet('none').count({}),
  ],
  'another database': read => [read.database(1).string('string').get(), read.database(0).string('string').get()],
  'a command': read => [read.call('LRANGE', 'list', 0, -1), read.call('TYPE', 'list'), read.call('GET', 'none')],
  'scores by a command': read => [read.call('ZSCORE', 'zset', 'd'), read.call('ZRANGE', 'zset', 0, -1, 'WITHSCORES')],
  'a script that is not there': read => read.script('a'.repeat(40)),
  'a string of a hash': read => read.string('hash').get(),
  'the length of a hash as a string': read => read.string('hash').length,
  'whether a hash exists as a string': read => read.string('hash').exists,
  'a byte of a hash': read => read.string('hash').byteAt(1),
  'bits of a hash': read => read.string('hash').visitSetBits({}, () => {}),
  'a field of a string': read => read.hash('string').get('a'),
  'no fields of a string': read => read.hash('string').getMany([]),
  'the size of a string': read => read.hash('string').size,
  'a member of a list': read => read.sortedSet('list').has('a'),
  'scores of a list': read => read.sortedSet('list').visitScores({}, () => {}),
  'scores of a list, to none': read => read.sortedSet('list').visitScores({ limit: 0 }, () => {}),
  'an error that is caught': read => {
    try {
      return read.hash('string').get('a')
    } catch (error) {
      return error instanceof ReplyError ? error.message : 'another one'
    }
  },
  'an error of a command': read => read.call('LLEN', 'string'),
  'a database that there is not': read => read.database(99).string('string').get(),
  'a command that writes': read => read.call('SET', 'string', 'x'),
  'a command that there is not': read => read.call('NOTHING'),
  'a command with too few words': read => read.call('GET'),
  'a bad database': read => read.database(-1),
}

function scored(members: readonly { member: unknown; score: number }[]): unknown {
  return members.map(({ member, score }) => [member, String(score)])
}

const asking = defineModule({
  name: 'asking',
  version: '1.0.0',
  requires: '^1',
  commands: (['readonly', 'write'] as const).map(flag =>
    command({
      name: `ask-${flag}`,
      summary: 'Answers a question as JSON.',
      flags: [flag],
      args: { question: t.text() },
      run: ({ question }, { read }) => JSON.stringify(questions[question]?.(read), (_, value) => value ?? null),
    }),
  ),
})

describeWithRedis('what a module reads in front of a redis-server', () => {
  let server: RedisServer
  let there: Upstream
  let here: Embedded

  beforeAll(async () => {
    server = await startRedisServer()
    there = await open(`unix:${server.socketPath}`, { modules: [asking] })
    here = await open({ modules: [asking] })
    const long = new Uint8Array(20_000).map((_, at) => at * 7)
    for (const db of [here, there]) {
      await db.call('SET', 'string', 'bytes: \x01 \u00ff!')
      await db.call('SET', 'empty', '')
      await db.call('SET', 'long', long)
      await db.call('SET', 'dying', 'x', 'EX', 1_000_000)
      await db.call('HSET', 'hash', 'a', '1', 'b', new Uint8Array([0, 255]), 'c', '')
      await db.call('ZADD', 'zset', 1, 'a', 1.5, 'b', 2, 'c', '-inf', '-inf', '+inf', 'inf', 1, 'aa', 0.1, 'd')
      await db.call('RPUSH', 'list', 'x', 'y')
    }
  })
  afterAll(async () => {
    await there?.close()
    await here?.close()
    await server?.stop()
  })

  test.each(
    Object.keys(questions).flatMap(name => [
      ['readonly', name],
      ['write', name],
    ]),
  )('by a %s command, is the same as on the embedded host: %s', async (flag, question) => {
    const [expected, actual] = await Promise.all([here, there].map(db => outcome(db, `ask-${flag}`, question!)))
    expect(actual).toBe(expected)
  })

  async function outcome(db: Pick<Upstream, 'call'>, ...argv: string[]): Promise<string> {
    try {
      return String(await db.call(...argv))
    } catch (error) {
      return error instanceof ReplyError ? error.message : String(error)
    }
  }
})
