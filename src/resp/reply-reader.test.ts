import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import {
  BigNumber,
  Double,
  MapReply,
  Push,
  parseFrame,
  type RawReply,
  ReplyReader,
  SetReply,
  Status,
  Verbatim,
} from './reply-reader.js'

interface Outcome {
  /** Replies and pushes, in the order in which they were told of. */
  readonly told: readonly (RawReply | Push)[]
  readonly error: string | undefined
}

/** Feeds the pieces as a connection does: from one buffer that is written over at once. */
function read(pieces: readonly Buffer[]): Outcome {
  const told: (RawReply | Push)[] = []
  const reader = new ReplyReader(
    reply => told.push(reply),
    push => told.push(push),
  )
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)))
  try {
    for (const piece of pieces) {
      piece.copy(shared)
      reader.push(shared.subarray(0, piece.length))
      shared.fill(0x58)
    }
  } catch (error) {
    if (!(error instanceof Error) || !/no RESP|call stack/.test(error.message)) throw error
    return { told, error: error.message }
  }
  return { told, error: undefined }
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** The same bytes in pieces that end at these places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % (stream.length + 1)))].sort((a, b) => a - b)
  return [...ends, stream.length].map((end, i) => stream.subarray(i === 0 ? 0 : ends[i - 1], end))
}

/** A reply as it can be sent, in RESP3; where a null or an array may be sent in several ways, in one of them. */
function encode(reply: RawReply | Push, way = 0): string {
  if (reply === null) return ['_\r\n', '$-1\r\n', '*-1\r\n'][way % 3]!
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`
  if (reply instanceof Verbatim) return `=${reply.text.length + 4}\r\n${reply.format}:${reply.text}\r\n`
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (typeof reply === 'bigint') return `:${reply}\r\n`
  if (reply instanceof BigNumber) return `(${reply.digits}\r\n`
  if (typeof reply === 'boolean') return `#${reply ? 't' : 'f'}\r\n`
  if (reply instanceof Status) return `+${reply.text}\r\n`
  if (reply instanceof Double) {
    const text = Object.is(reply.value, -0) ? '-0' : String(reply.value)
    return `,${text.replace('Infinity', 'inf').replace('NaN', 'nan')}\r\n`
  }
  if (reply instanceof ReplyError) {
    return way % 2 === 0 ? `-${reply.message}\r\n` : `!${reply.message.length}\r\n${reply.message}\r\n`
  }
  const inside = (items: readonly RawReply[]) => items.map(item => encode(item, way)).join('')
  if (reply instanceof MapReply) return `%${reply.items.length / 2}\r\n${inside(reply.items)}`
  if (reply instanceof Push) return `>${reply.items.length}\r\n${inside(reply.items)}`
  if (reply instanceof SetReply) return `~${reply.items.length}\r\n${inside(reply.items)}`
  return `*${reply.length}\r\n${inside(reply)}`
}

/** Each type, as RESP2 and RESP3 write it. */
const FRAMES: readonly (readonly [frame: string, reply: RawReply | Push])[] = [
  ['+OK\r\n', new Status('OK')],
  ['+\r\n', new Status('')],
  ['-ERR no such key\r\n', new ReplyError('ERR no such key')],
  [':0\r\n', 0],
  [':-9007199254740991\r\n', Number.MIN_SAFE_INTEGER],
  [':9223372036854775807\r\n', 2n ** 63n - 1n],
  ['$2\r\n\r\n\r\n', '\r\n'],
  ['$3\r\n\0\xff\x80\r\n', '\0\xff\x80'],
  ['$0\r\n\r\n', ''],
  ['$-1\r\n', null],
  ['*-1\r\n', null],
  ['_\r\n', null],
  ['*0\r\n', []],
  ['*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n-ERR x\r\n', ['a', [1, null], new ReplyError('ERR x')]],
  [',1.5\r\n', new Double(1.5)],
  [',-1e-7\r\n', new Double(-1e-7)],
  [',10\r\n', new Double(10)],
  [',inf\r\n', new Double(Number.POSITIVE_INFINITY)],
  [',-inf\r\n', new Double(Number.NEGATIVE_INFINITY)],
  [',nan\r\n', new Double(Number.NaN)],
  ['#t\r\n', true],
  ['#f\r\n', false],
  ['(-3492890328409238509324850943850943825024385\r\n', new BigNumber('-3492890328409238509324850943850943825024385')],
  ['!8\r\nERR a\r\nb\r\n', new ReplyError('ERR a\r\nb')],
  ['=8\r\nmkd:# hi\r\n', new Verbatim('mkd', '# hi')],
  ['=4\r\ntxt:\r\n', new Verbatim('txt', '')],
  ['%2\r\n+a\r\n:1\r\n:2\r\n%0\r\n', new MapReply([new Status('a'), 1, 2, new MapReply([])])],
  ['~2\r\n+a\r\n+b\r\n', new SetReply([new Status('a'), new Status('b')])],
  ['>2\r\n+message\r\n$1\r\nx\r\n', new Push([new Status('message'), 'x'])],
  ['|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n', 'a'],
  ['*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n:2\r\n:3\r\n', [2, 3]],
]

describe('the reply reader', () => {
  test.each(FRAMES)('reads %j, cut at every byte, and in single bytes', (frame, reply) => {
    const stream = bytes(`${frame}:7\r\n`)
    const expected = { told: [reply, 7], error: undefined }
    expect(read([stream])).toStrictEqual(expected)
    for (let at = 0; at <= stream.length; at++) {
      expect(read([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toStrictEqual(expected)
    }
    expect(read([...stream].map(byte => Buffer.of(byte)))).toStrictEqual(expected)
    expect(parseFrame(bytes(frame))).toStrictEqual(reply instanceof Push ? reply.items : reply)
  })

  test('tells of a push that came in the midst of a reply before that', () => {
    const stream = bytes('*2\r\n:1\r\n>1\r\n+x\r\n*1\r\n>2\r\n:8\r\n:9\r\n:2\r\n+OK\r\n')
    const expected = [new Push([new Status('x')]), new Push([8, 9]), [1, [2]], new Status('OK')]
    expect(read([stream]).told).toStrictEqual(expected)
    expect(read([...stream].map(byte => Buffer.of(byte))).told).toStrictEqual(expected)
  })

  test.each([
    ':\r\n',
    ':1.5\r\n',
    ':abc\r\n',
    ':0x10\r\n',
    ':1e3\r\n',
    ': 1\r\n',
    '(\r\n',
    '(1.5\r\n',
    ',\r\n',
    ',abc\r\n',
    '#x\r\n',
    '#\r\n',
    '_x\r\n',
    '=3\r\nabc\r\n',
    '=4\r\nabcd\r\n',
    '$3\r\nabcd\r\n',
    'HTTP/1.1 400 Bad Request\r\n',
    '*2\r\n+a\r\n@\r\n',
    '*1\r\n:x\r\n',
    '%1\r\n+a\r\n#1\r\n',
  ])('refuses %j', text => {
    expect(read([bytes(`+OK\r\n${text}`)])).toStrictEqual({
      told: [new Status('OK')],
      error: expect.stringContaining('no RESP'),
    })
  })

  test('arrays within arrays without end are an error, not a crash', () => {
    expect(read([bytes(`${'*1\r\n'.repeat(1_000_000)}:1\r\n`)]).error).toBeDefined()
  })

  test('a long reply that comes in many pieces costs time in proportion', () => {
    const size = 32 * 1024 * 1024
    const piece = Buffer.alloc(16 * 1024, 'x')
    const told: RawReply[] = []
    const reader = new ReplyReader(
      reply => told.push(reply),
      () => {},
    )
    const started = performance.now()
    reader.push(bytes(`$${size}\r\n`))
    for (let sent = 0; sent < size; sent += piece.length) reader.push(piece)
    reader.push(bytes('\r\n'))
    expect(String(told[0]).length).toBe(size)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  const text = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)),
    maxLength: 20,
  })
  const line = text.map(value => value.replace(/[\r\n]/g, ' '))
  const { reply } = fc.letrec<{ reply: RawReply }>(tie => ({
    reply: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constant(null),
      text,
      fc.maxSafeInteger().map(value => value || 0),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 100n }).map(value => new BigNumber(String(value))),
      text.map(value => new Verbatim('txt', value)),
      fc.boolean(),
      line.map(value => new Status(value)),
      fc.double().map(value => new Double(value)),
      line.map(value => new ReplyError(value)),
      fc.array(tie('reply'), { maxLength: 4 }),
      fc.array(tie('reply'), { maxLength: 4 }).map(items => new SetReply(items as RawReply[])),
      fc
        .array(fc.tuple(tie('reply'), tie('reply')), { maxLength: 3 })
        .map(pairs => new MapReply(pairs.flat() as RawReply[])),
    ),
  }))
  const one = fc.oneof(
    { weight: 5, arbitrary: reply },
    { weight: 1, arbitrary: fc.array(reply, { maxLength: 3 }).map(items => new Push(items)) },
  )
  const places = fc.array(fc.nat(), { maxLength: 12 })

  test('reads random replies, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), fc.nat({ max: 5 }), places, (replies, way, at) => {
        const stream = bytes(replies.map(value => encode(value, way)).join(''))
        expect(read(cut(stream, at))).toStrictEqual({ told: replies, error: undefined })
      }),
      { numRuns: 1000 },
    )
  })

  test('garbage gives replies, then at most one error, the same however it is cut', () => {
    const garbage = fc
      .array(
        fc.oneof(
          fc.constantFrom('+', '-', ':', '$', '*', '_', ',', '#', '(', '!', '=', '%', '~', '>', '|'),
          fc.constantFrom('\r\n', '\r', '\n', '0', '1', '2', '-1', '16', 'x', 'txt:', '\0'),
          fc.constantFrom(...FRAMES.map(([frame]) => frame)),
        ),
        { maxLength: 12 },
      )
      .map(parts => bytes(parts.join('')))
    fc.assert(
      fc.property(garbage, places, (stream, at) => {
        expect(read(cut(stream, at))).toStrictEqual(read([stream]))
      }),
      { numRuns: 3000 },
    )
  })
})
