/** `krmt`: a Redis in your program, with the commands that you add to it. */
export type { Clock, Timer } from './engine/clock.js'
export type { Log } from './engine/log.js'
export { ReplyError } from './errors.js'
export {
  type BytesReply,
  type Db,
  type Embedded,
  type ModuleInput,
  type OpenOptions,
  open,
  type Reply,
} from './host/embedded/open.js'
export type { ListenOptions } from './server/server.js'
