import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeDifferential } from '../support/differential.js'
import { connect } from '../support/resp-client.js'

type Words = string[]

/** Keys of sorted sets with any scores, of one where all scores are equal (for ranges of members), and of a set. */
const key = fc.constantFrom('a', 'b', 'c')
const EQUAL = 'equal'
const member = fc.constantFrom(...'mnopqrstuvwxyz', 'ma', '', '\xff', 'm\0')
const score = fc.oneof(
  fc.integer({ min: -4, max: 4 }).map(String),
  fc.constantFrom('-0', 'inf', '-inf', '0.1', '0.2', '1e16', '-1e17', '1e-7', '3.5', '1e308'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
)
const scoreBound = fc.tuple(fc.constantFrom('', '('), score).map(parts => parts.join(''))
const lexBound = fc.oneof(
  fc.constantFrom('-', '+'),
  fc.tuple(fc.constantFrom('[', '('), member).map(parts => parts.join('')),
)
const rank = fc.integer({ min: -12, max: 12 }).map(String)
const limit = fc.oneof(
  fc.constant<Words>([]),
  fc
    .tuple(fc.integer({ min: -1, max: 8 }), fc.integer({ min: -1, max: 8 }))
    .map(pair => ['LIMIT', ...pair.map(String)]),
)
const flag = (word: string) => fc.boolean().map((on): Words => (on ? [word] : []))
const oneOf = (...words: string[]) => fc.constantFrom<Words>([], ...words.map(word => [word]))

/** A command from its parts, each a word or a list of words. */
const line = (...parts: (string | fc.Arbitrary<string | Words>)[]): fc.Arbitrary<Words> =>
  fc
    .tuple(...parts.map(part => (typeof part === 'string' ? fc.constant<string | Words>(part) : part)))
    .map(words => words.flat())

const list = (item: fc.Arbitrary<string | Words>, maxLength: number): fc.Arbitrary<Words> =>
  fc.array(item, { minLength: 1, maxLength }).map(items => items.flat())

const condition = line(oneOf('NX', 'XX'), oneOf('GT', 'LT'), oneOf('CH'), oneOf('INCR'))
const pairs = list(line(score, member), 12)
/** `numkeys key [key ...]`, with as many weights if any. */
const operands = (weighs: boolean): fc.Arbitrary<Words> =>
  fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'c', EQUAL, 'set', 'none'), score), { minLength: 1, maxLength: 4 })
    .chain(keys =>
      fc.boolean().map(weighted => {
        const words = [String(keys.length), ...keys.map(pair => pair[0])]
        return weighted && weighs ? [...words, 'WEIGHTS', ...keys.map(pair => pair[1])] : words
      }),
    )
const aggregate = oneOf('SUM', 'MIN', 'MAX').map((words): Words => words.flatMap(word => ['AGGREGATE', word]))

const command = fc.oneof(
  { weight: 8, arbitrary: line('ZADD', key, condition, pairs) },
  { weight: 4, arbitrary: line('ZADD', key, pairs) },
  { weight: 4, arbitrary: line('ZADD', EQUAL, list(line('1', member), 10)) },
  line('SADD', 'set', list(member, 4)),
  line('ZINCRBY', key, score, member),
  line('ZREM', key, list(member, 4)),
  line('ZREM', EQUAL, list(member, 4)),
  line('ZSCORE', key, member),
  line('ZMSCORE', key, list(member, 4)),
  line(fc.constantFrom('ZRANK', 'ZREVRANK'), key, member),
  line(fc.constantFrom('ZCARD', 'TYPE'), key),
  line('OBJECT', 'ENCODING', key),
  line('ZRANGE', key, rank, rank, flag('REV'), flag('WITHSCORES')),
  line('ZRANGE', key, scoreBound, scoreBound, 'BYSCORE', flag('REV'), limit, flag('WITHSCORES')),
  line('ZRANGE', EQUAL, lexBound, lexBound, 'BYLEX', flag('REV'), limit),
  line('ZCOUNT', key, scoreBound, scoreBound),
  line('ZLEXCOUNT', EQUAL, lexBound, lexBound),
  line('ZRANGESTORE', key, key, rank, rank, flag('REV')),
  line('ZRANGESTORE', key, EQUAL, lexBound, lexBound, 'BYLEX', limit),
  line('ZRANGESTORE', key, key, scoreBound, scoreBound, 'BYSCORE', flag('REV'), limit),
  line('ZREMRANGEBYRANK', key, rank, rank),
  line('ZREMRANGEBYSCORE', key, scoreBound, scoreBound),
  line('ZREMRANGEBYLEX', EQUAL, lexBound, lexBound),
  line(fc.constantFrom('ZPOPMIN', 'ZPOPMAX'), key, fc.constantFrom<Words>([], ['0'], ['1'], ['3'])),
  line('ZMPOP', operands(false), fc.constantFrom('MIN', 'MAX'), fc.constantFrom<Words>([], ['COUNT', '3'])),
  line('ZRANDMEMBER', key, '100', flag('WITHSCORES')),
  line(fc.constantFrom('ZUNION', 'ZINTER'), operands(true), aggregate, flag('WITHSCORES')),
  line(fc.constantFrom('ZUNIONSTORE', 'ZINTERSTORE'), key, operands(true), aggregate),
  line('ZDIFF', operands(false), flag('WITHSCORES')),
  line('ZDIFFSTORE', key, operands(false)),
  line('ZINTERCARD', operands(false), fc.constantFrom<Words>([], ['LIMIT', '2'])),
)

/** Shows all that there is, so that no difference stays hidden. */
const LOOK: readonly Words[] = ['a', 'b', 'c', EQUAL].flatMap(name => [
  ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
  ['OBJECT', 'ENCODING', name],
])

describeDifferential(
  'sorted sets, at random',
  ({ servers }) => {
    test('answers the same to any commands', async () => {
      const { krmt, redis } = servers()
      const ours = await connect({ path: krmt.socketPath })
      const theirs = await connect({ path: redis.socketPath })
      const commands = fc.array(command, { minLength: 1, maxLength: 80, size: 'max' })
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('2', '3'), commands, async (protocol, lines) => {
          const all = [['FLUSHALL'], ...lines, ...LOOK]
          for (const client of [ours, theirs]) await client.send('HELLO', protocol)
          const [our, their] = await Promise.all([ours.sendMany(all), theirs.sendMany(all)])
          for (const [i, words] of all.entries()) expect(our[i], words.join(' ')).toEqual(their[i])
        }),
        { numRuns: 400 },
      )
      await Promise.all([ours.close(), theirs.close()])
    })
  },
  // Small, so that sets of a few members have either encoding.
  { config: { 'zset-max-listpack-entries': '6' } },
)
