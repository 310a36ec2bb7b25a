import type { ByteString } from '../bytes/bytes.js'
import type { CommandTable } from '../registry/command-table.js'
import type { ServerCommand, ServerCommands } from '../upstream/command-info.js'
import { NameTable } from './name-table.js'
import type { Effect } from './own.js'
import { isForMany } from './spanning.js'

/** What is done with a command. */
export type Route =
  /** It leaves nothing behind on a connection: it may go on one that others use too. */
  | { readonly kind: 'pass'; readonly command: ServerCommand }
  /** It needs a connection of the client's own. */
  | { readonly kind: 'own'; readonly effect: Effect; readonly command: ServerCommand | undefined }
  /** It is a module's, or the gateway's own: it runs here. */
  | { readonly kind: 'local' }
  /** The gateway has a part in it. */
  | { readonly kind: 'special'; readonly name: Special; readonly command: ServerCommand | undefined }
  /** It is answered with an error. */
  | { readonly kind: 'refused'; readonly error: ByteString }
  /** Its second word tells. */
  | { readonly kind: 'container'; readonly subcommands: NameTable<Route>; readonly otherwise: Route }

/** Commands of which a part is done here, by what they are called with their subcommand. */
export type Special = (typeof SPECIAL)[number]

const SPECIAL = [
  'auth',
  'hello',
  'select',
  'quit',
  'reset',
  'client|reply',
  'info',
  'command',
  'command|count',
  'command|docs',
  'command|info',
  'command|list',
  'command|getkeys',
  'command|getkeysandflags',
  'slowlog|get',
  'slowlog|len',
  'slowlog|reset',
  'config|get',
  'config|set',
  'config|rewrite',
  'config|resetstat',
  'script|load',
  'script|flush',
] as const

/** Tells of a command, from its words as bytes, what is to be done with it. */
export class Routes {
  readonly #names = new NameTable<Route>()

  /**
   * @param server the upstream's commands
   * @param here those that run here; of a name that both have, they serve
   * @param isCluster whether the upstream consists of several servers, which are to look like one
   */
  constructor(server: ServerCommands, here: CommandTable, isCluster: boolean) {
    for (const command of server.all()) this.#names.set(command.fullName, routeOf(command, isCluster))
    if (isCluster) for (const name of OF_CLUSTERS) this.#names.set(name, { kind: 'refused', error: NO_CLUSTER })
    for (const name of SPECIAL) {
      // A server may be without one that is known here all the same.
      if (!name.includes('|') && server.named(name) === undefined) {
        this.#names.set(name, { kind: 'special', name, command: undefined })
      }
    }
    for (const container of ['config', 'slowlog']) {
      if (server.named(container) !== undefined) continue
      const subcommands = new NameTable<Route>()
      setUntold(subcommands, container, undefined)
      this.#names.set(container, { kind: 'container', subcommands, otherwise: UNKNOWN })
    }
    for (const { definition, module } of here.commands()) {
      if (module !== '<builtin>' || definition.name === 'module') this.#names.set(definition.name, { kind: 'local' })
    }
  }

  /** The route of a command, by where its name lies, and its second word, if there is one. O(length of these). */
  of(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, count: number): Route {
    const route = this.#names.get(bytes, starts[0]!, ends[0]!)
    if (route === undefined) return UNKNOWN
    if (route.kind !== 'container') return route
    if (count < 2) return route.otherwise
    return route.subcommands.get(bytes, starts[1]!, ends[1]!) ?? route.otherwise
  }
}

/** What a server does not tell of beforehand may be anything. */
const UNKNOWN: Route = { kind: 'own', effect: 'none', command: undefined }

function routeOf(command: ServerCommand, isCluster: boolean): Route {
  const subcommands = new NameTable<Route>()
  // Today's clients send it when they connect, also to servers that do not know it yet.
  if (command.fullName === 'client') subcommands.set('setinfo', { kind: 'pass', command })
  const isContainer = setUntold(subcommands, command.fullName, command) || command.subcommands.size > 0
  if (!isContainer) return plainRouteOf(command, isCluster)
  for (const [name, sub] of command.subcommands) subcommands.set(name, plainRouteOf(sub, isCluster))
  return { kind: 'container', subcommands, otherwise: plainRouteOf(command, isCluster) }
}

/** Before Redis 7, a server does not tell of its subcommands: sets the routes of those that matter here; tells whether there are any. */
function setUntold(routes: NameTable<Route>, container: string, command: ServerCommand | undefined): boolean {
  let isAny = false
  const set = (name: ByteString, route: Route): void => {
    const [of, sub] = name.split('|')
    if (of !== container || sub === undefined) return
    routes.set(sub, route)
    isAny = true
  }
  for (const name of SPECIAL) set(name, { kind: 'special', name, command })
  for (const [name, effect] of EFFECTS) set(name, { kind: 'own', effect, command })
  return isAny
}

function plainRouteOf(command: ServerCommand, isCluster: boolean): Route {
  const { fullName } = command
  const special = SPECIAL.find(name => name === fullName)
  if (special !== undefined) return { kind: 'special', name: special, command }
  if (PASSING.has(fullName) || isPassing(command)) return { kind: 'pass', command }
  // It is sent to all of them, and leaves nothing behind on the way.
  if (isCluster && isForMany(command)) return { kind: 'pass', command }
  const effect = EFFECTS.get(fullName) ?? (command.mayWait ? 'wait' : 'none')
  return { kind: 'own', effect, command }
}

/** Reads and writes that are over when they have been answered. Scripts are not among them: they may take long. */
function isPassing(command: ServerCommand): boolean {
  if (!command.has('readonly') && !command.has('write')) return false
  return !['blocking', 'admin', 'pubsub', 'noscript'].some(flag => command.has(flag))
}

/** More that leave nothing behind. CLIENT SETINFO, which today's clients send when they connect, tells of whoever sent it last. */
const PASSING: ReadonlySet<ByteString> = new Set([
  'ping',
  'echo',
  'time',
  'lastsave',
  'publish',
  'spublish',
  'script|exists',
  'client|setinfo',
  'pubsub|channels',
  'pubsub|numpat',
  'pubsub|numsub',
  'pubsub|shardchannels',
  'pubsub|shardnumsub',
])

/** Commands of which a client has no use for whom the Cluster is one server, or that would lead it past the gateway. */
const OF_CLUSTERS = ['cluster', 'asking', 'readonly', 'readwrite']
const NO_CLUSTER = 'ERR This instance has cluster support disabled'

const EFFECTS: ReadonlyMap<ByteString, Effect> = new Map([
  ['multi', 'multi'],
  ['exec', 'end of multi'],
  ['discard', 'end of multi'],
  ['subscribe', 'subscribe'],
  ['psubscribe', 'subscribe'],
  ['ssubscribe', 'subscribe'],
  ['unsubscribe', 'unsubscribe channels'],
  ['punsubscribe', 'unsubscribe patterns'],
  ['sunsubscribe', 'unsubscribe shards'],
  ['monitor', 'stream'],
  ['sync', 'stream at once'],
  ['client|tracking', 'tracking'],
  ['client|caching', 'caching'],
  ['psync', 'stream'],
])
