import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

const OK = { type: 'status', value: 'OK' }

describe('MODULE', () => {
  let krmt: KrmtServer
  let client: RespClient
  let folder: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'krmt-module-'))
    writeFileSync(
      join(folder, 'hello.ts'),
      `import { command, defineModule, t } from 'krmt/module'

const hello = (word: string) =>
  command({ name: 'hallo', summary: 'Greets.', flags: ['readonly'], args: {}, examples: [], run: () => word })

export default defineModule({
  name: 'test.hello',
  version: '1.2.3',
  requires: '^1',
  options: { word: t.optional(t.text(), 'hello') },
  commands: ({ word }) => [hello(word)],
})
`,
    )
    krmt = await startKrmtServer()
    client = await connect({ path: krmt.socketPath })
  })
  afterEach(async () => {
    await client.close()
    await krmt.engine.modules.close()
    await krmt.stop()
    rmSync(folder, { recursive: true })
  })

  const file = () => join(folder, 'hello.ts')
  const bulk = (value: string): Reply => ({ type: 'bulk', value })
  const listed = async (): Promise<unknown> => {
    const reply = await client.send('MODULE', 'LIST')
    return reply.type === 'array' ? reply.items : reply
  }

  test('LOAD, LIST, LOADEX, UNLOAD', async () => {
    expect(await client.send('MODULE', 'LOAD', file())).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('hello'))
    expect(await listed()).toEqual([
      {
        type: 'array',
        items: [
          ...[bulk('name'), bulk('test.hello'), bulk('ver'), { type: 'integer', value: 10203 }],
          ...[bulk('path'), bulk(file()), bulk('args'), { type: 'array', items: [] }],
        ],
      },
    ])
    expect(await client.send('MODULE', 'LOAD', file(), 'word', 'hi')).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('hi'))
    expect(await client.send('MODULE', 'LOADEX', file(), 'CONFIG', 'word', 'hey')).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('hey'))
    expect(await client.send('MODULE', 'LOADEX', file(), 'config', 'test.hello.word', 'ho', 'ARGS')).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('ho'))
    expect(await client.send('MODULE', 'LOADEX', file(), 'ARGS', 'word', 'args')).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('args'))
    expect(await client.send('MODULE', 'UNLOAD', 'test.hello')).toEqual(OK)
    expect(await client.send('HALLO')).toMatchObject({ value: expect.stringMatching(/^ERR unknown command/) })
    expect(await listed()).toEqual([])
    expect(await client.send('MODULE', 'UNLOAD', 'test.hello')).toEqual({
      type: 'error',
      value: 'ERR Error unloading module: no such module with that name',
    })
  })

  test('a pipeline behind LOAD waits for it, and other clients go on', async () => {
    const other = await connect({ path: krmt.socketPath })
    const order: string[] = []
    const replies = client
      .sendMany([['MODULE', 'LOAD', file()], ['HALLO'], ['MODULE', 'UNLOAD', 'test.hello'], ['HALLO']])
      .then(all => {
        order.push('pipeline')
        return all
      })
    expect(await other.send('PING')).toMatchObject({ value: 'PONG' })
    order.push('ping')
    expect(await replies).toMatchObject([OK, bulk('hello'), OK, { type: 'error' }])
    expect(order).toEqual(['ping', 'pipeline'])
    await other.close()
  })

  test('count when they have answered, with what they took, and failures', async () => {
    await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
    await client.send('MODULE', 'LOAD', file())
    await client.send('MODULE', 'LOAD', '/nowhere/at-all.ts')
    await client.send('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
    const stats = krmt.engine.commands.lookup('module')?.subcommands?.get('load')?.stats
    expect(stats).toMatchObject({ calls: 2, rejected: 0, failed: 1 })
    // Nothing is read from a disk, and compiled, within 100 microseconds.
    expect(stats?.microseconds).toBeGreaterThan(100)
    expect(krmt.engine.stats.errors.get('ERR')).toBe(1)
    expect(krmt.engine.slowlog.entries.map(({ argv }) => argv.join(' ')).slice(-3)).toEqual([
      'MODULE LOAD /nowhere/at-all.ts',
      `MODULE LOAD ${file()}`,
      'CONFIG SET slowlog-log-slower-than 0',
    ])
  })

  test('errors', async () => {
    const error = (text: RegExp) => ({ type: 'error', value: expect.stringMatching(text) })
    expect(await client.send('MODULE', 'LOAD', '/nowhere/at-all.ts')).toMatchObject(
      error(/^ERR Error loading the extension \[\/nowhere\/at-all\.ts\]: /),
    )
    expect(await client.send('MODULE', 'LOAD', file(), 'nosuch', 'x')).toMatchObject(
      error(/^ERR Error loading the extension/),
    )
    expect(await client.send('MODULE', 'LOADEX', file(), 'CONFIG', 'x')).toMatchObject(error(/^ERR CONFIG takes/))
    expect(await client.send('MODULE', 'LOADEX', file(), 'FOO')).toMatchObject(error(/^ERR Expected CONFIG or ARGS/))
    expect(await listed()).toEqual([])
    await client.sendMany([['MULTI'], ['MODULE', 'LOAD', file()], ['MODULE', 'UNLOAD', 'x'], ['PING']])
    expect(await client.send('EXEC')).toMatchObject({
      items: [error(/within a transaction$/), error(/within a transaction$/), { value: 'PONG' }],
    })
    const info = await client.send('INFO', 'errorstats')
    expect(info).toMatchObject({ value: expect.stringContaining('errorstat_ERR:count=6') })
  })

  test('CONFIG SET module-add, and INFO, HELLO and COMMAND DOCS show the module', async () => {
    expect(await client.send('CONFIG', 'SET', 'module-add', `"${file()}" word "good day"`)).toEqual(OK)
    expect(await client.send('HALLO')).toEqual(bulk('good day'))
    expect(await client.send('INFO', 'server')).toMatchObject({
      value: expect.stringContaining('\r\nloaded_modules:1\r\n'),
    })
    expect(await client.send('INFO', 'modules')).toMatchObject({
      value: expect.stringMatching(
        /\r\nmodule_test\.hello:filename=.*hello\.ts,compiled_against=\^1,module_version=1\.2\.3,/,
      ),
    })
    expect(await client.send('COMMAND', 'LIST', 'FILTERBY', 'MODULE', 'test.hello')).toEqual({
      type: 'array',
      items: [bulk('hallo')],
    })
    await client.send('HELLO', '3')
    expect(await client.send('COMMAND', 'DOCS', 'hallo')).toMatchObject({
      entries: [[bulk('hallo'), { entries: expect.arrayContaining([[bulk('module'), bulk('test.hello')]]) }]],
    })
  })

  test('who has ended its side while a module loads gets the answer, and who is gone is no trouble', async () => {
    const socket = createConnection({ path: krmt.socketPath, allowHalfOpen: true })
    let heard = ''
    socket.on('data', bytes => {
      heard += bytes.toString('latin1')
    })
    const ended = new Promise(resolve => socket.on('end', resolve))
    socket.end(`MODULE LOAD ${file()}\r\nHALLO\r\n`)
    await ended
    expect(heard).toBe('+OK\r\n$5\r\nhello\r\n')

    const leaving = createConnection({ path: krmt.socketPath })
    await new Promise<void>(resolve => leaving.write(`MODULE LOAD ${file()} word hi\r\n`, () => resolve()))
    leaving.destroy()
    await expect.poll(() => krmt.engine.modules.loaded[0]?.args).toEqual(['word', 'hi'])
    expect(await client.send('HALLO')).toEqual(bulk('hi'))
  })
})

describe('enable-module-command', () => {
  const refusal = {
    type: 'error',
    value:
      'ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a ' +
      'local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  }

  test.each([
    ['no', true, false],
    ['local', true, true],
    ['local', false, false],
    ['yes', false, true],
  ])('%s, from this machine: %s', async (who, isLocal, allowed) => {
    const krmt = await startKrmtServer({ config: { 'enable-module-command': who } })
    const client = await connect({ path: krmt.socketPath })
    if (!isLocal) {
      // There need not be a second machine: what counts is what the connection says of itself.
      await client.send('PING')
      for (const { transport } of krmt.engine.clients.values())
        Object.defineProperty(transport, 'isLocal', { value: false })
    }
    const expected = allowed ? { type: 'error', value: expect.stringContaining('no such module') } : refusal
    expect(await client.send('MODULE', 'UNLOAD', 'x')).toEqual(expected)
    expect(await client.send('MODULE', 'LIST')).toEqual({ type: 'array', items: [] })
    await client.close()
    await krmt.stop()
  })
})
