import { describe, expect, test } from 'vitest'
import type { ReplySink } from '../resp/reply.js'
import { Bytes, reply } from './index.js'
import { forward, isForward, isScriptForward } from './reply.js'
import { checkReply, MAX_DEPTH, writeReply } from './write-reply.js'

/** What a reply writes, as one line: `array 2, bulk a, integer 1`. */
function written(value: unknown): string {
  const calls: string[] = []
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args.map(arg => (typeof arg === 'bigint' ? `${arg}n` : String(arg)))].join(' '))
    }
  const names = [
    'ok',
    'status',
    'error',
    'integer',
    'bulk',
    'null',
    'nullArray',
    'double',
    'boolean',
    'bigNumber',
    'verbatim',
    'array',
    'map',
    'set',
    'push',
    'begin',
    'abort',
  ]
  const sink = Object.fromEntries(names.map(name => [name, note(name)])) as unknown as ReplySink
  try {
    checkReply(value, 'cmd')
    writeReply(value, sink)
  } catch (error) {
    expect(calls, 'nothing may be written before a bad reply is found').toEqual([])
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return calls.join(', ')
}

test.each<[unknown, string]>([
  ['ä', 'bulk \xc3\xa4'],
  ['', 'bulk '],
  [Bytes.from(new Uint8Array([255])), 'bulk \xff'],
  [new Uint8Array([1]), 'bulk \x01'],
  [0, 'integer 0'],
  [-0, 'integer 0'],
  [-5, 'integer -5'],
  [2 ** 53 - 1, 'integer 9007199254740991'],
  [2 ** 53, 'double 9007199254740992'],
  [1.5, 'double 1.5'],
  [Infinity, 'double Infinity'],
  [5n, 'integer 5n'],
  [2n ** 63n - 1n, 'integer 9223372036854775807n'],
  [2n ** 63n, 'bigNumber 9223372036854775808'],
  [true, 'boolean true'],
  [null, 'null'],
  [undefined, 'null'],
  [[], 'array 0'],
  [['a', [1, null], true], 'array 3, bulk a, array 2, integer 1, null, boolean true'],
  [reply.ok, 'ok'],
  [reply.status('PONG'), 'status PONG'],
  [reply.double(3), 'double 3'],
  // As a whole it is thrown, and so counted as what a command has thrown.
  [reply.error('ERR no'), 'ReplyError: ERR no'],
  [[1, reply.error('ERR no')], 'array 2, integer 1, error ERR no'],
  [reply.nullArray, 'nullArray'],
  [reply.verbatim('# a', 'mkd'), 'verbatim mkd # a'],
  [reply.map({ a: 1, b: ['x'] }), 'map 2, bulk a, integer 1, bulk b, array 1, bulk x'],
  [reply.map(new Map([[1, 'one']])), 'map 1, integer 1, bulk one'],
  [reply.map([]), 'map 0'],
  [reply.set(new Set(['a', 'b'])), 'set 2, bulk a, bulk b'],
  [[reply.set([reply.map([['k', reply.ok]])])], 'array 1, set 1, map 1, bulk k, ok'],
])('%#: written', (value, expected) => {
  expect(written(value)).toBe(expected)
})

/** Of `return 1+1`. */
const SHA = 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'

const cyclic: unknown[] = []
cyclic.push(cyclic)

test.each<[unknown, string]>([
  [NaN, 'TypeError: cmd cannot answer the number NaN: a reply cannot be NaN'],
  [['a', 1, [NaN]], 'TypeError: cmd cannot answer the number NaN (reply[2][0]): a reply cannot be NaN'],
  [() => 1, 'TypeError: cmd cannot answer a function: it is none of the values that a command can answer'],
  [
    [Symbol('x')],
    'TypeError: cmd cannot answer a symbol (reply[0]): it is none of the values that a command can answer',
  ],
  [
    Promise.resolve(1),
    'TypeError: cmd cannot answer a promise: run must not be async: all that it reads is there at once',
  ],
  [{ a: 1 }, 'TypeError: cmd cannot answer an object: wrap it in reply.map(…), or return an array'],
  [new Map(), 'TypeError: cmd cannot answer an object: wrap it in reply.map(…), or return an array'],
  [new Set(), 'TypeError: cmd cannot answer an object: wrap it in reply.set(…)'],
  [new Error('x'), 'TypeError: cmd cannot answer an Error: throw it, or use reply.error(text)'],
  [reply.double(NaN), 'TypeError: cmd cannot answer the number NaN: reply.double takes a number'],
  [
    reply.status('a\r\nb'),
    'TypeError: cmd cannot answer the text "a\\r\\nb": a status or an error is one line of text',
  ],
  [reply.error(1 as never), 'TypeError: cmd cannot answer the number 1: a status or an error takes text'],
  [
    reply.verbatim('a', 'xml' as never),
    "TypeError: cmd cannot answer the text \"xml\": the format of reply.verbatim is 'txt' or 'mkd'",
  ],
  [reply.map({ a: NaN }), 'TypeError: cmd cannot answer the number NaN (reply.entries[0][1]): a reply cannot be NaN'],
  [['a', reply.set([NaN])], 'TypeError: cmd cannot answer the number NaN (reply[1].items[0]): a reply cannot be NaN'],
  [
    [forward('GET', 'k')],
    'TypeError: cmd cannot answer an object (reply[0]): a forward() must be all that a command returns',
  ],
  [
    [forward.script({ sha: SHA })],
    'TypeError: cmd cannot answer an object (reply[0]): a forward() must be all that a command returns',
  ],
])('%#: refused, and nothing written', (value, expected) => {
  expect(written(value)).toBe(expected)
})

test('an array in itself is refused, one that is merely deep is not', () => {
  expect(written(cyclic)).toContain(`nested more than ${MAX_DEPTH} deep`)
  let deep: unknown = 'x'
  for (let i = 0; i < MAX_DEPTH; i++) deep = [deep]
  expect(written(deep)).toContain('bulk x')
  expect(written([deep])).toContain(`nested more than ${MAX_DEPTH} deep`)
})

describe('forward', () => {
  test('is known when it is returned', () => {
    const forwarded = forward('EVALSHA', Bytes.from('x'), 0, 5n)
    expect(isForward(forwarded)).toBe(true)
    expect(forwarded.argv).toEqual(['EVALSHA', Bytes.from('x'), 0, 5n])
    expect(isForward(reply.ok)).toBe(false)
    expect(isForward('x')).toBe(false)
  })

  test('refuses what is no word of a command', () => {
    expect(() => forward()).toThrow('needs the name of a command')
    expect(() => forward('GET', undefined as never)).toThrow(
      'argument 1 of forward() must be text or bytes, not undefined',
    )
  })
})

describe('forward.script', () => {
  test('is known when it is returned, as another thing than forward()', () => {
    const forwarded = forward.script({ sha: SHA })
    expect([isScriptForward(forwarded), isForward(forwarded)]).toEqual([true, false])
    expect([isScriptForward(forward('PING')), isScriptForward(reply.ok), isScriptForward(null)]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('what can be left out', () => {
    const { text, ...rest } = forward.script({ sha: Bytes.from(SHA.toUpperCase()) })
    expect(rest).toMatchObject({ sha: SHA, keys: [], args: [], readOnly: false })
    expect(text()).toBe(null)
    const keys = [Bytes.from('k'), 'l', new Uint8Array([1])]
    const args = ['a', 1, 2n, Bytes.from('b')]
    expect(forward.script({ sha: SHA, text: () => 'x', keys, args, readOnly: true })).toMatchObject({
      keys,
      args,
      readOnly: true,
    })
  })

  test.each<[unknown, string]>([
    [undefined, 'forward.script() takes an object, { sha, text, keys, args }, not undefined'],
    [SHA, `forward.script() takes an object, { sha, text, keys, args }, not the text "${SHA}"`],
    [{}, 'the sha of forward.script() must be text or bytes, not undefined'],
    [{ sha: 'two' }, 'the sha of forward.script() must be 40 hex digits, not the text "two"'],
    [{ sha: `${SHA}0` }, 'the sha of forward.script() must be 40 hex digits'],
    [{ sha: SHA.replace('a', 'g') }, 'the sha of forward.script() must be 40 hex digits'],
    [{ sha: SHA, text: 'return 1+1' }, 'the text of forward.script() must be a function that gives it, not the text'],
    [{ sha: SHA, keys: 'k' }, 'the keys of forward.script() must be an array, not the text "k"'],
    [{ sha: SHA, keys: [1] }, 'key 0 of forward.script() must be text or bytes, not the number 1'],
    [{ sha: SHA, args: 'a' }, 'the args of forward.script() must be an array, not the text "a"'],
    [{ sha: SHA, args: ['a', null] }, 'argument 1 of forward.script() must be text or bytes, not null'],
    [{ sha: SHA, readOnly: 1 }, 'readOnly of forward.script() must be true or false, not the number 1'],
  ])('%#: refused', (given, message) => {
    expect(() => forward.script(given as never)).toThrow(message)
  })
})
