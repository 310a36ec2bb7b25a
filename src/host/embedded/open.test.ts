import { open } from 'krmt'
import { command, container, defineModule, type Forward, reply, t, type WriteContext } from 'krmt/module'
import geo from 'krmt/modules/geo'
import hmsetnx from 'krmt/modules/hmsetnx'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { answering, createWorkspace } from '../../../test/e2e/support/workspace.js'
import { connect } from '../../../test/support/resp-client.js'

type Answer = number | Forward | ReturnType<typeof reply.status | typeof reply.error> | (number | (string | number)[])[]

/** A module of one command, DO, that does what a test wants. */
function doing(run: (context: WriteContext) => Answer) {
  const of = command({ name: 'do', summary: 'Does it.', flags: ['write'], run: (_args, context) => run(context) })
  return defineModule({ name: 'doer', version: '1.0.0', requires: '^1', commands: [of] })
}

describe('open', () => {
  test('gives typed calls of the modules, and call() for everything', async () => {
    const db = await open({ modules: [hmsetnx, { module: geo, options: { order: 'longlat' } }] })
    expect(await db.hmsetnx({ key: 'user:1', entries: [{ field: 'name', value: 'Åsa' }] })).toBe('OK')
    expect(await db.hmsetnx({ key: 'user:1', entries: [{ field: 'name', value: 'Bob' }] })).toBe(0)
    expectTypeOf(db.hmsetnx).returns.resolves.toEqualTypeOf<'OK' | 0>()
    expect(await db.call('HGETALL', 'user:1')).toEqual({ name: 'Åsa' })
    expect(await db.call('GEOADD', 'places', '-0.12', '51.5', 'London')).toBe(1)
    await db.close()
  })

  test('a container gives its subcommands', async () => {
    const names = container({
      name: 'names',
      summary: 'Names.',
      subcommands: [
        command({
          name: 'say',
          summary: 'Says one.',
          flags: ['fast'],
          args: { name: t.text() },
          run: ({ name }) => reply.status(`hello ${name}`),
        }),
      ],
    })
    const db = await open({
      modules: [defineModule({ name: 'names', version: '1.0.0', requires: '^1', commands: [names] })],
    })
    expect(await db.names.say({ name: 'Ada' })).toBe('hello Ada')
    expect(await db.call('NAMES', 'HELP')).toContain('    Says one.')
    await expect(db.call('names', 'shout')).rejects.toThrow("ERR unknown subcommand 'shout'. Try NAMES HELP.")
    await db.close()
  })

  test('words may be text, bytes and numbers; replies are text, or bytes', async () => {
    const db = await open()
    const bytes = new Uint8Array([0, 255, 13, 10])
    await db.call('MSET', 'bytes', bytes, 'number', 1.5, 'big', 2n ** 62n, 'text', 'naïve')
    expect(await db.callBytes('GET', 'bytes')).toEqual(bytes)
    expect(await db.call('MGET', 'number', 'big', 'text', 'none')).toEqual([
      '1.5',
      '4611686018427387904',
      'naïve',
      null,
    ])
    await db.call('HSET', 'hash', '__proto__', 'x', 'a', bytes)
    expect(Object.entries((await db.call('HGETALL', 'hash')) ?? {})).toMatchObject([
      ['__proto__', 'x'],
      ['a', expect.any(String)],
    ])
    const map = await db.callBytes('HGETALL', 'hash')
    expect(map).toBeInstanceOf(Map)
    expect([...(map as Map<unknown, unknown>).values()][1]).toEqual(bytes)
    await expect(db.call()).rejects.toThrow('call() needs the name of a command')
    await expect(db.call('SET', 'key', {} as unknown as string)).rejects.toThrow(TypeError)
    await db.close()
  })

  test('an error reply is thrown', async () => {
    const db = await open()
    await expect(db.call('GET')).rejects.toMatchObject({
      name: 'ReplyError',
      message: "ERR wrong number of arguments for 'get' command",
    })
    await db.close()
  })

  test('messages of a channel, until they are no longer wanted', async () => {
    const db = await open()
    const heard: string[] = []
    const stop = db.subscribe('news', (message, channel) => heard.push(`${channel}: ${message}`))
    expect(await db.call('PUBLISH', 'news', 'one')).toBe(1)
    stop()
    expect(await db.call('PUBLISH', 'news', 'two')).toBe(0)
    expect(heard).toEqual(['news: one'])
    await db.close()
  })

  test('listen lets others in', async () => {
    const db = await open({ modules: [hmsetnx] })
    const { port } = await db.listen()
    const client = await connect({ port })
    expect(await client.send('HMSETNX', 'user', 'name', 'Ada')).toEqual({ type: 'status', value: 'OK' })
    expect(await db.call('HGET', 'user', 'name')).toBe('Ada')
    await db.close()
    await client.closed
  })

  test('calls that take time are answered in order, and those behind them too', async () => {
    const db = await open()
    const order: string[] = []
    const call = (...argv: string[]) => db.call(...argv).then(answer => order.push(`${argv[0]} ${answer}`))
    await Promise.all([
      call('MODULE', 'LOAD', 'poong'),
      call('POONG'),
      call('MODULE', 'UNLOAD', 'sh.matt.test.pong'),
      call('POONG').catch(error => order.push(error.message)),
      call('PING'),
    ])
    expect(order).toEqual([
      'MODULE OK',
      'POONG POOOOOOOOOONG',
      'MODULE OK',
      "ERR unknown command 'POONG', with args beginning with: ",
      'PING PONG',
    ])
    await call('PING')
    expect(order.at(-1)).toBe('PING PONG')
    await db.close()
  })

  test.each<[what: string, options: Parameters<typeof open>[0], error: string]>([
    ['a module that is none', { modules: [{ kind: 'module' } as never] }, 'name: must be text, not undefined'],
    ['a path with nothing', { modules: ['./nothing.ts'] }, 'no such file or folder'],
    [
      'an option that a module does not have',
      { modules: [{ module: geo, options: { order: 'up' } }] },
      "option 'order'",
    ],
    ['an unknown parameter', { config: { nothing: 1 } as never }, "ERR there is no parameter 'nothing'"],
    [
      'a bad value',
      { config: { databases: 0 } },
      "ERR parameter 'databases' cannot be '0': argument must be between 1 and 2147483647 inclusive",
    ],
  ])('fails for %s', async (_, options, error) => {
    await expect(open(options)).rejects.toThrow(error)
  })

  test('modules by path: load, reload, unload', async () => {
    const workspace = createWorkspace({ 'greeter.ts': answering('hello') })
    const db = await open({ modules: [workspace.path('greeter.ts')] })
    expect(await db.call('GREET')).toBe('hello')
    workspace.write('greeter.ts', answering('hello again'))
    await db.load(workspace.path('greeter.ts'))
    expect(await db.call('GREET')).toBe('hello again')
    await db.unload('greeter')
    await expect(db.call('GREET')).rejects.toThrow('ERR unknown command')
    await expect(db.unload('greeter')).rejects.toThrow('no such module')
    await db.close()
    workspace.remove()
  })
})

describe('EXEC', () => {
  test('gives all replies in one, errors among them', async () => {
    const db = await open({ modules: [doing(() => [1, ['two', Number.NaN]])] })
    await db.call('SET', 'text', 'x')
    await db.call('MULTI')
    for (const line of ['PING', 'INCR text', 'DO', 'MGET text none', 'DO']) await db.call(...line.split(' '))
    expect(await db.call('EXEC')).toMatchObject([
      'PONG',
      { message: 'ERR value is not an integer or out of range' },
      { message: expect.stringContaining("ERR internal error in 'do'") },
      ['x', null],
      { message: expect.stringContaining("ERR internal error in 'do'") },
    ])
    expect(await db.call('PING')).toBe('PONG')
    await db.close()
  })
})

describe('a command of a module', () => {
  test('writes nothing when its reply is none', async () => {
    const db = await open({
      modules: [
        doing(({ write }) => {
          write.call('SET', 'key', 'x')
          return Number.NaN
        }),
      ],
    })
    await expect(db.do()).rejects.toThrow(
      "ERR internal error in 'do': do cannot answer the number NaN: a reply cannot be NaN",
    )
    expect(await db.call('GET', 'key')).toBe(null)
    await db.close()
  })

  test('that answers an error has failed, and has written what it wrote', async () => {
    const db = await open({
      modules: [
        doing(({ write }) => {
          write.call('SET', 'key', 'x')
          return reply.error('OOPS not quite')
        }),
      ],
    })
    await expect(db.do()).rejects.toThrow('OOPS not quite')
    expect(await db.call('GET', 'key')).toBe('x')
    expect(await db.call('INFO', 'commandstats')).toMatch(/cmdstat_do:calls=1,.*,failed_calls=1/)
    expect(await db.call('INFO', 'errorstats')).toContain('errorstat_OOPS:count=1')
    await db.close()
  })

  test('can let a command of the engine answer', async () => {
    const db = await open({ modules: [doing(({ forward }) => forward('LRANGE', 'list', '0', '-1'))] })
    await db.call('RPUSH', 'list', 'a', 'b')
    expect(await db.do()).toEqual(['a', 'b'])
    await db.close()
  })

  test.each([
    [['MULTI'], "ERR a module cannot forward to 'MULTI'"],
    [['SUBSCRIBE', 'news'], "ERR a module cannot forward to 'SUBSCRIBE'"],
    [['SHUTDOWN'], "ERR a module cannot forward to 'SHUTDOWN'"],
    [['CONFIG', 'SET', 'timeout', '1'], "ERR a module cannot forward to 'CONFIG'"],
    [['DO'], "ERR unknown command 'DO'"],
    [['NOTHING'], "ERR unknown command 'NOTHING'"],
    [['GET'], "ERR wrong number of arguments for 'get' command"],
  ])('but not %j', async (argv, error) => {
    const db = await open({ modules: [doing(({ forward }) => forward(...argv))] })
    await expect(db.do()).rejects.toThrow(error)
    expect(await db.call('PING')).toBe('PONG')
    await db.close()
  })

  test('cannot write by forwarding when it only reads, nor do both', async () => {
    const reader = command({
      name: 'reader',
      summary: 'Reads.',
      flags: ['readonly'],
      run: (_args, { forward }) => forward('SET', 'key', 'x'),
    })
    const db = await open({
      modules: [
        defineModule({ name: 'reader', version: '1.0.0', requires: '^1', commands: [reader] }),
        doing(({ write, forward }) => {
          write.call('SET', 'key', 'x')
          return forward('PING')
        }),
      ],
    })
    await expect(db.call('READER')).rejects.toThrow("ERR a command without the flag 'write' cannot forward to 'SET'")
    await expect(db.do()).rejects.toThrow('do cannot both write and forward to PING')
    expect(await db.call('GET', 'key')).toBe(null)
    await db.close()
  })

  test('writes to the database of its caller, and once it may, also within EXEC', async () => {
    const db = await open({
      modules: [
        doing(({ write }) => {
          write.call('INCR', 'n')
          return reply.ok
        }),
      ],
    })
    await db.call('SELECT', 3)
    await db.call('MULTI')
    expect(await db.call('DO')).toBe('QUEUED')
    await db.call('DO')
    expect(await db.call('EXEC')).toEqual(['OK', 'OK'])
    expect(await db.call('GET', 'n')).toBe('2')
    await db.call('SELECT', 0)
    expect(await db.call('GET', 'n')).toBe(null)
    await db.close()
  })
})
