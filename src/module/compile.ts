/** Host side: all that is derived from a definition, worked out once. */
import { type ByteString, fromUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { ArgumentDoc } from '../registry/argument-doc.js'
import { type KeySpec, type LegacyKeys, legacyKeys } from '../registry/key-spec.js'
import { membersOf } from './argument.js'
import type { AnyCommand, Container } from './command.js'
import { argumentDocsOf } from './docs.js'
import { type ArgumentsFormatter, compileFormatter } from './format.js'
import { keysOf } from './keys.js'
import { type ArgumentsParser, compileParser } from './parse.js'
import { sizeOfMembers } from './sizes.js'
import { syntaxOf } from './syntax.js'

export interface CompiledCommand {
  readonly definition: AnyCommand
  /** In lower case, with its container's: `scriptname|set`. */
  readonly fullName: string
  /** The number of arguments with the name (and the container's), as Redis counts them; negative: at least. */
  readonly arity: number
  readonly keySpecs: readonly KeySpec[]
  readonly legacyKeys: LegacyKeys
  readonly syntax: string
  readonly argumentDocs: readonly ArgumentDoc[]
  /** From a whole argument vector to what `run` is given. Throws ReplyError. */
  readonly parse: ArgumentsParser
  /** The inverse of `parse`, from what a typed client is given. */
  readonly format: ArgumentsFormatter
}

export interface CompiledContainer {
  readonly definition: Container
  /** In lower case. */
  readonly fullName: string
  readonly arity: -2
  /** By name in lower case. */
  readonly subcommands: ReadonlyMap<string, CompiledCommand>
  readonly syntax: string
  /** What `NAME HELP` answers, line by line, as Redis's own containers do. */
  readonly help: readonly string[]
  /** The reply to a subcommand that there is not. */
  unknown(word: ByteString): ReplyError
}

export function compileCommand(definition: AnyCommand, containerName?: string): CompiledCommand {
  const path = containerName === undefined ? [definition.name] : [containerName, definition.name]
  const fullName = path.join('|').toLowerCase()
  const members = membersOf(definition.args)
  const size = sizeOfMembers(members)
  const least = path.length + size.min
  const defaultAccess = definition.flags.includes('readonly') ? 'read' : 'read-write'
  const { specs } = keysOf(members, path.length, defaultAccess)
  const parse = compileParser(members, fullName, path.length)
  return {
    definition,
    fullName,
    arity: size.min === size.max ? least : -least,
    keySpecs: specs,
    legacyKeys: legacyKeys(specs),
    syntax: syntaxOf(path.join(' ').toUpperCase(), members),
    argumentDocs: argumentDocsOf(members),
    parse,
    format: compileFormatter(members, path, parse),
  }
}

export function compileContainer(definition: Container): CompiledContainer {
  const name = definition.name.toUpperCase()
  const subcommands = definition.subcommands.map(sub => compileCommand(sub, definition.name))
  const fixed = definition.unknown === undefined ? undefined : new ReplyError(definition.unknown)
  return {
    definition,
    fullName: definition.name.toLowerCase(),
    arity: -2,
    subcommands: new Map(subcommands.map(sub => [sub.definition.name.toLowerCase(), sub])),
    syntax: `${name} <${subcommands.map(sub => sub.definition.name.toUpperCase()).join(' | ')}>`,
    help: helpOf(name, subcommands),
    // Redis shows 128 bytes of the word.
    unknown: word => fixed ?? new ReplyError(`ERR unknown subcommand '${word.slice(0, 128)}'. Try ${name} HELP.`),
  }
}

function helpOf(name: string, subcommands: readonly CompiledCommand[]): string[] {
  const lines = [`${name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`]
  for (const { definition, syntax } of subcommands) {
    lines.push(fromUtf8(syntax.slice(name.length + 1)), `    ${fromUtf8(definition.summary)}`)
  }
  return [...lines, 'HELP', '    Prints this help.']
}
