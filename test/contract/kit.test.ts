import { type Db, open, ReplyError } from 'krmt'
import bitallpos from 'krmt/modules/bitallpos'
import geo from 'krmt/modules/geo'
import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import poong from 'krmt/modules/poong'
import scriptname from 'krmt/modules/scriptname'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, type RespClient } from '../support/resp-client.js'
import { asCalled, comparable, fromCall, fromWire, type RecordedReply, type Scenario, scenarios } from './vectors.js'

const modules = [poong, hmsetnx, hmsetif, bitallpos, geo, scriptname] as const

/** A place where modules run. */
interface Host {
  open(): Promise<void>
  /** Runs a command whose words have one char a byte. */
  ask(cmd: readonly string[]): Promise<RecordedReply>
  /** A recorded reply as this host gives it. */
  expected(cmd: readonly string[], recorded: RecordedReply): RecordedReply
  close(): Promise<void>
}

/** The server, over a socket. */
function served(address: (server: KrmtServer) => Parameters<typeof connect>[0]): Host {
  let server: KrmtServer
  let client: RespClient
  return {
    async open() {
      server = await startKrmtServer({ modules })
      client = await connect(address(server))
    },
    ask: async cmd => fromWire(await client.send(...cmd)),
    expected: (_, recorded) => recorded,
    async close() {
      await client?.close()
      await server?.stop()
    },
  }
}

/** A database in the test's own process. */
function embedded(): Host {
  let db: Db<typeof modules>
  return {
    async open() {
      db = await open({ modules })
    },
    async ask(cmd) {
      try {
        return fromCall(await db.call(...cmd.map(word => Buffer.from(word, 'latin1'))))
      } catch (error) {
        if (error instanceof ReplyError) return fromCall(error)
        throw error
      }
    },
    expected: asCalled,
    close: async () => db?.close(),
  }
}

const hosts: readonly (readonly [name: string, host: Host])[] = [
  ['over a unix socket', served(({ socketPath }) => ({ path: socketPath }))],
  ['over TCP', served(({ port }) => ({ port }))],
  ['in process', embedded()],
]

describe.each(hosts)('the recorded exchanges of the original kit, %s', (_, host) => {
  beforeAll(() => host.open())
  afterAll(() => host.close())

  test.each(scenarios)('$name', async ({ steps }: Scenario) => {
    await host.ask(['FLUSHALL'])
    for (const { cmd, reply } of steps) {
      const { expected, actual } = comparable(cmd, host.expected(cmd, reply), await host.ask(cmd))
      expect(actual, cmd.join(' ')).toEqual(expected)
    }
  })
})
