import type { ArgumentDoc } from '../registry/argument-doc.js'
import type { Command } from '../registry/command.js'
import type { ReplySink } from '../resp/reply.js'
import { argumentDetails, type Detail } from './argument-details.js'
import { argumentTrees } from './argument-trees.js'
import { parseSyntax } from './command-syntax.js'

/** Writes what COMMAND DOCS tells of a command: a map. */
export function writeDocs(reply: ReplySink, command: Command): void {
  const { definition, subcommands, module } = command
  const replacement = REPLACEMENTS.get(command.fullName)
  const docs = argumentDocsOf(command)
  const isModules = module !== '<builtin>'
  const flag = replacement !== undefined ? 'deprecated' : command.fullName === 'debug' ? 'syscmd' : undefined
  reply.map(
    4 +
      (isModules ? 1 : 0) +
      (flag === undefined ? 0 : 1) +
      (replacement === undefined ? 0 : 2) +
      (docs.length > 0 ? 1 : 0) +
      (subcommands === undefined ? 0 : 1),
  )
  entry(reply, 'summary', definition.summary)
  entry(reply, 'since', definition.since)
  entry(reply, 'group', definition.group)
  entry(reply, 'complexity', definition.complexity)
  if (isModules) entry(reply, 'module', module)
  if (flag !== undefined) {
    reply.bulk('doc_flags')
    reply.set(1)
    reply.status(flag)
  }
  if (replacement !== undefined) {
    entry(reply, 'deprecated_since', replacement.since)
    entry(reply, 'replaced_by', replacement.by)
  }
  if (docs.length > 0) {
    reply.bulk('arguments')
    writeArguments(reply, docs)
  }
  if (subcommands !== undefined) {
    reply.bulk('subcommands')
    reply.map(subcommands.size)
    for (const subcommand of subcommands.values()) {
      reply.bulk(subcommand.fullName)
      writeDocs(reply, subcommand)
    }
  }
}

/** A command's arguments: those that its definition states, or else what follows from its syntax line. */
export function argumentDocsOf(command: Command): readonly ArgumentDoc[] {
  const { definition, fullName, module } = command
  if (definition.arguments !== undefined) return definition.arguments
  const isBuiltin = module === '<builtin>'
  const tree = isBuiltin ? argumentTrees[fullName] : undefined
  if (tree !== undefined) return tree
  const docs = parseSyntax(definition.syntax ?? '', definition.keys?.length ?? 0)
  const details = isBuiltin ? argumentDetails[fullName] : undefined
  return details === undefined ? docs : detailed(docs, details, new Map())
}

/** How an argument is called in the table of details: its token, its choices or parts, or else its name. */
export function labelOf(doc: ArgumentDoc): string {
  if (doc.token !== undefined) return doc.token
  if (doc.arguments === undefined) return doc.name
  return doc.arguments.map(labelOf).join(doc.type === 'oneof' ? ' | ' : ' ')
}

/** Adds what the table knows; a label that comes for the second time is `label (2)` there. */
function detailed(
  docs: readonly ArgumentDoc[],
  details: Readonly<Record<string, Detail>>,
  seen: Map<string, number>,
): ArgumentDoc[] {
  return docs.map(doc => {
    const label = labelOf(doc)
    const nth = (seen.get(label) ?? 0) + 1
    seen.set(label, nth)
    const inner = doc.arguments && { arguments: detailed(doc.arguments, details, seen) }
    return { ...doc, ...inner, ...details[nth === 1 ? label : `${label} (${nth})`] }
  })
}

function writeArguments(reply: ReplySink, docs: readonly ArgumentDoc[]): void {
  reply.array(docs.length)
  for (const { name, type, keySpecIndex, token, since, deprecatedSince, flags, arguments: inner } of docs) {
    const optional = [keySpecIndex, token, since, deprecatedSince, flags, inner]
    reply.map(2 + optional.filter(value => value !== undefined).length)
    entry(reply, 'name', name)
    entry(reply, 'type', type)
    if (keySpecIndex !== undefined) {
      reply.bulk('key_spec_index')
      reply.integer(keySpecIndex)
    }
    if (token !== undefined) entry(reply, 'token', token)
    if (since !== undefined) entry(reply, 'since', since)
    if (deprecatedSince !== undefined) entry(reply, 'deprecated_since', deprecatedSince)
    if (flags !== undefined) {
      reply.bulk('flags')
      reply.set(flags.length)
      for (const flag of flags) reply.status(flag)
    }
    if (inner !== undefined) {
      reply.bulk('arguments')
      writeArguments(reply, inner)
    }
  }
}

function entry(reply: ReplySink, key: string, value: string): void {
  reply.bulk(key)
  reply.bulk(value)
}

/** The commands that Redis advises against, since when, and what it names instead. */
const REPLACEMENTS: ReadonlyMap<string, { readonly since: string; readonly by: string }> = new Map([
  ['getset', { since: '6.2.0', by: '`SET` with the `!GET` argument' }],
  ['hmset', { since: '4.0.0', by: '`HSET` with multiple field-value pairs' }],
  ['substr', { since: '2.0.0', by: '`GETRANGE`' }],
  ['rpoplpush', { since: '6.2.0', by: '`LMOVE` with the `RIGHT` and `LEFT` arguments' }],
  ['zrangebylex', { since: '6.2.0', by: '`ZRANGE` with the `BYLEX` argument' }],
  ['zrangebyscore', { since: '6.2.0', by: '`ZRANGE` with the `BYSCORE` argument' }],
  ['zrevrangebyscore', { since: '6.2.0', by: '`ZRANGE` with the `REV` and `BYSCORE` arguments' }],
  ['zrevrangebylex', { since: '6.2.0', by: '`ZRANGE` with the `REV` and `BYLEX` arguments' }],
  ['zrevrange', { since: '6.2.0', by: '`ZRANGE` with the `REV` argument' }],
  ['georadius', { since: '6.2.0', by: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument' }],
  ['georadius_ro', { since: '6.2.0', by: '`GEOSEARCH` with the `BYRADIUS` argument' }],
  [
    'georadiusbymember',
    { since: '6.2.0', by: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments' },
  ],
  ['georadiusbymember_ro', { since: '6.2.0', by: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments' }],
])
