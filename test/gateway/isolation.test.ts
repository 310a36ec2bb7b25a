import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quoteArg } from '../../src/bytes/split-args.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, encode } from '../support/resp-client.js'
import { openPair, type Pair, type RawClient, rawClient } from './setup.js'

const { KRMT_FUZZ_SEED } = process.env
const SEED = Number(KRMT_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** HMSETNX for a server that lacks it. */
const HMSETNX = `
  local type = redis.call('TYPE', KEYS[1]).ok
  if type ~= 'none' and type ~= 'hash' then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
  for i = 1, #ARGV, 2 do if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then return 0 end end
  redis.call('HSET', KEYS[1], unpack(ARGV))
  return redis.status_reply('OK')
`
const WRONG_ARITY = `return redis.error_reply("ERR wrong number of arguments for 'hmsetnx' command")`
const NESTED = 'return {ARGV[1], {ARGV[1], {ARGV[1], 7, false}, {}}, redis.error_reply("MY " .. ARGV[1])}'

/** A part of what a client sends: commands that belong together, in words of which `@` stands for something of its own. */
type Step = readonly (readonly string[])[]

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>([['ECHO', '@']], [['PING', '@']], [['PING']], [['TIME', 'x']]) },
  { weight: 3, arbitrary: fc.constantFrom<Step>([['SET', '@k', '@']], [['GET', '@k']], [['GET', '@nosuch']]) },
  { weight: 3, arbitrary: fc.constantFrom<Step>([['RPUSH', '@l', '@', 'a']], [['LRANGE', '@l', '0', '-1']]) },
  { weight: 2, arbitrary: fc.constantFrom<Step>([['SADD', '@s', '@']], [['SMEMBERS', '@none']], [['HGETALL', '@h']]) },
  { weight: 2, arbitrary: fc.constantFrom<Step>([['INCR', '@l']], [['@nosuch', 'a', '@']], [['GET']], [['CLIENT']]) },
  { weight: 1, arbitrary: fc.nat({ max: 3 }).map<Step>(size => [['SET', '@k', '@'.padEnd(10 ** (size + 2), 'x')]]) },
  { weight: 2, arbitrary: fc.constantFrom<Step>([['HMSETNX', '@h', 'f', '@']], [['HMSETNX', '@h2', '@', '1']]) },
  { weight: 1, arbitrary: fc.constantFrom<Step>([['HMSETNX', '@l', 'f', '@']], [['HMSETNX', '@h']]) },
  // From here on, what gives it a connection of its own.
  { weight: 2, arbitrary: fc.constantFrom<Step>([['EVAL', NESTED, '0', '@']], [['CLIENT', 'SETNAME', '@']]) },
  { weight: 1, arbitrary: fc.constant<Step>([['CLIENT', 'GETNAME']]) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>(
      [['MULTI'], ['SET', '@k', '@'], ['GET', '@k'], ['INCR', '@k'], ['EXEC']],
      [['MULTI'], ['ECHO', '@'], ['DISCARD'], ['ECHO', '@']],
      [['MULTI'], ['@nosuch'], ['ECHO', '@'], ['EXEC']],
      [['WATCH', '@k'], ['SET', '@k', '@'], ['MULTI'], ['ECHO', '@'], ['EXEC']],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      [['BLPOP', '@l', '0.01']],
      [['BLPOP', '@none', '0.01']],
      [['SUBSCRIBE', '@c', '@c'], ['PING', '@'], ['UNSUBSCRIBE'], ['ECHO', '@']],
      [['SUBSCRIBE', '@c'], ['PSUBSCRIBE', '@c'], ['UNSUBSCRIBE'], ['PUNSUBSCRIBE'], ['UNSUBSCRIBE'], ['ECHO', '@']],
      [
        ['SUBSCRIBE', '@c'],
        ['GET', '@k'],
        ['PUBSUB', 'NUMPAT', 'x'],
        ['UNSUBSCRIBE', '@c'],
      ],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>(
      [['SELECT', '1']],
      [['SELECT', '2']],
      [['SELECT', '0']],
      [['SELECT', '99']],
      [['MULTI'], ['SELECT', '3'], ['EXEC']],
      [['HELLO', '3']],
      [['HELLO', '2']],
      [['HELLO', '4']],
      [['RESET']],
      [['AUTH', '@']],
      [['AUTH', 'nobody', '@']],
      [
        ['CLIENT', 'REPLY', 'SKIP'],
        ['ECHO', '@'],
      ],
      [
        ['CLIENT', 'REPLY', 'OFF'],
        ['ECHO', '@'],
        ['SET', '@k', '@'],
        ['CLIENT', 'REPLY', 'ON'],
      ],
    ),
  },
)

/** What a client sends, whether as inline commands, and where it is cut. */
const conversation = fc.record({
  steps: fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 40, size: 'max' }),
  cuts: fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 20 }),
  pauses: fc.boolean(),
})
type Conversation = typeof conversation extends fc.Arbitrary<infer T> ? T : never

describeWithRedis(`clients get their own replies, in order, KRMT_FUZZ_SEED=${SEED}`, () => {
  let pair: Pair
  let alone: RedisServer
  let round = 0

  beforeAll(async () => {
    ;[pair, alone] = await Promise.all([openPair(), startRedisServer()])
  })
  afterAll(async () => {
    await Promise.all([pair?.stop(), alone?.stop()])
  })

  /** All that a server answers, ids of connections left out. */
  async function answerOf(path: string, talk: Conversation, id: string, isAlone: boolean): Promise<string> {
    const client = await rawClient(path)
    const end = `the end of ${id}`
    const bytes = [...talk.steps, [[['ECHO', end]], false] as const]
      .flatMap(([commands, isInline], at) =>
        commands.map(command => {
          const words = command.map(word => word.replaceAll('@', `${id}:${word === '@' ? at : ''}`))
          const [name, key, ...rest] = words
          const isModules = isAlone && name === 'HMSETNX'
          const argv = isModules ? ['EVAL', rest.length === 0 ? WRONG_ARITY : HMSETNX, '1', key ?? '', ...rest] : words
          return isInline && argv.every(word => word.length < 1000)
            ? `${argv.map(quoteArg).join(' ')}\r\n`
            : encode(argv)
        }),
      )
      .join('')
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const length = 1 + talk.cuts[i % talk.cuts.length]! ** 2
      client.write(bytes.slice(at, at + length))
      at += length
      if (talk.pauses || i % 3 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    const late = setTimeout(() => client.socket.destroy(), 3000)
    const answer = await client.until(received => received.endsWith(`\r\n${end}\r\n`))
    clearTimeout(late)
    await client.close()
    return answer.replace(/(\$2\r\nid\r\n):\d+/g, '$1:ID')
  }

  test('whatever they send at the same time, and however it is cut', async () => {
    const property = fc.asyncProperty(fc.array(conversation, { minLength: 1, maxLength: 8 }), async talks => {
      round++
      const [ours, theirs] = await Promise.all(
        [pair.gateway.socketPath, alone.socketPath].map(path =>
          Promise.all(talks.map((talk, i) => answerOf(path, talk, `${round}.${i}`, path === alone.socketPath))),
        ),
      )
      expect(ours).toEqual(theirs)
    })
    await fc.assert(property, { seed: SEED, numRuns: 100, endOnFailure: false })
    await expect.poll(() => pair.gateway.gateway.connections.size).toBe(0)
  }, 120_000)

  test.each([1, 50])('with values of %i MB between small ones', async megabytes => {
    const size = megabytes << 20
    const large = await pair.connect()
    const small = await pair.connect()
    const value = 'x'.repeat(size)
    let isOver = false
    const talk = (async () => {
      let count = 0
      for (; !isOver; count++) {
        const replies = await small.sendMany([
          ['ECHO', count],
          ['GET', 'nosuch'],
          ['PING', `${count}!`],
        ])
        expect(replies.map(reply => ('value' in reply ? reply.value : reply.type))).toEqual([
          String(count),
          'null-bulk',
          `${count}!`,
        ])
      }
      return count
    })()
    const replies = await large.sendMany([
      ['ECHO', 'before'],
      ['SET', 'large', value],
      ['STRLEN', 'large'],
      ['GET', 'large'],
      ['HMSETNX', 'h', 'f', value],
      ['HSTRLEN', 'h', 'f'],
      ['ECHO', 'after'],
      ['DEL', 'h', 'large'],
    ])
    isOver = true
    expect(await talk).toBeGreaterThan(1)
    expect(replies.map(reply => ('value' in reply ? String(reply.value).slice(0, 20) : reply.type))).toEqual([
      'before',
      'OK',
      String(size),
      'x'.repeat(20),
      'OK',
      String(size),
      'after',
      '2',
    ])
    expect(replies[3]).toEqual({ type: 'bulk', value })
  })

  const long = 'x'.repeat(400_000)
  const set = `*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$${long.length}\r\n${long}\r\n`
  const bytes = (...all: number[]): string => String.fromCharCode(...all)
  const PROBE = '*1\r\n$4\r\nPING\r\n'
  const MALFORMED: readonly (readonly [string, string])[] = [
    ['a word of negative length', '*1\r\n$-5\r\n'],
    ['a word of no length', '*1\r\n$\r\n'],
    ['a length that is no number', '*1\r\n$abc\r\n'],
    ['a length with a sign', '*1\r\n$+4\r\nPING\r\n'],
    ['a length with a zero in front', '*1\r\n$04\r\nPING\r\n'],
    ['a length with a space', '*1\r\n$4 \r\nPING\r\n'],
    ['too long a word', '*1\r\n$536870913\r\n'],
    ['a count that is no number', '*abc\r\n'],
    ['a count of words with a sign', '*+1\r\n$4\r\nPING\r\n'],
    ['a negative count', '*-5\r\nPING\r\n'],
    ['no words', '*0\r\n'],
    ['no array', '*-1\r\n'],
    ['empty lines', '\r\n\r\n\n\n'],
    ['too many words', '*2147483648\r\n'],
    ['very many words', '*99999999999999999999\r\n'],
    ['many words that never come', '*1000000000\r\n$4\r\nPING\r\n'],
    ['a word without its length', '*1\r\nPING\r\n'],
    ['an integer for a word', '*2\r\n$4\r\nECHO\r\n:1\r\n'],
    ['an array in an array', '*2\r\n$4\r\nECHO\r\n*1\r\n$1\r\na\r\n'],
    ['nothing for a word', '*2\r\n$4\r\nECHO\r\n\r\n'],
    ['replies', '+OK\r\n-ERR no\r\n:1\r\n$2\r\nOK\r\n'],
    ['types of RESP3', '%1\r\n>1\r\n_\r\n#t\r\n'],
    ['quotes that do not end', 'GET "a\r\n'],
    ['a quote in the midst of a word', "'a'b\r\n"],
    ['too long a line', 'x'.repeat(70_000)],
    ['a command without a name', '*1\r\n$0\r\n\r\n'],
    ['a name of bytes', `*1\r\n$3\r\n${bytes(13, 10, 0)}\r\n`],
    ['a long name', `*1\r\n$5000\r\n${'x'.repeat(5000)}\r\n`],
    ['errors after what is right', `${PROBE}*1\r\n$-5\r\n${PROBE}`],
    ['HTTP', 'POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n'],
    ['a long command that goes on with no word', `${set}XX\r\n`],
    ['a long command that goes on with an integer', `${set}:1\r\n`],
    ['a long command that goes on with an array', `${set}*100\r\n`],
    ['a long command that goes on with nothing', `${set}\r\n`],
    ['a long command that goes on with a word of negative length', `${set}$-1\r\n`],
    ['a long command that goes on with too long a word', `${set}$999999999999\r\n`],
    ['a long command that there is not', `*2\r\n$6\r\nNOSUCH\r\n$400000\r\n${long}\r\n`],
    ['a long command with too many words', `*3\r\n$3\r\nGET\r\n$1\r\nk\r\n$400000\r\n${long}\r\n`],
    ['a long name of a command', `*2\r\n$400000\r\n${long}\r\n$1\r\na\r\n`],
    ['a long subcommand', `*3\r\n$6\r\nCONFIG\r\n$400000\r\n${long}\r\n$1\r\na\r\n`],
    ['long commands behind each other', `${set}$2\r\nEX\r\n${PROBE}${set}$7\r\nKEEPTTL\r\n`],
  ]
  /** What comes in part, and then no more, and what redis-server takes for that: a line with a zero byte. */
  const HALF: readonly (readonly [string, string])[] = [
    ['a header', '*'],
    ['a count', '*3\r\n'],
    ['a name', '*1\r\n$4\r\nPI'],
    ['a word', '*2\r\n$3\r\nGET\r\n$100\r\nabc'],
    ['a line end', '*2\r\n$3\r\nGET\r\n$1\r\na\r'],
    ['a line', 'PING'],
    ['a zero in a line', `GET a${bytes(0)}b\r\n`],
    ['a handshake of TLS', `${bytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)}\r\n`],
    ['bytes', `${bytes(0, 255, 1, 128, 10)}\r\n`],
    ['a long word', `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$400000\r\nxxx`],
    ['a very long word', `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nxxx`],
    ['a long word, but for its line end', `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$400000\r\n${long}\r`],
    ['a long word with more to come', set],
    ['MULTI', '*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nGET\r\n'],
  ]

  test.each([
    ['*', 'too big mbulk count string'],
    ['*1\r\n$', 'too big bulk count string'],
  ])('nobody is disturbed by too long a header %j', async (start, error) => {
    await othersDuring(async () => {
      for (const { socketPath } of [alone, pair.gateway]) {
        const client = await rawClient(socketPath)
        client.write(`${start}${'1'.repeat(70_000)}`)
        expect(await client.until(() => false)).toBe(`-ERR Protocol error: ${error}\r\n`)
        await client.close()
      }
    })
  })

  /** What a server answers to one that sends this, one PING behind it, and then ends. */
  async function answerTo(path: string, sent: string): Promise<string> {
    const client = await rawClient(path)
    client.write(sent + PROBE)
    // Who still writes when the other side has closed does not get to see what it has said.
    const soon = setTimeout(() => client.socket.end(), 20)
    const late = setTimeout(() => client.socket.destroy(), 2000)
    const answer = await client.until(() => false)
    clearTimeout(soon)
    clearTimeout(late)
    await client.close()
    return answer
  }

  /** Others that use the lanes meanwhile: each sees its own, and nobody is thrown out. */
  async function othersDuring(task: () => Promise<void>): Promise<void> {
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect({ path: pair.gateway.socketPath })))
    let isOver = false
    const talks = clients.map(async (client, i) => {
      for (let n = 0; !isOver; n++) {
        const own = `${i}:${n}`
        const replies = await client.sendMany([
          ['SET', `other:${i}`, own],
          ['ECHO', own],
          ['GET', `other:${i}`],
          ['HMSETNX', `h:${own}`, 'f', own],
          ['HGET', `h:${own}`, 'f'],
          ['DEL', `h:${own}`],
        ])
        expect(replies.map(reply => 'value' in reply && reply.value)).toEqual(['OK', own, own, 'OK', own, 1])
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    })
    try {
      await Promise.race([task(), Promise.all(talks)])
    } finally {
      isOver = true
      await Promise.all(talks)
      await Promise.all(clients.map(client => client.close()))
    }
  }

  test.each(MALFORMED)('nobody is disturbed by %s', async (_, sent) => {
    await othersDuring(async () => {
      const their = await answerTo(alone.socketPath, sent)
      for (let i = 0; i < 3; i++) expect(await answerTo(pair.gateway.socketPath, sent)).toBe(their)
    })
  })

  test.each(HALF)('nobody waits for the rest of %s', async (_, sent) => {
    await othersDuring(async () => {
      const halves = await Promise.all(Array.from({ length: 5 }, () => rawClient(pair.gateway.socketPath)))
      for (const client of halves) client.write(sent)
      const other = await connect({ path: pair.gateway.socketPath })
      for (let i = 0; i < 20; i++) {
        expect(await other.send('ECHO', i)).toEqual({ type: 'bulk', value: String(i) })
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      const [first, ...rest] = halves as [RawClient, ...RawClient[]]
      // One ends its side only.
      first.socket.end()
      await first.ended
      await Promise.all([first, ...rest, other].map(client => client.close()))
    })
    const direct = await pair.direct()
    await expect
      .poll(async () => /blocked_clients:(\d+)/.exec(JSON.stringify(await direct.send('INFO', 'clients')))?.[1])
      .toBe('0')
  })

  test('what is no line end behind a word is refused: on a lane, others would pay for it', async () => {
    await othersDuring(async () => {
      const answer = await answerTo(pair.gateway.socketPath, '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nabcXX')
      expect(answer).toBe('-ERR Protocol error: invalid bulk length\r\n')
    })
  })
})
