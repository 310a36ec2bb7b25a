import { readFileSync } from 'node:fs'
import { type Reply, ReplyError } from 'krmt'
import type { Reply as WireReply } from '../support/resp-client.js'

/** A reply as the vectors write it. */
export type RecordedReply =
  | string
  | null
  | { readonly integer: number }
  | { readonly status: string }
  | { readonly error: string }
  | readonly RecordedReply[]

export interface Scenario {
  readonly name: string
  readonly steps: readonly { readonly cmd: readonly string[]; readonly reply: RecordedReply }[]
}

/** Exchanges recorded with the C modules of 2014; each scenario begins on an empty server. */
export const scenarios: readonly Scenario[] = ['kit.json', 'kit-random.json'].flatMap(file => {
  const recording: { scenarios: Scenario[] } = JSON.parse(
    readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'),
  )
  return recording.scenarios
})

/**
 * Both replies in a form that can be compared. What may differ: GeoJSON is compared as JSON, with numbers to 11 digits (the
 * original printed 14); a coordinate may be spelt in any way that reads as the same double; and the members of a radius
 * search that asks for no order may come in any.
 */
export function comparable(
  cmd: readonly string[],
  recorded: RecordedReply,
  reply: RecordedReply,
): { expected: unknown; actual: unknown } {
  const expected = normalized(recorded)
  const actual = normalized(reply)
  const name = cmd[0]?.toLowerCase() ?? ''
  const unordered =
    name === 'hgetall' || (name.startsWith('georadius') && !cmd.some(word => /^(asc|desc|sort)/i.test(word)))
  return unordered ? { expected: sorted(expected), actual: sorted(actual) } : { expected, actual }
}

/** A reply of RESP2, as the vectors write it. */
export function fromWire(reply: WireReply): RecordedReply {
  switch (reply.type) {
    case 'status':
      return { status: reply.value }
    case 'error':
      return { error: reply.value }
    case 'integer':
      return { integer: Number(reply.value) }
    case 'bulk':
      return reply.value
    case 'null-bulk':
    case 'null-array':
      return null
    case 'array':
      return reply.items.map(fromWire)
    default:
      throw new Error(`no reply of RESP2: ${reply.type}`)
  }
}

/** What `call` of a database in this process gives, as the vectors write it; a status is text there like any other. */
export function fromCall(reply: Reply | ReplyError): RecordedReply {
  if (reply instanceof ReplyError) return { error: reply.message }
  if (reply === null) return null
  if (Array.isArray(reply)) return reply.map(fromCall)
  if (typeof reply === 'string') return Buffer.from(reply, 'utf8').toString('latin1')
  if (typeof reply === 'object') return Object.entries(reply).flatMap(([key, value]) => [key, fromCall(value)])
  return { integer: Number(reply) }
}

/** A recorded reply as `call` gives it: in RESP3, where scores are numbers and stand in pairs, and statuses as text. */
export function asCalled(cmd: readonly string[], recorded: RecordedReply): RecordedReply {
  if (isArray(recorded)) return cmd[0] === 'zrange' ? scored(recorded) : recorded
  if (recorded === null || (typeof recorded === 'object' && !('status' in recorded))) return recorded
  if (typeof recorded === 'object') return recorded.status
  return cmd[0] === 'zscore' ? { integer: Number(recorded) } : recorded
}

function scored(membersAndScores: readonly RecordedReply[]): RecordedReply[] {
  return membersAndScores.flatMap((member, index) =>
    index % 2 === 0 ? [[member, { integer: Number(membersAndScores[index + 1]) }]] : [],
  )
}

function isArray(reply: RecordedReply): reply is readonly RecordedReply[] {
  return Array.isArray(reply)
}

function normalized(reply: RecordedReply): unknown {
  if (typeof reply === 'string') {
    if (reply.startsWith('{')) return rounded(JSON.parse(Buffer.from(reply, 'latin1').toString('utf8')))
    return /^-?\d+\.\d+(e-?\d+)?$/.test(reply) ? { number: Number(reply) } : reply
  }
  return Array.isArray(reply) ? reply.map(normalized) : reply
}

function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(11))
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]))
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return [...value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
