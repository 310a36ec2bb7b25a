import type { ByteString } from '../bytes/bytes.js'
import { splitArgs } from '../bytes/split-args.js'
import { ReplyError } from '../errors.js'
import type { ScriptMachine, ScriptRef } from './machine.js'
import { sha1 } from './sha1.js'

/** A script that EVAL or SCRIPT LOAD has brought. */
export interface Script {
  /** SHA-1 of its text, in hex. */
  readonly sha: ByteString
  /** As it came, its shebang line included. */
  readonly text: ByteString
  /** From the shebang line; undefined without one, when it may do what any script could before there were flags. */
  readonly flags: ReadonlySet<ScriptFlag> | undefined
}

/** https://redis.io/docs/latest/develop/programmability/lua-api/#script_flags */
export const scriptFlags = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const
export type ScriptFlag = (typeof scriptFlags)[number]

interface Cached extends Script {
  /** What is compiled: the text without the shebang line, but with the line's end, so that lines keep their numbers. */
  readonly body: ByteString
  ref: ScriptRef | undefined
}

/** The scripts that EVALSHA knows, by SHA-1. They stay until SCRIPT FLUSH. */
export class Scripts {
  readonly #machine: ScriptMachine
  readonly #bySha = new Map<ByteString, Cached>()
  /** To find out that a text is known takes less time than to hash it. */
  readonly #byText = new Map<ByteString, Cached>()
  /** Chars of all texts. */
  #size = 0

  constructor(machine: ScriptMachine) {
    this.#machine = machine
  }

  get count(): number {
    return this.#bySha.size
  }

  /** Bytes of all texts together. */
  get size(): number {
    return this.#size
  }

  /** The script with a SHA-1, in hex of any case. */
  get(sha: ByteString): Script | undefined {
    return this.#bySha.get(sha) ?? this.#bySha.get(sha.toLowerCase())
  }

  /**
   * Takes a script up, unless it is known already.
   *
   * @throws ReplyError when its shebang line or its text is wrong
   */
  load(text: ByteString): Script {
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const { flags, body } = parseShebang(text)
    const script: Cached = { sha: sha1(text), text, flags, body, ref: undefined }
    this.compiled(script)
    this.#bySha.set(script.sha, script)
    this.#byText.set(text, script)
    this.#size += text.length
    return script
  }

  /** What runs the script. It is compiled again when the machine has been made anew since. */
  compiled(script: Script): ScriptRef {
    const cached = script as Cached
    if (cached.ref !== undefined && this.#machine.knows(cached.ref)) return cached.ref
    cached.ref = this.#machine.compile(cached.body, '@user_script')
    return cached.ref
  }

  flush(): void {
    this.#bySha.clear()
    this.#byText.clear()
    this.#size = 0
    this.#machine.clear()
  }
}

/** Takes a script's first line apart when it begins with `#!`. */
function parseShebang(text: ByteString): { flags: ReadonlySet<ScriptFlag> | undefined; body: ByteString } {
  if (!text.startsWith('#!')) return { flags: undefined, body: text }
  const end = text.indexOf('\n')
  const nul = text.indexOf('\0')
  // Redis looks for the line's end as C does.
  if (end === -1 || (nul !== -1 && nul < end)) throw new ReplyError('ERR Invalid script shebang')
  const words = splitArgs(text.slice(0, end))
  if (words === undefined || words.length === 0) throw new ReplyError('ERR Invalid engine in script shebang')
  if (words[0] !== '#!lua') throw new ReplyError(`ERR Unexpected engine in script shebang: ${words[0]}`)
  const flags = new Set<ScriptFlag>()
  for (const word of words.slice(1)) {
    if (!word.startsWith('flags=')) throw new ReplyError(`ERR Unknown lua shebang option: ${word}`)
    const names = word.slice('flags='.length)
    for (const name of names === '' ? [] : names.split(',')) {
      const flag = scriptFlags.find(known => known === name)
      if (flag === undefined) throw new ReplyError(`ERR Unexpected flag in script shebang: ${name}`)
      flags.add(flag)
    }
  }
  return { flags, body: text.slice(end) }
}
