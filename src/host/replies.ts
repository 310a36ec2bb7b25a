/** Replies as values of a program: what `call` and `callBytes` give, on every host. */
import { type ByteString, toUtf8 } from '../bytes/bytes.js'
import { formatDouble } from '../bytes/numbers.js'
import { ReplyError } from '../errors.js'
import { type Bytes, bytesOf } from '../module/bytes.js'
import type { CallReply } from '../module/context.js'
import type { Conversions } from '../resp/collector.js'

/** What a reply is in a program: text for statuses and bulk strings, objects for maps. */
export type Reply = string | number | bigint | boolean | null | Reply[] | { [key: string]: Reply }

/** A reply whose bulk strings are bytes. */
export type BytesReply =
  | string
  | Uint8Array
  | number
  | bigint
  | boolean
  | null
  | BytesReply[]
  | Map<BytesReply, BytesReply>

/** As `call` gives them. */
export const TO_TEXT: Conversions<Reply | ReplyError> = {
  status: toUtf8,
  bulk: toUtf8,
  error: text => new ReplyError(toUtf8(text)),
  integer: value => value,
  double: value => value,
  boolean: value => value,
  null: () => null,
  array: items => items as Reply[],
  // Own properties whatever they are called: `__proto__` is a field like any other.
  map: items => Object.fromEntries(pairs(items).map(([key, value]) => [String(key), value as Reply])),
}

/** As `callBytes` gives them. */
export const TO_BYTES: Conversions<BytesReply | ReplyError> = {
  status: toUtf8,
  bulk: bytes => new Uint8Array(Buffer.from(bytes, 'latin1')),
  error: text => new ReplyError(toUtf8(text)),
  integer: value => value,
  double: value => value,
  boolean: value => value,
  null: () => null,
  array: items => items as BytesReply[],
  map: items => new Map(pairs(items) as [BytesReply, BytesReply][]),
}

/** As `read.call` gives them to modules, from a reply of RESP2. */
export const TO_CALL_REPLY: Conversions<CallReply | ReplyError> = {
  status: (text: ByteString): Bytes => bytesOf(text),
  bulk: (bytes: ByteString): Bytes => bytesOf(bytes),
  error: (text: ByteString): ReplyError => new ReplyError(text),
  integer: (value: number | bigint) => value,
  double: (value: number) => bytesOf(formatDouble(value)),
  boolean: (value: boolean) => (value ? 1 : 0),
  null: () => null,
  array: (items: (CallReply | ReplyError)[]) => items as CallReply[],
  map: (items: (CallReply | ReplyError)[]) => items as CallReply[],
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i]!, items[2 * i + 1]!])
}
