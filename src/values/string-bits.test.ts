import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBuffer } from '../bytes/bytes.js'
import { type BitOperation, bitAt, combineBits, countBits, findBit, visitSetBits } from './string-bits.js'

/** Bytes at any alignment, with runs of zeros and ones long enough for the loops over words, and as a ByteString. */
const bytes = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(0, 0xff, -1), fc.nat(80), fc.nat(0xff)), { maxLength: 6 }),
    fc.nat(7),
    fc.boolean(),
  )
  .map(([runs, shift, asText]) => {
    const list = runs.flatMap(([filler, length, last]) => [
      ...Array.from({ length }, (_, i) => (filler === -1 ? (i * 37 + last) & 0xff : filler)),
      last,
    ])
    const view = new Uint8Array(new ArrayBuffer(list.length + shift), shift)
    view.set(list)
    return asText ? fromBuffer(view) : view
  })

function bitsOf(source: Uint8Array | string): number[] {
  const bits: number[] = []
  for (let i = 0; i < source.length; i++) {
    const byte = typeof source === 'string' ? source.charCodeAt(i) : source[i]!
    for (let bit = 7; bit >= 0; bit--) bits.push((byte >> bit) & 1)
  }
  return bits
}

const part = bytes.chain(source => {
  const limit = source.length * 8
  return fc.tuple(fc.constant(source), fc.nat(limit), fc.nat(limit))
})

describe('bits of a string', () => {
  test('are read, counted and found as one by one', () => {
    fc.assert(
      fc.property(part, ([source, a, b]) => {
        const bits = bitsOf(source)
        const first = Math.min(a, b)
        const end = Math.max(a, b)
        expect(bitAt(source, a)).toBe(bits[a] ?? 0)
        const range = bits.slice(first, end)
        expect(countBits(source, first, end)).toBe(range.filter(bit => bit === 1).length)
        for (const wanted of [0, 1] as const) {
          const found = range.indexOf(wanted)
          expect(findBit(source, wanted, first, end)).toBe(found === -1 ? -1 : first + found)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('are visited from byte to byte, in order, until the visitor has enough', () => {
    fc.assert(
      fc.property(part, fc.nat(50), ([source, a, b], limit) => {
        const start = Math.floor(Math.min(a, b) / 8)
        const end = Math.ceil(Math.max(a, b) / 8)
        const expected = bitsOf(source).flatMap((bit, at) => (bit === 1 && at >= start * 8 && at < end * 8 ? [at] : []))
        const visited: number[] = []
        visitSetBits(source, start, end, position => {
          visited.push(position)
          return undefined
        })
        expect(visited).toEqual(expected)
        let calls = 0
        visitSetBits(source, start, end, () => ++calls < limit)
        expect(calls).toBe(Math.min(expected.length, Math.max(1, limit)))
      }),
      { numRuns: 1000 },
    )
  })

  test('are combined as one by one, the shorter strings padded with zeros', () => {
    const operations: Record<BitOperation, (a: number, b: number) => number> = {
      and: (a, b) => a & b,
      or: (a, b) => a | b,
      xor: (a, b) => a ^ b,
      not: a => 1 - a,
    }
    const call = fc.oneof(
      fc.tuple(
        fc.constantFrom('and' as const, 'or' as const, 'xor' as const),
        fc.array(bytes, { minLength: 1, maxLength: 4 }),
      ),
      fc.tuple(fc.constant('not' as const), fc.tuple(bytes)),
    )
    fc.assert(
      fc.property(call, ([operation, sources]) => {
        const length = Math.max(...sources.map(source => source.length)) * 8
        const padded = sources.map(source => {
          const bits = bitsOf(source)
          return Array.from({ length }, (_, i) => bits[i] ?? 0)
        })
        const combine = operations[operation]
        const expected = Array.from({ length }, (_, i) => {
          const [first = 0, ...others] = padded.map(bits => bits[i]!)
          return operation === 'not' ? combine(first, 0) : others.reduce(combine, first)
        })
        expect(bitsOf(combineBits(operation, sources).bytes)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a string of several windows', () => {
  const length = 200_000
  const positions = [5, 65536 * 8 - 1, 65536 * 8, 131072 * 8 + 3, length * 8 - 1]
  const buffer = Buffer.alloc(length)
  for (const position of positions) buffer[position >> 3]! |= 0x80 >> (position & 7)

  test.each([
    ['as bytes', buffer],
    ['as text', fromBuffer(buffer)],
  ])('%s', (_, source) => {
    const end = length * 8
    expect(countBits(source, 0, end)).toBe(positions.length)
    expect(countBits(source, 6, end - 1)).toBe(positions.length - 2)
    const found: number[] = []
    for (let at = findBit(source, 1, 0, end); at !== -1; at = findBit(source, 1, at + 1, end)) found.push(at)
    expect(found).toEqual(positions)
    const inverted = combineBits('not', [source])
    expect(findBit(inverted.toString(), 0, 6, end)).toBe(positions[1])
    const visited: number[] = []
    // A visitor may look at another string meanwhile.
    visitSetBits(source, 0, length, position => {
      visited.push(position + countBits('\x07', 0, 8) - 3)
      return undefined
    })
    expect(visited).toEqual(positions)
    expect(combineBits('xor', [inverted.bytes, source]).bytes.every(byte => byte === 0xff)).toBe(true)
    expect(countBits(combineBits('and', [source, 'x', source]).bytes, 0, end)).toBe(0)
  })
})

test('positions beyond 2^31 are exact', () => {
  const buffer = Buffer.alloc(2 ** 29)
  buffer[buffer.length - 1] = 1
  const end = buffer.length * 8
  expect(bitAt(buffer, end - 1)).toBe(1)
  expect(findBit(buffer, 1, end - 100, end)).toBe(end - 1)
  expect(countBits(buffer, end - 9, end)).toBe(1)
  let last = 0
  visitSetBits(buffer, buffer.length - 50, buffer.length, position => {
    last = position
    return undefined
  })
  expect(last).toBe(2 ** 32 - 1)
})
