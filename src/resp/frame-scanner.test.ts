import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameScanner } from './frame-scanner.js'

interface Outcome {
  /** Where frames end, as offsets in the whole stream. */
  readonly ends: readonly number[]
  /** The first byte of each. */
  readonly types: string
  readonly isInside: boolean
  readonly error: string | undefined
}

/** Feeds the pieces as a connection does: each from the same buffer, with other bytes around it. */
function scan(pieces: readonly Buffer[]): Outcome {
  const scanner = new FrameScanner()
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)) + 8, '\n')
  const ends: number[] = []
  let types = ''
  let before = 0
  try {
    for (const piece of pieces) {
      shared.fill('\n')
      piece.copy(shared, 4)
      const to = 4 + piece.length
      for (let at = 4; at < to; ) {
        at = scanner.scan(shared, at, to)
        if (at === -1) break
        ends.push(before + at - 4)
        types += String.fromCharCode(scanner.type)
        expect(scanner.isInside).toBe(false)
      }
      before += piece.length
    }
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('no RESP')) throw error
    return { ends, types, isInside: false, error: error.message }
  }
  return { ends, types, isInside: scanner.isInside, error: undefined }
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** The same bytes in pieces that end at these places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % (stream.length + 1)))].sort((a, b) => a - b)
  return [...ends, stream.length].map((end, i) => stream.subarray(i === 0 ? 0 : ends[i - 1], end))
}

/** One of each type, and of each that holds others. */
const FRAMES: readonly string[] = [
  '+OK\r\n',
  '+\r\n',
  '-ERR no\r\n',
  `-ERR ${'x'.repeat(100)}\r\n`,
  '+a\rb\r\n',
  ':-12\r\n',
  '$5\r\nhello\r\n',
  '$0\r\n\r\n',
  '$-1\r\n',
  '$4\r\n\r\n\r\n\r\n',
  '*0\r\n',
  '*-1\r\n',
  '*2\r\n$1\r\na\r\n*1\r\n:1\r\n',
  '_\r\n',
  ',1.5\r\n',
  ',inf\r\n',
  '#t\r\n',
  '(123456789012345678901234567890\r\n',
  '!5\r\nERR x\r\n',
  '=7\r\ntxt:abc\r\n',
  '%1\r\n+a\r\n*2\r\n+b\r\n+c\r\n',
  '%0\r\n',
  '~2\r\n:1\r\n:2\r\n',
  '>2\r\n+message\r\n$1\r\nx\r\n',
  '|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n',
  '*1\r\n|1\r\n+a\r\n:1\r\n:2\r\n',
  // A push in the midst of a reply is no part of it.
  '*2\r\n:1\r\n>1\r\n+x\r\n:2\r\n',
  '*1\r\n>2\r\n+x\r\n*1\r\n:1\r\n:2\r\n',
]

describe('the frame scanner', () => {
  test.each(FRAMES)('finds the end of %j, cut at every byte, and in single bytes', frame => {
    const stream = bytes(`${frame}+next\r\n`)
    const expected = { ends: [frame.length, stream.length], types: `${frame[0]}+`, isInside: false, error: undefined }
    expect(scan([stream])).toEqual(expected)
    for (let at = 0; at <= stream.length; at++) {
      expect(scan([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toEqual(expected)
    }
    expect(scan([...stream].map(byte => Buffer.of(byte)))).toEqual(expected)
  })

  test.each(FRAMES)('knows that the beginning of %j is one', frame => {
    for (let length = 1; length < frame.length; length++) {
      expect(scan([bytes(frame.slice(0, length))]), `${length} bytes`).toEqual({
        ends: [],
        types: '',
        isInside: true,
        error: undefined,
      })
    }
  })

  test.each([
    'x',
    '\r\n',
    '\n',
    'HTTP/1.1 400 Bad Request\r\n',
    '+OK\n',
    '+\n',
    '$\r\n',
    '$x\r\n',
    '$1x\r\n',
    '$--1\r\n',
    '$1-\r\n',
    '$-2\r\n',
    '$3\nabc\r\n',
    '$3\rabc\r\n',
    '$3\r\nabcd\r\n',
    '$3\r\nabcde',
    '*-2\r\n',
    '%-1\r\n',
    '~-1\r\n',
    '>-1\r\n',
    '|-1\r\n',
    '!-1\r\n',
    '=-1\r\n',
    '@1\r\n',
    '*1\r\n?\r\n',
    `$${'1'.repeat(16)}`,
    `*${'0'.repeat(40)}\r\n`,
  ])('refuses %j, however it is cut', text => {
    const stream = bytes(`+OK\r\n${text}`)
    const { error } = scan([stream])
    expect(error).toMatch(/no RESP/)
    for (let at = 0; at <= stream.length; at++) {
      const outcome = scan([stream.subarray(0, at), stream.subarray(at)])
      expect([outcome.ends, outcome.error], `cut at ${at}`).toEqual([[5], error])
    }
  })

  test('what is only announced costs nothing', () => {
    const scanner = new FrameScanner()
    expect(scanner.scan(bytes('*999999999\r\n$999999999\r\n'), 0, 24)).toBe(-1)
    expect(scanner.isInside).toBe(true)
  })

  test('goes on within a frame of which others have read the beginning', () => {
    const scanner = new FrameScanner()
    // Of *2 $5 hello $1 x, up to the first letters.
    scanner.resume(2, 'llo\r\n'.length)
    const rest = bytes('llo\r\n$1\r\nx\r\n+OK\r\n')
    expect(scanner.scan(rest, 0, rest.length)).toBe(12)
  })

  test('garbage gives frames, then at most one error, the same however it is cut', () => {
    const garbage = fc
      .array(
        fc.oneof(
          fc.constantFrom('+', '-', ':', '$', '*', '_', ',', '#', '(', '!', '=', '%', '~', '>', '|'),
          fc.constantFrom('\r\n', '\r', '\n', '0', '1', '2', '-1', '16', 'x', 'abc', '\0'),
          fc.constantFrom(...FRAMES),
        ),
        { maxLength: 12 },
      )
      .map(parts => bytes(parts.join('')))
    fc.assert(
      fc.property(garbage, fc.array(fc.nat(), { maxLength: 12 }), (stream, at) => {
        const [whole, inPieces] = [scan([stream]), scan(cut(stream, at))]
        expect(inPieces).toEqual(whole)
      }),
      { numRuns: 5000 },
    )
  })
})
