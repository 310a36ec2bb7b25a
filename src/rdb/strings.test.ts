import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RdbError, RdbReader } from './reader.js'
import { RdbWriter } from './writer.js'

const written = (write: (writer: RdbWriter) => void): Buffer => {
  const writer = new RdbWriter()
  write(writer)
  return writer.bytes
}
const hex = (text: string): string => written(writer => writer.string(text)).toString('hex')
const reader = (text: string): RdbReader => new RdbReader(Buffer.from(text, 'hex'))
const byteString = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('latin1'))

describe('strings', () => {
  // From DUMP of redis-server 7.0.15.
  const asRedis = [
    ['', '00'],
    ['0', 'c000'],
    ['-1', 'c0ff'],
    ['127', 'c07f'],
    ['128', 'c18000'],
    ['-128', 'c080'],
    ['-129', 'c17fff'],
    ['32767', 'c1ff7f'],
    ['32768', 'c200800000'],
    ['-32769', 'c2ff7fffff'],
    ['2147483647', 'c2ffffff7f'],
    ['2147483648', '0a32313437343833363438'],
    ['-2147483648', 'c200000080'],
    ['-2147483649', '0b2d32313437343833363439'],
    ['01', '023031'],
    ['-0', '022d30'],
    ['+1', '022b31'],
    ['a'.repeat(20), `14${'61'.repeat(20)}`],
    ['a'.repeat(21), 'c30615016161e00a00'],
    ['ab'.repeat(40), 'c30a405002616261e04201016162'],
    [
      'abcdefghijklmnopqrstuvwxyz0123456789',
      '246162636465666768696a6b6c6d6e6f707172737475767778797a30313233343536373839',
    ],
    [`${'abc'.repeat(100)}end`, 'c30f412f0361626361e0ff02e1170702656e64'],
  ] as const

  test.each(asRedis)('%j', (text, bytes) => {
    expect(hex(text)).toBe(bytes)
    expect(reader(bytes).string()).toBe(text)
  })

  test('of 64 bytes, which do not compress', () => {
    const text = Array.from({ length: 64 }, (_, i) => String.fromCharCode(i)).join('')
    expect(hex(text)).toBe(`4040${Buffer.from(text, 'latin1').toString('hex')}`)
  })

  test('of many bytes, which do not compress', () => {
    let state = 1
    const text = Array.from({ length: 5000 }, () => {
      state = (state * 48_271) % 2_147_483_647
      return String.fromCharCode((state >> 8) & 0xff)
    }).join('')
    expect(hex(text)).toBe(`5388${Buffer.from(text, 'latin1').toString('hex')}`)
    expect(reader(hex(text)).string()).toBe(text)
  })

  test('are read back, one after the other', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            byteString,
            byteString.map(text => text.repeat(30)),
            fc.integer().map(String),
          ),
        ),
        texts => {
          const bytes = written(writer => {
            for (const text of texts) writer.string(text)
          })
          const source = new RdbReader(bytes)
          for (const text of texts) expect(source.string()).toBe(text)
          expect(source.remaining).toBe(0)
        },
      ),
    )
  })

  test.each([
    ['nothing', ''],
    ['a string that ends too early', '0361'],
    ['a length that ends too early', '8000'],
    ['a length of 64 bits that ends too early', '8100000000'],
    ['more than there is', '8100ffffffffffffff'],
    ['an unknown length', '8261'],
    ['an unknown encoding', 'c461'],
    ['an integer that ends too early', 'c200'],
    ['compressed, and less than it says', 'c3054061'],
    ['compressed, and not as it should be', 'c30302616263'],
    ['compressed, and longer than it could be', 'c30481000000ffffffffff016161e0'],
    ['compressed, and its length is an integer', 'c3c00161'],
  ])('are not: %s', (_, bytes) => {
    expect(() => reader(bytes).string()).toThrow(RdbError)
  })

  test('are not any bytes, but whatever comes, nothing worse happens', () => {
    const encoded = fc.tuple(fc.constantFrom(0x80, 0x81, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0x40), fc.uint8Array())
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          encoded.map(([head, rest]) => Uint8Array.from([head, ...rest])),
        ),
        bytes => {
          const source = new RdbReader(Buffer.from(bytes))
          try {
            while (source.remaining > 0) source.string()
          } catch (error) {
            if (!(error instanceof RdbError)) throw error
          }
        },
      ),
    )
  })
})

describe('lengths', () => {
  test.each([
    [0, '00'],
    [63, '3f'],
    [64, '4040'],
    [16_383, '7fff'],
    [16_384, '8000004000'],
    [2 ** 32 - 1, '80ffffffff'],
    [2 ** 32, '810000000100000000'],
    [2 ** 53 - 1, '81001fffffffffffff'],
  ])('%d', (value, bytes) => {
    expect(written(writer => writer.length(value)).toString('hex')).toBe(bytes)
    expect(reader(bytes).length()).toBe(value)
  })

  test('are not the heads of encoded strings', () => {
    expect(() => reader('c001').length()).toThrow(RdbError)
  })
})
