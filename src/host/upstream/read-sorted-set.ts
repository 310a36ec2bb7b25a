import type { ByteString } from '../../bytes/bytes.js'
import { type Bytes, type BytesLike, bytesOf, latin1 } from '../../module/bytes.js'
import type { ReadSortedSet, ScoredMember, ScoreRange } from '../../module/context.js'
import { formatNumber } from '../../module/effects.js'
import { bytesIn, itemsIn, numberIn, type RawReply } from '../../upstream/raw-reply.js'
import type { Answer } from './reading.js'
import { indexOf, type View } from './view.js'

export class SortedSetView implements ReadSortedSet {
  readonly #view: View
  readonly #key: ByteString

  constructor(view: View, key: ByteString) {
    this.#view = view
    this.#key = key
  }

  score(member: BytesLike): number | null {
    const answer = this.#view.askKey('ZSCORE', this.#key, latin1(member, 'the member'))
    return answer === undefined ? this.#view.guess(null) : scoreOrNull(answer)
  }

  scores(members: readonly BytesLike[]): (number | null)[] {
    if (members.length === 0) return []
    const names = members.map(member => latin1(member, 'the member'))
    const answer = this.#view.askKey('ZMSCORE', this.#key, ...names)
    return answer === undefined ? this.#view.guess(names.map(() => null)) : itemsIn(answer).map(scoreOrNull)
  }

  has(member: BytesLike): boolean {
    return this.score(member) !== null
  }

  rank(member: BytesLike, { reverse = false }: { reverse?: boolean | undefined } = {}): number | null {
    const answer = this.#view.askKey(reverse ? 'ZREVRANK' : 'ZRANK', this.#key, latin1(member, 'the member'))
    if (answer === undefined) return this.#view.guess(null)
    return answer === null ? null : numberIn(answer)
  }

  get size(): number {
    const answer = this.#view.askKey('ZCARD', this.#key)
    return answer === undefined ? this.#view.guessKey(this.#key, 0) : numberIn(answer)
  }

  range(start: number, end: number, { reverse = false }: { reverse?: boolean | undefined } = {}): ScoredMember[] {
    const name = reverse ? 'ZREVRANGE' : 'ZRANGE'
    const bounds = [indexOf(start, 'the start'), indexOf(end, 'the end')]
    const answer = this.#view.askKey(name, this.#key, ...bounds, 'WITHSCORES')
    return answer === undefined ? this.#view.guessKey(this.#key, []) : membersIn(answer)
  }

  rangeByScore(range: ScoreRange): ScoredMember[] {
    const answer = this.#askRange(range)
    return answer === undefined ? this.#view.guessKey(this.#key, []) : membersIn(answer)
  }

  count(range: Omit<ScoreRange, 'reverse' | 'limit'>): number {
    const answer = this.#view.askKey('ZCOUNT', this.#key, ...boundsOf(range))
    return answer === undefined ? this.#view.guess(0) : numberIn(answer)
  }

  visitScores(range: ScoreRange, visit: (member: Bytes, score: number) => unknown): void {
    // Not to be stopped for: the run goes on, and finds what else it asks for.
    for (const { member, score } of membersIn(this.#askRange(range) ?? this.#view.guess(null))) {
      if (visit(member, score) === false) return
    }
  }

  #askRange(range: ScoreRange): Answer | undefined {
    const { reverse = false, limit = Infinity } = range
    // The embedded host does not look at the key then, nor at its type.
    if (limit <= 0) return []
    const [min, max] = boundsOf(range)
    const words = reverse ? ['ZREVRANGEBYSCORE', this.#key, max, min] : ['ZRANGEBYSCORE', this.#key, min, max]
    // A visit goes on until the limit has been reached, so a part of a member counts as one.
    const count = limit === Infinity ? [] : ['LIMIT', '0', indexOf(Math.ceil(limit), 'the limit')]
    return this.#view.askKey(...words, 'WITHSCORES', ...count)
  }
}

function boundsOf({ min, max, minExclusive = false, maxExclusive = false }: ScoreRange): [ByteString, ByteString] {
  return [
    `${minExclusive ? '(' : ''}${formatNumber(min ?? -Infinity, 'the minimum')}`,
    `${maxExclusive ? '(' : ''}${formatNumber(max ?? Infinity, 'the maximum')}`,
  ]
}

function membersIn(reply: RawReply): ScoredMember[] {
  const items = itemsIn(reply)
  return Array.from({ length: items.length / 2 }, (_, index) => ({
    member: bytesOf(bytesIn(items[2 * index]!) ?? ''),
    score: scoreOrNull(items[2 * index + 1]!) ?? 0,
  }))
}

/** A score as RESP2 has it, in 17 digits, which are the double. */
function scoreOrNull(reply: RawReply): number | null {
  const text = bytesIn(reply)
  if (text === null) return null
  return text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text)
}
