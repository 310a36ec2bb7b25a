import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtinCommands } from '../../src/commands/builtin.js'
import type { CommandDefinition } from '../../src/registry/definition.js'
import { describeDifferential } from '../support/differential.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

/** What Redis 7.0 does not have yet. */
const NEWER = new Set(['client|setinfo', 'client|no-touch'])

describeDifferential('COMMAND', ({ session, servers }) => {
  let ours: RespClient
  let theirs: RespClient

  beforeAll(async () => {
    const { krmt, redis } = servers()
    ours = await connect({ path: krmt.socketPath })
    theirs = await connect({ path: redis.socketPath })
    await Promise.all([ours.send('HELLO', 3), theirs.send('HELLO', 3)])
  })
  afterAll(async () => {
    await Promise.all([ours.close(), theirs.close()])
  })

  const ask = async (...argv: string[]): Promise<[Reply, Reply]> =>
    Promise.all([ours.send('COMMAND', ...argv), theirs.send('COMMAND', ...argv)])

  const names = builtinCommands.flatMap(command => [
    command.name,
    ...(command.subcommands ?? []).map(({ name }) => `${command.name}|${name}`),
  ])

  test.each(names.filter(name => !NEWER.has(name)))('INFO %s', async name => {
    const [our, their] = await ask('INFO', name)
    expect(infoOf(our)).toEqual(infoOf(their))
  })

  test.each(names.filter(name => !NEWER.has(name)))('DOCS %s', async name => {
    const [our, their] = await ask('DOCS', name)
    expect(docsOf(our)).toEqual(docsOf(their))
  })

  test('every command says what it does and what it costs', () => {
    const check = (definition: CommandDefinition): void => {
      expect(definition.summary, definition.name).toMatch(/^[A-Z].*\.$/)
      expect(definition.complexity, definition.name).not.toBe('')
      for (const subcommand of definition.subcommands ?? []) check(subcommand)
    }
    for (const definition of builtinCommands) check(definition)
  })

  test('the replies have the same types, all commands together too', async () => {
    for (const what of ['INFO', 'DOCS']) {
      const [our, their] = await ask(what)
      expect(our.type).toBe(their.type)
    }
    const [our, their] = await Promise.all([ours.send('COMMAND'), theirs.send('COMMAND')])
    expect(our.type).toBe(their.type)
    const count = await ours.send('COMMAND', 'COUNT')
    expect(our.type === 'array' && our.items.length).toBe(count.type === 'integer' && count.value)
    expect((await ours.send('COMMAND', 'LIST')).type).toBe('array')
  })

  test.each([
    ['PATTERN', 'config*'],
    ['PATTERN', 'GETS?T'],
    ['ACLCAT', 'string'],
    ['ACLCAT', 'HASH'],
    ['ACLCAT', 'transaction'],
    ['ACLCAT', 'nosuch'],
    ['MODULE', 'nosuch'],
  ])('LIST FILTERBY %s %s', async (by, value) => {
    const [our, their] = await ask('LIST', 'FILTERBY', by, value)
    expect(
      listed(our)
        .filter(name => !NEWER.has(name))
        .sort(),
    ).toEqual(
      listed(their)
        .filter(name => names.includes(name))
        .sort(),
    )
  })

  session(
    'INFO and DOCS of what there is not',
    `COMMAND INFO nosuch
     COMMAND INFO nosuch|get get|nosuch config|nosuch
     COMMAND DOCS nosuch
     COMMAND DOCS nosuch config|nosuch
     [type] HELLO 3
     COMMAND INFO nosuch
     COMMAND DOCS nosuch
     [type] COMMAND INFO get nosuch SET CONFIG|GET
     COMMAND COUNT x
     COMMAND LIST x
     COMMAND LIST FILTERBY
     COMMAND LIST FILTERBY PATTERN
     COMMAND LIST FILTERBY foo bar
     COMMAND LIST FILTERBY PATTERN a b
     COMMAND nosuch
     COMMAND nosuch x
     COMMAND HELP x`,
  )

  session(
    'GETKEYS',
    `COMMAND GETKEYS get a
     COMMAND GETKEYS GET
     COMMAND GETKEYS nosuch x
     COMMAND GETKEYS ping x
     COMMAND GETKEYS get a b
     COMMAND GETKEYS mset a 1 b 2
     COMMAND GETKEYS mset a 1 b
     COMMAND GETKEYS config get x
     COMMAND GETKEYS config nosuch x
     COMMAND GETKEYS object encoding k
     COMMAND GETKEYS memory usage k
     COMMAND GETKEYS sintercard 2 a b limit 1
     COMMAND GETKEYS sintercard 3 a b
     COMMAND GETKEYS sintercard 0 a b
     COMMAND GETKEYS sintercard x a b
     COMMAND GETKEYS sintercard -1 a b
     COMMAND GETKEYS lmpop 1 a left
     COMMAND GETKEYS subscribe a
     COMMAND GETKEYS spublish a b
     COMMAND GETKEYS publish a b
     COMMAND GETKEYS watch a b c
     COMMAND GETKEYS bitop and d a b
     COMMAND GETKEYS rename a b
     COMMAND GETKEYS lcs a b
     COMMAND GETKEYSANDFLAGS get a
     COMMAND GETKEYSANDFLAGS set a b
     COMMAND GETKEYSANDFLAGS set a b NX Get
     COMMAND GETKEYSANDFLAGS set get get
     COMMAND GETKEYSANDFLAGS bitfield a get u8 0
     COMMAND GETKEYSANDFLAGS bitfield a get u8 0 set u8 0 1
     COMMAND GETKEYSANDFLAGS bitfield a overflow sat
     COMMAND GETKEYSANDFLAGS bitfield a incrby u8 0 1
     COMMAND GETKEYSANDFLAGS bitfield a
     COMMAND GETKEYSANDFLAGS bitop and d a b
     COMMAND GETKEYSANDFLAGS smove a b m
     COMMAND GETKEYSANDFLAGS nosuch m
     [type] HELLO 3
     COMMAND GETKEYSANDFLAGS rename a b
     COMMAND GETKEYSANDFLAGS set a b GET`,
  )
})

/** A reply as plain values; the elements of a set in one order. */
function plain(reply: Reply): unknown {
  switch (reply.type) {
    case 'map':
      return Object.fromEntries(reply.entries.map(([key, value]) => [String(plain(key)), plain(value)]))
    case 'set':
      return reply.items.map(plain).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    case 'array':
      return reply.items.map(plain)
    default:
      return 'value' in reply ? reply.value : null
  }
}

/** All that COMMAND INFO tells of one command but its subcommands, which are compared by themselves. */
function infoOf(reply: Reply): unknown[] {
  const [info] = plain(reply) as unknown[][]
  if (info === undefined || info === null) throw new Error('no such command')
  expect(Array.isArray(info[9])).toBe(true)
  return info.slice(0, 9)
}

/** All that COMMAND DOCS tells of one command but the texts, which are our own, and its subcommands. */
function docsOf(reply: Reply): unknown {
  const [docs] = Object.values(plain(reply) as Record<string, Record<string, unknown>>)
  const { summary, complexity, history, subcommands, ...facts } = docs ?? {}
  expect(typeof summary).toBe('string')
  return { ...facts, hasSubcommands: subcommands !== undefined }
}

function listed(reply: Reply): string[] {
  return plain(reply) as string[]
}
