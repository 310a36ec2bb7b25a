import type { ByteString } from '../bytes/bytes.js'
import { untilNul } from '../bytes/c-string.js'
import { ReplyError } from '../errors.js'
import { Opcode } from '../rdb/format.js'
import { FOOTER_LENGTH, openPayload, sealPayload } from '../rdb/payload.js'
import { RdbError, type RdbReader } from '../rdb/reader.js'
import { RdbWriter } from '../rdb/writer.js'

/** What FUNCTION DUMP answers: the codes of all libraries, as RDB files have them. */
export function dumpLibraries(codes: Iterable<ByteString>): ByteString {
  const writer = new RdbWriter()
  for (const code of codes) {
    writer.byte(Opcode.function2)
    writer.string(code)
  }
  return sealPayload(writer.bytes)
}

/**
 * Reads a dump: the codes of its libraries, one after the other, so that one can be loaded before a mistake behind it is found.
 *
 * @throws ReplyError
 */
export function* dumpedLibraries(payload: ByteString): Generator<ByteString> {
  const reader = openPayload(payload)
  if (reader === undefined) throw new ReplyError('ERR DUMP payload version or checksum are wrong')
  while (reader.remaining > FOOTER_LENGTH) {
    const opcode = reader.byte()
    if (opcode === Opcode.function2) yield reading('library payload', () => reader.string())
    else if (opcode === Opcode.function) yield oldLibrary(reader)
    else throw new ReplyError('ERR given type is not a function')
  }
}

/** A library as the release candidates of Redis 7.0 wrote it, without a first line that says its name. */
function oldLibrary(reader: RdbReader): ByteString {
  const name = reading('library name', () => reader.string())
  const engine = reading('engine name', () => reader.string())
  const isDescribed = reading('library description indicator', () => reader.length()) > 0
  if (isDescribed) reading('library description', () => reader.string())
  const body = reading('library blob', () => reader.string())
  return `#!${untilNul(engine)} name=${untilNul(name)}\n${untilNul(body)}`
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RdbError) throw new ReplyError(`ERR Failed loading ${what}`)
    throw error
  }
}
