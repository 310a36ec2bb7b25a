import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from './redis-server.js'
import { connect, type Reply, ReplyParser, type RespClient } from './resp-client.js'

const bulk = (value: string): Reply => ({ type: 'bulk', value })
const array = (...items: Reply[]): Reply => ({ type: 'array', items })
const integer = (value: number | bigint): Reply => ({ type: 'integer', value })

describe('the reply parser', () => {
  const stream =
    '+OK\r\n-ERR no\r\n:12\r\n:9223372036854775807\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n_\r\n#t\r\n,1.50\r\n(99\r\n' +
    '!2\r\nno\r\n=6\r\ntxt:hi\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n~1\r\n:1\r\n%1\r\n+k\r\n*1\r\n:2\r\n>1\r\n+p\r\n|1\r\n+k\r\n:1\r\n:7\r\n'
  const replies: Reply[] = [
    { type: 'status', value: 'OK' },
    { type: 'error', value: 'ERR no' },
    integer(12),
    integer(9223372036854775807n),
    bulk('a\r\n'),
    { type: 'null-bulk' },
    { type: 'null-array' },
    array(),
    { type: 'null' },
    { type: 'boolean', value: true },
    { type: 'double', value: '1.50' },
    { type: 'big-number', value: '99' },
    { type: 'bulk-error', value: 'no' },
    { type: 'verbatim', format: 'txt', value: 'hi' },
    array(array(integer(1)), bulk('')),
    { type: 'set', items: [integer(1)] },
    { type: 'map', entries: [[{ type: 'status', value: 'k' }, array(integer(2))]] },
    { type: 'push', items: [{ type: 'status', value: 'p' }] },
    { type: 'attribute', entries: [[{ type: 'status', value: 'k' }, integer(1)]], reply: integer(7) },
  ]

  test.each([1, 2, 3, 7, stream.length])('reads a stream in pieces of %i bytes', size => {
    const read: Reply[] = []
    const parser = new ReplyParser(reply => read.push(reply))
    for (let i = 0; i < stream.length; i += size) parser.push(stream.slice(i, i + size))
    expect(read).toEqual(replies)
  })

  test.each(['hello\r\n', '$x\r\n', '$1\r\nabc', ':1.5\r\n', '*\r\n'])('refuses %j', text => {
    expect(() => new ReplyParser(() => {}).push(text)).toThrow()
  })
})

test('a reply that never comes rejects when the connection closes', async () => {
  const server: Server = createServer(socket => socket.once('data', () => socket.end('+half')))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const client = await connect({ port: typeof address === 'object' && address ? address.port : 0 })
  await expect(client.send('PING')).rejects.toThrow('closed')
  await expect(client.send('PING')).rejects.toThrow()
  await client.closed
  server.close()
})

describeWithRedis('the client, with redis-server', () => {
  let server: RedisServer
  let client: RespClient
  let other: RespClient

  beforeAll(async () => {
    server = await startRedisServer()
    client = await connect({ path: server.socketPath })
    other = await connect({ port: server.port })
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })

  test('sends one by one, in a pipeline and raw', async () => {
    expect(await client.send('SET', 'k\xff', '\x00')).toEqual({ type: 'status', value: 'OK' })
    expect(await client.sendMany([['GET', 'k\xff'], ['INCR', 'n'], ['NO']])).toEqual([
      bulk('\x00'),
      integer(1),
      { type: 'error', value: "ERR unknown command 'NO', with args beginning with: " },
    ])
    expect(await client.raw('PING\r\nPING a\r\n', 2)).toEqual([{ type: 'status', value: 'PONG' }, bulk('a')])
  })

  test.each([2, 3])('keeps messages apart from replies in RESP%i', async protocol => {
    const type = protocol === 2 ? 'array' : 'push'
    await client.send('HELLO', protocol)
    expect(await client.send('SUBSCRIBE', 'a', 'b')).toEqual({
      type: 'confirmations',
      items: [
        { type, items: [bulk('subscribe'), bulk('a'), integer(1)] },
        { type, items: [bulk('subscribe'), bulk('b'), integer(2)] },
      ],
    })
    await other.send('PUBLISH', 'a', 'hello')
    expect(await client.nextPush()).toEqual({ type, items: [bulk('message'), bulk('a'), bulk('hello')] })
    const gone = await client.send('UNSUBSCRIBE')
    expect(gone.type === 'confirmations' && gone.items.length).toBe(2)
    expect(await client.send('PING')).toEqual({ type: 'status', value: 'PONG' })
    expect(client.pushes).toEqual([])
  })

  test('stops, and says so to its clients', async () => {
    const doomed = await startRedisServer({ args: ['--databases', '2'] })
    const guest = await connect({ port: doomed.port })
    expect(await guest.send('SELECT', 2)).toEqual({ type: 'error', value: 'ERR DB index is out of range' })
    await doomed.stop()
    await guest.closed
    await expect(startRedisServer({ args: ['--databases', 'many'] })).rejects.toThrow('databases')
  })
})
