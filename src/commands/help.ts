import type { CommandDefinition, Flag } from '../registry/definition.js'

/** The HELP subcommand of a container: `lines` are its subcommands as they are called, and what each does. */
export function helpCommand(
  container: string,
  since: string,
  flags: readonly Flag[],
  lines: readonly (readonly [usage: string, does: string])[],
  group = container,
  categories: readonly string[] = [],
): CommandDefinition {
  return {
    name: 'help',
    summary: `Tells what ${container.toUpperCase()} can do.`,
    since,
    group,
    complexity: 'O(1)',
    syntax: '',
    arity: 2,
    flags,
    categories,
    run({ reply }) {
      const all = [...lines, ['HELP', 'Shows this text.'] as const]
      reply.array(all.length * 2 + 1)
      reply.status(`${container.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`)
      for (const [usage, does] of all) {
        reply.status(usage)
        reply.status(`    ${does}`)
      }
    },
  }
}
