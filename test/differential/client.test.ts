import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

describeDifferential('CLIENT', ({ session, servers }) => {
  session(
    'names',
    `CLIENT GETNAME
     CLIENT SETNAME a b
     CLIENT SETNAME "a b"
     CLIENT SETNAME "a\\nb"
     CLIENT SETNAME Ada
     CLIENT GETNAME
     CLIENT SETNAME ""
     CLIENT GETNAME
     CLIENT GETNAME x
     CLIENT SETNAME
     [type] HELLO 3 SETNAME Bob
     CLIENT GETNAME
     HELLO 3 SETNAME "a b"
     CLIENT SETNAME ""
     CLIENT GETNAME
     [type] CLIENT ID
     CLIENT ID x
     CLIENT
     CLIENT nosuch
     CLIENT nosuch x
     CLIENT HELP x
     CLIENT SETNAME Ada
     RESET
     CLIENT GETNAME`,
  )

  session(
    'LIST and KILL: what is wrong with them',
    `CLIENT LIST TYPE foo
     CLIENT LIST TYPE
     CLIENT LIST ID
     CLIENT LIST ID x
     CLIENT LIST ID 1 x
     CLIENT LIST foo
     CLIENT LIST TYPE normal x
     CLIENT LIST ID 9999999
     CLIENT LIST TYPE replica
     CLIENT LIST TYPE slave
     CLIENT LIST TYPE master
     CLIENT INFO x
     CLIENT KILL
     CLIENT KILL 1
     CLIENT KILL 127.0.0.1:1
     CLIENT KILL id
     CLIENT KILL id x
     CLIENT KILL id 0
     CLIENT KILL id -1
     CLIENT KILL id 9999999
     CLIENT KILL foo bar
     CLIENT KILL type x
     CLIENT KILL type master
     CLIENT KILL type replica
     CLIENT KILL type normal skipme maybe
     CLIENT KILL addr 127.0.0.1:1
     CLIENT KILL laddr 127.0.0.1:1
     CLIENT KILL user nobody
     CLIENT KILL user default id 9999999
     CLIENT KILL id 1 addr
     CLIENT KILL id 9999999 addr 1:1 laddr 1:1 type pubsub user default skipme no`,
  )

  session(
    'ON and OFF',
    `CLIENT NO-EVICT on
     CLIENT NO-EVICT OFF
     CLIENT NO-EVICT x
     CLIENT NO-EVICT
     CLIENT REPLY x
     CLIENT REPLY
     CLIENT REPLY ON
     CLIENT PAUSE
     CLIENT PAUSE x
     CLIENT PAUSE -1
     CLIENT PAUSE 1 foo
     CLIENT PAUSE x foo
     CLIENT PAUSE x write y
     CLIENT PAUSE 9999999999999999999
     CLIENT UNPAUSE
     CLIENT UNPAUSE x
     CLIENT PAUSE 10000000 WRITE
     GET k
     CLIENT UNPAUSE
     SET k v`,
  )

  /** Sends raw lines to both, ended by one that is answered, and compares all that comes. */
  const compare = async (lines: readonly string[], replies: number): Promise<void> => {
    const { krmt, redis } = servers()
    const [ours, theirs] = await Promise.all([connect({ path: krmt.socketPath }), connect({ path: redis.socketPath })])
    const bytes = lines.map(line => `${line}\r\n`).join('')
    const [our, their] = await Promise.all([ours.raw(bytes, replies), theirs.raw(bytes, replies)])
    expect(our).toEqual(their)
    await Promise.all([ours.close(), theirs.close()])
  }

  test.each<[string[], number]>([
    [['CLIENT REPLY OFF', 'PING', 'CLIENT REPLY ON', 'PING'], 2],
    [['CLIENT REPLY SKIP', 'PING a', 'PING b'], 1],
    [['CLIENT REPLY SKIP', 'CLIENT REPLY SKIP', 'PING a', 'PING b'], 1],
    [['CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'PING b'], 2],
    [['CLIENT REPLY SKIP', 'CLIENT REPLY OFF', 'PING a', 'CLIENT REPLY ON'], 1],
    [['CLIENT REPLY OFF', 'CLIENT REPLY SKIP', 'PING a', 'PING b', 'CLIENT REPLY ON'], 1],
    [['CLIENT REPLY SKIP', 'NOSUCH', 'PING b'], 1],
    [['CLIENT REPLY SKIP', 'BLPOP none 0.02', 'PING b'], 1],
    [['CLIENT REPLY OFF', 'BLPOP none 0.02', 'CLIENT REPLY ON', 'PING b'], 2],
    [['CLIENT REPLY SKIP', 'GET', 'PING b'], 1],
    [['CLIENT REPLY OFF', 'NOSUCH', 'GET', 'INCR', 'CLIENT REPLY ON'], 1],
    [['CLIENT REPLY SKIP', 'MULTI', 'PING', 'EXEC'], 2],
    [['CLIENT REPLY OFF', 'RESET', 'PING a'], 2],
    [['CLIENT REPLY OFF', 'SUBSCRIBE a', 'PUBLISH a hi', 'RESET', 'PING b'], 2],
    [['CLIENT REPLY SKIP', 'SUBSCRIBE a', 'PING b'], 2],
  ])('REPLY: %j', compare)

  // A gateway refuses it there.
  ofKrmt.test('REPLY within MULTI', () =>
    compare(['MULTI', 'CLIENT REPLY SKIP', 'PING', 'EXEC', 'PING x', 'PING y'], 4),
  )

  test('messages come in spite of REPLY OFF', async () => {
    const { krmt, redis } = servers()
    for (const protocol of [2, 3]) {
      const got: Reply[][] = []
      for (const { socketPath } of [krmt, redis]) {
        const [subscriber, publisher] = await Promise.all([
          connect({ path: socketPath }),
          connect({ path: socketPath }),
        ])
        await subscriber.send('HELLO', protocol)
        const confirmed = subscriber.raw('CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nPSUBSCRIBE a*\r\n', protocol === 2 ? 2 : 0)
        const confirmations =
          protocol === 2 ? await confirmed : [await subscriber.nextPush(), await subscriber.nextPush()]
        const messages = protocol === 2 ? subscriber.raw('', 2) : undefined
        await publisher.send('PUBLISH', 'a', 'hi')
        const heard =
          messages === undefined ? [await subscriber.nextPush(), await subscriber.nextPush()] : await messages
        got.push([...confirmations, ...heard])
        await Promise.all([subscriber.close(), publisher.close()])
      }
      expect(got[0]).toEqual(got[1])
    }
  })

  ofKrmt.test('LIST and INFO have the fields of Redis in its order, and flags as it has them', async () => {
    const { krmt, redis } = servers()
    const lines: Record<string, string>[] = []
    for (const { socketPath } of [krmt, redis]) {
      const client = await connect({ path: socketPath })
      await client.send('CLIENT', 'SETNAME', 'me')
      await client.send('SELECT', '3')
      await client.send('HELLO', '3')
      await client.send('SUBSCRIBE', 'a', 'b')
      await client.send('PSUBSCRIBE', 'c')
      await client.send('SSUBSCRIBE', 'd')
      await client.send('CLIENT', 'NO-EVICT', 'on')
      await client.send('WATCH', 'k')
      await client.send('SET', 'k', 'v')
      await client.send('MULTI')
      await client.send('PING')
      const other = await connect({ path: socketPath })
      const id = Number(
        /id=(\d+)/.exec(
          text(await other.send('CLIENT', 'LIST', 'TYPE', 'PUBSUB'))
            .split('\n')
            .find(line => line.includes('name=me')) ?? '',
        )?.[1],
      )
      const line = text(await other.send('CLIENT', 'LIST', 'ID', id))
      expect(line).toMatch(/^id=.*\n$/)
      lines.push(fields(line))
      const own = text(await other.send('CLIENT', 'INFO'))
      expect(own).toMatch(/^id=.* cmd=client\|info .*\n$/)
      await Promise.all([client.close(), other.close()])
    }
    const [ours = {}, theirs = {}] = lines
    expect(Object.keys(ours)).toEqual([...Object.keys(theirs), 'lib-name', 'lib-ver'])
    for (const name of [
      'name',
      'flags',
      'db',
      'sub',
      'psub',
      'ssub',
      'multi',
      'events',
      'cmd',
      'user',
      'redir',
      'resp',
    ]) {
      expect({ [name]: ours[name] }).toEqual({ [name]: theirs[name] })
    }
  })
})

ofKrmt.describe('CLIENT, by itself', () => {
  let krmt: KrmtServer
  let client: RespClient
  let other: RespClient

  beforeEach(async () => {
    krmt = await startKrmtServer()
    client = await connect({ port: krmt.port })
    other = await connect({ path: krmt.socketPath })
  })
  afterEach(async () => {
    await client.close()
    await other.close()
    await krmt.stop()
  })

  const idOf = async (of: RespClient): Promise<number> => {
    const reply = await of.send('CLIENT', 'ID')
    return reply.type === 'integer' ? Number(reply.value) : 0
  }

  test('LIST says where clients come from', async () => {
    await client.send('PING')
    const { addr, laddr, flags } = fields(text(await other.send('CLIENT', 'LIST', 'ID', await idOf(client))))
    expect(addr).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(laddr).toBe(`127.0.0.1:${krmt.port}`)
    expect(flags).toBe('N')
    expect(fields(text(await other.send('CLIENT', 'INFO')))).toMatchObject({ addr: `${krmt.socketPath}:0`, flags: 'U' })
  })

  test('KILL by address, by local address, by id, by type, and oneself', async () => {
    const { addr = '' } = fields(text(await client.send('CLIENT', 'INFO')))
    expect(await other.send('CLIENT', 'KILL', addr)).toEqual({ type: 'status', value: 'OK' })
    await client.closed

    client = await connect({ port: krmt.port })
    const { laddr = '' } = fields(text(await client.send('CLIENT', 'INFO')))
    expect(await other.send('CLIENT', 'KILL', 'LADDR', laddr)).toEqual({ type: 'integer', value: 1 })
    await client.closed

    client = await connect({ port: krmt.port })
    expect(await other.send('CLIENT', 'KILL', 'ID', await idOf(client))).toEqual({ type: 'integer', value: 1 })
    await client.closed

    client = await connect({ port: krmt.port })
    await client.send('SUBSCRIBE', 'a')
    expect(await other.send('CLIENT', 'KILL', 'TYPE', 'normal')).toEqual({ type: 'integer', value: 0 })
    expect(await other.send('CLIENT', 'KILL', 'TYPE', 'pubsub')).toEqual({ type: 'integer', value: 1 })
    await client.closed

    const own = await idOf(other)
    expect(await other.send('CLIENT', 'KILL', 'ID', own)).toEqual({ type: 'integer', value: 0 })
    expect(await other.send('CLIENT', 'KILL', 'ID', own, 'SKIPME', 'no')).toEqual({ type: 'integer', value: 1 })
    await other.closed
  })

  test('KILL from within EXEC ends the connection after the reply', async () => {
    await client.send('MULTI')
    await client.send('CLIENT', 'KILL', 'SKIPME', 'no')
    await client.send('PING')
    expect(await client.send('EXEC')).toEqual({
      type: 'array',
      items: [
        { type: 'integer', value: 2 },
        { type: 'status', value: 'PONG' },
      ],
    })
    await client.closed
    await other.closed
  })

  test('SETINFO', async () => {
    expect(await client.send('CLIENT', 'SETINFO', 'lib-name', 'me(x)')).toEqual({ type: 'status', value: 'OK' })
    expect(await client.send('CLIENT', 'SETINFO', 'LIB-VER', '1.2')).toEqual({ type: 'status', value: 'OK' })
    expect(text(await client.send('CLIENT', 'INFO'))).toContain(' lib-name=me(x) lib-ver=1.2\n')
    expect(await client.send('CLIENT', 'SETINFO', 'lib-ver', 'a b')).toEqual({
      type: 'error',
      value: 'ERR lib-ver cannot contain spaces, newlines or special characters.',
    })
    expect(await client.send('CLIENT', 'SETINFO', 'foo', 'x')).toEqual({
      type: 'error',
      value: "ERR Unrecognized option 'foo'",
    })
  })

  test('NO-TOUCH: what such a client looks at is not used by that', async () => {
    await client.send('SET', 'k', 'v')
    const entry = krmt.engine.keyspace.databases[0]!.find('k')!
    const isTouchedBy = async (...argv: string[]): Promise<boolean> => {
      entry.access = 1
      await client.send(...argv)
      return entry.access !== 1
    }
    expect(await isTouchedBy('GET', 'k')).toBe(true)
    expect(await isTouchedBy('CLIENT', 'NO-TOUCH', 'on')).toBe(false)
    expect(await isTouchedBy('GET', 'k')).toBe(false)
    expect(await isTouchedBy('NOSUCH', 'k')).toBe(false)
    expect(await isTouchedBy('HGET', 'k', 'f')).toBe(false)
    expect(await isTouchedBy('TOUCH', 'k')).toBe(true)
    await client.sendMany([['MULTI'], ['GET', 'k'], ['TOUCH', 'no']])
    expect(await isTouchedBy('EXEC')).toBe(false)
    entry.access = 1
    await other.send('GET', 'k')
    expect(entry.access).not.toBe(1)
    expect(await isTouchedBy('CLIENT', 'NO-TOUCH', 'off')).toBe(false)
    expect(await isTouchedBy('GET', 'k')).toBe(true)
  })

  test('PAUSE WRITE makes clients wait that write, each with all that comes after', async () => {
    await other.send('CLIENT', 'PAUSE', '100000', 'WRITE')
    const done: string[] = []
    const set = client.send('SET', 'k', '1').then(() => done.push('set'))
    const get = client.send('GET', 'k').then(reply => done.push(text(reply)))
    await expect.poll(() => krmt.engine.pause.waiting).toBe(1)
    expect(await other.send('GET', 'k')).toEqual({ type: 'null-bulk' })
    expect(done).toEqual([])
    await other.send('CLIENT', 'UNPAUSE')
    await Promise.all([set, get])
    expect(done).toEqual(['set', '1'])
  })

  test('PAUSE ends by itself', async () => {
    await other.send('CLIENT', 'PAUSE', '20')
    expect(await client.send('PING')).toEqual({ type: 'status', value: 'PONG' })
    expect(krmt.engine.pause.any).toBe(false)
  })

  test('PAUSE ALL makes even UNPAUSE wait, and who is gone meanwhile does nothing', async () => {
    await other.send('CLIENT', 'PAUSE', '100000')
    const reply = other.send('CLIENT', 'UNPAUSE').catch(String)
    const doomed = client.send('INCR', 'k')
    const failed = expect(doomed).rejects.toThrow()
    await expect.poll(() => krmt.engine.pause.waiting).toBe(2)
    await client.close()
    await failed
    await expect.poll(() => krmt.engine.clients.size).toBe(1)
    krmt.engine.pause.end()
    expect(await reply).toEqual({ type: 'status', value: 'OK' })
    expect(await other.send('EXISTS', 'k')).toEqual({ type: 'integer', value: 0 })
  })

  test('PAUSE WRITE makes an EXEC wait that writes, and no other', async () => {
    await client.sendMany([['MULTI'], ['SET', 'k', 'v']])
    await other.send('CLIENT', 'PAUSE', '100000', 'WRITE')
    const waits = client.send('EXEC')
    await other.sendMany([['MULTI'], ['GET', 'k']])
    expect(await other.send('EXEC')).toEqual({ type: 'array', items: [{ type: 'null-bulk' }] })
    await expect.poll(() => krmt.engine.pause.waiting).toBe(1)
    await other.send('CLIENT', 'UNPAUSE')
    expect(await waits).toEqual({ type: 'array', items: [{ type: 'status', value: 'OK' }] })
  })
})

function text(reply: Reply): string {
  return 'value' in reply ? String(reply.value) : ''
}

/** A line of CLIENT LIST. */
function fields(line: string): Record<string, string> {
  return Object.fromEntries(
    line
      .trim()
      .split(' ')
      .map(field => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  )
}
