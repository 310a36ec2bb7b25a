import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteArg } from '../bytes/split-args.js'
import { encodeCommand } from './encode.js'
import { RequestReader } from './request-reader.js'

const word = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 8 }), fc.constant('x'.repeat(200)))
const command = fc
  .tuple(fc.string({ minLength: 1, maxLength: 5 }), fc.array(word, { maxLength: 20 }))
  .map(([name, words]) => [name, ...words])
const request = fc.tuple(command, fc.boolean())

/** All commands that the reader has come to, in their words and as they go on. */
function taken(reader: RequestReader): [string[], string][] {
  const commands: [string[], string][] = []
  while (reader.next()) commands.push([reader.argv(), reader.text()])
  return commands
}

test('commands are the same, however they come and are cut, and whether they are copied or not', () => {
  const property = fc.property(
    fc.array(request, { maxLength: 20 }),
    fc.array(fc.nat({ max: 300 })),
    fc.array(fc.nat({ max: 3 })),
    (requests, cuts, takes) => {
      const bytes = Buffer.from(
        requests
          .map(([argv, isInline]) => (isInline ? `${argv.map(quoteArg).join(' ')}\r\n` : encodeCommand(argv)))
          .join(''),
        'latin1',
      )
      const reader = new RequestReader({ maxBulkLength: () => 1 << 20, trusted: () => true })
      const found: [string[], string][] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const length = 1 + (cuts[i % (cuts.length || 1)] ?? 100)
        const piece = Buffer.from(bytes.subarray(at, at + length))
        at += length
        reader.push(piece)
        // Some are left for later, when the bytes are somebody else's again.
        for (let take = takes[i % (takes.length || 1)] ?? 9; take > 0 && reader.next(); take--) {
          found.push([reader.argv(), reader.text()])
        }
        reader.detach()
        piece.fill('#')
      }
      found.push(...taken(reader))
      expect(found).toEqual(requests.map(([argv]) => [argv, encodeCommand(argv)]))
      expect(reader.buffered).toBe(0)
    },
  )
  fc.assert(property, { numRuns: 1000 })
})

test('a command that is given back comes again, in whatever form it came', () => {
  const reader = new RequestReader({ maxBulkLength: () => 100, trusted: () => true })
  reader.push(Buffer.from(`set a 1\r\n${encodeCommand(['GET', 'a'])}PING\r\n`))
  for (const words of [['set', 'a', '1'], ['GET', 'a'], ['PING']]) {
    expect(reader.next()).toBe(true)
    reader.back()
    expect(reader.next()).toBe(true)
    expect(reader.argv()).toEqual(words)
  }
  expect(reader.next()).toBe(false)
})
