import { type ByteString, fromUtf8 } from '../../bytes/bytes.js'
import { commandStatistics } from '../../commands/info-sections.js'
import { ReplyError } from '../../errors.js'
import { bytesIn } from '../../upstream/raw-reply.js'
import { KRMT_VERSION } from '../../version.js'
import type { GatewayConnection } from '../connection.js'
import type { Gateway } from '../gateway.js'
import type { SpecialCall } from '../special.js'
import { type Asked, ask, askAs, isDenial, written } from './own-part.js'

/**
 * INFO of the gateway: what the server tells, with the modules in it that are loaded here, and a section of how the upstream is doing.
 * That one can be had when the upstream is down too.
 */
export async function info(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const { gateway } = connection
  const words = call.argv.slice(1).map(word => word.toLowerCase())
  const wants = wantedBy(words)
  const isOnlyOurs = words.length === 1 && words[0] === 'upstream'
  let sections: Section[] = []
  // Who asks for no more than how the upstream is doing should not have to wait for it.
  if (!(isOnlyOurs && gateway.health.condition.state === 'down')) {
    const { reply, text } = await askServer(connection, call, words)
    const isOver = reply instanceof ReplyError && (isDenial(reply) || !OURS.some(wants))
    if (isOver) return text
    sections = sectionsIn(bytesIn(reply) ?? '')
    const concernsUs = OURS.some(wants) || gateway.isCluster || sections.some(({ name }) => name === 'Server')
    if (!concernsUs) return text
  }
  addOurs(sections, gateway, wants)
  return written(connection, reply => reply.verbatim('txt', sections.map(textOf).join('\r\n')))
}

/** A server before Redis 7 takes one word at most. What cannot be asked is as an error reply. */
async function askServer(
  connection: GatewayConnection,
  call: SpecialCall,
  words: readonly ByteString[],
): Promise<Pick<Asked, 'reply' | 'text'>> {
  const theirs = words.filter(word => word !== 'upstream')
  try {
    const asIs = theirs.length === words.length || theirs.length === 0
    return await (asIs ? askAs(connection, call) : ask(connection, ['INFO', ...theirs]))
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error
    const message = connection.gateway.explain(error)
    return { reply: error, text: written(connection, reply => reply.error(message)) }
  }
}

/** Sections of which we have a part by ourselves. */
const OURS = ['Modules', 'Commandstats', 'Upstream']

/** Sections that are shown only when asked for, or with `all`. */
const EXTRA: ReadonlySet<string> = new Set(['Modules', 'Commandstats'])

function wantedBy(words: readonly ByteString[]): (section: string) => boolean {
  const all = words.includes('all') || words.includes('everything')
  const usual = words.length === 0 || words.includes('default')
  return section => all || words.includes(section.toLowerCase()) || (usual && !EXTRA.has(section))
}

interface Section {
  readonly name: string
  /** `name:value`, without line ends. */
  lines: string[]
}

function sectionsIn(text: ByteString): Section[] {
  const sections: Section[] = []
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('# ')) sections.push({ name: line.slice(2), lines: [] })
    else if (line !== '') sections.at(-1)?.lines.push(line)
  }
  return sections
}

function textOf({ name, lines }: Section): string {
  return [`# ${name}`, ...lines, ''].join('\r\n')
}

function addOurs(sections: Section[], gateway: Gateway, wants: (section: string) => boolean): void {
  const { engine, isCluster } = gateway
  const { modules, commands } = engine
  const named = (name: string): Section | undefined => sections.find(section => section.name === name)
  const server = named('Server')
  if (server !== undefined) replaceIn(server, [`loaded_modules:${modules.loaded.length}`])
  if (wants('Modules')) {
    const lines = modules.info().filter(line => !line.startsWith('module_<builtin>:'))
    sectionFor(sections, 'Modules').lines.push(...lines)
  }
  if (wants('Commandstats')) {
    const ours = [...commands.commands()].filter(({ module }) => module !== '<builtin>')
    replaceIn(sectionFor(sections, 'Commandstats'), commandStatistics(ours))
  }
  if (wants('Upstream')) sectionFor(sections, 'Upstream').lines = upstreamLines(gateway)
  if (isCluster) for (const section of sections) section.lines = section.lines.map(line => AS_ONE.get(line) ?? line)
}

/** A Cluster looks like one server here. */
const AS_ONE: ReadonlyMap<string, string> = new Map([
  ['redis_mode:cluster', 'redis_mode:standalone'],
  ['cluster_enabled:1', 'cluster_enabled:0'],
])

/** Puts lines in place of those of the same names, or at the end. */
function replaceIn(section: Section, lines: readonly string[]): void {
  const names = new Set(lines.map(nameOf))
  section.lines = [...section.lines.filter(line => !names.has(nameOf(line))), ...lines]
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':'))
}

/** A section; if the server has none of this name, a new one where Redis has it. */
function sectionFor(sections: Section[], name: string): Section {
  const found = sections.find(section => section.name === name)
  if (found !== undefined) return found
  const added: Section = { name, lines: [] }
  const behind = new Set(ORDER.slice(ORDER.indexOf(name) + 1))
  const at = sections.findIndex(section => behind.has(section.name))
  sections.splice(at === -1 ? sections.length : at, 0, added)
  return added
}

const ORDER = ['Modules', 'Commandstats', 'Errorstats', 'Latencystats', 'Cluster', 'Keyspace', 'Upstream']

function upstreamLines({ upstream, health, lanes, connections }: Gateway): string[] {
  const { address } = upstream
  const { state, since, why } = health.condition
  const { servers } = health
  let own = 0
  for (const connection of connections.values()) if (connection.own !== undefined) own++
  return [
    `upstream_url:${fromUtf8(address.name)}`,
    `upstream_kind:${address.kind}`,
    `upstream_status:${state}`,
    `upstream_servers:${servers.length}`,
    `upstream_servers_up:${servers.filter(({ condition }) => condition.state === 'up').length}`,
    ...(state === 'up' ? [] : [`upstream_down_since:${Math.floor(since / 1000)}`]),
    ...(why === undefined ? [] : [`upstream_last_error:${fromUtf8(why)}`]),
    `upstream_lanes:${[...lanes.all()].length}`,
    `upstream_own_connections:${own}`,
    `krmt_version:${KRMT_VERSION}`,
  ]
}
