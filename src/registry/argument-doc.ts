/** One argument in COMMAND DOCS. */
export interface ArgumentDoc {
  readonly name: string
  readonly type: 'key' | 'string' | 'integer' | 'double' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block'
  /** Which of the command's key specs finds it. */
  readonly keySpecIndex?: number
  readonly token?: string
  /** Versions of Redis: since when there is such an argument, and since when it is better not used. */
  readonly since?: string
  readonly deprecatedSince?: string
  readonly flags?: readonly ('optional' | 'multiple' | 'multiple_token')[]
  /** Of a block, its parts; of a oneof, the choices. */
  readonly arguments?: readonly ArgumentDoc[]
}
