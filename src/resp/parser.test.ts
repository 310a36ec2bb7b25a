import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteString } from '../bytes/bytes.js'
import { CommandParser, ProtocolError } from './parser.js'

interface Outcome {
  readonly commands: ByteString[][]
  readonly error: string | undefined
}

/** Feeds the pieces as a connection does: from one buffer that is written over at once. */
function parse(pieces: readonly Buffer[], { maxBulkLength = 512 * 1024 * 1024, trusted = true } = {}): Outcome {
  const parser = new CommandParser({ maxBulkLength: () => maxBulkLength, trusted: () => trusted })
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(piece => piece.length)))
  const commands: ByteString[][] = []
  try {
    for (const piece of pieces) {
      piece.copy(shared)
      parser.push(shared.subarray(0, piece.length))
      for (let argv = parser.next(); argv !== undefined; argv = parser.next()) commands.push(argv)
      shared.fill(0x58)
      expect(parser.buffered).toBeLessThanOrEqual(33 * pieces.reduce((sum, { length }) => sum + length, 0))
    }
    return { commands, error: undefined }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { commands, error: error.message }
  }
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

function encode(argv: readonly ByteString[]): string {
  return `*${argv.length}\r\n${argv.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`
}

/** The same bytes in pieces that end at these places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % (stream.length + 1)))].sort((a, b) => a - b)
  return [...ends, stream.length].map((end, i) => stream.subarray(i === 0 ? 0 : ends[i - 1], end))
}

describe('the command parser', () => {
  test.each<[string, string[][]]>([
    ['*1\r\n$4\r\nPING\r\n', [['PING']]],
    ['*2\r\n$4\r\nECHO\r\n$0\r\n\r\n', [['ECHO', '']]],
    ['*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\n', [['ECHO', '\r\n\r\n']]],
    ['*0\r\n*-1\r\n*-9\r\nPING\r\n', [['PING']]],
    ['PING\r\nPING\nECHO "a b"  c\r\n\r\n\n', [['PING'], ['PING'], ['ECHO', 'a b', 'c']]],
    ['  PING  \r\n', [['PING']]],
    ["ECHO \"\\x00\\xff\" 'it\\'s'\r\n", [['ECHO', '\x00\xff', "it's"]]],
    ['*1\r\n$1\r\n\xff\r\nGET \xe9\r\n', [['\xff'], ['GET', '\xe9']]],
    ['*2\r\n$3\r\nGET\r\n$1\r\nk', []],
    ['', []],
  ])('%j', (stream, commands) => {
    expect(parse([bytes(stream)])).toEqual({ commands, error: undefined })
  })

  test.each<[string, string]>([
    ['*x\r\n', 'invalid multibulk length'],
    ['*\r\n', 'invalid multibulk length'],
    ['*1x\r\n', 'invalid multibulk length'],
    ['*01\r\n', 'invalid multibulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'],
    ['*99999999999999999999\r\n', 'invalid multibulk length'],
    ['*1\r\nx\r\n', "expected '$', got 'x'"],
    ['*1\r\n:1\r\n', "expected '$', got ':'"],
    ['*1\r\n$x\r\n', 'invalid bulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['*1\r\n$\r\n', 'invalid bulk length'],
    ['PING "x\r\n', 'unbalanced quotes in request'],
    ['PING "x"y\r\n', 'unbalanced quotes in request'],
    [`${'x'.repeat(65_537)}`, 'too big inline request'],
    [`*${'1'.repeat(65_537)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(65_537)}`, 'too big bulk count string'],
  ])('refuses %j', (stream, error) => {
    expect(parse([bytes(`PING\r\n${stream}`)])).toEqual({ commands: [['PING']], error })
  })

  test('a client that has not authenticated gets no more than a handshake needs', () => {
    const words = (count: number) => bytes(encode(Array.from({ length: count }, () => 'x')))
    expect(parse([words(10)], { trusted: false }).error).toBeUndefined()
    expect(parse([words(11)], { trusted: false }).error).toBe('unauthenticated multibulk length')
    expect(parse([bytes(encode(['x'.repeat(16_384)]))], { trusted: false }).error).toBeUndefined()
    expect(parse([bytes(encode(['x'.repeat(16_385)]))], { trusted: false }).error).toBe('unauthenticated bulk length')
  })

  test('proto-max-bulk-len is obeyed', () => {
    expect(parse([bytes(encode(['x'.repeat(1000)]))], { maxBulkLength: 1000 }).error).toBeUndefined()
    expect(parse([bytes('*1\r\n$1001\r\n')], { maxBulkLength: 1000 }).error).toBe('invalid bulk length')
  })

  test('what is only announced costs no memory', () => {
    const parser = new CommandParser({ maxBulkLength: () => 512 * 1024 * 1024, trusted: () => true })
    parser.push(bytes('*2147483647\r\n$500000000\r\nx'))
    expect(parser.next()).toBeUndefined()
    expect(parser.buffered).toBeLessThan(100)
  })

  test('a long argument that comes in many reads costs time in proportion', () => {
    const parser = new CommandParser({ maxBulkLength: () => 512 * 1024 * 1024, trusted: () => true })
    const size = 32 * 1024 * 1024
    const piece = Buffer.alloc(16 * 1024, 'x')
    parser.push(bytes(`*1\r\n$${size}\r\n`))
    const started = performance.now()
    for (let sent = 0; sent < size; sent += piece.length) {
      expect(parser.next()).toBeUndefined()
      parser.push(piece)
    }
    parser.next()
    parser.push(bytes('\r\n'))
    expect(parser.next()?.[0]?.length).toBe(size)
    // Copying all that has come at each of the 2,048 reads would be 32 GiB.
    expect(performance.now() - started).toBeLessThan(5000)
  })

  const word = fc.oneof(
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)), maxLength: 40 }),
    fc.constantFrom('', '\r\n', 'x'.repeat(13), 'y'.repeat(300)),
  )
  const places = fc.array(fc.nat(), { maxLength: 12 })

  test('valid streams give the same commands wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { minLength: 1, maxLength: 5 }), { maxLength: 6 }),
        places,
        (commands, at) => {
          const stream = bytes(commands.map(encode).join(''))
          expect(parse(cut(stream, at))).toEqual({ commands, error: undefined })
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a valid stream cut at every byte, and in single bytes', () => {
    const commands = [['SET', 'key', 'a\r\nb'], ['PING'], ['ECHO', '', 'x'.repeat(20)], ['GET', '\xff\x00']]
    const stream = bytes(`${encode(commands[0]!)}PING\r\n${encode(commands[2]!)}GET "\\xff\\x00"\r\n`)
    for (let at = 0; at <= stream.length; at++) {
      expect(parse([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toEqual({
        commands,
        error: undefined,
      })
    }
    expect(parse([...stream].map(byte => Buffer.of(byte)))).toEqual({ commands, error: undefined })
  })

  /** Bytes that look like the protocol, more or less. */
  const garbage = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '*',
          '$',
          '\r\n',
          '\n',
          '\r',
          '-',
          '1',
          '3',
          '10',
          '"',
          "'",
          '\\',
          ' ',
          '\0',
          '*1\r\n$4\r\nPING\r\n',
        ),
        fc.constantFrom('*3\r\n', '$3\r\n', 'GET', '*-1\r\n', '$0\r\n\r\n', '99999999999', '$16384\r\n', '*0\r\n'),
        fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)), maxLength: 8 }),
      ),
      { maxLength: 30 },
    )
    .map(parts => bytes(parts.join('')))

  test('garbage gives commands, then at most one protocol error, the same however it is cut', () => {
    fc.assert(
      fc.property(garbage, places, (stream, at) => {
        expect(parse(cut(stream, at))).toEqual(parse([stream]))
      }),
      { numRuns: 3000 },
    )
  })
})
