import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import { sealPayload } from '../rdb/payload.js'
import { dumpedLibraries, dumpLibraries } from './function-dump.js'

const CODE =
  "#!lua name=mylib\nredis.register_function('one', function() return 1 end)\n" +
  "redis.register_function('two', function() return 2 end)\n"

/** What FUNCTION DUMP of redis-server 7.0.15 answers when that library is loaded. */
const DUMP =
  'f5c3405640811f23216c7561206e616d653d6d796c69620a72656469732e72656769737465725f0f66756e6374696f6e28276f6e65272c20' +
  'e0000f0e292072657475726e203120656e6429e011370274776fe00c370032403701290a0a00cd2d76635572d69c'

const text = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')
/** A payload with a sound footer. */
const sealed = (hex: string): string => sealPayload(Buffer.from(hex, 'hex'))
const read = (payload: string): string[] => [...dumpedLibraries(payload)]

describe('dumpLibraries', () => {
  test('gives what Redis gives', () => {
    expect(Buffer.from(dumpLibraries([CODE]), 'latin1').toString('hex')).toBe(DUMP)
    expect(dumpLibraries([])).toBe(text('0a005d9b5c400f7fa2da'))
  })

  test('is read back', () => {
    const codes = fc.array(fc.string({ unit: 'binary-ascii' }).map(line => `#!lua name=x\n${line.repeat(20)}`))
    fc.assert(
      fc.property(codes, all => {
        expect(read(dumpLibraries(all))).toEqual(all)
      }),
    )
  })
})

describe('dumpedLibraries', () => {
  test('reads what Redis dumps', () => {
    expect(read(text(DUMP))).toEqual([CODE])
    expect(read(text('0a005d9b5c400f7fa2da'))).toEqual([])
  })

  test('reads the form of the release candidates', () => {
    // Name, engine, no description, code; and again, described.
    expect(read(sealed('f6016e034c554100027831f6016e034c55410101640164'))).toEqual([
      '#!LUA name=n\nx1',
      '#!LUA name=n\nd',
    ])
  })

  test('gives the libraries that come before a mistake', () => {
    const libraries = dumpedLibraries(sealed('f501610062'))
    expect(libraries.next().value).toBe('a')
    expect(() => libraries.next()).toThrow(new ReplyError('ERR given type is not a function'))
  })

  const wrong = 'ERR DUMP payload version or checksum are wrong'
  const payload = 'ERR Failed loading library payload'

  // The texts are those of redis-server 7.0.15.
  test.each([
    ['nothing', '', wrong],
    ['no footer', '0a005d9b5c400f7fa2', wrong],
    ['another checksum', DUMP.replace(/9c$/, '9d'), wrong],
    ['cut off', DUMP.slice(0, -2), wrong],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => read(text(bytes))).toThrow(new ReplyError(message))
  })

  test.each([
    ['a key', '000161', 'ERR given type is not a function'],
    ['no string', 'f5', payload],
    ['a string that is cut off', 'f53f616263', payload],
    ['a length of 2^63 - 1', 'f5817fffffffffffffff', payload],
    ['a length of 2^32 - 1', 'f580ffffffff', payload],
    ['an unknown length', 'f582616263', payload],
    ['an unknown encoding', 'f5c4616263', payload],
    ['a string that does not decompress', 'f5c30310616263', payload],
    ['a compressed string that says to be of 2^40 bytes', 'f5c303810000010000000000616263', payload],
    ['one that says to be compressed to 2^40 bytes', 'f5c3810000010000000000 03616263'.replace(' ', ''), payload],
    ['the old form without a name', 'f6ff', 'ERR Failed loading library name'],
    ['the old form without an engine', 'f6016eff', 'ERR Failed loading engine name'],
    ['the old form without its indicator', 'f6016e01ff82', 'ERR Failed loading library description indicator'],
    ['the old form without its description', 'f6016e014c01ff', 'ERR Failed loading library description'],
    ['the old form without code', 'f6016e014c00ff', 'ERR Failed loading library blob'],
  ])('refuses %s, with a sound footer', (_, body, message) => {
    expect(() => read(sealed(body))).toThrow(new ReplyError(message))
  })

  test('takes any bytes, and refuses with those errors only', () => {
    const bodies = fc.array(
      fc.oneof(
        fc.constantFrom([0xf5], [0xf6], [0xf5, 0xc3], [0xf5, 0x81], [0xf5, 0x80]),
        fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 8 }),
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(bodies, parts => {
        try {
          read(sealPayload(Uint8Array.from(parts.flat())))
        } catch (error) {
          if (!(error instanceof ReplyError)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })
})
