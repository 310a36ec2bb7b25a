import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type KrmtServer, startKrmtServer } from '../../test/support/krmt-server.js'
import { connect, type Reply, type RespClient } from '../../test/support/resp-client.js'
import { execute } from '../engine/dispatch.js'
import { WireWriter } from '../resp/wire-writer.js'
import { ManualClock } from '../testing/clock.js'

let clock: ManualClock
let server: KrmtServer
let client: RespClient

beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2025, 0, 1))
  server = await startKrmtServer({ clock, config: { 'notify-keyspace-events': 'Ex', 'enable-debug-command': 'yes' } })
  client = await connect({ path: server.socketPath })
})
afterEach(async () => {
  await client.close()
  await server.stop()
})

/** The values of integer and text replies. */
async function ask(...lines: readonly string[]): Promise<unknown[]> {
  const replies = await client.sendMany(lines.map(line => line.split(' ')))
  return replies.map(plain)
}

function plain(reply: Reply): unknown {
  return 'value' in reply ? reply.value : 'items' in reply ? reply.items.map(plain) : null
}

/** Another client that has subscribed to the event of expiry. */
async function listener(): Promise<RespClient> {
  const other = await connect({ path: server.socketPath })
  await other.send('SUBSCRIBE', '__keyevent@0__:expired', '__keyevent@3__:expired')
  return other
}

describe('a key that is due', () => {
  test('is gone for whoever looks, at the millisecond', async () => {
    await ask('SET a 1 PX 1000', 'DEBUG SET-ACTIVE-EXPIRE 0')
    clock.advance(999)
    expect(await ask('GET a', 'PTTL a', 'TTL a')).toEqual(['1', 1, 0])
    clock.advance(1)
    expect(await ask('DBSIZE', 'GET a', 'PTTL a', 'TTL a', 'DBSIZE')).toEqual([1, null, -2, -2, 0])
  })

  test.each([
    ['EXISTS a', 0],
    ['TYPE a', 'none'],
    ['DEL a', 0],
    ['PERSIST a', 0],
    ['EXPIRE a 10', 0],
    ['RENAME a b', 'ERR no such key'],
    ['COPY a b', 0],
    ['MOVE a 1', 0],
    ['KEYS *', []],
    ['SCAN 0', ['0', []]],
    ['RANDOMKEY', null],
    ['OBJECT ENCODING a', null],
    ['SETNX a 2', 1],
    ['RENAMENX keep a', 1],
    ['APPEND a x', 1],
  ])('is not there for %s', async (line, expected) => {
    await ask('SET a 1 PX 10', 'DEBUG SET-ACTIVE-EXPIRE 0')
    if (line.includes('keep')) await ask('SET keep 1')
    clock.advance(10)
    expect(await ask(line)).toEqual([expected])
  })

  test('goes by itself, with an event, and DBSIZE falls', async () => {
    const other = await listener()
    await ask('SET a 1 PX 100', 'SET b 1 PX 300', 'SET stays 1', 'SELECT 3', 'SET c 1 PX 200', 'SELECT 0')
    clock.advance(1000)
    expect(await ask('DBSIZE')).toEqual([1])
    const events = [await other.nextPush(), await other.nextPush(), await other.nextPush()].map(plain)
    // Each at its own time: the server looks ten times a second.
    expect(events).toEqual([
      ['message', '__keyevent@0__:expired', 'a'],
      ['message', '__keyevent@3__:expired', 'c'],
      ['message', '__keyevent@0__:expired', 'b'],
    ])
    expect(server.engine.keyspace.expired).toBe(3)
    await other.close()
  })

  test('tells its event too when somebody looks first', async () => {
    const other = await listener()
    await ask('SET a 1 PX 10', 'DEBUG SET-ACTIVE-EXPIRE 0')
    clock.advance(10)
    expect(other.pushes).toEqual([])
    await ask('EXISTS a')
    expect(plain(await other.nextPush())).toEqual(['message', '__keyevent@0__:expired', 'a'])
    await other.close()
  })

  test('goes in slices when there are many, and nobody waits for all of them', async () => {
    await client.sendMany(Array.from({ length: 5000 }, (_, i) => ['SET', `key:${i}`, 'v', 'PX', '50']))
    clock.advance(100)
    const left = Number((await ask('DBSIZE'))[0])
    expect(left).toBeLessThan(5000)
    while (server.engine.keyspace.databases[0]!.size > 0) await ask('PING')
    expect(await ask('DBSIZE')).toEqual([0])
    expect(server.engine.keyspace.expired).toBe(5000)
  })

  test('stays while active expiry is off, until somebody looks', async () => {
    await ask('SET a 1 PX 10', 'DEBUG SET-ACTIVE-EXPIRE 0')
    clock.advance(10_000)
    expect(await ask('DBSIZE')).toEqual([1])
    await ask('DEBUG SET-ACTIVE-EXPIRE 1')
    clock.advance(1000)
    expect(await ask('DBSIZE')).toEqual([0])
  })

  test('counts as touched for WATCH, unless it had expired before', async () => {
    await ask('SET a 1 PX 500', 'WATCH a')
    clock.advance(500)
    expect(await ask('MULTI', 'PING', 'EXEC')).toEqual(['OK', 'QUEUED', null])
    await ask('DEBUG SET-ACTIVE-EXPIRE 0', 'SET b 1 PX 10', 'SET c 1 PX 10')
    clock.advance(10)
    expect(await ask('WATCH b', 'GET b', 'MULTI', 'PING', 'EXEC')).toEqual(['OK', null, 'OK', 'QUEUED', ['PONG']])
    expect(await ask('WATCH c', 'SET c 2', 'MULTI', 'PING', 'EXEC')).toEqual(['OK', 'OK', 'OK', 'QUEUED', null])
  })

  test('does not vanish in the middle of a transaction', async () => {
    await ask('SET a 1 PX 1000', 'MULTI', 'GET a', 'GET a')
    clock.advance(999)
    expect(await ask('EXEC')).toEqual([['1', '1']])
  })

  test('is counted as expired, not as changed', async () => {
    const { keyspace } = server.engine
    await ask('SET a 1 PX 10', 'DEBUG SET-ACTIVE-EXPIRE 0')
    const before = keyspace.changes
    clock.advance(10)
    expect(await ask('GET a')).toEqual([null])
    expect([keyspace.expired, keyspace.changes - before, keyspace.misses]).toEqual([1, 0, 1])
    expect(String(await ask('INFO stats'))).toContain('\r\nexpired_keys:1\r\n')
  })
})

describe('OBJECT IDLETIME', () => {
  test('counts the seconds since the key was used, and not since somebody asked about it', async () => {
    await ask('SET a 1')
    clock.advance(5000)
    expect(await ask('EXISTS a', 'TYPE a', 'TTL a', 'OBJECT ENCODING a', 'OBJECT IDLETIME a')).toEqual([
      1,
      'string',
      -1,
      'int',
      5,
    ])
    expect(await ask('RENAME a b', 'OBJECT IDLETIME b')).toEqual(['OK', 0])
    clock.advance(3000)
    expect(await ask('OBJECT IDLETIME b', 'TOUCH b', 'OBJECT IDLETIME b')).toEqual([3, 1, 0])
    clock.advance(3000)
    expect(await ask('OBJECT IDLETIME b', 'GET b', 'OBJECT IDLETIME b')).toEqual([3, '1', 0])
  })
})

describe('WAIT', () => {
  test('answers when its time is over, and other clients go on meanwhile', async () => {
    const waiting = client.send('WAIT', '1', '2500')
    const behind = client.send('PING')
    const other = await connect({ path: server.socketPath })
    expect(plain(await other.send('PING'))).toBe('PONG')
    let answered = false
    void waiting.then(() => {
      answered = true
    })
    clock.advance(2499)
    await other.send('PING')
    expect(answered).toBe(false)
    clock.advance(1)
    expect(plain(await waiting)).toBe(0)
    expect(plain(await behind)).toBe('PONG')
    await other.close()
  })

  test('is forgotten when its client goes', async () => {
    const { engine } = server
    const gone = engine.connect(new WireWriter(() => {}))
    execute(gone, ['WAIT', '1', '0'])
    clock.advance(3_600_000)
    expect(gone.waiting).toBe(true)
    engine.disconnect(gone)
    const resumed = new Promise<void>(resolve => {
      gone.onResume = resolve
    })
    clock.advance(1000)
    await resumed
    expect(gone.waiting).toBe(false)
  })
})
