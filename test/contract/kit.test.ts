import bitallpos from 'krmt/modules/bitallpos'
import geo from 'krmt/modules/geo'
import hmsetif from 'krmt/modules/hmsetif'
import hmsetnx from 'krmt/modules/hmsetnx'
import poong from 'krmt/modules/poong'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KrmtServer, startKrmtServer } from '../support/krmt-server.js'
import { connect, type RespClient } from '../support/resp-client.js'
import { comparable, scenarios } from './vectors.js'

/** Waits for Lua: see docs/compatibility.md. */
const NEEDS_LUA = 'scriptname/evalname'

describe('the recorded exchanges of the original kit', () => {
  let server: KrmtServer
  let client: RespClient

  beforeAll(async () => {
    server = await startKrmtServer({ modules: [poong, hmsetnx, hmsetif, bitallpos, geo] })
    client = await connect({ path: server.socketPath })
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })

  test.each(scenarios.filter(({ name }) => name !== NEEDS_LUA))('$name', async ({ steps }) => {
    await client.send('FLUSHALL')
    for (const { cmd, reply } of steps) {
      const { expected, actual } = comparable(cmd, reply, await client.send(...cmd))
      expect(actual, cmd.join(' ')).toEqual(expected)
    }
  })
})
