import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bareLua } from '../fixtures/bare-lua.js'
import { structLibrary } from './struct.js'

const { run } = bareLua(lua => ({ struct: structLibrary(lua, () => {}) }))
run(`
  function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end
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
    const given = expressions.map(text => `${text} --> ${run(`return try(function() return ${text} end)`)}`.trimEnd())
    expect(given).toEqual(expected)
  })
}

session(
  'packs integers',
  `
    hex(struct.pack('bBhH', -1, 255, -2, 65534)) --> fffffefffeff
    hex(struct.pack('iIlLT', -1, 1, -2, 2, 3)) --> ffffffff01000000feffffffffffffff02000000000000000300000000000000
    hex(struct.pack('>bhil', 1, 2, 3, 4)) --> 010002000000030000000000000004
    hex(struct.pack('<bhil', 1, 2, 3, 4)) --> 010200030000000400000000000000
    hex(struct.pack('>h<h>h', 1, 1, 1)) --> 000101000001
    hex(struct.pack('i1i2i3i4i5', -2, -2, -2, -2, -2)) --> fefefffefffffefffffffeffffffff
    hex(struct.pack('>i3I7', -2, 2^53 - 1)) --> fffffe1fffffffffffff
    hex(struct.pack('i9', -2)) --> feffffffffffffff00
    hex(struct.pack('>i16', -2)) --> 0000000000000000fffffffffffffffe
    #struct.pack('i32', 1), #struct.pack('i0', 1) --> 32, 0
  `,
)

session(
  'packs what is left of a number that does not fit',
  `
    hex(struct.pack('b', 300)), hex(struct.pack('b', 1.9)), hex(struct.pack('b', -1.9)), hex(struct.pack('i', 2^40 + 7)) --> 2c, 01, ff, 07000000
    hex(struct.pack('l', 2^53 + 2)), hex(struct.pack('l', -2^63)), hex(struct.pack('l', -2^70)) --> 0200000000002000, 0000000000000080, 0000000000000080
    hex(struct.pack('l', 2^63)), hex(struct.pack('l', 2^63 + 2048)), hex(struct.pack('l', 2^64)), hex(struct.pack('l', 2^65)) --> 0000000000000080, 0008000000000080, 0000000000000000, 0000000000000000
    hex(struct.pack('l', 0/0)), hex(struct.pack('l', 1/0)), hex(struct.pack('l', -1/0)) --> 0000000000000080, 0000000000000000, 0000000000000080
  `,
)

session(
  'packs floating-point numbers',
  String.raw`
    hex(struct.pack('>f', 1.5)), hex(struct.pack('f', 0.1)), hex(struct.pack('>f', 1e300)), hex(struct.pack('>f', 1e-300)) --> 3fc00000, cdcccc3d, 7f800000, 00000000
    hex(struct.pack('>f', 1/0)), hex(struct.pack('>f', -1/0)) --> 7f800000, ff800000
    hex(struct.pack('>f', -0)), hex(struct.pack('>d', -0)) --> 80000000, 8000000000000000
    hex(struct.pack('>d', 1.5)), hex(struct.pack('d', 0.1)) --> 3ff8000000000000, 9a9999999999b93f
    hex(struct.pack('>d', 1/0)), hex(struct.pack('>d', -1/0)) --> 7ff0000000000000, fff0000000000000
    hex(struct.pack('>f', (struct.unpack('>d', '\127\248\0\0\0\0\0\0')))), hex(struct.pack('>d', (struct.unpack('>f', '\127\192\0\0')))) --> 7fc00000, 7ff8000000000000
    hex(struct.pack('>f', (struct.unpack('>d', '\255\241\2\3\160\0\0\9')))), hex(struct.pack('>d', (struct.unpack('>f', '\255\129\2\3')))) --> ffc8101d, fff8204060000000
  `,
)

session(
  'packs strings',
  String.raw`
    hex(struct.pack('s', 'abc')), hex(struct.pack('s', '')), hex(struct.pack('s', 'a\0b')) --> 61626300, 00, 61006200
    hex(struct.pack('c2', 'abc')), hex(struct.pack('c', 'abc')), hex(struct.pack('c0', 'abc')), hex(struct.pack('bc0b', 3, 'abc', 9)) --> 6162, 61, 616263, 0361626309
    hex(struct.pack('s', 12)), hex(struct.pack('i', '12')) --> 313200, 0c000000
  `,
)

session(
  'pads',
  `
    hex(struct.pack('bxb', 1, 2)), hex(struct.pack('b b', 1, 2)), '<' .. struct.pack('') .. struct.pack(' ') .. '>' --> 010002, 0102, <>
    hex(struct.pack('bi', 1, 2)), hex(struct.pack('b!i', 1, 2)), hex(struct.pack('!1bi', 1, 2)), hex(struct.pack('!2bi', 1, 2)) --> 0102000000, 0100000002000000, 0102000000, 010002000000
    hex(struct.pack('!bl', 1, 2)), hex(struct.pack('!4bl', 1, 2)), hex(struct.pack('!bd', 1, 2)) --> 01000000000000000200000000000000, 010000000200000000000000, 01000000000000000000000000000040
    hex(struct.pack('!8bi3', 1, 2)), hex(struct.pack('!8bi6', 1, 2)) --> 010000020000, 010000000000020000000000
    hex(struct.pack('!bc3i', 1, 'abc', 2)), hex(struct.pack('!ssi', 'ab', '', 2)) --> 0161626302000000, 6162000002000000
  `,
)

session(
  'what cannot be packed',
  String.raw`
    struct.pack() --> user_script:1: bad argument #1 to 'pack' (string expected, got no value)
    struct.pack('i') --> user_script:1: bad argument #2 to 'pack' (number expected, got nil)
    struct.pack('ii', 1) --> user_script:1: bad argument #3 to 'pack' (number expected, got nil)
    struct.pack('i', 'x') --> user_script:1: bad argument #2 to 'pack' (number expected, got string)
    struct.pack('f', {}) --> user_script:1: bad argument #2 to 'pack' (number expected, got table)
    struct.pack('s') --> user_script:1: bad argument #2 to 'pack' (string expected, got nil)
    struct.pack('s', nil) --> user_script:1: bad argument #2 to 'pack' (string expected, got nil)
    struct.pack('c3', 'ab') --> user_script:1: bad argument #3 to 'pack' (string too short)
    struct.pack('bc3', 1, 'ab') --> user_script:1: bad argument #4 to 'pack' (string too short)
    struct.pack('i33', 1) --> user_script:1: integral size 33 is larger than limit of 32
    struct.pack('i2147483648', 1) --> user_script:1: integral size overflow
    struct.pack('c99999999999', 'x') --> user_script:1: integral size overflow
    struct.pack('!3i', 1) --> user_script:1: alignment 3 is not a power of 2
    struct.pack('!0i', 1) --> user_script:1: alignment 0 is not a power of 2
    struct.pack('z', 1) --> user_script:1: bad argument #1 to 'pack' (invalid format option 'z')
    struct.pack('=i', 1) --> user_script:1: bad argument #1 to 'pack' (invalid format option '=')
    struct.pack('5', 1) --> user_script:1: bad argument #1 to 'pack' (invalid format option '5')
    hex(struct.pack('b\0z', 1)) --> 01
  `,
)

session(
  'unpacks integers',
  String.raw`
    struct.unpack('bBhH', '\255\255\254\255\254\255') --> -1, 255, -2, 65534, 7
    struct.unpack('>hHiI', '\255\254\255\254\255\255\255\254\255\255\255\254') --> -2, 65534, -2, 4294967294, 13
    struct.unpack('lL', ('\254' .. ('\255'):rep(7)):rep(2)) --> -2, 1.844674407371e+19, 17
    struct.unpack('i3', '\254\255\255') --> -2, 4
    struct.unpack('>I3', '\1\0\0') --> 65536, 4
    struct.unpack('i5', '\0\0\0\0\128') --> -549755813888, 6
    struct.unpack('i0', '') --> 0, 1
    struct.unpack('>i16', ('\255'):rep(8) .. ('\0'):rep(7) .. '\5') --> 5, 17
    struct.unpack('I16', '\5' .. ('\0'):rep(7) .. ('\255'):rep(8)) --> 5, 17
  `,
)

session(
  'extends the sign of integers of 9 bytes and more from a place modulo 64',
  String.raw`
    struct.unpack('i9', '\44\1\0\0\0\0\0\0\0') --> -84, 10
    struct.unpack('i10', '\44\1\0\0\0\0\0\0\0\0') --> 300, 11
    struct.unpack('i10', '\44\129\0\0\0\0\0\0\0\0') --> -32468, 11
    struct.unpack('>i10', '\0\0\0\0\0\0\0\0\129\44') --> -32468, 11
  `,
)

session(
  'unpacks floating-point numbers and strings',
  String.raw`
    struct.unpack('>f', '\63\192\0\0') --> 1.5, 5
    struct.unpack('d', '\0\0\0\0\0\0\248\63') --> 1.5, 9
    struct.unpack('>ff', '\127\128\0\0\0\0\192\255') --> inf, 6.9233953226896e-41, 9
    struct.unpack('>fd', '\127\192\0\0\255\248\0\0\0\0\0\0') --> nan, -nan, 13
    hex(struct.pack('>d', (struct.unpack('>d', '\127\240\1\2\3\4\5\6')))), hex(struct.pack('>f', (struct.unpack('>f', '\255\129\2\3')))) --> 7ff0010203040506, ffc10203
    struct.unpack('s', 'abc\0def') --> abc, 5
    struct.unpack('ss', 'a\0\0') --> a, , 4
    struct.unpack('sb', ('x'):rep(60) .. '\0\7') --> xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, 7, 63
    struct.unpack('c3c', 'abcdef') --> abc, d, 5
    struct.unpack('bc0', '\3abcdef') --> abc, 5
    struct.unpack('c1c0', '2abc') --> ab, 4
    struct.unpack('bxb', '\1\2\3') --> 1, 3, 4
    struct.unpack('!4bi', '\1\0\0\0\2\0\0\0') --> 1, 2, 9
  `,
)

session(
  'begins at a position',
  String.raw`
    struct.unpack('b', '\1\2\3', 3) --> 3, 4
    struct.unpack('!bh', '\1\2\3\4\5\6', 3) --> 3, 1541, 7
    struct.unpack('', 'abc'), struct.unpack('', 'abc', 3), struct.unpack('', 'abc', 100), struct.unpack('', 'abc', -5) --> 1, 3, 100, -5
    struct.unpack('', 'abc', 2^62), struct.unpack('', 'abc', 2^64) --> 4.6116860184274e+18, -9.2233720368548e+18
    struct.unpack(' ', 'abc', 4) --> 4
    struct.unpack(' ', 'abc', 5) --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('b', 'abc', 0) --> user_script:1: bad argument #3 to 'unpack' (offset must be 1 or greater)
    struct.unpack('b', 'abc', 0.9) --> user_script:1: bad argument #3 to 'unpack' (offset must be 1 or greater)
    struct.unpack('b', 'abc', -1) --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('b', 'abc', 2^64) --> user_script:1: bad argument #2 to 'unpack' (data string too short)
  `,
)

session(
  'what cannot be unpacked',
  String.raw`
    struct.unpack('i', 'abc') --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('c4', 'abc') --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('c0', 'abc') --> user_script:1: format 'c0' needs a previous size
    struct.unpack('xc0', 'abc') --> user_script:1: format 'c0' needs a previous size
    struct.unpack('c0', '2') --> user_script:1: format 'c0' needs a previous size
    struct.unpack('sc0', 'a\0bc') --> user_script:1: format 'c0' needs a previous size
    struct.unpack('bc0', '\255abc') --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('bc0', '\9abc') --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('dc0', struct.pack('d', 2^64) .. 'abc') --> , 9
    struct.unpack('dc0', struct.pack('d', 1/0) .. 'abc') --> , 9
    struct.unpack('dc0', struct.pack('d', -0.5) .. 'abc') --> , 9
    struct.unpack('dc0', struct.pack('d', 0/0) .. 'abc') --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('dc0', struct.pack('d', 2^63) .. 'abc') --> user_script:1: bad argument #2 to 'unpack' (data string too short)
    struct.unpack('s', 'abc') --> user_script:1: unfinished string in data
    struct.unpack('bs', 'a') --> user_script:1: unfinished string in data
    struct.unpack('s', ('x'):rep(60)) --> user_script:1: unfinished string in data
    struct.unpack('i33', 'abc') --> user_script:1: integral size 33 is larger than limit of 32
    struct.unpack('z', 'abc') --> user_script:1: bad argument #1 to 'unpack' (invalid format option 'z')
    struct.unpack('b') --> user_script:1: bad argument #2 to 'unpack' (string expected, got no value)
    struct.unpack('b', {}) --> user_script:1: bad argument #2 to 'unpack' (string expected, got table)
    struct.unpack('b', 'a', 'x') --> user_script:1: bad argument #3 to 'unpack' (number expected, got string)
  `,
)

session(
  'as many results as Lua has room for',
  `
    select('#', struct.unpack(('b'):rep(7997), ('a'):rep(9000))) --> 7998
    struct.unpack(('b'):rep(7998), ('a'):rep(9000)) --> user_script:1: stack overflow (too many results)
    struct.unpack(('b'):rep(7997), ('a'):rep(9000), 1) --> user_script:1: stack overflow (too many results)
  `,
)

session(
  'size',
  `
    struct.size('bhilTfdx'), struct.size('!bhild'), struct.size('c10i3 >'), struct.size(''), struct.size('i0') --> 36, 24, 13, 0, 0
    struct.size('c2147483647c2147483647'), struct.size('z5'), struct.size('c5z!4bi') --> 4294967294, 0, 12
    struct.size('s') --> user_script:1: bad argument #1 to 'size' (option 's' has no fixed size)
    struct.size('c0') --> user_script:1: bad argument #1 to 'size' (option 'c0' has no fixed size)
    struct.size('=') --> user_script:1: bad argument #1 to 'size' (invalid format option '=')
    struct.size('i33') --> user_script:1: integral size 33 is larger than limit of 32
    struct.size('!5') --> user_script:1: alignment 5 is not a power of 2
    struct.size('c2147483648') --> user_script:1: integral size overflow
    struct.size({}) --> user_script:1: bad argument #1 to 'size' (string expected, got table)
    struct.size() --> user_script:1: bad argument #1 to 'size' (string expected, got no value)
  `,
)

test('unpacks what it has packed', () => {
  const integer = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: -128, max: 127 }))
    .map(([size, value]) => ({ format: `i${size}`, value: String(value) }))
  const double = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map(value => ({ format: 'd', value: value < 0 ? `(${value})` : String(value) }))
  const text = fc.stringMatching(/^[a-z]{0,50}$/).map(value => ({ format: 's', value: `'${value}'` }))
  const control = fc.constantFrom('<', '>', '!', '!2', ' ').map(format => ({ format, value: '' }))
  fc.assert(
    fc.property(fc.array(fc.oneof(integer, double, text, control), { minLength: 1 }), items => {
      const format = items.map(item => item.format).join('')
      const values = items.map(item => item.value).filter(value => value !== '')
      const chunk = `
        local given = {${values.join(', ')}}
        local packed = struct.pack('${format}', unpack(given))
        local got = {struct.unpack('${format}', packed)}
        for i, value in ipairs(given) do assert(got[i] == value, i) end
        return #got - #given, got[#got] - #packed`
      expect(run(chunk)).toEqual(['1', '1'])
    }),
  )
})

test('answers anything with values or a Lua error', () => {
  const bytes = (given: Uint8Array): string =>
    `'${Array.from(given, byte => `\\${String(byte).padStart(3, '0')}`).join('')}'`
  const format = fc.oneof(
    fc.uint8Array({ maxLength: 10 }).map(bytes),
    fc.stringMatching(/^[bBhHlLTiIcsfdx<>! 0-9]{0,10}$/).map(text => `'${text}'`),
  )
  fc.assert(
    fc.property(format, fc.uint8Array({ maxLength: 80 }).map(bytes), fc.double(), (one, data, number) => {
      run(`pcall(struct.pack, ${one}, ${data}, 1, ${data})
        pcall(struct.pack, ${one}, 1, ${data}, 1, ${data})
        pcall(struct.size, ${one})
        pcall(struct.unpack, ${one}, ${data})
        pcall(struct.unpack, ${one}, ${data}, tonumber('${number}'))`)
    }),
    { numRuns: 1000 },
  )
})

test('strings that are too large together are a Lua error, and their memory is given back', () => {
  const { lua, run } = bareLua(lua => ({ struct: structLibrary(lua, () => {}) }))
  expect(
    run(`local large, many = ('x'):rep(2^20), {}
      for i = 1, 300 do many[i] = large end
      return pcall(struct.pack, ('c0'):rep(300), unpack(many))`),
  ).toEqual(['false', 'not enough memory'])
  expect(lua.c.malloc(150 * 2 ** 20)).not.toBe(0)
  expect(run(`return #struct.pack('s', 'abc')`)).toEqual(['4'])
})

test('a long format can be interrupted', () => {
  let calls = 0
  const { run } = bareLua(lua => ({
    struct: structLibrary(lua, L => {
      if (++calls === 3) lua.error(L, 'enough')
    }),
  }))
  expect(run(`return #struct.pack((' '):rep(2^17))`)).toEqual(['0'])
  expect(calls).toBe(2)
  expect(run(`return struct.size(('b'):rep(2^17))`)).toBe('error: user_script:1: enough')
  expect(run(`return struct.size('b')`)).toEqual(['1'])
})
