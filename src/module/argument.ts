/**
 * What a grammar is made of. Authors build it with `t` and see only `Argument`; the rest of the module works on `Node`,
 * the same objects seen from inside: plain data, so that a definition from another copy of the package is as good.
 */
import { describe } from './bytes.js'

declare const TYPE: unique symbol

/**
 * One piece of a command's grammar. `Value` is what `run` receives for it, `Input` what a caller of the typed client
 * passes, `Kind` how it is written on the command line.
 */
export interface Argument<out Value = unknown, out Input = unknown, out Kind extends ArgumentKind = ArgumentKind> {
  readonly kind: Kind
  readonly [TYPE]?: { readonly value: Value; readonly input: Input }
}

/** Named arguments, in the order in which they stand on the command line. */
export interface Shape {
  readonly [name: string]: Argument
}

/** A single argument, or several as one object. */
export type Content = Argument | Shape

/** What `run` receives for an argument. */
export type ValueOf<A> = A extends Argument<infer Value> ? Value : never

/** What `run` receives for a shape: an object of the arguments' values. */
export type ValuesOf<S> = S extends Shape ? { [Name in keyof S]: ValueOf<S[Name]> } : never

export type ContentValue<C> = C extends Argument ? ValueOf<C> : ValuesOf<C>

/** What a caller passes for an argument. */
export type InputOf<A> = A extends Argument<unknown, infer Input> ? Input : never

/** What a caller passes for a shape: what can be left out on the command line can be left out here. */
export type InputsOf<S> = S extends Shape
  ? Flat<
      { -readonly [Name in keyof S as Omittable<S[Name]> extends true ? never : Name]: InputOf<S[Name]> } & {
        -readonly [Name in keyof S as Omittable<S[Name]> extends true ? Name : never]?: InputOf<S[Name]> | undefined
      }
    >
  : never

export type ContentInput<C> = C extends Argument ? InputOf<C> : InputsOf<C>

type Omittable<A> =
  A extends Argument<unknown, unknown, infer Kind> ? (Kind extends OmittableKind ? true : false) : false
type OmittableKind = 'optional' | 'flag' | 'clause' | 'options' | 'zeroOrMore'
type Flat<T> = { [Name in keyof T]: T[Name] }

/** Leaves: one argument of the command line each. */
export type LeafKind = 'key' | 'text' | 'bytes' | 'integer' | 'bigint' | 'number' | 'oneOf'

export type ArgumentKind =
  | LeafKind
  | 'flag'
  | 'clause'
  | 'options'
  | 'optional'
  | 'group'
  | 'oneOrMore'
  | 'zeroOrMore'
  | 'counted'
  | 'alternatives'

/** How a command uses a key. It becomes the flags of the key's specification: see `keys.ts`. */
export type KeyAccess = 'read' | 'write' | 'read-write' | 'insert' | 'overwrite' | 'delete'

/** What every leaf takes. */
export interface LeafOptions {
  /** The error reply when the argument is there but is not right; with its code: `ERR need numeric radius`. */
  readonly error?: string
  /** The error reply when the arguments end before it. With it, its absence is no longer a wrong number of arguments. */
  readonly missing?: string
  /** The name in the syntax and in COMMAND DOCS, when it is not the property's. */
  readonly name?: string
}

export type Node =
  | LeafNode
  | FlagNode
  | ClauseNode
  | OptionsNode
  | OptionalNode
  | GroupNode
  | RepeatNode
  | CountedNode
  | AlternativesNode

export type LeafNode = KeyNode | TextNode | IntegerNode | BigintNode | NumberNode | OneOfNode

export interface KeyNode extends LeafOptions {
  readonly kind: 'key'
  readonly access?: KeyAccess
}

export interface TextNode extends LeafOptions {
  readonly kind: 'text' | 'bytes'
}

export interface IntegerNode extends LeafOptions {
  readonly kind: 'integer'
  readonly min: number
  readonly max: number
}

export interface BigintNode extends LeafOptions {
  readonly kind: 'bigint'
  readonly min: bigint
  readonly max: bigint
}

export interface NumberNode extends LeafOptions {
  readonly kind: 'number'
  readonly min: number
  readonly max: number
}

export interface OneOfNode extends LeafOptions {
  readonly kind: 'oneOf'
  /** The canonical words, each with all its spellings; a spelling that ends in `*` is any text that begins so. */
  readonly words: readonly WordSpelling[]
  readonly caseSensitive: boolean
}

export interface WordSpelling {
  readonly value: string
  readonly spellings: readonly string[]
}

export interface FlagNode {
  readonly kind: 'flag'
  readonly spellings: readonly string[]
}

export interface ClauseNode {
  readonly kind: 'clause'
  readonly spellings: readonly string[]
  readonly content: Node
}

export interface OptionsNode {
  readonly kind: 'options'
  readonly members: Members
  readonly exclusive: readonly (readonly string[])[]
  readonly error?: string
}

export interface OptionalNode {
  readonly kind: 'optional'
  readonly content: Node
  /** What `run` receives when it is absent. */
  readonly fallback: unknown
}

export interface GroupNode {
  readonly kind: 'group'
  readonly members: Members
}

export interface RepeatNode {
  readonly kind: 'oneOrMore' | 'zeroOrMore'
  readonly content: Node
  readonly error?: string
}

export interface CountedNode {
  readonly kind: 'counted'
  readonly content: Node
  readonly min: number
  readonly name?: string
  /** The replies for a count that is no integer, is under `min`, and is more than what follows. */
  readonly notInteger?: string
  readonly tooSmall?: string
  readonly tooFew?: string
}

export interface AlternativesNode {
  readonly kind: 'alternatives'
  readonly forms: readonly Node[]
  readonly error?: string
}

export type Members = readonly (readonly [name: string, node: Node])[]

/** The inside of an argument. */
export function nodeOf(argument: Argument): Node {
  return argument as unknown as Node
}

/** A single argument as it is; a shape as a group. */
export function contentNode(content: Content): Node {
  if (isArgument(content)) return nodeOf(content)
  return { kind: 'group', members: membersOf(content as Shape) }
}

/** Throws a TypeError for what is no object at all, so that the mistake shows in the author's line; the rest is checked at load. */
export function membersOf(shape: Shape): Members {
  if (typeof shape !== 'object' || shape === null) {
    throw new TypeError(`an argument (t.…) or an object of arguments is needed, not ${describe(shape)}`)
  }
  return Object.entries(shape).map(([name, argument]) => [name, nodeOf(argument)] as const)
}

/** A shape may have a member of the name `kind`, but that is an argument, never a string. */
export function isArgument(content: unknown): content is Argument {
  return typeof content === 'object' && content !== null && typeof (content as { kind?: unknown }).kind === 'string'
}

const LEAVES: ReadonlySet<string> = new Set<LeafKind>(['key', 'text', 'bytes', 'integer', 'bigint', 'number', 'oneOf'])

export function isLeaf(node: Node): node is LeafNode {
  return LEAVES.has(node.kind)
}
