import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { AnyCommand } from './command.js'
import { compileCommand } from './compile.js'
import * as models from './fixtures/models.js'
import { Bytes, command, type Shape, t } from './index.js'

/** What `run` would be given for a line, or the error reply. Bytes are shown as their text. */
function parse(definition: AnyCommand, line: string): unknown {
  const argv = line.split(' ').map(word => (word === "''" ? '' : fromUtf8(word)))
  try {
    return JSON.parse(
      JSON.stringify(compileCommand(definition).parse(argv), (_, value) =>
        typeof value === 'bigint' ? `${value}n` : value,
      ),
    )
  } catch (error) {
    if (error instanceof ReplyError) return error.message
    throw error
  }
}

function grammar(args: Shape): AnyCommand {
  return command({ name: 'CMD', summary: 'A test.', flags: [], args, run: () => null }) as AnyCommand
}

const ARITY = "ERR wrong number of arguments for 'cmd' command"
const SYNTAX = 'ERR syntax error'
const NOT_INTEGER = 'ERR value is not an integer or out of range'
const NOT_FLOAT = 'ERR value is not a valid float'

function table(name: string, args: Shape, rows: readonly (readonly [line: string, expected: unknown])[]): void {
  describe(name, () => {
    const definition = grammar(args)
    test.each(rows)('%s', (line, expected) => {
      expect(parse(definition, line)).toEqual(expected)
    })
  })
}

table('nothing', {}, [
  ['CMD', {}],
  ['CMD x', ARITY],
])
table('key, text and bytes', { key: t.key(), text: t.text(), bytes: t.bytes() }, [
  ['CMD k ä ÿ', { key: 'k', text: 'ä', bytes: 'ÿ' }],
  ["CMD '' '' ''", { key: '', text: '', bytes: '' }],
  ['CMD k a', ARITY],
  ['CMD k a b c', ARITY],
])
table('integer', { n: t.integer() }, [
  ['CMD 0', { n: 0 }],
  ['CMD -12', { n: -12 }],
  ['CMD 9007199254740991', { n: 9007199254740991 }],
  ['CMD 9007199254740992', NOT_INTEGER],
  ['CMD -0', NOT_INTEGER],
  ['CMD +1', NOT_INTEGER],
  ['CMD 01', NOT_INTEGER],
  ['CMD 1.0', NOT_INTEGER],
  ["CMD ''", NOT_INTEGER],
])
table('integer within bounds', { n: t.integer({ min: 1, max: 3, error: 'ERR from 1 to 3' }) }, [
  ['CMD 0', 'ERR from 1 to 3'],
  ['CMD 1', { n: 1 }],
  ['CMD 3', { n: 3 }],
  ['CMD 4', 'ERR from 1 to 3'],
  ['CMD x', 'ERR from 1 to 3'],
])
table('bigint', { n: t.bigint() }, [
  ['CMD 9223372036854775807', { n: '9223372036854775807n' }],
  ['CMD -9223372036854775808', { n: '-9223372036854775808n' }],
  ['CMD 9223372036854775808', NOT_INTEGER],
  ['CMD 1', { n: '1n' }],
])
table('number', { n: t.number() }, [
  ['CMD 1.5', { n: 1.5 }],
  ['CMD +5', { n: 5 }],
  ['CMD .5e1', { n: 5 }],
  ['CMD 0x10', { n: 16 }],
  ['CMD nan', NOT_FLOAT],
  ['CMD inf', NOT_FLOAT],
  ['CMD 1e400', NOT_FLOAT],
  ['CMD x', NOT_FLOAT],
  ["CMD ''", NOT_FLOAT],
])
table('number within bounds', { n: t.number({ min: 0, max: Infinity }) }, [
  ['CMD inf', { n: null }],
  ['CMD -1', NOT_FLOAT],
  ['CMD 0', { n: 0 }],
])
table('one of several words', { order: t.oneOf('asc', 'desc') }, [
  ['CMD ASC', { order: 'asc' }],
  ['CMD desc', { order: 'desc' }],
  ['CMD up', SYNTAX],
  ['CMD', ARITY],
])
table(
  'one of several spellings',
  { unit: t.oneOf({ m: ['m', 'meter*'], mm: ['mm', 'milli*'], all: ['*'] }, { caseSensitive: true }) },
  [
    ['CMD m', { unit: 'm' }],
    ['CMD meter', { unit: 'm' }],
    ['CMD meters', { unit: 'm' }],
    ['CMD milli', { unit: 'mm' }],
    ['CMD *', { unit: 'all' }],
    ['CMD M', SYNTAX],
    ['CMD mete', SYNTAX],
  ],
)
table('flags', { key: t.key(), ch: t.flag('CH', 'CHANGED'), deep: t.flag('DEEP') }, [
  ['CMD k', { key: 'k', ch: false, deep: false }],
  ['CMD k ch', { key: 'k', ch: true, deep: false }],
  ['CMD k Changed DEEP', { key: 'k', ch: true, deep: true }],
  ['CMD k deep', { key: 'k', ch: false, deep: true }],
  ['CMD k deep ch', SYNTAX],
  ['CMD k x', SYNTAX],
  ['CMD k ch deep x', ARITY],
])
table('a flag before a required argument', { nx: t.flag('NX'), name: t.text() }, [
  ['CMD NX', { nx: false, name: 'NX' }],
  ['CMD NX NX', { nx: true, name: 'NX' }],
  ['CMD a b', SYNTAX],
])
table(
  'clauses',
  {
    count: t.clause('COUNT', t.integer()),
    limit: t.clause(['LIMIT', 'LIM'], { offset: t.integer(), count: t.integer() }),
  },
  [
    ['CMD', {}],
    ['CMD COUNT 3', { count: 3 }],
    ['CMD lim 1 2', { limit: { offset: 1, count: 2 } }],
    ['CMD COUNT 3 LIMIT 1 2', { count: 3, limit: { offset: 1, count: 2 } }],
    ['CMD COUNT', SYNTAX],
    ['CMD COUNT x', NOT_INTEGER],
    ['CMD LIMIT 1', SYNTAX],
    ['CMD LIMIT 1 2 COUNT 3', SYNTAX],
  ],
)
const options = t.options(
  {
    nx: t.flag('NX'),
    xx: t.flag('XX'),
    ex: t.clause('EX', t.integer({ min: 1, error: 'ERR invalid expire time' })),
    limit: t.clause('LIMIT', { offset: t.integer(), count: t.optional(t.integer()) }),
    order: t.oneOf('ASC', 'DESC'),
    size: t.optional(t.clause('SIZE', t.integer()), 10),
    json: t.flag('JSON'),
    jsonBounds: t.flag('JSONB*'),
  },
  { exclusive: [['nx', 'xx']] },
)
const none = { nx: false, xx: false, size: 10, json: false, jsonBounds: false }
table('options in any order', { key: t.key(), options }, [
  ['CMD k', { key: 'k', options: none }],
  ['CMD k nx EX 5', { key: 'k', options: { ...none, nx: true, ex: 5 } }],
  ['CMD k EX 5 nx', { key: 'k', options: { ...none, nx: true, ex: 5 } }],
  ['CMD k EX 5 EX 6', { key: 'k', options: { ...none, ex: 6 } }],
  ['CMD k asc desc', { key: 'k', options: { ...none, order: 'DESC' } }],
  ['CMD k NX NX', { key: 'k', options: { ...none, nx: true } }],
  ['CMD k NX XX', SYNTAX],
  ['CMD k LIMIT 1 2', { key: 'k', options: { ...none, limit: { offset: 1, count: 2 } } }],
  ['CMD k LIMIT 1 NX', { key: 'k', options: { ...none, nx: true, limit: { offset: 1 } } }],
  ['CMD k LIMIT 1 x', NOT_INTEGER],
  ['CMD k SIZE 3', { key: 'k', options: { ...none, size: 3 } }],
  ['CMD k json', { key: 'k', options: { ...none, json: true } }],
  ['CMD k jsonbounds', { key: 'k', options: { ...none, jsonBounds: true } }],
  ['CMD k jsonx', SYNTAX],
  ['CMD k EX', SYNTAX],
  ['CMD k EX 0', 'ERR invalid expire time'],
  ['CMD k NX what', SYNTAX],
  ['CMD', ARITY],
])
table('options with an error of their own', { options: t.options({ nx: t.flag('NX') }, { error: 'ERR what?' }) }, [
  ['CMD NX', { options: { nx: true } }],
  ['CMD XX', 'ERR what?'],
])
table('optional arguments, from the left', { start: t.optional(t.integer(), 0), end: t.optional(t.integer()) }, [
  ['CMD', { start: 0 }],
  ['CMD 1', { start: 1 }],
  ['CMD 1 2', { start: 1, end: 2 }],
  ['CMD 1 2 3', ARITY],
])
table(
  'an optional argument yields to words',
  { pattern: t.optional(t.text()), count: t.clause('COUNT', t.integer()), all: t.flag('ALL') },
  [
    ['CMD', { all: false }],
    ['CMD a*', { pattern: 'a*', all: false }],
    ['CMD count 3', { count: 3, all: false }],
    ['CMD all', { all: true }],
    ['CMD x all', { pattern: 'x', all: true }],
    ['CMD all x', SYNTAX],
  ],
)
table('an optional group', { pair: t.optional({ a: t.integer(), b: t.integer() }) }, [
  ['CMD', {}],
  ['CMD 1 2', { pair: { a: 1, b: 2 } }],
  ['CMD 1', ARITY],
])
table('missing', { a: t.integer(), unit: t.text({ missing: 'ERR which unit?' }), c: t.text() }, [
  ['CMD', ARITY],
  ['CMD 1', 'ERR which unit?'],
  ['CMD 1 m', ARITY],
  ['CMD x', NOT_INTEGER],
  ['CMD 1 m c', { a: 1, unit: 'm', c: 'c' }],
])
table('one or more', { fields: t.oneOrMore(t.text()), last: t.integer() }, [
  ['CMD a 1', { fields: ['a'], last: 1 }],
  ['CMD a b 1', { fields: ['a', 'b'], last: 1 }],
  ['CMD 1', ARITY],
  ['CMD a b', NOT_INTEGER],
])
table('zero or more groups', { entries: t.zeroOrMore({ field: t.text(), value: t.integer() }, { error: 'ERR odd' }) }, [
  ['CMD', { entries: [] }],
  [
    'CMD a 1 b 2',
    {
      entries: [
        { field: 'a', value: 1 },
        { field: 'b', value: 2 },
      ],
    },
  ],
  ['CMD a 1 b', 'ERR odd'],
  ['CMD a 1 b x', NOT_INTEGER],
])
table('one or more groups', { entries: t.oneOrMore({ field: t.text(), value: t.integer() }) }, [
  ['CMD', ARITY],
  ['CMD a', ARITY],
  ['CMD a 1', { entries: [{ field: 'a', value: 1 }] }],
  ['CMD a 1 b', ARITY],
])
table('counted keys', { keys: t.countedKeys(), options: t.options({ w: t.flag('W') }) }, [
  ['CMD 2 a b', { keys: ['a', 'b'], options: { w: false } }],
  ['CMD 1 a w', { keys: ['a'], options: { w: true } }],
  ['CMD 1 a b', SYNTAX],
  ['CMD 0 a', "ERR at least 1 input key is needed for 'cmd' command"],
  ['CMD -1 a', "ERR at least 1 input key is needed for 'cmd' command"],
  ['CMD x a', NOT_INTEGER],
  ['CMD 3 a b', SYNTAX],
  ['CMD 9007199254740991 a', SYNTAX],
  ['CMD 1', ARITY],
])
table('counted keys, perhaps none', { keys: t.countedKeys({ min: 0 }), rest: t.zeroOrMore(t.text()) }, [
  ['CMD 0', { keys: [], rest: [] }],
  ['CMD 0 a', { keys: [], rest: ['a'] }],
  ['CMD 1 a b', { keys: ['a'], rest: ['b'] }],
  ['CMD -1 a', "ERR Number of keys can't be negative"],
  ['CMD 2 a', "ERR Number of keys can't be greater than number of args"],
  ['CMD x', NOT_INTEGER],
])
table(
  'counted groups',
  { all: t.counted({ f: t.text(), v: t.text() }, { tooSmall: 'ERR none', tooFew: 'ERR more' }), end: t.text() },
  [
    ['CMD 1 a b c', { all: [{ f: 'a', v: 'b' }], end: 'c' }],
    ['CMD 2 a b c', 'ERR more'],
    ['CMD 0 a b c', 'ERR none'],
  ],
)
table(
  'alternatives',
  {
    form: t.alternatives(
      [
        { points: t.oneOrMore({ x: t.integer(), y: t.integer(), z: t.text() }) },
        { name: t.text(), size: t.optional(t.integer()) },
      ],
      {
        error: 'ERR the format is this or that',
      },
    ),
  },
  [
    ['CMD 1 2 a', { form: { points: [{ x: 1, y: 2, z: 'a' }] } }],
    ['CMD a', { form: { name: 'a' } }],
    ['CMD a 3', { form: { name: 'a', size: 3 } }],
    ['CMD 1 2 a 3', 'ERR the format is this or that'],
    [
      'CMD 1 2 a 3 4 b',
      {
        form: {
          points: [
            { x: 1, y: 2, z: 'a' },
            { x: 3, y: 4, z: 'b' },
          ],
        },
      },
    ],
    ['CMD', ARITY],
  ],
)

describe('the models', () => {
  const UNITS = 'ERR unsupported unit provided. please use meters (m), kilometers (km), miles (mi), or feet (ft)'
  const FORMAT = 'ERR format is: geoadd [key] [lat1] [long1] [member1] [lat2] [long2] [member2] ... '
  const arity = (name: string): string => `ERR wrong number of arguments for '${name}' command`
  const search = {
    distance: false,
    hash: false,
    coordinates: false,
    geojson: false,
    bounds: false,
    collection: false,
    noProperties: false,
  }
  test.each<[AnyCommand, string, unknown]>([
    [models.poong, 'poong', {}],
    [models.poong, 'poong x', arity('poong')],
    [
      models.hmsetnx,
      'hmsetnx h a 1 b 2',
      {
        key: 'h',
        entries: [
          { field: 'a', value: '1' },
          { field: 'b', value: '2' },
        ],
      },
    ],
    [models.hmsetnx, 'hmsetnx h d', arity('hmsetnx')],
    [models.hmsetnx, 'hmsetnx h', arity('hmsetnx')],
    [models.hmsetnx, 'hmsetnx h d 1 e', 'ERR wrong number of arguments for HMSETNX'],
    [models.hmsetif, 'hmsetif h state closed', arity('hmsetif')],
    [models.hmsetif, 'hmsetif h state closed n', arity('hmsetif')],
    [
      models.hmsetif,
      'hmsetif h s c n 1',
      { key: 'h', checkfield: 's', checkvalue: 'c', entries: [{ field: 'n', value: '1' }] },
    ],
    [models.bitallpos, 'bitallpos b', { key: 'b', start: 0, end: -1 }],
    [models.bitallpos, 'bitallpos b 0 1 2', { key: 'b', start: 0, end: 1, limit: 2 }],
    [models.bitallpos, 'bitallpos b x', NOT_INTEGER],
    [models.bitallpos, 'bitallpos b 0 1 x', NOT_INTEGER],
    [models.bitallpos, 'bitallpos', arity('bitallpos')],
    [models.geoadd, 'geoadd g 1 2', arity('geoadd')],
    [models.geoadd, 'geoadd g x 2 m', NOT_FLOAT],
    [models.geoadd, 'geoadd g 1 y m', NOT_FLOAT],
    [models.geoadd, 'geoadd g 1 2 m 3 4 n 5', FORMAT],
    [models.geoadd, 'geoadd g 1 2 m 3 y n', NOT_FLOAT],
    [models.geoadd, 'geoadd g 1 2 m', { key: 'g', what: { points: [{ latitude: 1, longitude: 2, member: 'm' }] } }],
    [
      models.geoadd,
      'geoadd g 1 2 a 5 km',
      { key: 'g', what: { latitude: 1, longitude: 2, member: 'a', radius: 5, units: 'km' } },
    ],
    [models.geoadd, 'geoadd g 41.2 1.8 c 1', 'ERR must provide units when asking for radius encode'],
    [models.geoadd, 'geoadd g 41.2 1.8 c 1 au', UNITS],
    [models.georadius, 'georadius g x 2 3 km', NOT_FLOAT],
    [models.georadius, 'georadius g 1 2 x km', 'ERR need numeric radius'],
    [models.georadius, 'georadius g 1 2 3 parsec', UNITS],
    [models.georadius, 'georadius g 1 2 3 KM', UNITS],
    [models.georadius, 'georadius g 1 2', arity('georadius')],
    [models.georadius, 'georadius g 1 2 3 km bogus', SYNTAX],
    [
      models.georadius,
      'georadius g 1 2 3 miles WITHDISTANCE json withgeojsonbounds sort',
      {
        key: 'g',
        latitude: 1,
        longitude: 2,
        radius: 3,
        units: 'mi',
        options: { ...search, distance: true, geojson: true, bounds: true, order: 'asc' },
      },
    ],
    [models.geodecode, 'geodecode abc', NOT_INTEGER],
    [models.geodecode, 'geodecode 0', { hash: '0n', geojson: false }],
    [models.geoencode, 'geoencode abc 1', NOT_FLOAT],
    [models.geoencode, 'geoencode 1 abc', NOT_FLOAT],
    [models.geoencode, 'geoencode 41.2 1.8 5', 'ERR must provide units when asking for radius encode'],
    [models.geoencode, 'geoencode 41.2 1.8 5 parsecs', UNITS],
    [models.geoencode, 'geoencode 41.2 1.8 x km', 'ERR need numeric radius'],
    [models.geoencode, 'geoencode 1 2 withgeojson', { latitude: 1, longitude: 2, geojson: true }],
    [
      models.geoencode,
      'geoencode 1 2 500 m withgeojson',
      { latitude: 1, longitude: 2, precision: { radius: 500, units: 'm' }, geojson: true },
    ],
    [models.evalname, 'evalname two 0', { name: 'two', keys: [], arguments: [] }],
    [models.evalname, 'evalname two 1 k a b', { name: 'two', keys: ['k'], arguments: ['a', 'b'] }],
    [models.evalname, 'evalname two', arity('evalname')],
    [
      models.zadd,
      'zadd k nx ch 1 a 2 b',
      {
        key: 'k',
        options: { condition: 'NX', change: true, increment: false },
        score_member: [
          { score: 1, member: 'a' },
          { score: 2, member: 'b' },
        ],
      },
    ],
    [models.zadd, 'zadd k ch incr 1 a', SYNTAX],
    [
      models.search,
      'search s p COUNT 3 STORE d',
      { source: 's', pattern: 'p', options: { count: { count: 3, any: false }, store: 'd' } },
    ],
    [
      models.search,
      'search s p COUNT 3 ANY LIMIT 1 2',
      { source: 's', pattern: 'p', options: { count: { count: 3, any: true }, limit: { offset: 1, count: 2 } } },
    ],
  ])('%#', (definition, line, expected) => {
    expect([line, parse(definition, line)]).toEqual([line, expected])
  })
})

test('subcommands: the name in the error, and where the arguments begin', () => {
  const get = compileCommand(models.scriptname.subcommands[1] as AnyCommand, 'scriptname')
  expect(get.parse(['scriptname', 'get', 'x'])).toEqual({ name: Bytes.from('x') })
  expect(() => get.parse(['scriptname', 'get'])).toThrow("ERR wrong number of arguments for 'scriptname|get' command")
})

test('bytes are not touched: what is no UTF-8 comes out as it went in', () => {
  const { parse } = compileCommand(models.hmsetnx)
  const { key } = parse(['hmsetnx', '\xff\x00', 'f', 'v']) as { key: Bytes }
  expect([...key.toUint8Array()]).toEqual([255, 0])
})

test('a value object has the properties of the grammar in its order, and no others', () => {
  const { parse } = compileCommand(models.geoencode)
  expect(Object.keys(parse(['geoencode', '1', '2']))).toEqual(['latitude', 'longitude', 'precision', 'geojson'])
})

test('any arguments at all: a value, or a ReplyError, and nothing else', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '0',
      '1',
      '2',
      '-1',
      '1.5',
      'km',
      'meters',
      'NX',
      'xx',
      'ch',
      'COUNT',
      'LIMIT',
      'STORE',
      'any',
      'withdist',
      'json',
      'asc',
      'ex',
      '__proto__',
      '',
    ),
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)), maxLength: 6 }),
  )
  const commands = [
    ...models.allModels.map(model => compileCommand(model)),
    ...['a', 'b'].map(name =>
      compileCommand(grammar(name === 'a' ? { key: t.key(), options } : { o: t.optional(t.text()), options })),
    ),
  ]
  fc.assert(
    fc.property(fc.constantFrom(...commands), fc.array(word, { maxLength: 12 }), (compiled, words) => {
      try {
        expect(typeof compiled.parse(['x', ...words])).toBe('object')
      } catch (error) {
        expect(error).toBeInstanceOf(ReplyError)
        expect((error as Error).message).toMatch(/^[A-Z]+ /)
      }
    }),
    { numRuns: 3000 },
  )
})

test('many arguments are read in one pass: time that grew with their square would reach the limit of a test', () => {
  const options = t.options({ a: t.flag('A'), b: t.clause('B', t.optional(t.text())) })
  const { parse } = compileCommand(grammar({ key: t.key(), options, rest: t.zeroOrMore(t.text()) }))
  const argv = ['cmd', 'k']
  for (let i = 0; i < 150_000; i++) argv.push('a', 'b')
  for (let i = 0; i < 150_000; i++) argv.push('x')
  expect((parse(argv) as { rest: unknown[] }).rest).toHaveLength(149_999)
})
