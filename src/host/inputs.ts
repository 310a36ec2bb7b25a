/** What programs give a host: modules to open with, and the words of commands. */
import { type ByteString, fromUtf8 } from '../bytes/bytes.js'
import { isBytes, latin1 } from '../module/bytes.js'
import { wordOf } from '../module/effects.js'
import type { AnyModule } from '../module/module.js'
import type { CommandWord } from '../module/reply.js'

/** A module to open with: as an object, by what `module-add` takes, or either with its options. */
export type ModuleInput =
  | AnyModule
  | string
  | { readonly module: AnyModule | string; readonly options: Readonly<Record<string, CommandWord>> }

/** The modules among the inputs whose types are known: those that are objects. */
export type ModulesOf<Inputs extends readonly ModuleInput[]> = Inputs extends readonly [infer First, ...infer Rest]
  ? Rest extends readonly ModuleInput[]
    ? [...ModuleOf<First>, ...ModulesOf<Rest>]
    : never
  : []

type ModuleOf<Input> = Input extends AnyModule
  ? [Input]
  : Input extends { readonly module: infer Module extends AnyModule }
    ? [Module]
    : []

/** The words of a call; throws a TypeError for what is none, or for no word at all. */
export function wordsOf(argv: readonly CommandWord[]): ByteString[] {
  if (argv.length === 0) throw new TypeError('call() needs the name of a command')
  const words: ByteString[] = new Array(argv.length)
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    words[i] = typeof word === 'string' ? fromUtf8(word) : isBytes(word) ? latin1(word) : wordOf(word, `argument ${i}`)
  }
  return words
}

/** A module's options as words, as at load. */
export function optionWords(options: Readonly<Record<string, CommandWord>>): ByteString[] {
  return Object.entries(options).flatMap(([name, value]) => [fromUtf8(name), wordOf(value, `option '${name}'`)])
}
