import type { ByteString } from '../../bytes/bytes.js'
import { findParameter, parameterOf, type Section } from '../../config/parameters.js'
import { ReplyError } from '../../errors.js'
import type { GatewayConnection } from '../connection.js'
import type { SpecialCall } from '../special.js'
import { elementsOf, mapOf, wordIn } from './frames.js'
import { type Answer, ask, askAs, handled, runHere, written } from './own-part.js'
import { isUnknown, refusalIn, refusalOf, refusalOfModule } from './rights.js'

/**
 * CONFIG of the gateway: the server's parameters, and those that tell of modules and of the upstream. All others that a gateway has
 * too (`timeout`, `slowlog-log-slower-than`) are the server's here; the gateway's are in its file or on its command line.
 */
export const configAnswers: readonly (readonly [ByteString, Answer])[] = [
  ['config|get', get],
  ['config|set', set],
  ['config|rewrite', rewrite],
  ['config|resetstat', resetStatistics],
]

/** CONFIG GET pattern [pattern ...] */
async function get(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const patterns = call.argv.slice(2)
  const found = [...connection.gateway.engine.config.get(patterns)].filter(([name]) => isOurs(name))
  if (found.length === 0) return (await askAs(connection, call)).text
  const ours = found.flat().map(word => written(connection, reply => reply.bulk(word)))
  const asked = patterns.filter(pattern => !isOurs(pattern))
  // Whoever asks for ours alone asks for a parameter that no server has, to see whether he may.
  const answered = await ask(connection, ['CONFIG', 'GET', ...(asked.length === 0 ? [NOBODYS] : asked)])
  const { reply, bytes, text } = answered
  if (asked.length === 0 || isUnknown(reply)) {
    return (await refusalIn(connection, answered)) ?? mapOf(ours, connection.protocol)
  }
  if (reply instanceof ReplyError) return text
  const theirs = elementsOf(bytes)
  const kept = theirs.filter((_, i) => !isOurs(wordIn(theirs[i - (i % 2)])))
  return mapOf([...kept, ...ours], connection.protocol)
}

/** CONFIG SET name value [name value ...] */
async function set(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const names = call.argv.slice(2).filter((_, i) => i % 2 === 0)
  const ours = names.filter(isOurs)
  if (ours.length === 0) return (await askAs(connection, call)).text
  const theirs = names.find(name => !isOurs(name))
  if (theirs !== undefined) {
    throw new ReplyError(
      `ERR CONFIG SET failed - '${ours[0]}' is a parameter of the gateway and '${theirs}' one of its upstream, ` +
        'which cannot be set together; set one after the other',
    )
  }
  const loads = ours.some(name => findParameter(name) === 'module-add')
  const refusal =
    (await refusalOf(connection, ['CONFIG', 'SET', NOBODYS, 'yes'], NOBODYS)) ??
    (loads ? await refusalOfModule(connection) : undefined)
  return refusal ?? runHere(connection, call.argv)
}

/** CONFIG REWRITE: the server's file and, if it has one, the gateway's, which keeps the modules that are loaded. */
async function rewrite(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const asked = await askAs(connection, call)
  const { reply, text } = asked
  if (connection.gateway.engine.config.file === undefined) return text
  const refusal = await refusalIn(connection, asked, 'config file')
  if (refusal !== undefined) return refusal
  const own = await runHere(connection, call.argv)
  const isDone = own.startsWith('+')
  if (!(reply instanceof ReplyError)) return isDone ? text : own
  const whose = isDone ? ', says the upstream; the file of the gateway has been rewritten' : ', says the upstream'
  return written(connection, error => error.error(reply.message + whose))
}

/** CONFIG RESETSTAT */
async function resetStatistics(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const { reply, text } = await askAs(connection, call)
  if (!(reply instanceof ReplyError)) handled(connection, ['config', 'resetstat'])
  return text
}

/** Whether a name, in any case, is that of a parameter of the gateway's. */
function isOurs(name: ByteString): boolean {
  const parameter = findParameter(name)
  return parameter !== undefined && OURS.has(parameterOf(parameter).section)
}

/** A server has `enable-module-command` too; but who may load modules into the gateway, the gateway's says. */
const OURS: ReadonlySet<Section> = new Set<Section>(['Upstream', 'Modules'])

/** A parameter that no server has. */
const NOBODYS = 'krmt-asks-whether-this-client-may'
