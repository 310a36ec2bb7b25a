import type { Command } from '../registry/command.js'
import type { KeySpec } from '../registry/definition.js'
import { legacyKeys } from '../registry/key-spec.js'
import type { ReplySink } from '../resp/reply.js'

/** Writes what COMMAND INFO tells of a command: an array of ten elements. */
export function writeCommandInfo(reply: ReplySink, command: Command): void {
  const { definition, subcommands } = command
  const keys = definition.keys ?? []
  const { first, last, step, movable } = legacyKeys(keys)
  reply.array(10)
  reply.bulk(command.fullName)
  reply.integer(command.arity)
  const flags = new Set(definition.flags)
  if (movable || definition.keysOf !== undefined) flags.add('movablekeys')
  words(reply, [...flags])
  reply.integer(first)
  reply.integer(last)
  reply.integer(step)
  words(
    reply,
    command.categories.map(category => `@${category}`),
  )
  const tips = definition.tips ?? []
  reply.set(tips.length)
  for (const tip of tips) reply.bulk(tip)
  reply.set(keys.length)
  for (const spec of keys) keySpec(reply, spec)
  reply.set(subcommands?.size ?? 0)
  for (const subcommand of subcommands?.values() ?? []) writeCommandInfo(reply, subcommand)
}

function keySpec(reply: ReplySink, { flags, begin, find, notes }: KeySpec): void {
  reply.map(notes === undefined ? 3 : 4)
  if (notes !== undefined) {
    reply.bulk('notes')
    reply.bulk(notes)
  }
  reply.bulk('flags')
  words(reply, flags)
  if ('index' in begin) search(reply, 'begin_search', 'index', { index: begin.index })
  else search(reply, 'begin_search', 'keyword', { keyword: begin.keyword, startfrom: begin.from })
  if ('last' in find) {
    search(reply, 'find_keys', 'range', { lastkey: find.last, keystep: find.step, limit: find.limit })
  } else {
    search(reply, 'find_keys', 'keynum', { keynumidx: find.keynum, firstkey: find.first, keystep: find.step })
  }
}

function search(reply: ReplySink, name: string, type: string, spec: Readonly<Record<string, string | number>>): void {
  reply.bulk(name)
  reply.map(2)
  reply.bulk('type')
  reply.bulk(type)
  reply.bulk('spec')
  const entries = Object.entries(spec)
  reply.map(entries.length)
  for (const [key, value] of entries) {
    reply.bulk(key)
    if (typeof value === 'number') reply.integer(value)
    else reply.bulk(value)
  }
}

function words(reply: ReplySink, list: readonly string[]): void {
  reply.set(list.length)
  for (const word of list) reply.status(word)
}
