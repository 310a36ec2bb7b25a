import { type CommandParser, createClient, defineScript, RESP_TYPES } from 'redis'
import { describe, expect, test } from 'vitest'
import { describeOnServers } from './servers.js'

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

const scripts = {
  /** Takes so much off a stock, if there is so much; gives what is left, or null. */
  take: defineScript({
    NUMBER_OF_KEYS: 1,
    SCRIPT: `
      local left = tonumber(redis.call('GET', KEYS[1]) or 0) - tonumber(ARGV[1])
      if left < 0 then return nil end
      redis.call('SET', KEYS[1], left)
      return left`,
    parseCommand(parser: CommandParser, stock: string, amount: number) {
      parser.pushKey(stock)
      parser.push(String(amount))
    },
    transformReply: (reply: number | null) => reply,
  }),
  /** The fields of a hash and their values, as a Map. */
  fields: defineScript({
    NUMBER_OF_KEYS: 1,
    IS_READ_ONLY: true,
    SCRIPT: `return redis.call('HGETALL', KEYS[1])`,
    parseCommand: (parser: CommandParser, key: string) => parser.pushKey(key),
    transformReply: (reply: string[]) =>
      new Map(Array.from({ length: reply.length / 2 }, (_, i) => [reply[2 * i]!, reply[2 * i + 1]!])),
  }),
  /** The values of keys, with what is given between them. */
  joined: defineScript({
    SCRIPT: `return table.concat(redis.call('MGET', unpack(KEYS)), ARGV[1])`,
    parseCommand(parser: CommandParser, keys: string[], separator: string) {
      parser.pushKeysLength(keys)
      parser.push(separator)
    },
    transformReply: (reply: string) => reply,
  }),
  reversed: defineScript({
    NUMBER_OF_KEYS: 1,
    SCRIPT: `return string.reverse(redis.call('GET', KEYS[1]))`,
    parseCommand: (parser: CommandParser, key: Buffer) => parser.pushKey(key),
    transformReply: (reply: Buffer) => reply,
  }),
}

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

const functions = {
  shop: {
    take: {
      NUMBER_OF_KEYS: 1,
      parseCommand(parser: CommandParser, stock: string, amount: number) {
        parser.pushKey(stock)
        parser.push(String(amount))
      },
      transformReply: (reply: number) => reply,
    },
    left: {
      NUMBER_OF_KEYS: 1,
      IS_READ_ONLY: true,
      parseCommand: (parser: CommandParser, stock: string) => parser.pushKey(stock),
      transformReply: (reply: string | null) => Number(reply),
    },
  },
}

describeOnServers('node-redis', server => {
  describe.each([2, 3] as const)('RESP%i', RESP => {
    async function connect(options: { keyPrefix?: string } = {}) {
      const socket = { port: server.port, host: '127.0.0.1' }
      const client = createClient({ RESP, socket, scripts, functions, ...options })
      await client.connect()
      server.after(() => client.close())
      return client
    }

    describe('a command defined by a script', () => {
      test('is called as any other', async () => {
        const client = await connect()
        await client.set('apples', 5)
        expect(await client.take('apples', 3)).toBe(2)
        expect(await client.take('apples', 3)).toBe(null)
        expect(await client.get('apples')).toBe('2')
        await client.mSet({ a: '1', b: 'two', c: '3' })
        expect(await client.joined(['a', 'b', 'c'], ', ')).toBe('1, two, 3')
        expect(await client.joined(['b'], ', ')).toBe('two')
      })

      test('has its reply transformed', async () => {
        const client = await connect()
        await client.hSet('user:1', { name: 'Ada', city: 'London' })
        expect(await client.fields('user:1')).toEqual(
          new Map([
            ['name', 'Ada'],
            ['city', 'London'],
          ]),
        )
        expect(await client.fields('user:2')).toEqual(new Map())
      })

      test('gives exactly what there is to those who come at once', async () => {
        const clients = await Promise.all(Array.from({ length: 5 }, () => connect()))
        await clients[0]!.set('apples', 70)
        const taken = await Promise.all(Array.from({ length: 100 }, (_, i) => clients[i % 5]!.take('apples', 1)))
        expect(taken.filter(left => left === null)).toHaveLength(30)
        expect(taken.filter(left => left !== null).sort((a, b) => b - a)).toEqual(
          Array.from({ length: 70 }, (_, i) => 69 - i),
        )
      })

      test('keeps every byte', async () => {
        const client = (await connect()).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
        await client.set(ALL_BYTES, ALL_BYTES)
        expect(await client.reversed(ALL_BYTES)).toEqual(Buffer.from(ALL_BYTES).reverse())
      })

      test('stands in a transaction, where its script is sent before its hash', async () => {
        const client = await connect()
        const run = () => client.multi().set('apples', 5).take('apples', 1).take('apples', 9).take('apples', 1).exec()
        expect(await run()).toEqual(['OK', 4, null, 3])
        await client.scriptFlush()
        expect(await run()).toEqual(['OK', 4, null, 3])
        expect(await server.calls()).toMatchObject({ multi: 2, exec: 2, eval: 2, evalsha: 4 })
      })

      test('is sent when the server does not know it', async () => {
        const client = await connect()
        await client.set('apples', 5)
        expect(await client.take('apples', 1)).toBe(4)
        expect(await client.take('apples', 1)).toBe(3)
        await client.scriptFlush()
        expect(await client.take('apples', 1)).toBe(2)
        expect(await server.calls()).toMatchObject({ eval: 2, evalsha: 3 })
      })

      test('is loaded in advance', async () => {
        const client = await connect()
        expect(await client.scriptLoad(scripts.take.SCRIPT)).toBe(scripts.take.SHA1)
        await client.set('apples', 5)
        expect(await client.take('apples', 1)).toBe(4)
        expect(await server.calls()).not.toHaveProperty('eval')
      })

      test('has its keys prefixed', async () => {
        const client = await connect({ keyPrefix: 'shop:' })
        await client.set('apples', 5)
        expect(await client.take('apples', 2)).toBe(3)
        expect(await server.ioredis().keys('*')).toEqual(['shop:apples'])
      })
    })

    describe('EVAL and SCRIPT', () => {
      test('give the same values, and are as exact', async () => {
        const client = await connect()
        const given = await client.eval('return {#KEYS, #ARGV, KEYS[2], ARGV[1], 3.99, false, {ok = "FINE"}, {{}}}', {
          keys: ['a', 'b'],
          arguments: ['c'],
        })
        expect(given).toEqual([2, 1, 'b', 'c', 3, null, 'FINE', [[]]])
        await expect(client.eval("return redis.call('INCR', KEYS[1], 1)", { keys: ['a'] })).rejects.toThrow(
          /^ERR Wrong number of args calling Redis command from script script: [0-9a-f]{40}, on @user_script:1\.$/,
        )
        await expect(client.eval("return {err = 'MINE my own'}")).rejects.toThrow(/^MINE my own$/)
      })

      test('know scripts by their hashes', async () => {
        const client = await connect()
        const sha = await client.scriptLoad('return ARGV[1]')
        expect(await client.evalSha(sha, { arguments: ['here'] })).toBe('here')
        expect(await client.scriptExists([sha, '0'.repeat(40)])).toEqual([1, 0])
        await client.scriptFlush('ASYNC')
        await expect(client.evalSha(sha)).rejects.toThrow('NOSCRIPT No matching script. Please use EVAL.')
      })

      test('have read-only forms', async () => {
        const client = await connect()
        await client.set('a', 1)
        expect(await client.evalRo("return redis.call('GET', KEYS[1])", { keys: ['a'] })).toBe('1')
        await expect(client.evalRo("return redis.call('DEL', KEYS[1])", { keys: ['a'] })).rejects.toThrow(
          'ERR Write commands are not allowed from read-only scripts.',
        )
        expect(await client.exists('a')).toBe(1)
      })

      test('publish', async () => {
        const [client, subscriber] = [await connect(), await connect()]
        let hear: (message: string) => void = () => {}
        const heard = new Promise<string>(resolve => {
          hear = resolve
        })
        await subscriber.subscribe('news', hear)
        const lua = "return redis.call('PUBLISH', KEYS[1], ARGV[1])"
        expect(await client.eval(lua, { keys: ['news'], arguments: ['today'] })).toBe(1)
        expect(await heard).toBe('today')
      })

      test('make the transaction that watches a key that they change fail', async () => {
        const [client, other] = [await connect(), await connect()]
        await client.set('apples', 5)
        await client.watch('apples')
        expect(await other.take('apples', 1)).toBe(4)
        await expect(client.multi().take('apples', 1).exec()).rejects.toThrow('watched keys has been changed')
        expect(await client.get('apples')).toBe('4')
      })
    })

    describe('functions', () => {
      test('are called by their names', async () => {
        const client = await connect()
        expect(await client.functionLoad(LIBRARY)).toBe('shop')
        await client.set('apples', 5)
        expect(await client.shop.take('apples', 3)).toBe(2)
        expect(await client.shop.left('apples')).toBe(2)
        await expect(client.shop.take('apples', 3)).rejects.toThrow(/^SOLD only 2 left$/)
        expect(await client.multi().shop.take('apples', 1).shop.left('apples').exec()).toEqual([1, 1])
        expect(await client.fCall('take', { keys: ['apples'], arguments: ['1'] })).toBe(0)
        await expect(client.fCallRo('take', { keys: ['apples'], arguments: ['1'] })).rejects.toThrow(
          'ERR Can not execute a script with write flag using *_ro command.',
        )
        expect(await server.calls()).toMatchObject({ fcall: 4, fcall_ro: 3 })
      })

      test('are loaded, listed, replaced and deleted', async () => {
        const client = await connect()
        await client.functionLoad(LIBRARY)
        await expect(client.functionLoad(LIBRARY)).rejects.toThrow("ERR Library 'shop' already exists")
        expect(await client.functionLoad(LIBRARY, { REPLACE: true })).toBe('shop')
        const [library, ...others] = await client.functionListWithCode({ LIBRARYNAME: 'sh*' })
        expect(others).toEqual([])
        expect(library).toMatchObject({ library_name: 'shop', engine: 'LUA', library_code: LIBRARY })
        const listed = library!.functions.map(({ name, description, flags }) => [name, description, [...flags]])
        expect(listed.sort()).toEqual([
          ['left', 'what is left of a stock', ['no-writes']],
          ['take', null, []],
        ])
        expect(await client.functionStats()).toMatchObject({
          running_script: null,
          engines: { LUA: { libraries_count: 1, functions_count: 2 } },
        })
        expect(await client.functionDelete('shop')).toBe('OK')
        await expect(client.shop.left('apples')).rejects.toThrow('ERR Function not found')
      })

      test('are dumped and restored', async () => {
        const client = await connect()
        await client.functionLoad(LIBRARY)
        const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
        const dump = await bytes.functionDump()
        await client.functionFlush()
        expect(await client.functionList()).toEqual([])
        expect(await client.functionRestore(dump)).toBe('OK')
        await client.set('apples', 5)
        expect(await client.shop.take('apples', 1)).toBe(4)
      })
    })

    test('a script gives the types of its protocol', async () => {
      const client = await connect()
      await client.hSet('hash', 'field', 'value')
      const lua = `
        redis.setresp(3)
        return {redis.call('HGETALL', KEYS[1]), {double = 1.5}, true, false, {set = {a = true}}, {map = {[1] = 'one'}},
          {big_number = '123'}, {verbatim_string = {format = 'txt', string = 'text'}}}`
      const given = await client.eval(lua, { keys: ['hash'] })
      if (RESP === 2) expect(given).toEqual([['field', 'value'], '1.5', 1, 0, ['a'], [1, 'one'], '123', 'text'])
      else expect(given).toEqual([{ field: 'value' }, 1.5, true, false, ['a'], { 1: 'one' }, 123n, 'text'])
    })
  })
})
