import type { ByteString } from '../bytes/bytes.js'

/**
 * Words to recognise: exact ones, and prefixes (`meter*` is any word that begins so). An exact word wins over a prefix,
 * a longer prefix over a shorter one. A lone `*` is a word like any other.
 *
 * A look-up costs one Map access, and one comparison a prefix; no word that is longer than all of the table's is copied.
 */
export class WordTable<T> {
  readonly #anyCase = new Map<ByteString, T>()
  readonly #asWritten = new Map<ByteString, T>()
  readonly #prefixes: { prefix: string; caseSensitive: boolean; meaning: T }[] = []
  #longest = 0

  /** Adds a spelling; returns whether it was new. */
  add(spelling: string, meaning: T, caseSensitive = false): boolean {
    const word = caseSensitive ? spelling : spelling.toLowerCase()
    if (isPrefix(spelling)) {
      const prefix = word.slice(0, -1)
      if (this.#prefixes.some(known => known.prefix === prefix && known.caseSensitive === caseSensitive)) return false
      this.#prefixes.push({ prefix, caseSensitive, meaning })
      this.#prefixes.sort((a, b) => b.prefix.length - a.prefix.length)
      return true
    }
    const words = caseSensitive ? this.#asWritten : this.#anyCase
    if (words.has(word)) return false
    words.set(word, meaning)
    this.#longest = Math.max(this.#longest, word.length)
    return true
  }

  find(word: ByteString): T | undefined {
    if (word.length <= this.#longest) {
      const exact = this.#asWritten.get(word) ?? this.#anyCase.get(word.toLowerCase())
      if (exact !== undefined) return exact
    }
    for (const { prefix, caseSensitive, meaning } of this.#prefixes) {
      if (word.length < prefix.length) continue
      const start = word.slice(0, prefix.length)
      if ((caseSensitive ? start : start.toLowerCase()) === prefix) return meaning
    }
    return undefined
  }

  has(word: ByteString): boolean {
    return this.find(word) !== undefined
  }
}

export function isPrefix(spelling: string): boolean {
  return spelling.length > 1 && spelling.endsWith('*')
}

/** How a spelling is written out: a prefix without its `*`. */
export function written(spelling: string): string {
  return isPrefix(spelling) ? spelling.slice(0, -1) : spelling
}
