import type { ByteString } from '../../bytes/bytes.js'
import { type Bytes, type BytesLike, bytesOf, latin1 } from '../../module/bytes.js'
import type { CallReply, Read, ReadHash, ReadKey, ReadSortedSet, ReadString } from '../../module/context.js'
import { checkDatabase, wordOf } from '../../module/effects.js'
import type { CommandWord } from '../../module/reply.js'
import { HashView, KeyView } from './read-hash.js'
import { SortedSetView } from './read-sorted-set.js'
import { StringView } from './read-string.js'
import { SUSPENDED } from './reading.js'
import type { View } from './view.js'

/** What reads need beside the answers. */
export interface ReadSource {
  /** The keys that a call of `read.call` reads. Throws a ReplyError for a command that cannot be one. */
  readOnly(argv: readonly ByteString[]): readonly ByteString[]
  /** The text of a script that came through this host. */
  script(sha: ByteString): ByteString | undefined
  /** The reply of a call in the form that modules get. Throws a ReplyError. */
  toCallReply(reply: NonNullable<ReturnType<View['ask']>> | null): CallReply
}

/** What a module reads in front of a server: each question is a read-only command. */
export class UpstreamRead implements Read {
  readonly #view: View
  readonly #source: ReadSource

  constructor(view: View, source: ReadSource) {
    this.#view = view
    this.#source = source
  }

  key(key: BytesLike): ReadKey {
    return new KeyView(this.#view, latin1(key, 'the key'))
  }

  string(key: BytesLike): ReadString {
    return new StringView(this.#view, latin1(key, 'the key'))
  }

  hash(key: BytesLike): ReadHash {
    return new HashView(this.#view, latin1(key, 'the key'))
  }

  sortedSet(key: BytesLike): ReadSortedSet {
    return new SortedSetView(this.#view, latin1(key, 'the key'))
  }

  call(...words: readonly CommandWord[]): CallReply {
    const argv = words.map((word, index) => wordOf(word, `argument ${index} of read.call()`))
    const answer = this.#view.ask(argv, this.#source.readOnly(argv))
    // What it would answer for a missing key cannot be told of any command.
    if (answer === undefined) throw SUSPENDED
    return this.#source.toCallReply(answer)
  }

  script(sha: BytesLike): Bytes | null {
    const text = this.#source.script(latin1(sha, 'the sha of a script'))
    return text === undefined ? null : bytesOf(text)
  }

  database(index: number): Read {
    return new UpstreamRead(this.#view.in(checkDatabase(index)), this.#source)
  }
}
