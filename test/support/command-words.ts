import fc from 'fast-check'
import type { Words } from './command-sentence.js'

/** Words that are wrong in most places. None makes a server allocate much, or a key expire while the test runs. */
export const garbage = fc.constantFrom(
  ...['', 'x', '-1', '0', '1.5', '+1', '01', ' 1', '1 ', '-0', '1e3', 'nan', '(', '[', '\x00', '4294967296'],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '99999999999999999999', '*'],
)

const mostly = (good: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 25, arbitrary: good }, { weight: 1, arbitrary: garbage })

const oneOf = (text: string): fc.Arbitrary<string> => fc.constantFrom(...text.split(' '))

const between = (min: number, max: number): fc.Arbitrary<string> => fc.integer({ min, max }).map(String)

const bytes = fc.uint8Array({ maxLength: 8 }).map(array => Buffer.from(array).latin1Slice())

const integers = fc.oneof(
  between(-10, 10),
  between(-100_000, 100_000),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  oneOf('9223372036854775807 -9223372036854775808 9223372036854775806 9007199254740993'),
)

const floats = fc.oneof(
  oneOf('0.1 0.2 1.5 -1.5 3.0 1e3 -2.5e-3 .5 5. 0.30000000000000004 100 -7 1e17 12345678.87654321 -0 0x1p4'),
  between(-20, 20),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map(String),
)

const texts = oneOf('a b c ab abc hello Hello')

/** Lengths at which Redis changes how it holds a string: 44, 64 bytes. */
const longs = fc.constantFrom(44, 45, 64, 65, 100).map(length => 'x'.repeat(length))

const futureSeconds = between(33_000_000_000, 33_000_000_005)
const futureMilliseconds = between(33_000_000_000_000, 33_000_000_005_000)

/** The kinds of words that sentences are made of. */
export const words: Readonly<Record<string, Words>> = single({
  value: fc.oneof(
    { weight: 4, arbitrary: texts },
    { weight: 3, arbitrary: integers },
    { weight: 2, arbitrary: floats },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: longs },
    { weight: 1, arbitrary: garbage },
  ),
  field: fc.oneof({ weight: 8, arbitrary: oneOf('a b c d') }, bytes, longs),
  letter: fc.oneof(oneOf('a b c d 1 2 zz'), bytes),
  member: fc.oneof(
    { weight: 6, arbitrary: oneOf('a b c d 1 2 3 17') },
    { weight: 2, arbitrary: integers },
    bytes,
    longs,
  ),
  integer: mostly(integers),
  float: mostly(fc.oneof({ weight: 5, arbitrary: floats }, oneOf('inf -inf 1e300 nan 1e-300 12345678901234567890'))),
  index: mostly(between(-6, 6)),
  count: mostly(between(0, 5)),
  offset: mostly(between(0, 40)),
  bit: mostly(oneOf('0 1')),
  bits: mostly(oneOf('u1 u2 u7 u8 u16 u32 u63 i1 i2 i8 i17 i32 i63 i64 u64 i65 u0')),
  place: mostly(fc.oneof(between(0, 80), oneOf('#0 #1 #2 #5'))),
  score: mostly(fc.oneof({ weight: 3, arbitrary: between(-3, 3) }, floats, oneOf('inf -inf +inf 1e308 -1e308 5e-324'))),
  bound: mostly(fc.oneof(between(-4, 4), oneOf('-inf +inf (1 (2 (-1 inf (1.5 (inf 0.5'))),
  lex: mostly(oneOf('- + [a (a [b (b [c (d [ ( [1 (2 [zz')),
  pattern: mostly(oneOf('* a* *b [a-c] ? ?? h* [^a] *a* x\\* s')),
  database: mostly(oneOf('0 1 1 2')),
  // Far from now, and far from each other: it must not matter when a command runs.
  seconds: mostly(fc.oneof({ weight: 8, arbitrary: between(1000, 100_000) }, oneOf('0 -1 -1000'))),
  milliseconds: mostly(fc.oneof({ weight: 8, arbitrary: between(1_000_000, 100_000_000) }, oneOf('0 -1 -1000'))),
  second: mostly(fc.oneof({ weight: 8, arbitrary: futureSeconds }, oneOf('0 1 -1'))),
  millisecond: mostly(fc.oneof({ weight: 8, arbitrary: futureMilliseconds }, oneOf('0 1 -1'))),
  // The same for SET: a time that is over makes a key that expires when the server likes.
  future: futureSeconds,
  distant: futureMilliseconds,
})

function single(kinds: Readonly<Record<string, fc.Arbitrary<string>>>): Readonly<Record<string, Words>> {
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.map(word => [word])]))
}

/** `key`, mostly one of a family's own, and `keys`: how many, and then so many of them. */
export function keyWords(own: readonly string[], others: readonly string[]): Readonly<Record<string, Words>> {
  const key = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...own) }, fc.constantFrom(...others, 'none'))
  const some = fc.array(key, { minLength: 1, maxLength: 3 })
  return {
    key: key.map(word => [word]),
    keys: fc.oneof(
      { weight: 15, arbitrary: some.map(names => [String(names.length), ...names]) },
      { weight: 1, arbitrary: fc.tuple(mostly(between(0, 4)), some).map(([count, names]) => [count, ...names]) },
    ),
  }
}
