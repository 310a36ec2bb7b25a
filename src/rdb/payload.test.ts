import { describe, expect, test } from 'vitest'
import { FOOTER_LENGTH, openPayload, sealPayload } from './payload.js'

const bytes = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')

// From DUMP of redis-server 7.0.15: nothing (FUNCTION DUMP), and the string `01`.
const NOTHING = '0a005d9b5c400f7fa2da'
const STRING = '000230310a006cddc441144c7da4'

describe('sealPayload', () => {
  test.each([
    ['', NOTHING],
    ['00023031', STRING],
  ])('%j', (body, payload) => {
    expect(hex(sealPayload(Buffer.from(body, 'hex')))).toBe(payload)
  })
})

describe('openPayload', () => {
  test('gives what is in it', () => {
    const reader = openPayload(bytes(STRING))!
    expect([reader.byte(), reader.string(), reader.remaining]).toEqual([0, '01', FOOTER_LENGTH])
    expect(openPayload(bytes(NOTHING))!.remaining).toBe(FOOTER_LENGTH)
  })

  test('takes older versions', () => {
    // Ten zeros: nothing, of version 0, whose checksum is 0.
    expect(openPayload('\0'.repeat(10))).toBeDefined()
  })

  test.each([
    ['is too short', NOTHING.slice(2)],
    ['is empty', ''],
    ['is of a newer version, though the checksum is right', '0b003444e133f2e04b53'],
    ['has another checksum', STRING.replace(/a4$/, 'a5')],
    ['has another body', STRING.replace(/^00/, '01')],
  ])('refuses what %s', (_, payload) => {
    expect(openPayload(bytes(payload))).toBeUndefined()
  })

  test('refuses whatever has one bit changed', () => {
    for (let bit = 0; bit < bytes(STRING).length * 8; bit++) {
      const changed = Buffer.from(STRING, 'hex')
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(openPayload(changed.toString('latin1'))).toBeUndefined()
    }
  })
})
