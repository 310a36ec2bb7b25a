import { expect, test } from 'vitest'
import { bareLua } from '../fixtures/bare-lua.js'
import { Output } from './output.js'

const { lua } = bareLua(() => ({}))
const L = lua.main
const top = (): string => lua.checkString(L, -1)

test('becomes a string', () => {
  const output = new Output(lua)
  output.begin(L)
  output.byte(0x41)
  output.head(0x42, 1, 0x61)
  output.head(0x43, 2, 0x6162)
  output.head(0x44, 4, 0x61626364)
  output.head64(0x45, 0x61626364, 0x65666768)
  output.zeros(3)
  output.push()
  output.end()
  expect(top()).toBe('ABaCabDabcdEabcdefgh\0\0\0')
})

test('takes bytes of a string, few or many', () => {
  const output = new Output(lua)
  for (const length of [0, 1, 31, 32, 33, 100, 5000, 200_000]) {
    lua.pushString(L, 'xy'.repeat(length).slice(0, length))
    const string = lua.address(L, -1)
    output.begin(L)
    output.byte(0x3c)
    output.span(lua.stringStartAt(string), length)
    output.byte(0x3e)
    output.push()
    output.end()
    expect(top()).toBe(`<${'xy'.repeat(length).slice(0, length)}>`)
    lua.pop(L, 2)
  }
})

test('grows and keeps what it has', () => {
  const output = new Output(lua)
  output.begin(L)
  for (let i = 0; i < 100_000; i++) output.byte(0x61 + (i % 26))
  output.push()
  output.end()
  expect(top()).toBe('abcdefghijklmnopqrstuvwxyz'.repeat(4000).slice(0, 100_000))
})

test('keeps a small memory, and gives a large one back', () => {
  const output = new Output(lua)
  output.begin(L)
  output.zeros(1000)
  output.end()
  output.begin(L)
  const first = output.at
  output.byte(1)
  expect(output.at).toBe(first + 1)
  expect(first).not.toBe(0)
  output.end()

  // There are 256 MB in all.
  for (let i = 0; i < 5; i++) {
    const large = new Output(lua)
    large.begin(L)
    large.zeros(100 * 2 ** 20)
    large.end()
  }
})

test('what cannot be had is a Lua error', () => {
  const { lua, run } = bareLua(lua => {
    const output = new Output(lua)
    return {
      output: {
        zeros(L) {
          output.begin(L)
          try {
            output.byte(1)
            output.zeros(lua.checkNumber(L, 1))
            output.push()
          } finally {
            output.end()
          }
          return 1
        },
      },
    }
  })
  for (const count of [2 ** 28, 2 ** 31 - 2, 2 ** 31, 2 ** 32, 2 ** 32 + 10, 2 ** 53]) {
    expect(run(`return pcall(output.zeros, ${count})`)).toEqual(['false', 'not enough memory'])
    expect(run('return #output.zeros(10)')).toEqual(['11'])
  }
  expect(lua.memorySize).toBeLessThanOrEqual(2 ** 28)
})
