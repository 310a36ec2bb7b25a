import type { AnyCommand } from '../../module/command.js'
import { type CompiledCommand, compileCommand, compileContainer } from '../../module/compile.js'
import { wordOf } from '../../module/effects.js'
import type { AnyModule, ModuleCommand } from '../../module/module.js'
import { isForward, isScriptForward } from '../../module/reply.js'
import { checkReply, writeReply } from '../../module/write-reply.js'
import type { CommandDefinition, Flag, Handler } from '../../registry/definition.js'
import type { EmbeddedHost } from './host.js'

/** Turns a module's commands into definitions for the command table. */
export function compileModule(
  module: AnyModule,
  commands: readonly ModuleCommand[],
  host: EmbeddedHost,
): CommandDefinition[] {
  return commands.map(command => {
    if (command.kind === 'command') return definitionOf(module, compileCommand(command), handlerOf(command, host))
    const compiled = compileContainer(command)
    const subcommands = [...compiled.subcommands].map(([name, sub]) => ({
      ...definitionOf(module, sub, handlerOf(sub.definition, host, command.name)),
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

/**
 * The way of a module's command: parse, run, look at the reply, apply the effects, write the reply. Whatever fails fails
 * before anything has been written.
 */
function handlerOf(command: AnyCommand, host: EmbeddedHost, container?: string): Handler {
  const { parse, fullName } = compileCommand(command, container)
  const { ifMissing } = command
  const mayWrite = command.flags.includes('write')
  const first = container === undefined ? 1 : 2
  checkReply(ifMissing, fullName)
  return (client, argv) => {
    if (ifMissing !== undefined && client.database.find(argv[first]!) === undefined) {
      writeReply(ifMissing, client.reply)
      return
    }
    const args = parse(argv)
    const run = host.begin(client)
    let value: unknown
    try {
      value = command.run(args, run)
      // What gives the script's text may read: it belongs to the run. The script itself does not.
      if (isScriptForward(value) && run.effects.length === 0) host.loadScript(client, command, value)
    } finally {
      host.end()
    }
    if (isForward(value)) {
      const forwarded = value.argv.map(word => wordOf(word))
      if (run.effects.length > 0) throw new Error(`${fullName} cannot both write and forward to ${forwarded[0]}`)
      // It may answer later, if it is a script.
      host.forward(client, command, forwarded)
      return
    }
    if (isScriptForward(value)) {
      if (run.effects.length > 0) throw new Error(`${fullName} cannot both write and forward to a script`)
      host.forwardScript(client, command, value)
      return
    }
    checkReply(value, fullName)
    if (run.effects.length > 0) {
      // Who calls it relies on the flags: a script that must not write, say.
      if (!mayWrite) throw new Error(`${fullName} writes, and its flags do not have 'write'`)
      host.commit(client, run.effects)
    }
    writeReply(value, client.reply)
  }
}
