import type { ByteString } from '../bytes/bytes.js'
import { quoteArg } from '../bytes/split-args.js'
import { InvalidValue } from './errors.js'
import type { ParameterType, Setting } from './parameter-type.js'

/** A module to load, and what it is told at load. */
export interface ModuleSpec {
  /** A bundled module's name, a file, a folder or a package. */
  readonly path: ByteString
  readonly args: readonly ByteString[]
}

/** `PATH [arg ...]`. Each directive adds a module. */
export function moduleList(): ParameterType<readonly ModuleSpec[]> {
  return {
    syntax: 'path [arg ...], repeated',
    variadic: true,
    parse([path, ...args], previous) {
      // The default of the table: no module.
      if (path === undefined && previous === undefined) return moduleSetting([])
      if (path === undefined || path === '') throw new InvalidValue('wrong number of arguments')
      return moduleSetting([...(previous?.value ?? []), { path, args }])
    },
    lines: ({ value }) => value.map(module => ({ text: moduleText(module), differs: true })),
  }
}

/** CONFIG GET answers one module a line, quoted as in a file. */
export function moduleSetting(value: readonly ModuleSpec[]): Setting<readonly ModuleSpec[]> {
  return { value, text: value.map(moduleText).join('\n') }
}

function moduleText({ path, args }: ModuleSpec): ByteString {
  return [path, ...args].map(word => (PLAIN.test(word) ? word : quoteArg(word))).join(' ')
}

/** Words that need no quotes: printable ASCII without space, quotes and backslash. */
const PLAIN = /^[!#-&(-[\]-~]+$/
