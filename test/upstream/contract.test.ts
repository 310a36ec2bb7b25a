import { open, type Reply, ReplyError, type Upstream } from 'krmt'
import bitallpos from 'krmt/modules/bitallpos'
import geo from 'krmt/modules/geo'
import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import poong from 'krmt/modules/poong'
import scriptname from 'krmt/modules/scriptname'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bytesOf } from '../../src/module/bytes.js'
import { exampleArgv } from '../../src/module/examples.js'
import { commandsOf, parseModuleOptions } from '../../src/module/module.js'
import { mismatch } from '../../src/testing/example-failure.js'
import { exampleCommands } from '../../src/testing/examples.js'
import { asCalled, comparable, fromCall, type Scenario, scenarios } from '../contract/vectors.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'

const modules = [poong, hmsetnx, hmsetif, bitallpos, geo, scriptname] as const

describeWithRedis('the kit in front of a redis-server', () => {
  let server: RedisServer
  let db: Upstream

  beforeAll(async () => {
    server = await startRedisServer()
    db = await open(`redis://127.0.0.1:${server.port}`, { modules })
  })
  afterAll(async () => {
    await db?.close()
    await server?.stop()
  })
  beforeEach(async () => {
    await db.call('FLUSHALL')
    await db.call('SCRIPT', 'FLUSH')
  })

  describe('gives the recorded exchanges of the original kit', () => {
    test.each(scenarios)('$name', async ({ steps }: Scenario) => {
      for (const { cmd, reply } of steps) {
        const { expected, actual } = comparable(cmd, asCalled(cmd, reply), fromCall(await ask(cmd)))
        expect(actual, cmd.join(' ')).toEqual(expected)
      }
    })
  })

  describe.each(modules.map(module => [module.name, module] as const))('does the examples of %s', (_, module) => {
    const commands = exampleCommands(commandsOf(module, parseModuleOptions(module, [])))
    test.each(commands.map(command => [command.title, command] as const))('%s', async (_title, { definition }) => {
      for (const [line, expected] of definition.examples) {
        // COMMAND is the server's own, and knows nothing of what runs here.
        if (line.startsWith('COMMAND GETKEYS EVALNAME')) continue
        expect(mismatch(expected, await ask(exampleArgv(line)!)), line).toBeUndefined()
      }
    })
  })

  async function ask(argv: readonly string[]): Promise<Reply | ReplyError> {
    try {
      return await db.call(...argv.map(word => bytesOf(word)))
    } catch (error) {
      if (error instanceof ReplyError) return error
      throw error
    }
  }
})
