import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWithRedis } from '../support/redis-server.js'
import type { Reply, RespClient } from '../support/resp-client.js'
import { openPair, type Pair, rawClient } from './setup.js'

const OK = { type: 'status', value: 'OK' }
const NOAUTH = error('NOAUTH Authentication required.')
const WRONGPASS = error('WRONGPASS invalid username-password pair or user is disabled.')
const NOPERM_KEY = error('NOPERM this user has no permissions to access one of the keys used as arguments')

describeWithRedis('users of the upstream', () => {
  let pair: Pair
  let admin: RespClient
  let client: RespClient

  beforeAll(async () => {
    pair = await openPair()
    admin = await pair.direct()
  })
  afterAll(() => pair?.stop())
  beforeEach(async () => {
    await admin.send('FLUSHALL')
    await setUser('ada', 'on', '>secret', '~own:*', '&*', '+@all')
    client = await pair.connect()
  })
  afterEach(async () => {
    await client.close()
    await admin.send('ACL', 'DELUSER', 'ada', 'bob')
  })

  async function setUser(name: string, ...rules: string[]): Promise<void> {
    expect(await admin.send('ACL', 'SETUSER', name, 'reset', ...rules)).toEqual(OK)
  }

  /** How many connections the server has from users of that name. */
  async function connectionsOf(user: string): Promise<number> {
    const list = text(await admin.send('CLIENT', 'LIST'))
    return list.split('\n').filter(line => line.includes(` user=${user} `)).length
  }

  test('are taken by their passwords, and only by those', async () => {
    expect(await client.send('AUTH', 'ada', 'wrong')).toEqual(WRONGPASS)
    expect(await client.send('ACL', 'WHOAMI')).toEqual(bulk('default'))
    expect(await client.send('AUTH', 'nobody', 'secret')).toEqual(WRONGPASS)
    expect(await client.send('AUTH', 'ada', 'secret')).toEqual(OK)
    expect(await client.send('ACL', 'WHOAMI')).toEqual(bulk('ada'))
    expect(await client.send('SET', 'own:k', 'v')).toEqual(OK)
    expect(await client.send('SET', 'other', 'v')).toEqual(NOPERM_KEY)
    expect(await client.send('AUTH', 'ada', 'wrong')).toEqual(WRONGPASS)
    expect(await client.send('ACL', 'WHOAMI')).toEqual(bulk('ada'))
    expect(await client.send('HELLO', '3', 'AUTH', 'ada', 'wrong')).toEqual(WRONGPASS)
    expect(await client.send('GET', 'nosuch')).toEqual(NOPERM_KEY)
    expect(await client.send('GET', 'own:nosuch')).toEqual({ type: 'null-bulk' })
    expect((await client.send('HELLO', '3', 'AUTH', 'ada', 'secret')).type).toBe('map')
    expect(await client.send('GET', 'own:nosuch')).toEqual({ type: 'null' })
  })

  test('a name and password of any bytes', async () => {
    const password = '\x00"\\\r\n\xff ü'
    await setUser('b\xfcb', 'on', `>${password}`, '+@all', '~*')
    expect(await client.send('AUTH', 'b\xfcb', `${password}x`)).toEqual(WRONGPASS)
    expect(await client.send('AUTH', 'b\xfcb', password)).toEqual(OK)
    expect(await client.send('ACL', 'WHOAMI')).toEqual(bulk('b\xfcb'))
    expect(await client.send('HMSETNX', 'h', 'f', 'v')).toEqual(OK)
    await admin.send('ACL', 'DELUSER', 'b\xfcb')
  })

  test('a password that has been changed, or a user that is no more, is refused though others are still in with it', async () => {
    const others = await Promise.all([pair.connect(), pair.connect()])
    for (const other of others) {
      expect(await other.send('AUTH', 'ada', 'secret')).toEqual(OK)
      expect(await other.send('SET', 'own:k', 'v')).toEqual(OK)
    }
    await admin.send('ACL', 'SETUSER', 'ada', 'resetpass', '>new')
    expect(await client.send('AUTH', 'ada', 'secret')).toEqual(WRONGPASS)
    expect(await client.send('HELLO', '2', 'AUTH', 'ada', 'secret')).toEqual(WRONGPASS)
    expect(await client.send('AUTH', 'ada', 'new')).toEqual(OK)
    // Those who were in stay in, as with redis-server.
    for (const other of others) expect(await other.send('GET', 'own:k')).toEqual(bulk('v'))

    await admin.send('ACL', 'SETUSER', 'ada', 'off')
    expect(await client.send('AUTH', 'ada', 'new')).toEqual(WRONGPASS)
    await admin.send('ACL', 'SETUSER', 'ada', 'on')
    expect(await client.send('AUTH', 'ada', 'new')).toEqual(OK)

    await admin.send('ACL', 'DELUSER', 'ada')
    const late = await pair.connect()
    expect(await late.send('AUTH', 'ada', 'new')).toEqual(WRONGPASS)
    expect(await late.send('ACL', 'WHOAMI')).toEqual(bulk('default'))
    await late.close()
    // Whose user is deleted is thrown out: here, whoever used its connections does not get any further.
    for (const other of others) {
      const reply = await other.send('GET', 'own:k').catch(() => undefined)
      expect(reply?.type ?? 'error').toBe('error')
      await other.close()
    }
  })

  test('rights that have been taken away are gone at once, on lanes and on connections of one’s own', async () => {
    const own = await pair.connect()
    for (const each of [client, own]) await each.send('AUTH', 'ada', 'secret')
    await own.send('CLIENT', 'SETNAME', 'own')
    for (const each of [client, own]) expect(await each.send('SET', 'own:k', 'v')).toEqual(OK)
    await admin.send('ACL', 'SETUSER', 'ada', '-set')
    for (const each of [client, own]) {
      expect(text(await each.send('SET', 'own:k', 'v'))).toMatch(
        /^NOPERM this user has no permissions to run the 'set'/,
      )
      expect(await each.send('GET', 'own:k')).toEqual(bulk('v'))
    }
    await own.close()
  })

  describe.each(['on a lane', 'on a connection of its own'])('hold for modules’ commands, %s', where => {
    beforeEach(async () => {
      expect(await client.send('AUTH', 'ada', 'secret')).toEqual(OK)
      if (where !== 'on a lane') await client.send('CLIENT', 'SETNAME', 'ada')
    })

    test('a key that is not theirs is neither written nor read', async () => {
      await admin.send('HSET', 'other', 'f', 'old')
      expect(await client.send('HMSETNX', 'own:h', 'f', 'v')).toEqual(OK)
      for (const argv of [
        ['HMSETNX', 'other', 'g', 'v'],
        ['HMSETNX', 'other', 'f', 'v'],
        ['HMSETNX', 'new', 'f', 'v'],
      ]) {
        expect(text(await client.send(...argv))).toMatch(/^NOPERM /)
      }
      expect(await admin.send('HGETALL', 'other')).toEqual({ type: 'array', items: [bulk('f'), bulk('old')] })
      expect(await admin.send('EXISTS', 'new')).toEqual({ type: 'integer', value: 0 })
    })

    test('a key that may only be read is not written', async () => {
      await setUser('ada', 'on', '>secret', '%R~r:*', '+@all')
      await admin.send('HSET', 'r:h', 'f', 'old')
      expect(text(await client.send('HMSETNX', 'r:h', 'g', 'v'))).toMatch(/^NOPERM /)
      expect(await client.send('HMSETNX', 'r:h', 'f', 'v')).toEqual({ type: 'integer', value: 0 })
      expect(await admin.send('HLEN', 'r:h')).toEqual({ type: 'integer', value: 1 })
    })

    test('a command that is not theirs is not carried out in their name', async () => {
      await admin.send('ACL', 'SETUSER', 'ada', '-hset', '-hmset', '-hsetnx')
      expect(text(await client.send('HMSETNX', 'own:h', 'f', 'v'))).toMatch(/^NOPERM /)
      expect(await admin.send('EXISTS', 'own:h')).toEqual({ type: 'integer', value: 0 })
    })

    test('a user whose password has changed meanwhile writes nothing more that it could not write itself', async () => {
      await admin.send('ACL', 'DELUSER', 'ada')
      const reply = await client.send('HMSETNX', 'own:h', 'f', 'v').catch(() => undefined)
      expect(reply?.type ?? 'error').toBe('error')
      expect(await admin.send('EXISTS', 'own:h')).toEqual({ type: 'integer', value: 0 })
    })
  })

  test('two users, databases and protocols do not get into each other’s way', async () => {
    await setUser('bob', 'on', '>bobs', '~*', '+@all')
    const bob = await pair.connect()
    const third = await pair.connect()
    const replies = await Promise.all([
      client.sendMany([
        ['AUTH', 'ada', 'secret'],
        ['SELECT', '1'],
        ['HMSETNX', 'own:h', 'f', 'ada'],
        ['ACL', 'WHOAMI'],
      ]),
      bob.sendMany([
        ['AUTH', 'bob', 'bobs'],
        ['SELECT', '2'],
        ['HMSETNX', 'own:h', 'f', 'bob'],
        ['ACL', 'WHOAMI'],
      ]),
      third.sendMany([
        ['HMSETNX', 'own:h', 'f', 'third'],
        ['SELECT', '2'],
        ['HGET', 'own:h', 'f'],
        ['ACL', 'WHOAMI'],
      ]),
    ])
    expect(replies.map(all => all.map(text))).toEqual([
      ['OK', 'OK', 'OK', 'ada'],
      ['OK', 'OK', 'OK', 'bob'],
      ['OK', 'OK', expect.toBeOneOf(['bob', '']), 'default'],
    ])
    const inDatabase = async (number: number): Promise<string> => {
      await admin.send('SELECT', number)
      return text(await admin.send('HGET', 'own:h', 'f'))
    }
    expect([await inDatabase(1), await inDatabase(2), await inDatabase(0)]).toEqual(['ada', 'bob', 'third'])
    await Promise.all([bob.close(), third.close()])
  })

  test('connections that nobody uses any more are closed', async () => {
    await client.send('AUTH', 'ada', 'secret')
    await client.send('SET', 'own:k', 'v')
    expect(await connectionsOf('ada')).toBeGreaterThan(0)
    await client.close()
    await expect.poll(() => connectionsOf('ada'), { timeout: 5000 }).toBe(0)
  })

  test('in a transaction, AUTH and HELLO count when they have been executed', async () => {
    await client.send('MULTI')
    expect(await client.send('HELLO', '3')).toEqual({ type: 'status', value: 'QUEUED' })
    expect(await client.send('DISCARD')).toEqual(OK)
    expect(await client.send('HGETALL', 'nosuch')).toEqual({ type: 'array', items: [] })
    expect(await client.send('POONG')).toEqual({ type: 'status', value: 'POOOOOOOOOONG' })
    await client.sendMany([['MULTI'], ['AUTH', 'ada', 'secret'], ['EXEC']])
    expect(await client.send('ACL', 'WHOAMI')).toEqual(bulk('ada'))
    expect(text(await client.send('HMSETNX', 'other', 'f', 'v'))).toMatch(/^NOPERM /)
    await client.sendMany([['MULTI'], ['AUTH', 'default', 'any'], ['DISCARD']])
    expect(text(await client.send('HMSETNX', 'other', 'f', 'v'))).toMatch(/^NOPERM /)
    expect(await admin.send('EXISTS', 'other')).toEqual({ type: 'integer', value: 0 })
  })
})

describeWithRedis('an upstream with a password', () => {
  let pair: Pair

  beforeAll(async () => {
    pair = await openPair({ args: ['--requirepass', 'open'], login: ':open' })
  })
  afterAll(() => pair?.stop())

  test('lets nobody do anything who has not given it, and modules’ commands neither', async () => {
    const [client, direct] = await Promise.all([pair.connect(), pair.direct()])
    for (const argv of [
      ['PING'],
      ['GET', 'k'],
      ['SET', 'k', 'v'],
      ['HMSETNX', 'h', 'f', 'v'],
      ['POONG'],
      ['MULTI'],
      ['SUBSCRIBE', 'a'],
      ['CLIENT', 'SETNAME', 'x'],
      ['SELECT', '1'],
      ['INFO'],
      ['COMMAND', 'COUNT'],
      ['CONFIG', 'GET', 'maxmemory'],
      ['MODULE', 'LIST'],
      ['SLOWLOG', 'GET'],
      ['MONITOR'],
      ['RESET', 'x'],
      ['EVAL', 'return 1', '0'],
    ]) {
      const their = await direct.send(...argv)
      // redis-server does not know of commands that are modules'.
      expect({ argv, reply: await client.send(...argv) }).toEqual({ argv, reply: isModules(argv) ? NOAUTH : their })
    }
    expect(await client.send('HELLO', '3')).toEqual(await direct.send('HELLO', '3'))
    expect(await client.send('AUTH', 'wrong')).toEqual(WRONGPASS)
    expect(await client.send('HMSETNX', 'h', 'f', 'v')).toEqual(NOAUTH)
    expect(await client.send('AUTH', 'open')).toEqual(OK)
    expect(await client.send('EXISTS', 'h', 'k')).toEqual({ type: 'integer', value: 0 })
    expect(await client.send('HMSETNX', 'h', 'f', 'v')).toEqual(OK)
    // Afterwards it is a stranger again.
    expect(await client.send('RESET')).toEqual({ type: 'status', value: 'RESET' })
    expect(await client.send('HMSETNX', 'h', 'g', 'v')).toEqual(NOAUTH)
    expect(await client.send('GET', 'k')).toEqual(NOAUTH)
    await Promise.all([client.close(), direct.close()])
  })

  test('strangers disturb nobody who is in, whatever they send', async () => {
    const inside = await pair.connect()
    await inside.send('AUTH', 'open')
    // redis-server ends the connection of a stranger who sends so much.
    const attacks = ['*100\r\n', '*1\r\n$20000\r\n', `*2\r\n$3\r\nGET\r\n$20000\r\n${'x'.repeat(20_000)}\r\n`]
    const words = `*12\r\n${'$1\r\na\r\n'.repeat(12)}`
    for (const attack of [...attacks, words, `*2\r\n$3\r\nGET\r\n$300\r\n${'x'.repeat(300)}\r\n`]) {
      const [ours, theirs] = await Promise.all(
        [pair.gateway.socketPath, pair.redis.socketPath].map(async path => {
          const stranger = await rawClient(path)
          const other = await rawClient(path)
          stranger.write(attack)
          stranger.socket.end()
          other.write('GET k\r\n')
          const answers = [await stranger.until(() => false), await other.until(bytes => bytes.endsWith('\r\n'))]
          await Promise.all([stranger.close(), other.close()])
          return answers
        }),
      )
      expect(ours).toEqual(theirs)
      expect(await inside.send('PING')).toEqual({ type: 'status', value: 'PONG' })
    }
    await inside.close()
  })

  test('with upstream-login gateway, clients are who the gateway is', async () => {
    const open = await openPair({
      args: ['--requirepass', 'open'],
      login: ':open',
      config: { 'upstream-login': 'gateway' },
    })
    const client = await open.connect()
    expect(await client.send('SET', 'k', 'v')).toEqual(OK)
    expect(await client.send('HMSETNX', 'h', 'f', 'v')).toEqual(OK)
    expect(await client.sendMany([['MULTI'], ['GET', 'k'], ['EXEC']])).toMatchObject([{}, {}, { items: [bulk('v')] }])
    expect(await client.send('AUTH', 'wrong')).toEqual(WRONGPASS)
    expect(await client.send('RESET')).toEqual({ type: 'status', value: 'RESET' })
    expect(await client.send('GET', 'k')).toEqual(bulk('v'))
    await open.stop()
  })
})

describeWithRedis('an upstream that gets a password', () => {
  test('lets in who was in, and nobody else', async () => {
    const pair = await openPair()
    const [first, admin] = [await pair.connect(), await pair.direct()]
    expect(await first.send('SET', 'k', 'v')).toEqual(OK)
    expect(await first.send('CONFIG', 'SET', 'requirepass', 'later')).toEqual(OK)
    const second = await pair.connect()
    expect(await second.send('GET', 'k')).toEqual(NOAUTH)
    expect(await second.send('HMSETNX', 'h', 'f', 'v')).toEqual(NOAUTH)
    expect(await second.send('AUTH', 'later')).toEqual(OK)
    expect(await second.send('GET', 'k')).toEqual(bulk('v'))
    await admin.send('CONFIG', 'SET', 'requirepass', '')
    await pair.stop()
  })

  test('also when it was set elsewhere', async () => {
    const pair = await openPair()
    const [first, admin] = [await pair.connect(), await pair.direct()]
    expect(await first.send('SET', 'k', 'v')).toEqual(OK)
    await admin.send('CONFIG', 'SET', 'requirepass', 'later')
    const second = await pair.connect()
    expect(await second.send('GET', 'k')).toEqual(NOAUTH)
    expect(await second.send('HMSETNX', 'h', 'f', 'v')).toEqual(NOAUTH)
    await pair.stop()
  })
})

function isModules([name = '']: readonly string[]): boolean {
  return name === 'HMSETNX' || name === 'POONG'
}

function error(value: string): Reply {
  return { type: 'error', value }
}

function bulk(value: string): Reply {
  return { type: 'bulk', value }
}

function text(reply: Reply): string {
  return 'value' in reply ? String(reply.value) : ''
}
