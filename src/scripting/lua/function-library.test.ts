import { beforeEach, describe, expect, test } from 'vitest'
import { type FunctionMachineForTests, functionMachine } from './fixtures/function-machine.js'

let machine: FunctionMachineForTests['machine']
let log: FunctionMachineForTests['log']
let call: FunctionMachineForTests['call']

beforeEach(() => {
  ;({ machine, log, call } = functionMachine())
})

/** What a library registers, but for the references; or the error's text. */
function load(code: string): unknown {
  try {
    return machine.loadLibrary(code).map(({ name, description, flags }) => [name, description, [...flags].join(' ')])
  } catch (error) {
    return String(error).replace(/^ReplyError: /, '')
  }
}

/** What a function that a library registers as its only one answers. */
function result(code: string, keys?: readonly string[], args?: readonly string[]): unknown {
  return call(machine.loadLibrary(code)[0]!.ref, keys, args)
}

const registering = (message: string): string => `ERR Error registering functions: ERR ${message}`

// The expected values are those of redis-server 7.0.15.
describe('redis.register_function', () => {
  test.each([
    ["redis.register_function('f', redis.log)", [['f', undefined, '']]],
    ['redis.register_function(12, redis.log)', [['12', undefined, '']]],
    [
      "redis.register_function('b', redis.log) redis.register_function('a', redis.log)",
      [
        ['b', undefined, ''],
        ['a', undefined, ''],
      ],
    ],
    [
      "redis.register_function('f', redis.log) redis.register_function('F', redis.log)",
      [
        ['f', undefined, ''],
        ['F', undefined, ''],
      ],
    ],
    ["redis.register_function{function_name='f', callback=redis.log}", [['f', undefined, '']]],
    ["redis.register_function{FUNCTION_NAME=1, Callback=redis.log, description=''}", [['1', '', '']]],
    [
      "redis.register_function{function_name='f', callback=redis.log, description='a\\0b', flags={'NO-writes', 'allow-oom', 'no-writes'}}",
      [['f', 'a\0b', 'no-writes allow-oom']],
    ],
    [
      "redis.register_function{['function_name\\0x']='f', callback=redis.log, flags={'no-cluster\\0x', nil, 'x'}}",
      [['f', undefined, 'no-cluster']],
    ],
    ['', []],
  ])('%s', (code, expected) => {
    expect(load(code)).toEqual(expected)
  })

  const badName =
    'Library names can only contain letters, numbers, or underscores(_) and must be at least one character long'

  test.each([
    ['()', 'wrong number of arguments to redis.register_function'],
    ["('f', redis.log, 1)", 'wrong number of arguments to redis.register_function'],
    [
      "('f')",
      'calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).',
    ],
    ['({}, redis.log)', 'first argument to redis.register_function must be a string'],
    ["('f', 1)", 'second argument to redis.register_function must be a function'],
    ['({}, 1)', 'first argument to redis.register_function must be a string'],
    ["('', redis.log)", badName],
    ["('a-b', redis.log)", badName],
    ["('a\\n', redis.log)", badName],
    ['{}', 'redis.register_function must get a function name argument'],
    ['{callback=redis.log}', 'redis.register_function must get a function name argument'],
    ["{function_name='f'}", 'redis.register_function must get a callback argument'],
    ['{function_name={}}', 'function_name argument given to redis.register_function must be a string'],
    ['{description=true}', 'description argument given to redis.register_function must be a string'],
    ["{callback='f'}", 'callback argument given to redis.register_function must be a function'],
    ["{flags='no-writes'}", 'flags argument to redis.register_function must be a table representing function flags'],
    ["{flags={'nosuch'}}", 'unknown flag given'],
    ['{flags={1}}', 'unknown flag given'],
    ['{flags={{}}}', 'unknown flag given'],
    ['{1}', 'unknown argument given to redis.register_function'],
    ['{nosuch=1}', 'unknown argument given to redis.register_function'],
    ['{[{}]=1}', 'named argument key given to redis.register_function is not a string'],
    ['{[true]=1}', 'named argument key given to redis.register_function is not a string'],
  ])('refuses %s', (args, message) => {
    expect(load(`redis.register_function${args}`)).toBe(registering(message))
  })

  test('refuses a name twice', () => {
    expect(
      load("redis.register_function('f', redis.log) redis.register_function{function_name='f', callback=redis.log}"),
    ).toBe(registering('Function already exists in the library'))
  })

  test('is for the time of loading only', () => {
    const late = "local register = redis.register_function register('f', function() register('g', redis.log) end)"
    expect(result(late)).toBe('error: ERR redis.register_function can only be called on FUNCTION LOAD command')
    expect(result("redis.register_function('f', function() return type(redis.register_function) end)")).toEqual(['nil'])
  })

  test('takes functions that are not of the library', () => {
    expect(result("redis.register_function('f', ('').rep)")).toBe(
      "error: ERR bad argument #1 to '?' (string expected, got table)",
    )
  })
})

describe('the code of a library', () => {
  test.each([
    ['string', "user_function:1: Script attempted to access nonexistent global variable 'string'"],
    ['pcall', "user_function:1: Script attempted to access nonexistent global variable 'pcall'"],
    ['_G', "user_function:1: Script attempted to access nonexistent global variable '_G'"],
    ['redis.call', "user_function:1: Script attempted to access nonexistent global variable 'call'"],
    ['redis.REPL_ALL', "user_function:1: Script attempted to access nonexistent global variable 'REPL_ALL'"],
    ['redis[1]', "user_function:1: Script attempted to access nonexistent global variable '1'"],
    ['redis[{}]', 'user_function:1: Second argument to luaProtectedTableError must be a string or number'],
    ['nil + 1', 'user_function:1: attempt to perform arithmetic on a nil value'],
  ])('cannot have %s', (expression, message) => {
    expect(load(`local x = ${expression}`)).toBe(registering(message))
  })

  test.each([
    ['x = 1', 'user_function:1: Attempt to modify a readonly table'],
    ['redis.x = 1', 'user_function:1: Attempt to modify a readonly table'],
    ['redis.register_function = 1', 'user_function:1: Attempt to modify a readonly table'],
    ["local x = ('a'):gsub('.', function() y = 1 end)", 'user_function:1: Attempt to modify a readonly table'],
    ['\n\nredis.log(1)', 'redis.log() requires two arguments or more.'],
    ['local function f() return 1 + f() end f()', 'user_function:1: stack overflow'],
  ])('cannot do this: %s', (code, message) => {
    expect(load(code)).toBe(registering(message))
  })

  test('has the log, its levels, and the version', () => {
    load("redis.log(redis.LOG_WARNING, 'loading', redis.REDIS_VERSION, redis.REDIS_VERSION_NUM, redis.LOG_DEBUG)")
    expect(log).toEqual([[3, 'loading 7.0.15 458767 0']])
  })

  test('has to be right', () => {
    expect(load('return +')).toBe("ERR Error compiling function: user_function:1: unexpected symbol near '+'")
    expect(load('\x1bLua')).toMatch(/^ERR Error compiling function: user_function:1: unexpected symbol near /)
  })

  test('gives its functions the globals of scripts, whenever they are called', () => {
    const code = `
      local atLoad = redis
      local function f() return {type(string), type(redis.call), type(_G.redis), type(atLoad.log)} end
      redis.register_function('f', f)`
    const [fn] = machine.loadLibrary(code)
    expect(call(fn!.ref)).toEqual([4, 'table', 'function', 'table', 'function'])
    load('broken')
    expect(call(fn!.ref)).toEqual([4, 'table', 'function', 'table', 'function'])
    expect(result("local r = redis redis.register_function('f', function() return r.call('PING') end)")).toBe(
      "error: ERR user_function:1: Script attempted to access nonexistent global variable 'call'",
    )
    expect(result("redis.register_function('f', function() return y end)")).toBe(
      "error: ERR user_function:1: Script attempted to access nonexistent global variable 'y'",
    )
    expect(result("redis.register_function('f', function() y = 1 end)")).toBe(
      'error: ERR user_function:1: Attempt to modify a readonly table',
    )
  })

  test('shares nothing with other libraries but what nobody can change', () => {
    expect(load("('').rep.x = 1")).toBe(registering("user_function:1: attempt to index field 'rep' (a function value)"))
    expect(result("redis.register_function('f', function() getmetatable('').__index.x = 1 end)")).toBe(
      'error: ERR user_function:1: Attempt to modify a readonly table',
    )
    expect(result("redis.register_function('f', function() getmetatable(_G).__index = nil end)")).toBe(
      'error: ERR user_function:1: Attempt to modify a readonly table',
    )
  })
})

describe('functions', () => {
  test('get keys and arguments', () => {
    const echo = "redis.register_function('f', function(keys, args, more) return {keys, args, tostring(more)} end)"
    expect(result(echo, ['k', 'l'], ['\0\xff'])).toEqual([3, 2, 'k', 'l', 1, '\0\xff', 'nil'])
  })

  test('keep what the library has, also over errors', () => {
    const code = `
      local count = 0
      redis.register_function('f', function(keys, args)
        count = count + 1
        if args[1] then error('failed') end
        return count
      end)`
    const [fn] = machine.loadLibrary(code)
    expect([call(fn!.ref), call(fn!.ref, [], ['x']), call(fn!.ref)]).toEqual([
      [1],
      'error: ERR user_function:5: failed',
      [3],
    ])
  })

  test('are collected when they are released', () => {
    const code = "local s = ('x'):rep(1e6) redis.register_function('f', function() return #s end)"
    const collect = machine.loadLibrary("redis.register_function('c', function() return collectgarbage() end)")[0]!.ref
    for (let i = 0; i < 200; i++) for (const { ref } of machine.loadLibrary(code)) machine.release(ref)
    call(collect)
    expect(machine.memory.used).toBeLessThan(2_000_000)
  })
})

describe('what takes too much', () => {
  const kept = "local n = 0 redis.register_function('n', function() n = n + 1 return n end)"

  test.each([
    ['while true do end', 'FUNCTION LOAD timeout'],
    ["('x'):rep(1e5):gsub('.', function() while true do end end)", 'FUNCTION LOAD timeout'],
    ["for i = 1, 1e12 do redis.register_function('f' .. i, redis.log) end", 'FUNCTION LOAD timeout'],
    ['for i = 1, 1e12 do redis.log(redis.LOG_DEBUG, i) end', 'FUNCTION LOAD timeout'],
    ["local s = 'x' while true do s = s .. s end", 'not enough memory'],
    ["local function f() return (('a'):gsub('a', f)) end f()", 'C stack overflow'],
  ])('%s', (code, message) => {
    const [fn] = machine.loadLibrary(kept)
    expect(call(fn!.ref)).toEqual([1])
    expect(load(code)).toBe(registering(message))
    expect(call(fn!.ref)).toEqual([2])
    expect(load(kept)).toEqual([['n', undefined, '']])
  })

  test('a function without memory left, while there is garbage: libraries stay as they are', () => {
    const [fn] = machine.loadLibrary(kept)
    call(fn!.ref)
    const bomb = "redis.register_function('f', function() local t = {} for i = 1, 1e9 do t[i] = {i} end end)"
    expect(result(bomb)).toBe('error: ERR Error running script test, not enough memory')
    expect(machine.knows(fn!.ref)).toBe(true)
    expect(call(fn!.ref)).toEqual([2])
  })

  test('garbage of functions leaves room for a library', () => {
    const [garbage] = machine.loadLibrary(
      "redis.register_function('g', function() collectgarbage('stop') for i = 1, 500 do local s = i .. ('x'):rep(1e5) end end)",
    )
    for (let i = 0; i < 2; i++) {
      call(garbage!.ref)
      const large = "local s = ('x'):rep(8e6) redis.register_function('f', function() return #s end)"
      expect(result(large)).toEqual([8_000_000])
    }
    expect(machine.knows(garbage!.ref)).toBe(true)
  })

  test('a library without memory left that keeps what it has: the machine is thrown away', () => {
    const [fn] = machine.loadLibrary(kept)
    const hoard = "local t = {} redis.register_function('f', function() for i = 1, 1e9 do t[i] = {i} end end)"
    expect(result(hoard)).toBe('error: ERR Error running script test, not enough memory')
    expect(machine.knows(fn!.ref)).toBe(false)
    machine.release(fn!.ref)
    expect(machine.memory.size).toBe(0)
    expect(result(kept)).toEqual([1])
  })
})
