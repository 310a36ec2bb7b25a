/** `krmt`: a Redis in your program, with the commands that you add to it. */
export type { Clock, Timer } from './engine/clock.js'
export type { Log } from './engine/log.js'
export { ReplyError } from './errors.js'
export type {
  BytesReply,
  Db,
  Embedded,
  ModuleInput,
  OpenOptions,
  Reply,
} from './host/embedded/open.js'
export type { Upstream, UpstreamDb, UpstreamOptions } from './host/upstream/open.js'
export { open } from './open.js'
export type { ListenOptions } from './server/server.js'
export type { TlsOptions } from './upstream/address.js'
