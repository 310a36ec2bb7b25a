import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWithRedis } from '../support/redis-server.js'
import { encode, type Reply, type RespClient } from '../support/resp-client.js'
import { openPair, type Pair, rawClient } from './setup.js'

const OK = { type: 'status', value: 'OK' }

describeWithRedis('connections through a gateway', () => {
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
    client = await pair.connect()
  })
  afterEach(() => client.close())

  async function info(section: string, field: string): Promise<string> {
    return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text(await admin.send('INFO', section)))?.[1] ?? ''
  }
  const blocked = (): Promise<string> => info('clients', 'blocked_clients')

  describe('modules’ commands among others', () => {
    test.each(['on a lane', 'on a connection of its own'])('are carried out in order, %s', async where => {
      if (where !== 'on a lane') await client.send('CLIENT', 'SETNAME', 'me')
      const commands: string[][] = []
      const expected: (string | number)[] = []
      for (let i = 0; i < 100; i++) {
        commands.push(['DEL', 'h'], ['HMSETNX', 'h', 'f', `${i}`], ['HGET', 'h', 'f'], ['HMSETNX', 'h', 'f', 'no'])
        commands.push(['HSET', 'h', 'f', `set ${i}`], ['HMSETNX', 'h', 'f', 'no', 'g', 'no'], ['HGETALL', 'h'])
        expected.push(i === 0 ? 0 : 1, 'OK', `${i}`, 0, 0, 0, `f set ${i}`)
      }
      const replies = await client.sendMany(commands)
      expect(replies.map(flat)).toEqual(expected)
    })

    test('use the database that was chosen, in whatever way', async () => {
      const direct = await pair.direct()
      const where = async (): Promise<number[]> => {
        const found: number[] = []
        for (let database = 0; database < 6; database++) {
          await direct.send('SELECT', database)
          if (flat(await direct.send('DEL', 'h')) === 1) found.push(database)
        }
        return found
      }
      const sent = async (...commands: string[][]): Promise<number[]> => {
        await client.sendMany([...commands, ['HMSETNX', 'h', 'f', 'v']])
        return where()
      }
      expect(await sent()).toEqual([0])
      expect(await sent(['SELECT', '1'])).toEqual([1])
      expect(await sent(['SELECT', '99'])).toEqual([1])
      expect(await sent(['MULTI'], ['SELECT', '2'], ['EXEC'])).toEqual([2])
      expect(await sent(['MULTI'], ['SELECT', '3'], ['DISCARD'])).toEqual([2])
      expect(await sent(['MULTI'], ['SELECT', '3'], ['NOSUCH'], ['EXEC'])).toEqual([2])
      expect(await sent(['MULTI'], ['SELECT', '4'], ['SELECT', '99'], ['EXEC'])).toEqual([4])
      expect(await sent(['WATCH', 'h'], ['SET', 'h', 'x'], ['DEL', 'h'], ['MULTI'], ['SELECT', '5'], ['EXEC'])).toEqual(
        [4],
      )
      expect(await sent(['SELECT', '1'])).toEqual([1])
      expect(await sent(['RESET'])).toEqual([0])
    })

    test('answer in the protocol that was chosen', async () => {
      const nothing = async (): Promise<string> => (await client.send('EVAL', 'return {false}', '0')).type
      expect(await nothing()).toBe('array')
      await client.send('HELLO', '3')
      expect(flat(await client.send('HMSETNX', 'h', 'f', 'v'))).toBe('OK')
      expect((await client.send('HGETALL', 'h')).type).toBe('map')
      await client.send('RESET')
      expect((await client.send('HGETALL', 'h')).type).toBe('array')
    })

    test('obey CLIENT REPLY', async () => {
      const raw = await pair.raw()
      raw.write(
        'CLIENT REPLY SKIP\r\nPOONG\r\nECHO 1\r\nCLIENT REPLY OFF\r\nPOONG\r\nHMSETNX h f v\r\nHGET h f\r\nCLIENT REPLY ON\r\nPOONG\r\nHGET h f\r\n',
      )
      expect(await raw.until(bytes => bytes.endsWith('v\r\n'))).toBe('$1\r\n1\r\n+OK\r\n+POOOOOOOOOONG\r\n$1\r\nv\r\n')
    })

    test('see what the client has written just before, however it was sent', async () => {
      const value = 'x'.repeat(500_000)
      const replies = await client.sendMany([
        ['HSET', 'h', 'large', value],
        ['HMSETNX', 'h', 'large', 'no'],
        ['HDEL', 'h', 'large'],
        ['HMSETNX', 'h', 'large', 'yes'],
        ['EVAL', "return redis.call('HGET', 'h', 'large')", '0'],
        ['MULTI'],
        ['DEL', 'h'],
        ['EXEC'],
        ['HMSETNX', 'h', 'f', 'v'],
      ])
      expect(replies.map(flat)).toEqual([1, 0, 1, 'OK', 'yes', 'OK', 'QUEUED', '1', 'OK'])
    })
  })

  describe('ends', () => {
    test('a client that ends its side gets all that is due', async () => {
      const raw = await pair.raw()
      raw.write('SET k v\r\nGET k\r\nHMSETNX h f v\r\nHGET h f\r\nMULTI\r\nGET k\r\nEXEC\r\n')
      raw.socket.end()
      expect(await raw.until(() => false)).toBe(
        '+OK\r\n$1\r\nv\r\n+OK\r\n$1\r\nv\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\nv\r\n',
      )
    })

    test('a client that goes while it waits makes the server wait no longer', async () => {
      const raws = await Promise.all(Array.from({ length: 6 }, () => pair.raw()))
      for (const [i, raw] of raws.entries()) {
        raw.write(i % 2 === 0 ? 'BLPOP l 0\r\n' : 'PING\r\nXREAD BLOCK 0 STREAMS s $\r\nGET k\r\n')
      }
      await expect.poll(blocked).toBe('6')
      for (const [i, raw] of raws.entries()) {
        if (i < 4) raw.socket.destroy()
        else raw.socket.end()
      }
      await expect.poll(blocked).toBe('0')
      await admin.send('RPUSH', 'l', 'kept')
      expect(flat(await admin.send('LRANGE', 'l', 0, -1))).toBe('kept')
    })

    test('a client that goes in the midst of a transaction has done nothing of it', async () => {
      const { connections } = pair.gateway.gateway
      const before = connections.size
      const raw = await pair.raw()
      raw.write('WATCH k\r\nMULTI\r\nSET k v\r\n')
      await raw.until(bytes => bytes.endsWith('+QUEUED\r\n'))
      await raw.close()
      await expect.poll(() => connections.size).toBe(before)
      expect(flat(await client.send('GET', 'k'))).toBe('null-bulk')
    })

    test('QUIT: all before it is answered, nothing behind it is done', async () => {
      for (const before of ['', 'MULTI\r\nSET k v\r\n', 'CLIENT SETNAME x\r\n', 'SUBSCRIBE a\r\n']) {
        const raw = await pair.raw()
        raw.write(`${before}PING\r\nQUIT\r\nSET after 1\r\nHMSETNX after f v\r\n`)
        expect(await raw.until(() => false)).toMatch(/\+OK\r\n$/)
      }
      expect(flat(await client.send('EXISTS', 'after', 'k'))).toBe(0)
      // Whether or not the client closes its side.
      await expect.poll(async () => flat(await admin.send('PUBSUB', 'NUMSUB', 'a'))).toBe('a 0')
    })

    test('leave no connection behind', async () => {
      const before = Number(await info('clients', 'connected_clients'))
      const all = await Promise.all(Array.from({ length: 20 }, () => pair.connect()))
      await Promise.all(all.map(each => each.sendMany([['MULTI'], ['GET', 'k'], ['SUBSCRIBE', 'a'], ['WATCH', 'k']])))
      expect(Number(await info('clients', 'connected_clients'))).toBeGreaterThanOrEqual(before + 20)
      await Promise.all(all.map(each => each.close()))
      await expect.poll(async () => Number(await info('clients', 'connected_clients'))).toBeLessThanOrEqual(before + 1)
    })

    test('a client whose own connection is killed is told so, and others are not', async () => {
      const id = flat(
        await client
          .sendMany([
            ['CLIENT', 'SETNAME', 'doomed'],
            ['CLIENT', 'ID'],
          ])
          .then(all => all[1]!),
      )
      const other = await pair.connect()
      expect(flat(await other.send('PING'))).toBe('PONG')
      expect(flat(await admin.send('CLIENT', 'KILL', 'ID', id))).toBe(1)
      await client.closed
      expect(flat(await other.send('PING'))).toBe('PONG')
      await other.close()
    })
  })

  describe.each([2, 3] as const)('pub/sub in RESP%i', protocol => {
    test('messages come between replies, whole and in order', async () => {
      const raw = await pair.raw()
      raw.write(`HELLO ${protocol}\r\nSUBSCRIBE news\r\n`)
      await raw.until(bytes => bytes.endsWith(':1\r\n') && bytes.includes('news'))
      const publisher = await pair.connect()
      const count = 300
      const ping = protocol === 3 ? 'ECHO' : 'PING'
      for (let i = 0; i < count; i++) {
        raw.write(encode([ping, `reply ${i}`]))
        publisher.send('PUBLISH', 'news', `message ${i}`)
        if (i % 7 === 0) await new Promise(resolve => setImmediate(resolve))
      }
      const answer = await raw.until(
        bytes => bytes.includes(`reply ${count - 1}\r\n`) && bytes.includes(`message ${count - 1}\r\n`),
      )
      for (const kind of ['reply', 'message']) {
        const found = [...answer.matchAll(new RegExp(`${kind} (\\d+)\\r\\n`, 'g'))].map(([, number]) => Number(number))
        expect(found).toEqual(Array.from({ length: count }, (_, i) => i))
      }
      const frame = new RegExp(
        `^(?:${protocol === 3 ? '>' : '\\*'}3\r\n\\$7\r\nmessage\r\n\\$4\r\nnews\r\n\\$\\d+\r\nmessage \\d+\r\n|` +
          `${protocol === 3 ? '' : '\\*2\r\n\\$4\r\npong\r\n'}\\$\\d+\r\nreply \\d+\r\n)*$`,
      )
      expect(answer).toMatch(frame)
    })

    test('subscriptions are counted, and left all at once', async () => {
      await client.send('HELLO', protocol)
      const confirmed = async (...argv: string[]): Promise<unknown> => {
        const reply = await client.send(...argv)
        return 'items' in reply ? reply.items.map(item => flat(item)) : flat(reply)
      }
      expect(await confirmed('SUBSCRIBE', 'a', 'b', 'a')).toEqual(['subscribe a 1', 'subscribe b 2', 'subscribe a 2'])
      expect(await confirmed('PSUBSCRIBE', 'p*')).toEqual(['psubscribe p* 3'])
      expect(await confirmed('SSUBSCRIBE', 's')).toEqual(['ssubscribe s 1'])
      expect(await confirmed('UNSUBSCRIBE', 'nosuch')).toEqual(['unsubscribe nosuch 3'])
      expect(await confirmed('UNSUBSCRIBE')).toHaveLength(2)
      expect(await confirmed('UNSUBSCRIBE')).toEqual([`unsubscribe ${protocol === 3 ? 'null' : 'null-bulk'} 1`])
      expect(await confirmed('PUNSUBSCRIBE')).toEqual(['punsubscribe p* 0'])
      expect(await confirmed('SUNSUBSCRIBE')).toEqual(['sunsubscribe s 0'])
      expect(flat(await client.send('HMSETNX', 'h', 'f', 'v'))).toBe('OK')
      expect(await confirmed('SUBSCRIBE', 'left')).toEqual(['subscribe left 1'])
      // A module's command is no command that a subscriber may send in RESP2.
      const refused =
        "ERR Can't execute 'hmsetnx': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
      expect(flat(await client.send('HMSETNX', 'h2', 'f', 'v'))).toBe(protocol === 3 ? 'OK' : refused)
      await client.send('RESET')
      await expect.poll(async () => flat(await admin.send('PUBSUB', 'NUMSUB', 'left'))).toBe('left 0')
    })

    test('replies that look like messages are none', async () => {
      await client.send('HELLO', protocol)
      await admin.send('RPUSH', 'message', 'message', 'news', 'hi')
      await admin.send('RPUSH', 'subscribe', 'subscribe', 'news', '1')
      await client.sendMany([
        ['SUBSCRIBE', 'x'],
        ['UNSUBSCRIBE', 'x'],
      ])
      for (const key of ['message', 'subscribe']) {
        expect(
          await client
            .sendMany([
              ['LRANGE', key, 0, -1],
              ['ECHO', 'a'],
            ])
            .then(all => all.map(flat)),
        ).toEqual([flat(await admin.send('LRANGE', key, 0, -1)), 'a'])
      }
    })
  })

  describe('CLIENT TRACKING', () => {
    test('tells of changes by commands of modules, and of what those have read', async () => {
      await client.send('HELLO', '3')
      await client.send('CLIENT', 'TRACKING', 'ON')
      await client.send('HGETALL', 'h')
      const other = await pair.connect()
      expect(flat(await other.send('HMSETNX', 'h', 'f', 'v'))).toBe('OK')
      expect(flat(await client.nextPush())).toBe('invalidate h')
      await other.close()
    })

    test('redirected to another connection, in RESP2', async () => {
      const listener = await pair.connect()
      await listener.send('CLIENT', 'SETNAME', 'listener')
      const id = flat(await listener.send('CLIENT', 'ID'))
      await listener.send('SUBSCRIBE', '__redis__:invalidate')
      expect(await client.send('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id)).toEqual(OK)
      await client.send('GET', 'k')
      await admin.send('SET', 'k', 'v')
      expect(flat(await listener.nextPush())).toBe('message __redis__:invalidate k')
      await client.send('GET', 'k')
      await listener.close()
    })

    test('the connection that it is redirected to may get its id before it does anything else', async () => {
      const listener = await pair.connect()
      const id = flat(await listener.send('CLIENT', 'ID'))
      await listener.send('SUBSCRIBE', '__redis__:invalidate')
      expect(flat(await client.send('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id))).toBe('OK')
      await client.send('GET', 'k')
      await admin.send('SET', 'k', 'v')
      expect(flat(await listener.nextPush())).toBe('message __redis__:invalidate k')
      await listener.close()
    })
  })

  test('MONITOR shows what others send, and modules’ reads and writes, until RESET', async () => {
    await client.send('MONITOR')
    const other = await pair.connect()
    await other.sendMany([
      ['SET', 'k', 'v'],
      ['HMSETNX', 'h', 'f', 'v'],
      ['ECHO', 'end'],
    ])
    const seen: string[] = []
    while (!seen.at(-1)?.endsWith('"ECHO" "end"')) seen.push(text(await client.nextPush()))
    expect(seen.some(line => line.endsWith('"SET" "k" "v"'))).toBe(true)
    expect(seen.some(line => /"h" "f"/.test(line))).toBe(true)
    await other.close()
  })

  test.each([
    ['RESET\r\nPING\r\nHMSETNX h f v\r\n', ['+RESET', '+PONG', '+OK']],
    ['QUIT\r\n', ['+OK']],
    ['PING\r\nQUIT\r\n', ['+PONG', '+OK']],
    ['PING\r\nHMSETNX h f v\r\nRESET\r\n', ['+PONG', "-ERR Replica can't interact with the keyspace", '+RESET']],
    ['MONITOR\r\nPING\r\nRESET\r\n', ['+PONG', '+RESET']],
    ['SELECT 1\r\nRESET\r\nSET k v\r\n', ['+OK', '+RESET', '+OK']],
  ])('after MONITOR, %j', async (sent, replies) => {
    const raw = await pair.raw()
    raw.write('MONITOR\r\n')
    await raw.until(bytes => bytes.endsWith('+OK\r\n'))
    raw.write(sent)
    const late = setTimeout(() => raw.socket.destroy(), 2000)
    const lines = (bytes: string): string[] => bytes.split('\r\n').filter(line => line !== '' && !/^\+\d+\./.test(line))
    const answer = await raw.until(bytes => lines(bytes).length >= replies.length && bytes.endsWith('\r\n'))
    clearTimeout(late)
    expect(lines(answer)).toEqual(replies)
  })

  test('WAIT counts what the client itself has written', async () => {
    expect(flat(await client.send('WAIT', '0', '10'))).toBe(0)
    expect(
      await client.sendMany([['SET', 'k', 'v'], ['WAIT', '1', '20'], ['PING']]).then(all => all.map(flat)),
    ).toEqual(['OK', 0, 'PONG'])
  })

  test('connections for modules’ commands are closed when nobody uses them, and made again', async () => {
    const { upstream } = pair.gateway.gateway
    const connected = async (): Promise<number> => {
      const list = text(await admin.send('CLIENT', 'LIST'))
      return list.split('\n').filter(line => / cmd=(exec|unwatch|watch|hget) /.test(line)).length
    }
    const runAll = async (): Promise<void> => {
      expect(flat(await client.send('HMSETNX', 'unused', 'f', 'v'))).toBe('OK')
      expect(flat(await client.send('DEL', 'unused'))).toBe(1)
    }
    await runAll()
    expect(await connected()).toBeGreaterThan(0)
    upstream.closeUnused(performance.now() - 60_000)
    expect(await connected()).toBeGreaterThan(0)
    const began = performance.now()
    const waiting = client.sendMany(Array.from({ length: 20 }, () => ['HMSETNX', 'h', 'f', 'v']))
    upstream.closeUnused(performance.now())
    expect((await waiting).map(flat)).toEqual(['OK', ...Array.from({ length: 19 }, () => 0)])
    upstream.closeUnused(began)
    await runAll()
    upstream.closeUnused(performance.now())
    await expect.poll(connected).toBe(0)
    await runAll()
  })

  test('a connection that has only been opened costs the server none', async () => {
    const connections = Number(await info('clients', 'connected_clients'))
    const all = await Promise.all(Array.from({ length: 50 }, () => rawClient(pair.gateway.socketPath)))
    await Promise.all(
      all.map(async raw => {
        raw.write('PING\r\nSET k v\r\n')
        await raw.until(bytes => bytes.endsWith('OK\r\n'))
      }),
    )
    expect(Number(await info('clients', 'connected_clients'))).toBeLessThanOrEqual(connections + 2)
    await Promise.all(all.map(raw => raw.close()))
  })
})

describeWithRedis('a server that has all the clients that it may have', () => {
  test('refuses what needs a connection of its own, and the rest goes on', async () => {
    const pair = await openPair()
    const client = await pair.connect()
    const admin = await pair.direct()
    const other = await pair.connect()
    await client.send('PING')
    await other.send('PING')
    const clients = /connected_clients:(\d+)/.exec(text(await admin.send('INFO', 'clients')))?.[1] ?? ''
    expect(await admin.send('CONFIG', 'SET', 'maxclients', clients)).toEqual(OK)
    expect(flat(await other.send('SET', 'k', 'v'))).toBe('OK')
    expect(flat(await other.send('CLIENT', 'ID'))).toMatch(
      /max(imum)? number of clients|all the clients that it may have/,
    )
    expect(flat(await other.send('GET', 'k'))).toBe('v')
    expect(flat(await client.send('GET', 'k'))).toBe('v')
    expect(flat(await client.send('SELECT', '3'))).toMatch(
      /max(imum)? number of clients|all the clients that it may have/,
    )
    expect(flat(await client.send('GET', 'k'))).toBe('v')
    // Who comes now would not be let in by the server, which cannot be asked whether it wants a password.
    const late = await pair.connect()
    expect(flat(await late.send('GET', 'k'))).toMatch(/max(imum)? number of clients|all the clients that it may have/)
    await admin.send('CONFIG', 'SET', 'maxclients', '1000')
    await expect.poll(async () => flat(await other.send('CLIENT', 'ID'))).toEqual(expect.any(Number))
    await expect.poll(async () => flat(await late.send('GET', 'k'))).toBe('v')
    await pair.stop()
  })
})

function text(reply: Reply): string {
  return 'value' in reply ? String(reply.value) : ''
}

/** A reply as one word: of an aggregate, its elements with spaces between. */
function flat(reply: Reply): string | number {
  if ('items' in reply) return reply.items.map(flat).join(' ')
  if ('entries' in reply) return reply.entries.map(entry => entry.map(flat).join(' ')).join(' ')
  if (!('value' in reply)) return reply.type
  return typeof reply.value === 'number' ? reply.value : String(reply.value)
}
