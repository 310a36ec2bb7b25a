import type { ByteString } from '../bytes/bytes.js'
import { type Integer, parseInteger64 } from '../bytes/numbers.js'
import type { Client } from '../engine/client.js'
import { errors, ReplyError } from '../errors.js'
import type { CommandDefinition } from '../registry/definition.js'

/** WAIT, of a server that has no replicas. */
export const waitCommands: readonly CommandDefinition[] = [
  {
    name: 'wait',
    summary: 'Waits until so many replicas have taken over the writes of this client, and tells how many have.',
    since: '3.0.0',
    group: 'generic',
    complexity: 'O(1)',
    syntax: 'numreplicas timeout',
    arity: 3,
    flags: ['noscript'],
    categories: ['connection'],
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    run: wait,
  },
]

/** Without replicas none will ever take anything over: unless nobody is to be waited for, the time runs out. */
function wait(client: Client, argv: readonly ByteString[]): void {
  const { engine, reply } = client
  const replicas = parseInteger64(argv[1]!)
  if (replicas === undefined) throw errors.notInteger
  const timeout = timeoutArgument(argv[2]!)
  const isNested = engine.depth > 1
  if (replicas <= 0 || isNested) {
    reply.integer(0)
    return
  }
  client.waitsIdly = true
  client.answerLater(
    new Promise(resolve => {
      const until = timeout === 0 ? Infinity : engine.keyspace.now + Number(timeout)
      const look = () => {
        const left = until - engine.clock.now()
        if (left > 0 && !client.closing) {
          engine.clock.after(Math.min(left, LONGEST_SLEEP), look)
          return
        }
        reply.integer(0)
        resolve()
      }
      look()
    }),
  )
}

/** Milliseconds; 0 means for ever. */
function timeoutArgument(text: ByteString): Integer {
  const timeout = parseInteger64(text)
  if (timeout === undefined) throw noTimeout
  if (timeout < 0) throw negativeTimeout
  return timeout
}

/** Milliseconds after which a waiting client that has gone is let go of. */
const LONGEST_SLEEP = 1000

const noTimeout = new ReplyError('ERR timeout is not an integer or out of range')
const negativeTimeout = new ReplyError('ERR timeout is negative')
