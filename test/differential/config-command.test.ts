import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeDifferential, ofKrmt } from '../support/differential.js'
import { startKrmtServer } from '../support/krmt-server.js'
import { connect } from '../support/resp-client.js'

describeDifferential('CONFIG', ({ session }) => {
  session(
    'GET and SET',
    `CONFIG GET maxclients
     [sorted] CONFIG GET hz timeout
     [sorted] CONFIG GET hash-max-listpack-*
     CONFIG GET nosuch
     CONFIG SET hash-max-listpack-entries 7
     CONFIG GET hash-max-listpack-entries
     CONFIG SET hash-max-listpack-entries 8 hash-max-listpack-value 9
     CONFIG SET hash-max-listpack-entries 10 nosuch 9
     CONFIG SET hash-max-listpack-entries 11 hash-max-listpack-value x
     [sorted] CONFIG GET hash-max-listpack-*
     CONFIG SET databases 3
     CONFIG SET timeout -1
     CONFIG SET timeout 1 timeout 2
     CONFIG SET timeout
     CONFIG GET
     CONFIG SET
     CONFIG
     CONFIG nosuch
     CONFIG nosuch x
     CONFIG RESETSTAT x
     CONFIG RESETSTAT
     CONFIG REWRITE
     CONFIG REWRITE x
     config help x
     [type] HELLO 3
     [sorted] CONFIG GET timeout hz
     CONFIG GET nosuch
     CONFIG SET hash-max-listpack-entries 512 hash-max-listpack-value 64`,
  )

  session(
    'in a transaction',
    `MULTI
     CONFIG SET hz 20
     CONFIG GET hz
     CONFIG SET nosuch 1
     CONFIG SET hz
     EXEC
     MULTI
     CONFIG SET hz 20
     CONFIG GET hz
     CONFIG SET nosuch 1
     CONFIG REWRITE
     EXEC
     CONFIG SET hz 10`,
  )

  session(
    'parameters that take effect at once',
    `CONFIG SET requirepass secret
     SELECT 1
     2> SELECT 1
     2> AUTH wrong
     2> AUTH secret
     2> SELECT 1
     CONFIG SET requirepass ""
     3> SELECT 1
     CONFIG SET notify-keyspace-events ""
     SET k v
     CONFIG SET notify-keyspace-events KEAmn
     SET k v`,
  )

  session(
    'listening on another port, and on none',
    `CONFIG SET port 0
     CONFIG GET port
     CONFIG SET bind "127.0.0.1 -::1"
     CONFIG SET port 65536
     CONFIG SET port x`,
    { events: false },
  )
})

ofKrmt.describe('CONFIG SET port and bind', () => {
  test('listens there, and leaves connections as they are', async () => {
    const krmt = await startKrmtServer({ config: { bind: '127.0.0.1' } })
    const client = await connect({ port: krmt.port })
    const [port, other] = [await freePort(), await freePort()]
    try {
      expect(await client.send('CONFIG', 'SET', 'port', port)).toEqual({ type: 'status', value: 'OK' })
      await expect(connect({ port: krmt.port })).rejects.toThrow('ECONNREFUSED')
      expect(krmt.server.port).toBe(port)
      const second = await connect({ port })
      expect(await second.send('PING')).toEqual({ type: 'status', value: 'PONG' })
      expect(await second.send('CONFIG', 'SET', 'port', other, 'bind', '127.0.0.1 127.0.0.2')).toEqual({
        type: 'status',
        value: 'OK',
      })
      await expect(connect({ port })).rejects.toThrow('ECONNREFUSED')
      const third = await connect({ port: other, host: '127.0.0.2' })
      expect(await second.send('CONFIG', 'SET', 'bind', '127.0.0.1')).toEqual({ type: 'status', value: 'OK' })
      await expect(connect({ port: other, host: '127.0.0.2' })).rejects.toThrow('ECONNREFUSED')
      for (const connected of [client, second, third, await connect({ port: other })]) {
        expect(await connected.send('PING')).toEqual({ type: 'status', value: 'PONG' })
        await connected.close()
      }
    } finally {
      await krmt.stop()
    }
  })

  test('goes back when the port is taken or there is no such address', async () => {
    const krmt = await startKrmtServer({ config: { bind: '127.0.0.1' } })
    const client = await connect({ path: krmt.socketPath })
    const taken = createServer()
    const port = await new Promise<number>(resolve => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    const free = await freePort()
    try {
      expect(await client.send('CONFIG', 'SET', 'port', free)).toEqual({ type: 'status', value: 'OK' })
      expect(await client.send('CONFIG', 'SET', 'timeout', 100, 'port', port)).toEqual({
        type: 'error',
        value:
          "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
      })
      expect(await client.send('CONFIG', 'SET', 'bind', '192.0.2.1')).toEqual({
        type: 'error',
        value: "ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
      })
      expect(await client.send('CONFIG', 'GET', 'timeout')).toMatchObject({ items: [{}, { value: '0' }] })
      expect(await client.send('CONFIG', 'GET', 'port')).toMatchObject({ items: [{}, { value: String(free) }] })
      const still = await connect({ port: free })
      expect(await still.send('PING')).toEqual({ type: 'status', value: 'PONG' })
      await still.close()
      // An address that may be missing is no reason to refuse.
      expect(await client.send('CONFIG', 'SET', 'bind', '-192.0.2.1 127.0.0.1')).toEqual({
        type: 'status',
        value: 'OK',
      })
    } finally {
      taken.close()
      await client.close()
      await krmt.stop()
    }
  })

  test('is refused within a transaction, which cannot wait', async () => {
    const krmt = await startKrmtServer()
    const client = await connect({ path: krmt.socketPath })
    await client.send('MULTI')
    for (const pair of [
      ['port', '1'],
      ['BIND', '127.0.0.1'],
      ['module-add', 'poong'],
      ['loadmodule', 'poong'],
      ['hz', '20'],
    ]) {
      await client.send('CONFIG', 'SET', ...pair)
    }
    const refused = expect.stringMatching(
      /^ERR CONFIG SET failed .*this takes time, and cannot be done within a transaction$/,
    )
    expect(await client.send('EXEC')).toEqual({
      type: 'array',
      items: [...Array.from({ length: 4 }, () => ({ type: 'error', value: refused })), { type: 'status', value: 'OK' }],
    })
    await client.close()
    await krmt.stop()
  })
})

ofKrmt.test('CONFIG RESETSTAT begins all counts anew', async () => {
  const krmt = await startKrmtServer()
  const client = await connect({ path: krmt.socketPath })
  await client.sendMany([['SET', 'k', 'v'], ['GET', 'k'], ['GET', 'no'], ['NOSUCH'], ['INCR', 'k'], ['GET']])
  const before = await client.send('INFO', 'stats', 'commandstats', 'errorstats')
  expect(before).toMatchObject({ value: expect.stringContaining('keyspace_hits:1\r\nkeyspace_misses:1') })
  expect(before).toMatchObject({
    value: expect.stringMatching(/cmdstat_get:calls=2,usec=\d+,usec_per_call=[\d.]+,rejected_calls=1,failed_calls=0/),
  })
  expect(before).toMatchObject({
    value: expect.stringMatching(/cmdstat_incr:calls=1,usec=\d+,usec_per_call=[\d.]+,rejected_calls=0,failed_calls=1/),
  })
  expect(before).toMatchObject({ value: expect.stringContaining('errorstat_ERR:count=3') })
  await client.send('CONFIG', 'RESETSTAT')
  const after = await client.send('INFO', 'stats', 'commandstats', 'errorstats')
  expect(after).toMatchObject({ value: expect.stringContaining('keyspace_hits:0\r\nkeyspace_misses:0') })
  expect(after).not.toMatchObject({ value: expect.stringContaining('cmdstat_get') })
  expect(after).not.toMatchObject({ value: expect.stringContaining('errorstat_') })
  await client.close()
  await krmt.stop()
})

ofKrmt.test('CONFIG REWRITE keeps the file and brings it up to date', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-rewrite-'))
  const file = join(folder, 'krmt.conf')
  writeFileSync(file, '# mine\nhz 15\ntimeout 5\n')
  const krmt = await startKrmtServer({ file })
  const client = await connect({ path: krmt.socketPath })
  await client.send('CONFIG', 'SET', 'hz', '30', 'slowlog-max-len', '5')
  expect(await client.send('CONFIG', 'REWRITE')).toEqual({ type: 'status', value: 'OK' })
  const text = readFileSync(file, 'latin1')
  expect(text).toContain('# mine\nhz 30\n')
  expect(text).toContain('\nslowlog-max-len 5\n')
  await client.close()
  await krmt.stop()
  rmSync(folder, { recursive: true })
})

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
