import type { ByteString } from '../bytes/bytes.js'
import { busy, CountedError, ReplyError } from '../errors.js'
import { type Command, FlagBit } from '../registry/command.js'
import type { CommandDefinition } from '../registry/definition.js'
import type { Client } from './client.js'
import { feedMonitors } from './monitor.js'
import { redacted } from './redact.js'

/**
 * Runs what a client sent: looks the command up, refuses it or queues it where Redis would, and calls it.
 * `argv` has at least the name. Never throws: whatever happens in a command is an error reply to this client.
 */
export function execute(client: Client, argv: readonly ByteString[]): void {
  const { engine } = client
  const skips = client.skipReply
  if (skips) {
    client.skipReply = false
    client.reply.muted = true
  }
  const command = resolve(client, argv)
  if (command !== undefined) {
    if (engine.pause.any && engine.pause.postpones(client, command)) {
      engine.pause.postpone(client, argv)
      // It is still to come, and its reply is to be skipped then.
      client.reply.muted = client.repliesOff
      client.skipReply = skips
      return
    } else if (client.transaction !== undefined && !NEVER_QUEUED.has(command.fullName)) {
      // What will not be run need not be kept.
      if (!client.transaction.refused && !client.watchTouched) client.transaction.queue.push({ command, argv })
      client.reply.status('QUEUED')
    } else call(client, command, argv)
  }
  if (skips) {
    const speak = (): void => {
      client.reply.muted = client.repliesOff
    }
    // Who waits has not answered yet.
    if (client.waiting) client.onAnswer({ failed() {}, answered: speak })
    else speak()
  }
  engine.stats.commands++
}

/** The command that a call means, if the client may run it now; otherwise the refusal has been replied. */
function resolve(client: Client, argv: readonly ByteString[]): Command | undefined {
  const container = client.engine.commands.lookup(argv[0]!)
  let command = container
  if (container?.subcommands !== undefined && argv.length > 1) {
    command = container.subcommands.get(argv[1]!.toLowerCase())
  }
  if (container === undefined && isCrossProtocol(argv[0]!)) {
    abortCrossProtocol(client)
    return undefined
  }
  client.lastCommand = command ?? client.lastCommand
  let refusal =
    command === undefined
      ? unknown(container, argv)
      : !command.accepts(argv.length) || command.run === undefined
        ? `ERR wrong number of arguments for '${command.fullName}' command`
        : refuse(client, command)
  if (refusal === undefined) return command
  if (command !== undefined) command.stats.rejected++
  if (command?.fullName === 'exec') {
    client.transaction = undefined
    client.unwatch()
    refusal = `EXECABORT Transaction discarded because of: ${refusal.replace(/^ERR /, '')}`
  } else if (client.transaction !== undefined) client.transaction.refused = true
  client.engine.stats.countError(refusal)
  client.reply.error(refusal)
  return undefined
}

/**
 * What a browser sends that a web page has made talk HTTP to this port: `POST / HTTP/1.1`, `Host: …`. The rest may
 * be commands that the page would like to run.
 */
function isCrossProtocol(name: ByteString): boolean {
  const word = name.length <= 5 ? name.toLowerCase() : ''
  return word === 'post' || word === 'host:'
}

function abortCrossProtocol({ engine, transport }: Client): void {
  engine.log.warning(
    `Possible SECURITY ATTACK: a client at ${transport?.address} sends POST or Host:, as a browser does that a web page ` +
      'makes talk to this port (cross protocol scripting). Connection aborted.',
  )
  transport?.destroy()
}

function refuse(client: Client, command: Command): string | undefined {
  const { guardedBy } = command.definition
  if (guardedBy !== undefined && !mayCall(client, guardedBy)) {
    const name = guardedBy === 'enable-module-command' ? 'MODULE' : 'DEBUG'
    return (
      `ERR ${name} command not allowed. If the ${guardedBy} option is set to "local", you can run it from a local ` +
      'connection, otherwise you need to set this option in the configuration file, and then restart the server.'
    )
  }
  if (!client.authenticated && client.engine.requiresPassword && !command.has(FlagBit.no_auth)) {
    return 'NOAUTH Authentication required.'
  }
  if (client.transaction !== undefined && command.has(FlagBit.no_multi)) {
    return 'ERR Command not allowed inside a transaction'
  }
  if (client.reply.protocol === 2 && client.subscriptions > 0 && !WHILE_SUBSCRIBED.has(command.fullName)) {
    return (
      `ERR Can't execute '${command.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
      'are allowed in this context'
    )
  }
  const script = client.engine.scripting.busy
  if (script !== undefined && !command.has(FlagBit.allow_busy)) return busy(script.kind).message
  if (client.monitoring && (command.has(FlagBit.readonly) || replicates(command)))
    return "ERR Replica can't interact with the keyspace"
  return undefined
}

/** Whether a replica would get to see the command: Redis tells so of PUBLISH, but not by a flag that COMMAND INFO shows. */
export function replicates(command: Command): boolean {
  return command.has(REPLICATED) || command.fullName === 'publish' || command.fullName === 'spublish'
}

/** A client within this process is the program's own. */
function mayCall({ engine, transport }: Client, guard: NonNullable<CommandDefinition['guardedBy']>): boolean {
  const who = engine.config.values[guard]
  return who === 'yes' || transport === undefined || (who === 'local' && transport.isLocal)
}

/**
 * Runs a command for a client, with statistics, slow log and monitors. A ReplyError becomes the reply; any other
 * exception too, with the stack in the log. What the command had replied before it threw is taken back.
 */
export function call(client: Client, command: Command, argv: readonly ByteString[]): void {
  const { engine, reply } = client
  const started = engine.timeMark
  reply.begin()
  engine.depth++
  // TOUCH is there to touch, whoever calls it.
  const { noTouch } = client
  if (noTouch) engine.keyspace.access.paused = command.fullName !== 'touch'
  try {
    // `resolve` lets no command through that cannot run.
    command.run!(client, argv)
  } catch (thrown) {
    reply.abort()
    replyError(client, command, thrown)
  }
  engine.depth--
  if (engine.effects.listening) engine.effects.record(client.database, argv)
  if (noTouch) engine.keyspace.access.paused = false
  if (client.waiting) accountLater(client, command, argv, started)
  else {
    account(client, command, argv, started)
    if (engine.monitors.size > 0) show(client, command, argv)
  }
}

/** The same for a command that has not answered yet: what it does meanwhile is its own, unless it only waits. */
function accountLater(client: Client, command: Command, argv: readonly ByteString[], started: number): void {
  const { engine, waitsIdly } = client
  if (waitsIdly) account(client, command, argv, started)
  else engine.timeMark = engine.clock.monotonic()
  // As on Redis, a script comes after the commands that it has called.
  const isScript = engine.scripting.busy?.caller === client
  if (!isScript) show(client, command, argv)
  client.onAnswer({
    failed: thrown => replyError(client, command, thrown),
    answered: () => {
      if (!waitsIdly) account(client, command, argv, started)
      if (isScript) show(client, command, argv)
    },
  })
}

/** Answers what a command has thrown. */
function replyError(client: Client, command: Command, thrown: unknown): void {
  command.stats.failed++
  const text = errorText(client, command, thrown)
  if (!(thrown instanceof CountedError)) client.engine.stats.countError(text)
  client.reply.error(text)
}

/** Enters a call that is over into the statistics and the slow log. */
function account(client: Client, command: Command, argv: readonly ByteString[], started: number): void {
  const { engine } = client
  const { clock, config } = engine
  engine.timeMark = clock.monotonic()
  const microseconds = (engine.timeMark - started) * 1000
  command.stats.calls++
  command.stats.microseconds += microseconds
  // A pipeline shares one look at the clock, but for what comes after a command that took its time.
  if (microseconds > 200) engine.tick()
  const slower = config.values['slowlog-log-slower-than']
  if (slower >= 0 && microseconds >= slower && !command.has(FlagBit.skip_slowlog)) {
    engine.slowlog.add(
      {
        at: Math.floor(engine.keyspace.now / 1000),
        microseconds: Math.floor(microseconds),
        argv: redacted(command, argv),
        address: client.transport?.address ?? '',
        name: client.name,
      },
      config.values['slowlog-max-len'],
    )
  }
}

function show(client: Client, command: Command, argv: readonly ByteString[]): void {
  if (client.engine.monitors.size > 0 && !command.has(SECRET)) feedMonitors(client, redacted(command, argv))
}

function errorText(client: Client, command: Command, thrown: unknown): ByteString {
  if (thrown instanceof ReplyError) return thrown.message
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { log, modules } = client.engine
  log.warning(`Error in command '${command.fullName}' [${command.module}]: ${modules.mapStack(error.stack ?? '')}`)
  return `ERR internal error in '${command.fullName}': ${error.message}`
}

function unknown(container: Command | undefined, argv: readonly ByteString[]): string {
  if (container !== undefined) {
    return (
      container.definition.unknownSubcommand?.(argv) ??
      `ERR unknown subcommand '${printed(argv[1]!, 128)}'. Try ${container.fullName.toUpperCase()} HELP.`
    )
  }
  // Redis shows at most 128 bytes of the name, and of the arguments as many as begin within 128 bytes.
  let shown = ''
  for (let i = 1; i < argv.length && shown.length < 128; i++) shown += `'${printed(argv[i]!, 128 - shown.length)}' `
  return `ERR unknown command '${printed(argv[0]!, 128)}', with args beginning with: ${shown}`
}

/** As C prints a string of at most so many bytes: up to a NUL. */
function printed(text: ByteString, most: number): ByteString {
  const nul = text.indexOf('\0')
  return text.slice(0, nul === -1 ? most : Math.min(nul, most))
}

const NEVER_QUEUED = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])

const WHILE_SUBSCRIBED = new Set([
  'ping',
  'subscribe',
  'psubscribe',
  'ssubscribe',
  'unsubscribe',
  'punsubscribe',
  'sunsubscribe',
  'quit',
  'reset',
])

const REPLICATED = (FlagBit.write | FlagBit.may_replicate) as FlagBit

/** What monitors are not shown. */
const SECRET = (FlagBit.skip_monitor | FlagBit.admin) as FlagBit
