import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Crc64 } from './crc64.js'

const of = (...parts: readonly Uint8Array[]): string => {
  const crc = new Crc64()
  for (const part of parts) crc.update(part)
  return crc
    .digest()
    .toReversed()
    .reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '')
}

test.each([
  ['', '0000000000000000'],
  ['123456789', 'e9c6d914c4b8d9ca'],
  ['\n\0', 'daa27f0f405c9b5d'],
])('of %j', (text, expected) => {
  expect(of(Buffer.from(text, 'latin1'))).toBe(expected)
})

test('of bytes that come in parts is that of all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), parts => {
      expect(of(...parts)).toBe(of(Buffer.concat(parts)))
    }),
  )
})
