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

export const kit = [poong, hmsetnx, hmsetif, bitallpos, geo, scriptname] as const

/**
 * Shows that the kit's modules answer in front of an upstream as the originals did.
 *
 * @param url is asked once the upstream runs
 * @param isGateway whether it is one that runs the modules itself; otherwise they run in this process
 */
export function describeKit(url: () => string, isGateway = false): void {
  describe('the kit', () => {
    let db: Upstream

    beforeAll(async () => {
      db = await open(url(), { modules: isGateway ? [] : kit })
    })
    afterAll(() => db?.close())
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

    describe.each(kit.map(module => [module.name, module] as const))('does the examples of %s', (_, module) => {
      const commands = exampleCommands(commandsOf(module, parseModuleOptions(module, [])))
      test.each(commands.map(command => [command.title, command] as const))('%s', async (_title, { definition }) => {
        for (const [line, expected] of definition.examples) {
          // COMMAND is the server's own, and knows nothing of what runs here.
          if (!isGateway && line.startsWith('COMMAND GETKEYS EVALNAME')) continue
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
}
