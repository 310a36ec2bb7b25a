import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { open } from '../../src/index.js'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'
import { lua } from '../support/scripts.js'

let krmt: KrmtServer
let runner: RespClient
let other: RespClient
const log: string[] = []

beforeEach(async () => {
  log.length = 0
  const say = (message: string): void => void log.push(message)
  krmt = await startKrmtServer({
    config: { 'busy-reply-threshold': '50' },
    log: { debug: say, verbose: say, notice: say, warning: say },
  })
  runner = await connect({ path: krmt.socketPath })
  other = await connect({ path: krmt.socketPath })
})
afterEach(async () => {
  await Promise.all([runner.close(), other.close()])
  await krmt.stop()
})

const integer = (value: number): Reply => ({ type: 'integer', value })

async function load(source: string): Promise<void> {
  expect(await runner.send('FUNCTION', 'LOAD', 'REPLACE', source)).toMatchObject({ type: 'bulk' })
}

async function call(name: string): Promise<Reply> {
  return runner.send('FCALL', name, 0)
}

/** Two libraries that count. */
async function loadCounters(): Promise<void> {
  for (const name of ['one', 'two']) {
    await load(lua`
      #!lua name=${name}
      local count = 0
      redis.register_function('${name}', function() count = count + 1 return count end)
    `)
    expect(await call(name)).toEqual(integer(1))
  }
}

const lost = (): string[] => log.filter(line => line.includes('functions have lost their state'))

describe('libraries stay as they are', () => {
  test.each([
    ['a function is killed', 'while true do end'],
    ['a function fails', "error('x')"],
    ['a function overflows the stack', 'local function f() return 1 + f() end return f()'],
    ['a function overflows the stack of C', "local function f() return (('a'):gsub('a', f)) end return f()"],
    ['a function needs more memory than there is', "local s = 'x' while true do s = s .. s end"],
    ['a function stops the garbage collector', "collectgarbage('stop') for i = 1, 1e5 do local t = {i} end error('x')"],
  ])('when %s', async (_, body) => {
    await loadCounters()
    await load(`#!lua name=bad\nredis.register_function('bad', function() ${body} end)`)
    const reply = call('bad')
    await vi.waitFor(async () => {
      await other.send('FUNCTION', 'KILL')
      expect(krmt.engine.scripting.running).toBeUndefined()
    }, 20_000)
    expect((await reply).type).toBe('error')
    expect([await call('one'), await call('two'), lost()]).toEqual([integer(2), integer(2), []])
  })

  test.each([
    ['loops', 'while true do end'],
    ['needs more memory than there is', "local s = 'x' while true do s = s .. s end"],
    ['registers functions for ever', "for i = 1, 1e12 do redis.register_function('f' .. i, redis.log) end"],
  ])('when a library %s while it is loaded', async (_, body) => {
    await loadCounters()
    expect((await runner.send('FUNCTION', 'LOAD', 'REPLACE', `#!lua name=one\n${body}`)).type).toBe('error')
    expect([await call('one'), await call('two'), lost()]).toEqual([integer(2), integer(2), []])
  })

  test('when scripts are flushed, and the keyspace', async () => {
    await loadCounters()
    for (const argv of [['SCRIPT', 'FLUSH'], ['FLUSHALL'], ['EVAL', 'count = 1', '0']]) await runner.send(...argv)
    expect([await call('one'), await call('two'), lost()]).toEqual([integer(2), integer(2), []])
  })
})

test('what cannot be suspended is ended: libraries are loaded again, and the log says so', async () => {
  await loadCounters()
  await load(
    "#!lua name=bad\nredis.register_function('bad', function() while true do pcall(function() while true do end end) end end)",
  )
  expect(await call('bad')).toEqual({
    type: 'error',
    value: expect.stringMatching(/^ERR .*ended after \d+ ms.* script: bad, on @user_function:2\.$/),
  })
  expect([await call('one'), await call('two')]).toEqual([integer(1), integer(1)])
  expect(lost()).toHaveLength(1)
  expect(await other.send('FUNCTION', 'STATS')).toMatchObject({ items: [{}, { type: 'null-bulk' }, {}, {}] })
})

test('a function that takes long does not keep others waiting', async () => {
  await load("#!lua name=slow\nredis.register_function('spin', function() while true do end end)")
  const reply = call('spin')
  await vi.waitFor(
    async () => expect(await other.send('GET', 'key')).toMatchObject({ value: expect.stringMatching(/^BUSY /) }),
    10_000,
  )
  const stats = await other.send('FUNCTION', 'STATS')
  expect(stats).toMatchObject({
    items: [{}, { items: [{}, { value: 'spin' }, {}, {}, {}, { type: 'integer' }] }, {}, {}],
  })
  expect(log.join('\n')).toContain(
    'You can try killing the script using the FUNCTION KILL command. Script name is: spin.',
  )
  await other.send('FUNCTION', 'KILL')
  expect((await reply).type).toBe('error')
  expect(await other.send('GET', 'key')).toEqual({ type: 'null-bulk' })
})

test('what changes libraries is in the feed of effects as it was called; of calls, what they write is', async () => {
  const effects: string[][] = []
  const stop = krmt.engine.effects.listen(batch => effects.push(...batch.map(({ argv }) => argv.slice(0, 3))))
  const code = "#!lua name=lib\nredis.register_function('f', function(keys) return redis.call('INCR', keys[1]) end)"
  await runner.send('FUNCTION', 'LOAD', code)
  await runner.send('FUNCTION', 'LOAD', code)
  await runner.send('FCALL', 'f', 1, 'key')
  await runner.send('FCALL', 'nosuch', 0)
  await runner.send('FUNCTION', 'DELETE', 'nosuch')
  await runner.send('FUNCTION', 'DELETE', 'lib')
  await runner.send('FUNCTION', 'LIST')
  await runner.send('FUNCTION', 'RESTORE', '\0'.repeat(10), 'APPEND')
  await runner.send('FUNCTION', 'FLUSH')
  stop()
  expect(effects).toEqual([
    ['FUNCTION', 'LOAD', code],
    ['INCR', 'key'],
    ['FUNCTION', 'DELETE', 'lib'],
    ['FUNCTION', 'RESTORE', '\0'.repeat(10)],
    ['FUNCTION', 'FLUSH'],
  ])
})

describe('in process', () => {
  test('functions can be loaded and called', async () => {
    const db = await open()
    const code = "#!lua name=lib\nredis.register_function('f', function(keys, args) return {keys[1], args[1]} end)"
    expect(await db.call('FUNCTION', 'LOAD', code)).toBe('lib')
    expect(await db.call('FCALL', 'f', 1, 'key', 'é')).toEqual(['key', 'é'])
    await expect(db.call('FCALL', 'g', 0)).rejects.toThrow('ERR Function not found')
    await db.close()
  })

  test('an engine that closes ends the one that runs', async () => {
    const db = await open({ config: { 'busy-reply-threshold': 50 } })
    await db.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() while true do end end)")
    const slow = db.call('FCALL', 'f', 0)
    await db.close()
    await expect(slow).rejects.toThrow('killed')
  })
})
