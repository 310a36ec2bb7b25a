import fc from 'fast-check'

/** What some words of a command may be. */
export type Words = fc.Arbitrary<readonly string[]>

/**
 * What a sentence stands for: the words of a command.
 *
 * Upper case is meant as it stands, in any case; lower case stands for a word of a kind; `[…]` may be there or not, with
 * `...` at its end up to three times; `(a | b)` is one of them. Throws an Error for a sentence that is none.
 */
export function sentence(text: string, kinds: Readonly<Record<string, Words>>): Words {
  const tokens = text.match(/\.\.\.|[[\]()|]|[^\s[\]()|]+/g) ?? []
  let at = 0

  function alternatives(end: string | undefined): Words {
    const choices: Words[] = []
    let items: Words[] = []
    let repeated = false
    for (;;) {
      const token = tokens[at++]
      if (token === end || token === '|') {
        choices.push(joined(items))
        if (token === end) break
        items = []
      } else if (token === '[') items.push(optional(alternatives(']')))
      else if (token === '(') items.push(alternatives(')'))
      else if (token === '...') repeated = true
      else if (token === undefined) throw new Error(`unbalanced: ${text}`)
      else items.push(word(token))
    }
    const choice = fc.oneof(...choices)
    return repeated ? fc.array(choice, { minLength: 1, maxLength: 3 }).map(several => several.flat()) : choice
  }

  function word(token: string): Words {
    if (token !== token.toLowerCase()) return inAnyCase(token)
    const kind = kinds[token]
    if (kind === undefined && !/^(\d+|\*)$/.test(token)) throw new Error(`no kind of word '${token}' in: ${text}`)
    return kind ?? fc.constant([token])
  }

  return alternatives(undefined)
}

function joined(items: readonly Words[]): Words {
  return fc.tuple(...items).map(parts => parts.flat())
}

function optional(part: Words): Words {
  return fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: part })
}

function inAnyCase(word: string): Words {
  const mixed = [...word].map((char, i) => (i % 2 === 0 ? char.toLowerCase() : char)).join('')
  return fc.oneof(
    { weight: 10, arbitrary: fc.constant([word]) },
    { weight: 1, arbitrary: fc.constant([word.toLowerCase()]) },
    { weight: 1, arbitrary: fc.constant([mixed]) },
  )
}
