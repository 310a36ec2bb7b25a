import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import { parseFrame } from '../../resp/reply-reader.js'
import { numberIn } from '../../upstream/raw-reply.js'
import type { GatewayConnection } from '../connection.js'
import type { SpecialCall } from '../special.js'
import { arrayOf, elementsOf } from './frames.js'
import { type Answer, type Asked, askAs, handled, written } from './own-part.js'
import { isUnknown, refusalIn } from './rights.js'

/** SLOWLOG of the gateway: the server's log, and the modules' commands that took long here, which count by the time that the client waited. */
export const slowlogAnswers: readonly (readonly [ByteString, Answer])[] = [
  ['slowlog|get', get],
  ['slowlog|len', length],
  ['slowlog|reset', reset],
]

/** SLOWLOG GET [count] */
async function get(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const asked = await askAs(connection, call)
  if (asked.reply instanceof ReplyError) return withoutServer(connection, call, asked)
  const own = Buffer.from(handled(connection, ['slowlog', 'get', '-1']), 'latin1')
  const entries = [
    ...elementsOf(asked.bytes).map(entry => new Entry(entry, false)),
    ...elementsOf(own).map(entry => new Entry(entry, true)),
  ].sort((a, b) => b.id - a.id)
  const count = call.argv[2] === undefined ? 10 : Number(call.argv[2])
  const shown = count < 0 ? entries : entries.slice(0, count)
  let last = Number.POSITIVE_INFINITY
  return arrayOf(
    shown.map(entry => {
      last = Math.min(entry.id, last - 1)
      return entry.withId(last)
    }),
  )
}

/** SLOWLOG LEN */
async function length(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const asked = await askAs(connection, call)
  const { reply } = asked
  if (reply instanceof ReplyError) return withoutServer(connection, call, asked)
  return written(connection, sum => sum.integer(numberIn(reply) + connection.gateway.engine.slowlog.entries.length))
}

/** SLOWLOG RESET */
async function reset(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const asked = await askAs(connection, call)
  if (asked.reply instanceof ReplyError) return withoutServer(connection, call, asked)
  handled(connection, call.argv)
  return asked.text
}

/** By an error of the server's. One that has no slow log leaves the gateway its own. */
async function withoutServer(connection: GatewayConnection, call: SpecialCall, asked: Asked): Promise<ByteString> {
  if (!isUnknown(asked.reply)) return asked.text
  return (await refusalIn(connection, asked)) ?? handled(connection, call.argv)
}

/**
 * An entry of either log. Each log counts by itself, and starts anew with its server, so numbers are made by which those of both can be told
 * apart and sorted: the second in which the command ran, then whose entry it is, then the last 21 bits of its own number, in
 * an integer below 2^53. An entry has the same number whenever one looks.
 *
 * In a Cluster, where several nodes may have had the same in the same second, the second one of them gets the next number that is free.
 */
class Entry {
  readonly id: number
  readonly #elements: readonly Buffer[]

  constructor(entry: Buffer, isOurs: boolean) {
    this.#elements = elementsOf(entry)
    const [own = 0, second = 0] = this.#elements.slice(0, 2).map(element => numberIn(parseFrame(element)))
    this.id = (second * 2 + Number(isOurs)) * NUMBERS + (own % NUMBERS)
  }

  withId(id: number): ByteString {
    return arrayOf([`:${id}\r\n`, ...this.#elements.slice(1)])
  }
}

const NUMBERS = 2 ** 21
