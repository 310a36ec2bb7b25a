import type { ByteString } from '../bytes/bytes.js'
import { Command } from './command.js'
import type { CommandDefinition } from './definition.js'

/**
 * The commands by name, whoever they belong to. For each name there is a stack: a module that brings a command of a
 * name that is taken goes on top of it, and when a module leaves, what is then on top serves again.
 */
export class CommandTable {
  readonly #stacks = new Map<string, Command[]>()
  /** What serves, by the spellings that clients use most: all lower case and all upper case. */
  readonly #serving = new Map<ByteString, Command>()
  /** Told after each swap. */
  onSwap: () => void = () => {}

  /** The command that a client means by this word, in any case. O(1). */
  lookup(name: ByteString): Command | undefined {
    return this.#serving.get(name) ?? (name.length <= LONGEST ? this.#serving.get(name.toLowerCase()) : undefined)
  }

  /** The commands that serve, in the order in which their names were first taken. */
  *commands(): IterableIterator<Command> {
    for (const stack of this.#stacks.values()) yield stack[stack.length - 1]!
  }

  /** What serves now under the name of a command that was looked up before; the same one if it has gone since. */
  serving(command: Command): Command {
    const now = this.#stacks.get((command.parent ?? command).definition.name)?.at(-1)
    if (now === undefined) return command
    return command.parent === undefined ? now : (now.subcommands?.get(command.definition.name) ?? command)
  }

  get size(): number {
    return this.#stacks.size
  }

  /** The names of the commands that a module brought, whether they serve or lie under others. */
  namesOf(module: string): string[] {
    return [...this.#stacks]
      .filter(([, stack]) => stack.some(command => command.module === module))
      .map(([name]) => name)
  }

  /** The command of this name that a module brought, whether it serves or lies under another. */
  of(module: string, name: string): Command | undefined {
    return this.#stacks.get(name)?.find(command => command.module === module)
  }

  /**
   * Replaces, in one go, all that a module brought before by these definitions. A command that it had already keeps its
   * place in the stack of its name; a new one goes on top. Returns what changed, for the log.
   */
  swap(module: string, definitions: readonly CommandDefinition[]): Swap {
    const swap: Swap = { added: [], replaced: [], removed: [], restored: [] }
    const kept = new Set(definitions.map(definition => definition.name))
    for (const [name, stack] of this.#stacks) {
      const at = stack.findIndex(command => command.module === module)
      if (at === -1 || kept.has(name)) continue
      const served = at === stack.length - 1
      stack.splice(at, 1)
      swap.removed.push(name)
      if (stack.length === 0) this.#stacks.delete(name)
      else if (served) swap.restored.push({ name, module: stack[stack.length - 1]!.module })
      this.#serve(name)
    }
    for (const definition of definitions) {
      const { name } = definition
      const command = new Command(definition, module)
      const stack = this.#stacks.get(name)
      if (stack === undefined) {
        this.#stacks.set(name, [command])
        swap.added.push(name)
      } else {
        const at = stack.findIndex(other => other.module === module)
        if (at === -1) stack.push(command)
        else stack[at] = command
        swap.replaced.push(name)
      }
      this.#serve(name)
    }
    this.onSwap()
    return swap
  }

  #serve(name: string): void {
    const command = this.#stacks.get(name)?.at(-1)
    for (const spelling of [name, name.toUpperCase()]) {
      if (command === undefined) this.#serving.delete(spelling)
      else this.#serving.set(spelling, command)
    }
  }
}

/** What a swap did, by command name. */
export interface Swap {
  readonly added: string[]
  /** Names that were taken: by the module's own previous version, another module, or the engine. */
  readonly replaced: string[]
  readonly removed: string[]
  /** Names that serve again what lay under the removed command, and whose that is. */
  readonly restored: { name: string; module: string }[]
}

/** No command has a longer name: whatever a client sends, lower-casing it costs little. */
const LONGEST = 128
