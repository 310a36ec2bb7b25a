import type { ByteString } from '../bytes/bytes.js'

/**
 * Where a command writes its reply, one value after another, containers first.
 *
 * A command writes the richest type that it means (a map, a double); a sink that speaks RESP2 writes what Redis writes
 * there instead. After `array(n)`, n values follow; after `map(n)`, n keys and n values in turn.
 */
export interface ReplySink {
  /** Marks where a command's reply begins, so that `abort` can take back a reply half written. */
  begin(): void
  /** Drops what has been written since `begin`. */
  abort(): void
  /** While true, what is written is dropped (CLIENT REPLY OFF). Messages and confirmations of pub/sub lift it for their time. */
  muted: boolean
  /** Few commands need it: those whose reply has another shape, not only another type, in RESP3; HELLO sets it. */
  protocol: 2 | 3
  ok(): void
  /** One line of text; line breaks in it become spaces. */
  status(text: ByteString): void
  /** The whole error text, its code first: `ERR syntax error`. Line breaks in it become spaces. */
  error(text: ByteString): void
  integer(value: number | bigint): void
  bulk(value: ByteString): void
  /** RESP2: a nil bulk string. */
  null(): void
  /** RESP2: a nil array. */
  nullArray(): void
  /** RESP2: a bulk string with the same digits. */
  double(value: number): void
  /** RESP2: integer 0 or 1. */
  boolean(value: boolean): void
  /** An integer of any size, in decimal. RESP2: a bulk string. */
  bigNumber(digits: ByteString): void
  /** `format` is three chars, `txt` or `mkd`. RESP2: a bulk string. */
  verbatim(format: 'txt' | 'mkd', value: ByteString): void
  array(length: number): void
  /** RESP2: an array of twice the length. */
  map(length: number): void
  /** RESP2: an array. */
  set(length: number): void
  /** Out of band in RESP3; an array in RESP2. */
  push(length: number): void
}
