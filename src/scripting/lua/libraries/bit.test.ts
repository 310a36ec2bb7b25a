import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bareLua } from '../fixtures/bare-lua.js'
import { bitLibrary } from './bit.js'

const { run } = bareLua(lua => ({ bit: bitLibrary(lua) }))
run(`
  function try(f)
    local got = {pcall(f)}
    for i = 1, table.maxn(got) do got[i] = tostring(got[i]) end
    return table.concat(got, ', ', 2)
  end
`)

/** Lines of `expression --> what redis-server 7.0.15 makes of it`. */
function session(name: string, lines: string): void {
  test(name, () => {
    const expected = lines.trim().split(/\s*\n\s*/)
    const expressions = expected.map(line => line.split(' -->')[0]!)
    expect(expressions.map(text => `${text} --> ${run(`return try(function() return ${text} end)`)}`)).toEqual(expected)
  })
}

session(
  'takes numbers modulo 2^32',
  `
    bit.tobit(0xffffffff) --> -1
    bit.tobit(0xffffffff + 1) --> 0
    bit.tobit(2^40 + 1234) --> 1234
    bit.tobit(-2^31 - 1) --> 2147483647
    bit.tobit('12'), bit.tobit('0xff'), bit.tobit(' 1e3 ') --> 12, 255, 1000
  `,
)

session(
  'rounds to even',
  `
    bit.tobit(0.5), bit.tobit(1.5), bit.tobit(2.5) --> 0, 2, 2
    bit.tobit(-0.5), bit.tobit(-1.5), bit.tobit(-2.5) --> 0, -2, -2
    bit.tobit(2147483647.5), bit.tobit(-2147483648.5), bit.tobit(4294967295.5) --> -2147483648, -2147483648, 0
  `,
)

session(
  'takes the last bits of numbers that are too large',
  `
    bit.tobit(2^51), bit.tobit(2^51 + 1), bit.tobit(2^52 + 1), bit.tobit(2^53 + 2), bit.tobit(-2^53) --> 0, 0, 0, 1, 0
    bit.tobit(1e300), bit.tobit(1/0), bit.tobit(-1/0), bit.tobit(0/0) --> -2013235812, 0, 0, 0
  `,
)

session(
  'logical operations',
  `
    bit.bnot(0), bit.bnot(-1), bit.bnot(0x12345678), bit.bnot(2^32) --> -1, 0, -305419897, -1
    bit.band(0x12345678, 0xff), bit.band(0x12345678, 0xff, 0x0f), bit.band(-1), bit.band(-1, '7') --> 120, 8, -1, 7
    bit.bor(1, 2, 4, 8), bit.bor(0x80000000, 1) --> 15, -2147483647
    bit.bxor(0xa5a5f0f0, 0xaa55ff00), bit.bxor(5, 5) --> 267390960, 0
    bit.bxor(unpack({1, 2, 3, 4, 5, 6, 7, 8, 9, 10})) --> 11
  `,
)

session(
  'shifts, by the lowest 5 bits of a number',
  `
    bit.lshift(1, 0), bit.lshift(1, 8), bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, 40), bit.lshift(1, -1) --> 1, 256, -2147483648, 1, 256, -2147483648
    bit.lshift(0x87654321, 12), bit.rshift(0x87654321, 12), bit.arshift(0x87654321, 12) --> 1412567040, 554580, -493996
    bit.rshift(256, 8), bit.rshift(-256, 8), bit.rshift(-1, 0) --> 1, 16777215, -1
    bit.arshift(256, 8), bit.arshift(-256, 8), bit.arshift(-1, 33) --> 1, -1, -1
    bit.rol(0x12345678, 12), bit.rol(0x12345678, 0), bit.rol(0x12345678, 32) --> 1164411171, 305419896, 305419896
    bit.ror(0x12345678, 12), bit.ror(0x12345678, 0), bit.ror(1, 1) --> 1736516421, 305419896, -2147483648
    bit.bswap(0x12345678), bit.bswap(0x78563412), bit.bswap(0xff) --> 2018915346, 305419896, -16777216
  `,
)

session(
  'tohex, with any number of digits',
  `
    bit.tohex(1), bit.tohex(-1), bit.tohex(0xffffffff), bit.tohex(-1, -8) --> 00000001, ffffffff, ffffffff, FFFFFFFF
    bit.tohex(0x21, 4), bit.tohex(0x87654321, 4), bit.tohex(0xabc, 1), bit.tohex(0xabcdef, -2) --> 0021, 4321, c, EF
    '<' .. bit.tohex(255, 0) .. '>' --> <>
    bit.tohex(0xabcdef, 100), bit.tohex(0xabcdef, -100) --> 00abcdef, 00ABCDEF
    bit.tohex(0xabcdef, 8), bit.tohex(0xabcdef, 9), bit.tohex(0xabcdef, -9) --> 00abcdef, 00abcdef, 00ABCDEF
    bit.tohex(0xabcdef, 2147483647), bit.tohex(0xabcdef, -2147483648), bit.tohex(0xabcdef, 2147483648) --> 00abcdef, 00ABCDEF, 00ABCDEF
    bit.tohex(0xabcdef, 4294967294) --> EF
  `,
)

session(
  'wrong arguments',
  `
    bit.tobit() --> user_script:1: bad argument #1 to 'tobit' (number expected, got no value)
    bit.tobit(nil) --> user_script:1: bad argument #1 to 'tobit' (number expected, got nil)
    bit.tobit('x') --> user_script:1: bad argument #1 to 'tobit' (number expected, got string)
    bit.tobit({}) --> user_script:1: bad argument #1 to 'tobit' (number expected, got table)
    bit.band() --> user_script:1: bad argument #1 to 'band' (number expected, got no value)
    bit.band(1, 'x', {}) --> user_script:1: bad argument #3 to 'band' (number expected, got table)
    bit.bor({}, 'x') --> user_script:1: bad argument #1 to 'bor' (number expected, got table)
    bit.lshift(1) --> user_script:1: bad argument #2 to 'lshift' (number expected, got no value)
    bit.lshift({}, {}) --> user_script:1: bad argument #1 to 'lshift' (number expected, got table)
    bit.tohex(1, nil) --> user_script:1: bad argument #2 to 'tohex' (number expected, got nil)
    bit.tohex(1, 'a') --> user_script:1: bad argument #2 to 'tohex' (number expected, got string)
  `,
)

test('of whole numbers, what 64-bit integers give', () => {
  const whole = fc.maxSafeInteger().filter(value => Math.abs(value) < 2 ** 51)
  fc.assert(
    fc.property(whole, whole, (one, other) => {
      const by = Number(BigInt.asUintN(5, BigInt(other)))
      const [a, b] = [BigInt(one), BigInt(other)]
      const unsigned = BigInt.asUintN(32, a)
      expect(
        run(`local a, b = ${one}, ${other}
          return bit.tobit(a), bit.bnot(a), bit.band(a, b), bit.bor(a, b), bit.bxor(a, b), bit.lshift(a, b),
            bit.rshift(a, b), bit.arshift(a, b), bit.rol(a, b), bit.ror(a, b)`),
      ).toEqual(
        [
          ...[a, ~a, a & b, a | b, a ^ b, a << BigInt(by)],
          ...[unsigned >> BigInt(by), BigInt.asIntN(32, a) >> BigInt(by)],
          ...[(unsigned << BigInt(by)) | (unsigned >> BigInt(32 - by))],
          ...[(unsigned >> BigInt(by)) | (unsigned << BigInt(32 - by))],
        ].map(value => String(BigInt.asIntN(32, value))),
      )
    }),
  )
})

test('swaps back, and reads back', () => {
  fc.assert(
    fc.property(fc.integer(), value => {
      const both = run(`return bit.bswap(bit.bswap(${value})), bit.tobit(tonumber(bit.tohex(${value}), 16))`)
      expect(both).toEqual([String(value), String(value)])
    }),
  )
})
