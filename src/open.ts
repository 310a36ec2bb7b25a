import { type Db, type OpenOptions, open as openEmbedded } from './host/embedded/open.js'
import type { ModuleInput } from './host/inputs.js'
import type { UpstreamDb, UpstreamOptions } from './host/upstream/open.js'

/**
 * Connects to a Redis that others run; the modules run here, on the data there.
 *
 * @param url `redis://user:password@host:port/database`, `rediss://…` for TLS, `unix:/path?db=database`
 * @throws ReplyError that says what to change, when a connection cannot be made, or a module cannot be loaded
 */
export function open<const Modules extends readonly ModuleInput[] = []>(
  url: string,
  options?: UpstreamOptions<Modules>,
): Promise<UpstreamDb<Modules>>
/**
 * Opens a Redis-compatible engine in this process, with the modules loaded.
 *
 * @throws ReplyError when a module cannot be loaded, or a parameter is not what it must be; nothing stays open then
 */
export function open<const Modules extends readonly ModuleInput[] = []>(
  options?: OpenOptions<Modules>,
): Promise<Db<Modules>>
export async function open(
  urlOrOptions: string | OpenOptions = {},
  options: UpstreamOptions = {},
): Promise<Db<[]> | UpstreamDb<[]>> {
  if (typeof urlOrOptions !== 'string') return openEmbedded(urlOrOptions) as Promise<Db<[]>>
  // The client is fetched only where there is a server.
  const { openUpstream } = await import('./host/upstream/open.js')
  return openUpstream(urlOrOptions, options) as Promise<UpstreamDb<[]>>
}
