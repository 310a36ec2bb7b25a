import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileGlob, globMatch } from '../../src/bytes/glob.js'
import { checkFloatIncrement, incrementByFloat } from '../../src/bytes/long-double.js'
import {
  addInteger,
  formatDouble,
  formatInteger,
  parseDouble,
  parseInteger64,
  parseLexBound,
  parseScoreBound,
} from '../../src/bytes/numbers.js'
import { quoteArg, splitArgs } from '../../src/bytes/split-args.js'
import { ReplyError } from '../../src/errors.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

/** Texts of numbers, most of them valid, at all magnitudes, and near the limits of the formats more often. */
const sign = fc.constantFrom('', '', '', '-', '+')
const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength })
const hexDigits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF08'), maxLength })
const join = (...parts: fc.Arbitrary<string | number>[]) => fc.tuple(...parts).map(texts => texts.join(''))
const short = join(sign, fc.nat({ max: 120 }), fc.constant('.'), digits(6))
const plain = join(sign, digits(22), fc.constantFrom('', '.'), digits(22))
const decimal = join(
  plain,
  fc.constantFrom('e', 'E', 'e+', 'e-'),
  fc.oneof(fc.nat(30), fc.integer({ min: 290, max: 330 }), fc.integer({ min: 4890, max: 4990 }), fc.nat()),
)
const hexadecimal = join(
  sign,
  fc.constantFrom('0x', '0X'),
  hexDigits(20),
  fc.constantFrom('', '.'),
  hexDigits(20),
  fc.constantFrom('', 'p', 'P+', 'p-'),
  fc.oneof(fc.constant(''), fc.nat(80), fc.integer({ min: 1000, max: 1200 }), fc.integer({ min: 16300, max: 16520 })),
)
const long = fc
  .tuple(sign, digits(40), fc.nat(5090), digits(40), fc.nat(5200))
  .map(([s, head, zeros, tail, e]) => `${s}${head}${'0'.repeat(zeros)}${tail}e-${e}`)
const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n) - 3n, max: 2n ** 63n + 3n }).map(String),
  fc
    .integer({ min: -3, max: 3 })
    .chain(n =>
      fc.constantFrom(2n ** 63n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n), 10n ** 19n, 0n).map(m => `${m + BigInt(n)}`),
    ),
  fc.integer().map(String),
)
const odd = fc.constantFrom(
  `0.${'0'.repeat(5117)}`,
  `0.${'0'.repeat(5118)}`,
  `0x1.${'0'.repeat(12)}8${'0'.repeat(60)}1`,
  `0x8${'0'.repeat(15)}8${'0'.repeat(60)}1`,
  ...[
    '',
    '.',
    '-',
    '+',
    '-0',
    '+0',
    '00',
    '0x',
    '0x.',
    'inf',
    '-Inf',
    '+INFINITY',
    'infinit',
    'nan',
    '-nan(1)',
    ' 1',
    '1 ',
    '\t1',
    '1\0',
  ],
  ...[
    '1e',
    '1e+',
    '1_0',
    '1,5',
    '0x1p',
    '0b1',
    '1f',
    '1e5.',
    '--1',
    '1-1',
    '\xb2',
    '1e-99999999999999999999',
    '0e999999999999',
  ],
)
const floatText = fc.oneof(short, short, plain, decimal, hexadecimal, long, integer, odd)
const doubleText = fc.oneof(
  floatText,
  fc.double({ noNaN: true }).map(String),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(n => n.toFixed(5)),
  // ties of %.17g
  fc
    .tuple(fc.bigInt({ min: 1n, max: 2n ** 53n }), fc.integer({ min: 1, max: 40 }))
    .map(([m, j]) => String(Number(m) / 2 ** j)),
)

/** What a command would answer: the text, or the error that is thrown. */
function outcome(action: () => string): Reply {
  try {
    return { type: 'bulk', value: action() }
  } catch (error) {
    if (error instanceof ReplyError) return { type: 'error', value: error.message }
    throw error
  }
}

describeWithRedis('numbers and patterns, as redis-server has them', () => {
  let server: RedisServer
  let client: RespClient
  let resp3: RespClient

  beforeAll(async () => {
    // Small sorted sets keep integers instead of doubles, which loses the sign of zero.
    server = await startRedisServer({ args: ['--zset-max-listpack-entries', '0'] })
    client = await connect({ path: server.socketPath })
    resp3 = await connect({ path: server.socketPath })
    await resp3.send('HELLO', 3)
  })
  afterAll(async () => {
    await client.close()
    await resp3.close()
    await server.stop()
  })

  /** Runs the property on batches, each asked for in one pipeline. */
  const check = async <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, property: (batch: T[]) => Promise<void>) => {
    const batches = fc.array(arbitrary, { minLength: 1, maxLength: 100, size: 'max' })
    await fc.assert(fc.asyncProperty(batches, property), { numRuns: Math.ceil(numRuns / 50) })
  }

  test('integers and their sums', async () => {
    await check(fc.tuple(fc.oneof(integer, odd, plain), integer), 10_000, async pairs => {
      const replies = await client.sendMany(
        pairs.flatMap(([a, b]) => [
          ['SET', 'n', a],
          ['INCRBY', 'n', b],
          ['GET', 'n'],
        ]),
      )
      const results = pairs.map((_, i) => [replies[i * 3 + 1], replies[i * 3 + 2]])
      const expected = pairs.map(([a, b]): Reply[] => {
        const [x, y] = [parseInteger64(a), parseInteger64(b)]
        const error = (value: string): Reply[] => [
          { type: 'error', value },
          { type: 'bulk', value: a },
        ]
        if (x === undefined || y === undefined) return error('ERR value is not an integer or out of range')
        const sum = addInteger(x, y)
        if (sum === undefined) return error('ERR increment or decrement would overflow')
        return [
          { type: 'integer', value: sum },
          { type: 'bulk', value: formatInteger(sum) },
        ]
      })
      expect(results).toEqual(expected)
    })
  })

  test('doubles, read and written in both protocols', async () => {
    await check(doubleText, 20_000, async texts => {
      const commands = texts.flatMap(text => [
        ['DEL', 'z'],
        ['ZADD', 'z', text, 'm'],
        ['ZSCORE', 'z', 'm'],
      ])
      const [old, current] = await Promise.all([
        client.sendMany(commands.map(([name = '', ...rest]) => [name, 'z2', ...rest.slice(1)])),
        resp3.sendMany(commands),
      ])
      const results = texts.map((_, i) => [old[i * 3 + 1], old[i * 3 + 2], current[i * 3 + 2]])
      const expected = texts.map((text): Reply[] => {
        const value = parseDouble(text)
        const error: Reply = { type: 'error', value: 'ERR value is not a valid float' }
        if (value === undefined) return [error, { type: 'null-bulk' }, { type: 'null' }]
        const shown = formatDouble(value)
        return [
          { type: 'integer', value: 1 },
          { type: 'bulk', value: shown },
          { type: 'double', value: shown },
        ]
      })
      expect(results).toEqual(expected)
    })
  })

  test('bounds of scores', async () => {
    const scores = [-Infinity, -5e3, -1, -5e-324, 0, 5e-324, 0.5, 1, 1.5, 16, 5e3, 2 ** 53, 1e308, Infinity]
    await client.send('ZADD', 's', ...scores.flatMap(score => [formatDouble(score), formatDouble(score)]))
    const number = fc.oneof(doubleText, fc.constantFrom(...scores).map(formatDouble))
    const space = fc.constantFrom('', '', '', ' ', '\v\f', '\0', '\xa0')
    const bound = join(fc.constantFrom('', '', '('), space, number, space)
    await check(bound, 5_000, async bounds => {
      const replies = await client.sendMany(bounds.map(text => ['ZCOUNT', 's', text, 'inf']))
      const expected = bounds.map((text): Reply => {
        let count = 0
        const answer = outcome(() => {
          const { value, exclusive } = parseScoreBound(text)
          count = scores.filter(score => (exclusive ? score > value : score >= value)).length
          return ''
        })
        return answer.type === 'error' ? answer : { type: 'integer', value: count }
      })
      expect(replies).toEqual(expected)
    })
  })

  test('bounds of members', async () => {
    const members = ['', '\0', '+', '-', 'a', 'a\0', 'ab', '\xff']
    await client.send('ZADD', 'l', ...members.flatMap(member => [0, member]))
    const bound = fc.string({ unit: fc.constantFrom(...'([+-ab\0\xff'), maxLength: 4 })
    await check(bound, 2_000, async bounds => {
      const replies = await client.sendMany(bounds.map(text => ['ZRANGEBYLEX', 'l', text, '+']))
      const expected = bounds.map((text): Reply => {
        let found: string[] = []
        const answer = outcome(() => {
          const from = parseLexBound(text)
          found = members.filter(member => {
            if (typeof from === 'string') return from === '-'
            return from.exclusive ? member > from.value : member >= from.value
          })
          return ''
        })
        return answer.type === 'error'
          ? answer
          : { type: 'array', items: found.map(value => ({ type: 'bulk', value })) }
      })
      expect(replies).toEqual(expected)
    })
  })

  test('INCRBYFLOAT', async () => {
    await check(fc.tuple(floatText, floatText), 20_000, async pairs => {
      const replies = await client.sendMany(
        pairs.flatMap(([a, b]) => [
          ['SET', 'f', a],
          ['INCRBYFLOAT', 'f', b],
        ]),
      )
      const expected = pairs.map(([a, b]) => outcome(() => incrementByFloat(a, b)))
      expect(replies.filter((_, i) => i % 2 === 1)).toEqual(expected)
    })
  })

  test('INCRBYFLOAT of short numbers again and again', async () => {
    await check(fc.tuple(short, fc.array(short, { minLength: 1, maxLength: 5 })), 2_000, async sessions => {
      const replies = await client.sendMany(
        sessions.flatMap(([first, rest]) => [['SET', 'f', first], ...rest.map(text => ['INCRBYFLOAT', 'f', text])]),
      )
      const expected = sessions.flatMap(([first, rest]): Reply[] => {
        let value = first
        return [
          { type: 'status', value: 'OK' },
          ...rest.map(text => outcome(() => (value = incrementByFloat(value, text)))),
        ]
      })
      expect(replies).toEqual(expected)
    })
  })

  test('HINCRBYFLOAT', async () => {
    const notFloat = new ReplyError('ERR hash value is not a float')
    await check(fc.tuple(floatText, floatText), 3_000, async pairs => {
      const replies = await client.sendMany(
        pairs.flatMap(([a, b]) => [
          ['HSET', 'h', 'f', a],
          ['HINCRBYFLOAT', 'h', 'f', b],
        ]),
      )
      const expected = pairs.map(([a, b]) =>
        outcome(() => {
          checkFloatIncrement(b)
          return incrementByFloat(a, b, notFloat)
        }),
      )
      expect(replies.filter((_, i) => i % 2 === 1)).toEqual(expected)
    })
  })

  const byte = fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code))
  const patternChar = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...'aabbcAZ**?[[^-]\\\x80\xff\0') },
    { weight: 1, arbitrary: byte },
  )
  const pattern = fc.string({ unit: patternChar, minLength: 1, maxLength: 12 }).filter(text => text !== '*')

  test('patterns', async () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom(...'aabbcABZ-]^\\*\x80\xff\0'), maxLength: 6 }), {
      minLength: 60,
      maxLength: 60,
    })
    const suite = fc.tuple(texts, fc.array(pattern, { minLength: 40, maxLength: 40, size: 'max' }))
    await fc.assert(
      fc.asyncProperty(suite, async ([keys, patterns]) => {
        await client.send('SELECT', 1)
        await client.send('FLUSHDB')
        await client.send('MSET', ...keys.flatMap(key => [key, '']))
        const replies = await client.sendMany(patterns.map(text => ['KEYS', text]))
        await client.send('SELECT', 0)
        const found = replies.map(reply =>
          ('items' in reply ? reply.items : []).map(item => ('value' in item ? String(item.value) : '')),
        )
        const distinct = [...new Set(keys)]
        for (const [i, text] of patterns.entries()) {
          const wanted = { pattern: text, keys: (found[i] ?? []).sort() }
          expect({ pattern: text, keys: distinct.filter(key => globMatch(text, key)).sort() }).toEqual(wanted)
          expect({ pattern: text, keys: distinct.filter(compileGlob(text)).sort() }).toEqual(wanted)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('patterns without regard to case', async () => {
    const all = await client.send('COMMAND', 'LIST')
    const names = (all.type === 'array' ? all.items : []).map(item => ('value' in item ? String(item.value) : ''))
    const word = fc
      .constantFrom(...names)
      .chain(name => fc.tuple(fc.constant(name), fc.nat(name.length), fc.nat(name.length)))
    const cut = word.map(([name, a, b]) => name.slice(0, Math.min(a, b)) + name.slice(Math.max(a, b)))
    const piece = fc.oneof(
      cut,
      fc.constantFrom('*', '?', '[A-z]', '[Z-a]', '[^A-M]', '[ABC]', '[\\GET]', '[s-', '[', '\\S', 'S', 'Get', '*'),
    )
    const patterns = fc.array(piece, { minLength: 1, maxLength: 5 }).map(pieces => pieces.join(''))
    await check(patterns, 3_000, async batch => {
      const replies = await client.sendMany(batch.map(text => ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', text]))
      for (const [i, reply] of replies.entries()) {
        const found = (reply.type === 'array' ? reply.items : []).map(item =>
          'value' in item ? String(item.value) : '',
        )
        const text = batch[i] ?? ''
        expect([text, names.filter(name => globMatch(text, name, { nocase: true })).sort()]).toEqual([
          text,
          found.sort(),
        ])
      }
    })
  })

  test('words of a line', async () => {
    const char = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...`ab  \t\v\f\r""''\\\\xfF0n`) },
      { weight: 1, arbitrary: byte },
    )
    const line = fc.oneof(
      fc.string({ unit: char, maxLength: 30 }),
      fc.array(fc.string({ unit: byte, maxLength: 6 }).map(quoteArg), { maxLength: 5 }).map(words => words.join(' ')),
    )
    const safe = line.filter(text => !/[\n\0]/.test(text))
    await fc.assert(
      fc.asyncProperty(safe, async text => {
        const words = splitArgs(text)
        const guest = words === undefined ? await connect({ path: server.socketPath }) : client
        const [reply] = await guest.raw(`EVAL 'return ARGV' 0 ${text}\n`)
        if (guest !== client) await guest.close()
        expect(reply).toEqual(
          words === undefined
            ? { type: 'error', value: 'ERR Protocol error: unbalanced quotes in request' }
            : { type: 'array', items: words.map(value => ({ type: 'bulk', value })) },
        )
      }),
      { numRuns: 2_000 },
    )
  })

  test('quoted words, as MONITOR prints them', async () => {
    const monitor = await connect({ path: server.socketPath })
    await monitor.send('MONITOR')
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
    await client.send('ECHO', all)
    const line = await monitor.nextPush()
    expect(line.type === 'status' && line.value.replace(/^.*?\] /, '')).toBe(`"ECHO" ${quoteArg(all)}`)
    await monitor.close()
  })
})
