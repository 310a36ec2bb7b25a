import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Conversions } from '../resp/collector.js'
import type { ReplySink } from '../resp/reply.js'
import { BigNumber, Double, MapReply, type RawReply, SetReply, Status, Verbatim } from '../resp/reply-reader.js'

export type { RawReply } from '../resp/reply-reader.js'

/** A reply in the form that a caller wants. */
export function convert<T>(reply: RawReply, to: Conversions<T>): T {
  if (reply === null) return to.null()
  if (typeof reply === 'string') return to.bulk(reply)
  if (typeof reply === 'number' || typeof reply === 'bigint') return to.integer(reply)
  if (typeof reply === 'boolean') return to.boolean(reply)
  if (reply instanceof Status) return to.status(reply.text)
  if (reply instanceof Double) return to.double(reply.value)
  if (reply instanceof BigNumber) return to.integer(BigInt(reply.digits))
  if (reply instanceof Verbatim) return to.bulk(reply.text)
  if (reply instanceof MapReply) return to.map(reply.items.map(item => convert(item, to)))
  if (reply instanceof SetReply) return to.array(reply.items.map(item => convert(item, to)))
  if (reply instanceof ReplyError) return to.error(reply.message)
  return to.array(reply.map(item => convert(item, to)))
}

/** Writes a reply as it came, in whatever version of RESP the sink speaks. */
export function writeRaw(reply: RawReply, sink: ReplySink): void {
  if (reply === null) sink.null()
  else if (typeof reply === 'string') sink.bulk(reply)
  else if (typeof reply === 'number' || typeof reply === 'bigint') sink.integer(reply)
  else if (typeof reply === 'boolean') sink.boolean(reply)
  else if (reply instanceof Status) sink.status(reply.text)
  else if (reply instanceof Double) sink.double(reply.value)
  else if (reply instanceof BigNumber) sink.bigNumber(reply.digits)
  else if (reply instanceof Verbatim) sink.verbatim(reply.format === 'mkd' ? 'mkd' : 'txt', reply.text)
  else if (reply instanceof ReplyError) sink.error(reply.message)
  else if (reply instanceof MapReply) {
    sink.map(reply.items.length / 2)
    for (const item of reply.items) writeRaw(item, sink)
  } else if (reply instanceof SetReply) {
    sink.set(reply.items.length)
    for (const item of reply.items) writeRaw(item, sink)
  } else {
    sink.array(reply.length)
    for (const item of reply) writeRaw(item, sink)
  }
}

/** Text of any kind; null for any other reply. */
export function bytesIn(reply: RawReply): ByteString | null {
  if (typeof reply === 'string') return reply
  return reply instanceof Status || reply instanceof Verbatim ? reply.text : null
}

/** An integer; 0 for any other reply. */
export function numberIn(reply: RawReply): number {
  return typeof reply === 'number' ? reply : typeof reply === 'bigint' ? Number(reply) : 0
}

/** The items of an array or a set; none for any other reply. */
export function itemsIn(reply: RawReply): readonly RawReply[] {
  if (reply instanceof SetReply) return reply.items
  return isArray(reply) ? reply : []
}

/** Whether it is an array, and no other collection. */
export function isArray(reply: RawReply): reply is readonly RawReply[] {
  return Array.isArray(reply)
}
