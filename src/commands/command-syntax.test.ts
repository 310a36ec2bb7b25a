import { describe, expect, test } from 'vitest'
import type { ArgumentDoc } from '../registry/argument-doc.js'
import { parseSyntax } from './command-syntax.js'

/** One argument as a short text: `name:type=TOKEN{flags}(arguments)#spec`. */
function short({ name, type, token, flags, arguments: inner, keySpecIndex }: ArgumentDoc): string {
  return [
    name,
    type === 'string' ? '' : `:${type}`,
    token === undefined ? '' : `=${token}`,
    flags === undefined ? '' : `{${flags.join(',')}}`,
    inner === undefined ? '' : `(${inner.map(short).join(' ')})`,
    keySpecIndex === undefined ? '' : `#${keySpecIndex}`,
  ].join('')
}

describe('a syntax line', () => {
  test.each<[string, number, string]>([
    ['', 0, ''],
    ['key value', 1, 'key:key#0 value'],
    ['key value', 0, 'key value'],
    ['source destination', 2, 'source:key#0 destination:key#1'],
    ['key1 key2', 1, 'key1:key#0 key2:key#0'],
    ['[message]', 0, 'message{optional}'],
    ['key [key ...]', 1, 'key:key{multiple}#0'],
    ['[channel [channel ...]]', 0, 'channel{optional,multiple}'],
    ['key field value [field value ...]', 1, 'key:key#0 field_value:block{multiple}(field value)'],
    ['key [NX | XX]', 1, 'key:key#0 nx_xx:oneof{optional}(nx:pure-token=NX xx:pure-token=XX)'],
    ['<ON | OFF>', 0, 'on_off:oneof(on:pure-token=ON off:pure-token=OFF)'],
    ['key [MATCH pattern] [COUNT count]', 1, 'key:key#0 pattern:pattern=MATCH{optional} count:integer=COUNT{optional}'],
    ['[LIMIT offset count]', 0, 'offset_count:block=LIMIT{optional}(offset:integer count:integer)'],
    ['[WEIGHTS weight [weight ...]]', 0, 'weight:integer=WEIGHTS{optional,multiple}'],
    ['[GET pattern [GET pattern ...]]', 0, 'pattern:pattern=GET{optional,multiple,multiple_token}'],
    [
      'key [count [WITHVALUES]]',
      1,
      'key:key#0 count_withvalues:block{optional}(count:integer withvalues:pure-token=WITHVALUES{optional})',
    ],
    ['[AGGREGATE <SUM | MIN>]', 0, 'sum_min:oneof=AGGREGATE{optional}(sum:pure-token=SUM min:pure-token=MIN)'],
    ['[EX seconds | PERSIST]', 0, 'seconds_persist:oneof{optional}(seconds:integer=EX persist:pure-token=PERSIST)'],
    [
      'numkeys key [key ...] <LEFT | RIGHT>',
      1,
      'numkeys:integer key:key{multiple}#0 left_right:oneof(left:pure-token=LEFT right:pure-token=RIGHT)',
    ],
  ])('%j', (syntax, keySpecs, expected) => {
    expect(parseSyntax(syntax, keySpecs).map(short).join(' ')).toBe(expected)
  })

  test.each(['[a', 'a]', '<a | b]', '[]', '[a | ]', 'a ...', 'a | b'])('refuses %j', syntax => {
    expect(() => parseSyntax(syntax, 0)).toThrow('no syntax line')
  })
})
