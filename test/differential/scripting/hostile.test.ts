import { expect, test } from 'vitest'
import { connect } from '../../support/resp-client.js'
import { describeScripts } from '../../support/scripts.js'

// What redis-server 7.0.15 does not live through (it ends by a signal), or would take all the memory of the machine for:
// these are for krmt alone, which answers with an error and goes on.
describeScripts('scripts that end redis-server', ({ servers }) => {
  for (const source of [
    'error({})',
    'error({1, 2})',
    'error({err = true})',
    'error({err = {}})',
    "error({ok = 'fine'})",
    "error(redis.status_reply('fine'))",
    "error(setmetatable({}, {__tostring = function() return 'shown' end}))",
    "return ('x'):rep(1e10)",
    "return (('a'):rep(220000)):find(('.?'):rep(220000))",
    "local s = 'x' while true do s = s .. s end",
    "local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end",
    'local t = {} for i = 1, 1e10 do t[i] = {} end',
  ]) {
    test(source, async () => {
      const client = await connect({ path: servers().krmt.socketPath })
      try {
        expect(await client.send('EVAL', source, 0)).toMatchObject({ type: 'error' })
        expect(await client.send('EVAL', "return {1, 'alive'}", 0)).toEqual({
          type: 'array',
          items: [
            { type: 'integer', value: 1 },
            { type: 'bulk', value: 'alive' },
          ],
        })
      } finally {
        await client.close()
      }
    })
  }
})
