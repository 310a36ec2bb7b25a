import { realpathSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { ReplyError } from '../errors.js'
import { Config } from './config.js'
import type { ModuleSpec } from './module-list.js'

const here = { isLocal: true }
const elsewhere = { isLocal: false }
const open = (): Config => new Config({ dir: '/' })
const refused = (name: string, reason: string): ReplyError =>
  new ReplyError(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`)

describe('CONFIG GET', () => {
  test.each([
    [['timeout'], { timeout: '0' }],
    [['HZ', 'hz'], { HZ: '10', hz: '10' }],
    [['h[yz]'], { hz: '10' }],
    [['TIME*', 'timeout'], { timeout: '0' }],
    [
      ['hash-max-z*', 'hash-max-listpack-value'],
      { 'hash-max-ziplist-entries': '512', 'hash-max-ziplist-value': '64', 'hash-max-listpack-value': '64' },
    ],
    [['nosuch', '', 'time['], {}],
    [['bind', 'dir', 'unixsocketperm'], { bind: '* -::*', dir: '/', unixsocketperm: '0' }],
  ])('%j', (patterns, expected) => expect(Object.fromEntries(open().get(patterns))).toEqual(expected))

  test('* gives every name and alias', () => {
    const all = open().get(['*'])
    expect(all.get('list-max-ziplist-size')).toBe('-2')
    expect(all.get('client-output-buffer-limit')).toBe(
      'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
    )
    expect(all.get('module-add')).toBe('')
  })
})

describe('what CONFIG GET does not tell', () => {
  test.each([
    ['redis://:secret@host:7000/3', 'redis://host:7000/3'],
    ['redis://ada:s3%40cret@host', 'redis://ada@host'],
    ['rediss+cluster://ada:se:cr@et@one:1,two:2', 'rediss+cluster://ada@one:1,two:2'],
    ['redis+sentinel://ada@one/main', 'redis+sentinel://ada@one/main'],
    ['unix:/run/redis@2.sock', 'unix:/run/redis@2.sock'],
    ['redis://host', 'redis://host'],
  ])('the password in %s', (url, shown) => {
    const config = open()
    config.assign('upstream', url)
    config.assign('upstream-password', 'secret')
    config.assign('upstream-sentinel-password', 'secret')
    expect([...config.get(['upstream', 'UPSTREAM*password'])]).toEqual([
      ['upstream', shown],
      ['upstream-password', ''],
      ['upstream-sentinel-password', ''],
    ])
    // A file has to have it.
    expect(config.values.upstream).toBe(url)
    expect(config.rewritable().find(({ name }) => name === 'upstream')?.lines).toMatchObject([{ text: `"${url}"` }])
  })
})

describe('CONFIG SET', () => {
  test('sets several, in any case and by any name', () => {
    const config = open()
    config.set(['HZ', '20', 'hash-max-ziplist-entries', '7', 'LogLevel', 'DEBUG'], elsewhere)
    expect(config.values).toMatchObject({ hz: 20, 'hash-max-listpack-entries': 7, loglevel: 'debug' })
  })

  test('takes a name and its alias side by side; the last one counts', () => {
    const config = open()
    config.set(['hash-max-ziplist-entries', '5', 'hash-max-listpack-entries', '6'], here)
    expect(config.values['hash-max-listpack-entries']).toBe(6)
  })

  test('keeps one object of values, so that a hot path may hold it', () => {
    const config = open()
    const { values } = config
    config.set(['hz', '20'], here)
    expect(config.values).toBe(values)
    expect(values.hz).toBe(20)
  })

  test.each<[string[], ReplyError]>([
    [['hz'], new ReplyError('ERR syntax error')],
    [['hz', '5', 'timeout'], new ReplyError('ERR syntax error')],
    [['Foo', '1'], new ReplyError("ERR Unknown option or number of arguments for CONFIG SET - 'Foo'")],
    [['hz', 'x', 'foo', '1'], new ReplyError("ERR Unknown option or number of arguments for CONFIG SET - 'foo'")],
    [['tcp-backlog', 'x', 'foo', '1'], refused('tcp-backlog', "can't set immutable config")],
    [['HZ', '1', 'hz', '2'], refused('hz', 'duplicate parameter')],
    [['timeout', '7', 'Hz', 'x'], refused('hz', "argument couldn't be parsed into an integer")],
    [
      ['hash-max-ziplist-entries', 'x'],
      refused('hash-max-ziplist-entries', "argument couldn't be parsed into an integer"),
    ],
    [['dir', '/'], refused('dir', "can't set protected config")],
    [
      ['module-add', 'x'],
      refused('module-add', 'this client may not load modules; enable-module-command says who may'),
    ],
  ])('%j is refused and changes nothing', (args, error) => {
    const config = open()
    const before = config.get(['*'])
    expect(() => config.set(args, elsewhere)).toThrow(error)
    expect(config.get(['*'])).toEqual(before)
    expect(config.values.timeout).toBe(0)
  })

  test.each([
    [['module-add', '"x'], 'argument must be a path and what to tell the module, quotes balanced'],
    [['module-add', 'x'], 'no modules can be loaded here'],
  ])('%j is refused to who may load modules, too', (args, why) => {
    expect(() => open().set(args, here)).toThrow(refused('module-add', why))
  })

  test.each([
    ['no', here, false],
    ['local', here, true],
    ['local', elsewhere, false],
    ['yes', elsewhere, true],
  ])('modules with enable-module-command %s, from %j', (who, caller, allowed) => {
    const config = open()
    const loaded: string[] = []
    config.onModuleAdd(({ path }) => void loaded.push(path))
    config.assign('enable-module-command', who)
    const set = () => config.set(['module-add', './x.ts'], caller)
    if (allowed) set()
    else
      expect(set).toThrow(refused('module-add', 'this client may not load modules; enable-module-command says who may'))
    expect(loaded).toEqual(allowed ? ['./x.ts'] : [])
  })

  test.each([
    ['no', here, false],
    ['local', here, true],
    ['local', elsewhere, false],
    ['yes', elsewhere, true],
  ])('protected parameters with enable-protected-configs %s, from %j', (who, caller, allowed) => {
    const config = open()
    config.assign('enable-protected-configs', who)
    const set = () => config.set(['dir', '/usr/..//usr'], caller)
    if (allowed) set()
    else expect(set).toThrow("can't set protected config")
    expect(config.values.dir).toBe(allowed ? realpathSync('/usr') : '/')
  })
})

describe('listeners', () => {
  test('are called once a call, after all values are set, and only for what changed', () => {
    const config = open()
    const listen = vi.fn(() => expect(config.values).toMatchObject({ port: 1, bind: ['::1'], hz: 5 }))
    const idle = vi.fn()
    const stop = config.onChange(['port', 'bind'], listen)
    config.onChange('timeout', idle)
    expect(config.set(['port', '1', 'timeout', '0', 'bind', '::1', 'hz', '5'], here)).toBeUndefined()
    expect(listen).toHaveBeenCalledTimes(1)
    expect(idle).not.toHaveBeenCalled()
    stop()
    config.set(['port', '2'], here)
    expect(listen).toHaveBeenCalledTimes(1)
  })

  test('veto: everything goes back, and those that had agreed are told', () => {
    const seen: unknown[] = []
    const config = open()
    config.onChange('hz', () => void seen.push(config.values.hz))
    config.onChange('port', () => {
      throw new Error('Unable to listen on this port. Check server logs.')
    })
    expect(() => config.set(['hz', '20', 'port', '22'], here)).toThrow(
      refused('port', 'Unable to listen on this port. Check server logs.'),
    )
    expect(config.values).toMatchObject({ hz: 10, port: 6379 })
    expect(config.get(['port'])).toEqual(new Map([['port', '6379']]))
    expect(seen).toEqual([20, 10])
  })

  test('a listener that refuses the old values too is reported', () => {
    const warn = vi.fn()
    const config = new Config({ dir: '/', warn })
    config.onChange('hz', () => {
      if (config.values.hz === 10) throw new Error('not 10')
    })
    config.onChange('port', () => {
      throw new ReplyError('ERR not today')
    })
    expect(() => config.set(['hz', '20', 'port', '22'], here)).toThrow(refused('port', 'not today'))
    expect(warn).toHaveBeenCalledWith('Could not go back to the old hz: not 10')
  })

  test('may take their time; a later call, and a rewrite, wait', async () => {
    const config = open()
    let openGate: () => void = () => {}
    const gate = new Promise<void>(resolve => {
      openGate = resolve
    })
    const order: string[] = []
    config.onChange('port', () => gate.then(() => void order.push(`port ${config.values.port}`)))
    config.onChange('hz', () => void order.push(`hz ${config.values.hz}`))
    const first = config.set(['port', '1', 'hz', '5'], here)
    const second = config.set(['hz', '7'], here)
    const third = config.set(['hz', 'x'], here)
    const rewritten = config.rewrite()
    expect([first, second, third, rewritten].every(outcome => outcome instanceof Promise)).toBe(true)
    expect(config.values.hz).toBe(5)
    openGate()
    await expect(third).rejects.toThrow(refused('hz', "argument couldn't be parsed into an integer"))
    await expect(rewritten).rejects.toThrow('ERR The server is running without a config file')
    await Promise.all([first, second])
    expect(order).toEqual(['port 1', 'hz 5', 'hz 7'])
    expect(config.set(['hz', '8'], here)).toBeUndefined()
  })

  test('a late veto rolls back too, and what waited goes on', async () => {
    const config = open()
    const told: number[] = []
    config.onChange('hz', async () => void told.push(config.values.hz))
    config.onChange('port', () => Promise.reject(new Error('taken')))
    const first = config.set(['hz', '20', 'port', '22'], here)
    const second = config.set(['timeout', '3'], here)
    await expect(first).rejects.toThrow(refused('port', 'taken'))
    await second
    expect(told).toEqual([20, 10])
    expect(config.values).toMatchObject({ hz: 10, port: 6379, timeout: 3 })
  })
})

describe('module-add', () => {
  test('is an order: loading comes last, and what is loaded is what the loader says', async () => {
    const config = open()
    const asked: [ModuleSpec, number][] = []
    config.onModuleAdd(async module => {
      asked.push([module, config.values.hz])
      config.setModules([module, { path: '/a b.ts', args: ['x"y', ''] }])
    })
    await config.set(['module-add', '/geo.ts order "long lat"', 'hz', '5'], here)
    expect(asked).toEqual([[{ path: '/geo.ts', args: ['order', 'long lat'] }, 5]])
    expect(config.get(['module-add', 'loadmodule'])).toEqual(
      new Map(
        ['module-add', 'loadmodule'].map(name => [name, '/geo.ts order "long lat"\n"/a b.ts" "x\\"y" ""'] as const),
      ),
    )
    expect(config.values['module-add']).toHaveLength(2)
  })

  test('that fails takes the other pairs back, and leaves the modules alone', async () => {
    const config = open()
    config.setModules([{ path: 'poong', args: [] }])
    config.onModuleAdd(() => Promise.reject(new Error('Could not open module /x.ts because: no such file')))
    await expect(config.set(['module-add', '/x.ts', 'hz', '5'], here)).rejects.toThrow(
      refused('module-add', 'Could not open module /x.ts because: no such file'),
    )
    expect(config.values).toMatchObject({ hz: 10, 'module-add': [{ path: 'poong', args: [] }] })
  })
})
