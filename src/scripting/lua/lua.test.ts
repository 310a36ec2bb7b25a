import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bareLua } from './fixtures/bare-lua.js'
import { type Lua, LuaType, toInteger32, toInteger64 } from './lua.js'

/** Functions that show what host functions see. */
const { run, lua } = bareLua(lua => ({
  host: {
    // The keys in the order in which eachEntry visits them.
    keys(L) {
      lua.checkTable(L, 1)
      const shown: string[] = []
      lua.eachEntry(lua.pointerAt(lua.address(L, 1)), key => shown.push(shownAt(lua, key)))
      lua.pushString(L, shown.join(' '))
      return 1
    },
    count(L) {
      lua.pushNumber(L, lua.entryCount(lua.pointerAt(lua.address(L, 1))))
      return 1
    },
    hasHashPart(L) {
      lua.pushBoolean(L, lua.hasHashPart(lua.pointerAt(lua.address(L, 1))))
      return 1
    },
    add(L) {
      lua.pushNumber(L, lua.checkNumber(L, 1) + lua.optionalNumber(L, 2, 1))
      return 1
    },
    integer(L) {
      lua.pushNumber(L, lua.checkInteger(L, 1))
      return 1
    },
    // Out of Lua into JavaScript and back.
    echo(L) {
      lua.pushString(L, lua.checkString(L, 1))
      return 1
    },
    part(L) {
      const address = lua.checkStringAddress(L, 1)
      lua.pushSpan(L, lua.stringStartAt(address) + 1, lua.stringLengthAt(address) - 2)
      return 1
    },
    types(L) {
      const types = Array.from({ length: lua.top(L) + 1 }, (_, i) => lua.type(L, i + 1))
      lua.pushString(L, types.join(' '))
      return 1
    },
    fail: L => lua.error(L, 'failed'),
    wrong: L => lua.argumentError(L, 2, 'wrong\n'),
    place(L) {
      const at = lua.position(L, 1)
      lua.pushString(L, `${at?.what} ${at?.source} ${at?.line}`)
      return 1
    },
  },
}))

function shownAt(lua: Lua, address: number): string {
  return lua.typeAt(address) === LuaType.number ? String(lua.numberAt(address)) : lua.stringAt(address)
}

describe('arguments', () => {
  test.each([
    ['return host.add(1, 2)', ['3']],
    ["return host.add('0x10', ' 2 ')", ['18']],
    ['return host.add(1)', ['2']],
    ['return host.add(1, nil)', ['2']],
    ['return host.add({})', "error: user_script:1: bad argument #1 to 'add' (number expected, got table)"],
    ["return host.add('x')", "error: user_script:1: bad argument #1 to 'add' (number expected, got string)"],
    ['return host.add()', "error: user_script:1: bad argument #1 to 'add' (number expected, got no value)"],
    ['return host.integer(-1.5)', ['-1']],
    ['return host.integer(1e300)', ['-9.2233720368548e+18']],
    ['return host.integer(0/0)', ['-9.2233720368548e+18']],
    ['return host.echo(10)', ['10']],
    ['return host.echo(nil)', "error: user_script:1: bad argument #1 to 'echo' (string expected, got nil)"],
    ['return host.keys(1)', "error: user_script:1: bad argument #1 to 'keys' (table expected, got number)"],
    ["return host.types(nil, true, 1, 'x', {}, print)", ['0 1 3 4 5 6 -1']],
    ['return host.types()', ['-1']],
    ['\n\nreturn host.fail()', 'error: user_script:3: failed'],
    ['return host.wrong(1)', "error: user_script:1: bad argument #2 to 'wrong' (wrong\n)"],
    ['\nreturn host.place()', ['main @user_script 2']],
  ])('%s', (chunk, result) => {
    expect(run(chunk)).toEqual(result)
  })
})

describe('tables', () => {
  test('eachEntry goes through a table as next does', () => {
    const key = fc.oneof(
      fc.integer({ min: -2, max: 12 }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => `(${value})`),
      fc.stringMatching(/^[a-z]{1,40}$/).map(text => `'${text}'`),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.constantFrom('1', 'nil', 'true'))), entries => {
        const sets = entries.map(([name, value]) => `t[${name}] = ${value}`).join('\n')
        const chunk = `local t = { 1, 2, 3 }
          ${sets}
          local keys = {}
          for k in pairs(t) do keys[#keys + 1] = k end
          local seen = {}
          for word in host.keys(t):gmatch('%S+') do seen[#seen + 1] = word end
          if #seen ~= #keys or host.count(t) ~= #keys then return #seen, #keys end
          for i, k in ipairs(keys) do
            if type(k) == 'number' and tonumber(seen[i]) ~= k or type(k) == 'string' and seen[i] ~= k then return i end
          end
          return 'same'`
        expect(run(chunk)).toEqual(['same'])
      }),
    )
  })

  test.each([
    ['{}', 'false'],
    ['{ 1, 2, 3 }', 'false'],
    ['{ a = 1 }', 'true'],
    ['{ 1, [100] = 1 }', 'true'],
  ])('hasHashPart(%s)', (table, result) => {
    expect(run(`return host.hasHashPart(${table})`)).toEqual([result])
  })
})

describe('strings', () => {
  test('of any bytes and length go out and in', () => {
    const bytes = Array.from({ length: 256 }, (_, i) => `\\${i}`).join('')
    expect(run(`local s = '${bytes}' return host.echo(s) == s, #host.echo(s)`)).toEqual(['true', '256'])
    for (const length of [0, 1, 32, 33, 40, 41, 4096, 4097, 5_000_000]) {
      expect(run(`local s = ('ab'):rep(${length}):sub(1, ${length}) return host.echo(s) == s`)).toEqual(['true'])
    }
    expect(run("return host.part('abc\\0d')")).toEqual(['bc\0'])
  })

  test('that do not fit are an error of Lua', () => {
    const chunk = "local t = {} for i = 1, 100 do t[i] = host.echo(('x'):rep(8e6) .. i) end"
    expect(run(chunk)).toBe('error: not enough memory')
    expect(run("return host.echo('x')")).toEqual(['x'])
  })

  test('what is used is counted', () => {
    expect(lua.memoryInUse).toBeGreaterThan(10_000)
    expect(lua.memoryInUse).toBeLessThan(lua.memorySize)
  })
})

test.each([
  [1.9, 1, 1],
  [-1.9, -1, -1],
  [2 ** 31, 2 ** 31, -(2 ** 31)],
  [2 ** 32 + 5, 2 ** 32 + 5, 5],
  [2 ** 63, -(2 ** 63), 0],
  [-(2 ** 63), -(2 ** 63), 0],
  [Number.NaN, -(2 ** 63), 0],
  [Number.POSITIVE_INFINITY, -(2 ** 63), 0],
])('%d as an integer of 64 and of 32 bits', (value, wide, narrow) => {
  expect(toInteger64(value)).toBe(wide)
  expect(toInteger32(value)).toBe(narrow)
})
