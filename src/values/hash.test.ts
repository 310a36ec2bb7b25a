import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Hash } from './hash.js'

const limits = { 'hash-max-listpack-entries': 8, 'hash-max-listpack-value': 4 }

const entries = (hash: Hash): [string, string][] => {
  const all: [string, string][] = []
  hash.visit((field, value) => all.push([field, value]))
  return all
}

const hashOf = (size: number): Hash => {
  const hash = new Hash(limits)
  for (let i = 0; i < size; i++) hash.set(`f${i}`, String(i))
  return hash
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('set'), fc.nat(14), fc.constantFrom('1', '1234', '', '12345')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('delete'), fc.nat(14), fc.constant('')) },
)

describe('a hash', () => {
  test('does what a Map does, in the same order, until it is large', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const hash = new Hash(limits)
        const model = new Map<string, string>()
        let encoding = 'listpack'
        for (const [verb, number, value] of steps) {
          const field = `f${number}`
          if (verb === 'set') {
            expect(hash.set(field, value)).toBe(!model.has(field))
            model.set(field, value)
            if (value.length > 4 || model.size > 8) encoding = 'hashtable'
          } else expect(hash.delete(field)).toBe(model.delete(field))
          expect(hash.encoding).toBe(encoding)
          expect(hash.size).toBe(model.size)
          expect(hash.get(field)).toBe(model.get(field))
          expect(hash.has(field)).toBe(model.has(field))
          expect(entries(hash)).toEqual([...model])
        }
        expect(entries(hash.clone())).toEqual([...model])
        expect(hash.clone().encoding).toBe(encoding)
      }),
    )
  })

  test.each([8, 9, 100])('of %i fields: a copy is another hash', size => {
    const hash = hashOf(size)
    const copy = hash.clone()
    copy.set('f0', 'new')
    copy.delete('f1')
    expect([hash.get('f0'), hash.get('f1'), hash.size]).toEqual(['0', '1', size])
    expect([copy.get('f0'), copy.get('f1'), copy.size]).toEqual(['new', undefined, size - 1])
  })

  test.each([8, 9, 100])('of %i fields: every field can be picked, and none twice in a sample', size => {
    const hash = hashOf(size)
    const picked = new Set<string>()
    const drawn = new Set<string>()
    for (let i = 0; i < size; i++) picked.add(hash.random(() => (i + 0.5) / size)!)
    let turn = 0
    hash.draw(
      size,
      () => (turn++ + 0.5) / size,
      (field, value) => {
        drawn.add(field)
        expect(value).toBe(field.slice(1))
      },
    )
    expect([picked.size, drawn.size]).toEqual([size, size])
    for (const count of [0, 1, size - 1, size, size + 5]) {
      const fields: string[] = []
      hash.sample(count, Math.random, (field, value) => {
        fields.push(field)
        expect(value).toBe(field.slice(1))
      })
      expect(new Set(fields).size).toBe(Math.min(count, size))
      expect(fields.length).toBe(Math.min(count, size))
    }
  })

  test.each([8, 100])('of %i fields: a visit ends when it is told to', size => {
    const hash = hashOf(size)
    for (const visit of ['visit', 'draw', 'sample'] as const) {
      const fields: string[] = []
      const stop = (field: string) => fields.push(field) < 3
      if (visit === 'visit') hash.visit(stop)
      else hash[visit](6, Math.random, stop)
      expect(fields.length).toBe(3)
    }
  })

  test('is scanned whole while it is small, and in parts when it is large', () => {
    const scan = (hash: Hash, cursor: number): [number, number] => {
      let met = 0
      const next = hash.scan(cursor, 10, () => met++)
      return [next, met]
    }
    expect(scan(hashOf(8), 0)).toEqual([0, 8])
    expect(scan(hashOf(8), 5)).toEqual([0, 8])
    expect(scan(hashOf(25), 0)).toEqual([15, 10])
    expect(scan(hashOf(25), 15)).toEqual([5, 10])
    expect(scan(hashOf(25), 5)).toEqual([0, 5])
  })

  test('has nothing to pick when it is empty', () => {
    const hash = new Hash(limits)
    expect(hash.random(Math.random)).toBeUndefined()
    hash.draw(3, Math.random, () => expect.unreachable())
    hash.sample(3, Math.random, () => expect.unreachable())
  })
})
