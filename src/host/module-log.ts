import type { Log } from '../engine/log.js'
import type { Log as ModuleLog } from '../module/context.js'

/** The log that modules are given: their levels on the host's own. */
export function moduleLog(log: Log): ModuleLog {
  return {
    debug: text => log.debug(text),
    info: text => log.verbose(text),
    notice: text => log.notice(text),
    warning: text => log.warning(text),
  }
}
