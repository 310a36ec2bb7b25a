import type { ByteString } from '../../bytes/bytes.js'
import { sha1 } from '../../scripting/sha1.js'

/** The texts of the scripts that came through here, since a server does not give them out. Of too many, those of longest ago are forgotten. */
export class ScriptTexts {
  /** By SHA-1, latest last. */
  readonly #texts = new Map<ByteString, ByteString>()
  #size = 0

  /** @param sha in any case */
  get(sha: ByteString): ByteString | undefined {
    return this.#texts.get(sha.toLowerCase())
  }

  /** Takes note of a call that the server has carried out, if it is one that gives it a script. */
  note([name = '', word = '', text]: readonly ByteString[]): void {
    const own = name.toLowerCase()
    if (own === 'script') {
      const sub = word.toLowerCase()
      if (sub === 'load' && text !== undefined) this.#add(text)
      else if (sub === 'flush') this.clear()
    } else if (own === 'eval' || own === 'eval_ro') this.#add(word)
  }

  clear(): void {
    this.#texts.clear()
    this.#size = 0
  }

  #add(text: ByteString): void {
    const sha = sha1(text)
    if (this.#texts.delete(sha)) this.#size -= text.length
    this.#texts.set(sha, text)
    this.#size += text.length
    for (const [oldest, { length }] of this.#texts) {
      if (this.#size <= MOST_BYTES) return
      this.#texts.delete(oldest)
      this.#size -= length
    }
  }
}

const MOST_BYTES = 16 << 20
