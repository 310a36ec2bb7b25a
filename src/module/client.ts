/** The types of the calls that a program makes, from the definitions; there is no code to generate. */
import type { InputsOf, Shape } from './argument.js'
import type { Bytes } from './bytes.js'
import type { AnyCommand, Container } from './command.js'
import type { AnyModule } from './module.js'
import type {
  DoubleReply,
  ErrorReply,
  Forward,
  MapReply,
  NullArrayReply,
  ReplyValue,
  ScriptForward,
  SetReply,
  StatusReply,
  VerbatimReply,
} from './reply.js'

/**
 * All commands of some modules: `db.hmsetnx({ key: 'user:1', entries: [{ field: 'name', value: 'Ada' }] })`, and those
 * of a container one level down: `db.scriptname.set({ … })`. A call takes what `run` is given, in one object; text
 * will do for bytes, and whatever is optional can be left out.
 */
export type ClientOf<Modules extends readonly AnyModule[]> = CallsOf<CommandsOf<Modules[number]>>

/** The function that calls one command, or the object of a container's. */
export type CommandCall<C> =
  C extends Container<string, infer Subcommands>
    ? CallsOf<Subcommands[number]>
    : C extends { readonly args: infer Args extends Shape; run(...args: never): infer Result }
      ? Record<never, never> extends InputsOf<Args>
        ? (args?: InputsOf<Args>) => Promise<ResultOf<Result>>
        : (args: InputsOf<Args>) => Promise<ResultOf<Result>>
      : never

/**
 * What a client gets for what `run` returns: statuses and texts as strings, integers and doubles as numbers, nil as
 * null, maps as objects. Errors are thrown; the reply of a forwarded command can be anything.
 */
export type ResultOf<R> =
  R extends StatusReply<infer Text>
    ? Text
    : R extends string | Bytes | Uint8Array | VerbatimReply
      ? string
      : R extends number
        ? R
        : R extends DoubleReply
          ? number
          : R extends bigint
            ? number | bigint
            : R extends boolean
              ? R
              : // biome-ignore lint/suspicious/noConfusingVoidType: what a function that returns nothing returns
                R extends null | undefined | void | NullArrayReply
                ? null
                : R extends ErrorReply
                  ? Error
                  : R extends MapReply<infer Value>
                    ? { [key: string]: ResultOf<Value> }
                    : R extends SetReply<infer Item>
                      ? ResultOf<Item>[]
                      : R extends Forward | ScriptForward
                        ? unknown
                        : R extends readonly ReplyValue[]
                          ? { -readonly [Index in keyof R]: ResultOf<R[Index]> }
                          : unknown

type CommandsOf<M> = M extends { readonly commands: infer Commands }
  ? Commands extends (...args: never) => infer Returned
    ? ItemOf<Returned>
    : ItemOf<Commands>
  : never

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never

/** A name that is not known when the types are checked (`names.map(name => command({ name, … }))`) gives no call. */
type CallsOf<C> = {
  [Name in NameOf<C>]: CommandCall<Extract<C, { readonly name: Name }>>
}

type NameOf<C> = C extends AnyCommand | Container ? (string extends C['name'] ? never : C['name']) : never
