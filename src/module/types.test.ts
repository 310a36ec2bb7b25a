import { describe, expectTypeOf, test } from 'vitest'
import type { ContextOf } from './command.js'
import * as models from './fixtures/models.js'
import {
  type Bytes,
  type BytesLike,
  type ClientOf,
  type CommandCall,
  type CommandWord,
  command,
  defineModule,
  type Forward,
  type Forwarding,
  type InputsOf,
  type Key,
  type Read,
  type ResultOf,
  reply,
  type ScriptForward,
  t,
  type ValueOf,
  type ValuesOf,
  type Write,
} from './index.js'

describe('what run receives', () => {
  test('leaves', () => {
    expectTypeOf(t.key()).toExtend<ReturnType<typeof t.key>>()
    const shape = {
      key: t.key(),
      text: t.text(),
      bytes: t.bytes(),
      integer: t.integer({ min: 0 }),
      bigint: t.bigint(),
      number: t.number(),
      word: t.oneOf('asc', 'desc'),
      spelt: t.oneOf({ m: ['m'], km: ['km'] }, { caseSensitive: true }),
      listed: t.oneOf(['a', 'b'], { error: 'ERR no' }),
    }
    expectTypeOf<ValuesOf<typeof shape>>().toEqualTypeOf<{
      key: Key
      text: string
      bytes: Bytes
      integer: number
      bigint: bigint
      number: number
      word: 'asc' | 'desc'
      spelt: 'm' | 'km'
      listed: 'a' | 'b'
    }>()
  })

  test('composed ones', () => {
    const options = t.options({
      dist: t.flag('WITHDIST'),
      count: t.clause('COUNT', t.integer()),
      order: t.oneOf('asc', 'desc'),
      size: t.optional(t.clause('SIZE', t.integer()), 10),
    })
    expectTypeOf<ValueOf<typeof options>>().branded.toEqualTypeOf<{
      readonly dist: boolean
      readonly count: number | undefined
      readonly order: 'asc' | 'desc' | undefined
      readonly size: number
    }>()
    const pair = t.optional({ radius: t.number(), unit: t.oneOf('m', 'km') })
    expectTypeOf<ValueOf<typeof pair>>().toEqualTypeOf<
      { readonly radius: number; readonly unit: 'm' | 'km' } | undefined
    >()
    const start = t.optional(t.integer(), 0)
    expectTypeOf<ValueOf<typeof start>>().toEqualTypeOf<number>()
    const entries = t.oneOrMore({ field: t.bytes(), value: t.text() })
    expectTypeOf<ValueOf<typeof entries>>().toEqualTypeOf<{ readonly field: Bytes; readonly value: string }[]>()
    const keys = t.countedKeys()
    expectTypeOf<ValueOf<typeof keys>>().toEqualTypeOf<Key[]>()
    const forms = t.alternatives([{ x: t.integer() }, { name: t.text() }])
    expectTypeOf<ValueOf<typeof forms>>().toEqualTypeOf<{ readonly x: number } | { readonly name: string }>()
  })

  test('exclusive takes only names of options', () => {
    t.options({ nx: t.flag('NX') }, { exclusive: [['nx']] })
    // @ts-expect-error: there is no option of that name
    t.options({ nx: t.flag('NX') }, { exclusive: [['xx']] })
    // @ts-expect-error: a text cannot be told from another in any order
    t.options({ name: t.text() })
  })

  test('the fallback is of the type of the argument', () => {
    t.optional(t.oneOf('a', 'b'), 'a')
    // @ts-expect-error: none of the words
    t.optional(t.oneOf('a', 'b'), 'c')
  })
})

describe('the context', () => {
  test('write is there only for commands that write', () => {
    expectTypeOf<ContextOf<['readonly', 'fast']>>().not.toHaveProperty('write')
    expectTypeOf<ContextOf<['write']>>().toHaveProperty('write')
    command({
      name: 'peek',
      summary: 'Reads.',
      flags: ['readonly'],
      args: { key: t.key() },
      run({ key }, context) {
        expectTypeOf(key).toEqualTypeOf<Key>()
        // @ts-expect-error: a command that only reads cannot write
        context.write
        return context.read.string(key).get()
      },
    })
    command({
      name: 'odd',
      summary: 'Has a flag that there is not.',
      // @ts-expect-error: a flag that there is not
      flags: ['fats'],
      run: () => null,
    })
  })

  test('an async run, and an object that is no reply, do not type-check', () => {
    command({
      name: 'later',
      summary: 'Is async.',
      flags: [],
      // @ts-expect-error: a promise is no reply
      run: async () => 1,
    })
    command({
      name: 'object',
      summary: 'Answers a plain object.',
      flags: [],
      // @ts-expect-error: a plain object must go through reply.map
      run: () => ({ a: 1 }),
    })
    command({ name: 'nothing', summary: 'Answers nil.', flags: [], run() {} })
  })

  test('another database is read and written as the own one is', () => {
    expectTypeOf<Read['database']>().toEqualTypeOf<(index: number) => Read>()
    expectTypeOf<Write['database']>().toEqualTypeOf<(index: number) => Write>()
    expectTypeOf<Read['script']>().toEqualTypeOf<(sha: BytesLike) => Bytes | null>()
  })

  test('forward takes words, forward.script an object', () => {
    command({
      name: 'run',
      summary: 'Runs a script.',
      flags: ['noscript'],
      args: { sha: t.text(), keys: t.countedKeys({ min: 0 }), words: t.zeroOrMore(t.bytes()) },
      run({ sha, keys, words }, { read, forward }) {
        expectTypeOf(forward).toEqualTypeOf<Forwarding>()
        expectTypeOf(forward('PING')).toEqualTypeOf<Forward>()
        const text = () => read.hash('texts').get(sha)
        // @ts-expect-error: the text must be a function, so that it is fetched only when it is needed
        forward.script({ sha, text: text() })
        // @ts-expect-error: which script?
        forward.script({ keys })
        // @ts-expect-error: a key is no number
        forward.script({ sha, keys: [1] })
        forward.script({ sha, keys: undefined, readOnly: undefined })
        return forward.script({ sha, text, keys, args: [...words, 1, 2n], readOnly: true })
      },
    })
    expectTypeOf<ResultOf<ScriptForward>>().toEqualTypeOf<unknown>()
    expectTypeOf<ResultOf<ScriptForward | typeof reply.ok>>().toEqualTypeOf<unknown>()
  })
})

describe('the typed client', () => {
  test('a call takes what run is given, and what is optional can be left out', () => {
    expectTypeOf<InputsOf<typeof models.hmsetnx.args>>().branded.toEqualTypeOf<{
      key: BytesLike
      entries: readonly { field: BytesLike; value: BytesLike }[]
    }>()
    expectTypeOf<InputsOf<typeof models.bitallpos.args>>().branded.toEqualTypeOf<{
      key: BytesLike
      start?: number | undefined
      end?: number | undefined
      limit?: number | undefined
    }>()
    expectTypeOf<InputsOf<typeof models.search.args>>().branded.toEqualTypeOf<{
      source: BytesLike
      pattern: string
      options?:
        | {
            limit?: { offset: number; count: number } | undefined
            store?: BytesLike | undefined
            count?: { count: number; any?: boolean | undefined } | undefined
          }
        | undefined
    }>()
  })

  test('results', () => {
    expectTypeOf<ResultOf<Bytes | null>>().toEqualTypeOf<string | null>()
    expectTypeOf<ResultOf<0 | typeof reply.ok>>().toEqualTypeOf<0 | 'OK'>()
    expectTypeOf<ResultOf<[Bytes, number][]>>().toEqualTypeOf<[string, number][]>()
    expectTypeOf<ResultOf<void>>().toEqualTypeOf<null>()
    expectTypeOf<ResultOf<bigint>>().toEqualTypeOf<number | bigint>()
    const map = reply.map([['a', 1]])
    expectTypeOf<ResultOf<typeof map>>().toEqualTypeOf<{ [key: string]: 1 }>()
    expectTypeOf<ReturnType<CommandCall<typeof models.hmsetnx>>>().toEqualTypeOf<Promise<0 | 'OK'>>()
    expectTypeOf<ReturnType<CommandCall<typeof models.bitallpos>>>().toEqualTypeOf<Promise<string[]>>()
    expectTypeOf<ReturnType<CommandCall<typeof models.georadiusbymember>>>().toEqualTypeOf<Promise<number>>()
    expectTypeOf<ReturnType<CommandCall<typeof models.evalname>>>().toEqualTypeOf<Promise<unknown>>()
  })

  test('the commands of modules, containers one level down', () => {
    const kit = defineModule({
      name: 'kit',
      version: '1.0.0',
      requires: '^1',
      commands: [models.poong, models.hmsetnx, models.scriptname],
    })
    type Client = ClientOf<[typeof kit, typeof models.geoModule]>
    expectTypeOf<keyof Client>().toEqualTypeOf<'poong' | 'hmsetnx' | 'scriptname' | 'geoadd' | 'georadius'>()
    expectTypeOf<Client['poong']>().toBeCallableWith()
    expectTypeOf<Client['hmsetnx']>().toBeCallableWith({ key: 'k', entries: [{ field: 'a', value: new Uint8Array() }] })
    expectTypeOf<keyof Client['scriptname']>().toEqualTypeOf<'set' | 'get' | 'getall' | 'del'>()
    expectTypeOf<Client['scriptname']['set']>().toBeCallableWith({ name: 'n', sha: 's' })
    expectTypeOf<Client['georadius']>().toBeCallableWith({
      key: 'k',
      latitude: 1,
      longitude: 2,
      radius: 3,
      units: 'km',
      options: { distance: true, order: 'asc' },
    })
    type Call = Client['hmsetnx']
    // @ts-expect-error: a number is no bytes
    expectTypeOf<Call>().toBeCallableWith({ key: 1, entries: [] })
    // @ts-expect-error: entries cannot be left out
    expectTypeOf<Call>().toBeCallableWith({ key: 'k' })
  })

  test('a name that is not known when types are checked gives no call', () => {
    const names: readonly string[] = ['a', 'b']
    const many = defineModule({
      name: 'many',
      version: '1.0.0',
      requires: '^1',
      commands: names.map(name => command({ name, summary: 'One of many.', flags: [], run: () => 1 })),
    })
    expectTypeOf<keyof ClientOf<[typeof many]>>().toEqualTypeOf<never>()
  })
})

test('words of a command', () => {
  expectTypeOf<CommandWord>().toEqualTypeOf<Bytes | string | Uint8Array | number | bigint>()
})
