import type { ByteString } from '../bytes/bytes.js'
import { type CompiledCommand, compileCommand } from '../module/compile.js'
import type { ModuleCommand } from '../module/module.js'

/**
 * Gives an object a call for each command of a module, as `ClientOf` has their types; a container's are one level down. What
 * the object has already is left alone.
 *
 * @param run runs a command by its words
 */
export function defineCalls(
  on: object,
  commands: readonly ModuleCommand[],
  run: (argv: readonly ByteString[]) => unknown,
): void {
  const define = (to: object, { definition, format }: CompiledCommand): void => {
    const value = async (args: unknown = {}) => run(format(args))
    Object.defineProperty(to, definition.name, { value, enumerable: true })
  }
  for (const command of commands) {
    if (command.name in on) continue
    if (command.kind === 'command') {
      define(on, compileCommand(command))
      continue
    }
    const calls = {}
    for (const sub of command.subcommands) define(calls, compileCommand(sub, command.name))
    Object.defineProperty(on, command.name, { value: calls, enumerable: true })
  }
}
