import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'

/** All that a server answers to these bytes, after which the client has nothing more to say, until it closes. */
function talk(path: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true })
    let heard = ''
    socket.setEncoding('latin1')
    socket.on('data', text => {
      heard += text
    })
    // A server may close while we still write.
    socket.on('error', error =>
      'code' in error && ['EPIPE', 'ECONNRESET'].includes(String(error.code)) ? undefined : reject(error),
    )
    socket.on('close', () => resolve(heard))
    socket.on('end', () => socket.end())
    // In one write: a server that closes with bytes unread resets the connection, and its answer is lost on the way.
    socket.end(bytes, 'latin1')
  })
}

describeWithRedis('any bytes at all', () => {
  let krmt: KrmtServer
  let redis: RedisServer

  beforeAll(async () => {
    ;[krmt, redis] = await Promise.all([startKrmtServer(), startRedisServer()])
  })
  afterAll(async () => {
    await Promise.all([krmt.stop(), redis.stop()])
  })

  const compare = async (bytes: string): Promise<void> => {
    const [ours, theirs] = await Promise.all([talk(krmt.socketPath, bytes), talk(redis.socketPath, bytes)])
    expect(ours).toBe(theirs)
  }

  test.each([
    '*1\r\n$4\r\nPING\r\n',
    '*x\r\nPING\r\n',
    '*-1\r\nPING\r\n',
    '*0\r\nPING\r\n',
    '*\r\nPING\r\n',
    '*+1\r\nPING\r\n',
    '* 1\r\n$4\r\nPING\r\n',
    '*01\r\n$4\r\nPING\r\n',
    '*-0\r\nPING\r\n',
    '*2147483647\r\n',
    '*2147483648\r\nPING\r\n',
    '*9223372036854775808\r\nPING\r\n',
    '*1\n$4\r\nPING\r\n',
    '*1\r\nPING\r\n',
    '*1\r\n\r\nPING\r\n',
    '*1\r\n$\r\nPING\r\n',
    '*1\r\n$-1\r\nPING\r\n',
    '*1\r\n$04\r\nPING\r\n',
    '*1\r\n$x\r\nPING\r\n',
    '*1\r\n$536870913\r\nPING\r\n',
    '*1\r\n$3\r\nPING\r\n',
    '*1\r\n$4\r\nPINGxxPING\r\n',
    '*1\r\n$5\r\nPING\r\n',
    '*1\r\n$0\r\n\r\nPING\r\n',
    '*2\r\n$4\r\nPING\r\n$2\r\n\r\n\r\n',
    '*1\rx$4\r\nPING\r\n',
    '$4\r\nPING\r\n',
    '+PING\r\n',
    ':1\r\nPING\r\n',
    '\r\n\r\n\nPING\r\n',
    ' PING \r\n',
    'PING\n',
    'PING\r',
    'PING',
    'ECHO "a\r\nPING\r\n',
    'ECHO "a"b\r\nPING\r\n',
    "ECHO 'a\\'b' \r\n",
    'ECHO "\\x41\\n\\q"\r\n',
    'ECHO \t a\v\r\n',
    'QUIT\r\nPING\r\n',
    'quit now\r\nPING\r\n',
    'GET / HTTP/1.1\r\nPING\r\n',
    'POST / HTTP/1.1\r\nPING\r\n',
    'PING\r\nhost: x\r\nPING\r\n',
    '*1\r\n$4\r\npost\r\nPING\r\n',
    '*1\r\n$4\r\nquit\r\nPING\r\n',
    'MULTI\r\nSET k v\r\n*x\r\nEXEC\r\n',
    '\xff\xfe\x01\r\nPING\r\n',
    '*1\r\n$4\r\n\xff\xfe\x00\x01\r\nPING\r\n',
    'HELLO 9\r\n*x\r\n',
    '\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n',
    `ECHO ${'x'.repeat(60_000)}\r\n`,
    `ECHO ${'x'.repeat(65_600)}`,
    `*${'1'.repeat(65_600)}`,
    `*1\r\n$${'1'.repeat(65_600)}`,
    `*2\r\n$4\r\nECHO\r\n$70000\r\n${'x'.repeat(70_000)}\r\n`,
  ])('%j', async bytes => compare(bytes))

  test('a client that has not authenticated', async () => {
    const [ours, theirs] = await Promise.all([
      startKrmtServer({ config: { requirepass: 'pw' } }),
      startRedisServer({ args: ['--requirepass', 'pw'] }),
    ])
    for (const bytes of [
      'PING\r\n',
      `*10\r\n${'$1\r\nx\r\n'.repeat(10)}PING\r\n`,
      `*11\r\n${'$1\r\nx\r\n'.repeat(11)}PING\r\n`,
      `*2\r\n$4\r\nECHO\r\n$16384\r\n${'x'.repeat(16_384)}\r\nPING\r\n`,
      '*2\r\n$4\r\nECHO\r\n$16385\r\nx',
      `AUTH pw\r\n*11\r\n$6\r\nEXISTS\r\n${'$1\r\nx\r\n'.repeat(10)}PING\r\n`,
      '*1\r\n$x\r\n',
    ]) {
      expect(await talk(ours.socketPath, bytes), bytes.slice(0, 40)).toBe(await talk(theirs.socketPath, bytes))
    }
    await Promise.all([ours.stop(), theirs.stop()])
  })

  /** No NUL: Redis takes it for the end of all that it has read, and waits for more; we go on behind it. */
  const char = fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code))
  const valid = fc
    .array(
      fc.oneof(
        fc.constantFrom('PING', 'ECHO', 'GET', 'SET', 'k', '', 'x', '\r\n', '*1', '$4'),
        fc.string({ unit: char, maxLength: 6 }),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map(argv => `*${argv.length}\r\n${argv.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`)
  const piece = fc.oneof(
    { weight: 6, arbitrary: valid },
    {
      weight: 2,
      arbitrary: fc.constantFrom('PING\r\n', 'ECHO "a b" c\r\n', 'GET k\n', '\r\n', '*0\r\n', 'SET k v\r\n'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('*', '$', '*2\r\n', '$3\r\n', '\r', '\n', '-1\r\n', '"', "'", ' ', '99999'),
    },
    { weight: 1, arbitrary: fc.string({ unit: char, maxLength: 10 }) },
  )
  /** Streams that are right but for something here and there. */
  const streams = fc
    .tuple(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.array(fc.tuple(fc.nat(), char), { maxLength: 2 }))
    .map(([pieces, mistakes]) => {
      let stream = pieces.join('')
      for (const [place, wrong] of mistakes) {
        const i = place % (stream.length + 1)
        stream = stream.slice(0, i) + wrong + stream.slice(i + (place % 2))
      }
      return stream
    })
    .filter(stream => !/post|host:|shutdown/i.test(stream))

  test('random streams get the same answers', async () => {
    await fc.assert(fc.asyncProperty(streams, compare), { numRuns: 3000 })
  }, 120_000)

  test('pure noise, and much of it, leaves the server as it was', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: char, maxLength: 4000 }), compare), { numRuns: 200 })
    expect(await talk(krmt.socketPath, 'PING\r\n')).toBe('+PONG\r\n')
    expect(krmt.engine.clients.size).toBe(0)
  }, 60_000)
})
