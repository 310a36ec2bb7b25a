import { beforeEach, describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import { dumpLibraries } from './function-dump.js'
import { Functions } from './functions.js'
import { type FunctionMachineForTests, functionMachine } from './lua/fixtures/function-machine.js'

let lua: FunctionMachineForTests
let functions: Functions
let isBusy: boolean
let lost: number

beforeEach(() => {
  lua = functionMachine()
  isBusy = false
  lost = 0
  functions = new Functions({
    machine: lua.machine,
    isBusy: () => isBusy,
    onStateLost: () => {
      lost++
    },
  })
})

/** A library whose functions answer what they are called, and how often they have been. */
function library(name: string, ...names: string[]): string {
  const registrations = names.map(fn => `redis.register_function('${fn}', function() return answer('${fn}') end)`)
  return [
    `#!lua name=${name}`,
    'local count = 0',
    `local function answer(fn) count = count + 1 return '${name}.' .. fn .. ' ' .. count end`,
    ...registrations,
  ].join('\n')
}

function call(name: string): unknown {
  const fn = functions.find(name)
  if (fn === undefined) return 'not found'
  const reply = lua.call(functions.compiled(fn))
  return typeof reply === 'string' ? reply : reply[0]
}

const load = (...[name, ...names]: [string, ...string[]]): string =>
  functions.load(library(name, ...names), { replace: false })
const replace = (...[name, ...names]: [string, ...string[]]): string =>
  functions.load(library(name, ...names), { replace: true })
const restore = (policy: 'append' | 'replace' | 'flush', ...codes: string[]): void =>
  functions.restore(dumpLibraries(codes), policy)
/** The libraries with their functions, in order. */
const all = (): string[] =>
  [...functions.libraries].map(({ name, functions }) => `${name}: ${functions.map(fn => fn.name).join(' ')}`)

/** Checks that something fails with an error, and changes nothing. */
function refuses(work: () => unknown, message: string): void {
  const before = [all(), functions.libraryCount, functions.functionCount, functions.size]
  expect(work).toThrow(new ReplyError(message))
  expect([all(), functions.libraryCount, functions.functionCount, functions.size]).toEqual(before)
}

describe('load', () => {
  test('makes functions callable, by names in any case of letters', () => {
    expect(load('a', 'one', 'TWO')).toBe('a')
    expect([call('one'), call('two'), call('ONE'), call('three')]).toEqual([
      'a.one 1',
      'a.TWO 2',
      'a.one 3',
      'not found',
    ])
    expect(functions.find('Two')).toMatchObject({ name: 'TWO', description: undefined, library: { name: 'a' } })
    expect([functions.libraryCount, functions.functionCount, functions.size]).toEqual([
      1,
      2,
      library('a', 'one', 'TWO').length,
    ])
  })

  test('refuses a name that is taken', () => {
    load('a', 'one')
    refuses(() => load('a', 'two'), "ERR Library 'a' already exists")
    refuses(() => load('b', 'two', 'one'), 'ERR Function one already exists')
    refuses(() => load('b', 'ONE'), 'ERR Function ONE already exists')
    refuses(() => replace('b', 'One'), 'ERR Function One already exists')
    expect(load('A', 'two')).toBe('A')
    expect(call('one')).toBe('a.one 1')
  })

  test('replaces a library with its state, whose function names may be used again', () => {
    load('a', 'one', 'two')
    load('b', 'three')
    expect([call('one'), call('three')]).toEqual(['a.one 1', 'b.three 1'])
    replace('a', 'two', 'four')
    expect([call('one'), call('two'), call('three')]).toEqual(['not found', 'a.two 1', 'b.three 2'])
    expect(functions.functionCount).toBe(3)
  })

  test.each([
    ['is no library', 'return 1', 'ERR Missing library metadata'],
    [
      'does not compile',
      '#!lua name=a\n+',
      "ERR Error compiling function: user_function:2: unexpected symbol near '+'",
    ],
    [
      'fails, having registered',
      "#!lua name=a\nredis.register_function('new', redis.log) error('x')",
      "ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'error'",
    ],
    ['registers nothing', '#!lua name=a\n', 'ERR No functions registered'],
    [
      'has the name of a function of another',
      "#!lua name=a\nredis.register_function('new', redis.log) redis.register_function('TWO', redis.log)",
      'ERR Function TWO already exists',
    ],
  ])('a replacement that %s leaves the old one as it was', (_, code, message) => {
    load('a', 'one')
    load('b', 'two')
    expect(call('one')).toBe('a.one 1')
    refuses(() => functions.load(code, { replace: true }), message)
    expect([call('one'), call('new')]).toEqual(['a.one 2', 'not found'])
  })

  test('of two names that differ by case in one library, the first is found', () => {
    load('a', 'f', 'F')
    expect([call('f'), call('F'), functions.functionCount]).toEqual(['a.f 1', 'a.f 2', 2])
    functions.delete('a')
    expect([call('f'), functions.functionCount]).toEqual(['not found', 0])
  })

  test('a thousand libraries', () => {
    for (let i = 0; i < 1000; i++) load(`lib${i}`, `fn${i}`)
    expect([call('fn0'), call('fn999'), call('fn0')]).toEqual(['lib0.fn0 1', 'lib999.fn999 1', 'lib0.fn0 2'])
    expect([functions.libraryCount, functions.functionCount]).toEqual([1000, 1000])
  })
})

describe('delete and flush', () => {
  test('delete one library, or all', () => {
    load('a', 'one')
    load('b', 'two')
    refuses(() => functions.delete('A'), 'ERR Library not found')
    functions.delete('a')
    expect([call('one'), call('two'), ...all()]).toEqual(['not found', 'b.two 1', 'b: two'])
    functions.flush()
    expect([call('two'), all(), functions.size]).toEqual(['not found', [], 0])
    load('b', 'two')
    expect(call('two')).toBe('b.two 1')
  })

  test('give the memory back once there is no library', () => {
    load('a', 'one')
    load('b', 'two')
    functions.delete('a')
    expect(functions.memory.size).toBeGreaterThan(0)
    functions.delete('b')
    expect(functions.memory.size).toBe(0)
    load('a', 'one')
    functions.flush()
    expect(functions.memory.size).toBe(0)
  })
})

describe('restore', () => {
  test('takes up what was dumped', () => {
    load('a', 'one')
    load('b', 'two', 'three')
    const dump = functions.dump()
    functions.flush()
    functions.restore(dump, 'append')
    expect(all()).toEqual(['a: one', 'b: two three'])
    expect([call('one'), call('three'), functions.dump() === dump]).toEqual(['a.one 1', 'b.three 1', true])
  })

  test('append, which fails if a library is there already', () => {
    load('a', 'one')
    restore('append', library('b', 'two'))
    refuses(() => restore('append', library('c', 'three'), library('a', 'four')), 'ERR Library a already exists')
    refuses(() => restore('append', library('c', 'ONE')), 'ERR Function ONE already exists')
    expect([call('one'), call('two')]).toEqual(['a.one 1', 'b.two 1'])
  })

  test('replace, which fails if a function is of a library that stays', () => {
    load('a', 'one')
    load('b', 'two')
    call('one')
    restore('replace', library('a', 'one', 'three'))
    expect([call('one'), call('three')]).toEqual(['a.one 1', 'a.three 2'])
    refuses(() => restore('replace', library('a', 'one', 'two')), 'ERR Function two already exists')
    restore('replace', library('a', 'two'), library('b', 'one'))
    expect([call('one'), call('two'), call('three')]).toEqual(['b.one 1', 'a.two 1', 'not found'])
  })

  test('flush, which deletes all that was there', () => {
    load('a', 'one')
    restore('flush', library('b', 'one'), library('c', 'two'))
    expect([...all(), call('one')]).toEqual(['b: one', 'c: two', 'b.one 1'])
    restore('flush')
    expect(all()).toEqual([])
  })

  test.each(['append', 'replace', 'flush'] as const)('%s takes all libraries or none', policy => {
    load('a', 'one')
    call('one')
    const bad = (...codes: string[]) => restore(policy, library('b', 'two'), ...codes)
    refuses(() => bad('#!lua name=c\n+'), "ERR Error compiling function: user_function:2: unexpected symbol near '+'")
    refuses(() => bad('x'), 'ERR Missing library metadata')
    refuses(() => bad(library('b', 'three')), "ERR Library 'b' already exists")
    refuses(() => bad(library('c', 'TWO')), 'ERR Function TWO already exists')
    refuses(() => functions.restore('x', policy), 'ERR DUMP payload version or checksum are wrong')
    expect([call('one'), call('two')]).toEqual(['a.one 2', 'not found'])
  })
})

describe('when the machine is gone', () => {
  test('libraries are loaded again when they are called, and that is told once', () => {
    load('a', 'one', 'two')
    load('b', 'three')
    expect([call('one'), call('two'), call('three')]).toEqual(['a.one 1', 'a.two 2', 'b.three 1'])
    lua.machine.clear()
    expect([call('two'), call('one'), call('three'), lost]).toEqual(['a.two 1', 'a.one 2', 'b.three 1', 1])
    lua.machine.clear()
    expect([call('three'), lost]).toEqual(['b.three 1', 2])
  })

  test('they can be replaced and deleted all the same', () => {
    load('a', 'one')
    load('b', 'two')
    lua.machine.clear()
    replace('a', 'three')
    functions.delete('b')
    expect([call('three'), call('one'), call('two'), lost]).toEqual(['a.three 1', 'not found', 'not found', 0])
  })

  test('a library that cannot be loaded again says why, and may be later', () => {
    const code = "local s = ('x'):rep(8e6) redis.register_function('size', function() return #s end)"
    functions.load(`#!lua name=a\n${code}`, { replace: false })
    expect(call('size')).toBe(8_000_000)
    lua.machine.clear()
    const limit = lua.limits.memory
    lua.limits.memory = 18 * 2 ** 20
    refuses(() => call('size'), 'ERR Error registering functions: ERR not enough memory')
    lua.limits.memory = limit
    expect(call('size')).toBe(8_000_000)
  })
})

test('nothing is changed while a script runs', () => {
  load('a', 'one')
  const dump = functions.dump()
  isBusy = true
  const message = 'ERR functions cannot be changed while a script runs'
  refuses(() => load('b', 'two'), message)
  refuses(() => functions.delete('a'), message)
  refuses(() => functions.flush(), message)
  refuses(() => functions.restore(dump, 'flush'), message)
  expect(call('one')).toBe('a.one 1')
  lua.machine.clear()
  refuses(() => call('one'), message)
})
