import { once } from 'node:events'
import { Redis, type Result } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { describeOnServers } from './servers.js'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Takes so much off a stock, if there is so much; gives what is left, or null. */
    take(stock: string, amount: number): Result<number | null, Context>
    /** Joins the values of so many keys, with what is given between them. */
    joined(keys: number, ...keysAndSeparator: (string | number)[]): Result<string, Context>
    reversed(key: string | Buffer): Result<string, Context>
    reversedBuffer(key: string | Buffer): Result<Buffer, Context>
    failing(): Result<never, Context>
  }
}

const SCRIPTS = {
  take: {
    numberOfKeys: 1,
    lua: `
      local left = tonumber(redis.call('GET', KEYS[1]) or 0) - tonumber(ARGV[1])
      if left < 0 then return nil end
      redis.call('SET', KEYS[1], left)
      return left`,
  },
  joined: { lua: `return table.concat(redis.call('MGET', unpack(KEYS)), ARGV[1])`, readOnly: true },
  reversed: { numberOfKeys: 1, lua: `return string.reverse(redis.call('GET', KEYS[1]))`, readOnly: true },
  failing: { numberOfKeys: 0, lua: `return redis.error_reply('SOLD OUT')` },
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

const LIBRARY = `#!lua name=shop

local function take(keys, args)
  local left = tonumber(redis.call('GET', keys[1]) or 0) - tonumber(args[1])
  if left < 0 then return redis.error_reply('SOLD only ' .. left + args[1] .. ' left') end
  redis.call('SET', keys[1], left)
  return left
end

redis.register_function('take', take)
redis.register_function{
  function_name = 'left',
  callback = function(keys) return redis.call('GET', keys[1]) end,
  flags = {'no-writes'},
  description = 'what is left of a stock',
}`

describeOnServers('ioredis', server => {
  describe.each([2, 3] as const)('RESP%i', protocol => {
    describe('a command defined by a script', () => {
      const connect = (): Redis => server.ioredis({ protocol, scripts: SCRIPTS })

      test('is called as any other', async () => {
        const redis = connect()
        await redis.set('apples', 5)
        expect(await redis.take('apples', 3)).toBe(2)
        expect(await redis.take('apples', 3)).toBe(null)
        expect(await redis.get('apples')).toBe('2')
        await redis.mset('a', 1, 'b', 'two', 'c', 3)
        expect(await redis.joined(3, 'a', 'b', 'c', ', ')).toBe('1, two, 3')
        expect(await redis.joined(1, 'b', ', ')).toBe('two')
      })

      test('is defined later as well', async () => {
        const redis = server.ioredis({ protocol })
        redis.defineCommand('take', SCRIPTS.take)
        await redis.set('apples', 5)
        expect(await redis.take('apples', 5)).toBe(0)
      })

      test('gives exactly what there is to those who come at once', async () => {
        const clients = Array.from({ length: 5 }, connect)
        await clients[0]!.set('apples', 70)
        const taken = await Promise.all(Array.from({ length: 100 }, (_, i) => clients[i % 5]!.take('apples', 1)))
        expect(taken.filter(left => left === null)).toHaveLength(30)
        expect(taken.filter(left => left !== null).sort((a, b) => b - a)).toEqual(
          Array.from({ length: 70 }, (_, i) => 69 - i),
        )
      })

      test('keeps every byte', async () => {
        const redis = connect()
        await redis.set(ALL_BYTES, ALL_BYTES)
        expect(await redis.reversedBuffer(ALL_BYTES)).toEqual(Buffer.from(ALL_BYTES).reverse())
        await redis.set('text', 'ẞ')
        expect(await redis.reversedBuffer('text')).toEqual(Buffer.from('ẞ').reverse())
      })

      test('stands in a pipeline, before its script is known to the server too', async () => {
        const redis = connect()
        const run = (): Promise<unknown> =>
          redis
            .pipeline()
            .set('apples', 5)
            .take('apples', 1)
            .take('apples', 9)
            .joined(2, 'apples', 'apples', '-')
            .failing()
            .take('apples', 2)
            .get('apples')
            .exec()
        const expected = [
          [null, 'OK'],
          [null, 4],
          [null, null],
          [null, '4-4'],
          [expect.objectContaining({ message: 'SOLD OUT' })],
          [null, 2],
          [null, '2'],
        ]
        expect(await run()).toEqual(expected)
        expect(await run()).toEqual(expected)
        expect(await server.calls()).toMatchObject({ eval: 3, evalsha: 7 })
      })

      test('stands in a transaction', async () => {
        const redis = connect()
        const run = (): Promise<unknown> => redis.multi().set('apples', 5).take('apples', 1).take('apples', 1).exec()
        expect(await run()).toEqual([
          [null, 'OK'],
          [null, 4],
          [null, 3],
        ])
        await redis.script('FLUSH')
        // Nothing is sent again from within a transaction: it has been executed.
        const lost = [expect.objectContaining({ message: expect.stringMatching(/^NOSCRIPT /) })]
        expect(await run()).toEqual([[null, 'OK'], lost, lost])
        expect(await redis.take('apples', 1)).toBe(4)
        expect(await run()).toEqual([
          [null, 'OK'],
          [null, 4],
          [null, 3],
        ])
      })

      test('is sent again when the server has lost its script', async () => {
        const redis = connect()
        await redis.set('apples', 5)
        await redis.take('apples', 1)
        await redis.script('FLUSH')
        expect(await redis.take('apples', 1)).toBe(3)
        await redis.script('FLUSH')
        expect(await redis.pipeline().take('apples', 1).take('apples', 1).exec()).toEqual([
          [null, 2],
          [null, 1],
        ])
        await redis.script('FLUSH')
        expect(await Promise.all([redis.take('apples', 1), redis.failing().catch(String)])).toEqual([
          0,
          expect.stringContaining('SOLD OUT'),
        ])
      })

      test('has its keys prefixed', async () => {
        const redis = server.ioredis({ protocol, scripts: SCRIPTS, keyPrefix: 'shop:' })
        await redis.set('apples', 5)
        expect(await redis.take('apples', 2)).toBe(3)
        expect(await redis.joined(2, 'apples', 'apples', '+')).toBe('3+3')
        expect(await server.ioredis().keys('*')).toEqual(['shop:apples'])
      })

      test('is pipelined by itself', async () => {
        const redis = server.ioredis({ protocol, scripts: SCRIPTS, enableAutoPipelining: true })
        await redis.set('apples', 100)
        const left = await Promise.all(Array.from({ length: 100 }, () => redis.take('apples', 1)))
        expect(left).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i))
      })
    })

    describe('EVAL and SCRIPT', () => {
      test('convert Lua values to replies', async () => {
        const redis = server.ioredis({ protocol })
        const cases: [lua: string, value: unknown][] = [
          ['return 3.99', 3],
          ['return -3.99', -3],
          ['return 2^53', 2 ** 53],
          ["return 'text'", 'text'],
          ['return true', 1],
          ['return false', null],
          ['return nil', null],
          ['return', null],
          ['return {1, 2, {3, "four", {}}, false, true}', [1, 2, [3, 'four', []], null, 1]],
          ['return {1, nil, 3}', [1]],
          ['return {key = "value"}', []],
          ["return {ok = 'FINE'}", 'FINE'],
          ["return redis.status_reply('FINE')", 'FINE'],
          ["return redis.call('SET', 'a', 1)", 'OK'],
          ["return redis.call('GET', 'none') == false", 1],
          ["return {redis.call('GET', 'a'), redis.call('INCR', 'a')}", ['1', 2]],
          ["return redis.pcall('INCR')['err']", 'ERR Wrong number of args calling Redis command from script'],
          ["return tostring(redis.call('GET', 'a') + 0.5)", '2.5'],
          ["return redis.sha1hex('')", 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
        ]
        const replies = []
        for (const [lua] of cases) replies.push([lua, await redis.eval(lua, 0)])
        expect(replies).toEqual(cases)
      })

      test('take keys and arguments, of bytes', async () => {
        const redis = server.ioredis({ protocol })
        expect(await redis.eval('return {#KEYS, #ARGV, KEYS[2], ARGV[1]}', 2, 'a', 'b', 'c', 4)).toEqual([
          2,
          2,
          'b',
          'c',
        ])
        expect(await redis.callBuffer('EVAL', 'return KEYS[1] .. ARGV[1]', 1, ALL_BYTES, ALL_BYTES)).toEqual(
          Buffer.concat([ALL_BYTES, ALL_BYTES]),
        )
        const many = Array.from({ length: 5000 }, (_, i) => String(i))
        expect(await redis.eval("redis.call('RPUSH', KEYS[1], unpack(ARGV)) return ARGV", 1, 'list', ...many)).toEqual(
          many,
        )
        expect(await redis.llen('list')).toBe(5000)
      })

      test('fail as Redis does', async () => {
        const redis = server.ioredis({ protocol })
        await redis.set('text', 'text')
        const fails = async (lua: string): Promise<string> =>
          redis.eval(lua, 1, 'text').then(
            reply => `no error but ${reply}`,
            (error: Error) => error.message.replace(/[0-9a-f]{40}/, '<sha>'),
          )
        expect(await fails("return redis.call('INCR', KEYS[1])")).toBe(
          'ERR value is not an integer or out of range script: <sha>, on @user_script:1.',
        )
        expect(await fails("return redis.pcall('INCR', KEYS[1])")).toBe('ERR value is not an integer or out of range')
        expect(await fails("\nerror('my own')")).toBe('ERR user_script:2: my own script: <sha>, on @user_script:2.')
        expect(await fails("error({err = 'MINE my own'})")).toBe('MINE my own script: <sha>, on @user_script:1.')
        expect(await fails('return nothing.at.all')).toBe(
          "ERR user_script:1: Script attempted to access nonexistent global variable 'nothing' script: <sha>, on @user_script:1.",
        )
        expect(await fails('x = 1')).toBe(
          'ERR user_script:1: Attempt to modify a readonly table script: <sha>, on @user_script:1.',
        )
        expect(await fails('return (')).toBe(
          "ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'",
        )
      })

      test('know scripts by their hashes', async () => {
        const redis = server.ioredis({ protocol })
        const sha = String(await redis.script('LOAD', 'return ARGV[1]'))
        expect(sha).toBe('098e0f0d1448c0a81dafe820f66d460eb09263da')
        expect(await redis.evalsha(sha, 0, 'here')).toBe('here')
        expect(await redis.evalsha(sha.toUpperCase(), 0, 'HERE')).toBe('HERE')
        expect(await redis.script('EXISTS', sha, '0'.repeat(40))).toEqual([1, 0])
        expect(await redis.script('FLUSH', 'SYNC')).toBe('OK')
        expect(await redis.script('EXISTS', sha)).toEqual([0])
        await expect(redis.evalsha(sha, 0)).rejects.toThrow('NOSCRIPT No matching script. Please use EVAL.')
      })

      test('have read-only forms', async () => {
        const redis = server.ioredis({ protocol })
        await redis.set('a', 1)
        expect(await redis.eval_ro("return redis.call('GET', KEYS[1])", 1, 'a')).toBe('1')
        const sha = String(await redis.script('LOAD', "return redis.call('SET', KEYS[1], 2)"))
        await expect(redis.evalsha_ro(sha, 1, 'a')).rejects.toThrow(
          'ERR Write commands are not allowed from read-only scripts.',
        )
        expect(await redis.get('a')).toBe('1')
      })

      test('publish', async () => {
        const [redis, subscriber] = [server.ioredis({ protocol }), server.ioredis({ protocol })]
        await subscriber.subscribe('news')
        const heard = once(subscriber, 'message')
        expect(await redis.eval("return redis.call('PUBLISH', KEYS[1], ARGV[1])", 1, 'news', 'today')).toBe(1)
        expect(await heard).toEqual(['news', 'today'])
      })

      test('work on JSON and MessagePack', async () => {
        const redis = server.ioredis({ protocol })
        const lua = `
          local order = cjson.decode(ARGV[1])
          for i, line in ipairs(order.lines) do
            redis.call('HINCRBY', KEYS[1], line.article, line.amount)
          end
          order.total = #order.lines
          redis.call('SET', KEYS[2], cmsgpack.pack(order.lines[1]))
          return {cjson.encode(order.lines[2]), cmsgpack.unpack(redis.call('GET', KEYS[2])).article, order.total}`
        const order = { lines: [{ article: 'äpfel', amount: 3 }, { amount: 2 ** 31 }] }
        order.lines[1] = { ...order.lines[1]!, article: 'x' }
        const [encoded, article, total] = (await redis.eval(lua, 2, 'orders', 'packed', JSON.stringify(order))) as [
          string,
          string,
          number,
        ]
        expect([JSON.parse(encoded), article, total]).toEqual([order.lines[1], 'äpfel', 2])
        expect(await redis.hgetall('orders')).toEqual({ äpfel: '3', x: String(2 ** 31) })
      })
    })

    describe('functions', () => {
      test('are loaded, called, listed and deleted', async () => {
        const redis = server.ioredis({ protocol })
        expect(await redis.function('LOAD', LIBRARY)).toBe('shop')
        await expect(redis.function('LOAD', LIBRARY)).rejects.toThrow("ERR Library 'shop' already exists")
        expect(await redis.function('LOAD', 'REPLACE', LIBRARY)).toBe('shop')
        await redis.set('apples', 5)
        expect(await redis.fcall('take', 1, 'apples', 3)).toBe(2)
        await expect(redis.fcall('take', 1, 'apples', 3)).rejects.toThrow(/^SOLD only 2 left$/)
        expect(await redis.fcall_ro('left', 1, 'apples')).toBe('2')
        await expect(redis.fcall_ro('take', 1, 'apples', 1)).rejects.toThrow(
          'ERR Can not execute a script with write flag using *_ro command.',
        )
        expect(await redis.function('LIST', 'LIBRARYNAME', 'sh*')).toEqual([
          [
            'library_name',
            'shop',
            'engine',
            'LUA',
            'functions',
            expect.toSatisfy((functions: unknown[]) => {
              expect([...functions].sort()).toEqual([
                ['name', 'left', 'description', 'what is left of a stock', 'flags', ['no-writes']],
                ['name', 'take', 'description', null, 'flags', []],
              ])
              return true
            }),
          ],
        ])
        expect(await redis.function('DELETE', 'shop')).toBe('OK')
        await expect(redis.fcall('left', 1, 'apples')).rejects.toThrow('ERR Function not found')
      })

      test('are dumped and restored', async () => {
        const redis = server.ioredis({ protocol })
        await redis.function('LOAD', LIBRARY)
        const dump = (await redis.functionBuffer('DUMP')) as unknown as Buffer
        await redis.function('FLUSH')
        expect(await redis.function('LIST')).toEqual([])
        expect(await redis.function('RESTORE', dump)).toBe('OK')
        await redis.set('apples', 5)
        expect(await redis.multi().fcall('take', 1, 'apples', 1).fcall('left', 1, 'apples').exec()).toEqual([
          [null, 4],
          [null, '4'],
        ])
      })
    })
  })

  test('maps the types of RESP3 that a script gives', async () => {
    const redis = new Redis({ port: server.port, host: '127.0.0.1', protocol: 3, replyMapping: 'resp3' })
    server.after(() => redis.disconnect())
    await redis.hset('hash', 'field', 'value')
    const lua = `
      redis.setresp(3)
      return {redis.call('HGETALL', KEYS[1]), {double = 1.5}, true, false, {set = {a = true}}, {map = {[1] = 'one'}},
        {big_number = '123'}, {verbatim_string = {format = 'txt', string = 'text'}}}`
    expect(await redis.eval(lua, 1, 'hash')).toEqual([
      { field: 'value' },
      1.5,
      true,
      false,
      ['a'],
      { 1: 'one' },
      '123',
      'text',
    ])
  })
})
