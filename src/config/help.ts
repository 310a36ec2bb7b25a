import { parameterNames, parameterOf, type Section } from './parameters.js'

/** Every parameter in a line or a few, in 80 columns: what `--help` ends with. */
export function helpText(): string {
  const sections = new Map<Section, string[]>()
  for (const name of parameterNames) {
    const { section, default: standard, type, summary, immutable } = parameterOf(name)
    const lines = sections.get(section) ?? []
    sections.set(section, lines)
    const facts = [
      type.syntax,
      `default ${standard === '' ? 'none' : standard}`,
      ...(immutable ? ['only at start'] : []),
    ]
    lines.push(`  --${name}`, ...wrap(summary), ...wrap(`(${facts.join('; ')})`))
  }
  return [...sections].map(([section, lines]) => `${section}:\n${lines.join('\n')}\n`).join('\n')
}

const WIDTH = 80
const INDENT = '      '

function wrap(text: string): string[] {
  const lines: string[] = []
  let line = INDENT.slice(1)
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = INDENT.slice(1)
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
