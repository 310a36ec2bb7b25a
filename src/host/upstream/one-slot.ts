import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import { slotOf } from '../../upstream/slot.js'
import type { Call, Result } from './handler.js'
import type { ReadRequest } from './reading.js'

/** Sees to it that all keys that a command reads and writes in a Cluster are in one hash slot. Elsewhere it lets everything pass. */
export class OneSlot {
  readonly #isCluster: boolean
  readonly #fullName: string
  #slot: number | undefined

  constructor(isCluster: boolean, fullName: string) {
    this.#isCluster = isCluster
    this.#fullName = fullName
  }

  /** The slot of the keys that have been added; undefined if there was none, or where there are no slots. */
  get slot(): number | undefined {
    return this.#slot
  }

  /** Whether keys are in the same slot as those before them. */
  admits(database: number, keys: readonly ByteString[]): boolean {
    return this.#refusalOf(database, keys) === undefined
  }

  /** Throws a ReplyError for keys that are in another slot than those before them. */
  add(database: number, keys: readonly ByteString[]): void {
    const refusal = this.#refusalOf(database, keys)
    if (refusal !== undefined) throw refusal
    this.#take(keys)
  }

  /**
   * Adds the reads that can be, and gives them: a run that does not know all answers yet may ask for more than it would otherwise.
   *
   * @throws ReplyError when there are some, and none of them can be
   */
  addSome(requests: readonly ReadRequest[]): readonly ReadRequest[] {
    if (!this.#isCluster) return requests
    let refusal: ReplyError | undefined
    const able = requests.filter(({ database, keys }) => {
      const own = this.#refusalOf(database, keys)
      refusal ??= own
      if (own === undefined) this.#take(keys)
      return own === undefined
    })
    if (able.length === 0 && refusal !== undefined) throw refusal
    return able
  }

  /**
   * Adds the keys that the arguments name, when it is known how the command answers. One that lets another command answer may have
   * read what is elsewhere.
   */
  addArguments({ database, keys }: Call, { kind }: Result): void {
    if (kind === 'reply') this.add(database, keys)
  }

  #take(keys: readonly ByteString[]): void {
    if (this.#isCluster && keys[0] !== undefined) this.#slot = slotOf(keys[0])
  }

  #refusalOf(database: number, keys: readonly ByteString[]): ReplyError | undefined {
    if (!this.#isCluster) return undefined
    if (database !== 0) {
      return new ReplyError(`ERR ${this.#fullName} uses database ${database}, and a Cluster has only database 0`)
    }
    let slot = this.#slot
    for (const key of keys) {
      const own = slotOf(key)
      if (slot !== undefined && slot !== own) {
        return new ReplyError("CROSSSLOT Keys in request don't hash to the same slot")
      }
      slot = own
    }
    return undefined
  }
}
