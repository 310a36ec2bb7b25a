/**
 * `krmt/module`: all that a module needs.
 *
 * A command is a definition: its name, its flags, the grammar of its arguments (`t`), examples, and `run`, a function from
 * arguments and reads to a reply and recorded writes. A module is a name, a version, and commands.
 */
export { ReplyError } from '../errors.js'
export type {
  Argument,
  ArgumentKind,
  InputOf,
  InputsOf,
  KeyAccess,
  LeafKind,
  LeafOptions,
  Shape,
  ValueOf,
  ValuesOf,
} from './argument.js'
export { Bytes, type BytesLike, type Key } from './bytes.js'
export type { ClientOf, CommandCall, ResultOf } from './client.js'
export { type AnyCommand, type Command, type CommandFlag, type Container, command, container } from './command.js'
export type {
  BitRange,
  CallReply,
  HashEntry,
  Log,
  Read,
  ReadContext,
  ReadHash,
  ReadKey,
  ReadSortedSet,
  ReadString,
  ScoredMember,
  ScoreRange,
  Write,
  WriteContext,
  WriteHash,
  WriteKey,
  WriteSortedSet,
  WriteString,
} from './context.js'
export { type Example, type Expected, expectError } from './examples.js'
export { features, interfaceVersion } from './features.js'
export { type AnyModule, defineModule, type LoadContext, type Module, type ModuleOptionsInput } from './module.js'
export {
  type CommandWord,
  type DoubleReply,
  type ErrorReply,
  type Forward,
  type Forwarding,
  type MapReply,
  type NullArrayReply,
  type ReplyValue,
  reply,
  type ScriptForward,
  type ScriptToRun,
  type SetReply,
  type StatusReply,
  type VerbatimReply,
} from './reply.js'
export { t } from './t.js'
