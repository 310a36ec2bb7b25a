/** From what `run` returned to the client's reply. */
import { fromUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { ReplySink } from '../resp/reply.js'
import { contentOf, describe, isBytes, isPromiseLike, latin1 } from './bytes.js'
import { type SpecialReply, specialKind } from './reply.js'

/** Deeper than any reply that a client library takes, and a sign of an array that contains itself. */
export const MAX_DEPTH = 128

/**
 * Looks at the whole of a reply before anything of it is written, and before the command's effects are applied.
 *
 * @param command the command's name, for the error message
 * @throws TypeError when the value is not a ReplyValue, with the path to what is wrong: `reply[3]`
 */
export function checkReply(value: unknown, command: string): void {
  check(value, command, '', 0)
}

/**
 * Writes a reply that `checkReply` has let through.
 *
 * @throws ReplyError when it is an error as a whole, so that it counts as one
 */
export function writeReply(value: unknown, sink: ReplySink): void {
  if (specialKind(value) === 'error') {
    throw new ReplyError(fromUtf8((value as { text: string }).text))
  }
  write(value, sink)
}

/** The look before: one typeof for most values, no allocation; the path is put together on the way out of an error. */
function check(value: unknown, command: string, path: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'boolean':
    case 'undefined':
      return
    case 'number':
      if (Number.isNaN(value)) refuse(value, command, path, 'a reply cannot be NaN')
      return
    case 'object':
      // Bytes first: they are what most items of long replies are.
      if (value === null || isBytes(value)) return
      if (Array.isArray(value)) checkArray(value, command, path, depth)
      else if (!(value instanceof Uint8Array)) checkSpecial(value, command, path, depth)
      return
    default:
      refuse(value, command, path, 'it is none of the values that a command can answer')
  }
}

function checkArray(items: readonly unknown[], command: string, path: string, depth: number): void {
  if (depth >= MAX_DEPTH)
    refuse(items, command, path.slice(0, 40), `it is nested more than ${MAX_DEPTH} deep; does it contain itself?`)
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    // Fast path: nothing can be wrong with text, and most replies of many items are text or bytes.
    if (typeof item !== 'string') check(item, command, `${path}[${i}]`, depth + 1)
  }
}

function checkSpecial(value: object, command: string, path: string, depth: number): void {
  const special = value as SpecialReply
  switch (specialKind(value)) {
    case 'status':
    case 'error':
      checkLine((special as { text: unknown }).text, command, path)
      return
    case 'verbatim': {
      const { text, format } = special as { text: unknown; format: unknown }
      if (typeof text !== 'string') refuse(text, command, path, 'reply.verbatim takes text')
      if (format !== 'txt' && format !== 'mkd')
        refuse(format, command, path, "the format of reply.verbatim is 'txt' or 'mkd'")
      return
    }
    case 'double': {
      const { value: double } = special as { value: unknown }
      if (typeof double !== 'number' || Number.isNaN(double))
        refuse(double, command, path, 'reply.double takes a number')
      return
    }
    case 'map':
      checkArray((special as { entries: readonly unknown[] }).entries, command, `${path}.entries`, depth)
      return
    case 'set':
      checkArray((special as { items: readonly unknown[] }).items, command, `${path}.items`, depth)
      return
    case 'nullArray':
      return
    case 'forward':
    case 'forwardScript':
      refuse(value, command, path, 'a forward() must be all that a command returns')
      return
    default: {
      let hint = 'wrap it in reply.map(…), or return an array'
      if (isPromiseLike(value)) hint = 'run must not be async: all that it reads is there at once'
      else if (value instanceof Error) hint = 'throw it, or use reply.error(text)'
      else if (value instanceof Set) hint = 'wrap it in reply.set(…)'
      refuse(value, command, path, hint)
    }
  }
}

function checkLine(text: unknown, command: string, path: string): void {
  if (typeof text !== 'string') refuse(text, command, path, 'a status or an error takes text')
  if (/[\r\n]/.test(text as string)) refuse(text, command, path, 'a status or an error is one line of text')
}

function refuse(value: unknown, command: string, path: string, why: string): never {
  throw new TypeError(`${command} cannot answer ${describe(value)}${path === '' ? '' : ` (reply${path})`}: ${why}`)
}

function write(value: unknown, sink: ReplySink): void {
  switch (typeof value) {
    case 'string':
      sink.bulk(fromUtf8(value))
      return
    case 'number':
      if (Number.isSafeInteger(value)) sink.integer(value === 0 ? 0 : value)
      else sink.double(value)
      return
    case 'boolean':
      sink.boolean(value)
      return
    case 'undefined':
      sink.null()
      return
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) sink.integer(value)
      else sink.bigNumber(String(value))
      return
    default:
      if (value === null) sink.null()
      else if (isBytes(value)) sink.bulk(contentOf(value))
      else if (Array.isArray(value)) {
        sink.array(value.length)
        for (let i = 0; i < value.length; i++) write(value[i], sink)
      } else if (value instanceof Uint8Array) sink.bulk(latin1(value))
      else writeSpecial(value as SpecialReply, sink)
  }
}

function writeSpecial(special: SpecialReply, sink: ReplySink): void {
  switch (specialKind(special)) {
    case 'status': {
      const { text } = special as { text: string }
      if (text === 'OK') sink.ok()
      else sink.status(fromUtf8(text))
      return
    }
    case 'error':
      sink.error(fromUtf8((special as { text: string }).text))
      return
    case 'double':
      sink.double((special as { value: number }).value)
      return
    case 'verbatim': {
      const { format, text } = special as { format: 'txt' | 'mkd'; text: string }
      sink.verbatim(format, fromUtf8(text))
      return
    }
    case 'nullArray':
      sink.nullArray()
      return
    case 'map': {
      const { entries } = special as { entries: readonly (readonly [unknown, unknown])[] }
      sink.map(entries.length)
      for (const [key, item] of entries) {
        write(key, sink)
        write(item, sink)
      }
      return
    }
    case 'set': {
      const { items } = special as { items: readonly unknown[] }
      sink.set(items.length)
      for (const item of items) write(item, sink)
    }
  }
}
