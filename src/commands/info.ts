import type { ByteString } from '../bytes/bytes.js'
import type { Client } from '../engine/client.js'
import type { CommandDefinition } from '../registry/definition.js'
import { sections } from './info-sections.js'

export const infoCommands: readonly CommandDefinition[] = [
  {
    name: 'info',
    summary: 'Tells how the server is doing.',
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1)',
    syntax: '[section [section ...]]',
    arity: -1,
    flags: ['loading', 'stale'],
    categories: ['dangerous'],
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
    run: info,
  },
]

/** The sections that are shown only when asked for, or with `all`. */
const EXTRA: ReadonlySet<string> = new Set(['modules', 'commandstats'])

function info(client: Client, argv: readonly ByteString[]): void {
  const words = argv.length === 1 ? ['default'] : argv.slice(1).map(word => word.toLowerCase())
  const all = words.includes('all') || words.includes('everything')
  const usual = words.includes('default')
  const texts: string[] = []
  for (const [name, section] of sections) {
    if (!all && !words.includes(name.toLowerCase()) && !(usual && !EXTRA.has(name.toLowerCase()))) continue
    texts.push([`# ${name}`, ...section(client.engine), ''].join('\r\n'))
  }
  client.reply.verbatim('txt', texts.join('\r\n'))
}
