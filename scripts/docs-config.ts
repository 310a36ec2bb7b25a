import { parameterNames, parameterOf, type Section } from '../src/config/parameters.js'

/** The text of docs/config.md: every parameter, from the table that the server itself works from. */
export function configReference(): string {
  const sections = new Map<Section, string[]>()
  for (const name of parameterNames) {
    const section = parameterOf(name).section
    sections.set(section, [...(sections.get(section) ?? []), entry(name)])
  }
  return [INTRODUCTION, ...[...sections].map(([section, entries]) => `## ${section}\n\n${entries.join('\n')}`)].join(
    '\n',
  )
}

const INTRODUCTION = `# Configuration

<!-- Generated from src/config/parameters.ts. To renew it: npx vitest run src/config/docs.test.ts -u -->

A parameter is given in a file (\`krmt my.conf\`), one a line, as \`name value\`; on the command line, as \`--name value\`,
which wins over the file; or on standard input (\`krmt -\`). The file's grammar is that of redis.conf: \`#\` begins a
comment, \`"…"\` and \`'…'\` quote, \`include path\` reads another file in that place, and \`path\` may have wildcards. Of a
parameter given twice the last counts, save where it says *repeated*. While the server runs, \`CONFIG GET\` and
\`CONFIG SET\` read and change parameters, and \`CONFIG REWRITE\` brings the file in line with them.

Memory is in bytes or with a unit: \`1k\` is 1000 and \`1kb\` 1024 bytes, and so on with \`m\`, \`mb\`, \`g\` and \`gb\`, in any
case. Defaults and bounds are those of Redis 7.0, unless it says otherwise.
`

function entry(name: (typeof parameterNames)[number]): string {
  const parameter = parameterOf(name)
  const facts = [
    `Value: ${parameter.type.syntax.replaceAll('|', 'or')}.`,
    `Default: ${parameter.default === '' ? 'none' : `\`${parameter.default}\``}.`,
    ...(parameter.aliases ? [`Older name: ${parameter.aliases.map(alias => `\`${alias}\``).join(', ')}.`] : []),
    ...(parameter.immutable ? ['Only at start.'] : []),
    ...(parameter.protectedBy ? [`\`CONFIG SET\` only as \`${parameter.protectedBy}\` allows.`] : []),
  ]
  return `### ${name}\n\n${parameter.summary.replaceAll('*', '\\*')}\n\n${facts.join(' ')}\n`
}
