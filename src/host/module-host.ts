import type { AnyCommand } from '../module/command.js'
import { type CompiledCommand, compileCommand, compileContainer } from '../module/compile.js'
import type { Log } from '../module/context.js'
import type { AnyModule, ModuleCommand } from '../module/module.js'
import type { CommandDefinition, Flag, Handler } from '../registry/definition.js'
import type { Moment } from '../registry/loader/determinism.js'

/** What a registry needs of the place where modules run. */
export interface ModuleHost {
  readonly log: Log
  /** What time and chance are in the command that runs now. */
  readonly current: () => Moment | undefined
  /** What runs a module's command; `container`: the command that it is a subcommand of. */
  handlerOf(command: AnyCommand, container?: string): Handler
}

/** Turns a module's commands into definitions for the command table. */
export function compileModule(
  module: AnyModule,
  commands: readonly ModuleCommand[],
  host: ModuleHost,
): CommandDefinition[] {
  return commands.map(command => {
    if (command.kind === 'command') return definitionOf(module, compileCommand(command), host.handlerOf(command))
    const compiled = compileContainer(command)
    const subcommands = [...compiled.subcommands].map(([name, sub]) => ({
      ...definitionOf(module, sub, host.handlerOf(sub.definition, command.name)),
      name,
    }))
    return {
      name: compiled.fullName,
      summary: command.summary,
      since: command.since ?? module.version,
      group: command.group ?? 'module',
      complexity: command.complexity ?? '',
      arity: compiled.arity,
      flags: ['module'],
      subcommands: compiled.subcommands.has('help') ? subcommands : [...subcommands, helpOf(module, compiled.help)],
      unknownSubcommand: argv => compiled.unknown(argv[1]!).message,
    }
  })
}

function definitionOf(module: AnyModule, compiled: CompiledCommand, run: Handler): CommandDefinition {
  const { definition } = compiled
  const flags: Flag[] = [...definition.flags, 'module']
  if (compiled.legacyKeys.movable) flags.push('movablekeys')
  return {
    name: definition.name.toLowerCase(),
    summary: definition.summary,
    since: definition.since ?? module.version,
    group: definition.group ?? 'module',
    complexity: definition.complexity ?? '',
    arguments: compiled.argumentDocs,
    arity: compiled.arity,
    flags,
    keys: compiled.keySpecs,
    run,
  }
}

function helpOf(module: AnyModule, lines: readonly string[]): CommandDefinition {
  return {
    name: 'help',
    summary: 'Tells what the command can do.',
    since: module.version,
    group: 'module',
    complexity: 'O(1)',
    syntax: '',
    arity: 2,
    flags: ['module', 'loading', 'stale'],
    run({ reply }) {
      reply.array(lines.length)
      for (const line of lines) reply.status(line)
    },
  }
}
