import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealPayload } from '../../src/rdb/payload.js'
import { RdbWriter } from '../../src/rdb/writer.js'
import { describeDifferential } from '../support/differential.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'
import { code, lua } from '../support/scripts.js'

const COUNTER = lua`
  #!lua name=counter
  local count = 0
  redis.register_function('count', function() count = count + 1 return count end)
`

describeDifferential('FUNCTION', ({ session, servers }) => {
  let krmt: RespClient
  let redis: RespClient

  beforeAll(async () => {
    const both = servers()
    krmt = await connect({ path: both.krmt.socketPath })
    redis = await connect({ path: both.redis.socketPath })
  })
  afterAll(async () => {
    await Promise.all([krmt?.close(), redis?.close()])
  })

  const send = (...argv: (string | number)[]): Promise<[Reply, Reply]> =>
    Promise.all([krmt.send(...argv), redis.send(...argv)])

  /** Sends a command to both, whose replies must be the same; gives the reply. */
  async function same(...argv: (string | number)[]): Promise<Reply> {
    const [ours, theirs] = await send(...argv)
    expect(ours, JSON.stringify(argv)).toEqual(theirs)
    return ours
  }

  describe('dumps', () => {
    const servers = { 'redis-server': () => [redis, krmt] as const, krmt: () => [krmt, redis] as const }

    test.each(Object.entries(servers))('what %s has dumped can be loaded by the other twice', async (_, sides) => {
      const [from, to] = sides()
      await same('FUNCTION', 'FLUSH')
      await from.send('FUNCTION', 'LOAD', COUNTER)
      const dump = await from.send('FUNCTION', 'DUMP')
      if (dump.type !== 'bulk') throw new Error(JSON.stringify(dump))
      for (let time = 0; time < 2; time++) {
        expect(await to.send('FUNCTION', 'RESTORE', dump.value, 'REPLACE')).toEqual({ type: 'status', value: 'OK' })
        for (const count of [1, 2])
          expect(await to.send('FCALL', 'count', 0)).toEqual({ type: 'integer', value: count })
        expect(await to.send('FUNCTION', 'LIST', 'WITHCODE')).toEqual(await from.send('FUNCTION', 'LIST', 'WITHCODE'))
        expect(await to.send('FUNCTION', 'DUMP')).toEqual(dump)
      }
      expect(await to.send('FUNCTION', 'RESTORE', dump.value)).toEqual({
        type: 'error',
        value: 'ERR Library counter already exists',
      })
    })

    test('of random libraries are the same', async () => {
      const part = fc.oneof(
        fc.string({ unit: 'binary-ascii', maxLength: 60 }),
        fc.uint8Array({ maxLength: 300, max: 4 }).map(bytes => Buffer.from(bytes).toString('latin1')),
        fc.constantFrom('local function f(keys, args) return redis.call("GET", keys[1]) end ', 'a'.repeat(500)),
      )
      const comments = fc
        .array(fc.tuple(part, fc.integer({ min: 1, max: 40 })), { maxLength: 12 })
        .map(parts => parts.map(([text, times]) => text.repeat(times)).join(''))
        .map(text => text.replaceAll('\n', ' '))
      await same('FUNCTION', 'FLUSH')
      await fc.assert(
        fc.asyncProperty(comments, async comment => {
          const library = `#!lua name=lib\n-- ${comment}\nredis.register_function('f', function() return 1 end)`
          await same('FUNCTION', 'LOAD', 'REPLACE', library)
          await same('FUNCTION', 'DUMP')
        }),
        { numRuns: 300 },
      )
      await same('FUNCTION', 'FLUSH')
    })

    test('in the form of the release candidates of 7.0', async () => {
      const body = "redis.register_function('old', function() return 'old' end)"
      const dumpOf = (name: string, engine: string, description: string | undefined, blob: string): string => {
        const writer = new RdbWriter()
        writer.byte(246)
        writer.string(name)
        writer.string(engine)
        writer.length(description === undefined ? 0 : 1)
        if (description !== undefined) writer.string(description)
        writer.string(blob)
        return sealPayload(writer.bytes)
      }
      await same('FUNCTION', 'FLUSH')
      for (const dump of [
        dumpOf('one', 'LUA', undefined, body),
        dumpOf('one', 'lua', 'what it does', body),
        dumpOf('one', 'js', undefined, body),
        dumpOf('o-ne', 'LUA', undefined, body),
        dumpOf('one two', 'LUA', undefined, body),
        dumpOf('one\0two', 'LUA\0', '\0', `${body}\0 syntax error`),
      ]) {
        await same('FUNCTION', 'RESTORE', dump, 'REPLACE')
        await same('FCALL', 'old', 0)
        await same('FUNCTION', 'LIST', 'WITHCODE')
        await same('FUNCTION', 'FLUSH')
      }
    })
  })

  describe('random libraries', () => {
    beforeAll(() => same('FUNCTION', 'FLUSH'))

    test('with all kinds of first lines', async () => {
      const word = fc.oneof(
        fc.constantFrom(
          '#!lua',
          '#!LUA',
          '#!js',
          '#!',
          'lua',
          'name=a',
          'NAME=b',
          'name=',
          'name=a-b',
          'flags=no-writes',
        ),
        fc.constantFrom(
          '"name=a"',
          "'name=b'",
          'name="a"',
          '"name=a',
          "name='b' ",
          '"na\\x6de=a"',
          '\\',
          '\0',
          '\r',
          '\t',
          '\v',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 5 }).map(text => text.replaceAll('\n', '')),
      )
      const line = fc
        .tuple(fc.constantFrom('#!lua', '#!lua ', '#!Lua', '#!', ''), fc.array(word, { maxLength: 4 }))
        .map(([first, words]) => [first, ...words].join(' '))
        // In a first line, `\n` in quotes would end up in the error, which Redis sends as it is: a broken reply.
        .filter(text => !/\\[nrx]0?/.test(text.replace('\\x6d', '')))
      await fc.assert(
        fc.asyncProperty(line, fc.constantFrom('\n', '\r\n', ''), async (first, end) => {
          await same('FUNCTION', 'LOAD', `${first}${end}redis.register_function('f', function() return 1 end)`)
          await same('FUNCTION', 'LIST', 'WITHCODE')
          await same('FUNCTION', 'FLUSH')
        }),
        { numRuns: 1000 },
      )
    })

    test('with all kinds of named arguments', async () => {
      const key = fc.constantFrom(
        ...['function_name', 'FUNCTION_NAME', 'callback', 'Callback', 'description', 'flags', 'Flags', 'nosuch'].map(
          name => `['${name}']`,
        ),
        "['callback\\0x']",
        '[1]',
        '[true]',
      )
      const value = fc.constantFrom(
        "'f'",
        "'g'",
        "''",
        "'a b'",
        '1',
        '1.5',
        'true',
        'nil',
        'redis.log',
        'function() return 1 end',
        '{}',
        "{'no-writes'}",
        "{'allow-oom', 'allow-stale'}",
        "{'NO-CLUSTER', nil, 'x'}",
        "{'no-writes', 'nosuch'}",
        '{1}',
        '{{}}',
        "{'no-writes\\0x'}",
      )
      const rest = fc.array(fc.tuple(key, value), { maxLength: 3 })
      const sound = fc.tuple(
        fc.constantFrom(["['function_name']", "'f'"], ["['Function_Name']", '7']),
        fc.constantFrom(["['callback']", 'redis.log'], ["['CALLBACK']", 'function() return 1 end']),
      )
      const entries = fc.oneof(
        rest,
        fc.tuple(sound, rest).map(([first, more]) => [...first, ...more]),
      )
      await fc.assert(
        fc.asyncProperty(entries, async pairs => {
          const table = pairs.map(([name, of]) => `${name} = ${of}`).join(', ')
          await same('FUNCTION', 'LOAD', `#!lua name=lib\nredis.register_function{${table}}`)
          await same('FUNCTION', 'LIST')
          await same('FUNCTION', 'FLUSH')
        }),
        { numRuns: 400 },
      )
    })
  })

  test('INFO tells how many there are', async () => {
    const counts = async (): Promise<string[][]> =>
      (await send('INFO', 'memory')).map(reply =>
        reply.type === 'bulk' || reply.type === 'verbatim'
          ? (reply.value.match(/number_of_(functions|libraries):\d+/g) ?? [])
          : [],
      )
    for (const change of [
      ['FLUSH'],
      ['LOAD', COUNTER],
      ['LOAD', "#!lua name=two\nredis.register_function('a', redis.log) redis.register_function('b', redis.log)"],
      ['DELETE', 'counter'],
      ['FLUSH'],
    ]) {
      await same('FUNCTION', ...change)
      const [ours, theirs] = await counts()
      expect(ours).toEqual(theirs)
      expect(ours).toHaveLength(2)
    }
  })

  test('MONITOR shows the call, and then what the function calls', async () => {
    const seen = async (path: string, client: RespClient): Promise<string[]> => {
      const monitor = await connect({ path })
      await monitor.send('MONITOR')
      await client.send(
        'FUNCTION',
        'LOAD',
        'REPLACE',
        "#!lua name=lib\nredis.register_function('f', function(k) return redis.call('SET', k[1], 'v') end)",
      )
      await client.send('FCALL', 'f', 1, 'key')
      await client.send('FCALL_RO', 'f', 1, 'key')
      await client.send('FCALL', 'nosuch', 0)
      await client.send('ECHO', 'end')
      const lines: string[] = []
      do {
        const push = await monitor.nextPush()
        if (push.type !== 'status') throw new Error(JSON.stringify(push))
        lines.push(push.value.replace(/^[\d.]+ \[(\d+) ([a-z]+)[^\]]*\]/, '$1 $2'))
      } while (!lines.at(-1)!.includes('ECHO'))
      await monitor.close()
      return lines
    }
    const both = servers()
    const ours = await seen(both.krmt.socketPath, krmt)
    expect(ours).toEqual(await seen(both.redis.socketPath, redis))
    expect(ours).toContain('0 lua "SET" "key" "v"')
    await same('FUNCTION', 'FLUSH')
  })

  session(
    'keys of FCALL, and names in MULTI',
    `FUNCTION FLUSH
     COMMAND GETKEYS FCALL f 2 a b c
     COMMAND GETKEYS FCALL f 0 a
     COMMAND GETKEYS FCALL f 3 a b
     COMMAND GETKEYS FCALL_RO f 1 a
     [sorted] COMMAND LIST FILTERBY PATTERN f*call*
     [sorted] COMMAND LIST FILTERBY PATTERN function*
     FUNCTION LOAD ${code`${COUNTER}`}
     MULTI
     FCALL count 0
     FUNCTION LOAD REPLACE ${code`${COUNTER}`}
     FCALL count 0
     FUNCTION LOAD REPLACE ${code`
       #!lua name=counter
       error('broken')
     `}
     FCALL count 0
     FUNCTION STATS
     EXEC
     FUNCTION FLUSH`,
  )
})

describeDifferential(
  'a function that takes long',
  ({ servers }) => {
    const library = lua`
      #!lua name=slow
      redis.register_function('spin', function() while true do end end)
      redis.register_function('write', function(keys)
        redis.call('SET', keys[1], 'written')
        while redis.call('GET', keys[1]) == 'written' do for i = 1, 1e5 do end end
      end)
    `

    /** What a side answers, in order: everything but how long the function has been running. */
    async function play(path: string): Promise<Reply[]> {
      const runner = await connect({ path })
      const other = await connect({ path })
      const replies: Reply[] = []
      const say = async (...argv: string[]): Promise<Reply> => {
        const reply = await other.send(...argv)
        replies.push(withoutDuration(reply))
        return reply
      }
      const isBusy = async (): Promise<void> => {
        for (;;) {
          const reply = await other.send('GET', 'key')
          if (reply.type === 'error' && reply.value.startsWith('BUSY')) return
        }
      }
      await say('FUNCTION', 'LOAD', 'REPLACE', library)

      for (const protocol of ['2', '3']) {
        const running = runner.send('fcall', 'SPIN', '1', 'key', 'a\0b')
        await isBusy()
        await say('GET', 'key')
        await other.send('HELLO', protocol)
        await say('FUNCTION', 'STATS')
        await say('SCRIPT', 'KILL')
        await say('FUNCTION', 'LIST')
        await say('FUNCTION', 'LOAD', library)
        await say('FUNCTION', 'FLUSH')
        await say('FCALL', 'spin', '0')
        await say('EVAL', 'return 1', '0')
        await say('MULTI')
        await say('FUNCTION', 'DUMP')
        await say('EXEC')
        await say('FUNCTION', 'KILL')
        replies.push(await running)
        await say('FUNCTION', 'KILL')
        await say('FUNCTION', 'STATS')
        await other.send('HELLO', '2')
      }

      const transaction = runner.sendMany([
        ['MULTI'],
        ['FCALL', 'spin', 0],
        ['FUNCTION', 'STATS'],
        ['ECHO', 'next'],
        ['EXEC'],
      ])
      await isBusy()
      await say('FUNCTION', 'STATS')
      await say('FUNCTION', 'KILL')
      replies.push(...(await transaction))

      const script = runner.send('EVAL', 'while true do end', '0')
      await isBusy()
      await say('FUNCTION', 'STATS')
      await say('FUNCTION', 'KILL')
      await say('SCRIPT', 'KILL')
      replies.push(await script)

      await say('FUNCTION', 'LIST', 'LIBRARYNAME', 'nosuch')
      await Promise.all([runner.close(), other.close()])
      return replies
    }

    test('is told of in the same words, and can be killed', async () => {
      const { krmt, redis } = servers()
      const ours = await play(krmt.socketPath)
      expect(ours).toEqual(await play(redis.socketPath))
    })

    test('cannot be killed once it has written', async () => {
      const { krmt, redis } = servers()
      const [ours, theirs] = await Promise.all(
        [krmt, redis].map(async ({ socketPath: path }) => {
          const runner = await connect({ path })
          const other = await connect({ path })
          await other.send('FUNCTION', 'LOAD', 'REPLACE', library)
          runner.send('FCALL', 'write', 1, 'key').catch(() => {})
          let reply: Reply
          do reply = await other.send('FUNCTION', 'KILL')
          while (reply.type === 'error' && reply.value.startsWith('NOTBUSY'))
          // Only the server's end ends it.
          return [reply, withoutDuration(await other.send('FUNCTION', 'STATS'))]
        }),
      )
      expect(ours).toEqual(theirs)
      krmt.engine.scripting.close()
    })
  },
  { config: { 'busy-reply-threshold': '50' } },
)

function withoutDuration(reply: Reply): Reply {
  if (reply.type === 'map') {
    return {
      ...reply,
      entries: reply.entries.map(([key, value]) => [
        key,
        key.type === 'bulk' && key.value === 'duration_ms' ? { type: 'null' } : withoutDuration(value),
      ]),
    }
  }
  if (reply.type !== 'array') return reply
  return {
    ...reply,
    items: reply.items.map((item, i) => {
      const before = reply.items[i - 1]
      return before?.type === 'bulk' && before.value === 'duration_ms' ? { type: 'null' } : withoutDuration(item)
    }),
  }
}
