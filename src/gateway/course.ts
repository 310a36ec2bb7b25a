import type { ByteString } from '../bytes/bytes.js'
import type { RoutedCommand, RoutedLane } from './routed-lane.js'

/**
 * What a client has under way to several servers. Commands that are about the same keys are carried out in the order in which they came, or
 * not at all: what has been refused waits until all that is under way has been answered, so that it is known what has overtaken it.
 */
export class Course {
  /** How many commands are with servers. */
  sent = 0
  /** Those that have been refused, or have to wait for such, in the order in which they came. */
  waiting: RoutedCommand[] = []
  isTimed = false
  /** Where commands of a slot have been sent since nothing was due. */
  readonly #lanes = new Map<number, RoutedLane>()
  /** The same, each once. */
  readonly #used = new Set<RoutedLane>()

  /** Nothing is due any more. */
  clear(): void {
    if (this.#lanes.size === 0) return
    this.#lanes.clear()
    this.#used.clear()
  }

  /** Whether more has been written than one of the servers takes to which something has been sent. */
  get isHeldUp(): boolean {
    for (const lane of this.#used) if (lane.isFull) return true
    return false
  }

  /** Whether a command cannot overtake another one on the way to this lane. */
  mayGo({ slot }: RoutedCommand, lane: RoutedLane): boolean {
    const earlier = this.waiting.length > 0 ? undefined : (this.#lanes.get(slot) ?? lane)
    return earlier === lane
  }

  goes({ slot }: RoutedCommand, lane: RoutedLane): void {
    this.#lanes.set(slot, lane)
    this.#used.add(lane)
    this.sent++
  }

  waits(command: RoutedCommand): void {
    const { waiting } = this
    let at = waiting.length
    while (at > 0 && waiting[at - 1]!.number > command.number) at--
    waiting.splice(at, 0, command)
  }

  /** Of those that wait: which one cannot be carried out any more, since a later one about the same keys has been, or may have been. */
  overtaken(later: readonly RoutedCommand[]): Set<RoutedCommand> {
    const found = new Set<RoutedCommand>()
    const done = new Subjects()
    for (const command of later.toReversed()) {
      if (command.state === 'done') done.add(command)
      else if (command.state === 'waiting' && done.touch(command)) found.add(command)
    }
    return found
  }
}

/** What commands are about. */
export class Subjects {
  readonly #keys = new Set<ByteString>()
  /** Slots of which there are keys, and slots of which all may be. */
  readonly #some = new Set<number>()
  readonly #all = new Set<number>()

  add({ slot, keys }: RoutedCommand): void {
    this.#some.add(slot)
    if (keys === undefined) this.#all.add(slot)
    else for (const key of keys) this.#keys.add(key)
  }

  touch({ slot, keys }: RoutedCommand): boolean {
    if (keys === undefined) return this.#some.has(slot)
    return this.#all.has(slot) || keys.some(key => this.#keys.has(key))
  }
}
