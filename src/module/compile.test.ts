import { describe, expect, test } from 'vitest'
import { toUtf8 } from '../bytes/bytes.js'
import { keyIndices } from '../registry/key-spec.js'
import type { AnyCommand } from './command.js'
import { compileCommand, compileContainer } from './compile.js'
import * as models from './fixtures/models.js'
import { command, type Shape, t } from './index.js'

const of = (definition: AnyCommand) => compileCommand(definition)
const define = (args: Shape) =>
  compileCommand(command({ name: 'cmd', summary: 'A test.', flags: ['write'], args, run: () => null }) as AnyCommand)

test.each<[AnyCommand, number, string]>([
  [models.poong, 1, 'POONG'],
  [models.hmsetnx, -4, 'HMSETNX key field value [field value ...]'],
  [models.hmsetif, -6, 'HMSETIF key checkfield checkvalue field value [field value ...]'],
  [models.bitallpos, -2, 'BITALLPOS key [start [end [limit]]]'],
  [
    models.geoadd,
    -5,
    'GEOADD key <latitude longitude member [latitude longitude member ...] | latitude longitude member radius m|km|mi|ft>',
  ],
  [
    models.georadius,
    -6,
    'GEORADIUS key latitude longitude radius m|km|mi|ft [WITHDIST] [WITHHASH] [WITHCOORD] [WITHGEOJSON] [WITHGEOJSONBOUND] [WITHGEOJSONCOLLECTION] [NOPROP] [ASC|DESC]',
  ],
  [models.geoencode, -3, 'GEOENCODE latitude longitude [radius m|km|mi|ft] [WITHGEOJSON]'],
  [models.geodecode, -2, 'GEODECODE hash [WITHGEOJSON]'],
  [models.evalname, -3, 'EVALNAME name numkeys [key [key ...]] [argument [argument ...]]'],
  [models.zadd, -4, 'ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]'],
  [models.zunionstore, -4, 'ZUNIONSTORE destination numkeys key [key ...] [AGGREGATE SUM|MIN|MAX]'],
  [models.mset, -3, 'MSET key value [key value ...]'],
  [models.search, -3, 'SEARCH source pattern [LIMIT offset count] [STORE store] [COUNT count [ANY]]'],
])('arity and syntax: $name', (definition, arity, syntax) => {
  const compiled = of(definition)
  expect([compiled.arity, compiled.syntax]).toEqual([arity, syntax])
})

describe('key specifications, as redis-server 7.0.15 states those of the same commands', () => {
  const index = (at: number) => ({ index: at })
  const range = (last: number, step = 1) => ({ last, step, limit: 0 })
  const keynum = { keynum: 0, first: 1, step: 1 }

  test.each<[AnyCommand, unknown, unknown]>([
    [models.poong, [], { first: 0, last: 0, step: 0, movable: false }],
    [
      models.zadd,
      [{ flags: ['RW', 'update'], begin: index(1), find: range(0) }],
      { first: 1, last: 1, step: 1, movable: false },
    ],
    [
      models.mset,
      [{ flags: ['OW', 'update'], begin: index(1), find: range(-1, 2) }],
      { first: 1, last: -1, step: 2, movable: false },
    ],
    [
      models.zunionstore,
      [
        { flags: ['OW', 'update'], begin: index(1), find: range(0) },
        { flags: ['RO', 'access'], begin: index(2), find: keynum },
      ],
      { first: 1, last: 1, step: 1, movable: true },
    ],
    [
      models.evalname,
      [{ flags: ['RW', 'access', 'update'], begin: index(2), find: keynum }],
      { first: 0, last: 0, step: 0, movable: true },
    ],
    [
      models.search,
      [
        { flags: ['RO', 'access'], begin: index(1), find: range(0) },
        { flags: ['OW', 'update'], begin: { keyword: 'STORE', from: 3 }, find: range(0) },
      ],
      { first: 1, last: 1, step: 1, movable: true },
    ],
    [
      models.georadius,
      [{ flags: ['RO', 'access'], begin: index(1), find: range(0) }],
      { first: 1, last: 1, step: 1, movable: false },
    ],
  ])('$name', (definition, specs, legacy) => {
    expect(of(definition).keySpecs).toEqual(specs)
    expect(of(definition).legacyKeys).toEqual(legacy)
  })

  test('two keys in a row, as RENAME has them, are one range', () => {
    expect(define({ key: t.key(), newkey: t.key() }).legacyKeys).toEqual({ first: 1, last: 2, step: 1, movable: false })
  })

  test('a key, and keys to the end, as BITOP has them', () => {
    const { keySpecs, legacyKeys } = define({
      op: t.text(),
      to: t.key({ access: 'overwrite' }),
      keys: t.oneOrMore(t.key({ access: 'read' })),
    })
    expect(keySpecs).toEqual([
      { flags: ['OW', 'update'], begin: index(2), find: range(0) },
      { flags: ['RO', 'access'], begin: index(3), find: range(-1) },
    ])
    expect(legacyKeys).toEqual({ first: 2, last: -1, step: 1, movable: false })
  })

  test('in a container, one further', () => {
    const sub = command({ name: 'del', summary: 'A test.', flags: ['readonly'], args: { key: t.key() }, run: () => 1 })
    expect(compileCommand(sub as AnyCommand, 'box').keySpecs).toEqual([
      { flags: ['RO', 'access'], begin: index(2), find: range(0) },
    ])
  })
})

test.each<[ReturnType<typeof of>, string, string[]]>([
  [of(models.poong), 'poong', []],
  [of(models.hmsetnx), 'hmsetnx k a 1', ['k']],
  [of(models.mset), 'mset a 1 b 2', ['a', 'b']],
  [of(models.zunionstore), 'zunionstore d 2 a b aggregate sum', ['d', 'a', 'b']],
  [of(models.zunionstore), 'zunionstore d 9 a b', []],
  [of(models.zunionstore), 'zunionstore d x a b', []],
  [of(models.evalname), 'evalname n 0 a', []],
  [of(models.evalname), 'evalname n -5 a', []],
  [of(models.search), 'search s p store d', ['s', 'd']],
  [of(models.search), 'search s p COUNT 2 Store d', ['s', 'd']],
  [of(models.search), 'search s p', ['s']],
  [of(models.search), 'search store p', ['store']],
  [define({ keys: t.oneOrMore(t.key()), seconds: t.integer() }), 'cmd a b 1', ['a', 'b']],
  [define({ n: t.integer(), pairs: t.zeroOrMore({ value: t.text(), key: t.key() }) }), 'cmd 1 x a y b', ['a', 'b']],
  [define({ n: t.integer(), pairs: t.zeroOrMore({ value: t.text(), key: t.key() }) }), 'cmd 1', []],
  [define({ text: t.text(), key: t.optional(t.key()) }), 'cmd x', []],
  [define({ text: t.text(), key: t.optional(t.key()) }), 'cmd x k', ['k']],
  [define({ options: t.options({ from: t.clause(['FROM', 'OF'], t.countedKeys()) }) }), 'cmd of 2 a b', ['a', 'b']],
])('the keys of a call: %#', (compiled, line, keys) => {
  const argv = line.split(' ')
  expect((keyIndices(compiled.keySpecs, argv) ?? []).map(index => argv[index])).toEqual(keys)
})

describe('arguments of COMMAND DOCS', () => {
  test('ZADD, as redis-server 7.0.15 has them, apart from their history', () => {
    const token = (name: string, text: string) => ({ name, type: 'pure-token', token: text })
    expect(of(models.zadd).argumentDocs).toEqual([
      { name: 'key', type: 'key', keySpecIndex: 0 },
      { name: 'condition', type: 'oneof', flags: ['optional'], arguments: [token('NX', 'NX'), token('XX', 'XX')] },
      { name: 'comparison', type: 'oneof', flags: ['optional'], arguments: [token('GT', 'GT'), token('LT', 'LT')] },
      { ...token('change', 'CH'), flags: ['optional'] },
      { ...token('increment', 'INCR'), flags: ['optional'] },
      {
        name: 'score_member',
        type: 'block',
        flags: ['multiple'],
        arguments: [
          { name: 'score', type: 'double' },
          { name: 'member', type: 'string' },
        ],
      },
    ])
  })

  test('the order of the parts is that of redis-server', () => {
    expect(Object.keys(of(models.zadd).argumentDocs[1] ?? {})).toEqual(['name', 'type', 'flags', 'arguments'])
    expect(Object.keys(of(models.search).argumentDocs[3] ?? {})).toEqual([
      'name',
      'type',
      'keySpecIndex',
      'token',
      'flags',
    ])
  })

  test('clauses, counts, options and alternatives', () => {
    expect(of(models.search).argumentDocs).toEqual([
      { name: 'source', type: 'key', keySpecIndex: 0 },
      { name: 'pattern', type: 'string' },
      {
        name: 'limit',
        type: 'block',
        token: 'LIMIT',
        flags: ['optional'],
        arguments: [
          { name: 'offset', type: 'integer' },
          { name: 'count', type: 'integer' },
        ],
      },
      { name: 'store', type: 'key', keySpecIndex: 1, token: 'STORE', flags: ['optional'] },
      {
        name: 'count',
        type: 'block',
        token: 'COUNT',
        flags: ['optional'],
        arguments: [
          { name: 'count', type: 'integer' },
          { name: 'any', type: 'pure-token', token: 'ANY', flags: ['optional'] },
        ],
      },
    ])
    const spelt = define({
      options: t.options({ from: t.clause(['FROM', 'OF'], t.key()), to: t.clause('TO', t.key()) }),
    })
    expect(spelt.argumentDocs.map(doc => doc.keySpecIndex)).toEqual([0, 2])
    expect(spelt.keySpecs).toHaveLength(3)
    expect(of(models.evalname).argumentDocs).toEqual([
      { name: 'name', type: 'string' },
      { name: 'numkeys', type: 'integer' },
      { name: 'key', type: 'key', keySpecIndex: 0, flags: ['optional', 'multiple'] },
      { name: 'argument', type: 'string', flags: ['optional', 'multiple'] },
    ])
    expect(of(models.geoadd).argumentDocs[1]).toMatchObject({
      name: 'what',
      type: 'oneof',
      arguments: [{ type: 'block' }, { type: 'block' }],
    })
  })
})

describe('a container', () => {
  const box = compileContainer(models.scriptname)

  test('finds its subcommands in any case, by their lower-case names', () => {
    expect([...box.subcommands.keys()]).toEqual(['set', 'get', 'getall', 'del'])
    expect(box.subcommands.get('set')).toMatchObject({
      fullName: 'scriptname|set',
      arity: 4,
      syntax: 'SCRIPTNAME SET name sha',
    })
  })

  test('HELP', () => {
    expect(box.help.map(toUtf8)).toEqual([
      'SCRIPTNAME <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
      'SET name sha',
      '    Names a script.',
      'GET name',
      '    The script of a name.',
      'GETALL',
      '    All names.',
      'DEL name',
      '    Forgets a name.',
      'HELP',
      '    Prints this help.',
    ])
  })

  test('an unknown subcommand: the text of the author, or that of Redis', () => {
    expect(box.unknown('foo').message).toBe('ERR Unknown scriptName subcommand or arg count')
    const { unknown: _, ...plain } = models.scriptname
    expect(compileContainer(plain).unknown('Foo').message).toBe("ERR unknown subcommand 'Foo'. Try SCRIPTNAME HELP.")
    expect(compileContainer(plain).unknown('x'.repeat(1000)).message).toHaveLength(
      128 + "ERR unknown subcommand ''. Try SCRIPTNAME HELP.".length,
    )
  })
})
