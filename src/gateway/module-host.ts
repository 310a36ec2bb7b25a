import type { ByteString } from '../bytes/bytes.js'
import type { Engine } from '../engine/engine.js'
import { ReplyError } from '../errors.js'
import type { ModuleHost } from '../host/module-host.js'
import { moduleLog } from '../host/module-log.js'
import { UpstreamHost } from '../host/upstream/host.js'
import { KeyLocks } from '../host/upstream/locks.js'
import type { Run } from '../host/upstream/run.js'
import type { ScriptTexts } from '../host/upstream/script-texts.js'
import type { AnyCommand } from '../module/command.js'
import { compileCommand } from '../module/compile.js'
import type { Log } from '../module/context.js'
import type { Handler } from '../registry/definition.js'
import type { Session } from '../upstream/session.js'

/** Runs the modules' commands of a gateway: each in the name of the client, in its database, on the upstream. */
export class GatewayModuleHost implements ModuleHost {
  readonly log: Log
  readonly current = (): Run | undefined => {
    for (const { current } of this.#bySession.values()) if (current !== undefined) return current
    return undefined
  }
  /** In whose name a client's command runs, and when it came (monotonic milliseconds); set by the gateway. */
  callerOf: (client: Parameters<Handler>[0]) => { readonly session: Session; readonly since: number } = () => {
    throw new Error('the gateway has not been opened')
  }
  /** An error as the error reply that a client gets; set by the gateway. */
  explain: (error: ReplyError) => ByteString = error => error.message
  readonly #engine: Engine
  readonly #locks = new KeyLocks()
  readonly #scripts: ScriptTexts
  readonly #bySession = new Map<Session, UpstreamHost>()

  /** @param scripts the texts of the scripts that came through the gateway */
  constructor(engine: Engine, scripts: ScriptTexts) {
    this.#engine = engine
    this.#scripts = scripts
    this.log = moduleLog(engine.log)
  }

  handlerOf(command: AnyCommand, container?: string): Handler {
    const compiled = compileCommand(command, container)
    return (client, argv) => {
      const { session, since } = this.callerOf(client)
      const host = this.#hostFor(session)
      client.answerLater(
        host.reply(compiled, argv, client.reply, since).catch((error: unknown) => {
          throw error instanceof ReplyError ? new ReplyError(this.explain(error), { cause: error }) : error
        }),
      )
    }
  }

  #hostFor(session: Session): UpstreamHost {
    let host = this.#bySession.get(session)
    if (host === undefined) {
      const { clock, random, config } = this.#engine
      const retries = config.values['upstream-retries']
      const { log } = this
      const shared = { locks: this.#locks, scripts: this.#scripts }
      host = new UpstreamHost(session, { log, clock, random, retries, ...shared })
      this.#bySession.set(session, host)
    }
    return host
  }
}
