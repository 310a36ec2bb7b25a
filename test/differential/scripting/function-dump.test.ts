import { expect, test } from 'vitest'
import { connect, type Reply, type RespClient } from '../../support/resp-client.js'
import { code, describeScripts, lua } from '../../support/scripts.js'

/** Libraries whose names Redis keeps in an order of its own are dumped one at a time where the bytes are compared. */
const LIBRARIES = {
  plain: lua`
    #!lua name=plain
    redis.register_function('plain', function(keys, args) return args end)
  `,
  flags: lua`
    #!lua name=flags
    redis.register_function{function_name = 'flags', callback = function() return 'flags' end, flags = {'no-writes'}, description = 'a description'}
  `,
  bytes:
    '#!lua name=bytes\nlocal text = "\0\u00ff\u0080é"\nredis.register_function("bytes", function() return {#text, text} end)',
  long: `#!lua name=long\n${'-- a line that says nothing\n'.repeat(1000)}redis.register_function('long', function() return 'long' end)`,
  longer: `#!lua name=longer\n${Array.from({ length: 3000 }, (_, i) => `-- line ${i * 7919}\n`).join('')}redis.register_function('longer', function() return 'longer' end)`,
}

describeScripts('FUNCTION DUMP and RESTORE', ({ session, servers }) => {
  /** Clients of both servers, without functions. */
  async function both(run: (krmt: RespClient, redis: RespClient) => Promise<void>): Promise<void> {
    const { krmt, redis } = servers()
    const clients = await Promise.all([krmt, redis].map(({ socketPath }) => connect({ path: socketPath })))
    try {
      for (const client of clients) await client.send('FUNCTION', 'FLUSH')
      await run(clients[0]!, clients[1]!)
    } finally {
      for (const client of clients) await client.close()
    }
  }

  for (const [name, source] of Object.entries(LIBRARIES)) {
    test(`the dump of ${name} is the same`, async () => {
      await both(async (krmt, redis) => {
        await load(krmt, source)
        await load(redis, source)
        expect(await krmt.send('FUNCTION', 'DUMP')).toEqual(await redis.send('FUNCTION', 'DUMP'))
      })
    })
  }

  test('the dump of nothing is the same', async () => {
    await both(async (krmt, redis) => {
      expect(await krmt.send('FUNCTION', 'DUMP')).toEqual(await redis.send('FUNCTION', 'DUMP'))
    })
  })

  for (const from of ['krmt', 'redis-server'] as const) {
    test(`what ${from} dumps is restored by the other`, async () => {
      await both(async (krmt, redis) => {
        const [source, target] = from === 'krmt' ? [krmt, redis] : [redis, krmt]
        for (const library of Object.values(LIBRARIES)) await load(source, library)
        const dump = bulk(await source.send('FUNCTION', 'DUMP'))
        expect(await target.send('FUNCTION', 'RESTORE', dump)).toEqual({ type: 'status', value: 'OK' })
        for (const name of Object.keys(LIBRARIES)) {
          const list = ['FUNCTION', 'LIST', 'LIBRARYNAME', name, 'WITHCODE']
          expect(await target.send(...list)).toEqual(await source.send(...list))
          expect(await target.send('FCALL', name, 1, 'k', 'a')).toEqual(await source.send('FCALL', name, 1, 'k', 'a'))
        }
        expect(await target.send('FUNCTION', 'STATS')).toEqual(await source.send('FUNCTION', 'STATS'))
      })
    })
  }

  test('policies', async () => {
    await both(async (krmt, redis) => {
      await load(redis, library('a', 'f', 'dumped'))
      const dump = bulk(await redis.send('FUNCTION', 'DUMP'))
      await redis.send('FUNCTION', 'FLUSH')
      const empty = bulk(await redis.send('FUNCTION', 'DUMP'))
      const session: (readonly string[])[] = [
        ['FUNCTION', 'RESTORE', dump],
        ['FCALL', 'f', '0'],
        ['FUNCTION', 'RESTORE', dump],
        ['FUNCTION', 'RESTORE', dump, 'APPEND'],
        ['FUNCTION', 'RESTORE', dump, 'REPLACE'],
        ['FUNCTION', 'RESTORE', dump, 'FLUSH'],
        ['FUNCTION', 'RESTORE', dump, 'flush'],
        ['FUNCTION', 'RESTORE', dump, 'NOSUCH'],
        ['FUNCTION', 'RESTORE', dump, ''],
        ['FUNCTION', 'RESTORE', dump, 'FLUSH', 'APPEND'],
        ['FUNCTION', 'RESTORE', empty],
        ['FUNCTION', 'LIST'],
        ['FUNCTION', 'RESTORE', empty, 'REPLACE'],
        ['FUNCTION', 'RESTORE', empty, 'FLUSH'],
        ['FUNCTION', 'LIST'],
        // Another library has the function's name.
        ['FUNCTION', 'LOAD', library('b', 'f', 'there before')],
        ['FUNCTION', 'RESTORE', dump],
        ['FUNCTION', 'RESTORE', dump, 'REPLACE'],
        ['FCALL', 'f', '0'],
        ['FUNCTION', 'RESTORE', dump, 'FLUSH'],
        ['FCALL', 'f', '0'],
        ['FUNCTION', 'LIST', 'WITHCODE'],
        // A library of the same name with another function.
        ['FUNCTION', 'LOAD', 'REPLACE', library('a', 'g', 'newer')],
        ['FUNCTION', 'RESTORE', dump, 'APPEND'],
        ['FCALL', 'g', '0'],
        ['FUNCTION', 'RESTORE', dump, 'REPLACE'],
        ['FCALL', 'g', '0'],
        ['FCALL', 'f', '0'],
      ]
      for (const command of session) expect(await krmt.send(...command)).toEqual(await redis.send(...command))
    })
  })

  test('payloads that are broken', async () => {
    await both(async (krmt, redis) => {
      for (const client of [krmt, redis]) await load(client, library('a', 'f', 'dumped'))
      const dump = bulk(await redis.send('FUNCTION', 'DUMP'))
      const payloads = [
        '',
        'x',
        '\0'.repeat(11),
        dump.slice(0, -1),
        dump.slice(1),
        dump.slice(0, 10),
        dump.slice(-10),
        `${dump}x`,
        `x${dump}`,
        dump.toUpperCase(),
        ...Array.from({ length: dump.length }, (_, i) => flipped(dump, i)),
        // This one is sound: version 0, and a checksum that is that of nothing.
        '\0'.repeat(10),
      ]
      for (const payload of payloads) {
        for (const policy of ['APPEND', 'REPLACE', 'FLUSH']) {
          const command = ['FUNCTION', 'RESTORE', payload, policy]
          expect(await krmt.send(...command), JSON.stringify(command)).toEqual(await redis.send(...command))
          expect(await krmt.send('FUNCTION', 'LIST')).toEqual(await redis.send('FUNCTION', 'LIST'))
        }
      }
    })
  })

  test('payloads whose checksum is right, and whose contents are not those of a dump', async () => {
    await both(async (krmt, redis) => {
      const source = library('a', 'f', 'x')
      const short = '#!lua name=s\nredis.register_function("s",redis.log)'
      const bodies = [
        '',
        // The library's opcode, with its length in each of the forms that there are.
        `\xf5${length6(short)}`,
        `\xf5${length14(source)}`,
        `\xf5${length32(source)}`,
        `\xf5${length64(source)}`,
        `\xf5${length14(source)}\xf5${length14(library('b', 'g', 'x'))}`,
        `\xf5${length14(source)}\xf5${length14(source)}`,
        `\xf5${length14(source)}\xf5${length14(library('b', 'f', 'x'))}`,
        `\xf5${length14(source)}\xf5${length14('no library')}`,
        // Strings that are integers, which no library is.
        '\xf5\xc0\x01',
        '\xf5\xc1\x01\x01',
        '\xf5\xc2\x01\x01\x01\x01',
        '\xf5\xc4\x01',
        // LZF: of nothing, of too little, of too much.
        '\xf5\xc3\x00\x00',
        '\xf5\xc3\x02\x05\x00a',
        '\xf5\xc3\x02\x01\x01ab',
        '\xf5\xc3\x02\x40\x40\xe0\xff',
        // What is cut off.
        '\xf5',
        '\xf5\x05abc',
        '\xf5\x40',
        '\xf5\x80\x00\x00',
        '\xf5\x80\xff\xff\xff\xffabc',
        '\xf5\x81\xff\xff\xff\xff\xff\xff\xff\xffabc',
        '\xf5\x81\x00\x00\x00\x00\x00\x00\x00',
        `\xf5${length14(source)}\xf5`,
        // Other opcodes of snapshots.
        `\xf6${length14(source)}`,
        '\xff',
        '\x00',
        '\xfe\x00',
        '\xfa\x01a\x01b',
        '\x00\x01k\x01v',
        `\xf5${length14(source)}\xff`,
        `\xf5${length14(source)}\x00`,
      ]
      const payloads = [
        ...bodies.map(body => sealed(body, 10)),
        ...[0, 1, 9, 11, 256, 65535].map(version => sealed(`\xf5${length14(source)}`, version)),
      ]
      for (const payload of payloads) {
        for (const policy of ['APPEND', 'FLUSH']) {
          const command = ['FUNCTION', 'RESTORE', payload, policy]
          expect(await krmt.send(...command), JSON.stringify(command)).toEqual(await redis.send(...command))
          expect(names(await krmt.send('FUNCTION', 'LIST'))).toEqual(names(await redis.send('FUNCTION', 'LIST')))
        }
      }
    })
  })

  test('dumps of several libraries', async () => {
    await both(async (krmt, redis) => {
      const dumps: string[] = []
      for (const source of [library('a', 'f', 'a'), library('b', 'g', 'b'), library('c', 'h', 'c')]) {
        await load(redis, source)
        dumps.push(bulk(await redis.send('FUNCTION', 'DUMP')))
      }
      await redis.send('FUNCTION', 'FLUSH')
      const [a, ab, abc] = dumps
      for (const command of [
        ['RESTORE', abc!],
        ['RESTORE', a!],
        ['RESTORE', ab!, 'REPLACE'],
        ['RESTORE', ab!, 'FLUSH'],
        ['RESTORE', abc!, 'REPLACE'],
        ['RESTORE', a!, 'FLUSH'],
        // One of them cannot be, so none is.
        ['LOAD', library('d', 'h', 'd')],
        ['RESTORE', abc!, 'REPLACE'],
        ['RESTORE', abc!, 'FLUSH'],
      ]) {
        expect(await krmt.send('FUNCTION', ...command)).toEqual(await redis.send('FUNCTION', ...command))
        expect(names(await krmt.send('FUNCTION', 'LIST'))).toEqual(names(await redis.send('FUNCTION', 'LIST')))
      }
    })
  })

  session(
    'arguments',
    `FUNCTION FLUSH
     FUNCTION DUMP x
     FUNCTION RESTORE
     FUNCTION RESTORE ""
     FUNCTION RESTORE x
     FUNCTION RESTORE x NOSUCH
     FUNCTION RESTORE x FLUSH APPEND
     FUNCTION LOAD ${code`
       #!lua name=kept
       redis.register_function('kept', function() return 1 end)
     `}
     FUNCTION RESTORE x FLUSH
     FCALL kept 0
     FUNCTION FLUSH`,
  )
})

async function load(client: RespClient, source: string): Promise<void> {
  const bytes = Buffer.from(source, 'utf8').toString('latin1')
  expect(await client.send('FUNCTION', 'LOAD', 'REPLACE', bytes)).toMatchObject({ type: 'bulk' })
}

function library(name: string, functionName: string, text: string): string {
  return `#!lua name=${name}\nredis.register_function('${functionName}', function() return '${text}' end)`
}

function bulk(reply: Reply): string {
  if (reply.type !== 'bulk') throw new Error(`not a bulk string: ${JSON.stringify(reply)}`)
  return reply.value
}

/** The bytes with one bit of one of them turned over. */
function flipped(bytes: string, at: number): string {
  return bytes.slice(0, at) + String.fromCharCode(bytes.charCodeAt(at) ^ 1) + bytes.slice(at + 1)
}

/** The libraries' names in a reply of FUNCTION LIST, which has them in any order. */
function names(list: Reply): string[] {
  if (list.type !== 'array') throw new Error(`not a list: ${JSON.stringify(list)}`)
  return list.items.map(item => (item.type === 'array' ? JSON.stringify(item.items[1]) : '')).sort()
}

/** Lengths as snapshots have them, each before its bytes: in 6 bits, 14, 32 and 64. */
function length6(bytes: string): string {
  return String.fromCharCode(bytes.length) + bytes
}

function length14(bytes: string): string {
  return String.fromCharCode(0x40 | (bytes.length >> 8), bytes.length & 0xff) + bytes
}

function length32(bytes: string): string {
  return `\x80\0\0${String.fromCharCode(bytes.length >> 8, bytes.length & 0xff)}${bytes}`
}

function length64(bytes: string): string {
  return `\x81\0\0\0\0\0\0${String.fromCharCode(bytes.length >> 8, bytes.length & 0xff)}${bytes}`
}

/** A payload: what it holds, the version of the format, and the checksum of both. */
function sealed(body: string, version: number): string {
  const bytes = body + String.fromCharCode(version & 0xff, version >> 8)
  const checksum = crc64(bytes)
  return (
    bytes +
    Array.from({ length: 8 }, (_, i) => String.fromCharCode(Number((checksum >> BigInt(8 * i)) & 0xffn))).join('')
  )
}

/** CRC-64 of Jones, as Redis computes it: reflected, without inversion, check value e9c6d914c4b8d9ca. */
function crc64(bytes: string): bigint {
  let crc = 0n
  for (let i = 0; i < bytes.length; i++) {
    crc ^= BigInt(bytes.charCodeAt(i))
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n
  }
  return crc
}
