import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { open } from '../../src/index.js'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, encode, type Reply, type RespClient } from '../support/resp-client.js'

const OK = { type: 'status', value: 'OK' }
const BUSY = {
  type: 'error',
  value: 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
}
const UNKILLABLE = {
  type: 'error',
  value:
    'UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the ' +
    'script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
}

let krmt: KrmtServer
let runner: RespClient
let other: RespClient
const log: string[] = []

beforeEach(async () => {
  log.length = 0
  const say = (message: string): void => void log.push(message)
  krmt = await startKrmtServer({
    config: { 'busy-reply-threshold': '100' },
    log: { debug: say, verbose: say, notice: say, warning: say },
  })
  runner = await connect({ path: krmt.socketPath })
  other = await connect({ path: krmt.socketPath })
})
afterEach(async () => {
  await Promise.all([runner.close(), other.close()])
  await krmt.stop()
})

/** Until the script that runs has been suspended, so that other clients are heard. */
async function suspended(): Promise<void> {
  await vi.waitFor(async () => expect(await other.send('GET', 'key')).toEqual(BUSY), { timeout: 10_000 })
}

function errorOf(reply: Reply): string {
  return reply.type === 'error' ? reply.value : `no error: ${JSON.stringify(reply)}`
}

/** The script ends with an error, and the next one runs. */
async function fails(script: string): Promise<string> {
  const error = errorOf(await runner.send('EVAL', script, '0'))
  expect(await runner.send('EVAL', 'return 1', '0')).toEqual({ type: 'integer', value: 1 })
  return error
}

describe('a script that runs for long', () => {
  test('others get BUSY, and SCRIPT KILL ends it', async () => {
    const reply = runner.send('EVAL', 'while true do end', '0')
    await suspended()
    expect(await other.send('SET', 'key', 'value')).toEqual(BUSY)
    expect(await other.send('FUNCTION', 'KILL')).toEqual(BUSY)
    expect(await other.send('SHUTDOWN')).toEqual(BUSY)
    expect(await other.send('SCRIPT', 'KILL')).toEqual(OK)
    expect(errorOf(await reply)).toBe(
      'ERR Script killed by user with SCRIPT KILL... script: 694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7, on @user_script:1.',
    )
    expect(errorOf(await other.send('SCRIPT', 'KILL'))).toBe('NOTBUSY No scripts in execution right now.')
    expect(await other.send('SET', 'key', 'value')).toEqual(OK)
    expect(log.join('\n')).toContain('Slow script detected: still in execution after 100 milliseconds.')
  })

  test('cannot be killed once it has written, and ends by itself', async () => {
    const reply = runner.send(
      'EVAL',
      "redis.call('SET', 'key', 'written') while redis.call('GET', KEYS[1]) == 'written' do end",
      '1',
      'key',
    )
    await suspended()
    expect(await other.send('SCRIPT', 'KILL')).toEqual(UNKILLABLE)
    // The way out that Redis has is to end the server; the test ends it by way of the data.
    const { database } = [...krmt.engine.clients.values()][0]!
    expect(database.delete('key')).toBe(true)
    expect(await reply).toEqual({ type: 'null-bulk' })
  })

  test('time stands still for it, and no key expires meanwhile', async () => {
    await runner.send('SET', 'key', 'value', 'PX', '150')
    const reply = runner.send(
      'EVAL',
      `local before = redis.call('PTTL', 'key')
       local sum = 0
       for i = 1, 3e7 do sum = sum + i end
       return { before > 0, redis.call('PTTL', 'key') == before, redis.call('DBSIZE') }`,
      '0',
    )
    await suspended()
    expect(await reply).toEqual({
      type: 'array',
      items: [
        { type: 'integer', value: 1 },
        { type: 'integer', value: 1 },
        { type: 'integer', value: 1 },
      ],
    })
  })

  test('within EXEC, the commands after it wait for it', async () => {
    await runner.send('MULTI')
    await runner.send('SET', 'key', '1')
    await runner.send('EVAL', 'local sum = 0 for i = 1, 3e7 do sum = sum + 1 end return sum', '0')
    await runner.send('INCR', 'key')
    await runner.send('EVAL', 'while true do end', '0')
    await runner.send('INCR', 'key')
    const reply = runner.send('EXEC')
    const after = runner.send('GET', 'key')
    await vi.waitFor(
      () => expect(krmt.engine.scripting.busy?.name).toBe('694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7'),
      20_000,
    )
    expect(await other.send('SCRIPT', 'KILL')).toEqual(OK)
    expect(await reply).toMatchObject({
      type: 'array',
      items: [
        OK,
        { type: 'integer', value: 30_000_000 },
        { type: 'integer', value: 2 },
        { type: 'error', value: expect.stringContaining('killed by user') },
        { type: 'integer', value: 3 },
      ],
    })
    expect(await after).toEqual({ type: 'bulk', value: '3' })
    // Each counts once, with its own failure.
    const stats = (name: string) => krmt.engine.commands.lookup(name)?.stats
    expect(stats('eval')).toMatchObject({ calls: 2, failed: 1 })
    expect(stats('exec')).toMatchObject({ calls: 1, failed: 0 })
    expect(stats('exec')?.microseconds).toBeGreaterThanOrEqual(stats('eval')?.microseconds ?? Infinity)
  })

  test('commands that are queued are refused, and the transaction with them', async () => {
    await other.send('MULTI')
    const reply = runner.send('EVAL', 'while true do end', '0')
    await suspended()
    expect(errorOf(await other.send('EXEC'))).toMatch(/^EXECABORT Transaction discarded because of: BUSY/)
    await other.send('SCRIPT', 'KILL')
    await reply
  })

  test('goes on when its client has left, until it is killed', async () => {
    const leaver = await connect({ path: krmt.socketPath })
    leaver.send('EVAL', 'while true do end', '0').catch(() => {})
    await suspended()
    await leaver.close()
    expect(await other.send('GET', 'key')).toEqual(BUSY)
    expect(await other.send('SCRIPT', 'KILL')).toEqual(OK)
    await vi.waitFor(async () => expect(await other.send('GET', 'key')).toEqual({ type: 'null-bulk' }), 10_000)
  })

  test('its whole time is in the slow log', async () => {
    await runner.send('EVAL', 'local sum = 0 for i = 1, 3e7 do sum = sum + i end', '0')
    const entry = krmt.engine.slowlog.entries[0]!
    expect(entry.argv[0]).toBe('EVAL')
    expect(entry.microseconds).toBeGreaterThan(100_000)
  })

  test('a reply that the client wants to skip is skipped, however late', async () => {
    const commands = [['CLIENT', 'REPLY', 'SKIP'], ['EVAL', 'for i = 1, 3e7 do end return 1', '0'], ['PING']]
    expect(await runner.raw(commands.map(encode).join(''), 1)).toEqual([{ type: 'status', value: 'PONG' }])
  })

  test('in process, the call waits, and so do those after it', async () => {
    const db = await open({ config: { 'busy-reply-threshold': 50 } })
    const slow = db.call('EVAL', 'for i = 1, 3e7 do end return 1', 0)
    const next = db.call('EVAL', 'return 2', 0)
    expect(await slow).toBe(1)
    expect(await next).toBe(2)
    await db.close()
  })

  test('an engine that closes ends it', async () => {
    const db = await open({ config: { 'busy-reply-threshold': 50 } })
    const slow = db.call('EVAL', 'while true do end', 0)
    await db.close()
    await expect(slow).rejects.toThrow('killed')
  })
})

describe('a script that cannot be suspended is ended, and the next one runs', () => {
  const ENDED = /^ERR .*Script ended after \d+ ms: it was where it cannot be suspended/
  const places = {
    'in pcall': 'pcall(function() while true do end end)',
    'in pcall, again and again': 'while true do pcall(function() while true do end end) end',
    'in xpcall, with a handler that loops':
      'xpcall(function() while true do end end, function() while true do end end)',
    'in a coroutine': 'coroutine.wrap(function() while true do end end)()',
    'in a coroutine that is resumed in a loop':
      'while true do coroutine.resume(coroutine.create(function() while true do end end)) end',
    'in a comparator': 'table.sort({ 3, 1, 2 }, function() while true do end end)',
    'in a metamethod': 'return setmetatable({}, { __index = function() while true do end end }).x',
    'in a callback of gsub': "string.gsub('a', 'a', function() while true do end end)",
    'in a chunk being loaded': "load(function() return 'x ' end)",
    'in a pattern': "string.find(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40))",
    'in a pattern of many ways': "string.find(string.rep('a', 1e5), '.-.-.-.-.-b')",
    'in table.insert': 'table.insert({}, -2 ^ 31, 1)',
  }
  test.each(Object.entries(places))('%s', async (_, script) => {
    expect(await fails(script)).toMatch(ENDED)
  })
})

describe('a script that wants too much gets an error, and the next one runs', () => {
  const greedy: Readonly<Record<string, readonly [script: string, error: RegExp]>> = {
    recursion: ['local function f() return 1 + f() end return f()', /stack overflow/],
    'recursion through C': ["local function f() return (string.gsub('a', 'a', f)) end return f()", /C stack overflow/],
    'recursion through metamethods': [
      'local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) return t[1]',
      /C stack overflow/,
    ],
    'recursion through coroutines': [
      'local function f() return coroutine.wrap(f)() end return f()',
      /C stack overflow/,
    ],
    'a table without end': ['local t = {} for i = 1, 1e9 do t[i] = i end', /not enough memory/],
    'a string without end': ["local s = 'x' while true do s = s .. s end", /not enough memory/],
    'a string of 2 GB': ["return string.rep('x', 2 ^ 31 - 1)", /not enough memory/],
    'tables in tables': ['local t = {} while true do t = { t } end', /not enough memory/],
    'coroutines without end': [
      'local t = {} while true do t[#t + 1] = coroutine.create(function() end) end',
      /not enough memory/,
    ],
    'memory, out of which pcall would help': [
      "local ok = pcall(function() local t = {} for i = 1, 1e9 do t[i] = i end end) error('ended, ' .. tostring(ok))",
      /ended, false|not enough memory|Script ended after/,
    ],
    'too many results': ['return unpack({}, 1, 1e8)', /too many results to unpack/],
    'a reply nested without end': ['local t = {} for i = 1, 1e5 do t = { t } end return cjson.encode(t)', /nest|depth/],
    'a chunk nested without end': [
      "assert(loadstring('return ' .. string.rep('(', 1e5) .. '1' .. string.rep(')', 1e5)))",
      /too many C levels|overflow|levels/,
    ],
  }
  test.each(Object.entries(greedy))('%s', async (_, [script, error]) => {
    expect(await fails(script)).toMatch(error)
  })

  test('a reply that contains itself ends in an error within', async () => {
    let reply = await runner.send('EVAL', 'local t = {} t[1] = t return t', '0')
    let depth = 0
    while (reply.type === 'array') {
      reply = reply.items[0]!
      depth++
    }
    expect(errorOf(reply)).toBe('ERR reached lua stack limit')
    expect(depth).toBeGreaterThan(1000)
  })

  test('memory is given back afterwards', async () => {
    await fails('local t = {} for i = 1, 1e9 do t[i] = i end')
    expect(krmt.engine.scripting.memory.size).toBeLessThan(32 * 2 ** 20)
  })

  test('lua-memory-limit is the limit', async () => {
    await other.send('CONFIG', 'SET', 'lua-memory-limit', '32mb')
    expect(await fails("return #string.rep('x', 40 * 2 ^ 20)")).toMatch(/not enough memory/)
    await other.send('CONFIG', 'SET', 'lua-memory-limit', '256mb')
    expect(await runner.send('EVAL', "return #string.rep('x', 40 * 2 ^ 20)", '0')).toEqual({
      type: 'integer',
      value: 40 * 2 ** 20,
    })
  })

  test('arguments that do not fit', async () => {
    await other.send('CONFIG', 'SET', 'lua-memory-limit', '32mb')
    const reply = await runner.send('EVAL', 'return 1', '0', 'x'.repeat(40 * 2 ** 20))
    expect(errorOf(reply)).toMatch(/not enough memory/)
    expect(await runner.send('EVAL', 'return 1', '0')).toEqual({ type: 'integer', value: 1 })
  })
})

test('10,000 scripts are known, and each runs', async () => {
  const script = (i: number): string => `return ${i} + ARGV[1]`
  for (let i = 0; i < 10_000; i += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, j) => runner.send('SCRIPT', 'LOAD', script(i + j))))
  }
  for (const i of [0, 1, 4999, 9999]) {
    expect(await runner.send('EVAL', script(i), '0', '1')).toEqual({ type: 'integer', value: i + 1 })
  }
  expect(krmt.engine.scripting.scripts.count).toBe(10_000)
  await runner.send('SCRIPT', 'FLUSH')
  expect(krmt.engine.scripting.memory.size).toBe(0)
}, 60_000)

test('scripts are compiled again when the machine has been thrown away', async () => {
  const sha = await runner.send('SCRIPT', 'LOAD', 'return 7')
  await fails('local t = {} for i = 1, 1e9 do t[i] = i end')
  expect(await runner.send('EVALSHA', sha.type === 'bulk' ? sha.value : '', '0')).toEqual({ type: 'integer', value: 7 })
})
