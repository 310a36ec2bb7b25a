import type { AnyCommand } from '../../module/command.js'
import { compileCommand } from '../../module/compile.js'
import { wordOf } from '../../module/effects.js'
import { isForward, isScriptForward } from '../../module/reply.js'
import { checkReply, writeReply } from '../../module/write-reply.js'
import type { Handler } from '../../registry/definition.js'
import type { EmbeddedHost } from './host.js'

/**
 * The way of a module's command: parse, run, look at the reply, apply the effects, write the reply. Whatever fails fails
 * before anything has been written.
 */
export function handlerOf(command: AnyCommand, host: EmbeddedHost, container?: string): Handler {
  const { parse, fullName } = compileCommand(command, container)
  const { ifMissing } = command
  const mayWrite = command.flags.includes('write')
  const first = container === undefined ? 1 : 2
  checkReply(ifMissing, fullName)
  return (client, argv) => {
    if (ifMissing !== undefined && client.database.find(argv[first]!) === undefined) {
      writeReply(ifMissing, client.reply)
      return
    }
    const args = parse(argv)
    const run = host.begin(client)
    let value: unknown
    try {
      value = command.run(args, run)
      // What gives the script's text may read: it belongs to the run. The script itself does not.
      if (isScriptForward(value) && run.effects.length === 0) host.loadScript(client, command, value)
    } finally {
      host.end()
    }
    if (isForward(value)) {
      const forwarded = value.argv.map(word => wordOf(word))
      if (run.effects.length > 0) throw new Error(`${fullName} cannot both write and forward to ${forwarded[0]}`)
      // It may answer later, if it is a script.
      host.forward(client, command, forwarded)
      return
    }
    if (isScriptForward(value)) {
      if (run.effects.length > 0) throw new Error(`${fullName} cannot both write and forward to a script`)
      host.forwardScript(client, command, value)
      return
    }
    checkReply(value, fullName)
    if (run.effects.length > 0) {
      // Who calls it relies on the flags: a script that must not write, say.
      if (!mayWrite) throw new Error(`${fullName} writes, and its flags do not have 'write'`)
      host.commit(client, run.effects)
    }
    writeReply(value, client.reply)
  }
}
