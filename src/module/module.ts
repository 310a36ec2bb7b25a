import { type ByteString, toUtf8 } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { type Argument, type InputsOf, type LeafKind, membersOf, type Shape, type ValuesOf } from './argument.js'
import type { AnyCommand, Container } from './command.js'
import type { Log } from './context.js'
import { withOrigin } from './origin.js'
import { compileParser } from './parse.js'

/** The options of a module: single arguments, or optional ones with a default. */
export interface ModuleOptionsShape {
  readonly [name: string]: Argument<unknown, unknown, LeafKind | 'optional'>
}

/** What `load` is given. */
export interface LoadContext<Options extends ModuleOptionsShape> {
  readonly options: ValuesOf<Options>
  /** What the `load` of the version before returned; undefined at the first load. It may be of any older shape. */
  readonly previous: unknown
  readonly log: Log
}

/** What an author writes. */
export interface ModuleDefinition<
  Options extends ModuleOptionsShape,
  Commands extends readonly ModuleCommand[],
  State,
> {
  /** Unique on a server: `sh.matt.hmsetnx`. Printable, without spaces, `,` and `=`, and not beginning with `<`. */
  readonly name: string
  /** By the rules of semver: `0.5.0`. */
  readonly version: string
  /** The versions of this interface that it works with, a semver range: `^1`. See `interfaceVersion`. */
  readonly requires: string
  /** What may be said at load, as words: with `order: t.optional(t.oneOf('latlong', 'longlat'), 'latlong')`, `order longlat`. */
  readonly options?: Options
  /** The commands; a function of the options when these decide. */
  readonly commands: Commands | ((options: ValuesOf<Options>) => Commands)
  /** Called at load and at reload, before the new commands are there; what it returns goes to `cleanup`, and to the next version. */
  load?(context: LoadContext<Options>): State
  /** Called when the module has been unloaded, or replaced by its next version, with what `load` had returned. */
  cleanup?(state: State, context: { readonly log: Log }): void
}

export interface Module<
  Options extends ModuleOptionsShape = ModuleOptionsShape,
  Commands extends readonly ModuleCommand[] = readonly ModuleCommand[],
  State = unknown,
> {
  readonly kind: 'module'
  readonly name: string
  readonly version: string
  readonly requires: string
  readonly options: Options
  readonly commands: Commands | ((options: ValuesOf<Options>) => Commands)
  load?(context: LoadContext<Options>): State
  cleanup?(state: State, context: { readonly log: Log }): void
}

export type ModuleCommand = AnyCommand | Container

/**
 * Any module, its types forgotten. What it does with its options is its own affair: whoever calls `commands`, `load` or
 * `cleanup` through this type must pass what `parseModuleOptions` and `load` have returned for the same module.
 */
export interface AnyModule extends Pick<Module, 'kind' | 'name' | 'version' | 'requires' | 'options'> {
  readonly commands: readonly ModuleCommand[] | ((options: never) => readonly ModuleCommand[])
  load?(context: LoadContext<ModuleOptionsShape>): unknown
  cleanup?(state: unknown, context: { readonly log: Log }): void
}

/** Defines a module: what a file that can be loaded exports as its default. */
export function defineModule<
  const Commands extends readonly ModuleCommand[],
  State = undefined,
  // biome-ignore lint/complexity/noBannedTypes: a module without options has an empty shape
  const Options extends ModuleOptionsShape = {},
>(definition: ModuleDefinition<Options, Commands, State>): Module<Options, Commands, State> {
  return withOrigin({ kind: 'module', options: {} as Options, ...definition }, defineModule)
}

/** Host side: the commands of a module, loaded with these options. */
export function commandsOf(module: AnyModule, options: Record<string, unknown>): readonly ModuleCommand[] {
  return typeof module.commands === 'function' ? module.commands(options as never) : module.commands
}

/**
 * Host side: the words given at load (`order longlat`), or the options given in a program, as values with defaults
 * filled in. Names of options are matched in any case; given twice, the last one counts.
 *
 * @throws ReplyError that names the option and says what it may be
 */
export function parseModuleOptions(module: AnyModule, words: readonly ByteString[]): Record<string, unknown> {
  const members = membersOf(module.options as Shape)
  const names = members.map(([name]) => name)
  const values: Record<string, unknown> = {}
  for (let i = 0; i < words.length; i += 2) {
    const given = toUtf8(words[i] as ByteString)
    const member = members.find(([name]) => name.toLowerCase() === given.toLowerCase())
    if (member === undefined) {
      const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
      throw new ReplyError(`ERR module ${module.name} has no option '${given}': ${known}`)
    }
    if (i + 1 >= words.length) throw new ReplyError(`ERR option '${member[0]}' of module ${module.name} needs a value`)
    try {
      const parse = compileParser([member], member[0], 0)
      values[member[0]] = parse([words[i + 1] as ByteString])[member[0]]
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error
      const reason = error.message.replace(/^ERR /, '')
      throw new ReplyError(
        `ERR option '${member[0]}' of module ${module.name} cannot be '${toUtf8(words[i + 1] as ByteString)}': ${reason}`,
      )
    }
  }
  for (const [name, node] of members) {
    if (name in values) continue
    if (node.kind !== 'optional') throw new ReplyError(`ERR module ${module.name} needs the option '${name}'`)
    values[name] = node.fallback
  }
  return values
}

/** What a program passes for the options of a module. */
export type ModuleOptionsInput<M> = M extends { readonly options: infer Options } ? InputsOf<Options> : never
