import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteString } from '../bytes/bytes.js'
import type { Argument, Content, Shape } from './argument.js'
import { Bytes, bytesOf, isBytes } from './bytes.js'
import type { AnyCommand } from './command.js'
import { compileCommand } from './compile.js'
import * as models from './fixtures/models.js'
import { grammarProblems } from './grammar-problems.js'
import { command, t } from './index.js'

describe('calls as argument vectors', () => {
  test.each<[AnyCommand, unknown, string | RegExp]>([
    [models.poong, undefined, 'poong'],
    [models.poong, { a: 1 }, /a is not an argument/],
    [models.hmsetnx, { key: 'k', entries: [{ field: 'a', value: new Uint8Array([49]) }] }, 'hmsetnx k a 1'],
    [models.hmsetnx, { key: 'k', entries: [] }, /entries must not be empty/],
    [models.hmsetnx, { key: 'k' }, /entries must be an array, not undefined/],
    [models.hmsetnx, { key: 1, entries: [] }, /key must be text or bytes, not the number 1/],
    [
      models.hmsetnx,
      { key: 'k', entries: [{ field: 'a' }] },
      /entries\[0\]\.value must be text or bytes, not undefined/,
    ],
    [models.bitallpos, { key: 'k' }, 'bitallpos k'],
    [models.bitallpos, { key: 'k', start: 2, end: -1 }, 'bitallpos k 2 -1'],
    [models.bitallpos, { key: 'k', start: 1.5 }, /start must be an integer/],
    [models.geoadd, { key: 'k', what: { points: [{ latitude: 1, longitude: 2.5, member: 'm' }] } }, 'geoadd k 1 2.5 m'],
    [
      models.geoadd,
      { key: 'k', what: { latitude: 1, longitude: 2, member: 'm', radius: 5, units: 'km' } },
      'geoadd k 1 2 m 5 km',
    ],
    [models.geoadd, { key: 'k', what: { nothing: 1 } }, /what must be one of the forms/],
    [
      models.georadius,
      {
        key: 'k',
        latitude: 1,
        longitude: 2,
        radius: 3,
        units: 'km',
        options: { distance: true, order: 'desc', hash: false },
      },
      'georadius k 1 2 3 km WITHDIST desc',
    ],
    [
      models.georadius,
      { key: 'k', latitude: 1, longitude: 2, radius: 3, units: 'parsec' },
      /units must be one of m, km/,
    ],
    [models.georadius, { key: 'k', latitude: NaN, longitude: 2, radius: 3, units: 'm' }, /latitude must be a number/],
    [
      models.georadius,
      { key: 'k', latitude: 1, longitude: 2, radius: 3, units: 'm', options: { far: true } },
      /options\.far is not an option/,
    ],
    [models.evalname, { name: 'n', keys: ['a', 'b'], arguments: ['x'] }, 'evalname n 2 a b x'],
    [models.evalname, { name: 'n', keys: [] }, 'evalname n 0'],
    [
      models.search,
      {
        source: 's',
        pattern: 'p',
        options: { count: { count: 2, any: true }, limit: { offset: 0, count: 1 }, store: 'd' },
      },
      'search s p LIMIT 0 1 STORE d COUNT 2 ANY',
    ],
    [
      models.search,
      { source: 's', pattern: 'p', options: { count: { count: 0 } } },
      /options\.count\.count must be from 1/,
    ],
  ])('%#', (definition, values, expected) => {
    const { format } = compileCommand(definition)
    if (typeof expected === 'string') expect(format(values).join(' ')).toBe(expected)
    else expect(() => format(values)).toThrow(expected)
  })

  test('a container comes first', () => {
    const [set] = models.scriptname.subcommands
    expect(compileCommand(set as AnyCommand, 'scriptname').format({ name: 'n', sha: 's' })).toEqual([
      'scriptname',
      'set',
      'n',
      's',
    ])
  })

  test('a value that would read as an option is refused, and only then', () => {
    const list = define({ pattern: t.optional(t.text()), all: t.flag('ALL') })
    expect(list.format({ pattern: 'x', all: true })).toEqual(['cmd', 'x', 'ALL'])
    expect(() => list.format({ pattern: 'all' })).toThrow('reads as one of its options')
    const add = define({ nx: t.flag('NX'), name: t.text() })
    expect(add.format({ name: 'NX' })).toEqual(['cmd', 'NX'])
  })
})

test('random grammars, random values: what is written is read back as it was', () => {
  fc.assert(
    fc.property(grammars, sample => {
      const { shape, values } = sample
      fc.pre(grammarProblems(shape, 'args', 1).length === 0)
      const compiled = define(shape)
      let argv: ByteString[]
      try {
        argv = compiled.format(values)
      } catch (error) {
        // The only calls that cannot be written: where a text is the word of an option.
        if (error instanceof RangeError && error.message.includes('reads as one of its options')) return
        throw error
      }
      const read = compiled.parse(argv)
      expect(normal(read)).toEqual(normal(values))
      expect(compiled.format(read)).toEqual(argv)
    }),
    { numRuns: 2000 },
  )
})

test('random grammars, random arguments: a value that can be written and read again, or an error reply', () => {
  fc.assert(
    fc.property(
      grammars,
      fc.array(fc.oneof(words, fc.string({ maxLength: 2 })), { maxLength: 8 }),
      ({ shape }, argv) => {
        fc.pre(grammarProblems(shape, 'args', 1).length === 0)
        const { parse } = define(shape)
        try {
          expect(Object.keys(parse(['cmd', ...argv]))).toEqual(Object.keys(shape))
        } catch (error) {
          expect((error as Error).name).toBe('ReplyError')
        }
      },
    ),
    { numRuns: 2000 },
  )
})

function define(args: Shape) {
  return compileCommand(command({ name: 'cmd', summary: 'A test.', flags: [], args, run: () => null }) as AnyCommand)
}

/** Absent, undefined and false are one; Bytes are their content. */
function normal(value: unknown): unknown {
  if (isBytes(value)) return `bytes ${value.toString('latin1')}`
  if (Array.isArray(value)) return value.map(normal)
  if (typeof value !== 'object' || value === null) return value
  const present = Object.entries(value).filter(([, item]) => item !== undefined && item !== false)
  return Object.fromEntries(present.map(([name, item]) => [name, normal(item)]).filter(([, item]) => !isEmpty(item)))
}

/** Options of which none is given, and a repetition of nothing, may be left out as well. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

const words = fc.constantFrom('ALPHA', 'beta', 'GAMMA', 'delta', 'x', '1', '-2', '0.5')

/** A part of a grammar, with a value for it. */
interface Sample<V = unknown> {
  readonly content: Content
  readonly value: V
}

const bytes = fc
  .string({ unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)), maxLength: 4 })
  .map(bytesOf)

const leaves: fc.Arbitrary<Sample> = fc.oneof(
  bytes.map(value => ({ content: t.bytes(), value })),
  fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), words).map(value => ({ content: t.text(), value })),
  fc.maxSafeInteger().map(value => ({ content: t.integer(), value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(value => ({ content: t.bigint(), value })),
  fc.double({ noNaN: true }).map(value => ({ content: t.number({ min: -Infinity, max: Infinity }), value })),
  fc.constantFrom('one', 'two').map(value => ({ content: t.oneOf({ one: ['uno*', 'one'], two: ['two'] }), value })),
)

const names = ['a', 'b', 'c', 'd', 'e'] as const

function shapeOf(samples: readonly Sample[]): Sample<Record<string, unknown>> {
  return {
    content: Object.fromEntries(samples.map(({ content }, index) => [names[index], content])) as Shape,
    value: Object.fromEntries(samples.map(({ value }, index) => [names[index], value])),
  }
}

const groups = fc.array(leaves, { minLength: 1, maxLength: 3 }).map(shapeOf)
const contents: fc.Arbitrary<Sample> = fc.oneof(leaves, groups)

/** Each word is used at most once in a grammar, so most grammars are sound. */
function member(word: string): fc.Arbitrary<Sample> {
  const absentOr = (sample: fc.Arbitrary<Sample>, wrap: (content: Content) => Argument): fc.Arbitrary<Sample> =>
    fc
      .tuple(sample, fc.boolean())
      .map(([{ content, value }, absent]) => ({ content: wrap(content), value: absent ? undefined : value }))
  const repeated = (wrap: (content: Content) => Argument): fc.Arbitrary<Sample> =>
    fc.tuple(contents, fc.integer({ min: 1, max: 3 })).map(([{ content, value }, count]) => ({
      content: wrap(content),
      value: new Array(count).fill(value),
    }))
  const flag = fc.boolean().map(value => ({ content: t.flag(word), value }))
  const clause = absentOr(contents, content => t.clause(word, content))
  return fc.oneof(
    contents.map(({ content, value }) => ({ content: 'kind' in content ? content : t.group(content as Shape), value })),
    flag,
    clause,
    absentOr(contents, content => t.optional(content)),
    fc
      .tuple(
        flag,
        absentOr(contents, content => t.clause(`${word}2`, content)),
      )
      .map(([one, two]) => {
        const { content, value } = shapeOf([one, two])
        return { content: t.options(content as { a: Argument<unknown, unknown, 'flag'> }), value }
      }),
    repeated(content => t.oneOrMore(content)),
    repeated(content => t.zeroOrMore(content)),
    repeated(content => t.counted(content)),
  )
}

const grammars = fc
  .tuple(member('ALPHA'), member('BETA'), member('GAMMA'), member('DELTA'), fc.integer({ min: 1, max: 4 }))
  .map(([a, b, c, d, count]) => {
    const { content, value } = shapeOf([a, b, c, d].slice(0, count))
    return { shape: content as Shape, values: value }
  })

test('a test of the test: bytes compare by content', () => {
  expect(normal({ a: Bytes.from('x'), b: undefined })).toEqual(normal({ a: Bytes.from('x') }))
  expect(normal({ a: Bytes.from('x') })).not.toEqual(normal({ a: Bytes.from('y') }))
})
