import type { ByteString } from '../bytes/bytes.js'
import type { EffectBatch } from './effects.js'

/**
 * Makes of batches of effects the commands that one of their targets gets, one after the other on one connection or in one file:
 * with SELECT where the database is another than before, and what happened as one between MULTI and EXEC, as Redis has it.
 */
export class EffectStream {
  readonly #target: number
  #selected: number | undefined

  /** `target`: one of Target's bits. */
  constructor(target: number) {
    this.#target = target
  }

  /** The commands for a batch; none when nothing in it is for the target. */
  commands(batch: EffectBatch): (readonly ByteString[])[] {
    const own = batch.filter(({ targets }) => (targets & this.#target) !== 0)
    const commands: (readonly ByteString[])[] = []
    for (const [i, { database, argv }] of own.entries()) {
      if (database !== this.#selected) commands.push(['SELECT', String(database)])
      this.#selected = database
      if (i === 0 && own.length > 1) commands.push(['MULTI'])
      commands.push(argv)
    }
    if (own.length > 1) commands.push(['EXEC'])
    return commands
  }
}
