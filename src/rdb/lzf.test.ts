import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lzfCompress, lzfDecompress } from './lzf.js'

const compress = (text: string): string | undefined =>
  lzfCompress(Buffer.from(text, 'latin1'), text.length - 4)?.toString('hex')

/** What compresses more or less well: few different bytes, and parts of itself again. */
const compressible = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40, max: 3 }),
      fc.uint8Array({ maxLength: 400 }),
      fc.record({ from: fc.nat(9000), length: fc.nat(600) }),
    ),
    { maxLength: 30 },
  )
  .map(parts => {
    let bytes = Buffer.alloc(0)
    for (const part of parts) {
      const next =
        part instanceof Uint8Array
          ? part
          : bytes.subarray(Math.max(0, bytes.length - part.from)).subarray(0, part.length)
      bytes = Buffer.concat([bytes, next])
    }
    return bytes
  })

describe('lzfCompress', () => {
  // From DUMP of redis-server 7.0.15.
  test.each([
    ['21 times a', 'a'.repeat(21), '016161e00a00'],
    ['40 times ab', 'ab'.repeat(40), '02616261e04201016162'],
    ['63 times x', 'x'.repeat(63), '017878e03200017878'],
    ['more than one copy', `${'abc'.repeat(100)}end`, '0361626361e0ff02e1170702656e64'],
    [
      'a copy to the last byte but one, where it may come near',
      Buffer.from('741fdbfb600b5fbcfa02c164f9ce19721bec9b1fdbfb600b5fbcfa02c164f9ce19721bec9b13', 'hex').toString(
        'latin1',
      ),
      '12741fdbfb600b5fbcfa02c164f9ce19721bec9be009110013',
    ],
  ])('gives what Redis gives: %s', (_, text, expected) => {
    expect(compress(text)).toBe(expected)
  })

  test.each([
    ['nothing', ''],
    ['three bytes', 'aaa'],
    ['no byte twice', Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')],
  ])('does not fit: %s', (_, text) => {
    expect(compress(text)).toBeUndefined()
  })

  test('never takes more than the limit', () => {
    fc.assert(
      fc.property(compressible, fc.nat(2000), (bytes, limit) => {
        const short = lzfCompress(bytes, limit)
        if (short !== undefined) expect(short.length).toBeLessThanOrEqual(limit)
      }),
    )
  })
})

describe('lzfDecompress', () => {
  test('gives back what was compressed', () => {
    fc.assert(
      fc.property(compressible, bytes => {
        const short = lzfCompress(bytes, 2 * bytes.length + 8)
        if (bytes.length === 0) return
        expect(lzfDecompress(short!, bytes.length)?.equals(bytes)).toBe(true)
        expect(lzfDecompress(short!, bytes.length + 1)).toBeUndefined()
        expect(lzfDecompress(short!, bytes.length - 1)).toBeUndefined()
        expect(lzfDecompress(short!.subarray(0, -1), bytes.length)).toBeUndefined()
      }),
    )
  })

  test.each([
    ['the bytes of a run are missing', [4, 1, 2], 5],
    ['a copy from before the beginning', [0, 65, 0x20, 1], 4],
    ['the distance of a copy is missing', [0, 65, 0x20], 4],
    ['the length of a copy is missing', [0, 65, 0xe0], 10],
    ['the distance of a long copy is missing', [0, 65, 0xe0, 0], 10],
    ['more than is said', [1, 65, 66], 1],
    ['a copy of more than is said', [0, 65, 0x20, 0], 3],
    ['less than is said', [0, 65], 2],
    ['a length that nothing could have', [0, 65, 0xe0, 255, 0], 2 ** 40],
  ])('refuses: %s', (_, bytes, length) => {
    expect(lzfDecompress(Uint8Array.from(bytes), length)).toBeUndefined()
  })

  test('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(2000), (bytes, length) => {
        const text = lzfDecompress(bytes, length)
        if (text !== undefined) expect(text.length).toBe(length)
      }),
    )
  })
})
